//! Issuers, the roles for which they speak, the services that a token is for, and the deny list.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use access::{
    Authenticator, Caller, Claims, LOCAL_ISSUER, LocalKey, MachineClock, Role, TokenRules, Trusted, Unauthenticated, audience_of,
};
use tempfile::TempDir;

use crate::common::*;

#[test]
fn a_projected_token_gets_the_role_that_configuration_assigns_to_its_subject() {
    let folder = TempDir::new().unwrap();
    let key = LocalKey::open_or_create(folder.path()).unwrap();
    let subject = "system:serviceaccount:mathshubs:enrolment";
    let jwks = serde_json::from_str(&fs::read_to_string(key.jwks_path()).unwrap()).unwrap();
    let authenticator = trusting(folder.path(), &jwks, HashMap::from([(subject.to_owned(), Role::Follower)]));
    let mut claims = changed(&ncetm(), |claims| (claims.iss, claims.role) = ("https://issuer".into(), None));
    assert_eq!(authenticator.authenticate_token(&key.sign(&claims)), Err(Unauthenticated::Invalid), "no role is assigned");
    claims.sub = subject.into();
    assert_eq!(
        authenticator.authenticate_token(&key.sign(&claims)),
        Err(Unauthenticated::Invalid),
        "its audience is all services"
    );
    claims.aud = vec![audience_of("network")];
    let caller = Caller { issuer: "https://issuer".into(), ..Caller::new(Role::Follower, subject) };
    assert_eq!(authenticator.authenticate_token(&key.sign(&claims)), Ok(caller));
}

#[test]
fn an_issuer_speaks_for_its_own_roles_only() {
    let ((_folder, key, _), (_other_folder, other, _)) = (local(), local());
    let trusted = [
        Trusted::file(LOCAL_ISSUER, key.jwks_path(), &[Role::Ncetm]),
        Trusted {
            subjects: HashMap::from([("ada".to_owned(), Role::HubLead)]),
            ..Trusted::file("https://schools", other.jwks_path(), &[Role::School])
        },
    ];
    let authenticator = Authenticator::new(&trusted, &rules()).unwrap();
    let by_schools = |change: fn(&mut Claims)| {
        let claims = changed(&Caller::school("schools/1", "ada"), |claims| claims.iss = "https://schools".into());
        let mut claims = claims;
        change(&mut claims);
        judged(&authenticator, &other.sign(&claims))
    };
    assert_eq!(authenticator.authenticate_token(&key.sign(&Claims::new(&ncetm(), HOUR))), Ok(ncetm()));
    let school = Caller { issuer: "https://schools".into(), ..Caller::school("schools/1", "ada") };
    assert_eq!(by_schools(|_| ()).0, Ok(school), "equal subjects of two issuers are two identities");
    for change in [|claims: &mut Claims| claims.role = Some(Role::Ncetm), |claims: &mut Claims| claims.role = None] {
        let (refused, log) = by_schools(change);
        assert!(refused == Err(Unauthenticated::Invalid) && log.contains("may not speak for its role"), "{log}");
    }
}

#[test]
fn a_programs_token_is_for_one_service() {
    let (_folder, key, authenticator) = local();
    let follower = Caller::new(Role::Follower, "reader");
    let outcome = |aud: &[&str]| {
        let aud = aud.iter().map(|one| (*one).to_owned()).collect();
        authenticator.authenticate_token(&key.sign(&Claims { aud, ..Claims::new(&follower, HOUR) }))
    };
    assert_eq!(outcome(&["mathshubs-network"]), Ok(follower.clone()));
    assert_eq!(outcome(&["mathshubs-funding", "mathshubs-network"]), Ok(follower.clone()));
    for aud in [&["mathshubs"][..], &["mathshubs-funding"], &["mathshubs", "mathshubs-funding"]] {
        assert_eq!(outcome(aud), Err(Unauthenticated::Invalid), "{aud:?}");
    }
}

#[test]
fn an_old_token_is_refused_although_it_expires_later() {
    let claims = Claims::new(&ncetm(), HOUR * 24 * 365);
    let clock = ManualClock::at(claims.iat);
    let (_folder, key, authenticator) = clock.local();
    let token = key.sign(&claims);
    for (hours, expected) in [(0, Ok(ncetm())), (24, Ok(ncetm())), (25, Err(Unauthenticated::Expired))] {
        clock.set(claims.iat + hours * 3_600);
        assert_eq!(authenticator.authenticate_token(&token), expected, "after {hours} hours");
    }
}

#[test]
fn the_deny_list_applies_to_cached_tokens_within_a_second() {
    let ((folder, key, _), clock) = (local(), ManualClock::at(Claims::new(&ncetm(), HOUR).iat));
    let deny_path = folder.path().join("deny");
    fs::write(&deny_path, "# nobody yet\n").unwrap();
    let seconds = Arc::clone(&clock.0);
    let machine = MachineClock::from_fn(move || Duration::from_secs(seconds.load(Ordering::Relaxed)));
    let trusted = [Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL)];
    let rules = TokenRules { deny_path: Some(deny_path.clone()), ..rules() };
    let authenticator = Authenticator::with_clock(&trusted, &rules, machine).unwrap();
    let (first, second) = (Claims::new(&ncetm(), HOUR), Claims::new(&ncetm(), HOUR));
    let [by_first, by_second, by_lead] = [first.clone(), second, Claims::new(&lead(), HOUR)].map(|claims| key.sign(&claims));
    for token in [&by_first, &by_second, &by_lead] {
        assert!(authenticator.authenticate_token(token).is_ok());
    }
    fs::write(&deny_path, format!("token {LOCAL_ISSUER} {}\nsubject {LOCAL_ISSUER} grace\n", first.jti.unwrap())).unwrap();
    clock.pass(1);
    assert_eq!(authenticator.authenticate_token(&by_first), Err(Unauthenticated::Invalid));
    assert_eq!(authenticator.authenticate_token(&by_second), Ok(ncetm()), "another token of the same subject");
    assert_eq!(authenticator.authenticate_token(&by_lead), Err(Unauthenticated::Invalid));
}

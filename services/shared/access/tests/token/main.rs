//! Accepted and refused tokens.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod issuers;
mod keys;

use std::fs;

use access::{Authenticator, Caller, Claims, Role, Trusted, Unauthenticated};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

use common::*;

#[test]
fn a_token_names_its_caller() {
    let (_folder, key, authenticator) = local();
    assert_eq!(authenticator.authenticate_token(&key.sign(&Claims::new(&lead(), HOUR))), Ok(lead()));
    let school = Caller::school("schools/100000", "s");
    assert_eq!(authenticator.authenticate_token(&key.sign(&Claims::new(&school, HOUR))), Ok(school));
}

#[test]
fn a_refusal_is_logged_once_with_its_cause_and_a_valid_token_is_not_logged() {
    let (folder, key, authenticator) = local();
    let (other_folder, other, _) = local();
    assert_eq!(judged(&authenticator, &key.sign(&Claims::new(&ncetm(), HOUR))), (Ok(ncetm()), String::new()));
    let (refused, log) = judged(&authenticator, &other.sign(&Claims::new(&ncetm(), HOUR)));
    assert_eq!((refused, log.lines().count()), (Err(Unauthenticated::Invalid), 1), "{log}");
    assert!(log.contains("no trusted issuer has its key"), "{log}");
    let expired = key.sign(&changed(&ncetm(), |claims| claims.exp = claims.iat - 60));
    let expired_outcome = (Err(Unauthenticated::Expired), String::new());
    assert_eq!(judged(&authenticator, &expired), expired_outcome, "the caller gets the whole cause");

    // Two issuers have the same name; the first one lacks the key.
    let trusted =
        [&other_folder, &folder].map(|folder| Trusted::file("mathshubs-local", folder.path().join("jwks.json"), &Role::ALL));
    let authenticator = Authenticator::new(&trusted, &rules()).unwrap();
    assert_eq!(judged(&authenticator, &key.sign(&Claims::new(&ncetm(), HOUR))), (Ok(ncetm()), String::new()));
    let (refused, log) = judged(&authenticator, &key.sign(&changed(&ncetm(), |claims| claims.aud = vec!["elsewhere".into()])));
    assert_eq!((refused, log.lines().count()), (Err(Unauthenticated::Invalid), 1), "{log}");
    assert!(log.contains("InvalidAudience"), "{log}");
}

#[test]
fn no_token_two_tokens_and_another_scheme_are_refused() {
    let (_folder, key, authenticator) = local();
    let mut headers = http::HeaderMap::new();
    assert_eq!(authenticator.authenticate(&headers), Err(Unauthenticated::Missing));
    headers.insert("authorization", "Basic YWRhOmFkYQ==".parse().unwrap());
    assert_eq!(authenticator.authenticate(&headers), Err(Unauthenticated::Missing));
    let value: http::HeaderValue = format!("Bearer {}", key.sign(&Claims::new(&ncetm(), HOUR))).parse().unwrap();
    headers.insert("authorization", value.clone());
    assert_eq!(authenticator.authenticate(&headers).as_deref(), Ok(&ncetm()));
    headers.append("authorization", value);
    assert_eq!(authenticator.authenticate(&headers), Err(Unauthenticated::Invalid));
}

#[test]
fn a_forged_key_with_the_right_id_is_refused() {
    let (_folder, key, authenticator) = local();
    let (_other_folder, other, _) = local();
    let token = other.sign(&Claims::new(&ncetm(), HOUR));
    assert_eq!(authenticator.authenticate_token(&token), Err(Unauthenticated::Invalid), "its key is unknown");
    let genuine = key.sign(&Claims::new(&ncetm(), HOUR));
    let header = genuine.split('.').next().unwrap();
    let (_, rest) = token.split_once('.').unwrap();
    assert_eq!(
        authenticator.authenticate_token(&format!("{header}.{rest}")),
        Err(Unauthenticated::Invalid),
        "its signature is of another key"
    );
}

#[test]
fn a_changed_claim_is_refused() {
    let (_folder, key, authenticator) = local();
    let token = key.sign(&Claims::new(&lead(), HOUR));
    let parts: Vec<&str> = token.split('.').collect();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap().replace("hub_lead", "ncetm");
    let token = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims), parts[2]);
    assert_eq!(authenticator.authenticate_token(&token), Err(Unauthenticated::Invalid));
}

#[test]
fn another_audience_or_issuer_and_invalid_times_are_refused() {
    let (_folder, key, authenticator) = local();
    let outcome = |change: fn(&mut Claims)| authenticator.authenticate_token(&key.sign(&changed(&ncetm(), change)));
    assert_eq!(outcome(|claims| claims.aud = vec!["elsewhere".into()]), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(|claims| claims.iss = "elsewhere".into()), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(|claims| claims.exp = claims.iat - 60), Err(Unauthenticated::Expired));
    assert_eq!(outcome(|claims| claims.nbf = claims.iat + 60), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(|claims| claims.sub = String::new()), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(|claims| claims.exp = claims.iat - 5), Ok(ncetm()), "a clock difference of seconds is allowed");
}

#[test]
fn algorithm_none_and_hmac_with_the_public_key_are_refused() {
    let (folder, key, authenticator) = local();
    let jwks: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.path().join("jwks.json")).unwrap()).unwrap();
    let (id, public) = (jwks["keys"][0]["kid"].as_str().unwrap(), jwks["keys"][0]["x"].as_str().unwrap());
    let claims = Claims::new(&ncetm(), HOUR);
    let genuine = key.sign(&claims);
    let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","kid":"{id}"}}"#));
    let body = genuine.split('.').nth(1).unwrap();
    assert_eq!(authenticator.authenticate_token(&format!("{none}.{body}.")), Err(Unauthenticated::Invalid));
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
    for secret in [URL_SAFE_NO_PAD.decode(public).unwrap(), public.as_bytes().to_vec()] {
        let token = encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
        assert_eq!(authenticator.authenticate_token(&token), Err(Unauthenticated::Invalid));
    }
}

#[test]
fn a_token_that_names_no_key_is_refused() {
    let (folder, _key, authenticator) = local();
    let der = fs::read(folder.path().join("signing-key.der")).unwrap();
    let token = encode(&Header::new(Algorithm::EdDSA), &Claims::new(&ncetm(), HOUR), &EncodingKey::from_ed_der(&der)).unwrap();
    assert_eq!(authenticator.authenticate_token(&token), Err(Unauthenticated::Invalid));
    assert_eq!(authenticator.authenticate_token("rubbish"), Err(Unauthenticated::Invalid));
    assert_eq!(authenticator.authenticate_token(""), Err(Unauthenticated::Invalid));
}

#[test]
fn a_hub_lead_without_a_hub_and_a_school_without_a_school_are_refused() {
    let (_folder, key, authenticator) = local();
    let none = changed(&lead(), |claims| claims.hub = None);
    let wrong = changed(&lead(), |claims| claims.hub = Some("schools/1".into()));
    let school = changed(&lead(), |claims| claims.role = Some(Role::School));
    for claims in [none, wrong, school] {
        assert_eq!(authenticator.authenticate_token(&key.sign(&claims)), Err(Unauthenticated::Invalid));
    }
}

#[test]
fn a_hub_claim_is_ignored_for_a_role_without_hub() {
    let (_folder, key, authenticator) = local();
    let claims = changed(&ncetm(), |claims| claims.hub = Some("hubs/x".into()));
    assert_eq!(authenticator.authenticate_token(&key.sign(&claims)), Ok(ncetm()));
}

#[test]
fn times_that_are_not_numbers_are_refused_and_fractions_rounded() {
    let (folder, key, authenticator) = local();
    let der = fs::read(folder.path().join("signing-key.der")).unwrap();
    let id = jsonwebtoken::decode_header(key.sign(&Claims::new(&ncetm(), HOUR))).unwrap().kid;
    let header = Header { kid: id, ..Header::new(Algorithm::EdDSA) };
    let judged = |name: &str, value: serde_json::Value| {
        let mut claims = serde_json::to_value(Claims::new(&ncetm(), HOUR)).unwrap();
        claims[name] = value;
        authenticator.authenticate_token(&encode(&header, &claims, &EncodingKey::from_ed_der(&der)).unwrap())
    };
    for name in ["exp", "nbf", "iat"] {
        for wrong in [serde_json::json!("tomorrow"), serde_json::json!(null), serde_json::json!(-1), serde_json::json!(1e300)] {
            assert_eq!(judged(name, wrong.clone()), Err(Unauthenticated::Invalid), "{name} {wrong}");
        }
    }
    assert_eq!(judged("exp", serde_json::json!(4_102_444_800.5)), Ok(ncetm()));
    assert_eq!(judged("exp", serde_json::json!(1_000.5)), Err(Unauthenticated::Expired));
}

#[test]
fn a_subject_with_the_name_of_a_service_is_refused() {
    let (_folder, key, authenticator) = local();
    for subject in ["network", "enrolment", "specialists", "funding"] {
        let claims = Claims::new(&Caller::new(Role::Ncetm, subject), HOUR);
        assert_eq!(authenticator.authenticate_token(&key.sign(&claims)), Err(Unauthenticated::Invalid), "{subject}");
    }
}

#[test]
fn a_token_without_time_of_issue_with_critical_extensions_or_of_another_type_is_refused() {
    let (folder, key, authenticator) = local();
    let der = fs::read(folder.path().join("signing-key.der")).unwrap();
    let id = jsonwebtoken::decode_header(key.sign(&Claims::new(&ncetm(), HOUR))).unwrap().kid;
    let outcome = |change: &dyn Fn(&mut Header, &mut serde_json::Value)| {
        let mut header = Header { kid: id.clone(), ..Header::new(Algorithm::EdDSA) };
        let mut claims = serde_json::to_value(Claims::new(&ncetm(), HOUR)).unwrap();
        change(&mut header, &mut claims);
        authenticator.authenticate_token(&encode(&header, &claims, &EncodingKey::from_ed_der(&der)).unwrap())
    };
    for kind in [None, Some("JWT"), Some("at+jwt"), Some("application/at+jwt")] {
        assert_eq!(outcome(&|header, _| header.typ = kind.map(str::to_owned)), Ok(ncetm()), "{kind:?}");
    }
    assert_eq!(outcome(&|header, _| header.typ = Some("logout+jwt".into())), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(&|header, _| header.crit = Some(vec!["exp".into()])), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(&|_, claims| drop(claims.as_object_mut().unwrap().remove("iat"))), Err(Unauthenticated::Invalid));
    assert_eq!(outcome(&|_, claims| claims["iat"] = (claims["exp"].as_u64().unwrap() - 1).into()), Err(Unauthenticated::Invalid));
}

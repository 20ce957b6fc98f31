//! Accepted and refused tokens.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access::{
    Authenticator, Caller, Claims, LOCAL_ISSUER, LocalKey, MachineClock, Role, TokenRules, TokenSource, Trusted, Unauthenticated,
    audience_of,
};
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeySize, PublicKeyComponents},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(3_600);

fn ncetm() -> Caller {
    Caller::new(Role::Ncetm, "ada")
}

fn lead() -> Caller {
    Caller::hub_lead("hubs/x", "grace")
}

fn local() -> (TempDir, LocalKey, Authenticator) {
    let folder = TempDir::new().unwrap();
    let key = LocalKey::open_or_create(folder.path()).unwrap();
    let authenticator = Authenticator::local(&key, "network").unwrap();
    (folder, key, authenticator)
}

fn rules() -> TokenRules {
    TokenRules::new("network")
}

fn trusting(folder: &Path, jwks: &serde_json::Value, subjects: HashMap<String, Role>) -> Authenticator {
    let jwks_path = folder.join("other.json");
    fs::write(&jwks_path, jwks.to_string()).unwrap();
    Authenticator::new(&[Trusted { subjects, ..Trusted::file("https://issuer", jwks_path, &Role::ALL) }], &rules()).unwrap()
}

fn changed(caller: &Caller, change: impl FnOnce(&mut Claims)) -> Claims {
    let mut claims = Claims::new(caller, HOUR);
    change(&mut claims);
    claims
}

#[test]
fn a_token_names_its_caller() {
    let (_folder, key, authenticator) = local();
    assert_eq!(authenticator.authenticate_token(&key.sign(&Claims::new(&lead(), HOUR))), Ok(lead()));
    let school = Caller::school("schools/100000", "s");
    assert_eq!(authenticator.authenticate_token(&key.sign(&Claims::new(&school, HOUR))), Ok(school));
}

/// Log output as an operator reads it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The outcome of a token, and its log output.
fn judged(authenticator: &Authenticator, token: &str) -> (Result<Caller, Unauthenticated>, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let judged = tracing::subscriber::with_default(subscriber, || authenticator.authenticate_token(token));
    let bytes = log.0.lock().unwrap().clone();
    (judged, String::from_utf8(bytes).unwrap())
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

/// A clock that a test sets.
#[derive(Clone)]
struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A local key, and an authenticator that trusts it and uses this clock.
    fn local(&self) -> (TempDir, LocalKey, Authenticator) {
        let (folder, key, _) = local();
        let seconds = Arc::clone(&self.0);
        let clock = MachineClock::from_fn(move || Duration::from_secs(seconds.load(Ordering::Relaxed)));
        let trusted = [Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL)];
        let authenticator = Authenticator::with_clock(&trusted, &rules(), clock).unwrap();
        (folder, key, authenticator)
    }
}

#[test]
fn keys_rotate_without_a_restart_and_a_cached_token_ends_with_its_key() {
    let clock = ManualClock::at(Claims::new(&ncetm(), HOUR).iat);
    let (folder, old, authenticator) = clock.local();
    let (_other_folder, new, _) = local();
    let (by_old, by_new) = (old.sign(&Claims::new(&ncetm(), HOUR)), new.sign(&Claims::new(&ncetm(), HOUR)));
    assert_eq!(authenticator.authenticate_token(&by_old), Ok(ncetm()));
    assert_eq!(authenticator.authenticate_token(&by_new), Err(Unauthenticated::Invalid));
    // The file grows by a line: two writes within one tick of the file system's clock differ by length only.
    let text = fs::read_to_string(new.jwks_path()).unwrap();
    fs::write(folder.path().join("jwks.json"), format!("{text}\n")).unwrap();
    clock.pass(1);
    assert_eq!(authenticator.authenticate_token(&by_old), Err(Unauthenticated::Invalid), "its key was withdrawn");
    assert_eq!(authenticator.authenticate_token(&by_new), Ok(ncetm()));
    fs::write(folder.path().join("jwks.json"), "half a fi").unwrap();
    clock.pass(1);
    assert_eq!(authenticator.authenticate_token(&by_new), Ok(ncetm()), "a broken file leaves the last keys valid");
}

#[test]
fn a_withdrawn_key_of_one_issuer_leaves_tokens_of_others_valid() {
    let clock = ManualClock::at(Claims::new(&ncetm(), HOUR).iat);
    let ((_folder, key, _), (other_folder, other, _)) = (local(), local());
    let seconds = Arc::clone(&clock.0);
    let machine = MachineClock::from_fn(move || Duration::from_secs(seconds.load(Ordering::Relaxed)));
    let trusted = [
        Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL),
        Trusted::file("https://issuer", other.jwks_path(), &Role::ALL),
    ];
    let authenticator = Authenticator::with_clock(&trusted, &rules(), machine).unwrap();
    let by_key = key.sign(&Claims::new(&ncetm(), HOUR));
    let by_other = other.sign(&changed(&ncetm(), |claims| claims.iss = "https://issuer".into()));
    assert_eq!(
        (authenticator.authenticate_token(&by_key), authenticator.authenticate_token(&by_other)),
        (Ok(ncetm()), Ok(Caller { issuer: "https://issuer".into(), ..ncetm() }))
    );
    let text = fs::read_to_string(key.jwks_path()).unwrap();
    fs::write(other_folder.path().join("jwks.json"), format!("{text}\n")).unwrap();
    clock.pass(1);
    assert_eq!(authenticator.authenticate_token(&by_other), Err(Unauthenticated::Invalid));
    assert_eq!(authenticator.authenticate_token(&by_key), Ok(ncetm()));
}

#[test]
fn a_cached_token_is_refused_after_its_expiry_and_before_its_start() {
    let claims = Claims::new(&ncetm(), HOUR);
    let clock = ManualClock::at(claims.iat);
    let (_folder, key, authenticator) = clock.local();
    let token = key.sign(&claims);
    // The clocks of two machines may differ by 10 seconds.
    for (seconds, expected) in [
        (claims.nbf, Ok(ncetm())),
        (claims.exp + 10, Ok(ncetm())),
        (claims.exp + 11, Err(Unauthenticated::Expired)),
        (claims.nbf - 10, Ok(ncetm())),
        (claims.nbf - 11, Err(Unauthenticated::Invalid)),
        (claims.nbf, Ok(ncetm())),
    ] {
        clock.set(seconds);
        assert_eq!(authenticator.authenticate_token(&token), expected, "at {seconds}");
        assert_eq!(authenticator.authenticate_token(&token), expected, "again at {seconds}");
    }
}

#[test]
fn a_wrong_signature_after_the_right_one_is_refused() {
    let (_folder, key, authenticator) = local();
    let (_other_folder, other, _) = local();
    let claims = Claims::new(&lead(), HOUR);
    let (genuine, forged) = (key.sign(&claims), other.sign(&claims));
    assert_eq!(authenticator.authenticate_token(&genuine), Ok(lead()));
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    let (_, other_signature) = forged.rsplit_once('.').unwrap();
    let changed = if signature.starts_with('A') { "B" } else { "A" }.to_owned() + &signature[1..];
    for wrong in [other_signature, &changed, "", &signature[1..]] {
        assert_eq!(authenticator.authenticate_token(&format!("{signed}.{wrong}")), Err(Unauthenticated::Invalid), "{wrong}");
    }
    assert_eq!(authenticator.authenticate_token(&genuine), Ok(lead()));
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
fn elliptic_curve_and_rsa_keys_are_accepted_each_with_its_algorithm() {
    let folder = TempDir::new().unwrap();
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = ec.public_key().as_ref().to_vec();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let parts = PublicKeyComponents::<Vec<u8>>::from(rsa.public_key());
    let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwks = serde_json::json!({"keys": [
        {"kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "use": "sig", "x": b64(&point[1..33]), "y": b64(&point[33..])},
        {"kty": "RSA", "kid": "rsa", "n": b64(&parts.n), "e": b64(&parts.e)},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
    ]});
    let authenticator = trusting(folder.path(), &jwks, HashMap::new());
    let claims = changed(&ncetm(), |claims| claims.iss = "https://issuer".into());
    let sign = |algorithm, id: &str, key: &EncodingKey| {
        encode(&Header { kid: Some(id.into()), ..Header::new(algorithm) }, &claims, key).unwrap()
    };
    let ec_key = EncodingKey::from_ec_der(ec.to_pkcs8v1().unwrap().as_ref());
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let pem = {
        let text = base64::engine::general_purpose::STANDARD.encode(pkcs8.as_ref());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    };
    let rsa_key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let ncetm_of_issuer = Caller { issuer: "https://issuer".into(), ..ncetm() };
    assert_eq!(authenticator.authenticate_token(&sign(Algorithm::ES256, "ec", &ec_key)), Ok(ncetm_of_issuer.clone()));
    assert_eq!(authenticator.authenticate_token(&sign(Algorithm::RS256, "rsa", &rsa_key)), Ok(ncetm_of_issuer));
    assert_eq!(authenticator.authenticate_token(&sign(Algorithm::RS512, "rsa", &rsa_key)), Err(Unauthenticated::Invalid));
    assert_eq!(authenticator.authenticate_token(&sign(Algorithm::ES256, "rsa", &ec_key)), Err(Unauthenticated::Invalid));
    let secret = EncodingKey::from_secret(b"secret");
    assert_eq!(authenticator.authenticate_token(&sign(Algorithm::HS256, "secret", &secret)), Err(Unauthenticated::Invalid));
}

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
fn the_local_key_is_kept_and_only_its_owner_can_read_it() {
    let (folder, key, authenticator) = local();
    let path = folder.path().join("signing-key.der");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = LocalKey::open_or_create(folder.path()).unwrap();
    assert_eq!(authenticator.authenticate_token(&again.sign(&Claims::new(&ncetm(), HOUR))), Ok(ncetm()));
    assert_eq!(key.jwks_path(), again.jwks_path());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = LocalKey::open_or_create(folder.path()).err().unwrap().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn processes_that_create_the_key_at_once_get_the_same_key() {
    let folder = TempDir::new().unwrap();
    let make = || LocalKey::open_or_create(folder.path()).unwrap().sign(&Claims::new(&ncetm(), HOUR));
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let authenticator = Authenticator::local(&LocalKey::open_or_create(folder.path()).unwrap(), "network").unwrap();
    assert!(tokens.iter().all(|token| authenticator.authenticate_token(token).is_ok()));
}

#[test]
fn a_locally_signed_token_is_reused_while_it_is_valid() {
    let (_folder, key, authenticator) = local();
    let me = Caller::new(Role::Follower, "follower-enrolment");
    let source = TokenSource::local(Arc::new(key), me.clone(), &audience_of("network"));
    let value = source.authorization();
    assert_eq!(authenticator.authenticate_token(value.to_str().unwrap().strip_prefix("Bearer ").unwrap()), Ok(me));
    assert_eq!(source.authorization(), value);
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

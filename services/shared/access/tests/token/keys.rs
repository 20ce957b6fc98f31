//! Keys: kept, rotated, withdrawn, of several algorithms, and the cache of tokens that they verified.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::PermissionsExt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use access::{
    Authenticator, Caller, Claims, LOCAL_ISSUER, LocalKey, MachineClock, Role, TokenSource, Trusted, Unauthenticated, audience_of,
};
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeySize, PublicKeyComponents},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use tempfile::TempDir;

use crate::common::*;

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

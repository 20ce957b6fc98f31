//! Key discovery from an OpenID Connect issuer over HTTPS, with all kinds of invalid answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod provider;

use std::{fs, time::Duration};

use access::{Authenticator, Caller, Claims, Discovery, KeySource, LocalKey, Pace, Role, TokenRules, Trusted, Unauthenticated};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use self::provider::{Answer, Authority, DOCUMENT, KEYS, Provider};

const PACE: Pace =
    Pace { interval: Duration::from_secs(60), pause: Duration::from_millis(50), fetch_max: Duration::from_secs(1) };

fn trusted(issuer: &str, discovery: Discovery) -> Trusted {
    Trusted { keys: KeySource::Discovered(discovery), ..Trusted::file(issuer, "", &Role::ALL) }
}

fn ncetm() -> Caller {
    Caller::new(Role::Ncetm, "ada")
}

fn key() -> (TempDir, LocalKey) {
    let folder = TempDir::new().unwrap();
    let key = LocalKey::open_or_create(folder.path()).unwrap();
    (folder, key)
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), future).await.expect("it takes no minute")
}

/// The caller of a token. Each provider has its own name, so the issuer is left out of comparisons.
fn authenticated(authenticator: &Authenticator, token: &str) -> Result<Caller, Unauthenticated> {
    let caller = authenticator.authenticate_token(token)?;
    assert!(caller.issuer.starts_with("https://localhost:"), "{caller:?}");
    Ok(Caller { issuer: ncetm().issuer, ..caller })
}

/// Retries like a client, as long as keys are pending.
async fn judged(authenticator: &Authenticator, token: &str) -> Result<Caller, Unauthenticated> {
    within(async {
        loop {
            match authenticated(authenticator, token) {
                Err(Unauthenticated::KeysPending) => sleep(Duration::from_millis(10)).await,
                judged => return judged,
            }
        }
    })
    .await
}

/// Waits until a token has the expected outcome: the time of a fetch varies, and a pause follows each.
async fn becomes(authenticator: &Authenticator, token: &str, expected: Result<Caller, Unauthenticated>) {
    within(async {
        while authenticated(authenticator, token) != expected {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_discovered_and_tokens_accepted() {
    let (_folder, key) = key();
    let provider = Provider::start(&key).await;
    let authenticator = provider.trusted();
    assert_eq!(judged(&authenticator, &provider.token(&key)).await, Ok(ncetm()));
    let (_other_folder, other) = self::key();
    let mut elsewhere = Claims::new(&ncetm(), Duration::from_secs(60));
    elsewhere.iss = "https://elsewhere".into();
    assert_eq!(
        authenticated(&authenticator, &key.sign(&elsewhere)),
        Err(Unauthenticated::Invalid),
        "keys are valid for their own issuer only"
    );
    assert_eq!(judged(&authenticator, &provider.token(&other)).await, Err(Unauthenticated::Invalid), "a stranger's key");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_down_at_the_start_leaves_keys_pending() {
    let (_folder, key) = key();
    let mut provider = Provider::stopped().await;
    provider.publish(&key);
    let authenticator = provider.trusted();
    let token = provider.token(&key);
    for _ in 0..5 {
        assert_eq!(authenticated(&authenticator, &token), Err(Unauthenticated::KeysPending));
        sleep(Duration::from_millis(30)).await;
    }
    let status = tonic::Status::from(Unauthenticated::KeysPending);
    assert_eq!(status.code(), tonic::Code::Unavailable, "a client retries this code");
    provider.serve().await;
    assert_eq!(judged(&authenticator, &token).await, Ok(ncetm()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_fetched_when_a_token_names_it_and_a_withdrawn_one_is_dropped() {
    let ((_old_folder, old), (_new_folder, new)) = (key(), key());
    let provider = Provider::start(&old).await;
    let authenticator = provider.trusted();
    assert_eq!(judged(&authenticator, &provider.token(&old)).await, Ok(ncetm()));
    provider.publish(&new);
    becomes(&authenticator, &provider.token(&new), Ok(ncetm())).await;
    assert_eq!(judged(&authenticator, &provider.token(&old)).await, Err(Unauthenticated::Invalid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_key_is_dropped_after_the_interval_without_unknown_keys() {
    let ((_old_folder, old), (_new_folder, new)) = (key(), key());
    let provider = Provider::start(&old).await;
    let pace = Pace { interval: Duration::from_millis(200), ..PACE };
    let authenticator = provider.trusted_with(Discovery { ca_path: Some(provider.ca_path()), token_path: None, pace }).unwrap();
    let token = provider.token(&old);
    assert_eq!(judged(&authenticator, &token).await, Ok(ncetm()));
    provider.publish(&new);
    // A token with a known key causes no fetch; only the interval does.
    within(async {
        while authenticated(&authenticator, &token).is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert!(judged(&authenticator, &token).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_stay_valid_while_the_issuer_is_down_or_answers_nonsense() {
    let (_folder, key) = key();
    let mut provider = Provider::start(&key).await;
    let pace = Pace { interval: Duration::from_millis(50), ..PACE };
    let authenticator = provider.trusted_with(Discovery { ca_path: Some(provider.ca_path()), token_path: None, pace }).unwrap();
    let token = provider.token(&key);
    assert_eq!(judged(&authenticator, &token).await, Ok(ncetm()));
    provider.say(KEYS, Answer::Text("nonsense".into()));
    provider.is_asked_again().await;
    assert_eq!(authenticated(&authenticator, &token), Ok(ncetm()));
    provider.stop();
    sleep(Duration::from_millis(300)).await;
    assert_eq!(authenticated(&authenticator, &token), Ok(ncetm()));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_unknown_keys_cause_one_fetch_per_pause() {
    let (_folder, key) = key();
    let provider = Provider::start(&key).await;
    let pace = Pace { pause: Duration::from_millis(500), ..PACE };
    let authenticator = provider.trusted_with(Discovery { ca_path: Some(provider.ca_path()), token_path: None, pace }).unwrap();
    let genuine = provider.token(&key);
    assert_eq!(judged(&authenticator, &genuine).await, Ok(ncetm()));
    let started = std::time::Instant::now();
    while started.elapsed() < Duration::from_millis(1_600) || provider.documents_asked() < 2 {
        assert!(started.elapsed() < Duration::from_secs(60), "an unknown key causes a fetch");
        let (_stranger_folder, stranger) = self::key();
        assert!(authenticated(&authenticator, &provider.token(&stranger)).is_err());
        assert_eq!(authenticated(&authenticator, &genuine), Ok(ncetm()), "other tokens are not affected");
    }
    let pauses = started.elapsed().as_millis() / 500 + 1;
    assert!(provider.documents_asked() <= 1 + usize::try_from(pauses).unwrap(), "{}", provider.documents_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_document_gives_no_keys() {
    let (_folder, key) = key();
    let provider = Provider::start(&key).await;
    let good = provider.document();
    let jwks = fs::read_to_string(key.jwks_path()).unwrap();
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: https://localhost:{}/other\r\ncontent-length: 0\r\n\r\n", provider.port);
    let text = |text: String| Answer::Text(text);
    let padded = |text: &str| format!("{text}{}", " ".repeat(300 * 1024));
    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", padded(&good));
    provider.say("/other", text(good.clone()));
    let wrong = [
        ("a document of another issuer", DOCUMENT, text(good.replace("/realms/hubs", "/realms/other"))),
        ("an issuer with one slash more", DOCUMENT, text(good.replace("/realms/hubs", "/realms/hubs/"))),
        (
            "keys in plain text",
            DOCUMENT,
            text(good.replace("https://localhost", "http://localhost").replacen("http://", "https://", 1)),
        ),
        ("no document", DOCUMENT, text("<html>".into())),
        ("a document behind a redirect", DOCUMENT, Answer::Raw(redirect.clone())),
        ("an error", DOCUMENT, Answer::Raw("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".into())),
        ("a document that is too large", DOCUMENT, text(padded(&good))),
        ("a document without an end", DOCUMENT, Answer::Raw(endless)),
        ("silence", DOCUMENT, Answer::Silence),
        ("no keys", KEYS, text(r#"{"keys": []}"#.into())),
        ("a secret for a key", KEYS, text(r#"{"keys": [{"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}]}"#.into())),
        ("keys behind a redirect", KEYS, Answer::Raw(redirect)),
        ("no answer for keys", KEYS, Answer::Silence),
        ("too many keys", KEYS, text(padded(&jwks))),
    ];
    let token = provider.token(&key);
    for (what, path, answer) in wrong {
        provider.say(path, answer);
        let authenticator = provider.trusted();
        provider.is_asked_again().await;
        assert_eq!(authenticated(&authenticator, &token), Err(Unauthenticated::KeysPending), "{what}");
        provider.say(DOCUMENT, text(good.clone()));
        provider.say(KEYS, text(jwks.clone()));
        assert_eq!(judged(&authenticator, &token).await, Ok(ncetm()), "after {what} the next fetch succeeds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_with_a_certificate_of_an_unknown_authority_is_not_trusted() {
    let (_folder, key) = key();
    let provider = Provider::start(&key).await;
    let stranger = provider.folder.path().join("stranger.pem");
    fs::write(&stranger, Authority::new().1).unwrap();
    for ca_path in [Some(stranger), None] {
        let authenticator = provider.trusted_with(Discovery { ca_path, token_path: None, pace: PACE }).unwrap();
        sleep(Duration::from_millis(300)).await;
        assert_eq!(authenticated(&authenticator, &provider.token(&key)), Err(Unauthenticated::KeysPending));
    }
    assert_eq!(provider.documents_asked(), 0, "it received neither a request nor a token");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_requires_a_token_receives_it() {
    let (_folder, key) = key();
    let provider = Provider::start(&key).await;
    let token_path = provider.folder.path().join("token");
    fs::write(&token_path, "of-this-service\n").unwrap();
    let discovery = Discovery { ca_path: Some(provider.ca_path()), token_path: Some(token_path), pace: PACE };
    let authenticator = provider.trusted_with(discovery).unwrap();
    assert_eq!(judged(&authenticator, &provider.token(&key)).await, Ok(ncetm()));
    let asked = provider.asked.lock().unwrap().clone();
    assert!(asked.len() >= 2 && asked.iter().all(|head| head.contains("authorization: Bearer of-this-service\r\n")), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_issuer_or_file_is_named_at_the_start() {
    let provider = Provider::stopped().await;
    let refused = |issuer: &str, ca: &str, token: &str| {
        let file = |name: &str| (!name.is_empty()).then(|| provider.folder.path().join(name));
        let discovery = Discovery { ca_path: file(ca), token_path: file(token), pace: PACE };
        let trusted = trusted(issuer, discovery);
        Authenticator::new(&[trusted], &TokenRules::new("network")).err().map(|error| error.to_string()).unwrap()
    };
    fs::write(provider.folder.path().join("empty.pem"), "").unwrap();
    for (issuer, ca, token, word) in [
        ("http://localhost/realms/hubs", "", "", "`http://localhost/realms/hubs` is not an https address"),
        ("hubs", "", "", "`hubs` is not an https address"),
        ("https://user:secret@localhost", "", "", "is not an https address"),
        ("https://localhost/?realm=hubs", "", "", "query"),
        ("https://localhost", "missing.pem", "", "missing.pem"),
        ("https://localhost", "empty.pem", "", "holds no certificate"),
        ("https://localhost", "", "missing", "missing"),
    ] {
        let error = refused(issuer, ca, token);
        assert!(error.contains(word), "{issuer}: {error}");
    }
}

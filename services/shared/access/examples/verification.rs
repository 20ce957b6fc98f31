//! Measures the cost of a call's token with and without the cache of verified tokens.
//!
//! `cargo run --release -p access --example verification`

use std::{hint::black_box, time::Duration};

use access::{Authenticator, Caller, Claims, LOCAL_ISSUER, LocalKey, Role, TokenRules, Trusted};

/// Calls per round.
const CALLS: u32 = 20_000;
/// Rounds; the fastest one counts.
const ROUNDS: usize = 5;
/// Callers that call in turn.
const CALLERS: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let key = LocalKey::open_or_create(folder.path())?;
    let headers: Vec<http::HeaderMap> = (0..CALLERS)
        .map(|number| {
            let hub = Some(format!("hubs/hub-{number}"));
            let caller = Caller { hub, ..Caller::new(Role::HubLead, format!("lead-{number}")) };
            let token = key.sign(&Claims::new(&caller, Duration::from_secs(3_600)));
            Ok(http::HeaderMap::from_iter([(http::header::AUTHORIZATION, format!("Bearer {token}").parse()?)]))
        })
        .collect::<Result<_, http::header::InvalidHeaderValue>>()?;
    let trusted = [Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL)];
    let with = Authenticator::new(&trusted, &TokenRules::new("network"))?;
    let without = Authenticator::new(&trusted, &TokenRules::new("network"))?.with_tokens_max(0);
    let per_call = |authenticator: &Authenticator| {
        let round = || {
            let started = std::time::Instant::now();
            for headers in headers.iter().cycle().take(usize::try_from(CALLS).unwrap_or(usize::MAX)) {
                let _ = black_box(authenticator.authenticate(black_box(headers)));
            }
            started.elapsed() / CALLS
        };
        (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
    };
    let (without, with) = (per_call(&without), per_call(&with));
    println!("Ed25519 token of a hub lead, {CALLERS} callers, one core, fastest of {ROUNDS} rounds of {CALLS} calls");
    println!("without the cache  {without:?} per call");
    println!("with the cache     {with:?} per call");
    println!("ratio              {:.1}", without.as_secs_f64() / with.as_secs_f64());
    Ok(())
}

//! Admission: bounds what the process, each peer address and each identity use at the same time, in number, bytes and time.
//!
//! A connection is counted when it is accepted. A call first comes to [`Admission::full_for`], before its token is verified, so that refusals under
//! overload are cheap. Then its message arrives, within a time and a number of bytes; only then it takes one of the slots for calls, which it keeps until
//! its answer is read. A part of the slots and streams is reserved for machine roles, above all for the mirrors of other services.

mod account;
mod answers;
mod connection;
mod limits;
mod message;

use std::{net::IpAddr, sync::Arc, time::Duration};

use access::{Caller, TokenScope};
use http::{HeaderMap, Response, header::AUTHORIZATION};
use ipnet::IpNet;
use metrics::{Counter, counter, gauge};
use proto::Reason;
use tokio::{sync::Semaphore, time::Instant};
use tonic::{Status, body::Body};

use crate::{ApiError, Config, log_budget::LogBudget};
use account::{Account, Accounts};
use answers::Answers;
use limits::Limits;

pub(crate) use account::{Hold, Resource};
pub(crate) use answers::{ANSWER_PIECE_BYTES, Unread};
pub(crate) use connection::Peer;
pub use limits::Times;
pub(crate) use limits::{HEALTH_BYTES_MAX, HEALTH_TIME_MAX};
pub(crate) use message::{Framing, arrived};

/// Time after which a refused call should be sent again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The accounts of all parties, and their limits.
pub(crate) struct Admission {
    limits: Limits,
    pub(crate) times: Times,
    trusted_proxies: Vec<IpNet>,
    process: Arc<Account>,
    peers: Accounts<IpAddr>,
    /// By issuer and subject.
    identities: Accounts<(Arc<str>, String)>,
    pub(crate) answers: Arc<Answers>,
    overloaded: Response<()>,
    refusals: [Counter; Resource::ALL.len()],
    refusals_waiting: Semaphore,
    refusals_logged: LogBudget,
}

/// The parties that a call counts for: its peer and, after authentication, its identity.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) peer: Peer,
    identity: Option<Arc<Account>>,
    is_machine: bool,
}

/// The party that has no slot for another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Process,
    Caller,
}

impl Party {
    /// A connection before its calls.
    fn of(peer: Peer) -> Self {
        Self { peer, identity: None, is_machine: false }
    }
}

impl Admission {
    pub(crate) fn new(config: &Config) -> Self {
        metrics::describe_gauge!("admission_used", "What is in use now of what the process bounds.");
        metrics::describe_counter!("admission_refusals_total", "Connections and calls that were refused because of a limit.");
        Self {
            limits: Limits::new(config),
            times: config.times,
            trusted_proxies: config.trusted_proxies.clone(),
            process: Arc::default(),
            peers: Accounts::default(),
            identities: Accounts::default(),
            answers: Arc::default(),
            overloaded: overloaded(Resource::Calls, "the service").into_http(),
            refusals: Resource::ALL.map(|resource| counter!("admission_refusals_total", "resource" => resource.as_str())),
            refusals_waiting: Semaphore::new(limits::REFUSALS_WAITING_MAX),
            refusals_logged: LogBudget::new(1),
        }
    }

    /// The party of a call. `headers` are those with which the caller was authenticated.
    pub(crate) fn party(&self, peer: Peer, headers: &HeaderMap, caller: Option<&Caller>) -> Party {
        let identity = caller.map(|caller| self.identities.of((Arc::clone(&caller.issuer), caller.subject.clone())));
        let is_machine = caller.is_some_and(|caller| caller.role.token_scope() == TokenScope::Service);
        if let (Some(identity), Some(authorization)) = (&identity, headers.get(AUTHORIZATION)) {
            peer.is_called_by(authorization, identity, is_machine);
        }
        Party { peer, identity, is_machine }
    }

    /// The party without a free slot, if a call can only be refused: the process, or the caller, if the connection knows it by its header. A caller that the
    /// connection does not know may have a machine role, so that the reserve is open to it.
    pub(crate) fn full_for(&self, peer: &Peer, headers: &HeaderMap) -> Option<Full> {
        let (max, used) = (self.limits.of(Resource::Calls), self.process.used(Resource::Calls));
        let known = headers.get(AUTHORIZATION).and_then(|authorization| peer.caller_of(authorization));
        let reserve = known.as_ref().map_or(0, |(_, is_machine)| if *is_machine { 0 } else { max.reserve });
        if used >= max.process - reserve {
            return Some(Full::Process);
        }
        known.filter(|(identity, _)| identity.used(Resource::Calls) >= max.identity).map(|_| Full::Caller)
    }

    /// The answer to a call that can only be refused. One of a caller that has no slot comes after a delay, so that a caller that sends again at once takes
    /// little time of the process.
    pub(crate) async fn overloaded(&self, full: Full) -> Response<Body> {
        self.refused(Resource::Calls);
        if full == Full::Caller
            && let Ok(_waiting) = self.refusals_waiting.try_acquire()
        {
            tokio::time::sleep(self.times.refusal_delay).await;
        }
        let mut response = Response::new(Body::empty());
        response.headers_mut().clone_from(self.overloaded.headers());
        response
    }

    /// An amount of nothing yet.
    pub(crate) fn hold(&self, resource: Resource, party: &Party) -> Hold {
        let max = self.limits.of(resource);
        let process = if party.is_machine { max.process } else { max.process - max.reserve };
        let identity = if party.is_machine { max.identity.max(max.reserve) } else { max.identity };
        let bounded = [(Some(&self.process), process), (party.peer.account(), max.peer), (party.identity.as_ref(), identity)];
        let accounts = bounded.into_iter().filter(|(_, max)| *max != usize::MAX);
        Hold::of(resource, accounts.filter_map(|(account, max)| Some((Arc::clone(account?), max))).collect())
    }

    /// One of a resource, or the error for the caller.
    pub(crate) fn take(&self, resource: Resource, party: &Party) -> Result<Hold, Status> {
        let mut hold = self.hold(resource, party);
        if hold.set(1) {
            return Ok(hold);
        }
        let max = self.limits.of(resource);
        let is_process = self.process.used(resource) >= max.process - max.reserve;
        Err(self.refusal(resource, if is_process { "the service" } else { "the caller" }))
    }

    /// The error of a call that exceeds a limit.
    pub(crate) fn refusal(&self, resource: Resource, whose: &str) -> Status {
        self.refused(resource);
        overloaded(resource, whose)
    }

    /// Counts a refusal, and logs the first one of a second.
    fn refused(&self, resource: Resource) {
        self.refusals[resource as usize].increment(1);
        if let Some(left_out) = self.refusals_logged.line() {
            tracing::warn!(resource = resource.as_str(), left_out, "refused what exceeds a limit");
        }
    }

    /// Closes connections whose callers do not read, and records what is in use. Called every second.
    pub(crate) fn keep_up(&self) {
        self.answers.close_unread(Instant::now(), self.times.answer_max);
        for resource in Resource::ALL {
            #[expect(clippy::cast_precision_loss, reason = "amounts are below 2^52")]
            gauge!("admission_used", "resource" => resource.as_str()).set(self.process.used(resource) as f64);
        }
    }
}

/// The error of a caller that exceeds a limit.
fn overloaded(resource: Resource, whose: &str) -> Status {
    let what = match resource {
        Resource::Connections => "connections",
        Resource::Calls => "calls in progress",
        Resource::Streams => "streams",
        Resource::Watches => "health watches",
        Resource::RequestBytes => "bytes of requests that have not arrived as a whole",
        Resource::AnswerBytes => "bytes of answers that were not read",
    };
    let message = format!("{whose} has as many {what} as are allowed at the same time; send the request again later");
    let error = ApiError::new(Reason::Overloaded, message).with("resource", resource.as_str());
    error.retry_after(RETRY_AFTER).into()
}

#[cfg(test)]
mod tests {
    use access::Role;

    use super::*;

    fn caller(role: Role, subject: &str) -> Caller {
        Caller::new(role, subject)
    }

    #[test]
    fn one_identity_takes_a_quarter_of_the_slots_and_machines_have_a_reserve() {
        let admission = Admission::new(&Config { concurrency_max: 64, ..Config::default() });
        let calls = |role, subject: &str| {
            let party = admission.party(Peer::none(), &HeaderMap::new(), Some(&caller(role, subject)));
            let holds: Vec<_> = std::iter::from_fn(|| admission.take(Resource::Calls, &party).ok()).collect();
            (holds.len(), holds)
        };
        let people: Vec<_> = ["a", "b", "c", "d", "e"].map(|subject| calls(Role::School, subject)).into();
        assert_eq!(people.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [16, 16, 16, 8, 0]);
        let (mirror, _holds) = calls(Role::Follower, "funding");
        assert_eq!(mirror, 8, "the reserve is an eighth");
        drop(people);
        assert_eq!(calls(Role::School, "f").0, 16);
    }

    #[tokio::test]
    async fn a_caller_that_its_connection_knows_is_refused_before_its_token_is_verified() {
        let times = Times { refusal_delay: Duration::from_millis(10), ..Times::default() };
        let admission = Admission::new(&Config { concurrency_max: 16, times, ..Config::default() });
        let headers = |token: &'static str| HeaderMap::from_iter([(AUTHORIZATION, http::HeaderValue::from_static(token))]);
        let peer = Peer::none();
        let take = |party: &Party| std::iter::from_fn(|| admission.take(Resource::Calls, party).ok()).collect::<Vec<_>>();
        let ada = admission.party(peer.clone(), &headers("ada"), Some(&caller(Role::Ncetm, "ada")));
        let mut holds = take(&ada);
        let full = |token| admission.full_for(&peer, &headers(token));
        assert_eq!(full("ada"), Some(Full::Caller), "she has a quarter");
        assert_eq!(full("grace"), None, "another token on the same connection is verified");
        for subject in ["b", "c", "d"] {
            holds.append(&mut take(&admission.party(Peer::none(), &HeaderMap::new(), Some(&caller(Role::Ncetm, subject)))));
        }
        let grace = admission.party(peer.clone(), &headers("grace"), Some(&caller(Role::Dfe, "grace")));
        assert_eq!(full("grace"), Some(Full::Process), "the rest is for machine roles");
        let mirror = admission.party(peer.clone(), &headers("mirror"), Some(&caller(Role::Follower, "funding")));
        assert_eq!(full("mirror"), None);
        holds.append(&mut take(&mirror));
        assert_eq!([full("mirror"), full("anybody")], [Some(Full::Process); 2]);
        drop((grace, holds));
        let response = admission.overloaded(Full::Caller).await;
        let status = Status::from_header_map(response.headers()).expect("a status");
        assert_eq!(status.code(), tonic::Code::ResourceExhausted);
        let details = tonic_types::StatusExt::get_error_details(&status);
        assert_eq!(details.retry_info().and_then(|info| info.retry_delay), Some(RETRY_AFTER));
    }

    #[test]
    fn callers_behind_a_trusted_proxy_do_not_share_the_limits_of_its_address() {
        let config = Config { trusted_proxies: vec!["10.1.0.0/16".parse().expect("a network")], ..Config::default() };
        let admission = Admission::new(&config);
        assert!(admission.account_of([10, 1, 2, 3].into()).is_none());
        let [one, same, other] = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"]
            .map(|address| admission.account_of(address.parse().expect("an address")).expect("an account"));
        assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other), "a /64 network of IPv6 counts as one address");
    }
}

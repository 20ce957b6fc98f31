//! The table of limits. `deploy/README.md` shows it to operators.

use std::time::Duration;

use super::Resource;
use crate::Config;

/// Most open connections of the process.
const CONNECTIONS_MAX: usize = 2_048;
/// Most streams of the process, and the part of them that only machine roles may use.
const STREAMS_MAX: usize = 128;
const STREAMS_RESERVE: usize = 64;
/// Most streams of one identity.
const IDENTITY_STREAMS_MAX: usize = 16;
/// Most health watches of the process, and of one address.
const WATCHES_MAX: usize = 256;
const PEER_WATCHES_MAX: usize = 8;
/// Most bytes of unfinished requests of the process, and of one identity.
const REQUEST_BYTES_MAX: usize = 64 * 1024 * 1024;
const IDENTITY_REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most bytes of unread answers of the process, and of one identity.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
const IDENTITY_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Times that callers may take. Operators do not set them; tests do.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the acceptance of a connection to its first call: the TLS handshake, the preface of HTTP/2 and the first headers.
    pub first_call_max: Duration,
    /// Until a single message has arrived as a whole.
    pub message_max: Duration,
    /// Until a caller has read a message of an answer. Then its connection is closed.
    pub answer_max: Duration,
    /// Until a call of a caller that has no slot is refused.
    pub refusal_delay: Duration,
    /// Beyond the maximum age of a connection and the longest deadline. Then the connection is closed.
    pub end_margin: Duration,
}

impl Default for Times {
    /// 10 seconds for a call and a message, 30 to read an answer, 1 for a refusal.
    fn default() -> Self {
        let [first_call_max, message_max, end_margin] = [Duration::from_secs(10); 3];
        let (answer_max, refusal_delay) = (Duration::from_secs(30), Duration::from_secs(1));
        Self { first_call_max, message_max, answer_max, refusal_delay, end_margin }
    }
}

/// Most refusals that wait; further ones are answered at once.
pub(crate) const REFUSALS_WAITING_MAX: usize = 10_000;
/// Longest request for the health of a service, and its time.
pub(crate) const HEALTH_BYTES_MAX: usize = 100;
pub(crate) const HEALTH_TIME_MAX: Duration = Duration::from_secs(1);

/// The maximums of one resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maximum {
    /// Of the process.
    pub(crate) process: usize,
    /// The part of it that only machine roles may use.
    pub(crate) reserve: usize,
    /// Of one address, unless it is a trusted proxy's.
    pub(crate) peer: usize,
    /// Of one identity.
    pub(crate) identity: usize,
}

/// The maximums of all resources.
#[derive(Debug, Clone)]
pub(crate) struct Limits([Maximum; Resource::ALL.len()]);

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        const NONE: Maximum = Maximum { process: usize::MAX, reserve: 0, peer: usize::MAX, identity: usize::MAX };
        let calls = config.concurrency_max;
        Self(Resource::ALL.map(|resource| match resource {
            Resource::Connections => Maximum { process: CONNECTIONS_MAX, peer: config.peer_connections_max, ..NONE },
            Resource::Calls => Maximum { process: calls, reserve: calls / 8, identity: (calls / 4).max(1), ..NONE },
            Resource::Streams => {
                Maximum { process: STREAMS_MAX, reserve: STREAMS_RESERVE, identity: IDENTITY_STREAMS_MAX, ..NONE }
            }
            Resource::Watches => Maximum { process: WATCHES_MAX, peer: PEER_WATCHES_MAX, ..NONE },
            Resource::RequestBytes => Maximum {
                process: REQUEST_BYTES_MAX,
                peer: config.peer_request_bytes_max,
                identity: IDENTITY_REQUEST_BYTES_MAX,
                ..NONE
            },
            Resource::AnswerBytes => Maximum { process: ANSWER_BYTES_MAX, identity: IDENTITY_ANSWER_BYTES_MAX, ..NONE },
        }))
    }

    pub(crate) fn of(&self, resource: Resource) -> Maximum {
        self.0[resource as usize]
    }
}

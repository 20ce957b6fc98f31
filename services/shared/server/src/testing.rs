//! Tools for tests of services: a client of routes, metrics of periodic jobs, and a walk through every RPC and its errors.

mod line;
mod metric;

use std::{collections::BTreeSet, path::Path};

use proto::Reason;
use tonic::{Response, Status};
use tonic_types::StatusExt;

pub use line::{Line, call, caller_layer};
pub use metric::metric;

/// Maximum characters of a description: 100 of what was sent, and a sentence.
const DESCRIPTION_CHARS_MAX: usize = 300;

/// An RPC, and the cases to call it in.
pub type Cases = (&'static str, &'static [&'static str]);

/// The walked RPCs and cases, and the observed reasons.
#[derive(Debug, Default)]
pub struct Walk {
    steps: BTreeSet<(&'static str, &'static str)>,
    reasons: BTreeSet<String>,
}

impl Walk {
    /// Records a case: the answer must be `OK`, or have the expected reason, with the code that `proto/reasons.csv` lists for it, and a sentence.
    #[track_caller]
    pub fn step<T>(&mut self, rpc: &'static str, case: &'static str, answer: Result<T, Status>, expected: &str) {
        let came = match answer {
            Ok(_) => "OK".to_owned(),
            Err(status) => reason(&status),
        };
        assert_eq!(came, expected, "{rpc}, {case}");
        self.steps.insert((rpc, case));
        self.reasons.insert(came);
    }

    /// Records the case `wrong field`: exactly these fields must be named, in this order, each with a description.
    #[track_caller]
    pub fn wrong<T>(&mut self, rpc: &'static str, answer: Result<T, Status>, fields: &[&str]) {
        let details = answer.as_ref().err().and_then(StatusExt::get_details_bad_request);
        let violations = details.map(|details| details.field_violations).unwrap_or_default();
        let named: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(named, fields, "{rpc}: {:?}", answer.as_ref().err());
        assert!(violations.iter().all(|violation| violation.description.len() > 5), "{rpc}: {violations:?} do not say why");
        let repeats = violations.iter().any(|violation| violation.description.chars().count() > DESCRIPTION_CHARS_MAX);
        assert!(!repeats, "{rpc}: {violations:?} repeat more than 100 characters of what was sent");
        self.step(rpc, "wrong field", answer, "FIELD_INVALID");
    }

    /// Records the cases `repeated` and `another body`: a repeated request has the same answer and records `events_count` events once; its id with
    /// another body is refused and records none. `events` returns the number of all events. Returns the answer.
    pub async fn repeat<M: Clone, A: PartialEq + std::fmt::Debug>(
        &mut self,
        rpc: &'static str,
        events: impl AsyncFn() -> usize,
        events_count: usize,
        call: impl AsyncFn(M) -> Result<Response<A>, Status>,
        [request, other]: [M; 2],
    ) -> A {
        let before = events().await;
        let first = call(request.clone()).await.unwrap_or_else(|status| panic!("{rpc}: {status}")).into_inner();
        assert_eq!(events().await - before, events_count, "events of {rpc}");
        let again = call(request).await.map(Response::into_inner);
        assert_eq!(again.as_ref().ok(), Some(&first), "{rpc} again: {:?}", again.as_ref().err());
        self.step(rpc, "repeated", again, "OK");
        self.step(rpc, "another body", call(other).await, "REQUEST_ID_REUSED");
        assert_eq!(events().await - before, events_count, "events of {rpc}, after it was repeated");
        first
    }

    /// Asserts that exactly these cases were walked, and that every method of these services has cases. Wrong roles are not among them: a story calls
    /// every method of the suite in every role.
    #[track_caller]
    pub fn is_whole(&self, cases: &[&[Cases]], services: &[&str]) {
        let cases = cases.concat();
        let expected: BTreeSet<_> = cases.iter().flat_map(|(rpc, cases)| cases.iter().map(move |case| (*rpc, *case))).collect();
        assert_eq!(self.steps, expected);
        // The frame serves these, and its own tests walk them.
        let frame = [
            "mathshubs.approval.v1.ApprovalService",
            "mathshubs.audit.v1.AuditService",
            "mathshubs.person.v1.PersonRecordService",
        ];
        let own: Vec<_> = services.iter().copied().filter(|service| !frame.contains(service)).collect();
        let served = access::served(&own);
        let named: BTreeSet<_> = served.iter().filter_map(|method| method.rsplit('/').next()).collect();
        assert_eq!(named, cases.iter().map(|(rpc, _)| *rpc).collect(), "every method is walked");
    }

    /// Every reason was met that the sources in a folder give: `has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))`.
    #[track_caller]
    pub fn has_met_all_of(&self, folder: &str) {
        let sources = sources(folder.as_ref());
        let is_end = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        let names = |reason: &Reason| {
            let name = format!("Reason::{reason:?}");
            sources.match_indices(&name).any(|(start, _)| is_end(sources[start + name.len()..].chars().next()))
        };
        let named: Vec<_> = Reason::ALL.iter().filter(|reason| names(reason)).map(|reason| reason.as_str()).collect();
        assert!(!named.is_empty(), "{folder} names no reason");
        let missing: BTreeSet<_> = named.into_iter().filter(|reason| !self.reasons.contains(*reason)).collect();
        assert!(missing.is_empty(), "reasons that the walk never met: {missing:?}");
    }
}

/// The texts of all files in a folder, one after the other.
fn sources(folder: &Path) -> String {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths
        .map(|path| if path.is_dir() { sources(&path) } else { std::fs::read_to_string(&path).expect("a source is text") })
        .collect()
}

/// The reason of a refusal. Panics when it has none, a code that is not the reason's, or nothing to say.
#[track_caller]
fn reason(status: &Status) -> String {
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("{status} has no reason"));
    let known = Reason::ALL.iter().any(|reason| reason.as_str() == info.reason && reason.code() == status.code());
    assert!(known, "proto/reasons.csv does not list {} with the code {:?}", info.reason, status.code());
    assert!(info.domain == "mathshubs" && status.message().len() > 10, "{status} does not say what is wrong");
    info.reason
}

/// A request again, and its id with another body: the first has the same answer, the second is refused.
#[macro_export]
macro_rules! repeated {
    ($walk:expr, $rpc:literal, $client:expr, $method:ident, $request:expr, $other:expr) => {{
        let (request, mut other) = ($request, $other);
        other.request_id = request.request_id.clone();
        let first = $client.clone().$method(request.clone()).await.map(::tonic::Response::into_inner);
        let again = $client.clone().$method(request).await.map(::tonic::Response::into_inner);
        assert_eq!(first.as_ref().ok(), again.as_ref().ok(), "{} again", $rpc);
        $walk.step($rpc, "repeated", first.and(again), "OK");
        $walk.step($rpc, "another body", $client.clone().$method(other).await, "REQUEST_ID_REUSED");
    }};
}

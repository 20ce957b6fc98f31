//! For tests of services: a walk through every RPC and what it refuses.

use std::collections::BTreeSet;

use tonic::Status;
use tonic_types::StatusExt;

/// An RPC, and the cases in which it is to be called.
pub type Cases = (&'static str, &'static [&'static str]);

/// What was walked: RPC and case.
#[derive(Debug, Default)]
pub struct Walk(BTreeSet<(&'static str, &'static str)>);

impl Walk {
    /// Takes a step: the answer must be `OK`, or carry the reason that is expected.
    #[track_caller]
    pub fn step<T>(&mut self, rpc: &'static str, case: &'static str, answer: Result<T, Status>, expected: &str) {
        let came = match answer {
            Ok(_) => "OK".to_owned(),
            Err(status) => status.get_details_error_info().map_or_else(|| format!("{status}"), |info| info.reason),
        };
        assert_eq!(came, expected, "{rpc}, {case}");
        self.0.insert((rpc, case));
    }

    /// Every case was walked and no other, and every method of these services has cases.
    #[track_caller]
    pub fn is_whole(&self, cases: &[Cases], descriptors: &[u8], services: &[&str]) {
        let expected: BTreeSet<_> = cases.iter().flat_map(|(rpc, cases)| cases.iter().map(move |case| (*rpc, *case))).collect();
        assert_eq!(self.0, expected);
        let served = access::served(descriptors, services);
        let served: BTreeSet<_> = served.iter().filter(|method| !access::REFLECTION.contains(&method.as_str())).collect();
        let named: BTreeSet<_> = served.iter().filter_map(|method| method.rsplit('/').next()).collect();
        assert_eq!(named, cases.iter().map(|(rpc, _)| *rpc).collect(), "every method is walked");
    }
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

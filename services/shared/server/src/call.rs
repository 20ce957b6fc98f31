//! The caller, method and trace of a call.

use proto::Reason;
use std::sync::{Arc, OnceLock};

use access::Caller;
use tonic::Status;

use crate::ApiError;

/// The effective W3C trace context of a call, stored in the request by the call layer.
#[derive(Debug, Clone, Default)]
pub struct TraceParent(pub String);

/// The `request_id` of a mutation. The call layer stores it empty in the request; it is filled in when the message is read, so that the call's log
/// line can name it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestId(Arc<OnceLock<String>>);

impl RequestId {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// The path of a call, `/mathshubs.network.v1.HubService/CreateHub`, stored in the request by the call layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodPath(Arc<str>);

impl MethodPath {
    /// The path of an HTTP request.
    pub fn of<B>(request: &http::Request<B>) -> Self {
        Self(request.uri().path().into())
    }

    /// The path with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The second person's confirmation of a pending change, stored in the request when the change's method runs again.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The id of the pending change.
    pub change: String,
    /// The caller who proposed it.
    pub proposer: feed::Actor,
    /// The caller who confirms it.
    pub confirmer: feed::Actor,
    /// The request of the confirmation, under which the method's answer is stored.
    pub key: db::RequestKey,
    /// Whether only the answer is wanted.
    pub validate_only: bool,
}

/// The parts of a call that a use case needs.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method that is called.
    pub method: MethodPath,
    /// The authenticated and authorized caller.
    pub caller: Arc<Caller>,
    /// W3C trace context, or empty.
    pub traceparent: String,
    /// Present when a pending change is confirmed.
    pub confirmation: Option<Confirmation>,
    request_id: RequestId,
}

impl Call {
    /// The call of a request that passed the call layer; otherwise UNAUTHENTICATED.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Arc<Caller>>().cloned();
        let caller = caller.ok_or_else(|| ApiError::new(Reason::TokenMissing, "no caller is known"))?;
        let method = request.extensions().get::<MethodPath>().cloned();
        let method = method.ok_or_else(|| ApiError::new(Reason::TokenMissing, "no method is known"))?;
        let traceparent = request.extensions().get::<TraceParent>().cloned().unwrap_or_default().0;
        let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
        let confirmation = request.extensions().get::<Confirmation>().cloned();
        Ok(Self { method, caller, traceparent, confirmation, request_id })
    }

    /// A call of another method of the same service within this call, by `caller`, who confirms a pending change.
    pub fn confirmed<M>(&self, method: &str, caller: Caller, confirmation: Confirmation, message: M) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        let extensions = request.extensions_mut();
        extensions.insert(Arc::new(caller));
        extensions.insert(MethodPath(method.into()));
        extensions.insert(TraceParent(self.traceparent.clone()));
        extensions.insert(self.request_id.clone());
        extensions.insert(confirmation);
        request
    }

    /// The call and the message of a request.
    pub fn split<M>(request: tonic::Request<M>) -> Result<(Self, M), Status> {
        Ok((Self::of(&request)?, request.into_inner()))
    }

    /// The cause that is stored with every event of this call. `actor` is its caller.
    pub fn cause(&self, actor: feed::Actor, request_id: &str, recorded: time::Instant) -> feed::Cause {
        // A call has one request id: the first one is kept.
        let _first = self.request_id.0.set(request_id.to_owned());
        feed::Cause { actor, confirmer: None, request_id: request_id.to_owned(), traceparent: self.traceparent.clone(), recorded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_of_a_message_reaches_the_log_line_of_its_call() {
        let caller = Arc::new(Caller::new(access::Role::Ncetm, "somebody"));
        let request_id = RequestId::default();
        let mut request = tonic::Request::new(());
        request.extensions_mut().insert(caller);
        request.extensions_mut().insert(MethodPath::of(&http::Request::new(())));
        request.extensions_mut().insert(request_id.clone());
        assert_eq!(request_id.get(), None);
        let cause =
            Call::of(&request).expect("a caller is known").cause(feed::Actor::default(), "r-1", time::Instant::from_micros(0));
        assert_eq!((cause.request_id.as_str(), request_id.get()), ("r-1", Some("r-1")));
    }
}

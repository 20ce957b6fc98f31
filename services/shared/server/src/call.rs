//! Who calls, and under which trace.

use access::Caller;
use tonic::{Code, Status};

use crate::Refusal;

/// The effective W3C trace context of a call, put into the request by the layer around the services.
#[derive(Debug, Clone, Default)]
pub struct TraceParent(pub String);

/// What a use case needs to know of the call that caused it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who calls; authenticated, and allowed to call this method.
    pub caller: Caller,
    /// W3C trace context, or empty.
    pub traceparent: String,
}

impl Call {
    /// From a request that went through the layer. UNAUTHENTICATED if it did not.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Refusal::new(Code::Unauthenticated, "TOKEN_MISSING", "no caller is known"))?;
        let traceparent = request.extensions().get::<TraceParent>().cloned().unwrap_or_default().0;
        Ok(Self { caller, traceparent })
    }

    /// What is stored with every event of this call.
    pub fn cause(&self, request_id: &str, recorded: time::Instant) -> feed::Cause {
        feed::Cause {
            actor: self.caller.subject.clone(),
            request_id: request_id.to_owned(),
            traceparent: self.traceparent.clone(),
            recorded,
        }
    }
}

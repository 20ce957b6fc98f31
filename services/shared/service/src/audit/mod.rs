//! The audit trail: what has no event is recorded by one task, and `AuditService` lists it beside the events.

mod list_audit_records;
mod log;
mod retention;
mod rules;
mod store;
mod wire;

use proto::audit::v1::{
    self as pb,
    audit_service_server::{AuditService, AuditServiceServer},
};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use crate::Context;
use list_audit_records::list_audit_records;
pub(crate) use log::{AuditLog, AuditTask};
pub(crate) use retention::{RETENTION_INTERVAL, answers_forget, audit_forget};
pub use retention::{RetentionKind, retention_days};

/// `AuditService` of a service.
pub(crate) fn server(context: &Context) -> AuditServiceServer<Api> {
    server::limited!(AuditServiceServer::new(Api { context: context.clone() }))
}

/// Serves `AuditService`.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    context: Context,
}

#[tonic::async_trait]
impl AuditService for Api {
    async fn list_audit_records(
        &self,
        request: Request<pb::ListAuditRecordsRequest>,
    ) -> Result<Response<pb::ListAuditRecordsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (filter, page) = Fields::decode(|fields| {
            let page = Page::of(fields, &message);
            Some((wire::filter(fields, &message)?, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_audit_records(tx, filter, page))).await
    }
}

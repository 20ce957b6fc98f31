//! Changes that wait for a second person: stored by [`Context::mutate`], and served as `ApprovalService`.

mod confirm_change;
mod list_pending_changes;
mod reject_change;
mod rules;
mod store;
mod wire;

use std::time::Duration;

use futures::FutureExt;
use prost::Message;
use proto::approval::v1::{
    self as pb,
    approval_service_server::{ApprovalService, ApprovalServiceServer},
};
use scope::{Scope, ScopeKey};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status, service::Routes};

use crate::{Command, Context, Error, RetentionKind, command::Concerned, mutate::request_key, retention_days};
use rules::{ChangeId, PendingChange, Viewer};

/// The metric of [`measure_oldest`].
const OLDEST_AGE: &str = "pending_change_oldest_age_seconds";
/// Interval at which it is read.
pub(crate) const OLDEST_AGE_INTERVAL: Duration = Duration::from_secs(60);

/// A call that needs a second person.
pub(crate) struct Proposal {
    method: String,
    request: Vec<u8>,
}

/// The proposal that a call makes; `None` for one that takes effect at once.
pub(crate) fn proposal(call: &Call, body: &[u8]) -> Option<Proposal> {
    let method = call.method.as_str().trim_start_matches('/');
    let second = access::second_person(method)?;
    let is_proposed = call.confirmation.is_none() && !second.at_once.contains(&call.caller.role);
    is_proposed.then(|| Proposal { method: method.to_owned(), request: body.to_vec() })
}

/// The answer of a proposed call. Every response of a method with a second person has this field; a contract test compares their numbers.
#[derive(prost::Message)]
struct Proposed {
    #[prost(string, tag = "15")]
    pending_change: String,
}

/// Stores a proposed call. Gives its encoded answer.
pub(crate) async fn propose(cmd: &mut Command<'_, '_>, proposal: Proposal, concerned: Concerned) -> Result<Vec<u8>, Error> {
    let id = ChangeId::trusted(cmd.next_id());
    let change = PendingChange::propose(id, proposal.method, proposal.request, concerned, cmd.cause.actor.clone(), cmd.now());
    store::pending_change_insert(cmd.tx, &change).await?;
    cmd.append(&change, &wire::proposed(&change));
    Ok(Proposed { pending_change: crate::Resource::name(&change) }.encode_to_vec())
}

/// Marks a pending change as confirmed by the cause's confirmer, before its method runs in the same transaction.
pub(crate) async fn confirm(cmd: &mut Command<'_, '_>, id: &str) -> Result<(), Error> {
    let everything = ScopeKey::new(&Scope::All, cmd.today());
    let before = store::pending_change_by_id(cmd.tx, &everything, &ChangeId::trusted(id.to_owned())).await?;
    let confirmer = cmd.cause.confirmer.clone().unwrap_or_default();
    let after = before.confirm(confirmer, cmd.now())?;
    if !store::pending_change_decide(cmd.tx, &after).await? {
        return Err(rules::ChangeViolation::Decided(after.id).into());
    }
    cmd.append(&after, &pb::ChangeConfirmed { pending_change: crate::Resource::name(&after), method: after.method.clone() });
    Ok(())
}

/// Deletes the requests, which can hold texts that people wrote, of changes that were decided or expired as long ago as the policy keeps stored answers.
pub(crate) async fn requests_forget(context: &Context) -> Result<(), db::Error> {
    let (now, today) = (context.clock.now(), context.clock.today());
    let forget = || {
        context.pool.write(move |mut tx| {
            Box::pin(async move {
                let days = retention_days(&mut tx, RetentionKind::StoredAnswer, today).await?;
                store::request_delete_before(&mut tx, now.plus_micros(-days * 86_400 * 1_000_000)).await
            })
        })
    };
    while forget().await? > 0 {}
    Ok(())
}

/// `ApprovalService` for the methods of `routes`.
pub(crate) fn server(context: &Context, routes: Routes) -> ApprovalServiceServer<Api> {
    metrics::describe_gauge!(OLDEST_AGE, "Age of the oldest change that waits for a second person; 0 without any.");
    server::limited!(ApprovalServiceServer::new(Api { context: context.clone(), routes }))
}

/// Sets the metric of the oldest change that waits for a second person.
pub(crate) async fn measure_oldest(context: Context) -> Result<(), ApiError> {
    let now = context.clock.now();
    let oldest = context.read(move |tx| Box::pin(store::pending_change_oldest(tx, now))).await?;
    metrics::gauge!(OLDEST_AGE, "service" => context.service).set(now.seconds_since(oldest));
    Ok(())
}

/// Serves `ApprovalService`.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    context: Context,
    routes: Routes,
}

impl Api {
    /// The caller, as it sees pending changes.
    async fn viewer(&self, call: &Call) -> Result<Viewer, ApiError> {
        let scope = ScopeKey::new(&Scope::of(call)?, self.context.clock.today());
        Ok(Viewer { actor: self.context.actor(&call.caller).await?, role: call.caller.role, scope })
    }
}

#[tonic::async_trait]
impl ApprovalService for Api {
    async fn list_pending_changes(
        &self,
        request: Request<pb::ListPendingChangesRequest>,
    ) -> Result<Response<pb::ListPendingChangesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        let (viewer, now) = (self.viewer(&call).await?, self.context.clock.now());
        self.context.query(move |tx| list_pending_changes::list_pending_changes(tx, viewer, page, now).boxed()).await
    }

    async fn confirm_change(
        &self,
        request: Request<pb::ConfirmChangeRequest>,
    ) -> Result<Response<pb::ConfirmChangeResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let id = Fields::decode_mutation(&message, |fields| fields.read("name", ChangeId::parse(&message.name)))?;
        let viewer = self.viewer(&call).await?;
        let cause = call.cause(viewer.actor.clone(), &message.request_id, self.context.clock.now());
        let key = request_key(&cause, call.method.as_str(), &message.encode_to_vec());
        confirm_change::confirm_change(self, &call, viewer, id, key, message.validate_only).await.map(Response::new)
    }

    async fn reject_change(
        &self,
        request: Request<pb::RejectChangeRequest>,
    ) -> Result<Response<pb::RejectChangeResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let id = Fields::decode_mutation(&message, |fields| fields.read("name", ChangeId::parse(&message.name)))?;
        let viewer = self.viewer(&call).await?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(reject_change::reject_change(cmd, viewer, id))).await
    }
}

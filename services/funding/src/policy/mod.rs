//! Policies: amounts that the programme pays, each in force for a range of days by a decision. Serves `PolicyService`.

mod create_policy;
mod get_policy;
mod list_policies;
mod rules;
pub(crate) mod store;
mod wire;

use proto::funding::v1::{self as pb, policy_service_server::PolicyService};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{create_policy::create_policy, get_policy::get_policy, list_policies::list_policies};
use crate::service::Api;
pub(crate) use rules::{Policy, PolicyId, PolicyKind, PolicyViolation};

#[tonic::async_trait]
impl PolicyService for Api {
    async fn create_policy(
        &self,
        request: Request<pb::CreatePolicyRequest>,
    ) -> Result<Response<pb::CreatePolicyResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let policy = Fields::decode_mutation(&message, |fields| {
            let id = fields.new_id("policy_id", &message.policy_id, PolicyId::LENGTH_MAX).map(PolicyId::trusted);
            wire::policy(fields, id, message.policy.clone())
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_policy(cmd, policy))).await
    }

    async fn get_policy(&self, request: Request<pb::GetPolicyRequest>) -> Result<Response<pb::GetPolicyResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| fields.read("name", PolicyId::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_policy(tx, id))).await
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_policies(tx, page))).await
    }
}

//! `PolicyService`.

use proto::funding::v1::{self as pb, policy_service_server::PolicyService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{create_policy::create_policy, domain::Policy, store};

#[tonic::async_trait]
impl PolicyService for Api {
    async fn create_policy(
        &self,
        request: Request<pb::CreatePolicyRequest>,
    ) -> Result<Response<pb::CreatePolicyResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let policy =
            Fields::decode_mutation(&message, |fields| decode::policy(fields, &message.policy_id, message.policy.clone()))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_policy(cmd, policy))).await
    }

    async fn get_policy(&self, request: Request<pb::GetPolicyRequest>) -> Result<Response<pb::GetPolicyResponse>, Status> {
        let message = request.into_inner();
        let id = Fields::decode(|fields| decode::policy_id(fields, "name", &message.name))?;
        let found = self.context.read(move |tx| Box::pin(async move { store::policy::find_policy(tx, &id).await })).await?;
        let policy = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetPolicyResponse { policy: Some((&policy).into()) }))
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        let message = request.into_inner();
        let page = Fields::decode(|fields| {
            let same = pb::ListPoliciesRequest::default();
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            page
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let rows =
            self.context.read(move |tx| Box::pin(async move { store::policy::policy_page(tx, &after, limit).await })).await?;
        let key = |policy: &Policy| policy.id.as_str().to_owned();
        let (policies, next_page_token) = page.cut(rows, key, |policy| pb::Policy::from(&policy));
        Ok(Response::new(pb::ListPoliciesResponse { policies, next_page_token }))
    }
}

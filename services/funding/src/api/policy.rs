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
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let policy = decode::policy(&mut fields, &message.policy_id, message.policy.clone());
        let (Some(id), Some(policy)) = (id, policy) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let once = self.once(&call, "/mathshubs.funding.v1.PolicyService/CreatePolicy", &id, &message);
        Ok(Response::new(create_policy(&self.desk, once, policy).await.map_err(ApiError::from)?))
    }

    async fn get_policy(&self, request: Request<pb::GetPolicyRequest>) -> Result<Response<pb::GetPolicyResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let Some(id) = decode::policy_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let found = self.read(|mut tx| Box::pin(async move { store::policy::find_policy(&mut tx, &id).await })).await?;
        let policy = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetPolicyResponse { policy: Some((&policy).into()) }))
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let same = pb::ListPoliciesRequest::default();
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let rows = self.read(|mut tx| Box::pin(async move { store::policy::policy_page(&mut tx, &after, limit).await })).await?;
        let key = |policy: &Policy| policy.id.as_str().to_owned();
        let (policies, next_page_token) = page.cut(rows, key, |policy| pb::Policy::from(&policy));
        Ok(Response::new(pb::ListPoliciesResponse { policies, next_page_token }))
    }
}

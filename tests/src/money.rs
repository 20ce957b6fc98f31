//! Steps of funding: policies, budgets, entitlements and balances.

use futures::TryStreamExt as _;
use proto::funding::v1 as pb;
use time::{Date, FinancialYear};
use tonic::Status;

use crate::{
    Caller, DECISION, PROGRAMME,
    steps::{once_mirrored, request_id},
};

/// A school's subsidy for its first Development year in these tests.
pub const SUBSIDY_PENCE: i64 = 100_000;

impl Caller {
    /// Creates the policy of the release subsidy, effective from a day. Waits until funding knows the programme.
    pub async fn decide_subsidy(&self, start: Date) -> Result<(), Status> {
        let policy = pb::Policy {
            kind: pb::PolicyKind::ReleaseSubsidy.into(),
            programme: PROGRAMME.to_owned(),
            amount_pence: SUBSIDY_PENCE,
            start_date: start.to_string(),
            decision: DECISION.to_owned(),
            ..Default::default()
        };
        let request = || pb::CreatePolicyRequest {
            request_id: request_id(),
            policy_id: "release-subsidy".to_owned(),
            policy: Some(policy.clone()),
        };
        self.decided(|| async { self.policies().create_policy(request()).await }).await.map(drop)
    }

    /// Allocates the money for a number of subsidies to a hub, for the financial year of a day. Waits until funding knows the hub.
    pub async fn allocate(&self, hub: &str, day: Date, subsidies: i64) -> Result<(), Status> {
        let request = || pb::AllocateBudgetRequest {
            request_id: request_id(),
            hub: hub.to_owned(),
            financial_year: FinancialYear::of(day).to_string(),
            amount_pence: subsidies * SUBSIDY_PENCE,
            decision: DECISION.to_owned(),
            ..Default::default()
        };
        let proposed = once_mirrored(|| async { self.budgets().allocate_budget(request()).await }).await?.into_inner();
        self.confirmed_in_funding(&proposed.pending_change).await
    }

    /// All entitlements that the caller may see, page by page.
    pub async fn all_entitlements(&self) -> Result<Vec<pb::Entitlement>, Status> {
        let entitlements = client::items(|page_token| async move {
            let request = pb::ListEntitlementsRequest { page_size: 1_000, page_token, ..Default::default() };
            let page = self.entitlements().list_entitlements(request).await?.into_inner();
            Ok((page.entitlements, page.next_page_token))
        });
        entitlements.try_collect().await
    }

    /// Sums of all accounts' balances, by kind: grant, free, committed, paid.
    pub async fn balances(&self) -> Result<[i64; 4], Status> {
        use pb::AccountKind::{Committed, Free, Grant, Paid};
        let request = pb::ListAccountsRequest { page_size: 1_000, ..Default::default() };
        let accounts = self.ledger().list_accounts(request).await?.into_inner().accounts;
        let of = |kind| accounts.iter().filter(|account| account.kind() == kind).map(|account| account.balance_pence).sum();
        Ok([Grant, Free, Committed, Paid].map(of))
    }
}

//! The fixture of the stories: the service on a private database, feeds of a network and an enrolment, and clients.

use std::{ops::Deref, sync::Arc, time::Duration};

use access::Role;
use db::testing::TestDatabase;
use fixture::RequestIds;
pub(crate) use fixture::{DECISION, UNKNOWN_DECISION, day, noon, reason, rows, school};
use funding::{Config, Funding};
use proto::{
    approval::v1::{ConfirmChangeRequest, approval_service_client::ApprovalServiceClient},
    enrolment::v1 as enrolment,
    feed::v1::feed_service_client::FeedServiceClient,
    funding::v1::{
        self as pb, EntitlementState, budget_service_client::BudgetServiceClient,
        entitlement_service_client::EntitlementServiceClient, ledger_service_client::LedgerServiceClient,
        payment_service_client::PaymentServiceClient, policy_service_client::PolicyServiceClient,
    },
    network::v1 as network,
};
use server::testing::Line;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::feed_source::{FeedSource, participation};

pub(crate) const MASTERY: &str = "primary-teaching-for-mastery";
pub(crate) const NORTH: &str = "hubs/north";
pub(crate) const SOUTH: &str = "hubs/south";
/// The financial year of most acceptances.
pub(crate) const YEAR: &str = "2018-19";
pub(crate) const SUBSIDY: i64 = 100_000;

/// gRPC clients of one caller.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) policies: PolicyServiceClient<Line>,
    pub(crate) budgets: BudgetServiceClient<Line>,
    pub(crate) entitlements: EntitlementServiceClient<Line>,
    pub(crate) payments: PaymentServiceClient<Line>,
    pub(crate) ledger: LedgerServiceClient<Line>,
    pub(crate) feed: FeedServiceClient<Line>,
    /// Another identity, who confirms.
    approvals: ApprovalServiceClient<Line>,
    request_ids: RequestIds,
}

pub(crate) struct Fixture {
    opened: fixture::Fixture,
    network: FeedSource,
    pub(crate) enrolment: FeedSource,
    shutdown: CancellationToken,
}

impl Deref for Fixture {
    type Target = fixture::Fixture;

    fn deref(&self) -> &fixture::Fixture {
        &self.opened
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn policy() -> pb::Policy {
    pb::Policy {
        kind: pb::PolicyKind::ReleaseSubsidy.into(),
        programme: MASTERY.to_owned(),
        amount_pence: SUBSIDY,
        start_date: "2018-09-01".to_owned(),
        decision: DECISION.to_owned(),
        ..pb::Policy::default()
    }
}

impl Fixture {
    /// Opens the service on 2 July 2018, with two hubs.
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        Self::open_with_sweep(database, None).await
    }

    /// The same, with another interval of the sweep.
    pub(crate) async fn open_with_sweep(database: &TestDatabase, sweep_interval: Option<Duration>) -> Self {
        let mut config = Config::new(database.url());
        config.sweep_interval = sweep_interval.unwrap_or(config.sweep_interval);
        let opened = fixture::Fixture::open::<Funding>(&config, "2018-07-02").await;
        let clock = opened.clock.clone();
        let (network, enrolment) =
            (FeedSource::open("network", clock.clone()).await, FeedSource::open("enrolment", clock.clone()).await);
        let shutdown = CancellationToken::new();
        let (running, peers) =
            (Arc::clone(&opened.service), vec![("network", network.peer.clone()), ("enrolment", enrolment.peer.clone())]);
        let token = shutdown.clone();
        tokio::spawn(async move { running.background(peers, token).await });
        let fixture = Self { opened, network, enrolment, shutdown };
        fixture.network.append(fixture::decision_recorded()).await;
        fixture.create_hubs(&[NORTH.to_owned(), SOUTH.to_owned()]).await;
        fixture::programme(fixture.pool(), MASTERY, network::Recurrence::Once, &[2, 3], 2).await;
        fixture
    }

    /// Creates hubs in the network.
    pub(crate) async fn create_hubs(&self, names: &[String]) {
        for name in names {
            let hub = network::Hub { name: name.clone(), ..network::Hub::default() };
            self.network.append(network::HubCreated { hub: Some(hub) }).await;
        }
        self.caught_up().await;
    }

    /// Opens the service with the policy, and money of the north for a number of subsidies.
    pub(crate) async fn with_money(database: &TestDatabase, subsidies: i64) -> Self {
        let fixture = Self::open(database).await;
        fixture.ncetm().create_policy("subsidy", policy()).await.unwrap();
        if subsidies > 0 {
            fixture.dfe().allocate(NORTH, subsidies).await.unwrap();
        }
        fixture
    }

    /// Waits until all events of both feeds are applied.
    pub(crate) async fn caught_up(&self) {
        let position = self.network.feed.head_position().await.unwrap();
        self.service.caught_up_with("network", position).await.unwrap();
        let position = self.enrolment.feed.head_position().await.unwrap();
        self.service.caught_up_with("enrolment", position).await.unwrap();
    }

    /// Schools accept places of the north, in this order.
    pub(crate) async fn accept(&self, urns: &[i64]) {
        self.accept_for(NORTH, urns).await;
    }

    /// Schools accept places of a hub, in this order.
    pub(crate) async fn accept_for(&self, hub: &str, urns: &[i64]) {
        for urn in urns {
            self.enrolment.append(accepted(participation(*urn, hub, "2018/19"))).await;
        }
        self.caught_up().await;
    }

    /// Imports a participation of a school from 2016/17, whose subsidy was paid on a day, or not if it is empty.
    pub(crate) async fn import(&self, urn: i64, subsidy_paid: &str) {
        let name = format!("participations/imported{urn}");
        let participation = enrolment::Participation { name, ..participation(urn, NORTH, "2016/17") };
        let release_subsidy_paid_date = subsidy_paid.to_owned();
        let participation = Some(participation);
        self.enrolment
            .append(enrolment::ParticipationImported { participation, release_subsidy_paid_date, ..Default::default() })
            .await;
        self.caught_up().await;
    }

    /// Records an agreement and an attendance of each school.
    pub(crate) async fn prove(&self, urns: &[i64]) {
        for urn in urns {
            self.enrolment.append(signed(*urn, "2018-09-10")).await;
            self.enrolment.append(attended(*urn, "2018-10-02")).await;
        }
        self.caught_up().await;
    }

    pub(crate) async fn withdraw(&self, urn: i64, date: &str) {
        let participation = Some(participation(urn, NORTH, "2018/19"));
        self.enrolment.append(enrolment::ParticipationWithdrawn { participation, withdraw_date: date.to_owned() }).await;
        self.caught_up().await;
    }

    /// A correction takes the attendance of a day away.
    pub(crate) async fn withdraw_attendance(&self, urn: i64, date: &str) {
        let participation = Some(participation(urn, NORTH, "2018/19"));
        self.enrolment.append(enrolment::AttendanceWithdrawn { participation, attendance_date: date.to_owned() }).await;
        self.caught_up().await;
    }

    /// Imports a register with these links.
    pub(crate) async fn import_links(&self, links: &[(i32, i32, network::LinkKind, &str)]) {
        let (recorded, imported) = crate::feed_source::links(links);
        self.network.append(recorded).await;
        self.network.append(imported).await;
        self.caught_up().await;
    }

    /// Imports a register with these schools.
    pub(crate) async fn import_schools(&self, schools: &[(i32, network::RegisterReason)]) {
        let (recorded, imported) = crate::feed_source::schools(schools);
        self.network.append(recorded).await;
        self.network.append(imported).await;
        self.caught_up().await;
    }

    /// Runs a statement. Errors when the database rejects it.
    pub(crate) async fn sql(&self, text: &str) -> Result<(), db::Error> {
        fixture::try_execute(self.pool(), text).await.map(drop)
    }

    /// The number of events that the service has recorded.
    pub(crate) async fn events_count(&self) -> usize {
        usize::try_from(self.number("SELECT COUNT(*) FROM event").await).unwrap()
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, text: &str) -> i64 {
        let rows: Vec<(i64,)> = rows(self.pool(), text).await;
        rows[0].0
    }

    pub(crate) fn client(&self, role: Role, subject: &str, hub: Option<&str>, school: Option<&str>) -> Client {
        let line = self.line_of(subject, role, hub, school);
        Client {
            policies: PolicyServiceClient::new(line.clone()),
            budgets: BudgetServiceClient::new(line.clone()),
            entitlements: EntitlementServiceClient::new(line.clone()),
            payments: PaymentServiceClient::new(line.clone()),
            ledger: LedgerServiceClient::new(line.clone()),
            approvals: ApprovalServiceClient::new(self.line_of("second-person", Role::Ncetm, None, None)),
            feed: FeedServiceClient::new(line),
            request_ids: self.request_ids(),
        }
    }

    pub(crate) fn ncetm(&self) -> Client {
        self.client(Role::Ncetm, "ncetm-anna", None, None)
    }

    /// Another person of NCETM, who approves batches that the first one created.
    pub(crate) fn approver(&self) -> Client {
        self.client(Role::Ncetm, "ncetm-carl", None, None)
    }

    pub(crate) fn dfe(&self) -> Client {
        self.client(Role::Dfe, "dfe-ben", None, None)
    }

    /// A client of DfE with another subject.
    pub(crate) fn dfe_as(&self, subject: &str) -> Client {
        self.client(Role::Dfe, subject, None, None)
    }

    pub(crate) fn hub_lead(&self, hub: &str) -> Client {
        self.client(Role::HubLead, "lead", Some(hub), None)
    }

    pub(crate) fn school(&self, urn: i64) -> Client {
        self.client(Role::School, "office", None, Some(&format!("schools/{urn}")))
    }
}

pub(crate) fn accepted(participation: enrolment::Participation) -> enrolment::PlaceAccepted {
    enrolment::PlaceAccepted {
        application: Some(enrolment::Application::default()),
        participation: Some(participation),
        ..Default::default()
    }
}

pub(crate) fn signed(urn: i64, date: &str) -> enrolment::AgreementSigned {
    enrolment::AgreementSigned {
        participation: Some(participation(urn, NORTH, "2018/19")),
        sign_date: date.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn attended(urn: i64, date: &str) -> enrolment::AttendanceRecorded {
    let participation = Some(participation(urn, NORTH, "2018/19"));
    enrolment::AttendanceRecorded { participation, attendance_date: date.to_owned(), first: true }
}

/// The answer of a call.
pub(crate) type Answer<T> = Result<T, Status>;

impl Client {
    pub(crate) fn request_id(&self) -> String {
        self.request_ids.next()
    }

    pub(crate) async fn create_policy(&self, id: &str, policy: pb::Policy) -> Answer<pb::Policy> {
        let request = pb::CreatePolicyRequest { request_id: self.request_id(), policy_id: id.to_owned(), policy: Some(policy) };
        Ok(self.policies.clone().create_policy(request).await?.into_inner().policy.unwrap())
    }

    /// Allocates money of [`YEAR`] for a number of subsidies.
    pub(crate) async fn allocate(&self, hub: &str, subsidies: i64) -> Answer<pb::AllocateBudgetResponse> {
        self.allocate_for(hub, YEAR, subsidies).await
    }

    /// Allocates money of a year for a number of subsidies.
    pub(crate) async fn allocate_for(&self, hub: &str, year: &str, subsidies: i64) -> Answer<pb::AllocateBudgetResponse> {
        let request = pb::AllocateBudgetRequest {
            request_id: self.request_id(),
            hub: hub.to_owned(),
            financial_year: year.to_owned(),
            amount_pence: subsidies * SUBSIDY,
            decision: DECISION.to_owned(),
            validate_only: false,
        };
        let answer = self.budgets.clone().allocate_budget(request).await?.into_inner();
        self.confirmed(&answer.pending_change).await
    }

    /// The north's budget: allocated, committed, spent, available.
    pub(crate) async fn budget(&self) -> [i64; 4] {
        let request = pb::GetBudgetRequest { name: format!("{NORTH}/budgets/{YEAR}") };
        let budget = self.budgets.clone().get_budget(request).await.unwrap().into_inner().budget.unwrap();
        [budget.allocated_pence, budget.committed_pence, budget.spent_pence, budget.available_pence]
    }

    pub(crate) async fn entitlement(&self, urn: i64) -> Answer<pb::Entitlement> {
        let request = pb::GetEntitlementRequest { name: format!("entitlements/p{urn}") };
        Ok(self.entitlements.clone().get_entitlement(request).await?.into_inner().entitlement.unwrap())
    }

    pub(crate) async fn states(&self, urns: &[i64]) -> Vec<EntitlementState> {
        let mut states = Vec::new();
        for urn in urns {
            states.push(self.entitlement(*urn).await.unwrap().state());
        }
        states
    }

    pub(crate) async fn decide(&self, urn: i64, outcome: pb::DecisionOutcome) -> Answer<pb::Entitlement> {
        let entitlement = self.entitlement(urn).await?;
        let request = pb::DecideEntitlementRequest {
            request_id: self.request_id(),
            name: entitlement.name,
            etag: entitlement.etag,
            outcome: outcome.into(),
            reason: "Decided by the board".to_owned(),
            validate_only: false,
        };
        Ok(self.entitlements.clone().decide_entitlement(request).await?.into_inner().entitlement.unwrap())
    }

    pub(crate) async fn create_batch(&self) -> Answer<pb::Batch> {
        self.create_batch_for("").await
    }

    /// Creates a batch of a hub.
    pub(crate) async fn create_batch_for(&self, hub: &str) -> Answer<pb::Batch> {
        let request = pb::CreateBatchRequest { request_id: self.request_id(), hub: hub.to_owned(), validate_only: false };
        Ok(self.payments.clone().create_batch(request).await?.into_inner().batch.unwrap())
    }

    pub(crate) async fn approve(&self, batch: &pb::Batch) -> Answer<pb::Batch> {
        let request = pb::ApproveBatchRequest {
            request_id: self.request_id(),
            name: batch.name.clone(),
            etag: batch.etag.clone(),
            validate_only: false,
        };
        Ok(self.payments.clone().approve_batch(request).await?.into_inner().batch.unwrap())
    }

    pub(crate) async fn release(&self, batch: &pb::Batch) -> Answer<pb::Batch> {
        let request = pb::ReleaseBatchRequest {
            request_id: self.request_id(),
            name: batch.name.clone(),
            etag: batch.etag.clone(),
            validate_only: false,
        };
        Ok(self.payments.clone().release_batch(request).await?.into_inner().batch.unwrap())
    }

    pub(crate) async fn cancel(&self, batch: &pb::Batch) -> Answer<pb::Batch> {
        let request = pb::CancelBatchRequest {
            request_id: self.request_id(),
            name: batch.name.clone(),
            etag: batch.etag.clone(),
            reason: "The wrong month".to_owned(),
        };
        Ok(self.payments.clone().cancel_batch(request).await?.into_inner().batch.unwrap())
    }

    pub(crate) async fn reverse(&self, transfer: &str) -> Answer<pb::Transfer> {
        let request = pb::ReverseTransferRequest {
            request_id: self.request_id(),
            name: transfer.to_owned(),
            reason: "The bank sent it back".to_owned(),
            validate_only: false,
        };
        let answer = self.ledger.clone().reverse_transfer(request).await?.into_inner();
        Ok(self.confirmed::<pb::ReverseTransferResponse>(&answer.pending_change).await?.transfer.unwrap())
    }

    pub(crate) async fn set_payee(&self, request: pb::SetPayeeRequest) -> Answer<pb::Entitlement> {
        let answer = self.entitlements.clone().set_payee(request).await?.into_inner();
        Ok(self.confirmed::<pb::SetPayeeResponse>(&answer.pending_change).await?.entitlement.unwrap())
    }

    /// The answer of a method after another identity has confirmed its pending change.
    async fn confirmed<M: prost::Message + Default>(&self, pending_change: &str) -> Answer<M> {
        let request =
            ConfirmChangeRequest { request_id: self.request_id(), name: pending_change.to_owned(), validate_only: false };
        let answer = self.approvals.clone().confirm_change(request).await?.into_inner().response.unwrap();
        Ok(M::decode(answer.value.as_slice()).unwrap())
    }

    /// Transfers of an entitlement, or all when the name is empty.
    pub(crate) async fn transfers(&self, entitlement: &str) -> Vec<pb::Transfer> {
        let request = pb::ListTransfersRequest {
            entitlement: entitlement.to_owned(),
            page_size: 1_000,
            ..pb::ListTransfersRequest::default()
        };
        self.ledger.clone().list_transfers(request).await.unwrap().into_inner().transfers
    }

    /// All accounts with their balances at the end of a day, or now when the day is empty.
    pub(crate) async fn accounts(&self, as_of_date: &str) -> Vec<pb::Account> {
        let request =
            pb::ListAccountsRequest { page_size: 1_000, as_of_date: as_of_date.to_owned(), ..pb::ListAccountsRequest::default() };
        self.ledger.clone().list_accounts(request).await.unwrap().into_inner().accounts
    }

    /// Balances of all hubs at the end of a day, or now: grant, free, committed, paid.
    pub(crate) async fn balances(&self, as_of_date: &str) -> [i64; 4] {
        let accounts = self.accounts(as_of_date).await;
        let of = |kind| accounts.iter().filter(|account| account.kind() == kind).map(|account| account.balance_pence).sum();
        use pb::AccountKind::{Committed, Free, Grant, Paid};
        [Grant, Free, Committed, Paid].map(of)
    }
}

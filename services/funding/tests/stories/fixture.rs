//! What the stories play on: the service on a database of its own, a network and an enrolment that tell it things, and callers who speak to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access::{Caller, Role};
use db::{sql, testing::TestDatabase};
use funding::{Config, Funding};
use proto::{
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
use service::OpenedService;
use time::{Clock, Date, Ids, Instant};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_types::StatusExt;

use crate::teller::{Teller, participation};

pub(crate) const MASTERY: &str = "primary-teaching-for-mastery";
pub(crate) const NORTH: &str = "hubs/north";
pub(crate) const SOUTH: &str = "hubs/south";
/// Of the stories' acceptances.
pub(crate) const YEAR: &str = "2018-19";
pub(crate) const SUBSIDY: i64 = 100_000;

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Voice {
    pub(crate) policies: PolicyServiceClient<Line>,
    pub(crate) budgets: BudgetServiceClient<Line>,
    pub(crate) entitlements: EntitlementServiceClient<Line>,
    pub(crate) payments: PaymentServiceClient<Line>,
    pub(crate) ledger: LedgerServiceClient<Line>,
    pub(crate) feed: FeedServiceClient<Line>,
    requests: Arc<AtomicU64>,
}

pub(crate) struct Stage {
    pub(crate) service: Arc<OpenedService>,
    pub(crate) clock: Clock,
    network: Teller,
    pub(crate) enrolment: Teller,
    shutdown: CancellationToken,
    requests: Arc<AtomicU64>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// Noon, to be on the safe side of midnight.
pub(crate) fn noon(text: &str) -> Instant {
    day(text).start().plus_micros(12 * 3_600_000_000)
}

/// The reason that an error carries.
pub(crate) fn reason<T: std::fmt::Debug>(result: Result<T, Status>) -> String {
    let status = result.expect_err("it is refused");
    status.get_details_error_info().map(|info| info.reason).unwrap_or_else(|| panic!("{status} has no reason"))
}

pub(crate) fn policy() -> pb::Policy {
    pb::Policy {
        kind: pb::PolicyKind::ReleaseSubsidy.into(),
        programme: MASTERY.to_owned(),
        amount_pence: SUBSIDY,
        start_date: "2018-09-01".to_owned(),
        decision: "Council, spring 2018".to_owned(),
        ..pb::Policy::default()
    }
}

impl Stage {
    /// On 2 July 2018, with two hubs that it has heard of.
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        Self::sweeping(database, None).await
    }

    /// The same; if it is said how often it looks for what is left to do, it does so that often.
    pub(crate) async fn sweeping(database: &TestDatabase, sweep_interval: Option<Duration>) -> Self {
        let clock = Clock::set_to(noon("2018-07-02"));
        let mut config = Config::new(database.url());
        config.sweep_interval = sweep_interval.unwrap_or(config.sweep_interval);
        let service = OpenedService::open::<Funding>(&config, clock.clone(), Ids::from_machine()).await.unwrap();
        let (network, enrolment) = (Teller::open("network", clock.clone()).await, Teller::open("enrolment", clock.clone()).await);
        let (service, shutdown) = (Arc::new(service), CancellationToken::new());
        let (running, peers) =
            (Arc::clone(&service), vec![("network", network.peer.clone()), ("enrolment", enrolment.peer.clone())]);
        let token = shutdown.clone();
        tokio::spawn(async move { running.background(peers, token).await });
        let stage = Self { service, clock, network, enrolment, shutdown, requests: Arc::new(AtomicU64::new(0)) };
        stage.found(&[NORTH.to_owned(), SOUTH.to_owned()]).await;
        stage
    }

    /// Hubs are founded.
    pub(crate) async fn found(&self, names: &[String]) {
        for name in names {
            let hub = network::Hub { name: name.clone(), ..network::Hub::default() };
            self.network.say(network::HubCreated { hub: Some(hub) }).await;
        }
        self.caught_up().await;
    }

    /// With the policy, and money of the north for so many subsidies.
    pub(crate) async fn with_money(database: &TestDatabase, subsidies: i64) -> Self {
        let stage = Self::open(database).await;
        stage.ncetm().create_policy("subsidy", policy()).await.unwrap();
        if subsidies > 0 {
            stage.dfe().allocate(NORTH, subsidies).await.unwrap();
        }
        stage
    }

    /// Waits until everything that was told has had its effect.
    pub(crate) async fn caught_up(&self) {
        let position = self.network.feed.head_position().await.unwrap();
        self.service.caught_up_with("network", position).await.unwrap();
        let position = self.enrolment.feed.head_position().await.unwrap();
        self.service.caught_up_with("enrolment", position).await.unwrap();
    }

    /// Schools take places of the north, one after the other.
    pub(crate) async fn accept(&self, urns: &[i64]) {
        self.accept_of(NORTH, urns).await;
    }

    /// Schools take places of a hub.
    pub(crate) async fn accept_of(&self, hub: &str, urns: &[i64]) {
        for urn in urns {
            self.enrolment.say(accepted(participation(*urn, hub, "2018/19"))).await;
        }
        self.caught_up().await;
    }

    /// An agreement, and an attendance.
    pub(crate) async fn prove(&self, urns: &[i64]) {
        for urn in urns {
            self.enrolment.say(signed(*urn, "2018-09-10")).await;
            self.enrolment.say(attended(*urn, "2018-10-02")).await;
        }
        self.caught_up().await;
    }

    pub(crate) async fn withdraw(&self, urn: i64, date: &str) {
        let participation = Some(participation(urn, NORTH, "2018/19"));
        self.enrolment.say(enrolment::ParticipationWithdrawn { participation, withdraw_date: date.to_owned() }).await;
        self.caught_up().await;
    }

    /// A register with these links is imported.
    pub(crate) async fn link(&self, links: &[(i32, i32, network::LinkKind, &str)]) {
        let (recorded, imported) = crate::teller::links(links);
        self.network.say(recorded).await;
        self.network.say(imported).await;
        self.caught_up().await;
    }

    /// A register with these schools is imported.
    pub(crate) async fn list(&self, schools: &[(i32, network::RegisterReason)]) {
        let (recorded, imported) = crate::teller::schools(schools);
        self.network.say(recorded).await;
        self.network.say(imported).await;
        self.caught_up().await;
    }

    /// Runs a statement; Err when the database refuses it.
    pub(crate) async fn sql(&self, text: &'static str) -> Result<(), db::Error> {
        let done = self.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move { Ok(sql!(tx, conn => sqlx::query(text).execute(conn).await.map(drop))?) })
        });
        done.await
    }

    /// How many events it has recorded so far.
    pub(crate) async fn events_count(&self) -> usize {
        usize::try_from(self.number("SELECT COUNT(*) FROM event").await).unwrap()
    }

    /// One number of the database.
    pub(crate) async fn number(&self, text: &'static str) -> i64 {
        let read: Result<(i64,), db::Error> = self
            .service
            .context
            .pool
            .read(move |mut tx| Box::pin(async move { Ok(sql!(tx, conn => sqlx::query_as(text).fetch_one(conn).await)?) }))
            .await;
        read.unwrap().0
    }

    pub(crate) fn voice(&self, role: Role, subject: &str, hub: Option<&str>, school: Option<&str>) -> Voice {
        let caller = Caller { subject: subject.to_owned(), role, hub: hub.map(str::to_owned), school: school.map(str::to_owned) };
        let line = Line::new(self.service.routes(), caller);
        Voice {
            policies: PolicyServiceClient::new(line.clone()),
            budgets: BudgetServiceClient::new(line.clone()),
            entitlements: EntitlementServiceClient::new(line.clone()),
            payments: PaymentServiceClient::new(line.clone()),
            ledger: LedgerServiceClient::new(line.clone()),
            feed: FeedServiceClient::new(line),
            requests: Arc::clone(&self.requests),
        }
    }

    pub(crate) fn ncetm(&self) -> Voice {
        self.voice(Role::Ncetm, "ncetm-anna", None, None)
    }

    pub(crate) fn dfe(&self) -> Voice {
        self.voice(Role::Dfe, "dfe-ben", None, None)
    }

    /// Somebody of the department with a subject of the test's choice.
    pub(crate) fn dfe_called(&self, subject: &str) -> Voice {
        self.voice(Role::Dfe, subject, None, None)
    }

    pub(crate) fn hub_lead(&self, hub: &str) -> Voice {
        self.voice(Role::HubLead, "lead", Some(hub), None)
    }

    pub(crate) fn school(&self, urn: i64) -> Voice {
        self.voice(Role::School, "office", None, Some(&format!("schools/{urn}")))
    }
}

pub(crate) fn accepted(participation: enrolment::Participation) -> enrolment::PlaceAccepted {
    enrolment::PlaceAccepted { application: Some(enrolment::Application::default()), participation: Some(participation) }
}

pub(crate) fn signed(urn: i64, date: &str) -> enrolment::AgreementSigned {
    enrolment::AgreementSigned { participation: Some(participation(urn, NORTH, "2018/19")), sign_date: date.to_owned() }
}

pub(crate) fn attended(urn: i64, date: &str) -> enrolment::AttendanceRecorded {
    let participation = Some(participation(urn, NORTH, "2018/19"));
    enrolment::AttendanceRecorded { participation, attendance_date: date.to_owned(), first: true }
}

/// What a verb is answered.
pub(crate) type Answer<T> = Result<T, Status>;

impl Voice {
    pub(crate) fn request_id(&self) -> String {
        format!("request-{}", self.requests.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) async fn create_policy(&self, id: &str, policy: pb::Policy) -> Answer<pb::Policy> {
        let request = pb::CreatePolicyRequest { request_id: self.request_id(), policy_id: id.to_owned(), policy: Some(policy) };
        Ok(self.policies.clone().create_policy(request).await?.into_inner().policy.unwrap())
    }

    /// Money of the stories' year for so many subsidies.
    pub(crate) async fn allocate(&self, hub: &str, subsidies: i64) -> Answer<pb::AllocateBudgetResponse> {
        self.allocate_of(hub, YEAR, subsidies).await
    }

    /// Of a year.
    pub(crate) async fn allocate_of(&self, hub: &str, year: &str, subsidies: i64) -> Answer<pb::AllocateBudgetResponse> {
        let request = pb::AllocateBudgetRequest {
            request_id: self.request_id(),
            hub: hub.to_owned(),
            financial_year: year.to_owned(),
            amount_pence: subsidies * SUBSIDY,
            decision: "Grant letter".to_owned(),
            validate_only: false,
        };
        Ok(self.budgets.clone().allocate_budget(request).await?.into_inner())
    }

    /// Allocated, committed, spent and available of the north.
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
        let stands = self.entitlement(urn).await?;
        let request = pb::DecideEntitlementRequest {
            request_id: self.request_id(),
            name: stands.name,
            etag: stands.etag,
            outcome: outcome.into(),
            reason: "Looked at by the board".to_owned(),
            validate_only: false,
        };
        Ok(self.entitlements.clone().decide_entitlement(request).await?.into_inner().entitlement.unwrap())
    }

    pub(crate) async fn make_batch(&self) -> Answer<pb::Batch> {
        self.make_batch_of("").await
    }

    /// Of a hub.
    pub(crate) async fn make_batch_of(&self, hub: &str) -> Answer<pb::Batch> {
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
        Ok(self.ledger.clone().reverse_transfer(request).await?.into_inner().transfer.unwrap())
    }

    /// Transfers of an entitlement; of all when the name is empty.
    pub(crate) async fn transfers(&self, entitlement: &str) -> Vec<pb::Transfer> {
        let request = pb::ListTransfersRequest {
            entitlement: entitlement.to_owned(),
            page_size: 1_000,
            ..pb::ListTransfersRequest::default()
        };
        self.ledger.clone().list_transfers(request).await.unwrap().into_inner().transfers
    }

    /// All accounts with their balances at the end of a day, or now.
    pub(crate) async fn accounts(&self, as_of_date: &str) -> Vec<pb::Account> {
        let request =
            pb::ListAccountsRequest { page_size: 1_000, as_of_date: as_of_date.to_owned(), ..pb::ListAccountsRequest::default() };
        self.ledger.clone().list_accounts(request).await.unwrap().into_inner().accounts
    }

    /// Balances at the end of a day, or now: grant, free, committed and paid, of all hubs together.
    pub(crate) async fn balances(&self, as_of_date: &str) -> [i64; 4] {
        let accounts = self.accounts(as_of_date).await;
        let of = |kind| accounts.iter().filter(|account| account.kind() == kind).map(|account| account.balance_pence).sum();
        use pb::AccountKind::{Committed, Free, Grant, Paid};
        [Grant, Free, Committed, Paid].map(of)
    }
}

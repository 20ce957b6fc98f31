//! A caller: a token and a connection to each service.

use std::time::Duration;

use client::{Connection, Retry, TokenSource};
use proto::{
    approval::v1::{ConfirmChangeRequest, approval_service_client::ApprovalServiceClient},
    enrolment::v1::{
        application_service_client::ApplicationServiceClient, history_service_client::HistoryServiceClient,
        participation_service_client::ParticipationServiceClient, round_service_client::RoundServiceClient,
        work_group_service_client::WorkGroupServiceClient,
    },
    feed::v1::feed_service_client::FeedServiceClient,
    funding::v1::{
        budget_service_client::BudgetServiceClient, entitlement_service_client::EntitlementServiceClient,
        ledger_service_client::LedgerServiceClient, payment_service_client::PaymentServiceClient,
        policy_service_client::PolicyServiceClient,
    },
    meeting::v1::meeting_service_client::MeetingServiceClient,
    network::v1::{
        appointment_service_client::AppointmentServiceClient, catalogue_service_client::CatalogueServiceClient,
        council_service_client::CouncilServiceClient, hub_service_client::HubServiceClient,
        person_service_client::PersonServiceClient, reach_service_client::ReachServiceClient,
        register_service_client::RegisterServiceClient,
    },
    specialists::v1::{cohort_service_client::CohortServiceClient, nomination_service_client::NominationServiceClient},
};
use tonic::{Code, Status};

/// Retries of a caller from [`Caller::with_retries`]. Other callers see every answer of a service.
const PATIENCE: Retry =
    Retry { codes: &[Code::Unavailable, Code::DeadlineExceeded], attempts_max: 1_000, pause_max: PAUSE_MAX, ..Retry::NEVER };
const PAUSE_MAX: Duration = Duration::from_millis(200);
/// Maximum time for all attempts of one request.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// Connections to the services of a suite. The last two exist if the story has started the service.
#[derive(Debug, Clone)]
pub struct Connections {
    /// To the network service.
    pub network: Connection,
    /// To enrolment.
    pub enrolment: Connection,
    /// To specialists.
    pub specialists: Option<Connection>,
    /// To funding.
    pub funding: Option<Connection>,
}

impl Connections {
    fn map(self, change: impl Fn(Connection) -> Connection) -> Self {
        Self {
            network: change(self.network),
            enrolment: change(self.enrolment),
            specialists: self.specialists.map(&change),
            funding: self.funding.map(&change),
        }
    }
}

fn with_token(connections: Connections, token: &str) -> Connections {
    let token = (!token.is_empty()).then(|| TokenSource::fixed(token).expect("a token is ASCII"));
    connections.map(|connection| {
        let connection = connection.with_retry(Retry::NEVER);
        match &token {
            Some(token) => connection.with_token(token.clone()),
            None => connection,
        }
    })
}

async fn confirmed(connection: Connection, name: &str) -> Result<(), Status> {
    let request = ConfirmChangeRequest { request_id: name.replace('/', "-"), name: name.to_owned(), validate_only: false };
    ApprovalServiceClient::new(connection).confirm_change(request).await.map(drop)
}

/// A caller of the suite. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Caller {
    connections: Connections,
    /// With the token of another identity of NCETM, which confirms pending changes.
    second_person: Option<Connections>,
    /// The field of requests that bind a school: of a form that the school signed, and empty for the school itself.
    document_sha256: &'static str,
}

/// Of a form that a school signed.
const FORM_SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

impl Caller {
    /// A caller with a token, or without one when it is empty.
    pub fn new(connections: Connections, token: &str) -> Self {
        Self { connections: with_token(connections, token), second_person: None, document_sha256: FORM_SHA256 }
    }

    /// The same caller beside another identity, with this token, that confirms pending changes.
    pub fn with_second_person(self, token: &str) -> Self {
        Self { second_person: Some(with_token(self.connections.clone(), token)), ..self }
    }

    /// The same caller, which is the school in whose name it acts.
    pub fn as_school(self) -> Self {
        Self { document_sha256: "", ..self }
    }

    pub(crate) fn document_sha256(&self) -> String {
        self.document_sha256.to_owned()
    }

    /// The second person confirms a pending change of funding.
    pub async fn confirmed_in_funding(&self, name: &str) -> Result<(), Status> {
        let second = self.second_person.clone().expect("the caller has a second person");
        confirmed(second.funding.expect("the story has started funding"), name).await
    }

    /// The second person confirms a pending change of enrolment, if a call has answered with one.
    pub(crate) async fn confirmed_in_enrolment(&self, name: &str) -> Result<(), Status> {
        if name.is_empty() {
            return Ok(());
        }
        confirmed(self.second_person.clone().expect("the caller has a second person").enrolment, name).await
    }

    /// The same caller for many concurrent calls: each request is retried while the service is overloaded. On a busy machine many calls take longer
    /// than the deadline of one.
    pub fn with_retries(&self) -> Self {
        let retrying = |connection: Connection| connection.with_retry(PATIENCE).with_deadline(ANSWER_MAX);
        let second_person = self.second_person.clone().map(|connections| connections.map(retrying));
        Self { connections: self.connections.clone().map(retrying), second_person, ..self.clone() }
    }

    /// Enrolment, for calls outside the contracts.
    pub fn to_enrolment(&self) -> Connection {
        self.connections.enrolment.clone()
    }

    /// A service by its name, for calls of all methods of the contracts.
    pub fn to_service(&self, name: &str) -> Connection {
        match name {
            "network" => self.connections.network.clone(),
            "enrolment" => self.connections.enrolment.clone(),
            "specialists" => self.to_specialists(),
            "funding" => self.to_funding(),
            _ => panic!("there is no service `{name}`"),
        }
    }

    /// RegisterService.
    pub fn register(&self) -> RegisterServiceClient<Connection> {
        RegisterServiceClient::new(self.connections.network.clone())
    }

    /// CatalogueService.
    pub fn catalogue(&self) -> CatalogueServiceClient<Connection> {
        CatalogueServiceClient::new(self.connections.network.clone())
    }

    /// HubService.
    pub fn hubs(&self) -> HubServiceClient<Connection> {
        HubServiceClient::new(self.connections.network.clone())
    }

    /// PersonService.
    pub fn persons(&self) -> PersonServiceClient<Connection> {
        PersonServiceClient::new(self.connections.network.clone())
    }

    /// AppointmentService.
    pub fn appointments(&self) -> AppointmentServiceClient<Connection> {
        AppointmentServiceClient::new(self.connections.network.clone())
    }

    /// CouncilService.
    pub fn council(&self) -> CouncilServiceClient<Connection> {
        CouncilServiceClient::new(self.connections.network.clone())
    }

    /// ReachService.
    pub fn reach(&self) -> ReachServiceClient<Connection> {
        ReachServiceClient::new(self.connections.network.clone())
    }

    /// The network's feed.
    pub fn network_feed(&self) -> FeedServiceClient<Connection> {
        FeedServiceClient::new(self.connections.network.clone())
    }

    /// RoundService.
    pub fn rounds(&self) -> RoundServiceClient<Connection> {
        RoundServiceClient::new(self.connections.enrolment.clone())
    }

    /// ApplicationService.
    pub fn applications(&self) -> ApplicationServiceClient<Connection> {
        ApplicationServiceClient::new(self.connections.enrolment.clone())
    }

    /// ParticipationService.
    pub fn participations(&self) -> ParticipationServiceClient<Connection> {
        ParticipationServiceClient::new(self.connections.enrolment.clone())
    }

    /// WorkGroupService.
    pub fn work_groups(&self) -> WorkGroupServiceClient<Connection> {
        WorkGroupServiceClient::new(self.connections.enrolment.clone())
    }

    /// Enrolment's MeetingService.
    pub fn meetings(&self) -> MeetingServiceClient<Connection> {
        MeetingServiceClient::new(self.connections.enrolment.clone())
    }

    /// HistoryService.
    pub fn history(&self) -> HistoryServiceClient<Connection> {
        HistoryServiceClient::new(self.connections.enrolment.clone())
    }

    fn to_specialists(&self) -> Connection {
        self.connections.specialists.clone().expect("the story has started specialists")
    }

    fn to_funding(&self) -> Connection {
        self.connections.funding.clone().expect("the story has started funding")
    }

    /// CohortService.
    pub fn cohorts(&self) -> CohortServiceClient<Connection> {
        CohortServiceClient::new(self.to_specialists())
    }

    /// NominationService.
    pub fn nominations(&self) -> NominationServiceClient<Connection> {
        NominationServiceClient::new(self.to_specialists())
    }

    /// PolicyService.
    pub fn policies(&self) -> PolicyServiceClient<Connection> {
        PolicyServiceClient::new(self.to_funding())
    }

    /// BudgetService.
    pub fn budgets(&self) -> BudgetServiceClient<Connection> {
        BudgetServiceClient::new(self.to_funding())
    }

    /// EntitlementService.
    pub fn entitlements(&self) -> EntitlementServiceClient<Connection> {
        EntitlementServiceClient::new(self.to_funding())
    }

    /// PaymentService.
    pub fn payments(&self) -> PaymentServiceClient<Connection> {
        PaymentServiceClient::new(self.to_funding())
    }

    /// LedgerService.
    pub fn ledger(&self) -> LedgerServiceClient<Connection> {
        LedgerServiceClient::new(self.to_funding())
    }

    /// Enrolment's feed.
    pub fn enrolment_feed(&self) -> FeedServiceClient<Connection> {
        FeedServiceClient::new(self.connections.enrolment.clone())
    }
}

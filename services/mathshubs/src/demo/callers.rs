//! The callers of the demo: NCETM, DfE, hub leads and schools, each with a separate token.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use access::{AUDIENCE, Caller, Role, audience_of};
use anyhow::Context;
use client::{Connection, Retry, TokenSource};
use futures::{Stream, StreamExt, TryStreamExt};
use proto::{
    approval::v1::{ConfirmChangeRequest, ConfirmChangeResponse, approval_service_client::ApprovalServiceClient},
    enrolment::v1::{
        application_service_client::ApplicationServiceClient, participation_service_client::ParticipationServiceClient,
        round_service_client::RoundServiceClient, work_group_service_client::WorkGroupServiceClient,
    },
    funding::v1::{
        budget_service_client::BudgetServiceClient, entitlement_service_client::EntitlementServiceClient,
        ledger_service_client::LedgerServiceClient, payment_service_client::PaymentServiceClient,
        policy_service_client::PolicyServiceClient,
    },
    meeting::v1::meeting_service_client::MeetingServiceClient,
    network::v1::{
        appointment_service_client::AppointmentServiceClient, council_service_client::CouncilServiceClient,
        hub_service_client::HubServiceClient, person_service_client::PersonServiceClient,
        reach_service_client::ReachServiceClient, register_service_client::RegisterServiceClient,
    },
    specialists::v1::{cohort_service_client::CohortServiceClient, nomination_service_client::NominationServiceClient},
};
use tonic::{Code, Response, Status};

use super::{hubs::HUBS, progress::Progress};
use crate::suite::{Key, PerService};

/// Maximum concurrent calls: the number of writes that a service's database commits together.
pub(crate) const CALLS_AT_ONCE: usize = 96;
/// Retries while a service is unavailable, for example after PostgreSQL broke a deadlock.
const RETRY: Retry = Retry { codes: &[Code::Unavailable, Code::ResourceExhausted], attempts_max: 6, ..Retry::NEVER };

/// A caller of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Actor {
    /// NCETM, the national coordinator.
    Ncetm,
    /// A second person of NCETM, who approves payments.
    NcetmFinance,
    /// The Department for Education.
    Dfe,
    /// The analytics job.
    Analytics,
    /// The lead of a hub, by its index in [`HUBS`].
    HubLead(usize),
    /// A school.
    School(i32),
}

impl Actor {
    fn caller(self) -> Caller {
        match self {
            Self::Ncetm => Caller::new(Role::Ncetm, "ncetm-coordinator"),
            Self::NcetmFinance => Caller::new(Role::Ncetm, "ncetm-finance"),
            Self::Dfe => Caller::new(Role::Dfe, "dfe-official"),
            Self::Analytics => Caller::new(Role::Publisher, "analytics"),
            Self::HubLead(hub) => {
                let id = HUBS[hub].id;
                Caller::hub_lead(format!("hubs/{id}"), format!("lead-of-{id}"))
            }
            Self::School(urn) => Caller::school(format!("schools/{urn}"), format!("office-of-school-{urn}")),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.caller().subject)
    }
}

/// Connections to the services and the tokens of all callers. Clones share both.
#[derive(Clone)]
pub(crate) struct Callers(Arc<Inner>);

struct Inner {
    connections: PerService<Connection>,
    key: Key,
    tokens: Mutex<HashMap<(Actor, String), TokenSource>>,
}

impl Callers {
    /// Callers over these connections, with tokens signed by a key.
    pub(crate) fn new(connections: PerService<Connection>, key: Key) -> Self {
        Self(Arc::new(Inner { connections, key, tokens: Mutex::new(HashMap::new()) }))
    }

    fn to(&self, service: &'static str, connection: &Connection, actor: Actor) -> Connection {
        let mut tokens = self.0.tokens.lock().expect("no holder of the tokens panics");
        // A program's token is for one service, a person's for all.
        let audience = if actor == Actor::Analytics { audience_of(service) } else { AUDIENCE.to_owned() };
        let token = tokens
            .entry((actor, audience))
            .or_insert_with_key(|(actor, audience)| TokenSource::local(Arc::clone(&self.0.key.0), actor.caller(), audience));
        connection.clone().with_token(token.clone()).with_retry(RETRY)
    }

    /// To the network service.
    pub(crate) fn network(&self, actor: Actor) -> Connection {
        self.to("network", &self.0.connections.network, actor)
    }

    /// To the enrolment service.
    pub(crate) fn enrolment(&self, actor: Actor) -> Connection {
        self.to("enrolment", &self.0.connections.enrolment, actor)
    }

    pub(crate) fn specialists(&self, actor: Actor) -> Connection {
        self.to("specialists", &self.0.connections.specialists, actor)
    }

    /// To the funding service.
    pub(crate) fn funding(&self, actor: Actor) -> Connection {
        self.to("funding", &self.0.connections.funding, actor)
    }

    /// Of the network service.
    pub(crate) fn reach(&self, actor: Actor) -> ReachServiceClient<Connection> {
        ReachServiceClient::new(self.network(actor))
    }

    /// Of the network service.
    pub(crate) fn register(&self, actor: Actor) -> RegisterServiceClient<Connection> {
        RegisterServiceClient::new(self.network(actor))
    }

    /// Of the network service.
    pub(crate) fn hubs(&self, actor: Actor) -> HubServiceClient<Connection> {
        HubServiceClient::new(self.network(actor))
    }

    /// Of the network service.
    pub(crate) fn persons(&self, actor: Actor) -> PersonServiceClient<Connection> {
        PersonServiceClient::new(self.network(actor))
    }

    /// Of the network service.
    pub(crate) fn appointments(&self, actor: Actor) -> AppointmentServiceClient<Connection> {
        AppointmentServiceClient::new(self.network(actor))
    }

    /// Of the network service.
    pub(crate) fn council(&self, actor: Actor) -> CouncilServiceClient<Connection> {
        CouncilServiceClient::new(self.network(actor))
    }

    /// Of the enrolment service.
    pub(crate) fn rounds(&self, actor: Actor) -> RoundServiceClient<Connection> {
        RoundServiceClient::new(self.enrolment(actor))
    }

    /// Of the enrolment service.
    pub(crate) fn applications(&self, actor: Actor) -> ApplicationServiceClient<Connection> {
        ApplicationServiceClient::new(self.enrolment(actor))
    }

    /// Of the enrolment service.
    pub(crate) fn participations(&self, actor: Actor) -> ParticipationServiceClient<Connection> {
        ParticipationServiceClient::new(self.enrolment(actor))
    }

    /// Of the enrolment service.
    pub(crate) fn work_groups(&self, actor: Actor) -> WorkGroupServiceClient<Connection> {
        WorkGroupServiceClient::new(self.enrolment(actor))
    }

    /// Of the enrolment service.
    pub(crate) fn meetings(&self, actor: Actor) -> MeetingServiceClient<Connection> {
        MeetingServiceClient::new(self.enrolment(actor))
    }

    /// The same, as the leader of Work Groups who is the person `persons/{person}`.
    pub(crate) fn meetings_of_leader(&self, person: &str) -> MeetingServiceClient<Connection> {
        let subject = format!("leader-{}", person.trim_start_matches("persons/"));
        let caller = Caller { person: Some(person.to_owned()), ..Caller::new(Role::Leader, subject) };
        let token = TokenSource::local(Arc::clone(&self.0.key.0), caller, AUDIENCE);
        MeetingServiceClient::new(self.0.connections.enrolment.clone().with_token(token).with_retry(RETRY))
    }

    /// Of the specialists service.
    pub(crate) fn cohorts(&self, actor: Actor) -> CohortServiceClient<Connection> {
        CohortServiceClient::new(self.specialists(actor))
    }

    /// Of the specialists service.
    pub(crate) fn nominations(&self, actor: Actor) -> NominationServiceClient<Connection> {
        NominationServiceClient::new(self.specialists(actor))
    }

    /// Confirms a pending change of a service as the caller of a connection. The id of the request comes from the change, which is confirmed once.
    pub(crate) async fn confirm(connection: Connection, name: String) -> Result<Response<ConfirmChangeResponse>, Status> {
        let request_id = name.replace('/', "-");
        let request = ConfirmChangeRequest { request_id, name, validate_only: false };
        ApprovalServiceClient::new(connection).confirm_change(request).await
    }

    /// Of the funding service.
    pub(crate) fn policies(&self, actor: Actor) -> PolicyServiceClient<Connection> {
        PolicyServiceClient::new(self.funding(actor))
    }

    /// Of the funding service.
    pub(crate) fn budgets(&self, actor: Actor) -> BudgetServiceClient<Connection> {
        BudgetServiceClient::new(self.funding(actor))
    }

    /// Of the funding service.
    pub(crate) fn entitlements(&self, actor: Actor) -> EntitlementServiceClient<Connection> {
        EntitlementServiceClient::new(self.funding(actor))
    }

    /// Of the funding service.
    pub(crate) fn payments(&self, actor: Actor) -> PaymentServiceClient<Connection> {
        PaymentServiceClient::new(self.funding(actor))
    }

    /// Of the funding service.
    pub(crate) fn ledger(&self, actor: Actor) -> LedgerServiceClient<Connection> {
        LedgerServiceClient::new(self.funding(actor))
    }
}

/// The message of an answer, or an error with the context `what`.
pub(crate) fn answered<T>(answer: Result<tonic::Response<T>, Status>, what: impl FnOnce() -> String) -> anyhow::Result<T> {
    answer.map(tonic::Response::into_inner).map_err(|status| refused(&status)).with_context(what)
}

/// All items of a list, or an error with the context `what`.
pub(crate) async fn listed<T>(
    items: impl Stream<Item = Result<T, Status>>,
    what: impl FnOnce() -> String,
) -> anyhow::Result<Vec<T>> {
    answered(items.try_collect().await.map(tonic::Response::new), what)
}

/// A status as one sentence.
pub(crate) fn refused(status: &Status) -> anyhow::Error {
    anyhow::anyhow!("the service answered {:?}: {}", status.code(), status.message())
}

/// Runs `work` for each thing, at most [`CALLS_AT_ONCE`] at a time, and returns the results in the order of the things. The result of `work` must not
/// depend on the order of execution. Fails with the first failure.
pub(crate) async fn at_once<T, R, F, W>(progress: &Progress, things: Vec<T>, work: W) -> anyhow::Result<Vec<R>>
where
    W: Fn(T) -> F,
    F: Future<Output = anyhow::Result<R>> + Send + 'static,
    R: Send + 'static,
{
    let count = things.len();
    let mut running = futures::stream::iter(things.into_iter().enumerate().map(|(index, thing)| {
        let work = work(thing);
        // A separate task, so that all cores work.
        let task = tokio::spawn(work);
        async move { (index, task.await) }
    }))
    .buffer_unordered(CALLS_AT_ONCE);
    let mut results: Vec<Option<R>> = std::iter::repeat_with(|| None).take(count).collect();
    while let Some((index, result)) = running.next().await {
        results[index] = Some(result.context("a task of the demo panicked")??);
        progress.step();
    }
    Ok(results.into_iter().map(|result| result.expect("every one of them ran")).collect())
}

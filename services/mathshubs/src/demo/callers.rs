//! Everybody who calls in the demo: NCETM, DfE, hub leads and schools, each with a token of its own.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use access::{Caller, Role};
use anyhow::Context;
use futures::StreamExt;
use proto::{
    enrolment::v1::{
        application_service_client::ApplicationServiceClient, participation_service_client::ParticipationServiceClient,
        round_service_client::RoundServiceClient,
    },
    funding::v1::{
        budget_service_client::BudgetServiceClient, entitlement_service_client::EntitlementServiceClient,
        ledger_service_client::LedgerServiceClient, payment_service_client::PaymentServiceClient,
        policy_service_client::PolicyServiceClient,
    },
    network::v1::{
        hub_service_client::HubServiceClient, reach_service_client::ReachServiceClient,
        register_service_client::RegisterServiceClient,
    },
    specialists::v1::{cohort_service_client::CohortServiceClient, nomination_service_client::NominationServiceClient},
};
use tonic::{
    Code, Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use super::{hubs::HUBS, progress::Progress};
use crate::suite::{Each, Key};

/// Calls that are under way at once: as many as the services' databases commit together.
pub(crate) const CALLS_AT_ONCE: usize = 96;
/// How long a token of the demo is good for.
const TOKEN_HOURS: u32 = 6;
/// How often a call is made when the service cannot answer, and the first pause between; each is twice the one before.
const ATTEMPTS_MAX: u32 = 6;
const PAUSE_MIN: Duration = Duration::from_millis(20);

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// NCETM, which coordinates.
    Ncetm,
    /// The Department for Education.
    Dfe,
    /// The analytics job.
    Analytics,
    /// The lead of a hub, by its place in [`HUBS`].
    HubLead(usize),
    /// A school.
    School(i32),
}

impl Who {
    fn caller(self) -> Caller {
        let caller = |role, subject: String| Caller { role, subject, hub: None, school: None };
        match self {
            Self::Ncetm => caller(Role::Ncetm, "ncetm-coordinator".to_owned()),
            Self::Dfe => caller(Role::Dfe, "dfe-official".to_owned()),
            Self::Analytics => caller(Role::Service, "analytics".to_owned()),
            Self::HubLead(hub) => {
                let id = HUBS[hub].id;
                Caller { hub: Some(format!("hubs/{id}")), ..caller(Role::HubLead, format!("lead-of-{id}")) }
            }
            Self::School(urn) => {
                Caller { school: Some(format!("schools/{urn}")), ..caller(Role::School, format!("office-of-school-{urn}")) }
            }
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.caller().subject)
    }
}

/// The way to the services, and everybody's token. A clone is the same.
#[derive(Clone)]
pub(crate) struct Callers(Arc<Inner>);

struct Inner {
    channels: Each<Channel>,
    key: Key,
    tokens: Mutex<HashMap<Who, MetadataValue<Ascii>>>,
}

impl Callers {
    /// Over these channels, with tokens that a key signs.
    pub(crate) fn new(channels: Each<Channel>, key: Key) -> Self {
        Self(Arc::new(Inner { channels, key, tokens: Mutex::new(HashMap::new()) }))
    }

    /// A request in somebody's name.
    pub(crate) fn request<T>(&self, who: Who, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token(who));
        request
    }

    /// Makes a call in somebody's name, and makes it again, with the same request id, while the service says that it cannot answer now: as when
    /// PostgreSQL broke a deadlock.
    pub(crate) async fn patiently<M, T, F, W>(&self, who: Who, message: M, call: W) -> Result<tonic::Response<T>, Status>
    where
        M: Clone,
        F: Future<Output = Result<tonic::Response<T>, Status>>,
        W: Fn(Request<M>) -> F,
    {
        let mut pause = PAUSE_MIN;
        for _ in 1..ATTEMPTS_MAX {
            match call(self.request(who, message.clone())).await {
                Err(status) if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
        call(self.request(who, message)).await
    }

    /// Somebody's token, with `Bearer` before it.
    pub(crate) fn token(&self, who: Who) -> MetadataValue<Ascii> {
        let mut tokens = self.0.tokens.lock().expect("no holder of the tokens panics");
        let sign = || {
            MetadataValue::try_from(format!("Bearer {}", self.0.key.sign(&who.caller(), TOKEN_HOURS)))
                .expect("a token is visible ASCII")
        };
        tokens.entry(who).or_insert_with(sign).clone()
    }

    /// Of the network service.
    pub(crate) fn network(&self) -> Channel {
        self.0.channels.network.clone()
    }

    /// Of the network service.
    pub(crate) fn register(&self) -> RegisterServiceClient<Channel> {
        RegisterServiceClient::new(self.0.channels.network.clone())
    }

    /// Of the network service.
    pub(crate) fn hubs(&self) -> HubServiceClient<Channel> {
        HubServiceClient::new(self.0.channels.network.clone())
    }

    /// Of the network service.
    pub(crate) fn reach(&self) -> ReachServiceClient<Channel> {
        ReachServiceClient::new(self.0.channels.network.clone())
    }

    /// Of the enrolment service.
    pub(crate) fn enrolment(&self) -> Channel {
        self.0.channels.enrolment.clone()
    }

    /// Of the enrolment service.
    pub(crate) fn rounds(&self) -> RoundServiceClient<Channel> {
        RoundServiceClient::new(self.0.channels.enrolment.clone())
    }

    /// Of the enrolment service.
    pub(crate) fn applications(&self) -> ApplicationServiceClient<Channel> {
        ApplicationServiceClient::new(self.0.channels.enrolment.clone())
    }

    /// Of the enrolment service.
    pub(crate) fn participations(&self) -> ParticipationServiceClient<Channel> {
        ParticipationServiceClient::new(self.0.channels.enrolment.clone())
    }

    /// Of the specialists service.
    pub(crate) fn cohorts(&self) -> CohortServiceClient<Channel> {
        CohortServiceClient::new(self.0.channels.specialists.clone())
    }

    /// Of the specialists service.
    pub(crate) fn nominations(&self) -> NominationServiceClient<Channel> {
        NominationServiceClient::new(self.0.channels.specialists.clone())
    }

    /// Of the funding service.
    pub(crate) fn policies(&self) -> PolicyServiceClient<Channel> {
        PolicyServiceClient::new(self.0.channels.funding.clone())
    }

    /// Of the funding service.
    pub(crate) fn budgets(&self) -> BudgetServiceClient<Channel> {
        BudgetServiceClient::new(self.0.channels.funding.clone())
    }

    /// Of the funding service.
    pub(crate) fn entitlements(&self) -> EntitlementServiceClient<Channel> {
        EntitlementServiceClient::new(self.0.channels.funding.clone())
    }

    /// Of the funding service.
    pub(crate) fn payments(&self) -> PaymentServiceClient<Channel> {
        PaymentServiceClient::new(self.0.channels.funding.clone())
    }

    /// Of the funding service.
    pub(crate) fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.0.channels.funding.clone())
    }
}

/// What a service answered to somebody, or an error that says who wanted what.
pub(crate) fn answered<T>(answer: Result<tonic::Response<T>, Status>, what: impl FnOnce() -> String) -> anyhow::Result<T> {
    answer.map(tonic::Response::into_inner).map_err(|status| refused(&status)).with_context(what)
}

/// A refusal as one sentence.
pub(crate) fn refused(status: &Status) -> anyhow::Error {
    anyhow::anyhow!("the service answered {:?}: {}", status.code(), status.message())
}

/// Does something for many things, [`CALLS_AT_ONCE`] of them at a time, and gives the results in the order of the things. What is done must not
/// depend on which of them is first. The first failure is the result.
pub(crate) async fn at_once<T, R, F, W>(progress: &Progress, things: Vec<T>, work: W) -> anyhow::Result<Vec<R>>
where
    W: Fn(T) -> F,
    F: Future<Output = anyhow::Result<R>> + Send + 'static,
    R: Send + 'static,
{
    let count = things.len();
    let mut running = futures::stream::iter(things.into_iter().enumerate().map(|(index, thing)| {
        let work = work(thing);
        // A task of its own, so that all cores work.
        let task = tokio::spawn(work);
        async move { (index, task.await) }
    }))
    .buffer_unordered(CALLS_AT_ONCE);
    let mut results: Vec<Option<R>> = std::iter::repeat_with(|| None).take(count).collect();
    while let Some((index, result)) = running.next().await {
        results[index] = Some(result.context("a caller of the demo broke down")??);
        progress.step();
    }
    Ok(results.into_iter().map(|result| result.expect("every one of them ran")).collect())
}

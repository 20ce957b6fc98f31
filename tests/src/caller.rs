//! A caller: a token and a channel to each service.

use proto::{
    enrolment::v1::{
        application_service_client::ApplicationServiceClient, participation_service_client::ParticipationServiceClient,
        round_service_client::RoundServiceClient,
    },
    feed::v1::feed_service_client::FeedServiceClient,
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
    Request, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

/// A channel that sends a token with every call.
pub type Authorised = InterceptedService<Channel, Bearer>;

/// Puts a token on calls; sends none when there is none.
#[derive(Debug, Clone)]
pub struct Bearer(Option<AsciiMetadataValue>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// To the services of a suite. The last two where the story has started them.
#[derive(Debug, Clone)]
pub struct Channels {
    /// To the network service.
    pub network: Channel,
    /// To enrolment.
    pub enrolment: Channel,
    /// To specialists.
    pub specialists: Option<Channel>,
    /// To funding.
    pub funding: Option<Channel>,
}

/// Somebody who calls the suite. A clone is the same caller over the same connections.
#[derive(Debug, Clone)]
pub struct Caller {
    channels: Channels,
    bearer: Bearer,
}

impl Caller {
    /// With a token; without one when it is empty.
    pub fn new(channels: Channels, token: &str) -> Self {
        let header = (!token.is_empty()).then(|| format!("Bearer {token}").parse().expect("a token is ASCII"));
        Self { channels, bearer: Bearer(header) }
    }

    fn to(&self, channel: &Channel) -> Authorised {
        InterceptedService::new(channel.clone(), self.bearer.clone())
    }

    /// Enrolment, for calls that no contract knows.
    pub fn to_enrolment(&self) -> Authorised {
        self.to(&self.channels.enrolment)
    }

    /// A service by its name, for calls that go by the contracts' lists.
    pub fn to_service(&self, name: &str) -> Authorised {
        match name {
            "network" => self.to(&self.channels.network),
            "enrolment" => self.to(&self.channels.enrolment),
            "specialists" => self.to_specialists(),
            "funding" => self.to_funding(),
            _ => panic!("there is no service `{name}`"),
        }
    }

    /// RegisterService.
    pub fn register(&self) -> RegisterServiceClient<Authorised> {
        RegisterServiceClient::new(self.to(&self.channels.network))
    }

    /// HubService.
    pub fn hubs(&self) -> HubServiceClient<Authorised> {
        HubServiceClient::new(self.to(&self.channels.network))
    }

    /// ReachService.
    pub fn reach(&self) -> ReachServiceClient<Authorised> {
        ReachServiceClient::new(self.to(&self.channels.network))
    }

    /// The network's feed.
    pub fn network_feed(&self) -> FeedServiceClient<Authorised> {
        FeedServiceClient::new(self.to(&self.channels.network))
    }

    /// RoundService.
    pub fn rounds(&self) -> RoundServiceClient<Authorised> {
        RoundServiceClient::new(self.to(&self.channels.enrolment))
    }

    /// ApplicationService.
    pub fn applications(&self) -> ApplicationServiceClient<Authorised> {
        ApplicationServiceClient::new(self.to(&self.channels.enrolment))
    }

    /// ParticipationService.
    pub fn participations(&self) -> ParticipationServiceClient<Authorised> {
        ParticipationServiceClient::new(self.to(&self.channels.enrolment))
    }

    fn to_specialists(&self) -> Authorised {
        self.to(self.channels.specialists.as_ref().expect("the story has started specialists"))
    }

    fn to_funding(&self) -> Authorised {
        self.to(self.channels.funding.as_ref().expect("the story has started funding"))
    }

    /// CohortService.
    pub fn cohorts(&self) -> CohortServiceClient<Authorised> {
        CohortServiceClient::new(self.to_specialists())
    }

    /// NominationService.
    pub fn nominations(&self) -> NominationServiceClient<Authorised> {
        NominationServiceClient::new(self.to_specialists())
    }

    /// PolicyService.
    pub fn policies(&self) -> PolicyServiceClient<Authorised> {
        PolicyServiceClient::new(self.to_funding())
    }

    /// BudgetService.
    pub fn budgets(&self) -> BudgetServiceClient<Authorised> {
        BudgetServiceClient::new(self.to_funding())
    }

    /// EntitlementService.
    pub fn entitlements(&self) -> EntitlementServiceClient<Authorised> {
        EntitlementServiceClient::new(self.to_funding())
    }

    /// PaymentService.
    pub fn payments(&self) -> PaymentServiceClient<Authorised> {
        PaymentServiceClient::new(self.to_funding())
    }

    /// LedgerService.
    pub fn ledger(&self) -> LedgerServiceClient<Authorised> {
        LedgerServiceClient::new(self.to_funding())
    }

    /// Enrolment's feed.
    pub fn enrolment_feed(&self) -> FeedServiceClient<Authorised> {
        FeedServiceClient::new(self.to(&self.channels.enrolment))
    }
}

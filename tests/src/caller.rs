//! A caller: a token and a channel to each service.

use proto::{
    enrolment::v1::{
        application_service_client::ApplicationServiceClient, participation_service_client::ParticipationServiceClient,
        round_service_client::RoundServiceClient,
    },
    feed::v1::feed_service_client::FeedServiceClient,
    network::v1::{
        hub_service_client::HubServiceClient, reach_service_client::ReachServiceClient,
        register_service_client::RegisterServiceClient,
    },
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

/// Somebody who calls the suite. A clone is the same caller over the same connections.
#[derive(Debug, Clone)]
pub struct Caller {
    network: Channel,
    enrolment: Channel,
    bearer: Bearer,
}

impl Caller {
    /// With a token; without one when it is empty.
    pub fn new(network: Channel, enrolment: Channel, token: &str) -> Self {
        let header = (!token.is_empty()).then(|| format!("Bearer {token}").parse().expect("a token is ASCII"));
        Self { network, enrolment, bearer: Bearer(header) }
    }

    fn to(&self, channel: &Channel) -> Authorised {
        InterceptedService::new(channel.clone(), self.bearer.clone())
    }

    /// Enrolment, for calls that no contract knows.
    pub fn to_enrolment(&self) -> Authorised {
        self.to(&self.enrolment)
    }

    /// RegisterService.
    pub fn register(&self) -> RegisterServiceClient<Authorised> {
        RegisterServiceClient::new(self.to(&self.network))
    }

    /// HubService.
    pub fn hubs(&self) -> HubServiceClient<Authorised> {
        HubServiceClient::new(self.to(&self.network))
    }

    /// ReachService.
    pub fn reach(&self) -> ReachServiceClient<Authorised> {
        ReachServiceClient::new(self.to(&self.network))
    }

    /// The network's feed.
    pub fn network_feed(&self) -> FeedServiceClient<Authorised> {
        FeedServiceClient::new(self.to(&self.network))
    }

    /// RoundService.
    pub fn rounds(&self) -> RoundServiceClient<Authorised> {
        RoundServiceClient::new(self.to(&self.enrolment))
    }

    /// ApplicationService.
    pub fn applications(&self) -> ApplicationServiceClient<Authorised> {
        ApplicationServiceClient::new(self.to(&self.enrolment))
    }

    /// ParticipationService.
    pub fn participations(&self) -> ParticipationServiceClient<Authorised> {
        ParticipationServiceClient::new(self.to(&self.enrolment))
    }

    /// Enrolment's feed.
    pub fn enrolment_feed(&self) -> FeedServiceClient<Authorised> {
        FeedServiceClient::new(self.to(&self.enrolment))
    }
}

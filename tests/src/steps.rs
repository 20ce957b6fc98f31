//! The steps of stories: each is one call with its own `request_id`.

use std::time::Duration;

use client::{FeedCursor, FeedError, FeedReader};
use futures::TryStreamExt as _;
use proto::{enrolment::v1 as enrolment, feed::v1::Event, network::v1 as network};
use tonic::{Code, Status};

use crate::{Caller, reason, register::Register};

/// The programme of these tests' rounds.
pub const PROGRAMME: &str = "primary-teaching-for-mastery";
/// The Council's decision on which the policies and budgets of these tests rest.
pub const DECISION: &str = "councilMeetings/spring/decisions/policies";
/// Reasons of calls that name something which the service does not know yet.
pub(crate) const MIRRORED_LATER: [&str; 2] = ["DECISION_UNKNOWN", "PROGRAMME_UNKNOWN"];
/// Bytes of an uploaded chunk.
const CHUNK_BYTES: usize = 256 * 1024;
/// Maximum wait for background work.
const WAIT_MAX: Duration = Duration::from_secs(60);
const WAIT_STEP: Duration = Duration::from_millis(10);

/// An unused `request_id`.
#[expect(clippy::disallowed_methods, reason = "ids of requests to a served suite only have to be new")]
pub(crate) fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A round for an academic year, `2018/19`, with a window and one primary programme of two years.
pub fn round(academic_year: &str, window: [&str; 2], order: enrolment::PlaceOrder) -> enrolment::Round {
    enrolment::Round {
        display_name: format!("Teaching for mastery {academic_year}"),
        academic_year: academic_year.to_owned(),
        window_start_date: window[0].to_owned(),
        window_end_date: window[1].to_owned(),
        offer_days_count: 14,
        programmes: vec![enrolment::RoundProgramme { programme: PROGRAMME.to_owned(), ..Default::default() }],
        place_order_policies: vec![enrolment::PlaceOrderPolicy {
            start_date: window[0].to_owned(),
            place_order: order.into(),
            decision: DECISION.to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// Places of a hub for the programme of these tests.
pub fn places(hub: &str, places_count: i32) -> enrolment::Places {
    enrolment::Places { hub: hub.to_owned(), programme: PROGRAMME.to_owned(), places_count, ..Default::default() }
}

impl Caller {
    /// Uploads a register.
    pub async fn import(&self, register: &Register) -> Result<network::ImportRegisterResponse, Status> {
        use network::import_register_request::Part;
        let header = network::ImportRegisterHeader {
            request_id: request_id(),
            as_of_date: register.as_of_date.clone(),
            ..Default::default()
        };
        let chunks = |bytes: &[u8], part: fn(prost::bytes::Bytes) -> Part| {
            bytes.chunks(CHUNK_BYTES).map(|chunk| part(chunk.to_vec().into())).collect::<Vec<_>>()
        };
        let mut parts = vec![Part::Header(header)];
        parts.extend(chunks(&register.extract, Part::ExtractChunk));
        parts.extend(chunks(&register.links, Part::LinksChunk));
        let messages = parts.into_iter().map(|part| network::ImportRegisterRequest { part: Some(part) });
        let answer = self.register().import_register(futures::stream::iter(messages.collect::<Vec<_>>())).await?;
        Ok(answer.into_inner())
    }

    /// Confirms all pending links of the register, and returns their number.
    pub async fn confirm_links(&self) -> Result<i32, Status> {
        let name = "register".to_owned();
        let register = self.register().get_register(network::GetRegisterRequest { name }).await?.into_inner();
        let network::Register { name, etag, pending_links_count, .. } = register.register.unwrap_or_default();
        if pending_links_count > 0 {
            let request = network::ConfirmLinksRequest { request_id: request_id(), name, etag, predecessor_schools: Vec::new() };
            self.register().confirm_links(request).await?;
        }
        Ok(pending_links_count)
    }

    /// Creates a hub, `hubs/{id}`, and returns its name.
    pub async fn create_hub(&self, id: &str, lead_school_urn: i32) -> Result<String, Status> {
        let hub = network::Hub {
            display_name: format!("The {id} hub"),
            region_code: "E12000003".to_owned(),
            start_date: "2014-09-01".to_owned(),
            ..Default::default()
        };
        let request = network::CreateHubRequest {
            request_id: request_id(),
            hub_id: id.to_owned(),
            hub: Some(hub),
            lead_school: format!("schools/{lead_school_urn}"),
        };
        Ok(self.hubs().create_hub(request).await?.into_inner().hub.unwrap_or_default().name)
    }

    /// Creates a round that rests on [`DECISION`], and returns its name.
    pub async fn announce(&self, id: &str, round: enrolment::Round) -> Result<String, Status> {
        let request =
            || enrolment::CreateRoundRequest { request_id: request_id(), round_id: id.to_owned(), round: Some(round.clone()) };
        let call = || async { self.rounds().create_round(request()).await };
        Ok(self.decided(call).await?.into_inner().round.unwrap_or_default().name)
    }

    /// Sets the number of a hub's places. Waits until enrolment knows the hub.
    pub async fn set_places(&self, round: &str, places: enrolment::Places) -> Result<enrolment::Places, Status> {
        let request =
            || enrolment::SetPlacesRequest { request_id: request_id(), parent: round.to_owned(), places: Some(places.clone()) };
        let call = || async { self.rounds().set_places(request()).await };
        Ok(once_mirrored(call).await?.into_inner().places.unwrap_or_default())
    }

    /// Drafts an application of a school. Waits until enrolment knows the school and the hub.
    pub async fn draft(&self, round: &str, urn: i32, hub: &str) -> Result<enrolment::Application, Status> {
        self.draft_for(round, PROGRAMME, urn, hub).await
    }

    /// The same for another programme.
    pub async fn draft_for(&self, round: &str, programme: &str, urn: i32, hub: &str) -> Result<enrolment::Application, Status> {
        let request_id = request_id();
        let application = enrolment::Application {
            school: format!("schools/{urn}"),
            hub: hub.to_owned(),
            programme: programme.to_owned(),
            ..Default::default()
        };
        let request = || enrolment::CreateApplicationRequest {
            request_id: request_id.clone(),
            parent: round.to_owned(),
            application: Some(application.clone()),
        };
        let call = || async { self.applications().create_application(request()).await };
        Ok(once_mirrored(call).await?.into_inner().application.unwrap_or_default())
    }

    /// Submits a draft.
    pub async fn submit(&self, application: &str) -> Result<enrolment::Application, Status> {
        let request =
            enrolment::SubmitApplicationRequest { request_id: request_id(), name: application.to_owned(), etag: String::new() };
        Ok(self.applications().submit_application(request).await?.into_inner().application.unwrap_or_default())
    }

    /// Drafts and submits, and returns the application's name.
    pub async fn apply(&self, round: &str, urn: i32, hub: &str) -> Result<String, Status> {
        let draft = self.draft(round, urn, hub).await?;
        Ok(self.submit(&draft.name).await?.name)
    }

    /// Offers places of a hub, 0 for all free ones. Returns the offered applications, in order.
    pub async fn offer(&self, round: &str, hub: &str, offers_count: i32) -> Result<Vec<enrolment::Application>, Status> {
        self.offer_for(round, PROGRAMME, hub, offers_count).await
    }

    /// The same for another programme.
    pub async fn offer_for(
        &self,
        round: &str,
        programme: &str,
        hub: &str,
        offers_count: i32,
    ) -> Result<Vec<enrolment::Application>, Status> {
        let request = enrolment::OfferPlacesRequest {
            request_id: request_id(),
            parent: round.to_owned(),
            hub: hub.to_owned(),
            programme: programme.to_owned(),
            offers_count,
            validate_only: false,
        };
        Ok(self.applications().offer_places(request).await?.into_inner().offered_applications)
    }

    /// Accepts a place, and returns the application.
    pub async fn accept(&self, application: &str) -> Result<enrolment::Application, Status> {
        let document_sha256 = self.document_sha256();
        let request = enrolment::AcceptOfferRequest { request_id: request_id(), name: application.to_owned(), document_sha256 };
        let answer = self.applications().accept_offer(request).await?.into_inner();
        self.confirmed_in_enrolment(&answer.pending_change).await?;
        if answer.application.is_some() {
            Ok(answer.application.unwrap_or_default())
        } else {
            self.application(application).await
        }
    }

    /// Starts a year on a day.
    pub async fn start_year(&self, participation: &str, day: &str) -> Result<enrolment::Participation, Status> {
        let request =
            enrolment::StartYearRequest { request_id: request_id(), name: participation.to_owned(), start_date: day.to_owned() };
        Ok(self.participations().start_year(request).await?.into_inner().participation.unwrap_or_default())
    }

    /// Records that the agreement was signed on a day.
    pub async fn agree(&self, participation: &str, day: &str) -> Result<enrolment::Participation, Status> {
        let request = enrolment::RecordAgreementRequest {
            request_id: request_id(),
            name: participation.to_owned(),
            sign_date: day.to_owned(),
            document: "agreement-2018".to_owned(),
            document_version: "1".to_owned(),
            document_sha256: self.document_sha256(),
        };
        let answer = self.participations().record_agreement(request).await?.into_inner();
        self.confirmed_in_enrolment(&answer.pending_change).await?;
        Ok(answer.participation.unwrap_or_default())
    }

    /// Interrupts the years of a school from a day on.
    pub async fn defer(&self, participation: &str, day: &str) -> Result<enrolment::Participation, Status> {
        let (name, defer_date) = (participation.to_owned(), day.to_owned());
        let request = enrolment::DeferParticipationRequest { request_id: request_id(), name, defer_date };
        Ok(self.participations().defer_participation(request).await?.into_inner().participation.unwrap_or_default())
    }

    /// Lets a school go on with its years from a day on.
    pub async fn resume(&self, participation: &str, day: &str) -> Result<enrolment::Participation, Status> {
        let (name, resume_date) = (participation.to_owned(), day.to_owned());
        let request = enrolment::ResumeParticipationRequest { request_id: request_id(), name, resume_date };
        Ok(self.participations().resume_participation(request).await?.into_inner().participation.unwrap_or_default())
    }

    /// Withdraws with a last day.
    pub async fn leave(&self, participation: &str, day: &str) -> Result<enrolment::Participation, Status> {
        let request = enrolment::WithdrawParticipationRequest {
            request_id: request_id(),
            name: participation.to_owned(),
            withdraw_date: day.to_owned(),
            reason: "The head left".to_owned(),
        };
        Ok(self.participations().withdraw_participation(request).await?.into_inner().participation.unwrap_or_default())
    }

    /// Completes a year on a day.
    pub async fn complete_year(&self, participation: &str, day: &str) -> Result<enrolment::Participation, Status> {
        let request = enrolment::CompleteYearRequest {
            request_id: request_id(),
            name: participation.to_owned(),
            completion_date: day.to_owned(),
        };
        Ok(self.participations().complete_year(request).await?.into_inner().participation.unwrap_or_default())
    }

    /// The current application.
    pub async fn application(&self, name: &str) -> Result<enrolment::Application, Status> {
        let request = enrolment::GetApplicationRequest { name: name.to_owned() };
        Ok(self.applications().get_application(request).await?.into_inner().application.unwrap_or_default())
    }

    /// All applications of a round that the caller may see, page by page.
    pub async fn all_applications(&self, round: &str) -> Result<Vec<enrolment::Application>, Status> {
        let applications = client::items(|page_token| async move {
            let parent = round.to_owned();
            let request = enrolment::ListApplicationsRequest { parent, page_size: 1000, page_token, ..Default::default() };
            let page = self.applications().list_applications(request).await?.into_inner();
            Ok((page.applications, page.next_page_token))
        });
        applications.try_collect().await
    }

    /// All participations with a hub that the caller may see, page by page.
    pub async fn all_participations(&self, hub: &str) -> Result<Vec<enrolment::Participation>, Status> {
        let participations = client::items(|page_token| async move {
            let hub = hub.to_owned();
            let request = enrolment::ListParticipationsRequest { hub, page_size: 1000, page_token, ..Default::default() };
            let page = self.participations().list_participations(request).await?.into_inner();
            Ok((page.participations, page.next_page_token))
        });
        participations.try_collect().await
    }

    /// The places of a round.
    pub async fn all_places(&self, round: &str) -> Result<Vec<enrolment::Places>, Status> {
        let request = enrolment::ListPlacesRequest { parent: round.to_owned(), page_size: 1000, ..Default::default() };
        Ok(self.rounds().list_places(request).await?.into_inner().places)
    }

    /// Enrolment's events after a cursor, up to the head, and the cursor after them.
    pub async fn events(&self, after: FeedCursor) -> Result<(Vec<Event>, FeedCursor), FeedError> {
        let mut feed = FeedReader::to_head(self.to_enrolment(), after);
        let mut events = Vec::new();
        while let Some(response) = feed.next().await? {
            events.extend(response.events);
        }
        Ok((events, feed.cursor().clone()))
    }
}

/// Whether a call failed because something does not exist yet.
fn is_unknown(status: &Status) -> bool {
    status.code() == Code::NotFound || MIRRORED_LATER.contains(&reason(status).as_str())
}

/// Retries while the answer is that something does not exist yet: records of one service reach the other through the feed.
pub async fn once_mirrored<T, F: Future<Output = Result<T, Status>>>(call: impl Fn() -> F) -> Result<T, Status> {
    let started = std::time::Instant::now();
    loop {
        match call().await {
            Err(status) if is_unknown(&status) && started.elapsed() < WAIT_MAX => tokio::time::sleep(WAIT_STEP).await,
            answer => return answer,
        }
    }
}

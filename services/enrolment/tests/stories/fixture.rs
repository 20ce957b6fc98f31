//! Enrolment for the stories: the service, the schools and hubs that it knows, and callers.

use std::ops::Deref;

use access::Role;
use db::testing::TestDatabase;
use enrolment::{Config, Enrolment};
use fixture::RequestIds;
pub(crate) use fixture::{DECISION, UNKNOWN_DECISION, day, execute, noon, reason, rows, school};
use proto::{
    approval::v1::{ConfirmChangeRequest, approval_service_client::ApprovalServiceClient},
    enrolment::v1::{
        self as pb, application_service_client::ApplicationServiceClient, history_service_client::HistoryServiceClient,
        participation_service_client::ParticipationServiceClient, round_service_client::RoundServiceClient,
        work_group_service_client::WorkGroupServiceClient,
    },
    feed::v1::feed_service_client::FeedServiceClient,
    meeting::v1::meeting_service_client::MeetingServiceClient,
    network::v1::Recurrence,
};
use server::testing::Line;
use tonic::Status;

pub(crate) const ROUND: &str = "rounds/2018";
pub(crate) const MASTERY: &str = "primary-teaching-for-mastery";
/// A programme in which schools may take part every year.
pub(crate) const CORE_MATHS: &str = "core-maths";
pub(crate) const NORTH: &str = "hubs/north";
pub(crate) const SOUTH: &str = "hubs/south";
/// Of a form that a school signed.
pub(crate) const FORM_SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A caller, with a client of each gRPC service.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) rounds: RoundServiceClient<Line>,
    pub(crate) applications: ApplicationServiceClient<Line>,
    pub(crate) participations: ParticipationServiceClient<Line>,
    pub(crate) history: HistoryServiceClient<Line>,
    pub(crate) work_groups: WorkGroupServiceClient<Line>,
    pub(crate) meetings: MeetingServiceClient<Line>,
    pub(crate) feed: FeedServiceClient<Line>,
    request_ids: RequestIds,
    /// The field of requests that bind a school: empty for the school itself.
    pub(crate) document_sha256: String,
    second_person: ApprovalServiceClient<Line>,
}

pub(crate) struct Fixture(fixture::Fixture);

impl Deref for Fixture {
    type Target = fixture::Fixture;

    fn deref(&self) -> &fixture::Fixture {
        &self.0
    }
}

impl Fixture {
    /// With an opened service.
    pub(crate) fn of(opened: fixture::Fixture) -> Self {
        Self(opened)
    }

    /// On 1 May 2018, with two hubs and the primary schools 100001 to 100600; the last digit but one of a URN gives its authority.
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        Self::open_with(database, |_| {}).await
    }

    /// The same, with other settings.
    pub(crate) async fn open_with(database: &TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(database.url());
        change(&mut config);
        let opened = fixture::Fixture::open::<Enrolment>(&config, "2018-05-01").await;
        fixture::schools(opened.pool(), &(100_001..=100_600).map(|urn| (urn, 1, 1)).collect::<Vec<_>>()).await;
        fixture::hubs(opened.pool(), &["north", "south"]).await;
        fixture::decision(opened.pool()).await;
        let fixture = Self::of(opened);
        fixture.programme(&[2, 3]).await;
        fixture::programme(fixture.pool(), CORE_MATHS, Recurrence::Yearly, &[2, 3], 1).await;
        fixture
    }

    /// With a round whose window is May to July, and places in the north.
    pub(crate) async fn with_round(database: &TestDatabase, order: pb::PlaceOrder, places_count: i32) -> Self {
        let fixture = Self::open(database).await;
        let ncetm = fixture.ncetm();
        ncetm.create_round("2018", round(order)).await.expect("a round");
        ncetm.set_places(NORTH, places_count, "").await.expect("places");
        fixture
    }

    pub(crate) async fn sql(&self, text: impl Into<String>) {
        execute(self.pool(), text).await;
    }

    /// Schools by URN, phase and register reason.
    pub(crate) async fn schools(&self, schools: &[(i64, i64, i64)]) {
        fixture::schools(self.pool(), schools).await;
    }

    /// Mastery for schools of these phases, by the codes of GIAS. Rounds that were announced before keep their terms.
    pub(crate) async fn programme(&self, phase_codes: &[i32]) {
        fixture::programme(self.pool(), MASTERY, Recurrence::Once, phase_codes, 2).await;
    }

    /// A publication with the coldness of authorities for schools of a phase.
    pub(crate) async fn coldness(&self, areas: &[(&str, i64, i64)]) {
        fixture::coldness(self.pool(), areas).await;
    }

    /// A link from a school to its successor.
    pub(crate) async fn link(&self, predecessor: i64, successor: i64, is_split: bool, date: &str) {
        fixture::link(self.pool(), predecessor, successor, is_split, date).await;
    }

    /// A school's choice of a hub from a day.
    pub(crate) async fn choice(&self, urn: i64, hub: &str, start_date: &str) {
        fixture::choice(self.pool(), urn, hub, start_date).await;
    }

    /// The authorities that a hub serves.
    pub(crate) async fn hub_authorities(&self, id: &str, old_la_codes: &[&str]) {
        fixture::hub_authorities(self.pool(), id, old_la_codes).await;
    }

    /// A caller with this role, and with what its token names.
    pub(crate) fn client(&self, role: Role, hub: Option<&str>, school: Option<&str>) -> Client {
        self.client_on(self.line(role, hub, school), role)
    }

    /// A leader of Work Groups.
    pub(crate) fn leader(&self, person: &str) -> Client {
        self.client_on(self.line_of_person(person), Role::Leader)
    }

    fn client_on(&self, line: Line, role: Role) -> Client {
        Client {
            rounds: RoundServiceClient::new(line.clone()),
            applications: ApplicationServiceClient::new(line.clone()),
            participations: ParticipationServiceClient::new(line.clone()),
            history: HistoryServiceClient::new(line.clone()),
            work_groups: WorkGroupServiceClient::new(line.clone()),
            meetings: MeetingServiceClient::new(line.clone()),
            feed: FeedServiceClient::new(line),
            request_ids: self.request_ids(),
            document_sha256: if role == Role::School { String::new() } else { FORM_SHA256.to_owned() },
            second_person: ApprovalServiceClient::new(self.line_of("second-person", Role::Ncetm, None, None)),
        }
    }

    pub(crate) fn ncetm(&self) -> Client {
        self.client(Role::Ncetm, None, None)
    }

    pub(crate) fn hub_lead(&self, hub: &str) -> Client {
        self.client(Role::HubLead, Some(hub), None)
    }

    pub(crate) fn school(&self, urn: i64) -> Client {
        self.client(Role::School, None, Some(&school(urn)))
    }
}

/// For September 2018, May to July.
pub(crate) fn round(order: pb::PlaceOrder) -> pb::Round {
    pb::Round {
        display_name: "Places from September 2018".to_owned(),
        academic_year: "2018/19".to_owned(),
        window_start_date: "2018-05-01".to_owned(),
        window_end_date: "2018-07-31".to_owned(),
        offer_days_count: 14,
        programmes: vec![pb::RoundProgramme { programme: MASTERY.to_owned(), ..pb::RoundProgramme::default() }],
        place_order_policies: vec![pb::PlaceOrderPolicy {
            start_date: "2018-03-01".to_owned(),
            place_order: order.into(),
            decision: DECISION.to_owned(),
            ..Default::default()
        }],
        ..pb::Round::default()
    }
}

/// The agreement of a participation, signed on a day.
pub(crate) fn agreement(name: &str, sign_date: &str) -> pb::RecordAgreementRequest {
    pb::RecordAgreementRequest {
        name: name.to_owned(),
        sign_date: sign_date.to_owned(),
        document: "agreement-2018".to_owned(),
        document_version: "1.2".to_owned(),
        ..pb::RecordAgreementRequest::default()
    }
}

/// The answer of a call.
pub(crate) type Answer<T> = Result<T, Status>;

impl Client {
    pub(crate) fn request_id(&self) -> String {
        self.request_ids.next()
    }

    pub(crate) async fn create_round(&self, id: &str, round: pb::Round) -> Answer<pb::Round> {
        let request = pb::CreateRoundRequest { request_id: self.request_id(), round_id: id.to_owned(), round: Some(round) };
        Ok(self.rounds.clone().create_round(request).await?.into_inner().round.expect("a round"))
    }

    pub(crate) async fn set_places(&self, hub: &str, places_count: i32, etag: &str) -> Answer<pb::Places> {
        let places = pb::Places {
            hub: hub.to_owned(),
            programme: MASTERY.to_owned(),
            places_count,
            etag: etag.to_owned(),
            ..pb::Places::default()
        };
        let request = pb::SetPlacesRequest { request_id: self.request_id(), parent: ROUND.to_owned(), places: Some(places) };
        Ok(self.rounds.clone().set_places(request).await?.into_inner().places.expect("places"))
    }

    pub(crate) async fn places(&self) -> Answer<Vec<pb::Places>> {
        let request = pb::ListPlacesRequest { parent: ROUND.to_owned(), ..pb::ListPlacesRequest::default() };
        Ok(self.rounds.clone().list_places(request).await?.into_inner().places)
    }

    pub(crate) async fn propose_places(&self, places_count: i32) -> Answer<pb::ProposePlacesResponse> {
        let (parent, programme) = (ROUND.to_owned(), MASTERY.to_owned());
        let request = pb::ProposePlacesRequest { parent, programme, places_count };
        Ok(self.rounds.clone().propose_places(request).await?.into_inner())
    }

    pub(crate) async fn progress(&self) -> Answer<pb::GetRoundProgressResponse> {
        let request = pb::GetRoundProgressRequest { name: ROUND.to_owned(), programme: String::new() };
        Ok(self.rounds.clone().get_round_progress(request).await?.into_inner())
    }

    pub(crate) async fn draft_in(&self, round: &str, urn: i64, hub: &str) -> Answer<pb::Application> {
        let application = pb::Application {
            school: school(urn),
            hub: hub.to_owned(),
            programme: MASTERY.to_owned(),
            ..pb::Application::default()
        };
        let request = pb::CreateApplicationRequest {
            request_id: self.request_id(),
            parent: round.to_owned(),
            application: Some(application),
        };
        Ok(self.applications.clone().create_application(request).await?.into_inner().application.expect("an application"))
    }

    pub(crate) async fn draft(&self, urn: i64, hub: &str) -> Answer<pb::Application> {
        self.draft_in(ROUND, urn, hub).await
    }

    pub(crate) async fn submit(&self, name: &str) -> Answer<pb::Application> {
        let request = pb::SubmitApplicationRequest { request_id: self.request_id(), name: name.to_owned(), etag: String::new() };
        Ok(self.applications.clone().submit_application(request).await?.into_inner().application.expect("an application"))
    }

    /// Drafts and submits.
    pub(crate) async fn apply(&self, urn: i64, hub: &str) -> Answer<pb::Application> {
        let draft = self.draft(urn, hub).await?;
        self.submit(&draft.name).await
    }

    pub(crate) async fn offer(&self, hub: &str, offers_count: i32) -> Answer<pb::OfferPlacesResponse> {
        let request = pb::OfferPlacesRequest {
            request_id: self.request_id(),
            parent: ROUND.to_owned(),
            hub: hub.to_owned(),
            programme: MASTERY.to_owned(),
            offers_count,
            validate_only: false,
        };
        Ok(self.applications.clone().offer_places(request).await?.into_inner())
    }

    pub(crate) async fn accept_as(&self, request_id: &str, name: &str) -> Answer<pb::Application> {
        let document_sha256 = self.document_sha256.clone();
        let request = pb::AcceptOfferRequest { request_id: request_id.to_owned(), name: name.to_owned(), document_sha256 };
        let answer = self.applications.clone().accept_offer(request).await?.into_inner();
        let answer = self.confirmed(&answer.pending_change.clone(), answer).await?;
        Ok(answer.application.expect("an application"))
    }

    /// The answer of a call, or that of its method after another person of NCETM has confirmed its pending change.
    async fn confirmed<M: prost::Message + Default>(&self, pending_change: &str, answer: M) -> Answer<M> {
        if pending_change.is_empty() {
            return Ok(answer);
        }
        let (request_id, name) = (pending_change.replace('/', "-"), pending_change.to_owned());
        let request = ConfirmChangeRequest { request_id, name, validate_only: false };
        let confirmed = self.second_person.clone().confirm_change(request).await?.into_inner();
        let answer = confirmed.response.expect("a confirmed change has the answer of its method");
        Ok(M::decode(answer.value.as_slice()).expect("it is the method's response"))
    }

    pub(crate) async fn accept(&self, name: &str) -> Answer<pb::Application> {
        self.accept_as(&self.request_id(), name).await
    }

    /// An overloaded service answers UNAVAILABLE, and the same request can be sent again.
    pub(crate) async fn accept_until_answered(&self, name: &str) -> Answer<pb::Application> {
        let request_id = self.request_id();
        loop {
            match self.accept_as(&request_id, name).await {
                Err(status) if status.code() == tonic::Code::Unavailable => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await
                }
                answer => return answer,
            }
        }
    }

    pub(crate) async fn decline(&self, name: &str) -> Answer<pb::Application> {
        let request = pb::DeclineOfferRequest { request_id: self.request_id(), name: name.to_owned() };
        Ok(self.applications.clone().decline_offer(request).await?.into_inner().application.expect("an application"))
    }

    pub(crate) async fn withdraw(&self, name: &str) -> Answer<pb::Application> {
        let request = pb::WithdrawApplicationRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            reason: "No cover for release".to_owned(),
        };
        Ok(self.applications.clone().withdraw_application(request).await?.into_inner().application.expect("an application"))
    }

    pub(crate) async fn lapse(&self) -> Answer<pb::LapseOffersResponse> {
        let request = pb::LapseOffersRequest { request_id: self.request_id(), parent: ROUND.to_owned() };
        Ok(self.applications.clone().lapse_offers(request).await?.into_inner())
    }

    pub(crate) async fn application(&self, name: &str) -> Answer<pb::Application> {
        let request = pb::GetApplicationRequest { name: name.to_owned() };
        Ok(self.applications.clone().get_application(request).await?.into_inner().application.expect("an application"))
    }

    pub(crate) async fn applications(&self) -> Answer<Vec<pb::Application>> {
        let request =
            pb::ListApplicationsRequest { parent: ROUND.to_owned(), page_size: 1_000, ..pb::ListApplicationsRequest::default() };
        Ok(self.applications.clone().list_applications(request).await?.into_inner().applications)
    }

    pub(crate) async fn participation(&self, name: &str) -> Answer<pb::Participation> {
        let request = pb::GetParticipationRequest { name: name.to_owned() };
        Ok(self.participations.clone().get_participation(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn start_year(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request = pb::StartYearRequest { request_id: self.request_id(), name: name.to_owned(), start_date: date.to_owned() };
        Ok(self.participations.clone().start_year(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn complete_year(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request =
            pb::CompleteYearRequest { request_id: self.request_id(), name: name.to_owned(), completion_date: date.to_owned() };
        Ok(self.participations.clone().complete_year(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn agree(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let (request_id, document_sha256) = (self.request_id(), self.document_sha256.clone());
        let request = pb::RecordAgreementRequest { request_id, document_sha256, ..agreement(name, date) };
        let answer = self.participations.clone().record_agreement(request).await?.into_inner();
        let answer = self.confirmed(&answer.pending_change.clone(), answer).await?;
        Ok(answer.participation.expect("a participation"))
    }

    pub(crate) async fn attend(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request = pb::RecordAttendanceRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            attendance_date: date.to_owned(),
        };
        Ok(self.participations.clone().record_attendance(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn defer(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request =
            pb::DeferParticipationRequest { request_id: self.request_id(), name: name.to_owned(), defer_date: date.to_owned() };
        Ok(self.participations.clone().defer_participation(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn resume(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request =
            pb::ResumeParticipationRequest { request_id: self.request_id(), name: name.to_owned(), resume_date: date.to_owned() };
        Ok(self.participations.clone().resume_participation(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn leave(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request = pb::WithdrawParticipationRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            withdraw_date: date.to_owned(),
            reason: "The head left".to_owned(),
        };
        Ok(self
            .participations
            .clone()
            .withdraw_participation(request)
            .await?
            .into_inner()
            .participation
            .expect("a participation"))
    }
}

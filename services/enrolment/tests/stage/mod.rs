//! What the stories play on: the service on a database of its own, schools and hubs that it has heard of, and callers who speak to it.
#![expect(dead_code, reason = "no story needs all of it")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use access::{Caller, Role};
use db::{placeholders, sql, testing::TestDatabase};
use enrolment::{Config, Enrolment};
use proto::{
    enrolment::v1::{
        self as pb, application_service_client::ApplicationServiceClient,
        participation_service_client::ParticipationServiceClient, round_service_client::RoundServiceClient,
    },
    feed::v1::feed_service_client::FeedServiceClient,
};
use server::testing::Line;
use service::OpenedService;
use time::{Clock, Date, Ids, Instant};
use tonic::Status;
use tonic_types::StatusExt;

pub(crate) const ROUND: &str = "rounds/2018";
pub(crate) const MASTERY: &str = "primary-teaching-for-mastery";
pub(crate) const NORTH: &str = "hubs/north";
pub(crate) const SOUTH: &str = "hubs/south";

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Voice {
    pub(crate) rounds: RoundServiceClient<Line>,
    pub(crate) applications: ApplicationServiceClient<Line>,
    pub(crate) participations: ParticipationServiceClient<Line>,
    pub(crate) feed: FeedServiceClient<Line>,
    requests: Arc<AtomicU64>,
}

pub(crate) struct Stage {
    pub(crate) service: Arc<OpenedService>,
    pub(crate) clock: Clock,
    requests: Arc<AtomicU64>,
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
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

pub(crate) fn school(urn: i64) -> String {
    format!("schools/{urn}")
}

impl Stage {
    /// On 1 May 2018, with two hubs and the primary schools 100001 to 100600; the last digit but one of a URN is its authority.
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        let clock = Clock::set_to(noon("2018-05-01"));
        let config = Config::new(database.url());
        let service = OpenedService::open::<Enrolment>(&config, clock.clone(), Ids::seeded(1)).await.expect("the service opens");
        let stage = Self { service: Arc::new(service), clock, requests: Arc::new(AtomicU64::new(0)) };
        stage.schools(&(100_001..=100_600).map(|urn| (urn, 1, 1)).collect::<Vec<_>>()).await;
        stage.sql("INSERT INTO hub (id) VALUES ('north'), ('south')").await;
        stage
    }

    /// With a round whose window is May to July, and places in the north.
    pub(crate) async fn with_round(database: &TestDatabase, order: pb::PlaceOrder, places_count: i32) -> Self {
        let stage = Self::open(database).await;
        let ncetm = stage.ncetm();
        ncetm.create_round("2018", round(order)).await.expect("a round");
        ncetm.set_places(NORTH, places_count, "").await.expect("places");
        stage
    }

    pub(crate) async fn sql(&self, text: impl Into<String>) {
        let text = text.into();
        let done = self.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move { Ok(sql!(tx, conn => sqlx::query(sqlx::AssertSqlSafe(text)).execute(conn).await.map(drop))?) })
        });
        done.await.expect("a statement of a test");
    }

    /// URN, phase, reason.
    pub(crate) async fn schools(&self, schools: &[(i64, i64, i64)]) {
        let schools = schools.to_vec();
        let done = self.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move {
                let text = format!(
                    "INSERT INTO school (urn, old_la_code, former_old_la_code, education_phase, register_reason, listed) VALUES {}",
                    placeholders(schools.len(), 6)
                );
                sql!(tx, conn => {
                    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                    for (urn, phase, reason) in &schools {
                        query = query.bind(urn).bind(format!("{:03}", 800 + urn / 10 % 10)).bind("").bind(phase).bind(reason).bind(true);
                    }
                    query.execute(conn).await.map(drop)
                })?;
                Ok(())
            })
        });
        done.await.expect("schools");
    }

    /// A publication with how cold authorities are for schools of a phase.
    pub(crate) async fn coldness(&self, areas: &'static [(&'static str, i64, i64)]) {
        self.sql("INSERT INTO reach_publication VALUES ('reachPublications/p', 1, 0, '2018-03-31', '2018-03-31')").await;
        let done = self.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move {
                for (old_la_code, phase, coldness_ppm) in areas {
                    sql!(tx, conn => sqlx::query(
                        "INSERT INTO cold_area VALUES ('reachPublications/p', $1, 'primary-teaching-for-mastery', $2, 0, 0, 0, 0, $3)")
                        .bind(old_la_code).bind(phase).bind(coldness_ppm).execute(conn).await.map(drop))?;
                }
                Ok(())
            })
        });
        done.await.expect("areas");
    }

    /// A link of descent, dated or always.
    pub(crate) async fn link(&self, predecessor: i64, successor: i64, is_split: bool, date: &'static str) {
        let done = self.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move {
                sql!(tx, conn => sqlx::query(
                    "INSERT INTO school_link (predecessor_urn, successor_urn, is_split, established_date) VALUES ($1, $2, $3, $4)")
                    .bind(predecessor).bind(successor).bind(is_split).bind(date).execute(conn).await.map(drop))?;
                Ok(())
            })
        });
        done.await.expect("a link");
    }

    /// Types of the events so far, in the order in which they were written, with their resources' last parts left out.
    pub(crate) async fn events(&self) -> Vec<String> {
        let rows: Result<Vec<(String,)>, db::Error> = self
            .service
            .context
            .pool
            .read(|mut tx| {
                Box::pin(async move {
                    Ok(sql!(tx, conn => sqlx::query_as("SELECT type FROM event ORDER BY key").fetch_all(conn).await)?)
                })
            })
            .await;
        let name = |(text,): (String,)| text.rsplit('.').next().expect("a type has a name").to_owned();
        rows.expect("events").into_iter().map(name).collect()
    }

    /// Somebody with this role, and what the token names.
    pub(crate) fn voice(&self, role: Role, hub: Option<&str>, school: Option<&str>) -> Voice {
        let caller = Caller {
            subject: format!("{role}:{}{}", hub.unwrap_or_default(), school.unwrap_or_default()),
            role,
            hub: hub.map(str::to_owned),
            school: school.map(str::to_owned),
        };
        let line = Line::new(self.service.routes(), caller);
        Voice {
            rounds: RoundServiceClient::new(line.clone()),
            applications: ApplicationServiceClient::new(line.clone()),
            participations: ParticipationServiceClient::new(line.clone()),
            feed: FeedServiceClient::new(line),
            requests: Arc::clone(&self.requests),
        }
    }

    pub(crate) fn ncetm(&self) -> Voice {
        self.voice(Role::Ncetm, None, None)
    }

    pub(crate) fn hub_lead(&self, hub: &str) -> Voice {
        self.voice(Role::HubLead, Some(hub), None)
    }

    pub(crate) fn school(&self, urn: i64) -> Voice {
        self.voice(Role::School, None, Some(&school(urn)))
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
        programmes: vec![pb::RoundProgramme {
            programme: MASTERY.to_owned(),
            display_name: "Teaching for mastery".to_owned(),
            education_phases: vec![1],
            years_count: 2,
        }],
        place_order_policies: vec![pb::PlaceOrderPolicy {
            start_date: "2018-03-01".to_owned(),
            place_order: order.into(),
            decision: "Council, spring 2018".to_owned(),
        }],
        ..pb::Round::default()
    }
}

/// What a verb is answered.
pub(crate) type Answer<T> = Result<T, Status>;

impl Voice {
    pub(crate) fn request_id(&self) -> String {
        format!("request-{}", self.requests.fetch_add(1, Ordering::Relaxed))
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
        let request = pb::AcceptOfferRequest { request_id: request_id.to_owned(), name: name.to_owned() };
        Ok(self.applications.clone().accept_offer(request).await?.into_inner().application.expect("an application"))
    }

    pub(crate) async fn accept(&self, name: &str) -> Answer<pb::Application> {
        self.accept_as(&self.request_id(), name).await
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
        let request =
            pb::RecordAgreementRequest { request_id: self.request_id(), name: name.to_owned(), sign_date: date.to_owned() };
        Ok(self.participations.clone().record_agreement(request).await?.into_inner().participation.expect("a participation"))
    }

    pub(crate) async fn attend(&self, name: &str, date: &str) -> Answer<pb::Participation> {
        let request = pb::RecordAttendanceRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            attendance_date: date.to_owned(),
        };
        Ok(self.participations.clone().record_attendance(request).await?.into_inner().participation.expect("a participation"))
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

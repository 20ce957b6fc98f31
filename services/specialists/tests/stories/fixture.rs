//! Specialists for the stories: the service, schools, hubs and figures in its mirror, and clients that call it.

use std::ops::Deref;

use access::Role;
use db::{sql, testing::TestDatabase};
use fixture::RequestIds;
pub(crate) use fixture::{DECISION, UNKNOWN_DECISION, day, execute, noon, reason, rows, school};
use proto::{
    feed::v1::{Event, feed_service_client::FeedServiceClient},
    network::v1::Recurrence,
    specialists::v1::{
        self as pb, cohort_service_client::CohortServiceClient, nomination_service_client::NominationServiceClient,
    },
};
use server::testing::Line;
use specialists::{Config, Specialists};
use time::Instant;
use tonic::Status;
use tonic_types::StatusExt;

pub(crate) const COHORT: &str = "cohorts/secondary-5";
pub(crate) const MASTERY: &str = "secondary-teaching-for-mastery";
pub(crate) const NORTH: &str = "hubs/north";
pub(crate) const SOUTH: &str = "hubs/south";
/// Past the window of [`COHORT`].
pub(crate) const AFTER: &str = "2019-04-02";

/// Clients of the service with one identity.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) cohorts: CohortServiceClient<Line>,
    pub(crate) nominations: NominationServiceClient<Line>,
    pub(crate) feed: FeedServiceClient<Line>,
    pool: db::Pool,
    request_ids: RequestIds,
}

pub(crate) struct Fixture(fixture::Fixture);

impl Deref for Fixture {
    type Target = fixture::Fixture;

    fn deref(&self) -> &fixture::Fixture {
        &self.0
    }
}

/// The figures of an authority: its code, then schools and schools never reached, of the authority and of its region.
#[derive(Clone, Copy)]
pub(crate) struct Area(pub(crate) &'static str, pub(crate) [i64; 2], pub(crate) [i64; 2]);

/// A value of an error's metadata.
pub(crate) fn metadata<T: std::fmt::Debug>(result: Result<T, Status>, key: &str) -> String {
    result.expect_err("the call fails").get_details_error_info().unwrap().metadata.get(key).cloned().unwrap_or_default()
}

/// A teacher, made from a number.
pub(crate) fn teacher(number: i64) -> String {
    format!("persons/teacher-{number}")
}

pub(crate) fn nomination(cohort: &str, urn: i64, hub: &str, person: String) -> pb::CreateNominationRequest {
    let nomination = pb::Nomination { school: school(urn), hub: hub.to_owned(), person, ..pb::Nomination::default() };
    pb::CreateNominationRequest {
        request_id: String::new(),
        parent: cohort.to_owned(),
        nomination: Some(nomination),
        early_career_teacher: false,
        head_teacher_agrees: true,
    }
}

/// An event of the network.
pub(crate) fn event<M: prost::Message + prost::Name>(payload: &M) -> Event {
    Event { position: 1, r#type: M::full_name(), payload: payload.encode_to_vec(), ..Event::default() }
}

/// Cohort 5, recruited in February and March 2019. The clocks go forward on the last day of the window.
pub(crate) fn cohort() -> pb::Cohort {
    use pb::YearSetting::{LocalSchools, OwnDepartment, OwnTeaching};
    let years = [(OwnTeaching, 0), (OwnDepartment, 0), (LocalSchools, 2)];
    let year = |(year_number, (setting, count)): (i32, (pb::YearSetting, i32))| pb::CohortYear {
        year_number,
        setting: setting.into(),
        supported_schools_count: count,
        leads_groups: None,
    };
    pb::Cohort {
        display_name: "Secondary specialists, cohort 5".to_owned(),
        number: 5,
        education_phase: 2,
        programme: MASTERY.to_owned(),
        first_academic_year: "2019/20".to_owned(),
        window_start_date: "2019-02-01".to_owned(),
        window_end_date: "2019-03-31".to_owned(),
        years: (1..).zip(years).map(year).collect(),
        ..pb::Cohort::default()
    }
}

pub(crate) fn weights(start_date: &str) -> pb::ScoreWeights {
    pb::ScoreWeights {
        start_date: start_date.to_owned(),
        decision: DECISION.to_owned(),
        prior_schools_count: 10,
        area_permille: 700,
        region_permille: 300,
        ..pb::ScoreWeights::default()
    }
}

impl Fixture {
    /// The service with an empty mirror, at noon of a day.
    pub(crate) async fn empty(config: &Config, today: &str) -> Self {
        Self(fixture::Fixture::open::<Specialists>(config, today).await)
    }

    /// On 15 February 2019, with two hubs and the secondary schools 100001 to 100600. The second last digit of a URN chooses the authority, 800 to 809.
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        let opened = Self::empty(&Config::new(database.url()), "2019-02-15").await;
        opened.schools(&(100_001..=100_600).map(|urn| (urn, 2, 1)).collect::<Vec<_>>()).await;
        fixture::hubs(opened.pool(), &["north", "south"]).await;
        fixture::decision(opened.pool()).await;
        fixture::programme(opened.pool(), MASTERY, Recurrence::Once, &[2, 3, 4, 5, 7], 2).await;
        opened
    }

    /// With cohort 5 and weights.
    pub(crate) async fn with_cohort(database: &TestDatabase) -> Self {
        let fixture = Self::open(database).await;
        fixture.ncetm().create_cohort("secondary-5", cohort()).await.unwrap();
        fixture.ncetm().publish_weights(weights("2018-09-01")).await.unwrap();
        fixture
    }

    pub(crate) async fn sql(&self, text: impl Into<String>) {
        execute(self.pool(), text).await;
    }

    /// The rows of a query with one column of text.
    pub(crate) async fn texts(&self, text: impl Into<String>) -> Vec<String> {
        let rows: Vec<(String,)> = rows(self.pool(), text).await;
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// Adds schools to the mirror: URN, phase, reason of the register.
    pub(crate) async fn schools(&self, schools: &[(i64, i64, i64)]) {
        fixture::schools(self.pool(), schools).await;
    }

    /// Adds a publication with figures for mastery in secondary schools to the mirror.
    pub(crate) async fn reach(&self, id: &str, publish_time: Instant, true_on_date: &str, areas: &[Area]) {
        let name = format!("reachPublications/{id}");
        self.sql(format!(
            "INSERT INTO reach_publication (name, position, publish_time, true_on_date, known_on_date, is_final)
             SELECT '{name}', COUNT(*) + 1, {}, '{true_on_date}', '{true_on_date}', TRUE FROM reach_publication",
            publish_time.micros()
        ))
        .await;
        for Area(code, [schools, never], [region_schools, region_never]) in areas {
            self.sql(format!(
                "INSERT INTO cold_area (reach_publication, old_la_code, programme, education_phase, schools_count,
                     schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm, rank)
                 VALUES ('{name}', '{code}', '{MASTERY}', 2, {schools}, {never}, {region_schools}, {region_never}, 0, 0)"
            ))
            .await;
        }
    }

    /// The events of one type, in the order in which they were appended.
    pub(crate) async fn events_of<M: prost::Message + prost::Name + Default>(&self) -> Vec<M> {
        let events = self.pool().read::<Vec<(Vec<u8>,)>, db::Error, _>(|mut tx| {
            Box::pin(async move {
                let events =
                    sql!(tx, "SELECT payload FROM event WHERE type = :event_type ORDER BY key", event_type = M::full_name(),);
                events.fetch_all().await
            })
        });
        events.await.unwrap().into_iter().map(|(payload,)| M::decode(&*payload).unwrap()).collect()
    }

    /// Applies events as if they came from the network's feed.
    pub(crate) async fn apply(&self, events: Vec<Event>) {
        let applied: Result<(), feed::ApplyError> = self
            .pool()
            .write(move |mut tx| Box::pin(async move { feed::Apply::apply(&mirror::Network, &mut tx, &events).await }))
            .await;
        applied.unwrap();
    }

    pub(crate) fn client(&self, role: Role, hub: Option<&str>, school: Option<&str>) -> Client {
        let line = self.line(role, hub, school);
        Client {
            cohorts: CohortServiceClient::new(line.clone()),
            nominations: NominationServiceClient::new(line.clone()),
            feed: FeedServiceClient::new(line),
            pool: self.pool().clone(),
            request_ids: self.request_ids(),
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

/// The answer of a call.
pub(crate) type Answer<T> = Result<T, Status>;

impl Client {
    pub(crate) fn request_id(&self) -> String {
        self.request_ids.next()
    }

    pub(crate) async fn create_cohort(&self, id: &str, cohort: pb::Cohort) -> Answer<pb::Cohort> {
        let request = pb::CreateCohortRequest { request_id: self.request_id(), cohort_id: id.to_owned(), cohort: Some(cohort) };
        Ok(self.cohorts.clone().create_cohort(request).await?.into_inner().cohort.unwrap())
    }

    pub(crate) async fn publish_weights(&self, weights: pb::ScoreWeights) -> Answer<pb::ScoreWeights> {
        let request = pb::CreateScoreWeightsRequest { request_id: self.request_id(), score_weights: Some(weights) };
        Ok(self.cohorts.clone().create_score_weights(request).await?.into_inner().score_weights.unwrap())
    }

    /// Nominates a person whom the mirror has at the nominating school, as network's events would put it there.
    pub(crate) async fn nominate_as(&self, request: pb::CreateNominationRequest) -> Answer<pb::Nomination> {
        let nomination = request.nomination.clone().unwrap();
        let id = nomination.person.strip_prefix("persons/").unwrap();
        let urn = nomination.school.strip_prefix("schools/").unwrap().parse().unwrap();
        fixture::person(&self.pool, id, urn).await;
        self.nominate_known(request).await
    }

    /// Nominates a person of whom the mirror may know nothing.
    pub(crate) async fn nominate_known(&self, request: pb::CreateNominationRequest) -> Answer<pb::Nomination> {
        let request = pb::CreateNominationRequest { request_id: self.request_id(), ..request };
        Ok(self.nominations.clone().create_nomination(request).await?.into_inner().nomination.unwrap())
    }

    /// Nominates the teacher with the number of the school for cohort 5.
    pub(crate) async fn nominate(&self, urn: i64, hub: &str) -> Answer<pb::Nomination> {
        self.nominate_as(nomination(COHORT, urn, hub, teacher(urn))).await
    }

    pub(crate) async fn nomination(&self, name: &str) -> Answer<pb::Nomination> {
        let request = pb::GetNominationRequest { name: name.to_owned() };
        Ok(self.nominations.clone().get_nomination(request).await?.into_inner().nomination.unwrap())
    }

    pub(crate) async fn nominations(&self) -> Answer<Vec<pb::Nomination>> {
        let request =
            pb::ListNominationsRequest { parent: COHORT.to_owned(), page_size: 1_000, ..pb::ListNominationsRequest::default() };
        Ok(self.nominations.clone().list_nominations(request).await?.into_inner().nominations)
    }

    pub(crate) async fn withdraw(&self, name: &str) -> Answer<pb::Nomination> {
        let request = pb::WithdrawNominationRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            reason: "No cover for release".to_owned(),
        };
        Ok(self.nominations.clone().withdraw_nomination(request).await?.into_inner().nomination.unwrap())
    }

    pub(crate) async fn rank_as(&self, request_id: &str, validate_only: bool) -> Answer<pb::Ranking> {
        let request = pb::RankNominationsRequest { request_id: request_id.to_owned(), parent: COHORT.to_owned(), validate_only };
        Ok(self.nominations.clone().rank_nominations(request).await?.into_inner().ranking.unwrap())
    }

    pub(crate) async fn rank(&self) -> Answer<pb::Ranking> {
        self.rank_as(&self.request_id(), false).await
    }

    pub(crate) async fn rankings(&self) -> Answer<Vec<pb::Ranking>> {
        let request = pb::ListRankingsRequest { parent: COHORT.to_owned(), ..pb::ListRankingsRequest::default() };
        Ok(self.nominations.clone().list_rankings(request).await?.into_inner().rankings)
    }

    pub(crate) async fn select_as(
        &self,
        request_id: &str,
        hub: &str,
        selections_count: i32,
        validate_only: bool,
    ) -> Answer<Vec<pb::Nomination>> {
        let request = pb::SelectNominationsRequest {
            request_id: request_id.to_owned(),
            parent: COHORT.to_owned(),
            hub: hub.to_owned(),
            selections_count,
            validate_only,
        };
        Ok(self.nominations.clone().select_nominations(request).await?.into_inner().selected_nominations)
    }

    pub(crate) async fn select(&self, hub: &str, selections_count: i32) -> Answer<Vec<pb::Nomination>> {
        self.select_as(&self.request_id(), hub, selections_count, false).await
    }

    pub(crate) async fn decide(&self, name: &str, outcome: pb::NominationState, etag: &str) -> Answer<pb::Nomination> {
        let reason = "The only department without a specialist".to_owned();
        let (name, etag) = (name.to_owned(), etag.to_owned());
        let outcome = outcome.into();
        let request = pb::OverrideNominationRequest { name, outcome, reason, etag, ..pb::OverrideNominationRequest::default() };
        self.decide_as(request).await
    }

    pub(crate) async fn decide_as(&self, request: pb::OverrideNominationRequest) -> Answer<pb::Nomination> {
        let request = pb::OverrideNominationRequest { request_id: self.request_id(), ..request };
        Ok(self.nominations.clone().override_nomination(request).await?.into_inner().nomination.unwrap())
    }
}

/// Schools in the order of their ranks.
pub(crate) fn by_rank(nominations: &[pb::Nomination]) -> Vec<String> {
    let mut ranked: Vec<_> = nominations.iter().filter(|nomination| nomination.standing.is_some()).collect();
    ranked.sort_by_key(|nomination| nomination.standing.as_ref().unwrap().rank);
    ranked.into_iter().map(|nomination| nomination.school.clone()).collect()
}

pub(crate) fn schools_of(nominations: &[pb::Nomination]) -> Vec<String> {
    nominations.iter().map(|nomination| nomination.school.clone()).collect()
}

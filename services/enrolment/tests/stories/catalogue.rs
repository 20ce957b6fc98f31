//! Programmes of the catalogue in rounds: which schools their terms take, and how often.

use proto::{
    enrolment::v1::{self as pb, PlaceOrder},
    network::v1 as network,
};
use tonic_types::StatusExt;

use crate::fixture::*;

/// A round of an academic year, `2018/19`, for a programme.
fn round_of(first_year: i32, programme: &str) -> pb::Round {
    pb::Round {
        academic_year: format!("{first_year}/{}", first_year - 1999),
        window_start_date: format!("{first_year}-05-01"),
        window_end_date: format!("{first_year}-07-31"),
        programmes: vec![pb::RoundProgramme { programme: programme.to_owned(), ..Default::default() }],
        ..round(PlaceOrder::Submission)
    }
}

/// Announces a round of a programme with a place in the north, and accepts it for a school.
async fn take_part(fixture: &Fixture, first_year: i32, programme: &str, urn: i64) -> Answer<pb::Application> {
    take_part_in(fixture, &format!("{first_year}-{programme}"), first_year, programme, urn).await
}

/// The same with the id of the round.
async fn take_part_in(fixture: &Fixture, id: &str, first_year: i32, programme: &str, urn: i64) -> Answer<pb::Application> {
    let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
    let round = ncetm.create_round(id, round_of(first_year, programme)).await?.name;
    let places = pb::Places { hub: NORTH.to_owned(), programme: programme.to_owned(), places_count: 1, ..Default::default() };
    let request = pb::SetPlacesRequest { request_id: ncetm.request_id(), parent: round.clone(), places: Some(places) };
    ncetm.rounds.clone().set_places(request).await?;
    let application = pb::Application {
        school: school(urn),
        hub: NORTH.to_owned(),
        programme: programme.to_owned(),
        ..pb::Application::default()
    };
    let (request_id, parent) = (lead.request_id(), round.clone());
    let request = pb::CreateApplicationRequest { request_id, parent, application: Some(application) };
    let drafted = lead.applications.clone().create_application(request).await?.into_inner().application.unwrap();
    lead.submit(&drafted.name).await?;
    let request = pb::OfferPlacesRequest {
        request_id: lead.request_id(),
        parent: round,
        hub: NORTH.to_owned(),
        programme: programme.to_owned(),
        offers_count: 0,
        ..Default::default()
    };
    lead.applications.clone().offer_places(request).await?;
    lead.accept(&drafted.name).await
}

/// A college that teaches from 16 on.
fn college(urn: i32) -> network::School {
    network::School {
        urn,
        old_la_code: "800".to_owned(),
        region_code: "E12000001".to_owned(),
        status_code: 1,
        type_group_code: 1,
        phase_code: 6,
        low_age: Some(16),
        high_age: Some(99),
        listed: true,
        ..network::School::default()
    }
}

#[tokio::test]
async fn a_college_takes_a_place_in_core_maths_and_is_refused_for_mastery() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        fixture::register(fixture.pool(), vec![college(130_001)]).await;
        let terms = network::Eligibility {
            type_group_codes: vec![1, 4, 10, 11],
            phase_codes: vec![4, 5, 6, 7],
            ages: Some(network::AgeRange { from_age: 18, to_age: 18 }),
        };
        fixture::programme_by(fixture.pool(), "supporting-core-maths", network::Recurrence::Yearly, terms, 1).await;
        let place = take_part(&fixture, 2018, "supporting-core-maths", 130_001).await.unwrap();
        assert_eq!(place.state(), pb::ApplicationState::Accepted);
        let refused = take_part(&fixture, 2018, MASTERY, 130_001).await.unwrap_err();
        let info = refused.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.metadata["why"].as_str()), ("SCHOOL_NOT_ELIGIBLE", "type_group_not_of_programme"));
        assert_eq!(info.metadata["terms"], format!("programmes/{MASTERY}/terms/1"));
        let primary = take_part(&fixture, 2019, "supporting-core-maths", 100_001).await.unwrap_err();
        assert_eq!(primary.get_details_error_info().unwrap().metadata["why"], "phase_not_of_programme");
    }
}

#[tokio::test]
async fn a_school_takes_part_in_a_yearly_project_every_year_and_in_development_once() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let project = take_part(&fixture, 2018, CORE_MATHS, 100_001).await.unwrap();
        let development = take_part(&fixture, 2018, MASTERY, 100_001).await.unwrap();
        assert_ne!(project.participation, development.participation);
        let again = take_part_in(&fixture, "again", 2018, CORE_MATHS, 100_001).await;
        assert_eq!(reason(again), "SCHOOL_HAS_APPLIED", "once in a year");
        fixture.clock.move_to(noon("2019-05-02"));
        let next = take_part(&fixture, 2019, CORE_MATHS, 100_001).await.unwrap();
        assert_eq!(next.state(), pb::ApplicationState::Accepted);
        assert_eq!(reason(take_part(&fixture, 2019, MASTERY, 100_001).await), "SCHOOL_HAS_APPLIED");
    }
}

#[tokio::test]
async fn a_mistyped_programme_and_one_that_is_not_offered_in_the_year_are_refused() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let mistyped = fixture.ncetm().create_round("2018", round_of(2018, "primary-teaching-for-mastry")).await.unwrap_err();
        let said = "the catalogue has no programme `primary-teaching-for-mastry` with terms for 2018/19; correct the id, or add terms with \
                    CatalogueService.AddProgrammeTerms";
        assert_eq!(mistyped.message(), said);
        assert_eq!(reason(Err::<(), _>(mistyped)), "PROGRAMME_UNKNOWN");
        fixture.sql("UPDATE programme_terms SET start_date = '2019-09-01'").await;
        assert_eq!(reason(fixture.ncetm().create_round("2018", round_of(2018, MASTERY)).await), "PROGRAMME_UNKNOWN");
        fixture.ncetm().create_round("2019", round_of(2019, MASTERY)).await.expect("it has terms from September 2019");
    }
}

#[tokio::test]
async fn a_round_keeps_the_terms_by_which_it_was_announced() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        fixture.programme(&[4, 5]).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.expect("primary schools may apply, as announced").name;
        lead.offer(NORTH, 1).await.unwrap();
        lead.accept(&name).await.unwrap();
    }
}

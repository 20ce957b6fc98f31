//! Persons are ids here: who is known, where the person teaches, and what follows from a merge in network.

use proto::{
    feed::v1::Event,
    network::v1 as network,
    person::v1::{ListPersonRecordRequest, person_record_service_client::PersonRecordServiceClient},
    specialists::v1::{self as pb, Attention, NominationState},
};
use time::Instant;

use crate::fixture::*;

fn person(name: &str, employments: &[(i64, &str)]) -> Option<network::Person> {
    let employment = |(urn, day): &(i64, &str)| network::Employment {
        school: school(*urn),
        start_date: (*day).to_owned(),
        ..network::Employment::default()
    };
    let employments = employments.iter().map(employment).collect();
    Some(network::Person { name: name.to_owned(), employments, ..network::Person::default() })
}

fn recorded(name: &str, urn: i64) -> Event {
    event(&network::PersonRecorded { person: person(name, &[(urn, "2015-09-01")]) })
}

fn merged(stays: &str, urn: i64, other: &str) -> Event {
    let merged_person = other.to_owned();
    event(&network::PersonsMerged { person: person(stays, &[(urn, "2015-09-01")]), merged_person })
}

/// The id of a person who was recorded at an instant.
fn id_of(fixture: &Fixture, instant: Instant) -> String {
    format!("persons/{}", fixture.service.context.ids.next(instant))
}

#[tokio::test]
async fn a_new_person_whom_the_feed_has_not_brought_is_to_be_tried_again_and_an_old_one_does_not_exist() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let now = fixture.clock.now();
        let nominate = async |person: &str| {
            let request = nomination(COHORT, 100_001, NORTH, person.to_owned());
            fixture.hub_lead(NORTH).nominate_known(request).await
        };
        let seconds = |count: i64| id_of(&fixture, now.plus_micros(count * 1_000_000));
        let new = seconds(-59);
        let refused = nominate(&new).await.unwrap_err();
        assert_eq!((refused.code(), reason(Err::<(), _>(refused))), (tonic::Code::Unavailable, "TRY_AGAIN".to_owned()));
        for unknown in [seconds(-60), seconds(60), "persons/teacher".to_owned()] {
            assert_eq!(reason(nominate(&unknown).await), "NOT_FOUND", "{unknown}");
        }
        fixture.apply(vec![recorded(&new, 100_001)]).await;
        assert_eq!(nominate(&new).await.unwrap().person, new);
    }
}

#[tokio::test]
async fn a_school_nominates_a_person_who_teaches_there_today() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let nominate = async |urn| {
            let request = nomination(COHORT, urn, NORTH, "persons/one".to_owned());
            fixture.ncetm().nominate_known(request).await
        };
        // From the first of March the person teaches at 100002, which became the academy 100500.
        let moves = person("persons/one", &[(100_001, "2015-09-01"), (100_002, "2019-03-01")]);
        fixture.apply(vec![recorded("persons/one", 100_001), event(&network::PersonMoved { person: moves })]).await;
        fixture::link(fixture.pool(), 100_002, 100_500, false, "2018-09-01").await;
        assert_eq!(metadata(nominate(100_500).await, "why"), "teaches_elsewhere");
        fixture.clock.move_to(noon("2019-03-01"));
        assert_eq!(metadata(nominate(100_001).await, "why"), "teaches_elsewhere");
        nominate(100_500).await.unwrap();
    }
}

#[tokio::test]
async fn the_member_of_the_council_for_dfe_teaches_at_no_school_and_is_not_nominated_before_that_changes() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let nominate = async || {
            let request = nomination(COHORT, 100_001, NORTH, "persons/one".to_owned());
            fixture.ncetm().nominate_known(request).await
        };
        fixture.apply(vec![event(&network::PersonRecorded { person: person("persons/one", &[]) })]).await;
        let refused = nominate().await;
        assert_eq!(metadata(refused.clone(), "why"), "teaches_at_no_school");
        assert!(refused.unwrap_err().message().ends_with("the nominee teaches at no school today"));
        let moved = person("persons/one", &[(100_001, "2019-02-15")]);
        fixture.apply(vec![event(&network::PersonMoved { person: moved })]).await;
        nominate().await.unwrap();
    }
}

#[tokio::test]
async fn an_erased_person_is_not_nominated_and_an_earlier_nomination_stays() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        let request = || nomination(COHORT, 100_001, NORTH, "persons/one".to_owned());
        fixture.apply(vec![recorded("persons/one", 100_001)]).await;
        let made = ncetm.nominate_known(request()).await.unwrap();
        let erased = network::Person { erased: true, ..person("persons/one", &[(100_001, "2015-09-01")]).unwrap() };
        fixture.apply(vec![event(&network::PersonErased { person: Some(erased) })]).await;
        assert_eq!(ncetm.nomination(&made.name).await.unwrap(), made);
        ncetm.withdraw(&made.name).await.unwrap();
        assert_eq!(reason(ncetm.nominate_known(request()).await), "PERSON_ERASED");
    }
}

/// Two nominations of one teacher under two records, of the north and a day later of the south.
async fn nominated_twice(fixture: &Fixture) -> [pb::Nomination; 2] {
    fixture.apply(vec![recorded("persons/one", 100_001), recorded("persons/two", 100_002)]).await;
    let nominate = async |urn, hub: &str, person: &str| {
        fixture.ncetm().nominate_known(nomination(COHORT, urn, hub, person.to_owned())).await.unwrap()
    };
    let first = nominate(100_001, NORTH, "persons/one").await;
    fixture.clock.move_to(noon("2019-02-16"));
    [first, nominate(100_002, SOUTH, "persons/two").await]
}

#[tokio::test]
async fn a_merge_marks_the_later_of_two_live_nominations_which_is_not_selected_before_one_is_withdrawn() {
    // The record that stays does not decide which nomination is marked, and either can be withdrawn.
    for [stays, other] in [["persons/one", "persons/two"], ["persons/two", "persons/one"]] {
        for first_is_withdrawn in [true, false] {
            for database in db::testing::databases().await {
                let fixture = Fixture::with_cohort(&database).await;
                let ncetm = fixture.ncetm();
                let [first, later] = nominated_twice(&fixture).await;
                let attention = async |nomination: &pb::Nomination| ncetm.nomination(&nomination.name).await.unwrap().attention();
                assert_eq!([attention(&first).await, attention(&later).await], [Attention::Unspecified; 2]);
                fixture.apply(vec![merged(stays, 100_001, other)]).await;
                assert_eq!(attention(&first).await, Attention::Unspecified);
                assert_eq!(attention(&later).await, Attention::DuplicatePerson);
                let listed = ncetm.nominations().await.unwrap();
                assert_eq!(listed.iter().filter(|one| one.attention() == Attention::DuplicatePerson).count(), 1);
                for id in ["persons/one", "persons/two"] {
                    let third = ncetm.nominate_known(nomination(COHORT, 100_001, NORTH, id.to_owned())).await;
                    assert_eq!(metadata(third, "why"), "has_live_nomination", "{id}");
                }
                fixture.clock.move_to(noon(AFTER));
                ncetm.rank().await.unwrap();
                assert!(fixture.hub_lead(SOUTH).select(SOUTH, 1).await.unwrap().is_empty(), "the marked one is left out");
                let etag = ncetm.nomination(&later.name).await.unwrap().etag;
                let refused = ncetm.decide(&later.name, NominationState::Selected, &etag).await;
                assert_eq!(metadata(refused, "why"), "has_live_nomination");
                let [withdrawn, kept] = if first_is_withdrawn { [&first, &later] } else { [&later, &first] };
                ncetm.withdraw(&withdrawn.name).await.unwrap();
                assert_eq!([attention(&first).await, attention(&later).await], [Attention::Unspecified; 2]);
                let selected = ncetm.select("", 2).await.unwrap();
                assert_eq!(selected.iter().map(|one| &one.name).collect::<Vec<_>>(), [&kept.name]);
            }
        }
    }
}

#[tokio::test]
async fn of_two_nominations_of_a_merged_person_the_selected_one_stays() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        let [first, later] = nominated_twice(&fixture).await;
        fixture.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        fixture.hub_lead(SOUTH).select(SOUTH, 1).await.unwrap();
        fixture.apply(vec![merged("persons/one", 100_001, "persons/two")]).await;
        assert_eq!(ncetm.nomination(&later.name).await.unwrap().attention(), Attention::Unspecified);
        assert_eq!(ncetm.nomination(&first.name).await.unwrap().attention(), Attention::DuplicatePerson);
        assert!(ncetm.select("", 9).await.unwrap().is_empty(), "nobody becomes a specialist twice");
        // Passed over, it is no duplicate; but it is not selected again either.
        let read = ncetm.nomination(&first.name).await.unwrap();
        let passed_over = ncetm.decide(&first.name, NominationState::NotSelected, &read.etag).await.unwrap();
        assert_eq!(passed_over.attention(), Attention::Unspecified);
        let again = ncetm.decide(&first.name, NominationState::Selected, &passed_over.etag).await;
        assert_eq!(metadata(again, "why"), "has_live_nomination");
    }
}

#[tokio::test]
async fn the_record_of_a_person_has_nominations_under_every_id_with_what_people_wrote_about_them() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        let [first, later] = nominated_twice(&fixture).await;
        fixture.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        let etag = ncetm.nomination(&first.name).await.unwrap().etag;
        ncetm.decide(&first.name, NominationState::NotSelected, &etag).await.unwrap();
        ncetm.withdraw(&later.name).await.unwrap();
        fixture.apply(vec![merged("persons/one", 100_001, "persons/two")]).await;
        let before = fixture.pool().statements_count();
        let request = ListPersonRecordRequest { person: "persons/two".to_owned(), ..ListPersonRecordRequest::default() };
        let line = fixture.line(access::Role::Ncetm, None, None);
        let answer = PersonRecordServiceClient::new(line).list_person_record(request).await.unwrap().into_inner();
        assert_eq!(fixture.pool().statements_count() - before, 1);
        let mut found: Vec<_> = answer.person_records.into_iter().map(|one| (one.resource, one.content)).collect();
        let of = |resource: &str, content: &str| (resource.to_owned(), content.to_owned());
        let mut expected = [
            of("persons/one", "is known as an id"),
            of("persons/two", "is an id that means persons/one"),
            of("persons/one", "teaches at schools/100001 from 2015-09-01"),
            of("persons/two", "teaches at schools/100002 from 2015-09-01"),
            of(&first.name, "was nominated by schools/100001 through hubs/north; not_selected"),
            of(&first.name, "decision 1: not_selected: The only department without a specialist"),
            of(&first.name, "has rank 1 in ranking 1"),
            of(&later.name, "was nominated by schools/100002 through hubs/south; withdrawn: No cover for release"),
            of(&later.name, "has rank 2 in ranking 1"),
        ];
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

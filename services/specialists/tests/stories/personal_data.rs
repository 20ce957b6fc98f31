//! Personal data: names and addresses are in one table, and in no event, stored answer or error.

use proto::specialists::v1::{self as pb, NominationState};

use crate::fixture::*;

#[tokio::test]
async fn the_name_and_address_of_a_person_are_in_one_table_only() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let nominee = pb::Nominee {
            display_name: "Wilhelmina Quux".to_owned(),
            email_address: "w.quux@school.example".to_owned(),
            ..pb::Nominee::default()
        };
        let made = lead.nominate_as(nomination(COHORT, 100_001, NORTH, nominee)).await.unwrap();
        ncetm.nominate(100_002, NORTH).await.unwrap();
        fixture.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        let read = ncetm.nomination(&made.name).await.unwrap();
        ncetm.decide(&made.name, NominationState::Selected, &read.etag).await.unwrap();
        ncetm.select("", 1).await.unwrap();
        lead.withdraw(&made.name).await.unwrap();
        assert_eq!(lead.nominee(&made.person).await.unwrap().display_name, "Wilhelmina Quux");
        for text in ["Wilhelmina", "Quux", "w.quux@school.example"] {
            assert_eq!(fixture.tables_with(text).await, ["person"], "{text}");
        }
        // The search finds texts inside events and stored answers: the person's id is there.
        let id = made.person.strip_prefix("persons/").unwrap();
        assert_eq!(fixture.tables_with(id).await, ["event", "nomination", "person", "request"]);
        assert_eq!(fixture.tables_with("Council, autumn 2018").await, ["request", "score_weights"]);
        // Events do not hold the reason that a person wrote.
        assert_eq!(fixture.tables_with("The only department").await, ["nomination_override", "request"]);
    }
}

#[tokio::test]
async fn the_error_for_wrong_fields_does_not_repeat_the_name() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let nominee = pb::Nominee {
            display_name: "Wilhelmina\u{7} Quux".to_owned(),
            email_address: "w.quux at school.example".to_owned(),
            ..pb::Nominee::default()
        };
        let status = fixture.ncetm().nominate_as(nomination(COHORT, 100_001, NORTH, nominee)).await.unwrap_err();
        assert!(status.message().contains("nominee.display_name") && status.message().contains("nominee.email_address"));
        assert!(!status.message().to_lowercase().contains("quux"), "{}", status.message());
    }
}

/// The lead of the south nominated under the address of the north's nominee: that renamed the person, and before, the refusal said that the teacher was
/// nominated somewhere.
#[tokio::test]
async fn a_hub_neither_renames_the_nominee_of_another_nor_learns_of_the_nomination() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let (north, south) = (fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
        let renamed = || pb::Nominee { display_name: "Somebody Else".to_owned(), ..teacher(100_001) };
        let own = north.nominate(100_001, NORTH).await.unwrap();
        let other = south.nominate_as(nomination(COHORT, 100_002, SOUTH, renamed())).await;
        let other = other.expect("a live nomination in the north is no reason against one in the south");
        assert_eq!(north.nominee(&own.person).await.unwrap().display_name, "Teacher 100001");
        assert_eq!(south.nominee(&other.person).await.unwrap().display_name, "Somebody Else");
        assert_eq!(reason(south.nominee(&own.person).await), "NOT_FOUND");
        // Nor does another nomination of the same hub rename the person, once the first is withdrawn.
        north.withdraw(&own.name).await.unwrap();
        let again = north.nominate_as(nomination(COHORT, 100_003, NORTH, renamed())).await.unwrap();
        assert_eq!(again.person, own.person);
        assert_eq!(north.nominee(&own.person).await.unwrap().display_name, "Teacher 100001");
        // The foreign key refuses a nomination of another hub than its person.
        let moved = fixture.pool().write::<(), db::Error, _>(move |mut tx| {
            Box::pin(async move {
                db::testing::execute(&mut tx, "UPDATE nomination SET hub = 'south' WHERE hub = 'north'").await.map(drop)
            })
        });
        assert!(moved.await.is_err());
    }
}

#[tokio::test]
async fn a_person_without_an_open_case_is_erased_after_two_years_and_the_nomination_stays() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let left = lead.nominate(100_001, NORTH).await.unwrap();
        let chosen = ncetm.nominate(100_002, NORTH).await.unwrap();
        lead.withdraw(&left.name).await.unwrap();
        fixture.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        ncetm.select("", 1).await.unwrap();
        let seen = async |nomination: &pb::Nomination| ncetm.nominee(&nomination.person).await.is_ok();
        // The window of the cohort closed on 31 March 2019; its years are 2019/20 to 2021/22.
        for (day, [left_is_seen, chosen_is_seen]) in [
            ("2021-03-31", [true, true]),
            ("2021-04-02", [false, true]),
            ("2024-08-30", [false, true]),
            ("2024-09-02", [false, false]),
        ] {
            fixture.clock.move_to(noon(day));
            specialists::erase_persons(&fixture.service.context).await.unwrap();
            assert_eq!([seen(&left).await, seen(&chosen).await], [left_is_seen, chosen_is_seen], "{day}");
        }
        assert_eq!(ncetm.nomination(&chosen.name).await.unwrap().state(), NominationState::Selected);
        let again = lead.nominate(100_001, NORTH).await;
        assert_eq!(reason(again), "WINDOW_CLOSED");
    }
}

//! Selections: by rank, of a hub or of the nation, and against the order.

use proto::specialists::v1::{self as pb, NominationState};

use crate::fixture::*;

/// Makes and ranks five nominations, of the north and of the south in turn, each submitted a day after the one before.
async fn rank_five(fixture: &Fixture) {
    for (place, date) in ["2019-02-16", "2019-02-17", "2019-02-18", "2019-02-19", "2019-02-20"].into_iter().enumerate() {
        fixture.clock.move_to(noon(date));
        let urn = 100_001 + i64::try_from(place).unwrap();
        fixture.ncetm().nominate(urn, if place % 2 == 0 { NORTH } else { SOUTH }).await.unwrap();
    }
    fixture.clock.move_to(noon(AFTER));
    fixture.ncetm().rank().await.unwrap();
}

#[tokio::test]
async fn the_first_of_a_hub_and_then_of_the_nation_are_selected_and_a_dry_run_changes_nothing() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let (ncetm, south) = (fixture.ncetm(), fixture.hub_lead(SOUTH));
        assert_eq!(reason(south.select("", 1).await), "HUB_NOT_OWN");
        assert_eq!(reason(south.select(NORTH, 1).await), "HUB_NOT_OWN");
        let preview = south.select_as(&south.request_id(), SOUTH, 1, true).await.unwrap();
        assert_eq!(schools_of(&preview), [school(100_002)]);
        assert_eq!(ncetm.nomination(&preview[0].name).await.unwrap().state(), NominationState::Submitted);
        assert_eq!(south.select(SOUTH, 1).await.unwrap(), preview, "the dry run gave what happens");
        assert_eq!(schools_of(&ncetm.select("", 3).await.unwrap()), [school(100_001), school(100_003), school(100_004)]);
        assert_eq!(schools_of(&ncetm.select("", 3).await.unwrap()), [school(100_005)], "there are no more");
        assert!(ncetm.select("", 3).await.unwrap().is_empty());
        assert_eq!(reason(ncetm.select("hubs/nowhere", 1).await), "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_equal_requests_have_one_effect_and_one_answer() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let ncetm = fixture.ncetm();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let ncetm = ncetm.clone();
                tokio::spawn(async move { ncetm.select_as("once", "", 2, false).await.unwrap() })
            })
            .collect();
        for task in tasks {
            assert_eq!(schools_of(&task.await.unwrap()), [school(100_001), school(100_002)]);
        }
        let selected = fixture.events().await.into_iter().filter(|event| event == "SpecialistSelected").count();
        assert_eq!(selected, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_selections_select_each_nomination_once() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let ncetm = fixture.ncetm();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let ncetm = ncetm.clone();
                tokio::spawn(async move { ncetm.select("", 1).await.unwrap() })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(schools_of(&task.await.unwrap()));
        }
        all.sort();
        assert_eq!(all, (100_001..=100_005).map(school).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_override_records_its_actor_and_its_reason() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let ncetm = fixture.ncetm();
        let all = ncetm.nominations().await.unwrap();
        let (first, last) = (&all[0], &all[4]);
        assert_eq!(reason(ncetm.decide(&last.name, NominationState::Selected, "v9.9").await), "ETAG_STALE");
        let chosen = ncetm.decide(&last.name, NominationState::Selected, &last.etag).await.unwrap();
        let mark = chosen.r#override.clone().unwrap();
        assert_eq!((chosen.state(), mark.outcome()), (NominationState::Selected, NominationState::Selected));
        assert_eq!(
            (fixture.subject(&mark.actor).await.as_str(), mark.reason.as_str()),
            ("ncetm:", "The only department without a specialist")
        );
        assert_eq!(chosen.standing, last.standing, "its rank does not change");
        assert_eq!(reason(ncetm.decide(&last.name, NominationState::Selected, &chosen.etag).await), "OUTCOME_STANDS");
        assert_eq!(reason(ncetm.rank().await), "SELECTION_BEGUN");
        let passed_over = ncetm.decide(&first.name, NominationState::NotSelected, &first.etag).await.unwrap();
        assert_eq!(passed_over.select_time, None);
        assert_eq!(
            schools_of(&ncetm.select("", 1).await.unwrap()),
            [school(100_002)],
            "a nomination that was passed over is not selected"
        );
        let events = fixture.events().await;
        let newest = &events[events.len() - 4..];
        assert_eq!(newest, ["NominationOverridden", "SpecialistSelected", "NominationOverridden", "SpecialistSelected"]);
        // Both selections have the event, and it shows which was against the order.
        let selected = fixture.events_of::<pb::SpecialistSelected>().await.into_iter().map(|event| event.nomination.unwrap());
        let marked: Vec<_> = selected.map(|nomination| (nomination.name, nomination.r#override.is_some())).collect();
        assert_eq!(marked, [(last.name.clone(), true), (all[1].name.clone(), false)]);
    }
}

#[tokio::test]
async fn a_changed_decision_is_kept_with_its_reason_beside_the_new_one() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let ncetm = fixture.ncetm();
        let mut current = ncetm.nominations().await.unwrap().remove(4);
        let decisions = [
            (NominationState::Selected, "Nobody near"),
            (NominationState::NotSelected, "Another took the post"),
            (NominationState::Selected, "The other left"),
        ];
        for (outcome, reason) in decisions {
            let request = |validate_only| pb::OverrideNominationRequest {
                name: current.name.clone(),
                outcome: outcome.into(),
                reason: reason.to_owned(),
                etag: current.etag.clone(),
                validate_only,
                ..pb::OverrideNominationRequest::default()
            };
            let events = fixture.events().await.len();
            let preview = ncetm.decide_as(request(true)).await.unwrap();
            assert_eq!(ncetm.nomination(&current.name).await.unwrap(), current, "a dry run changes nothing");
            assert_eq!(fixture.events().await.len(), events);
            let decided = ncetm.decide_as(request(false)).await.unwrap();
            assert_eq!(decided, preview);
            assert_eq!(ncetm.nomination(&current.name).await.unwrap(), decided);
            assert_eq!(decided.r#override.as_ref().unwrap().reason, reason);
            current = decided;
        }
        let kept = fixture.texts("SELECT outcome || ': ' || reason FROM nomination_override ORDER BY number").await;
        assert_eq!(kept, ["selected: Nobody near", "not_selected: Another took the post", "selected: The other left"]);
        let overridden = fixture.events_of::<pb::NominationOverridden>().await.into_iter().map(|event| event.nomination.unwrap());
        let outcomes: Vec<_> =
            overridden.map(|nomination| (nomination.state(), nomination.r#override.unwrap().outcome())).collect();
        assert_eq!(outcomes, decisions.map(|(outcome, _)| (outcome, outcome)));
        assert_eq!(fixture.events_of::<pb::SpecialistSelected>().await.len(), 2);
    }
}

#[tokio::test]
async fn a_person_who_was_passed_over_and_then_nominated_for_another_cohort_cannot_be_selected() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let ncetm = fixture.ncetm();
        let first = ncetm.nominations().await.unwrap().remove(0);
        let passed_over = ncetm.decide(&first.name, NominationState::NotSelected, &first.etag).await.unwrap();
        let next = pb::Cohort { number: 6, window_end_date: "2019-05-31".to_owned(), ..cohort() };
        ncetm.create_cohort("secondary-6", next).await.unwrap();
        ncetm.nominate_as(nomination("cohorts/secondary-6", 100_001, NORTH, teacher(100_001))).await.unwrap();
        let failed = ncetm.decide(&first.name, NominationState::Selected, &passed_over.etag).await;
        assert_eq!(metadata(failed, "why"), "has_live_nomination");
    }
}

#[tokio::test]
async fn the_next_is_selected_in_place_of_a_withdrawn_specialist_and_the_order_stays() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        rank_five(&fixture).await;
        let ncetm = fixture.ncetm();
        let selected = ncetm.select("", 1).await.unwrap().remove(0);
        ncetm.withdraw(&selected.name).await.unwrap();
        assert_eq!(reason(ncetm.rank().await), "SELECTION_BEGUN");
        assert_eq!(schools_of(&ncetm.select("", 1).await.unwrap()), [school(100_002)]);
        let gone = ncetm.nomination(&selected.name).await.unwrap();
        assert_eq!(reason(ncetm.decide(&gone.name, NominationState::Selected, &gone.etag).await), "STATE_ENDED");
    }
}

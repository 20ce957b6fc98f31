//! Who is selected: by rank, of a hub or of the nation, or against the order.

use proto::specialists::v1::{self as pb, NominationState};

use crate::stage::*;

/// Five nominations, the north's and the south's in turn, submitted one day after another and ranked so.
async fn ranked(stage: &Stage) {
    for (place, date) in ["2019-02-16", "2019-02-17", "2019-02-18", "2019-02-19", "2019-02-20"].into_iter().enumerate() {
        stage.clock.move_to(noon(date));
        let urn = 100_001 + i64::try_from(place).unwrap();
        stage.ncetm().nominate(urn, if place % 2 == 0 { NORTH } else { SOUTH }).await.unwrap();
    }
    stage.clock.move_to(noon(AFTER));
    stage.ncetm().rank().await.unwrap();
}

#[tokio::test]
async fn the_first_of_a_hub_and_then_of_the_nation_are_selected_and_what_is_tried_changes_nothing() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let (ncetm, south) = (stage.ncetm(), stage.hub_lead(SOUTH));
        assert_eq!(reason(south.select("", 1).await), "HUB_NOT_OWN");
        assert_eq!(reason(south.select(NORTH, 1).await), "HUB_NOT_OWN");
        let tried = south.select_as(&south.request_id(), SOUTH, 1, true).await.unwrap();
        assert_eq!(schools_of(&tried), [school(100_002)]);
        assert_eq!(ncetm.nomination(&tried[0].name).await.unwrap().state(), NominationState::Submitted);
        assert_eq!(south.select(SOUTH, 1).await.unwrap(), tried, "what was foretold is what happens");
        assert_eq!(schools_of(&ncetm.select("", 3).await.unwrap()), [school(100_001), school(100_003), school(100_004)]);
        assert_eq!(schools_of(&ncetm.select("", 3).await.unwrap()), [school(100_005)], "there are no more");
        assert!(ncetm.select("", 3).await.unwrap().is_empty());
        assert_eq!(reason(ncetm.select("hubs/nowhere", 1).await), "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_equal_requests_have_one_effect_and_one_answer() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let ncetm = stage.ncetm();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let ncetm = ncetm.clone();
                tokio::spawn(async move { ncetm.select_as("once", "", 2, false).await.unwrap() })
            })
            .collect();
        for task in tasks {
            assert_eq!(schools_of(&task.await.unwrap()), [school(100_001), school(100_002)]);
        }
        let selected = stage.events().await.into_iter().filter(|event| event == "SpecialistSelected").count();
        assert_eq!(selected, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_select_at_once_never_select_one_twice_or_pass_one_over() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let ncetm = stage.ncetm();
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
async fn an_outcome_against_the_order_is_marked_with_who_decided_it_and_why() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let ncetm = stage.ncetm();
        let all = ncetm.nominations().await.unwrap();
        let (first, last) = (&all[0], &all[4]);
        assert_eq!(reason(ncetm.decide(&last.name, NominationState::Selected, "v9.9").await), "ETAG_STALE");
        let chosen = ncetm.decide(&last.name, NominationState::Selected, &last.etag).await.unwrap();
        let mark = chosen.r#override.clone().unwrap();
        assert_eq!((chosen.state(), mark.outcome()), (NominationState::Selected, NominationState::Selected));
        assert_eq!((mark.actor.as_str(), mark.reason.as_str()), ("ncetm:", "The only department without a specialist"));
        assert_eq!(chosen.standing, last.standing, "its rank stays what it was");
        assert_eq!(reason(ncetm.decide(&last.name, NominationState::Selected, &chosen.etag).await), "OUTCOME_STANDS");
        assert_eq!(reason(ncetm.rank().await), "SELECTION_BEGUN");
        let passed_over = ncetm.decide(&first.name, NominationState::NotSelected, &first.etag).await.unwrap();
        assert_eq!(passed_over.select_time, None);
        assert_eq!(schools_of(&ncetm.select("", 1).await.unwrap()), [school(100_002)], "who was passed over is not selected");
        let events = stage.events().await;
        let newest = &events[events.len() - 4..];
        assert_eq!(newest, ["NominationOverridden", "SpecialistSelected", "NominationOverridden", "SpecialistSelected"]);
        // Whoever counts specialists by their selection hears of both, and which of them was against the order.
        let selected = stage.told::<pb::SpecialistSelected>().await.into_iter().map(|event| event.nomination.unwrap());
        let marked: Vec<_> = selected.map(|nomination| (nomination.name, nomination.r#override.is_some())).collect();
        assert_eq!(marked, [(last.name.clone(), true), (all[1].name.clone(), false)]);
    }
}

#[tokio::test]
async fn a_decision_that_is_changed_is_kept_with_its_reason_beside_the_one_that_changed_it() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let ncetm = stage.ncetm();
        let mut stands = ncetm.nominations().await.unwrap().remove(4);
        let decisions = [
            (NominationState::Selected, "Nobody near"),
            (NominationState::NotSelected, "Another took the post"),
            (NominationState::Selected, "The other left"),
        ];
        for (outcome, reason) in decisions {
            let request = |validate_only| pb::OverrideNominationRequest {
                name: stands.name.clone(),
                outcome: outcome.into(),
                reason: reason.to_owned(),
                etag: stands.etag.clone(),
                validate_only,
                ..pb::OverrideNominationRequest::default()
            };
            let events = stage.events().await.len();
            let foretold = ncetm.decide_as(request(true)).await.unwrap();
            assert_eq!(ncetm.nomination(&stands.name).await.unwrap(), stands, "what is only tried changes nothing");
            assert_eq!(stage.events().await.len(), events);
            let decided = ncetm.decide_as(request(false)).await.unwrap();
            assert_eq!(decided, foretold);
            assert_eq!(ncetm.nomination(&stands.name).await.unwrap(), decided);
            assert_eq!(decided.r#override.as_ref().unwrap().reason, reason);
            stands = decided;
        }
        let kept = stage.texts("SELECT outcome || ': ' || reason FROM nomination_override ORDER BY number").await;
        assert_eq!(kept, ["selected: Nobody near", "not_selected: Another took the post", "selected: The other left"]);
        let told = stage.told::<pb::NominationOverridden>().await.into_iter().map(|event| event.nomination.unwrap());
        let outcomes: Vec<_> = told.map(|nomination| (nomination.state(), nomination.r#override.unwrap().outcome())).collect();
        assert_eq!(outcomes, decisions.map(|(outcome, _)| (outcome, outcome)));
        assert_eq!(stage.told::<pb::SpecialistSelected>().await.len(), 2);
    }
}

#[tokio::test]
async fn who_was_passed_over_and_nominated_elsewhere_since_cannot_be_selected_after_all() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let ncetm = stage.ncetm();
        let first = ncetm.nominations().await.unwrap().remove(0);
        let passed_over = ncetm.decide(&first.name, NominationState::NotSelected, &first.etag).await.unwrap();
        let next = pb::Cohort { number: 6, window_end_date: "2019-05-31".to_owned(), ..cohort() };
        ncetm.create_cohort("secondary-6", next).await.unwrap();
        ncetm.nominate_as(nomination("cohorts/secondary-6", 100_001, NORTH, teacher(100_001))).await.unwrap();
        let refused = ncetm.decide(&first.name, NominationState::Selected, &passed_over.etag).await;
        assert_eq!(told(refused, "why"), "has_live_nomination");
    }
}

#[tokio::test]
async fn a_selected_teacher_who_withdraws_makes_room_and_keeps_the_order_as_it_stands() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        ranked(&stage).await;
        let ncetm = stage.ncetm();
        let selected = ncetm.select("", 1).await.unwrap().remove(0);
        ncetm.withdraw(&selected.name).await.unwrap();
        assert_eq!(reason(ncetm.rank().await), "SELECTION_BEGUN");
        assert_eq!(schools_of(&ncetm.select("", 1).await.unwrap()), [school(100_002)]);
        let gone = ncetm.nomination(&selected.name).await.unwrap();
        assert_eq!(reason(ncetm.decide(&gone.name, NominationState::Selected, &gone.etag).await), "STATE_ENDED");
    }
}

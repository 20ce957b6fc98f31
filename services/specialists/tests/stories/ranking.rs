//! From the first nomination to a selection by reach: which figures count, and what a ranking leaves behind.

use proto::specialists::v1::{self as pb, NominationState};

use crate::stage::*;

/// Authority 801 is colder than 802; both lie in one region.
const FIGURES: [Area; 2] = [Area("801", [20, 15], [200, 90]), Area("802", [20, 4], [200, 90])];

#[tokio::test]
async fn a_cohort_goes_from_nominations_to_specialists_where_least_was_reached() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let ncetm = stage.ncetm();
        stage.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        // The warmer area is first at the door; 803 has no figure.
        let warm = stage.school(100_020).nominate(100_020, NORTH).await.unwrap();
        stage.clock.move_to(noon("2019-02-16"));
        let without = stage.hub_lead(SOUTH).nominate(100_030, SOUTH).await.unwrap();
        stage.clock.move_to(noon("2019-02-17"));
        let cold = stage.hub_lead(SOUTH).nominate(100_010, SOUTH).await.unwrap();
        assert_eq!((warm.state(), warm.standing.clone()), (NominationState::Submitted, None));

        stage.clock.move_to(noon(AFTER));
        assert_eq!(reason(ncetm.select("", 1).await), "NOMINATIONS_NOT_RANKED");
        let ranking = ncetm.rank().await.unwrap();
        assert_eq!((ranking.number, ranking.nominations_count, ranking.scored_count, ranking.fallback), (1, 3, 2, false));
        assert_eq!(ranking.reach_publication, "reachPublications/january");
        assert_eq!((ranking.score_weights.as_str(), ranking.actor.as_str()), ("scoreWeights/1", "ncetm:"));
        assert_eq!(by_rank(&ncetm.nominations().await.unwrap()), [school(100_010), school(100_020), school(100_030)]);
        let standing = ncetm.nomination(&cold.name).await.unwrap().standing.unwrap();
        // 0.7 × (15 + 10 × 0.45) / 30 + 0.3 × 0.45.
        assert_eq!((standing.rank, standing.score_ppm), (1, Some(590_000)));
        assert_eq!(ncetm.nomination(&without.name).await.unwrap().standing.unwrap().score_ppm, None);

        let selected = ncetm.select("", 2).await.unwrap();
        assert_eq!(schools_of(&selected), [school(100_010), school(100_020)]);
        assert!(selected.iter().all(|nomination| nomination.state() == NominationState::Selected));
        assert_eq!(ncetm.nomination(&cold.name).await.unwrap(), selected[0], "what is told is what stands");
        assert_eq!(ncetm.nomination(&without.name).await.unwrap().state(), NominationState::Submitted);
        let events =
            ["CohortCreated", "ScoreWeightsPublished", "SpecialistNominated", "SpecialistNominated", "SpecialistNominated"];
        let expected = [&events[..], &["NominationsRanked", "SpecialistSelected", "SpecialistSelected"]].concat();
        assert_eq!(stage.events().await, expected);
    }
}

#[tokio::test]
async fn without_figures_the_order_is_that_of_submission_and_newer_figures_rank_again() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let ncetm = stage.ncetm();
        for (urn, date) in [(100_020, "2019-02-16"), (100_010, "2019-02-17")] {
            stage.clock.move_to(noon(date));
            ncetm.nominate(urn, NORTH).await.unwrap();
        }
        // Figures of another phase and of another programme say nothing of this one.
        stage.sql("INSERT INTO reach_publication (name, position, publish_time, true_on_date, known_on_date) VALUES ('reachPublications/other', 1, 1, '2018-01-01', '2018-01-01')").await;
        for (programme, phase) in [(MASTERY, 1), ("core-maths", 2)] {
            stage
                .sql(format!(
                    "INSERT INTO cold_area VALUES ('reachPublications/other', '801', '{programme}', {phase}, 9, 9, 90, 90, 0)"
                ))
                .await;
        }
        let first = ncetm.rank().await.unwrap();
        assert!(first.fallback);
        assert_eq!((first.reach_publication.as_str(), first.score_weights.as_str(), first.scored_count), ("", "", 0));
        let by_submission = ncetm.nominations().await.unwrap();
        assert_eq!(by_rank(&by_submission), [school(100_020), school(100_010)]);

        stage.reach("march", noon("2019-03-01"), "2019-02-28", &FIGURES).await;
        stage.clock.move_to(noon(AFTER));
        let foretold = ncetm.rank_as(&ncetm.request_id(), true).await.unwrap();
        assert_eq!(ncetm.rankings().await.unwrap().len(), 1, "what is only tried leaves nothing");
        let second = ncetm.rank().await.unwrap();
        assert_eq!(second, foretold);
        assert_eq!(by_rank(&ncetm.nominations().await.unwrap()), [school(100_010), school(100_020)]);
        assert_eq!(ncetm.rankings().await.unwrap(), [first, second], "both rankings are kept");
        let etag = &by_submission[0].etag;
        let outcome = NominationState::NotSelected;
        let stale = ncetm.decide(&by_submission[0].name, outcome, etag).await;
        assert_eq!(reason(stale), "ETAG_STALE", "whoever saw the old rank looks again");

        ncetm.select("", 1).await.unwrap();
        assert_eq!(reason(ncetm.rank().await), "SELECTION_BEGUN");
    }
}

#[tokio::test]
async fn the_newest_figures_count_that_were_published_before_the_windows_end_and_are_true_of_no_later_day() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let ncetm = stage.ncetm();
        let end = day("2019-03-31").end();
        ncetm.nominate(100_010, NORTH).await.unwrap();
        stage.reach("late", end, "2019-03-15", &FIGURES).await;
        stage.reach("of-the-future", noon("2019-03-02"), "2019-04-03", &FIGURES).await;
        stage.clock.move_to(noon(AFTER));
        assert!(ncetm.rank().await.unwrap().fallback, "one came after the window, one speaks of tomorrow");
        stage.reach("old", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/old");
        stage.reach("last-moment", end.plus_micros(-1), "2019-03-15", &FIGURES).await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/last-moment");
        stage.reach("of-2016", end.plus_micros(-1), "2016-08-31", &FIGURES).await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/last-moment", "older by what it is true of");
        stage.clock.move_to(noon("2019-04-03"));
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/of-the-future", "its day has come");
    }
}

#[tokio::test]
async fn the_weights_are_those_in_force_when_the_window_ends_and_must_be_there() {
    for database in db::testing::databases().await {
        let stage = Stage::open(&database).await;
        let ncetm = stage.ncetm();
        ncetm.create_cohort("secondary-5", cohort()).await.unwrap();
        ncetm.nominate(100_010, NORTH).await.unwrap();
        assert!(ncetm.rank().await.unwrap().fallback, "without figures no weights are needed");
        stage.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        assert_eq!(reason(ncetm.rank().await), "SCORE_WEIGHTS_MISSING");
        let first = ncetm.publish_weights(weights("2018-09-01")).await.unwrap();
        assert_eq!(first.name, "scoreWeights/1");
        assert_eq!(reason(ncetm.publish_weights(weights("2019-02-15")).await), "POLICY_IN_FORCE");
        assert_eq!(reason(ncetm.publish_weights(weights("2018-08-31")).await), "DATE_BEFORE_LAST");
        let all_area = pb::ScoreWeights { area_permille: 1_000, region_permille: 0, ..weights("2019-03-31") };
        ncetm.publish_weights(all_area).await.unwrap();
        ncetm.publish_weights(weights("2019-04-01")).await.unwrap();
        assert_eq!(ncetm.rank().await.unwrap().score_weights, "scoreWeights/2");
        // The coldness that reach publishes for k = 10: (15 + 10 × 0.45) / 30.
        assert_eq!(ncetm.nominations().await.unwrap()[0].standing.as_ref().unwrap().score_ppm, Some(650_000));
        let list = pb::ListScoreWeightsRequest { page_size: 2, ..pb::ListScoreWeightsRequest::default() };
        let page = ncetm.cohorts.clone().list_score_weights(list.clone()).await.unwrap().into_inner();
        assert_eq!(page.score_weights[0], first);
        let next = pb::ListScoreWeightsRequest { page_token: page.next_page_token, ..list };
        let next = ncetm.cohorts.clone().list_score_weights(next).await.unwrap().into_inner();
        assert_eq!((next.score_weights[0].name.as_str(), next.next_page_token.as_str()), ("scoreWeights/3", ""));
    }
}

#[tokio::test]
async fn an_all_through_school_is_scored_by_the_cohorts_phase() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        stage.schools(&[(200_010, 3, 1)]).await;
        stage.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        stage.ncetm().nominate(200_010, NORTH).await.unwrap();
        stage.ncetm().rank().await.unwrap();
        assert_eq!(stage.ncetm().nominations().await.unwrap()[0].standing.as_ref().unwrap().score_ppm, Some(590_000));
    }
}

#[tokio::test]
async fn a_school_of_a_reorganised_authority_is_scored_by_the_figures_of_the_former_one_until_its_own_are_published() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let ncetm = stage.ncetm();
        for (urn, date) in [(100_020, "2019-02-16"), (100_010, "2019-02-17")] {
            stage.clock.move_to(noon(date));
            ncetm.nominate(urn, NORTH).await.unwrap();
        }
        // The cold authority 801 became 941.
        stage.sql("UPDATE school SET old_la_code = '941', former_old_la_code = '801' WHERE urn = 100010").await;
        stage.clock.move_to(noon(AFTER));
        stage.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        let scored_by = async || {
            ncetm.rank().await.unwrap();
            let nominations = ncetm.nominations().await.unwrap();
            assert_eq!(by_rank(&nominations), [school(100_010), school(100_020)], "the colder one comes first");
            let of_cold = nominations.into_iter().find(|nomination| nomination.school == school(100_010)).unwrap();
            let standing = of_cold.standing.unwrap();
            (standing.inputs.unwrap().old_la_code, standing.score_ppm)
        };
        assert_eq!(scored_by().await, ("801".to_owned(), Some(590_000)));
        let both = [FIGURES[0], FIGURES[1], Area("941", [10, 10], [200, 90])];
        stage.reach("march", noon("2019-03-01"), "2019-02-28", &both).await;
        // 0.7 × (10 + 10 × 0.45) / 20 + 0.3 × 0.45.
        assert_eq!(scored_by().await, ("941".to_owned(), Some(642_500)));
    }
}

#[tokio::test]
async fn rankings_weights_and_decisions_are_only_ever_added_to() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let made = stage.ncetm().nominate(100_010, NORTH).await.unwrap();
        stage.clock.move_to(noon(AFTER));
        stage.ncetm().rank().await.unwrap();
        let etag = stage.ncetm().nomination(&made.name).await.unwrap().etag;
        stage.ncetm().decide(&made.name, NominationState::Selected, &etag).await.unwrap();
        for text in [
            "UPDATE ranking SET actor = 'somebody'",
            "DELETE FROM ranking",
            "UPDATE ranking_entry SET rank = 2",
            "DELETE FROM ranking_entry",
            "UPDATE score_weights SET area_permille = 500, region_permille = 500",
            "DELETE FROM score_weights",
            "UPDATE nomination_override SET reason = 'another'",
            "DELETE FROM nomination_override",
        ] {
            let done = stage.service.context.pool.write::<_, db::Error, _>(move |mut tx| {
                Box::pin(async move { Ok(db::sql!(tx, conn => sqlx::query(text).execute(conn).await.map(drop))?) })
            });
            assert!(done.await.is_err(), "{text}");
        }
    }
}

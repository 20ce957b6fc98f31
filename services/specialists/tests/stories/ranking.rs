//! Rankings: which figures and weights count, and what is kept.

use proto::specialists::v1::{self as pb, NominationState};

use crate::fixture::*;

/// Authority 801 is colder than 802; both lie in one region.
const FIGURES: [Area; 2] = [Area("801", [20, 15], [200, 90]), Area("802", [20, 4], [200, 90])];

#[tokio::test]
async fn specialists_are_selected_where_least_was_reached() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        fixture.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        // The school of the warmer area is nominated first; 803 has no figures.
        let warm = fixture.school(100_020).nominate(100_020, NORTH).await.unwrap();
        fixture.clock.move_to(noon("2019-02-16"));
        let without = fixture.hub_lead(SOUTH).nominate(100_030, SOUTH).await.unwrap();
        fixture.clock.move_to(noon("2019-02-17"));
        let cold = fixture.hub_lead(SOUTH).nominate(100_010, SOUTH).await.unwrap();
        assert_eq!((warm.state(), warm.standing.clone()), (NominationState::Submitted, None));

        fixture.clock.move_to(noon(AFTER));
        assert_eq!(reason(ncetm.select("", 1).await), "NOMINATIONS_NOT_RANKED");
        let ranking = ncetm.rank().await.unwrap();
        assert_eq!((ranking.number, ranking.nominations_count, ranking.scored_count, ranking.fallback), (1, 3, 2, false));
        assert_eq!(ranking.reach_publication, "reachPublications/january");
        assert_eq!((ranking.score_weights.as_str(), ranking.actor.is_empty()), ("scoreWeights/1", false));
        assert_eq!(by_rank(&ncetm.nominations().await.unwrap()), [school(100_010), school(100_020), school(100_030)]);
        let standing = ncetm.nomination(&cold.name).await.unwrap().standing.unwrap();
        // 0.7 × (15 + 10 × 0.45) / 30 + 0.3 × 0.45.
        assert_eq!((standing.rank, standing.score_ppm), (1, Some(590_000)));
        assert_eq!(ncetm.nomination(&without.name).await.unwrap().standing.unwrap().score_ppm, None);

        let selected = ncetm.select("", 2).await.unwrap();
        assert_eq!(schools_of(&selected), [school(100_010), school(100_020)]);
        assert!(selected.iter().all(|nomination| nomination.state() == NominationState::Selected));
        assert_eq!(ncetm.nomination(&cold.name).await.unwrap(), selected[0], "the answer is what is stored");
        assert_eq!(ncetm.nomination(&without.name).await.unwrap().state(), NominationState::Submitted);
        let events =
            ["CohortCreated", "ScoreWeightsPublished", "SpecialistNominated", "SpecialistNominated", "SpecialistNominated"];
        let expected = [&events[..], &["NominationsRanked", "SpecialistSelected", "SpecialistSelected"]].concat();
        assert_eq!(fixture.events().await, expected);
    }
}

#[tokio::test]
async fn without_figures_the_order_is_that_of_submission_and_newer_figures_rank_again() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        for (urn, date) in [(100_020, "2019-02-16"), (100_010, "2019-02-17")] {
            fixture.clock.move_to(noon(date));
            ncetm.nominate(urn, NORTH).await.unwrap();
        }
        // Figures of another phase and of another programme do not count.
        fixture
            .sql("INSERT INTO reach_publication VALUES ('reachPublications/other', 1, 1, '2018-01-01', '2018-01-01', TRUE)")
            .await;
        for (programme, phase) in [(MASTERY, 1), ("core-maths", 2)] {
            fixture
                .sql(format!(
                    "INSERT INTO cold_area VALUES ('reachPublications/other', '801', '{programme}', {phase}, 9, 9, 90, 90, 0, 0)"
                ))
                .await;
        }
        let first = ncetm.rank().await.unwrap();
        assert!(first.fallback);
        assert_eq!((first.reach_publication.as_str(), first.score_weights.as_str(), first.scored_count), ("", "", 0));
        let by_submission = ncetm.nominations().await.unwrap();
        assert_eq!(by_rank(&by_submission), [school(100_020), school(100_010)]);

        fixture.reach("march", noon("2019-03-01"), "2019-02-28", &FIGURES).await;
        fixture.clock.move_to(noon(AFTER));
        let preview = ncetm.rank_as(&ncetm.request_id(), true).await.unwrap();
        assert_eq!(ncetm.rankings().await.unwrap().len(), 1, "a dry run changes nothing");
        let second = ncetm.rank().await.unwrap();
        assert_eq!(second, preview);
        assert_eq!(by_rank(&ncetm.nominations().await.unwrap()), [school(100_010), school(100_020)]);
        assert_eq!(ncetm.rankings().await.unwrap(), [first, second], "both rankings are kept");
        let etag = &by_submission[0].etag;
        let outcome = NominationState::NotSelected;
        let stale = ncetm.decide(&by_submission[0].name, outcome, etag).await;
        assert_eq!(reason(stale), "ETAG_STALE", "a new ranking changes the etag");

        ncetm.select("", 1).await.unwrap();
        assert_eq!(reason(ncetm.rank().await), "SELECTION_BEGUN");
    }
}

#[tokio::test]
async fn provisional_figures_rank_no_nomination_unless_the_cohort_says_so() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        ncetm.nominate(100_010, NORTH).await.unwrap();
        fixture.reach("invented", noon("2019-03-02"), "2019-03-01", &FIGURES).await;
        fixture.sql("UPDATE reach_publication SET is_final = FALSE").await;
        fixture.clock.move_to(noon(AFTER));
        let ranking = ncetm.rank().await.unwrap();
        assert_eq!((ranking.reach_publication.as_str(), ranking.fallback), ("", true));
        fixture.sql("UPDATE cohort SET provisional_figures_count = TRUE").await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/invented");
        fixture.sql("UPDATE cohort SET provisional_figures_count = FALSE").await;
        fixture.sql("UPDATE reach_publication SET is_final = TRUE").await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/invented", "it was approved");
    }
}

#[tokio::test]
async fn the_newest_figures_published_before_the_windows_end_and_true_of_no_later_day_count() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        let end = day("2019-03-31").end();
        ncetm.nominate(100_010, NORTH).await.unwrap();
        fixture.reach("late", end, "2019-03-15", &FIGURES).await;
        fixture.reach("of-the-future", noon("2019-03-02"), "2019-04-03", &FIGURES).await;
        fixture.clock.move_to(noon(AFTER));
        assert!(ncetm.rank().await.unwrap().fallback, "one was published after the window, the other is true of tomorrow");
        fixture.reach("old", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/old");
        fixture.reach("last-moment", end.plus_micros(-1), "2019-03-15", &FIGURES).await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/last-moment");
        fixture.reach("of-2016", end.plus_micros(-1), "2016-08-31", &FIGURES).await;
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/last-moment", "it is true of an older day");
        fixture.clock.move_to(noon("2019-04-03"));
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/of-the-future", "its day has come");
    }
}

#[tokio::test]
async fn the_weights_in_force_at_the_windows_end_count_and_must_exist() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        ncetm.create_cohort("secondary-5", cohort()).await.unwrap();
        ncetm.nominate(100_010, NORTH).await.unwrap();
        assert!(ncetm.rank().await.unwrap().fallback, "without figures no weights are needed");
        fixture.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
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
        let fixture = Fixture::with_cohort(&database).await;
        fixture.schools(&[(200_010, 3, 1)]).await;
        fixture.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        fixture.ncetm().nominate(200_010, NORTH).await.unwrap();
        fixture.ncetm().rank().await.unwrap();
        assert_eq!(fixture.ncetm().nominations().await.unwrap()[0].standing.as_ref().unwrap().score_ppm, Some(590_000));
    }
}

#[tokio::test]
async fn a_school_of_a_reorganised_authority_is_scored_by_the_figures_of_the_former_one_until_its_own_are_published() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        for (urn, date) in [(100_020, "2019-02-16"), (100_010, "2019-02-17")] {
            fixture.clock.move_to(noon(date));
            ncetm.nominate(urn, NORTH).await.unwrap();
        }
        // The cold authority 801 became 941.
        fixture.sql("UPDATE school SET old_la_code = '941', former_old_la_code = '801' WHERE urn = 100010").await;
        fixture.clock.move_to(noon(AFTER));
        fixture.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
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
        fixture.reach("march", noon("2019-03-01"), "2019-02-28", &both).await;
        // 0.7 × (10 + 10 × 0.45) / 20 + 0.3 × 0.45.
        assert_eq!(scored_by().await, ("941".to_owned(), Some(642_500)));
    }
}

#[tokio::test]
async fn rankings_weights_and_decisions_cannot_be_changed_or_deleted() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let made = fixture.ncetm().nominate(100_010, NORTH).await.unwrap();
        fixture.clock.move_to(noon(AFTER));
        fixture.ncetm().rank().await.unwrap();
        let etag = fixture.ncetm().nomination(&made.name).await.unwrap().etag;
        fixture.ncetm().decide(&made.name, NominationState::Selected, &etag).await.unwrap();
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
            let done = fixture.pool().write::<_, db::Error, _>(move |mut tx| {
                Box::pin(async move {
                    match tx.conn() {
                        db::Conn::Sqlite(conn) => sqlx::query(text).execute(conn).await.map(drop)?,
                        db::Conn::Postgres(conn) => sqlx::query(text).execute(conn).await.map(drop)?,
                    }
                    Ok(())
                })
            });
            assert!(done.await.is_err(), "{text}");
        }
    }
}

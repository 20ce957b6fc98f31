//! How far a round is, by hub, state and fifth of coldness.

use proto::enrolment::v1::{self as pb, ApplicationState::*, PlaceOrder};

use crate::fixture::*;

/// Hub, fifth, state and number of each group.
fn groups(progress: &pb::GetRoundProgressResponse) -> Vec<(&str, i32, pb::ApplicationState, i32)> {
    let group = |group: &pb::ApplicationCount| (group.coldness_fifth, group.state(), group.applications_count);
    let groups = progress.application_counts.iter().map(|one| (one.hub.as_str(), group(one)));
    groups.map(|(hub, (fifth, state, count))| (hub, fifth, state, count)).collect()
}

#[tokio::test]
async fn a_round_is_counted_by_hub_state_and_fifth_in_three_statements_however_many_apply() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let areas = [("800", 1, 100_000), ("801", 1, 200_000), ("802", 1, 300_000), ("803", 1, 400_000), ("804", 1, 900_000)];
        fixture.coldness(&areas).await;
        assert_eq!(ncetm.progress().await.unwrap().application_counts, []);
        for urn in [100_001, 100_041, 100_042, 100_051] {
            lead.apply(urn, NORTH).await.unwrap();
        }
        ncetm.apply(100_043, SOUTH).await.unwrap();
        ncetm.draft(100_044, SOUTH).await.unwrap();
        lead.offer(NORTH, 0).await.unwrap();
        let count = || fixture.service.context.pool.statements_count();
        let before = count();
        let progress = ncetm.progress().await.unwrap();
        assert_eq!(count() - before, 3);
        let expected = [
            (NORTH, 0, Waitlisted, 1),
            (NORTH, 1, Offered, 1),
            (NORTH, 1, Waitlisted, 1),
            (NORTH, 5, Offered, 1),
            (SOUTH, 0, Draft, 1),
            (SOUTH, 1, Submitted, 1),
        ];
        assert_eq!(groups(&progress), expected);
        let fifths: Vec<_> =
            progress.coldness_fifths.iter().map(|one| (one.coldness_fifth, one.schools_count, one.authorities_count)).collect();
        assert_eq!(fifths, [(0, 300, 5), (1, 60, 1), (2, 60, 1), (3, 60, 1), (4, 60, 1), (5, 60, 1)]);
        assert!(progress.coldness_fifths.iter().all(|one| one.reach_publication == "reachPublications/p"));

        for urn in 100_101..=100_180 {
            lead.apply(urn, NORTH).await.unwrap();
        }
        let before = count();
        let own = lead.progress().await.unwrap();
        assert_eq!(count() - before, 3);
        assert_eq!(own.application_counts.iter().map(|one| one.applications_count).sum::<i32>(), 84);
        assert!(own.application_counts.iter().all(|one| one.hub == NORTH));
        assert_eq!(own.coldness_fifths, progress.coldness_fifths, "a hub sees the schools of all fifths");
    }
}

#[tokio::test]
async fn a_school_of_a_reorganised_authority_and_an_all_through_one_are_in_the_fifth_by_which_they_are_judged() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        fixture.programme(&[2, 7]).await;
        fixture.schools(&[(100_701, 3, 1)]).await;
        fixture
            .sql("UPDATE school SET old_la_code = '942', former_old_la_code = '804' WHERE urn BETWEEN 100040 AND 100049")
            .await;
        fixture.sql("UPDATE school SET listed = FALSE WHERE urn BETWEEN 100141 AND 100600").await;
        let ncetm = fixture.ncetm();
        ncetm.create_round("2018", round(PlaceOrder::Submission)).await.unwrap();
        let none = ncetm.progress().await.unwrap().coldness_fifths;
        assert_eq!((none.len(), none[0].coldness_fifth, none[0].reach_publication.as_str()), (1, 0, ""));
        fixture.coldness(&[("800", 1, 100_000), ("804", 1, 900_000)]).await;
        for urn in [100_041, 100_701] {
            ncetm.apply(urn, NORTH).await.unwrap();
        }
        let progress = ncetm.progress().await.unwrap();
        assert_eq!(groups(&progress), [(NORTH, 1, Submitted, 1), (NORTH, 3, Submitted, 1)]);
        let schools = |fifth| progress.coldness_fifths.iter().find(|one| one.coldness_fifth == fifth).unwrap().schools_count;
        // 804: ten schools that are in 942 now, and 100140. 800: 19 primary schools, and the all-through one.
        assert_eq!((schools(1), schools(3)), (11, 20));
    }
}

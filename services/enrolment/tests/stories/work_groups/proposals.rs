//! Proposals of Work Groups.

use proto::{
    enrolment::v1::{self as pb, LeftOverReason},
    network::v1::School,
};

use super::{OTHER_SPECIALIST, SPECIALIST, form, open, places, specialist};
use crate::fixture::*;

#[tokio::test]
async fn a_proposal_has_the_nearest_schools_and_can_be_formed_as_it_is() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        // On a line of the National Grid, one kilometre apart: specialists at 0 and 20, schools at 1, 2, 18 and 19.
        let school = |urn: i32, kilometres: i32| School {
            urn,
            old_la_code: "800".to_owned(),
            education_phase: 1,
            region_code: "E12000001".to_owned(),
            status_code: 1,
            type_group_code: 4,
            phase_code: 2,
            easting_metres: Some(400_000 + 1_000 * kilometres),
            northing_metres: Some(400_000),
            listed: true,
            ..School::default()
        };
        let line = [(100_500, 0), (100_510, 20), (100_001, 19), (100_002, 18), (100_003, 1), (100_004, 2)];
        fixture::register(fixture.pool(), line.map(|(urn, kilometres)| school(urn, kilometres)).to_vec()).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let places = places(&fixture, 100_001..=100_004).await;
        let reasons =
            |proposal: &pb::ProposeWorkGroupsResponse| proposal.left_over.iter().map(|left| left.reason()).collect::<Vec<_>>();
        assert_eq!(reasons(&north.propose().await), [LeftOverReason::NoLeader; 4], "the leaders were nominated in the south");
        for urn in [100_500, 100_510] {
            fixture.choice(urn, NORTH, "2018-05-01").await;
        }
        let before = fixture.service.context.pool.statements_count();
        let proposal = north.propose().await;
        assert!(
            fixture.service.context.pool.statements_count() - before <= 5,
            "the number of statements does not depend on the schools"
        );
        assert_eq!(proposal.left_over, []);
        let groups: Vec<_> = proposal.work_groups.iter().map(|group| (&*group.leader, group.participations.clone())).collect();
        assert_eq!(
            groups,
            [
                (OTHER_SPECIALIST, vec![places[0].clone(), places[1].clone()]),
                (SPECIALIST, vec![places[2].clone(), places[3].clone()]),
            ]
        );
        for (leader, participations) in groups {
            north.form(form(leader, &participations)).await.unwrap();
        }
        let after = north.propose().await;
        assert_eq!((after.work_groups, after.left_over), (Vec::new(), Vec::new()));
    }
}

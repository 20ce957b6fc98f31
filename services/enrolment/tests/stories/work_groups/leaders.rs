//! The persons who may lead a Work Group.

use proto::{
    enrolment::v1::{self as pb, LeftOverReason},
    network::v1::{GroupLeader, WorkGroupShape},
};

use super::{OTHER_SPECIALIST, SHAPE, SPECIALIST, TEACHER, cohort_year, form, id, open, places, specialist_of};
use crate::fixture::*;

/// A programme whose specialists lead no groups of mastery.
const SECONDARY: &str = "secondary-teaching-for-mastery";

#[tokio::test]
async fn without_the_feed_of_specialists_nobody_leads_and_the_answer_says_why() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let places = places(&fixture, [100_001, 100_002]).await;
        fixture.sql("DELETE FROM specialist").await;
        assert_eq!(reason(fixture.ncetm().form(form(SPECIALIST, &places)).await), "NO_SPECIALIST_KNOWN");
    }
}

#[tokio::test]
async fn a_specialist_leads_in_years_that_lead_and_after_the_last() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let places = places(&fixture, [100_001, 100_002]).await;
        let of_cohort = async |first: &str, leads: bool, is_last: bool| {
            fixture.sql("DELETE FROM cohort_year").await;
            cohort_year(&fixture, MASTERY, first, leads, is_last).await;
            let dry_run = pb::FormWorkGroupRequest { validate_only: true, ..form(SPECIALIST, &places) };
            fixture.ncetm().form(dry_run).await.map(drop)
        };
        assert_eq!(reason(of_cohort("2018/19", false, false).await), "LEADER_NOT_SPECIALIST", "the first year");
        assert_eq!(reason(of_cohort("2017/18", true, false).await), "LEADER_NOT_SPECIALIST", "another year");
        of_cohort("2018/19", true, false).await.unwrap();
        of_cohort("2017/18", false, true).await.unwrap();
    }
}

#[tokio::test]
async fn a_local_leader_has_an_appointment() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let shape = WorkGroupShape { leader: GroupLeader::LocalLeader.into(), ..SHAPE };
        fixture::programme_with_groups(fixture.pool(), MASTERY, shape).await;
        let places = places(&fixture, [100_001, 100_002]).await;
        let ncetm = fixture.ncetm();
        assert_eq!(reason(ncetm.form(form(TEACHER, &places)).await), "LEADER_NOT_APPOINTED");
        fixture::appointment(fixture.pool(), "early", id(TEACHER), "2018-09-04").await;
        assert_eq!(reason(ncetm.form(form(TEACHER, &places)).await), "LEADER_NOT_APPOINTED", "it begins a day later");
        fixture::appointment(fixture.pool(), "in-time", id(TEACHER), "2018-09-03").await;
        ncetm.form(form(TEACHER, &places)).await.unwrap();
    }
}

#[tokio::test]
async fn a_specialist_of_a_secondary_cohort_leads_no_primary_group() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, [100_001, 100_002]).await;
        specialist_of(&fixture, SECONDARY, OTHER_SPECIALIST, 100_510).await;
        let refused = |year: &'static str| {
            let mut request = form(OTHER_SPECIALIST, &places);
            request.work_group.as_mut().unwrap().academic_year = year.to_owned();
            pb::FormWorkGroupRequest { start_date: format!("{}-09-03", &year[..4]), ..request }
        };
        assert_eq!(reason(north.form(refused("2018/19")).await), "LEADER_NOT_SPECIALIST", "in a year that leads groups");
        assert_eq!(reason(north.form(refused("2019/20")).await), "LEADER_NOT_SPECIALIST", "after the last year");
        fixture.choice(100_510, NORTH, "2018-05-01").await;
        let proposal = north.propose().await;
        assert_eq!(proposal.left_over.iter().map(|left| left.reason()).collect::<Vec<_>>(), [LeftOverReason::NoLeader; 2]);
        let group = north.form(form(SPECIALIST, &places)).await.unwrap();
        fixture.clock.move_to(noon("2018-10-01"));
        assert_eq!(reason(north.change_leader(&group, OTHER_SPECIALIST, "2018-10-01").await), "LEADER_NOT_SPECIALIST");
    }
}

#[tokio::test]
async fn a_specialist_of_any_programme_is_a_local_leader_after_the_last_year() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let shape = WorkGroupShape { leader: GroupLeader::LocalLeader.into(), ..SHAPE };
        fixture::programme_with_groups(fixture.pool(), MASTERY, shape).await;
        let places = places(&fixture, [100_001, 100_002]).await;
        specialist_of(&fixture, SECONDARY, OTHER_SPECIALIST, 100_510).await;
        fixture.choice(100_510, NORTH, "2018-05-01").await;
        let north = fixture.hub_lead(NORTH);
        assert_eq!(reason(north.form(form(OTHER_SPECIALIST, &places)).await), "LEADER_NOT_APPOINTED");
        assert_eq!(north.propose().await.work_groups, []);
        fixture.sql("UPDATE cohort_year SET academic_year = '2016/17' WHERE is_last").await;
        let leaders: Vec<_> = north.propose().await.work_groups.into_iter().map(|group| group.leader).collect();
        assert_eq!(leaders, [OTHER_SPECIALIST]);
        north.form(form(OTHER_SPECIALIST, &places)).await.unwrap();
    }
}

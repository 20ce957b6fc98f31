//! Concurrent calls on Work Groups: each is answered as if the calls had come one after the other, with its reason.

use super::*;
use crate::at_once::{meet, slow};

/// Every group has as many seats taken as it has members, and nobody is in two groups on a day.
pub(super) async fn seats_agree(fixture: &Fixture) {
    let counts = "SELECT id FROM work_group WHERE schools_count <>
        (SELECT COUNT(*) FROM membership WHERE membership.work_group = work_group.id AND membership.end_date IS NULL)";
    assert_eq!(rows::<(String,)>(fixture.pool(), counts).await, []);
    let twice = "SELECT one.participation FROM membership one JOIN membership other
        ON other.participation = one.participation AND other.start_date > one.start_date
        WHERE one.end_date IS NULL OR one.end_date >= other.start_date";
    assert_eq!(rows::<(String,)>(fixture.pool(), twice).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_school_joins_the_group_that_its_own_teacher_is_just_given() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_003).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_003).await;
        let group = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        fixture.clock.move_to(noon("2018-10-01"));
        slow(&fixture, &database, "UPDATE", "work_group").await;
        let changes = {
            let (north, group) = (north.clone(), group.clone());
            async move { north.change_leader(&group, OTHER_SPECIALIST, "2018-10-01").await }
        };
        let (changed, placed) = meet(changes, north.place_school(&group.name, &places[2], "2018-10-01")).await;
        changed.unwrap();
        assert_eq!(reason(placed), "LEADER_OF_OWN_SCHOOL");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schools_leave_and_move_while_their_group_ends() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_006).await;
        let mut groups = Vec::new();
        for pair in places.chunks(2) {
            groups.push(north.form(form(SPECIALIST, pair)).await.unwrap());
        }
        fixture.clock.move_to(noon("2018-11-20"));
        north.start_year(&places[0], "2018-09-10").await.unwrap();
        slow(&fixture, &database, "UPDATE", "work_group").await;
        let ends = |group: &pb::WorkGroup| {
            let (north, group) = (north.clone(), group.clone());
            async move { north.end_group(&group, "2018-11-19").await }
        };
        let (ended, left) = meet(ends(&groups[0]), north.leave(&places[0], "2018-11-20")).await;
        assert_eq!(ended.unwrap().state(), WorkGroupState::Ended);
        assert_eq!(left.unwrap().state(), pb::ParticipationState::Withdrawn);
        let (ended, moved) = meet(ends(&groups[1]), north.place_school(&groups[2].name, &places[2], "2018-11-20")).await;
        assert_eq!(ended.unwrap().state(), WorkGroupState::Ended);
        assert_eq!(moved.unwrap().schools_count, 3);
        seats_agree(&fixture).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_calls_at_once_leave_as_many_seats_as_members() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_006).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let mut groups = Vec::new();
        for pair in places.chunks(2) {
            groups.push(north.form(form(SPECIALIST, pair)).await.unwrap());
        }
        fixture.clock.move_to(noon("2018-11-20"));
        for place in &places {
            north.start_year(place, "2018-09-10").await.unwrap();
        }
        let mut callers = Vec::new();
        for (number, place) in places.iter().enumerate() {
            let (north, place) = (north.clone(), place.clone());
            let groups: Vec<_> = groups.iter().map(|group| group.name.clone()).collect();
            callers.push(tokio::spawn(async move {
                let mut answers = Vec::new();
                for turn in 1..=6 {
                    let group = &groups[(number + turn) % groups.len()];
                    answers.push(north.place_school(group, &place, &format!("2018-10-0{turn}")).await.map(drop));
                }
                if number < 3 {
                    answers.push(north.leave(&place, "2018-11-20").await.map(drop));
                }
                answers
            }));
        }
        for (number, group) in groups.iter().enumerate() {
            let (north, name) = (north.clone(), group.name.clone());
            callers.push(tokio::spawn(async move {
                let mut answers = Vec::new();
                for day in ["2018-09-11", "2018-09-12"] {
                    let group = north.group(&name).await.unwrap();
                    answers.push(north.change_leader(&group, OTHER_SPECIALIST, day).await.map(drop));
                }
                for _ in 0..if number == 0 { 8 } else { 0 } {
                    let group = north.group(&name).await.unwrap();
                    answers.push(north.end_group(&group, "2018-11-19").await.map(drop));
                }
                answers
            }));
        }
        for caller in callers {
            for answer in caller.await.unwrap() {
                let Err(refused) = answer else { continue };
                let reason = reason::<()>(Err(refused));
                let known = ["MEMBER_OF_GROUP", "DATE_BEFORE_LAST", "STATE_ENDED", "ETAG_STALE", "WORK_GROUP_FULL"];
                assert!(known.contains(&reason.as_str()), "{reason}");
            }
        }
        seats_agree(&fixture).await;
    }
}

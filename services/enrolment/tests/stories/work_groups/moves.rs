//! The days of schools in Work Groups: in one group on a day, in a seat until they have left, and never out of a register that has them.

use proto::meeting::v1::{
    ListMeetingsRequest,
    MarkKind::{Absent, Attended},
    MeetingState,
};

use super::{at_once::seats_agree, *};
use crate::meetings::calls::{GROUP, Group, meeting};

#[tokio::test]
async fn a_school_is_never_in_two_groups_on_one_day() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_005).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let first = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        let second = north.form(form(OTHER_SPECIALIST, &places[2..])).await.unwrap();
        fixture.clock.move_to(noon("2019-03-04"));
        north.end_group(&first, "2019-03-04").await.unwrap();
        north.remove_school(&second.name, &places[2], "2019-02-28").await.unwrap();
        let again = |start_date: &str| {
            let start_date = start_date.to_owned();
            pb::FormWorkGroupRequest { start_date, ..form(SPECIALIST, &places[..3]) }
        };
        for (place, early) in [(&places[0], ["2018-10-01", "2019-03-04"]), (&places[2], ["2018-10-01", "2019-02-28"])] {
            for day in early {
                assert_eq!(reason(north.place_school(&second.name, place, day).await), "DATE_BEFORE_LAST", "{day}");
            }
        }
        assert_eq!(reason(north.form(again("2018-10-01")).await), "DATE_BEFORE_LAST");
        assert_eq!(reason(north.form(again("2019-03-04")).await), "DATE_BEFORE_LAST");
        north.place_school(&second.name, &places[2], "2019-03-01").await.unwrap();
        assert_eq!(reason(north.form(again("2019-03-05")).await), "MEMBER_OF_GROUP");
        north.place_school(&second.name, &places[0], "2019-03-05").await.unwrap();

        // The database refuses it too: another membership on these days, and a last day that moves on.
        let group = id_of(&second.name);
        let place = places[1].trim_start_matches("participations/");
        for attack in [
            format!("INSERT INTO membership VALUES ('{place}', '2018/19', '2018-10-01', '{group}', NULL)"),
            format!("INSERT INTO membership VALUES ('{place}', '2018/19', '2018-09-01', '{group}', '2018-09-03')"),
            format!("UPDATE membership SET end_date = '2019-03-05' WHERE participation = '{place}'"),
            format!("UPDATE membership SET end_date = NULL WHERE participation = '{place}'"),
        ] {
            assert!(fixture::try_execute(fixture.pool(), attack.clone()).await.is_err(), "the database takes {attack}");
        }
    }
}

fn id_of(group: &str) -> &str {
    group.trim_start_matches("workGroups/")
}

#[tokio::test]
async fn a_seat_is_free_only_once_its_school_has_left() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_010).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let full = north.form(form(SPECIALIST, &places[..6])).await.unwrap();
        let other = north.form(form(OTHER_SPECIALIST, &places[6..8])).await.unwrap();
        fixture.clock.move_to(noon("2018-09-20"));
        assert_eq!(reason(north.remove_school(&full.name, &places[0], "2018-09-21").await), "DATE_IN_FUTURE");
        assert_eq!(reason(north.place_school(&other.name, &places[0], "2018-09-21").await), "DATE_IN_FUTURE");
        assert_eq!(reason(north.place_school(&full.name, &places[8], "2018-09-21").await), "WORK_GROUP_FULL");
        assert_eq!(intervals(&north, &places[0]).await, [(full.name.clone(), "2018-09-03".to_owned(), String::new())]);
        north.remove_school(&full.name, &places[0], "2018-09-20").await.unwrap();
        assert_eq!(north.group(&full.name).await.unwrap().schools_count, 5);
        seats_agree(&fixture).await;
    }
}

#[tokio::test]
async fn a_membership_that_has_not_begun_leaves_no_trace_when_its_school_goes() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_005).await;
        specialist(&fixture, OTHER_SPECIALIST, 100_510).await;
        let first = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        let second = north.form(form(OTHER_SPECIALIST, &places[2..4])).await.unwrap();
        // Still in May: the hub thinks again about the group of September.
        assert_eq!(reason(north.remove_school(&first.name, &places[0], "2018-05-02").await), "DATE_IN_FUTURE");
        north.remove_school(&first.name, &places[0], "2018-05-01").await.unwrap();
        assert_eq!(intervals(&north, &places[0]).await, []);
        north.place_school(&first.name, &places[0], "2018-09-03").await.unwrap();

        fixture.clock.move_to(noon("2018-09-20"));
        let joined = north.place_school(&first.name, &places[4], "2018-10-01").await.unwrap();
        assert_eq!(joined.schools_count, 3);
        let moved = north.place_school(&second.name, &places[4], "2018-09-24").await.unwrap();
        assert_eq!((moved.schools_count, north.group(&first.name).await.unwrap().schools_count), (3, 2));
        assert_eq!(intervals(&north, &places[4]).await, [(second.name, "2018-09-24".to_owned(), String::new())]);
        seats_agree(&fixture).await;
    }
}

#[tokio::test]
async fn a_school_neither_defers_nor_leaves_before_a_register_that_has_it() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let held = group.lead.plan(meeting("2018-11-20")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-26"));
        let marks = vec![group.mark(0, "2018-11-20", Attended), group.mark(1, "2018-11-20", Absent)];
        group.lead.take(&held.name, marks).await.unwrap();
        let [attended, absent] = [&group.places[0], &group.places[1]];
        for day in ["2018-11-05", "2018-11-20"] {
            assert_eq!(reason(group.lead.defer(attended, day).await), "DATE_BEFORE_LAST", "{day}");
            assert_eq!(reason(group.lead.defer(absent, day).await), "DATE_BEFORE_LAST", "{day}");
        }
        assert_eq!(reason(group.lead.leave(absent, "2018-11-19").await), "DATE_BEFORE_LAST");
        group.lead.defer(attended, "2018-11-21").await.unwrap();
        group.lead.leave(absent, "2018-11-20").await.unwrap();
        for place in [attended, absent] {
            let days = (GROUP.to_owned(), "2018-09-10".to_owned(), "2018-11-20".to_owned());
            assert_eq!(intervals(&group.lead, place).await, [days]);
        }
    }
}

/// A membership of [`GROUP`] from its first day, as [`intervals`] gives it.
fn until(last: &str) -> Vec<(String, String, String)> {
    vec![(GROUP.to_owned(), "2018-09-10".to_owned(), last.to_owned())]
}

#[tokio::test]
async fn a_school_that_had_left_its_group_and_defers_on_an_earlier_day_leaves_it_earlier() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002, 100_003]).await;
        let (fixture, lead) = (&group.fixture, &group.lead);
        let [defers, withdraws, absent] = [0, 1, 2].map(|school| &group.places[school]);
        fixture.clock.move_to(noon("2018-11-20"));
        let held = lead.plan(meeting("2018-11-07")).await.unwrap();
        lead.take(&held.name, vec![group.mark(2, "2018-11-07", Absent)]).await.unwrap();
        for place in &group.places {
            lead.remove_school(GROUP, place, "2018-11-10").await.unwrap();
        }
        let before = lead.group(GROUP).await.unwrap();
        lead.defer(defers, "2018-11-05").await.unwrap();
        assert_eq!(intervals(lead, defers).await, until("2018-11-04"));
        let after = lead.group(GROUP).await.unwrap();
        assert_ne!(after.etag, before.etag, "the group has changed");
        assert_eq!(after.schools_count, 0, "no seat is freed twice");
        // The other joins a group after it had left, and then it turns out that it left the programme before.
        lead.place_school("workGroups/other", withdraws, "2018-11-12").await.unwrap();
        lead.leave(withdraws, "2018-11-06").await.unwrap();
        assert_eq!(intervals(lead, withdraws).await, until("2018-11-06"));
        assert_eq!(reason(lead.defer(absent, "2018-11-07").await), "DATE_BEFORE_LAST", "a register has the school on that day");
        assert_eq!(intervals(lead, absent).await, until("2018-11-10"));
        seats_agree(fixture).await;
    }
}

#[tokio::test]
async fn a_group_that_ends_keeps_no_member_after_its_last_day() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002, 100_003]).await;
        let (fixture, lead) = (&group.fixture, &group.lead);
        fixture.clock.move_to(noon("2018-11-20"));
        lead.remove_school(GROUP, &group.places[0], "2018-11-10").await.unwrap();
        lead.remove_school(GROUP, &group.places[1], "2018-11-01").await.unwrap();
        lead.place_school(GROUP, &group.places[1], "2018-11-08").await.unwrap();
        lead.remove_school(GROUP, &group.places[1], "2018-11-10").await.unwrap();
        lead.remove_school(GROUP, &group.places[2], "2018-11-02").await.unwrap();
        // It was to join again.
        lead.place_school(GROUP, &group.places[2], "2018-12-01").await.unwrap();
        let open = lead.group(GROUP).await.unwrap();
        assert_eq!(reason(lead.end_group(&open, "2018-11-05").await), "DATE_BEFORE_LAST", "a membership began on the 8th");
        lead.end_group(&open, "2018-11-09").await.unwrap();
        assert_eq!(intervals(lead, &group.places[0]).await, until("2018-11-09"));
        let again = (GROUP.to_owned(), "2018-11-08".to_owned(), "2018-11-09".to_owned());
        assert_eq!(intervals(lead, &group.places[1]).await, [until("2018-11-01"), vec![again]].concat());
        assert_eq!(intervals(lead, &group.places[2]).await, until("2018-11-02"), "the membership had not begun");
        seats_agree(fixture).await;
    }
}

#[tokio::test]
async fn a_group_that_has_not_begun_ends_and_its_leader_and_schools_are_free() {
    for database in db::testing::databases().await {
        let fixture = open(&database).await;
        let north = fixture.hub_lead(NORTH);
        fixture.choice(100_500, NORTH, "2018-05-01").await;
        let places = places(&fixture, 100_001..=100_003).await;
        let group = north.form(form(SPECIALIST, &places[..2])).await.unwrap();
        north.plan_in(&group.name, meeting("2018-10-02")).await.unwrap();
        assert_eq!(north.propose().await.work_groups, [], "the leader has a group from September on");
        assert_eq!(reason(north.end_group(&group, "2018-05-02").await), "DATE_IN_FUTURE");
        let ended = north.end_group(&group, "2018-05-01").await.unwrap();
        assert_eq!((ended.state(), ended.schools_count, ended.end_date.as_str()), (WorkGroupState::Ended, 0, "2018-05-01"));
        assert_eq!(intervals(&north, &places[0]).await, []);
        let of_group = ListMeetingsRequest { parent: group.name, ..Default::default() };
        let states: Vec<_> = north.meetings_of(of_group).await.unwrap().iter().map(|one| one.state()).collect();
        assert_eq!(states, [MeetingState::Cancelled]);
        let proposed = north.propose().await.work_groups.remove(0);
        assert_eq!((proposed.leader.as_str(), proposed.participations.len()), (SPECIALIST, 3));
        north.form(form(SPECIALIST, &places)).await.unwrap();
    }
}

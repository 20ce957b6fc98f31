//! Meetings of a Work Group and their registers.

pub(crate) mod calls;
mod changes;
mod entitlements;
mod lists;
mod walk;

use std::collections::BTreeSet;

use access::Role;
use proto::{
    enrolment::v1 as enrolment,
    meeting::v1::{self as pb, MarkKind::*, MeetingState, RegisterState},
};

use self::calls::{GROUP, Group, as_host, mark, meeting};
use crate::fixture::*;

#[tokio::test]
async fn a_register_of_a_future_day_is_refused_and_a_past_one_makes_attendance() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        let marks = || vec![group.mark(0, "2018-11-06", Attended), group.mark(1, "2018-11-06", AbsentWithNotice)];
        group.fixture.clock.move_to(noon("2018-11-05"));
        assert_eq!(reason(group.lead.take(&planned.name, marks()).await), "DATE_IN_FUTURE");
        assert_eq!(reason(group.lead.draft_register(&planned.name, marks()).await), "DATE_IN_FUTURE");
        group.fixture.clock.move_to(noon("2018-11-06"));
        let held = group.lead.take(&planned.name, marks()).await.unwrap();
        assert_eq!((held.state(), held.register_state()), (MeetingState::Held, RegisterState::Final));
        assert_eq!(group.first_attendance().await, ["2018-11-06", ""], "an absent teacher is no attendance");
        assert_eq!(
            group.fixture.events().await[group.events_before..],
            ["MeetingPlanned", "RegisterTaken", "AttendanceRecorded"]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_final_registers_at_once_one_is_taken() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-06"));
        let calls: Vec<_> = (0..64)
            .map(|index| {
                let (lead, name) = (group.lead.clone(), planned.name.clone());
                let kind = if index % 2 == 0 { Attended } else { Absent };
                let marks = vec![group.mark(0, "2018-11-06", kind)];
                tokio::spawn(async move { lead.take(&name, marks).await })
            })
            .collect();
        let mut taken = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(_) => taken += 1,
                refused => assert_eq!(reason(refused), "REGISTER_TAKEN"),
            }
        }
        assert_eq!((taken, group.lead.marks_of(&planned.name).await.unwrap().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_register_that_nobody_took_is_overdue_and_one_without_marks_is_not() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let empty = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        let forgotten = group.lead.plan(meeting("2018-11-13")).await.unwrap();
        let drafted = group.lead.plan(meeting("2018-11-13")).await.unwrap();
        group.lead.plan(meeting("2018-11-20")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-20"));
        let held = group.lead.take(&empty.name, Vec::new()).await.unwrap();
        assert_eq!((held.state(), held.register_state()), (MeetingState::Held, RegisterState::Final));
        assert!(held.register_time.is_some() && group.lead.marks_of(&empty.name).await.unwrap().is_empty());
        group.lead.draft_register(&drafted.name, vec![group.mark(0, "2018-11-13", Attended)]).await.unwrap();
        let overdue = pb::ListMeetingsRequest { parent: GROUP.to_owned(), register_overdue: true, ..Default::default() };
        let names: BTreeSet<_> = group.lead.meetings_of(overdue).await.unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, BTreeSet::from([forgotten.name, drafted.name]), "that of today is not over");
        assert_eq!(group.first_attendance().await, [""], "a draft has no effect");
    }
}

#[tokio::test]
async fn a_draft_is_replaced_and_the_final_register_takes_nothing_from_it() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-06"));
        for place in [0, 1] {
            group.lead.draft_register(&planned.name, vec![group.mark(place, "2018-11-06", Attended)]).await.unwrap();
        }
        let drafts =
            pb::ListMarksRequest { parent: planned.name.clone(), view: pb::MarkView::Draft.into(), ..Default::default() };
        let drafted = group.lead.list_marks(drafts.clone()).await.unwrap();
        assert_eq!(
            drafted.iter().map(|mark| (mark.subject.as_str(), mark.number)).collect::<Vec<_>>(),
            [(group.places[1].as_str(), 0)]
        );
        group.lead.take(&planned.name, vec![group.mark(0, "2018-11-06", Part)]).await.unwrap();
        assert!(group.lead.list_marks(drafts).await.unwrap().is_empty());
        assert_eq!(group.first_attendance().await, ["2018-11-06", ""]);
        assert_eq!(reason(group.lead.draft_register(&planned.name, Vec::new()).await), "REGISTER_TAKEN");
    }
}

#[tokio::test]
async fn a_cancelled_meeting_has_no_absences_and_constraints_refuse_them() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let [snow, held] =
            [group.lead.plan(meeting("2018-11-06")).await.unwrap(), group.lead.plan(meeting("2018-11-13")).await.unwrap()];
        group.fixture.clock.move_to(noon("2018-11-14"));
        group.lead.draft_register(&snow.name, vec![group.mark(0, "2018-11-06", Absent)]).await.unwrap();
        assert_eq!(
            reason(group.lead.cancel_meeting(&snow.name, &snow.etag).await),
            "ETAG_STALE",
            "the draft changed the meeting"
        );
        let cancelled = group.lead.cancel_meeting(&snow.name, "v2").await.unwrap();
        assert_eq!((cancelled.state(), cancelled.register_state()), (MeetingState::Cancelled, RegisterState::Unspecified));
        assert_eq!(reason(group.lead.take(&snow.name, Vec::new()).await), "MEETING_STATE");
        assert_eq!(reason(group.lead.correct(&snow.name, group.mark(0, "2018-11-06", Absent)).await), "MEETING_STATE");
        let taken = group.lead.take(&held.name, vec![group.mark(0, "2018-11-13", Attended)]).await.unwrap();
        assert_eq!(reason(group.lead.cancel_meeting(&held.name, &taken.etag).await), "MEETING_STATE", "it was held");

        let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
        let insert = format!(
            "INSERT INTO mark VALUES ('{}', 'held', '2018-11-06', 'teacher-100001', 1, 'p', 100001, 'absent', NULL, 0)",
            id(&snow.name)
        );
        let undo = format!(
            "UPDATE meeting SET state = 'cancelled', cancel_reason = 'x', register_state = 'none', register_date = NULL, register_time = NULL
             WHERE id = '{}'",
            id(&held.name)
        );
        let attacks = [
            insert,
            undo,
            "UPDATE mark SET kind = 'absent'".to_owned(),
            "DELETE FROM mark".to_owned(),
            format!("UPDATE meeting SET state = 'held', cancel_reason = NULL WHERE id = '{}'", id(&snow.name)),
            "UPDATE meeting SET register_date = '2018-11-01' WHERE state = 'held'".to_owned(),
        ];
        for attack in attacks {
            assert!(fixture::try_execute(group.fixture.pool(), attack.clone()).await.is_err(), "the database takes {attack}");
        }
    }
}

#[tokio::test]
async fn a_school_that_moved_in_march_keeps_the_register_of_february() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let february = group.lead.plan(meeting("2019-02-05")).await.unwrap();
        group.fixture.clock.move_to(noon("2019-02-06"));
        group.lead.take(&february.name, vec![group.mark(0, "2019-02-05", Attended)]).await.unwrap();
        let before = group.lead.marks_of(&february.name).await.unwrap();
        let late = group.lead.plan(meeting("2019-02-26")).await.unwrap();
        group.move_school(0, "2019-03-01").await;
        group.fixture.clock.move_to(noon("2019-03-20"));
        assert_eq!(group.lead.marks_of(&february.name).await.unwrap(), before);
        group.lead.take(&late.name, vec![group.mark(0, "2019-02-26", Attended)]).await.unwrap();
        let march = group.lead.plan(meeting("2019-03-12")).await.unwrap();
        let refused = group.lead.take(&march.name, vec![group.mark(0, "2019-03-12", Attended)]).await;
        assert_eq!(calls::why(refused), "not_member");
        let there = group.lead.plan_in("workGroups/other", meeting("2019-03-12")).await.unwrap();
        group.lead.take(&there.name, vec![group.mark(0, "2019-03-12", Attended)]).await.unwrap();
        let of_school = pb::ListMarksRequest {
            parent: "workGroups/-/meetings/-".to_owned(),
            subject: group.places[0].clone(),
            ..Default::default()
        };
        let days: Vec<_> = group.lead.list_marks(of_school).await.unwrap().into_iter().map(|mark| mark.mark_date).collect();
        assert_eq!(days, ["2019-02-05", "2019-02-26", "2019-03-12"]);
    }
}

#[tokio::test]
async fn a_late_register_counts_for_a_day_before_the_school_left() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let before = group.lead.plan(meeting("2018-11-20")).await.unwrap();
        let after = group.lead.plan(meeting("2018-12-04")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-12-10"));
        group.lead.leave(&group.places[0], "2018-11-30").await.unwrap();
        group.lead.take(&before.name, vec![group.mark(0, "2018-11-20", Attended)]).await.unwrap();
        assert_eq!(group.first_attendance().await, ["2018-11-20"]);
        let refused = group.lead.take(&after.name, vec![group.mark(0, "2018-12-04", Attended)]).await;
        assert_eq!(calls::why(refused), "not_member", "the school had left");
    }
}

#[tokio::test]
async fn a_correction_that_takes_the_last_attendance_of_a_day_away_withdraws_it() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        fixture::person(group.fixture.pool(), "second", 100_001).await;
        let [first, later] =
            [group.lead.plan(meeting("2018-11-06")).await.unwrap(), group.lead.plan(meeting("2018-12-04")).await.unwrap()];
        group.fixture.clock.move_to(noon("2018-12-05"));
        let both = vec![group.mark(0, "2018-11-06", Attended), mark(&group.places[0], "second", "2018-11-06", Substituted)];
        group.lead.take(&first.name, both).await.unwrap();
        group.lead.take(&later.name, vec![group.mark(0, "2018-12-04", Attended)]).await.unwrap();
        let events = group.fixture.events().await.len();
        group.lead.correct(&first.name, group.mark(0, "2018-11-06", Absent)).await.unwrap();
        assert_eq!(group.fixture.events().await[events..], ["MarkCorrected"], "another teacher of the school was there");
        group.lead.correct(&first.name, mark(&group.places[0], "second", "2018-11-06", Absent)).await.unwrap();
        assert_eq!(group.fixture.events().await[events + 1..], ["MarkCorrected", "AttendanceWithdrawn"]);
        assert_eq!(group.first_attendance().await, ["2018-12-04"], "the first that is left");
        assert_eq!(reason(group.lead.correct(&first.name, group.mark(0, "2018-11-06", Absent)).await), "MARK_UNCHANGED");
        group.lead.correct(&first.name, group.mark(0, "2018-11-06", Part)).await.unwrap();
        assert_eq!(group.first_attendance().await, ["2018-11-06"]);
        let history = pb::ListMarksRequest { parent: first.name, view: pb::MarkView::History.into(), ..Default::default() };
        let history = group.lead.list_marks(history).await.unwrap();
        let kinds: Vec<_> =
            history.iter().map(|mark| (mark.person.as_str(), mark.number, mark.kind(), mark.reason.as_str())).collect();
        let (ann, wrong) = ("persons/teacher-100001", "The wrong line");
        let expected = [
            ("persons/second", 1, Substituted, ""),
            ("persons/second", 2, Absent, wrong),
            (ann, 1, Attended, ""),
            (ann, 2, Absent, wrong),
            (ann, 3, Part, wrong),
        ];
        assert_eq!(kinds, expected);
    }
}

#[tokio::test]
async fn a_mark_is_of_a_teacher_of_the_school_and_never_of_the_leader() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        fixture::person(group.fixture.pool(), "elsewhere", 100_003).await;
        fixture::person(group.fixture.pool(), "gone", 100_001).await;
        group.fixture.sql("UPDATE person SET erased = TRUE WHERE id = 'gone'").await;
        // 100004 becomes the academy 100001; its teacher is a relative's.
        group.fixture.link(100_004, 100_001, false, "2018-09-01").await;
        fixture::person(group.fixture.pool(), "of-predecessor", 100_004).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-06"));
        let take = async |marks| group.lead.take(&planned.name, marks).await;
        let of = |person: &str| vec![mark(&group.places[0], person, "2018-11-06", Attended)];
        assert_eq!(calls::why(take(of("elsewhere")).await), "teaches_elsewhere");
        assert_eq!(calls::why(take(of("leader")).await), "leads");
        assert_eq!(calls::why(take(vec![group.mark(0, "2018-11-07", Attended)]).await), "outside_days");
        assert_eq!(
            calls::why(take(vec![mark("participations/none", "teacher-100001", "2018-11-06", Attended)]).await),
            "not_member"
        );
        assert_eq!(reason(take(of("gone")).await), "PERSON_ERASED");
        assert_eq!(reason(take(of("nobody")).await), "NOT_FOUND");
        take(of("of-predecessor")).await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_visit_has_visitors_of_other_schools_than_the_host() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let visit = as_host(pb::MeetingKind::PeerVisit, 100_002);
        let planned = group.lead.plan(pb::Meeting { persons_max_count: 1, ..visit("2018-11-06") }).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-06"));
        assert_eq!(calls::why(group.lead.take(&planned.name, vec![group.mark(1, "2018-11-06", Attended)]).await), "host");
        fixture::person(group.fixture.pool(), "second", 100_001).await;
        let two = vec![group.mark(0, "2018-11-06", Attended), mark(&group.places[0], "second", "2018-11-06", Attended)];
        assert_eq!(reason(group.lead.take(&planned.name, two.clone()).await), "CAPACITY_EXCEEDED");
        group.lead.take(&planned.name, two[..1].to_vec()).await.unwrap();
        assert_eq!(reason(group.lead.correct(&planned.name, two[1].clone()).await), "CAPACITY_EXCEEDED");
    }
}

#[tokio::test]
async fn a_meeting_that_was_held_or_cancelled_is_not_changed() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        let changed = pb::Meeting {
            start_date: "2018-11-07".to_owned(),
            end_date: "2018-11-08".to_owned(),
            expected_subjects: vec![group.places[1].clone()],
            ..planned.clone()
        };
        let updated = group.lead.update_meeting(changed.clone()).await.unwrap();
        assert_eq!(pb::Meeting { etag: updated.etag.clone(), ..changed.clone() }, updated);
        assert_eq!(reason(group.lead.update_meeting(changed).await), "ETAG_STALE");
        group.fixture.clock.move_to(noon("2018-11-08"));
        let held = group.lead.take(&planned.name, Vec::new()).await.unwrap();
        assert_eq!(reason(group.lead.update_meeting(held).await), "MEETING_STATE");
    }
}

#[tokio::test]
async fn the_end_of_a_group_cancels_its_meetings_to_come() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let [past, to_come] =
            [group.lead.plan(meeting("2018-11-06")).await.unwrap(), group.lead.plan(meeting("2018-12-04")).await.unwrap()];
        group.fixture.clock.move_to(noon("2018-11-20"));
        let end = enrolment::EndWorkGroupRequest {
            request_id: "end".to_owned(),
            name: GROUP.to_owned(),
            etag: "v1".to_owned(),
            end_date: "2018-11-20".to_owned(),
        };
        group.lead.work_groups.clone().end_work_group(end).await.unwrap();
        let all = pb::ListMeetingsRequest { parent: GROUP.to_owned(), ..Default::default() };
        let states: Vec<_> =
            group.lead.meetings_of(all).await.unwrap().into_iter().map(|one| (one.name.clone(), one.state())).collect();
        assert!(
            states.contains(&(past.name.clone(), MeetingState::Planned))
                && states.contains(&(to_come.name, MeetingState::Cancelled))
        );
        // The register of a day before the end can still be taken.
        group.lead.take(&past.name, vec![group.mark(0, "2018-11-06", Attended)]).await.unwrap();
        assert_eq!(reason(group.lead.plan(meeting("2018-12-11")).await), "STATE_ENDED");
    }
}

#[tokio::test]
async fn neither_a_school_nor_a_group_ends_before_a_register() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let held = group.lead.plan(meeting("2018-10-02")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-10-10"));
        group.lead.take(&held.name, vec![group.mark(0, "2018-10-02", Attended)]).await.unwrap();
        let [marked, other] = [&group.places[0], &group.places[1]];
        assert_eq!(reason(group.lead.place_school("workGroups/other", marked, "2018-10-02").await), "DATE_BEFORE_LAST");
        assert_eq!(reason(group.lead.remove_school(GROUP, marked, "2018-10-01").await), "DATE_BEFORE_LAST");
        // A school that no register has can leave before.
        group.lead.remove_school(GROUP, other, "2018-10-01").await.unwrap();
        let open = group.lead.group(GROUP).await.unwrap();
        assert_eq!(reason(group.lead.end_group(&open, "2018-10-01").await), "DATE_BEFORE_LAST");
        group.lead.place_school("workGroups/other", marked, "2018-10-03").await.unwrap();
        let open = group.lead.group(GROUP).await.unwrap();
        group.lead.end_group(&open, "2018-10-02").await.unwrap();
    }
}

#[tokio::test]
async fn a_leader_takes_the_registers_of_a_group_until_its_last_day() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let (leader, other) = (group.fixture.leader("persons/leader"), group.fixture.leader("persons/teacher-100001"));
        let planned = leader.plan(meeting("2018-11-06")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-06"));
        let marks = vec![group.mark(0, "2018-11-06", Attended)];
        assert_eq!(reason(other.take(&planned.name, marks.clone()).await), "NOT_FOUND");
        leader.take(&planned.name, marks).await.unwrap();
        assert_eq!(leader.marks_of(&planned.name).await.unwrap().len(), 1);
        let all = pb::ListMeetingsRequest { parent: "workGroups/-".to_owned(), ..Default::default() };
        assert_eq!((leader.meetings_of(all.clone()).await.unwrap().len(), other.meetings_of(all).await.unwrap().len()), (1, 0));

        let open = group.lead.group(GROUP).await.unwrap();
        group.lead.end_group(&open, "2018-11-06").await.unwrap();
        assert_eq!(leader.marks_of(&planned.name).await.unwrap().len(), 1, "the person leads the group on its last day");
        group.fixture.clock.move_to(noon("2018-11-07"));
        assert_eq!(reason(leader.marks_of(&planned.name).await), "NOT_FOUND");
    }
}

#[tokio::test]
async fn what_is_stored_about_a_person_has_the_marks() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let [one, other] =
            [group.lead.plan(meeting("2018-11-06")).await.unwrap(), group.lead.plan(meeting("2018-11-13")).await.unwrap()];
        group.fixture.clock.move_to(noon("2018-11-13"));
        group.lead.take(&one.name, vec![group.mark(0, "2018-11-06", Attended)]).await.unwrap();
        group.lead.correct(&one.name, group.mark(0, "2018-11-06", Absent)).await.unwrap();
        group.lead.draft_register(&other.name, vec![group.mark(0, "2018-11-13", Part)]).await.unwrap();
        let place = &group.places[0];
        let expected = [
            (one.name.clone(), format!("is marked attended on 2018-11-06 for {place}")),
            (one.name.clone(), format!("is marked absent on 2018-11-06 for {place}: The wrong line")),
            (other.name, format!("is marked part on 2018-11-13 for {place} in a draft")),
        ];
        let ncetm = group.fixture.line(Role::Ncetm, None, None);
        assert_eq!(calls::person_record(ncetm, "persons/teacher-100001").await, expected);
        assert!(group.fixture.tables_with("The wrong line").await.iter().all(|table| table != "event"), "events hold no text");
    }
}

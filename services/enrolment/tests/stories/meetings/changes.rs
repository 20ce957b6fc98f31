//! Meetings whose leader, plan or schools change.

use access::Role;
use proto::meeting::v1::{self as pb, MarkKind::*, MeetingState, RegisterState};

use super::calls::{self, GROUP, Group, as_host, mark, meeting};
use crate::{fixture::*, work_groups};

/// A person teaches at another school from a day on.
async fn move_teacher(fixture: &Fixture, person: &str, date: &str, urn: i64) {
    fixture.sql(format!("INSERT INTO person_employment VALUES ('{person}', '{date}', {urn})")).await;
}

#[tokio::test]
async fn a_late_register_refuses_the_leader_of_its_day_and_takes_leaders_of_other_days() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let (fixture, lead) = (&group.fixture, &group.lead);
        // The leader moves to a member school in October. A specialist who taught at the other member until December is the next leader.
        move_teacher(fixture, "leader", "2018-10-08", 100_001).await;
        work_groups::specialist(fixture, "persons/next", 100_002).await;
        move_teacher(fixture, "next", "2018-12-01", 100_580).await;
        let [november, december] =
            [lead.plan(meeting("2018-11-06")).await.unwrap(), lead.plan(meeting("2018-12-04")).await.unwrap()];
        let october = lead.plan(meeting("2018-10-16")).await.unwrap();
        let of = |school: usize, person: &str, date: &str| vec![mark(&group.places[school], person, date, Attended)];
        fixture.clock.move_to(noon("2018-12-10"));
        lead.take(&october.name, of(1, "next", "2018-10-16")).await.unwrap();
        let open = lead.group(GROUP).await.unwrap();
        assert_eq!(
            reason(lead.change_leader(&open, "persons/next", "2018-10-16").await),
            "DATE_BEFORE_LAST",
            "no leader has a mark"
        );
        lead.change_leader(&open, "persons/next", "2018-12-01").await.unwrap();

        assert_eq!(calls::why(lead.take(&november.name, of(0, "leader", "2018-11-06")).await), "leads");
        lead.take(&november.name, of(1, "next", "2018-11-06")).await.unwrap();
        assert_eq!(calls::why(lead.take(&december.name, of(1, "next", "2018-12-04")).await), "leads");
        lead.take(&december.name, of(0, "leader", "2018-12-04")).await.unwrap();

        let (former, present) = (fixture.leader("persons/leader"), fixture.leader("persons/next"));
        assert_eq!(reason(former.marks_of(&november.name).await), "NOT_FOUND", "the person does not lead the group today");
        assert_eq!(present.marks_of(&november.name).await.unwrap().len(), 1);
        fixture::appointment(fixture.pool(), "cohort-lead", "leader", "2018-09-01").await;
        let record = calls::person_record(fixture.line(Role::Ncetm, None, None), "persons/leader").await;
        let appointed = ("appointments/cohort-lead".to_owned(), "is appointed to the Council from 2018-09-01".to_owned());
        assert!(record.contains(&appointed), "{record:?}");
        assert!(record.contains(&(GROUP.to_owned(), "leads from 2018-09-10 to 2018-11-30".to_owned())), "{record:?}");
    }
}

#[tokio::test]
async fn the_organiser_is_a_hub_of_the_group_unless_ncetm_plans() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let (fixture, lead, ncetm) = (&group.fixture, &group.lead, group.fixture.ncetm());
        let by = |hub: &str, date: &str| pb::Meeting { hub: hub.to_owned(), ..meeting(date) };
        assert_eq!(reason(lead.plan(by(SOUTH, "2018-11-06")).await), "HUB_NOT_OWN");
        assert_eq!(reason(fixture.leader("persons/leader").plan(by(SOUTH, "2018-11-06")).await), "HUB_NOT_OWN");
        let of_ncetm = ncetm.plan(by(SOUTH, "2018-11-06")).await.unwrap();

        // The hub that NCETM named remains while the lead changes the rest, and does not come back after another one.
        let renamed = pb::Meeting { venue: "Library".to_owned(), ..of_ncetm };
        let updated = lead.update_meeting(renamed).await.unwrap();
        let of_north = lead.update_meeting(pb::Meeting { hub: NORTH.to_owned(), ..updated }).await.unwrap();
        assert_eq!(reason(lead.update_meeting(pb::Meeting { hub: SOUTH.to_owned(), ..of_north }).await), "HUB_NOT_OWN");

        // After the last day of the north, its successor organises meetings, and records earlier ones as those of the north.
        for urn in &group.urns {
            fixture.choice(*urn, SOUTH, "2018-12-01").await;
        }
        fixture.sql("UPDATE hub SET end_date = '2019-01-06' WHERE id = 'north'").await;
        fixture.sql("INSERT INTO hub (id, start_date) VALUES ('later', '2019-05-01')").await;
        fixture.clock.move_to(noon("2019-01-07"));
        let successor = fixture.hub_lead(SOUTH);
        successor.plan(by(SOUTH, "2019-01-15")).await.unwrap();
        successor.plan(by(NORTH, "2018-12-11")).await.unwrap();
        assert_eq!(reason(successor.plan(by(NORTH, "2019-01-15")).await), "HUB_NOT_OPEN");
        assert_eq!(reason(ncetm.plan(by("hubs/later", "2019-04-30")).await), "HUB_NOT_OPEN");
        ncetm.plan(by("hubs/later", "2019-05-01")).await.unwrap();
    }
}

#[tokio::test]
async fn a_draft_remains_while_the_plan_fits_it_and_is_given_up_for_other_days() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let (fixture, lead) = (&group.fixture, &group.lead);
        let planned = pb::Meeting { expected_subjects: group.places.clone(), persons_max_count: 2, ..meeting("2018-11-06") };
        let planned = lead.plan(planned).await.unwrap();
        let both = |date: &str| [0, 1].map(|school| group.mark(school, date, Attended)).to_vec();
        fixture.clock.move_to(noon("2018-11-06"));
        let drafted = lead.draft_register(&planned.name, both("2018-11-06")).await.unwrap();
        let drafts = async || {
            let view = pb::MarkView::Draft.into();
            lead.list_marks(pb::ListMarksRequest { parent: planned.name.clone(), view, ..Default::default() })
                .await
                .unwrap()
                .len()
        };
        // A school that is marked is expected no more.
        let fewer = pb::Meeting { expected_subjects: vec![group.places[1].clone()], ..drafted };
        let updated = lead.update_meeting(fewer).await.unwrap();
        assert_eq!((updated.register_state(), drafts().await), (RegisterState::Draft, 2));
        let one_seat = pb::Meeting { persons_max_count: 1, ..updated.clone() };
        assert_eq!(reason(lead.update_meeting(one_seat).await), "CAPACITY_EXCEEDED");
        let updated = lead.update_meeting(pb::Meeting { persons_max_count: 3, ..updated }).await.unwrap();
        assert_eq!((updated.register_state(), drafts().await), (RegisterState::Draft, 2));

        let (start_date, end_date) = ("2018-11-20".to_owned(), "2018-11-20".to_owned());
        let moved = lead.update_meeting(pb::Meeting { start_date, end_date, ..updated }).await.unwrap();
        assert_eq!((moved.register_state(), drafts().await), (RegisterState::Unspecified, 0));
        assert_eq!(reason(lead.draft_register(&moved.name, both("2018-11-20")).await), "DATE_IN_FUTURE");
        fixture.clock.move_to(noon("2018-11-20"));
        assert_eq!(calls::why(lead.take(&moved.name, both("2018-11-06")).await), "outside_days");
        lead.take(&moved.name, both("2018-11-20")).await.unwrap();
        assert_eq!(group.first_attendance().await, ["2018-11-20", "2018-11-20"]);
    }
}

#[tokio::test]
async fn a_school_that_closes_is_absent_from_no_meeting_to_come_and_its_academy_attends_them() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002, 100_003]).await;
        let (fixture, lead) = (&group.fixture, &group.lead);
        let of_all = |date: &str| pb::Meeting { expected_subjects: group.places.clone(), ..meeting(date) };
        let [february, march] = [lead.plan(of_all("2019-02-05")).await.unwrap(), lead.plan(of_all("2019-03-12")).await.unwrap()];
        let visit = lead.plan(as_host(pb::MeetingKind::SupportVisit, 100_001)("2019-03-19")).await.unwrap();
        fixture.clock.move_to(noon("2019-02-06"));
        let attended = |date: &str, schools: &[usize]| schools.iter().map(|school| group.mark(*school, date, Attended)).collect();
        lead.take(&february.name, attended("2019-02-05", &[0, 1, 2])).await.unwrap();
        let before = lead.marks_of(&february.name).await.unwrap();

        // Two schools close at the end of February. The second becomes an academy, with its teacher.
        fixture.schools(&[(100_001, 1, 2), (100_002, 1, 2)]).await;
        fixture.link(100_002, 100_500, false, "2019-03-01").await;
        move_teacher(fixture, "teacher-100002", "2019-03-01", 100_500).await;
        fixture.clock.move_to(noon("2019-03-20"));
        lead.leave(&group.places[0], "2019-02-28").await.unwrap();
        let cancelled = lead.cancel_meeting(&visit.name, &visit.etag).await.unwrap();
        assert_eq!((cancelled.state(), lead.marks_of(&visit.name).await.unwrap()), (MeetingState::Cancelled, Vec::new()));
        let absent = vec![group.mark(0, "2019-03-12", Absent)];
        assert_eq!(calls::why(lead.take(&march.name, absent).await), "not_member");
        lead.take(&march.name, attended("2019-03-12", &[1, 2])).await.unwrap();
        let of_academy = fixture.school(100_500).marks_of(&march.name).await.unwrap();
        assert_eq!(of_academy.iter().map(|mark| &mark.subject).collect::<Vec<_>>(), [&group.places[1]]);
        assert_eq!(lead.marks_of(&february.name).await.unwrap(), before);
        let attendances = fixture.events().await.into_iter().filter(|name| name == "AttendanceRecorded").count();
        assert_eq!(attendances, 5, "three in February, two in March");
    }
}

#[tokio::test]
async fn a_school_hosts_no_meeting_on_a_day_on_which_the_register_has_closed_it() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        let (fixture, lead) = (&group.fixture, &group.lead);
        fixture::closing(fixture.pool(), 100_003, 3, "2019-02-28").await;
        let visit = as_host(pb::MeetingKind::SupportVisit, 100_003);
        assert_eq!(reason(lead.plan(visit("2019-02-28")).await), "SCHOOL_NOT_ELIGIBLE", "it is closed on its closing day");
        let two_days = pb::Meeting { end_date: "2019-02-28".to_owned(), ..visit("2019-02-27") };
        assert_eq!(reason(lead.plan(two_days).await), "SCHOOL_NOT_ELIGIBLE");
        let planned = lead.plan(visit("2019-02-27")).await.unwrap();
        let (start_date, end_date) = ("2019-03-01".to_owned(), "2019-03-01".to_owned());
        let later = pb::Meeting { start_date, end_date, ..planned.clone() };
        assert_eq!(reason(lead.update_meeting(later.clone()).await), "SCHOOL_NOT_ELIGIBLE");
        lead.update_meeting(pb::Meeting { host_school: school(100_004), ..later }).await.unwrap();

        // The register does not say when this one closed. A meeting before today may have been there.
        fixture::closing(fixture.pool(), 100_005, 2, "").await;
        let visit = as_host(pb::MeetingKind::SupportVisit, 100_005);
        assert_eq!(reason(lead.plan(visit("2018-09-10")).await), "SCHOOL_NOT_ELIGIBLE", "of today");
        lead.plan(visit("2018-09-09")).await.unwrap();
    }
}

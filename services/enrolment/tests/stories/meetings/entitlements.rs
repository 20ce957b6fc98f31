//! Calls that would undo an attendance for which money may be paid are refused, and the refusal names the entitlement.

use proto::meeting::v1::{self as pb, MarkKind::*};
use tonic_types::StatusExt;

use super::calls::{GROUP, Group, meeting};
use crate::fixture::*;

/// The reason of a refusal, with the meeting and the entitlement that it names.
fn names<T: std::fmt::Debug>(refused: Answer<T>) -> (String, String, String) {
    let status = refused.expect_err("the call is refused");
    let mut info = status.get_details_error_info().expect("a reason");
    let [meeting, entitlement] = ["meeting", "entitlement"].map(|key| info.metadata.remove(key).unwrap_or_default());
    assert_eq!(entitlement.is_empty(), meeting.is_empty());
    assert!(status.message().contains(&entitlement), "{}", status.message());
    (info.reason, meeting, entitlement)
}

fn refused(reason: &str, meeting: &pb::Meeting, participation: &str) -> (String, String, String) {
    (reason.to_owned(), meeting.name.clone(), participation.replace("participations", "entitlements"))
}

fn unnamed(reason: &str) -> (String, String, String) {
    (reason.to_owned(), String::new(), String::new())
}

/// Plans a meeting of a day and takes its final register.
async fn held(group: &Group, date: &str, kinds: &[pb::MarkKind]) -> pb::Meeting {
    let planned = group.lead.plan(meeting(date)).await.unwrap();
    let marks = kinds.iter().enumerate().map(|(school, kind)| group.mark(school, date, *kind)).collect();
    group.lead.take(&planned.name, marks).await.unwrap()
}

#[tokio::test]
async fn a_group_that_would_end_before_an_attendance_names_the_first_entitlement() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        group.fixture.clock.move_to(noon("2018-11-30"));
        let end = async |date: &str| {
            let open = group.lead.group(GROUP).await.unwrap();
            names(group.lead.end_group(&open, date).await)
        };
        held(&group, "2018-11-06", &[Absent, AbsentWithNotice]).await;
        assert_eq!(end("2018-11-05").await, unnamed("DATE_BEFORE_LAST"), "nobody attended");
        let [first, second] =
            [held(&group, "2018-11-13", &[Attended, Part]).await, held(&group, "2018-11-20", &[Absent, Substituted]).await];
        let by_id = group.places.iter().min().unwrap();
        for date in ["2018-11-05", "2018-11-12"] {
            assert_eq!(end(date).await, refused("DATE_BEFORE_LAST", &first, by_id), "{date}");
        }
        assert_eq!(end("2018-11-13").await, refused("DATE_BEFORE_LAST", &second, &group.places[1]));
        group.lead.correct(&second.name, group.mark(1, "2018-11-20", Absent)).await.unwrap();
        assert_eq!(end("2018-11-13").await, unnamed("DATE_BEFORE_LAST"), "the attendance was withdrawn, the register is there");
    }
}

#[tokio::test]
async fn a_held_meeting_is_not_cancelled_and_names_an_entitlement_of_its_attendances() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        group.fixture.clock.move_to(noon("2018-11-30"));
        let cancel = async |meeting: &pb::Meeting| names(group.lead.cancel_meeting(&meeting.name, &meeting.etag).await);
        let attended = held(&group, "2018-11-06", &[Absent, Attended]).await;
        let missed = held(&group, "2018-11-13", &[Absent, Absent]).await;
        assert_eq!(cancel(&attended).await, refused("MEETING_STATE", &attended, &group.places[1]));
        assert_eq!(cancel(&missed).await, unnamed("MEETING_STATE"), "nobody attended this one");
    }
}

#[tokio::test]
async fn a_school_that_would_leave_before_its_attendance_names_its_own_entitlement() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        group.fixture.clock.move_to(noon("2018-11-30"));
        let held = held(&group, "2018-11-06", &[Attended, Attended]).await;
        for place in &group.places {
            let expected = refused("DATE_BEFORE_LAST", &held, place);
            assert_eq!(names(group.lead.remove_school(GROUP, place, "2018-11-05").await), expected);
        }
    }
}

#[tokio::test]
async fn no_entitlement_is_named_for_a_second_year_or_an_imported_participation() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        group.fixture.clock.move_to(noon("2018-11-30"));
        let held = held(&group, "2018-11-06", &[Attended, Attended]).await;
        let id = |school: usize| group.places[school].trim_start_matches("participations/").to_owned();
        let second_year = format!("UPDATE participation SET first_academic_year = '2017/18' WHERE id = '{}'", id(0));
        let imported = format!(
            "UPDATE participation SET import_source = 'a file', import_row = 'a row', round = NULL, application = NULL, accept_date = NULL
             WHERE id = '{}'",
            id(1)
        );
        let cancel = async || names(group.lead.cancel_meeting(&held.name, &held.etag).await);
        group.fixture.sql(second_year).await;
        assert_eq!(cancel().await, refused("MEETING_STATE", &held, &group.places[1]));
        group.fixture.sql(imported).await;
        assert_eq!(cancel().await, unnamed("MEETING_STATE"));
    }
}

//! Lists of meetings and marks: their scope, their pages and their cost.

use std::collections::BTreeSet;

use proto::meeting::v1::{self as pb, MarkKind::*};

use super::calls::{GROUP, Group, meeting};
use crate::fixture::*;

const ALL_MARKS: &str = "workGroups/-/meetings/-";

#[tokio::test]
async fn a_school_sees_the_meetings_of_its_group_and_its_own_marks_and_another_hub_sees_none() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002]).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        let elsewhere = group.lead.plan_in("workGroups/other", meeting("2018-11-06")).await.unwrap();
        group.fixture.clock.move_to(noon("2018-11-06"));
        let marks = [0, 1].map(|school| group.mark(school, "2018-11-06", Attended)).to_vec();
        group.lead.take(&planned.name, marks).await.unwrap();
        let all = || pb::ListMeetingsRequest { parent: "workGroups/-".to_owned(), ..Default::default() };
        let (office, south) = (group.fixture.school(100_001), group.fixture.hub_lead(SOUTH));
        let names = async |client: &Client| -> BTreeSet<String> {
            client.meetings_of(all()).await.unwrap().into_iter().map(|one| one.name).collect()
        };
        assert_eq!(names(&group.lead).await, BTreeSet::from([planned.name.clone(), elsewhere.name.clone()]));
        assert_eq!(names(&office).await, BTreeSet::from([planned.name.clone()]));
        assert!(names(&south).await.is_empty() && names(&group.fixture.school(100_600)).await.is_empty());
        let own: Vec<_> = office.marks_of(&planned.name).await.unwrap().into_iter().map(|mark| mark.subject).collect();
        assert_eq!(own, [group.places[0].clone()]);
        for stranger in [&south, &group.fixture.school(100_600)] {
            assert_eq!(reason(stranger.marks_of(&planned.name).await), "NOT_FOUND");
            let of_parent = pb::ListMeetingsRequest { parent: GROUP.to_owned(), ..Default::default() };
            assert_eq!(reason(stranger.meetings_of(of_parent).await), "NOT_FOUND");
            let of_subject =
                pb::ListMarksRequest { parent: ALL_MARKS.to_owned(), subject: group.places[0].clone(), ..Default::default() };
            assert!(stranger.list_marks(of_subject).await.unwrap().is_empty());
        }
        assert_eq!(reason(office.marks_of(&elsewhere.name).await), "NOT_FOUND");
    }
}

#[tokio::test]
async fn pages_of_marks_hold_every_mark_once_and_a_merged_person_has_all_of_hers() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        for (number, date) in ["2018-11-06", "2018-11-13", "2018-11-20"].into_iter().enumerate() {
            let planned = group.lead.plan(meeting(date)).await.unwrap();
            group.fixture.clock.move_to(noon(date));
            let person = format!("ann-{number}");
            fixture::person(group.fixture.pool(), &person, 100_001).await;
            let marks = vec![super::mark(&group.places[0], &person, date, Attended), group.mark(0, date, Part)];
            group.lead.take(&planned.name, marks).await.unwrap();
            group.lead.correct(&planned.name, group.mark(0, date, Absent)).await.unwrap();
        }
        let pages = async |view: pb::MarkView| {
            let mut request = pb::ListMarksRequest {
                parent: ALL_MARKS.to_owned(),
                subject: group.places[0].clone(),
                view: view.into(),
                page_size: 1,
                ..Default::default()
            };
            let mut found = Vec::new();
            loop {
                let page = group.lead.meetings.clone().list_marks(request.clone()).await.unwrap().into_inner();
                found.extend(page.marks.into_iter().map(|mark| (mark.mark_date, mark.person, mark.number)));
                if page.next_page_token.is_empty() {
                    break found;
                }
                request.page_token = page.next_page_token;
            }
        };
        let (newest, history) = (pages(pb::MarkView::Unspecified).await, pages(pb::MarkView::History).await);
        assert_eq!((newest.len(), history.len()), (6, 9));
        assert!(newest.is_sorted() && history.is_sorted() && newest.iter().all(|mark| history.contains(mark)));
        group.fixture.sql("UPDATE person SET current_id = 'ann-0' WHERE id IN ('ann-1', 'ann-2')").await;
        for id in ["ann-0", "ann-1"] {
            let of_person =
                pb::ListMarksRequest { parent: ALL_MARKS.to_owned(), person: format!("persons/{id}"), ..Default::default() };
            assert_eq!(group.lead.list_marks(of_person).await.unwrap().len(), 3, "{id}");
        }
    }
}

/// 100,000 marks of 1,000 meetings.
const MARKS: &str = "INSERT INTO mark
     WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 99)
     SELECT meeting.id, 'held', meeting.start_date, 'person-' || CAST(n.n AS TEXT), 1, 'subject-' || CAST(n.n AS TEXT), 100001, 'attended', NULL, 0
     FROM meeting, n WHERE meeting.state = 'held'";
const MEETINGS: &str = "INSERT INTO meeting
     WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 999)
     SELECT 'many-' || CAST(n.n AS TEXT), 'g', 'group', '2018-11-06', '2018-11-06', NULL, 'Hall', 'north', 0, 'held', 'final', '2018-11-06', 0, NULL, 1 FROM n";

#[tokio::test]
async fn with_many_marks_a_page_is_one_statement_that_finds_its_marks_by_an_index() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        group.fixture.sql(MEETINGS).await;
        group.fixture.sql(MARKS).await;
        let count = || group.fixture.service.context.pool.statements_count();
        let before = count();
        let of = |parent: &str, subject: &str, person: &str| pb::ListMarksRequest {
            parent: parent.to_owned(),
            subject: subject.to_owned(),
            person: person.to_owned(),
            ..Default::default()
        };
        let of_meeting = of("workGroups/g/meetings/many-7", "", "");
        assert_eq!(group.lead.list_marks(of_meeting).await.unwrap().len(), 100);
        assert_eq!(group.lead.list_marks(of(ALL_MARKS, "participations/subject-7", "")).await.unwrap().len(), 100);
        assert_eq!(
            group.lead.list_marks(of(ALL_MARKS, "", "persons/person-7")).await.unwrap(),
            [],
            "the mirror has no such person"
        );
        let meetings = pb::ListMeetingsRequest { parent: GROUP.to_owned(), ..Default::default() };
        assert_eq!(group.lead.meetings_of(meetings).await.unwrap().len(), 100);
        assert_eq!(count() - before, 4);
        if database.is_postgres() {
            continue;
        }
        let expected = [("of_meeting", "sqlite_autoindex_mark"), ("of_subject", "mark_subject"), ("of_person", "mark_person")];
        for (page, index) in expected {
            let origin = format!("meeting::mark::page_store::mark_page_{page}");
            let statement = db::STATEMENTS.iter().find(|statement| statement.origin() == origin).expect("the statement");
            let text = statement.reviewed();
            let text = text.trim_start_matches("-- SQLite\n").split(";\n").next().unwrap();
            let plan: Vec<(i64, i64, i64, String)> = rows(group.fixture.pool(), format!("EXPLAIN QUERY PLAN {text}")).await;
            let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
            assert!(steps.iter().any(|step| step.starts_with("SEARCH mark") && step.contains(index)), "{page}: {steps:#?}");
            assert!(
                !steps.iter().any(|step| step.starts_with("SCAN mark") || step.starts_with("SCAN meeting")),
                "{page}: {steps:#?}"
            );
        }
    }
}

#[tokio::test]
async fn a_register_takes_two_statements_for_each_school_that_attends_and_fourteen_for_all_together() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002, 100_003, 100_004, 100_005, 100_006]).await;
        let count = || group.fixture.service.context.pool.statements_count();
        let mut spent = Vec::new();
        for (date, kind) in [("2018-11-06", Attended), ("2018-11-13", Absent)] {
            let planned = group.lead.plan(meeting(date)).await.unwrap();
            group.fixture.clock.move_to(noon(date));
            let before = count();
            group.lead.take(&planned.name, (0..6).map(|school| group.mark(school, date, kind)).collect()).await.unwrap();
            spent.push(count() - before);
        }
        assert!(spent[0] <= 14 + 2 * 6 && spent[1] <= 14, "{spent:?}");
    }
}

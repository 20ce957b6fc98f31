//! Lists of meetings and marks: their scope, their pages and their cost.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use access::Role;
use proto::meeting::v1::{self as pb, MarkKind::*};

use super::calls::{GROUP, Group, meeting, person_record};
use crate::{fixture::*, work_groups};

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

/// Adds meetings with these numbers, each with the marks of 100 persons. A hundred meetings have the same persons.
async fn add_marks(fixture: &Fixture, first: usize, last: usize) {
    let numbers = format!(
        "WITH RECURSIVE m (m) AS (SELECT {first} UNION ALL SELECT m + 1 FROM m WHERE m < {last}),
             n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 99)"
    );
    fixture
        .sql(format!(
            "INSERT INTO meeting {numbers}
             SELECT 'many-' || CAST(m.m AS TEXT), 'g', 'group', '2018-11-06', '2018-11-06', NULL, 'Hall', 'north', 0, 'held', 'final', '2018-11-06', 0,
                 NULL, 1 FROM m"
        ))
        .await;
    fixture
        .sql(format!(
            "INSERT INTO mark {numbers}
             SELECT 'many-' || CAST(m.m AS TEXT), 'held', '2018-11-06', 'person-' || CAST(m.m / 100 * 100 + n.n AS TEXT), 1,
                 'subject-' || CAST(m.m / 100 * 100 + n.n AS TEXT), 100001, 'attended', NULL, 0 FROM m, n"
        ))
        .await;
}

#[tokio::test]
async fn with_a_million_marks_a_page_takes_as_long_as_with_ten_thousand() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        fixture::person(group.fixture.pool(), "person-7", 100_001).await;
        let pages = [
            pb::ListMarksRequest { parent: "workGroups/g/meetings/many-7".to_owned(), ..Default::default() },
            pb::ListMarksRequest {
                parent: ALL_MARKS.to_owned(),
                subject: "participations/subject-7".to_owned(),
                ..Default::default()
            },
            pb::ListMarksRequest { parent: ALL_MARKS.to_owned(), person: "persons/person-7".to_owned(), ..Default::default() },
        ];
        // The median of 15 calls of each page.
        let measure = async || {
            if database.is_postgres() {
                group.fixture.sql("ANALYZE").await;
            }
            let mut medians = Vec::new();
            for page in &pages {
                let mut times = Vec::new();
                for _ in 0..15 {
                    let started = Instant::now();
                    assert_eq!(group.lead.list_marks(page.clone()).await.unwrap().len(), 100);
                    times.push(started.elapsed());
                }
                times.sort();
                medians.push(times[7]);
            }
            medians
        };
        if database.is_postgres() {
            // The marks are of meetings that exist, so their foreign keys need no check.
            group.fixture.sql("ALTER TABLE mark DISABLE TRIGGER ALL").await;
        }
        add_marks(&group.fixture, 0, 99).await;
        let before = measure().await;
        for part in 0..10 {
            add_marks(&group.fixture, (part * 1_000).max(100), part * 1_000 + 999).await;
        }
        let after = measure().await;
        println!("pages of a meeting, a subject and a person: {before:?} with 10,000 marks, {after:?} with 1,000,000");
        for (before, after) in before.iter().zip(&after) {
            assert!(*after < 5 * *before + Duration::from_millis(25), "{before:?} with 10,000 marks, {after:?} with 1,000,000");
        }
    }
}

#[tokio::test]
async fn the_meetings_of_a_closed_hub_follow_the_group_to_the_choice_of_its_schools_lineages() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001, 100_002, 100_003]).await;
        let fixture = &group.fixture;
        fixture::hubs(fixture.pool(), &["east"]).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        // Two schools become academies, which choose the south; the third chooses the east.
        for (urn, academy) in [(100_001, 100_501), (100_002, 100_502)] {
            fixture.link(urn, academy, false, "2018-12-01").await;
            fixture.choice(academy, SOUTH, "2018-12-01").await;
        }
        fixture.choice(100_003, "hubs/east", "2018-12-01").await;
        fixture.sql("UPDATE hub SET end_date = '2019-01-06' WHERE id = 'north'").await;
        let seen = async |hub: &str| {
            let all = pb::ListMeetingsRequest { parent: "workGroups/-".to_owned(), ..Default::default() };
            fixture.hub_lead(hub).meetings_of(all).await.unwrap().len()
        };
        for (day, current_hub, expected) in [("2019-01-06", NORTH, [1, 0, 0]), ("2019-01-07", SOUTH, [0, 1, 0])] {
            fixture.clock.move_to(noon(day));
            assert_eq!(fixture.ncetm().group(GROUP).await.unwrap().current_hub, current_hub);
            assert_eq!([seen(NORTH).await, seen(SOUTH).await, seen("hubs/east").await], expected, "{day}");
        }
        let marks = vec![group.mark(0, "2018-11-06", Attended)];
        assert_eq!(reason(fixture.hub_lead(NORTH).take(&planned.name, marks.clone()).await), "NOT_FOUND");
        fixture.hub_lead(SOUTH).take(&planned.name, marks).await.unwrap();
    }
}

#[tokio::test]
async fn with_many_marks_a_page_is_one_statement_that_finds_its_marks_by_an_index() {
    for database in db::testing::databases().await {
        let group = Group::open(&database, &[100_001]).await;
        add_marks(&group.fixture, 0, 199).await;
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
async fn a_register_takes_seventeen_statements_however_many_schools_attend() {
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
        assert!(spent[0] <= 17 && spent[1] <= 15, "{spent:?}");
    }
}

#[tokio::test]
async fn what_is_stored_about_a_specialist_has_the_nomination_by_each_id() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        fixture::merged_person(fixture.pool(), "same", 100_500, "specialist").await;
        let nomination = format!("cohorts/{MASTERY}/nominations/specialist");
        let expected = [(nomination, "is a specialist, nominated by hubs/south".to_owned())];
        let record = async |person: &str| person_record(fixture.line(Role::Ncetm, None, None), person).await;
        for id in ["persons/specialist", "persons/same"] {
            assert_eq!(record(id).await, expected, "{id}");
        }
        assert_eq!(record(work_groups::TEACHER).await, []);
    }
}

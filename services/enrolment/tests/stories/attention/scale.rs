//! Lists with reasons among many participations.

use std::time::{Duration, Instant};

use proto::enrolment::v1::{self as pb, AttentionReason::*};

use crate::{fixture::*, work_groups};

const COUNT: &str = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 19999)";

/// 20,000 participations of 2018/19 in 40 hubs, in groups of five with eight meetings each; one of a hundred is in none, and the meetings of one group of a hundred
/// have no registers. The schools are 200001 to 220000, each of which chose the hub of its participation.
async fn fill(fixture: &Fixture) {
    let statements = [
        format!(
            "INSERT INTO school (urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age, listed)
             {COUNT} SELECT 200001 + n.n, '800', '', 1, 'E12000001', 1, 4, 2, 4, 11, TRUE FROM n"
        ),
        format!("INSERT INTO hub_choice (urn, start_date, hub) {COUNT} SELECT 200001 + n.n, '2018-01-01', 'hub-' || CAST(n.n % 40 AS TEXT) FROM n"),
        format!(
            "INSERT INTO participation (id, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count, deferrals,
                 deferred_years_count, import_source, import_row, version)
             {COUNT} SELECT 'p' || CAST(100000 + n.n AS TEXT), 200001 + n.n, 'hub-' || CAST(n.n % 40 AS TEXT), '{MASTERY}', '2018/19', 2, 'active', 1, 0, '[]', 0, 'test', '', 1
             FROM n"
        ),
        format!(
            "INSERT INTO work_group (id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count,
                 schools_max_count, meetings_count, support_visits_per_term_count, schools_count, state, version)
             {COUNT} SELECT 'g' || CAST(n.n AS TEXT), 'hub-' || CAST(n.n % 40 AS TEXT), '{MASTERY}', '2018/19', 1, 'specialist', '2018-09-03', 1, 'mastery_specialist',
                 1, 6, 6, 0, 5, 'open', 1 FROM n WHERE n.n < 4000"
        ),
        format!(
            "INSERT INTO membership (participation, academic_year, start_date, work_group)
             {COUNT} SELECT 'p' || CAST(100000 + n.n AS TEXT), '2018/19', '2018-09-03', 'g' || CAST(n.n / 5 AS TEXT) FROM n WHERE n.n % 100 <> 0"
        ),
        format!(
            "INSERT INTO meeting (id, parent, kind, start_date, end_date, venue, hub, persons_max_count, state, register_state, register_date, register_time, version)
             {COUNT} SELECT 'm' || CAST(n.n AS TEXT) || '-' || CAST(day.number AS TEXT), 'g' || CAST(n.n AS TEXT), 'group', '2018-1' || CAST(day.number / 4 AS TEXT) || '-0' || CAST(1 + day.number AS TEXT),
                 '2018-1' || CAST(day.number / 4 AS TEXT) || '-0' || CAST(1 + day.number AS TEXT), 'Hall', 'north', 0,
                 CASE WHEN n.n % 100 = 1 THEN 'planned' ELSE 'held' END, CASE WHEN n.n % 100 = 1 THEN 'none' ELSE 'final' END,
                 CASE WHEN n.n % 100 = 1 THEN NULL ELSE '2018-12-01' END, CASE WHEN n.n % 100 = 1 THEN NULL ELSE 0 END, 1
             FROM n, (SELECT 0 AS number UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7) day WHERE n.n < 4000"
        ),
        "INSERT INTO mark (meeting, meeting_state, mark_date, person, number, subject, urn, kind, record_time)
         SELECT meeting.id, 'held', meeting.start_date, 't-' || membership.participation, 1, membership.participation, 200001, 'attended', 0
         FROM meeting JOIN membership ON membership.work_group = meeting.parent WHERE meeting.state = 'held'"
            .to_owned(),
    ];
    for statement in statements {
        fixture.sql(statement).await;
    }
    if fixture.pool().is_postgres() {
        fixture.sql("ANALYZE").await;
    }
}

#[tokio::test]
async fn among_many_participations_a_page_is_one_statement_and_that_of_a_hub_reads_the_rows_of_the_hub() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        fill(&fixture).await;
        fixture.clock.move_to(noon("2019-02-01"));
        let ncetm = fixture.ncetm();
        let count = || fixture.service.context.pool.statements_count();
        let list = async |request: pb::ListParticipationsRequest| {
            let (before, started) = (count(), Instant::now());
            let page = ncetm.participations.clone().list_participations(request).await.unwrap().into_inner();
            assert_eq!(count() - before, 1);
            (page, started.elapsed())
        };
        let request = |hub: &str, reasons: &[pb::AttentionReason]| pb::ListParticipationsRequest {
            hub: hub.to_owned(),
            attention: reasons.iter().map(|reason| (*reason).into()).collect(),
            page_size: 1_000,
            ..Default::default()
        };
        let all = [ClosingSchool, NoWorkGroup, MeetingsMissed, NoVisit, RegisterOverdue, LeaderMissing];
        let (page, whole) = list(request("", &[])).await;
        assert_eq!(page.participations.len(), 1_000);
        let (page, warned) = list(request("", &all)).await;
        assert_eq!(page.participations.len(), 400, "200 without a group, 200 whose registers are overdue");
        assert_eq!(list(request("", &[NoWorkGroup])).await.0.participations.len(), 200);
        // PostgreSQL plans a statement once for all values after it has run a few times.
        let mut of_hub = Duration::ZERO;
        for _ in 0..8 {
            let (page, elapsed) = list(request("hubs/hub-7", &all)).await;
            assert_eq!(page.participations.len(), 20, "of the registers");
            of_hub = of_hub.max(elapsed);
        }
        let (page, _) = list(request("hubs/hub-7", &[])).await;
        assert_eq!(page.participations.len(), 500);
        println!("a page {whole:?}, the whole nation's reasons {warned:?}, a hub's {of_hub:?}");
        assert!(
            whole.max(warned) < Duration::from_secs(20) && of_hub < Duration::from_secs(4),
            "{whole:?} {warned:?} {of_hub:?}"
        );
        if database.is_postgres() {
            continue;
        }
        for statement in db::STATEMENTS.iter().filter(|one| one.origin() == "enrolment::participation::store::participation_page")
        {
            let text = statement.reviewed();
            let text = text.trim_start_matches("-- SQLite\n").split(";\n").next().unwrap();
            let plan: Vec<(i64, i64, i64, String)> = rows(fixture.pool(), format!("EXPLAIN QUERY PLAN {text}")).await;
            let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
            let is_of_hub = text.contains("hub_line");
            // The two meetings that are scanned as `meeting` are the last two of a participation.
            assert!(steps.iter().any(|step| step.starts_with("SEARCH meeting USING INDEX meeting_of_parent")), "{steps:#?}");
            for table in ["given", "moved", "membership", "mark", "school", "choice", "named", "visit"] {
                let scan = format!("SCAN {table}");
                assert!(!steps.iter().any(|step| *step == scan || step.starts_with(&format!("{scan} "))), "{table}: {steps:#?}");
            }
            assert!(!is_of_hub || !steps.iter().any(|step| step.starts_with("SCAN participation")), "{steps:#?}");
        }
    }
}

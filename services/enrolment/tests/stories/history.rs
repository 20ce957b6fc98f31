//! The import of past participation.

use proto::{
    enrolment::v1::{self as pb, ParticipationState, PlaceOrder, import_history_request::Part},
    network::v1 as network,
};
use tonic::Status;
use tonic_types::StatusExt;

use crate::fixture::*;

pub(crate) const HEADER: &str = "urn,programme,hub,first_academic_year,year_1_start,year_1_completion,year_2_start,year_2_completion,\
                                 withdraw_date,release_subsidy_paid,textbook_match_paid";

/// A row of the mastery programme in the north from September 2016 on, with these days.
fn row(urn: i64, days: &str) -> String {
    format!("{urn},{MASTERY},north,2016/17,{days}")
}

/// The messages of a file that is true of 30 April 2018.
pub(crate) fn messages(request_id: &str, rows: &[String], validate_only: bool) -> Vec<pb::ImportHistoryRequest> {
    let header = pb::ImportHistoryHeader {
        request_id: request_id.to_owned(),
        source: "Returns of the hubs, spring 2018".to_owned(),
        as_of_date: "2018-04-30".to_owned(),
        validate_only,
    };
    let file = format!("{HEADER}\n{}\n", rows.join("\n"));
    let chunks = file.as_bytes().chunks(100_000).map(|chunk| Part::CsvChunk(chunk.to_vec()));
    let parts = std::iter::once(Part::Header(header)).chain(chunks);
    parts.map(|part| pb::ImportHistoryRequest { part: Some(part) }).collect()
}

/// The number of rows, of new participations and of rows that were imported before.
async fn import(fixture: &Fixture, rows: &[String], validate_only: bool) -> Result<[i32; 3], Status> {
    let ncetm = fixture.ncetm();
    let messages = messages(&ncetm.request_id(), rows, validate_only);
    let answer = ncetm.history.clone().import_history(futures::stream::iter(messages)).await?.into_inner();
    Ok([answer.rows_count, answer.imported_count, answer.unchanged_count])
}

/// The places of the faults of a file.
async fn faults(fixture: &Fixture, rows: &[String]) -> Vec<String> {
    let status = import(fixture, rows, false).await.unwrap_err();
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

async fn participations(client: &Client) -> Vec<pb::Participation> {
    let request = pb::ListParticipationsRequest { page_size: 1_000, ..pb::ListParticipationsRequest::default() };
    client.participations.clone().list_participations(request).await.unwrap().into_inner().participations
}

#[tokio::test]
async fn an_imported_school_has_taken_part_and_goes_on_under_its_academy() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        // 100001 closed and became the academy 100002.
        fixture.schools(&[(100_001, 1, 2)]).await;
        fixture.link(100_001, 100_002, false, "2017-09-01").await;
        fixture.choice(100_002, SOUTH, "2018-01-01").await;
        let rows = [row(100_001, "2016-09-12,2017-07-07,,,,2016-12-01,")];
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [1, 1, 0]);

        let found = participations(&fixture.school(100_002)).await;
        let [imported] = &found[..] else { panic!("{found:?}") };
        assert_eq!((imported.hub.as_str(), imported.current_hub.as_str()), (NORTH, SOUTH));
        assert_eq!((imported.state(), imported.year_number, imported.years_completed_count), (ParticipationState::Active, 1, 1));
        assert_eq!(imported.import_source, "Returns of the hubs, spring 2018");
        assert_eq!((imported.application.as_str(), imported.accept_date.as_str()), ("", ""), "no place was accepted");
        for urn in [100_001, 100_002] {
            let expected = if urn == 100_001 { "SCHOOL_NOT_ELIGIBLE" } else { "SCHOOL_HAS_APPLIED" };
            assert_eq!(reason(fixture.ncetm().apply(urn, NORTH).await), expected, "a lineage takes part once");
        }
        // It goes on like any other.
        let south = fixture.hub_lead(SOUTH);
        assert_eq!(south.start_year(&imported.name, "2018-04-16").await.unwrap().year_number, 2);
        fixture.attend(&imported.name, "2018-04-17").await.unwrap();
        let completed = south.complete_year(&imported.name, "2018-05-01").await.unwrap();
        assert_eq!(completed.state(), ParticipationState::Completed);
        assert_eq!(
            import(&fixture, &rows, false).await.unwrap(),
            [1, 0, 1],
            "its participation has changed since, and its row has not"
        );
    }
}

#[tokio::test]
async fn a_file_is_imported_as_a_whole_and_once() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        let mut rows = vec![row(100_001, "2016-09-12,,,,,,"), row(100_002, ",,,,,,")];
        let before = fixture.events().await.len();
        assert_eq!(import(&fixture, &rows, true).await.unwrap(), [2, 2, 0]);
        assert_eq!(participations(&fixture.ncetm()).await, [], "a dry run changes nothing");
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [2, 2, 0]);
        assert_eq!(fixture.events().await[before..], ["ParticipationImported", "ParticipationImported"]);
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [2, 0, 2]);
        assert_eq!(fixture.events().await.len(), before + 2, "the same file changes nothing");
        rows.push(row(100_003, "2016-09-12,,,,,,"));
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [3, 1, 2], "a longer file adds its new rows");
        rows[0] = row(100_001, "2016-09-13,,,,,,");
        rows.push(row(100_004, "2016-09-12,,,,,,"));
        assert_eq!(faults(&fixture, &rows).await, ["row 2, column urn"], "an imported row has other fields now");
        assert_eq!(participations(&fixture.ncetm()).await.len(), 3, "nothing of a refused file is imported");
    }
}

#[tokio::test]
async fn every_fault_of_a_file_is_named_with_its_row_and_column() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        fixture.link(100_010, 100_011, false, "2017-09-01").await;
        let applied = fixture.ncetm().apply(100_021, NORTH).await.unwrap();
        fixture.link(100_020, 100_021, false, "2017-09-01").await;
        let rows = [
            row(100_001, "2016-09-12,,,,,,"),
            row(999_999, "2016-09-12,,,,,,"),
            "100002,primary-mastry,north,2016/17,,,,,,,".to_owned(),
            format!("100003,{MASTERY},nowhere,2016/17,,,,,,,"),
            format!("100004,{MASTERY},north,2009/10,,,,,,,"),
            row(100_010, "2016-09-12,,,,,,"),
            row(100_011, "2016-09-12,,,,,,"),
            row(100_020, "2016-09-12,,,,,,"),
            row(100_005, "2016-09-12,2018-09-01,,,,,"),
            row(100_006, ",,,,2018-05-01,,"),
            "100007".to_owned(),
            "999998,mastery,nowhere,2016/17,12/09/2016,,,,,,".to_owned(),
        ];
        let expected = [
            "row 3, column urn",
            "row 4, column programme",
            "row 5, column hub",
            "row 6, column programme",
            "row 8, column urn",
            "row 9, column urn",
            "row 10, column year_1_completion",
            "row 11, column withdraw_date",
            "row 12",
            "row 13, column urn",
            "row 13, column programme",
            "row 13, column hub",
            "row 13, column year_1_start",
        ];
        assert_eq!(faults(&fixture, &rows).await, expected);
        let status = import(&fixture, &rows, true).await.unwrap_err();
        assert!(status.message().contains("no register has listed `schools/999999`"), "{}", status.message());
        assert!(status.message().contains("row 7, or of its lineage"), "{}", status.message());
        assert!(status.message().contains(&applied.name), "{}", status.message());
        assert_eq!(participations(&fixture.ncetm()).await, []);
        let unknown: Vec<_> = (0..30).map(|number| row(900_000 + number, ",,,,,,")).collect();
        assert_eq!(faults(&fixture, &unknown).await.len(), 21, "twenty faults and the number of the others");
    }
}

#[tokio::test]
async fn a_yearly_programme_is_taken_again_in_another_year_and_not_twice_in_one() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        let of = |urn: i64, year: &str| format!("{urn},{CORE_MATHS},north,{year},,,,,,,");
        fixture.link(100_001, 100_002, false, "2017-09-01").await;
        let rows = [of(100_001, "2016/17"), of(100_001, "2017/18"), of(100_003, "2017/18")];
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [3, 3, 0]);
        assert_eq!(faults(&fixture, &[of(100_002, "2017/18")]).await, ["row 2, column urn"]);
        assert_eq!(import(&fixture, &[of(100_002, "2015/16")], false).await.unwrap(), [1, 1, 0]);
        // Mastery is another programme.
        fixture.ncetm().apply(100_002, NORTH).await.unwrap();
    }
}

#[tokio::test]
async fn an_imported_school_that_never_took_up_its_year_may_apply_after_it_says_so() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        import(&fixture, &[row(100_001, ",,,,,,")], false).await.unwrap();
        let [imported] = &participations(&fixture.ncetm()).await[..] else { panic!("one was imported") };
        assert_eq!(imported.state(), ParticipationState::Enrolled);
        assert_eq!(reason(fixture.ncetm().apply(100_001, NORTH).await), "SCHOOL_HAS_APPLIED");
        let early = fixture.school(100_001).leave(&imported.name, "2016-08-31").await;
        assert_eq!(reason(early), "DATE_OUTSIDE_YEAR", "before its first academic year");
        let left = fixture.school(100_001).leave(&imported.name, "2018-04-30").await.unwrap();
        assert_eq!(left.state(), ParticipationState::Cancelled);
        assert_eq!(fixture.events().await.last().unwrap(), "ParticipationCancelled");
        fixture.ncetm().apply(100_001, NORTH).await.unwrap();
    }
}

#[tokio::test]
async fn a_national_history_is_imported_at_once() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        let urns = || 200_001..=202_900;
        for first in urns().step_by(1_000) {
            let school = |urn| network::School { urn, listed: true, ..network::School::default() };
            fixture::register(fixture.pool(), (first..first + 1_000).map(school).collect()).await;
        }
        let rows: Vec<_> = urns().map(|urn| row(urn.into(), "2016-09-12,2017-07-07,2017-09-11,,,2016-12-01,")).collect();
        let started = std::time::Instant::now();
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [2_900, 2_900, 0]);
        let elapsed = started.elapsed();
        println!("{:?}: 2,900 rows in {elapsed:?}", fixture.service.context.pool);
        assert_eq!(import(&fixture, &rows, false).await.unwrap(), [2_900, 0, 2_900]);
    }
}

//! CohortService. Afterwards cohort 5 exists, and no weights are published.

use proto::specialists::v1 as pb;
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreateCohort", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetCohort", &["wrong field", "not found"]),
    ("ListCohorts", &["wrong field"]),
    ("CreateScoreWeights", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ListScoreWeights", &["wrong field"]),
];

/// A change of a cohort, and the fields that it makes wrong.
type Wrong = (fn(&mut pb::Cohort), &'static [&'static str]);

/// A change of weights, and the fields that it makes wrong.
type WrongWeights = (fn(&mut pb::ScoreWeights), &'static [&'static str]);

const WRONG: [Wrong; 22] = [
    (|cohort| cohort.display_name.clear(), &["cohort.display_name"]),
    (|cohort| cohort.display_name = "x".repeat(201), &["cohort.display_name"]),
    (|cohort| cohort.display_name.insert(0, '-'), &["cohort.display_name"]),
    (|cohort| cohort.number = 0, &["cohort.number"]),
    (|cohort| cohort.number = 1_000, &["cohort.number"]),
    (|cohort| cohort.education_phase = 0, &["cohort.education_phase"]),
    (|cohort| cohort.education_phase = 3, &["cohort.education_phase"]),
    (|cohort| cohort.programme = "total".to_owned(), &["cohort.programme"]),
    (|cohort| cohort.first_academic_year = "2019/21".to_owned(), &["cohort.first_academic_year"]),
    (|cohort| cohort.window_start_date = "1 February".to_owned(), &["cohort.window_start_date"]),
    (|cohort| cohort.window_end_date = "2019-02-29".to_owned(), &["cohort.window_end_date"]),
    (|cohort| cohort.window_end_date = "2019-01-31".to_owned(), &["cohort.window_end_date"]),
    (windowless, &["cohort.window_start_date", "cohort.window_end_date"]),
    (|cohort| cohort.years.clear(), &["cohort.years"]),
    (|cohort| cohort.years = (1..=6).map(own_teaching).collect(), &["cohort.years"]),
    (|cohort| cohort.years = vec![own_teaching(2)], &["cohort.years[0].year_number"]),
    (|cohort| cohort.years = vec![own_teaching(1), own_teaching(1)], &["cohort.years[1].year_number"]),
    (|cohort| cohort.years[0].setting = 0, &["cohort.years[0].setting"]),
    (|cohort| cohort.years[0].setting = 99, &["cohort.years[0].setting"]),
    (|cohort| cohort.years[0].supported_schools_count = 2, &["cohort.years[0].supported_schools_count"]),
    (|cohort| cohort.years[2].supported_schools_count = 0, &["cohort.years[2].supported_schools_count"]),
    (|cohort| cohort.years[2].supported_schools_count = 11, &["cohort.years[2].supported_schools_count"]),
];

const WRONG_WEIGHTS: [WrongWeights; 7] = [
    (|weights| weights.start_date = "1 September".to_owned(), &["score_weights.start_date"]),
    (|weights| weights.decision.clear(), &["score_weights.decision"]),
    (|weights| weights.prior_schools_count = -1, &["score_weights.prior_schools_count"]),
    (|weights| weights.prior_schools_count = 1_001, &["score_weights.prior_schools_count"]),
    (|weights| weights.area_permille = 1_001, &["score_weights.area_permille", "score_weights.region_permille"]),
    (|weights| weights.region_permille = 301, &["score_weights.region_permille"]),
    (|weights| weights.region_permille = -300, &["score_weights.region_permille"]),
];

fn own_teaching(year_number: i32) -> pb::CohortYear {
    pb::CohortYear { year_number, setting: pb::YearSetting::OwnTeaching.into(), supported_schools_count: 0, leads_groups: None }
}

fn windowless(cohort: &mut pb::Cohort) {
    cohort.window_start_date.clear();
    cohort.window_end_date.clear();
}

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    create(fixture, walk).await;
    read(fixture, walk).await;
    wrong_weights(fixture, walk).await;
}

async fn create(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let events = async || fixture.events().await.len();
    let call = async |request| ncetm.cohorts.clone().create_cohort(request).await;
    let request = |request_id: &str, cohort_id: &str, number| pb::CreateCohortRequest {
        request_id: request_id.to_owned(),
        cohort_id: cohort_id.to_owned(),
        cohort: Some(pb::Cohort { number, ..cohort() }),
    };
    let nothing = call(pb::CreateCohortRequest::default()).await;
    walk.wrong("CreateCohort", nothing, &["request_id", "cohort_id", "cohort"]);
    for (change, fields) in WRONG {
        let mut wrong = request("create", "wrong", 5);
        change(wrong.cohort.as_mut().unwrap());
        walk.wrong("CreateCohort", call(wrong).await, fields);
    }
    let mut wrong = request("create", "windowless", 5);
    windowless(wrong.cohort.as_mut().unwrap());
    let failed = call(wrong).await.unwrap_err();
    assert!(failed.message().contains("must be set: a cohort is recruited within a window"), "{}", failed.message());
    for id in ["Secondary", "2019/20", &"x".repeat(41)] {
        walk.wrong("CreateCohort", call(request("create", id, 5)).await, &["cohort_id"]);
    }
    walk.repeat("CreateCohort", events, 1, call, [request("create", "secondary-5", 5), request("create", "other", 7)]).await;
    walk.step("CreateCohort", "wrong state", call(request("again", "secondary-5", 8)).await, "COHORT_EXISTS");
    walk.step("CreateCohort", "wrong state", call(request("again", "another", 5)).await, "COHORT_EXISTS");
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let school = fixture.school(100_001);
    let get = async |name: &str| school.cohorts.clone().get_cohort(pb::GetCohortRequest { name: name.to_owned() }).await;
    for name in ["", "secondary-5", "cohorts/", "cohorts/A B", "cohorts/secondary-5/nominations"] {
        walk.wrong("GetCohort", get(name).await, &["name"]);
    }
    walk.step("GetCohort", "not found", get("cohorts/none").await, "NOT_FOUND");
    let list = pb::ListCohortsRequest { page_size: -1, page_token: "x".to_owned() };
    walk.wrong("ListCohorts", school.cohorts.clone().list_cohorts(list).await, &["page_size", "page_token"]);
    let list = pb::ListScoreWeightsRequest { page_size: -1, page_token: "x".to_owned() };
    walk.wrong("ListScoreWeights", school.cohorts.clone().list_score_weights(list).await, &["page_size", "page_token"]);
}

async fn wrong_weights(fixture: &Fixture, walk: &mut Walk) {
    let call = async |request| fixture.ncetm().cohorts.clone().create_score_weights(request).await;
    let nothing = call(pb::CreateScoreWeightsRequest::default()).await;
    walk.wrong("CreateScoreWeights", nothing, &["request_id", "score_weights"]);
    for (change, fields) in WRONG_WEIGHTS {
        let mut wrong = weights("2018-09-01");
        change(&mut wrong);
        let request = pb::CreateScoreWeightsRequest { request_id: "publish".to_owned(), score_weights: Some(wrong) };
        walk.wrong("CreateScoreWeights", call(request).await, fields);
    }
}

/// Publishes the first version; a second fails that has begun or begins before the first.
pub(crate) async fn publish_weights(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let events = async || fixture.events().await.len();
    let call = async |request| ncetm.cohorts.clone().create_score_weights(request).await;
    let undecided = pb::ScoreWeights { decision: UNKNOWN_DECISION.to_owned(), ..weights("2018-09-01") };
    walk.step("CreateScoreWeights", "wrong state", ncetm.publish_weights(undecided).await, "DECISION_UNKNOWN");
    let request =
        |start_date| pb::CreateScoreWeightsRequest { request_id: "publish".to_owned(), score_weights: Some(weights(start_date)) };
    walk.repeat("CreateScoreWeights", events, 1, call, [request("2018-09-01"), request("2018-09-02")]).await;
    for (start_date, reason) in [("2018-10-01", "POLICY_IN_FORCE"), ("2018-08-31", "DATE_BEFORE_LAST")] {
        walk.step("CreateScoreWeights", "wrong state", ncetm.publish_weights(weights(start_date)).await, reason);
    }
}

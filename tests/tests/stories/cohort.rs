//! The measured reach decides the selection of specialists.

use analytics::{Measure, collect, figures_sha256, measure, publish, write_report};
use proto::{enrolment::v1::PlaceOrder, network::v1 as network, specialists::v1 as pb};
use stories::{
    Caller, DECISION, PROGRAMME, Suite, places,
    register::{self, BARNSLEY, SHEFFIELD},
    round,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nominee_of_the_area_with_least_historic_engagement_is_selected() {
    stories::on_each_database("2018-09-03", async |mut suite| {
        suite.start_specialists().await;
        let ncetm = suite.ncetm();
        let rows = register::as_of("2018-09-01").primaries(100_001..100_013, SHEFFIELD).primaries(100_101..100_113, BARNSLEY);
        ncetm.import(&rows.done()).await.unwrap();
        let hub = ncetm.create_hub("south-yorkshire", 100_001).await.unwrap();
        // Two schools of Sheffield enrol, and none of Barnsley.
        let announced = round("2018/19", ["2018-09-01", "2018-10-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, 2)).await.unwrap();
        for urn in [100_001, 100_002] {
            ncetm.apply(&round, urn, &hub).await.unwrap();
        }
        for application in ncetm.offer(&round, &hub, 0).await.unwrap() {
            ncetm.accept(&application.name).await.unwrap();
        }

        let cohort = announce(&ncetm).await;
        let urns = [100_005, 100_105];
        let teachers = [record_teacher(&suite, urns[0]).await, record_teacher(&suite, urns[1]).await];
        suite.specialists_caught_up().await;
        // The school of the area that was reached nominates first.
        for (urn, teacher) in urns.into_iter().zip(&teachers) {
            nominate(&suite, &cohort, urn, &hub, teacher).await;
        }

        // Enrolment's records are measured and published before the window closes.
        let publication = report(&suite).await;
        let request = network::ListColdAreasRequest { parent: publication.name.clone(), ..Default::default() };
        let served = ncetm.reach().list_cold_areas(request).await.unwrap().into_inner().cold_areas;
        let sheffield = served.iter().find(|area| area.old_la_code == SHEFFIELD.old_la_code).unwrap();
        assert_eq!((sheffield.schools_count, sheffield.schools_never_reached_count), (12, 10));
        suite.specialists_caught_up().await;

        suite.move_to("2018-10-01");
        let ncetm = suite.ncetm();
        let ranking = rank(&ncetm, &cohort).await;
        assert_eq!((ranking.reach_publication.as_str(), ranking.fallback), (publication.name.as_str(), false));
        let selected = select(&ncetm, &cohort, 1).await;
        assert_eq!(selected.iter().map(|one| one.school.as_str()).collect::<Vec<_>>(), ["schools/100105"]);
        let standing = selected[0].standing.clone().unwrap();
        // (12 + 10 × 22/24) ÷ (12 + 10), of Barnsley's 12 schools and the region's 24, of which 22 were never reached.
        assert_eq!((standing.rank, standing.score_ppm), (1, Some(962_121)));
    })
    .await;
}

/// Creates weights and a primary cohort with the window September 2018. Returns its name.
pub(crate) async fn announce(ncetm: &Caller) -> String {
    let weights = pb::ScoreWeights {
        start_date: "2018-09-03".to_owned(),
        decision: DECISION.to_owned(),
        prior_schools_count: 10,
        area_permille: 1_000,
        ..Default::default()
    };
    let request = || pb::CreateScoreWeightsRequest { request_id: "weights".to_owned(), score_weights: Some(weights.clone()) };
    ncetm.decided(|| async { ncetm.cohorts().create_score_weights(request()).await }).await.unwrap();
    let cohort = pb::Cohort {
        display_name: "Primary Mastery Specialists".to_owned(),
        number: 1,
        education_phase: network::EducationPhase::Primary.into(),
        programme: PROGRAMME.to_owned(),
        first_academic_year: "2019/20".to_owned(),
        window_start_date: "2018-09-03".to_owned(),
        window_end_date: "2018-09-30".to_owned(),
        years: vec![pb::CohortYear {
            year_number: 1,
            setting: pb::YearSetting::OwnTeaching.into(),
            supported_schools_count: 0,
            leads_groups: None,
        }],
        ..Default::default()
    };
    let request =
        pb::CreateCohortRequest { request_id: "cohort".to_owned(), cohort_id: "primary-1".to_owned(), cohort: Some(cohort) };
    let created = ncetm.decided(|| async { ncetm.cohorts().create_cohort(request.clone()).await }).await;
    created.unwrap().into_inner().cohort.unwrap().name
}

/// A school records one of its teachers. Returns the person's name.
pub(crate) async fn record_teacher(suite: &Suite, urn: i32) -> String {
    let school = format!("schools/{urn}");
    suite.school(&school).record_teacher(&school, "").await.unwrap()
}

/// A school nominates one of its teachers, whom specialists knows.
pub(crate) async fn nominate(suite: &Suite, cohort: &str, urn: i32, hub: &str, person: &str) {
    let request = pb::CreateNominationRequest {
        request_id: format!("nominate-{urn}"),
        parent: cohort.to_owned(),
        nomination: Some(pb::Nomination {
            school: format!("schools/{urn}"),
            hub: hub.to_owned(),
            person: person.to_owned(),
            ..Default::default()
        }),
        early_career_teacher: false,
        head_teacher_agrees: true,
    };
    suite.school(&format!("schools/{urn}")).nominations().create_nomination(request).await.unwrap();
}

/// Measures all records until today and publishes them as true today; DfE approves them.
pub(crate) async fn report(suite: &Suite) -> network::ReachPublication {
    let folder = tempfile::tempdir().unwrap();
    let sources = [suite.source("network"), suite.source("enrolment")];
    collect(&folder.path().join("lake"), &sources, suite.clock.now()).await.unwrap();
    let today = suite.clock.today();
    let reach = measure(&folder.path().join("lake"), &Measure::on(today, today)).unwrap();
    let report = write_report(&reach, &folder.path().join("report"), &analytics::ReportState::Provisional).unwrap();
    let published = publish(&reach, &report, &sources[0], "publish-1").await.unwrap();
    let approve = network::ApproveReachRequest {
        request_id: "approve-1".to_owned(),
        name: published.name,
        etag: published.etag,
        figures_sha256: figures_sha256(&reach),
    };
    suite.dfe().reach().approve_reach(approve).await.unwrap().into_inner().reach_publication.unwrap()
}

pub(crate) async fn rank(ncetm: &Caller, cohort: &str) -> pb::Ranking {
    let request = pb::RankNominationsRequest {
        request_id: format!("rank-{cohort}").replace('/', "-"),
        parent: cohort.to_owned(),
        validate_only: false,
    };
    ncetm.nominations().rank_nominations(request).await.unwrap().into_inner().ranking.unwrap()
}

/// Selects the nationally best nominations by rank.
pub(crate) async fn select(ncetm: &Caller, cohort: &str, selections_count: i32) -> Vec<pb::Nomination> {
    let request = pb::SelectNominationsRequest {
        request_id: format!("select-{cohort}").replace('/', "-"),
        parent: cohort.to_owned(),
        hub: String::new(),
        selections_count,
        validate_only: false,
    };
    ncetm.nominations().select_nominations(request).await.unwrap().into_inner().selected_nominations
}

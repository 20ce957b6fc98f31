//! Enrol, record, measure reach, allocate the next places by it.

use analytics::{
    Draft, Level, Measure, Phase, REGIONS, Stage, collect, figures_sha256, find_published, measure, publish, write_report,
};
use proto::{
    enrolment::v1::PlaceOrder,
    network::v1::{self as network, reach_service_client::ReachServiceClient},
};
use stories::{
    PROGRAMME, Suite, places,
    register::{self, BARNSLEY, SHEFFIELD},
    round,
};
use time::{AcademicYear, Date};
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn measured_reach_decides_the_next_place() {
    stories::on_each_database("2018-03-01", async |suite| {
        let ncetm = suite.ncetm();
        let on =
            |day: &str| register::as_of(day).primaries(100_001..100_013, SHEFFIELD).primaries(100_101..100_113, BARNSLEY).done();
        let imported = ncetm.import(&on("2018-03-01")).await.unwrap();
        assert_eq!((imported.schools_added_count, imported.unchanged), (24, false));
        let hub = ncetm.create_hub("south-yorkshire", 100_001).await.unwrap();

        // Four schools of Sheffield enrol, and none of Barnsley.
        let window = ["2018-03-01", "2018-07-31"];
        let first = ncetm.announce("2018", round("2018/19", window, PlaceOrder::Submission)).await.unwrap();
        ncetm.set_places(&first, places(&hub, 4)).await.unwrap();
        for urn in 100_001..100_005 {
            ncetm.apply(&first, urn, &hub).await.unwrap();
        }
        let offered = ncetm.offer(&first, &hub, 0).await.unwrap();
        assert_eq!(offered.iter().map(|one| one.queue_number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        let mut participations = Vec::new();
        for application in offered {
            participations.push(ncetm.accept(&application.name).await.unwrap().participation);
        }

        // The register of the year's first day; the school starts and completes the year.
        suite.move_to("2018-09-03");
        let imported = ncetm.import(&on("2018-09-01")).await.unwrap();
        assert_eq!((imported.schools_added_count, imported.schools_changed_count, imported.schools_unlisted_count), (0, 0, 0));
        for participation in &participations {
            ncetm.start_year(participation, "2018-09-03").await.unwrap();
        }
        suite.move_to("2019-07-10");
        for participation in &participations[..3] {
            let completed = ncetm.complete_year(participation, "2019-07-10").await.unwrap();
            assert_eq!(completed.years_completed_count, 1);
        }

        // Measured on the last day but one of that academic year.
        suite.move_to("2019-07-15");
        let folder = tempfile::tempdir().unwrap();
        let sources = [suite.source("network"), suite.source("enrolment")];
        collect(&folder.path().join("lake"), &sources, suite.clock.now()).await.unwrap();
        let today = Date::parse("2019-07-15").unwrap();
        let reach = measure(&folder.path().join("lake"), &Measure::on(today, today)).unwrap();
        let year = AcademicYear::of(today);
        for (stage, expected) in [(Stage::Applied, 4), (Stage::Enrolled, 4), (Stage::Active, 4), (Stage::Completed, 3)] {
            let of = |level: &Level| reach.find_figure(year, level, Some(PROGRAMME), Some(Phase::Primary), stage).unwrap();
            for level in [Level::National, Level::Regional(REGIONS[2])] {
                let figure = of(&level);
                assert_eq!(
                    (figure.schools_count, figure.reached_count, figure.reached_since_count),
                    (24, expected, expected),
                    "{stage:?}"
                );
            }
            assert_eq!(of(&Level::Regional(REGIONS[6])).schools_count, 0);
        }
        let coldest = reach.cold_areas.iter().find(|area| area.rank == Some(1)).unwrap();
        assert_eq!((coldest.authority.old_la_code.as_str(), coldest.never_reached_count), ("370", 12));

        // Published, and approved by another person.
        let report = write_report(&reach, &folder.path().join("report"), &analytics::ReportState::Provisional).unwrap();
        let publication = publish(&reach, &report, &sources[0], "publish-1").await.unwrap();
        assert_eq!(publication.state(), network::ReachState::Provisional);
        let approve = || network::ApproveReachRequest {
            request_id: "approve-1".to_owned(),
            name: publication.name.clone(),
            etag: publication.etag.clone(),
            figures_sha256: figures_sha256(&reach),
        };
        let approved = suite.dfe().reach().approve_reach(approve()).await.unwrap().into_inner().reach_publication.unwrap();
        assert_eq!(approved.state(), network::ReachState::Final);
        suite.caught_up().await;

        // The next round: with priority, the school of the colder area comes first although it applied later.
        let window = ["2019-07-15", "2019-08-31"];
        for (id, order, urns, first_urn) in [
            ("2019-submission", PlaceOrder::Submission, [100_006, 100_106], 100_006),
            ("2019-priority", PlaceOrder::PriorityThenSubmission, [100_007, 100_107], 100_107),
        ] {
            let next = ncetm.announce(id, round("2019/20", window, order)).await.unwrap();
            ncetm.set_places(&next, places(&hub, 1)).await.unwrap();
            for urn in urns {
                ncetm.apply(&next, urn, &hub).await.unwrap();
            }
            let offered = ncetm.offer(&next, &hub, 0).await.unwrap();
            let schools: Vec<_> = offered.iter().map(|one| one.school.clone()).collect();
            assert_eq!(schools, [format!("schools/{first_urn}")], "{id}");
            assert_eq!(offered[0].reach_publication, publication.name);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publisher_and_approver_must_differ() {
    stories::on_each_database("2018-09-03", async |suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-09-01").primaries(100_001..100_003, SHEFFIELD).done()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let source = suite.source_as("network", &suite.token_ncetm());
        collect(&folder.path().join("lake"), &[suite.source("network"), suite.source("enrolment")], suite.clock.now())
            .await
            .unwrap();
        let today = suite.clock.today();
        let reach = measure(&folder.path().join("lake"), &Measure::on(today, today)).unwrap();
        let report = write_report(&reach, &folder.path().join("report"), &analytics::ReportState::Provisional).unwrap();
        let publication = publish(&reach, &report, &source, "publish-1").await.unwrap();
        let approve = network::ApproveReachRequest {
            request_id: "approve-1".to_owned(),
            name: publication.name.clone(),
            etag: publication.etag.clone(),
            figures_sha256: figures_sha256(&reach),
        };
        let refused = ncetm.reach().approve_reach(approve.clone()).await.unwrap_err();
        assert!(matches!(refused.code(), Code::FailedPrecondition | Code::PermissionDenied), "{refused:?}");
        let stale = network::ApproveReachRequest { etag: "old".to_owned(), ..approve.clone() };
        stories::assert_refused(suite.dfe().reach().approve_reach(stale).await, Code::Aborted, "ETAG_STALE");
        suite.dfe().reach().approve_reach(approve).await.unwrap();
    })
    .await;
}

/// Publishes one invented area of Barnsley, never reached and the coldest, under the days and the content of a real report.
async fn invent(suite: &Suite, reach: &analytics::Reach) -> network::ReachPublication {
    use network::publish_reach_request::Part;
    let header = network::PublishReachHeader {
        request_id: "invent".to_owned(),
        reach_publication: Some(network::ReachPublication {
            academic_year: reach.newest_year().to_string(),
            true_on_date: reach.options.true_on.to_string(),
            known_on_date: reach.options.known_on.to_string(),
            register_as_of_date: reach.register.as_of_date.clone(),
            content_sha256: Draft::new(reach).content_sha256().to_owned(),
            policy: reach.policy.name().to_owned(),
            ..Default::default()
        }),
        validate_only: false,
    };
    let area = network::ColdArea {
        old_la_code: BARNSLEY.old_la_code.to_owned(),
        region_code: "E12000003".to_owned(),
        programme: PROGRAMME.to_owned(),
        education_phase: network::EducationPhase::Primary.into(),
        stage: network::ReachStage::Enrolled.into(),
        schools_count: 12,
        schools_never_reached_count: 12,
        region_schools_count: 12,
        region_schools_never_reached_count: 12,
        coldness_ppm: 1_000_000,
        rank: 1,
        ..Default::default()
    };
    let part = network::ReachPart { figures: Vec::new(), cold_areas: vec![area] };
    let parts = [Part::Header(header), Part::ReachPart(part)].map(|part| network::PublishReachRequest { part: Some(part) });
    let mut publisher = ReachServiceClient::new(suite.source("network").connection);
    let published = publisher.publish_reach(futures::stream::iter(parts)).await.unwrap();
    published.into_inner().reach_publication.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invented_area_decides_no_place_and_no_final_report_has_other_figures_than_those_approved() {
    stories::on_each_database("2018-09-03", async |suite| {
        let ncetm = suite.ncetm();
        let rows = register::as_of("2018-09-01").primaries(100_001..100_013, SHEFFIELD).primaries(100_101..100_113, BARNSLEY);
        ncetm.import(&rows.done()).await.unwrap();
        let hub = ncetm.create_hub("north", 100_001).await.unwrap();
        let announced = || round("2018/19", ["2018-09-01", "2018-10-31"], PlaceOrder::PriorityThenSubmission);
        let first = ncetm.announce("first", announced()).await.unwrap();
        let second = ncetm.announce("second", announced()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let sources = [suite.source("network"), suite.source("enrolment")];
        collect(&folder.path().join("lake"), &sources, suite.clock.now()).await.unwrap();
        let today = suite.clock.today();
        let reach = measure(&folder.path().join("lake"), &Measure::on(today, today)).unwrap();
        let content_sha256 = Draft::new(&reach).content_sha256().to_owned();

        let invented = invent(&suite, &reach).await;
        suite.caught_up().await;
        let offered = async |round: &str, urns: [i32; 2]| {
            ncetm.set_places(round, places(&hub, 1)).await.unwrap();
            for urn in urns {
                ncetm.apply(round, urn, &hub).await.unwrap();
            }
            let offered = ncetm.offer(round, &hub, 0).await.unwrap().remove(0);
            (offered.school, offered.coldness_ppm)
        };
        assert_eq!(offered(&first, [100_001, 100_101]).await, ("schools/100001".to_owned(), None));
        let none = find_published(&reach, &content_sha256, &sources[0]).await.unwrap();
        assert_eq!(none, None, "the publication has the content of the report and other figures");

        // The approver names the figures that it measured, which the publication does not have.
        let approve = |figures_sha256: String| network::ApproveReachRequest {
            request_id: "approve".to_owned(),
            name: invented.name.clone(),
            etag: invented.etag.clone(),
            figures_sha256,
        };
        let refused = suite.dfe().reach().approve_reach(approve(figures_sha256(&reach))).await;
        stories::assert_refused(refused, Code::FailedPrecondition, "FIGURES_DIFFER");

        // Only an approver who names the invented figures gives them an effect, and even then no report with other figures is final.
        suite.dfe().reach().approve_reach(approve(invented.figures_sha256.clone())).await.unwrap();
        let other = find_published(&reach, &content_sha256, &sources[0]).await.unwrap_err().to_string();
        assert!(other.contains(&invented.name) && other.contains("not final"), "{other}");
        suite.caught_up().await;
        assert_eq!(offered(&second, [100_002, 100_102]).await, ("schools/100102".to_owned(), Some(1_000_000)));
    })
    .await;
}

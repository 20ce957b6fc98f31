//! Enrol, record, measure reach, allocate the next places by it.

use analytics::{Level, Measure, Phase, REGIONS, Stage, collect, measure, publish, write_report};
use proto::{enrolment::v1::PlaceOrder, network::v1 as network};
use stories::{
    PROGRAMME, places,
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
        };
        let refused = ncetm.reach().approve_reach(approve.clone()).await.unwrap_err();
        assert!(matches!(refused.code(), Code::FailedPrecondition | Code::PermissionDenied), "{refused:?}");
        let stale = network::ApproveReachRequest { etag: "old".to_owned(), ..approve.clone() };
        stories::assert_refused(suite.dfe().reach().approve_reach(stale).await, Code::Aborted, "ETAG_STALE");
        suite.dfe().reach().approve_reach(approve).await.unwrap();
    })
    .await;
}

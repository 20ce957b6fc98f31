//! A new hub opens, and schools move to it: reach, which is by the schools' own authorities, stays as it was, and their participations go with them.

use analytics::{Draft, Level, Measure, Stage, collect, measure};
use proto::{
    enrolment::v1::{ApplicationState, PlaceOrder},
    network::v1 as network,
};
use stories::{
    Caller, DECISION, Suite, places,
    register::{self, SHEFFIELD},
    round,
};
use tonic::Code;

/// The checksum of the report of today and the number of enrolled schools, measured on everything that is recorded.
async fn report(suite: &Suite) -> (String, u32) {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    collect(&lake, &[suite.source("network"), suite.source("enrolment")], suite.clock.now()).await.unwrap();
    let today = suite.clock.today();
    let reach = measure(&lake, &Measure::on(today, today)).unwrap();
    let england = reach.find_figure(reach.newest_year(), &Level::National, None, None, Stage::Enrolled).unwrap();
    (Draft::new(&reach).content_sha256().to_owned(), england.reached_count)
}

/// The names of the participations that a hub lead sees.
async fn participations(lead: &Caller) -> Vec<String> {
    lead.all_participations("").await.unwrap().into_iter().map(|one| one.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_schools_to_a_new_hub_moves_their_participations_and_no_figure_of_reach() {
    stories::on_each_database("2018-09-03", async |suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-09-01").primaries(100_001..100_007, SHEFFIELD).done()).await.unwrap();
        let old = ncetm.create_hub("north", 100_001).await.unwrap();
        let announced = round("2018/19", ["2018-09-01", "2018-10-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&old, 2)).await.unwrap();
        for urn in 100_002..100_006 {
            let choice = network::ChooseHubRequest {
                request_id: format!("choose-{urn}"),
                school: format!("schools/{urn}"),
                hub: old.clone(),
                start_date: "2018-09-01".to_owned(),
                ..Default::default()
            };
            suite.school(&format!("schools/{urn}")).hubs().choose_hub(choice).await.unwrap();
            suite.caught_up().await;
            ncetm.apply(&round, urn, &old).await.unwrap();
        }
        let mut taken = Vec::new();
        for application in ncetm.offer(&round, &old, 0).await.unwrap() {
            taken.push(ncetm.accept(&application.name).await.unwrap().participation);
        }
        taken.sort();
        let before = report(&suite).await;
        assert_eq!(before.1, 2, "two schools got a place");

        let new = ncetm.create_hub("central", 100_006).await.unwrap();
        let request = network::MoveSchoolsRequest {
            request_id: "preview".to_owned(),
            old_la_codes: vec![SHEFFIELD.old_la_code.to_owned()],
            hub: new.clone(),
            start_date: "2018-09-10".to_owned(),
            decision: DECISION.to_owned(),
            validate_only: true,
            ..Default::default()
        };
        let preview = ncetm.hubs().move_schools(request.clone()).await.unwrap().into_inner();
        assert_eq!(preview.schools_count, 4);
        assert_eq!(report(&suite).await, before, "a preview changes nothing");
        let exactly = network::MoveSchoolsRequest {
            request_id: "move".to_owned(),
            etag: preview.etag.clone(),
            validate_only: false,
            ..request
        };
        let moved = ncetm.hubs().move_schools(exactly).await.unwrap().into_inner();
        assert_eq!((moved.moved_authorities, moved.schools_count), (preview.moved_authorities, 4));
        suite.caught_up().await;
        assert_eq!(report(&suite).await, before);

        // Until the day of the move, the hub that gave the places has them.
        let (was, is) = (suite.hub_lead(&old), suite.hub_lead(&new));
        suite.move_to("2018-09-09");
        assert_eq!((participations(&was).await, participations(&is).await), (taken.clone(), Vec::new()));
        assert_eq!(is.start_year(&taken[0], "2018-09-09").await.unwrap_err().code(), Code::NotFound);
        was.start_year(&taken[0], "2018-09-09").await.unwrap();
        suite.move_to("2018-09-10");
        assert_eq!((participations(&was).await, participations(&is).await), (Vec::new(), taken.clone()));
        assert_eq!(was.leave(&taken[0], "2018-09-10").await.unwrap_err().code(), Code::NotFound);
        let left = is.leave(&taken[0], "2018-09-10").await.unwrap();
        assert_eq!((left.hub, left.current_hub), (old.clone(), new.clone()));
        // The second never started its year: the hub that gave its place gets the place back.
        is.leave(&taken[1], "2018-09-10").await.unwrap();
        let offered = ncetm.all_applications(&round).await.unwrap();
        let offered: Vec<_> = offered.iter().filter(|one| one.state() == ApplicationState::Offered).collect();
        assert_eq!(offered.len(), 1, "the next on the waiting list of the old hub");
        assert_eq!((&offered[0].hub, &offered[0].chosen_hub), (&old, &old), "it chose the old hub when it applied");
    })
    .await;
}

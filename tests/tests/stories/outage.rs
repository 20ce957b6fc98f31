//! A service works while another one is down, and catches up. `funding_catch_up.rs` shows it with funding down.

use proto::{enrolment::v1::PlaceOrder, funding::v1 as funding};
use stories::{
    Caller, SUBSIDY_PENCE, Suite, places,
    register::{self, BARNSLEY, SHEFFIELD},
    round,
};
use time::Date;
use tonic::Status;

use crate::cohort;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enrolment_works_while_the_network_is_down_and_catches_up() {
    stories::on_each_database("2018-03-01", async |mut suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-03-01").primaries(100_001..100_004, SHEFFIELD).done()).await.unwrap();
        let north = ncetm.create_hub("north", 100_001).await.unwrap();
        ncetm.catalogue_programme().await.unwrap();
        suite.caught_up().await;

        suite.stop_network().await;
        ncetm.register().get_register(proto::network::v1::GetRegisterRequest { name: "register".to_owned() }).await.unwrap_err();
        let announced = round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&north, 2)).await.unwrap();
        let application = ncetm.apply(&round, 100_002, &north).await.unwrap();
        ncetm.offer(&round, &north, 0).await.unwrap();
        ncetm.accept(&application).await.unwrap();

        // Later events of the network service reach enrolment too.
        suite.start_network().await;
        let ncetm = suite.ncetm();
        let south = ncetm.create_hub("south", 100_003).await.unwrap();
        suite.caught_up().await;
        ncetm.set_places(&round, places(&south, 2)).await.unwrap();
        ncetm.apply(&round, 100_003, &south).await.unwrap();
    })
    .await;
}

/// Setup: twelve schools of Sheffield, one of which enrols, and twelve of Barnsley. Returns the names of the hub and the participation.
async fn one_of_sheffield_enrols(suite: &Suite) -> (String, String) {
    let ncetm = suite.ncetm();
    let rows = register::as_of("2018-09-01").primaries(100_001..100_013, SHEFFIELD).primaries(100_101..100_113, BARNSLEY);
    ncetm.import(&rows.done()).await.unwrap();
    let hub = ncetm.create_hub("south-yorkshire", 100_001).await.unwrap();
    let announced = round("2018/19", ["2018-09-01", "2018-10-31"], PlaceOrder::Submission);
    let round = ncetm.announce("2018", announced).await.unwrap();
    ncetm.set_places(&round, places(&hub, 1)).await.unwrap();
    let application = ncetm.apply(&round, 100_001, &hub).await.unwrap();
    ncetm.offer(&round, &hub, 0).await.unwrap();
    let accepted = ncetm.accept(&application).await.unwrap();
    (hub, accepted.participation)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn specialists_works_from_its_mirror_while_the_others_are_down() {
    stories::on_each_database("2018-09-03", async |mut suite| {
        suite.start_specialists().await;
        let (hub, _) = one_of_sheffield_enrols(&suite).await;
        let publication = cohort::report(&suite).await;
        let urns = [100_005, 100_105];
        let teachers = [cohort::record_teacher(&suite, urns[0]).await, cohort::record_teacher(&suite, urns[1]).await];
        suite.specialists_caught_up().await;

        suite.stop_network().await;
        suite.stop_enrolment().await;
        let ncetm = suite.ncetm();
        ncetm.register().get_register(proto::network::v1::GetRegisterRequest { name: "register".to_owned() }).await.unwrap_err();
        let announced = cohort::announce(&ncetm).await;
        for (urn, teacher) in urns.into_iter().zip(&teachers) {
            cohort::nominate(&suite, &announced, urn, &hub, teacher).await;
        }
        suite.move_to("2018-10-01");
        let ncetm = suite.ncetm();
        let ranking = cohort::rank(&ncetm, &announced).await;
        assert_eq!((ranking.reach_publication.as_str(), ranking.scored_count), (publication.name.as_str(), 2));
        let selected = cohort::select(&ncetm, &announced, 1).await;
        assert_eq!(selected[0].school, "schools/100105", "the school of Barnsley, where no school was reached");

        // Later events of the network service reach specialists too.
        suite.start_network().await;
        suite.ncetm().create_hub("later", 100_002).await.unwrap();
        suite.specialists_caught_up().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_others_work_while_specialists_is_down_and_it_catches_up() {
    stories::on_each_database("2018-09-03", async |mut suite| {
        suite.start_specialists().await;
        suite.start_funding().await;
        let announced = cohort::announce(&suite.ncetm()).await;
        suite.stop_specialists().await;
        let ncetm = suite.ncetm();
        ncetm.cohorts().list_cohorts(proto::specialists::v1::ListCohortsRequest::default()).await.unwrap_err();

        ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        let (hub, participation) = one_of_sheffield_enrols(&suite).await;
        // Money that is allocated while the entitlement is written reaches it with the next sweep.
        suite.funding_caught_up().await;
        suite.dfe().allocate(&hub, suite.clock.today(), 1).await.unwrap();
        prove(&suite, &hub, &participation).await;
        suite.funding_caught_up().await;
        pay(&ncetm, &suite.approver(), &suite.dfe()).await;
        assert_eq!(ncetm.balances().await.unwrap(), [-SUBSIDY_PENCE, 0, 0, SUBSIDY_PENCE]);
        let publication = cohort::report(&suite).await;
        let teacher = cohort::record_teacher(&suite, 100_105).await;

        suite.start_specialists_again().await;
        suite.specialists_caught_up().await;
        cohort::nominate(&suite, &announced, 100_105, &hub, &teacher).await;
        assert_eq!(cohort::rank(&suite.ncetm(), &announced).await.reach_publication, publication.name);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn funding_allocates_and_pays_while_the_network_and_enrolment_are_down() {
    stories::on_each_database("2018-09-03", async |mut suite| {
        suite.start_funding().await;
        suite.ncetm().decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        let (hub, participation) = one_of_sheffield_enrols(&suite).await;
        prove(&suite, &hub, &participation).await;
        suite.funding_caught_up().await;

        suite.stop_network().await;
        suite.stop_enrolment().await;
        let (ncetm, approver, dfe) = (suite.ncetm(), suite.approver(), suite.dfe());
        ncetm.all_participations(&hub).await.unwrap_err();
        let waits = ncetm.all_entitlements().await.unwrap();
        assert_eq!(waits.iter().map(|one| one.state()).collect::<Vec<_>>(), [funding::EntitlementState::Unfunded]);
        dfe.allocate(&hub, suite.clock.today(), 2).await.unwrap();
        assert_eq!(ncetm.balances().await.unwrap(), [-2 * SUBSIDY_PENCE, SUBSIDY_PENCE, SUBSIDY_PENCE, 0]);
        pay(&ncetm, &approver, &dfe).await;
        assert_eq!(ncetm.balances().await.unwrap(), [-2 * SUBSIDY_PENCE, SUBSIDY_PENCE, 0, SUBSIDY_PENCE]);
    })
    .await;
}

/// The school starts its year, signs the agreement and attends.
async fn prove(suite: &Suite, hub: &str, participation: &str) {
    let lead = suite.hub_lead(hub);
    lead.start_year(participation, "2018-09-03").await.unwrap();
    suite.school("schools/100001").agree(participation, "2018-09-03").await.unwrap();
    suite.attend(hub, participation, 100_002, "2018-09-03").await;
}

pub(crate) async fn create_batch(ncetm: &Caller, request_id: &str) -> Result<funding::Batch, Status> {
    let request = funding::CreateBatchRequest { request_id: request_id.to_owned(), ..Default::default() };
    Ok(ncetm.payments().create_batch(request).await?.into_inner().batch.unwrap())
}

/// NCETM creates a batch of all payable entitlements, another person approves it, and DfE releases it.
pub(crate) async fn pay(ncetm: &Caller, approver: &Caller, dfe: &Caller) {
    let batch = create_batch(ncetm, "make").await.unwrap();
    let (request_id, name, etag) = ("approve".to_owned(), batch.name.clone(), batch.etag);
    let request = funding::ApproveBatchRequest { request_id, name, etag, ..Default::default() };
    let batch = approver.payments().approve_batch(request).await.unwrap().into_inner().batch.unwrap();
    let (request_id, name, etag) = ("release".to_owned(), batch.name, batch.etag);
    let request = funding::ReleaseBatchRequest { request_id, name, etag, ..Default::default() };
    dfe.payments().release_batch(request).await.unwrap();
}

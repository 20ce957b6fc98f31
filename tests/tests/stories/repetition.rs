//! The same request many times concurrently: one effect, one answer.

use std::collections::HashSet;

use access::Role;
use client::FeedCursor;
use futures::future::join_all;
use proto::enrolment::v1::{AcceptOfferRequest, Application, CreateApplicationRequest, PlaceOrder, SubmitApplicationRequest};
use stories::{
    PROGRAMME, Suite, places,
    register::{self, SHEFFIELD},
    round,
};
use tonic::Code;

const TIMES: usize = 100;

async fn prepared(suite: &Suite) -> (String, String) {
    let ncetm = suite.ncetm();
    ncetm.import(&register::as_of("2018-03-01").primaries(100_001..100_004, SHEFFIELD).done()).await.unwrap();
    let hub = ncetm.create_hub("north", 100_001).await.unwrap();
    let round = ncetm.announce("2018", round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission)).await.unwrap();
    ncetm.set_places(&round, places(&hub, 3)).await.unwrap();
    suite.caught_up().await;
    (round, hub)
}

/// Asserts that all answers are equal, and returns the answer.
fn one<T: prost::Message>(answers: Vec<Result<tonic::Response<T>, tonic::Status>>) -> T {
    let mut answers: Vec<T> = answers.into_iter().map(|answer| answer.unwrap().into_inner()).collect();
    let different: HashSet<_> = answers.iter().map(prost::Message::encode_to_vec).collect();
    assert_eq!(different.len(), 1, "{TIMES} calls got {} different answers", different.len());
    answers.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_equal_concurrent_requests_have_one_effect_and_one_answer() {
    stories::on_each_database("2018-03-01", async |suite| {
        let (round, hub) = prepared(&suite).await;
        let ncetm = suite.ncetm();
        let application = Application {
            school: "schools/100002".to_owned(),
            hub: hub.clone(),
            programme: PROGRAMME.to_owned(),
            ..Default::default()
        };
        let create =
            CreateApplicationRequest { request_id: "create-1".to_owned(), parent: round.clone(), application: Some(application) };
        let retrying = ncetm.with_retries();
        let calls = (0..TIMES).map(|_| async { retrying.applications().create_application(create.clone()).await });
        let created = one(join_all(calls).await).application.unwrap();
        assert_eq!(ncetm.all_applications(&round).await.unwrap().len(), 1);

        let submit = SubmitApplicationRequest {
            request_id: "submit-1".to_owned(),
            name: created.name.clone(),
            etag: created.etag.clone(),
        };
        let calls = (0..TIMES).map(|_| async { retrying.applications().submit_application(submit.clone()).await });
        assert_eq!(one(join_all(calls).await).application.unwrap().queue_number, 1);

        ncetm.offer(&round, &hub, 0).await.unwrap();
        let accept =
            AcceptOfferRequest { request_id: "accept-1".to_owned(), name: created.name.clone(), ..AcceptOfferRequest::default() };
        let school = suite.school(&created.school).with_retries();
        let calls = (0..TIMES).map(|_| async { school.applications().accept_offer(accept.clone()).await });
        let accepted = one(join_all(calls).await).application.unwrap();
        assert_eq!(ncetm.all_places(&round).await.unwrap()[0].accepted_count, 1);
        let participations = ncetm.all_participations(&hub).await.unwrap();
        assert_eq!(participations.iter().map(|one| &one.name).collect::<Vec<_>>(), [&accepted.participation]);
        let (events, _) = ncetm.events(FeedCursor::default()).await.unwrap();
        let about =
            events.iter().filter(|event| event.resource == created.name).map(|event| event.r#type.rsplit('.').next().unwrap());
        assert_eq!(about.collect::<Vec<_>>(), ["ApplicationSubmitted", "PlaceOffered", "PlaceAccepted"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_id_for_two_different_requests_is_refused() {
    stories::on_each_database("2018-03-01", async |suite| {
        let (round, hub) = prepared(&suite).await;
        let ncetm = suite.ncetm();
        let request = |urn: i32| CreateApplicationRequest {
            request_id: "create-1".to_owned(),
            parent: round.clone(),
            application: Some(Application {
                school: format!("schools/{urn}"),
                hub: hub.clone(),
                programme: PROGRAMME.to_owned(),
                ..Default::default()
            }),
        };
        ncetm.applications().create_application(request(100_001)).await.unwrap();
        let answer = ncetm.applications().create_application(request(100_002)).await;
        stories::assert_refused(answer, Code::InvalidArgument, "REQUEST_ID_REUSED");
        // Request ids of another caller are independent.
        suite.hub_lead("hubs/north").applications().create_application(request(100_003)).await.unwrap();
        assert_eq!(ncetm.all_applications(&round).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_that_applies_twice_at_once_gets_one_application() {
    stories::on_each_database("2018-03-01", async |suite| {
        let (round, north) = prepared(&suite).await;
        let ncetm = suite.ncetm();
        let south = ncetm.create_hub("south", 100_003).await.unwrap();
        ncetm.set_places(&round, places(&south, 3)).await.unwrap();
        let mut drafts = Vec::new();
        for hub in [&north, &south, &north, &south] {
            drafts.push(ncetm.draft(&round, 100_002, hub).await.unwrap().name);
        }
        let answers = join_all(drafts.iter().map(|draft| ncetm.submit(draft))).await;
        let submitted = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(submitted, 1, "{answers:?}");
        for refused in answers.into_iter().filter(Result::is_err) {
            stories::assert_refused(refused, Code::AlreadyExists, "SCHOOL_HAS_APPLIED");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_subject_of_another_issuer_gets_no_answer_that_was_stored_for_the_first() {
    stories::on_each_database("2018-03-01", async |suite| {
        let (round, hub) = prepared(&suite).await;
        let application =
            Application { school: "schools/100002".to_owned(), hub, programme: PROGRAMME.to_owned(), ..Default::default() };
        let create =
            CreateApplicationRequest { request_id: "create-1".to_owned(), parent: round.clone(), application: Some(application) };
        let created = async |caller: &stories::Caller| {
            caller.applications().create_application(create.clone()).await.unwrap().into_inner().application.unwrap().name
        };
        let (lead, namesake) = (suite.in_role(Role::HubLead), suite.in_role_of_other_issuer(Role::HubLead));
        let of_lead = created(&lead).await;
        let of_namesake = created(&namesake).await;
        assert_ne!(of_lead, of_namesake);
        assert_eq!((created(&lead).await, created(&namesake).await), (of_lead, of_namesake), "each gets its own answer again");
    })
    .await;
}

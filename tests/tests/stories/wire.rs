//! Guarantees of every service about invalid messages.

use futures::TryStreamExt as _;
use proto::{
    enrolment::v1::{
        CreateRoundRequest, CreateRoundResponse, ListApplicationsRequest, ListParticipationsRequest, ListRoundsRequest,
        PlaceOrder, Round, UpdateRoundRequest,
    },
    network::v1::{ListHubsRequest, ListSchoolsRequest},
};
use stories::{
    Suite, places,
    register::{self, SHEFFIELD},
    round,
};
use tonic::{Code, client::Grpc};
use tonic_types::StatusExt as _;

fn fields_wrong(status: &tonic::Status) -> Vec<String> {
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_wrong_fields_of_a_message_are_named_at_once() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    let wrong = Round {
        academic_year: "2018-19".to_owned(),
        window_start_date: "01/03/2018".to_owned(),
        window_end_date: "2018-02-30".to_owned(),
        offer_days_count: 91,
        ..round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission)
    };
    let request = CreateRoundRequest { request_id: String::new(), round_id: "Not An Id".to_owned(), round: Some(wrong) };
    let status = suite.ncetm().rounds().create_round(request).await.unwrap_err();
    assert_eq!((status.code(), stories::reason(&status).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
    let fields = fields_wrong(&status);
    for field in ["request_id", "round_id", "academic_year", "window_start_date", "window_end_date", "offer_days_count"] {
        assert!(fields.iter().any(|wrong| wrong.ends_with(field)), "{field} is not among {fields:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other_and_a_bad_token_is_refused() {
    stories::on_each_database("2018-03-01", async |suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-03-01").primaries(100_001..100_008, SHEFFIELD).done()).await.unwrap();
        let request =
            |page_token: &str| ListSchoolsRequest { page_size: 3, page_token: page_token.to_owned(), ..Default::default() };
        let pages = client::pages(|page_token| {
            let mut register = ncetm.register();
            async move {
                if !page_token.is_empty() {
                    // A page token is valid for its own filter only.
                    let other = ListSchoolsRequest { old_la_code: "370".to_owned(), ..request(&page_token) };
                    stories::assert_refused(register.list_schools(other).await, Code::InvalidArgument, "FIELD_INVALID");
                }
                let page = register.list_schools(request(&page_token)).await?.into_inner();
                Ok((page.schools, page.next_page_token))
            }
        });
        let pages: Vec<_> = pages.try_collect().await.unwrap();
        let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
        let urns: Vec<_> = pages.into_iter().flatten().map(|school| school.urn).collect();
        assert_eq!((urns, sizes), ((100_001..100_008).collect(), vec![3, 3, 1]));
        let nonsense = ListHubsRequest { page_token: "nonsense".to_owned(), ..Default::default() };
        let status = ncetm.hubs().list_hubs(nonsense).await.unwrap_err();
        assert_eq!((status.code(), fields_wrong(&status)), (Code::InvalidArgument, vec!["page_token".to_owned()]));
        let negative = ListApplicationsRequest { parent: "rounds/2018".to_owned(), page_size: -1, ..Default::default() };
        let status = ncetm.applications().list_applications(negative).await.unwrap_err();
        assert_eq!((status.code(), fields_wrong(&status)), (Code::InvalidArgument, vec!["page_size".to_owned()]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_one_list_is_refused_by_every_other() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    let ncetm = suite.ncetm();
    for id in ["2018", "2018-too"] {
        ncetm.announce(id, round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission)).await.unwrap();
    }
    let first = ncetm.rounds().list_rounds(ListRoundsRequest { page_size: 1, ..Default::default() }).await.unwrap().into_inner();
    let page_token = first.next_page_token;
    assert!(!page_token.is_empty());
    // These lists have no filter, so their requests are the same bytes. If accepted, the token would skip rows before its key.
    let refused = [
        ncetm.hubs().list_hubs(ListHubsRequest { page_token: page_token.clone(), ..Default::default() }).await.map(drop),
        ncetm
            .participations()
            .list_participations(ListParticipationsRequest { page_token: page_token.clone(), ..Default::default() })
            .await
            .map(drop),
    ];
    for answer in refused {
        let status = answer.unwrap_err();
        assert_eq!((status.code(), fields_wrong(&status)), (Code::InvalidArgument, vec!["page_token".to_owned()]));
    }
    let second = ncetm.rounds().list_rounds(ListRoundsRequest { page_token, ..Default::default() }).await.unwrap().into_inner();
    assert_eq!(second.rounds.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_etag_is_refused_and_changes_nothing() {
    stories::on_each_database("2018-03-01", async |suite| {
        let ncetm = suite.ncetm();
        let announced = round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
        let name = ncetm.announce("2018", announced).await.unwrap();
        let get = || async {
            let request = proto::enrolment::v1::GetRoundRequest { name: name.clone() };
            ncetm.rounds().get_round(request).await.unwrap().into_inner().round.unwrap()
        };
        let update = |round: Round, display_name: &str| {
            let round = Round { display_name: display_name.to_owned(), ..round };
            let request = UpdateRoundRequest { request_id: display_name.to_owned(), round: Some(round) };
            let mut rounds = ncetm.rounds();
            async move { rounds.update_round(request).await }
        };
        let read = get().await;
        update(read.clone(), "first").await.unwrap();
        stories::assert_refused(update(read.clone(), "second").await, Code::Aborted, "ETAG_STALE");
        let now = get().await;
        assert_eq!(now.display_name, "first");
        assert_ne!(now.etag, read.etag);
        update(now, "third").await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_cannot_be_reduced_below_the_accepted_ones() {
    stories::on_each_database("2018-03-01", async |suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-03-01").primaries(100_001..100_003, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", 100_001).await.unwrap();
        let announced = round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, 2)).await.unwrap();
        for urn in [100_001, 100_002] {
            ncetm.apply(&round, urn, &hub).await.unwrap();
        }
        for application in ncetm.offer(&round, &hub, 0).await.unwrap() {
            ncetm.accept(&application.name).await.unwrap();
        }
        let stands = ncetm.all_places(&round).await.unwrap().remove(0);
        let fewer = proto::enrolment::v1::Places { places_count: 1, ..stands };
        stories::assert_refused(ncetm.set_places(&round, fewer).await, Code::FailedPrecondition, "PLACES_BELOW_ACCEPTED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_too_large_is_refused_and_the_connection_stays_open() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    let ncetm = suite.ncetm();
    let large = Round {
        display_name: "x".repeat(5 * 1024 * 1024),
        ..round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission)
    };
    let status = ncetm.announce("2018", large).await.unwrap_err();
    assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status:?}");
    let announced = round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
    ncetm.announce("2018", announced).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_method_is_unimplemented() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    for path in ["/mathshubs.enrolment.v1.RoundService/FoldRound", "/mathshubs.enrolment.v1.NoService/CreateRound"] {
        let mut grpc = Grpc::new(suite.ncetm().to_enrolment());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<CreateRoundRequest, CreateRoundResponse>::default();
        let answer = grpc.unary(tonic::Request::new(CreateRoundRequest::default()), path.parse().unwrap(), codec).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
}

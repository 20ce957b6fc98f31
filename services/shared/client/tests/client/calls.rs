//! Tokens, retries and deadlines of calls to a service that records its requests.

use std::{
    collections::VecDeque,
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access::MachineClock;
use client::{Connection, Retry, TokenSource};
use proto::funding::v1::{
    CreatePolicyRequest, CreatePolicyResponse, GetPolicyRequest, GetPolicyResponse, ListPoliciesRequest, ListPoliciesResponse,
    policy_service_client::PolicyServiceClient,
    policy_service_server::{PolicyService, PolicyServiceServer},
};
use tokio::time::Instant;
use tonic::{Code, Request, Response, Status, service::Routes};

use crate::{QUICK, connection, unavailable};

/// Gives prepared answers to CreatePolicy, then succeeds. Keeps the request ids and tokens of all calls.
#[derive(Clone, Default)]
struct Policies {
    answers: Arc<Mutex<VecDeque<Result<(), Status>>>>,
    request_ids: Arc<Mutex<Vec<String>>>,
    tokens: Arc<Mutex<Vec<String>>>,
    silent: bool,
}

impl Policies {
    fn answering(answers: Vec<Result<(), Status>>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into())), ..Self::default() }
    }

    fn connection(&self) -> Connection {
        connection(Routes::new(PolicyServiceServer::new(self.clone())))
    }

    fn request_ids(&self) -> Vec<String> {
        self.request_ids.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl PolicyService for Policies {
    async fn create_policy(&self, request: Request<CreatePolicyRequest>) -> Result<Response<CreatePolicyResponse>, Status> {
        let token = request.metadata().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        self.tokens.lock().unwrap().extend(token);
        self.request_ids.lock().unwrap().push(request.into_inner().request_id);
        if self.silent {
            std::future::pending::<()>().await;
        }
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(()));
        answer.map(|()| Response::new(CreatePolicyResponse::default()))
    }

    async fn get_policy(&self, _: Request<GetPolicyRequest>) -> Result<Response<GetPolicyResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }

    async fn list_policies(&self, _: Request<ListPoliciesRequest>) -> Result<Response<ListPoliciesResponse>, Status> {
        Err(Status::unimplemented("not in this story"))
    }
}

async fn create(connection: &Connection, request_id: &str) -> Result<(), Status> {
    let request = CreatePolicyRequest { request_id: request_id.to_owned(), ..Default::default() };
    PolicyServiceClient::new(connection.clone()).create_policy(request).await.map(drop)
}

#[tokio::test]
async fn the_next_call_sends_the_new_token_of_a_changed_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "first\n").unwrap();
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = {
        let seconds = Arc::clone(&seconds);
        MachineClock::from_fn(move || Duration::from_secs(seconds.load(Ordering::SeqCst)))
    };
    let token = TokenSource::file_by(&path, clock).unwrap();
    let policies = Policies::default();
    let connection = policies.connection().with_token(token.clone());
    create(&connection, "1").await.unwrap();
    fs::write(&path, "second\n").unwrap();
    // A file is checked once a second.
    seconds.store(1, Ordering::SeqCst);
    create(&connection, "2").await.unwrap();
    // A file without a token leaves the last one in use.
    fs::write(&path, "").unwrap();
    seconds.store(2, Ordering::SeqCst);
    create(&connection, "3").await.unwrap();
    assert_eq!(*policies.tokens.lock().unwrap(), ["Bearer first", "Bearer second", "Bearer second"]);
    assert!(token.authorization().is_sensitive(), "logs do not show it");
    assert!(TokenSource::file(&path).is_err());
    assert!(TokenSource::fixed("two words").is_err());
}

#[tokio::test]
async fn a_retry_sends_the_same_request_id() {
    let policies = Policies::answering(unavailable(2));
    create(&policies.connection(), "create-1").await.unwrap();
    assert_eq!(policies.request_ids(), ["create-1"; 3]);
}

#[tokio::test]
async fn a_call_is_retried_a_bounded_number_of_times_and_for_the_configured_codes_only() {
    let policies = Policies::answering(unavailable(100));
    let answer = create(&policies.connection().with_retry(Retry { attempts_max: 4, ..QUICK }), "1").await;
    assert_eq!((answer.unwrap_err().code(), policies.request_ids().len()), (Code::Unavailable, 4));

    let busy = || vec![Err(Status::resource_exhausted("too many calls"))];
    let policies = Policies::answering(busy());
    let answer = create(&policies.connection(), "1").await;
    assert_eq!((answer.unwrap_err().code(), policies.request_ids().len()), (Code::ResourceExhausted, 1));
    let policies = Policies::answering(busy());
    let patient = Retry { codes: &[Code::ResourceExhausted], ..QUICK };
    create(&policies.connection().with_retry(patient), "1").await.unwrap();
    assert_eq!(policies.request_ids().len(), 2);

    let policies = Policies::answering(unavailable(1));
    assert!(create(&policies.connection().with_retry(Retry::NEVER), "1").await.is_err());
}

#[tokio::test]
async fn a_call_is_not_retried_after_its_deadline_and_ends_with_the_last_answer() {
    let policies = Policies::answering(unavailable(100));
    let hour = Duration::from_secs(3_600);
    let connection = policies.connection().with_retry(Retry { pause_min: hour, pause_max: hour, ..QUICK });
    let status = create(&connection.with_deadline(hour / 2), "1").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "not now"));
    assert_eq!(policies.request_ids().len(), 1, "the pause would last longer than the call may take");
}

#[tokio::test]
async fn a_call_without_an_answer_ends_at_its_deadline() {
    let policies = Policies { silent: true, ..Policies::default() };
    let deadline = Duration::from_millis(50);
    let started = Instant::now();
    let status = create(&policies.connection().with_deadline(deadline), "1").await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert!(started.elapsed() >= deadline);
}

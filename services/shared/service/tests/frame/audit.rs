//! The audit trail: refusals of authenticated callers, changes, and what is kept how long. On both databases.

use std::sync::Arc;

use crate::common::{DAY_MICROS, Fixture, allocation, dfe, ncetm, on_each_database};
use access::{Authenticator, Caller, LocalKey, Role, TokenSource};
use client::Connection;
use proto::{
    audit::v1::{self as pb, AuditKind, audit_service_client::AuditServiceClient},
    funding::v1::budget_service_client::BudgetServiceClient,
};
use server::Config;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// A service behind its call layer, and its background work.
struct Served {
    channel: tonic::transport::Channel,
    key: Arc<LocalKey>,
    shutdown: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    fixture: Arc<Fixture>,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn start(fixture: Fixture) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
        let fixture = Arc::new(fixture);
        let running = fixture.service.running(Arc::new(Authenticator::local(&key, "sample").unwrap())).unwrap();
        let config = Config { drain_grace_ms: 0, drain_max_ms: 1_000, ..Config::default() };
        let listener = server::listen(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, streams) = (CancellationToken::new(), running.streams.clone());
        let (stop, served) = (shutdown.clone(), Arc::clone(&fixture));
        let serve = tokio::spawn(async move { server::run(running, listener, None, &config, stop).await.unwrap() });
        let background = tokio::spawn(async move { served.service.background(Vec::new(), streams).await });
        let channel = tonic::transport::Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        Self { channel, key, shutdown, tasks: vec![serve, background], fixture, _folder: folder }
    }

    fn connection(&self, caller: &Caller) -> Connection {
        Connection::new(self.channel.clone()).with_token(TokenSource::local(
            Arc::clone(&self.key),
            caller.clone(),
            access::AUDIENCE,
        ))
    }

    async fn allocate(&self, caller: &Caller, decision: &str) -> Result<(), Status> {
        BudgetServiceClient::new(self.connection(caller)).allocate_budget(allocation(decision)).await.map(drop)
    }

    /// Ends the service, which writes what waits, and gives it back.
    async fn stop(self) -> Arc<Fixture> {
        self.shutdown.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
        self.fixture
    }
}

async fn records(fixture: &Fixture, change: impl FnOnce(&mut pb::ListAuditRecordsRequest)) -> Vec<pb::AuditRecord> {
    let mut request = pb::ListAuditRecordsRequest::default();
    change(&mut request);
    AuditServiceClient::new(fixture.line(&dfe())).list_audit_records(request).await.unwrap().into_inner().audit_records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_of_a_caller_within_a_minute_are_one_record_beside_the_changes() {
    on_each_database(async |fixture| {
        let served = Served::start(fixture).await;
        let (lead, other) = (Caller::hub_lead("hubs/north", "lead"), Caller::hub_lead("hubs/south", "lead"));
        for caller in [&lead, &lead, &lead, &other] {
            served.allocate(caller, "spring").await.unwrap_err();
        }
        served.allocate(&ncetm(), "spring").await.unwrap();
        let fixture = served.stop().await;
        let all = records(&fixture, |_| ()).await;
        let mut refusals: Vec<_> = all.iter().filter(|record| record.kind() == AuditKind::Refusal).collect();
        refusals.sort_by_key(|record| record.actor.as_ref().map(|actor| actor.acting_for.clone()));
        let shown: Vec<_> = refusals
            .iter()
            .map(|record| {
                (record.actor.clone().unwrap().acting_for, record.subject.as_str(), record.reason.as_str(), record.records_count)
            })
            .collect();
        let expected =
            [("hubs/north".to_owned(), "lead", "ROLE_NOT_ALLOWED", 3), ("hubs/south".to_owned(), "lead", "ROLE_NOT_ALLOWED", 1)];
        assert_eq!(shown, expected);
        assert!(refusals.iter().all(|record| record.action == "mathshubs.funding.v1.BudgetService/AllocateBudget"));
        let change = all.iter().find(|record| record.kind() == AuditKind::Change).unwrap();
        assert_eq!((change.action.as_str(), change.subject.as_str()), ("mathshubs.approval.v1.ChangeProposed", "ada"));
        let of_change = records(&fixture, |request| request.resource.clone_from(&change.resource)).await;
        assert_eq!(of_change, std::slice::from_ref(change));
        let actor = refusals[0].actor.clone().unwrap().id;
        assert_eq!(records(&fixture, |request| request.actor = actor).await.len(), 2, "one identity acts for two hubs");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_identity_that_acts_as_two_people_is_a_refusal_and_wrong_fields_are_none() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let served = Served::start(fixture).await;
        let as_dfe = Caller { role: Role::Dfe, ..ncetm() };
        let request = proto::approval::v1::ConfirmChangeRequest { request_id: "c".to_owned(), name, validate_only: false };
        let mut approvals = proto::approval::v1::approval_service_client::ApprovalServiceClient::new(served.connection(&as_dfe));
        approvals.confirm_change(request).await.unwrap_err();
        approvals.confirm_change(proto::approval::v1::ConfirmChangeRequest::default()).await.unwrap_err();
        let fixture = served.stop().await;
        let all = records(&fixture, |_| ()).await;
        let reasons: Vec<_> =
            all.iter().filter(|record| record.kind() == AuditKind::Refusal).map(|record| record.reason.as_str()).collect();
        assert_eq!(reasons, ["SECOND_PERSON_IS_PROPOSER"]);
    })
    .await;
}

#[tokio::test]
async fn records_are_listed_by_time_and_in_pages() {
    on_each_database(async |fixture| {
        let start = fixture.clock.now();
        for day in 0..3 {
            fixture.clock.move_to(start.plus_micros(day * DAY_MICROS));
            fixture.proposed(&format!("day-{day}")).await;
        }
        let all = records(&fixture, |_| ()).await;
        assert_eq!(all.len(), 3);
        let at = |day: i64| Some(start.plus_micros(day * DAY_MICROS).to_proto());
        let between = records(&fixture, |request| (request.start_time, request.end_time) = (at(1), at(2))).await;
        assert_eq!(between, [all[1].clone()]);
        let request = pb::ListAuditRecordsRequest { page_size: 2, ..Default::default() };
        let first = AuditServiceClient::new(fixture.line(&dfe())).list_audit_records(request.clone()).await.unwrap().into_inner();
        let next = pb::ListAuditRecordsRequest { page_token: first.next_page_token, ..request };
        let second = AuditServiceClient::new(fixture.line(&dfe())).list_audit_records(next).await.unwrap().into_inner();
        assert_eq!([first.audit_records, second.audit_records].concat(), all);
    })
    .await;
}

#[tokio::test]
async fn an_erased_actor_stays_without_issuer_and_subject_and_acts_again_under_another_id() {
    on_each_database(async |fixture| {
        fixture.proposed("spring").await;
        let next_day = || fixture.clock.move_to(fixture.clock.now().plus_micros(DAY_MICROS));
        next_day();
        fixture.allocate(&dfe(), "small").await.unwrap();
        let (issuer, subject) = (ncetm().issuer.to_string(), ncetm().subject);
        let context = &fixture.service.context;
        next_day();
        let id = context.erase_actor(&issuer, &subject).await.unwrap().expect("the actor is known");
        assert_eq!(context.erase_actor(&issuer, &subject).await.unwrap(), None, "nothing is left to erase");
        assert_eq!(context.erase_actor("https://other-issuer", &dfe().subject).await.unwrap(), None);
        next_day();
        fixture.proposed("autumn").await;
        let all = records(&fixture, |_| ()).await;
        let seen: Vec<_> = all
            .iter()
            .map(|record| {
                let actor = record.actor.as_ref().unwrap();
                (record.action.rsplit('.').next().unwrap(), actor.id == id, record.subject.as_str())
            })
            .collect();
        let expected = [
            ("ChangeProposed", true, ""),
            ("BudgetAllocated", false, "grace"),
            ("ActorErased", false, ""),
            ("ChangeProposed", false, "ada"),
        ];
        assert_eq!(seen, expected);
        assert_eq!(all[2].resource, format!("actors/{id}"));
    })
    .await;
}

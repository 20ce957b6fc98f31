//! Changes with a second person: proposed, confirmed, rejected, expired. On both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use access::{Caller, Role};
use db::{sql, testing};
use prost::Message;
use proto::{
    approval::v1::{self as pb, approval_service_client::ApprovalServiceClient},
    funding::v1::{
        self as funding,
        budget_service_client::BudgetServiceClient,
        budget_service_server::{BudgetService, BudgetServiceServer},
    },
};
use server::{ApiError, Call, testing::Line};
use service::{AnswerRetention, Context, OpenedService, Parts, Resource, Service, ServiceConfig, ServiceDescriptor};
use time::{Clock, Ids, Instant};
use tonic::{Request, Response, Status, service::Routes};
use tonic_types::StatusExt;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// A service with one method that needs a second person. An allocation inserts a row, once for each decision.
#[derive(Debug)]
enum Sample {}

#[derive(Debug, clap::Args)]
struct Config {
    #[arg(long)]
    database_url: String,
}

impl ServiceConfig for Config {
    fn database_url(&self) -> &str {
        &self.database_url
    }

    fn connections_max(&self) -> u32 {
        4
    }
}

impl Service for Sample {
    type Config = Config;
    const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
        name: "sample",
        about: "Serves a sample",
        grpc_services: &["mathshubs.funding.v1.BudgetService", "mathshubs.approval.v1.ApprovalService"],
        migrations: &[&[db::Migration {
            version: 100,
            name: "allocation",
            sql: "CREATE TABLE allocation (decision TEXT NOT NULL PRIMARY KEY)",
        }]],
        sources: &[],
        answer_retention: AnswerRetention::Days30,
    };

    fn parts(context: &Context, _config: &Config) -> Parts {
        Parts::new(Routes::new(BudgetServiceServer::new(Api(context.clone()))))
    }
}

struct Api(Context);

struct Allocation(String);

impl Resource for Allocation {
    fn name(&self) -> String {
        format!("allocations/{}", self.0)
    }

    fn version(&self) -> i64 {
        1
    }
}

#[tonic::async_trait]
impl BudgetService for Api {
    async fn allocate_budget(
        &self,
        request: Request<funding::AllocateBudgetRequest>,
    ) -> Result<Response<funding::AllocateBudgetResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (hub, decision) = (message.hub.clone(), message.decision.clone());
        let allocate = self.0.mutate(&call, &message, move |cmd| {
            Box::pin(async move {
                cmd.concerns(hub, "");
                if decision == "small" {
                    cmd.needs_no_second_person();
                }
                let inserted =
                    sql!(cmd.tx, "INSERT INTO allocation VALUES (:decision) ON CONFLICT DO NOTHING", decision).execute().await?;
                if inserted == 0 {
                    return Err(ApiError::not_found("budget"));
                }
                cmd.append(&Allocation(decision), &funding::BudgetAllocated::default());
                Ok(funding::AllocateBudgetResponse { funded_count: 1, ..Default::default() })
            })
        });
        allocate.await
    }

    async fn get_budget(&self, _: Request<funding::GetBudgetRequest>) -> Result<Response<funding::GetBudgetResponse>, Status> {
        unreachable!("no test calls it")
    }

    async fn list_budgets(
        &self,
        _: Request<funding::ListBudgetsRequest>,
    ) -> Result<Response<funding::ListBudgetsResponse>, Status> {
        unreachable!("no test calls it")
    }
}

struct Fixture {
    service: OpenedService,
    clock: Clock,
}

/// Runs a story on each database.
async fn on_each_database(story: impl AsyncFn(Fixture)) {
    for database in testing::databases().await {
        let clock = Clock::set_to(Instant::from_micros(1_530_000_000_000_000));
        let config = Config { database_url: database.url().to_owned() };
        let service = OpenedService::open::<Sample>(&config, clock.clone(), Ids::seeded(1)).await.unwrap();
        story(Fixture { service, clock }).await;
    }
}

fn ncetm() -> Caller {
    Caller::new(Role::Ncetm, "ada")
}

fn dfe() -> Caller {
    Caller::new(Role::Dfe, "grace")
}

impl Fixture {
    fn line(&self, caller: &Caller) -> Line {
        Line::new(self.service.routes(), caller.clone())
    }

    /// Calls the method for `hubs/north`.
    async fn allocate(&self, caller: &Caller, decision: &str) -> Result<funding::AllocateBudgetResponse, Status> {
        let request = allocation(decision);
        BudgetServiceClient::new(self.line(caller)).allocate_budget(request).await.map(Response::into_inner)
    }

    /// Proposes an allocation as NCETM, and gives the name of the pending change.
    async fn proposed(&self, decision: &str) -> String {
        let answer = self.allocate(&ncetm(), decision).await.unwrap();
        let expected = funding::AllocateBudgetResponse { pending_change: answer.pending_change.clone(), ..Default::default() };
        assert_eq!(answer, expected, "the answer has the pending change and nothing else");
        assert!(answer.pending_change.starts_with("pendingChanges/"), "{answer:?}");
        answer.pending_change
    }

    async fn confirm(&self, caller: &Caller, name: &str) -> Result<pb::ConfirmChangeResponse, Status> {
        self.confirm_as(caller, &format!("confirm-{name}-{}", caller.subject), name).await
    }

    async fn confirm_as(&self, caller: &Caller, request_id: &str, name: &str) -> Result<pb::ConfirmChangeResponse, Status> {
        let request = pb::ConfirmChangeRequest { request_id: request_id.to_owned(), name: name.to_owned(), validate_only: false };
        ApprovalServiceClient::new(self.line(caller)).confirm_change(request).await.map(Response::into_inner)
    }

    async fn reject(&self, caller: &Caller, name: &str) -> Result<pb::RejectChangeResponse, Status> {
        let request = pb::RejectChangeRequest { request_id: format!("reject-{name}"), name: name.to_owned() };
        ApprovalServiceClient::new(self.line(caller)).reject_change(request).await.map(Response::into_inner)
    }

    /// The names of the changes that a caller sees.
    async fn listed(&self, caller: &Caller) -> Vec<String> {
        let request = pb::ListPendingChangesRequest::default();
        let answer = ApprovalServiceClient::new(self.line(caller)).list_pending_changes(request).await.unwrap().into_inner();
        answer.pending_changes.into_iter().map(|change| change.name).collect()
    }

    async fn allocations(&self) -> i64 {
        let count = self.service.context.read(|tx| {
            Box::pin(async move {
                let (count,): (i64,) = sql!(tx, "SELECT COUNT(*) FROM allocation").fetch_one().await?;
                Ok::<_, db::Error>(count)
            })
        });
        count.await.unwrap()
    }

    /// Type, role of the actor and role of the confirmer of each event.
    async fn events(&self) -> Vec<(String, String, String)> {
        let rows = self.service.context.read::<Vec<(String, String, String)>, db::Error, _>(|tx| {
            Box::pin(async move { sql!(tx, "SELECT type, actor_role, confirmer_role FROM event ORDER BY key").fetch_all().await })
        });
        let rows = rows.await.unwrap();
        rows.into_iter().map(|(name, actor, confirmer)| (name.rsplit('.').next().unwrap().to_owned(), actor, confirmer)).collect()
    }
}

fn allocation(decision: &str) -> funding::AllocateBudgetRequest {
    funding::AllocateBudgetRequest {
        request_id: format!("allocate-{decision}"),
        hub: "hubs/north".to_owned(),
        decision: decision.to_owned(),
        ..Default::default()
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, Status>) -> String {
    result.unwrap_err().get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_change_takes_effect_when_another_identity_confirms_it() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        assert_eq!((fixture.allocations().await, fixture.listed(&dfe()).await), (0, vec![name.clone()]));
        let answer = fixture.confirm(&dfe(), &name).await.unwrap();
        let response = answer.response.unwrap();
        assert_eq!(response.type_url, "type.googleapis.com/mathshubs.funding.v1.AllocateBudgetResponse");
        let response = funding::AllocateBudgetResponse::decode(response.value.as_slice()).unwrap();
        assert_eq!((response.funded_count, fixture.allocations().await), (1, 1), "the method's own answer, and its effect");
        let change = answer.pending_change.unwrap();
        assert_eq!(
            (change.state(), change.method.as_str()),
            (pb::PendingChangeState::Confirmed, "mathshubs.funding.v1.BudgetService/AllocateBudget")
        );
        assert!(change.proposer.unwrap().role == "ncetm" && change.decider.unwrap().role == "dfe");
        assert_eq!(change.request.unwrap().value, allocation("spring").encode_to_vec());
        let event = |name: &str, confirmer: &str| (name.to_owned(), "ncetm".to_owned(), confirmer.to_owned());
        let expected = [event("ChangeProposed", ""), event("ChangeConfirmed", "dfe"), event("BudgetAllocated", "dfe")];
        assert_eq!(fixture.events().await, expected, "both identities are in the effect's events");
        assert!(fixture.listed(&dfe()).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_proposer_cannot_confirm_in_another_role_and_an_equal_subject_of_another_issuer_can() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let as_dfe = Caller { role: Role::Dfe, ..ncetm() };
        for caller in [ncetm(), as_dfe] {
            assert_eq!(reason(fixture.confirm(&caller, &name).await), "SECOND_PERSON_IS_PROPOSER", "{caller:?}");
        }
        let namesake = Caller { issuer: "https://other-issuer".into(), ..ncetm() };
        fixture.confirm(&namesake, &name).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn repeated_proposals_and_confirmations_have_one_effect_and_the_same_answer() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        assert_eq!(fixture.proposed("spring").await, name);
        let first = fixture.confirm(&dfe(), &name).await.unwrap();
        assert_eq!(fixture.confirm(&dfe(), &name).await.unwrap(), first);
        assert_eq!(reason(fixture.confirm_as(&dfe(), "another", &name).await), "CHANGE_DECIDED");
        assert_eq!((fixture.allocations().await, fixture.events().await.len()), (1, 3));
        assert_eq!(fixture.proposed("spring").await, name, "the proposal's answer stays");
    })
    .await;
}

#[tokio::test]
async fn two_confirmations_at_once_have_one_effect() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let confirmers = ["b", "c", "d", "e"].map(|subject| Caller::new(Role::Ncetm, subject));
        let answers = futures::future::join_all(confirmers.iter().map(|caller| fixture.confirm(caller, &name))).await;
        let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), fixture.allocations().await), (1, 1));
        for answer in refused {
            let reason = reason(answer);
            assert!(["CHANGE_DECIDED", "TRY_AGAIN"].contains(&reason.as_str()), "{reason}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_no_longer_possible_stays_pending() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("small-later").await;
        fixture
            .service
            .context
            .pool
            .write(|mut tx| Box::pin(async move { sql!(tx, "INSERT INTO allocation VALUES ('small-later')").execute().await }))
            .await
            .unwrap();
        assert_eq!(reason(fixture.confirm(&dfe(), &name).await), "NOT_FOUND");
        assert_eq!(fixture.listed(&dfe()).await, [name]);
    })
    .await;
}

#[tokio::test]
async fn a_change_expires_after_thirty_days() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let proposed = fixture.clock.now();
        fixture.clock.move_to(proposed.plus_micros(30 * DAY_MICROS));
        assert!(fixture.listed(&dfe()).await.is_empty());
        assert_eq!(reason(fixture.confirm(&dfe(), &name).await), "CHANGE_DECIDED");
        assert_eq!(fixture.allocations().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_rejected_change_never_takes_effect() {
    on_each_database(async |fixture| {
        let (name, other) = (fixture.proposed("spring").await, fixture.proposed("autumn").await);
        let rejected = fixture.reject(&dfe(), &name).await.unwrap().pending_change.unwrap();
        assert_eq!(rejected.state(), pb::PendingChangeState::Rejected);
        assert_eq!(reason(fixture.confirm(&dfe(), &name).await), "CHANGE_DECIDED");
        fixture.reject(&ncetm(), &other).await.unwrap();
        assert_eq!((fixture.allocations().await, fixture.listed(&dfe()).await.len()), (0, 0), "a proposer withdraws a change");
    })
    .await;
}

#[tokio::test]
async fn a_hub_sees_its_own_changes_and_cannot_confirm_what_its_role_may_not() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let (own, other) = (Caller::hub_lead("hubs/north", "lead"), Caller::hub_lead("hubs/south", "lead-2"));
        assert_eq!((fixture.listed(&own).await, fixture.listed(&other).await), (vec![name.clone()], Vec::new()));
        assert_eq!(reason(fixture.confirm(&own, &name).await), "SECOND_PERSON_NOT_ALLOWED");
        assert_eq!(reason(fixture.confirm(&other, &name).await), "NOT_FOUND", "it does not exist for another hub");
        assert_eq!(reason(fixture.reject(&own, &name).await), "SECOND_PERSON_NOT_ALLOWED");
        assert_eq!(reason(fixture.confirm(&dfe(), "pendingChanges/none").await), "NOT_FOUND");
        assert_eq!(reason(fixture.confirm(&dfe(), "none").await), "FIELD_INVALID");
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_leaves_no_change_and_an_exempt_call_takes_effect_at_once() {
    on_each_database(async |fixture| {
        let dry = funding::AllocateBudgetRequest { validate_only: true, ..allocation("spring") };
        let answer = BudgetServiceClient::new(fixture.line(&ncetm())).allocate_budget(dry).await.unwrap().into_inner();
        assert_eq!((answer.funded_count, answer.pending_change.as_str()), (1, ""));
        assert!(fixture.listed(&dfe()).await.is_empty() && fixture.events().await.is_empty());
        let answer = fixture.allocate(&ncetm(), "small").await.unwrap();
        assert_eq!((answer.funded_count, answer.pending_change.as_str(), fixture.allocations().await), (1, "", 1));
    })
    .await;
}

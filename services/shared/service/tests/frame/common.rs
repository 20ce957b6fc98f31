//! A service with one method that needs a second person, for the tests of the frame.

use access::{Caller, Role};
use db::{sql, testing};
use name::{HubId, Urn};
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

/// The school that allocations concern.
pub(crate) const SCHOOL: Urn = Urn::trusted(100_001);
pub(crate) const DAY_MICROS: i64 = 86_400 * 1_000_000;

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
        grpc_services: &[
            "mathshubs.funding.v1.BudgetService",
            "mathshubs.approval.v1.ApprovalService",
            "mathshubs.audit.v1.AuditService",
        ],
        migrations: &[&[db::Migration {
            version: 100,
            name: "allocation",
            // The last table is that of the mirror: a school sees the changes of its predecessors.
            sql: "CREATE TABLE allocation (decision TEXT NOT NULL PRIMARY KEY);
                  CREATE TABLE school_link (predecessor_urn BIGINT NOT NULL, successor_urn BIGINT NOT NULL, is_split BOOLEAN NOT NULL,
                      established_date TEXT NOT NULL)",
        }]],
        sources: &[],
        answer_retention: AnswerRetention::Nothing,
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
        let (hub, decision) = (HubId::parse(&message.hub).unwrap(), message.decision.clone());
        let allocate = self.0.mutate(&call, &message, move |cmd| {
            Box::pin(async move {
                cmd.concerns(&hub, SCHOOL);
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

pub(crate) struct Fixture {
    pub(crate) service: OpenedService,
    pub(crate) clock: Clock,
}

/// Runs a story on each database.
pub(crate) async fn on_each_database(story: impl AsyncFn(Fixture)) {
    for database in testing::databases().await {
        let clock = Clock::set_to(Instant::from_micros(1_530_000_000_000_000));
        let config = Config { database_url: database.url().to_owned() };
        let service = OpenedService::open::<Sample>(&config, clock.clone(), Ids::seeded(1)).await.unwrap();
        story(Fixture { service, clock }).await;
    }
}

pub(crate) fn ncetm() -> Caller {
    Caller::new(Role::Ncetm, "ada")
}

pub(crate) fn dfe() -> Caller {
    Caller::new(Role::Dfe, "grace")
}

impl Fixture {
    pub(crate) fn line(&self, caller: &Caller) -> Line {
        Line::new(self.service.routes(), caller.clone())
    }

    /// Calls the method for `hubs/north`.
    pub(crate) async fn allocate(&self, caller: &Caller, decision: &str) -> Result<funding::AllocateBudgetResponse, Status> {
        let request = allocation(decision);
        BudgetServiceClient::new(self.line(caller)).allocate_budget(request).await.map(Response::into_inner)
    }

    /// Proposes an allocation as NCETM, and gives the name of the pending change.
    pub(crate) async fn proposed(&self, decision: &str) -> String {
        let answer = self.allocate(&ncetm(), decision).await.unwrap();
        let expected = funding::AllocateBudgetResponse { pending_change: answer.pending_change.clone(), ..Default::default() };
        assert_eq!(answer, expected, "the answer has the pending change and nothing else");
        assert!(answer.pending_change.starts_with("pendingChanges/"), "{answer:?}");
        answer.pending_change
    }

    pub(crate) async fn confirm(&self, caller: &Caller, name: &str) -> Result<pb::ConfirmChangeResponse, Status> {
        self.confirm_as(caller, &format!("confirm-{name}-{}", caller.subject), name).await
    }

    pub(crate) async fn confirm_as(
        &self,
        caller: &Caller,
        request_id: &str,
        name: &str,
    ) -> Result<pb::ConfirmChangeResponse, Status> {
        let request = pb::ConfirmChangeRequest { request_id: request_id.to_owned(), name: name.to_owned(), validate_only: false };
        ApprovalServiceClient::new(self.line(caller)).confirm_change(request).await.map(Response::into_inner)
    }

    pub(crate) async fn reject(&self, caller: &Caller, name: &str) -> Result<pb::RejectChangeResponse, Status> {
        let request = pb::RejectChangeRequest { request_id: format!("reject-{name}"), name: name.to_owned() };
        ApprovalServiceClient::new(self.line(caller)).reject_change(request).await.map(Response::into_inner)
    }

    /// The names of the changes that a caller sees.
    pub(crate) async fn listed(&self, caller: &Caller) -> Vec<String> {
        let request = pb::ListPendingChangesRequest::default();
        let answer = ApprovalServiceClient::new(self.line(caller)).list_pending_changes(request).await.unwrap().into_inner();
        answer.pending_changes.into_iter().map(|change| change.name).collect()
    }

    pub(crate) async fn execute(&self, text: &'static str) {
        let executed =
            self.service.context.pool.write(move |mut tx| Box::pin(async move { testing::execute(&mut tx, text).await }));
        executed.await.unwrap();
    }

    pub(crate) async fn allocations(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM allocation").await
    }

    /// The number that a query counts.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        let counted = self.service.context.read(move |tx| {
            Box::pin(async move {
                let rows: Vec<(i64,)> = testing::fetch_all(tx, query).await?;
                Ok::<_, db::Error>(rows[0].0)
            })
        });
        counted.await.unwrap()
    }

    /// Type, role of the actor and role of the confirmer of each event.
    pub(crate) async fn events(&self) -> Vec<(String, String, String)> {
        let rows = self.service.context.read::<Vec<(String, String, String)>, db::Error, _>(|tx| {
            Box::pin(async move { sql!(tx, "SELECT type, actor_role, confirmer_role FROM event ORDER BY key").fetch_all().await })
        });
        let rows = rows.await.unwrap();
        rows.into_iter().map(|(name, actor, confirmer)| (name.rsplit('.').next().unwrap().to_owned(), actor, confirmer)).collect()
    }
}

pub(crate) fn allocation(decision: &str) -> funding::AllocateBudgetRequest {
    funding::AllocateBudgetRequest {
        request_id: format!("allocate-{decision}"),
        hub: "hubs/north".to_owned(),
        decision: decision.to_owned(),
        ..Default::default()
    }
}

//! The declaration of funding.

use std::sync::Arc;

use ::service::{AnswerRetention, ApplyEach, Context, Parts, Service, ServiceDescriptor};
use proto::funding::v1::{
    budget_service_server::BudgetServiceServer, entitlement_service_server::EntitlementServiceServer,
    ledger_service_server::LedgerServiceServer, payment_service_server::PaymentServiceServer,
    policy_service_server::PolicyServiceServer,
};
use tonic::service::Routes;

use crate::{
    Config,
    follow::{apply_enrolment, react_to_network},
    sweep::Sweep,
};

/// Steps of funding's schema, besides those of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "funding", sql: include_str!("../migrations/0100_funding.sql") }];

/// Serves the gRPC services of funding.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
}

/// The facts of funding. Its requests are about money, so their ids are kept for ever.
pub const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
    name: "funding",
    about: "Serves funding: policies, budgets, entitlements, payments and the ledger",
    grpc_services: &[
        "mathshubs.funding.v1.PolicyService",
        "mathshubs.funding.v1.BudgetService",
        "mathshubs.funding.v1.EntitlementService",
        "mathshubs.funding.v1.PaymentService",
        "mathshubs.funding.v1.LedgerService",
        "mathshubs.approval.v1.ApprovalService",
        "mathshubs.audit.v1.AuditService",
        "mathshubs.feed.v1.FeedService",
        "mathshubs.person.v1.PersonRecordService",
    ],
    migrations: &[mirror::MIGRATIONS, MIGRATIONS],
    sources: &["network", "enrolment"],
    answer_retention: AnswerRetention::Id,
};

/// Funding: policies, budgets, entitlements, payments and the ledger.
#[derive(Debug)]
pub enum Funding {}

impl Service for Funding {
    type Config = Config;
    const DESCRIPTOR: ServiceDescriptor = DESCRIPTOR;

    fn parts(context: &Context, config: &Config) -> Parts {
        let api = Api { context: context.clone() };
        let routes = Routes::new(server::limited!(PolicyServiceServer::new(api.clone())))
            .add_service(server::limited!(BudgetServiceServer::new(api.clone())))
            .add_service(server::limited!(EntitlementServiceServer::new(api.clone())))
            .add_service(server::limited!(PaymentServiceServer::new(api.clone())))
            .add_service(server::limited!(LedgerServiceServer::new(api)));
        let sweep = Arc::new(Sweep::new(context));
        let sweeper = Arc::clone(&sweep);
        let network = ApplyEach::new(context, move |cmd, event| Box::pin(react_to_network(cmd, event, Arc::clone(&sweep))));
        Parts::new(routes)
            .follow("network", network.after(mirror::Network))
            .follow("enrolment", ApplyEach::new(context, |cmd, event| Box::pin(apply_enrolment(cmd, event))))
            .every(config.sweep_interval, "sweep", move || Box::pin(Arc::clone(&sweeper).run()))
    }
}

#[cfg(test)]
mod tests {
    use ::service::testing::state_lines;

    use crate::{batch, entitlement};

    #[test]
    fn statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn states_are_reviewed() {
        let lines = [
            "resource,from,verb,to\n".to_owned(),
            state_lines("batch", batch::TRANSITIONS),
            state_lines("entitlement", entitlement::TRANSITIONS),
        ];
        db::testing::reviewed(concat!(env!("CARGO_MANIFEST_DIR"), "/states.csv").as_ref(), &lines.concat());
    }
}

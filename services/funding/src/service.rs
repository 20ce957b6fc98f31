//! The declaration of funding.

use std::sync::Arc;

use proto::funding::v1::{
    budget_service_server::BudgetServiceServer, entitlement_service_server::EntitlementServiceServer,
    ledger_service_server::LedgerServiceServer, payment_service_server::PaymentServiceServer,
    policy_service_server::PolicyServiceServer,
};
use service::{AnswerRetention, ApplyEach, Context, Parts, Service, ServiceDescriptor};
use tonic::service::Routes;

use crate::{
    Config,
    api::Api,
    mirror::{apply_enrolment, apply_network},
    sweep::Sweep,
};

/// Steps of funding's schema.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "funding", sql: include_str!("../migrations/0100_funding.sql") }];

/// The facts of funding. Answers of its requests are kept for ever: they are about money.
pub const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
    name: "funding",
    about: "Serves funding: policies, budgets, entitlements, payments and the ledger",
    grpc_services: &[
        "mathshubs.funding.v1.PolicyService",
        "mathshubs.funding.v1.BudgetService",
        "mathshubs.funding.v1.EntitlementService",
        "mathshubs.funding.v1.PaymentService",
        "mathshubs.funding.v1.LedgerService",
        "mathshubs.feed.v1.FeedService",
    ],
    migrations: &[::mirror::MIGRATIONS, MIGRATIONS],
    sources: &["network", "enrolment"],
    answer_retention: AnswerRetention::Forever,
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
        let network = ApplyEach::new(context, move |cmd, event| {
            let sweep = Arc::clone(&sweep);
            Box::pin(async move { apply_network(cmd, event, &sweep).await })
        });
        Parts::new(routes)
            .follow("network", network.begin_like(::mirror::Network))
            .follow("enrolment", ApplyEach::new(context, |cmd, event| Box::pin(apply_enrolment(cmd, event))))
            .every(config.sweep_interval, "sweep", move || {
                let sweep = Arc::clone(&sweeper);
                Box::pin(async move { sweep.run().await })
            })
    }
}

//! A service, opened on its database: routed and kept going.

use std::sync::Arc;

use access::{AccessError, Authenticator};
use anyhow::Context as _;
use feed::{Apply, ConsumerStatus, ConsumerWatch, Feed};
use futures::{FutureExt, future::join_all};
use server::{Peer, Running};
use time::{Clock, Ids};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{Context, Parts, Service, ServiceConfig, ServiceDescriptor, approval, audit, jobs::PeriodicJob, person_record};

/// A service, opened on its database. [`OpenedService::routes`] are called, and [`OpenedService::background`] runs beside them.
pub struct OpenedService {
    /// Its facts.
    pub descriptor: ServiceDescriptor,
    /// Its database, clock and source of ids.
    pub context: Context,
    /// Its feed.
    pub feed: Feed,
    routes: Routes,
    sources: Vec<Source>,
    jobs: Vec<PeriodicJob>,
}

/// A feed that the service follows.
struct Source {
    name: &'static str,
    apply: Arc<dyn Apply>,
    /// Watches the consumer, once there is one.
    watch: watch::Sender<Option<ConsumerWatch>>,
}

impl OpenedService {
    /// Opens the database and brings its schema up to date. Errors when the database cannot be opened, or when one of its newest events is not as it was
    /// recorded. Panics when the feeds of [`Service::parts`] are
    /// not the sources of the descriptor.
    pub async fn open<S: Service>(config: &S::Config, clock: Clock, ids: Ids) -> anyhow::Result<Self> {
        let descriptor = S::DESCRIPTOR;
        let name = descriptor.name;
        let options = feed::Options { connections_max: config.connections_max(), ..feed::Options::new(name) };
        let migrations = [descriptor.migrations.concat().as_slice(), crate::MIGRATIONS].concat();
        let opened = feed::open(config.database_url(), &migrations, clock.clone(), ids.clone(), options).await;
        let (pool, feed) = match opened {
            Err(feed::VerifyError::Differs(difference)) => anyhow::bail!(
                "{name} does not serve a changed history: {difference}. Check all of it with `mathshubs verify {name} --database-url URL`, and restore a copy \
                 of the database that passes"
            ),
            opened => opened.with_context(|| format!("{name} cannot open its database"))?,
        };
        let context = Context::new(name, pool, clock, ids);
        let measured = context.clone();
        let parts = S::parts(&context, config).every(approval::OLDEST_AGE_INTERVAL, "measure pending changes", move || {
            approval::measure_oldest(measured.clone()).boxed()
        });
        let Parts { routes, feeds, jobs, person_records } = parts;
        let approvals = approval::server(&context, routes.clone());
        let routes = routes
            .add_service(feed.service())
            .add_service(approvals)
            .add_service(audit::server(&context))
            .add_service(person_record::server(&context, person_records));
        let source = |(name, apply)| Source { name, apply, watch: watch::channel(None).0 };
        let sources: Vec<Source> = feeds.into_iter().map(source).collect();
        assert!(
            sources.iter().map(|source| source.name).eq(descriptor.sources.iter().copied()),
            "the sources of {name}'s descriptor are the feeds that it follows"
        );
        Ok(Self { descriptor, context, feed, routes, sources, jobs })
    }

    /// Its gRPC services. The layer around them decides who may call what.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// Ready for [`server::run`]. Errors when the contracts do not say who may call one of its methods.
    pub fn running(&self, authenticator: Arc<Authenticator>) -> Result<Running, AccessError> {
        let audit = self.context.audit.clone();
        let running = Running::new(self.descriptor.grpc_services, self.routes(), &self.feed, authenticator)?;
        Ok(Running { refusals: Some(Arc::new(move |refusal| audit.refused(refusal))), ..running })
    }

    /// How far the feed of `source` is applied. `None` while that is not followed. Panics when `source` is none of the service's.
    pub fn source_status(&self, source: &str) -> Option<ConsumerStatus> {
        self.source(source).watch.borrow().as_ref().map(ConsumerWatch::status)
    }

    /// Waits until everything that `source` recorded up to a position is applied. Errors, with the reason, when the consumer has stopped. Panics when
    /// `source` is none of the service's.
    pub async fn caught_up_with(&self, source: &str, position: i64) -> Result<(), String> {
        let mut watch = self.source(source).watch.subscribe();
        let consumer = watch.wait_for(Option::is_some).await.map_err(|_| "the service has ended".to_owned())?.clone();
        consumer.expect("waited for").caught_up_with(position).await
    }

    /// Sequences the feed, follows the feeds of `peers`, runs the periodic jobs and forgets old answers, until shutdown. `peers` are services by name; a
    /// feed whose service is not among them is not followed.
    pub async fn background(&self, peers: Vec<(&'static str, Peer)>, shutdown: CancellationToken) {
        let follow = peers.into_iter().map(|(name, peer)| self.follow(name, peer, &shutdown));
        let jobs = self.jobs.iter().map(|job| job.keep_running(&shutdown));
        let audit = self.context.audit_task.run(&self.context, &shutdown);
        let retention = self.retention(&shutdown);
        tokio::join!(self.feed.clone().run(shutdown.clone()), join_all(follow), join_all(jobs), audit, retention);
    }

    /// Deletes what is older than the rows of `retention_policy` say. [`OpenedService::background`] does it every minute.
    pub async fn forget_old(&self) -> Result<(), db::Error> {
        let audit = audit::audit_forget(&self.context).await;
        let answers = audit::answers_forget(&self.context, self.descriptor.answer_retention).await;
        audit.and(answers).and(approval::requests_forget(&self.context).await)
    }

    async fn retention(&self, shutdown: &CancellationToken) {
        while shutdown.run_until_cancelled(tokio::time::sleep(audit::RETENTION_INTERVAL)).await.is_some() {
            if let Err(error) = self.forget_old().await {
                tracing::warn!(%error, "old records could not be deleted; the next attempt is in a minute");
            }
        }
    }

    async fn follow(&self, name: &'static str, peer: Peer, shutdown: &CancellationToken) {
        let source = self.source(name);
        let consumer = peer.consumer(self.context.pool.clone(), self.descriptor.name, name, Arc::clone(&source.apply));
        source.watch.send_replace(Some(consumer.watch()));
        consumer.run(shutdown.clone()).await;
    }

    fn source(&self, name: &str) -> &Source {
        let found = self.sources.iter().find(|source| source.name == name);
        found.unwrap_or_else(|| panic!("{} does not follow `{name}`", self.descriptor.name))
    }
}

impl std::fmt::Debug for OpenedService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedService({}, {:?})", self.descriptor.name, self.context.pool)
    }
}

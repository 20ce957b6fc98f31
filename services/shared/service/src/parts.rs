//! The parts of a service at run time.

use std::{fmt::Debug, sync::Arc, time::Duration};

use feed::Apply;
use futures::future::BoxFuture;
use tonic::service::Routes;

use crate::{
    jobs::PeriodicJob,
    person_record::{ReadPersonRecords, mirrored_person_records},
};

/// gRPC services, feeds and periodic jobs of a service.
pub struct Parts {
    pub(crate) routes: Routes,
    pub(crate) feeds: Vec<(&'static str, Arc<dyn Apply>)>,
    pub(crate) jobs: Vec<PeriodicJob>,
    pub(crate) person_records: ReadPersonRecords,
}

impl Parts {
    /// With these gRPC services; those that every service has are added.
    pub fn new(routes: Routes) -> Self {
        Self { routes, feeds: Vec::new(), jobs: Vec::new(), person_records: mirrored_person_records }
    }

    /// Follows the feed of the service called `source`.
    #[must_use]
    pub fn follow(mut self, source: &'static str, apply: impl Apply) -> Self {
        self.feeds.push((source, Arc::new(apply)));
        self
    }

    /// Reads what the service stores about a person, where that is more than the mirror of network.
    #[must_use]
    pub fn person_records(mut self, read: ReadPersonRecords) -> Self {
        self.person_records = read;
        self
    }

    /// Runs `job` when the service starts and every `interval` by the machine's clock. Errors are logged, and the job runs again.
    #[must_use]
    pub fn every<E, F>(mut self, interval: Duration, name: &'static str, job: F) -> Self
    where
        E: Debug + 'static,
        F: Fn() -> BoxFuture<'static, Result<(), E>> + Send + Sync + 'static,
    {
        self.jobs.push(PeriodicJob::new(interval, name, job));
        self
    }
}

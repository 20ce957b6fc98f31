//! What the service does by itself: the rest of what one transaction did not get done, and what two transactions that ran at once could not see of each
//! other. Each round looks at how things are, not at what happened since the last, so a round that was missed is caught up by the next.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use service::Context;
use time::Date;
use tokio::sync::Mutex;

use crate::{
    arise::arise_missing,
    fund::{FUNDED_MAX, fund_waiting},
    reassess_lineage::reassess_all,
    store,
};

/// Places, and budgets, that one transaction looks at.
const PLACES_MAX: i64 = 500;
const BUDGETS_MAX: i64 = 100;

/// Links are looked at again when a day begins, on which one of them may take effect, and so often by the machine's clock, because one may have been imported
/// while the entitlement that it concerns was written.
const REASSESS_INTERVAL: Duration = Duration::from_secs(60);

/// The periodic job of the service, with what it remembers from round to round.
pub(crate) struct Sweep {
    context: Context,
    /// Set when links were imported: what they bring together beyond one transaction is found by the next round.
    pub(crate) lineage_due: AtomicBool,
    /// When links were last reassessed: by the machine's clock, and on which day.
    reassessed: Mutex<Option<(Instant, Date)>>,
}

impl Sweep {
    /// Nothing was reassessed yet.
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone(), lineage_due: AtomicBool::new(false), reassessed: Mutex::new(None) }
    }

    /// A round.
    pub(crate) async fn run(&self) -> Result<(), db::Error> {
        let (arisen, funded) = (self.arise().await?, self.fund().await?);
        if arisen + funded > 0 {
            tracing::info!(arisen, funded, "entitlements that waited arose or were funded");
        }
        self.reassess().await
    }

    /// Entitlements arise for places that had none though a policy covers them. Says for how many.
    async fn arise(&self) -> Result<usize, db::Error> {
        let mut arisen = 0;
        while self.is_missing().await? {
            arisen += self.context.run_system(|cmd| Box::pin(arise_missing(cmd, PLACES_MAX))).await?;
        }
        Ok(arisen)
    }

    /// Funds entitlements that wait for money that is there. Says how many.
    async fn fund(&self) -> Result<usize, db::Error> {
        let mut total = 0;
        let fundable = self
            .context
            .pool
            .read(|mut tx| Box::pin(async move { store::budget::budget_list_fundable(&mut tx, BUDGETS_MAX).await }));
        for (hub, year) in fundable.await? {
            loop {
                let hub = hub.clone();
                let funded =
                    self.context.run_system(move |cmd| Box::pin(async move { fund_waiting(cmd, &hub, year).await })).await?;
                total += funded;
                if funded < FUNDED_MAX {
                    break;
                }
            }
        }
        Ok(total)
    }

    /// Reassesses lineages when links were imported, a day began or an interval passed.
    async fn reassess(&self) -> Result<(), db::Error> {
        let today = self.context.clock.today();
        let mut reassessed = self.reassessed.lock().await;
        let is_due = reassessed.is_none_or(|(at, day)| day != today || at.elapsed() >= REASSESS_INTERVAL);
        if self.lineage_due.swap(false, Ordering::Relaxed) || is_due {
            *reassessed = Some((Instant::now(), today));
            if self.is_question_due().await? {
                reassess_all(&self.context).await?;
            }
        }
        Ok(())
    }

    /// Read without a transaction, so that an idle service writes nothing.
    async fn is_missing(&self) -> Result<bool, db::Error> {
        let read = self.context.pool.read(|mut tx| {
            Box::pin(async move { store::participation::participation_list_without_entitlement(&mut tx, 1).await })
        });
        Ok(!read.await?.is_empty())
    }

    async fn is_question_due(&self) -> Result<bool, db::Error> {
        let today = self.context.clock.today();
        let read =
            self.context.pool.read(move |mut tx| Box::pin(async move { store::review::turn_list(&mut tx, today, 1).await }));
        Ok(!read.await?.is_empty())
    }
}

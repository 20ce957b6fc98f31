//! The sweep: a periodic job that completes what exceeded one transaction, and finds what two concurrent transactions could not see of each other. Each run
//! looks at the current rows, not at changes since the last, so the next run makes up for a missed one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use server::ApiError;
use service::Context;
use time::Date;
use tokio::sync::Mutex;

use crate::{
    budget,
    entitlement::{
        commitment::{FUNDED_MAX, fund_waiting},
        recognise::recognise_missing,
    },
    participation,
    review::{self, reassess_lineage::reassess_all},
};

/// Maximum number of participations, and of budgets, that one transaction reads.
const PARTICIPATIONS_MAX: i64 = 500;
const BUDGETS_MAX: i64 = 100;

/// Links are reassessed when a day begins, because a link may take effect, and at this interval by the machine's clock, because a link may have been imported
/// while the entitlement was written.
const REASSESS_INTERVAL: Duration = Duration::from_secs(60);

/// The sweep, with its state from run to run.
pub(crate) struct Sweep {
    context: Context,
    /// A register was imported; its links may concern more questions than one transaction raises.
    pub(crate) lineage_due: AtomicBool,
    /// When links were last reassessed, by the machine's clock, and on which day.
    reassessed: Mutex<Option<(Instant, Date)>>,
}

impl Sweep {
    /// A sweep that has not run.
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone(), lineage_due: AtomicBool::new(false), reassessed: Mutex::new(None) }
    }

    /// One run.
    pub(crate) async fn run(self: Arc<Self>) -> Result<(), ApiError> {
        let (recognised, funded) = (self.recognise().await?, self.fund().await?);
        if recognised + funded > 0 {
            tracing::info!(recognised, funded, "the sweep recognised and funded entitlements");
        }
        self.reassess().await
    }

    /// Recognises entitlements of participations that a policy covers and that have none. Gives their number.
    async fn recognise(&self) -> Result<usize, ApiError> {
        let mut recognised = 0;
        while self.is_entitlement_missing().await? {
            recognised += self.context.run_system(|cmd| Box::pin(recognise_missing(cmd, PARTICIPATIONS_MAX))).await?;
        }
        Ok(recognised)
    }

    /// Funds entitlements whose budgets have money. Gives their number.
    async fn fund(&self) -> Result<usize, ApiError> {
        let mut total = 0;
        let fundable = self.context.read(|tx| Box::pin(budget::store::budget_list_fundable(tx, BUDGETS_MAX)));
        for budget in fundable.await? {
            loop {
                let budget = budget.clone();
                let funded = self.context.run_system(move |cmd| Box::pin(fund_waiting(cmd, budget))).await?;
                total += funded;
                if funded < FUNDED_MAX {
                    break;
                }
            }
        }
        Ok(total)
    }

    /// Reassesses lineages when a register was imported, a day began or the interval passed.
    async fn reassess(&self) -> Result<(), ApiError> {
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
    async fn is_entitlement_missing(&self) -> Result<bool, ApiError> {
        let read = self.context.read(|tx| Box::pin(participation::store::participation_list_without_entitlement(tx, 1)));
        Ok(!read.await?.is_empty())
    }

    async fn is_question_due(&self) -> Result<bool, ApiError> {
        let today = self.context.clock.today();
        let read = self.context.read(move |tx| Box::pin(review::store::review_change_list(tx, today, 1)));
        Ok(!read.await?.is_empty())
    }
}

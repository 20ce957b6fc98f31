//! Compares the ledger with the events that contain it, and budgets with the ledger, for `mathshubs verify`.

use std::collections::HashMap;

use db::{Error, Pool, Tx, sql};
use feed::{Difference, VerifyError};
use prost::Message;
use proto::funding::v1 as pb;

use super::store;

/// Most transfers of one event that are compared together.
const PART_TRANSFERS_MAX: usize = 500;
/// Most transfers of one statement.
const PAGE_TRANSFERS_MAX: i64 = 500;

/// Most budgets of one statement, each with six sums of transfers.
const PAGE_BUDGETS_MAX: i64 = 100;

/// A budget and the balances of its accounts.
#[derive(sqlx::FromRow)]
struct BudgetBalances {
    hub: String,
    financial_year: String,
    available_pence: i64,
    committed_pence: i64,
    spent_pence: i64,
    free_balance_pence: i64,
    committed_balance_pence: i64,
    paid_balance_pence: i64,
}

/// Compares every transfer with the event that contains it, every budget with the balances of its accounts, and the grant with all budgets. The events
/// themselves are compared by [`feed::verify`]. The service may run: transfers are committed with their events, and budgets with their transfers.
pub async fn verify_ledger(pool: &Pool) -> Result<(), VerifyError> {
    transfers_of_events(pool).await?;
    events_of_transfers(pool).await?;
    budgets(pool).await
}

/// Every transfer of an event is in the ledger, as it is in the event.
async fn transfers_of_events(pool: &Pool) -> Result<(), VerifyError> {
    let mut after = 0;
    loop {
        let events = feed::page(pool, after).await?;
        let Some(last) = events.last() else { return Ok(()) };
        after = last.position;
        for event in events {
            let Some(posted) = feed::payload::<pb::TransfersPosted>(&event).transpose() else { continue };
            let posted = posted.map_err(|error| different(&event, &format!("cannot be decoded: {error}")))?;
            for part in posted.transfers.chunks(PART_TRANSFERS_MAX) {
                compare(pool, &event, part).await?;
            }
        }
    }
}

/// Compares transfers of an event with the ledger.
async fn compare(pool: &Pool, event: &feed::pb::Event, recorded: &[pb::Transfer]) -> Result<(), VerifyError> {
    let ids: Vec<String> = recorded.iter().map(|transfer| transfer.name.trim_start_matches("transfers/").to_owned()).collect();
    let found = pool.read(|mut tx| {
        Box::pin(async move {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            store::transfer_by_ids(&mut tx, &ids).await
        })
    });
    let found: HashMap<String, pb::Transfer> = found
        .await?
        .into_iter()
        .map(|(transfer, day)| {
            // The reason is kept apart and can be erased; the day is stored beside the time.
            let stored = pb::Transfer { reason: String::new(), post_date: day.to_string(), ..(&transfer).into() };
            (stored.name.clone(), stored)
        })
        .collect();
    for transfer in recorded {
        let recorded = pb::Transfer { reason: String::new(), ..transfer.clone() };
        match found.get(&recorded.name) {
            None => {
                return Err(different(event, &format!("contains `{}`, which was deleted from the ledger", recorded.name)).into());
            }
            Some(stored) if *stored != recorded => {
                let what = format!(
                    "contains `{}` with other values than the ledger has: the transfer was changed in the database",
                    recorded.name
                );
                return Err(different(event, &what).into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Every transfer of the ledger is in an event.
async fn events_of_transfers(pool: &Pool) -> Result<(), VerifyError> {
    let mut after = String::new();
    loop {
        let from = after.clone();
        let page = pool
            .read(move |mut tx| Box::pin(async move { store::transfer_carrier_page(&mut tx, &from, PAGE_TRANSFERS_MAX).await }))
            .await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after.clone_from(last);
        let mut carried = Carried::default();
        for (id, carrier) in &page {
            let name = format!("transfers/{id}");
            let contained = match carrier {
                // The first transfer of an event.
                Some(carrier) if *carrier == name => true,
                Some(carrier) => carried.contains(pool, carrier, &name).await?,
                None => false,
            };
            if !contained {
                let what = format!("`{name}` is in no event: it was inserted into the ledger in the database");
                return Err(difference(what));
            }
        }
    }
}

/// The transfers of one event; transfers in order of id ask for each event's once.
#[derive(Default)]
struct Carried {
    resource: String,
    names: Vec<String>,
}

impl Carried {
    async fn contains(&mut self, pool: &Pool, resource: &str, name: &str) -> Result<bool, VerifyError> {
        if self.resource != resource {
            let wanted = resource.to_owned();
            let payload =
                pool.read(move |mut tx| Box::pin(async move { store::transfers_posted(&mut tx, &wanted).await })).await?;
            let posted = pb::TransfersPosted::decode(payload.as_slice()).unwrap_or_default();
            self.names = posted.transfers.into_iter().map(|transfer| transfer.name).collect();
            resource.clone_into(&mut self.resource);
        }
        Ok(self.names.iter().any(|known| known == name))
    }
}

fn different(event: &feed::pb::Event, what: &str) -> Difference {
    let what = format!("the event {} at position {} {what}", event.id, event.position);
    Difference { position: Some(event.position), event_id: event.id.clone(), what }
}

async fn budgets(pool: &Pool) -> Result<(), VerifyError> {
    let (mut hub, mut financial_year) = (String::new(), String::new());
    loop {
        let page =
            pool.read(move |mut tx| Box::pin(async move { budget_balances(&mut tx, &hub, &financial_year).await })).await?;
        let Some(last) = page.last() else { break };
        (hub, financial_year) = (last.hub.clone(), last.financial_year.clone());
        for budget in &page {
            let amounts = [
                ("available", budget.available_pence, budget.free_balance_pence),
                ("committed", budget.committed_pence, budget.committed_balance_pence),
                ("spent", budget.spent_pence, budget.paid_balance_pence),
            ];
            for (amount, stored, balance) in amounts {
                if stored != balance {
                    let what = format!(
                        "the budget of `hubs/{}` for {} has {stored} pence {amount}, but its transfers give {balance}: the budget or a transfer was changed, \
                         deleted or inserted in the database",
                        budget.hub, budget.financial_year
                    );
                    return Err(difference(what));
                }
            }
        }
    }
    let (granted, allocated): (i64, i64) = pool.read(|mut tx| Box::pin(async move { grant(&mut tx).await })).await?;
    if granted != allocated {
        let what = format!(
            "transfers from the grant give {granted} pence, but the budgets have {allocated}: a budget or a transfer was changed, deleted or inserted in the \
             database"
        );
        return Err(difference(what));
    }
    Ok(())
}

fn difference(what: String) -> VerifyError {
    Difference { position: None, event_id: String::new(), what }.into()
}

/// Budgets after a hub and a year, with the balances of their accounts.
async fn budget_balances(tx: &mut Tx<'_>, hub: &str, financial_year: &str) -> Result<Vec<BudgetBalances>, Error> {
    let page = sql!(
        tx,
        "SELECT hub, financial_year, allocated_pence - committed_pence - spent_pence AS available_pence, committed_pence, spent_pence,
                CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'free-' || financial_year || '-' || hub), 0)
                   - COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'free-' || financial_year || '-' || hub), 0)
                     AS BIGINT) AS free_balance_pence,
                CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'committed-' || financial_year || '-' || hub), 0)
                   - COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'committed-' || financial_year || '-' || hub), 0)
                     AS BIGINT) AS committed_balance_pence,
                CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'paid-' || financial_year || '-' || hub), 0)
                   - COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'paid-' || financial_year || '-' || hub), 0)
                     AS BIGINT) AS paid_balance_pence
         FROM budget
         WHERE (hub, financial_year) > (:hub, :financial_year)
         ORDER BY hub, financial_year LIMIT :limit",
        hub,
        financial_year,
        limit = PAGE_BUDGETS_MAX,
    );
    page.fetch_all().await
}

/// The money that left the grant, and the money of all budgets.
async fn grant(tx: &mut Tx<'_>) -> Result<(i64, i64), Error> {
    let sums = sql!(
        tx,
        "SELECT CAST(COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE debit_account = 'grant'), 0)
                   - COALESCE((SELECT SUM(amount_pence) FROM transfer WHERE credit_account = 'grant'), 0) AS BIGINT),
                CAST(COALESCE((SELECT SUM(allocated_pence) FROM budget), 0) AS BIGINT)",
    );
    sums.fetch_one().await
}

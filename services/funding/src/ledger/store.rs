//! Rows of accounts and transfers.

use db::{Error, Tx, sql};
use name::HubId;
use server::ApiError;
use time::{Date, FinancialYear, Instant};

use super::list_transfers::TransferKey;
use super::{Account, AccountId, AccountKind, Pence, Posting, Settlement, Transfer, TransferFilter, TransferId, TransferKind};
use crate::{
    batch::BatchId,
    budget::BudgetId,
    entitlement::EntitlementId,
    payee::{Payee, PayeeKind},
};

macro_rules! select_account {
    () => {
        "SELECT account.id, account.kind, account.hub, account.financial_year,
             CAST(COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
                            WHERE transfer.credit_account = account.id AND transfer.post_date <= :day), 0)
                - COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
                            WHERE transfer.debit_account = account.id AND transfer.post_date <= :day), 0) AS BIGINT) AS balance_pence
         FROM account "
    };
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: AccountId,
    kind: AccountKind,
    hub: Option<HubId>,
    financial_year: Option<FinancialYear>,
    balance_pence: i64,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        let AccountRow { id, kind, hub, financial_year, balance_pence } = row;
        Self { id, kind, hub, financial_year, balance_pence }
    }
}

/// Creates the three accounts of a budget if they are missing.
pub(crate) async fn account_insert(tx: &mut Tx<'_>, budget: &BudgetId) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO account (id, kind, hub, financial_year)
         VALUES (:free, 'free', :hub, :financial_year), (:committed, 'committed', :hub, :financial_year),
             (:paid, 'paid', :hub, :financial_year)
         ON CONFLICT (id) DO NOTHING",
        free = AccountKind::Free.of(budget),
        committed = AccountKind::Committed.of(budget),
        paid = AccountKind::Paid.of(budget),
        hub = budget.hub,
        financial_year = budget.financial_year,
    );
    inserted.execute().await.map(drop)
}

/// An account with its balance at the end of a day. NOT_FOUND when there is no such account.
pub(super) async fn account_by_id(tx: &mut Tx<'_>, id: &AccountId, day: Date) -> Result<Account, service::Error> {
    let row: Option<AccountRow> =
        sql!(tx, concat!(select_account!(), "WHERE account.id = :id"), id, day).fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// A page in order of id, with the balances at the end of a day. A filter that is `None` matches all.
pub(super) async fn account_page(
    tx: &mut Tx<'_>,
    (hub, financial_year): (Option<&HubId>, Option<FinancialYear>),
    day: Date,
    after: Option<&AccountId>,
    limit: i64,
) -> Result<Vec<Account>, Error> {
    let page = sql!(
        tx,
        concat!(
            select_account!(),
            "WHERE (:hub IS NULL OR account.hub = :hub) AND (:financial_year IS NULL OR account.financial_year = :financial_year)
               AND account.id > :after
             ORDER BY account.id LIMIT :limit"
        ),
        hub,
        financial_year,
        day,
        after = after.map_or("", AccountId::as_str),
        limit,
    );
    let rows: Vec<AccountRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

macro_rules! stored_columns {
    () => {
        "id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
         reverses, actor, request_id"
    };
}

macro_rules! transfer_columns {
    () => {
        concat!(
            stored_columns!(),
            ", COALESCE((SELECT written.reason FROM transfer_reason written WHERE written.transfer = transfer.id), '') AS reason"
        )
    };
}

#[derive(sqlx::FromRow)]
struct TransferRow {
    id: TransferId,
    debit_account: AccountId,
    credit_account: AccountId,
    amount_pence: Pence,
    kind: TransferKind,
    post_time: Instant,
    entitlement: Option<EntitlementId>,
    batch: Option<BatchId>,
    payee_kind: Option<PayeeKind>,
    payee_reference: Option<String>,
    settles: Option<TransferId>,
    reverses: Option<TransferId>,
    actor: String,
    request_id: String,
    reason: String,
}

impl From<TransferRow> for Transfer {
    fn from(row: TransferRow) -> Self {
        let settlement = match (row.settles, row.reverses) {
            (Some(settled), _) => Settlement::Settles(settled),
            (None, Some(reversed)) => Settlement::Reverses(reversed),
            (None, None) => Settlement::None,
        };
        Self {
            posting: Posting { id: row.id, time: row.post_time, actor: row.actor, request_id: row.request_id },
            debit: row.debit_account,
            credit: row.credit_account,
            amount: row.amount_pence,
            kind: row.kind,
            entitlement: row.entitlement,
            batch: row.batch,
            payee: row.payee_kind.zip(row.payee_reference).map(|(kind, reference)| Payee { kind, reference }),
            settlement,
            reason: row.reason,
        }
    }
}

/// A transfer and the day on which it counts.
#[derive(sqlx::FromRow)]
struct TransferOnDayRow {
    #[sqlx(flatten)]
    transfer: TransferRow,
    post_date: Date,
}

/// The transfers with these ids and the days on which they count, in order of id. At least one id.
pub(super) async fn transfer_by_ids(tx: &mut Tx<'_>, ids: &[&str]) -> Result<Vec<(Transfer, Date)>, Error> {
    let found = sql!(
        tx,
        concat!("SELECT ", transfer_columns!(), ", post_date FROM transfer WHERE id IN (:ids) ORDER BY id"),
        ids = [id in ids => id],
    );
    let rows: Vec<TransferOnDayRow> = found.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.transfer.into(), row.post_date)).collect())
}

/// Ids of transfers after an id, each with the resource of the event that must contain it: of the newest event about this transfer, or about a payment of
/// the same batch that comes before it. `None` where there is no such event.
pub(super) async fn transfer_carrier_page(
    tx: &mut Tx<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let page = sql!(
        tx,
        "SELECT id, (SELECT MAX(event.resource) FROM event
                     WHERE event.resource BETWEEN 'transfers/' || COALESCE(transfer.batch, transfer.id) AND 'transfers/' || transfer.id
                       AND event.type = 'mathshubs.funding.v1.TransfersPosted') AS carrier
         FROM transfer WHERE id > :after ORDER BY id LIMIT :limit",
        after,
        limit,
    );
    page.fetch_all().await
}

/// The transfers that the event about a transfer contains.
pub(super) async fn transfers_posted(tx: &mut Tx<'_>, resource: &str) -> Result<Vec<u8>, Error> {
    let event = sql!(
        tx,
        "SELECT payload FROM event WHERE resource = :resource AND type = 'mathshubs.funding.v1.TransfersPosted'",
        resource,
    );
    let (payload,): (Vec<u8>,) = event.fetch_one().await?;
    Ok(payload)
}

/// Adds a transfer. False when the transfer that it settles or reverses was settled or reversed before: a UNIQUE constraint of the table decides.
pub(super) async fn transfer_insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<bool, Error> {
    let (settles, reverses) = match &transfer.settlement {
        Settlement::None => (None, None),
        Settlement::Settles(settled) => (Some(settled), None),
        Settlement::Reverses(reversed) => (None, Some(reversed)),
    };
    let (posting, payee) = (&transfer.posting, transfer.payee.as_ref());
    let inserted = sql!(
        tx,
        "INSERT INTO transfer (id, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch, payee_kind,
             payee_reference, settles, reverses, actor, request_id)
         VALUES (:id, :debit_account, :credit_account, :amount_pence, :kind, :post_date, :post_time, :entitlement, :batch, :payee_kind,
             :payee_reference, :settles, :reverses, :actor, :request_id)",
        id = posting.id,
        debit_account = transfer.debit,
        credit_account = transfer.credit,
        amount_pence = transfer.amount,
        kind = transfer.kind,
        post_date = posting.time.date(),
        post_time = posting.time,
        entitlement = transfer.entitlement,
        batch = transfer.batch,
        payee_kind = payee.map(|payee| payee.kind),
        payee_reference = payee.map(|payee| &payee.reference),
        settles,
        reverses,
        actor = posting.actor,
        request_id = posting.request_id,
    );
    match inserted.execute().await {
        Err(error) if error.is_unique_violation() => return Ok(false),
        count => count?,
    };
    if !transfer.reason.is_empty() {
        transfer_reason_insert(tx, transfer).await?;
    }
    Ok(true)
}

async fn transfer_reason_insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO transfer_reason (transfer, reason) VALUES (:transfer, :reason)",
        transfer = transfer.posting.id,
        reason = transfer.reason,
    );
    inserted.execute().await.map(drop)
}

/// Pays all entitlements of a batch, each to its payee; each payment settles the commitment. Gives the payments in order of id; the ids are those of
/// [`TransferId::of_payment`].
pub(super) async fn transfer_insert_batch(tx: &mut Tx<'_>, batch: &BatchId, cause: &feed::Cause) -> Result<Vec<Transfer>, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO transfer (id, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch, payee_kind,
                 payee_reference, settles, actor, request_id)
             SELECT :batch || '-' || id, 'committed-' || financial_year || '-' || hub, 'paid-' || financial_year || '-' || hub, amount_pence,
                 'post', :post_date, :post_time, id, batch, payee_kind, payee_reference, transfer, :actor, :request_id
             FROM entitlement WHERE batch = :batch AND state = 'payable' AND review IS NULL
             RETURNING ",
            stored_columns!(),
            ", '' AS reason"
        ),
        batch,
        post_date = cause.recorded.date(),
        post_time = cause.recorded,
        actor = cause.actor.id,
        request_id = cause.request_id,
    );
    let rows: Vec<TransferRow> = inserted.fetch_all().await?;
    let mut transfers: Vec<Transfer> = rows.into_iter().map(Into::into).collect();
    transfers.sort_by(|left, right| left.posting.id.as_str().cmp(right.posting.id.as_str()));
    Ok(transfers)
}

/// NOT_FOUND when there is no such transfer.
pub(super) async fn transfer_by_id(tx: &mut Tx<'_>, id: &TransferId) -> Result<Transfer, service::Error> {
    let row: Option<TransferRow> =
        sql!(tx, concat!("SELECT ", transfer_columns!(), " FROM transfer WHERE id = :id"), id).fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// A page in order of time, then id.
pub(super) async fn transfer_page(
    tx: &mut Tx<'_>,
    filter: &TransferFilter,
    after: Option<&TransferKey>,
    limit: i64,
) -> Result<Vec<Transfer>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            transfer_columns!(),
            " FROM transfer
             WHERE (:account IS NULL OR debit_account = :account OR credit_account = :account)
               AND (:entitlement IS NULL OR entitlement = :entitlement) AND (:batch IS NULL OR batch = :batch)
               AND (post_time, id) > (:after_time, :after_id)
             ORDER BY post_time, id LIMIT :limit"
        ),
        account = filter.account,
        entitlement = filter.entitlement,
        batch = filter.batch,
        after_time = after.map_or(Instant::from_micros(i64::MIN), |(time, _)| *time),
        after_id = after.map_or("", |(_, id)| id.as_str()),
        limit,
    );
    let rows: Vec<TransferRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

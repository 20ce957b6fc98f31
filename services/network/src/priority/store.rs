//! Rows of priorities.

use db::{Error, Tx, sql};
use name::DecisionId;
use time::Date;

use super::{Priority, PriorityId};

macro_rules! columns {
    () => {
        "priority_id, display_name, start_date, end_date, decision"
    };
}

#[derive(sqlx::FromRow)]
struct PriorityRow {
    priority_id: PriorityId,
    display_name: String,
    start_date: Date,
    end_date: Option<Date>,
    decision: DecisionId,
}

impl From<PriorityRow> for Priority {
    fn from(row: PriorityRow) -> Self {
        let PriorityRow { priority_id, display_name, start_date, end_date, decision } = row;
        Self { id: priority_id, display_name, start: start_date, end: end_date, decision }
    }
}

/// False when the id is taken.
pub(super) async fn priority_insert(tx: &mut Tx<'_>, priority: &Priority) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO priority (",
            columns!(),
            ") VALUES (:id, :display_name, :start_date, :end_date, :decision) ON CONFLICT (priority_id) DO NOTHING"
        ),
        id = priority.id,
        display_name = priority.display_name,
        start_date = priority.start,
        end_date = priority.end,
        decision = priority.decision,
    );
    Ok(inserted.execute().await? == 1)
}

/// Whether there is such a priority. Priorities are never deleted.
pub(crate) async fn priority_exists(tx: &mut Tx<'_>, id: &PriorityId) -> Result<bool, Error> {
    let row: Option<(PriorityId,)> =
        sql!(tx, "SELECT priority_id FROM priority WHERE priority_id = :id", id).fetch_optional().await?;
    Ok(row.is_some())
}

/// A page in order of id: those of a day, or all.
pub(super) async fn priority_page(
    tx: &mut Tx<'_>,
    day: Option<Date>,
    after: Option<&PriorityId>,
    limit: i64,
) -> Result<Vec<Priority>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM priority
             WHERE priority_id > :after AND (CAST(:day AS TEXT) IS NULL OR (start_date <= :day AND (end_date IS NULL OR end_date >= :day)))
             ORDER BY priority_id LIMIT :limit"
        ),
        after = after.map_or("", PriorityId::as_str),
        day,
        limit,
    );
    let rows: Vec<PriorityRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

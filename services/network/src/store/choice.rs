//! Which school chose which hub when.

use db::{Error, Tx, sql};
use time::Date;

use super::day;
use crate::domain::{Urn, hub::Choice};

#[derive(sqlx::FromRow)]
struct Row {
    urn: i64,
    start_date: String,
    hub_id: String,
    end_date: Option<String>,
    version: i64,
}

impl Row {
    fn choice(self) -> Choice {
        Choice {
            urn: Urn::new_checked(self.urn).expect("a constraint keeps URNs"),
            start_date: day(&self.start_date),
            hub_id: self.hub_id,
            end_date: self.end_date.as_deref().map(day),
            version: self.version,
        }
    }
}

/// Whether a school is listed. On PostgreSQL its row stays locked, so that a second choice of the same school waits for the first; SQLite has one
/// writer anyway. It is a statement of its own, because one that also read the choices would read what was there before it waited.
pub(crate) async fn school_lock(tx: &mut Tx<'_>, urn: Urn) -> Result<bool, Error> {
    let text = if tx.is_postgres() {
        "SELECT listed FROM school WHERE urn = $1 FOR NO KEY UPDATE"
    } else {
        "SELECT listed FROM school WHERE urn = $1"
    };
    let listed: Option<bool> = sql!(tx, conn => sqlx::query_scalar(text).bind(i64::from(urn)).fetch_optional(conn).await)?;
    Ok(listed.unwrap_or(false))
}

/// The newest choice of a school.
pub(crate) async fn choice_newest(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<Choice>, Error> {
    let row: Option<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM hub_choice WHERE urn = $1 AND end_date IS NULL")
        .bind(i64::from(urn)).fetch_optional(conn).await)?;
    Ok(row.map(Row::choice))
}

/// Records a choice that was not there.
pub(crate) async fn choice_insert(tx: &mut Tx<'_>, choice: &Choice) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("INSERT INTO hub_choice (urn, start_date, hub_id, end_date, version) VALUES ($1, $2, $3, $4, $5)")
        .bind(i64::from(choice.urn)).bind(choice.start_date.to_string()).bind(&choice.hub_id)
        .bind(choice.end_date.map(|date| date.to_string())).bind(choice.version).execute(conn).await.map(drop))?;
    Ok(())
}

/// Changes the hub, the end and the version of a choice.
pub(crate) async fn choice_update(tx: &mut Tx<'_>, choice: &Choice) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE hub_choice SET hub_id = $3, end_date = $4, version = $5 WHERE urn = $1 AND start_date = $2")
        .bind(i64::from(choice.urn)).bind(choice.start_date.to_string()).bind(&choice.hub_id)
        .bind(choice.end_date.map(|date| date.to_string())).bind(choice.version).execute(conn).await.map(drop))?;
    Ok(())
}

/// Whether any choice of a hub begins after a day.
pub(crate) async fn choice_exists_after(tx: &mut Tx<'_>, hub_id: &str, day: Date) -> Result<bool, Error> {
    Ok(sql!(tx, conn => sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM hub_choice WHERE hub_id = $1 AND start_date > $2)")
        .bind(hub_id).bind(day.to_string()).fetch_one(conn).await)?)
}

/// Which choices are listed. What is `None` or empty does not filter.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChoiceFilter {
    pub(crate) school: Option<Urn>,
    pub(crate) hub_id: String,
    pub(crate) as_of: Option<Date>,
    /// A hub lead sees its own hub's only.
    pub(crate) scope_hub_id: Option<String>,
    /// A school sees its own only, and those of the schools from which it descends on a day: what a school has carries over to the academy that it
    /// becomes, unless it was split (3).
    pub(crate) scope_school: Option<(Urn, Date)>,
}

/// Choices after a school and day, in that order.
pub(crate) async fn choice_list(
    tx: &mut Tx<'_>,
    filter: &ChoiceFilter,
    after: (i64, &str),
    limit: i64,
) -> Result<Vec<Choice>, Error> {
    let (scope_urn, scope_day) = filter.scope_school.map(|(urn, day)| (i64::from(urn), day)).unzip();
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as(
        "SELECT * FROM hub_choice
         WHERE (urn, start_date) > ($1, $2) AND (CAST($3 AS BIGINT) IS NULL OR urn = $3) AND ($4 = '' OR hub_id = $4)
             AND ($5 = '' OR (start_date <= $5 AND (end_date IS NULL OR end_date >= $5)))
             AND (CAST($6 AS TEXT) IS NULL OR hub_id = $6)
             AND (CAST($7 AS BIGINT) IS NULL OR urn IN (
                 WITH RECURSIVE older (urn) AS (
                     SELECT CAST($7 AS BIGINT)
                     UNION
                     SELECT predecessor_urn FROM older JOIN school_link ON successor_urn = older.urn
                     WHERE kind <> 3 AND established_date <= $8)
                 SELECT urn FROM older))
         ORDER BY urn, start_date LIMIT $9")
        .bind(after.0).bind(after.1).bind(filter.school.map(i64::from)).bind(&filter.hub_id)
        .bind(super::text_or_blank(filter.as_of)).bind(&filter.scope_hub_id).bind(scope_urn).bind(super::text_or_blank(scope_day)).bind(limit)
        .fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Row::choice).collect())
}

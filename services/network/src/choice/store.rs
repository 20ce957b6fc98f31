//! Rows of choices.

use std::collections::BTreeMap;

use db::{Error, Tx, sql};
use name::{HubId, Urn};
use scope::ScopeKey;
use time::Date;

use super::{
    Choice,
    list_hub_choices::{ChoiceFilter, ChoiceKey},
};
use crate::school::column::DayOrBlank;

/// Most rows of one statement. A row has five columns, and SQLite binds 32,766 values.
const STATEMENT_ROWS_MAX: usize = 1_000;

macro_rules! columns {
    () => {
        "urn, start_date, hub, end_date, version"
    };
}

#[derive(sqlx::FromRow)]
struct ChoiceRow {
    urn: Urn,
    start_date: Date,
    hub: HubId,
    end_date: Option<Date>,
    version: i64,
}

impl From<ChoiceRow> for Choice {
    fn from(row: ChoiceRow) -> Self {
        let ChoiceRow { urn, start_date, hub, end_date, version } = row;
        Self { urn, start_date, hub, end_date, version }
    }
}

/// The newest choice of a school, whose row is locked.
pub(super) async fn find_newest_choice(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<Choice>, Error> {
    let newest = sql!(tx, concat!("SELECT ", columns!(), " FROM hub_choice WHERE urn = :urn AND end_date IS NULL"), urn);
    let row: Option<ChoiceRow> = newest.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// Adds a choice.
pub(super) async fn choice_insert(tx: &mut Tx<'_>, choice: &Choice) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        concat!("INSERT INTO hub_choice (", columns!(), ") VALUES (:urn, :start_date, :hub, :end_date, :version)"),
        urn = choice.urn,
        start_date = choice.start_date,
        hub = choice.hub,
        end_date = choice.end_date,
        version = choice.version,
    );
    inserted.execute().await.map(drop)
}

/// Changes the hub, the last day and the version of a choice.
pub(super) async fn choice_update(tx: &mut Tx<'_>, choice: &Choice) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE hub_choice SET hub = :hub, end_date = :end_date, version = :version WHERE urn = :urn AND start_date = :start_date",
        hub = choice.hub,
        end_date = choice.end_date,
        version = choice.version,
        urn = choice.urn,
        start_date = choice.start_date,
    );
    updated.execute().await.map(drop)
}

/// Listed schools of authorities, or of URNs, each with its authority. They stay locked on PostgreSQL, in order of URN, so that choices of them wait.
pub(super) async fn school_list_for_move(
    tx: &mut Tx<'_>,
    old_la_codes: &[String],
    urns: &[Urn],
) -> Result<BTreeMap<Urn, String>, Error> {
    let rows: Vec<(Urn, String)> = if old_la_codes.is_empty() {
        let schools = sql!(
            tx,
            "SELECT urn, old_la_code FROM school WHERE listed AND urn IN (:urns) ORDER BY urn {postgres FOR NO KEY UPDATE}",
            urns = [urn in urns => *urn],
        );
        schools.fetch_all().await?
    } else {
        let schools = sql!(
            tx,
            "SELECT urn, old_la_code FROM school WHERE listed AND old_la_code IN (:codes) ORDER BY urn {postgres FOR NO KEY UPDATE}",
            codes = [code in old_la_codes => code],
        );
        schools.fetch_all().await?
    };
    Ok(rows.into_iter().collect())
}

/// The newest choices of schools, in order of URN. After the schools' lock, in a separate statement: one that also locked would read the choices as they were
/// before it waited.
pub(super) async fn newest_choice_list(tx: &mut Tx<'_>, urns: &[Urn]) -> Result<Vec<Choice>, Error> {
    let mut choices = Vec::new();
    for part in urns.chunks(STATEMENT_ROWS_MAX) {
        let newest = sql!(
            tx,
            concat!("SELECT ", columns!(), " FROM hub_choice WHERE end_date IS NULL AND urn IN (:urns) ORDER BY urn"),
            urns = [urn in part => *urn],
        );
        let rows: Vec<ChoiceRow> = newest.fetch_all().await?;
        choices.extend(rows.into_iter().map(Into::into));
    }
    Ok(choices)
}

/// Changes the hub, the last day and the version of choices.
pub(super) async fn choice_update_all(tx: &mut Tx<'_>, choices: &[Choice]) -> Result<(), Error> {
    for part in choices.chunks(STATEMENT_ROWS_MAX) {
        let updated = sql!(
            tx,
            concat!(
                "INSERT INTO hub_choice (",
                columns!(),
                ") VALUES :choices
                 ON CONFLICT (urn, start_date) DO UPDATE SET hub = excluded.hub, end_date = excluded.end_date, version = excluded.version"
            ),
            choices = [choice in part => choice.urn, choice.start_date, choice.hub, choice.end_date, choice.version],
        );
        updated.execute().await?;
    }
    Ok(())
}

/// Adds choices.
pub(super) async fn choice_insert_all(tx: &mut Tx<'_>, choices: &[Choice]) -> Result<(), Error> {
    for part in choices.chunks(STATEMENT_ROWS_MAX) {
        let inserted = sql!(
            tx,
            concat!("INSERT INTO hub_choice (", columns!(), ") VALUES :choices"),
            choices = [choice in part => choice.urn, choice.start_date, choice.hub, choice.end_date, choice.version],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// Whether a choice of a hub begins after a day.
pub(crate) async fn choice_exists_after(tx: &mut Tx<'_>, hub: &HubId, day: Date) -> Result<bool, Error> {
    let exists = sql!(tx, "SELECT EXISTS (SELECT 1 FROM hub_choice WHERE hub = :hub AND start_date > :day)", hub, day);
    let (exists,): (bool,) = exists.fetch_one().await?;
    Ok(exists)
}

/// A page in order of school and first day. A school sees its own choices, and those of the schools from which it descends by the register of the network.
pub(super) async fn choice_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &ChoiceFilter,
    after: Option<&ChoiceKey>,
    limit: i64,
) -> Result<Vec<Choice>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ", columns!(), " FROM hub_choice
             WHERE (urn, start_date) > (:after_urn, :after_start_date)
                 AND ", scope::of_lineage!(""), "
                 AND (CAST(:hub AS TEXT) IS NULL OR hub = :hub)
                 AND (:as_of = '' OR (start_date <= :as_of AND (end_date IS NULL OR end_date >= :as_of)))
                 AND ", scope::condition!(""), "
             ORDER BY urn, start_date LIMIT :limit"
        ),
        ..ScopeKey = scope,
        after_urn = after.map_or(0, |(urn, _)| urn.number()),
        after_start_date = DayOrBlank(after.map(|(_, day)| *day)),
        urn = filter.school.map_or(0, Urn::number),
        hub = filter.hub,
        as_of = DayOrBlank(filter.as_of),
        limit,
    );
    let rows: Vec<ChoiceRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

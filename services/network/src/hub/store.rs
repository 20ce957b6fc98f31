//! Rows of hubs.

use db::{Error, Tx, sql};
use name::{HubId, Urn};
use server::ApiError;
use time::Date;

use super::Hub;
use crate::school::column::RegionCode;

/// The columns of [`HubRow`]. The lead school is that of today, or of the hub's first day before that.
macro_rules! columns {
    () => {
        "hub_id, display_name, region_code, start_date, end_date, version,
             (SELECT lead.holder_urn FROM appointment lead
              WHERE lead.body = hub.hub_id AND lead.role = 2
                  AND lead.start_date <= CASE WHEN hub.start_date > :today THEN hub.start_date ELSE :today END
                  AND (lead.end_date IS NULL OR lead.end_date >= CASE WHEN hub.start_date > :today THEN hub.start_date ELSE :today END)
              ORDER BY lead.seat LIMIT 1) AS lead_school_urn"
    };
}

#[derive(sqlx::FromRow)]
struct HubRow {
    hub_id: HubId,
    display_name: String,
    lead_school_urn: Option<Urn>,
    region_code: RegionCode,
    start_date: Date,
    end_date: Option<Date>,
    version: i64,
}

impl From<HubRow> for Hub {
    fn from(row: HubRow) -> Self {
        let HubRow { hub_id, display_name, lead_school_urn, region_code, start_date, end_date, version } = row;
        Self { id: hub_id, display_name, lead_school: lead_school_urn, region: region_code, start_date, end_date, version }
    }
}

/// False when the id is taken.
pub(super) async fn hub_insert(tx: &mut Tx<'_>, hub: &Hub) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO hub (hub_id, display_name, region_code, start_date, end_date, version)
         VALUES (:id, :display_name, :region, :start_date, :end_date, :version)
         ON CONFLICT (hub_id) DO NOTHING",
        id = hub.id,
        display_name = hub.display_name,
        region = hub.region,
        start_date = hub.start_date,
        end_date = hub.end_date,
        version = hub.version,
    );
    Ok(inserted.execute().await? == 1)
}

/// NOT_FOUND when there is no such hub.
pub(super) async fn hub_by_id(tx: &mut Tx<'_>, id: &HubId, today: Date) -> Result<Hub, service::Error> {
    let row: Option<HubRow> =
        sql!(tx, concat!("SELECT ", columns!(), " FROM hub WHERE hub_id = :id"), today, id).fetch_optional().await?;
    found(id, row)
}

/// A hub that a choice needs: it cannot change until the transaction ends. NOT_FOUND when there is no such hub.
pub(crate) async fn hub_by_id_for_share(tx: &mut Tx<'_>, id: &HubId, today: Date) -> Result<Hub, service::Error> {
    let hub = sql!(tx, concat!("SELECT ", columns!(), " FROM hub WHERE hub_id = :id {postgres FOR SHARE}"), today, id);
    found(id, hub.fetch_optional().await?)
}

/// Locked, to change it: a second change waits for the first, while two shared locks would wait for each other. NOT_FOUND when there is no such hub.
pub(super) async fn hub_by_id_for_update(tx: &mut Tx<'_>, id: &HubId, today: Date) -> Result<Hub, service::Error> {
    let hub = sql!(tx, concat!("SELECT ", columns!(), " FROM hub WHERE hub_id = :id {postgres FOR NO KEY UPDATE}"), today, id);
    found(id, hub.fetch_optional().await?)
}

fn found(id: &HubId, row: Option<HubRow>) -> Result<Hub, service::Error> {
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// The row is locked, so its version is the one before.
pub(super) async fn hub_update(tx: &mut Tx<'_>, hub: &Hub) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE hub SET display_name = :display_name, end_date = :end_date, version = :version
         WHERE hub_id = :id",
        display_name = hub.display_name,
        end_date = hub.end_date,
        version = hub.version,
        id = hub.id,
    );
    updated.execute().await.map(drop)
}

/// A page in order of id.
pub(super) async fn hub_page(tx: &mut Tx<'_>, after: Option<&HubId>, limit: i64, today: Date) -> Result<Vec<Hub>, Error> {
    let page = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM hub WHERE hub_id > :after ORDER BY hub_id LIMIT :limit"),
        today,
        after = after.map_or("", HubId::as_str),
        limit
    );
    let rows: Vec<HubRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One of these hubs that does not exist, if any.
pub(crate) async fn find_unknown_hub(tx: &mut Tx<'_>, ids: &[HubId]) -> Result<Option<HubId>, Error> {
    if ids.is_empty() {
        return Ok(None);
    }
    let known: Vec<(HubId,)> =
        sql!(tx, "SELECT hub_id FROM hub WHERE hub_id IN (:ids)", ids = [id in ids => id]).fetch_all().await?;
    Ok(ids.iter().find(|id| !known.iter().any(|(known,)| known == *id)).cloned())
}

//! Rows of hubs.

use db::{Error, JsonText, Tx, sql};
use name::{HubId, Urn};
use scope::ScopeKey;
use server::ApiError;
use time::Date;

use super::{Hub, HubProfile, Incubation, find_local_hubs::Near};
use crate::school::column::RegionCode;

/// Most hubs that are local to a school.
const LOCAL_HUBS_MAX: i64 = 100;

/// The columns of [`HubRow`]. The lead school is that of today, or of the hub's first day before that.
macro_rules! columns {
    () => {
        "hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date, incubated_by, version,
             CAST(:today AS TEXT) AS as_of,
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
    old_la_codes: JsonText<Vec<String>>,
    contact_address: String,
    incubation_start_date: Option<Date>,
    incubated_by: JsonText<Vec<HubId>>,
    version: i64,
    as_of: Date,
}

impl From<HubRow> for Hub {
    fn from(row: HubRow) -> Self {
        let by = row.incubated_by.0;
        Self {
            id: row.hub_id,
            display_name: row.display_name,
            lead_school: row.lead_school_urn,
            region: row.region_code,
            profile: HubProfile {
                old_la_codes: row.old_la_codes.0,
                contact_address: row.contact_address,
                incubation: row.incubation_start_date.map(|start| Incubation { start, by }),
            },
            as_of: row.as_of,
            start_date: row.start_date,
            end_date: row.end_date,
            version: row.version,
        }
    }
}

/// False when the id is taken.
pub(super) async fn hub_insert(tx: &mut Tx<'_>, hub: &Hub) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO hub (hub_id, display_name, region_code, start_date, end_date, old_la_codes, contact_address, incubation_start_date,
             incubated_by, version)
         VALUES (:id, :display_name, :region, :start_date, :end_date, :old_la_codes, :contact_address, :incubation_start, :incubated_by, :version)
         ON CONFLICT (hub_id) DO NOTHING",
        id = hub.id,
        display_name = hub.display_name,
        region = hub.region,
        start_date = hub.start_date,
        end_date = hub.end_date,
        old_la_codes = JsonText(&hub.profile.old_la_codes),
        contact_address = hub.profile.contact_address,
        incubation_start = hub.profile.incubation.as_ref().map(|incubation| incubation.start),
        incubated_by = JsonText(hub.profile.incubated_by()),
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
        "UPDATE hub SET display_name = :display_name, end_date = :end_date, old_la_codes = :old_la_codes,
             contact_address = :contact_address, incubation_start_date = :incubation_start, incubated_by = :incubated_by, version = :version
         WHERE hub_id = :id",
        display_name = hub.display_name,
        end_date = hub.end_date,
        old_la_codes = JsonText(&hub.profile.old_la_codes),
        contact_address = hub.profile.contact_address,
        incubation_start = hub.profile.incubation.as_ref().map(|incubation| incubation.start),
        incubated_by = JsonText(hub.profile.incubated_by()),
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

/// Hubs that serve an authority and are open on a day, and the hub that a school has chosen for the day, as far as the caller may see the choice; each with
/// whether it is chosen, and whether it serves the authority. The chosen one first, then in order of id, at most [`LOCAL_HUBS_MAX`].
pub(super) async fn local_hub_list(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    near: &Near,
    day: Date,
    today: Date,
) -> Result<Vec<(Hub, bool, bool)>, Error> {
    #[derive(sqlx::FromRow)]
    struct LocalRow {
        #[sqlx(flatten)]
        hub: HubRow,
        is_chosen: bool,
        serves: bool,
    }
    // Codes have three digits, so one that is quoted is found in the list and in no other text.
    let hubs = sql!(
        tx,
        concat!(
            "SELECT * FROM (SELECT ", columns!(), ",
                 EXISTS (SELECT 1 FROM hub_choice choice
                         WHERE choice.urn = :urn AND choice.hub = hub.hub_id AND choice.start_date <= :day
                             AND (choice.end_date IS NULL OR choice.end_date >= :day) AND ", scope::condition!("choice."), ") AS is_chosen,
                 (start_date <= :day AND (end_date IS NULL OR end_date >= :day) AND old_la_codes LIKE '%\"' || :old_la_code || '\"%') AS serves
             FROM hub) near
             WHERE is_chosen OR serves
             ORDER BY CASE WHEN is_chosen THEN 0 ELSE 1 END, hub_id LIMIT :limit"
        ),
        ..ScopeKey = scope,
        today,
        urn = near.urn.map_or(0, Urn::number),
        day,
        old_la_code = near.old_la_code,
        limit = LOCAL_HUBS_MAX,
    );
    let rows: Vec<LocalRow> = hubs.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.hub.into(), row.is_chosen, row.serves)).collect())
}

//! Rows of persons, and of the reports about their schools.

use db::{Error, Tx, sql};
use futures::future::BoxFuture;
use name::{HubId, PersonId, Urn};
use scope::{Scope, ScopeKey};
use service::{PersonRecord, PersonRecordPage};
use time::{Date, Instant};

use super::{Owner, Person, PersonDetails, PersonMatch, Report, Rights};

#[derive(sqlx::FromRow)]
struct OwnerColumns {
    hub: String,
    urn: i64,
}

impl From<OwnerColumns> for Owner {
    fn from(row: OwnerColumns) -> Self {
        match row {
            OwnerColumns { hub, urn: 0 } if hub.is_empty() => Self::Ncetm,
            OwnerColumns { hub, urn: 0 } => Self::Hub(HubId::trusted(hub)),
            OwnerColumns { urn, .. } => Self::School(Urn::trusted(urn)),
        }
    }
}

fn owner_columns(owner: &Owner) -> (&str, i64) {
    match owner {
        Owner::Ncetm => ("", 0),
        Owner::Hub(hub) => (hub.as_str(), 0),
        Owner::School(urn) => ("", urn.number()),
    }
}

/// The key of the hashes of addresses; `new` if there is none.
pub(super) async fn address_key(tx: &mut Tx<'_>, new: [u8; 32]) -> Result<Vec<u8>, Error> {
    let known: Option<(Vec<u8>,)> = sql!(tx, "SELECT key FROM address_key").fetch_optional().await?;
    if let Some((key,)) = known {
        return Ok(key);
    }
    let inserted = sql!(
        tx,
        "INSERT INTO address_key (name, key) VALUES ('address_key', :key) ON CONFLICT (name) DO NOTHING",
        key = new.as_slice(),
    );
    inserted.execute().await?;
    let (key,): (Vec<u8>,) = sql!(tx, "SELECT key FROM address_key").fetch_one().await?;
    Ok(key)
}

/// False when the owner recorded the address before.
pub(super) async fn person_insert(
    tx: &mut Tx<'_>,
    person: &Person,
    details: &PersonDetails,
    address_hash: &[u8],
    now: Instant,
) -> Result<bool, Error> {
    let (hub, urn) = owner_columns(&person.owner);
    let inserted = sql!(
        tx,
        "INSERT INTO person (person_id, hub, urn, display_name, email_address, address_hash, erased, change_time, version)
         VALUES (:id, :hub, :urn, :display_name, :email_address, :address_hash, FALSE, :now, :version)
         ON CONFLICT (hub, urn, address_hash) DO NOTHING",
        id = person.id,
        hub,
        urn,
        display_name = details.display_name,
        email_address = details.email_address,
        address_hash,
        now,
        version = person.version,
    );
    Ok(inserted.execute().await? == 1)
}

/// The person whom an owner knows by an address, as the record that stayed.
pub(super) async fn find_person_of_address(
    tx: &mut Tx<'_>,
    owner: &Owner,
    address_hash: &[u8],
) -> Result<Option<PersonId>, Error> {
    let (hub, urn) = owner_columns(owner);
    let known = sql!(
        tx,
        "SELECT current_id FROM person WHERE hub = :hub AND urn = :urn AND address_hash = :address_hash",
        hub,
        urn,
        address_hash,
    );
    let row: Option<(PersonId,)> = known.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

/// Adds a report, or replaces that of the same day. False when the register never listed the school.
pub(super) async fn report_put(tx: &mut Tx<'_>, person: &PersonId, report: Report) -> Result<bool, Error> {
    let put = sql!(
        tx,
        "INSERT INTO employment (person, start_date, urn) SELECT :person, :start_date, urn FROM school WHERE urn = :urn
         ON CONFLICT (person, start_date) DO UPDATE SET urn = excluded.urn",
        person,
        start_date = report.start_date,
        urn = report.urn,
    );
    Ok(put.execute().await? == 1)
}

/// A person and its name and address, `None` once they are erased.
pub(super) struct FoundPerson {
    pub(super) person: Person,
    pub(super) details: Option<PersonDetails>,
    pub(super) rights: Rights,
    /// Schools of the person that are the caller's, or from which the caller's descends.
    pub(super) own_schools: Vec<Urn>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    person_id: PersonId,
    #[sqlx(flatten)]
    owner: OwnerColumns,
    display_name: Option<String>,
    email_address: Option<String>,
    erased: bool,
    version: i64,
    /// No day and no school for a person without reports.
    start_date: Option<Date>,
    employment_urn: Option<Urn>,
    is_owned: bool,
    is_known: bool,
    is_own_school: bool,
}

/// The rows of a person: one for each report, or one without a report.
fn person_of(rows: Vec<PersonRow>) -> Option<FoundPerson> {
    let report = |row: &PersonRow| Some(Report { start_date: row.start_date?, urn: row.employment_urn? });
    let reports = rows.iter().filter_map(report).collect();
    let own_schools = rows.iter().filter(|row| row.is_own_school).filter_map(|row| row.employment_urn).collect();
    let PersonRow { person_id, owner, display_name, email_address, erased, version, is_owned, is_known, .. } =
        rows.into_iter().next()?;
    Some(FoundPerson {
        person: Person { id: person_id, owner: owner.into(), erased, version, reports },
        details: display_name
            .zip(email_address)
            .map(|(display_name, email_address)| PersonDetails { display_name, email_address }),
        rights: Rights { owns: is_owned, knows: is_known },
        own_schools,
    })
}

macro_rules! select_person {
    () => {
        concat!(
            "SELECT p.person_id, p.hub, p.urn, p.display_name, p.email_address, p.erased, p.version, e.start_date, e.urn AS employment_urn,
                 (", scope::condition!("p."), ") AS is_owned,
                 EXISTS (SELECT 1 FROM person own WHERE own.current_id = p.person_id AND ", scope::condition!("own."), ") AS is_known,
                 (:scope_urn <> 0 AND e.urn IS NOT NULL AND e.urn IN (", scope::mirror::ancestors!(":scope_urn", ":scope_today"), ")) AS is_own_school
             FROM person p LEFT JOIN employment e ON e.person = p.person_id
             WHERE p.person_id = "
        )
    };
}

/// The person of an id, for reading: in scope, or of a school that has chosen the hub today.
pub(super) async fn find_person(tx: &mut Tx<'_>, scope: &ScopeKey, id: &PersonId) -> Result<Option<FoundPerson>, Error> {
    let person = sql!(
        tx,
        concat!(
            select_person!(),
            "(SELECT current_id FROM person WHERE person_id = :id)
                 AND EXISTS (
                     SELECT 1 FROM person own
                     WHERE own.current_id = p.person_id AND ((", scope::condition!("own."), ")
                           OR (:scope_hub <> '' AND EXISTS (
                               SELECT 1 FROM hub_choice choice
                               WHERE choice.urn = own.urn AND choice.hub = :scope_hub AND choice.start_date <= :scope_today
                                     AND (choice.end_date IS NULL OR choice.end_date >= :scope_today)))))
             ORDER BY e.start_date"
        ),
        ..ScopeKey = scope,
        id,
    );
    Ok(person_of(person.fetch_all().await?))
}

/// The person of an id, locked. Only a merge locks several, after [`merging_lock`], so no two transactions wait for each other.
pub(super) async fn find_person_for_update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    today: Date,
    id: &PersonId,
) -> Result<Option<FoundPerson>, Error> {
    let mut id = id.clone();
    loop {
        let lock = sql!(tx, "SELECT merged_into FROM person WHERE person_id = :id {postgres FOR NO KEY UPDATE}", id);
        match lock.fetch_optional::<(Option<PersonId>,)>().await? {
            None => return Ok(None),
            // Also when it was merged since the statement before this one.
            Some((Some(merged_into),)) => id = merged_into,
            Some((None,)) => break,
        }
    }
    let scope = ScopeKey::new(scope, today);
    let person = sql!(tx, concat!(select_person!(), ":id ORDER BY e.start_date"), ..ScopeKey = scope, id);
    Ok(person_of(person.fetch_all().await?))
}

/// Locks the merging of persons. A person exists, so its key does.
pub(super) async fn merging_lock(tx: &mut Tx<'_>) -> Result<(), Error> {
    let locked = sql!(tx, "SELECT name FROM address_key {postgres FOR NO KEY UPDATE}");
    locked.fetch_optional::<(String,)>().await.map(drop)
}

/// Changes name and address. A unique violation when the owner recorded the address as another person.
pub(super) async fn details_update(
    tx: &mut Tx<'_>,
    person: &Person,
    details: &PersonDetails,
    address_hash: &[u8],
    now: Instant,
) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE person SET display_name = :display_name, email_address = :email_address, address_hash = :address_hash,
             change_time = :now, version = :version
         WHERE person_id = :id",
        display_name = details.display_name,
        email_address = details.email_address,
        address_hash,
        now,
        version = person.version,
        id = person.id,
    );
    updated.execute().await.map(drop)
}

/// Changes the version of a person whose reports changed.
pub(super) async fn version_update(tx: &mut Tx<'_>, person: &Person, now: Instant) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE person SET change_time = :now, version = :version WHERE person_id = :id",
        now,
        version = person.version,
        id = person.id,
    );
    updated.execute().await.map(drop)
}

/// Merges one record, and those that were merged into it, into another. Their names and addresses are deleted.
pub(super) async fn person_merge(tx: &mut Tx<'_>, stays: &Person, other: &PersonId, now: Instant) -> Result<(), Error> {
    let merged = sql!(
        tx,
        "UPDATE person SET merged_into = :stays, display_name = NULL, email_address = NULL, change_time = :now
         WHERE current_id = :other",
        stays = stays.id,
        now,
        other,
    );
    merged.execute().await?;
    let reports = sql!(
        tx,
        "INSERT INTO employment (person, start_date, urn) SELECT :stays, start_date, urn FROM employment WHERE person = :other
         ON CONFLICT (person, start_date) DO NOTHING",
        stays = stays.id,
        other,
    );
    reports.execute().await?;
    version_update(tx, stays, now).await
}

/// Erases name, address and hash of a person, also of records that were merged into it.
pub(super) async fn person_erase(tx: &mut Tx<'_>, person: &Person, now: Instant) -> Result<(), Error> {
    let erased = sql!(
        tx,
        "UPDATE person SET display_name = NULL, email_address = NULL, address_hash = NULL, erased = TRUE, change_time = :now,
             version = CASE WHEN person_id = :id THEN :version ELSE version END
         WHERE current_id = :id",
        now,
        id = person.id,
        version = person.version,
    );
    erased.execute().await.map(drop)
}

/// The records of network about a person.
pub(crate) fn person_records<'a>(tx: &'a mut Tx<'_>, page: PersonRecordPage) -> BoxFuture<'a, Result<Vec<PersonRecord>, Error>> {
    Box::pin(async move {
        let records = sql!(
            tx,
            service::person_records!(
                "SELECT 'person' AS kind, same.person_id AS id, '-' AS part, 'persons/' || same.person_id AS resource,
                     'was recorded by ' || CASE WHEN same.hub <> '' THEN 'hubs/' || same.hub
                                                WHEN same.urn <> 0 THEN 'schools/' || CAST(same.urn AS TEXT)
                                                ELSE 'NCETM' END
                         || CASE WHEN same.merged_into IS NOT NULL THEN '; merged into persons/' || same.merged_into
                                 WHEN same.erased THEN '; name and address are erased'
                                 ELSE '; with name and address' END AS content
                 FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.person_id = :person
                 UNION ALL
                 SELECT 'employment', employment.person, employment.start_date, 'persons/' || employment.person,
                     'teaches at schools/' || CAST(employment.urn AS TEXT) || ' from ' || employment.start_date
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN employment ON employment.person = same.person_id
                 WHERE asked.person_id = :person
                 UNION ALL
                 SELECT 'appointment', appointment.appointment_id, '-', 'appointments/' || appointment.appointment_id,
                     'is ' || CASE appointment.role WHEN 1 THEN 'a hub lead' WHEN 4 THEN 'an assistant hub lead' WHEN 5 THEN 'a cohort lead'
                                                    WHEN 6 THEN 'a community lead' WHEN 7 THEN 'a member of the Council'
                                                    ELSE 'the chair of the Council' END
                         || COALESCE(' (hubs/' || appointment.hub || ')', '') || ', seat ' || appointment.seat || ', from ' || appointment.start_date
                         || COALESCE(' to ' || appointment.end_date, '') || COALESCE('; remit: ' || appointment.remit, '')
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN appointment ON appointment.holder_person = same.person_id
                 WHERE asked.person_id = :person
                 UNION ALL
                 SELECT 'meeting', meeting.meeting_id, same.person_id, 'councilMeetings/' || meeting.meeting_id,
                     'was present at the meeting of ' || meeting.meeting_date
                 FROM person asked JOIN person same ON same.current_id = asked.current_id
                     JOIN council_meeting meeting ON meeting.present_persons LIKE '%\"' || same.person_id || '\"%'
                 WHERE asked.person_id = :person"
            ),
            ..PersonRecordPage = page,
        );
        records.fetch_all().await
    })
}

/// A person with a name, about whom nothing was recorded since an instant and who holds no appointment today or later.
pub(super) async fn find_unchanged_person(tx: &mut Tx<'_>, before: Instant, today: Date) -> Result<Option<PersonId>, Error> {
    let unchanged = sql!(
        tx,
        "SELECT person_id FROM person
         WHERE display_name IS NOT NULL AND change_time < :before
             AND NOT EXISTS (
                 SELECT 1 FROM person same JOIN appointment ON appointment.holder_person = same.person_id
                 WHERE same.current_id = person.person_id AND (appointment.end_date IS NULL OR appointment.end_date >= :today))
         ORDER BY change_time LIMIT 1",
        before,
        today,
    );
    let row: Option<(PersonId,)> = unchanged.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

#[derive(sqlx::FromRow)]
struct MatchRow {
    person_id: PersonId,
    hub: String,
    urn: i64,
    other_id: PersonId,
    other_hub: String,
    other_urn: i64,
}

/// Pairs of records with one address, after a pair, in order of their ids.
pub(super) async fn match_page(
    tx: &mut Tx<'_>,
    after: Option<&(PersonId, PersonId)>,
    limit: i64,
) -> Result<Vec<PersonMatch>, Error> {
    let page = sql!(
        tx,
        "SELECT p.person_id, p.hub, p.urn, other.person_id AS other_id, other.hub AS other_hub, other.urn AS other_urn
         FROM person p JOIN person other ON other.address_hash = p.address_hash AND other.person_id > p.person_id
         WHERE p.merged_into IS NULL AND other.merged_into IS NULL AND p.person_id >= :after
               AND (p.person_id, other.person_id) > (:after, :after_other)
         ORDER BY p.person_id, other.person_id LIMIT :limit",
        after = after.map_or("", |(id, _)| id.as_str()),
        after_other = after.map_or("", |(_, other)| other.as_str()),
        limit,
    );
    let rows: Vec<MatchRow> = page.fetch_all().await?;
    let pair = |row: MatchRow| PersonMatch {
        id: row.person_id,
        owner: OwnerColumns { hub: row.hub, urn: row.urn }.into(),
        other: row.other_id,
        other_owner: OwnerColumns { hub: row.other_hub, urn: row.other_urn }.into(),
    };
    Ok(rows.into_iter().map(pair).collect())
}

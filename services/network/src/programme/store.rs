//! Rows of programmes and their terms.

use db::{Error, JsonText, Tx, sql};
use name::{DecisionId, ProgrammeId};
use server::ApiError;
use time::{AcademicYear, Date};

use super::{Offer, Programme, ProgrammeKind, Recurrence, Reference, Terms, rules::name_of};
use crate::priority::PriorityId;

/// Programmes with their terms: of one first day, the newest version. `$terms` is a further condition for the terms.
macro_rules! select {
    ($terms:literal) => {
        concat!(
            "SELECT programme.programme_id, programme.display_name, programme.kind, programme.recurrence, programme.priority_id,
                 terms.version, terms.start_date, terms.decision, terms.offer
             FROM programme
             LEFT JOIN programme_terms terms ON terms.programme_id = programme.programme_id
                 AND NOT EXISTS (SELECT 1 FROM programme_terms newer
                     WHERE newer.programme_id = terms.programme_id AND newer.start_date = terms.start_date AND newer.version > terms.version)",
            $terms
        )
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    programme_id: ProgrammeId,
    display_name: String,
    kind: ProgrammeKind,
    recurrence: Recurrence,
    priority_id: PriorityId,
    version: Option<i64>,
    start_date: Option<Date>,
    decision: Option<DecisionId>,
    offer: Option<JsonText<Offer>>,
}

/// The programmes of rows that are in order of programme and first day.
fn programmes(rows: Vec<Row>) -> Vec<Programme> {
    let mut programmes: Vec<Programme> = Vec::new();
    for row in rows {
        let terms = match (row.version, row.start_date, row.decision) {
            (Some(version), Some(start), Some(decision)) => {
                let offer = row.offer.map(|offer| offer.0);
                Some(Terms { programme: row.programme_id.clone(), version, start, decision, offer })
            }
            _ => None,
        };
        match programmes.last_mut().filter(|last| last.id == row.programme_id) {
            Some(last) => last.terms.extend(terms),
            None => programmes.push(Programme {
                id: row.programme_id,
                display_name: row.display_name,
                kind: row.kind,
                recurrence: row.recurrence,
                priority: row.priority_id,
                terms: terms.into_iter().collect(),
            }),
        }
    }
    programmes
}

/// False when the id is taken.
pub(super) async fn programme_insert(tx: &mut Tx<'_>, programme: &Programme) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO programme (programme_id, display_name, kind, recurrence, priority_id, terms_count)
         VALUES (:id, :display_name, :kind, :recurrence, :priority, 0) ON CONFLICT (programme_id) DO NOTHING",
        id = programme.id,
        display_name = programme.display_name,
        kind = programme.kind,
        recurrence = programme.recurrence,
        priority = programme.priority,
    );
    Ok(inserted.execute().await? == 1)
}

/// The number of terms that were added, before this one. The programme's row is locked, so that versions follow each other. NOT_FOUND when there is no
/// such programme.
pub(super) async fn terms_count_take(tx: &mut Tx<'_>, id: &ProgrammeId) -> Result<i64, service::Error> {
    let taken = sql!(
        tx,
        "UPDATE programme SET terms_count = terms_count + 1 WHERE programme_id = :id RETURNING terms_count - 1 AS terms_count",
        id
    );
    let row: Option<(i64,)> = taken.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&name_of(id)))?.0)
}

pub(super) async fn terms_insert(tx: &mut Tx<'_>, terms: &Terms) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO programme_terms (programme_id, version, start_date, decision, offer)
         VALUES (:programme, :version, :start_date, :decision, :offer)",
        programme = terms.programme,
        version = terms.version,
        start_date = terms.start,
        decision = terms.decision,
        offer = terms.offer.as_ref().map(JsonText),
    );
    inserted.execute().await.map(drop)
}

/// A programme with all its terms. NOT_FOUND when there is no such programme.
pub(super) async fn programme_by_id(tx: &mut Tx<'_>, id: &ProgrammeId) -> Result<Programme, service::Error> {
    let one = sql!(tx, concat!(select!(""), " WHERE programme.programme_id = :id ORDER BY terms.start_date"), id);
    let found = programmes(one.fetch_all().await?).into_iter().next();
    Ok(found.ok_or_else(|| ApiError::not_found(&name_of(id)))?)
}

/// The filter of a list of programmes.
#[derive(Debug, Clone)]
pub(super) struct ProgrammeFilter {
    pub(super) academic_year: Option<AcademicYear>,
    pub(super) kind: Option<ProgrammeKind>,
    pub(super) priority: Option<PriorityId>,
}

/// A page in order of id: programmes with all their terms, or those that are offered in an academic year with the terms of that year.
pub(super) async fn programme_page(
    tx: &mut Tx<'_>,
    filter: &ProgrammeFilter,
    after: Option<&ProgrammeId>,
    limit: i64,
) -> Result<Vec<Programme>, Error> {
    let page = sql!(
        tx,
        concat!(
            select!(
                "
                 AND (CAST(:day AS TEXT) IS NULL OR (terms.start_date <= :day AND NOT EXISTS (SELECT 1 FROM programme_terms later
                     WHERE later.programme_id = terms.programme_id AND later.start_date > terms.start_date AND later.start_date <= :day)))"
            ),
            "
             WHERE programme.programme_id IN (
                 SELECT listed.programme_id FROM programme listed
                 WHERE listed.programme_id > :after AND (CAST(:kind AS BIGINT) IS NULL OR listed.kind = CAST(:kind AS BIGINT))
                     AND (CAST(:priority AS TEXT) IS NULL OR listed.priority_id = :priority)
                     AND (CAST(:day AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM programme_terms offered
                         WHERE offered.programme_id = listed.programme_id AND offered.start_date <= :day AND offered.offer IS NOT NULL
                             AND NOT EXISTS (SELECT 1 FROM programme_terms later
                                 WHERE later.programme_id = offered.programme_id AND later.start_date <= :day
                                     AND (later.start_date, later.version) > (offered.start_date, offered.version))))
                 ORDER BY listed.programme_id LIMIT :limit)
             ORDER BY programme.programme_id, terms.start_date"
        ),
        day = filter.academic_year.map(AcademicYear::start_date),
        kind = filter.kind,
        priority = filter.priority,
        after = after.map_or("", ProgrammeId::as_str),
        limit,
    );
    Ok(programmes(page.fetch_all().await?))
}

/// A resource that refers to the programme in an academic year from `first` to `last`, with the first such year: a publication of reach, or a resource of another
/// service, as far as its feed was read.
pub(super) async fn find_reference(
    tx: &mut Tx<'_>,
    programme: &ProgrammeId,
    first: AcademicYear,
    last: Option<AcademicYear>,
) -> Result<Option<(String, AcademicYear)>, Error> {
    let found = sql!(
        tx,
        "SELECT resource, year FROM (
             SELECT 'reachPublications/' || publication_id AS resource, academic_year AS year FROM reach_figure
             WHERE programme = :programme AND academic_year >= :first AND (CAST(:last AS TEXT) IS NULL OR academic_year <= :last)
             UNION ALL
             SELECT resource, CASE WHEN first_year < :first THEN CAST(:first AS TEXT) ELSE first_year END FROM programme_reference
             WHERE programme_id = :programme AND (last_year IS NULL OR last_year >= :first)
                 AND (CAST(:last AS TEXT) IS NULL OR first_year <= :last)) reference
         ORDER BY year, resource LIMIT 1",
        programme,
        first,
        last,
    );
    found.fetch_optional().await
}

/// Replaces the references of a resource of another service.
pub(crate) async fn references_replace(
    tx: &mut Tx<'_>,
    source: &str,
    resource: &str,
    references: &[Reference],
) -> Result<(), Error> {
    sql!(tx, "DELETE FROM programme_reference WHERE resource = :resource", resource).execute().await?;
    if references.is_empty() {
        return Ok(());
    }
    let inserted = sql!(
        tx,
        "INSERT INTO programme_reference (resource, programme_id, source, first_year, last_year) VALUES :references",
        references = [Reference { programme, first, last } in references => resource, *programme, source, *first, *last],
    );
    inserted.execute().await.map(drop)
}

/// Deletes the references of a service's resources.
pub(crate) async fn reference_clear(tx: &mut Tx<'_>, source: &str) -> Result<(), Error> {
    sql!(tx, "DELETE FROM programme_reference WHERE source = :source", source).execute().await.map(drop)
}

/// Ids of all programmes.
pub(crate) async fn programme_ids(tx: &mut Tx<'_>) -> Result<Vec<ProgrammeId>, Error> {
    let rows: Vec<(ProgrammeId,)> = sql!(tx, "SELECT programme_id FROM programme ORDER BY programme_id").fetch_all().await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

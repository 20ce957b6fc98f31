//! Statements of an import.

use std::collections::{BTreeMap, BTreeSet};

use db::{Error, JsonText, Tx, sql};
use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date};

use crate::{
    application::ApplicationId,
    participation::{Participation, ParticipationId},
    round::RoundId,
};

/// Most rows of one statement. A row has at most 15 columns, and SQLite binds 32,766 values.
const STATEMENT_ROWS_MAX: usize = 1_000;

/// The hubs of these that the network has, or had.
pub(super) async fn hub_list(tx: &mut Tx<'_>, hubs: &BTreeSet<HubId>) -> Result<BTreeSet<HubId>, Error> {
    let (hubs, mut known) = (Vec::from_iter(hubs), BTreeSet::new());
    for part in hubs.chunks(STATEMENT_ROWS_MAX) {
        let query = sql!(tx, "SELECT id FROM hub WHERE id IN (:hubs)", hubs = [hub in part => *hub]);
        let rows: Vec<(HubId,)> = query.fetch_all().await?;
        known.extend(rows.into_iter().map(|(hub,)| hub));
    }
    Ok(known)
}

/// A row that was imported before: the programme, the school and the first year.
pub(super) type ImportKey = (ProgrammeId, Urn, AcademicYear);

/// The rows of these schools that were imported before, with their participations and their fields.
pub(super) async fn imported_row_list(
    tx: &mut Tx<'_>,
    urns: &[Urn],
) -> Result<BTreeMap<ImportKey, (ParticipationId, String)>, Error> {
    #[derive(sqlx::FromRow)]
    struct ImportedRow {
        programme: ProgrammeId,
        urn: Urn,
        first_academic_year: AcademicYear,
        id: ParticipationId,
        import_row: String,
    }
    let mut imported = BTreeMap::new();
    for part in urns.chunks(STATEMENT_ROWS_MAX) {
        let query = sql!(
            tx,
            "SELECT programme, urn, first_academic_year, id, import_row FROM participation
             WHERE import_row IS NOT NULL AND urn IN (:urns)",
            urns = [urn in part => *urn],
        );
        let rows: Vec<ImportedRow> = query.fetch_all().await?;
        let rows = rows.into_iter().map(|row| ((row.programme, row.urn, row.first_academic_year), (row.id, row.import_row)));
        imported.extend(rows);
    }
    Ok(imported)
}

/// A claim: the programme, the span and the school.
pub(super) type ClaimKey = (ProgrammeId, String, Urn);

/// The claims of these schools, each with the name of the application or participation that has it.
pub(super) async fn claim_list(tx: &mut Tx<'_>, urns: &BTreeSet<Urn>) -> Result<BTreeMap<ClaimKey, String>, Error> {
    #[derive(sqlx::FromRow)]
    struct ClaimRow {
        programme: ProgrammeId,
        span: String,
        urn: Urn,
        round: Option<RoundId>,
        application: Option<ApplicationId>,
        participation: Option<ParticipationId>,
    }
    let (urns, mut claims) = (Vec::from_iter(urns), BTreeMap::new());
    for part in urns.chunks(STATEMENT_ROWS_MAX) {
        let query = sql!(
            tx,
            "SELECT claim.programme, claim.span, claim.urn, application.round, claim.application, claim.participation
             FROM school_claim claim LEFT JOIN application ON application.id = claim.application
             WHERE claim.urn IN (:urns)",
            urns = [urn in part => **urn],
        );
        let rows: Vec<ClaimRow> = query.fetch_all().await?;
        claims.extend(rows.into_iter().map(|row| {
            let application = row.round.zip(row.application).map(|(round, application)| format!("{round}/{application}"));
            let claimant = application.or(row.participation.map(|participation| participation.to_string()));
            ((row.programme, row.span, row.urn), claimant.unwrap_or_default())
        }));
    }
    Ok(claims)
}

/// Adds participations, each with the fields of its row.
pub(super) async fn participation_insert_imported(tx: &mut Tx<'_>, imported: &[(Participation, String)]) -> Result<(), Error> {
    for part in imported.chunks(STATEMENT_ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO participation (id, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
                 deferrals, deferred_years_count, last_date, version, import_source, import_row)
             VALUES :imported",
            imported = [(participation, row) in part =>
                participation.id,
                participation.urn,
                participation.hub,
                participation.programme,
                participation.first_academic_year,
                participation.years_count,
                participation.state,
                participation.year_number,
                participation.years_completed_count,
                JsonText(&participation.deferrals),
                participation.deferred_years_count,
                participation.last_date,
                participation.version,
                participation.origin.import_source(),
                row,
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// Adds claims of participations, in the order in which others claim them, each with the first day of the participation's first year.
pub(super) async fn claim_insert_imported(
    tx: &mut Tx<'_>,
    claims: &BTreeMap<ClaimKey, (ParticipationId, Date)>,
) -> Result<(), Error> {
    let claims = Vec::from_iter(claims);
    for part in claims.chunks(STATEMENT_ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO school_claim (programme, span, urn, participation, year_start_date, has_place) VALUES :claims
             ON CONFLICT (programme, span, urn) DO NOTHING",
            claims = [((programme, span, urn), (participation, year_start)) in part =>
                programme,
                span,
                urn,
                participation,
                year_start,
                true,
            ],
        );
        if usize::try_from(inserted.execute().await?) != Ok(part.len()) {
            // On PostgreSQL another transaction claimed a school just now; the repetition finds its claim.
            return Err(Error::NotCommitted("a school of the file was claimed concurrently".to_owned()));
        }
    }
    Ok(())
}

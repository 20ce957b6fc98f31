//! Claims: a school's lineage has at most one live application per programme and span, and one place in each span. The span is an academic year where the
//! programme is yearly, else all time.

use db::{Error, Tx, sql};
use name::Urn;
use scope::{Scope, ScopeKey};
use time::Date;

use super::rules::{Application, ApplicationId};
use crate::{participation::ParticipationId, round::RoundId};

/// Claims URNs, in ascending order, for an application of a round whose year starts on `year_start`. False when a place or a live application holds a
/// claim to one of them. An application that waits for a year that has begun gives way to one for a later year.
pub(super) async fn claim_insert(
    tx: &mut Tx<'_>,
    application: &Application,
    span: &str,
    urns: &[Urn],
    year_start: Date,
    today: Date,
) -> Result<bool, Error> {
    let claimed = sql!(
        tx,
        "INSERT INTO school_claim (programme, span, urn, application, year_start_date, has_place) VALUES :claims
         ON CONFLICT (programme, span, urn) DO UPDATE SET application = excluded.application, year_start_date = excluded.year_start_date
         WHERE NOT school_claim.has_place AND school_claim.year_start_date <= :today
           AND school_claim.year_start_date < excluded.year_start_date",
        claims = [urn in urns => application.programme, span, urn, application.id, year_start, false],
        today,
    );
    Ok(usize::try_from(claimed.execute().await?) == Ok(urns.len()))
}

/// The other application that holds a claim of the school's lineage, in the scope of the caller; `None` for hub leads, who do not act for the school.
pub(super) async fn find_claimant(
    tx: &mut Tx<'_>,
    caller: &Scope,
    application: &Application,
    span: &str,
    today: Date,
) -> Result<Option<String>, Error> {
    if matches!(caller, Scope::Hub(_)) {
        return Ok(None);
    }
    let claimant = sql!(
        tx,
        concat!(
            "SELECT other.round, other.id FROM school_claim claim JOIN application other ON other.id = claim.application
             WHERE claim.programme = :programme AND claim.span = :span AND other.id <> :application AND ",
            scope::of_lineage!("claim."),
            " AND ",
            scope::condition!("other."),
            " ORDER BY claim.urn LIMIT 1"
        ),
        ..ScopeKey = ScopeKey::new(caller, today),
        programme = application.programme,
        span,
        application = application.id,
        urn = application.urn.number(),
    );
    let found: Option<(RoundId, ApplicationId)> = claimant.fetch_optional().await?;
    Ok(found.map(|(round, id)| format!("{round}/{id}")))
}

/// Makes an application's claims permanent. False when it no longer holds all of them. PostgreSQL locks the rows in the order in which others claim
/// them, so that no two transactions wait for each other.
pub(super) async fn claim_keep(tx: &mut Tx<'_>, application: &Application) -> Result<bool, Error> {
    let kept = sql!(
        tx,
        "{postgres WITH locked AS (SELECT programme, urn FROM school_claim WHERE application = :application ORDER BY programme, urn FOR UPDATE)}
         UPDATE school_claim SET has_place = TRUE WHERE application = :application
         {postgres AND (programme, urn) IN (SELECT programme, urn FROM locked)}",
        application = application.id,
    );
    Ok(i64::try_from(kept.execute().await?) == Ok(application.claims_count))
}

/// Gives up the claims of applications that ended without a place. PostgreSQL locks the rows in the order in which others claim them.
pub(super) async fn claim_release(tx: &mut Tx<'_>, applications: &[&ApplicationId]) -> Result<(), Error> {
    let released = sql!(
        tx,
        "{postgres WITH locked AS (SELECT programme, urn FROM school_claim WHERE application IN (:applications) ORDER BY programme, urn FOR UPDATE)}
         DELETE FROM school_claim WHERE application IN (:applications)
         {postgres AND (programme, urn) IN (SELECT programme, urn FROM locked)}",
        applications = [id in applications => id],
    );
    released.execute().await.map(drop)
}

/// Gives up the claims of an imported participation.
pub(super) async fn claim_release_imported(tx: &mut Tx<'_>, participation: &ParticipationId) -> Result<(), Error> {
    let released = sql!(tx, "DELETE FROM school_claim WHERE participation = :participation", participation);
    released.execute().await.map(drop)
}

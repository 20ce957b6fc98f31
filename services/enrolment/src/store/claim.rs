//! Claims: a school lineage has one live application per programme, and one place for ever.

use db::{Error, Tx, placeholders, sql};
use sqlx::AssertSqlSafe;
use time::Date;

use crate::domain::{Application, ApplicationId, Urn};

/// Claims URNs, in ascending order, for an application of a round whose year starts on a day. False when one of them is claimed: by a place, or
/// by a live application. An application that waits for a year that has begun gives way to one for a later year.
pub(crate) async fn claim_insert(
    tx: &mut Tx<'_>,
    application: &Application,
    urns: &[Urn],
    year_start: Date,
    today: Date,
) -> Result<bool, Error> {
    let text = format!(
        "INSERT INTO school_claim (programme, urn, application, year_start_date, has_place) VALUES {}
         ON CONFLICT (programme, urn) DO UPDATE SET application = excluded.application, year_start_date = excluded.year_start_date
         WHERE NOT school_claim.has_place AND school_claim.year_start_date <= ${}
           AND school_claim.year_start_date < excluded.year_start_date",
        placeholders(urns.len(), 5),
        urns.len() * 5 + 1
    );
    let year_start = year_start.to_string();
    let claimed = sql!(tx, conn => {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for urn in urns {
            query = query
                .bind(application.programme.as_str())
                .bind(urn.number())
                .bind(application.id.as_str())
                .bind(&year_start)
                .bind(false);
        }
        query.bind(today.to_string()).execute(conn).await.map(|done| done.rows_affected())
    })?;
    Ok(usize::try_from(claimed) == Ok(urns.len()))
}

/// Makes an application's claims last for ever. False when it does not hold all of them any more.
pub(crate) async fn claim_keep(tx: &mut Tx<'_>, application: &Application) -> Result<bool, Error> {
    // PostgreSQL locks them in the order in which others claim, so that no two wait for each other.
    let text = if tx.is_postgres() {
        "WITH held AS (SELECT programme, urn FROM school_claim WHERE application = $1 ORDER BY programme, urn FOR UPDATE)
         UPDATE school_claim SET has_place = $2 WHERE (programme, urn) IN (SELECT programme, urn FROM held) AND application = $1"
    } else {
        "UPDATE school_claim SET has_place = $2 WHERE application = $1"
    };
    let kept = sql!(tx, conn => sqlx::query(text)
        .bind(application.id.as_str()).bind(true).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(i64::try_from(kept) == Ok(application.claims_count))
}

/// Gives up the claims of applications that ended without a place.
pub(crate) async fn claim_release(tx: &mut Tx<'_>, applications: &[&ApplicationId]) -> Result<(), Error> {
    let list = tx.placeholders(applications.len(), 1);
    // PostgreSQL locks them in the order in which others claim, so that no two wait for each other.
    let text = if tx.is_postgres() {
        format!(
            "WITH held AS (SELECT programme, urn FROM school_claim WHERE application IN ({list}) ORDER BY programme, urn FOR UPDATE)
             DELETE FROM school_claim WHERE (programme, urn) IN (SELECT programme, urn FROM held) AND application IN ({list})"
        )
    } else {
        format!("DELETE FROM school_claim WHERE application IN ({list})")
    };
    sql!(tx, conn => {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for id in applications {
            query = query.bind(id.as_str());
        }
        query.execute(conn).await.map(drop)
    })?;
    Ok(())
}

//! Claims: a school lineage has one entitlement of a kind.

use db::{Error, Tx, placeholders, sql};
use name::Urn;
use sqlx::AssertSqlSafe;

use crate::domain::{EntitlementId, PolicyKind};

/// How often it is tried again when whoever held a claim gives it up meanwhile.
const TRIES_MAX: usize = 3;

/// Claims URNs, in ascending order, for an entitlement. When one of them is claimed by another, nothing is claimed, and that other is given.
pub(crate) async fn claim_insert(
    tx: &mut Tx<'_>,
    kind: PolicyKind,
    id: &EntitlementId,
    urns: &[Urn],
) -> Result<Option<EntitlementId>, Error> {
    for _ in 0..TRIES_MAX {
        if claim_all(tx, kind, id, urns).await? {
            return Ok(None);
        }
        claim_release(tx, id).await?;
        if let Some(other) = find_claimant(tx, kind, urns).await? {
            return Ok(Some(other));
        }
    }
    Err(Error::NotCommitted("claims of the lineage come and go".to_owned()))
}

async fn claim_all(tx: &mut Tx<'_>, kind: PolicyKind, id: &EntitlementId, urns: &[Urn]) -> Result<bool, Error> {
    let text = format!(
        "INSERT INTO entitlement_claim (kind, urn, entitlement) VALUES {} ON CONFLICT (kind, urn) DO NOTHING",
        placeholders(urns.len(), 3)
    );
    let claimed = sql!(tx, conn => {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for urn in urns {
            query = query.bind(kind.as_str()).bind(urn.number()).bind(id.as_str());
        }
        query.execute(conn).await.map(|done| done.rows_affected())
    })?;
    Ok(usize::try_from(claimed) == Ok(urns.len()))
}

async fn find_claimant(tx: &mut Tx<'_>, kind: PolicyKind, urns: &[Urn]) -> Result<Option<EntitlementId>, Error> {
    let list = (2..urns.len() + 2).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let text = format!("SELECT MIN(entitlement) FROM entitlement_claim WHERE kind = $1 AND urn IN ({list})");
    let (other,): (Option<String>,) = sql!(tx, conn => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(kind.as_str());
        for urn in urns {
            query = query.bind(urn.number());
        }
        query.fetch_one(conn).await
    })?;
    Ok(other.map(EntitlementId::trusted))
}

/// Gives up the claims of an entitlement.
pub(crate) async fn claim_release(tx: &mut Tx<'_>, id: &EntitlementId) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("DELETE FROM entitlement_claim WHERE entitlement = $1")
        .bind(id.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

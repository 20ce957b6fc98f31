//! Rows of claims. The primary key on kind and URN decides among concurrent claims.

use db::{Error, Tx, sql};
use name::Urn;

use crate::{entitlement::EntitlementId, policy::PolicyKind};

/// Maximum number of attempts, because another entitlement may release its claim between two statements.
const ATTEMPTS_MAX: usize = 3;

/// Claims URNs, in ascending order, for an entitlement. If another entitlement has a claim on one of them, claims nothing and gives the other.
pub(crate) async fn claim_insert(
    tx: &mut Tx<'_>,
    kind: PolicyKind,
    entitlement: &EntitlementId,
    urns: &[Urn],
) -> Result<Option<EntitlementId>, Error> {
    for _ in 0..ATTEMPTS_MAX {
        if claim_insert_all(tx, kind, entitlement, urns).await? {
            return Ok(None);
        }
        claim_delete(tx, entitlement).await?;
        if let Some(other) = find_claimant(tx, kind, urns).await? {
            return Ok(Some(other));
        }
    }
    Err(Error::NotCommitted("the claims of the lineage change concurrently".to_owned()))
}

async fn claim_insert_all(tx: &mut Tx<'_>, kind: PolicyKind, entitlement: &EntitlementId, urns: &[Urn]) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO entitlement_claim (kind, urn, entitlement) VALUES :claims ON CONFLICT (kind, urn) DO NOTHING",
        claims = [urn in urns => kind, urn, entitlement],
    );
    Ok(usize::try_from(inserted.execute().await?) == Ok(urns.len()))
}

/// Claims those URNs that nobody has a claim on, in ascending order, for an imported participation.
pub(crate) async fn claim_insert_free(
    tx: &mut Tx<'_>,
    kind: PolicyKind,
    imported: &EntitlementId,
    urns: &[Urn],
) -> Result<(), Error> {
    claim_insert_all(tx, kind, imported, urns).await.map(drop)
}

async fn find_claimant(tx: &mut Tx<'_>, kind: PolicyKind, urns: &[Urn]) -> Result<Option<EntitlementId>, Error> {
    let claimant = sql!(
        tx,
        "SELECT MIN(entitlement) FROM entitlement_claim WHERE kind = :kind AND urn IN (:urns)",
        kind,
        urns = [urn in urns => urn],
    );
    let (other,): (Option<EntitlementId>,) = claimant.fetch_one().await?;
    Ok(other)
}

/// Deletes the claims of an entitlement.
pub(crate) async fn claim_delete(tx: &mut Tx<'_>, entitlement: &EntitlementId) -> Result<(), Error> {
    sql!(tx, "DELETE FROM entitlement_claim WHERE entitlement = :entitlement", entitlement).execute().await.map(drop)
}

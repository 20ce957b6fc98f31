//! Names of things that funding alone names.

name::id!(
    /// A policy, `policies/{id}`.
    pub(crate) PolicyId, 40, "policies"
);
name::id!(
    /// An entitlement, `entitlements/{id}`; the id is that of its participation.
    pub(crate) EntitlementId, 40, "entitlements"
);
name::id!(
    /// A batch, `batches/{id}`.
    pub(crate) BatchId, 40, "batches"
);
name::id!(
    /// An account, `accounts/{id}`: its kind, then year and hub: `free-2018-19-north`.
    pub(crate) AccountId, 60, "accounts"
);
name::id!(
    /// A transfer, `transfers/{id}`. A payment's is made of its batch's and its entitlement's.
    pub(crate) TransferId, 81, "transfers"
);

impl EntitlementId {
    /// The participation's name, whose id it has.
    pub(crate) fn participation(&self) -> String {
        format!("participations/{}", self.as_str())
    }
}

//! Names of what only specialists has.

name::id!(
    /// A cohort, `cohorts/{id}`.
    pub(crate) CohortId, 40, "cohorts"
);
name::id!(
    /// A nomination, `nominations/{id}` below its cohort.
    pub(crate) NominationId, 40, "nominations"
);
name::id!(
    /// A person, `persons/{id}`. It says nothing of who that is.
    pub(crate) PersonId, 40, "persons"
);

//! Names of what only enrolment has.

name::id!(
    /// An application, `applications/{id}` below its round.
    pub(crate) ApplicationId, 40, "applications"
);
name::id!(
    /// A participation, `participations/{id}`.
    pub(crate) ParticipationId, 40, "participations"
);

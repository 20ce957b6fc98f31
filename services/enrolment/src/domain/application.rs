//! An application's way: `draft → submitted → offered → accepted`, with the waiting list beside it and three ways out.

use time::Instant;

use super::{ApplicationId, Broken, HubId, ParticipationId, Phase, ProgrammeId, Round, RoundId, Urn};

/// How far an application has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ApplicationState {
    Draft,
    Submitted,
    Offered,
    Accepted,
    Waitlisted,
    Declined,
    Lapsed,
    Withdrawn,
}

impl ApplicationState {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Draft,
        Self::Submitted,
        Self::Offered,
        Self::Accepted,
        Self::Waitlisted,
        Self::Declined,
        Self::Lapsed,
        Self::Withdrawn,
    ];

    /// As it is stored and told.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Waitlisted => "waitlisted",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How little the school's authority was reached when it applied, of which phase, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coldness {
    pub(crate) ppm: i32,
    pub(crate) old_la_code: String,
    /// The school's, or for an all-through one [`super::RoundProgramme::phase_of_all_through`].
    pub(crate) phase: Phase,
    pub(crate) publication: String,
}

/// A school's application for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) id: ApplicationId,
    pub(crate) round: RoundId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) state: ApplicationState,
    pub(crate) queue_number: Option<i64>,
    pub(crate) coldness: Option<Coldness>,
    pub(crate) submit_time: Option<Instant>,
    pub(crate) offer_expire_time: Option<Instant>,
    pub(crate) participation: Option<ParticipationId>,
    /// How many URNs it claimed at submission.
    pub(crate) claims_count: i64,
    pub(crate) withdraw_reason: Option<String>,
    pub(crate) version: i64,
}

impl Application {
    /// The resource's name.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.round, self.id)
    }

    /// A draft goes into the queue.
    pub(crate) fn submit(&self, round: &Round, submission: Submission, now: Instant) -> Result<Self, Broken> {
        if self.state != ApplicationState::Draft {
            return Err(Broken::NotDraft(self.state));
        }
        round.check_window(now)?;
        Ok(Self {
            queue_number: Some(submission.queue_number),
            coldness: submission.coldness,
            submit_time: Some(now),
            claims_count: submission.claims_count,
            ..self.next(ApplicationState::Submitted)
        })
    }

    /// Whether its offer can be answered now.
    pub(crate) fn check_offer(&self, now: Instant) -> Result<(), Broken> {
        match (self.state, self.offer_expire_time) {
            (ApplicationState::Offered, Some(expire)) if now < expire => Ok(()),
            (ApplicationState::Offered | ApplicationState::Lapsed, Some(expire)) => Err(Broken::OfferExpired(expire)),
            (state, _) => Err(Broken::NotOffered(state)),
        }
    }

    /// The offer is taken.
    pub(crate) fn accept(&self, participation: ParticipationId, now: Instant) -> Result<Self, Broken> {
        self.check_offer(now)?;
        Ok(Self { participation: Some(participation), ..self.next(ApplicationState::Accepted) })
    }

    /// The offer is turned down.
    pub(crate) fn decline(&self, now: Instant) -> Result<Self, Broken> {
        self.check_offer(now)?;
        Ok(self.next(ApplicationState::Declined))
    }

    /// It is taken back, before the year starts.
    pub(crate) fn withdraw(&self, round: &Round, reason: String, now: Instant) -> Result<Self, Broken> {
        use ApplicationState::{Accepted, Declined, Draft, Lapsed, Offered, Submitted, Waitlisted, Withdrawn};
        match self.state {
            Draft | Submitted | Offered | Accepted | Waitlisted => {}
            Declined | Lapsed | Withdrawn => return Err(Broken::Ended(self.state)),
        }
        round.check_before_year(now)?;
        Ok(Self { withdraw_reason: Some(reason), ..self.next(Withdrawn) })
    }

    /// Its place is given back after the year started, because the school never took it up.
    pub(crate) fn give_back(&self, reason: String) -> Result<Self, Broken> {
        match self.state {
            ApplicationState::Accepted => Ok(Self { withdraw_reason: Some(reason), ..self.next(ApplicationState::Withdrawn) }),
            ended => Err(Broken::Ended(ended)),
        }
    }

    fn next(&self, state: ApplicationState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}

/// What a submission is given.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    pub(crate) queue_number: i64,
    pub(crate) coldness: Option<Coldness>,
    pub(crate) claims_count: i64,
}

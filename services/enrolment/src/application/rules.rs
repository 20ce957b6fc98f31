//! Rules of applications.

use name::{HubId, Phase, ProgrammeId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation, Transitions, next_state};
use time::Instant;

use super::eligibility::Ineligibility;
use crate::{participation::ParticipationId, round::RoundId};

name::id!(
    /// An application, `applications/{id}` below its round.
    pub(crate) ApplicationId, 40, "applications"
);

/// Maximum number of drafts of a school in a round. The table's CHECK has the same number.
pub(crate) const DRAFTS_MAX: i64 = 20;

db::text_enum! {
    /// State of an application.
    pub(crate) enum ApplicationState {
        /// Drafted, and not yet submitted.
        Draft = "draft",
        /// Submitted, and not yet considered.
        Submitted = "submitted",
        /// Offered a place.
        Offered = "offered",
        /// The place is accepted.
        Accepted = "accepted",
        /// On the waiting list.
        Waitlisted = "waitlisted",
        /// The school declined its offer.
        Declined = "declined",
        /// The offer expired without an answer.
        Lapsed = "lapsed",
        /// Withdrawn by the school or its hub.
        Withdrawn = "withdrawn",
    }
}

db::text_enum! {
    /// A change of an application's state.
    pub(crate) enum ApplicationVerb {
        /// The school submits its draft.
        Submit = "submit",
        /// The hub offers a place.
        Offer = "offer",
        /// The hub has no place now.
        Waitlist = "waitlist",
        /// The school accepts its offer.
        Accept = "accept",
        /// The school declines its offer.
        Decline = "decline",
        /// The offer expired.
        Lapse = "lapse",
        /// The school withdraws before the academic year starts.
        Withdraw = "withdraw",
        /// The school gives back, after the year started, a place that it never took up.
        GiveBack = "give_back",
    }
}

/// The state machine of applications. The verbs offer, waitlist and lapse are statements that change many applications at once (`waiting_list`).
pub(crate) const TRANSITIONS: &Transitions<ApplicationState, ApplicationVerb> = {
    use ApplicationState as S;
    use ApplicationVerb as V;
    &[
        (S::Draft, V::Submit, S::Submitted),
        (S::Submitted, V::Offer, S::Offered),
        (S::Waitlisted, V::Offer, S::Offered),
        (S::Submitted, V::Waitlist, S::Waitlisted),
        (S::Offered, V::Accept, S::Accepted),
        (S::Offered, V::Decline, S::Declined),
        (S::Offered, V::Lapse, S::Lapsed),
        (S::Draft, V::Withdraw, S::Withdrawn),
        (S::Submitted, V::Withdraw, S::Withdrawn),
        (S::Waitlisted, V::Withdraw, S::Withdrawn),
        (S::Offered, V::Withdraw, S::Withdrawn),
        (S::Accepted, V::Withdraw, S::Withdrawn),
        (S::Accepted, V::GiveBack, S::Withdrawn),
    ]
};

/// How little the school's area was reached when it applied, by the newest published figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coldness {
    /// Share of schools that were not reached, in parts per million.
    pub(crate) ppm: i64,
    /// The authority, by its three-digit code.
    pub(crate) old_la_code: String,
    /// The school's phase, or for an all-through one [`crate::round::RoundProgramme::phase_of_all_through`].
    pub(crate) phase: Phase,
    /// Name of the publication.
    pub(crate) publication: String,
    /// The authority's rank in it for the programme and the phase, 1 for the coldest; 0 when it is not ranked.
    pub(crate) rank: i64,
    /// The number of authorities that are ranked there.
    pub(crate) ranked_count: i64,
}

/// The content of a new application.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) round: RoundId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
}

/// A school's application for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) id: ApplicationId,
    pub(crate) round: RoundId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    /// The hub that the school's lineage had chosen at submission, or for a draft when it was drafted.
    pub(crate) chosen_hub: Option<HubId>,
    pub(crate) programme: ProgrammeId,
    pub(crate) state: ApplicationState,
    pub(crate) queue_number: Option<i64>,
    pub(crate) coldness: Option<Coldness>,
    pub(crate) submit_time: Option<Instant>,
    pub(crate) offer_expire_time: Option<Instant>,
    pub(crate) participation: Option<ParticipationId>,
    /// Number of URNs that it claimed at submission.
    pub(crate) claims_count: i64,
    pub(crate) withdraw_reason: Option<String>,
    pub(crate) version: i64,
}

impl Application {
    /// A new draft of a school that has chosen a hub, or none.
    pub(crate) fn draft(id: ApplicationId, draft: Draft, chosen_hub: Option<HubId>) -> Self {
        Self {
            id,
            round: draft.round,
            urn: draft.urn,
            hub: draft.hub,
            chosen_hub,
            programme: draft.programme,
            state: ApplicationState::Draft,
            queue_number: None,
            coldness: None,
            submit_time: None,
            offer_expire_time: None,
            participation: None,
            claims_count: 0,
            withdraw_reason: None,
            version: 1,
        }
    }

    /// Joins the queue of the round.
    pub(crate) fn submit(&self, submission: Submission, now: Instant) -> Result<Self, ApplicationViolation> {
        let submitted = self.after(ApplicationVerb::Submit).ok_or(ApplicationViolation::NotDraft(self.state))?;
        Ok(Self {
            queue_number: Some(submission.queue_number),
            coldness: submission.coldness,
            chosen_hub: submission.chosen_hub,
            submit_time: Some(now),
            claims_count: submission.claims_count,
            ..submitted
        })
    }

    /// Whether its offer can be answered now.
    pub(crate) fn check_offer(&self, now: Instant) -> Result<(), ApplicationViolation> {
        match (self.state, self.offer_expire_time) {
            (ApplicationState::Offered, Some(expire)) if now < expire => Ok(()),
            (ApplicationState::Offered | ApplicationState::Lapsed, Some(expire)) => {
                Err(ApplicationViolation::OfferExpired(expire))
            }
            (state, _) => Err(ApplicationViolation::NotOffered(state)),
        }
    }

    /// Accepts the offer.
    pub(crate) fn accept(&self, participation: ParticipationId, now: Instant) -> Result<Self, ApplicationViolation> {
        self.check_offer(now)?;
        let accepted = self.after(ApplicationVerb::Accept).ok_or(ApplicationViolation::NotOffered(self.state))?;
        Ok(Self { participation: Some(participation), ..accepted })
    }

    /// Declines the offer.
    pub(crate) fn decline(&self, now: Instant) -> Result<Self, ApplicationViolation> {
        self.check_offer(now)?;
        self.after(ApplicationVerb::Decline).ok_or(ApplicationViolation::NotOffered(self.state))
    }

    /// Withdraws it, before the year starts.
    pub(crate) fn withdraw(&self, reason: String) -> Result<Self, ApplicationViolation> {
        let withdrawn = self.after(ApplicationVerb::Withdraw).ok_or(ApplicationViolation::Ended(self.state))?;
        Ok(Self { withdraw_reason: Some(reason), ..withdrawn })
    }

    /// Gives its place back after the year started, because the school never took it up.
    pub(crate) fn give_back(&self, reason: String) -> Result<Self, ApplicationViolation> {
        let withdrawn = self.after(ApplicationVerb::GiveBack).ok_or(ApplicationViolation::Ended(self.state))?;
        Ok(Self { withdraw_reason: Some(reason), ..withdrawn })
    }

    /// Whether its end frees an offer or a place.
    pub(crate) fn frees_a_place(&self) -> bool {
        matches!(self.state, ApplicationState::Offered | ApplicationState::Accepted)
    }

    fn after(&self, verb: ApplicationVerb) -> Option<Self> {
        let state = next_state(TRANSITIONS, self.state, verb)?;
        Some(Self { state, version: self.version + 1, ..self.clone() })
    }
}

impl Resource for Application {
    fn name(&self) -> String {
        format!("{}/{}", self.round, self.id)
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// The facts that an application gets when it is submitted.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    pub(crate) queue_number: i64,
    pub(crate) coldness: Option<Coldness>,
    pub(crate) chosen_hub: Option<HubId>,
    pub(crate) claims_count: i64,
}

/// A rule of applications that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApplicationViolation {
    /// The application would be another school's, or to another hub.
    NotOwn { hub: HubId, urn: Urn },
    /// The school has [`DRAFTS_MAX`] drafts in the round.
    TooManyDrafts(Urn),
    /// Only a draft can be submitted.
    NotDraft(ApplicationState),
    /// Only an offer can be answered.
    NotOffered(ApplicationState),
    /// The offer has expired.
    OfferExpired(Instant),
    /// The application has ended.
    Ended(ApplicationState),
    /// The school may not take part.
    NotEligible { urn: Urn, why: Ineligibility, terms: String },
    /// The school's lineage has a live application, or has taken part. `other` is that application, for callers who may act for the school.
    SchoolHasApplied { urn: Urn, other: Option<String> },
}

impl RuleViolation for ApplicationViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::NotOwn { hub, urn } => {
                let message =
                    format!("your token does not allow an application of `{urn}` to `{hub}`; apply for your own school or hub");
                ApiError::new(Reason::ApplicationNotOwn, message)
            }
            Self::TooManyDrafts(urn) => {
                let message = format!("`{urn}` has {DRAFTS_MAX} drafts in the round; submit or withdraw one of them");
                ApiError::new(Reason::DraftsTooMany, message).with("school", urn)
            }
            Self::NotDraft(state) => {
                ApiError::new(Reason::StateNotDraft, format!("only a draft can be submitted; this application is {state}"))
                    .with("state", state)
            }
            Self::NotOffered(state) => {
                let message = format!("only an offer can be accepted or declined; this application is {state}");
                ApiError::new(Reason::StateNotOffered, message).with("state", state)
            }
            Self::OfferExpired(expire) => {
                ApiError::new(Reason::OfferExpired, format!("the offer expired at {expire}")).with("offer_expire_time", expire)
            }
            Self::Ended(state) => {
                ApiError::new(Reason::StateEnded, format!("the application has ended: it is {state}")).with("state", state)
            }
            Self::NotEligible { urn, why, terms } => {
                let message = format!("`{urn}` may not take part by `{terms}`: {}", why.clause());
                ApiError::new(Reason::SchoolNotEligible, message).with("school", urn).with("why", why).with("terms", terms)
            }
            Self::SchoolHasApplied { urn, other } => {
                let message =
                    format!("`{urn}`, or a school of its lineage, has a live application for the programme or has taken part");
                match other {
                    Some(other) => ApiError::new(Reason::SchoolHasApplied, format!("{message}: `{other}`"))
                        .with("school", urn)
                        .with("application", other),
                    None => ApiError::new(Reason::SchoolHasApplied, message).with("school", urn),
                }
            }
        }
    }
}

//! Nominations as messages, and messages as nominations.

use name::{HubId, PersonId, Urn};
use proto::specialists::v1 as pb;
use scope::Scope;
use server::Fields;
use service::Resource;

use super::{Decision, Nomination, NominationDraft, NominationId, NominationRef, NominationState, Outcome, Override, Selection};
use crate::cohort::CohortId;

/// Longest reason, in characters.
const REASON_LENGTH_MAX: usize = 500;
/// Most selections of one call.
const SELECTIONS_COUNT_MAX: i32 = 1_000;

impl From<NominationState> for pb::NominationState {
    fn from(state: NominationState) -> Self {
        match state {
            NominationState::Submitted => Self::Submitted,
            NominationState::Selected => Self::Selected,
            NominationState::NotSelected => Self::NotSelected,
            NominationState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<&Nomination> for pb::Nomination {
    fn from(nomination: &Nomination) -> Self {
        Self {
            name: nomination.name(),
            school: nomination.urn.to_string(),
            hub: nomination.hub.to_string(),
            person: nomination.person.to_string(),
            state: pb::NominationState::from(nomination.state).into(),
            submit_time: Some(nomination.submit_time.to_proto()),
            standing: nomination.standing.as_ref().map(Into::into),
            select_time: nomination.select_time.map(time::Instant::to_proto),
            r#override: nomination.overridden.as_ref().map(Into::into),
            attention: if nomination.is_duplicate { pb::Attention::DuplicatePerson } else { pb::Attention::Unspecified }.into(),
            etag: nomination.etag(),
        }
    }
}

impl From<&Override> for pb::NominationOverride {
    fn from(decision: &Override) -> Self {
        Self {
            outcome: pb::NominationState::from(decision.outcome.state()).into(),
            reason: decision.reason.clone(),
            actor: decision.actor.clone(),
            override_time: Some(decision.time.to_proto()),
        }
    }
}

/// The nomination that a caller of this scope names in the field `name`: `cohorts/{cohort}/nominations/{nomination}`.
pub(super) fn nomination_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<NominationRef> {
    let parse = || {
        let (cohort, id) = name.split_at(name.find("/nominations/")?);
        Some((CohortId::parse(cohort).ok()?, NominationId::parse(&id[1..]).ok()?))
    };
    let wrong = || format!("must be `cohorts/COHORT/nominations/NOMINATION`; found `{}`", text::excerpt(name));
    let (cohort, id) = fields.read("name", parse().ok_or_else(wrong))?;
    Some(NominationRef { cohort, id, scope })
}

/// The reason of a decision or of a withdrawal.
pub(super) fn reason(fields: &mut Fields, text: &str) -> Option<String> {
    fields.text("reason", text, 1, REASON_LENGTH_MAX)
}

/// A nomination that is to be made.
pub(super) fn draft(fields: &mut Fields, message: &pb::CreateNominationRequest) -> Option<NominationDraft> {
    let cohort = fields.read("parent", CohortId::parse(&message.parent));
    let nomination = message.nomination.clone().unwrap_or_default();
    let urn = fields.read("nomination.school", Urn::parse(&nomination.school));
    let hub = fields.read("nomination.hub", HubId::parse(&nomination.hub));
    let person = fields.read("nomination.person", PersonId::parse(&nomination.person));
    fields.require("head_teacher_agrees", message.head_teacher_agrees, "must be true: the head teacher supports the nomination");
    let early_career_teacher = message.early_career_teacher;
    Some(NominationDraft { cohort: cohort?, urn: urn?, hub: hub?, person: person?, early_career_teacher })
}

/// A selection by rank.
pub(super) fn selection(fields: &mut Fields, message: &pb::SelectNominationsRequest) -> Option<Selection> {
    let cohort = fields.read("parent", CohortId::parse(&message.parent));
    let hub = fields.optional("hub", &message.hub, HubId::parse);
    let count_fits = (1..=SELECTIONS_COUNT_MAX).contains(&message.selections_count);
    fields.require("selections_count", count_fits, "must be 1 to 1000");
    Some(Selection { cohort: cohort?, hub, selections_count: message.selections_count.into() })
}

/// A decision against the order.
pub(super) fn decision(fields: &mut Fields, message: &pb::OverrideNominationRequest) -> Option<Decision> {
    let outcome = match pb::NominationState::try_from(message.outcome) {
        Ok(pb::NominationState::Selected) => Some(Outcome::Selected),
        Ok(pb::NominationState::NotSelected) => Some(Outcome::NotSelected),
        _ => None,
    };
    fields.require("outcome", outcome.is_some(), "must be selected or not selected");
    let reason = reason(fields, &message.reason);
    Some(Decision { outcome: outcome?, reason: reason? })
}

/// The state of a filter: `None` for all, or with a violation when it is none of the states.
pub(super) fn state(fields: &mut Fields, state: i32) -> Option<NominationState> {
    match pb::NominationState::try_from(state) {
        Ok(pb::NominationState::Unspecified) => None,
        Ok(pb::NominationState::Submitted) => Some(NominationState::Submitted),
        Ok(pb::NominationState::Selected) => Some(NominationState::Selected),
        Ok(pb::NominationState::NotSelected) => Some(NominationState::NotSelected),
        Ok(pb::NominationState::Withdrawn) => Some(NominationState::Withdrawn),
        Err(_) => {
            fields.wrong("state", "must be one of the states");
            None
        }
    }
}

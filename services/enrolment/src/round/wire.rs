//! Rounds as messages, and messages as rounds.

use name::{DecisionId, Phase, ProgrammeId};
use proto::enrolment::v1 as pb;
use server::Fields;
use service::{Resource, count};
use time::{AcademicYear, Date};

use super::{PlaceOrder, PlaceOrderPolicy, Reserve, Round, RoundId, RoundProgramme, rules::RoundState};

/// Longest display name, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Most programmes of a round, and most of its policies.
const LIST_LENGTH_MAX: usize = 50;

impl From<&Round> for pb::Round {
    fn from(round: &Round) -> Self {
        Self {
            name: round.id.to_string(),
            display_name: round.display_name.clone(),
            academic_year: round.academic_year.to_string(),
            window_start_date: round.window_start.to_string(),
            window_end_date: round.window_end.to_string(),
            offer_days_count: count(round.offer_days_count),
            programmes: round.programmes.iter().map(Into::into).collect(),
            place_order_policies: round.policies.iter().map(Into::into).collect(),
            etag: round.etag(),
            state: pb::RoundState::from(round.state()).into(),
            cancel_reason: round.cancel_reason.clone().unwrap_or_default(),
        }
    }
}

impl From<RoundState> for pb::RoundState {
    fn from(state: RoundState) -> Self {
        match state {
            RoundState::Open => Self::Open,
            RoundState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<&RoundProgramme> for pb::RoundProgramme {
    fn from(programme: &RoundProgramme) -> Self {
        Self {
            programme: programme.id.as_str().to_owned(),
            display_name: programme.display_name.clone(),
            education_phases: programme.eligibility.counted_phases().into_iter().map(Phase::to_proto).collect(),
            years_count: count(programme.years_count),
            terms: programme.terms_name(),
        }
    }
}

impl From<&PlaceOrderPolicy> for pb::PlaceOrderPolicy {
    fn from(policy: &PlaceOrderPolicy) -> Self {
        let order = match policy.order {
            PlaceOrder::Submission => pb::PlaceOrder::Submission,
            PlaceOrder::PriorityThenSubmission => pb::PlaceOrder::PriorityThenSubmission,
        };
        let reserve = policy.reserve.as_ref();
        Self {
            start_date: policy.start.to_string(),
            place_order: order.into(),
            decision: policy.decision.to_string(),
            provisional_figures_count: policy.provisional_figures_count,
            reserved_permille: reserve.map_or(0, |reserve| count(reserve.reserved_permille)),
            reserved_until_date: reserve.map(|reserve| reserve.until.to_string()).unwrap_or_default(),
            cold_permille: reserve.map_or(0, |reserve| count(reserve.cold_permille)),
            need_permille: count(policy.need_permille),
        }
    }
}

/// A round with its id, version 1, without its programmes; and the ids of these.
pub(super) fn round(fields: &mut Fields, id: Option<RoundId>, message: Option<pb::Round>) -> Option<(Round, Vec<ProgrammeId>)> {
    let Some(message) = message else {
        fields.wrong("round", "must be set");
        return None;
    };
    let display_name = fields.title("round.display_name", &message.display_name, DISPLAY_NAME_LENGTH_MAX);
    let academic_year = fields.read("round.academic_year", AcademicYear::parse(&message.academic_year));
    let window_start = fields.date("round.window_start_date", &message.window_start_date);
    let window_end = fields.date("round.window_end_date", &message.window_end_date);
    if let (Some(start), Some(end)) = (window_start, window_end) {
        fields.require("round.window_end_date", start <= end, "must not lie before the window's first day");
    }
    if let (Some(year), Some(end)) = (academic_year, window_end) {
        let last = year.end_date();
        let why = format!("must not lie after {last}, the last day of {year}, from which on no place is given");
        fields.require("round.window_end_date", end <= last, &why);
    }
    let days = message.offer_days_count;
    fields.require("round.offer_days_count", (1..=90).contains(&days), "must be 1 to 90");
    let programmes = programmes(fields, &message.programmes);
    let policies = policies(fields, message.place_order_policies, window_start, academic_year);
    let round = Round {
        id: id?,
        display_name: display_name?,
        academic_year: academic_year?,
        window_start: window_start?,
        window_end: window_end?,
        offer_days_count: days.into(),
        programmes: Vec::new(),
        policies: policies?,
        cancel_reason: None,
        version: 1,
    };
    Some((round, programmes?))
}

fn programmes(fields: &mut Fields, messages: &[pb::RoundProgramme]) -> Option<Vec<ProgrammeId>> {
    let fits = (1..=LIST_LENGTH_MAX).contains(&messages.len());
    fields.require("round.programmes", fits, "must have 1 to 50 entries");
    if !fits {
        return None;
    }
    let mut programmes: Vec<Option<ProgrammeId>> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let field = format!("round.programmes[{index}].programme");
        let id = fields.read(&field, ProgrammeId::parse(&message.programme));
        fields.require(&field, id.is_none() || !programmes.contains(&id), "is duplicated");
        programmes.push(id);
    }
    programmes.into_iter().collect()
}

fn policies(
    fields: &mut Fields,
    messages: Vec<pb::PlaceOrderPolicy>,
    window_start: Option<Date>,
    year: Option<AcademicYear>,
) -> Option<Vec<PlaceOrderPolicy>> {
    let fits = (1..=LIST_LENGTH_MAX).contains(&messages.len());
    fields.require("round.place_order_policies", fits, "must have 1 to 50 entries");
    let mut policies = Vec::new();
    for (index, message) in messages.into_iter().take(LIST_LENGTH_MAX).enumerate() {
        let field = |name: &str| format!("round.place_order_policies[{index}].{name}");
        let start = fields.date(&field("start_date"), &message.start_date);
        let order = match message.place_order() {
            pb::PlaceOrder::Unspecified => None,
            pb::PlaceOrder::Submission => Some(PlaceOrder::Submission),
            pb::PlaceOrder::PriorityThenSubmission => Some(PlaceOrder::PriorityThenSubmission),
        };
        fields.require(&field("place_order"), order.is_some(), "must be set");
        let decision = fields.read(&field("decision"), DecisionId::parse(&message.decision));
        let reserve = reserve(fields, &field, &message, start, year);
        let need = message.need_permille;
        fields.require(&field("need_permille"), (0..=1_000).contains(&need), "must be 0 to 1000");
        if let (Some(start), Some(order), Some(decision)) = (start, order, decision) {
            let provisional_figures_count = message.provisional_figures_count;
            let need_permille = need.into();
            policies.push(PlaceOrderPolicy { start, order, decision, provisional_figures_count, reserve, need_permille });
        }
    }
    let ordered = policies.windows(2).all(|pair| pair[0].start < pair[1].start);
    fields.require("round.place_order_policies", ordered, "must be in order of their first day, no two on one day");
    if let (Some(first), Some(window_start)) = (policies.first(), window_start) {
        fields.require(
            "round.place_order_policies[0].start_date",
            first.start <= window_start,
            "must not lie after the window's first day",
        );
    }
    Some(policies)
}

/// The places that a policy keeps; `None` when it keeps none.
fn reserve(
    fields: &mut Fields,
    field: &impl Fn(&str) -> String,
    message: &pb::PlaceOrderPolicy,
    start: Option<Date>,
    year: Option<AcademicYear>,
) -> Option<Reserve> {
    let (reserved, cold) = (message.reserved_permille, message.cold_permille);
    fields.require(&field("reserved_permille"), (0..=1_000).contains(&reserved), "must be 0 to 1000");
    if reserved == 0 {
        let is_empty = message.reserved_until_date.is_empty();
        fields.require(&field("reserved_until_date"), is_empty, "must be empty when no places are kept");
        fields.require(&field("cold_permille"), cold == 0, "must be 0 when no places are kept");
        return None;
    }
    fields.require(&field("cold_permille"), (1..=1_000).contains(&cold), "must be 1 to 1000 when places are kept");
    let until = fields.date(&field("reserved_until_date"), &message.reserved_until_date)?;
    let is_later = start.is_none_or(|start| start < until);
    fields.require(&field("reserved_until_date"), is_later, "must lie after the policy's first day");
    let is_in_time = year.is_none_or(|year| until <= year.end_date());
    fields.require(&field("reserved_until_date"), is_in_time, "must not lie after the last day of the academic year");
    Some(Reserve { reserved_permille: reserved.into(), until, cold_permille: cold.into() })
}

//! Programmes as messages, and messages as programmes.

use eligibility::{Ages, CODE_MAX, Eligibility};
use name::{DecisionId, ProgrammeId};
use proto::network::v1 as pb;
use server::Fields;
use service::{Resource, count};
use time::{AcademicYear, Date};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{
    GroupLeader, Offer, Programme, ProgrammeKind, Recurrence, Target, TargetMeasure, Terms, TermsDraft, WorkGroupShape, Year,
    rules::is_target_phase, store::ProgrammeFilter,
};
use crate::{
    council,
    priority::{self, PriorityId},
    reach_policy,
};

/// Longest display name, in characters.
const TITLE_LENGTH_MAX: usize = 200;
/// Most codes of type groups, and most targets.
const LIST_LENGTH_MAX: usize = 20;

impl From<&Programme> for pb::Programme {
    fn from(programme: &Programme) -> Self {
        Self {
            name: programme.name(),
            display_name: programme.display_name.clone(),
            kind: count(programme.kind.number()),
            recurrence: count(programme.recurrence.number()),
            priority: programme.priority.to_string(),
            terms: programme.terms.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Terms> for pb::ProgrammeTerms {
    fn from(terms: &Terms) -> Self {
        let message = Self {
            name: terms.name(),
            start_date: terms.start.to_string(),
            decision: terms.decision.to_string(),
            withdrawn: terms.offer.is_none(),
            ..Self::default()
        };
        let Some(offer) = &terms.offer else { return message };
        Self {
            eligibility: Some(eligibility_message(&offer.eligibility)),
            years: offer.years.iter().map(year_message).collect(),
            work_group_shape: offer.work_group_shape.as_ref().map(shape_message),
            no_denominator: offer.no_denominator,
            targets: offer.targets.iter().map(target_message).collect(),
            ..message
        }
    }
}

fn eligibility_message(eligibility: &Eligibility) -> pb::Eligibility {
    pb::Eligibility {
        type_group_codes: eligibility.type_groups.iter().copied().map(count).collect(),
        phase_codes: eligibility.phases.iter().copied().map(count).collect(),
        ages: eligibility.ages.map(|ages| pb::AgeRange { from_age: count(ages.from), to_age: count(ages.to) }),
    }
}

fn year_message(year: &Year) -> pb::ProgrammeYear {
    pb::ProgrammeYear {
        display_name: year.display_name.clone(),
        meetings_count: year.meetings_count,
        support_visits_per_term_count: year.support_visits_per_term_count,
    }
}

fn shape_message(shape: &WorkGroupShape) -> pb::WorkGroupShape {
    let leader = match shape.leader {
        GroupLeader::MasterySpecialist => pb::GroupLeader::MasterySpecialist,
        GroupLeader::LocalLeader => pb::GroupLeader::LocalLeader,
    };
    pb::WorkGroupShape {
        schools_min_count: shape.schools_min_count,
        schools_max_count: shape.schools_max_count,
        participants_per_school_count: shape.participants_per_school_count,
        leader: leader.into(),
    }
}

fn target_message(target: &Target) -> pb::ProgrammeTarget {
    let measure = match target.measure {
        TargetMeasure::SchoolsCount(count) => pb::programme_target::Measure::SchoolsCount(count),
        TargetMeasure::SchoolsPermille(permille) => pb::programme_target::Measure::SchoolsPermille(permille),
    };
    pb::ProgrammeTarget {
        date: target.date.to_string(),
        education_phase: target.education_phase,
        stage: target.stage,
        measure: Some(measure),
        decision: target.decision.to_string(),
    }
}

/// A new programme.
pub(super) fn programme(fields: &mut Fields, message: &pb::CreateProgrammeRequest) -> Option<Programme> {
    let id = fields.read("programme_id", ProgrammeId::parse(&message.programme_id));
    fields.require("programme", message.programme.is_some(), "must be set");
    let sent = message.programme.clone().unwrap_or_default();
    let display_name = fields.title("programme.display_name", &sent.display_name, TITLE_LENGTH_MAX);
    let kind = ProgrammeKind::of(sent.kind.into());
    fields.require("programme.kind", kind.is_some(), "must be a kind of the contract, for example SCHOOLS");
    let recurrence = Recurrence::of(sent.recurrence.into());
    fields.require("programme.recurrence", recurrence.is_some(), "must be ONCE or YEARLY");
    let priority = fields.read("programme.priority", PriorityId::parse(&sent.priority));
    fields.require("programme.terms", sent.terms.is_empty(), "must be empty; add terms with AddProgrammeTerms");
    Some(Programme {
        id: id?,
        display_name: display_name?,
        kind: kind?,
        recurrence: recurrence?,
        priority: priority?,
        terms: Vec::new(),
    })
}

/// The filter of a list of programmes. A field that is wrong does not filter.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListProgrammesRequest) -> ProgrammeFilter {
    let academic_year = fields.optional("academic_year", &message.academic_year, AcademicYear::parse);
    let kind = ProgrammeKind::of(message.kind.into());
    fields.require("kind", kind.is_some() || message.kind == 0, "must be a kind of the contract, or unspecified for all");
    let priority = fields.optional("priority", &message.priority, PriorityId::parse);
    ProgrammeFilter { academic_year, kind, priority }
}

/// Terms as a caller wants them. `at` is the field of the message.
pub(super) fn terms(fields: &mut Fields, at: &str, message: Option<&pb::ProgrammeTerms>) -> Option<TermsDraft> {
    let Some(message) = message else {
        fields.wrong(at, "must be set");
        return None;
    };
    let field = |name: &str| format!("{at}.{name}");
    let start = fields.date(&field("start_date"), &message.start_date);
    if let Some(start) = start {
        let is_first_day = AcademicYear::of(start).start_date() == start;
        fields.require(&field("start_date"), is_first_day, "must be a 1 September");
    }
    let decision = fields.read(&field("decision"), DecisionId::parse(&message.decision));
    if message.withdrawn {
        let is_alone = message.eligibility.is_none()
            && message.years.is_empty()
            && message.work_group_shape.is_none()
            && message.targets.is_empty()
            && !message.no_denominator;
        fields.require(&field("withdrawn"), is_alone, "must be false where eligibility, years, shape or targets are set");
        return Some(TermsDraft { start: start?, decision: decision?, offer: None });
    }
    let eligibility = eligibility(fields, &field("eligibility"), message.eligibility.as_ref());
    let years = years(fields, &field("years"), &message.years);
    let shape = message.work_group_shape.map(|message| shape(fields, &field("work_group_shape"), &message));
    let targets = targets(fields, &field("targets"), &message.targets);
    let offer = Offer {
        eligibility: eligibility?,
        years,
        work_group_shape: match shape {
            None => None,
            Some(shape) => Some(shape?),
        },
        no_denominator: message.no_denominator,
        targets: targets?,
    };
    Some(TermsDraft { start: start?, decision: decision?, offer: Some(offer) })
}

fn eligibility(fields: &mut Fields, at: &str, message: Option<&pb::Eligibility>) -> Option<Eligibility> {
    let Some(message) = message else {
        fields.wrong(at, "must be set: it says which schools may take part");
        return None;
    };
    let mut codes = |name: &str, codes: &[i32], max: i64, why: &str| {
        let mut codes: Vec<i64> = codes.iter().map(|code| i64::from(*code)).collect();
        let fits = (1..=LIST_LENGTH_MAX).contains(&codes.len()) && codes.iter().all(|code| (0..=max).contains(code));
        fields.require(&format!("{at}.{name}"), fits, why);
        codes.sort_unstable();
        codes.dedup();
        fits.then_some(codes)
    };
    let type_groups =
        codes("type_group_codes", &message.type_group_codes, CODE_MAX, "must be 1 to 20 GIAS codes of type groups, each 0 to 99");
    let phases = codes("phase_codes", &message.phase_codes, 7, "must be at least one GIAS code of a phase, each 0 to 7");
    let ages = message.ages.map(|ages| {
        let fits = ages.from_age <= ages.to_age && [ages.from_age, ages.to_age].iter().all(|age| (0..=99).contains(age));
        fields.require(&format!("{at}.ages"), fits, "must be ages from 0 to 99, the lowest first");
        Ages { from: ages.from_age.into(), to: ages.to_age.into() }
    });
    Some(Eligibility { type_groups: type_groups?, phases: phases?, ages })
}

fn years(fields: &mut Fields, at: &str, messages: &[pb::ProgrammeYear]) -> Vec<Year> {
    fields.require(at, (1..=3).contains(&messages.len()), "must be 1 to 3 years");
    let mut years = Vec::new();
    for (index, message) in messages.iter().take(3).enumerate() {
        let field = |name: &str| format!("{at}[{index}].{name}");
        let display_name = fields.title(&field("display_name"), &message.display_name, TITLE_LENGTH_MAX);
        fields.require(&field("meetings_count"), (0..=50).contains(&message.meetings_count), "must be 0 to 50");
        let visits_fit = (0..=20).contains(&message.support_visits_per_term_count);
        fields.require(&field("support_visits_per_term_count"), visits_fit, "must be 0 to 20");
        years.extend(display_name.map(|display_name| Year {
            display_name,
            meetings_count: message.meetings_count,
            support_visits_per_term_count: message.support_visits_per_term_count,
        }));
    }
    years
}

fn shape(fields: &mut Fields, at: &str, message: &pb::WorkGroupShape) -> Option<WorkGroupShape> {
    let field = |name: &str| format!("{at}.{name}");
    fields.require(&field("schools_min_count"), message.schools_min_count >= 1, "must be at least 1");
    let max_fits = (message.schools_min_count..=50).contains(&message.schools_max_count);
    fields.require(&field("schools_max_count"), max_fits, "must not be below the fewest schools, and at most 50");
    let participants_fit = (1..=20).contains(&message.participants_per_school_count);
    fields.require(&field("participants_per_school_count"), participants_fit, "must be 1 to 20");
    let leader = match message.leader() {
        pb::GroupLeader::MasterySpecialist => Some(GroupLeader::MasterySpecialist),
        pb::GroupLeader::LocalLeader => Some(GroupLeader::LocalLeader),
        pb::GroupLeader::Unspecified => None,
    };
    fields.require(&field("leader"), leader.is_some(), "must be MASTERY_SPECIALIST or LOCAL_LEADER");
    Some(WorkGroupShape {
        schools_min_count: message.schools_min_count,
        schools_max_count: message.schools_max_count,
        participants_per_school_count: message.participants_per_school_count,
        leader: leader?,
    })
}

fn targets(fields: &mut Fields, at: &str, messages: &[pb::ProgrammeTarget]) -> Option<Vec<Target>> {
    fields.require(at, messages.len() <= LIST_LENGTH_MAX, "must be at most 20 targets");
    let mut targets: Vec<Option<Target>> = Vec::new();
    for (index, message) in messages.iter().take(LIST_LENGTH_MAX).enumerate() {
        let field = |name: &str| format!("{at}[{index}].{name}");
        let date: Option<Date> = fields.date(&field("date"), &message.date);
        fields.require(
            &field("education_phase"),
            is_target_phase(message.education_phase),
            "must be a phase, or unspecified for all",
        );
        fields.require(&field("stage"), (1..=4).contains(&message.stage), "must be a stage");
        let measure = match message.measure {
            Some(pb::programme_target::Measure::SchoolsCount(count)) if count > 0 => Some(TargetMeasure::SchoolsCount(count)),
            Some(pb::programme_target::Measure::SchoolsPermille(permille)) if (1..=1000).contains(&permille) => {
                Some(TargetMeasure::SchoolsPermille(permille))
            }
            _ => None,
        };
        let why = "must be a number of schools above 0, or a share of 1 to 1000 tenths of a percent";
        fields.require(&field("measure"), measure.is_some(), why);
        let decision = fields.read(&field("decision"), DecisionId::parse(&message.decision));
        let (education_phase, stage) = (message.education_phase, message.stage);
        targets.push(date.zip(measure).zip(decision).map(|((date, measure), decision)| Target {
            date,
            education_phase,
            stage,
            measure,
            decision,
        }));
    }
    let targets: Vec<Target> = targets.into_iter().collect::<Option<_>>()?;
    fields.require(at, targets.is_sorted_by_key(|target| target.date), "must be in order of their day");
    Some(targets)
}

/// The fields of a request of the catalogue that are wrong, each with the reason.
type Violations = Vec<(String, String)>;

/// The fields of a new meeting of the Council that are wrong, each with the reason.
pub fn meeting_violations(request: &pb::RecordMeetingRequest) -> Violations {
    violations(|fields| drop(council::wire::meeting(fields, request)))
}

/// The fields of a new decision that are wrong, each with the reason.
pub fn decision_violations(request: &pb::RecordDecisionRequest) -> Violations {
    violations(|fields| drop(council::wire::decision(fields, request)))
}

/// The fields of a new priority that are wrong, each with the reason.
pub fn priority_violations(request: &pb::CreatePriorityRequest) -> Violations {
    violations(|fields| drop(priority::wire::priority(fields, request)))
}

/// The fields of a new policy of reach that are wrong, each with the reason.
pub fn reach_policy_violations(request: &pb::CreateReachPolicyRequest) -> Violations {
    violations(|fields| drop(reach_policy::wire::policy(fields, request)))
}

/// The fields of a new programme that are wrong, each with the reason.
pub fn programme_violations(request: &pb::CreateProgrammeRequest) -> Violations {
    violations(|fields| drop(programme(fields, request)))
}

/// The fields of terms that are wrong, each with the reason.
pub fn terms_violations(message: &pb::ProgrammeTerms, recurrence: pb::Recurrence) -> Violations {
    violations(|fields| {
        drop(terms(fields, "terms", Some(message)));
        let is_short = recurrence != pb::Recurrence::Yearly || message.years.len() <= 1;
        fields.require("terms.years", is_short, "must be one year: the programme is yearly");
    })
}

fn violations(read: impl FnOnce(&mut Fields)) -> Violations {
    let mut fields = Fields::new();
    read(&mut fields);
    let Err(error) = fields.check() else { return Vec::new() };
    let details = Status::from(error).get_error_details();
    let wrong = details.bad_request().map(|request| request.field_violations.clone()).unwrap_or_default();
    wrong.into_iter().map(|violation| (violation.field, violation.description)).collect()
}

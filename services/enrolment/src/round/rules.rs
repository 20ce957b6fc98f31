//! Rules of rounds.

use eligibility::Eligibility;
use mirror::Programme;
use name::{Phase, ProgrammeId};
use proto::Reason;
use serde::{Deserialize, Serialize};
use server::ApiError;
use service::{Resource, RuleViolation, count};
use time::{AcademicYear, Date, Instant};

use super::{PlaceOrder, PlaceOrderPolicy};

name::id!(
    /// A round, `rounds/{id}`.
    pub(crate) RoundId, 40, "rounds"
);

/// The round of a list: one, or all with `rounds/-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoundFilter(Option<RoundId>);

impl RoundFilter {
    /// Reads `rounds/{round}` or `rounds/-`.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        if name == "rounds/-" {
            Ok(Self(None))
        } else {
            RoundId::parse(name).map(|id| Self(Some(id))).map_err(|error| format!("{error}, or `rounds/-` for all rounds"))
        }
    }

    /// The id, or `-` for all rounds.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_ref().map_or("-", RoundId::as_str)
    }
}

impl std::fmt::Display for RoundFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", RoundId::COLLECTION, self.as_str())
    }
}

db::text_enum! {
    /// State of a round.
    pub(crate) enum RoundState {
        /// It takes places and applications.
        Open = "open",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

/// A programme for which schools can apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoundProgramme {
    #[serde(rename = "programme")]
    pub(crate) id: ProgrammeId,
    pub(crate) display_name: String,
    /// The version of the terms by which the round was announced.
    pub(crate) terms_version: i64,
    pub(crate) eligibility: Eligibility,
    pub(crate) years_count: i64,
    /// A lineage may take part once in every academic year, and not once for ever.
    pub(crate) is_yearly: bool,
}

impl From<Programme> for RoundProgramme {
    fn from(programme: Programme) -> Self {
        let years_count = programme.years_count();
        let Programme { id, display_name, is_yearly, terms_version, eligibility, .. } = programme;
        Self { id, display_name, terms_version, eligibility, years_count, is_yearly }
    }
}

impl RoundProgramme {
    /// The resource name of the terms by which the round was announced.
    pub(crate) fn terms_name(&self) -> String {
        format!("programmes/{}/terms/{}", self.id.as_str(), self.terms_version)
    }

    /// The phase by whose figures an all-through school's area is judged. All-through schools are few in any authority, so no such area is a fair
    /// measure: one that was never reached would come before every primary school. Its own only where the programme takes no other.
    pub(crate) fn phase_of_all_through(&self) -> Phase {
        let other = self.eligibility.counted_phases().into_iter().find(|phase| *phase != Phase::AllThrough);
        other.unwrap_or(Phase::AllThrough)
    }
}

/// A round of applications for one academic year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) id: RoundId,
    pub(crate) display_name: String,
    pub(crate) academic_year: AcademicYear,
    pub(crate) window_start: Date,
    pub(crate) window_end: Date,
    pub(crate) offer_days_count: i64,
    pub(crate) programmes: Vec<RoundProgramme>,
    /// In order of their first day.
    pub(crate) policies: Vec<PlaceOrderPolicy>,
    /// Set when the round is cancelled.
    pub(crate) cancel_reason: Option<String>,
    pub(crate) version: i64,
}

impl Round {
    /// The programme of its places or applications: a constraint keeps it in the round.
    pub(crate) fn programme(&self, id: &ProgrammeId) -> &RoundProgramme {
        self.find_programme(id).expect("a programme with places or applications cannot leave its round")
    }

    /// The span in which a lineage may take part once in a programme: the academic year where it is yearly; empty, for all time, where it is not.
    pub(crate) fn claim_span(&self, programme: &ProgrammeId) -> String {
        if self.programme(programme).is_yearly { self.academic_year.to_string() } else { String::new() }
    }

    /// The programme of new places or of a new application. `field` is the field of the request that names it.
    pub(crate) fn check_programme(&self, id: &ProgrammeId, field: &'static str) -> Result<&RoundProgramme, RoundViolation> {
        self.check_open()?;
        self.find_programme(id).ok_or_else(|| RoundViolation::ProgrammeNotInRound { round: self.id.clone(), field })
    }

    /// Whether the round is open.
    pub(crate) fn state(&self) -> RoundState {
        if self.cancel_reason.is_none() { RoundState::Open } else { RoundState::Cancelled }
    }

    /// The round after its cancellation.
    pub(crate) fn cancel(&self, reason: String) -> Result<Self, RoundViolation> {
        self.check_open()?;
        Ok(Self { cancel_reason: Some(reason), version: self.version + 1, ..self.clone() })
    }

    fn check_open(&self) -> Result<(), RoundViolation> {
        match self.state() {
            RoundState::Open => Ok(()),
            RoundState::Cancelled => Err(RoundViolation::Cancelled(self.id.clone())),
        }
    }

    fn find_programme(&self, id: &ProgrammeId) -> Option<&RoundProgramme> {
        self.programmes.iter().find(|programme| programme.id == *id)
    }

    /// Whether a draft can be submitted now: from the first microsecond of the window's first day to the last of its last.
    pub(crate) fn check_window(&self, now: Instant) -> Result<(), RoundViolation> {
        self.check_open()?;
        if self.window_start.start() <= now && now < self.window_end.end() {
            return Ok(());
        }
        Err(RoundViolation::WindowClosed { start: self.window_start, end: self.window_end })
    }

    /// Whether places are still given: until the academic year is over.
    pub(crate) fn check_giving(&self, now: Instant) -> Result<(), RoundViolation> {
        if now < self.academic_year.end_date().end() { Ok(()) } else { Err(RoundViolation::YearEnded(self.academic_year)) }
    }

    /// Whether an application can be taken back: until the year's first day begins.
    pub(crate) fn check_before_year(&self, now: Instant) -> Result<(), RoundViolation> {
        if now < self.academic_year.start_date().start() { Ok(()) } else { Err(RoundViolation::YearStarted(self.academic_year)) }
    }

    /// The order in force on a day.
    pub(crate) fn place_order(&self, today: Date) -> PlaceOrder {
        self.policy(today).map_or(PlaceOrder::Submission, |policy| policy.order)
    }

    /// Whether provisional figures count for an application that is submitted on a day.
    pub(crate) fn provisional_figures_count(&self, today: Date) -> bool {
        self.policy(today).is_some_and(|policy| policy.provisional_figures_count)
    }

    /// The policy in force on a day: the newest that has begun. Before the first, the first.
    pub(crate) fn policy(&self, today: Date) -> Option<&PlaceOrderPolicy> {
        let begun = self.policies.iter().rev().find(|policy| policy.start <= today);
        begun.or(self.policies.first())
    }

    /// The instant at which an offer that is made now expires.
    pub(crate) fn offer_expiry(&self, now: Instant) -> Instant {
        now.date().plus_days(count(self.offer_days_count)).end()
    }

    /// The round after an update. Policies that have begun, those of today included, stay as they are, and so does the academic year.
    pub(crate) fn update(&self, next: Self, today: Date) -> Result<Self, RoundViolation> {
        self.check_open()?;
        if next.academic_year != self.academic_year {
            return Err(RoundViolation::AcademicYearChanged(self.academic_year));
        }
        let begun = |round: &Self| round.policies.iter().filter(|policy| policy.start <= today).cloned().collect::<Vec<_>>();
        if begun(self) != begun(&next) {
            return Err(RoundViolation::PolicyInForce);
        }
        Ok(Self { version: self.version + 1, ..next })
    }
}

impl Resource for Round {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of rounds that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoundViolation {
    /// The id is taken.
    Exists(RoundId),
    /// The round was cancelled.
    Cancelled(RoundId),
    /// Applications were submitted to the round.
    HasApplications,
    /// The academic year would change; it is this one.
    AcademicYearChanged(AcademicYear),
    /// The round does not have the programme that a field names.
    ProgrammeNotInRound { round: RoundId, field: &'static str },
    /// A policy that has begun would change.
    PolicyInForce,
    /// Places or applications refer to a programme that the update leaves out.
    ProgrammeInUse,
    /// Applications cannot be submitted today.
    WindowClosed { start: Date, end: Date },
    /// The academic year has begun, so that an application can no longer be withdrawn.
    YearStarted(AcademicYear),
    /// The academic year is over, so that no place is given.
    YearEnded(AcademicYear),
}

impl RuleViolation for RoundViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                ApiError::new(Reason::RoundExists, format!("`{id}` exists already; choose another id")).with("name", id)
            }
            Self::Cancelled(id) => {
                ApiError::new(Reason::RoundCancelled, format!("`{id}` was cancelled; use another round")).with("name", id)
            }
            Self::HasApplications => {
                let message =
                    "applications were submitted to the round, so it cannot be cancelled; end its window with UpdateRound";
                ApiError::new(Reason::RoundHasApplications, message)
            }
            Self::AcademicYearChanged(year) => ApiError::field("round.academic_year", format!("cannot change; it is {year}")),
            Self::ProgrammeNotInRound { round, field } => {
                ApiError::field(field, format!("is none of the programmes of `{round}`"))
            }
            Self::PolicyInForce => {
                let message = "a policy that has begun cannot be changed; add one that begins tomorrow or later";
                ApiError::new(Reason::PolicyInForce, message)
            }
            Self::ProgrammeInUse => {
                let message = "the update leaves out a programme for which the round has places or applications; keep it";
                ApiError::new(Reason::ProgrammeInUse, message)
            }
            Self::WindowClosed { start, end } => {
                let message = format!("applications can be submitted from {start} to {end}, in London");
                ApiError::new(Reason::WindowClosed, message).with("window_start_date", start).with("window_end_date", end)
            }
            Self::YearStarted(year) => {
                let message = format!("the academic year {year} has begun; give the place back with WithdrawParticipation");
                ApiError::new(Reason::YearStarted, message).with("academic_year", year)
            }
            Self::YearEnded(year) => {
                let message = format!("the academic year {year} is over; its places are no longer given");
                ApiError::new(Reason::YearEnded, message).with("academic_year", year)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use name::DecisionId;

    use super::{
        super::{Reserve, ReserveOnDay},
        *,
    };

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn round(policies: &[(&str, PlaceOrder)]) -> Round {
        let policies = policies
            .iter()
            .map(|(start, order)| PlaceOrderPolicy {
                start: day(start),
                order: *order,
                decision: DecisionId::parse("councilMeetings/spring/decisions/order").expect("a decision"),
                provisional_figures_count: false,
                reserve: None,
                need_permille: 0,
            })
            .collect();
        Round {
            id: RoundId::trusted("2018"),
            display_name: "Places from September 2018".to_owned(),
            academic_year: AcademicYear::starting(2018),
            // Both nights on which the clocks change lie within.
            window_start: day("2018-03-25"),
            window_end: day("2018-10-28"),
            offer_days_count: 14,
            programmes: Vec::new(),
            policies,
            cancel_reason: None,
            version: 1,
        }
    }

    #[test]
    fn a_window_is_open_to_its_last_microsecond_also_when_the_clocks_change() {
        let round = round(&[]);
        let (first, end) = (day("2018-03-25").start(), day("2018-10-28").end());
        // The last day has 25 hours.
        assert_eq!(end.micros() - day("2018-10-28").start().micros(), 25 * 3_600_000_000);
        assert!(round.check_window(first.plus_micros(-1)).is_err());
        assert!(round.check_window(first).is_ok());
        assert!(round.check_window(end.plus_micros(-1)).is_ok());
        assert!(round.check_window(end).is_err());
    }

    #[test]
    fn an_all_through_school_is_judged_by_the_first_other_phase_of_the_programme() {
        let judged_by = |phases: &[i64]| {
            let programme = RoundProgramme {
                id: ProgrammeId::trusted("mastery"),
                display_name: "Mastery".to_owned(),
                terms_version: 1,
                eligibility: Eligibility { type_groups: vec![4], phases: phases.to_vec(), ages: None },
                years_count: 2,
                is_yearly: false,
            };
            programme.phase_of_all_through()
        };
        use Phase::{AllThrough, Primary, Secondary};
        assert_eq!(judged_by(&[2, 7]), Primary);
        assert_eq!(judged_by(&[4, 5, 7]), Secondary);
        assert_eq!(judged_by(&[2, 3, 4, 5, 7]), Primary);
        assert_eq!(judged_by(&[7]), AllThrough);
    }

    #[test]
    fn the_newest_policy_that_has_begun_is_in_force() {
        let round = round(&[("2018-03-01", PlaceOrder::Submission), ("2018-06-01", PlaceOrder::PriorityThenSubmission)]);
        assert_eq!(round.place_order(day("2018-05-31")), PlaceOrder::Submission);
        assert_eq!(round.place_order(day("2018-06-01")), PlaceOrder::PriorityThenSubmission);
    }

    #[test]
    fn places_are_kept_until_the_day_of_the_policy_or_the_start_of_the_next_one() {
        let mut round = round(&[("2018-03-01", PlaceOrder::Submission), ("2018-07-01", PlaceOrder::Submission)]);
        round.policies[0].reserve = Some(Reserve { reserved_permille: 300, until: day("2018-06-10"), cold_permille: 200 });
        let on = |round: &Round, text: &str| {
            let ReserveOnDay { reserved_permille, cold_permille, change } = round.reserve_on(day(text));
            (reserved_permille, cold_permille, change.map(|day| day.to_string()).unwrap_or_default())
        };
        assert_eq!(on(&round, "2018-06-09"), (300, 200, "2018-06-10".to_owned()));
        assert_eq!(on(&round, "2018-06-10"), (0, 200, "2018-07-01".to_owned()));
        assert_eq!(on(&round, "2018-07-01"), (0, 0, String::new()));
        round.policies[0].reserve = Some(Reserve { until: day("2018-08-01"), ..round.policies[0].reserve.clone().expect("it") });
        assert_eq!(on(&round, "2018-06-10"), (300, 200, "2018-07-01".to_owned()));
    }

    #[test]
    fn a_policy_that_has_begun_cannot_be_changed_and_one_to_come_can() {
        let before = round(&[("2018-03-01", PlaceOrder::Submission), ("2018-06-01", PlaceOrder::PriorityThenSubmission)]);
        let later = round(&[("2018-03-01", PlaceOrder::Submission), ("2018-06-15", PlaceOrder::PriorityThenSubmission)]);
        let other = round(&[("2018-03-01", PlaceOrder::PriorityThenSubmission)]);
        assert_eq!(before.update(later.clone(), day("2018-05-31")), Ok(Round { version: 2, ..later.clone() }));
        assert_eq!(before.update(later, day("2018-06-01")), Err(RoundViolation::PolicyInForce));
        assert_eq!(before.update(other, day("2018-05-31")), Err(RoundViolation::PolicyInForce));
    }

    #[test]
    fn an_offer_stands_to_the_end_of_its_last_day() {
        let made = day("2018-10-20").start().plus_micros(1);
        assert_eq!(round(&[]).offer_expiry(made), day("2018-11-04").start());
    }
}

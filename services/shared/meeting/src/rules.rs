//! Rules of meetings.

use mirror::{Hub, SchoolEnd};
use name::{HubId, Urn};
use proto::Reason;
use scope::Scope;
use server::ApiError;
use service::{Resource, RuleViolation, Transitions, next_state};
use time::{AcademicYear, Date, Instant};

use crate::{
    AttendanceEvidence, Names,
    mark::{MarkEntry, MarkObstacle},
    parent::{Membership, Parent, ParentId, SubjectId},
};

name::id!(
    /// A meeting, `meetings/{id}` below its parent.
    pub(crate) MeetingId, 40, "meetings"
);
db::text_enum! {
    /// The kind of a meeting.
    pub(crate) enum MeetingKind {
        /// The members meet.
        Group = "group",
        /// The leader visits a school.
        SupportVisit = "support_visit",
        /// Teachers visit another school.
        PeerVisit = "peer_visit",
        /// Several days with nights in between.
        Residential = "residential",
    }
}

impl MeetingKind {
    /// Whether a school is visited.
    pub(crate) const fn is_visit(self) -> bool {
        matches!(self, Self::SupportVisit | Self::PeerVisit)
    }
}

db::text_enum! {
    /// The state of a meeting.
    pub enum MeetingState {
        /// It will take place, or has no final register yet.
        Planned = "planned",
        /// It has a final register.
        Held = "held",
        /// It did not take place.
        Cancelled = "cancelled",
    }
}

impl MeetingState {
    /// The reason for which a call is refused in this state, with the remedy.
    const fn sentence(self) -> &'static str {
        match self {
            Self::Planned => "the meeting is planned; take its final register first",
            Self::Held => "the meeting is held; correct single marks with CorrectMark",
            Self::Cancelled => "the meeting is cancelled; plan another one",
        }
    }
}

db::text_enum! {
    /// A change of a meeting's state.
    pub enum MeetingVerb {
        /// The final register is taken.
        TakeFinalRegister = "take_final_register",
        /// It is cancelled.
        Cancel = "cancel",
    }
}

/// The state machine of meetings.
pub const TRANSITIONS: &Transitions<MeetingState, MeetingVerb> = &[
    (MeetingState::Planned, MeetingVerb::TakeFinalRegister, MeetingState::Held),
    (MeetingState::Planned, MeetingVerb::Cancel, MeetingState::Cancelled),
];

db::text_enum! {
    /// The state of a meeting's register.
    pub(crate) enum RegisterState {
        /// It was not taken.
        None = "none",
        /// It is a draft.
        Draft = "draft",
        /// It is final.
        Final = "final",
    }
}

/// The part of a meeting that callers decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) kind: MeetingKind,
    pub(crate) start: Date,
    /// The last day.
    pub(crate) end: Date,
    pub(crate) host: Option<Urn>,
    /// Empty when the host says enough.
    pub(crate) venue: String,
    pub(crate) hub: HubId,
    /// In order; empty for all that belong to the parent on the day.
    pub(crate) expected: Vec<SubjectId>,
    /// Most persons of a day; 0 for no limit.
    pub(crate) persons_max: i64,
}

impl Plan {
    /// Whether its days are days of the parent.
    pub(crate) fn check_parent(&self, parent: &Parent) -> Result<(), MeetingViolation> {
        let year = parent.academic_year;
        if let Some(date) = [self.start, self.end].into_iter().find(|day| !year.contains(*day)) {
            return Err(MeetingViolation::DateOutsideYear { date, year });
        }
        match parent.end.filter(|end| *end < self.end) {
            Some(end) => Err(MeetingViolation::ParentEnded(end)),
            None => Ok(()),
        }
    }

    /// Whether a caller of the scope may name the hub that organises it: NCETM may name each, a hub lead or a leader only a hub of the parent, because a
    /// meeting counts in the region of the hub that organised it.
    pub(crate) fn check_organiser(&self, scope: &Scope, parent: &Parent) -> Result<(), MeetingViolation> {
        if *scope == Scope::All || [&parent.hub, &parent.current_hub].contains(&&self.hub) {
            return Ok(());
        }
        Err(MeetingViolation::HubNotOwn { hub: self.hub.clone(), current_hub: parent.current_hub.clone() })
    }

    /// Whether the hub, as the network describes it, is open on its first day.
    pub(crate) fn check_hub(&self, hub: &Hub) -> Result<(), MeetingViolation> {
        let is_open = hub.is_open_on(self.start);
        if is_open { Ok(()) } else { Err(MeetingViolation::HubNotOpen { hub: self.hub.clone(), date: self.start }) }
    }

    /// Whether the host, as the register describes it, is not closed on its days.
    pub(crate) fn check_host(&self, host: Urn, end: &SchoolEnd, today: Date) -> Result<(), MeetingViolation> {
        let is_closed = end.is_closed_on(self.end, today);
        if is_closed { Err(MeetingViolation::HostClosed { host, close_date: end.close_date }) } else { Ok(()) }
    }

    /// Whether the expected subjects belong to the parent on the first day.
    pub(crate) fn check_expected(&self, members: &[Membership], names: Names) -> Result<(), MeetingViolation> {
        let is_member = |subject: &SubjectId| members.iter().any(|one| one.subject == *subject && one.holds_on(self.start));
        match self.expected.iter().find(|subject| !is_member(subject)) {
            Some(subject) => {
                Err(MeetingViolation::NotMember { subject: format!("{}/{}", names.subjects, subject.as_str()), date: self.start })
            }
            None => Ok(()),
        }
    }
}

/// A meeting or a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meeting {
    pub(crate) names: Names,
    pub(crate) parent: ParentId,
    pub(crate) id: MeetingId,
    pub(crate) plan: Plan,
    pub(crate) state: MeetingState,
    pub(crate) register: RegisterState,
    /// The day on which the register was last taken.
    pub(crate) register_date: Option<Date>,
    /// When the final register was taken.
    pub(crate) register_time: Option<Instant>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) version: i64,
}

impl Meeting {
    /// A planned meeting.
    pub(crate) fn plan(names: Names, parent: ParentId, id: MeetingId, plan: Plan) -> Self {
        Self {
            names,
            parent,
            id,
            plan,
            state: MeetingState::Planned,
            register: RegisterState::None,
            register_date: None,
            register_time: None,
            cancel_reason: None,
            version: 1,
        }
    }

    /// With another plan, while it is planned. The draft of its register is given up when its marks were checked by another kind, other days or another host.
    pub(crate) fn update(&self, plan: Plan) -> Result<Self, MeetingViolation> {
        self.check_state(MeetingState::Planned)?;
        let checked_by = |plan: &Plan| (plan.kind, plan.start, plan.end, plan.host);
        let fits_draft = checked_by(&plan) == checked_by(&self.plan);
        let updated = Self { plan, ..self.next_version() };
        Ok(if fits_draft { updated } else { updated.without_draft() })
    }

    /// Cancelled; the draft of its register is given up.
    pub(crate) fn cancel(&self, reason: String) -> Result<Self, MeetingViolation> {
        let state = self.next_state(MeetingVerb::Cancel)?;
        Ok(Self { state, cancel_reason: Some(reason), ..self.next_version().without_draft() })
    }

    fn without_draft(self) -> Self {
        Self { register: RegisterState::None, register_date: None, ..self }
    }

    /// Whether a register can be taken today.
    pub(crate) fn check_register(&self, today: Date) -> Result<(), MeetingViolation> {
        match self.state {
            MeetingState::Held => Err(MeetingViolation::RegisterTaken),
            MeetingState::Cancelled => Err(MeetingViolation::State(self.state)),
            MeetingState::Planned if today < self.plan.start => Err(MeetingViolation::DateInFuture(self.plan.start)),
            MeetingState::Planned => Ok(()),
        }
    }

    /// With a draft of its register, or with the final one.
    pub(crate) fn take_register(&self, is_final: bool, now: Instant) -> Result<Self, MeetingViolation> {
        let taken = Self { register_date: Some(now.date()), ..self.next_version() };
        if !is_final {
            return Ok(Self { register: RegisterState::Draft, ..taken });
        }
        let state = self.next_state(MeetingVerb::TakeFinalRegister)?;
        Ok(Self { state, register: RegisterState::Final, register_time: Some(now), ..taken })
    }

    /// Whether it is in a state.
    pub(crate) fn check_state(&self, state: MeetingState) -> Result<(), MeetingViolation> {
        if self.state == state { Ok(()) } else { Err(MeetingViolation::State(self.state)) }
    }

    /// Whether a number of persons can take part on a day.
    pub(crate) fn check_capacity(&self, date: Date, persons_count: i64) -> Result<(), MeetingViolation> {
        let persons_max = self.plan.persons_max;
        if persons_max > 0 && persons_count > persons_max {
            return Err(MeetingViolation::CapacityExceeded { date, persons_count, persons_max });
        }
        Ok(())
    }

    /// The same meeting with the next version.
    pub(crate) fn next_version(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn next_state(&self, verb: MeetingVerb) -> Result<MeetingState, MeetingViolation> {
        next_state(TRANSITIONS, self.state, verb).ok_or(MeetingViolation::State(self.state))
    }
}

impl Resource for Meeting {
    fn name(&self) -> String {
        format!("{}/{}/{}", self.names.parents, self.parent.as_str(), self.id)
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of meetings that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MeetingViolation {
    /// A day is outside the parent's academic year.
    DateOutsideYear { date: Date, year: AcademicYear },
    /// The parent ended on this day, before the meeting's last.
    ParentEnded(Date),
    /// The hub is not one of the parent.
    HubNotOwn { hub: HubId, current_hub: HubId },
    /// The hub is not open on the first day.
    HubNotOpen { hub: HubId, date: Date },
    /// The register has closed the host school on a day of the meeting.
    HostClosed { host: Urn, close_date: Option<Date> },
    /// An expected subject does not belong to the parent.
    NotMember { subject: String, date: Date },
    /// The meeting is in another state than the call takes.
    State(MeetingState),
    /// The meeting to be cancelled was held; with an attendance that can prove an entitlement.
    Held(Option<AttendanceEvidence>),
    /// There is a final register.
    RegisterTaken,
    /// The day has not come.
    DateInFuture(Date),
    /// A mark is not allowed.
    MarkNotAllowed { entry: MarkEntry, obstacle: MarkObstacle },
    /// The newest mark is the same.
    MarkUnchanged,
    /// More persons took part than the meeting has seats.
    CapacityExceeded { date: Date, persons_count: i64, persons_max: i64 },
}

impl RuleViolation for MeetingViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::DateOutsideYear { date, year } => {
                let message = format!("{date} is not in {year}, the academic year of the parent; choose a day of that year");
                ApiError::new(Reason::DateOutsideYear, message).with("academic_year", year)
            }
            Self::ParentEnded(end) => {
                ApiError::new(Reason::StateEnded, format!("the parent ended on {end}, before the last day of the meeting"))
                    .with("end_date", end)
            }
            Self::HubNotOwn { hub, current_hub } => {
                let message = format!("only NCETM plans meetings that `{hub}` organises for this parent; name `{current_hub}`");
                ApiError::new(Reason::HubNotOwn, message).with("hub", current_hub)
            }
            Self::HubNotOpen { hub, date } => {
                ApiError::new(Reason::HubNotOpen, format!("`{hub}` is not open on {date}; name another hub")).with("hub", hub)
            }
            Self::HostClosed { host, close_date } => {
                let from = close_date.map(|day| format!(" from {day} on")).unwrap_or_default();
                let message =
                    format!("`{host}` is closed{from}; name a school that is open, for example its successor, or a venue");
                ApiError::new(Reason::SchoolNotEligible, message).with("school", host).with("why", "closed")
            }
            Self::NotMember { subject, date } => {
                let message = format!("`{subject}` is not a member on {date}; leave it out, or let it join first");
                ApiError::new(Reason::SubjectNotMember, message).with("subject", subject).with("date", date)
            }
            Self::State(state) => ApiError::new(Reason::MeetingState, state.sentence()).with("state", state),
            Self::Held(evidence) => {
                let state = MeetingState::Held;
                AttendanceEvidence::refusal(evidence.as_ref(), Reason::MeetingState, state.sentence()).with("state", state)
            }
            Self::RegisterTaken => {
                let message = "the final register was taken before; correct single marks with CorrectMark";
                ApiError::new(Reason::RegisterTaken, message)
            }
            Self::DateInFuture(date) => {
                ApiError::new(Reason::DateInFuture, format!("{date} is in the future")).with("date", date)
            }
            Self::MarkNotAllowed { entry, obstacle } => {
                let (person, date) = (&entry.person, entry.date);
                let message = format!("`{person}` cannot be marked so on {date}: {}", obstacle.sentence());
                ApiError::new(Reason::MarkNotAllowed, message)
                    .with("person", person)
                    .with("mark_date", date)
                    .with("why", obstacle)
            }
            Self::MarkUnchanged => ApiError::new(Reason::MarkUnchanged, "the newest mark is the same; nothing changes"),
            Self::CapacityExceeded { date, persons_count, persons_max } => {
                let message = format!("{persons_count} persons took part on {date}, and the meeting has {persons_max} seats");
                ApiError::new(Reason::CapacityExceeded, message).with("date", date).with("persons_max_count", persons_max)
            }
        }
    }
}

use proptest::prelude::*;

use super::*;
use crate::{
    Names,
    rules::{MeetingState, Plan},
};

const NAMES: Names = Names { parents: "workGroups", subjects: "participations" };
/// The school of the subject, its successor from day 5 on, and another school.
const OWN: i64 = 100_001;
const SUCCESSOR: i64 = 100_002;
const OTHER: i64 = 100_003;

fn day(number: i32) -> Date {
    Date::parse("2018-11-01").expect("a day").plus_days(number)
}

fn meeting(kind: MeetingKind, host: i64, [first, last]: [i32; 2]) -> Meeting {
    let plan = Plan {
        kind,
        start: day(first),
        end: day(last),
        host: Some(Urn::trusted(host)),
        venue: String::new(),
        hub: name::HubId::trusted("north"),
        expected: Vec::new(),
        persons_max: 0,
    };
    Meeting::plan(NAMES, ParentId::trusted("g"), MeetingId::trusted("m"), plan)
}

fn entry(date: i32, kind: MarkKind) -> MarkEntry {
    MarkEntry { subject: SubjectId::trusted("p"), person: PersonId::trusted("ann"), date: day(date), kind }
}

#[derive(Debug, Clone)]
struct Case {
    days: [i32; 2],
    date: i32,
    today: i32,
    member: [i32; 2],
    /// Ann teaches here from day 0, and there from day 6.
    teaches: [i64; 2],
    host: i64,
    is_peer_visit: bool,
    /// Ann leads on these days.
    leads: Option<[i32; 2]>,
    erased: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let school = || prop::sample::select(vec![OWN, SUCCESSOR, OTHER]);
    let days = || (0..10_i32, 0..4_i32).prop_map(|(first, more)| [first, first + more]);
    let rare = || prop::bool::weighted(0.1);
    (
        days(),
        0..12_i32,
        0..12_i32,
        (0..6_i32, 0..12_i32),
        [school(), school()],
        school(),
        any::<bool>(),
        prop::option::weighted(0.3, days()),
        rare(),
    )
        .prop_map(|(days, date, today, (first, more), teaches, host, is_peer_visit, leads, erased)| Case {
            days,
            date,
            today,
            member: [first, first + more],
            teaches,
            host,
            is_peer_visit,
            leads,
            erased,
        })
}

impl Case {
    /// Written apart from the rule: every condition of a mark.
    fn is_allowed(&self) -> bool {
        let is_own = |school: i64| school == OWN || (school == SUCCESSOR && self.date >= 5);
        let taught = self.teaches[usize::from(self.date >= 6)];
        (self.days[0]..=self.days[1]).contains(&self.date)
            && self.date <= self.today
            && (self.member[0]..=self.member[1]).contains(&self.date)
            && is_own(taught)
            && !(self.is_peer_visit && is_own(self.host))
            && !self.leads.is_some_and(|[first, last]| (first..=last).contains(&self.date))
            && !self.erased
    }

    fn basis(&self) -> Basis {
        let ann = PersonId::trusted("ann");
        let member = Membership {
            subject: SubjectId::trusted("p"),
            urn: Urn::trusted(OWN),
            start: day(self.member[0]),
            end: Some(day(self.member[1])),
        };
        let [before, after] = self.teaches.map(Urn::trusted);
        let known = KnownPerson { id: ann.clone(), erased: self.erased, employments: vec![(day(0), before), (day(6), after)] };
        let lineage = |date: i32| {
            let both = vec![Urn::trusted(OWN), Urn::trusted(SUCCESSOR)];
            ((day(date), Urn::trusted(OWN)), if date >= 5 { both } else { vec![Urn::trusted(OWN)] })
        };
        Basis {
            leaders: self
                .leads
                .map(|[first, last]| Leadership { person: ann.clone(), start: day(first), end: Some(day(last)) })
                .into_iter()
                .collect(),
            members: vec![member],
            persons: BTreeMap::from([(ann, known)]),
            lineages: (0..12).map(lineage).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_mark_is_allowed_exactly_for_a_teacher_of_a_member_school_on_a_past_day_of_the_meeting(case in cases()) {
        let kind = if case.is_peer_visit { MeetingKind::PeerVisit } else { MeetingKind::SupportVisit };
        let meeting = meeting(kind, case.host, case.days);
        let now = day(case.today).start().plus_micros(1);
        let mark = case.basis().mark(&meeting, &entry(case.date, MarkKind::Attended), now);
        prop_assert_eq!(mark.is_ok(), case.is_allowed(), "{:?}", mark);
        if let Ok(mark) = mark {
            prop_assert_eq!((mark.urn.number(), mark.number, mark.recorded), (OWN, 1, Some(now)));
        }
    }

    #[test]
    fn a_meeting_has_one_final_register_and_is_never_held_and_cancelled(verbs in prop::collection::vec(0..4_usize, 1..12)) {
        let mut one = meeting(MeetingKind::Group, OWN, [0, 0]);
        let now = day(1).start();
        let mut final_registers = 0;
        for verb in verbs {
            let next = match verb {
                0 => one.check_register(now.date()).and_then(|()| one.take_register(false, now)),
                1 => one.check_register(now.date()).and_then(|()| one.take_register(true, now)),
                2 => one.cancel("Snow".to_owned()),
                _ => one.update(one.plan.clone()),
            };
            let ended = one.state != MeetingState::Planned;
            prop_assert_eq!(next.is_err(), ended, "{:?} of {:?}", verb, one);
            if let Ok(next) = next {
                prop_assert_eq!(next.version, one.version + 1);
                final_registers += usize::from(verb == 1);
                one = next;
            }
            prop_assert_eq!(one.state == MeetingState::Held, one.register_time.is_some());
        }
        prop_assert!(final_registers <= 1);
    }
}

#[test]
fn a_correction_keeps_the_subject_and_changes_the_kind() {
    let now = day(1).start();
    let first = Mark {
        parent: ParentId::trusted("g"),
        meeting: MeetingId::trusted("m"),
        subject: SubjectId::trusted("p"),
        urn: Urn::trusted(OWN),
        person: PersonId::trusted("ann"),
        date: day(0),
        kind: MarkKind::Attended,
        number: 1,
        reason: None,
        recorded: Some(now),
    };
    let corrected = first.correct(&entry(0, MarkKind::Absent), "Wrong line".to_owned(), now).expect("a correction");
    assert_eq!((corrected.kind, corrected.number, corrected.subject.as_str()), (MarkKind::Absent, 2, "p"));
    let same = first.correct(&entry(0, MarkKind::Attended), "Again".to_owned(), now);
    assert_eq!(same, Err(MeetingViolation::MarkUnchanged));
    let other = MarkEntry { subject: SubjectId::trusted("q"), ..entry(0, MarkKind::Absent) };
    assert!(matches!(first.correct(&other, "Moved".to_owned(), now), Err(MeetingViolation::MarkNotAllowed { .. })));
}

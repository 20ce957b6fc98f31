//! Generates a national register: the real numbers of schools of each authority, and invented schools with all dates.
//!
//! One register covers every year back to 2014/15: schools became academies, merged and were split on various days since then, and some are about to.
//! It also contains the other rows of a real extract: closed and proposed schools, independent and special schools, nurseries, colleges, schools
//! abroad.

use time::Date;

use super::{
    GeneratedRegister,
    establishment::{Area, Descent, Establishment, GiasPhase, Link},
    kind::{self, Kind, Shares},
    name,
    size::{SIZES, Size},
};
use crate::rng::SeededRng;

/// The day on which the authorities of [`SIZES`] and their nine-character codes are valid.
const AUTHORITIES_DAY: (i16, i8, i8) = (2019, 4, 1);
/// The first day on which the programme's reach counts.
const FIRST_DAY: (i16, i8, i8) = (2014, 9, 1);
/// Schools that became an academy since the first day, per thousand primary schools and per thousand secondary schools.
const ACADEMISED_PERMILLE: (usize, usize) = (22, 36);
/// Schools that are about to become an academy, per thousand.
const ACADEMISING_PERMILLE: usize = 17;
/// New schools without a predecessor, per thousand.
const NEW_PERMILLE: usize = 12;
/// Schools that two schools merged into, per thousand primary schools.
const MERGED_PERMILLE: usize = 3;
/// Splits of a school into two, per thousand primary schools.
const SPLIT_PERMILLE: usize = 1;
/// Schools that closed without a successor since the first day, per thousand.
const CLOSED_PERMILLE: usize = 9;
/// First URNs of old establishments, and of those that opened since the first day.
const URN_OLD: u32 = 100_003;
const URN_NEW: u32 = 141_001;
/// Schools abroad, which are in no region: for children of service families, and others.
const ABROAD: (usize, usize) = (30, 4);

/// Other establishments per thousand schools of the programme: kind, phase, number, and whether their share of free school meals is above average.
const BESIDES: &[(Kind, GiasPhase, usize)] = &[
    (kind::INDEPENDENT, GiasPhase::Primary, 30),
    (kind::INDEPENDENT, GiasPhase::AllThrough, 30),
    (kind::INDEPENDENT, GiasPhase::Secondary, 24),
    (kind::INDEPENDENT, GiasPhase::MiddlePrimary, 8),
    (kind::COMMUNITY_SPECIAL, GiasPhase::None, 30),
    (kind::ACADEMY_SPECIAL, GiasPhase::None, 14),
    (kind::NURSERY, GiasPhase::Nursery, 19),
    (kind::REFERRAL_UNIT, GiasPhase::None, 17),
    (kind::FURTHER_EDUCATION, GiasPhase::SixteenPlus, 13),
    (kind::ACADEMY_16_TO_19, GiasPhase::SixteenPlus, 4),
];

/// Generates the register of a seed. Its denominators on `as_of` equal [`SIZES`].
pub fn generate(seed: u64, as_of: Date) -> GeneratedRegister {
    let mut generator = Generator {
        rng: SeededRng::new(seed, "register", 0),
        change_days: change_days(as_of),
        as_of,
        register: GeneratedRegister { establishments: Vec::with_capacity(27_000), links: Vec::new() },
    };
    for size in SIZES {
        generator.authority(size);
    }
    generator.abroad();
    number(generator.register)
}

/// The days on which schools change: the first days of months since the first day; September is eight times as likely as another month.
fn change_days(as_of: Date) -> Vec<Date> {
    let (year, month, day) = FIRST_DAY;
    let first = Date::new_checked(year, month, day).expect("the first day is one");
    let months = (year..=as_of.year()).flat_map(|year| (1..=12).map(move |month| (year, month)));
    months
        .filter_map(|(year, month)| Date::new_checked(year, month, 1).ok())
        .filter(|day| *day > first && *day <= as_of)
        .flat_map(|day| std::iter::repeat_n(day, if day.month() == 9 { 8 } else { 1 }))
        .collect()
}

struct Generator {
    rng: SeededRng,
    change_days: Vec<Date>,
    as_of: Date,
    register: GeneratedRegister,
}

impl Generator {
    fn authority(&mut self, size: &Size) {
        let authority = geography::authority_by_old_code(size.old_la_code).expect("every size is of an authority that is known");
        let (year, month, day) = AUTHORITIES_DAY;
        let day = Date::new_checked(year, month, day).expect("it is a day");
        let area = Area {
            old_la_code: authority.old_code,
            new_la_code: authority.new_code(day).expect("every size is of an authority of this day"),
            la_name: authority.name,
            region_letter: authority.region.gias_code,
            // GIAS writes this name with a lower-case article.
            region_name: if authority.region.gias_code == "D" { "Yorkshire and the Humber" } else { authority.region.name },
        };
        let (primary, secondary) = (usize::from(size.primary), usize::from(size.secondary));
        self.schools(area, GiasPhase::Primary, primary);
        self.schools(area, GiasPhase::MiddleSecondary, usize::from(size.middle));
        self.schools(area, GiasPhase::Secondary, secondary - usize::from(size.middle));
        self.schools(area, GiasPhase::AllThrough, usize::from(size.all_through));
        self.other_establishments(area, primary + secondary + usize::from(size.all_through));
    }

    /// A number of schools that are open on the register's day, each with a random history.
    fn schools(&mut self, area: Area, phase: GiasPhase, count: usize) {
        let primary = phase == GiasPhase::Primary;
        let mut left = count;
        while left > 0 {
            left -= 1;
            let academised = if primary { ACADEMISED_PERMILLE.0 } else { ACADEMISED_PERMILLE.1 };
            let roll = self.rng.below(1_000);
            let lives = [
                academised,
                ACADEMISING_PERMILLE,
                NEW_PERMILLE,
                if primary { MERGED_PERMILLE } else { 0 },
                if primary && left > 0 { SPLIT_PERMILLE } else { 0 },
            ];
            match life(roll, &lives) {
                Some(1) => self.academising(area, phase),
                Some(life) if !self.change_days.is_empty() => match life {
                    0 => self.academised(area, phase),
                    2 => self.founded(area, phase),
                    3 => self.merged(area, phase),
                    _ => {
                        left -= 1;
                        self.split(area, phase);
                    }
                },
                _ => {
                    let open = self.old_day();
                    self.school(area, phase, shares(phase), open);
                }
            }
            if self.rng.permille(CLOSED_PERMILLE) && !self.change_days.is_empty() {
                let (open, close) = (self.old_day(), self.change_day().plus_days(-1));
                let index = self.school(area, phase, kind::MAINTAINED_ONLY, open);
                self.register.establishments[index].close = Some(close);
            }
        }
    }

    fn academised(&mut self, area: Area, phase: GiasPhase) {
        let day = self.change_day();
        let open = self.old_day();
        let predecessor = self.school(area, phase, kind::MAINTAINED_ONLY, open);
        self.become_academy(predecessor, day);
    }

    fn academising(&mut self, area: Area, phase: GiasPhase) {
        let open = self.old_day();
        let predecessor = self.school(area, phase, kind::MAINTAINED_ONLY, open);
        // The first day of one of the next four months.
        let mut day = self.as_of.plus_days(1);
        let mut months = 1 + self.rng.below(4);
        while months > 0 {
            if day.day() == 1 {
                months -= 1;
            }
            day = day.plus_days(1);
        }
        self.become_academy(predecessor, day.plus_days(-1));
    }

    fn become_academy(&mut self, predecessor: usize, day: Date) {
        let kind = if self.rng.permille(720) { kind::ACADEMY_CONVERTER } else { kind::ACADEMY_SPONSORED };
        let before = &mut self.register.establishments[predecessor];
        before.close = Some(day.plus_days(-1));
        let mut after = Establishment { kind, open: Some(day), close: None, ..before.clone() };
        if self.rng.permille(400) {
            let (front, _) = after.name.split_once(" School").unwrap_or((&after.name, ""));
            after.name = if front.ends_with("Academy") { front.to_owned() } else { format!("{front} Academy") };
        }
        self.register.establishments.push(after);
        self.link(predecessor, self.register.establishments.len() - 1, Descent::Successor, day);
    }

    /// A free school opens.
    fn founded(&mut self, area: Area, phase: GiasPhase) {
        let day = self.change_day();
        self.school(area, phase, &[(kind::FREE_SCHOOL, 1_000)], day);
    }

    /// An infant and a junior school merge.
    fn merged(&mut self, area: Area, phase: GiasPhase) {
        let day = self.change_day();
        let place = name::place(&mut self.rng);
        let mut indices = [0; 2];
        for (index, ending) in indices.iter_mut().zip(["Infant School", "Junior School"]) {
            let open = self.old_day();
            *index = self.school(area, phase, &[(kind::COMMUNITY, 1_000)], open);
            let before = &mut self.register.establishments[*index];
            before.name = format!("{place} {ending}");
            before.close = Some(day.plus_days(-1));
        }
        let successor = self.school(area, phase, &[(kind::COMMUNITY, 1_000)], day);
        self.register.establishments[successor].name = format!("{place} Primary School");
        for predecessor in indices {
            self.link(predecessor, successor, Descent::Merged, day);
        }
    }

    fn split(&mut self, area: Area, phase: GiasPhase) {
        let (day, open) = (self.change_day(), self.old_day());
        let predecessor = self.school(area, phase, &[(kind::COMMUNITY, 1_000)], open);
        let before = &mut self.register.establishments[predecessor];
        before.close = Some(day.plus_days(-1));
        let place = before.name.clone();
        for side in ["North", "South"] {
            let successor = self.school(area, phase, &[(kind::ACADEMY_SPONSORED, 1_000)], day);
            self.register.establishments[successor].name = format!("{place} {side}");
            self.link(predecessor, successor, Descent::Split, day);
        }
    }

    /// The other establishments of a register, in proportion to the schools of the programme.
    fn other_establishments(&mut self, area: Area, count: usize) {
        for _ in 0..count {
            for (kind, phase, permille) in BESIDES {
                if self.rng.permille(*permille) {
                    let open = self.old_day();
                    self.school(area, *phase, &[(*kind, 1_000)], open);
                }
            }
            // Proposed without a known opening day.
            if self.rng.permille(5) {
                let index = self.school(area, GiasPhase::Primary, &[(kind::FREE_SCHOOL, 1_000)], self.as_of);
                self.register.establishments[index].open = None;
            }
        }
    }

    fn abroad(&mut self) {
        let area = Area {
            old_la_code: "702",
            new_la_code: "",
            la_name: "BFPO Overseas Establishments",
            region_letter: "",
            region_name: "",
        };
        let kinds = std::iter::repeat_n(kind::SERVICE_CHILDREN, ABROAD.0).chain(std::iter::repeat_n(kind::COMMUNITY, ABROAD.1));
        for kind in kinds {
            let open = self.old_day();
            self.school(area, GiasPhase::Primary, &[(kind, 1_000)], open);
        }
    }

    /// Adds one establishment and returns its index.
    fn school(&mut self, area: Area, phase: GiasPhase, shares: &Shares, open: Date) -> usize {
        let mut roll = self.rng.below(1_000);
        let mut kind = shares[0].0;
        for (each, share) in shares {
            kind = *each;
            if roll < *share {
                break;
            }
            roll -= share;
        }
        let church = kind == kind::VOLUNTARY_AIDED || kind == kind::VOLUNTARY_CONTROLLED;
        let name = name::school(&mut self.rng, phase, church);
        // The lower of two draws: most schools have few pupils with free meals, some have many.
        let fsm = self.rng.below(380).min(self.rng.below(640));
        let index = self.register.establishments.len();
        let number = u16::try_from(2_000 + index % 5_000).expect("below 7,000");
        let fsm_permille = u16::try_from(fsm).ok().filter(|_| self.rng.permille(930));
        let close = None;
        self.register.establishments.push(Establishment {
            urn: 0,
            number,
            name,
            area,
            kind,
            phase,
            open: Some(open),
            close,
            fsm_permille,
        });
        index
    }

    fn link(&mut self, predecessor: usize, successor: usize, descent: Descent, established: Date) {
        self.register.links.push(Link { predecessor, successor, descent, established });
    }

    fn change_day(&mut self) -> Date {
        *self.rng.pick(&self.change_days)
    }

    /// A day before the first day that counts.
    fn old_day(&mut self) -> Date {
        let year = 1948 + i16::try_from(self.rng.below(66)).expect("below 66");
        let month = *self.rng.pick(&[9, 9, 9, 9, 9, 9, 1, 4]);
        Date::new_checked(year, month, 1).expect("the first of a month is a day")
    }
}

/// The index of the history that a roll selects; `None` for the usual history.
fn life(mut roll: usize, permilles: &[usize]) -> Option<usize> {
    for (index, permille) in permilles.iter().enumerate() {
        if roll < *permille {
            return Some(index);
        }
        roll -= permille;
    }
    None
}

fn shares(phase: GiasPhase) -> &'static Shares {
    if phase == GiasPhase::Primary { kind::PRIMARY } else { kind::SECONDARY }
}

/// Assigns URNs: old establishments in order of authority with gaps, newer ones in order of their first day.
fn number(mut register: GeneratedRegister) -> GeneratedRegister {
    let (year, month, day) = FIRST_DAY;
    let first = Date::new_checked(year, month, day).expect("the first day is one");
    let mut order: Vec<usize> = (0..register.establishments.len()).collect();
    order.sort_by_key(|index| {
        let open = register.establishments[*index].open;
        (open.is_none_or(|open| open > first), open.filter(|open| *open > first), *index)
    });
    let (mut old, mut new) = (URN_OLD, URN_NEW);
    for (place, index) in order.into_iter().enumerate() {
        let establishment = &mut register.establishments[index];
        let next = if establishment.open.is_some_and(|open| open <= first) { &mut old } else { &mut new };
        establishment.urn = *next;
        *next += if place % 4 == 3 { 2 } else { 1 };
    }
    register
}

//! Denominators: for every year its schools, their locations, and the schools that the facts of a school count for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use eligibility::{Class, PHASE_16_PLUS, phase_of_code};
use time::{AcademicYear, Date};

use super::{
    Authority, Measure, Phase, REGIONS, RegisterUsed,
    catalogue::Catalogue,
    cell::{CellKey, Cells},
    count::TOTAL,
    fact::Fact,
    lineage::Lineage,
    programme::Played,
    register::{Coverage, Registers},
    school::{Location, SchoolRow, outside},
};

/// A school of a year: in a denominator, or, where no register covers the year, of the kind that would be in one if it was open.
#[derive(Debug, Clone, Copy)]
pub(super) struct YearSchool {
    pub(super) region: usize,
    /// Index of the authority's three-digit code.
    pub(super) la: u32,
    pub(super) kind: SchoolKind,
}

/// The part of a school by which it is in a denominator or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SchoolKind {
    /// `None` for 16 plus institutions.
    pub(super) phase: Option<Phase>,
    /// Index into the registers' classes.
    pub(super) class: usize,
    /// Whether it is in the denominator of the total: state-funded primary, secondary and all-through schools.
    pub(super) in_total: bool,
}

/// A programme in a year in which schools could take part.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// By class: whether open schools of the class may take part.
    eligible: Vec<bool>,
    /// Whether 16 plus institutions may take part.
    pub(super) takes_16_plus: bool,
    pub(super) no_denominator: bool,
}

/// The schools of each year, and the schools that facts count for.
pub(super) struct Denominators {
    pub(super) years: Vec<i16>,
    pub(super) coverage: BTreeMap<i16, Coverage>,
    pub(super) programmes: Vec<(String, Played)>,
    pub(super) year_schools: BTreeMap<i16, HashMap<i32, YearSchool>>,
    /// By year and index of the programme.
    pub(super) offered: BTreeMap<(i16, u32), Offered>,
    /// Schools of the denominators, by year, region, authority and kind. Covered years only.
    schools: BTreeMap<(i16, usize, u32, SchoolKind), u32>,
    /// Three-digit codes of authorities, by index.
    las: Vec<String>,
    pub(super) authorities: BTreeMap<i16, BTreeMap<u32, Authority>>,
    /// By year and the URN of a fact: the schools of the year that the fact counts for.
    pub(super) counted_for: BTreeMap<i16, BTreeMap<i32, BTreeSet<i32>>>,
    pub(super) notes: Vec<YearNote>,
}

/// Locations of schools by index, and the index of each three-digit code.
struct Places {
    locations: Vec<Location>,
    las: HashMap<String, u32>,
}

impl Places {
    fn new(locations: Vec<Location>) -> Self {
        let mut places = Self { las: HashMap::new(), locations: Vec::new() };
        for location in &locations {
            places.la(&location.old_la_code);
        }
        Self { locations, ..places }
    }

    /// The index of a code. Locations with the same code are of one authority.
    fn la(&mut self, old_la_code: &str) -> u32 {
        let next = u32::try_from(self.las.len()).expect("there are few authorities");
        *self.las.entry(old_la_code.to_owned()).or_insert(next)
    }

    /// The three-digit codes by index.
    fn codes(&self) -> Vec<String> {
        let by_index: BTreeMap<u32, &String> = self.las.iter().map(|(code, index)| (*index, code)).collect();
        by_index.into_values().cloned().collect()
    }

    /// The locations of a year's schools, by index. A register of the day, or of a day nearby, has the codes of the day. A register of another time has its own:
    /// then each authority is the one of the day, by the table of authorities.
    fn of_day(&mut self, day: Date, coverage: Coverage, snapshot: &HashMap<i32, &SchoolRow>) -> Vec<(u32, Location)> {
        let is_of_day = matches!(coverage, Coverage::Status | Coverage::Nearest);
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for school in snapshot.values() {
            *counts.entry(&self.locations[school.location].old_la_code).or_default() += 1;
        }
        let schools_count = |code: &str| counts.get(code).copied().unwrap_or(0);
        let of_day = |location: &Location| {
            let authority = geography::authority_by_old_code(&location.old_la_code).filter(|_| !is_of_day)?;
            let authority = authority.on(day, &schools_count);
            if authority.old_code == location.old_la_code {
                return Some(Location { new_la_code: authority.new_code_near(day).to_owned(), ..location.clone() });
            }
            Some(Location {
                region: location.region.and(REGIONS.iter().position(|region| region.code == authority.region.code)),
                old_la_code: authority.old_code.to_owned(),
                new_la_code: authority.new_code_near(day).to_owned(),
                la_name: authority.name.to_owned(),
            })
        };
        let locations: Vec<Location> =
            self.locations.iter().map(|location| of_day(location).unwrap_or_else(|| location.clone())).collect();
        locations.into_iter().map(|location| (self.la(&location.old_la_code), location)).collect()
    }
}

/// The basis of a year's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearNote {
    /// The year.
    pub year: AcademicYear,
    /// How a register covers its first day.
    pub coverage: Coverage,
    /// The register; `None` when it is not covered.
    pub register: Option<RegisterUsed>,
    /// Schools of the denominator, in all phases. 0 when it is not covered.
    pub schools_count: u32,
    /// Schools with a fact in the year that count for no school of its denominator, by reason.
    pub outside_counts: BTreeMap<&'static str, u32>,
    /// Schools of the denominator that were reached since the first year at some stage, only through a predecessor.
    pub inherited_count: u32,
    /// Predecessors from which several schools of the denominator inherit reach.
    pub split_predecessors_count: u32,
    /// The schools that inherit from those: each successor of a split counts.
    pub split_inherited_count: u32,
}

impl Offered {
    /// Indices of the classes whose schools may take part.
    pub(super) fn eligible_classes(&self) -> impl Iterator<Item = usize> + '_ {
        self.eligible.iter().enumerate().filter(|(_, is_eligible)| **is_eligible).map(|(class, _)| class)
    }
}

impl Denominators {
    pub(super) fn new(
        options: &Measure,
        registers: &Registers,
        newest: usize,
        programmes: BTreeMap<String, Played>,
        catalogue: &Catalogue,
        facts: &[Fact],
    ) -> Self {
        let last = AcademicYear::of(options.true_on).first_year();
        let mut denominators = Self {
            years: (options.first_year.first_year()..=last).collect(),
            coverage: BTreeMap::new(),
            programmes: programmes.into_iter().collect(),
            offered: BTreeMap::new(),
            year_schools: BTreeMap::new(),
            schools: BTreeMap::new(),
            las: Vec::new(),
            authorities: BTreeMap::new(),
            counted_for: BTreeMap::new(),
            notes: Vec::new(),
        };
        let lineage = registers.lineage();
        let mut places = Places::new(registers.locations());
        denominators.add_offered(options, catalogue, &registers.classes());
        // Many years use the same import, or none.
        let mut snapshots: BTreeMap<usize, HashMap<i32, &SchoolRow>> = BTreeMap::new();
        for year in denominators.years.clone() {
            let day = AcademicYear::starting(year).start_date();
            let covering = registers.covering(day, &options.type_group_codes);
            let (import, coverage) = covering.unwrap_or((newest, Coverage::Uncovered));
            let register = covering.map(|(import, _)| registers.register(import));
            let snapshot = snapshots.entry(import).or_insert_with(|| registers.snapshot(import));
            denominators.coverage.insert(year, coverage);
            let locations = places.of_day(day, coverage, snapshot);
            denominators.add_schools(options, year, coverage, snapshot, &locations);
            denominators.add_counted_for(options, year, coverage, &lineage, facts);
            let note = denominators.note(options, year, coverage, register, snapshot, facts);
            denominators.notes.push(note);
        }
        denominators.las = places.codes();
        denominators
    }

    /// The cells with their denominators, and nothing reached yet.
    pub(super) fn cells(&self) -> Cells {
        let mut cells = Cells {
            cells: BTreeMap::new(),
            las: self.las.clone(),
            programmes: self.programmes.iter().map(|(id, _)| id.clone()).collect(),
        };
        for (&(year, region, la, kind), &count) in &self.schools {
            for programme in self.programmes_with_total().filter(|one| self.takes(year, *one, kind)) {
                let programme = (programme != TOTAL).then_some(programme);
                let cell = cells.cells.entry(CellKey { year, programme, region, la, phase: kind.phase }).or_default();
                *cell.schools.get_or_insert_default() += count;
            }
        }
        cells
    }

    /// The total first, then each programme.
    pub(super) fn programmes_with_total(&self) -> impl Iterator<Item = u32> + use<> {
        std::iter::once(TOTAL).chain(0..u32::try_from(self.programmes.len()).expect("there are few programmes"))
    }

    /// True if schools of the phase could take part in the year: in the programme, or for the total in any programme.
    pub(super) fn played(&self, year: i16, programme: u32, phase: Phase) -> bool {
        let played = |played: &Played| played.phases.get(&year).is_some_and(|phases| phases.contains(&phase));
        match self.programmes.get(programme as usize) {
            Some((_, programme)) => played(programme),
            None => self.programmes.iter().any(|(_, programme)| played(programme)),
        }
    }

    /// True if a school of the year is in the denominator of a programme, or of the total.
    pub(super) fn takes(&self, year: i16, programme: u32, kind: SchoolKind) -> bool {
        if programme == TOTAL {
            return kind.in_total && kind.phase.is_some_and(|phase| self.played(year, TOTAL, phase));
        }
        self.offered.get(&(year, programme)).is_some_and(|offered| offered.eligible[kind.class])
    }

    /// The programmes of each year with the classes that may take part. Before the catalogue, a programme took the state-funded schools of the phases of its
    /// rounds.
    fn add_offered(&mut self, options: &Measure, catalogue: &Catalogue, classes: &[Class]) {
        for ((id, played), programme) in self.programmes.iter().zip(0_u32..) {
            for (&year, phases) in &played.phases {
                let terms = catalogue.terms(id, AcademicYear::starting(year));
                let by_phase = |class: &Class| {
                    options.type_group_codes.iter().any(|code| i64::from(*code) == class.type_group_code)
                        && phase_of_code(class.phase_code).is_some_and(|phase| phases.contains(&phase))
                };
                let offered = match terms {
                    None => Offered { eligible: classes.iter().map(by_phase).collect(), ..Offered::default() },
                    Some(terms) => Offered {
                        eligible: classes.iter().map(|class| terms.eligibility.check_class(class).is_ok()).collect(),
                        takes_16_plus: terms.eligibility.phases.contains(&PHASE_16_PLUS),
                        no_denominator: terms.no_denominator,
                    },
                };
                self.offered.insert((year, programme), offered);
            }
        }
    }

    fn add_schools(
        &mut self,
        options: &Measure,
        year: i16,
        coverage: Coverage,
        snapshot: &HashMap<i32, &SchoolRow>,
        locations: &[(u32, Location)],
    ) {
        let day = AcademicYear::starting(year).start_date();
        let mut year_schools = HashMap::with_capacity(snapshot.len());
        let of_year: Vec<&Offered> = self.offered.range((year, 0)..=(year, TOTAL)).map(|(_, offered)| offered).collect();
        // The number of schools for each description of an authority: a few rows of a register may have an older code or another region. Schools of the total
        // describe an authority, and others only where there are none.
        let mut described: BTreeMap<u32, BTreeMap<&Location, u32>> = BTreeMap::new();
        let mut described_by_others: BTreeMap<u32, BTreeMap<&Location, u32>> = BTreeMap::new();
        for school in snapshot.values() {
            let Some(region) = school.region else { continue };
            let in_total = school.outside(coverage, day, &options.type_group_codes).is_none();
            let in_programme = || of_year.iter().any(|offered| offered.eligible[school.class]) && school.is_open(coverage, day);
            if !(in_total || in_programme()) {
                continue;
            }
            let (la, location) = &locations[school.location];
            let (la, kind) = (*la, SchoolKind { phase: school.phase, class: school.class, in_total });
            year_schools.insert(school.urn, YearSchool { region, la, kind });
            let describes = if in_total { &mut described } else { &mut described_by_others };
            *describes.entry(la).or_default().entry(location).or_default() += 1;
            if coverage != Coverage::Uncovered {
                *self.schools.entry((year, region, la, kind)).or_default() += 1;
            }
        }
        for (la, locations) in described_by_others {
            described.entry(la).or_insert(locations);
        }
        let authorities = described.into_iter().map(|(la, described)| {
            // The most frequent description; the first in order on a tie, so that the order of events does not matter.
            let most = described.values().max().copied();
            let location = described.into_iter().find(|(_, count)| Some(*count) == most);
            let (location, _) = location.expect("an authority is described by its schools");
            let authority = Authority {
                region: REGIONS[location.region.expect("its schools lie in a region")],
                old_la_code: location.old_la_code.clone(),
                new_la_code: location.new_la_code.clone(),
                la_name: location.la_name.clone(),
            };
            (la, authority)
        });
        self.authorities.insert(year, authorities.collect());
        self.year_schools.insert(year, year_schools);
    }

    fn add_counted_for(&mut self, options: &Measure, year: i16, coverage: Coverage, lineage: &Lineage, facts: &[Fact]) {
        let day = AcademicYear::starting(year).start_date();
        let year_schools = &self.year_schools[&year];
        let first = options.first_year.first_year();
        let urns: BTreeSet<i32> = facts.iter().filter(|fact| (first..=year).contains(&fact.year)).map(|fact| fact.urn).collect();
        let mut counted_for = BTreeMap::new();
        for urn in urns {
            let mut current_urns: BTreeSet<i32> =
                if coverage == Coverage::Uncovered { lineage.newest(urn, day) } else { lineage.descendants(urn, day) };
            current_urns.retain(|urn| year_schools.contains_key(urn));
            if current_urns.is_empty() && year_schools.contains_key(&urn) {
                current_urns.insert(urn);
            }
            counted_for.insert(urn, current_urns);
        }
        self.counted_for.insert(year, counted_for);
    }

    fn note(
        &self,
        options: &Measure,
        year: i16,
        coverage: Coverage,
        register: Option<RegisterUsed>,
        snapshot: &HashMap<i32, &SchoolRow>,
        facts: &[Fact],
    ) -> YearNote {
        let day = AcademicYear::starting(year).start_date();
        let year_schools = &self.year_schools[&year];
        let counted_for = &self.counted_for[&year];
        let mut reasons: BTreeMap<i32, &'static str> = BTreeMap::new();
        let mut counted: BTreeSet<i32> = BTreeSet::new();
        let mut itself: BTreeSet<i32> = BTreeSet::new();
        let mut heirs: BTreeMap<i32, BTreeSet<i32>> = BTreeMap::new();
        // A school's facts differ by stage and earlier year, and count for the same schools: each programme once, and once more for the year itself.
        let mut schools: Vec<(i32, u32, bool)> = facts
            .iter()
            .filter(|fact| (options.first_year.first_year()..=year).contains(&fact.year))
            .map(|fact| (fact.urn, fact.programme, fact.year == year))
            .collect();
        schools.sort_unstable();
        schools.dedup();
        for (urn, programme, is_in_year) in schools {
            let current_urns = &counted_for[&urn];
            let counts_for: Vec<i32> =
                current_urns.iter().copied().filter(|urn| self.takes(year, programme, year_schools[urn].kind)).collect();
            if is_in_year {
                if !counts_for.is_empty() {
                    counted.insert(urn);
                } else if !current_urns.is_empty() {
                    reasons.insert(urn, outside::PHASE_NOT_PLAYED);
                } else {
                    let reason = snapshot.get(&urn).and_then(|school| school.outside(coverage, day, &options.type_group_codes));
                    reasons.insert(urn, reason.unwrap_or(outside::UNKNOWN));
                }
            }
            for heir in counts_for {
                if heir == urn {
                    itself.insert(heir);
                } else {
                    heirs.entry(urn).or_default().insert(heir);
                }
            }
        }
        let mut outside_counts = BTreeMap::new();
        for (_, reason) in reasons.into_iter().filter(|(urn, _)| !counted.contains(urn)) {
            *outside_counts.entry(reason).or_default() += 1;
        }
        let count = |length: usize| u32::try_from(length).expect("there are fewer schools than people");
        let inherited: BTreeSet<i32> = heirs.values().flatten().filter(|urn| !itself.contains(urn)).copied().collect();
        let splits: Vec<&BTreeSet<i32>> = heirs.values().filter(|heirs| heirs.len() > 1).collect();
        let split_heirs: BTreeSet<i32> = splits.iter().flat_map(|heirs| heirs.iter().copied()).collect();
        YearNote {
            year: AcademicYear::starting(year),
            coverage,
            register,
            schools_count: if coverage == Coverage::Uncovered {
                0
            } else {
                count(year_schools.values().filter(|school| school.kind.in_total).count())
            },
            outside_counts,
            inherited_count: count(inherited.len()),
            split_predecessors_count: count(splits.len()),
            split_inherited_count: count(split_heirs.len()),
        }
    }
}

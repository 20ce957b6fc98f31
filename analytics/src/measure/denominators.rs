//! Denominators: for every year its schools, their locations, and the schools that the facts of a school count for.

use std::collections::{BTreeMap, HashMap};

use eligibility::{Class, PHASE_16_PLUS, phase_of_code};
use time::{AcademicYear, Date};

use super::{
    Authority, Measure, Phase, REGIONS, YearNote,
    catalogue::Catalogue,
    cell::{CellKey, Cells},
    count::TOTAL,
    fact::Fact,
    lineage::Lineage,
    programme::Played,
    register::{Coverage, Registers},
    school::{Location, SchoolRow},
    year::{CountedFor, SchoolKind, YearSchool, YearSchools},
};

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
    pub(super) year_schools: BTreeMap<i16, YearSchools>,
    /// By year and index of the programme.
    pub(super) offered: BTreeMap<(i16, u32), Offered>,
    /// Schools of the denominators, by year, region, authority and kind. Covered years only.
    schools: HashMap<(i16, usize, u32, SchoolKind), u32>,
    /// Three-digit codes of authorities, by index.
    las: Vec<String>,
    pub(super) authorities: BTreeMap<i16, BTreeMap<u32, Authority>>,
    pub(super) counted_for: BTreeMap<i16, CountedFor>,
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
        let mut counts = vec![0; self.locations.len()];
        for school in snapshot.values() {
            counts[school.location] += 1;
        }
        let schools_count = |code: &str| -> usize {
            let of_code = self.locations.iter().zip(&counts).filter(|(location, _)| location.old_la_code == code);
            of_code.map(|(_, count)| *count).sum()
        };
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
            schools: HashMap::new(),
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
            denominators.add_counted_for(year, coverage, &lineage, facts);
            let outside = |urn: i32| snapshot.get(&urn)?.outside(coverage, day, &options.type_group_codes);
            let note = YearNote::new(&denominators, (year, coverage), register, facts, outside);
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
            // Rounds of later years may be known already.
            for (&year, phases) in played.phases.iter().filter(|(year, _)| self.years.contains(year)) {
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
        let mut year_schools = Vec::with_capacity(snapshot.len());
        let of_year: Vec<&Offered> = self.offered.range((year, 0)..=(year, TOTAL)).map(|(_, offered)| offered).collect();
        // Schools at each location: of the total, and others.
        let mut described = vec![[0_u32; 2]; locations.len()];
        for school in snapshot.values() {
            let Some(region) = school.region else { continue };
            let in_total = school.outside(coverage, day, &options.type_group_codes).is_none();
            let in_programme = || of_year.iter().any(|offered| offered.eligible[school.class]) && school.is_open(coverage, day);
            if !(in_total || in_programme()) {
                continue;
            }
            let la = locations[school.location].0;
            let kind = SchoolKind { phase: school.phase, class: school.class, in_total };
            year_schools.push((school.urn, YearSchool { region, la, kind }));
            described[school.location][usize::from(!in_total)] += 1;
            if coverage != Coverage::Uncovered {
                *self.schools.entry((year, region, la, kind)).or_default() += 1;
            }
        }
        // The number of schools for each description of an authority: a few rows of a register may have an older code or another region. Schools of the total
        // describe an authority, and others only where there are none.
        let mut descriptions: BTreeMap<u32, BTreeMap<&Location, [u32; 2]>> = BTreeMap::new();
        for ((la, location), [of_total, others]) in locations.iter().zip(described).filter(|(_, counts)| *counts != [0; 2]) {
            let counts = descriptions.entry(*la).or_default().entry(location).or_default();
            *counts = [counts[0] + of_total, counts[1] + others];
        }
        let authorities = descriptions.into_iter().map(|(la, described)| {
            // The most frequent description; the first in order on a tie, so that the order of events does not matter.
            let is_of_total = described.values().any(|[of_total, _]| *of_total > 0);
            let count = |[of_total, others]: [u32; 2]| if is_of_total { of_total } else { others };
            let most = described.values().map(|counts| count(*counts)).max();
            let location = described.into_iter().find(|(_, counts)| Some(count(*counts)) == most);
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
        self.year_schools.insert(year, YearSchools::new(year_schools));
    }

    fn add_counted_for(&mut self, year: i16, coverage: Coverage, lineage: &Lineage, facts: &[Fact]) {
        let day = AcademicYear::starting(year).start_date();
        let year_schools = &self.year_schools[&year];
        let mut counted_for = CountedFor::default();
        for facts in facts.chunk_by(|a, b| a.urn == b.urn) {
            let urn = facts[0].urn;
            let current_urns =
                if coverage == Coverage::Uncovered { lineage.newest(urn, day) } else { lineage.descendants(urn, day) };
            let mut schools: Vec<usize> = current_urns.into_iter().filter_map(|urn| year_schools.index(urn)).collect();
            if schools.is_empty() {
                schools.extend(year_schools.index(urn));
            }
            counted_for.push(urn, schools);
        }
        self.counted_for.insert(year, counted_for);
    }
}

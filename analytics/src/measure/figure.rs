//! The rows of the published files: their existence, order, and state.

use std::collections::{BTreeMap, HashMap};

use time::AcademicYear;

use super::{
    Authority, Level, Phase, REGIONS, Stage,
    cell::{Cells, Counts},
    count::TOTAL,
    denominators::{Denominators, Offered},
    register::Coverage,
};

/// The state of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FigureState {
    /// Counts and percentages are available.
    Complete,
    /// No register covers the day: counts of reached schools are available, the rest is `x`.
    NotCovered,
    /// The programme is not played in the phase or the year: all values are `z`.
    NotPlayed,
    /// There is no eligible school: percentages are `z`.
    NoSchools,
    /// Those who can take part are in no register: the number of schools and percentages are `z`.
    NoDenominator,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Academic year.
    pub year: AcademicYear,
    /// Geographic level and area.
    pub level: Level,
    /// Index into [`super::Reach::programmes`]; `None` for the total, in which a school of several programmes counts once.
    pub programme: Option<usize>,
    /// Phase; `None` for the total.
    pub phase: Option<Phase>,
    /// Stage.
    pub stage: Stage,
    /// The state of the figure; a count is meaningful only in some states.
    pub state: FigureState,
    /// Eligible schools open on the first day of the year. 0 unless covered and played.
    pub schools_count: u32,
    /// Of these, the schools reached in the year. Where the year is not covered, all reached schools.
    pub reached_count: u32,
    /// Of the schools reached in the year, the new ones: no earlier year reached them at this stage, themselves or through a predecessor. The others
    /// continue.
    pub reached_new_count: u32,
    /// Of these, the schools reached in any year since the first one. Where the year is not covered, all such schools.
    pub reached_since_count: u32,
}

/// Sums over the cells: by year, place, programme (`TOTAL` for all) and the schools that are counted.
type Key = (i16, Place, u32, Counted);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    England,
    Region(usize),
    Authority(u32),
}

/// The schools of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    /// Those with a phase, which are primary, secondary and all-through schools.
    Phases,
    /// Those of a phase.
    Phase(Phase),
    /// All, 16 plus institutions too.
    With16Plus,
}

impl Counted {
    /// The sums in which a school of a phase is counted.
    fn of(phase: Option<Phase>) -> impl Iterator<Item = Self> {
        let by_phase = phase.map(|phase| [Self::Phases, Self::Phase(phase)]);
        by_phase.into_iter().flatten().chain([Self::With16Plus])
    }

    fn phase(self) -> Option<Phase> {
        if let Self::Phase(phase) = self { Some(phase) } else { None }
    }
}

struct Sums {
    schools: HashMap<Key, u32>,
    reached: HashMap<(Key, Stage), Counts>,
}

impl Sums {
    fn new(cells: &Cells) -> Self {
        let mut sums = Self { schools: HashMap::new(), reached: HashMap::new() };
        for (key, cell) in &cells.cells {
            for place in [Place::England, Place::Region(key.region), Place::Authority(key.la)] {
                for counted in Counted::of(key.phase) {
                    let sum = (key.year, place, key.programme.unwrap_or(TOTAL), counted);
                    *sums.schools.entry(sum).or_default() += cell.schools.unwrap_or(0);
                    for (stage, counts) in Stage::ALL.into_iter().zip(cell.stages) {
                        *sums.reached.entry((sum, stage)).or_default() += counts;
                    }
                }
            }
        }
        sums
    }
}

/// All rows, in the order of the files: year, level and place, programme, phase, stage; a total comes before its parts. Then the rows of the programmes that
/// take 16 plus institutions, with these and without phases.
pub(super) fn figures(denominators: &Denominators, cells: &Cells) -> (Vec<Figure>, Vec<Figure>) {
    let sums = Sums::new(cells);
    let (mut figures, mut post_16_figures) = (Vec::new(), Vec::new());
    for &year in &denominators.years {
        for (place, level) in places(denominators, year) {
            for programme in denominators.programmes_with_total() {
                let phases = Phase::ALL.into_iter().filter(|phase| denominators.played(year, programme, *phase)).count();
                for counted in std::iter::once(Counted::Phases).chain(Phase::ALL.into_iter().map(Counted::Phase)) {
                    let played = counted.phase().map_or(phases > 0, |phase| denominators.played(year, programme, phase));
                    figures.extend(rows(denominators, &sums, (year, place, programme, counted), &level, played));
                }
                let of_any_year = |offered: &Offered| offered.takes_16_plus;
                let mut offered = denominators.offered.iter().filter(|((_, one), _)| *one == programme);
                if offered.any(|(_, offered)| of_any_year(offered)) {
                    let played = denominators.offered.get(&(year, programme)).is_some_and(of_any_year);
                    post_16_figures.extend(rows(
                        denominators,
                        &sums,
                        (year, place, programme, Counted::With16Plus),
                        &level,
                        played,
                    ));
                }
            }
        }
    }
    (figures, post_16_figures)
}

/// The rows of a sum, one for each stage.
fn rows(denominators: &Denominators, sums: &Sums, key: Key, level: &Level, played: bool) -> impl Iterator<Item = Figure> {
    let (year, _, programme, counted) = key;
    let covered = denominators.coverage[&year] != Coverage::Uncovered;
    let no_denominator = denominators.offered.get(&(year, programme)).is_some_and(|offered| offered.no_denominator);
    let schools_count = sums.schools.get(&key).copied().filter(|_| covered && !no_denominator).unwrap_or(0);
    let state = match (played, covered, schools_count) {
        (false, _, _) => FigureState::NotPlayed,
        (true, _, _) if no_denominator => FigureState::NoDenominator,
        (true, false, _) => FigureState::NotCovered,
        (true, true, 0) => FigureState::NoSchools,
        (true, true, _) => FigureState::Complete,
    };
    Stage::ALL.into_iter().map(move |stage| {
        let counts = sums.reached.get(&(key, stage)).copied().filter(|_| played).unwrap_or_default();
        Figure {
            year: AcademicYear::starting(year),
            level: level.clone(),
            programme: (programme != TOTAL).then_some(programme as usize),
            phase: counted.phase(),
            stage,
            state,
            schools_count,
            reached_count: counts.reached,
            reached_new_count: counts.new,
            reached_since_count: counts.since,
        }
    })
}

fn places(denominators: &Denominators, year: i16) -> Vec<(Place, Level)> {
    let mut places = vec![(Place::England, Level::National)];
    places.extend(REGIONS.iter().enumerate().map(|(index, region)| (Place::Region(index), Level::Regional(*region))));
    let authorities: BTreeMap<&Authority, u32> =
        denominators.authorities[&year].iter().map(|(la, authority)| (authority, *la)).collect();
    places
        .extend(authorities.into_iter().map(|(authority, la)| (Place::Authority(la), Level::LocalAuthority(authority.clone()))));
    places
}

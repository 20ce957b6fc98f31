//! Measure: everything anew from the lake, true on a day and known on a day.
//!
//! **Known on** a day: what was recorded by its end in Europe/London counts, nothing later. **True on** a day: of that, what had become true by
//! the day. So two reports can be explained against each other: the same true-on with a later known-on shows what was learned since.

mod coldness;
mod count;
mod fact;
mod figure;
mod ground;
mod kind;
mod lineage;
mod recorded;
mod register;
mod school;

use std::path::{Path, PathBuf};

pub use coldness::{ColdArea, ColdnessPolicy};
pub use figure::{Figure, FigureState};
pub use ground::YearNote;
pub use kind::{Authority, Level, Phase, Programme, REGIONS, Region, Stage};
use recorded::Recorded;
pub use register::{Coverage, RegisterUsed};
use time::{AcademicYear, Date};

use crate::Error;

/// What to measure, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The day on which the figures are true. The newest year is the one in which it lies.
    pub true_on: Date,
    /// What was recorded by the end of this day counts.
    pub known_on: Date,
    /// The first academic year, from which "since" counts.
    pub first_year: AcademicYear,
    /// Establishment type groups that are state-funded, for days on which a register has no status column.
    pub type_group_codes: Vec<i32>,
    /// How cold areas are found.
    pub coldness: ColdnessPolicy,
}

impl Measure {
    /// The rules that are in force: from 2014/15, the year in which the hubs began; type groups 4, 10 and 11.
    pub fn on(true_on: Date, known_on: Date) -> Self {
        Self {
            true_on,
            known_on,
            first_year: AcademicYear::starting(2014),
            type_group_codes: vec![4, 10, 11],
            coldness: ColdnessPolicy::default(),
        }
    }
}

/// Everything that was measured. Depends on what happened only: not on ids, positions, or the order in which feeds were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// By what rules.
    pub options: Measure,
    /// By id.
    pub programmes: Vec<Programme>,
    /// The rows of the files, in their order.
    pub figures: Vec<Figure>,
    /// By programme, phase and rank; those without a rank last. Empty when no year is covered.
    pub cold_areas: Vec<ColdArea>,
    /// One for each academic year, oldest first.
    pub years: Vec<YearNote>,
    /// The newest register that was known.
    pub register: RegisterUsed,
}

impl Reach {
    /// The newest year that a register covers: the one of the page's table and of the cold areas.
    pub fn newest_covered_year(&self) -> Option<AcademicYear> {
        self.years.iter().rev().find(|note| note.coverage != Coverage::Uncovered).map(|note| note.year)
    }

    /// The newest year.
    pub fn newest_year(&self) -> AcademicYear {
        AcademicYear::of(self.options.true_on)
    }

    /// One figure; `None` when the files have no such row.
    pub fn find_figure(
        &self,
        year: AcademicYear,
        level: &Level,
        programme: Option<&str>,
        phase: Option<Phase>,
        stage: Stage,
    ) -> Option<&Figure> {
        self.figures.iter().find(|figure| {
            figure.year == year
                && figure.phase == phase
                && figure.stage == stage
                && figure.level == *level
                && figure.programme.map(|index| self.programmes[index].id.as_str()) == programme
        })
    }
}

/// Measures one lake again and again. What was read and checked is kept, so that each time only what was collected since is read.
pub struct Measurer {
    lake: PathBuf,
    recorded: Recorded,
}

impl Measurer {
    /// Of a lake, of which nothing is read yet.
    pub fn new(lake: &Path) -> Self {
        Self { lake: lake.to_owned(), recorded: Recorded::default() }
    }

    /// Measures. Errors when a file of the lake is not what was committed, when an event cannot be read, or when no register was known.
    pub fn measure(&mut self, options: &Measure) -> Result<Reach, Error> {
        let last = AcademicYear::of(options.true_on);
        if last < options.first_year {
            let (true_on, first_year) = (options.true_on.to_string(), options.first_year.to_string());
            return Err(Error::BeforeFirstYear { true_on, first_year });
        }
        // The engine looks for the caller's asynchronous runtime, and refuses one with a single thread; a thread of its own has none.
        std::thread::scope(|scope| {
            let measuring = scope.spawn(|| {
                self.recorded.read_on(&self.lake, options.known_on)?;
                measure_recorded(&self.recorded, options)
            });
            measuring.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// Measures a lake once, as [`Measurer::measure`] does.
pub fn measure(lake: &Path, options: &Measure) -> Result<Reach, Error> {
    Measurer::new(lake).measure(options)
}

fn measure_recorded(recorded: &Recorded, options: &Measure) -> Result<Reach, Error> {
    let last = AcademicYear::of(options.true_on);
    let (registers, enrolment) = (&recorded.registers, &recorded.enrolment);
    let newest = registers.newest().ok_or_else(|| Error::RegisterMissing { known_on: options.known_on.to_string() })?;
    let programmes = enrolment.programmes();
    let ids: Vec<String> = programmes.keys().cloned().collect();
    let mut facts = enrolment.facts(&ids, options.true_on);
    facts.retain(|fact| (options.first_year.first_year()..=last.first_year()).contains(&fact.year));
    let ground = ground::Ground::new(options, registers, newest, programmes, &facts);
    let cells = count::cells(&ground, &facts)?;
    let figures = figure::figures(&ground, &cells);
    let newest_covered = ground.notes.iter().rev().find(|note| note.coverage != Coverage::Uncovered).map(|note| note.year);
    let cold_areas = coldness::cold_areas(&figures, newest_covered, &options.coldness);
    let programmes = named(ground.programmes);
    Ok(Reach {
        options: options.clone(),
        programmes,
        figures,
        cold_areas,
        years: ground.notes,
        register: RegisterUsed::new(registers.register(newest)),
    })
}

/// The names by which the files tell programmes apart: with the id where a name is shared, missing, or that of the total.
fn named(programmes: Vec<(String, fact::Played)>) -> Vec<Programme> {
    let shared = |name: &str| programmes.iter().filter(|(_, played)| played.display_name == name).count() > 1;
    let name = |id: &String, name: &str| {
        if name.is_empty() || name == "Total" || shared(name) {
            format!("{name} ({id})").trim().to_owned()
        } else {
            name.to_owned()
        }
    };
    programmes.iter().map(|(id, played)| Programme { id: id.clone(), display_name: name(id, &played.display_name) }).collect()
}

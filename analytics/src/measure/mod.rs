//! Measure: computes all figures from the lake, true on a day, known on a day and up to feed positions.
//!
//! **Known on** a day: records until the end of the day in Europe/London count, later ones do not. **True on** a day: of these, the facts that had
//! become true by the day. So two reports can be compared: the same true-on day with a later known-on day shows which facts were recorded since.

mod catalogue;
mod cell;
mod change;
mod coldness;
mod count;
mod deferral;
mod denominators;
mod dimension;
mod fact;
mod figure;
mod key;
mod known;
mod lineage;
mod note;
mod policy;
mod programme;
mod register;
mod rows;
mod school;
mod specialist;
mod stability;
mod suppression;
mod teacher;
mod year;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

pub use cell::Cells;
pub use change::{Cause, Change, SchoolState};
pub use coldness::ColdArea;
pub use dimension::{Authority, Level, Programme, REGIONS, Region, Stage};
pub use figure::{Figure, FigureState};
pub use name::Phase;
pub use note::YearNote;
pub use policy::{Decided, FactKind, ReachPolicy};
pub use register::{Coverage, NEAREST_DAYS_MAX, RegisterUsed};
pub use stability::{COLDEST_COUNT, Stability};
pub use teacher::TeacherFigure;
use time::{AcademicYear, Date};

use self::{
    change::View, denominators::Denominators, fact::Fact, known::Rows, register::Registers, specialist::Specialists,
    teacher::Teachers,
};
use crate::{
    Error,
    lake::{Known, Lake, Manifest, Positions, Reader, ReportEntry},
};

/// The days, feed positions and rules of a measurement. The policy is not among them: it follows from the days and positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The day on which the figures are true. The newest academic year is the one of this day.
    pub true_on: Date,
    /// The last day whose records count.
    pub known_on: Date,
    /// Only events up to these feed positions count; `None` for all events of the lake. Events of a source without a position do not count.
    pub positions: Option<Positions>,
    /// The first academic year, from which "since" counts.
    pub first_year: AcademicYear,
    /// Establishment type groups of state-funded schools, for days on which a register has no status column.
    pub type_group_codes: Vec<i32>,
}

impl Measure {
    /// The current rules: from 2014/15, the year in which the hubs began; type groups 4, 10 and 11.
    pub fn on(true_on: Date, known_on: Date) -> Self {
        Self { true_on, known_on, positions: None, first_year: AcademicYear::starting(2014), type_group_codes: vec![4, 10, 11] }
    }

    /// The same up to feed positions, as collect or an earlier report returns them.
    pub fn up_to(self, positions: Positions) -> Self {
        Self { positions: Some(positions), ..self }
    }
}

/// The result of a measurement. It depends on the facts only: not on ids, positions, or the order in which feeds were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The days, positions and rules.
    pub options: Measure,
    /// The policy in force on the true-on day, of those recorded by the known-on day.
    pub policy: ReachPolicy,
    /// Programmes, ordered by id.
    pub programmes: Vec<Programme>,
    /// The counted schools from which the figures are made, except those of teachers.
    pub cells: Cells,
    /// The rows of the files, in their order.
    pub figures: Vec<Figure>,
    /// The rows of the files of programmes that 16 plus institutions can take part in. Their denominators hold these institutions too, and no phase.
    pub post_16_figures: Vec<Figure>,
    /// The rows of the file of teachers, in their order. Empty before the first meeting.
    pub teacher_figures: Vec<TeacherFigure>,
    /// Ordered by programme, phase and rank; areas without a rank come last. Empty when no year is covered.
    pub cold_areas: Vec<ColdArea>,
    /// One note for each academic year, oldest first.
    pub years: Vec<YearNote>,
    /// The newest known register.
    pub register: RegisterUsed,
    /// True if an import says that its schools or records are invented.
    pub demonstration: bool,
}

impl Reach {
    /// The newest year that a register covers: the year of the page's table and of the cold areas.
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

/// Measures one lake repeatedly. Files that were compared with the manifest once are not compared again.
pub struct Measurer {
    lake: PathBuf,
    verified: HashSet<String>,
}

impl Measurer {
    /// A measurer of a lake, without reading it yet.
    pub fn new(lake: &Path) -> Self {
        Self { lake: lake.to_owned(), verified: HashSet::new() }
    }

    /// Measures. Errors when a file of the lake differs from its commit, when an event cannot be read, or when no register was known.
    pub fn measure(&mut self, options: &Measure) -> Result<Reach, Error> {
        self.on_separate_thread(|measurer| {
            let (basis, facts) = measurer.basis(options, None)?;
            let cells = count::cells(&basis.denominators, &facts);
            Ok(basis.reach(options, cells))
        })
    }

    /// Like [`Measurer::measure`], with the cells of a file that another engine counted. Errors also when they do not fit the lake or were
    /// counted for other days.
    pub fn measure_cells(&mut self, options: &Measure, path: &Path) -> Result<Reach, Error> {
        self.on_separate_thread(|measurer| {
            let (basis, _) = measurer.basis(options, None)?;
            let cells = basis.denominators.cells().read(path, options)?;
            Ok(basis.reach(options, cells))
        })
    }

    /// The schools that count differently in the later measurement than in the earlier one, in the years of both. First the recorded differences: the
    /// earlier true-on day, as known on the later known-on day; then the facts that became true since; then the effect of another policy. Errors as measuring
    /// does.
    pub fn explain(&mut self, earlier: &Measure, later: &Measure) -> Result<Vec<Change>, Error> {
        self.on_separate_thread(|measurer| {
            let between = Measure { true_on: earlier.true_on, ..later.clone() };
            let mut view = |options: &Measure, policy: Option<&ReachPolicy>| {
                let (basis, facts) = measurer.basis(options, policy.cloned())?;
                Ok::<_, Error>((View::new(basis.denominators, &facts), basis.policy))
            };
            let (earlier, policy) = view(earlier, None)?;
            let (between, _) = view(&between, Some(&policy))?;
            let (same_policy, _) = view(later, Some(&policy))?;
            let mut changes = earlier.changes(&between, Cause::Learned);
            changes.extend(between.changes(&same_policy, Cause::Happened));
            let (later, later_policy) = view(later, None)?;
            if later_policy != policy {
                changes.extend(same_policy.changes(&later, Cause::Decided));
            }
            Ok(changes)
        })
    }

    /// The lake's folder.
    pub fn lake(&self) -> &Path {
        &self.lake
    }

    /// Stores the measurement of a report in the lake, by the SHA-256 of its content. Errors when the lake cannot be written.
    pub fn keep_report(&self, options: &Measure, content_sha256: &str) -> Result<(), Error> {
        let mut lake = Lake::open(&self.lake)?;
        let report = ReportEntry {
            true_on_date: options.true_on.to_string(),
            known_on_date: options.known_on.to_string(),
            positions: options.positions.clone().unwrap_or_else(|| lake.manifest().positions()),
        };
        lake.keep_report(content_sha256, report)
    }

    /// The measurements of reports with this content, oldest first. Errors when the lake cannot be read.
    pub fn reports(&self, content_sha256: &str) -> Result<Vec<ReportEntry>, Error> {
        Ok(Manifest::load(&self.lake)?.reports.remove(content_sha256).unwrap_or_default())
    }

    /// Reads the denominators and the facts.
    fn basis(&mut self, options: &Measure, policy: Option<ReachPolicy>) -> Result<(Basis, Vec<Fact>), Error> {
        if AcademicYear::of(options.true_on) < options.first_year {
            let (true_on, first_year) = (options.true_on.to_string(), options.first_year.to_string());
            return Err(Error::BeforeFirstYear { true_on, first_year });
        }
        let mut reader = Reader::open(&self.lake, std::mem::take(&mut self.verified))?;
        let basis = Basis::read(&mut reader, options, policy);
        self.verified = reader.into_verified();
        basis
    }

    /// The engine uses the caller's asynchronous runtime, and refuses a single-threaded one; a separate thread has no runtime.
    fn on_separate_thread<T: Send>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error> + Send) -> Result<T, Error> {
        std::thread::scope(|scope| scope.spawn(|| work(self)).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

/// Measures a lake once, like [`Measurer::measure`].
pub fn measure(lake: &Path, options: &Measure) -> Result<Reach, Error> {
    Measurer::new(lake).measure(options)
}

/// The registers, the denominators of all years, and the policy.
struct Basis {
    registers: Registers,
    denominators: Denominators,
    teachers: Teachers,
    policy: ReachPolicy,
}

impl Basis {
    /// Reads the known rows, and the facts that are counted against the denominators, by a policy: by default the one in force on the true-on day.
    fn read(reader: &mut Reader, options: &Measure, policy: Option<ReachPolicy>) -> Result<(Self, Vec<Fact>), Error> {
        reader.check_positions(options.positions.as_ref())?;
        let mut rows = Rows::new(reader, Known { on: options.known_on, positions: options.positions.as_ref() });
        let registers = rows.registers()?;
        let newest = registers.newest().ok_or_else(|| Error::RegisterMissing { known_on: options.known_on.to_string() })?;
        let catalogue = rows.catalogue()?;
        let policy = match policy {
            Some(policy) => policy,
            None => rows.policies()?.on(options.true_on),
        };
        let counts = policy.fact_kinds.contains(&FactKind::Specialist);
        let specialists = if counts { Specialists::read(&mut rows, options)? } else { Specialists::default() };
        let facts = fact::facts(&mut rows, options, specialists.facts)?;
        let teachers = Teachers::read(&mut rows, options, &registers, newest)?;
        let of_facts = facts.programmes().into_iter().chain(teachers.programmes()).collect();
        let programmes = rows.rounds()?.programmes(of_facts, specialists.cohorts.values());
        let ids: Vec<String> = programmes.keys().cloned().collect();
        let facts = facts.in_order(&ids);
        let denominators = Denominators::new(options, &registers, newest, programmes, &catalogue, &facts);
        Ok((Self { registers, denominators, teachers, policy }, facts))
    }

    fn reach(self, options: &Measure, cells: Cells) -> Reach {
        let Self { registers, denominators, teachers, policy } = self;
        let (figures, post_16_figures) = figure::figures(&denominators, &cells);
        let teacher_figures = teachers.figures(&denominators);
        let newest_covered =
            denominators.notes.iter().rev().find(|note| note.coverage != Coverage::Uncovered).map(|note| note.year);
        let cold_areas = coldness::cold_areas(&figures, newest_covered, &policy);
        let newest = registers.newest().expect("the denominators come from a register");
        Reach {
            options: options.clone(),
            policy,
            programmes: named(denominators.programmes),
            cells,
            figures,
            post_16_figures,
            teacher_figures,
            cold_areas,
            years: denominators.notes,
            register: registers.register(newest),
            demonstration: registers.is_demonstration(),
        }
    }
}

/// The names of programmes in the files: with the id where a name is shared, missing, or that of the total.
fn named(programmes: Vec<(String, programme::Played)>) -> Vec<Programme> {
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

//! The rows of a publication: figures and cold areas.

use db::Column;
use name::{Phase, ProgrammeId};
use time::AcademicYear;

db::code_enum! {
    /// DfE's levels of geography.
    pub(crate) enum Level {
        /// England.
        National = 1,
        /// A region.
        Regional = 2,
        /// A local authority.
        LocalAuthority = 3,
    }
}

db::code_enum! {
    /// How far a school came.
    pub(crate) enum Stage {
        /// It submitted an application.
        Applied = 1,
        /// It accepted a place.
        Enrolled = 2,
        /// It took up the year.
        Active = 3,
        /// It completed the year.
        Completed = 4,
    }
}

db::code_enum! {
    /// The numbers that a figure has.
    pub(crate) enum FigureState {
        /// All of them.
        Complete = 1,
        /// Counts of reached schools.
        NotCovered = 2,
        /// None: `z`.
        NotPlayed = 3,
        /// Counts of 0: there is no school.
        NoSchools = 4,
        /// Counts of reached schools: those who can take part are in no register.
        NoDenominator = 5,
    }
}

/// The programme of a figure or an area. Stored and sent as its id, or as `total`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ReachProgramme {
    /// All programmes together.
    Total,
    /// By its id.
    One(ProgrammeId),
}

impl ReachProgramme {
    /// Reads an id, or `total`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "total" => Ok(Self::Total),
            id => ProgrammeId::parse(id).map(Self::One).map_err(|_| "must be 1 to 60 lower-case letters, digits and hyphens"),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Total => "total",
            Self::One(id) => id.as_str(),
        }
    }
}

impl Column for ReachProgramme {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.as_str().to_owned()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        Self::parse(&stored).map_err(|error| format!("`{stored}` {error}"))
    }
}

db::column!(ReachProgramme);

/// One row of the published files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) academic_year: AcademicYear,
    pub(crate) level: Level,
    /// Empty at national level.
    pub(crate) region_code: String,
    /// Set for authorities.
    pub(crate) old_la_code: String,
    /// Set for authorities, unless the register gave none.
    pub(crate) new_la_code: String,
    pub(crate) programme: ReachProgramme,
    /// `None` is the total.
    pub(crate) phase: Option<Phase>,
    pub(crate) stage: Stage,
    pub(crate) state: FigureState,
    /// Eligible schools.
    pub(crate) schools: Option<i64>,
    /// Schools reached in the year.
    pub(crate) reached: Option<i64>,
    /// Of these, the new ones.
    pub(crate) new: Option<i64>,
    /// As tenths of a percent.
    pub(crate) reached_permille: Option<i64>,
    /// Schools ever reached.
    pub(crate) since: Option<i64>,
    /// As tenths of a percent.
    pub(crate) since_permille: Option<i64>,
}

/// An area, with the share of its schools that was never reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColdArea {
    /// Three digits.
    pub(crate) old_la_code: String,
    /// Nine characters, or empty.
    pub(crate) new_la_code: String,
    pub(crate) region_code: String,
    pub(crate) programme: ReachProgramme,
    pub(crate) phase: Phase,
    pub(crate) stage: Stage,
    /// Eligible schools.
    pub(crate) schools: i64,
    /// Of these, never reached.
    pub(crate) never: i64,
    /// Eligible schools of the region.
    pub(crate) region_schools: i64,
    /// Of these, never reached.
    pub(crate) region_never: i64,
    pub(crate) coldness_ppm: i64,
    /// 0 when the area is not ranked.
    pub(crate) rank: i64,
}

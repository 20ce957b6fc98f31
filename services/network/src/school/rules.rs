//! Rules of schools: what the register records about a school, and whether the programme counts it.

use std::sync::Arc;

use name::{Phase, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;

use geography::Region;

db::code_enum! {
    /// Why a row is in or out, on the extract's day. Where several reasons apply, [`RegisterReason::judge`] gives the first.
    pub(crate) enum RegisterReason {
        /// The programme counts the school.
        In = 1,
        /// Status 2.
        Closed = 2,
        /// Status 4.
        ProposedToOpen = 3,
        /// Not of establishment type group 4 (maintained), 10 (academies) or 11 (free schools).
        NotStateFunded = 4,
        /// Of a phase that is not counted.
        PhaseNotCounted = 5,
        /// In no region of England.
        NoRegion = 6,
        /// The status is blank, or an unknown code.
        UnknownStatus = 7,
        /// Open, and the phase is blank, or an unknown code.
        UnknownPhase = 8,
    }
}

impl RegisterReason {
    /// By the codes of a row; `None` is a field without a number. "Open, but proposed to close" (3) counts as open.
    pub(crate) fn judge(
        status_code: Option<i64>,
        type_group_code: i64,
        phase_code: Option<i64>,
        region: Option<&Region>,
    ) -> Self {
        match (status_code, phase_code) {
            (Some(2), _) => Self::Closed,
            (Some(4), _) => Self::ProposedToOpen,
            (Some(1 | 3), Some(phase_code @ 0..=7)) => {
                if !matches!(type_group_code, 4 | 10 | 11) {
                    Self::NotStateFunded
                } else if eligibility::phase_of_code(phase_code).is_none() {
                    Self::PhaseNotCounted
                } else if region.is_none() {
                    Self::NoRegion
                } else {
                    Self::In
                }
            }
            (Some(1 | 3), _) => Self::UnknownPhase,
            _ => Self::UnknownStatus,
        }
    }

    /// Whether the row has a code that this version does not know.
    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Self::UnknownStatus | Self::UnknownPhase)
    }
}

/// A row of an extract. Its texts are shared: those of an authority by its schools, and all of them with the statement that writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct School {
    pub(crate) urn: Urn,
    pub(crate) school_name: Arc<str>,
    /// Three digits.
    pub(crate) old_la_code: Arc<str>,
    /// Three digits: of the authority to which the school belonged before. Empty when none is known. The extract does not give it; an import sets it.
    pub(crate) former_old_la_code: Arc<str>,
    /// Nine characters, or empty outside England and where neither the extract nor the table of authorities gives one.
    pub(crate) new_la_code: Arc<str>,
    /// The authority's name.
    pub(crate) la_name: Arc<str>,
    pub(crate) region: Option<&'static Region>,
    /// GIAS' code.
    pub(crate) type_code: i64,
    /// GIAS' code.
    pub(crate) type_group_code: i64,
    /// 1 open, 2 closed, 3 open but proposed to close, 4 proposed to open, else unknown; 0 without a number.
    pub(crate) status_code: i64,
    /// 0 to 7, else unknown; 0 also without a number.
    pub(crate) phase_code: i64,
    /// As the programme counts it.
    pub(crate) phase: Option<Phase>,
    /// First day.
    pub(crate) open_date: Option<Date>,
    /// Last day.
    pub(crate) close_date: Option<Date>,
    pub(crate) reason: RegisterReason,
    /// Share of disadvantaged pupils in tenths of a percent.
    pub(crate) fsm_permille: Option<i64>,
    /// Statutory ages of the pupils.
    pub(crate) low_age: Option<i64>,
    pub(crate) high_age: Option<i64>,
    /// Empty when the extract does not say.
    pub(crate) postcode: Arc<str>,
    /// On the National Grid, in metres: easting and northing.
    pub(crate) coordinates: Option<(i64, i64)>,
}

/// A school of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegisterEntry {
    /// As the newest extract that listed it describes it.
    pub(crate) school: School,
    /// Whether the newest extract lists it.
    pub(crate) listed: bool,
    pub(crate) version: i64,
}

impl RegisterEntry {
    /// A school that no extract listed before.
    pub(crate) fn new(school: School) -> Self {
        Self { school, listed: true, version: 1 }
    }

    /// The entry when an extract lists the school again, or describes it differently.
    pub(crate) fn describe(&self, school: School) -> Self {
        Self { school, listed: true, version: self.version + 1 }
    }

    /// The entry when an extract does not list the school any more.
    pub(crate) fn unlist(self) -> Self {
        Self { listed: false, version: self.version + 1, ..self }
    }
}

impl Resource for RegisterEntry {
    fn name(&self) -> String {
        self.school.urn.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of schools that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchoolViolation {
    /// The newest extract does not list the school.
    NotListed(Urn),
}

impl RuleViolation for SchoolViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::NotListed(urn) => {
                let message = format!("the register does not list `{urn}`; import an extract that does, or name another school");
                ApiError::new(Reason::SchoolNotListed, message).with("school", urn)
            }
        }
    }
}

//! Rules of publications of reach: figures and cold areas, published as provisional and approved as final.

use access::Role;
use db::Column;
use name::{Phase, ProgrammeId};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date, Instant};

use super::parts::PublicationParts;
use crate::register::count_of;

name::id!(
    /// A publication, `reachPublications/{number}`.
    pub(crate) PublicationId, 40, "reachPublications"
);

/// A publication that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicationRef {
    /// `reachPublications/-`.
    Newest,
    /// By its id.
    One(PublicationId),
}

impl PublicationRef {
    /// Reads the name of a publication, or `reachPublications/-`.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let id = PublicationId::parse(name)?;
        Ok(if id.as_str() == "-" { Self::Newest } else { Self::One(id) })
    }

    /// The id; `None` for the newest.
    pub(crate) fn id(&self) -> Option<&PublicationId> {
        match self {
            Self::Newest => None,
            Self::One(id) => Some(id),
        }
    }
}

impl std::fmt::Display for PublicationRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Newest => f.write_str("reachPublications/-"),
            Self::One(id) => id.fmt(f),
        }
    }
}

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

/// The facts about all figures of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicationHeader {
    /// The newest year.
    pub(crate) academic_year: AcademicYear,
    /// The day on which the figures are true.
    pub(crate) true_on: Date,
    /// The last day whose records count.
    pub(crate) known_on: Date,
    /// The register's day.
    pub(crate) register_as_of: Date,
    /// Over the files.
    pub(crate) content_sha256: String,
    /// The number of schools by which a small area is drawn toward its region.
    pub(crate) prior_schools: i64,
    pub(crate) feed_positions: FeedPositions,
}

/// The position up to which a feed was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FeedPosition {
    /// The service.
    pub(crate) source: String,
    /// Its history.
    pub(crate) epoch: String,
    /// Of the last event.
    pub(crate) position: i64,
}

/// Positions of feeds, in order of source. Stored as one line `source epoch position` for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedPositions(pub(crate) Vec<FeedPosition>);

impl Column for FeedPositions {
    type Stored = String;

    fn to_stored(&self) -> String {
        let lines = self.0.iter().map(|feed| format!("{} {} {}", feed.source, feed.epoch, feed.position));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        let position = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
            [source, epoch, position] => {
                let position = position.parse().ok()?;
                Some(FeedPosition { source: source.to_owned(), epoch: epoch.to_owned(), position })
            }
            _ => None,
        };
        let positions =
            stored.lines().map(|line| position(line).ok_or_else(|| format!("`{line}` is not `source epoch position`")));
        positions.collect::<Result<_, _>>().map(Self)
    }
}

db::column!(FeedPositions);

db::text_enum! {
    /// The body for which an account approves.
    pub(crate) enum ApprovingBody {
        /// The Department for Education.
        Dfe = "Department for Education",
        /// The NCETM.
        Ncetm = "NCETM",
    }
}

impl ApprovingBody {
    /// Of an account with a role.
    pub(crate) fn of(role: Role) -> Self {
        if role == Role::Dfe { Self::Dfe } else { Self::Ncetm }
    }
}

/// The approval that made a publication final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approval {
    pub(crate) time: Instant,
    /// The account.
    pub(crate) approver: String,
    pub(crate) body: ApprovingBody,
    /// The last final publication about the same academic year before this one.
    pub(crate) superseded: Option<PublicationId>,
}

/// A publication of reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publication {
    /// Its number.
    pub(crate) id: PublicationId,
    pub(crate) header: PublicationHeader,
    /// The instant of publication.
    pub(crate) published: Instant,
    /// The account.
    pub(crate) publisher: String,
    /// `None` while the publication is provisional.
    pub(crate) approval: Option<Approval>,
    pub(crate) figures_count: i64,
    pub(crate) cold_areas_count: i64,
    pub(crate) version: i64,
}

impl Publication {
    /// A provisional publication. Its version is 0: each of its events makes the next.
    pub(super) fn new(id: PublicationId, parts: &PublicationParts, publisher: String, published: Instant) -> Self {
        Self {
            id,
            header: parts.header.clone(),
            published,
            publisher,
            approval: None,
            figures_count: count_of(parts.figures.len()),
            cold_areas_count: count_of(parts.areas.len()),
            version: 0,
        }
    }

    /// An approval of the publication, before it is known which publication it supersedes. Errors when the publication is final, or was published by the
    /// approver.
    pub(super) fn approval(&self, approver: &str, body: ApprovingBody, time: Instant) -> Result<Approval, ReachViolation> {
        if self.approval.is_some() {
            return Err(ReachViolation::Final(self.id.clone()));
        }
        if self.publisher == approver {
            return Err(ReachViolation::ApproverIsPublisher(self.id.clone()));
        }
        Ok(Approval { time, approver: approver.to_owned(), body, superseded: None })
    }

    /// The publication after its approval.
    pub(super) fn approve(self, approval: Approval) -> Self {
        Self { approval: Some(approval), version: self.version + 1, ..self }
    }
}

impl Resource for Publication {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of publications that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReachViolation {
    /// Rows are wrong: field and reason of each.
    RowsWrong(Vec<(String, String)>),
    /// The publication is final.
    Final(PublicationId),
    /// The approver published it.
    ApproverIsPublisher(PublicationId),
}

impl RuleViolation for ReachViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::RowsWrong(violations) => ApiError::fields(violations.clone()),
            Self::Final(id) => {
                ApiError::new(Reason::ReachFinal, format!("`{id}` is final and never changes; publish another one"))
                    .with("name", id)
            }
            Self::ApproverIsPublisher(id) => {
                let message = format!("`{id}` was published by the same person; another person must approve it");
                ApiError::new(Reason::ApproverIsPublisher, message).with("name", id)
            }
        }
    }
}

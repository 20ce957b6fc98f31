//! Rules of publications of reach: published as provisional, and approved as final.

use access::Role;
use db::Column;
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date, Instant};

use super::{ReachPolicy, ReachPolicyId, ReachRule, parts::PublicationParts};
use crate::register::count_of;

/// Days after the day of publication on which figures may be true: a year.
const TRUE_ON_AHEAD_DAYS_MAX: i32 = 366;

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
    /// The policy by which the figures were measured; `None` where none was in force.
    pub(crate) policy: Option<ReachPolicyId>,
    pub(crate) feed_positions: FeedPositions,
}

impl PublicationHeader {
    /// The rule by which the figures must have been measured: that of the policy in force on their day. Errors when the header names another policy.
    pub(super) fn rule(&self, in_force: Option<ReachPolicy>) -> Result<ReachRule, ReachViolation> {
        let expected = in_force.as_ref().map(|policy| &policy.id);
        if self.policy.as_ref() != expected {
            let (true_on, in_force) = (self.true_on, expected.cloned());
            return Err(ReachViolation::PolicyDiffers { named: self.policy.clone(), in_force, true_on });
        }
        Ok(in_force.map_or_else(ReachRule::assumed, |policy| policy.rule))
    }

    /// A day far ahead, for example a typing error, would keep every policy from starting before it.
    pub(super) fn check_day(&self, today: Date) -> Result<(), ReachViolation> {
        if self.true_on <= today.plus_days(TRUE_ON_AHEAD_DAYS_MAX) { Ok(()) } else { Err(ReachViolation::TooFarAhead) }
    }
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
    /// The hash of the last event as hexadecimal digits; empty when there was none.
    pub(crate) hash: String,
}

/// Positions of feeds, in order of source. Stored as one line `source epoch position hash` for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedPositions(pub(crate) Vec<FeedPosition>);

impl Column for FeedPositions {
    type Stored = String;

    fn to_stored(&self) -> String {
        let lines = self.0.iter().map(|feed| format!("{} {} {} {}", feed.source, feed.epoch, feed.position, feed.hash));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        let position = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
            [source, epoch, position, hash] => {
                let position = position.parse().ok()?;
                Some(FeedPosition { source: source.to_owned(), epoch: epoch.to_owned(), position, hash: hash.to_owned() })
            }
            _ => None,
        };
        let positions =
            stored.lines().map(|line| position(line).ok_or_else(|| format!("`{line}` is not `source epoch position hash`")));
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
    /// Over the figures and areas.
    pub(crate) figures_sha256: String,
    pub(crate) version: i64,
}

impl Publication {
    /// A provisional publication. Its version is 0: each of its events makes the next.
    pub(super) fn new(
        id: PublicationId,
        parts: &PublicationParts,
        figures_sha256: String,
        publisher: String,
        published: Instant,
    ) -> Self {
        Self {
            id,
            header: parts.header.clone(),
            published,
            publisher,
            approval: None,
            figures_count: count_of(parts.figures.len()),
            cold_areas_count: count_of(parts.areas.len()),
            figures_sha256,
            version: 0,
        }
    }

    /// Whether the publication has the figures that an approver names.
    pub(super) fn check_figures(&self, figures_sha256: &str) -> Result<(), ReachViolation> {
        if self.figures_sha256 == figures_sha256 { Ok(()) } else { Err(ReachViolation::FiguresDiffer(self.id.clone())) }
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
    /// The publication has other figures than the approver names.
    FiguresDiffer(PublicationId),
    /// The figures were measured by another policy than the one in force on their day.
    PolicyDiffers { named: Option<ReachPolicyId>, in_force: Option<ReachPolicyId>, true_on: Date },
    /// The figures are true on a day far ahead.
    TooFarAhead,
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
            Self::FiguresDiffer(id) => {
                let message = format!(
                    "the figures of `{id}` have another checksum than figures_sha256; measure again with `mathshubs report`, and approve the \
                     publication of the figures that were measured"
                );
                ApiError::new(Reason::FiguresDiffer, message).with("name", id)
            }
            Self::PolicyDiffers { named, in_force, true_on } => {
                let text =
                    |policy: &Option<ReachPolicyId>| policy.as_ref().map_or("no policy".to_owned(), |id| format!("`{id}`"));
                let message = format!(
                    "the figures were measured by {}, and {} is in force on {true_on}; measure again with `mathshubs report`",
                    text(named),
                    text(in_force)
                );
                let policy = in_force.as_ref().map(ToString::to_string).unwrap_or_default();
                ApiError::new(Reason::ReachPolicyDiffers, message).with("policy", policy)
            }
            Self::TooFarAhead => {
                ApiError::field("reach_publication.true_on_date", "must not be more than a year after the day of publication")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication() -> Publication {
        let day = |text: &str| Date::parse(text).expect("a day");
        let header = PublicationHeader {
            academic_year: AcademicYear::starting(2018),
            true_on: day("2019-08-31"),
            known_on: day("2019-09-30"),
            register_as_of: day("2018-09-01"),
            content_sha256: String::new(),
            policy: None,
            feed_positions: FeedPositions(Vec::new()),
        };
        let parts = PublicationParts { header, figures: Vec::new(), areas: Vec::new() };
        Publication::new(PublicationId::trusted("1"), &parts, parts.figures_sha256(), "anna".to_owned(), Instant::from_micros(0))
    }

    #[test]
    fn another_account_than_the_publisher_approves_a_publication_once() {
        let provisional = publication();
        let approve = |publication: &Publication, approver| {
            publication.approval(approver, ApprovingBody::of(Role::Dfe), Instant::from_micros(1))
        };
        let id = PublicationId::trusted("1");
        assert_eq!(approve(&provisional, "anna"), Err(ReachViolation::ApproverIsPublisher(id.clone())));
        let approval = approve(&provisional, "ben").expect("ben did not publish it");
        let last = provisional.clone().approve(approval);
        assert_eq!(last.version, provisional.version + 1);
        for approver in ["anna", "carol"] {
            assert_eq!(approve(&last, approver), Err(ReachViolation::Final(id.clone())));
        }
    }

    #[test]
    fn a_name_is_that_of_one_publication_or_of_the_newest() {
        for name in ["reachPublications/-", "reachPublications/7"] {
            assert_eq!(PublicationRef::parse(name).map(|publication| publication.to_string()), Ok(name.to_owned()));
        }
        assert_eq!(PublicationRef::parse("reachPublications/-"), Ok(PublicationRef::Newest));
        assert!(PublicationRef::parse("reachPublications/A").is_err());
    }

    #[test]
    fn feed_positions_are_stored_as_lines() {
        let feed = |source: &str, position, hash: &str| FeedPosition {
            source: source.to_owned(),
            epoch: "e1".to_owned(),
            position,
            hash: hash.to_owned(),
        };
        for (positions, stored) in
            [(Vec::new(), ""), (vec![feed("enrolment", 0, ""), feed("network", 52, "0f")], "enrolment e1 0 \nnetwork e1 52 0f")]
        {
            let positions = FeedPositions(positions);
            assert_eq!(positions.to_stored(), stored);
            assert_eq!(FeedPositions::from_stored(stored.to_owned()), Ok(positions));
        }
        assert!(FeedPositions::from_stored("network e1 52".to_owned()).is_err());
    }
}

//! Rules of lineage.

use name::Urn;
use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::Date;

use crate::school::RegisterEntry;

db::code_enum! {
    /// How a school descends from another. A later value says more than an earlier one.
    pub(crate) enum Descent {
        /// It replaced the other.
        Plain = 1,
        /// It was made of several schools. An amalgamation is a merger.
        Merged = 2,
        /// It is one of several schools into which the other was split.
        Split = 3,
    }
}

/// A link, in the direction of descent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The older school.
    pub(crate) predecessor: Urn,
    /// The newer school.
    pub(crate) successor: Urn,
    pub(crate) descent: Descent,
    /// First day on which the link holds; `None` when it always holds.
    pub(crate) established: Option<Date>,
}

impl Link {
    fn pair(&self) -> (Urn, Urn) {
        (self.predecessor, self.successor)
    }
}

/// The changes that an import makes to the links.
#[derive(Debug, Default)]
pub(crate) struct LinkChange {
    /// New links, and those that are described differently, after the change.
    pub(crate) written: Vec<Link>,
    /// Links that the files do not have any more.
    pub(crate) removed: Vec<Link>,
}

impl LinkChange {
    /// Between the stored links and those of the files. Both are in order of predecessor and successor.
    pub(crate) fn between(stored: &[Link], wanted: &[Link]) -> Self {
        let find = |link: &Link, among: &[Link]| among.binary_search_by_key(&link.pair(), Link::pair).ok();
        let written = wanted.iter().filter(|link| find(link, stored).is_none_or(|index| stored[index] != **link));
        let removed = stored.iter().filter(|link| find(link, wanted).is_none());
        Self { written: written.cloned().collect(), removed: removed.cloned().collect() }
    }
}

/// The lineage of a school on a day. Lists of schools are in order of URN.
#[derive(Debug)]
pub(crate) struct Lineage {
    pub(crate) school: RegisterEntry,
    pub(crate) as_of: Date,
    pub(crate) predecessors: Vec<RegisterEntry>,
    pub(crate) successors: Vec<RegisterEntry>,
    pub(crate) links: Vec<Link>,
}

/// A rule of lineage that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineageViolation {
    /// The lineage has more rows than an answer holds.
    TooLarge(Urn),
}

impl RuleViolation for LineageViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::TooLarge(urn) => {
                let message =
                    format!("the lineage of `{urn}` is larger than an answer may be; correct the links file and import it");
                ApiError::new(Reason::LineageTooLarge, message)
            }
        }
    }
}

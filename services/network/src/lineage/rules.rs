//! Rules of lineage.

use name::Urn;
use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::{Date, Instant};

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

/// A change of the links.
#[derive(Debug, Default)]
pub(crate) struct LinkChange {
    /// New links, and those that are described differently, after the change.
    pub(crate) written: Vec<Link>,
    /// Links that end.
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

    /// The links that take effect with an import, and the change that is pending: that of every school which the register listed before. Such a school
    /// may have cases and money, which a link would give to another school.
    pub(crate) fn at_once_and_pending(self, was_listed: impl Fn(Urn) -> bool) -> (Vec<Link>, Self) {
        let (pending, at_once) = self.written.into_iter().partition(|link| was_listed(link.predecessor));
        (at_once, Self { written: pending, removed: self.removed })
    }

    /// Number of links that change.
    pub(crate) fn len(&self) -> usize {
        self.written.len() + self.removed.len()
    }
}

/// A change of one link that is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingLink {
    /// The link that is in effect; `None` when the change adds a link.
    pub(crate) current: Option<Link>,
    /// The link after the confirmation; `None` when the change removes a link.
    pub(crate) confirmed: Option<Link>,
    pub(crate) predecessor: Urn,
    pub(crate) successor: Urn,
    /// The account that imported it.
    pub(crate) importer: String,
    pub(crate) imported: Instant,
}

/// The pending links of these predecessors; all pending links when none is named. Not empty.
pub(super) fn select(pending: Vec<PendingLink>, predecessors: &[Urn]) -> Result<Vec<PendingLink>, LineageViolation> {
    if predecessors.is_empty() {
        return if pending.is_empty() { Err(LineageViolation::NothingPending) } else { Ok(pending) };
    }
    let is_pending = |urn: &Urn| pending.iter().any(|link| link.predecessor == *urn);
    match predecessors.iter().find(|urn| !is_pending(urn)) {
        Some(urn) => Err(LineageViolation::NotPending(*urn)),
        None => Ok(pending.into_iter().filter(|link| predecessors.contains(&link.predecessor)).collect()),
    }
}

/// The change that confirmed links make.
pub(super) fn confirm(links: Vec<PendingLink>) -> LinkChange {
    let mut change = LinkChange::default();
    for link in links {
        match link.confirmed {
            Some(confirmed) => change.written.push(confirmed),
            None => change.removed.extend(link.current),
        }
    }
    change
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
    /// No pending link has this predecessor.
    NotPending(Urn),
    /// No link is pending.
    NothingPending,
    /// The confirmer imported the links.
    ConfirmerIsImporter,
}

impl RuleViolation for LineageViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::TooLarge(urn) => {
                let message =
                    format!("the lineage of `{urn}` is larger than an answer may be; correct the links file and import it");
                ApiError::new(Reason::LineageTooLarge, message)
            }
            Self::NotPending(urn) => {
                let message =
                    format!("no pending link has the predecessor `{urn}`; ListPendingLinks gives those that are pending");
                ApiError::new(Reason::LinkNotPending, message).with("predecessor", urn)
            }
            Self::NothingPending => ApiError::new(Reason::LinkNotPending, "no link is pending: all links are in effect"),
            Self::ConfirmerIsImporter => {
                let message = "the caller imported these links; another account of NCETM or DfE confirms them";
                ApiError::new(Reason::ConfirmerIsImporter, message)
            }
        }
    }
}

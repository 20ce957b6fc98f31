//! What can go wrong between a feed and a report, each in a sentence that says what to do.

use std::path::PathBuf;

use polars::error::PolarsError;

/// Why collect, measure or publish gave up. Nothing is half done: the lake's manifest is the old one or the new one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Two collects on one lake would write one run twice.
    #[error("another collect is running on {}; wait for it to end", path.display())]
    LakeBusy {
        /// The lake.
        path: PathBuf,
    },
    /// Events lie there that nobody collected, and that collecting would remove.
    #[error(
        "{} holds events, and no manifest.json that says what they are; name an empty folder, or put the lake's manifest back",
        path.display()
    )]
    NoLake {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest is not one that this version wrote.
    #[error("{} is not a manifest that this version reads: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the lake was changed or cut after it was committed.
    #[error("{} is not what the lake's manifest says ({reason}); restore it, or collect anew into an empty folder", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// The service was restored or replaced: its positions count in another history.
    #[error(
        "the {feed} service now has epoch {found}, the lake holds epoch {held}; its history is another one: collect anew into an empty folder"
    )]
    EpochChanged {
        /// The service whose feed it is.
        feed: String,
        /// The lake's.
        held: String,
        /// The service's.
        found: String,
    },
    /// The service does not hold the event at which the lake stopped.
    #[error(
        "the {feed} service does not know the event at which the lake stopped: {message}; it was restored: collect anew into an empty folder"
    )]
    CursorUnknown {
        /// The service whose feed it is.
        feed: String,
        /// What the service said.
        message: String,
    },
    /// The feed broke its promise that positions increase.
    #[error("the {feed} service sent position {found} after {last}; nothing of it was kept")]
    Order {
        /// The service whose feed it is.
        feed: String,
        /// The position before.
        last: i64,
        /// The position that came.
        found: i64,
    },
    /// A call failed.
    #[error("the {feed} service answered {}: {}", status.code(), status.message())]
    Call {
        /// Which service.
        feed: String,
        /// Its answer.
        #[source]
        status: Box<tonic::Status>,
    },
    /// An event whose payload does not say what its type promises.
    #[error("the {feed} service's event {position} ({kind}) cannot be read: {reason}")]
    Payload {
        /// The service whose feed it is.
        feed: String,
        /// Its position.
        position: i64,
        /// Its type.
        kind: String,
        /// What is wrong.
        reason: String,
    },
    /// Without a register there are no schools to reach.
    #[error("no register was imported by {known_on}; import one, collect again, or measure as known on a later day")]
    RegisterMissing {
        /// The day until which records count.
        known_on: String,
    },
    /// Asked for a day before the first year.
    #[error("{true_on} lies before {first_year}, the first academic year that is measured")]
    BeforeFirstYear {
        /// The day that was asked for.
        true_on: String,
        /// The first year.
        first_year: String,
    },
    /// There is no report to compare with.
    #[error("{} is not the manifest of a report: {reason}", path.display())]
    NoReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The lake has no record of how a report was measured.
    #[error(
        "neither this lake nor the network service has a record of how the report of {} was measured: the lake was collected anew since, or it is another one; name the lake of \
         the report with --lake, or a report that was made from this one",
        path.display()
    )]
    OtherLake {
        /// The report's manifest.
        path: PathBuf,
    },
    /// Positions of another history of a feed.
    #[error(
        "the report was measured up to a position of the {feed} service's feed in epoch {wanted}, and this lake holds epoch {held}: the service was restored since; name the lake that \
         was collected before with --lake"
    )]
    OtherHistory {
        /// The service whose feed it is.
        feed: String,
        /// The epoch of the report.
        wanted: String,
        /// The epoch of the lake.
        held: String,
    },
    /// Neither the lake nor the network service knows a report of this content.
    #[error(
        "neither this lake nor the network service knows a report with the content {content_sha256}; copy content_sha256 from the manifest.json of the report, and name its lake with --lake"
    )]
    UnknownContent {
        /// The SHA-256 that was asked for.
        content_sha256: String,
    },
    /// The lake gives other figures up to the positions of a report.
    #[error(
        "measured up to the same feed positions this lake gives the content {found}, not {content_sha256}: the report was made from other events or by other rules"
    )]
    OtherContent {
        /// The SHA-256 that was asked for.
        content_sha256: String,
        /// The SHA-256 of what was measured.
        found: String,
    },
    /// The lake gives other figures for the days of an earlier report.
    #[error(
        "the report of {} cannot be computed again from this lake: it was made from another one, or by other rules; name a report that was made from this lake",
        path.display()
    )]
    OtherReport {
        /// Its manifest.
        path: PathBuf,
    },
    /// A report that is to be explained is older than the one that it is held against.
    #[error(
        "the report of {} (true on {true_on}, known on {known_on}) is later than this one by one of its days or by the records up to which it was measured; compare the later \
         report with the earlier",
        path.display()
    )]
    NotEarlier {
        /// Its manifest.
        path: PathBuf,
        /// The day on which it is true.
        true_on: String,
        /// The day until which what was recorded counts in it.
        known_on: String,
    },
    /// The measuring engine failed.
    #[error("the measuring engine failed: {0}")]
    Engine(#[from] PolarsError),
    /// A worker ended before its answer, which only happens when the program is shutting down.
    #[error("the work was interrupted: {0}")]
    Interrupted(String),
}

impl Error {
    /// A file error with the action and the path that the system's message lacks.
    pub(crate) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { action, path, cause }
    }
}

//! Errors between a feed and a report, each in a sentence with a remedy.

use std::path::PathBuf;

use polars::error::PolarsError;

/// An error of collect, measure or publish. Nothing is half done: the lake's manifest is the old one or the new one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// The attempted action.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// Two concurrent collects would write one run twice.
    #[error("another collect is running on {}; wait for it to end", path.display())]
    LakeBusy {
        /// The lake.
        path: PathBuf,
    },
    /// The folder has events that no manifest lists, and that collecting would remove.
    #[error(
        "{} contains events without a manifest.json; name an empty folder, or restore the lake's manifest",
        path.display()
    )]
    NoLake {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest is not of this version's format.
    #[error("{} is not a manifest that this version reads: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The error in it.
        reason: String,
    },
    /// A file of the lake was changed or truncated after its commit.
    #[error("{} differs from the lake's manifest ({reason}); restore it, or collect again into an empty folder", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
        /// The difference.
        reason: String,
    },
    /// The service was restored or replaced: its positions belong to another epoch.
    #[error(
        "the {feed} service now has epoch {found}, the lake has epoch {collected}; the service was restored: collect again into an empty folder"
    )]
    EpochChanged {
        /// The source of the feed.
        feed: String,
        /// The lake's epoch.
        collected: String,
        /// The service's epoch.
        found: String,
    },
    /// The service does not have the last event of the lake.
    #[error(
        "the {feed} service does not have the last event of the lake: {message}; it was restored: collect again into an empty folder"
    )]
    CursorUnknown {
        /// The source of the feed.
        feed: String,
        /// The service's message.
        message: String,
    },
    /// The feed's positions do not increase.
    #[error("the {feed} service sent position {found} after {last}; the response was discarded")]
    Order {
        /// The source of the feed.
        feed: String,
        /// The position before.
        last: i64,
        /// The position received.
        found: i64,
    },
    /// Other figures than the measured ones were approved under their content.
    #[error(
        "{publication} has the content_sha256 of this report, and was approved with other figures: figures_sha256 {approved}, and those \
         that were measured have {measured}; the report is not final. Publish the measured figures, and have them approved"
    )]
    OtherFigures {
        /// The publication.
        publication: String,
        /// The checksum of its figures.
        approved: String,
        /// The checksum of the measured figures.
        measured: String,
    },
    /// A call failed.
    #[error("the {feed} service answered {}: {}", status.code(), status.message())]
    Call {
        /// The service.
        feed: String,
        /// The status of the call.
        #[source]
        status: Box<tonic::Status>,
    },
    /// The payload of an event does not match its type.
    #[error("the {feed} service's event {position} ({kind}) cannot be read: {reason}")]
    Payload {
        /// The source of the feed.
        feed: String,
        /// Its position.
        position: i64,
        /// Its type.
        kind: String,
        /// The error in it.
        reason: String,
    },
    /// Without a register there is no denominator.
    #[error("no register was imported by {known_on}; import one, collect again, or measure as known on a later day")]
    RegisterMissing {
        /// The last day whose records count.
        known_on: String,
    },
    /// The requested day is before the first year.
    #[error("{true_on} lies before {first_year}, the first academic year that is measured")]
    BeforeFirstYear {
        /// The requested day.
        true_on: String,
        /// The first year.
        first_year: String,
    },
    /// The folder has no report to compare with.
    #[error("{} is not the manifest of a report: {reason}", path.display())]
    NoReport {
        /// The file.
        path: PathBuf,
        /// The error in it.
        reason: String,
    },
    /// The lake has no record of a report's measurement.
    #[error(
        "neither this lake nor the network service has a record of how the report of {} was measured: the lake was collected again since, or it is another one; name the lake of \
         the report with --lake, or a report that was made from this one",
        path.display()
    )]
    OtherLake {
        /// The report's manifest.
        path: PathBuf,
    },
    /// The positions are of another epoch of a feed.
    #[error(
        "the report was measured up to a position of the {feed} service's feed in epoch {wanted}, and this lake has epoch {collected}: the service was restored since; name the lake that \
         was collected before with --lake"
    )]
    OtherHistory {
        /// The source of the feed.
        feed: String,
        /// The epoch of the report.
        wanted: String,
        /// The epoch of the lake.
        collected: String,
    },
    /// Neither the lake nor the network service has a report with this content.
    #[error(
        "neither this lake nor the network service knows a report with the content {content_sha256}; copy content_sha256 from the manifest.json of the report, and name its lake with --lake"
    )]
    UnknownContent {
        /// The requested SHA-256.
        content_sha256: String,
    },
    /// The lake gives other figures up to the positions of a report.
    #[error(
        "measured up to the same feed positions this lake gives the content {found}, not {content_sha256}: the report was made from other events or by other rules"
    )]
    OtherContent {
        /// The requested SHA-256.
        content_sha256: String,
        /// The SHA-256 of the measured content.
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
    /// The earlier report of a comparison is later than the other one.
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
        /// The last day whose records count in it.
        known_on: String,
    },
    /// The lake has no typed tables.
    #[error("{} was written by an earlier version and has no typed tables; run `mathshubs compact-lake --lake {}` once", path.display(), path.display())]
    NoTables {
        /// The lake.
        path: PathBuf,
    },
    /// The file of cells cannot be the basis of a report.
    #[error("{} is no table of cells for this lake and these days: {reason}; its columns are described in analytics/README.md", path.display())]
    Cells {
        /// The file.
        path: PathBuf,
        /// The error in it.
        reason: String,
    },
    /// The file of cells was counted for other days than the report.
    #[error(
        "{} was counted for the figures true on {} and known on {}, not true on {} and known on {}: write the report with --true-on {} --known-on {}, or count cells for the days of the report",
        path.display(), counted[0], counted[1], wanted[0], wanted[1], counted[0], counted[1]
    )]
    CellsOfOtherDays {
        /// The file.
        path: PathBuf,
        /// The true-on and the known-on day of a row of the file.
        counted: [String; 2],
        /// Those of the report.
        wanted: [String; 2],
    },
    /// The measuring engine failed.
    #[error("the measuring engine failed: {0}")]
    Engine(#[from] PolarsError),
    /// A worker ended without a result, which only happens during the program's shutdown.
    #[error("the work was interrupted: {0}")]
    Interrupted(String),
}

impl Error {
    /// A file error with the action and the path, which the system's message lacks.
    pub(crate) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { action, path, cause }
    }
}

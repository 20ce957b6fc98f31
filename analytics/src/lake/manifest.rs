//! The content of a lake: for each source its epoch, cursor and files; and every run with its ranges.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{Batch, MANIFEST, hexadecimal, schema};
use crate::Error;

const FORMAT: u32 = 2;
/// The format of lakes without typed tables. Opening one for writing makes its tables.
pub(super) const FORMAT_WITHOUT_TABLES: u32 = 1;

/// The lake's table of contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format version of this file.
    pub format: u32,
    /// Sources by name.
    pub sources: BTreeMap<String, SourceEntry>,
    /// Runs, oldest first.
    pub runs: Vec<RunEntry>,
    /// Reports of this lake by the SHA-256 of their content: the oldest measurement for each pair of days.
    #[serde(default)]
    pub reports: BTreeMap<String, Vec<ReportEntry>>,
    /// Number of compactions; files that one wrote have it in their names.
    #[serde(default)]
    pub compactions: u32,
}

/// The last collected position of each feed, by source.
pub type Positions = BTreeMap<String, Position>;

/// The last collected position of one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The epoch of the positions.
    pub epoch: String,
    /// Position of the last event; 0 before the first.
    pub position: i64,
    /// Hash of that event as hexadecimal digits; empty before the first.
    #[serde(default)]
    pub hash: String,
}

/// One measurement of a report, with all that is needed to measure it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEntry {
    /// The day on which its figures are true, ISO `YYYY-MM-DD`.
    pub true_on_date: String,
    /// The last day whose records count in it, ISO `YYYY-MM-DD`.
    pub known_on_date: String,
    /// The feed positions up to which it was measured.
    pub positions: Positions,
}

/// The collected part of one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// The epoch of the positions.
    pub epoch: String,
    /// The cursor after the last event.
    pub cursor: String,
    /// Position of the last event.
    pub last_position: i64,
    /// Hash of that event as hexadecimal digits.
    #[serde(default)]
    pub last_hash: String,
    /// Number of events in all files.
    pub rows_count: u64,
    /// Files, in order of position.
    pub files: Vec<FileEntry>,
}

/// One Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the lake's folder.
    pub path: String,
    /// The run that wrote the file.
    pub run: u64,
    /// Position of its first event.
    pub first_position: i64,
    /// Position of its last event.
    pub last_position: i64,
    /// Number of its events.
    pub rows_count: u64,
    /// SHA-256 over its canonical rows: their values, not their encoding by Parquet.
    pub rows_sha256: String,
    /// The same events as rows of the typed tables.
    #[serde(default)]
    pub tables: Vec<TableFile>,
    /// Event types of the file that the contracts of its writer did not have: they have no rows in the tables.
    #[serde(default)]
    pub unknown_types: Vec<String>,
}

/// One Parquet file of a typed table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// The table's name.
    pub table: String,
    /// Relative to the lake's folder.
    pub path: String,
    /// Number of its rows.
    pub rows_count: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// One collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEntry {
    /// Counted from 1.
    pub run: u64,
    /// Time of the run, RFC 3339.
    pub collected_time: String,
    /// The collected ranges.
    pub ranges: Vec<RunRange>,
}

/// The range of events that a run collected from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRange {
    /// The source.
    pub source: String,
    /// Position of the first event.
    pub first_position: i64,
    /// Position of the last event.
    pub last_position: i64,
    /// Number of events.
    pub rows_count: u64,
}

impl Default for Manifest {
    /// The manifest of an empty lake.
    fn default() -> Self {
        Self { format: FORMAT, sources: BTreeMap::new(), runs: Vec::new(), reports: BTreeMap::new(), compactions: 0 }
    }
}

impl Manifest {
    /// Reads the manifest of a lake; returns an empty one if there is none. Errors when it is not of this version's format.
    pub fn load(root: &Path) -> Result<Self, Error> {
        Self::find(root).map(Option::unwrap_or_default)
    }

    /// Reads the manifest of a lake; `None` if there is none.
    pub(super) fn find(root: &Path) -> Result<Option<Self>, Error> {
        let path = root.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| Error::Manifest { path: path.clone(), reason: error.to_string() })?;
        if ![FORMAT_WITHOUT_TABLES, FORMAT].contains(&manifest.format) {
            return Err(Error::Manifest { path, reason: format!("its format is {}, not {FORMAT}", manifest.format) });
        }
        Ok(Some(manifest))
    }

    /// True if the tables lack rows that these contracts could give them.
    pub(super) fn lacks_rows(&self) -> bool {
        let known = |kind: &String| schema::EVENT_TABLES.contains_key(kind);
        let mut files = self.sources.values().flat_map(|source| &source.files);
        self.format == FORMAT_WITHOUT_TABLES || files.any(|file| file.unknown_types.iter().any(known))
    }

    /// The paths of all files, relative to the lake's folder.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.sources.values().flat_map(|source| &source.files);
        files.flat_map(|file| std::iter::once(file.path.as_str()).chain(file.tables.iter().map(|table| table.path.as_str())))
    }

    /// The last collected position of each source.
    pub fn positions(&self) -> Positions {
        let position = |source: &SourceEntry| Position {
            epoch: source.epoch.clone(),
            position: source.last_position,
            hash: source.last_hash.clone(),
        };
        self.sources.iter().map(|(name, source)| (name.clone(), position(source))).collect()
    }

    /// Marks it as a manifest of this version's format.
    pub(super) fn in_this_format(self) -> Self {
        Self { format: FORMAT, ..self }
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest holds nothing that JSON cannot");
        text.push('\n');
        text
    }
}

impl SourceEntry {
    /// Adds a file. Refuses events of another epoch, and events that the source already has.
    pub(super) fn extend(&mut self, batch: &Batch, file: FileEntry) -> Result<(), Error> {
        for event in &batch.events {
            if self.epoch.is_empty() {
                self.epoch.clone_from(&event.epoch);
            }
            if event.epoch != self.epoch {
                return Err(Error::EpochChanged {
                    feed: batch.source.clone(),
                    collected: self.epoch.clone(),
                    found: event.epoch.clone(),
                });
            }
            if event.position <= self.last_position {
                return Err(Error::Order { feed: batch.source.clone(), last: self.last_position, found: event.position });
            }
            self.last_position = event.position;
        }
        if let Some(last) = batch.events.last() {
            self.last_hash = hexadecimal(&last.hash);
        }
        self.cursor.clone_from(&batch.cursor);
        self.rows_count += file.rows_count;
        self.files.push(file);
        Ok(())
    }
}

//! What a lake holds: for each source its epoch, its cursor and its files; and every run with its ranges.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{Batch, MANIFEST};
use crate::Error;

const FORMAT: u32 = 1;

/// The lake's table of contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this file.
    pub format: u32,
    /// By name.
    pub sources: BTreeMap<String, SourceEntry>,
    /// Oldest first.
    pub runs: Vec<RunEntry>,
    /// Reports that were made from this lake, by the SHA-256 of their content; of each its oldest measurement on each pair of days.
    #[serde(default)]
    pub reports: BTreeMap<String, Vec<ReportEntry>>,
}

/// How far each feed had been read, by source.
pub type Positions = BTreeMap<String, Position>;

/// How far one feed had been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The history that positions count in.
    pub epoch: String,
    /// Of the last event; 0 before the first.
    pub position: i64,
}

/// One measurement that gave a report: enough to measure it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEntry {
    /// The day on which its figures are true, ISO `YYYY-MM-DD`.
    pub true_on_date: String,
    /// The day until which records count in it, ISO `YYYY-MM-DD`.
    pub known_on_date: String,
    /// Up to where the feeds were measured.
    pub positions: Positions,
}

/// What was read of one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// The history that positions count in.
    pub epoch: String,
    /// Read on from here.
    pub cursor: String,
    /// Of the last event.
    pub last_position: i64,
    /// Events in all files.
    pub rows_count: u64,
    /// In order of position.
    pub files: Vec<FileEntry>,
}

/// One Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the lake's folder.
    pub path: String,
    /// The run that wrote it.
    pub run: u64,
    /// Of its first event.
    pub first_position: i64,
    /// Of its last event.
    pub last_position: i64,
    /// Its events.
    pub rows_count: u64,
    /// SHA-256 over its canonical rows: what they say, not how Parquet packs them.
    pub rows_sha256: String,
}

/// One collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEntry {
    /// From 1.
    pub run: u64,
    /// When, RFC 3339.
    pub collected_time: String,
    /// What was read.
    pub ranges: Vec<RunRange>,
}

/// What a run read of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRange {
    /// Whose feed.
    pub source: String,
    /// Of the first event.
    pub first_position: i64,
    /// Of the last event.
    pub last_position: i64,
    /// Events.
    pub rows_count: u64,
}

impl Default for Manifest {
    /// Of a lake in which nothing is.
    fn default() -> Self {
        Self { format: FORMAT, sources: BTreeMap::new(), runs: Vec::new(), reports: BTreeMap::new() }
    }
}

impl Manifest {
    /// Reads the manifest of a lake; an empty one where there is none. Errors when it is not one that this version wrote.
    pub fn load(root: &Path) -> Result<Self, Error> {
        Self::find(root).map(Option::unwrap_or_default)
    }

    /// Reads the manifest of a lake; `None` where there is none.
    pub(super) fn find(root: &Path) -> Result<Option<Self>, Error> {
        let path = root.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| Error::Manifest { path: path.clone(), reason: error.to_string() })?;
        if manifest.format != FORMAT {
            return Err(Error::Manifest { path, reason: format!("its format is {}, not {FORMAT}", manifest.format) });
        }
        Ok(Some(manifest))
    }

    /// How far each source had been read when the lake was last extended.
    pub fn positions(&self) -> Positions {
        let position = |source: &SourceEntry| Position { epoch: source.epoch.clone(), position: source.last_position };
        self.sources.iter().map(|(name, source)| (name.clone(), position(source))).collect()
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest holds nothing that JSON cannot");
        text.push('\n');
        text
    }
}

impl SourceEntry {
    /// Adds a file. Refuses events of another history, and events that the source already has.
    pub(super) fn extend(&mut self, batch: &Batch, file: FileEntry) -> Result<(), Error> {
        for event in &batch.events {
            if self.epoch.is_empty() {
                self.epoch.clone_from(&event.epoch);
            }
            if event.epoch != self.epoch {
                return Err(Error::EpochChanged {
                    feed: batch.source.clone(),
                    held: self.epoch.clone(),
                    found: event.epoch.clone(),
                });
            }
            if event.position <= self.last_position {
                return Err(Error::Order { feed: batch.source.clone(), last: self.last_position, found: event.position });
            }
            self.last_position = event.position;
        }
        self.cursor.clone_from(&batch.cursor);
        self.rows_count += file.rows_count;
        self.files.push(file);
        Ok(())
    }
}

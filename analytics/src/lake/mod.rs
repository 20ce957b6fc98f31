//! The lake: the events of the feeds as Parquet files that any engine can read, and one manifest that lists the valid ones.
//!
//! ```text
//! manifest.json                            replaced atomically; files that it does not list are ignored
//! events/<source>/<run>.parquet            one row per event, in order of position, with its payload's bytes
//! tables/<table>/<source>-<run>.parquet    the same events with typed columns: one table per event type (`SCHEMA.md`)
//! ```
//! Files are written and synced first, then the manifest is replaced by a rename. A crash between the two leaves the old manifest, which is valid,
//! and unlisted files: readers ignore them, and the next writer removes them. The typed tables follow from the raw events and can be made from them again.

mod compact;
mod fault;
mod manifest;
mod reader;
mod schema;
mod table;
mod typed;

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

pub use compact::{Compaction, compact};
pub use manifest::{FileEntry, Manifest, Position, Positions, ReportEntry, RunEntry, RunRange, SourceEntry, TableFile};
use proto::feed::v1 as pb;
pub(crate) use reader::{Known, Reader, date};
pub use schema::{Column, ColumnKind, TYPES_WITHOUT_TABLE, Table, document, tables};
use table::read_verified;
pub(crate) use table::{hexadecimal, parquet};
use time::Instant;

use crate::Error;

/// The name of the manifest in the lake's folder.
pub const MANIFEST: &str = "manifest.json";

/// A lake with an exclusive lock for writing, until it is dropped.
#[derive(Debug)]
pub struct Lake {
    root: PathBuf,
    manifest: Manifest,
    /// The lock file; the system releases the lock when the process ends in any way.
    _lock: File,
}

/// Events of one source, following those in the lake.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The service: `network`, `enrolment`, `specialists` or `funding`.
    pub source: String,
    /// The cursor after the last event.
    pub cursor: String,
    /// Events, in order of position.
    pub events: Vec<pb::Event>,
}

impl Lake {
    /// Opens a lake for writing, creates it if it is missing, and removes the remains of a crash. Refuses a folder with events and no manifest,
    /// because they were not collected here.
    pub fn open(root: &Path) -> Result<Self, Error> {
        for folder in ["events", "tables"] {
            private_folder(&root.join(folder)).map_err(Error::file("make", root))?;
        }
        let lock_path = root.join(".lock");
        let lock = private_file(&lock_path).map_err(Error::file("make", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(Error::LakeBusy { path: root.to_owned() }),
            Err(fs::TryLockError::Error(cause)) => return Err(Error::file("lock", &lock_path)(cause)),
        }
        let found = Manifest::find(root)?;
        let new = found.is_none();
        let mut lake = Self { root: root.to_owned(), manifest: found.unwrap_or_default(), _lock: lock };
        if new {
            lake.must_hold_nothing()?;
            // With a manifest, every file that it does not list is the remains of a crash, also of one in the first run.
            lake.commit(Manifest::default())?;
        }
        lake.remove_orphans()?;
        if lake.manifest.lacks_rows() {
            lake.rewrite(0)?;
        }
        Ok(lake)
    }

    /// The current manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Appends one run: writes a file for each batch with events, then replaces the manifest. A run without events does not change the lake.
    pub fn append(&mut self, batches: &[Batch], now: Instant) -> Result<(), Error> {
        let mut next = self.manifest.clone();
        let run = next.runs.last().map_or(1, |last| last.run + 1);
        let mut ranges = Vec::new();
        for batch in batches.iter().filter(|batch| !batch.events.is_empty()) {
            let file = self.stage(run, batch)?;
            ranges.push(RunRange {
                source: batch.source.clone(),
                first_position: file.first_position,
                last_position: file.last_position,
                rows_count: file.rows_count,
            });
            next.sources.entry(batch.source.clone()).or_default().extend(batch, file)?;
        }
        if ranges.is_empty() {
            return Ok(());
        }
        next.runs.push(RunEntry { run, collected_time: now.to_string(), ranges });
        self.commit(next)
    }

    /// Stores the measurement of a report, so that it can be measured again on a later day. A measurement on the same days with the same content is
    /// stored once.
    pub fn keep_report(&mut self, content_sha256: &str, report: ReportEntry) -> Result<(), Error> {
        let same =
            |known: &ReportEntry| (&known.true_on_date, &known.known_on_date) == (&report.true_on_date, &report.known_on_date);
        if self.manifest.reports.get(content_sha256).is_some_and(|known| known.iter().any(same)) {
            return Ok(());
        }
        let mut next = self.manifest.clone();
        next.reports.entry(content_sha256.to_owned()).or_default().push(report);
        self.commit(next)
    }

    /// Writes and syncs the files of a batch, without listing them.
    fn stage(&self, run: u64, batch: &Batch) -> Result<FileEntry, Error> {
        let relative = format!("events/{}/{run:06}.parquet", batch.source);
        let mut entry = table::write_events(&self.path_in_folder(&relative)?, relative, run, &batch.events)?;
        self.stage_tables(&mut entry, &batch.source, &format!("{run:06}"), &batch.events)?;
        self.sync_folders(&entry)?;
        Ok(entry)
    }

    /// Writes and syncs the rows of typed tables for the events of a file.
    fn stage_tables(&self, entry: &mut FileEntry, source: &str, number: &str, events: &[pb::Event]) -> Result<(), Error> {
        let typed = typed::typed(source, events)?;
        entry.unknown_types = typed.unknown_types;
        entry.tables.clear();
        for (table, mut frame) in typed.tables {
            let path = format!("tables/{table}/{source}-{number}.parquet");
            let sha256 = table::write(&self.path_in_folder(&path)?, &mut frame)?;
            entry.tables.push(TableFile { table: table.to_owned(), path, rows_count: frame.height() as u64, sha256 });
        }
        Ok(())
    }

    /// A path in the lake, whose folder is created if it is missing.
    fn path_in_folder(&self, relative: &str) -> Result<PathBuf, Error> {
        let path = self.root.join(relative);
        let folder = path.parent().expect("a file of the lake lies in a folder");
        private_folder(folder).map_err(Error::file("make", folder))?;
        Ok(path)
    }

    /// Makes the names of staged files durable.
    fn sync_folders(&self, entry: &FileEntry) -> Result<(), Error> {
        let paths = std::iter::once(&entry.path).chain(entry.tables.iter().map(|table| &table.path));
        let folders = paths.filter_map(|path| Path::new(path).parent());
        let folders: std::collections::BTreeSet<&Path> = folders.chain([Path::new("events"), Path::new("tables")]).collect();
        folders.into_iter().try_for_each(|folder| sync_folder(&self.root.join(folder)))
    }

    /// Replaces the manifest, which commits the run.
    fn commit(&mut self, next: Manifest) -> Result<(), Error> {
        let temporary = self.root.join("manifest.json.tmp");
        let mut file = private_file(&temporary).map_err(Error::file("write", &temporary))?;
        file.write_all(next.to_json().as_bytes()).map_err(Error::file("write", &temporary))?;
        file.sync_all().map_err(Error::file("sync", &temporary))?;
        let path = self.root.join(MANIFEST);
        fault::step().and_then(|()| fs::rename(&temporary, &path)).map_err(Error::file("replace", &path))?;
        sync_folder(&self.root)?;
        self.manifest = next;
        Ok(())
    }

    /// Refuses events in a folder without a manifest.
    fn must_hold_nothing(&self) -> Result<(), Error> {
        let events = self.root.join("events");
        match fs::read_dir(&events).map_err(Error::file("read", &events))?.next() {
            Some(_) => Err(Error::NoLake { path: self.root.clone() }),
            None => Ok(()),
        }
    }

    /// Removes files that the manifest does not list: those of a run that crashed before its commit, and those that a compaction replaced. While somebody
    /// measures they stay, because the measurement may have begun with an earlier manifest: then false.
    fn remove_orphans(&self) -> Result<bool, Error> {
        let Some(_alone) = reader::lock_alone(&self.root)? else { return Ok(false) };
        let listed: std::collections::HashSet<PathBuf> = self.manifest.paths().map(|path| self.root.join(path)).collect();
        for folder in ["events", "tables"] {
            for file in files_below(&self.root.join(folder))? {
                if file.extension().is_some_and(|extension| extension == "parquet") && !listed.contains(&file) {
                    tracing::info!(file = %file.display(), "removed a file that the manifest does not list");
                    fault::step().and_then(|()| fs::remove_file(&file)).map_err(Error::file("remove", &file))?;
                }
            }
        }
        Ok(true)
    }
}

/// The files in the folders of a folder.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>, Error> {
        let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
        entries.map(|entry| Ok(entry.map_err(Error::file("read", folder))?.path())).collect()
    };
    let folders = entries(folder)?.into_iter().filter(|entry| entry.is_dir());
    Ok(folders.map(|folder| entries(&folder)).collect::<Result<Vec<_>, _>>()?.concat())
}

/// Creates a folder and its missing parents, with rights for the owner alone.
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates or empties a file. A new one has rights for its owner alone.
fn private_file(path: &Path) -> io::Result<File> {
    fault::step()?;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    fault::step().and_then(|()| File::open(folder)?.sync_all()).map_err(Error::file("sync", folder))
}

#[cfg(test)]
mod tests;

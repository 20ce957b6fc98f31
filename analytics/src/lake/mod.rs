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
    /// measures they stay, because the measurement may have begun with an earlier manifest.
    fn remove_orphans(&self) -> Result<(), Error> {
        let Some(_alone) = reader::lock_alone(&self.root)? else { return Ok(()) };
        let listed: std::collections::HashSet<PathBuf> = self.manifest.paths().map(|path| self.root.join(path)).collect();
        for folder in ["events", "tables"] {
            for file in files_below(&self.root.join(folder))? {
                if file.extension().is_some_and(|extension| extension == "parquet") && !listed.contains(&file) {
                    tracing::info!(file = %file.display(), "removed a file that the manifest does not list");
                    fault::step().and_then(|()| fs::remove_file(&file)).map_err(Error::file("remove", &file))?;
                }
            }
        }
        Ok(())
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
mod tests {
    use super::*;

    fn batch(positions: std::ops::RangeInclusive<i64>) -> Batch {
        let event = |position| pb::Event { epoch: "e1".into(), position, id: format!("id{position}"), ..pb::Event::default() };
        Batch { source: "network".into(), cursor: format!("c{}", positions.end()), events: positions.map(event).collect() }
    }

    #[test]
    fn a_crash_between_file_and_manifest_keeps_the_old_manifest_and_open_removes_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut lake = Lake::open(folder.path()).expect("a lake");
        lake.append(&[batch(1..=3)], Instant::from_micros(0)).expect("a run");
        // The file of run 2 is written, its manifest is half written, and the process crashes.
        lake.stage(2, &batch(4..=5)).expect("a file");
        fs::write(folder.path().join("manifest.json.tmp"), "{\"for").expect("half a manifest");
        drop(lake);
        let orphan = folder.path().join("events/network/000002.parquet");
        assert!(orphan.exists());
        assert_eq!(Manifest::load(folder.path()).expect("a manifest").sources["network"].last_position, 3);

        let mut lake = Lake::open(folder.path()).expect("a lake");
        assert!(!orphan.exists());
        lake.append(&[batch(4..=6)], Instant::from_micros(1)).expect("the run again");
        let manifest = Manifest::load(folder.path()).expect("a manifest");
        let network = &manifest.sources["network"];
        assert_eq!((network.last_position, network.rows_count, network.cursor.as_str()), (6, 6, "c6"));
        assert_eq!(manifest.runs.len(), 2);
        let rows: Vec<i64> = read_verified(folder.path(), &network.files[1]).expect("rows").iter().map(|e| e.position).collect();
        assert_eq!(rows, [4, 5, 6]);
    }

    #[test]
    fn a_crash_in_the_first_run_is_cleaned_up_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = Lake::open(folder.path()).expect("a lake");
        lake.stage(1, &batch(1..=3)).expect("a file");
        drop(lake);
        Lake::open(folder.path()).expect("the lake again");
        assert!(!folder.path().join("events/network/000001.parquet").exists());
    }

    #[test]
    fn events_without_a_manifest_are_not_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let foreign = folder.path().join("events/network/000001.parquet");
        fs::create_dir_all(folder.path().join("events/network")).expect("a folder");
        fs::write(&foreign, "somebody else's").expect("a file");
        let error = Lake::open(folder.path()).expect_err("it is no lake");
        assert!(error.to_string().contains("contains events without a manifest.json"), "{error}");
        assert!(foreign.exists() && !folder.path().join(MANIFEST).exists());
    }

    #[test]
    fn only_the_owner_of_a_lake_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("reports/lake");
        Lake::open(&root).expect("a lake").append(&[batch(1..=3)], Instant::from_micros(0)).expect("a run");
        let mode = |name: &str| root.join(name).metadata().expect("it was made").permissions().mode() & 0o777;
        for private in ["..", ".", "events", "events/network"] {
            assert_eq!(mode(private), 0o700, "{private}");
        }
        for private in [".lock", MANIFEST, "events/network/000001.parquet"] {
            assert_eq!(mode(private), 0o600, "{private}");
        }
    }

    /// Every file that the manifest lists has the rows of its entry.
    fn assert_whole(root: &Path) -> Manifest {
        let manifest = Manifest::load(root).expect("a manifest");
        for source in manifest.sources.values() {
            let mut last = 0;
            for file in &source.files {
                for event in read_verified(root, file).expect("the file's events") {
                    assert_eq!(event.position, last + 1);
                    last = event.position;
                }
                for table in &file.tables {
                    table::verify(root, table).expect("the table's file");
                }
            }
            assert_eq!(last, source.last_position);
        }
        manifest
    }

    /// Events with a payload that has a table.
    fn typed_batch(positions: std::ops::RangeInclusive<i64>) -> Batch {
        use prost::Name as _;
        let mut batch = batch(positions);
        batch.events.iter_mut().for_each(|event| event.r#type = proto::network::v1::HubCreated::full_name());
        batch
    }

    #[test]
    fn a_write_that_fails_at_any_step_leaves_a_whole_lake_and_the_next_one_goes_on() {
        for step in 0..100 {
            let folder = tempfile::tempdir().expect("a folder");
            let root = folder.path();
            let write = || -> Result<(), Error> {
                let mut lake = Lake::open(root)?;
                lake.append(&[typed_batch(1..=3)], Instant::from_micros(0))?;
                lake.append(&[typed_batch(4..=5)], Instant::from_micros(1))?;
                drop(lake);
                compact(root).map(|_| ())
            };
            fault::after(Some(step));
            let written = write();
            fault::after(None);
            if written.is_ok() {
                assert!(step >= 20, "{step} steps");
                return;
            }
            let last = if root.join(MANIFEST).exists() {
                assert_whole(root).sources.get("network").map_or(0, |network| network.last_position)
            } else {
                0
            };
            let mut lake = Lake::open(root).expect("the lake again");
            if last < 7 {
                lake.append(&[typed_batch(last + 1..=7)], Instant::from_micros(2)).expect("the next run");
            }
            drop(lake);
            compact(root).expect("a compaction");
            let network = &assert_whole(root).sources["network"];
            assert_eq!((network.last_position, network.files.len(), network.files[0].tables[0].rows_count), (7, 1, 7));
            assert_eq!(files_below(&root.join("events")).expect("files").len(), 1, "after step {step}");
            assert_eq!(files_below(&root.join("tables")).expect("files").len(), 1, "after step {step}");
        }
        panic!("the write fails for ever");
    }

    #[test]
    fn a_reader_keeps_the_files_with_which_it_began() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let mut lake = Lake::open(root).expect("a lake");
        lake.append(&[typed_batch(1..=3)], Instant::from_micros(0)).expect("a run");
        lake.append(&[typed_batch(4..=5)], Instant::from_micros(1)).expect("a run");
        drop(lake);
        let known = reader::Known { on: time::Date::parse("2020-01-01").expect("a day"), positions: None };
        let rows =
            |reader: &mut Reader| reader.scan("network_hub_created", known).expect("rows").collect().expect("rows").height();
        let mut reader = Reader::open(root, std::collections::HashSet::new()).expect("a reader");
        let compaction = compact(root).expect("a compaction");
        assert_eq!((compaction.files_before_count, compaction.files_after_count, compaction.events_count), (4, 2, 5));
        assert_eq!(rows(&mut reader), 5);
        assert_eq!(rows(&mut Reader::open(root, std::collections::HashSet::new()).expect("another reader")), 5);
        drop(reader);
        drop(Lake::open(root).expect("the lake again"));
        assert_eq!(files_below(&root.join("tables")).expect("files").len(), 1);
    }

    #[test]
    fn typed_tables_are_made_again_from_the_raw_events() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let mut unknown = typed_batch(1..=2);
        unknown.events[1].r#type = "mathshubs.network.v1.TypeOfALaterVersion".into();
        let mut lake = Lake::open(root).expect("a lake");
        lake.append(&[typed_batch(1..=3), Batch { source: "funding".into(), ..unknown }], Instant::from_micros(0))
            .expect("a run");
        let collected = lake.manifest().clone();
        assert_eq!(collected.sources["funding"].files[0].unknown_types, ["mathshubs.network.v1.TypeOfALaterVersion"]);
        // As a version without typed tables wrote it.
        let mut old = collected.clone();
        old.format = manifest::FORMAT_WITHOUT_TABLES;
        old.sources.values_mut().flat_map(|source| &mut source.files).for_each(|file| file.tables.clear());
        lake.commit(old).expect("an old manifest");
        drop(lake);
        assert!(matches!(Reader::open(root, std::collections::HashSet::new()), Err(Error::NoTables { .. })));
        let lake = Lake::open(root).expect("the lake again");
        let bytes = |manifest: &Manifest| -> Vec<(String, u64, String)> {
            let files = manifest.sources.values().flat_map(|source| &source.files).flat_map(|file| &file.tables);
            files.map(|file| (file.table.clone(), file.rows_count, file.sha256.clone())).collect()
        };
        assert_eq!(bytes(lake.manifest()), bytes(&collected));
        assert_eq!(bytes(&collected).len(), 2);
        assert_whole(root);
    }

    #[test]
    fn concurrent_collects_on_one_lake_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let _first = Lake::open(folder.path()).expect("a lake");
        assert!(matches!(Lake::open(folder.path()), Err(Error::LakeBusy { .. })));
    }

    #[test]
    fn a_file_that_was_replaced_after_its_commit_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut lake = Lake::open(folder.path()).expect("a lake");
        lake.append(&[batch(1..=3)], Instant::from_micros(0)).expect("a run");
        let mut other = batch(1..=3);
        other.events[1].actor = Some(pb::Actor { id: "somebody else".into(), ..pb::Actor::default() });
        lake.stage(1, &other).expect("another file in its place");
        let entry = lake.manifest().sources["network"].files[0].clone();
        let error = read_verified(folder.path(), &entry).expect_err("it differs from the commit");
        assert!(error.to_string().contains("differs from the lake's manifest"), "{error}");
    }
}

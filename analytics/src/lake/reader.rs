//! Reads the typed tables of a lake lazily: only the needed columns and rows.

use std::{
    collections::HashSet,
    fs::File,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use polars::prelude::*;
use time::Date;

use super::{FileEntry, Manifest, Positions, TableFile, compact::groups, private_file, schema::find_schema, table::verify};
use crate::Error;

/// Held shared by readers, and alone by the removal of files.
const READERS: &str = ".readers";
/// Rows that a query reads at most where it reads a table in parts, unless a single file has more: one row group for each core of a small machine.
const PART_ROWS_MAX: u64 = 256 * 1024;

/// The files of a lake at one moment. Writers remove none of them until it is dropped.
pub(crate) struct Reader {
    root: PathBuf,
    manifest: Manifest,
    /// SHA-256 of the files that were compared with the manifest.
    verified: HashSet<String>,
    /// `None` in a folder in which this process cannot write: then nothing there is removed either.
    _lock: Option<File>,
}

/// The rows that count: those recorded by a day, and up to a position of each feed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The last day whose records count.
    pub(crate) on: Date,
    /// The last position of each feed; `None` for all.
    pub(crate) positions: Option<&'a Positions>,
}

impl Reader {
    /// Opens a lake. `verified` are the SHA-256 of files that an earlier reader compared with the manifest.
    pub(crate) fn open(root: &Path, verified: HashSet<String>) -> Result<Self, Error> {
        let lock = private_file(&root.join(READERS)).ok();
        if let Some(lock) = &lock {
            lock.lock_shared().map_err(Error::file("lock", &root.join(READERS)))?;
        }
        let manifest = Manifest::load(root)?;
        if manifest.lacks_rows() {
            return Err(Error::NoTables { path: root.to_owned() });
        }
        Ok(Self { root: root.to_owned(), manifest, verified, _lock: lock })
    }

    /// The files that were compared with the manifest.
    pub(crate) fn into_verified(self) -> HashSet<String> {
        self.verified
    }

    /// Refuses positions of another epoch.
    pub(crate) fn check_positions(&self, positions: Option<&Positions>) -> Result<(), Error> {
        for (feed, wanted) in positions.into_iter().flatten() {
            if let Some(entry) = self.manifest.sources.get(feed).filter(|source| source.epoch != wanted.epoch) {
                let (wanted, collected) = (wanted.epoch.clone(), entry.epoch.clone());
                return Err(Error::OtherHistory { feed: feed.clone(), wanted, collected });
            }
        }
        Ok(())
    }

    /// The known rows of a table, with the columns of its schema. A column that an older file lacks is null. Errors when a file differs from its commit.
    pub(crate) fn scan(&mut self, table: &str, known: Known<'_>) -> Result<LazyFrame, Error> {
        let mut parts = self.parts(table, known, u64::MAX)?;
        Ok(if parts.len() == 1 { parts.remove(0) } else { concat(parts, UnionArgs::default())? })
    }

    /// The same rows in parts of a bounded size. The engine reads ahead as many files as it can, so that the memory of one query grows with the files.
    pub(crate) fn scan_in_parts(&mut self, table: &str, known: Known<'_>) -> Result<Vec<LazyFrame>, Error> {
        self.parts(table, known, PART_ROWS_MAX)
    }

    /// At least one part.
    fn parts(&mut self, table: &str, known: Known<'_>, rows_max: u64) -> Result<Vec<LazyFrame>, Error> {
        let schema = find_schema(table).unwrap_or_else(|| panic!("{table} is no typed table"));
        let mut parts = Vec::new();
        for (name, source) in self.manifest.sources.clone() {
            let position_max = match known.positions {
                None => i64::MAX,
                Some(positions) => positions.get(&name).map_or(0, |position| position.position),
            };
            let within = source.files.iter().filter(|file| file.first_position <= position_max);
            let (whole, cut): (Vec<&FileEntry>, Vec<&FileEntry>) = within.partition(|file| file.last_position <= position_max);
            for (files, is_whole) in [(whole, true), (cut, false)] {
                let files: Vec<&TableFile> =
                    files.into_iter().flat_map(|file| &file.tables).filter(|file| file.table == table).collect();
                self.verify_all(&files)?;
                for files in groups(&files, rows_max, |file| file.rows_count) {
                    let path = |file: &&TableFile| PlRefPath::try_from_path(&self.root.join(&file.path));
                    let rows = scan_files(files.iter().map(path).collect::<PolarsResult<Vec<_>>>()?, schema.clone())?;
                    parts.push(if is_whole { rows } else { rows.filter(col("event_position").lt_eq(lit(position_max))) });
                }
            }
        }
        if parts.is_empty() {
            parts.push(DataFrame::empty_with_schema(&schema).lazy());
        }
        Ok(parts.into_iter().map(|rows| rows.filter(col("event_recorded_date").lt_eq(date(known.on)))).collect())
    }

    /// Compares files with the manifest, on every core.
    fn verify_all(&mut self, files: &[&TableFile]) -> Result<(), Error> {
        let new: Vec<&TableFile> = files.iter().copied().filter(|file| !self.verified.contains(&file.sha256)).collect();
        let (next, root) = (AtomicUsize::new(0), &self.root);
        let verify_some = || loop {
            match new.get(next.fetch_add(1, Ordering::Relaxed)) {
                Some(file) => verify(root, file)?,
                None => return Ok(()),
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..cores.min(new.len())).map(|_| scope.spawn(verify_some)).collect();
            let joined = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            joined.collect::<Result<(), Error>>()
        })?;
        self.verified.extend(new.into_iter().map(|file| file.sha256.clone()));
        Ok(())
    }
}

fn scan_files(paths: Vec<PlRefPath>, schema: SchemaRef) -> Result<LazyFrame, Error> {
    let options =
        ScanArgsParquet { schema: Some(schema), allow_missing_columns: true, glob: false, ..ScanArgsParquet::default() };
    Ok(LazyFrame::scan_parquet_files(paths.into(), options)?)
}

/// A day as a literal of the engine.
pub(crate) fn date(day: Date) -> Expr {
    lit(day.days_since_1970()).cast(DataType::Date)
}

/// Locks the lake against readers; `None` while there are some.
pub(super) fn lock_alone(root: &Path) -> Result<Option<File>, Error> {
    let path = root.join(READERS);
    let lock = private_file(&path).map_err(Error::file("make", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(cause)) => Err(Error::file("lock", &path)(cause)),
    }
}

//! Compaction: rewrites many small files into few, and makes the typed tables from the raw events again.

use std::path::Path;

use super::{FileEntry, Lake, Manifest, read_verified, table};
use crate::Error;

/// Events in a file after a compaction: as many as one run collects, so that memory is bounded.
const EVENTS_PER_FILE_MAX: u64 = 250_000;

/// The result of a compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compaction {
    /// Number of files before: of events and of typed tables.
    pub files_before_count: usize,
    /// Number of files after.
    pub files_after_count: usize,
    /// Number of events.
    pub events_count: u64,
    /// False when somebody was measuring: then the files of before stay in the folders until the next collect or compaction, and a query over all files of a
    /// folder counts their rows twice.
    pub replaced_files_removed: bool,
}

/// Compacts a lake. Every raw event stays as it is, and the typed tables are made from them again. The manifest is replaced once, so that a reader sees
/// the files before or those after. Errors when a file differs from its commit, when an event cannot be read, or while another process writes the lake.
pub fn compact(root: &Path) -> Result<Compaction, Error> {
    let mut lake = Lake::open(root)?;
    let files_before_count = lake.manifest.paths().count();
    let replaced_files_removed = lake.rewrite(EVENTS_PER_FILE_MAX)?;
    let manifest = &lake.manifest;
    Ok(Compaction {
        files_before_count,
        files_after_count: manifest.paths().count(),
        events_count: manifest.sources.values().map(|source| source.rows_count).sum(),
        replaced_files_removed,
    })
}

impl Lake {
    /// Joins neighbouring files of at most this many events together, and makes all typed tables again. Returns whether the replaced files were removed.
    pub(super) fn rewrite(&mut self, events_per_file_max: u64) -> Result<bool, Error> {
        let mut next = Manifest { compactions: self.manifest.compactions + 1, ..self.manifest.clone() }.in_this_format();
        for (name, source) in &mut next.sources {
            let mut rewritten = Vec::new();
            for group in groups(&source.files, events_per_file_max, |file| file.rows_count) {
                rewritten.push(self.join(name, group, next.compactions)?);
            }
            source.files = rewritten;
        }
        self.commit(next)?;
        self.remove_orphans()
    }

    /// Stages the files of a group as one. A file alone stays, and its tables are made again.
    fn join(&self, source: &str, group: &[FileEntry], compaction: u32) -> Result<FileEntry, Error> {
        let mut events = Vec::new();
        for file in group {
            events.extend(read_verified(&self.root, file)?);
        }
        let last = group.last().expect("a group has a file");
        let number = format!("{:06}-{compaction}", last.run);
        let mut entry = match group {
            [alone] => alone.clone(),
            _ => {
                let relative = format!("events/{source}/{number}.parquet");
                table::write_events(&self.path_in_folder(&relative)?, relative, last.run, &events)?
            }
        };
        self.stage_tables(&mut entry, source, &number, &events)?;
        self.sync_folders(&entry)?;
        Ok(entry)
    }
}

/// Neighbouring files, in order, as many as have at most this many rows together. A file with more is a group.
pub(super) fn groups<File>(files: &[File], rows_max: u64, rows_count: impl Fn(&File) -> u64) -> Vec<&[File]> {
    let mut groups = Vec::new();
    let (mut start, mut count) = (0, 0);
    for (index, file) in files.iter().enumerate() {
        if index > start && count + rows_count(file) > rows_max {
            groups.push(&files[start..index]);
            (start, count) = (index, 0);
        }
        count += rows_count(file);
    }
    if start < files.len() {
        groups.push(&files[start..]);
    }
    groups
}

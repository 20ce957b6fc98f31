//! The report: DfE's open data files with their meta files, a manifest with the basis of every figure, and a page.
//!
//! Two runs over the same facts give identical files: no ids, positions, epochs or times of the machine are in them. Only `provenance.json` has the feed
//! positions of the measurement and the hashes of their events.

mod changes;
mod csv;
mod earlier;
mod format;
mod manifest;
mod page;
mod provenance;
mod state;
mod table;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub use changes::write_changes;
pub use earlier::EarlierReport;
pub use format::{percent, percent_of_hundredths, permille};
use sha2::{Digest, Sha256};
pub use state::{Approval, ReportState};

use crate::{
    Error, Reach,
    lake::{hexadecimal, parquet},
};

const MANIFEST: &str = "manifest.json";
const PAGE: &str = "index.html";
const PROVENANCE: &str = "provenance.json";
/// The counted cells, from which all figures of schools are made.
const CELLS: &str = "cells.parquet";

/// The written files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The data files and their meta files, in order of name.
    pub files: Vec<ReportFile>,
    /// `manifest.json`.
    pub manifest: PathBuf,
    /// `index.html`.
    pub page: PathBuf,
    /// SHA-256 over the names and checksums of the data and meta files: one line `<sha256>  <name>` each, in order of name, like the output of
    /// `sha256sum`.
    pub content_sha256: String,
}

/// A data file or its meta file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Name without the folder.
    pub name: &'static str,
    /// Path of the file.
    pub path: PathBuf,
    /// Number of rows without the header.
    pub rows_count: usize,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A report with fixed content, to be written as provisional or as final; its content does not depend on that.
pub struct Draft<'a> {
    reach: &'a Reach,
    tables: Vec<(table::Table, String)>,
    content_sha256: String,
}

impl<'a> Draft<'a> {
    /// The draft of a measurement.
    pub fn new(reach: &'a Reach) -> Self {
        let tables: Vec<(table::Table, String)> = table::tables(reach)
            .into_iter()
            .map(|table| {
                let sha256 = hexadecimal(&Sha256::digest(table.text.as_bytes()));
                (table, sha256)
            })
            .collect();
        let list: String = tables.iter().map(|(table, sha256)| format!("{sha256}  {}\n", table.name)).collect();
        Self { reach, tables, content_sha256: hexadecimal(&Sha256::digest(list.as_bytes())) }
    }

    /// Like [`Report::content_sha256`].
    pub fn content_sha256(&self) -> &str {
        &self.content_sha256
    }

    /// Writes the data files that have rows, such as `reach_by_region.csv`, their `.meta.csv`, `manifest.json`,
    /// `index.html`, `cells.parquet` and, if it was measured up to feed positions, `provenance.json` into a folder, which is created if it is missing. Each
    /// file is replaced as a whole; files of an earlier report without rows now are removed. Errors when the folder cannot be written.
    pub fn write(&self, out: &Path, state: &ReportState) -> Result<Report, Error> {
        fs::create_dir_all(out).map_err(Error::file("make", out))?;
        // The changes belong to the report that is replaced.
        let written = |name: &&str| self.tables.iter().any(|(table, _)| table.name == *name);
        let stale = table::NAMES.into_iter().filter(|name| !written(name)).chain([changes::CHANGES]);
        stale.into_iter().try_for_each(|name| remove_file(&out.join(name)))?;
        let mut files = Vec::new();
        for (table, sha256) in &self.tables {
            let path = replace(out, table.name, &table.text)?;
            files.push(ReportFile { name: table.name, path, rows_count: table.rows_count, sha256: sha256.clone() });
        }
        let content_sha256 = self.content_sha256.clone();
        let manifest = replace(out, MANIFEST, manifest::manifest(self.reach, state, &files, &content_sha256))?;
        let page = replace(out, PAGE, page::page(self.reach, state, &files, &content_sha256))?;
        replace(out, CELLS, parquet(&mut self.reach.cells.frame(&self.reach.options)?)?)?;
        match &self.reach.options.positions {
            Some(positions) => drop(replace(out, PROVENANCE, provenance::provenance(positions, &content_sha256))?),
            None => remove_file(&out.join(PROVENANCE))?,
        }
        Ok(Report { files, manifest, page, content_sha256 })
    }
}

/// Writes a report, like [`Draft::write`].
pub fn write_report(reach: &Reach, out: &Path, state: &ReportState) -> Result<Report, Error> {
    Draft::new(reach).write(out, state)
}

/// Removes the files of a report from a folder, and no others. Errors when a file cannot be removed.
pub fn remove_report(out: &Path) -> Result<(), Error> {
    table::NAMES
        .into_iter()
        .chain([MANIFEST, PAGE, CELLS, PROVENANCE, changes::CHANGES])
        .try_for_each(|name| remove_file(&out.join(name)))
}

/// Removes a file if it exists.
fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Replaces a file as a whole, so that a reader never sees part of one.
fn replace(out: &Path, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, Error> {
    let path = out.join(name);
    let temporary = out.join(format!(".{name}.tmp"));
    fs::write(&temporary, content).map_err(Error::file("write", &temporary))?;
    // Under any umask: a report is for publication.
    fs::set_permissions(&temporary, Permissions::from_mode(0o644)).map_err(Error::file("write", &temporary))?;
    fs::rename(&temporary, &path).map_err(Error::file("replace", &path))?;
    Ok(path)
}

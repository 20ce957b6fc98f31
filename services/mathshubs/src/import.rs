//! Reads a register's files, builds the import messages, and describes the service's answer.

use std::{error::Error, path::Path};

use anyhow::Context;
use proto::network::v1::{self as pb, import_register_request::Part};
use time::Date;

use crate::archive::{self, Archive, Kind};

/// Bytes of one chunk.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// Maximum wrong fields in an error message.
const VIOLATIONS_MAX: usize = 21;

/// The messages of an import: the header, then the files in chunks.
pub(crate) fn messages(header: pb::ImportRegisterHeader, extract: &[u8], links: Option<&[u8]>) -> Vec<pb::ImportRegisterRequest> {
    let extract = extract.chunks(CHUNK_BYTES).map(|chunk| Part::ExtractChunk(chunk.to_vec().into()));
    // An empty file is sent as an empty chunk, so that the service reports it as empty rather than absent.
    let empty = links.is_some_and(<[u8]>::is_empty).then_some(Part::LinksChunk(Vec::new().into()));
    let links = links.unwrap_or_default().chunks(CHUNK_BYTES).map(|chunk| Part::LinksChunk(chunk.to_vec().into())).chain(empty);
    let parts = std::iter::once(Part::Header(header)).chain(extract).chain(links);
    parts.map(|part| pb::ImportRegisterRequest { part: Some(part) }).collect()
}

/// The error of a failed import of `what` in one sentence, with the row and column of each wrong field.
pub(crate) fn refused(what: &str, status: &tonic::Status) -> anyhow::Error {
    use tonic_types::StatusExt;
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    if violations.is_empty() {
        let why = match status.source() {
            Some(source) => format!(
                "the connection broke ({}); if the service demands a certificate, give --peer-certificate-path and --peer-key-path",
                client::deepest(source)
            ),
            None => status.message().to_owned(),
        };
        return anyhow::anyhow!("{what} was not imported: {why}");
    }
    let shown: Vec<String> = violations
        .iter()
        .take(VIOLATIONS_MAX)
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .collect();
    anyhow::anyhow!("{what} was not imported, and nothing was changed; {}", shown.join("; "))
}

/// The files of a register.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) extract: Vec<u8>,
    pub(crate) links: Option<Vec<u8>>,
    /// The extract's day.
    pub(crate) as_of: Date,
    /// The day of the links file, if its name gives it.
    pub(crate) links_as_of: Option<Date>,
    /// Names of the files that were read from a zip.
    pub(crate) unpacked: Vec<String>,
}

impl Files {
    /// Reads an extract and its links, each as a CSV file or in GIAS' zip. A links file in the extract's zip is used unless `links` is given. `given_as_of`
    /// is the extract's day, needed if its name does not give it. Errors when a file is missing or cannot be read, or the day is unknown.
    pub(crate) fn read(extract: &Path, links: Option<&Path>, given_as_of: Option<Date>) -> anyhow::Result<Self> {
        let mut unpacked = Vec::new();
        let mut from_zip = |entry: archive::Entry| {
            unpacked.push(entry.name.clone());
            let day = find_day_in_name(Path::new(&entry.name));
            (entry.bytes, day)
        };
        let (mut bytes, mut as_of) = (read(extract)?, find_day_in_name(extract));
        let mut links_of_zip = None;
        if archive::is_zip(&bytes) {
            let packed = bytes;
            let mut archive = Archive::open(&extract.display().to_string(), &packed)?;
            let day;
            (bytes, day) = from_zip(archive.file(Kind::Extract)?);
            as_of = day.or(as_of);
            if links.is_none() {
                links_of_zip = archive.find(Kind::Links)?.map(&mut from_zip);
            }
        }
        let links_of_file = links.map(|links| {
            let bytes = read(links)?;
            if archive::is_zip(&bytes) {
                return Ok(from_zip(Archive::open(&links.display().to_string(), &bytes)?.file(Kind::Links)?));
            }
            anyhow::Ok((bytes, find_day_in_name(links)))
        });
        let (links, links_as_of) = links_of_file.transpose()?.or(links_of_zip).unzip();
        let as_of = given_as_of.or(as_of).with_context(|| {
            format!(
                "{} does not give its day; add --as-of YYYY-MM-DD, or name it as GIAS does (edubasealldata20180901.csv)",
                extract.display()
            )
        })?;
        Ok(Self { extract: bytes, links, as_of, links_as_of: links_as_of.flatten(), unpacked })
    }
}

/// The day in a name such as `edubasealldata20180901.csv`.
fn find_day_in_name(file: &Path) -> Option<Date> {
    let name = file.file_name()?.to_str()?;
    let digits = name.split(|letter: char| !letter.is_ascii_digit()).find(|digits| digits.len() == 8)?;
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
    Date::new_checked(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Reads a file that must exist.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The number of a register's rows with a reason.
pub(crate) fn reason_count(register: &pb::Register, reason: pb::RegisterReason) -> i32 {
    register.reason_counts.iter().find(|count| count.reason() == reason).map_or(0, |count| count.rows_count)
}

/// The description of a reason.
pub(crate) const fn reason_description(reason: pb::RegisterReason) -> &'static str {
    match reason {
        pb::RegisterReason::Unspecified => "not decided",
        pb::RegisterReason::In => "in: open, state-funded, of a phase that counts",
        pb::RegisterReason::Closed => "out: closed",
        pb::RegisterReason::ProposedToOpen => "out: proposed to open",
        pb::RegisterReason::NotStateFunded => "out: not state-funded",
        pb::RegisterReason::PhaseNotCounted => "out: nursery, 16 plus or without a phase",
        pb::RegisterReason::NoRegion => "out: in no region of England",
        pb::RegisterReason::UnknownStatus => "out: status is blank or not known",
        pb::RegisterReason::UnknownPhase => "out: phase is blank or not known",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_gives_the_day() {
        let day = |name: &str| find_day_in_name(Path::new(name)).map(|day| day.to_string());
        assert_eq!(day("/tmp/edubasealldata20180901.csv").as_deref(), Some("2018-09-01"));
        assert_eq!(day("extract-20180231.csv"), None);
        assert_eq!(day("extract.csv"), None);
    }
}

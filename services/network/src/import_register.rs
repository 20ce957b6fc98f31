//! Replaces the register by an extract and its links, in one step.

use db::Tx;
use prost::Message;
use proto::network::v1 as pb;
use server::Call;
use service::{Command, Context};
use sha2::{Digest, Sha256};
use time::Date;
use tonic::{Response, Status};

use crate::{
    domain::{
        extract::{self, Extract},
        file::Violation,
        former::set_former_codes,
        lineage::{self, Change, Link},
        register::{Difference, Entry, Reason, Register, School, Summary, count, shrinks},
    },
    error::Error,
    events, store, wire,
};

/// A file that comes in chunks; its checksum grows with it, so that it costs no time of its own.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    checksum: Sha256,
}

impl Received {
    /// Takes the next chunk.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        self.checksum.update(chunk);
    }

    fn sha256(&self) -> String {
        use std::fmt::Write;
        let mut text = String::with_capacity(64);
        for byte in self.checksum.clone().finalize() {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        text
    }
}

/// The files, as they were sent.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) extract: Received,
    /// `None` when no chunk of a links file was sent.
    pub(crate) links: Option<Received>,
}

/// Files that were read.
#[derive(Debug)]
struct Read {
    schools: Vec<School>,
    links: Vec<Link>,
    summary: Summary,
    generated: bool,
}

/// What an import shall make of the register.
pub(crate) struct Import {
    header: pb::ImportRegisterHeader,
    wanted: Register,
    /// `None` when the files are those of the register that is served, which were not read.
    read: Option<Read>,
}

/// Reads the files of a stream and imports them. Files and day of the register that is served change nothing, and cost their hashes.
pub(crate) async fn import_files(
    context: &Context,
    call: &Call,
    header: pb::ImportRegisterHeader,
    as_of: Date,
    files: Files,
) -> Result<Response<pb::ImportRegisterResponse>, Status> {
    let extract_sha256 = files.extract.sha256();
    let links_sha256 = files.links.as_ref().map(Received::sha256).unwrap_or_default();
    let body = [header.encode_to_vec(), extract_sha256.clone().into_bytes(), links_sha256.clone().into_bytes()].concat();
    let wanted = Register {
        version: 0,
        as_of: Some(as_of),
        extract_sha256,
        links_sha256,
        summary: Summary::default(),
        generated: false,
        demonstration: false,
    };
    let current = context.read(|tx| Box::pin(store::register_current(tx))).await?;
    let read = if same(&current, &wanted) { None } else { Some(read(files, as_of).await.map_err(fields)?) };
    let import = Import { header: header.clone(), wanted, read };
    let mut answer = context.mutate_stream(call, &header, &body, move |cmd| Box::pin(import_register(cmd, import))).await?;
    if header.validate_only
        && let Some(register) = &mut answer.get_mut().register
    {
        // The register that is served keeps its etag.
        register.etag = wire::etag(current.version);
    }
    Ok(answer)
}

/// Writes what is different.
pub(crate) async fn import_register(cmd: &mut Command<'_, '_>, import: Import) -> Result<pb::ImportRegisterResponse, Error> {
    let Import { header, wanted, read } = import;
    let current = store::register_lock(cmd.tx).await?;
    if same(&current, &wanted) {
        return Ok(unchanged(&current));
    }
    let read = read.ok_or(Error::RegisterChanged)?;
    not_older(&current, &wanted, header.older_allowed)?;
    let stored = if current.version == 0 { (Vec::new(), Vec::new()) } else { stored(cmd.tx).await? };
    let (difference, change) = changes(stored, read.schools, &read.links, header.shrinking_allowed)?;
    let mut parts = events::schools_recorded(&difference.entries);
    let mut ready = Vec::with_capacity(parts.size_hint().0);
    store::school_write(cmd.tx, &difference.entries, || ready.extend(parts.next())).await?;
    ready.extend(parts);
    store::link_delete(cmd.tx, &change.removed).await?;
    store::link_write(cmd.tx, &change.written).await?;
    let mut register = Register {
        version: current.version,
        summary: read.summary,
        generated: read.generated,
        demonstration: current.demonstration,
        ..wanted
    };
    events::register_imported(cmd, &ready, &change, &mut register);
    store::register_update(cmd.tx, &register).await?;
    tracing::info!(
        rows = register.summary.rows_count,
        added = difference.added_count,
        changed = difference.changed_count,
        unlisted = difference.unlisted_count,
        links = change.written.len(),
        links_removed = change.removed.len(),
        validate_only = header.validate_only,
        "a register was imported"
    );
    Ok(answer(&register, &difference))
}

/// Refuses files of a day that has not come: a register of a mistyped year would lock out every right one until then.
pub(crate) fn not_in_future(today: Date, future_allowed: bool, days: &[(&'static str, Option<Date>)]) -> Result<(), Error> {
    match days.iter().find_map(|(field, day)| Some((*field, day.filter(|day| *day > today)?))) {
        Some((field, day)) if !future_allowed => Err(Error::RegisterInFuture { field, day, today }),
        _ => Ok(()),
    }
}

/// Refused when a newer register is served: it is as the newest extract describes it.
fn not_older(current: &Register, wanted: &Register, older_allowed: bool) -> Result<(), Error> {
    match (wanted.as_of, current.as_of) {
        (Some(day), Some(served)) if day < served && !older_allowed => Err(Error::RegisterOlder(day, served)),
        _ => Ok(()),
    }
}

/// The schools and links that are there.
async fn stored(tx: &mut Tx<'_>) -> Result<(Vec<Entry>, Vec<Link>), Error> {
    Ok((store::school_all(tx).await?, store::link_all(tx).await?))
}

/// What the files do to the schools and the links. Refused when one seems cut off between two rows, or the links were left out.
fn changes(
    (stored, stored_links): (Vec<Entry>, Vec<Link>),
    mut schools: Vec<School>,
    links: &[Link],
    shrinking_allowed: bool,
) -> Result<(Difference, Change), Error> {
    set_former_codes(&mut schools, &stored, links);
    let unknown = schools.iter().filter(|school| matches!(school.reason, Reason::UnknownStatus | Reason::UnknownPhase)).count();
    if !shrinking_allowed && shrinks(unknown, schools.len()) {
        return Err(Error::CodesUnknown(unknown, schools.len()));
    }
    let listed = stored.iter().filter(|entry| entry.listed).count();
    let (difference, change) = (Difference::between(stored, schools), Change::between(&stored_links, links));
    if !shrinking_allowed && shrinks(difference.unlisted_count, listed) {
        return Err(Error::RegisterShrinks(difference.unlisted_count, listed));
    }
    if !shrinking_allowed && shrinks(change.removed.len(), stored_links.len()) {
        return Err(Error::LinksShrink(change.removed.len(), stored_links.len()));
    }
    Ok((difference, change))
}

/// Work that takes the processor for longer than others should wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("reading files does not panic")
}

/// Reads both files at once.
async fn read(files: Files, as_of: Date) -> Result<Read, Vec<Violation>> {
    let Files { extract, links } = files;
    let extract = blocking(move || {
        let mut extract = extract::parse(&extract.bytes)?;
        let new_la_codes = extract.complete_new_la_codes(as_of);
        Ok((extract, new_la_codes))
    });
    let rows = blocking(move || links.map_or(Ok(Vec::new()), |links| lineage::parse(&links.bytes)));
    let (extract, rows) = tokio::join!(extract, rows);
    let ((extract, new_la_codes), rows) = match (extract, rows) {
        (Ok(extract), Ok(rows)) => (extract, rows),
        (Err(violations), Ok(_)) | (Ok(_), Err(violations)) => return Err(violations),
        (Err(mut violations), Err(more)) => {
            violations.extend(more);
            return Err(violations);
        }
    };
    let Extract { schools, generated, unknown_codes, texts_repaired_count, .. } = extract;
    let mut summary = Summary { unknown_codes, texts_repaired_count, new_la_codes, ..Summary::of(&schools) };
    let links = lineage::fold(&rows, &schools, &mut summary);
    Ok(Read { schools, links, summary, generated })
}

fn fields(violations: Vec<Violation>) -> Error {
    Error::Fields(violations.into_iter().map(|violation| (violation.place, violation.why)).collect())
}

fn same(current: &Register, wanted: &Register) -> bool {
    current.version > 0
        && current.as_of == wanted.as_of
        && current.extract_sha256 == wanted.extract_sha256
        && current.links_sha256 == wanted.links_sha256
}

fn unchanged(register: &Register) -> pb::ImportRegisterResponse {
    pb::ImportRegisterResponse { register: Some(wire::register(register)), unchanged: true, ..Default::default() }
}

fn answer(register: &Register, difference: &Difference) -> pb::ImportRegisterResponse {
    let small = |things: usize| i32::try_from(count(things)).expect("a file that fits into memory has fewer rows than 31 bits");
    pb::ImportRegisterResponse {
        register: Some(wire::register(register)),
        unchanged: false,
        schools_added_count: small(difference.added_count),
        schools_changed_count: small(difference.changed_count),
        schools_unlisted_count: small(difference.unlisted_count),
    }
}

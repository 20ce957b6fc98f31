//! `RegisterService.ImportRegister` replaces the register by an extract and its links, in one transaction.

use db::Tx;
use prost::Message;
use proto::network::v1 as pb;
use server::Call;
use service::{Command, Context, Error, Resource, count};
use time::Date;
use tonic::{Response, Status};

use super::{
    RegisterSource, RegisterViolation, SchoolChange, count_of, events,
    files::{Contents, Files},
    rules::shrinks,
    store,
};
use crate::{
    lineage::{self, Link, LinkChange},
    school::{self, RegisterEntry, School, former::set_former_codes},
};

/// An import, ready for its transaction.
struct Import {
    header: pb::ImportRegisterHeader,
    source: RegisterSource,
    /// `None` when the files are those of the register that is served, so that nobody read them.
    contents: Option<Contents>,
}

/// Reads the files and imports them. The files and the day of the register that is served change nothing, and cost only their checksums.
pub(super) async fn import_register(
    context: &Context,
    call: &Call,
    header: pb::ImportRegisterHeader,
    as_of: Date,
    files: Files,
) -> Result<Response<pb::ImportRegisterResponse>, Status> {
    let source = files.source(as_of);
    let body = [&header.encode_to_vec(), source.extract_sha256.as_bytes(), source.links_sha256.as_bytes()].concat();
    let current = context.read(|tx| Box::pin(store::register_current(tx))).await?;
    let contents = if current.is_made_from(&source) { None } else { Some(files.read(as_of).await?) };
    let import = Import { header: header.clone(), source, contents };
    context.mutate_stream(call, &header, &body, move |cmd| Box::pin(register_replace(cmd, import))).await
}

/// Writes the differences between the register that is served and the files.
async fn register_replace(cmd: &mut Command<'_, '_>, import: Import) -> Result<pb::ImportRegisterResponse, Error> {
    let Import { header, source, contents } = import;
    let current = store::register_current_for_update(cmd.tx).await?;
    if current.is_made_from(&source) {
        let register = Some((&current).into());
        return Ok(pb::ImportRegisterResponse { register, unchanged: true, ..pb::ImportRegisterResponse::default() });
    }
    let Contents { schools, links, summary, generated } = contents.ok_or(RegisterViolation::Changed)?;
    current.check_not_older(&source, header.older_allowed)?;
    let stored = if current.version == 0 { (Vec::new(), Vec::new()) } else { stored(cmd.tx).await? };
    let Changes { schools: school_change, links: link_change, pending_links } =
        changes(stored, schools, &links, header.shrinking_allowed)?;
    // While the database writes schools, the events about them are made.
    let mut parts = events::school_parts(&school_change);
    let mut ready = Vec::with_capacity(parts.size_hint().0);
    school::store::school_write(cmd.tx, &school_change.entries, || ready.extend(parts.next())).await?;
    ready.extend(parts);
    lineage::store::link_write(cmd.tx, &link_change.written).await?;
    lineage::store::pending_link_replace(cmd.tx, &pending_links, &cmd.cause.actor.id, cmd.now()).await?;
    let etag_before = current.etag();
    let mut register = current.replace(source, summary, generated, count_of(pending_links.len()));
    events::append_parts(cmd, &mut register, &ready, &link_change);
    register.version += 1;
    let imported = pb::RegisterImported {
        register: Some((&register).into()),
        generated: register.generated,
        demonstration: register.demonstration,
    };
    cmd.append(&register, &imported);
    store::register_update(cmd.tx, &register).await?;
    tracing::info!(
        rows = register.summary.rows_count,
        added = school_change.added_count,
        changed = school_change.changed_count,
        unlisted = school_change.unlisted_count,
        links = link_change.written.len(),
        links_pending = register.pending_links_count,
        validate_only = header.validate_only,
        "a register was imported"
    );
    let mut message = pb::Register::from(&register);
    if header.validate_only {
        // The register that is served keeps its etag.
        message.etag = etag_before;
    }
    Ok(pb::ImportRegisterResponse {
        register: Some(message),
        unchanged: false,
        schools_added_count: count(count_of(school_change.added_count)),
        schools_changed_count: count(count_of(school_change.changed_count)),
        schools_unlisted_count: count(count_of(school_change.unlisted_count)),
    })
}

/// The schools and links of the register that is served.
async fn stored(tx: &mut Tx<'_>) -> Result<(Vec<RegisterEntry>, Vec<Link>), Error> {
    Ok((school::store::school_all(tx).await?, lineage::store::link_all(tx).await?))
}

/// The changes that an import makes.
struct Changes {
    schools: SchoolChange,
    /// Takes effect at once. Nothing is removed.
    links: LinkChange,
    pending_links: LinkChange,
}

/// The changes that the files make to the schools and the links. Errors when a file seems cut off between two rows, the links seem left out, or the codes of
/// the extract seem changed.
fn changes(
    (stored, stored_links): (Vec<RegisterEntry>, Vec<Link>),
    mut schools: Vec<School>,
    links: &[Link],
    shrinking_allowed: bool,
) -> Result<Changes, RegisterViolation> {
    let links = LinkChange::between(&stored_links, links);
    let removed = links.removed.len();
    let (at_once, pending_links) =
        links.at_once_and_pending(|urn| stored.binary_search_by_key(&urn, |entry| entry.school.urn).is_ok());
    set_former_codes(&mut schools, &stored, &[&stored_links[..], &at_once].concat());
    let (unknown, rows) = (schools.iter().filter(|school| school.reason.is_unknown()).count(), schools.len());
    let listed = stored.iter().filter(|entry| entry.listed).count();
    let schools = SchoolChange::between(stored, schools);
    let unlisted = schools.unlisted_count;
    if !shrinking_allowed {
        if shrinks(unknown, rows) {
            return Err(RegisterViolation::CodesUnknown { unknown, rows });
        }
        if shrinks(unlisted, listed) {
            return Err(RegisterViolation::SchoolsShrink { unlisted, listed });
        }
        if shrinks(removed, stored_links.len()) {
            return Err(RegisterViolation::LinksShrink { removed, links: stored_links.len() });
        }
    }
    Ok(Changes { schools, links: LinkChange { written: at_once, removed: Vec::new() }, pending_links })
}

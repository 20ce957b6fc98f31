//! `RegisterService.ConfirmLinks` puts pending links into effect. Another identity than the importer confirms.

use name::Urn;
use proto::network::v1 as pb;
use service::{Command, Error, Resource, count};

use super::{LineageViolation, rules, store};
use crate::{
    register::{self, SchoolChange, count_of, events},
    school::{self, School, former::set_former_codes},
};

/// The most predecessors of one request.
pub(crate) const PREDECESSORS_MAX: usize = 1_000;

/// `etag` is that of the register as the caller read it. No `predecessors` means all.
pub(crate) async fn confirm_links(
    cmd: &mut Command<'_, '_>,
    etag: String,
    predecessors: Vec<Urn>,
) -> Result<pb::ConfirmLinksResponse, Error> {
    let mut register = register::store::register_current_for_update(cmd.tx).await?;
    register.check_etag(&etag)?;
    let pending = store::pending_link_page(cmd.tx, (0, 0), i64::MAX).await?;
    let links = rules::select(pending, &predecessors)?;
    // The statement deletes no link that the confirmer imported, so that none of them takes effect.
    if store::pending_link_delete(cmd.tx, &links, &cmd.cause.actor.id).await? != links.len() {
        return Err(LineageViolation::ConfirmerIsImporter.into());
    }
    let (confirmed, importer) = (count_of(links.len()), links[0].importer.clone());
    let links = rules::confirm(links);
    store::link_delete(cmd.tx, &links.removed).await?;
    store::link_write(cmd.tx, &links.written).await?;
    let schools = former_codes(cmd).await?;
    school::store::school_write(cmd.tx, &schools.entries, || ()).await?;
    register.pending_links_count -= confirmed;
    events::append_parts(cmd, &mut register, &events::school_parts(&schools).collect::<Vec<_>>(), &links);
    register.version += 1;
    cmd.append(&register, &pb::LinksConfirmed { register: Some((&register).into()), importer });
    register::store::register_update(cmd.tx, &register).await?;
    tracing::info!(links = confirmed, pending = register.pending_links_count, "pending links were confirmed");
    Ok(pb::ConfirmLinksResponse { register: Some((&register).into()), confirmed_links_count: count(confirmed) })
}

/// The schools whose former code follows from the links that are in effect now.
async fn former_codes(cmd: &mut Command<'_, '_>) -> Result<SchoolChange, Error> {
    let stored = school::store::school_all(cmd.tx).await?;
    let links = store::link_all(cmd.tx).await?;
    let mut schools: Vec<School> = stored.iter().filter(|entry| entry.listed).map(|entry| entry.school.clone()).collect();
    set_former_codes(&mut schools, &stored, &links);
    Ok(SchoolChange::between(stored, schools))
}

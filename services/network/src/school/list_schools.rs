//! `RegisterService.ListSchools` gives a page of schools, in order of URN.

use db::Tx;
use name::Urn;
use proto::network::v1 as pb;
use server::Page;
use service::Error;

use super::{RegisterEntry, RegisterReason, column::PhaseOrZero, store};
use crate::register::RegisterViolation;

/// The schools of a list. An empty or absent part does not filter.
#[derive(Debug, Clone)]
pub(crate) struct SchoolFilter {
    pub(crate) region_code: String,
    pub(crate) old_la_code: String,
    pub(crate) phase: PhaseOrZero,
    /// Of schools that the newest extract lists: a school that it does not list has no reason now.
    pub(crate) reason: Option<RegisterReason>,
}

/// The end of a page: the version of the register, and the last school.
type SchoolKey = (i64, Urn);

pub(crate) async fn list_schools(
    tx: &mut Tx<'_>,
    filter: SchoolFilter,
    page: Page<SchoolKey>,
) -> Result<pb::ListSchoolsResponse, Error> {
    let rows = store::school_page(tx, &filter, page.after().map_or(0, |(_, urn)| urn.number()), page.limit()).await?;
    // The page before gave a token because another school followed in its register. Pages of two registers do not make a list.
    if let Some((before, _)) = page.after()
        && rows.first().is_none_or(|(_, register_version)| register_version != before)
    {
        return Err(RegisterViolation::Changed.into());
    }
    let key = |(entry, version): &(RegisterEntry, i64)| (*version, entry.school.urn);
    let (schools, next_page_token) = page.cut(rows, key, |(entry, _)| (&entry).into());
    Ok(pb::ListSchoolsResponse { schools, next_page_token })
}

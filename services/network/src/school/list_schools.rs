//! `RegisterService.ListSchools` gives a page of schools, in order of URN.

use db::Tx;
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

/// The end of a page: the version of the register, and the number of the last school.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SchoolKey {
    register_version: i64,
    urn: i64,
}

impl SchoolKey {
    pub(crate) fn parse(key: &str) -> Result<Self, &'static str> {
        let parts = key
            .split_once('/')
            .and_then(|(version, urn)| Some(Self { register_version: version.parse().ok()?, urn: urn.parse().ok()? }));
        parts.ok_or("is not a token of this list; begin again without it")
    }
}

/// `after` is the end of the page before.
pub(crate) async fn list_schools(
    tx: &mut Tx<'_>,
    filter: SchoolFilter,
    page: Page,
    after: Option<SchoolKey>,
) -> Result<pb::ListSchoolsResponse, Error> {
    let rows = store::school_page(tx, &filter, after.map_or(0, |after| after.urn), page.limit()).await?;
    // The page before gave a token because another school followed in its register. Pages of two registers do not make a list.
    if let Some(after) = after
        && rows.first().is_none_or(|(_, register_version)| *register_version != after.register_version)
    {
        return Err(RegisterViolation::Changed.into());
    }
    let key = |(entry, version): &(RegisterEntry, i64)| format!("{version}/{}", entry.school.urn.number());
    let (schools, next_page_token) = page.cut(rows, key, |(entry, _)| (&entry).into());
    Ok(pb::ListSchoolsResponse { schools, next_page_token })
}

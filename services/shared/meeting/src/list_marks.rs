//! `MeetingService.ListMarks` gives a page of the marks of a meeting, of a subject or of a person.

use db::Tx;
use proto::meeting::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Page};
use service::Error;

use crate::{
    Names,
    mark::{
        self, Mark,
        page_store::{MarkFilter, MarkKey, mark_page},
    },
};

pub(crate) async fn list_marks(
    tx: &mut Tx<'_>,
    names: Names,
    scope: ScopeKey,
    filter: MarkFilter,
    page: Page<MarkKey>,
) -> Result<pb::ListMarksResponse, Error> {
    let rows = mark_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let rows = rows.ok_or_else(|| match &filter.meeting {
        Some((parent, meeting)) => ApiError::not_found(&format!("{}/{}/{meeting}", names.parents, parent.as_str())),
        None => ApiError::not_found(names.parents),
    })?;
    let key = |mark: &Mark| (mark.meeting.clone(), mark.date, mark.person.clone(), mark.number);
    let (marks, next_page_token) = page.cut(rows, key, |mark| mark::wire::message(names, &mark));
    Ok(pb::ListMarksResponse { marks, next_page_token })
}

//! `MeetingService.ListMeetings` gives a page of the meetings of a parent, or of all parents.

use db::Tx;
use proto::meeting::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Page};
use service::Error;

use crate::{
    Names,
    parent::ParentId,
    rules::{Meeting, MeetingId},
    store::{self, MeetingFilter},
};

pub(crate) async fn list_meetings(
    tx: &mut Tx<'_>,
    names: Names,
    scope: ScopeKey,
    filter: MeetingFilter,
    page: Page<MeetingId>,
) -> Result<pb::ListMeetingsResponse, Error> {
    let rows = store::meeting_page(tx, names, &scope, &filter, page.after(), page.limit()).await?;
    let parent = || format!("{}/{}", names.parents, filter.parent.as_ref().map_or("-", ParentId::as_str));
    let rows = rows.ok_or_else(|| ApiError::not_found(&parent()))?;
    let (meetings, next_page_token) = page.cut(rows, |meeting: &Meeting| meeting.id.clone(), |meeting| (&meeting).into());
    Ok(pb::ListMeetingsResponse { meetings, next_page_token })
}

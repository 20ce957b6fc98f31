//! `CouncilService.ListMeetings` gives a page of meetings, in order of their day.

use db::Tx;
use name::CouncilMeetingId;
use proto::network::v1 as pb;
use server::Page;
use service::Error;
use time::{AcademicYear, Date};

use super::{Meeting, store};

/// The end of a page: the day and id of its last meeting.
pub(super) type MeetingKey = (Date, CouncilMeetingId);

pub(super) async fn list_meetings(
    tx: &mut Tx<'_>,
    year: Option<AcademicYear>,
    page: Page<MeetingKey>,
) -> Result<pb::ListMeetingsResponse, Error> {
    let rows = store::meeting_page(tx, year, page.after(), page.limit()).await?;
    let key = |meeting: &Meeting| (meeting.date, meeting.id.clone());
    let (council_meetings, next_page_token) = page.cut(rows, key, |meeting| (&meeting).into());
    Ok(pb::ListMeetingsResponse { council_meetings, next_page_token })
}

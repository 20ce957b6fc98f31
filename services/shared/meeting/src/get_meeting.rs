//! `MeetingService.GetMeeting` gives one meeting.

use db::Tx;
use proto::meeting::v1 as pb;
use scope::ScopeKey;
use service::Error;
use time::Date;

use crate::{meeting_ref::MeetingRef, store};

pub(crate) async fn get_meeting(tx: &mut Tx<'_>, meeting: MeetingRef, today: Date) -> Result<pb::GetMeetingResponse, Error> {
    let parent = &meeting.parent;
    let scope = ScopeKey::new(&parent.scope, today);
    let found = store::find_meeting(tx, parent.names, &scope, &parent.id, &meeting.id).await?;
    let found = found.ok_or_else(|| meeting.not_found())?;
    Ok(pb::GetMeetingResponse { meeting: Some((&found).into()) })
}

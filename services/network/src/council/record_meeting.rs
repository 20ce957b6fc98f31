//! `CouncilService.RecordMeeting` records a meeting of the Council.

use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{CouncilViolation, Meeting, store};
use crate::hub;

/// The hubs and persons that were present must exist.
pub(super) async fn record_meeting(cmd: &mut Command<'_, '_>, mut meeting: Meeting) -> Result<pb::RecordMeetingResponse, Error> {
    meeting.check_presence(cmd.today())?;
    if let Some(unknown) = hub::store::find_unknown_hub(cmd.tx, &meeting.present_hubs).await? {
        return Err(ApiError::not_found(&unknown.to_string()).into());
    }
    if let Some(unknown) = store::find_unknown_person(cmd.tx, &meeting.present_persons).await? {
        return Err(ApiError::not_found(&unknown.to_string()).into());
    }
    if !store::meeting_insert(cmd.tx, &meeting).await? {
        let of_term = store::find_meeting_of_term(cmd.tx, meeting.academic_year, meeting.term).await?;
        return Err(match of_term {
            Some(other) if other != meeting.id => CouncilViolation::TermTaken(other),
            _ => CouncilViolation::MeetingExists(meeting.id),
        }
        .into());
    }
    meeting.chair = store::find_chair(cmd.tx, meeting.date).await?;
    cmd.append(&meeting, &pb::CouncilMeetingRecorded { council_meeting: Some((&meeting).into()) });
    Ok(pb::RecordMeetingResponse { council_meeting: Some((&meeting).into()) })
}

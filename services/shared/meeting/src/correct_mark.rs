//! `MeetingService.CorrectMark` corrects a mark of a final register, or adds one that is missing.

use std::collections::BTreeSet;

use proto::meeting::v1 as pb;
use service::{Command, Error};

use crate::{
    Parents,
    mark::{self, Mark, MarkEntry, check_marks},
    meeting_ref::MeetingRef,
    rules::MeetingState,
    store,
};

pub(crate) async fn correct_mark(
    cmd: &mut Command<'_, '_>,
    parents: Parents,
    meeting: MeetingRef,
    entry: MarkEntry,
    reason: String,
) -> Result<pb::CorrectMarkResponse, Error> {
    (parents.lock_subjects)(cmd, BTreeSet::from([entry.subject.clone()])).await?;
    let (_, before) = meeting.lock(cmd).await?;
    before.check_state(MeetingState::Held)?;
    let newest = mark::store::find_newest_mark(cmd.tx, &before.id, entry.date, &entry.person).await?;
    let after = match &newest {
        Some(newest) => newest.correct(&entry, reason, cmd.now())?,
        None => {
            let mut added = check_marks(cmd, &before, std::slice::from_ref(&entry)).await?;
            Mark { reason: Some(reason), ..added.remove(0) }
        }
    };
    let had_taken_part = newest.is_some_and(|newest| newest.kind.is_attendance());
    let changes_attendance = had_taken_part != after.kind.is_attendance();
    mark::store::mark_insert(cmd.tx, std::slice::from_ref(&after)).await?;
    if changes_attendance && after.kind.is_attendance() && before.plan.persons_max > 0 {
        let persons_count = mark::store::persons_count(cmd.tx, &before.id, after.date).await?;
        before.check_capacity(after.date, persons_count)?;
    }
    let meeting = before.next_version();
    store::meeting_update(cmd.tx, &meeting).await?;
    let message = mark::wire::message(meeting.names, &after);
    cmd.append(&meeting, &pb::MarkCorrected { mark: Some(message.clone()) });
    if changes_attendance {
        (parents.attendance_changed)(cmd, BTreeSet::from([(after.subject, after.date)])).await?;
    }
    Ok(pb::CorrectMarkResponse { mark: Some(message) })
}

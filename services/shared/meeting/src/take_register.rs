//! `MeetingService.TakeRegister` takes the register of a meeting: a draft, or the final one.

use std::collections::BTreeSet;

use proto::meeting::v1 as pb;
use service::{Command, Error};

use crate::{
    Parents,
    mark::{self, MarkEntry, check_marks, persons_by_day},
    meeting_ref::MeetingRef,
    rules::RegisterState,
    store,
};

/// A register as a caller sends it.
#[derive(Debug, Clone)]
pub(crate) struct Register {
    pub(crate) is_final: bool,
    pub(crate) entries: Vec<MarkEntry>,
}

pub(crate) async fn take_register(
    cmd: &mut Command<'_, '_>,
    parents: Parents,
    meeting: MeetingRef,
    register: Register,
) -> Result<pb::TakeRegisterResponse, Error> {
    (parents.lock_subjects)(cmd, register.entries.iter().map(|entry| entry.subject.clone()).collect()).await?;
    let (_, before) = meeting.lock(cmd).await?;
    before.check_register(cmd.today())?;
    let marks = check_marks(cmd, &before, &register.entries).await?;
    for (date, persons) in persons_by_day(&marks) {
        before.check_capacity(date, i64::try_from(persons.len()).expect("a register is bounded"))?;
    }
    let after = before.take_register(register.is_final, cmd.now())?;
    if !register.is_final {
        mark::store::draft_replace(cmd.tx, &after.id, &marks).await?;
        store::meeting_update(cmd.tx, &after).await?;
        return Ok(pb::TakeRegisterResponse { meeting: Some((&after).into()) });
    }
    if before.register == RegisterState::Draft {
        mark::store::draft_delete(cmd.tx, &after.id).await?;
    }
    store::meeting_update(cmd.tx, &after).await?;
    mark::store::mark_insert(cmd.tx, &marks).await?;
    let messages = marks.iter().map(|mark| mark::wire::message(after.names, mark)).collect();
    cmd.append(&after, &pb::RegisterTaken { meeting: Some((&after).into()), marks: messages });
    let attended: BTreeSet<_> =
        marks.into_iter().filter(|mark| mark.kind.is_attendance()).map(|mark| (mark.subject, mark.date)).collect();
    if !attended.is_empty() {
        (parents.attendance_changed)(cmd, attended).await?;
    }
    Ok(pb::TakeRegisterResponse { meeting: Some((&after).into()) })
}

//! Attendance that can prove an entitlement, because of which calls that would undo it are refused.

use db::{Error, Tx};
use proto::Reason;
use server::ApiError;
use time::Date;

use crate::{
    Names,
    mark::store::{find_evidence, find_last_mark_date},
    parent::{ParentId, SubjectId},
    rules::MeetingId,
};

/// An attendance that can prove an entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceEvidence {
    date: Date,
    /// The resource name.
    meeting: String,
    /// The resource name.
    entitlement: String,
}

impl AttendanceEvidence {
    /// The refusal of a call that would undo the registers of a parent. Where an entitlement can rest on them, the sentence says so, and the metadata have
    /// `entitlement`, and `meeting` with the attendance.
    pub fn refusal(evidence: Option<&Self>, reason: Reason, message: &str) -> ApiError {
        let Some(Self { date, meeting, entitlement }) = evidence else { return ApiError::new(reason, message) };
        let message = format!("{message}; `{entitlement}` may be paid for the attendance of {date}");
        ApiError::new(reason, message).with("meeting", meeting).with("entitlement", entitlement)
    }
}

/// The registers after a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterRegisters {
    /// The last day of them.
    pub last: Date,
    /// The first attendance in them that can prove an entitlement.
    pub evidence: Option<AttendanceEvidence>,
}

/// The registers of a parent after a day, of all subjects or of one; `None` when there is none. Lock the parent or the subject before.
pub async fn find_later_registers(
    tx: &mut Tx<'_>,
    names: Names,
    parent: &ParentId,
    subject: Option<&SubjectId>,
    day: Date,
) -> Result<Option<LaterRegisters>, Error> {
    let Some(last) = find_last_mark_date(tx, parent, subject).await?.filter(|last| day < *last) else { return Ok(None) };
    let found = find_evidence(tx, parent, (None, subject), Some(day)).await?;
    Ok(Some(LaterRegisters { last, evidence: found.map(|found| evidence(names, parent, found)) }))
}

/// The first attendance in the register of a meeting, which is locked, that can prove an entitlement.
pub(crate) async fn find_evidence_of_meeting(
    tx: &mut Tx<'_>,
    names: Names,
    parent: &ParentId,
    meeting: &MeetingId,
) -> Result<Option<AttendanceEvidence>, Error> {
    let found = find_evidence(tx, parent, (Some(meeting), None), None).await?;
    Ok(found.map(|found| evidence(names, parent, found)))
}

fn evidence(names: Names, parent: &ParentId, (date, meeting, entitlement): (Date, MeetingId, String)) -> AttendanceEvidence {
    AttendanceEvidence { date, meeting: format!("{}/{}/{meeting}", names.parents, parent.as_str()), entitlement }
}

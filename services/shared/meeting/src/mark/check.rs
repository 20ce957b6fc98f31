//! The marks that entries become, by the facts of their persons, schools and days.

use std::collections::{BTreeMap, BTreeSet};

use server::ApiError;
use service::{Command, Error};

use super::{
    rules::{Basis, Mark, MarkEntry},
    store,
};
use crate::{
    rules::Meeting,
    store::{leadership_list, membership_list},
};

/// Checks the entries of a register. Fails with the first entry that is not allowed.
pub(crate) async fn check_marks(cmd: &mut Command<'_, '_>, meeting: &Meeting, entries: &[MarkEntry]) -> Result<Vec<Mark>, Error> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let members = membership_list(cmd.tx, &meeting.parent).await?;
    let leaders = leadership_list(cmd.tx, &meeting.parent).await?;
    let asked: BTreeSet<_> = entries.iter().map(|entry| &entry.person).collect();
    let persons = store::known_person_list(cmd.tx, &asked).await?;
    let urns: BTreeSet<_> = members.iter().map(|member| member.urn).collect();
    let urns: Vec<_> = urns.into_iter().collect();
    let mut lineages = BTreeMap::new();
    for date in entries.iter().map(|entry| entry.date).collect::<BTreeSet<_>>() {
        let of_day = mirror::lineages(cmd.tx, &urns, date).await?;
        lineages.extend(of_day.into_iter().map(|(urn, lineage)| ((date, urn), lineage)));
    }
    let basis = Basis { leaders, members, persons, lineages };
    let now = cmd.now();
    let marks = entries.iter().map(|entry| basis.mark(meeting, entry, now)).collect::<Result<Vec<_>, _>>()?;
    // Two ids can mean one person.
    let mut marked = BTreeSet::new();
    match marks.iter().position(|mark| !marked.insert((mark.date, &mark.person))) {
        Some(index) => Err(ApiError::field(&format!("marks[{index}]"), "is a second mark of the person and the day").into()),
        None => Ok(marks),
    }
}

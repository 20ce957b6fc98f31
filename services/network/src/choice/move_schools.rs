//! `HubService.MoveSchools` lets the schools of authorities, or given schools, choose another hub by a decision of the Council.

use std::collections::BTreeMap;

use name::{DecisionId, HubId, Urn};
use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error, count};
use sha2::{Digest, Sha256};
use time::Date;

use super::{Choice, ChoiceEffect, choose, store};
use crate::{council, hub};

/// Most schools that move in one call, so that its transaction is short.
const SCHOOLS_MAX: usize = 2_000;
/// Characters of the etag.
const ETAG_LENGTH: usize = 32;

/// The move that a caller asks for.
#[derive(Debug, Clone)]
pub(crate) struct AskedMove {
    /// The schools of these authorities; empty when schools are given.
    pub(crate) old_la_codes: Vec<String>,
    pub(crate) urns: Vec<Urn>,
    pub(crate) hub: HubId,
    pub(crate) start_date: Date,
    pub(crate) decision: DecisionId,
    /// As a dry run gave it; `None` for a dry run.
    pub(crate) etag: Option<String>,
}

/// Locks the schools before the hub, in the order of `ChooseHub`, so that no choice changes between the comparison of etags and the move.
pub(crate) async fn move_schools(cmd: &mut Command<'_, '_>, asked: AskedMove) -> Result<pb::MoveSchoolsResponse, Error> {
    council::store::decision_check(cmd.tx, [&asked.decision]).await?;
    let schools = store::school_list_for_move(cmd.tx, &asked.old_la_codes, &asked.urns).await?;
    let hub = hub::store::hub_by_id_for_share(cmd.tx, &asked.hub, cmd.today()).await?;
    let urns: Vec<Urn> = schools.keys().copied().collect();
    let newest = store::newest_choice_list(cmd.tx, &urns).await?;
    let moving: Vec<Choice> =
        newest.into_iter().filter(|choice| choice.hub != hub.id && choice.start_date <= asked.start_date).collect();
    if moving.len() > SCHOOLS_MAX {
        let why =
            format!("{} schools would move, and one call moves at most {SCHOOLS_MAX}; give fewer authorities", moving.len());
        return Err(ApiError::field("old_la_codes", why).into());
    }
    let etag = etag(&asked, &moving);
    if asked.etag.as_ref().is_some_and(|sent| *sent != etag) {
        return Err(ApiError::stale(&asked.hub.to_string()).into());
    }
    let mut moved: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut updated, mut begun) = (Vec::new(), Vec::new());
    for newest in moving {
        let urn = newest.urn;
        moved.entry(schools[&urn].clone()).or_default().push(urn.to_string());
        match choose(&hub, urn, asked.start_date, Some(newest))? {
            ChoiceEffect::Unchanged(_) => {}
            ChoiceEffect::Replaced(choice) => updated.push(choice),
            ChoiceEffect::Begun { ended, choice } => {
                updated.extend(ended);
                begun.push(choice);
            }
        }
    }
    store::choice_update_all(cmd.tx, &updated).await?;
    store::choice_insert_all(cmd.tx, &begun).await?;
    for choice in updated.iter().chain(&begun) {
        let decision = asked.decision.to_string();
        let event = pb::HubChosen { hub_choice: Some(choice.into()), decision, ..pb::HubChosen::default() };
        cmd.append(choice, &event);
    }
    let moved_authorities = moved.into_iter().map(|(old_la_code, schools)| pb::MovedAuthority {
        old_la_code,
        schools_count: len(schools.len()),
        schools,
    });
    let moved_authorities: Vec<_> = moved_authorities.collect();
    let schools_count = moved_authorities.iter().map(|moved| moved.schools_count).sum();
    Ok(pb::MoveSchoolsResponse { moved_authorities, schools_count, etag })
}

fn len(length: usize) -> i32 {
    count(i64::try_from(length).expect("a call moves a few thousand schools"))
}

/// Over the move that was asked for and the choices that it ends.
fn etag(asked: &AskedMove, moving: &[Choice]) -> String {
    let mut hash = Sha256::new().chain_update(format!("{} {} {}", asked.hub, asked.start_date, asked.decision));
    for choice in moving {
        hash.update(format!("\n{} {} {} {}", choice.urn, choice.start_date, choice.hub, choice.version));
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..ETAG_LENGTH].to_owned()
}

//! Records that a school chooses a hub from a day on.

use proto::network::v1 as pb;
use service::Command;
use time::Date;

use crate::{
    domain::{
        Urn,
        hub::{Choice, Effect, Impossible, choose},
    },
    error::Error,
    events, store, wire,
};

/// Replaces the choice for that day, or ends the one before it. The choice that ends is recorded before the one that begins.
pub(crate) async fn choose_hub(
    cmd: &mut Command<'_, '_>,
    urn: Urn,
    hub_id: String,
    start: Date,
) -> Result<pb::ChooseHubResponse, Error> {
    if !store::school_lock(cmd.tx, urn).await? {
        return Err(Error::SchoolNotListed(urn));
    }
    let hub = store::hub_find_shared(cmd.tx, &hub_id).await?.ok_or_else(|| Error::NotFound(format!("hubs/{hub_id}")))?;
    let newest = store::choice_newest(cmd.tx, urn).await?;
    let effect = choose((hub.start_date, hub.end_date), &hub_id, start, newest).map_err(|impossible| match impossible {
        Impossible::HubNotOpen => Error::HubNotOpen(hub_id.clone(), start),
        Impossible::BeforeLast(last) => Error::ChoiceBeforeLast(urn, last),
    })?;
    let choice = match effect {
        Effect::Same(choice) => choice,
        Effect::Replaces(old) => {
            let choice = Choice { hub_id, version: old.version + 1, ..old };
            store::choice_update(cmd.tx, &choice).await?;
            events::hub_chosen(cmd, &choice);
            choice
        }
        Effect::First | Effect::Ends(_) => {
            if let Effect::Ends(old) = effect {
                let ended = Choice { end_date: Some(start.plus_days(-1)), version: old.version + 1, ..old };
                store::choice_update(cmd.tx, &ended).await?;
                events::hub_chosen(cmd, &ended);
            }
            let choice = Choice { urn, start_date: start, hub_id, end_date: None, version: 1 };
            store::choice_insert(cmd.tx, &choice).await?;
            events::hub_chosen(cmd, &choice);
            choice
        }
    };
    Ok(pb::ChooseHubResponse { hub_choice: Some(wire::choice(&choice)) })
}

//! `HubService.ChooseHub` records that a school chooses a hub from a day on.

use name::{HubId, Urn};
use proto::network::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{Choice, ChoiceEffect, choose, store};
use crate::{
    hub,
    school::{self, SchoolViolation},
};

/// The choice that ends is recorded before the one that begins.
pub(crate) async fn choose_hub(
    cmd: &mut Command<'_, '_>,
    urn: Urn,
    hub: HubId,
    start_date: Date,
) -> Result<pb::ChooseHubResponse, Error> {
    if !school::store::school_is_listed_for_update(cmd.tx, urn).await? {
        return Err(SchoolViolation::NotListed(urn).into());
    }
    let hub = hub::store::hub_by_id_for_share(cmd.tx, &hub).await?;
    let newest = store::find_newest_choice(cmd.tx, urn).await?;
    let choice = match choose(&hub, urn, start_date, newest)? {
        ChoiceEffect::Unchanged(choice) => choice,
        ChoiceEffect::Replaced(choice) => {
            store::choice_update(cmd.tx, &choice).await?;
            append_chosen(cmd, &choice);
            choice
        }
        ChoiceEffect::Begun { ended, choice } => {
            if let Some(ended) = ended {
                store::choice_update(cmd.tx, &ended).await?;
                append_chosen(cmd, &ended);
            }
            store::choice_insert(cmd.tx, &choice).await?;
            append_chosen(cmd, &choice);
            choice
        }
    };
    Ok(pb::ChooseHubResponse { hub_choice: Some((&choice).into()) })
}

fn append_chosen(cmd: &mut Command<'_, '_>, choice: &Choice) {
    cmd.append(choice, &pb::HubChosen { hub_choice: Some(choice.into()) });
}

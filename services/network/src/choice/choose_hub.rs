//! `HubService.ChooseHub` records that a school chooses a hub from a day on.

use proto::network::v1 as pb;
use service::{Command, Error};

use super::{Choice, ChoiceEffect, EnteredChoice, choose, store};
use crate::{
    hub,
    school::{self, SchoolViolation},
};

/// The choice that ends is recorded before the one that begins.
pub(crate) async fn choose_hub(cmd: &mut Command<'_, '_>, entered: EnteredChoice) -> Result<pb::ChooseHubResponse, Error> {
    let EnteredChoice { urn, hub, start_date, document_sha256 } = entered;
    cmd.concerns(&hub, urn);
    if !school::store::school_is_listed_for_update(cmd.tx, urn).await? {
        return Err(SchoolViolation::NotListed(urn).into());
    }
    let hub = hub::store::hub_by_id_for_share(cmd.tx, &hub, cmd.today()).await?;
    let newest = store::find_newest_choice(cmd.tx, urn).await?;
    if newest.is_none() {
        // Nothing of the school changes: it has no hub yet.
        cmd.needs_no_second_person();
    }
    let choice = match choose(&hub, urn, start_date, newest)? {
        ChoiceEffect::Unchanged(choice) => {
            cmd.needs_no_second_person();
            choice
        }
        ChoiceEffect::Replaced(choice) => {
            store::choice_update(cmd.tx, &choice).await?;
            append_chosen(cmd, &choice, document_sha256);
            choice
        }
        ChoiceEffect::Begun { ended, choice } => {
            if let Some(ended) = ended {
                store::choice_update(cmd.tx, &ended).await?;
                append_chosen(cmd, &ended, document_sha256.clone());
            }
            store::choice_insert(cmd.tx, &choice).await?;
            append_chosen(cmd, &choice, document_sha256);
            choice
        }
    };
    Ok(pb::ChooseHubResponse { hub_choice: Some((&choice).into()), ..Default::default() })
}

fn append_chosen(cmd: &mut Command<'_, '_>, choice: &Choice, document_sha256: String) {
    cmd.append(choice, &pb::HubChosen { hub_choice: Some(choice.into()), document_sha256, ..pb::HubChosen::default() });
}

//! Links of descent may bring two entitlements together, or turn out to divide a school that had one: whenever links are imported, whenever a day begins on
//! which one of them takes effect, whenever an entitlement arises that stood apart or ends, and before a batch is made. Nothing is guessed: a person is asked,
//! about each entitlement one question at a time, and the next one in the transaction in which that is answered. A question to which nothing leads any more is
//! taken back.

use name::Urn;

use crate::{act::Act, store, store::review::Turn};

/// Questions that one transaction asks.
const QUESTIONS_MAX: i64 = 200;

/// Asks what is not asked yet and takes back what is asked in vain, at most so much. Says whether there was anything of either.
pub(crate) async fn look_again(act: &mut Act<'_, '_>) -> Result<bool, db::Error> {
    let today = act.today();
    let turns = store::review::turn_list(act.tx, today, QUESTIONS_MAX).await?;
    let any = !turns.is_empty();
    take(act, turns).await?;
    Ok(any)
}

/// The same about a school's entitlement and those of its kin.
pub(crate) async fn look_at_kin(act: &mut Act<'_, '_>, urn: Urn) -> Result<(), db::Error> {
    let today = act.today();
    // Where a question is taken back, another may take its place.
    loop {
        let turns = store::review::turn_list_of_kin(act.tx, urn, today, QUESTIONS_MAX).await?;
        if !take(act, turns).await? {
            return Ok(());
        }
    }
}

/// Says whether a question was taken back.
async fn take(act: &mut Act<'_, '_>, turns: Vec<Turn>) -> Result<bool, db::Error> {
    let mut any_taken_back = false;
    for turn in turns {
        let (id, turned) = match &turn {
            // The second about the same one waits for the answer to the first.
            Turn::Ask(question) => (&question.entitlement, store::review::question_ask(act.tx, question).await?),
            Turn::TakeBack(id, review) => (id, store::review::question_take_back(act.tx, id, *review).await?),
        };
        if turned {
            let entitlement = store::entitlement::find_entitlement_held(act.tx, id).await?;
            act.entitlement_flagged(&entitlement.expect("it was written just now"));
            any_taken_back |= matches!(turn, Turn::TakeBack(..));
        }
    }
    Ok(any_taken_back)
}

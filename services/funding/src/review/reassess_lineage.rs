//! Links of descent may bring two entitlements together, or turn out to divide a school that had one: whenever links are imported, whenever a day begins on
//! which one of them takes effect, whenever an entitlement arises that stood apart or ends, and before a batch is made. Nothing is guessed: a person is asked,
//! about each entitlement one question at a time, and the next one in the transaction in which that is answered. A question to which nothing leads any more is
//! taken back.

use name::Urn;

use service::{Command, Context};

use crate::{events, store, store::review::Turn};

/// Review questions that one transaction raises or withdraws.
const QUESTIONS_MAX: i64 = 200;

/// Raises missing review questions and withdraws obsolete ones, at most `QUESTIONS_MAX`. Says whether there was any.
pub(crate) async fn reassess_lineage(cmd: &mut Command<'_, '_>) -> Result<bool, db::Error> {
    let today = cmd.today();
    let turns = store::review::turn_list(cmd.tx, today, QUESTIONS_MAX).await?;
    let any = !turns.is_empty();
    take(cmd, turns).await?;
    Ok(any)
}

/// The same until nothing is left to do, each part in a transaction of its own.
pub(crate) async fn reassess_all(context: &Context) -> Result<(), db::Error> {
    while context.run_system(|cmd| Box::pin(reassess_lineage(cmd))).await? {}
    Ok(())
}

/// The same about a school's entitlement and those of its relatives.
pub(crate) async fn reassess_relatives(cmd: &mut Command<'_, '_>, urn: Urn) -> Result<(), db::Error> {
    let today = cmd.today();
    // Where a question is taken back, another may take its place.
    loop {
        let turns = store::review::turn_list_of_kin(cmd.tx, urn, today, QUESTIONS_MAX).await?;
        if !take(cmd, turns).await? {
            return Ok(());
        }
    }
}

/// Says whether a question was taken back.
async fn take(cmd: &mut Command<'_, '_>, turns: Vec<Turn>) -> Result<bool, db::Error> {
    let mut any_taken_back = false;
    for turn in turns {
        let (id, turned) = match &turn {
            // The second about the same one waits for the answer to the first.
            Turn::Ask(question) => (&question.entitlement, store::review::question_ask(cmd.tx, question).await?),
            Turn::TakeBack(id, review) => (id, store::review::question_take_back(cmd.tx, id, *review).await?),
        };
        if turned {
            let entitlement = store::entitlement::find_entitlement_held(cmd.tx, id).await?;
            events::entitlement_flagged(cmd, &entitlement.expect("it was written just now"));
            any_taken_back |= matches!(turn, Turn::TakeBack(..));
        }
    }
    Ok(any_taken_back)
}

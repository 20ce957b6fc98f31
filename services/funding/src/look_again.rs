//! Links of descent may bring two entitlements together, or turn out to divide a school that had one: whenever links are imported, whenever a day begins on
//! which one of them takes effect, whenever an entitlement arises that stood apart, and before a batch is made. Nothing is guessed: a person is asked, about each entitlement one
//! question at a time, and the next one in the transaction in which that is answered.

use name::Urn;

use crate::{act::Act, domain::Question, store};

/// Questions that one transaction asks.
const QUESTIONS_MAX: i64 = 200;

/// Asks what is not asked yet, at most so much. Says whether there was anything to ask.
pub(crate) async fn look_again(act: &mut Act<'_, '_>) -> Result<bool, db::Error> {
    let today = act.today();
    let questions = store::review::question_list(act.tx, today, QUESTIONS_MAX).await?;
    let any = !questions.is_empty();
    ask(act, questions).await?;
    Ok(any)
}

/// The same about a school's entitlement and those of its kin.
pub(crate) async fn look_at_kin(act: &mut Act<'_, '_>, urn: Urn) -> Result<(), db::Error> {
    let today = act.today();
    let questions = store::review::question_list_of_kin(act.tx, urn, today, QUESTIONS_MAX).await?;
    ask(act, questions).await
}

async fn ask(act: &mut Act<'_, '_>, questions: Vec<Question>) -> Result<(), db::Error> {
    for question in questions {
        // The second about the same one waits for the answer to the first.
        if store::review::question_ask(act.tx, &question).await? {
            let asked = store::entitlement::find_entitlement_held(act.tx, &question.entitlement).await?;
            act.entitlement_flagged(&asked.expect("it was asked about just now"));
        }
    }
    Ok(())
}

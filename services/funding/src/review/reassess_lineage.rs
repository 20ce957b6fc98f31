//! Reassessment: raises and withdraws review questions when links may connect entitlements or divide a school that has one. It runs when links are imported,
//! when a day begins on which a link takes effect, when an entitlement with relatives is recognised or ends, and before a batch is created. An entitlement has
//! one open question at a time; the next is raised in the transaction that answers it.

use db::Error;
use name::Urn;
use proto::funding::v1 as pb;
use service::{Command, Context};

use super::{ReviewChange, store};
use crate::entitlement;

/// Maximum number of review questions that one transaction raises or withdraws.
const QUESTIONS_MAX: i64 = 200;

/// Raises missing review questions and withdraws obsolete ones, at most [`QUESTIONS_MAX`]. True when there was any.
pub(crate) async fn reassess_lineage(cmd: &mut Command<'_, '_>) -> Result<bool, Error> {
    let today = cmd.today();
    let changes = store::review_change_list(cmd.tx, today, QUESTIONS_MAX).await?;
    let any = !changes.is_empty();
    apply(cmd, changes).await?;
    Ok(any)
}

/// The same for all questions, in one transaction for each [`QUESTIONS_MAX`].
pub(crate) async fn reassess_all(context: &Context) -> Result<(), Error> {
    while context.run_system(|cmd| Box::pin(reassess_lineage(cmd))).await? {}
    Ok(())
}

/// The same for the entitlements of a school and its relatives, all in this transaction.
pub(crate) async fn reassess_relatives(cmd: &mut Command<'_, '_>, urn: Urn) -> Result<(), Error> {
    let today = cmd.today();
    loop {
        let changes = store::review_change_list_of_relatives(cmd.tx, urn, today, QUESTIONS_MAX).await?;
        // A withdrawn question may make way for another about the same entitlement.
        if !apply(cmd, changes).await? {
            return Ok(());
        }
    }
}

/// True when a question was withdrawn.
async fn apply(cmd: &mut Command<'_, '_>, changes: Vec<ReviewChange>) -> Result<bool, Error> {
    let mut any_withdrawn = false;
    for change in changes {
        let (id, changed) = match &change {
            // Of two questions about one entitlement, the second waits for the answer to the first.
            ReviewChange::Raise(question) => (&question.entitlement, store::question_raise(cmd.tx, question).await?),
            ReviewChange::Withdraw(id, review) => (id, store::question_withdraw(cmd.tx, id, *review).await?),
        };
        if changed {
            let entitlement = entitlement::store::find_entitlement_for_update(cmd.tx, id).await?;
            let entitlement = entitlement.expect("the entitlement was updated in this transaction");
            cmd.append(&entitlement, &pb::EntitlementFlagged { entitlement: Some((&entitlement).into()) });
            any_withdrawn |= matches!(change, ReviewChange::Withdraw(..));
        }
    }
    Ok(any_withdrawn)
}

//! `ApplicationService.SubmitApplication` puts a draft into the queue of its round.

use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use service::{Command, Error, Resource};

use super::{
    ApplicationRef, claim,
    rules::Submission,
    store,
    submission_basis::{SubmissionBasis, submission_basis},
};
use crate::round;

/// `etag` is empty to submit the draft as it is.
pub(super) async fn submit_application(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
    etag: String,
) -> Result<pb::SubmitApplicationResponse, Error> {
    // First, because it locks the round's row: numbers are committed in their order. A refusal gives the number back.
    let scope = ScopeKey::new(&application.scope, cmd.today());
    let taken = round::store::queue_number_take(cmd.tx, &scope, &application.round, &application.id).await?;
    let (queue_number, round) = taken.ok_or_else(|| application.not_found())?;
    let draft = application.lock(cmd).await?;
    if !etag.is_empty() {
        draft.check_etag(&etag)?;
    }
    let today = cmd.today();
    let basis = submission_basis(cmd.tx, &draft, &round, today).await?;
    let SubmissionBasis { urns, coldness, eligibility } = basis;
    let claims_count = i64::try_from(urns.len()).expect("a lineage is bounded");
    let chosen_hub = eligibility.chosen_hub.clone();
    let submitted = draft.submit(Submission { queue_number, coldness, chosen_hub, claims_count }, cmd.now())?;
    round.check_window(cmd.now())?;
    eligibility.check_school(&submitted, &round)?;
    eligibility.check_hub(&round, today)?;
    let span = round.claim_span(&submitted.programme);
    if !claim::claim_insert(cmd.tx, &submitted, &span, &urns, round.academic_year.start_date(), today).await? {
        return Err(application.has_applied(cmd, &submitted, &span).await?.into());
    }
    store::application_update_locked(cmd.tx, &submitted).await?;
    let event =
        pb::ApplicationSubmitted { application: Some((&submitted).into()), academic_year: round.academic_year.to_string() };
    cmd.append(&submitted, &event);
    Ok(pb::SubmitApplicationResponse { application: Some((&submitted).into()) })
}

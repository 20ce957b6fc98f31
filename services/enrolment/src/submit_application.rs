//! A draft goes into the queue.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{application_ref::ApplicationRef, domain::Submission, error::Error, events, store, wire};

/// `etag` is empty to submit it as it stands.
pub(crate) async fn submit_application(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
    etag: String,
) -> Result<pb::SubmitApplicationResponse, Error> {
    // First: whoever holds the round's row has the next number, so numbers are committed in their order. A refusal gives it back.
    let taken = store::round::queue_number_take(cmd.tx, &application.round).await?;
    let (queue_number, round) = taken.ok_or_else(|| application.not_found())?;
    let draft = application.hold(cmd).await?;
    if !etag.is_empty() && etag != wire::etag(draft.version) {
        return Err(Error::Stale(draft.name()));
    }
    let (now, today) = (cmd.now(), cmd.today());
    let programme = round.find_programme(&draft.programme).expect("a programme in use cannot leave its round");
    let found = store::ground::submission_ground(cmd.tx, &draft, programme, today).await?;
    let store::ground::SubmissionGround { urns, coldness, ground } = found;
    let claims_count = i64::try_from(urns.len()).expect("a lineage is bounded");
    let application = draft.submit(&round, Submission { queue_number, coldness, claims_count }, now)?;
    ground.check(&application, &round, today)?;
    if !store::claim::claim_insert(cmd.tx, &application, &urns, round.academic_year.start_date(), today).await? {
        return Err(Error::SchoolHasApplied(application.urn));
    }
    let written = store::application::application_update(cmd.tx, &application).await?;
    assert!(written, "nobody else writes an application that is held");
    events::application_submitted(cmd, &application, round.academic_year);
    Ok(pb::SubmitApplicationResponse { application: Some((&application).into()) })
}

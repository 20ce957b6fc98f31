//! A draft goes into the queue.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{act::Desk, domain::Submission, error::Error, store, target::Target, wire};

/// `etag` is empty to submit it as it stands.
pub(crate) async fn submit(
    desk: &Desk,
    request: Once,
    target: Target,
    etag: String,
) -> Result<pb::SubmitApplicationResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            // First: whoever holds the round's row has the next number, so numbers are committed in their order. A refusal gives it back.
            let taken = store::round::queue_number_take(act.tx, &target.round).await?;
            let (queue_number, round) = taken.ok_or_else(|| target.not_found())?;
            let draft = target.hold(&mut act).await?;
            if !etag.is_empty() && etag != wire::etag(draft.version) {
                return Err(Error::Stale(draft.name()));
            }
            let (now, today) = (act.now(), act.today());
            let programme = round.find_programme(&draft.programme).expect("a programme in use cannot leave its round");
            let found = store::ground::submission_ground(act.tx, &draft, programme, today).await?;
            let store::ground::SubmissionGround { urns, coldness, ground } = found;
            let claims_count = i64::try_from(urns.len()).expect("a lineage is bounded");
            let application = draft.submit(&round, Submission { queue_number, coldness, claims_count }, now)?;
            ground.check(&application, &round, today)?;
            if !store::claim::claim_insert(act.tx, &application, &urns, round.academic_year.start_date(), today).await? {
                return Err(Error::SchoolHasApplied(application.urn));
            }
            let written = store::application::application_update(act.tx, &application).await?;
            assert!(written, "nobody else writes an application that is held");
            act.application_submitted(&application, round.academic_year);
            Ok(pb::SubmitApplicationResponse { application: Some((&application).into()) })
        })
    })
    .await
}

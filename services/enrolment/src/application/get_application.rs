//! `ApplicationService.GetApplication` gives one application.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use service::Error;
use time::Date;

use super::{ApplicationRef, store};

pub(super) async fn get_application(
    tx: &mut Tx<'_>,
    application: ApplicationRef,
    today: Date,
) -> Result<pb::GetApplicationResponse, Error> {
    let scope = ScopeKey::new(&application.scope, today);
    let found = store::find_application(tx, &scope, &application.round, &application.id).await?;
    let found = found.ok_or_else(|| application.not_found())?;
    Ok(pb::GetApplicationResponse { application: Some((&found).into()) })
}

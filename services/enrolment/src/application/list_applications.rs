//! `ApplicationService.ListApplications` gives a page of the applications of a round, or of all rounds.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Page};
use service::Error;

use super::{
    rules::{Application, ApplicationId},
    store::{self, ApplicationFilter},
};
use crate::attention::{Attention, wire};

pub(super) async fn list_applications(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: ApplicationFilter,
    page: Page<ApplicationId>,
) -> Result<pb::ListApplicationsResponse, Error> {
    let rows = store::application_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let rows = rows.ok_or_else(|| ApiError::not_found(&filter.round.to_string()))?;
    let (rows, attentions): (Vec<Application>, Vec<Option<Attention>>) = rows.into_iter().unzip();
    let key = |application: &Application| application.id.clone();
    let (applications, next_page_token) = page.cut(rows, key, |application| pb::Application::from(&application));
    // The page is the beginning of the rows.
    let named = applications.iter().zip(attentions);
    let attention = named.filter_map(|(row, attention)| Some((row.name.clone(), wire::message(attention?)))).collect();
    Ok(pb::ListApplicationsResponse { applications, next_page_token, attention })
}

//! `WorkGroupService.ProposeWorkGroups` proposes groups for the schools of a hub that are in none.

use std::collections::BTreeSet;

use db::Tx;
use name::HubId;
use proto::enrolment::v1 as pb;
use scope::{Scope, ScopeKey};
use server::ApiError;
use service::Error;
use time::Date;

use super::{
    rules::{Bounds, Candidate, propose},
    store,
};
use crate::work_group::{GroupYear, Shape, WorkGroupViolation};

pub(crate) async fn propose_work_groups(
    tx: &mut Tx<'_>,
    scope: Scope,
    hub: HubId,
    year: GroupYear,
    today: Date,
) -> Result<pb::ProposeWorkGroupsResponse, Error> {
    if matches!(&scope, Scope::Hub(own) if *own != hub) {
        return Err(WorkGroupViolation::HubNotOwn(hub).into());
    }
    if !mirror::hub_exists(tx, &hub).await? {
        return Err(ApiError::not_found(&hub.to_string()).into());
    }
    let programme = mirror::programme_of_year::<Error>(tx, &year.programme, year.first_academic_year()).await?;
    let shape = Shape::of(&programme, year.year_number)?;
    let scope = ScopeKey::new(&Scope::Hub(hub), today);
    let schools = store::unplaced_list(tx, &scope, &year).await?;
    let people = store::candidate_list(tx, &scope, &year, shape.leader_kind).await?;
    let urns: Vec<_> = people.iter().map(|person| person.urn).collect::<BTreeSet<_>>().into_iter().collect();
    let lineages = mirror::lineages(tx, &urns, today).await?;
    let leaders = people
        .into_iter()
        .map(|row| {
            let own_schools = lineages.get(&row.urn).into_iter().flatten().copied().collect();
            Candidate { person: row.person, location: row.location, own_schools }
        })
        .collect();
    let count = |count: i64| usize::try_from(count).expect("terms have small counts");
    let bounds = Bounds { min: count(shape.schools_min_count), max: count(shape.schools_max_count) };
    Ok((&propose(leaders, schools, bounds)).into())
}

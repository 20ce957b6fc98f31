//! `mathshubs move-schools`: the schools of given authorities, or given schools, choose another hub from a day on, by a decision of the Council.
//!
//! With `--dry-run` nothing changes: it prints the schools that would move, and of these the live places and the money that is not paid yet, which stay with
//! the hub that accepted the schools. The etag that it prints makes the same move.

use clap::{ArgGroup, Args};
use client::Connection;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use proto::{
    enrolment::v1::{self as enrolment, participation_service_client::ParticipationServiceClient},
    funding::v1::{self as funding, entitlement_service_client::EntitlementServiceClient},
    network::v1::{self as pb, hub_service_client::HubServiceClient},
};
use time::Date;
use tonic::Status;

use super::connection;

/// Most rows of a page.
const PAGE_SIZE: i32 = 1_000;
/// Schools that are asked for at once.
const AT_ONCE: usize = 16;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("moved").required(true).args(["authorities", "schools"])))]
pub(super) struct Arguments {
    /// Three-digit code of an authority whose schools move; repeat it for more.
    #[arg(long = "authority", value_name = "CODE")]
    authorities: Vec<String>,
    /// A school that moves, `schools/{urn}`; repeat it for more.
    #[arg(long = "school", value_name = "SCHOOL")]
    schools: Vec<String>,
    /// The hub that they choose, `hubs/{hub}`.
    #[arg(long, value_name = "HUB")]
    hub: String,
    /// First day of the choices.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Date,
    /// The decision of the Council, `councilMeetings/{meeting}/decisions/{decision}`.
    #[arg(long, value_name = "DECISION")]
    decision: String,
    /// Print what would move, and change nothing.
    #[arg(long, conflicts_with = "etag", required_unless_present = "etag")]
    dry_run: bool,
    /// The etag that `--dry-run` printed: exactly these schools move.
    #[arg(long, value_name = "ETAG")]
    etag: Option<String>,
    /// Address of the network service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::NETWORK_ADDRESS)]
    network_address: String,
    /// Address of the enrolment service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::ENROLMENT_ADDRESS)]
    enrolment_address: String,
    /// Address of the funding service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::FUNDING_ADDRESS)]
    funding_address: String,
    /// Token of NCETM: `mathshubs token --role ncetm` prints one. Set it in the environment: arguments can be read by others.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    tls: client::PeerTls,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let token = connection::token(&arguments.token)?;
    let network = connection::connect("network", &arguments.network_address, &arguments.tls, token.clone()).await?;
    let request = pb::MoveSchoolsRequest {
        request_id: connection::request_id(),
        old_la_codes: arguments.authorities,
        schools: arguments.schools,
        hub: arguments.hub.clone(),
        start_date: arguments.from.to_string(),
        decision: arguments.decision,
        etag: arguments.etag.unwrap_or_default(),
        validate_only: arguments.dry_run,
    };
    let moved =
        HubServiceClient::new(network).move_schools(request).await.map_err(|status| refused("network", &status))?.into_inner();
    let (hub, from) = (&arguments.hub, arguments.from);
    let choose = match (arguments.dry_run, moved.schools_count) {
        (true, 1) => "school would choose",
        (true, _) => "schools would choose",
        (false, 1) => "school chooses",
        (false, _) => "schools choose",
    };
    println!("{} {choose} {hub} from {from}:", moved.schools_count);
    for authority in &moved.moved_authorities {
        println!("  {:>7} of authority {}: {}", authority.schools_count, authority.old_la_code, authority.schools.join(", "));
    }
    if !arguments.dry_run {
        return Ok(());
    }
    let enrolment = connection::connect("enrolment", &arguments.enrolment_address, &arguments.tls, token.clone()).await?;
    let funding = connection::connect("funding", &arguments.funding_address, &arguments.tls, token).await?;
    let schools: Vec<String> = moved.moved_authorities.into_iter().flat_map(|authority| authority.schools).collect();
    let (enrolment, funding) = (ParticipationServiceClient::new(enrolment), EntitlementServiceClient::new(funding));
    let found: Vec<(usize, Unpaid)> = stream::iter(schools)
        .map(|school| {
            let (enrolment, funding) = (enrolment.clone(), funding.clone());
            async move {
                let places = places_live(&enrolment, &school).await.map_err(|status| refused("enrolment", &status))?;
                let unpaid = unpaid(&funding, &school).await.map_err(|status| refused("funding", &status))?;
                Ok::<_, anyhow::Error>((places, unpaid))
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let places: usize = found.iter().map(|(places, _)| places).sum();
    let entitlements: usize = found.iter().map(|(_, unpaid)| unpaid.entitlements_count).sum();
    let pence: i64 = found.iter().map(|(_, unpaid)| unpaid.pence).sum();
    println!("They keep, with the hubs that accepted them:");
    println!("  {places:>7} places that are not completed");
    println!("  {entitlements:>7} entitlements that are not paid, of £{}.{:02}", pence / 100, pence % 100);
    println!("To move exactly these schools: repeat the command with --etag '{}' in place of --dry-run", moved.etag);
    Ok(())
}

fn refused(service: &str, status: &Status) -> anyhow::Error {
    anyhow::anyhow!("{service} refused: {}", status.message())
}

/// The number of places of a school and its lineage in which it takes part or will.
async fn places_live(client: &ParticipationServiceClient<Connection>, school: &str) -> Result<usize, Status> {
    use enrolment::ParticipationState::{Active, Enrolled};
    let participations = client::items(|page_token| async move {
        let school = school.to_owned();
        let request = enrolment::ListParticipationsRequest { page_size: PAGE_SIZE, page_token, school, ..Default::default() };
        let page = client.clone().list_participations(request).await?.into_inner();
        Ok((page.participations, page.next_page_token))
    });
    let participations: Vec<enrolment::Participation> = participations.try_collect().await?;
    Ok(participations.iter().filter(|place| matches!(place.state(), Enrolled | Active)).count())
}

/// Money that a school is entitled to and was not paid.
struct Unpaid {
    entitlements_count: usize,
    pence: i64,
}

async fn unpaid(client: &EntitlementServiceClient<Connection>, school: &str) -> Result<Unpaid, Status> {
    use funding::EntitlementState::{Committed, Payable, Unfunded};
    let entitlements = client::items(|page_token| async move {
        let school = school.to_owned();
        let request = funding::ListEntitlementsRequest { page_size: PAGE_SIZE, page_token, school, ..Default::default() };
        let page = client.clone().list_entitlements(request).await?.into_inner();
        Ok((page.entitlements, page.next_page_token))
    });
    let mut entitlements: Vec<funding::Entitlement> = entitlements.try_collect().await?;
    entitlements.retain(|entitlement| matches!(entitlement.state(), Unfunded | Committed | Payable));
    Ok(Unpaid {
        entitlements_count: entitlements.len(),
        pence: entitlements.iter().map(|entitlement| entitlement.amount_pence).sum(),
    })
}

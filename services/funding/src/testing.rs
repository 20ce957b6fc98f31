//! Mirrored rows and counts for unit tests.

use db::{Error, Tx};
use feed::{ApplyError, pb::Event};
use name::{DecisionId, HubId, Urn};
use prost::{Message, Name};
use proto::network::v1 as network;

async fn apply<M: Message + Name>(tx: &mut Tx<'_>, message: &M) -> Result<(), ApplyError> {
    let event = Event { r#type: M::full_name(), payload: message.encode_to_vec(), ..Event::default() };
    mirror::apply(tx, &event).await.map(drop)
}

/// Mirrors hubs.
pub(crate) async fn hub_insert_all(tx: &mut Tx<'_>, hubs: &[HubId]) -> Result<(), ApplyError> {
    for hub in hubs {
        let hub = network::Hub { name: hub.to_string(), ..network::Hub::default() };
        apply(tx, &network::HubCreated { hub: Some(hub) }).await?;
    }
    Ok(())
}

/// The decision on which policies and budgets of tests rest.
pub(crate) fn decision() -> DecisionId {
    DecisionId::parse("councilMeetings/spring-2018/decisions/policies").expect("a decision")
}

/// Mirrors [`decision`].
pub(crate) async fn decision_insert(tx: &mut Tx<'_>) -> Result<(), ApplyError> {
    let decision = network::Decision { name: decision().to_string(), ..network::Decision::default() };
    apply(tx, &network::DecisionRecorded { decision: Some(decision) }).await
}

/// Mirrors undated links without a split, each from predecessor to successor.
pub(crate) async fn link_insert_all(tx: &mut Tx<'_>, links: Vec<(Urn, Urn)>) -> Result<(), ApplyError> {
    let urn = |urn: Urn| i32::try_from(urn.number()).expect("a URN has six digits");
    let link = |(predecessor, successor): &(Urn, Urn)| network::SchoolLink {
        predecessor_urn: urn(*predecessor),
        successor_urn: urn(*successor),
        kind: network::LinkKind::Predecessor.into(),
        established_date: String::new(),
    };
    let school_links = links.iter().map(link).collect();
    apply(tx, &network::SchoolLinksRecorded { school_links, ..network::SchoolLinksRecorded::default() }).await?;
    apply(tx, &network::RegisterImported::default()).await
}

/// The one number that a query gives.
pub(crate) async fn number(tx: &mut Tx<'_>, text: &'static str) -> Result<i64, Error> {
    let rows: Vec<(i64,)> = db::testing::fetch_all(tx, text).await?;
    Ok(rows[0].0)
}

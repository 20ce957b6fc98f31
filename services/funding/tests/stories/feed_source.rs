//! A feed of another service, with the events that a test appends.

use std::sync::Arc;

use access::{Caller, LocalKey, Role, TokenSource};
use db::testing::TestDatabase;
use feed::Feed;
use prost::Name;
use proto::{enrolment::v1 as enrolment, network::v1 as network};
use server::Peer;
use time::{Clock, Ids, Instant};

pub(crate) struct FeedSource {
    pool: db::Pool,
    pub(crate) feed: Feed,
    ids: Ids,
    clock: Clock,
    version: std::sync::atomic::AtomicI64,
    pub(crate) peer: Peer,
    _database: TestDatabase,
}

impl FeedSource {
    pub(crate) async fn open(name: &'static str, clock: Clock) -> Self {
        let database = db::testing::sqlite();
        let ids = Ids::from_machine();
        let opened = feed::open(database.url(), &[], clock.clone(), ids.clone(), feed::Options::new(name)).await;
        let (pool, feed) = opened.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
        tokio::spawn(tonic::transport::Server::builder().add_service(feed.service()).serve_with_incoming(incoming));
        let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        let key = Arc::new(LocalKey::open_or_create(tempfile::tempdir().unwrap().path()).unwrap());
        let caller = Caller::new(Role::Follower, "follower-funding");
        let peer = Peer { channel, token: TokenSource::local(key, caller, access::AUDIENCE) };
        Self { pool, feed, ids, clock, version: 0.into(), peer, _database: database }
    }

    pub(crate) async fn append<M: prost::Message + prost::Name + 'static>(&self, event: M) {
        self.append_at(self.clock.now(), event).await;
    }

    /// Appends an event that happened at an instant. The school signs agreements, and NCETM does the rest.
    pub(crate) async fn append_at<M: prost::Message + prost::Name + 'static>(&self, happened: Instant, event: M) {
        let actor = if M::NAME == enrolment::AgreementSigned::NAME { "school" } else { "ncetm" };
        self.append_by(actor, happened, event).await;
    }

    /// The same, with another actor.
    pub(crate) async fn append_by<M: prost::Message + prost::Name + 'static>(&self, actor: &str, happened: Instant, event: M) {
        let ids = self.ids.clone();
        let version = 1 + self.version.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let recorded = happened;
        let cause = feed::Cause {
            actor: feed::Actor::service(actor),
            confirmer: None,
            request_id: "r".to_owned(),
            traceparent: String::new(),
            recorded,
        };
        let appended = self.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move {
                feed::append(&mut tx, &ids, &cause, "thing", version, happened, &event);
                Ok(())
            })
        });
        appended.await.unwrap();
    }
}

/// A participation of a school; its id contains the URN.
pub(crate) fn participation(urn: i64, hub: &str, year: &str) -> enrolment::Participation {
    enrolment::Participation {
        name: format!("participations/p{urn}"),
        application: format!("rounds/r/applications/a{urn}"),
        school: format!("schools/{urn}"),
        hub: hub.to_owned(),
        programme: crate::fixture::MASTERY.to_owned(),
        first_academic_year: year.to_owned(),
        years_count: 2,
        ..enrolment::Participation::default()
    }
}

/// The events of a register import with schools, by URN and the reason of the register.
pub(crate) fn schools(schools: &[(i32, network::RegisterReason)]) -> (network::SchoolsRecorded, network::RegisterImported) {
    let school = |(urn, reason): &(i32, network::RegisterReason)| network::School {
        urn: *urn,
        status_code: match reason {
            network::RegisterReason::Closed => 2,
            network::RegisterReason::ProposedToOpen => 4,
            network::RegisterReason::UnknownStatus => 0,
            _ => 1,
        },
        listed: true,
        ..network::School::default()
    };
    let recorded = network::SchoolsRecorded { schools: schools.iter().map(school).collect() };
    (recorded, network::RegisterImported { register: Some(network::Register::default()), ..Default::default() })
}

/// The events of a register import with links.
pub(crate) fn links(links: &[(i32, i32, network::LinkKind, &str)]) -> (network::SchoolLinksRecorded, network::RegisterImported) {
    let link = |(predecessor_urn, successor_urn, kind, day): &(i32, i32, network::LinkKind, &str)| network::SchoolLink {
        predecessor_urn: *predecessor_urn,
        successor_urn: *successor_urn,
        kind: (*kind).into(),
        established_date: (*day).to_owned(),
    };
    let recorded =
        network::SchoolLinksRecorded { school_links: links.iter().map(link).collect(), removed_school_links: Vec::new() };
    (recorded, network::RegisterImported { register: Some(network::Register::default()), ..Default::default() })
}

//! The feed of the network: schools, hubs and publications, in time or too late.

use std::sync::Arc;

use access::{Caller, LocalKey, Role, TokenSource};
use db::testing::TestDatabase;
use feed::Feed;
use proto::network::v1 as pb;
use server::Peer;
use specialists::Config;
use time::{Clock, Ids, Instant};
use tokio_util::sync::CancellationToken;

use crate::fixture::*;

/// A network service whose events a test appends.
struct NetworkStub {
    pool: db::Pool,
    feed: Feed,
    ids: Ids,
    clock: Clock,
    version: std::sync::atomic::AtomicI64,
    _database: TestDatabase,
}

impl NetworkStub {
    async fn open() -> Self {
        let database = db::testing::sqlite();
        let (clock, ids) = (Clock::set_to(noon("2019-02-01")), Ids::seeded(7));
        let (pool, feed) =
            feed::open(database.url(), &[], clock.clone(), ids.clone(), feed::Options::new("network")).await.unwrap();
        Self { pool, feed, ids, clock, version: 0.into(), _database: database }
    }

    async fn append<M: prost::Message + prost::Name + 'static>(&self, event: M) {
        let (ids, now) = (self.ids.clone(), self.clock.now());
        let version = 1 + self.version.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let cause = feed::Cause {
            actor: feed::Actor::service("ncetm"),
            confirmer: None,
            request_id: "r".to_owned(),
            traceparent: String::new(),
            recorded: now,
        };
        let appended = self.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move {
                feed::append(&mut tx, &ids, &cause, "register", version, now, &event);
                Ok(())
            })
        });
        appended.await.unwrap();
    }

    /// Serves its feed on a free port.
    async fn serve(&self, shutdown: CancellationToken) -> Peer {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        let server = tonic::transport::Server::builder().add_service(self.feed.service());
        tokio::spawn(async move { server.serve_with_incoming_shutdown(incoming, shutdown.cancelled()).await });
        let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        let folder = tempfile::tempdir().unwrap();
        let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
        let caller = Caller::new(Role::Follower, "follower-specialists");
        Peer { channel, token: TokenSource::local(key, caller, access::AUDIENCE) }
    }

    async fn publish(&self, id: &str, publish_time: Instant, areas: Vec<pb::ColdArea>) {
        let name = format!("reachPublications/{id}");
        let part = pb::ReachPart { figures: Vec::new(), cold_areas: areas };
        self.append(pb::ReachFiguresRecorded { reach_publication: name.clone(), reach_part: Some(part) }).await;
        let publication = pb::ReachPublication {
            name,
            publish_time: Some(publish_time.to_proto()),
            true_on_date: "2018-09-01".to_owned(),
            known_on_date: "2018-12-31".to_owned(),
            ..pb::ReachPublication::default()
        };
        self.append(pb::ReachPublished { reach_publication: Some(publication.clone()) }).await;
        self.append(pb::ReachApproved { reach_publication: Some(publication) }).await;
    }
}

fn secondary(urn: i32, old_la_code: &str) -> pb::School {
    pb::School {
        name: format!("schools/{urn}"),
        urn,
        old_la_code: old_la_code.to_owned(),
        education_phase: 2,
        region_code: "E12000001".to_owned(),
        status_code: 1,
        type_group_code: 4,
        phase_code: 4,
        listed: true,
        ..pb::School::default()
    }
}

fn area(old_la_code: &str, never: i32) -> pb::ColdArea {
    pb::ColdArea {
        old_la_code: old_la_code.to_owned(),
        programme: MASTERY.to_owned(),
        education_phase: 2,
        schools_count: 20,
        schools_never_reached_count: never,
        region_schools_count: 200,
        region_schools_never_reached_count: 90,
        ..pb::ColdArea::default()
    }
}

#[tokio::test]
async fn a_cohort_is_ranked_by_the_figures_that_the_network_published_before_the_windows_end() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let (network, shutdown) = (NetworkStub::open().await, CancellationToken::new());
        let peer = network.serve(shutdown.clone()).await;
        let background = tokio::spawn({
            let (service, shutdown) = (Arc::clone(&fixture.service), shutdown.clone());
            async move { service.background(vec![("network", peer)], shutdown).await }
        });
        let ncetm = fixture.ncetm();
        let caught_up = async || {
            let head = network.feed.head_position().await.unwrap();
            fixture.service.caught_up_with("network", head).await.unwrap();
        };
        let hub = pb::Hub { name: "hubs/east".to_owned(), ..pb::Hub::default() };
        network.append(pb::HubCreated { hub: Some(hub) }).await;
        network.append(pb::SchoolsRecorded { schools: vec![secondary(300_001, "851"), secondary(300_002, "852")] }).await;
        caught_up().await;
        assert_eq!(reason(ncetm.nominate(300_001, "hubs/east").await), "NOT_FOUND", "an incomplete import has no effect");
        network.append(pb::RegisterImported { register: Some(pb::Register::default()), ..Default::default() }).await;
        caught_up().await;
        ncetm.nominate(300_001, "hubs/east").await.unwrap();
        ncetm.nominate(300_002, "hubs/east").await.unwrap();

        network.publish("in-time", noon("2019-03-01"), vec![area("851", 5), area("852", 15)]).await;
        // Published at the first instant after the window, with the opposite order.
        network.publish("too-late", day("2019-03-31").end(), vec![area("851", 19), area("852", 1)]).await;
        caught_up().await;
        fixture.clock.move_to(noon(AFTER));
        assert_eq!(ncetm.rank().await.unwrap().reach_publication, "reachPublications/in-time");
        let selected = ncetm.select("hubs/east", 1).await.unwrap();
        assert_eq!(schools_of(&selected), [school(300_002)]);
        let inputs = selected[0].standing.clone().unwrap().inputs.unwrap();
        assert_eq!((inputs.old_la_code.as_str(), inputs.schools_never_reached_count), ("852", 15));
        shutdown.cancel();
        background.await.unwrap();
    }
}

#[tokio::test]
async fn the_service_opens_its_database_again_and_works_without_the_network() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let made = fixture.ncetm().nominate(100_001, NORTH).await.unwrap();
        fixture.pool().close().await;
        let again = Fixture::empty(&Config::new(database.url()), AFTER).await;
        assert_eq!(again.ncetm().nomination(&made.name).await.unwrap(), made);
        assert!(again.ncetm().rank_as("again", false).await.unwrap().fallback);
    }
}

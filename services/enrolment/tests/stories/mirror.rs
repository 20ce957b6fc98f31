//! Events of the network: parts take effect together, once, and in the order of the feed.

use std::sync::Arc;

use crate::fixture::*;
use access::{Caller, LocalKey, Role, TokenSource};
use db::testing::TestDatabase;
use feed::Feed;
use proto::{enrolment::v1::PlaceOrder, network::v1 as pb};
use server::Peer;
use time::{Clock, Ids};
use tokio_util::sync::CancellationToken;

/// A network service with the events of the test.
struct Teller {
    pool: db::Pool,
    feed: Feed,
    ids: Ids,
    clock: Clock,
    version: std::sync::atomic::AtomicI64,
    _database: TestDatabase,
}

impl Teller {
    async fn open() -> Self {
        let database = db::testing::sqlite();
        let (clock, ids) = (Clock::set_to(noon("2018-04-01")), Ids::seeded(7));
        let (pool, feed) =
            feed::open(database.url(), &[], clock.clone(), ids.clone(), feed::Options::new("network")).await.unwrap();
        Self { pool, feed, ids, clock, version: 0.into(), _database: database }
    }

    async fn say<M: prost::Message + prost::Name + 'static>(&self, event: M) {
        let (ids, now) = (self.ids.clone(), self.clock.now());
        let version = 1 + self.version.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let cause = feed::Cause {
            actor: feed::Actor::service("ncetm"),
            confirmer: None,
            request_id: "r".to_owned(),
            traceparent: String::new(),
            recorded: now,
        };
        let told = self.pool.write::<_, db::Error, _>(move |mut tx| {
            Box::pin(async move {
                feed::append(&mut tx, &ids, &cause, "register", version, now, &event);
                Ok(())
            })
        });
        told.await.unwrap();
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
        let caller = Caller::new(Role::Follower, "follower-enrolment");
        Peer { channel, token: TokenSource::local(key, caller, access::AUDIENCE) }
    }
}

fn primary(urn: i32, status: i32) -> pb::School {
    pb::School {
        name: format!("schools/{urn}"),
        urn,
        old_la_code: "801".to_owned(),
        education_phase: 1,
        region_code: "E12000001".to_owned(),
        status_code: status,
        type_group_code: 4,
        phase_code: 2,
        listed: true,
        ..pb::School::default()
    }
}

fn link(predecessor_urn: i32, successor_urn: i32) -> pb::SchoolLink {
    pb::SchoolLink {
        predecessor_urn,
        successor_urn,
        kind: pb::LinkKind::Predecessor.into(),
        established_date: "2018-01-01".to_owned(),
    }
}

fn areas(publication: &str, coldness_ppm: i32) -> pb::ReachFiguresRecorded {
    let area = pb::ColdArea {
        old_la_code: "801".to_owned(),
        programme: MASTERY.to_owned(),
        education_phase: 1,
        coldness_ppm,
        ..pb::ColdArea::default()
    };
    pb::ReachFiguresRecorded {
        reach_publication: publication.to_owned(),
        reach_part: Some(pb::ReachPart { figures: Vec::new(), cold_areas: vec![area] }),
    }
}

fn published(publication: &str) -> pb::ReachPublished {
    let publication = pb::ReachPublication {
        name: publication.to_owned(),
        publish_time: Some(noon("2018-04-01").to_proto()),
        true_on_date: "2018-03-31".to_owned(),
        known_on_date: "2018-03-31".to_owned(),
        ..pb::ReachPublication::default()
    };
    pb::ReachPublished { reach_publication: Some(publication) }
}

fn approved(publication: &str) -> pb::ReachApproved {
    pb::ReachApproved { reach_publication: published(publication).reach_publication }
}

#[tokio::test]
async fn parts_of_an_import_and_of_a_publication_take_effect_together() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::PriorityThenSubmission, 1).await;
        let (teller, shutdown) = (Teller::open().await, CancellationToken::new());
        let network = teller.serve(shutdown.clone()).await;
        let background = tokio::spawn({
            let (service, shutdown) = (Arc::clone(&fixture.service), shutdown.clone());
            async move { service.background(vec![("network", network)], shutdown).await }
        });
        let ncetm = fixture.ncetm();
        let caught_up = async || {
            let head = teller.feed.head_position().await.unwrap();
            fixture.service.caught_up_with("network", head).await.unwrap();
        };
        let hub = |end_date: &str| {
            let (name, start_date) = ("hubs/east".to_owned(), "2014-09-01".to_owned());
            Some(pb::Hub { name, start_date, end_date: end_date.to_owned(), ..pb::Hub::default() })
        };
        teller.say(pb::HubCreated { hub: hub("") }).await;
        teller.say(pb::SchoolsRecorded { schools: vec![primary(300_001, 1), primary(300_002, 1)] }).await;
        let links = vec![link(300_001, 300_002)];
        teller.say(pb::SchoolLinksRecorded { school_links: links, removed_school_links: Vec::new() }).await;
        teller.say(areas("reachPublications/one", 700_000)).await;
        caught_up().await;
        assert_eq!(reason(ncetm.draft(300_001, NORTH).await), "NOT_FOUND", "an import that is not complete is not there");
        teller.say(pb::RegisterImported { register: Some(pb::Register::default()), ..Default::default() }).await;
        caught_up().await;
        let draft = ncetm.draft(300_001, "hubs/east").await.unwrap();
        let closes_first = ncetm.draft(300_001, NORTH).await.unwrap();
        assert_eq!(
            ncetm.submit(&draft.name).await.unwrap().coldness_ppm,
            None,
            "a publication that is not complete is not there"
        );
        assert_eq!(reason(ncetm.apply(300_002, NORTH).await), "SCHOOL_HAS_APPLIED");

        // The next import closes a school and removes the link; two publications follow.
        teller.say(published("reachPublications/one")).await;
        teller.say(approved("reachPublications/one")).await;
        teller.say(areas("reachPublications/two", 650_000)).await;
        teller.say(pb::SchoolsRecorded { schools: vec![primary(300_001, 2)] }).await;
        let removed = vec![link(300_001, 300_002)];
        teller.say(pb::SchoolLinksRecorded { school_links: Vec::new(), removed_school_links: removed }).await;
        teller.say(pb::RegisterImported { register: Some(pb::Register::default()), ..Default::default() }).await;
        caught_up().await;
        assert_eq!(reason(ncetm.draft(300_001, NORTH).await), "SCHOOL_NOT_ELIGIBLE");
        ncetm.withdraw(&draft.name).await.unwrap();
        assert_eq!(reason(ncetm.submit(&closes_first.name).await), "SCHOOL_NOT_ELIGIBLE", "it was drafted before the import");
        let second = ncetm.apply(300_002, NORTH).await.unwrap();
        assert_eq!((second.coldness_ppm, second.reach_publication.as_str()), (Some(700_000), "reachPublications/one"));
        ncetm.withdraw(&second.name).await.unwrap();
        teller.say(published("reachPublications/two")).await;
        caught_up().await;
        let provisional = ncetm.apply(300_002, NORTH).await.unwrap();
        assert_eq!(provisional.reach_publication, "reachPublications/one", "the newer figures are not approved");
        ncetm.withdraw(&provisional.name).await.unwrap();
        teller.say(approved("reachPublications/two")).await;
        caught_up().await;
        let third = ncetm.apply(300_002, NORTH).await.unwrap();
        assert_eq!((third.coldness_ppm, third.reach_publication.as_str()), (Some(650_000), "reachPublications/two"));

        // The hub gets a last day, which is then removed.
        for (end_date, refused) in [("2018-04-30", true), ("", false)] {
            teller.say(pb::HubUpdated { hub: hub(end_date) }).await;
            caught_up().await;
            let answer = ncetm.draft(300_002, "hubs/east").await;
            assert_eq!(answer.is_err(), refused, "with the last day `{end_date}`: {answer:?}");
        }
        shutdown.cancel();
        background.await.unwrap();
    }
}

#[tokio::test]
async fn a_national_register_is_mirrored_in_bounded_parts() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let (teller, shutdown) = (Teller::open().await, CancellationToken::new());
        for part in 0..53 {
            let schools = (0..500).map(|number| primary(400_000 + part * 500 + number, 1)).collect();
            teller.say(pb::SchoolsRecorded { schools }).await;
        }
        teller.say(pb::RegisterImported { register: Some(pb::Register::default()), ..Default::default() }).await;
        let network = teller.serve(shutdown.clone()).await;
        let (started, head) = (std::time::Instant::now(), teller.feed.head_position().await.unwrap());
        let background = tokio::spawn({
            let (service, shutdown) = (Arc::clone(&fixture.service), shutdown.clone());
            async move { service.background(vec![("network", network)], shutdown).await }
        });
        fixture.service.caught_up_with("network", head).await.unwrap();
        println!("{:?}: 26,500 schools mirrored in {:?}", fixture.service.context.pool, started.elapsed());
        let count: Vec<(i64,)> = rows(fixture.pool(), "SELECT COUNT(*) FROM school WHERE urn >= 400000").await;
        assert_eq!(count, [(26_500,)]);
        shutdown.cancel();
        background.await.unwrap();
    }
}

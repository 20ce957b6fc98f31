//! The fixture of the feed's tests: a service with a feed, writers and readers.

use std::{future::Future, time::Duration};

use db::{Conn, Error, Migration, Pool, sql, testing::TestDatabase};
use feed::{
    Cause, Feed, Options,
    pb::{Earliest, Event, ReadRequest, ReadResponse, feed_service_client::FeedServiceClient, read_request::From},
};
use rand::Rng;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming, transport::Channel};
use tonic_types::StatusExt;

/// Tables of resources and of applied events. On PostgreSQL, where transactions overlap, a trigger delays the commits of slow writers after keys were given.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 100,
    name: "resource",
    sql: "CREATE TABLE resource (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL);
CREATE TABLE applied (id TEXT NOT NULL, position BIGINT NOT NULL);
-- only postgres
CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN IF new.actor = ''slow'' THEN PERFORM pg_sleep(random() * 0.02); END IF; RETURN NULL; END';
             CREATE CONSTRAINT TRIGGER event_take_time AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION take_time();
-- end
",
}];

/// A running service.
pub(crate) struct Served {
    pub(crate) pool: Pool,
    pub(crate) feed: Feed,
    pub(crate) channel: Channel,
    pub(crate) shutdown: CancellationToken,
    ids: time::Ids,
    tasks: Vec<JoinHandle<()>>,
}

impl Served {
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, |_| {}).await
    }

    pub(crate) async fn start_with(database: &TestDatabase, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::new("test");
        change(&mut options);
        let ids = time::Ids::from_machine();
        let (pool, feed) = feed::open(database.url(), MIGRATIONS, time::Clock::machine(), ids.clone(), options).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let service = feed.service();
        let serving = tokio::spawn(async move {
            let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
            tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming).await.unwrap();
        });
        let running = tokio::spawn(feed.clone().run(shutdown.clone()));
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        Self { pool, feed, channel, shutdown, ids, tasks: vec![serving, running] }
    }

    /// Writes the next version of a resource, and its event.
    pub(crate) async fn write(&self, resource: &str) -> Result<(), Error> {
        write(&self.pool, &self.ids, resource, Manner::Quick).await
    }

    pub(crate) async fn write_many(&self, resource: &str, count: usize) {
        for _ in 0..count {
            self.write(resource).await.unwrap();
        }
    }

    pub(crate) fn client(&self) -> FeedServiceClient<Channel> {
        FeedServiceClient::new(self.channel.clone())
    }

    pub(crate) async fn read(&self, request: ReadRequest) -> Result<Streaming<ReadResponse>, Status> {
        within(self.client().read(request)).await.map(tonic::Response::into_inner)
    }

    /// All responses of a read from the earliest event to the head.
    pub(crate) async fn read_all(&self) -> Vec<ReadResponse> {
        responses(self.read(ReadRequest { stop_at_head: true, ..from_earliest() }).await.unwrap()).await
    }

    pub(crate) fn ids(&self) -> time::Ids {
        self.ids.clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Runs a statement of a test.
pub(crate) async fn execute(pool: &Pool, text: &'static str) -> Result<(), Error> {
    let job = pool.write(move |mut tx| {
        Box::pin(async move {
            match tx.conn() {
                Conn::Sqlite(conn) => sqlx::query(text).execute(conn).await.map(drop)?,
                Conn::Postgres(conn) => sqlx::query(text).execute(conn).await.map(drop)?,
            }
            Ok(())
        })
    });
    job.await
}

/// Behaviour of a writer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    Quick,
    /// It waits inside its transaction.
    Slow,
}

pub(crate) async fn write(pool: &Pool, ids: &time::Ids, resource: &str, manner: Manner) -> Result<(), Error> {
    let (ids, resource) = (ids.clone(), resource.to_owned());
    pool.write(move |mut tx| {
        Box::pin(async move {
            let longest = if tx.is_postgres() { 15_000 } else { 1_500 };
            if manner == Manner::Slow {
                pause(longest).await;
            }
            let written = sql!(
                tx,
                "INSERT INTO resource (name, version) VALUES (:resource, 1)
                 ON CONFLICT (name) DO UPDATE SET version = resource.version + 1 RETURNING version",
                resource,
            );
            let (version,): (i64,) = written.fetch_one().await?;
            let now = time::Instant::from_machine();
            let actor = if manner == Manner::Slow { "slow" } else { "quick" };
            let cause = Cause {
                actor: feed::Actor::service(actor),
                confirmer: None,
                request_id: String::new(),
                traceparent: String::new(),
                recorded: now,
            };
            feed::append(&mut tx, &ids, &cause, &resource, version, now, &ReadRequest { limit: version, ..Default::default() });
            if manner == Manner::Slow {
                pause(longest).await;
            }
            Ok(())
        })
    })
    .await
}

/// Sleeps for a random time of at most `longest_micros`, or not at all.
#[expect(clippy::disallowed_methods, reason = "the pauses vary the order of concurrent writers")]
pub(crate) async fn pause(longest_micros: u64) {
    let micros = rand::rng().next_u64() % (2 * longest_micros);
    if micros < longest_micros {
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
}

pub(crate) fn from_earliest() -> ReadRequest {
    ReadRequest { from: Some(From::Earliest(Earliest {})), ..Default::default() }
}

pub(crate) fn from_cursor(cursor: &str) -> ReadRequest {
    ReadRequest { from: Some(From::Cursor(cursor.to_owned())), ..Default::default() }
}

/// All responses of a stream that ends.
pub(crate) async fn responses(mut stream: Streaming<ReadResponse>) -> Vec<ReadResponse> {
    let mut all = Vec::new();
    while let Some(response) = within(stream.message()).await.unwrap() {
        all.push(response);
    }
    all
}

/// Reads a stream until it has this number of events, then drops it.
pub(crate) async fn events(mut stream: Streaming<ReadResponse>, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        events.extend(within(stream.message()).await.unwrap().expect("the stream continues").events);
    }
    events
}

pub(crate) fn all_events(responses: &[ReadResponse]) -> Vec<Event> {
    responses.iter().flat_map(|response| response.events.clone()).collect()
}

pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The output of a future that ends in time.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("the future ends within a minute")
}

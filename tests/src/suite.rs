//! The services in this process, served over loopback with tokens, limits and the permissions of the contracts. The network service and enrolment
//! always run; a story starts specialists or funding if it needs them.

use std::{net::SocketAddr, path::Path, time::Duration};

use access::{Caller as Identity, Claims, Role, TokenSource};
use db::testing::TestDatabase;
use service::OpenedService;
use time::{Clock, Date, Ids};

use crate::{
    Caller, Connections,
    identity::{OTHER_ISSUER, TOKEN_LIFETIME, identity, identity_in_role, other_issuer_key, token},
    served::{FundingServed, Served, SpecialistsServed, connection, start_network},
};

/// Maximum wait until one service has applied the events of another.
const CATCH_UP_MAX: Duration = Duration::from_secs(60);

/// Runs a story on SQLite, and on PostgreSQL if there is one, each time with an empty suite whose civil clock is set to the first instant of a day.
pub async fn on_each_database(day: &str, mut story: impl AsyncFnMut(Suite)) {
    story(Suite::start_on_sqlite(day).await).await;
    if let (Some(network), Some(enrolment)) = (db::testing::postgres().await, db::testing::postgres().await) {
        story(Suite::start(day, [network, enrolment]).await).await;
    }
}

/// The services, and what is needed to call them. Dropping this stops them.
pub struct Suite {
    /// The civil clock of all services; it stands still until it is moved.
    pub clock: Clock,
    served: Served,
    specialists: Option<SpecialistsServed>,
    funding: Option<FundingServed>,
    // Declared below the services that use them: fields are dropped in order.
    databases: [TestDatabase; 2],
    more_databases: Vec<TestDatabase>,
    folder: tempfile::TempDir,
}

impl Suite {
    /// On two new SQLite files.
    pub async fn start_on_sqlite(day: &str) -> Self {
        Self::start(day, [db::testing::sqlite(), db::testing::sqlite()]).await
    }

    /// On the databases of the network and of enrolment.
    pub async fn start(day: &str, databases: [TestDatabase; 2]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let clock = Clock::set_to(Date::parse(day).expect("the story begins on a day").start());
        let served = Served::start(databases[0].url(), databases[1].url(), folder.path(), clock.clone()).await;
        Self { clock, served, specialists: None, funding: None, databases, more_databases: Vec::new(), folder }
    }

    /// Starts specialists, on a new database of the suite's kind.
    pub async fn start_specialists(&mut self) {
        let database = self.new_database().await;
        self.specialists = Some(self.specialists_on(database.url()).await);
        self.more_databases.push(database);
    }

    /// Stops specialists.
    pub async fn stop_specialists(&mut self) {
        let served = self.specialists.as_mut().expect("the story has started specialists");
        served.server.stop().await;
        served.specialists.context.pool.close().await;
    }

    /// Starts specialists again, on the same database.
    pub async fn start_specialists_again(&mut self) {
        let url = self.specialists.as_ref().expect("the story has started specialists").url.clone();
        self.specialists = Some(self.specialists_on(&url).await);
    }

    async fn specialists_on(&self, url: &str) -> SpecialistsServed {
        let [network, _] = self.addresses();
        let addresses = [self.served.specialists_address.address, network];
        SpecialistsServed::start(url, self.folder.path(), addresses, self.clock.clone()).await
    }

    /// Starts funding, on a new database of the suite's kind.
    pub async fn start_funding(&mut self) {
        let database = self.new_database().await;
        let peers = self.addresses();
        self.funding = Some(FundingServed::start(database.url(), self.folder.path(), peers, self.clock.clone()).await);
        self.more_databases.push(database);
    }

    /// Resets the cursors of a stopped funding service, as after a restore of the services that it follows.
    pub async fn reset_cursors(funding_url: &str) {
        let service =
            OpenedService::open::<funding::Funding>(&funding::Config::new(funding_url), Clock::machine(), Ids::from_machine())
                .await;
        let pool = service.expect("funding opens its database").context.pool;
        let emptied = pool.write::<_, db::Error, _>(|mut tx| {
            Box::pin(async move {
                db::sql!(tx, "UPDATE cursor SET cursor = '', position = 0").execute().await.map(drop)?;
                Ok(())
            })
        });
        emptied.await.expect("cursors can be emptied");
        pool.close().await;
    }

    /// A database of the suite's kind.
    pub async fn new_database(&self) -> TestDatabase {
        if !self.databases[0].is_postgres() {
            return db::testing::sqlite();
        }
        db::testing::postgres().await.expect("the suite runs on PostgreSQL, so there is one")
    }

    /// Addresses of the network service and enrolment.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        self.served.addresses()
    }

    /// Moves the civil clock to the first instant of a day.
    pub fn move_to(&self, day: &str) {
        self.clock.move_to(Date::parse(day).expect("a story moves to a day").start());
    }

    /// Waits until specialists has applied all events of the network service.
    pub async fn specialists_caught_up(&self) {
        let head = self.served.network.feed.head_position().await.expect("the network's feed knows its head");
        let specialists = &self.specialists.as_ref().expect("the story has started specialists").specialists;
        let caught_up = tokio::time::timeout(CATCH_UP_MAX, specialists.caught_up_with("network", head)).await;
        caught_up.expect("specialists catches up in time").expect("specialists continues to consume");
    }

    /// Waits until enrolment has applied all events of specialists.
    pub async fn leaders_caught_up(&self) {
        let specialists = &self.specialists.as_ref().expect("the story has started specialists").specialists;
        let head = specialists.feed.head_position().await.expect("the feed of specialists knows its head");
        let caught_up = tokio::time::timeout(CATCH_UP_MAX, self.served.enrolment.caught_up_with("specialists", head)).await;
        caught_up.expect("enrolment catches up in time").expect("enrolment continues to consume");
    }

    /// Waits until funding has applied all events of the network service and enrolment.
    pub async fn funding_caught_up(&self) {
        let network = self.served.network.feed.head_position().await.expect("the network's feed knows its head");
        let enrolment = self.served.enrolment.feed.head_position().await.expect("enrolment's feed knows its head");
        let funding = &self.funding.as_ref().expect("the story has started funding").funding;
        let caught_up = tokio::time::timeout(CATCH_UP_MAX, funding.caught_up_with("network", network)).await;
        caught_up.expect("funding catches up in time").expect("funding continues to consume");
        let caught_up = tokio::time::timeout(CATCH_UP_MAX, funding.caught_up_with("enrolment", enrolment)).await;
        caught_up.expect("funding catches up in time").expect("funding continues to consume");
    }

    /// Waits until enrolment has applied all events of the network service.
    pub async fn caught_up(&self) {
        let head = self.served.network.feed.head_position().await.expect("the network's feed knows its head");
        let caught_up = tokio::time::timeout(CATCH_UP_MAX, self.served.enrolment.caught_up_with("network", head)).await;
        caught_up.expect("enrolment catches up in time").expect("enrolment continues to consume");
    }

    /// Waits until the network service has applied all events of enrolment.
    pub async fn network_caught_up(&self) {
        let head = self.served.enrolment.feed.head_position().await.expect("enrolment's feed knows its head");
        let caught_up = tokio::time::timeout(CATCH_UP_MAX, self.served.network.caught_up_with("enrolment", head)).await;
        caught_up.expect("network catches up in time").expect("network continues to consume");
    }

    /// Stops the network service.
    pub async fn stop_network(&mut self) {
        self.served.network_server.stop().await;
        self.served.network.context.pool.close().await;
    }

    /// Starts it again on the same database and address.
    pub async fn start_network(&mut self) {
        let addresses = [self.served.network_address.address, self.served.enrolment_address.address];
        let (network, server) = start_network(self.databases[0].url(), &self.served.key, addresses, self.clock.clone()).await;
        (self.served.network, self.served.network_server) = (network, server);
    }

    /// Stops enrolment.
    pub async fn stop_enrolment(&mut self) {
        self.served.enrolment_server.stop().await;
        self.served.enrolment.context.pool.close().await;
    }

    /// NCETM, the national coordinator.
    pub fn ncetm(&self) -> Caller {
        self.caller(&self.token_ncetm())
    }

    /// Another person of NCETM, who approves payments.
    pub fn approver(&self) -> Caller {
        self.caller(&token(&self.served.key, &identity(Role::Ncetm, "ncetm-finance")))
    }

    /// The Department for Education.
    pub fn dfe(&self) -> Caller {
        self.caller(&token(&self.served.key, &identity(Role::Dfe, "dfe")))
    }

    /// The lead of a hub, `hubs/x`.
    pub fn hub_lead(&self, hub: &str) -> Caller {
        self.caller(&token(&self.served.key, &Identity::hub_lead(hub, hub.replace('/', "-"))))
    }

    /// A school, `schools/100000`.
    pub fn school(&self, school: &str) -> Caller {
        self.caller(&token(&self.served.key, &Identity::school(school, school.replace('/', "-")))).as_school()
    }

    /// A leader of Work Groups, `persons/x`.
    pub fn leader(&self, person: &str) -> Caller {
        let caller = Identity { person: Some(person.to_owned()), ..identity(Role::Leader, &person.replace('/', "-")) };
        self.caller(&token(&self.served.key, &caller))
    }

    /// A program that reads feeds.
    pub fn follower(&self, name: &str) -> Caller {
        self.caller(&token(&self.served.key, &identity(Role::Follower, name)))
    }

    /// A program that imports the register.
    pub fn importer(&self) -> Caller {
        self.caller(&token(&self.served.key, &identity(Role::Importer, "importer")))
    }

    /// A caller of any role, for the hub `hubs/north` or the school `schools/100001` if the role needs one.
    pub fn in_role(&self, role: Role) -> Caller {
        let caller = self.caller(&self.token_in_role(role));
        if role == Role::School { caller.as_school() } else { caller }
    }

    /// The token of such a caller.
    pub fn token_in_role(&self, role: Role) -> String {
        token(&self.served.key, &identity_in_role(role))
    }

    /// A caller with the same claims by a second issuer, which speaks for hub leads and schools only.
    pub fn in_role_of_other_issuer(&self, role: Role) -> Caller {
        let caller = Identity { issuer: OTHER_ISSUER.into(), ..identity_in_role(role) };
        self.caller(&token(&other_issuer_key(&self.served.key), &caller))
    }

    /// A caller with a token, or without one when it is empty.
    pub fn caller(&self, token: &str) -> Caller {
        let connections = Connections {
            specialists: self.specialists.as_ref().map(|served| connection(served.server.address)),
            funding: self.funding.as_ref().map(|served| connection(served.server.address)),
            ..self.served.connections()
        };
        Caller::new(connections, token).with_second_person(&self.token_second_person())
    }

    fn token_second_person(&self) -> String {
        token(&self.served.key, &identity(Role::Ncetm, "second-person"))
    }

    /// NCETM, with a connection to another funding service.
    pub fn ncetm_with_funding_at(&self, address: SocketAddr) -> Caller {
        let connections = Connections { funding: Some(connection(address)), ..self.served.connections() };
        Caller::new(connections, &self.token_ncetm()).with_second_person(&self.token_second_person())
    }

    /// NCETM's token.
    pub fn token_ncetm(&self) -> String {
        token(&self.served.key, &identity(Role::Ncetm, "ncetm"))
    }

    /// An expired token of NCETM.
    pub fn token_expired(&self) -> String {
        let claims = Claims::new(&identity(Role::Ncetm, "ncetm"), TOKEN_LIFETIME);
        let hours_ago = |hours: u64| claims.iat - hours * 3_600;
        self.served.key.sign(&Claims { iat: hours_ago(2), nbf: hours_ago(2), exp: hours_ago(1), ..claims.clone() })
    }

    /// `network` or `enrolment`, as the analytics job reads it.
    pub fn source(&self, name: &'static str) -> analytics::Source {
        self.source_as(name, &token(&self.served.key, &identity(Role::Publisher, "analytics")))
    }

    /// The same with another token.
    pub fn source_as(&self, name: &'static str, token: &str) -> analytics::Source {
        let address = if name == "network" { self.served.network_server.address } else { self.served.enrolment_server.address };
        let token = TokenSource::fixed(token).expect("a token is ASCII");
        analytics::Source { name, connection: connection(address).with_token(token) }
    }

    /// The folder with the signing key.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

//! The services under test, as processes.

use std::net::SocketAddr;

use access::Role;
use stories::{
    Caller, Connections, ReservedAddress,
    register::{self, SHEFFIELD},
};

use crate::{
    admin::{admin, admin_says},
    process::{Fixture, Process},
};

/// The school that leads each hub.
pub(crate) const LEAD: i32 = 100_001;

/// Network and enrolment as processes. Enrolment follows network.
pub(crate) struct Services {
    pub(crate) fixture: Fixture,
    pub(crate) network: Process,
    pub(crate) enrolment: Process,
    admin: [ReservedAddress; 2],
    pub(crate) caller: Caller,
}

impl Services {
    pub(crate) async fn start(fixture: Fixture, urls: &[String; 2]) -> Self {
        let admin = [ReservedAddress::new(), ReservedAddress::new()];
        let [network_admin, enrolment_admin] = admin.each_ref().map(|reserved| reserved.address.to_string());
        let database = "MATHSHUBS_DATABASE_URL";
        let network = fixture.serve("network", &[(database, &urls[0]), ("MATHSHUBS_ADMIN_LISTEN", &network_admin)]);
        let settings = [
            (database, urls[1].as_str()),
            ("MATHSHUBS_ADMIN_LISTEN", &enrolment_admin),
            ("MATHSHUBS_NETWORK_URL", &network.url()),
        ];
        let enrolment = fixture.serve("enrolment", &settings);
        let [ncetm, second] = ["ncetm", "second-person"].map(|subject| fixture.token(Role::Ncetm, subject));
        let connections = Connections {
            network: network.connection(&ncetm),
            enrolment: enrolment.connection(&ncetm),
            specialists: None,
            funding: None,
        };
        let caller = Caller::new(connections, &ncetm).with_second_person(&second);
        let today = time::Clock::machine().today();
        let register = register::as_of(&today.to_string()).primaries(LEAD..LEAD + 9, SHEFFIELD).done();
        caller.import(&register).await.unwrap();
        Self { fixture, network, enrolment, admin, caller }
    }

    pub(crate) fn admin(&self) -> [SocketAddr; 2] {
        self.admin.each_ref().map(|reserved| reserved.address)
    }

    /// Waits until the readiness of both services contains some words.
    pub(crate) async fn both_say(&self, words: &[&str]) {
        for address in self.admin() {
            admin_says(address, "/readyz", words).await;
        }
    }

    /// The newest position of network's feed, and the position up to which enrolment has applied it.
    pub(crate) async fn positions(&self) -> [Option<i64>; 2] {
        let [network, enrolment] = self.admin();
        let of = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name) && line.contains("source=\"network\""))?;
            line.rsplit(' ').next()?.parse().ok()
        };
        let head = of(&admin(network, "/metrics").await, "feed_head_position");
        [head, of(&admin(enrolment, "/metrics").await, "feed_consumer_position")]
    }
}

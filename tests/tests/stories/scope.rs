//! Permissions and scopes over the wire.

use proto::{
    enrolment::v1::{ListApplicationsRequest, ListRoundsRequest, PlaceOrder},
    feed::v1::{Earliest, ReadRequest, read_request::From},
    network::v1::{GetRegisterRequest, ListHubsRequest},
};
use stories::{
    Caller, Suite, places,
    register::{self, CAMDEN, SHEFFIELD},
    round,
};
use tonic::Code;

/// Creates two hubs with two applications each; returns the round's name.
async fn two_hubs(suite: &Suite) -> String {
    let ncetm = suite.ncetm();
    let rows = register::as_of("2018-03-01").primaries(100_001..100_003, SHEFFIELD).primaries(100_101..100_103, CAMDEN);
    ncetm.import(&rows.done()).await.unwrap();
    let round = ncetm.announce("2018", round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission)).await.unwrap();
    for (hub, urns) in [("north", 100_001..100_003), ("south", 100_101..100_103)] {
        let hub = ncetm.create_hub(hub, urns.start).await.unwrap();
        ncetm.set_places(&round, places(&hub, 2)).await.unwrap();
        for urn in urns {
            ncetm.apply(&round, urn, &hub).await.unwrap();
        }
    }
    round
}

async fn schools_seen(caller: &Caller, round: &str) -> Vec<String> {
    let mut seen: Vec<_> = caller.all_applications(round).await.unwrap().into_iter().map(|one| one.school).collect();
    seen.sort();
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_sees_its_own_applications_only() {
    stories::on_each_database("2018-03-01", async |suite| {
        let round = two_hubs(&suite).await;
        assert_eq!(schools_seen(&suite.ncetm(), &round).await.len(), 4);
        let north = suite.hub_lead("hubs/north");
        assert_eq!(schools_seen(&north, &round).await, ["schools/100001", "schools/100002"]);
        assert_eq!(schools_seen(&suite.hub_lead("hubs/south"), &round).await, ["schools/100101", "schools/100102"]);
        assert_eq!(schools_seen(&suite.hub_lead("hubs/nowhere"), &round).await, [""; 0]);

        // Naming the other hub's application by name, by filter or in a mutation gives nothing.
        let all = suite.ncetm().all_applications(&round).await.unwrap();
        let foreign = &all.iter().find(|one| one.hub == "hubs/south").unwrap().name;
        let own = &all.iter().find(|one| one.hub == "hubs/north").unwrap().name;
        north.application(own).await.unwrap();
        let refused = north.application(foreign).await.unwrap_err();
        let missing = north.application(&format!("{round}/applications/00000000000000000000000000000000")).await.unwrap_err();
        assert_eq!(
            (refused.code(), stories::reason(&refused)),
            (missing.code(), stories::reason(&missing)),
            "the answers differ, so they show whether it exists"
        );
        let filter = ListApplicationsRequest { parent: round.clone(), hub: "hubs/south".to_owned(), ..Default::default() };
        match north.applications().list_applications(filter).await {
            Ok(page) => assert!(page.into_inner().applications.is_empty()),
            Err(status) => assert_eq!(status.code(), Code::PermissionDenied),
        }
        let offered = north.offer(&round, "hubs/south", 0).await.unwrap_err();
        assert!(matches!(offered.code(), Code::PermissionDenied | Code::NotFound), "{offered:?}");
        assert_eq!(north.offer(&round, "hubs/north", 0).await.unwrap().len(), 2);
        let states: Vec<_> = suite.hub_lead("hubs/south").all_applications(&round).await.unwrap();
        assert!(states.iter().all(|one| one.state == 2), "the other hub's applications are as they were");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_sees_its_own_application_only() {
    stories::on_each_database("2018-03-01", async |suite| {
        let round = two_hubs(&suite).await;
        let school = suite.school("schools/100002");
        assert_eq!(schools_seen(&school, &round).await, ["schools/100002"]);
        let foreign = school.draft(&round, 100_001, "hubs/north").await.unwrap_err();
        assert_eq!(foreign.code(), Code::PermissionDenied, "{foreign:?}");
    })
    .await;
}

fn from_the_beginning() -> ReadRequest {
    ReadRequest { from: Some(From::Earliest(Earliest {})), limit: 1, stop_at_head: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_are_for_services_ncetm_and_dfe() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    for allowed in [suite.ncetm(), suite.dfe(), suite.follower("reader")] {
        allowed.enrolment_feed().read(from_the_beginning()).await.unwrap();
        allowed.network_feed().read(from_the_beginning()).await.unwrap();
    }
    for refused in [suite.hub_lead("hubs/north"), suite.school("schools/100001")] {
        assert_eq!(refused.enrolment_feed().read(from_the_beginning()).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(refused.network_feed().read(from_the_beginning()).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_without_permission_is_refused_before_any_lookup() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    let register = register::as_of("2018-03-01").primary(100_001, SHEFFIELD).done();
    let hub = suite.hub_lead("hubs/north");
    let school = suite.school("schools/100001");
    let announced = || round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
    let refusals = [
        ("a hub imports a register", hub.import(&register).await.map(drop)),
        ("a school imports a register", school.import(&register).await.map(drop)),
        ("DfE imports a register", suite.dfe().import(&register).await.map(drop)),
        ("a hub creates a hub", hub.create_hub("mine", 100_001).await.map(drop)),
        ("a hub creates a round", hub.announce("mine", announced()).await.map(drop)),
        ("a school creates a round", school.announce("mine", announced()).await.map(drop)),
        ("a school offers places", school.offer("rounds/none", "hubs/north", 1).await.map(drop)),
        ("DfE accepts a place", suite.dfe().accept("rounds/none/applications/none").await.map(drop)),
    ];
    for (what, answer) in refusals {
        let status = answer.expect_err(what);
        assert_eq!(status.code(), Code::PermissionDenied, "{what}: {status:?}");
        assert!(!stories::reason(&status).is_empty(), "{what}: {status:?}");
    }
    suite.ncetm().import(&register).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_valid_token_is_unauthenticated() {
    let suite = Suite::start_on_sqlite("2018-03-01").await;
    let good = suite.token_ncetm();
    let (head, tail) = good.rsplit_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
    let other_signature = Suite::start_on_sqlite("2018-03-01").await.token_ncetm();
    let changed: String = tail.chars().rev().collect();
    let bad = [
        ("no token", String::new()),
        ("nonsense", "nonsense".to_owned()),
        ("a changed signature", format!("{head}.{changed}")),
        ("no signature", unsigned),
        ("a signature of another key", other_signature),
        ("expired", suite.token_expired()),
    ];
    for (what, token) in bad {
        let caller = suite.caller(&token);
        let answers = [
            caller.register().get_register(GetRegisterRequest { name: "register".to_owned() }).await.map(drop),
            caller.hubs().list_hubs(ListHubsRequest::default()).await.map(drop),
            caller.rounds().list_rounds(ListRoundsRequest::default()).await.map(drop),
            caller.enrolment_feed().read(from_the_beginning()).await.map(drop),
        ];
        for answer in answers {
            let status = answer.expect_err(what);
            assert_eq!(status.code(), Code::Unauthenticated, "{what}: {status:?}");
            assert!(!stories::reason(&status).is_empty(), "{what}: {status:?}");
        }
    }
    suite.caller(&good).hubs().list_hubs(ListHubsRequest::default()).await.unwrap();
}

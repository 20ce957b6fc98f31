//! An operator's way from a provisional report to a final one, by the command line.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod process;

use std::{fs, path::Path, process::Command};

use access::Role;
use process::{Ground, Process};
use proto::network::v1::{ApproveReachRequest, GetReachPublicationRequest, reach_service_client::ReachServiceClient};
use stories::register::{self, SHEFFIELD};
use tonic::Request;

/// What a report says, as a page and a manifest, and what the command printed.
struct Told {
    printed: String,
    state: &'static str,
}

/// Runs `mathshubs report` as true on a day of 2018/19 and as known on another.
fn report(ground: &Ground, [network, enrolment]: [&Process; 2], known_on: &str, more: &[&str]) -> Told {
    let (lake, out) = (ground.path("lake"), ground.path("out"));
    let output = Command::new(env!("CARGO_BIN_EXE_mathshubs"))
        .args(["report", "--network-address", &network.address, "--enrolment-address", &enrolment.address])
        .args(["--true-on", "2018-12-01", "--known-on", known_on])
        .args([Path::new("--lake"), &lake, Path::new("--out"), &out])
        .args(more)
        .env("MATHSHUBS_TOKEN", ground.token(Role::Service, "report"))
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    let is = |state: &str, shown: &str| {
        let (in_manifest, on_page) =
            (manifest.contains(&format!("\"state\": \"{state}\"")), page.contains(&format!(">{shown}</span>")));
        assert_eq!(in_manifest, on_page, "manifest and page say the same");
        in_manifest
    };
    let state = match [is("provisional", "Provisional"), is("final", "Final")] {
        [true, false] => "provisional",
        [false, true] => "final",
        other => panic!("{other:?}"),
    };
    Told { printed: String::from_utf8(output.stdout).unwrap(), state }
}

#[tokio::test]
async fn a_report_is_final_once_just_its_figures_were_approved() {
    let ground = Ground::new();
    let network = ground.serve("network", &[]);
    let enrolment = ground.serve("enrolment", &[]);
    let extract = ground.path("edubasealldata20180901.csv");
    fs::write(&extract, register::as_of("2018-09-01").primaries(100_001..100_013, SHEFFIELD).done().extract).unwrap();
    let imported = Command::new(env!("CARGO_BIN_EXE_mathshubs"))
        .args([Path::new("import-register"), &extract])
        .args(["--address", &network.address, "--token", &ground.token(Role::Ncetm, "ncetm")])
        .output()
        .unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));

    let today = time::Clock::machine().today().to_string();
    let services = [&network, &enrolment];
    let first = report(&ground, services, &today, &["--publish"]);
    assert_eq!(first.state, "provisional", "{}", first.printed);
    assert!(
        first.printed.contains(&format!("`mathshubs report --true-on 2018-12-01 --known-on {today}` writes it as final")),
        "{}",
        first.printed
    );
    let again = report(&ground, services, &today, &[]);
    assert_eq!(again.state, "provisional", "published is not approved: {}", again.printed);

    let mut client = ReachServiceClient::new(network.channel());
    let authorised = |message, role| {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {}", ground.token(role, "an-official")).parse().unwrap());
        request
    };
    let mut newest = Request::new(GetReachPublicationRequest { name: "reachPublications/-".to_owned() });
    newest.metadata_mut().insert("authorization", format!("Bearer {}", ground.token(Role::Dfe, "an-official")).parse().unwrap());
    let publication = client.get_reach_publication(newest).await.unwrap().into_inner().reach_publication.unwrap();
    let approval =
        ApproveReachRequest { request_id: "approval".to_owned(), name: publication.name.clone(), etag: publication.etag };
    client.approve_reach(authorised(approval, Role::Dfe)).await.unwrap();

    let last = report(&ground, services, &today, &["--publish"]);
    assert_eq!(last.state, "final", "{}", last.printed);
    let approved = format!("The figures are final: they were approved as {} by an-official.", publication.name);
    assert!(last.printed.contains(&approved) && !last.printed.contains("Published as"), "{}", last.printed);
    // The same figures as known on another day are not what somebody approved.
    let tomorrow = time::Clock::machine().today().plus_days(1).to_string();
    let earlier = ground.path("out");
    let other = report(&ground, services, &tomorrow, &["--compare", earlier.to_str().unwrap()]);
    assert_eq!(other.state, "provisional");
    assert!(other.printed.contains("0 schools count differently than in the earlier report"), "{}", other.printed);
    assert!(earlier.join("changes.csv").exists());
    network.stop();
    enrolment.stop();
}

//! The operator's path from a provisional report to a final one on the command line.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod process;

use std::{fs, path::Path, process::Command};

use access::Role;
use process::{Fixture, Process};
use proto::{
    enrolment::v1::PlaceOrder,
    network::v1::{ApproveReachRequest, GetReachPublicationRequest, reach_service_client::ReachServiceClient},
};
use stories::{
    Caller, Connections,
    register::{self, SHEFFIELD},
};

/// The state and content of a report, and the command's output.
struct PrintedReport {
    printed: String,
    state: &'static str,
    content_sha256: String,
}

/// The four services, each as a process.
struct Suite {
    network: Process,
    enrolment: Process,
    specialists: Process,
    funding: Process,
}

impl Suite {
    fn serve(fixture: &Fixture) -> Self {
        let network = fixture.serve("network", &[]);
        let enrolment = fixture.serve("enrolment", &[("MATHSHUBS_NETWORK_URL", &network.url())]);
        Self { network, enrolment, specialists: fixture.serve("specialists", &[]), funding: fixture.serve("funding", &[]) }
    }

    fn addresses(&self) -> Vec<String> {
        let Self { network, enrolment, specialists, funding } = self;
        let services = [("network", network), ("enrolment", enrolment), ("specialists", specialists), ("funding", funding)];
        services.map(|(name, service)| format!("--{name}-address={}", service.address)).into()
    }

    fn stop(self) {
        for service in [self.funding, self.specialists, self.enrolment, self.network] {
            service.stop();
        }
    }
}

/// Runs `mathshubs report` with a separate folder for each report and one lake.
fn report(fixture: &Fixture, suite: &Suite, out: &str, more: &[&str]) -> PrintedReport {
    let (lake, out) = (fixture.path("lake"), fixture.path(out));
    let output = Command::new(env!("CARGO_BIN_EXE_mathshubs"))
        .arg("report")
        .args(suite.addresses())
        .args([Path::new("--lake"), &lake, Path::new("--out"), &out])
        .args(more)
        .env("MATHSHUBS_TOKEN", fixture.token(Role::Publisher, "report"))
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
    let content_sha256 = manifest.split("\"content_sha256\": \"").nth(1).unwrap()[..64].to_owned();
    PrintedReport { printed: String::from_utf8(output.stdout).unwrap(), state, content_sha256 }
}

/// Loads the catalogue that the program contains, from its file. Gives the printed text.
fn load_catalogue(fixture: &Fixture, network: &Process) -> String {
    let loaded = Command::new(env!("CARGO_BIN_EXE_mathshubs"))
        .args(["load-catalogue", concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue.json"), "--address", &network.address])
        .env("MATHSHUBS_TOKEN", fixture.token(Role::Ncetm, "ncetm"))
        .output()
        .unwrap();
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    String::from_utf8(loaded.stdout).unwrap()
}

fn import(fixture: &Fixture, network: &Process, schools: i32) {
    let extract = fixture.path("edubasealldata20180901.csv");
    let rows = register::as_of("2018-09-01").primaries(100_001..100_001 + schools, SHEFFIELD).done().extract;
    fs::write(&extract, rows).unwrap();
    let imported = Command::new(env!("CARGO_BIN_EXE_mathshubs"))
        .args([Path::new("import-register"), &extract])
        .args(["--address", &network.address])
        .env("MATHSHUBS_TOKEN", fixture.token(Role::Ncetm, "ncetm"))
        .output()
        .unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
}

/// Figures are published, more is recorded on the same day, DfE approves the publication. The printed command writes the published figures as final,
/// and a later report is compared with them.
// Several threads, because `stop` blocks until the service has seen this test's connection close.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_report_is_written_as_final_although_more_was_recorded_on_its_day() {
    let fixture = Fixture::new();
    let suite = Suite::serve(&fixture);
    import(&fixture, &suite.network, 12);
    let loaded = load_catalogue(&fixture, &suite.network);
    assert!(loaded.ends_with("resources created, 0 unchanged, 0 different.\n"), "{loaded}");
    let again = load_catalogue(&fixture, &suite.network);
    assert!(again.starts_with("0 resources created, "), "{again}");
    assert!(again.ends_with(" unchanged, 0 different.\n"), "{again}");
    let round = stories::round("2018/19", ["2018-03-01", "2018-06-30"], PlaceOrder::Submission);
    let ncetm = fixture.token(Role::Ncetm, "ncetm");
    let connections = Connections {
        network: suite.network.connection(&ncetm),
        enrolment: suite.enrolment.connection(&ncetm),
        specialists: None,
        funding: None,
    };
    Caller::new(connections, &ncetm).announce("autumn", round).await.unwrap();
    let on_a_day = ["--true-on", "2018-12-01"];
    let first = report(&fixture, &suite, "first", &[&on_a_day[..], &["--publish"]].concat());
    assert_eq!(first.state, "provisional", "{}", first.printed);
    let command = first.printed.lines().last().unwrap().split('`').nth(1).unwrap();
    assert_eq!(command, format!("mathshubs report --content-sha256 {}", first.content_sha256));
    let again: Vec<&str> = command.split(' ').skip(2).collect();
    assert_eq!(report(&fixture, &suite, "again", &again).state, "provisional", "published is not approved");

    import(&fixture, &suite.network, 13);
    let mut client = ReachServiceClient::new(suite.network.connection(&fixture.token(Role::Dfe, "an-official")));
    let newest = GetReachPublicationRequest { name: "reachPublications/-".to_owned() };
    let publication = client.get_reach_publication(newest).await.unwrap().into_inner().reach_publication.unwrap();
    let approval = ApproveReachRequest {
        request_id: "approval".to_owned(),
        name: publication.name.clone(),
        etag: publication.etag,
        figures_sha256: publication.figures_sha256.clone(),
    };
    assert!(first.printed.contains(&publication.figures_sha256), "the approver learns the checksum: {}", first.printed);
    client.approve_reach(approval).await.unwrap();

    let last = report(&fixture, &suite, "last", &again);
    assert_eq!((last.state, &last.content_sha256), ("final", &first.content_sha256), "{}", last.printed);
    let today = time::Clock::machine().today();
    let approved = format!("The figures are final: Department for Education approved them on {today} as {}.", publication.name);
    assert!(last.printed.contains(&approved), "{}", last.printed);
    // The report names the body that approved it, never an account.
    for name in ["index.html", "manifest.json"] {
        let text = fs::read_to_string(fixture.path("last").join(name)).unwrap();
        assert!(text.contains("Department for Education") && !text.contains("an-official"), "{name}");
    }

    // Figures measured up to now differ, and are not approved.
    let earlier = fixture.path("first");
    let other = report(&fixture, &suite, "other", &[&on_a_day[..], &["--compare", earlier.to_str().unwrap()]].concat());
    assert_eq!(other.state, "provisional");
    assert_ne!(other.content_sha256, first.content_sha256);
    assert!(other.printed.contains("1 school counts differently than in the earlier report"), "{}", other.printed);
    // A lost lake is collected again; the publication has the feed positions.
    fs::remove_dir_all(fixture.path("lake")).unwrap();
    assert_eq!(report(&fixture, &suite, "anew", &again).state, "final");
    let explained = report(&fixture, &suite, "explained", &[&on_a_day[..], &["--compare", earlier.to_str().unwrap()]].concat());
    assert!(explained.printed.contains("1 school counts differently"), "{}", explained.printed);
    suite.stop();
}

#[test]
fn a_report_of_unknown_content_or_an_invalid_day_is_refused_with_a_remedy() {
    let fixture = Fixture::new();
    let suite = Suite::serve(&fixture);
    import(&fixture, &suite.network, 12);
    let refused = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mathshubs"))
            .arg("report")
            .args(suite.addresses())
            .args([Path::new("--lake"), &fixture.path("lake"), Path::new("--out"), &fixture.path("out")])
            .args(more)
            .env("MATHSHUBS_TOKEN", fixture.token(Role::Publisher, "report"))
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let unknown = refused(&["--content-sha256", &"0".repeat(64)]);
    assert!(unknown.contains("copy content_sha256 from the manifest.json of the report"), "{unknown}");
    let day = refused(&["--true-on", "tomorrow"]);
    assert!(day.contains("a day written YYYY-MM-DD"), "{day}");
    suite.stop();
}

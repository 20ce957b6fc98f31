//! The life of a suite: started, called, stopped, restored and verified.

use std::{fs, path::Path, process::Output};

use proto::network::v1::{
    self as pb, appointment_service_client::AppointmentServiceClient, hub_service_client::HubServiceClient,
    person_service_client::PersonServiceClient,
};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::program::*;

#[tokio::test]
async fn a_suite_starts_serves_stops_and_refuses_unusable_databases() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let up = Up::start(&data);
    let token = |role: &[&str]| {
        let output = run(&[&["token", "--data", data.to_str().unwrap(), "--role"], role].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let register = folder.path().join("edubasealldata20180901.csv");
    fs::write(&register, mathshubs::register::generate(1, time::Date::parse("2018-09-01").unwrap()).extract(day())).unwrap();
    let links = folder.path().join("links.csv");
    fs::write(&links, mathshubs::register::generate(1, day()).links(day()).unwrap()).unwrap();
    let (register, links) = (register.to_str().unwrap(), links.to_str().unwrap());

    let import = |file: &str, token: &str| {
        let arguments = ["import-register", file, "--links", links, "--address", &up.network, "--as-of", "2018-09-01"];
        run_with(&[("MATHSHUBS_TOKEN", token)], &arguments)
    };
    let printed = |output: &Output| {
        String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr }).into_owned()
    };
    let ncetm = token(&["ncetm"]);
    let first = import(register, &ncetm);
    assert!(first.status.success(), "{}", printed(&first));
    assert!(printed(&first).contains("20013   in: open, state-funded"), "{}", printed(&first));
    assert!(printed(&import(register, &ncetm)).contains("nothing changed"));
    let of_day_before = ["import-register", register, "--links", links, "--address", &up.network, "--as-of", "2018-08-31"];
    let settings = [("MATHSHUBS_TOKEN", ncetm.as_str())];
    let older = run_with(&settings, &of_day_before);
    assert!(!older.status.success() && printed(&older).contains("set older_allowed"), "{}", printed(&older));
    let tried = run_with(&settings, &[&of_day_before, ["--older-allowed", "--validate-only"].as_slice()].concat());
    assert!(printed(&tried).contains("The register of 2018-08-31 would be served"), "{}", printed(&tried));

    let forged = import(register, "no.such.token");
    assert!(!forged.status.success() && printed(&forged).lines().count() == 1, "{}", printed(&forged));
    let school = import(register, &token(&["school", "--school", "100003"]));
    assert!(!school.status.success() && printed(&school).contains("the register was not imported"), "{}", printed(&school));
    let no_register = folder.path().join("no-register.csv");
    fs::write(&no_register, "a,b\n1,2\n").unwrap();
    let wrong = import(no_register.to_str().unwrap(), &ncetm);
    assert!(printed(&wrong).contains("it lacks the columns URN"), "{}", printed(&wrong));
    let person = record_a_person(&up, &ncetm).await;
    let member = record_a_member_of_the_council(&up, &ncetm).await;
    wait_until_all_caught_up(&data).await;
    write_the_record(folder.path(), &up, &ncetm, &person);
    write_the_record_of_a_member(folder.path(), &up, &ncetm, &member);
    move_a_school(&up, &ncetm).await;
    wait_until_all_caught_up(&data).await;
    import_a_history(folder.path(), &up, &ncetm);
    up.stop();
    restore_network(&data).await;

    let base = format!("sqlite:{}", data.display());
    let text = error_line(&["demo", "--database-url", &base, "--out", folder.path().join("out").to_str().unwrap()]);
    assert!(text.contains("network.db is not empty"), "{text}");
    let options = SqliteConnectOptions::new().filename(data.join("network.db"));
    let mut database = options.connect().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999999, 'later', 1, x'00', 0)";
    sqlx::query(newer).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let text = error_line(&[&["up", "--data", data.to_str().unwrap()], FREE_PORTS.as_slice()].concat());
    assert!(text.contains("the database is of a newer version"), "{text}");
}

/// A connection to network with a token.
async fn connect(up: &Up, token: &str) -> client::Connection {
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", up.network)).unwrap().connect().await.unwrap();
    client::Connection::new(channel).with_token(client::TokenSource::fixed(token).unwrap())
}

/// A person of a school, recorded by NCETM.
async fn record_a_person(up: &Up, token: &str) -> String {
    let mut persons = PersonServiceClient::new(connect(up, token).await);
    let schools = pb::RecordPersonRequest {
        request_id: "teacher".to_owned(),
        details: Some(pb::PersonDetails {
            display_name: "Wilhelmina Quux".to_owned(),
            email_address: "w.quux@school.example".to_owned(),
        }),
        school: "schools/100003".to_owned(),
        start_date: "2015-09-01".to_owned(),
    };
    persons.record_person(schools).await.unwrap().into_inner().person.unwrap().name
}

/// A person who teaches at no school and is the Council's member for DfE.
async fn record_a_member_of_the_council(up: &Up, token: &str) -> String {
    let connection = connect(up, token).await;
    let recording = pb::RecordPersonRequest {
        request_id: "member".to_owned(),
        details: Some(pb::PersonDetails {
            display_name: "Xanthippe Quux".to_owned(),
            email_address: "x.quux@dfe.example".to_owned(),
        }),
        ..pb::RecordPersonRequest::default()
    };
    let recorded = PersonServiceClient::new(connection.clone()).record_person(recording).await.unwrap().into_inner();
    let holder = recorded.person.unwrap().name;
    let appointment = pb::Appointment {
        role: pb::AppointmentRole::CouncilMember.into(),
        seat: "DFE".to_owned(),
        holder: holder.clone(),
        start_date: "2018-09-01".to_owned(),
        ..pb::Appointment::default()
    };
    let request = pb::AppointRequest { request_id: "seat".to_owned(), appointment: Some(appointment) };
    AppointmentServiceClient::new(connection).appoint(request).await.unwrap();
    holder
}

/// The seat is in network's part of the record, with the change that gave it. The other services know the id, and that it is appointed.
fn write_the_record_of_a_member(folder: &Path, up: &Up, token: &str, member: &str) {
    let file = folder.join("member.json");
    let addresses: Vec<&str> = up.addresses.iter().map(String::as_str).collect();
    let arguments = [&["person-record", member, "--out", file.to_str().unwrap()], addresses.as_slice()].concat();
    let output = run_with(&[("MATHSHUBS_TOKEN", token)], &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(record["person"]["display_name"], "Xanthippe Quux");
    assert_eq!(record["person"]["employments"], serde_json::json!([]));
    let contents = |service: &str| {
        let records = record["services"][service]["records"].as_array().unwrap();
        records.iter().map(|one| one["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let seat = "is a member of the Council, seat DFE, from 2018-09-01";
    assert_eq!(contents("network"), [seat, "was recorded by NCETM; with name and address"]);
    for service in ["enrolment", "specialists", "funding"] {
        let known = ["is appointed to the Council from 2018-09-01", "is known as an id"];
        assert_eq!(contents(service), known, "{service}");
    }
    let changes = record["services"]["network"]["audit"].as_array().unwrap();
    assert!(changes.iter().any(|one| one["action"] == "mathshubs.network.v1.Appointed"), "{changes:?}");
}

/// `person-record` writes what the four services store, once; the file is for its owner alone.
fn write_the_record(folder: &Path, up: &Up, token: &str, person: &str) {
    let file = folder.join("record.json");
    let addresses: Vec<&str> = up.addresses.iter().map(String::as_str).collect();
    let arguments = [&["person-record", person, "--out", file.to_str().unwrap()], addresses.as_slice()].concat();
    let settings = [("MATHSHUBS_TOKEN", token)];
    let output = run_with(&settings, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(record["person"]["display_name"], "Wilhelmina Quux");
    assert_eq!(record["person"]["employments"][0]["school"], "schools/100003");
    for service in ["network", "enrolment", "specialists", "funding"] {
        let records = record["services"][service]["records"].as_array().unwrap();
        let kinds: Vec<_> = records.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["employment", "person"], "{service}");
        assert_eq!(records[0]["content"], "teaches at schools/100003 from 2015-09-01", "{service}");
    }
    let changes = record["services"]["network"]["audit"].as_array().unwrap();
    assert!(changes.iter().any(|one| one["action"] == "mathshubs.network.v1.PersonRecorded"), "{changes:?}");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
    assert!(error_line_with(&settings, &arguments).contains("cannot write"), "the file is not written over");
    let unknown = [&["person-record", "persons/nobody", "--out", "nothing"], addresses.as_slice()].concat();
    assert!(error_line_with(&settings, &unknown).contains("network refused: there is no `persons/nobody`"));
}

/// `move-schools --dry-run` prints the schools, places and money, and an etag that makes the same move once.
async fn move_a_school(up: &Up, token: &str) {
    let mut hubs = HubServiceClient::new(connect(up, token).await);
    for (id, lead) in [("one", 100_004), ("two", 100_005)] {
        let hub = pb::Hub {
            display_name: id.to_owned(),
            region_code: "E12000001".to_owned(),
            start_date: "2014-09-01".to_owned(),
            ..pb::Hub::default()
        };
        let lead_school = format!("schools/{lead}");
        let request =
            pb::CreateHubRequest { request_id: format!("hub-{id}"), hub_id: id.to_owned(), hub: Some(hub), lead_school };
        hubs.create_hub(request).await.unwrap();
    }
    let choice = pb::ChooseHubRequest {
        request_id: "choice".to_owned(),
        school: "schools/100003".to_owned(),
        hub: "hubs/one".to_owned(),
        start_date: "2016-09-01".to_owned(),
        document_sha256: "0".repeat(64),
    };
    hubs.choose_hub(choice).await.unwrap();
    let addresses: Vec<&str> = up.addresses.iter().map(String::as_str).collect();
    let addresses: Vec<&str> = addresses.chunks(2).filter(|pair| !pair[0].contains("specialists")).flatten().copied().collect();
    let decision = "councilMeetings/2018-summer/decisions/1";
    let of = ["move-schools", "--school", "schools/100003", "--hub", "hubs/two", "--from", "2018-09-01", "--decision", decision];
    let settings = [("MATHSHUBS_TOKEN", token)];
    let output = run_with(&settings, &[&of, addresses.as_slice(), &["--dry-run"]].concat());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with("1 school would choose hubs/two from 2018-09-01:\n"), "{printed} {:?}", output.stderr);
    assert!(printed.contains("0 places that are not completed") && printed.contains("not paid, of £0.00"), "{printed}");
    let etag = printed.split("--etag '").nth(1).unwrap().split('\'').next().unwrap();
    let exactly = [&of, addresses.as_slice(), &["--etag", etag]].concat();
    let output = run_with(&settings, &exactly);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("1 school chooses hubs/two"), "{output:?}");
    assert!(error_line_with(&settings, &exactly).contains("network refused: "), "the school has moved since");
    let nothing = run_with(&settings, &[&of[..1], &of[3..], &["--dry-run"]].concat());
    let error = String::from_utf8(nothing.stderr).unwrap();
    assert!(error.contains("--authority <CODE>") && error.contains("--school <SCHOOL>"), "{error}");
    let both = run_with(&settings, &[&of[..], &["--authority", "373", "--dry-run"]].concat());
    assert!(String::from_utf8_lossy(&both.stderr).contains("cannot be used with"), "{both:?}");
}

/// `import-history` imports a file once, and names the row and column of what is wrong.
fn import_a_history(folder: &Path, up: &Up, token: &str) {
    let file = folder.join("history.csv");
    let address = up.addresses.iter().skip_while(|part| *part != "--enrolment-address").nth(1).unwrap();
    let file_name = file.to_str().unwrap();
    let arguments =
        ["import-history", file_name, "--source", "Returns of the hubs", "--as-of", "2018-01-16", "--address", address];
    let settings = [("MATHSHUBS_TOKEN", token)];
    let header = "urn,programme,hub,first_academic_year,year_1_start,year_1_completion,year_2_start,year_2_completion,withdraw_date,\
                  release_subsidy_paid,textbook_match_paid";
    let write = |urn: &str| {
        fs::write(&file, format!("{header}\n{urn},primary-teaching-for-mastery,one,2016/17,2016-09-12,,,,,,\n")).unwrap()
    };
    write("999999");
    let text = error_line_with(&settings, &arguments);
    assert!(
        text.contains("the history was not imported, and nothing was changed; row 2, column urn: no register has listed"),
        "{text}"
    );
    write("100003");
    for (options, expected) in [
        (&["--validate-only"][..], "Of 1 rows 1 would become participations; 0 were imported before.\n"),
        (&[], "Of 1 rows 1 became participations; 0 were imported before.\n"),
        (&[], "Of 1 rows 0 became participations; 1 were imported before.\n"),
    ] {
        let output = run_with(&settings, &[&arguments, options].concat());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Position of a consumer in the network's feed; 0 before its first read.
const CURSOR: &str = "SELECT COALESCE(MAX(cursor), ''), COALESCE(MAX(position), 0) FROM cursor WHERE source = 'network'";

/// Waits until every follower of the network service has read the import.
async fn wait_until_all_caught_up(data: &Path) {
    let (_, head) = found(data, "network", "SELECT '', MAX(position) FROM event_position").await;
    for follower in ["enrolment", "specialists", "funding"] {
        wait_until_read(data, follower, head).await;
    }
}

/// Waits until a service has read the network's feed up to a position.
async fn wait_until_read(data: &Path, follower: &str, head: i64) {
    let mut position = 0;
    for _ in 0..1_200 {
        position = found(data, follower, CURSOR).await.1;
        if position == head {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(position, head, "{follower} has read the network's feed to its head");
}

/// The network service's database comes from a copy: it gets a new epoch, and its followers read the new feed from the beginning.
async fn restore_network(data: &Path) {
    let url = |service: &str| format!("sqlite:{}", data.join(format!("{service}.db")).display());
    let restored = |arguments: &[&str], database: &str| {
        let output = run(&[&["restored"], arguments, &["--database-url", database]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let epoch = "SELECT id, 0 FROM epoch";
    let old = found(data, "network", epoch).await.0;
    let (read, head) = found(data, "enrolment", CURSOR).await;
    assert!(!read.is_empty() && head > 0, "{read} {head}");

    let next = restored(&["network"], &url("network"));
    assert!(!data.join("network.db-wal").exists(), "SQLite's WAL is merged into the file that is copied next");
    for follower in ["enrolment", "specialists", "funding"] {
        assert!(next.contains(&format!("mathshubs restored {follower} --source network")), "{next}");
    }
    let new = found(data, "network", epoch).await.0;
    assert_ne!(new, old);
    for follower in ["enrolment", "specialists", "funding"] {
        let printed = restored(&[follower, "--source", "network"], &url(follower));
        assert!(printed.contains("reads network from the beginning"), "{printed}");
        assert_eq!(found(data, follower, CURSOR).await, (String::new(), 0));
    }
    let up = Up::start(data);
    // The event of the restore is one more.
    for follower in ["enrolment", "specialists", "funding"] {
        wait_until_read(data, follower, head + 1).await;
    }
    up.stop();
    erase_an_actor(data);
    verify_network_and_a_changed_copy(data).await;

    let text = error_line(&["restored", "enrolment", "--source", "funding", "--database-url", &url("enrolment")]);
    assert!(text.contains("enrolment does not follow funding: it follows network"), "{text}");
    let text = error_line(&["restored", "network", "--database-url", &url("nothing")]);
    assert!(text.contains("the database sqlite:") && !data.join("nothing.db").exists(), "{text}");
    let text = error_line(&["restored", "funding", "--database-url", &url("network")]);
    assert!(text.contains("by another version of this program, or by another service"), "{text}");
    assert_eq!(found(data, "network", epoch).await.0, new);
}

/// `erase-actor` erases the identity that imported the register, once.
fn erase_an_actor(data: &Path) {
    let url = format!("sqlite:{}", data.join("network.db").display());
    let erase = |subject| ["erase-actor", "network", "--database-url", &url, "--issuer", "mathshubs-local", "--subject", subject];
    let output = run(&erase("ncetm"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("network no longer knows who the actor "));
    let text = error_line(&erase("ncetm"));
    assert!(text.contains("network knows no actor with the issuer `mathshubs-local` and the subject `ncetm`"), "{text}");
}

/// `verify` accepts the services' databases as they are, and names the event that was changed in a copy, which no command opens to serve it.
async fn verify_network_and_a_changed_copy(data: &Path) {
    let url = |file: &str| format!("sqlite:{}", data.join(file).display());
    let verified = |service: &str, more: &[&str]| {
        let output = run(&[&["verify", service, "--database-url", &url(&format!("{service}.db"))], more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for service in ["enrolment", "specialists", "funding"] {
        verified(service, &[]);
    }
    let printed = verified("network", &[]);
    let head = printed.split("up to ").nth(1).unwrap().split(' ').next().unwrap();
    verified("network", &["--contains", head]);
    let (position, hash) = head.split_once(':').unwrap();
    let lost = format!("{}:{hash}", position.parse::<i64>().unwrap() + 1);
    let text = error_line(&["verify", "network", "--database-url", &url("network.db"), "--contains", &lost]);
    assert!(text.contains("has no event instead of the hash"), "{text}");
    let text = error_line(&["verify", "funding", "--database-url", &url("network.db")]);
    assert!(text.contains("by another service"), "{text}");

    fs::copy(data.join("network.db"), data.join("copy.db")).unwrap();
    let mut copy = SqliteConnectOptions::new().filename(data.join("copy.db")).connect().await.unwrap();
    for statement in ["DROP TRIGGER event_refuse_update", "UPDATE event SET actor = 'another' WHERE key = 2"] {
        sqlx::query(statement).execute(&mut copy).await.unwrap();
    }
    copy.close().await.unwrap();
    let text = error_line(&["verify", "network", "--database-url", &url("copy.db")]);
    assert!(text.contains("network has a changed history: the event ") && text.contains("at position 2"), "{text}");
    let text = error_line(&["restored", "network", "--database-url", &url("copy.db")]);
    assert!(
        text.contains("network does not serve a changed history: the event ") && text.contains("mathshubs verify network"),
        "{text}"
    );
}

/// The text and the number that a query gives from a service's database.
async fn found(data: &Path, service: &str, query: &'static str) -> (String, i64) {
    let options = SqliteConnectOptions::new().filename(data.join(format!("{service}.db"))).read_only(true);
    let mut database = options.connect().await.unwrap();
    let row = sqlx::query_as(query).fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    row
}

fn day() -> time::Date {
    time::Date::parse("2018-09-01").unwrap()
}

//! The program: error messages and exit codes, and the life of a suite from start to stop.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod life;
mod program;

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use stories::register::SHEFFIELD;

use program::*;

/// A URL without its password, and the password, which the program reads from PGPASSWORD.
fn without_password(url: &str) -> (String, String) {
    let (user, host) = url.split_once('@').unwrap();
    let (user, password) = user.rsplit_once(':').unwrap();
    (format!("{user}@{host}"), password.to_owned())
}

/// An issuer whose key is in a folder.
fn trust(folder: &Path) -> String {
    let key = access::LocalKey::open_or_create(&folder.join("key")).unwrap();
    format!("https://issuer={} roles=dfe", key.jwks_path().display())
}

#[test]
fn an_unknown_flag_is_named() {
    let text = error_line(&["demo", "--sead", "1"]);
    assert!(text.starts_with("mathshubs: unexpected argument '--sead' found; a similar argument exists: '--seed'"), "{text}");
    assert_eq!(run(&["demo", "--sead", "1"]).status.code(), Some(2));
    let help = run(&["demo", "--help"]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).lines().count() > 10);
}

/// Content of every file below a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { drop(found.insert(path.clone(), fs::read(&path).unwrap())) }
        }
    }
    found
}

#[tokio::test]
async fn a_refused_demo_changes_neither_the_earlier_report_nor_the_databases() {
    let folder = tempfile::tempdir().unwrap();
    let (out, data) = (folder.path().join("out"), folder.path().join("data"));
    for file in ["lake/manifest.json", "lake/events/network/000001.parquet", "2014-15/index.html", "index.html"] {
        fs::create_dir_all(out.join(file).parent().unwrap()).unwrap();
        fs::write(out.join(file), file).unwrap();
    }
    fs::create_dir(&data).unwrap();
    let options = SqliteConnectOptions::new().filename(data.join("funding.db")).create_if_missing(true);
    let mut database = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE somebodys (id TEXT)").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let no_register = folder.path().join("edubasealldata20180901.csv");
    fs::write(&no_register, "a,b\n1,2\n").unwrap();
    let no_register = no_register.to_str().unwrap();
    let full = format!("sqlite:{}", data.display());
    let empty = format!("sqlite:{}", folder.path().join("empty").display());

    let before = [contents(&out), contents(&data)];
    for (arguments, printed) in [
        (vec!["--database-url", &full], "funding.db is not empty"),
        (vec!["--database-url", "mysql://host/base"], "is not a base URL of databases"),
        (vec!["--register", no_register], "it lacks the columns URN"),
        (vec!["--register", no_register, "--database-url", &empty], "it lacks the columns URN"),
    ] {
        let text = error_line(&[vec!["demo", "--out", out.to_str().unwrap()], arguments].concat());
        assert!(text.contains(printed), "{text}");
        assert!([contents(&out), contents(&data)] == before, "{printed}");
    }
    assert!(!folder.path().join("empty").exists(), "an invalid register creates no database");

    let Some(cluster) = db::testing::postgres().await else { return };
    let base = format!("{}_demo", cluster.url());
    let exists = async |service: &str| {
        let mut connection = sqlx::PgConnection::connect(cluster.url()).await.unwrap();
        let name = format!("{}_{service}", base.rsplit_once('/').unwrap().1);
        let found =
            sqlx::query_scalar("SELECT COUNT(*) FROM pg_database WHERE datname = $1").bind(name).fetch_one(&mut connection).await;
        connection.close().await.unwrap();
        let found: i64 = found.unwrap();
        found == 1
    };
    let (url, password) = without_password(&base);
    let arguments = ["demo", "--out", out.to_str().unwrap(), "--register", no_register, "--database-url", &url];
    let text = error_line_with(&[("PGPASSWORD", &password)], &arguments);
    assert!(text.contains("it lacks the columns URN") && !exists("network").await, "{text}");
    assert!(contents(&out) == before[0]);
}

#[test]
fn a_missing_register_is_named() {
    let text = error_line(&["demo", "--register", "nowhere/edubasealldata20180901.csv"]);
    assert!(text.starts_with("mathshubs: cannot read nowhere/edubasealldata20180901.csv"), "{text}");
}

#[test]
fn a_register_without_a_day_in_its_name_needs_as_of() {
    let folder = tempfile::tempdir().unwrap();
    let [plain, packed] = ["extract.csv", "extract.zip"].map(|name| folder.path().join(name));
    fs::write(&plain, "a,b\n1,2\n").unwrap();
    fs::write(&packed, zip_of(&[("edubasealldata.csv", b"a,b\n1,2\n")])).unwrap();
    for file in [plain, packed] {
        let text = error_line(&["demo", "--register", file.to_str().unwrap()]);
        assert!(text.contains(&format!("{} does not give its day; add --as-of YYYY-MM-DD", file.display())), "{text}");
    }
}

#[test]
fn a_zip_without_an_extract_is_refused_with_its_contents() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("extract20180901.zip");
    fs::write(&file, zip_of(&[("governors.csv", b"a,b\n1,2\n")])).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["demo", "--years", "1", "--register", file][..], &["import-register", "--", file]] {
        let text = error_line_with(&[("MATHSHUBS_TOKEN", "x")], arguments);
        assert!(text.contains("extract20180901.zip contains no all-establishments extract"), "{text}");
        assert!(text.ends_with("it contains governors.csv"), "{text}");
    }
}

/// A zip as GIAS makes it.
fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn gias_zip_is_imported_with_its_links_and_the_day_of_its_extract() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let up = Up::start(&data);
    let token = run(&["token", "--role", "ncetm", "--data", data.to_str().unwrap()]);
    let token = String::from_utf8(token.stdout).unwrap();
    let import = |file: &Path, more: &[&str]| {
        let file = file.to_str().unwrap();
        let settings = [("MATHSHUBS_TOKEN", token.trim())];
        let output = run_with(&settings, &[&["import-register", file, "--address", &up.network], more].concat());
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let register = stories::register::as_of("2018-09-01")
        .closed_primary(100_001, SHEFFIELD, "31-08-2018")
        .primaries(100_002..100_004, SHEFFIELD)
        .link(100_001, 100_002, "Result of Amalgamation", "")
        .link(100_002, 100_003, "Sixth Form Centre Link", "")
        .done();
    let of_phase_9 = String::from_utf8(register.extract.clone()).unwrap() + "100009,\"373\",\"Sheffield\",\"x\",1,4,1,,,9,D,\n";
    let zip = folder.path().join("extract.zip");
    let named = [("edubasealldata20180901.csv", of_phase_9.as_bytes()), ("links_edubasealldata20180902.csv", &register.links)];
    fs::write(&zip, zip_of(&named)).unwrap();
    let (imported, printed) = import(&zip, &[]);
    assert!(imported, "{printed}");
    for part in [
        "From the zip: edubasealldata20180901.csv, links_edubasealldata20180902.csv",
        "The register of 2018-09-01 is served now",
        "1   out: phase is blank or not known",
        "by code: 1 `9`",
        "2 rows of links: 1 join two schools",
        "no descent, by type: 1 `Sixth Form Centre Link`",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    // `--links` takes precedence over the links file in the zip, and may be a zip too.
    let other = folder.path().join("links.zip");
    fs::write(&other, zip_of(&[("links.csv", b"URN,LinkURN,LinkType,LinkEstablishedDate\n100001,100003,Successor,\n")])).unwrap();
    let (imported, printed) = import(&zip, &["--links", other.to_str().unwrap(), "--as-of", "2018-10-01"]);
    assert!(imported && printed.contains("From the zip: edubasealldata20180901.csv, links.csv"), "{printed}");
    assert!(printed.contains("The register of 2018-10-01") && printed.contains("1 rows of links: 1 join"), "{printed}");
    // A mistyped year in the name of the links file.
    let typo = folder.path().join("typo.zip");
    fs::write(
        &typo,
        zip_of(&[("edubasealldata20180901.csv", &register.extract), ("links_edubasealldata21180902.csv", &register.links)]),
    )
    .unwrap();
    let (imported, printed) = import(&typo, &["--older-allowed"]);
    assert!(!imported && printed.contains("`links_as_of_date` is 2118-09-02, and today is"), "{printed}");
    up.stop();
}

#[test]
fn years_before_the_programme_are_refused() {
    let text = error_line(&["demo", "--years", "6"]);
    assert_eq!(
        text,
        "mathshubs: 6 years up to 2018/19 would begin before 2014/15, the programme's first year; ask for at most 5"
    );
    assert!(error_line(&["demo", "--as-of", "2013-09-01"]).contains("lies in 2013/14, before 2014/15"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside = file.join("folder");
    let inside = inside.to_str().unwrap();
    assert!(
        error_line(&["demo", "--out", inside])
            .starts_with(&format!("mathshubs: cannot write into {inside}; name another folder"))
    );
    assert!(
        error_line(&["up", "--data", inside]).starts_with(&format!("mathshubs: cannot write into {inside}; name another folder"))
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let text = error_line(&["up", "--data", folder.path().to_str().unwrap(), "--network-address", &address]);
    assert!(text.contains(&format!("{address} is taken by another program")), "{text}");
}

#[test]
fn a_folder_that_is_no_lake_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().to_str().unwrap();
    for arguments in [vec!["compact-lake", "--lake", lake], vec!["report", "--cells", "cells.parquet", "--lake", lake]] {
        let text = error_line(&arguments);
        assert!(text.contains(&format!("{lake} is no lake: it has no manifest.json")), "{text}");
    }
}

#[test]
fn a_secret_among_the_arguments_is_refused_because_others_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let trust = trust(folder.path());
    for (arguments, remedy) in [
        (vec!["import-register", "x.csv", "--token", "a.secret.c"], "set it as MATHSHUBS_TOKEN in the environment"),
        (vec!["report", "--token", "a.secret.c"], "set it as MATHSHUBS_TOKEN in the environment"),
        (vec!["serve", "network", "--database-url", "postgres://anna:secret@127.0.0.1/x"], "MATHSHUBS_DATABASE_URL"),
        (vec!["restored", "network", "--database-url", "postgres://127.0.0.1/x?password=secret"], "MATHSHUBS_DATABASE_URL"),
        (vec!["up", "--database-url", "postgres://anna:secret@127.0.0.1/x"], "set PGPASSWORD in the environment"),
        (vec!["demo", "--database-url", "postgres://anna:secret@127.0.0.1/x"], "set PGPASSWORD in the environment"),
    ] {
        let text = error_line_with(&[("MATHSHUBS_TRUST", &trust)], &arguments);
        assert!(text.contains("every account of this machine can read the secret") && text.contains(remedy), "{text}");
        assert!(!text.replace("the secret in", "").contains("secret"), "{text}");
    }
}

#[test]
fn plain_text_off_the_loopback_is_refused_unless_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let trust = trust(folder.path());
    let (file, data, out, database) = (path("edubasealldata20180901.csv"), path("data"), path("out"), path("network.db"));
    fs::write(&file, "URN\n").unwrap();
    let database = format!("sqlite:{database}");
    let elsewhere = "postgres://anna@192.0.2.1/x?sslmode=require";
    let token = ("MATHSHUBS_TOKEN", "x");
    for (settings, arguments, remedy) in [
        (
            vec![("MATHSHUBS_DATABASE_URL", database.as_str())],
            vec!["serve", "network", "--listen", "0.0.0.0:0"],
            "--tls-certificate-path",
        ),
        (vec![("MATHSHUBS_DATABASE_URL", elsewhere)], vec!["serve", "network"], "sslmode=verify-full"),
        (vec![], vec!["up", "--data", &data, "--network-address", "[::]:0"], "--tls-certificate-path"),
        (vec![], vec!["up", "--data", &data, "--database-url", elsewhere], "sslmode=verify-full"),
        (vec![], vec!["demo", "--out", &out, "--database-url", elsewhere], "sslmode=verify-full"),
        (vec![], vec!["restored", "network", "--database-url", elsewhere], "sslmode=verify-full"),
        (vec![token], vec!["import-register", &file, "--address", "192.0.2.1:50051"], "--peer-ca-path"),
        (
            vec![token],
            vec!["report", "--network-address", "http://network.example:1", "--lake", &data, "--out", &out],
            "--peer-ca-path",
        ),
    ] {
        let arguments = if arguments[0] == "up" { [&arguments[..], &FREE_PORTS[2..]].concat() } else { arguments };
        let settings = [&settings[..], &[("MATHSHUBS_TRUST", trust.as_str())]].concat();
        let text = error_line_with(&settings, &arguments);
        assert!(text.contains(remedy) && text.contains("--plaintext-allowed (MATHSHUBS_PLAINTEXT_ALLOWED=true)"), "{text}");
    }
    let url = "postgres://anna@127.0.0.2:1/x";
    let text = error_line(&["restored", "network", "--database-url", url]);
    assert!(text.contains("cannot open the database"), "the loopback needs no verification: {text}");
    let settings =
        [("MATHSHUBS_DATABASE_URL", "sqlite:/"), ("MATHSHUBS_PLAINTEXT_ALLOWED", "true"), ("MATHSHUBS_TRUST", trust.as_str())];
    let text = error_line_with(&settings, &["serve", "network", "--listen", "0.0.0.0:0"]);
    assert!(!text.contains("plain text"), "{text}");
}

#[test]
fn an_address_without_a_service_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("edubasealldata20180901.csv");
    fs::write(&file, "URN\n").unwrap();
    let settings = [("MATHSHUBS_TOKEN", "x")];
    let text = error_line_with(&settings, &["import-register", file.to_str().unwrap(), "--address", "127.0.0.1:1"]);
    assert!(text.contains("the network service does not answer at 127.0.0.1:1"), "{text}");
}

#[test]
fn a_token_needs_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let text = error_line(&["token", "--role", "ncetm", "--data", folder.path().to_str().unwrap()]);
    assert!(text.contains("there is no key in"), "{text}");
}

#[test]
fn a_token_has_a_hub_or_school_exactly_if_its_role_needs_one() {
    for (arguments, expected) in [
        (&["hub-lead"][..], "the role hub-lead needs --hub"),
        (&["school", "--hub", "north"], "--hub belongs to --role hub-lead"),
        (&["ncetm", "--school", "100001"], "--school belongs to --role school"),
        (&["minister"], "--role: `minister` is none of ncetm, dfe, hub-lead, "),
    ] {
        let text = error_line(&[&["token", "--role"], arguments].concat());
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}

//! Wrong settings of a service are named by their variables, all at once, before it starts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use access::LocalKey;

/// Variable or flag, its wrong value (`None`: not set), and what is printed about it, or about another variable that is named. `DIR` is the test's folder.
const WRONG: [(&str, Option<&str>, &str); 75] = [
    ("MATHSHUBS_LISTEN", Some("localhost"), "is no HOST:PORT that can be resolved"),
    ("MATHSHUBS_LISTEN", Some("127.0.0.1:70000"), "is no HOST:PORT that can be resolved"),
    ("MATHSHUBS_LISTEN", Some("nowhere.invalid:50051"), "is no HOST:PORT that can be resolved"),
    ("MATHSHUBS_LISTEN", Some(""), "is empty; give a value, or leave the setting out"),
    ("MATHSHUBS_LISTEN", Some("0.0.0.0:50951"), "calls would come in plain text"),
    ("MATHSHUBS_ADMIN_LISTEN", Some("9090"), "is no HOST:PORT that can be resolved"),
    ("MATHSHUBS_ADMIN_LISTEN", Some("127.0.0.1:50951"), "is the address for gRPC too"),
    ("MATHSHUBS_LISTENS", Some("127.0.0.1:50951"), "is not a setting; MATHSHUBS_LISTEN is one"),
    ("MATHSHUBS_CONECTIONS_MAX", Some("9"), "is not a setting; MATHSHUBS_CONNECTIONS_MAX is one"),
    ("MATHSHUBS_FLAVOUR_OF_THE_MONTH", Some("mint"), "is not a setting"),
    ("MATHSHUBS_CONNECTIONS_MAX", Some("0"), "0 is not in 1..=1000"),
    ("MATHSHUBS_CONNECTIONS_MAX", Some("1001"), "1001 is not in 1..=1000"),
    ("MATHSHUBS_CONNECTIONS_MAX", Some("-1"), "-1 is not in 1..=1000"),
    ("MATHSHUBS_CONNECTIONS_MAX", Some("eight"), "`eight`: invalid digit"),
    ("--connections-max", Some("0"), " (MATHSHUBS_CONNECTIONS_MAX): `0`: 0 is not in 1..=1000"),
    ("MATHSHUBS_DATABASE_URL", None, "is required and not set"),
    ("MATHSHUBS_DATABASE_URL", Some(""), "is empty"),
    ("MATHSHUBS_DATABASE_URL", Some("service.db"), "it has no scheme. Give sqlite:PATH or postgres://"),
    ("MATHSHUBS_DATABASE_URL", Some("mysql://anna@host/base"), "its scheme is `mysql`. Give sqlite:PATH or postgres://"),
    ("MATHSHUBS_DATABASE_URL", Some("http://network:50051"), "its scheme is `http`"),
    ("MATHSHUBS_DATABASE_URL", Some("sqlite:"), "it names no file"),
    ("MATHSHUBS_DATABASE_URL", Some("sqlite::memory:"), "a commit would not outlive the program"),
    ("MATHSHUBS_DATABASE_URL", Some("sqlite:service.db?mode=ro"), "takes no parameters"),
    ("MATHSHUBS_DATABASE_URL", Some("postgres://127.0.0.1"), "it names no database"),
    ("MATHSHUBS_DATABASE_URL", Some("postgres://127.0.0.1:port/base"), "invalid port number"),
    ("MATHSHUBS_DATABASE_URL", Some("postgres://db.example/base?sslmode=require"), "add `?sslmode=verify-full"),
    (
        "MATHSHUBS_DATABASE_URL",
        Some("postgres://db.example/base?sslmode=verify-full&sslrootcert=DIR/none.pem"),
        "none.pem` of `sslrootcert` cannot be read",
    ),
    ("MATHSHUBS_NETWORK_URL", Some("network:50051"), "is no URL; write it as http://HOST:PORT"),
    ("MATHSHUBS_NETWORK_URL", Some("postgres://network/base"), "has the scheme `postgres`, which cannot be called"),
    ("MATHSHUBS_NETWORK_URL", Some("http://"), "names no host"),
    ("MATHSHUBS_NETWORK_URL", Some("http://network.example:50051"), "would be called in plain text"),
    ("MATHSHUBS_NETWORK_URL", Some("https://network.example:50051"), "is an https address: give --peer-ca-path"),
    ("MATHSHUBS_ENROLMENT_URL", Some("grpc://enrolment:50051"), "has the scheme `grpc`, which cannot be called"),
    ("MATHSHUBS_PEER_TOKENS", None, "there is no token for calls to network; add network=FILE"),
    ("MATHSHUBS_PEER_TOKENS", Some("network"), "write it as SERVICE=FILE"),
    ("MATHSHUBS_PEER_TOKENS", Some("network=DIR/none"), "cannot read `DIR/none`"),
    ("MATHSHUBS_PEER_TOKENS", Some("network=DIR/empty"), "`DIR/empty` holds no token"),
    ("MATHSHUBS_PEER_CA_PATH", Some("DIR/none.pem"), "cannot read `DIR/none.pem`"),
    ("MATHSHUBS_PEER_CERTIFICATE_PATH", Some("DIR/none.pem"), "cannot read `DIR/none.pem`"),
    ("MATHSHUBS_PEER_CERTIFICATE_PATH", Some("DIR/words"), "MATHSHUBS_PEER_KEY_PATH: is not set, and is needed with"),
    ("MATHSHUBS_PEER_KEY_PATH", Some("DIR/none.pem"), "cannot read `DIR/none.pem`"),
    ("MATHSHUBS_PLAINTEXT_ALLOWED", Some("yes"), "`yes` is none of true, false"),
    ("MATHSHUBS_TRUST", None, "no token issuer is trusted, so every call would be refused"),
    ("MATHSHUBS_TRUST", Some("https://issuer"), "write it as `ISSUER=JWKS-FILE"),
    ("MATHSHUBS_TRUST", Some("https://issuer=DIR/none roles=dfe"), "cannot read `DIR/none`"),
    ("MATHSHUBS_TRUST", Some("https://issuer=DIR/empty roles=dfe"), "`DIR/empty` is not a JWKS"),
    ("MATHSHUBS_TRUST", Some("https://issuer=DIR/jwks.json roles=boss"), "boss"),
    ("MATHSHUBS_TRUST", Some("https://issuer=DIR/jwks.json"), "has no roles"),
    ("MATHSHUBS_TRUST", Some("http://issuer=discover roles=dfe"), "is not an https address of a host"),
    ("MATHSHUBS_TRUST", Some("https://issuer=discover roles=dfe ca=DIR/none"), "cannot read authorities from `DIR/none`"),
    ("MATHSHUBS_SUBJECT_ROLES", Some("anna=dfe"), "write it as ISSUER SUBJECT=ROLE"),
    ("MATHSHUBS_SUBJECT_ROLES", Some("https://other anna=dfe"), "which MATHSHUBS_TRUST does not list for the issuer"),
    ("MATHSHUBS_TOKEN_AGE_MAX_SECONDS", Some("0"), "0 is not in 60..=31536000"),
    ("MATHSHUBS_DENY_PATH", Some("DIR/none"), "cannot read `DIR/none`"),
    ("MATHSHUBS_DENY_PATH", Some("DIR/words"), "has on line 1 neither"),
    ("MATHSHUBS_TLS_CERTIFICATE_PATH", Some("DIR/none.pem"), "cannot read `DIR/none.pem`"),
    ("MATHSHUBS_TLS_CERTIFICATE_PATH", Some("DIR/words"), "MATHSHUBS_TLS_KEY_PATH: is not set, and is needed with"),
    ("MATHSHUBS_TLS_KEY_PATH", Some("DIR/words"), "MATHSHUBS_TLS_CERTIFICATE_PATH: is not set, and is needed with"),
    ("MATHSHUBS_TLS_CLIENT_CA_PATH", Some("DIR/none.pem"), "cannot read `DIR/none.pem`"),
    ("MATHSHUBS_CONCURRENCY_MAX", Some("0"), "0 is not in 1..=100000"),
    ("MATHSHUBS_STREAMS_PER_CONNECTION_MAX", Some("0"), "0 is not in 1..=100000"),
    ("MATHSHUBS_PEER_CONNECTIONS_MAX", Some("0"), "0 is not in 1..=100000"),
    ("MATHSHUBS_PEER_REQUEST_BYTES_MAX", Some("4096"), "4096 is not in 5242880..=1073741824"),
    ("MATHSHUBS_TRUSTED_PROXIES", Some("10.1.0.0/16,gateway"), "`gateway`"),
    ("MATHSHUBS_DEADLINE_DEFAULT_MS", Some("0"), "0 is not in 1..=86400000"),
    ("MATHSHUBS_DEADLINE_DEFAULT_MS", Some("60001"), "60001 is more than MATHSHUBS_DEADLINE_MAX_MS, 60000"),
    ("MATHSHUBS_DEADLINE_MAX_MS", Some("99999999999"), "99999999999 is not in 1..=86400000"),
    ("MATHSHUBS_STREAM_DEADLINE_MAX_MS", Some("0"), "0 is not in 1..=86400000"),
    ("MATHSHUBS_CONNECTION_AGE_MAX_SECONDS", Some("299"), "299 is not in 300..=86400"),
    ("MATHSHUBS_CONNECTION_AGE_MAX_SECONDS", Some("86401"), "86401 is not in 300..=86400"),
    ("MATHSHUBS_DRAIN_GRACE_MS", Some("1s"), "`1s`: invalid digit"),
    ("MATHSHUBS_DRAIN_MAX_MS", Some("86400001"), "86400001 is not in 0..=86400000"),
    ("MATHSHUBS_LOG_FORMAT", Some("xml"), "`xml` is none of json, pretty"),
    ("MATHSHUBS_OTLP_ENDPOINT", Some("collector:4317"), "is no URL; write it as http://HOST:PORT"),
    ("MATHSHUBS_OTLP_ENDPOINT", Some("grpc://collector:4317"), "has the scheme `grpc`"),
];

/// A folder with the files that the settings name.
struct Folder {
    folder: tempfile::TempDir,
    jwks: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let jwks = LocalKey::open_or_create(&folder.path().join("key")).unwrap().jwks_path().to_owned();
        for (name, text) in [("empty", ""), ("words", "neither a key nor a list"), ("token", "a.b.c")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::copy(&jwks, folder.path().join("jwks.json")).unwrap();
        Self { folder, jwks }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `mathshubs COMMAND funding` with settings that have no mistake, except that the database cannot be opened. So it never serves.
    fn funding(&self, command: &str) -> Command {
        let folder = self.path().display();
        let mut program = Command::new(env!("CARGO_BIN_EXE_mathshubs"));
        program
            .env_clear()
            .args([command, "funding"])
            .env("MATHSHUBS_LISTEN", "127.0.0.1:50951")
            .env("MATHSHUBS_DATABASE_URL", format!("sqlite:{folder}/words/service.db"))
            .env("MATHSHUBS_TRUST", format!("https://issuer={} roles=dfe+ncetm", self.jwks.display()))
            .env("MATHSHUBS_NETWORK_URL", "http://127.0.0.1:1")
            .env("MATHSHUBS_PEER_TOKENS", format!("network={folder}/token"));
        program
    }

    /// The lines of an error and the exit code.
    fn refused(&self, mut program: Command) -> (Option<i32>, Vec<String>) {
        let output = program.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap().replace(self.path().to_str().unwrap(), "DIR");
        (output.status.code(), text.lines().map(str::to_owned).collect())
    }
}

#[test]
fn each_wrong_setting_is_named_with_what_is_wrong() {
    let (folder, missed, rows) = (Folder::new(), Mutex::new(Vec::new()), Mutex::new(WRONG.iter()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((setting, value, words)) = { rows.lock().unwrap().next() } {
                    let mut program = folder.funding("serve");
                    match value.map(|value| value.replace("DIR", folder.path().to_str().unwrap())) {
                        None => program.env_remove(setting),
                        Some(value) if setting.starts_with("--") => program.args([(*setting).to_owned(), value]),
                        Some(value) => program.env(setting, value),
                    };
                    let (code, lines) = folder.refused(program);
                    let start = match (setting.starts_with("--"), words.starts_with("MATHSHUBS_")) {
                        (_, true) => "mathshubs: ".to_owned(),
                        (true, false) => format!("mathshubs: {setting}"),
                        (false, false) => format!("mathshubs: {setting}: "),
                    };
                    if code != Some(2) || !lines.iter().any(|line| line.starts_with(&start) && line.contains(words)) {
                        missed.lock().unwrap().push(format!("{setting}={value:?} ({words}): {code:?} {lines:#?}"));
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let (code, lines) = folder.refused(folder.funding("serve"));
    assert!(code == Some(1) && lines.len() == 1 && lines[0].contains("cannot open the database"), "no mistake: {lines:?}");
}

#[test]
fn all_mistakes_of_a_start_are_reported_at_once() {
    let folder = Folder::new();
    let wrong = |command| {
        let mut program = folder.funding(command);
        program
            .env("MATHSHUBS_LISTENS", "x")
            .env("MATHSHUBS_DATABASE_URL", "mysql://anna:secret@host/base")
            .env("MATHSHUBS_CONNECTIONS_MAX", "0")
            .env("MATHSHUBS_CONCURRENCY_MAX", "0")
            .env("MATHSHUBS_TLS_KEY_PATH", "/nowhere")
            .env("MATHSHUBS_ENROLMENT_URL", "http://127.0.0.1:2")
            .env("MATHSHUBS_SUBJECT_ROLES", "https://other anna=dfe");
        program
    };
    for command in ["serve", "check"] {
        let (code, mut lines) = folder.refused(wrong(command));
        lines.sort();
        let settings: Vec<_> = lines.iter().filter_map(|line| line.split(": ").nth(1)).collect();
        assert_eq!(
            settings,
            [
                "MATHSHUBS_CONCURRENCY_MAX",
                "MATHSHUBS_CONNECTIONS_MAX",
                "MATHSHUBS_DATABASE_URL",
                "MATHSHUBS_LISTENS",
                "MATHSHUBS_PEER_TOKENS",
                "MATHSHUBS_SUBJECT_ROLES",
                "MATHSHUBS_TLS_CERTIFICATE_PATH",
                "MATHSHUBS_TLS_KEY_PATH",
            ],
            "{lines:#?}"
        );
        assert!(code == Some(2) && !lines.concat().contains("secret"), "{lines:#?}");
    }
}

#[test]
fn mistakes_are_json_where_the_log_is_json() {
    let folder = Folder::new();
    let mut by_variable = folder.funding("serve");
    by_variable.env("MATHSHUBS_LOG_FORMAT", "json").env("MATHSHUBS_CONNECTIONS_MAX", "0").env("MATHSHUBS_DRAIN_MAX_MS", "x");
    let mut by_flag = folder.funding("serve");
    by_flag.args(["--log-format", "json", "--sead", "1"]);
    let mut unusable_database = folder.funding("serve");
    unusable_database.env("MATHSHUBS_LOG_FORMAT", "json");
    for (program, expected, words) in [
        (by_variable, 2, [r#""setting":"MATHSHUBS_CONNECTIONS_MAX""#, r#""setting":"MATHSHUBS_DRAIN_MAX_MS""#]),
        (by_flag, 2, ["unexpected argument '--sead'", "ERROR"]),
        (unusable_database, 1, ["cannot open the database", "ERROR"]),
    ] {
        let (code, lines) = folder.refused(program);
        assert!(lines.iter().all(|line| line.starts_with(r#"{"timestamp""#) && line.ends_with('}')), "{lines:?}");
        assert!(code == Some(expected) && words.iter().all(|word| lines.concat().contains(word)), "{lines:?}");
    }
}

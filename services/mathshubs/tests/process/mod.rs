//! Services as an operator runs them: one process each, configured by environment variables.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use access::{AUDIENCE, Caller, Claims, LOCAL_ISSUER, LocalKey, Role, TokenScope, audience_of};
use client::{Connection, TokenSource};
use tonic::transport::Channel;

/// Lifetime of tokens.
const TOKEN_LIFETIME: Duration = Duration::from_secs(600);

/// A folder for the services of a test, and the key that signs their tokens.
pub(crate) struct Fixture {
    pub(crate) folder: tempfile::TempDir,
    key: LocalKey,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open_or_create(folder.path()).unwrap();
        Self { folder, key }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn token(&self, role: Role, subject: &str) -> String {
        let claims = Claims::new(&Caller::new(role, subject), TOKEN_LIFETIME);
        let services = if role.token_scope() == TokenScope::Service {
            vec!["network", "enrolment", "specialists", "funding"]
        } else {
            Vec::new()
        };
        let aud = services.into_iter().map(audience_of).chain([AUDIENCE.to_owned()]).collect();
        self.key.sign(&Claims { aud, ..claims })
    }

    /// Starts a service on a free port, with a SQLite file named after it.
    pub(crate) fn serve(&self, service: &'static str, settings: &[(&str, &str)]) -> Process {
        let mut command = self.command("serve", service);
        let child = command.envs(settings.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        Process::listening(child, service)
    }

    /// `mathshubs COMMAND SERVICE`, with a SQLite file named after the service.
    pub(crate) fn command(&self, command: &str, service: &str) -> Command {
        let token = self.path(&format!("{service}.token"));
        fs::write(&token, self.token(Role::Follower, &format!("follower-{service}"))).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_mathshubs"));
        program
            .args([command, service])
            .env("MATHSHUBS_DATABASE_URL", format!("sqlite:{}", self.path(&format!("{service}.db")).display()))
            .env(
                "MATHSHUBS_TRUST",
                format!("{LOCAL_ISSUER}={} roles={}", self.key.jwks_path().display(), Role::ALL.map(Role::as_str).join("+")),
            )
            .env("MATHSHUBS_PEER_TOKENS", format!("network={0},enrolment={0},specialists={0},funding={0}", token.display()))
            .env("MATHSHUBS_DRAIN_GRACE_MS", "0")
            .env("RUST_LOG", "warn");
        program
    }
}

/// A running service; killed when this value is dropped.
pub(crate) struct Process {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Process {
    /// Waits until a service prints its address.
    pub(crate) fn listening(mut child: Child, service: &str) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix(&format!("{service} serves on ")).map(str::to_owned);
        let address = address.unwrap_or_else(|| panic!("{service} prints its address, not `{line}`"));
        Self { child, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn channel(&self) -> Channel {
        Channel::from_shared(self.url()).unwrap().connect_lazy()
    }

    pub(crate) fn connection(&self, token: &str) -> Connection {
        Connection::new(self.channel()).with_token(TokenSource::fixed(token).unwrap())
    }

    /// Stops it with SIGTERM, and returns the duration.
    pub(crate) fn stop(mut self) -> Duration {
        let started = Instant::now();
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        started.elapsed()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A failed test must not leave a process behind.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

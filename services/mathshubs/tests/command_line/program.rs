//! The program, as a test runs it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mathshubs"));
    command.env_remove("MATHSHUBS_TOKEN").env_remove("RUST_LOG");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    run_with(&[], arguments)
}

pub(crate) fn run_with(settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    program().envs(settings.iter().copied()).args(arguments).output().unwrap()
}

/// Standard error of a failing command: exactly one line; the exit code is not 0.
pub(crate) fn error_line(arguments: &[&str]) -> String {
    error_line_with(&[], arguments)
}

pub(crate) fn error_line_with(settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run_with(settings, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

/// Flags of `up` that avoid conflicts with other programs of this machine.
pub(crate) const FREE_PORTS: [&str; 8] = [
    "--network-address",
    "127.0.0.1:0",
    "--enrolment-address",
    "127.0.0.1:0",
    "--specialists-address",
    "127.0.0.1:0",
    "--funding-address",
    "127.0.0.1:0",
];

/// A running suite on free ports, with its data in a folder.
pub(crate) struct Up {
    child: Child,
    pub(crate) network: String,
    /// Addresses of the four services, as flags of commands that call them.
    pub(crate) addresses: Vec<String>,
    lines: BufReader<std::process::ChildStdout>,
}

impl Up {
    pub(crate) fn start(data: &Path) -> Self {
        let mut child = program()
            .arg("up")
            .args(FREE_PORTS)
            .arg("--data")
            .arg(data)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (mut network, mut addresses) = (String::new(), Vec::new());
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap() > 0 {
            for service in ["network", "enrolment", "specialists", "funding"] {
                if let Some(rest) = line.trim().strip_prefix(service) {
                    let address = rest.split_whitespace().next().unwrap().to_owned();
                    addresses.extend([format!("--{service}-address"), address.clone()]);
                    network = if service == "network" { address } else { network };
                }
            }
            if line.contains("Ctrl-C") {
                break;
            }
            line.clear();
        }
        assert!(!network.is_empty(), "the output names the network service's address");
        Self { child, network, addresses, lines }
    }

    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        let rest: Vec<String> = (&mut self.lines).lines().map(Result::unwrap).collect();
        assert_eq!(rest.last().map(String::as_str), Some("Stopped."));
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // A failed test must not leave a process behind.
        let _killed = self.child.kill();
    }
}

//! How a test says that it did not run.

use std::io::Write as _;

/// Why a test of PostgreSQL alone does not run.
pub const NO_POSTGRES: &str = "there is no PostgreSQL";
/// Why a test on the real register does not run.
pub const NO_REGISTER: &str = "the real register is not in ../shared/data/gias";
/// Why a test on the reference files does not run.
pub const NO_REFERENCE: &str = "the reference files are not in ../shared/data/reference";

/// A variable of the environment of a test, so that a command can set more than CI runs. `None` when it is empty.
#[expect(clippy::disallowed_methods, reason = "a test has no command line")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A number that a test takes from its environment. Panics when the variable is not a number.
pub fn number_from_environment(name: &str, default: u32) -> u32 {
    environment(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// Says that the test which calls this did not run, and why, in a line `NAME: WHY` of the file that `MATHSHUBS_TEST_SKIPPED_FILE` names, else on
/// standard error. Call it from the test's own thread, which bears the test's name.
pub fn skip(why: &str) {
    let package = environment("CARGO_PKG_NAME").unwrap_or_default();
    let thread = std::thread::current();
    let line = format!("{package} {}: {why}\n", thread.name().unwrap_or("a test"));
    match environment("MATHSHUBS_TEST_SKIPPED_FILE") {
        Some(path) => {
            let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
            file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the file of skipped tests can be written");
        }
        None => eprint!("skipped: {line}"),
    }
}

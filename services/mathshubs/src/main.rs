//! The command-line program of the suite: see [`mathshubs::run`].

fn main() -> std::process::ExitCode {
    mathshubs::run()
}

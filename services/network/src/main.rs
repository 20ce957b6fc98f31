//! Runs the network service alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use network::Network;

#[tokio::main]
async fn main() -> ExitCode {
    service::main::<Network>().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        service::command::<Network>().debug_assert();
    }
}

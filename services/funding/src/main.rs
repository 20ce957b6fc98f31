//! Runs funding alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use funding::Funding;

#[tokio::main]
async fn main() -> ExitCode {
    service::main::<Funding>().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        service::command::<Funding>().debug_assert();
    }
}

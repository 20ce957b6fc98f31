//! Runs specialists alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use specialists::Specialists;

#[tokio::main]
async fn main() -> ExitCode {
    service::main::<Specialists>().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        service::command::<Specialists>().debug_assert();
    }
}

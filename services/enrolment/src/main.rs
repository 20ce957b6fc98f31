//! Runs enrolment alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use enrolment::Enrolment;

#[tokio::main]
async fn main() -> ExitCode {
    service::main::<Enrolment>().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        service::command::<Enrolment>().debug_assert();
    }
}

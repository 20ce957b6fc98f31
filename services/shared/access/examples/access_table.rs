//! Prints the permissions of all methods and roles, as the contracts declare them: the text of `proto/access.csv`.
//!
//! `cargo run -p access --example access_table > proto/access.csv`

fn main() {
    match access::table(access::contracts()) {
        Ok(table) => print!("{table}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

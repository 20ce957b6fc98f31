//! Prints who may call which method, as the contracts say: the text of `proto/access.csv`.
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

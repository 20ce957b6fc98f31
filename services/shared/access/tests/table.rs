//! The reviewed table `proto/access.csv` equals the contracts.

use std::path::Path;

use access::{contracts, table};

#[test]
fn the_reviewed_table_equals_the_contracts() {
    let reviewed = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../proto/access.csv")).unwrap();
    let current = table(contracts()).unwrap();
    let differs = |left: &str, right: &str| {
        let lines: Vec<&str> = right.lines().collect();
        left.lines().filter(|line| !lines.contains(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(
        reviewed == current,
        "proto/access.csv and the contracts differ. Only the contracts have {:#?}, only the file has {:#?}. To bring the file up to date: \
         cargo run -p access --example access_table > proto/access.csv",
        differs(&current, &reviewed),
        differs(&reviewed, &current)
    );
}

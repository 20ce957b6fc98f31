//! The portable SQL holds some facts of Rust as data; both are the same.

use std::collections::BTreeSet;

/// `('909', '942', DATE '2023-04-01', TRUE)` for each authority and one that took over its area or a part of it.
#[test]
fn reorganisations_of_the_sql_are_those_of_the_table_of_authorities() {
    let sql = include_str!("../sql/1_register.sql");
    let view = sql.split("VIEW reorganisation AS").nth(1).unwrap().split("AS reorganisations").next().unwrap();
    let rows = view.lines().filter_map(|line| line.trim().strip_prefix("('")?.split_once(')'));
    let found: BTreeSet<String> = rows.map(|(row, _)| format!("('{row})")).collect();
    let expected = geography::AUTHORITIES.iter().flat_map(|authority| {
        authority.successors().map(|successor| {
            let is_split = authority.successors().all(|successor| successor.only_predecessor().is_some());
            let first_day = successor.new_codes[0].first_day;
            let is_split = if is_split { "TRUE" } else { "FALSE" };
            format!("('{}', '{}', DATE '{first_day}', {is_split})", authority.old_code, successor.old_code)
        })
    });
    assert_eq!(found, expected.collect());
}

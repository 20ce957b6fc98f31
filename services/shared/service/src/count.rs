//! Counts of the contracts, which are `int32`.

/// A count as the contracts have it. Panics when it does not fit: every count is checked when it comes in.
pub fn count(number: i64) -> i32 {
    i32::try_from(number).expect("counts are checked when they come in")
}

//! Values of a table's columns, row by row. A null of a text, a number or a truth value that its contract always has is its default.

use polars::prelude::*;
use time::Date;

/// Runs a query with the engine that keeps only a part of its input in memory.
pub(super) fn collect(rows: LazyFrame) -> PolarsResult<DataFrame> {
    Ok(rows.collect_with_engine(Engine::Streaming)?.unwrap_single())
}

/// Texts.
pub(super) fn texts<'a>(rows: &'a DataFrame, column: &str) -> PolarsResult<Vec<&'a str>> {
    Ok(rows.column(column)?.str()?.iter().map(Option::unwrap_or_default).collect())
}

/// 32-bit integers.
pub(super) fn numbers(rows: &DataFrame, column: &str) -> PolarsResult<Vec<i32>> {
    Ok(rows.column(column)?.i32()?.iter().map(Option::unwrap_or_default).collect())
}

/// 32-bit integers that may be absent.
pub(super) fn optional_numbers(rows: &DataFrame, column: &str) -> PolarsResult<Vec<Option<i32>>> {
    Ok(rows.column(column)?.i32()?.iter().collect())
}

/// Positions in a feed.
pub(super) fn positions(rows: &DataFrame) -> PolarsResult<Vec<i64>> {
    Ok(rows.column("event_position")?.i64()?.iter().map(Option::unwrap_or_default).collect())
}

/// Truth values.
pub(super) fn truths(rows: &DataFrame, column: &str) -> PolarsResult<Vec<bool>> {
    Ok(rows.column(column)?.bool()?.iter().map(Option::unwrap_or_default).collect())
}

/// Days that may be absent.
pub(super) fn days(rows: &DataFrame, column: &str) -> PolarsResult<Vec<Option<Date>>> {
    Ok(rows.column(column)?.date()?.phys.iter().map(|days| days.map(Date::from_days_since_1970)).collect())
}

/// Lists of texts that may be absent.
pub(super) fn text_lists(rows: &DataFrame, column: &str) -> PolarsResult<Vec<Option<Vec<String>>>> {
    let lists = rows.column(column)?.list()?;
    lists
        .amortized_iter()
        .map(|list| {
            let texts = |list: &Series| -> PolarsResult<Vec<String>> {
                Ok(list.str()?.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
            };
            list.map(|list| texts(list.as_ref())).transpose()
        })
        .collect()
}

/// Lists of numbers that may be absent.
pub(super) fn number_lists(rows: &DataFrame, column: &str) -> PolarsResult<Vec<Option<Vec<i64>>>> {
    let lists = rows.column(column)?.list()?;
    lists
        .amortized_iter()
        .map(|list| {
            let numbers =
                |list: &Series| -> PolarsResult<Vec<i64>> { Ok(list.i64()?.iter().map(Option::unwrap_or_default).collect()) };
            list.map(|list| numbers(list.as_ref())).transpose()
        })
        .collect()
}

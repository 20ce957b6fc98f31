//! All SQL of this service.

mod choice;
mod hub;
mod lineage;
mod link;
mod reach;
mod reach_parts;
mod register;
mod school;

pub(crate) use choice::*;
pub(crate) use hub::*;
pub(crate) use lineage::*;
pub(crate) use link::*;
pub(crate) use reach::*;
pub(crate) use reach_parts::*;
pub(crate) use register::*;
pub(crate) use school::*;

use time::Date;

/// The steps of the schema.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "network", sql: include_str!("../../migrations/0100_network.sql") }];

fn day(stored: &str) -> Date {
    Date::parse(stored).expect("a day that was stored is one")
}

fn day_or_blank(stored: &str) -> Option<Date> {
    if stored.is_empty() { None } else { Some(day(stored)) }
}

fn text_or_blank(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

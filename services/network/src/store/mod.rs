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
pub const MIGRATIONS: &[db::Migration] = &[
    db::Migration {
        version: 100,
        name: "register",
        sqlite: include_str!("../../migrations/sqlite/0100_register.sql"),
        postgres: include_str!("../../migrations/postgres/0100_register.sql"),
    },
    db::Migration {
        version: 101,
        name: "hub",
        sqlite: include_str!("../../migrations/sqlite/0101_hub.sql"),
        postgres: include_str!("../../migrations/postgres/0101_hub.sql"),
    },
    db::Migration {
        version: 102,
        name: "reach",
        sqlite: include_str!("../../migrations/sqlite/0102_reach.sql"),
        postgres: include_str!("../../migrations/postgres/0102_reach.sql"),
    },
];

fn day(stored: &str) -> Date {
    Date::parse(stored).expect("a day that was stored is one")
}

fn day_or_blank(stored: &str) -> Option<Date> {
    if stored.is_empty() { None } else { Some(day(stored)) }
}

fn text_or_blank(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

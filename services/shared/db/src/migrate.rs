//! Migrations: each is one step, written twice, under one number and name.

use std::borrow::Cow;

use sqlx::{
    SqlStr,
    migrate::{MigrateError, MigrationType, Migrator},
};

use crate::Error;

/// One step of a schema. Versions below 100 belong to the shared crates; a service's own start at 100.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The order in which steps are taken.
    pub version: i64,
    /// What it is about, as in its files' names.
    pub name: &'static str,
    /// The step on SQLite.
    pub sqlite: &'static str,
    /// The step on PostgreSQL.
    pub postgres: &'static str,
}

pub(crate) fn migrator(migrations: &[Migration], postgres: bool) -> Migrator {
    let mut sorted = migrations.to_vec();
    sorted.sort_by_key(|migration| migration.version);
    // A step of a shared crate may be listed by each that needs it.
    sorted.dedup_by(|next, step| {
        assert!(next.version != step.version || next.name == step.name, "{} and {} have the same version", next.name, step.name);
        next.version == step.version
    });
    let steps = sorted
        .into_iter()
        .map(|step| {
            let text = if postgres { step.postgres } else { step.sqlite };
            sqlx::migrate::Migration::new(
                step.version,
                Cow::Borrowed(step.name),
                MigrationType::Simple,
                SqlStr::from_static(text),
                false,
            )
        })
        .collect::<Vec<_>>();
    Migrator::with_migrations(steps)
}

pub(crate) fn error(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => Error::Newer(version),
        MigrateError::VersionMismatch(version) => Error::Edited(version),
        other => Error::Migrate(other),
    }
}

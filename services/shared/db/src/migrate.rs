//! Migrations: each is one step, written once for both databases, under a number and a name.
//!
//! A migration's text is SQLite's. For PostgreSQL its types are mapped (`TEXT` to `TEXT COLLATE "C"`, which sorts as SQLite does, `BLOB` to `BYTEA`, `INTEGER` to
//! `BIGINT`). Parts for one database alone are between marks on separate lines:
//!
//! ```sql
//! -- only postgres
//! CREATE FUNCTION …
//! -- end
//! ```

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migrate, MigrateError, MigrationType, Migrator},
};

use crate::Error;

/// One step of a schema. Versions below 100 belong to the shared crates; a service's own start at 100.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The order in which steps are taken.
    pub version: i64,
    /// Its subject, as in its file's name.
    pub name: &'static str,
    /// The step, for both databases.
    pub sql: &'static str,
}

impl Migration {
    /// The text that one of the databases gets. Panics when a mark is not closed, is closed twice, or names another database.
    pub fn text(&self, postgres: bool) -> String {
        let mut text = String::with_capacity(self.sql.len());
        let mut only: Option<&str> = None;
        for line in self.sql.lines() {
            match (line.strip_prefix("-- only "), line == "-- end", only) {
                (Some(database @ ("sqlite" | "postgres")), _, None) => only = Some(database),
                (Some(other), _, _) => {
                    panic!("migration {}: the mark `only {other}` stands in another one or names no database", self.name)
                }
                (None, true, Some(_)) => only = None,
                (None, true, None) => panic!("migration {}: `-- end` closes nothing", self.name),
                (None, false, None) if postgres => text.push_str(&mapped(line)),
                (None, false, None) => text.push_str(line),
                (None, false, Some(database)) if (database == "postgres") == postgres => text.push_str(line),
                (None, false, Some(_)) => {}
            }
            text.push('\n');
        }
        assert!(only.is_none(), "migration {}: a mark is not closed", self.name);
        text
    }
}

/// A line with PostgreSQL's types; comments stay.
fn mapped(line: &str) -> String {
    let (code, comment) = line.find("--").map_or((line, ""), |at| line.split_at(at));
    let word = |part: &str| match part {
        "TEXT" => "TEXT COLLATE \"C\"".to_owned(),
        "BLOB" => "BYTEA".to_owned(),
        "INTEGER" => "BIGINT".to_owned(),
        other => other.to_owned(),
    };
    let parts = code.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').map(|part| {
        let name = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        word(name) + &part[name.len()..]
    });
    parts.collect::<String>() + comment
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
            let text = AssertSqlSafe(step.text(postgres)).into_sql_str();
            sqlx::migrate::Migration::new(step.version, Cow::Borrowed(step.name), MigrationType::Simple, text, false)
        })
        .collect::<Vec<_>>();
    Migrator::with_migrations(steps)
}

/// Compares the steps that a database has with the program's before any is taken, so that another service's database is left as it is.
pub(crate) async fn check<C: Migrate>(migrator: &Migrator, conn: &mut C) -> Result<(), MigrateError> {
    // A new database has no table of steps: then there is nothing to compare.
    let Ok(applied) = conn.list_applied_migrations(&migrator.table_name).await else { return Ok(()) };
    for step in applied {
        match migrator.iter().find(|known| known.version == step.version) {
            None => return Err(MigrateError::VersionMissing(step.version)),
            Some(known) if known.checksum != step.checksum => return Err(MigrateError::VersionMismatch(step.version)),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Like [`check`], and errors when the database lacks a step.
pub(crate) async fn check_complete<C: Migrate>(migrator: &Migrator, conn: &mut C) -> Result<(), Error> {
    missing_steps(migrator, conn).await?.first().map_or(Ok(()), |version| Err(Error::Older(*version)))
}

/// Like [`check`], and gives the versions of the steps that the database lacks.
pub(crate) async fn missing_steps<C: Migrate>(migrator: &Migrator, conn: &mut C) -> Result<Vec<i64>, Error> {
    check(migrator, conn).await.map_err(error)?;
    let applied = conn.list_applied_migrations(&migrator.table_name).await.unwrap_or_default();
    let is_missing = |version: &i64| applied.iter().all(|known| known.version != *version);
    Ok(migrator.iter().map(|step| step.version).filter(is_missing).collect())
}

pub(crate) fn error(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => Error::Newer(version),
        MigrateError::VersionMismatch(version) => Error::Edited(version),
        other => Error::Migrate(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sql: &'static str) -> Migration {
        Migration { version: 100, name: "step", sql }
    }

    #[test]
    fn types_are_mapped_for_postgresql_and_comments_are_not() {
        let step = step("CREATE TABLE thing (\n    id TEXT NOT NULL, -- TEXT\n    n INTEGER,\n    b BLOB\n);\n-- A BLOB.\n");
        assert_eq!(step.text(false), step.sql);
        let expected =
            "CREATE TABLE thing (\n    id TEXT COLLATE \"C\" NOT NULL, -- TEXT\n    n BIGINT,\n    b BYTEA\n);\n-- A BLOB.\n";
        assert_eq!(step.text(true), expected);
    }

    #[test]
    fn a_marked_block_reaches_its_own_database_unchanged() {
        let step = step("-- only sqlite\na TEXT\n-- end\n-- only postgres\nb TEXT\n-- end\nc\n");
        let lines = |postgres| step.text(postgres).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            [lines(false), lines(true)],
            [["a TEXT", "c"], ["b TEXT", "c"]].map(|lines| lines.map(str::to_owned).to_vec())
        );
    }

    #[test]
    #[should_panic(expected = "a mark is not closed")]
    fn a_mark_that_is_not_closed_is_a_mistake() {
        step("-- only sqlite\na\n").text(true);
    }
}

//! The transaction of a job: a connection, and the values to write just before the commit.

use std::any::Any;

use sqlx::{PgConnection, SqliteConnection};

use crate::{Query, Statement, monitor::Use, pending::Pending};

/// Something that a job wants written once per commit, in the order of the jobs: see [`crate::Flush`].
pub type Deferred = Box<dyn Any + Send>;

/// The connection of one database or the other. Made by [`Tx::conn`].
#[derive(Debug)]
pub enum Conn<'c> {
    /// SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

/// A connection lent to a job or to a read.
#[derive(Debug)]
pub struct Tx<'c> {
    conn: Conn<'c>,
    pub(crate) pending: &'c mut Pending,
    pub(crate) used: Use<'c>,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: Conn<'c>, pending: &'c mut Pending, used: Use<'c>) -> Self {
        Self { conn, pending, used }
    }

    /// The connection for one statement, which is counted.
    pub fn conn(&mut self) -> Conn<'_> {
        self.used.count();
        match &mut self.conn {
            Conn::Sqlite(conn) => Conn::Sqlite(conn),
            Conn::Postgres(conn) => Conn::Postgres(conn),
        }
    }

    #[doc(hidden)]
    pub fn query(&mut self, statement: &'static Statement) -> Query<'_, 'c> {
        Query::new(self, statement)
    }

    /// Whether this is PostgreSQL, where several jobs run at once and a row that is read to be changed must be locked.
    pub fn is_postgres(&self) -> bool {
        matches!(self.conn, Conn::Postgres(_))
    }

    /// Has something written by the pool's [`crate::Flush`] just before the commit, if this job succeeds.
    pub fn defer(&mut self, deferred: Deferred) {
        self.pending.deferred.push(deferred);
    }
}

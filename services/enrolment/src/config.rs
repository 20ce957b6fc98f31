//! How enrolment is set up.

/// Where its database is, and where it hears of the network.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Connections that read (SQLite) or read and write (PostgreSQL).
    pub connections_max: u32,
}

impl Config {
    /// With the usual number of connections.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self { database_url: database_url.into(), connections_max: 8 }
    }
}

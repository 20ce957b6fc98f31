//! What can be set, and what is limited.

use std::time::Duration;

/// The largest chunk of a file.
pub(crate) const CHUNK_SIZE_MAX_BYTES: usize = 1024 * 1024;
/// Figures and areas of one publication; a year of every authority, programme, phase and stage is about ten thousand.
pub(crate) const REACH_ROWS_MAX: usize = 200_000;
/// Figures and areas of one message.
pub(crate) const REACH_PART_ROWS_MAX: usize = 500;
/// Longest wait for the next message of a stream.
pub(crate) const STREAM_TIMEOUT: Duration = Duration::from_secs(30);
/// Violations of a stream that are told at once.
pub(crate) const VIOLATIONS_MAX: usize = 20;

/// How the service is run.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Largest size of an extract and its links together. They are held in memory while they are read, one import at a time.
    pub register_size_max_bytes: usize,
    /// Connections to the database.
    pub connections_max: u32,
}

impl Config {
    /// The usual one: files of up to 256 MB (the real ones are 14), 8 connections.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self { database_url: database_url.into(), register_size_max_bytes: 256_000_000, connections_max: 8 }
    }
}

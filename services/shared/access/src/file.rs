//! A file that is read again when it changes: keys rotate, and Kubernetes replaces projected tokens, without a restart.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use crate::MachineClock;

/// Shortest time between two checks of a file, and so the maximum delay of a change.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum size of a token or a set of keys.
const SIZE_MAX: u64 = 256 * 1024;

/// Identifies a version of a file. It includes the inode, because Kubernetes swaps a symbolic link.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

#[derive(Debug)]
struct State<T> {
    /// Time since 1970.
    checked: Duration,
    stamp: Stamp,
    value: Arc<T>,
}

/// The parsed content of a file, at most a second old.
pub(crate) struct WatchedFile<T> {
    path: PathBuf,
    clock: MachineClock,
    parse: fn(&str) -> Result<T, String>,
    state: Mutex<State<T>>,
}

impl<T> WatchedFile<T> {
    /// Reads the file for the first time; fails if it cannot be read or parsed.
    pub(crate) fn open(path: &Path, clock: MachineClock, parse: fn(&str) -> Result<T, String>) -> Result<Self, String> {
        let (stamp, value) = read(path, parse)?;
        let state = State { checked: clock.now(), stamp, value: Arc::new(value) };
        Ok(Self { path: path.to_owned(), clock, parse, state: Mutex::new(state) })
    }

    /// The current content. If the file cannot be read or parsed, the last good content: a half-written file must not lock callers out.
    ///
    /// Accesses the disk at most once a second, for a small file, so that asynchronous tasks may call it.
    pub(crate) fn value(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = self.clock.now();
        // The absolute difference, so that the checks continue when the clock is set back.
        if now.abs_diff(state.checked) >= CHECK_INTERVAL {
            state.checked = now;
            if stamp(&self.path).ok() != Some(state.stamp) {
                match read(&self.path, self.parse) {
                    Ok((stamp, value)) => {
                        tracing::info!(path = %self.path.display(), "read a changed file again");
                        (state.stamp, state.value) = (stamp, Arc::new(value));
                    }
                    Err(error) => tracing::warn!(error, "the last good content stays valid"),
                }
            }
        }
        Arc::clone(&state.value)
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let about = fs::metadata(path)?;
    Ok(Stamp { modified: about.modified().ok(), length: about.len(), inode: about.ino() })
}

fn read<T>(path: &Path, parse: fn(&str) -> Result<T, String>) -> Result<(Stamp, T), String> {
    let shown = path.display();
    // The stamp is taken before reading, so that the next check sees a change in between.
    let stamp = stamp(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    if stamp.length > SIZE_MAX {
        return Err(format!("`{shown}` is larger than {SIZE_MAX} bytes, the maximum for a token or a set of keys"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let value = parse(&text).map_err(|error| format!("`{shown}` {error}"))?;
    Ok((stamp, value))
}

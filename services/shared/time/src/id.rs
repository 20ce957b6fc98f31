//! Ids, with the source of randomness as an argument.

use std::sync::{Arc, Mutex};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::Instant;

/// The instant at which an id was made, to the millisecond. `None` for a text that is no such id.
pub fn id_time(id: &str) -> Option<Instant> {
    let millis = id.get(..12).filter(|_| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    i64::from_str_radix(millis, 16).ok()?.checked_mul(1_000).map(Instant::from_micros)
}

/// Generates ids that sort by their time of creation (UUID version 7). Clones share the generator.
#[derive(Clone, Debug)]
pub struct Ids(Arc<Mutex<StdRng>>);

impl Ids {
    /// Unpredictable ids, for a served suite.
    pub fn from_machine() -> Self {
        Self(Arc::new(Mutex::new(rand::make_rng())))
    }

    /// The same ids for the same seed and times.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// A new id, 32 hexadecimal digits in lower case.
    pub fn next(&self, now: Instant) -> String {
        let mut random = [0_u8; 10];
        self.0.lock().expect("no holder of the generator panics").fill_bytes(&mut random);
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().simple().to_string()
    }

    /// A new key of a keyed hash.
    pub fn next_key(&self) -> [u8; 32] {
        let mut key = [0_u8; 32];
        self.0.lock().expect("no holder of the generator panics").fill_bytes(&mut key);
        key
    }
}

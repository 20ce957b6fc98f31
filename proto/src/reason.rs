//! Reasons of errors, generated from `reasons.csv`.

include!(concat!(env!("OUT_DIR"), "/reason.rs"));

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

//! Fixtures of stories across services: real servers on free ports, callers with tokens, registers built row by row.

mod address;
mod caller;
mod catalogue;
mod identity;
mod money;
pub mod process;
pub mod register;
mod registers;
mod served;
mod steps;
mod suite;

use std::path::{Path, PathBuf};

pub use address::ReservedAddress;
pub use caller::{Caller, Connections};
pub use catalogue::{programme_year, terms};
pub use money::SUBSIDY_PENCE;
pub use registers::Attended;
pub use served::{FundingServed, Served};
pub use steps::{DECISION, PROGRAMME, once_mirrored, places, round};
pub use suite::{Suite, on_each_database};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The project's root.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project").to_owned()
}

/// The stable reason of an error, or an empty text.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Asserts that a call was refused with a code and a reason.
#[track_caller]
pub fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, expected: &str) {
    let status = answer.expect_err("the call is refused");
    assert_eq!((status.code(), reason(&status).as_str()), (code, expected), "{status:?}");
}

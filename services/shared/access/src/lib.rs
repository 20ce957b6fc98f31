//! Who calls, and what they may do.
//!
//! A call carries a bearer token. [`Authenticator`] makes a [`Caller`] of it or refuses; [`Gate`] says whether a role may call a method, as Cedar
//! policies decide it and as a reviewed table *role × method* states it: where the two differ, a service does not start. *Which* rows a caller
//! may touch is not decided here: services apply scope in the query itself.
//!
//! Tokens are judged by the machine's clock, never by the civil one.

mod authenticator;
mod caller;
mod claims;
mod discovered;
mod file;
mod gate;
mod https;
mod jwks;
mod local_key;
mod methods;
mod source;
mod table;
mod trusted;
mod unauthenticated;

pub use authenticator::Authenticator;
pub use caller::{Caller, Role, UnknownRole};
pub use claims::{AUDIENCE, Claims, LOCAL_ISSUER};
pub use gate::{Gate, GateError, check_table};
pub use jwks::JwksError;
pub use local_key::{LocalKey, LocalKeyError};
pub use methods::{REFLECTION, served, streaming};
pub use source::{TokenSource, TokenSourceError};
pub use trusted::{Discovery, KeySource, Pace, Trusted};
pub use unauthenticated::Unauthenticated;

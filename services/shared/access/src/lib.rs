//! Who calls, and what they may do.
//!
//! A call carries a bearer token. [`Authenticator`] turns it into a [`Caller`] or refuses it. [`Authorizer`] says whether a role may call a method,
//! as the method's option in the `.proto` file does; `proto/access.csv` shows all options as one table, which a test compares. *Which* rows a
//! caller may touch is not decided here: services apply scope in the query itself.
//!
//! Tokens are judged by the machine's clock, never by the civil one.
#![warn(missing_docs)]

mod authenticator;
mod authorizer;
mod caller;
mod claims;
mod clock;
mod discovery;
mod file;
mod https;
mod jwks;
mod local_key;
mod methods;
mod source;
mod table;
mod trusted;
mod unauthenticated;
mod verified;

pub use authenticator::Authenticator;
pub use authorizer::{AccessError, Authorizer, Permission};
pub use caller::Caller;
pub use claims::{AUDIENCE, Claims, LOCAL_ISSUER};
pub use clock::MachineClock;
pub use jwks::JwksError;
pub use local_key::{LocalKey, LocalKeyError};
pub use methods::{REFLECTION, contracts, is_unary, served, streaming};
pub use proto::role::{Role, TokenScope, UnknownRole};
pub use source::{TokenSource, TokenSourceError};
pub use table::table;
pub use trusted::{Discovery, KeySource, Pace, Trusted};
pub use unauthenticated::Unauthenticated;

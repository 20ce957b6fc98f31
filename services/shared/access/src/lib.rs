//! Authentication and authorization of callers.
//!
//! A call has a bearer token. [`Authenticator`] verifies it and returns a [`Caller`]. [`Authorizer`] knows which role may call which method, from the
//! method's option in the `.proto` file; `proto/access.csv` shows all options as one table, which a test compares. The rows that a caller may access
//! are decided in the services' queries, by scope.
//!
//! The machine's clock decides the validity of tokens, never the civil clock.
#![warn(missing_docs)]

mod authenticator;
mod authorizer;
mod caller;
mod claims;
mod clock;
mod deny;
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

pub use authenticator::{Authenticator, AuthenticatorError, TOKEN_AGE_MAX, TokenRules};
pub use authorizer::{AccessError, Authorizer, Permission};
pub use caller::Caller;
pub use claims::{AUDIENCE, Claims, LOCAL_ISSUER, audience_of};
pub use clock::MachineClock;
pub use deny::{DenyListError, check_deny_list};
pub use jwks::JwksError;
pub use local_key::{LocalKey, LocalKeyError};
pub use methods::{REFLECTION, SecondPerson, contracts, is_unary, second_person, served, streaming};
pub use proto::role::{Role, TokenScope, UnknownRole};
pub use source::{TokenSource, TokenSourceError};
pub use table::table;
pub use trusted::{Discovery, KeySource, Pace, Trusted};
pub use unauthenticated::Unauthenticated;

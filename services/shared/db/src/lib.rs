//! The database of a service: SQLite by default, PostgreSQL where the URL says so, the same SQL text for both.
//!
//! [`Pool::read`] lends a connection; [`Pool::write`] runs a **job**: an owned closure that gets a [`Tx`] and awaits nothing but the database. On
//! PostgreSQL each job has a separate transaction, READ COMMITTED. On SQLite one writer task runs the waiting jobs one after another, each in a
//! savepoint, commits them together, and only then answers them. [`sql!`] makes a statement with named parameters.
#![warn(missing_docs)]

mod child;
mod create;
mod error;
mod inspect;
mod job;
mod metrics;
mod migrate;
mod monitor;
mod pending;
mod pool;
mod postgres;
mod protect;
mod query;
mod requests;
mod sqlite;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use child::Child;
pub use column::{Column, JsonText, code_enum, column, text_enum};
pub use create::{check_url, create_if_missing, is_empty, may_be_plaintext};
pub use error::Error;
pub use inspect::{Inspected, SchemaState, inspect};
pub use job::{Flush, NoFlush, Outcome};
#[doc(hidden)]
pub use linkme;
pub use metrics::describe_metrics;
pub use migrate::Migration;
pub use pool::{Options, Pool};
pub use postgres::grant_run_time_role;
pub use protect::create_private_folder;
pub use query::{ParameterGroup, Query, ResultRow, Value};
pub use requests::{Answered, RequestKey, request_answer, request_answer_delete_before, request_begin, request_forget_before};
pub use statement::{STATEMENTS, Statement};
pub use tx::{Conn, Deferred, Tx};

/// The schema steps that every service's database has.
pub const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "request", sql: include_str!("../migrations/0001_request.sql") }];

/// A statement with its values, ready to run: `sql!(tx, "SELECT id FROM round WHERE id = :id", id).fetch_optional().await?`.
///
/// The text serves both databases. `:id` is a named parameter; `{postgres FOR UPDATE}` and `{sqlite …}` are parts for one database alone. The text may be
/// a `concat!` of literals. It does not compile when a parameter has no value, or a value no parameter.
///
/// After the text come the values: `id` binds the variable of that name, `id = expression` a value, `..ScopeKey = scope` a [`ParameterGroup`], and
/// `rows = [school in schools => school.urn, &school.name]` a list, at most one: `VALUES :rows` becomes `VALUES ($1, $2), ($3, $4)`, and with one value for
/// each item `IN (:ids)` becomes `IN ($1, $2)`. A list must not be empty. SQLite binds at most 32,766 values, PostgreSQL 65,535.
///
/// Every statement is in [`STATEMENTS`], from which each crate's `statements.sql` is made.
#[macro_export]
macro_rules! sql {
    (@build $tx:expr, $text:expr; [$($list:tt)*]; [$($names:tt)*]; [$($binds:tt)*];) => {{
        fn origin() -> &'static str {
            ::std::any::type_name_of_val(&origin)
        }
        #[expect(unsafe_code, reason = "the list of statements is a section of the program")]
        #[$crate::linkme::distributed_slice($crate::STATEMENTS)]
        #[linkme(crate = $crate::linkme)]
        static STATEMENT: $crate::Statement =
            $crate::Statement::new(origin, $text, &[$($names)*], $crate::sql!(@list $($list)*));
        $crate::sql!(@bind_list $tx.query(&STATEMENT), $($list)*) $($binds)*
    }};
    (@list) => { None };
    (@list $name:ident, $item:pat in $items:expr; $($value:expr),+) => {
        Some((stringify!($name), [$(stringify!($value)),+].len()))
    };
    (@bind_list $query:expr,) => { $query };
    (@bind_list $query:expr, $name:ident, $item:pat in $items:expr; $($value:expr),+) => {
        $query.bind_list($items, |query, $item| query$(.bind(&$value))+)
    };
    (@build $tx:expr, $text:expr; []; [$($names:tt)*]; [$($binds:tt)*];
        $name:ident = [$item:pat in $items:expr => $($value:expr),+ $(,)?] $(, $($rest:tt)*)?) => {
        $crate::sql!(@build $tx, $text; [$name, $item in $items; $($value),+]; [$($names)*]; [$($binds)*]; $($($rest)*)?)
    };
    (@build $tx:expr, $text:expr; [$($list:tt)*]; [$($names:tt)*]; [$($binds:tt)*];
        ..$group:ty = $value:expr $(, $($rest:tt)*)?) => {
        $crate::sql!(@build $tx, $text; [$($list)*]; [$($names)* <$group as $crate::ParameterGroup>::NAMES,];
            [$($binds)* .bind_group::<$group>(&$value)]; $($($rest)*)?)
    };
    (@build $tx:expr, $text:expr; [$($list:tt)*]; [$($names:tt)*]; [$($binds:tt)*];
        $name:ident = $value:expr $(, $($rest:tt)*)?) => {
        $crate::sql!(@build $tx, $text; [$($list)*]; [$($names)* &[stringify!($name)],]; [$($binds)* .bind(&$value)];
            $($($rest)*)?)
    };
    (@build $tx:expr, $text:expr; [$($list:tt)*]; [$($names:tt)*]; [$($binds:tt)*];
        $name:ident $(, $($rest:tt)*)?) => {
        $crate::sql!(@build $tx, $text; [$($list)*]; [$($names)* &[stringify!($name)],]; [$($binds)* .bind(&$name)];
            $($($rest)*)?)
    };
    ($tx:expr, $text:expr $(, $($parameters:tt)*)?) => {
        $crate::sql!(@build $tx, $text; []; []; []; $($($parameters)*)?)
    };
}

/// The text of a statement that only PostgreSQL has and [`sql!`] cannot run, because it binds arrays or runs on another connection. Its parameters are `$1`,
/// `$2` and so on. The statement is listed in [`STATEMENTS`] too.
#[macro_export]
macro_rules! postgres_text {
    ($text:expr) => {{
        fn origin() -> &'static str {
            ::std::any::type_name_of_val(&origin)
        }
        #[expect(unsafe_code, reason = "the list of statements is a section of the program")]
        #[$crate::linkme::distributed_slice($crate::STATEMENTS)]
        #[linkme(crate = $crate::linkme)]
        static STATEMENT: $crate::Statement = $crate::Statement::new(origin, concat!("{postgres ", $text, "}"), &[], None);
        STATEMENT.postgres_text()
    }};
}

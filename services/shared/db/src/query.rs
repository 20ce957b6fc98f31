//! A statement with its values, on the way to the database of a transaction.

use sqlx::{
    Arguments, AssertSqlSafe, ColumnIndex, Decode, Encode, FromRow, Postgres, Row, Sqlite, Type,
    error::BoxDynError,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{Conn, Error, Statement, Tx};

/// A value that both databases can bind.
pub trait Value<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}

impl<'q, T> Value<'q> for T where T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}

/// A row that both databases can give: what `#[derive(sqlx::FromRow)]` makes, or a tuple.
pub trait ResultRow: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> ResultRow for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Parameters that belong together, for example a scope: `..ScopeKey = scope` binds them under their names.
pub trait ParameterGroup {
    /// Names of the parameters, in the order in which they are bound.
    const NAMES: &'static [&'static str];

    /// Binds them.
    fn bind<'q, 'c>(&self, query: Query<'q, 'c>) -> Query<'q, 'c>;
}

/// Most items of a list for which the statement is kept prepared. Each number of items has its own text, and long lists are rare.
const PREPARED_ITEMS_MAX: usize = 32;

enum Values {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

/// A statement with its values; made by [`sql!`](crate::sql).
pub struct Query<'q, 'c> {
    tx: &'q mut Tx<'c>,
    statement: &'static Statement,
    values: Result<Values, BoxDynError>,
    /// Items of the list, if there is one.
    items: Option<usize>,
}

impl<'q, 'c> Query<'q, 'c> {
    pub(crate) fn new(tx: &'q mut Tx<'c>, statement: &'static Statement) -> Self {
        let values =
            if tx.is_postgres() { Values::Postgres(PgArguments::default()) } else { Values::Sqlite(SqliteArguments::default()) };
        Self { tx, statement, values: Ok(values), items: None }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn bind<'v>(mut self, value: impl Value<'v>) -> Self {
        let bound = match &mut self.values {
            Ok(Values::Sqlite(values)) => Arguments::add(values, value),
            Ok(Values::Postgres(values)) => values.add(value),
            Err(_) => return self,
        };
        if let Err(error) = bound {
            self.values = Err(error);
        }
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn bind_list<I: IntoIterator>(mut self, items: I, bind: impl Fn(Self, I::Item) -> Self) -> Self {
        let mut count = 0;
        for item in items {
            self = bind(self, item);
            count += 1;
        }
        self.items = Some(count);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn bind_group<G: ParameterGroup>(self, group: &G) -> Self {
        group.bind(self)
    }

    /// Runs the statement and gives the number of rows that it changed.
    pub async fn execute(self) -> Result<u64, Error> {
        let used = self.tx.used;
        match self.prepared()? {
            Prepared::Sqlite(conn, query) => query.execute(conn).await.map(|done| done.rows_affected()),
            Prepared::Postgres(conn, query) => query.execute(conn).await.map(|done| done.rows_affected()),
        }
        .map_err(|error| used.failed(error))
    }

    /// The row. Errors when there is none.
    pub async fn fetch_one<R: ResultRow>(self) -> Result<R, Error> {
        self.fetch_optional().await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<R: ResultRow>(self) -> Result<Option<R>, Error> {
        let (statement, used) = (self.statement, self.tx.used);
        macro_rules! fetch {
            ($conn:expr, $query:expr) => {
                match $query.fetch_optional($conn).await {
                    Ok(row) => row.map(|row| decode(statement, &row)).transpose(),
                    Err(error) => Err(used.failed(error)),
                }
            };
        }
        match self.prepared()? {
            Prepared::Sqlite(conn, query) => fetch!(conn, query),
            Prepared::Postgres(conn, query) => fetch!(conn, query),
        }
    }

    /// All rows.
    pub async fn fetch_all<R: ResultRow>(self) -> Result<Vec<R>, Error> {
        let (statement, used) = (self.statement, self.tx.used);
        macro_rules! fetch {
            ($conn:expr, $query:expr) => {
                match $query.fetch_all($conn).await {
                    Ok(rows) => rows.iter().map(|row| decode(statement, row)).collect(),
                    Err(error) => Err(used.failed(error)),
                }
            };
        }
        match self.prepared()? {
            Prepared::Sqlite(conn, query) => fetch!(conn, query),
            Prepared::Postgres(conn, query) => fetch!(conn, query),
        }
    }

    fn prepared(self) -> Result<Prepared<'q>, Error> {
        let Self { tx, statement, values, items } = self;
        let values = values.map_err(sqlx::Error::Encode)?;
        let postgres = tx.is_postgres();
        macro_rules! query {
            ($values:expr) => {
                match items {
                    Some(items) => sqlx::query_with(AssertSqlSafe(statement.text_for(postgres, items)), $values)
                        .persistent(items <= PREPARED_ITEMS_MAX),
                    None => sqlx::query_with(statement.text(postgres), $values),
                }
            };
        }
        Ok(match (tx.conn(), values) {
            (Conn::Sqlite(conn), Values::Sqlite(values)) => Prepared::Sqlite(conn, query!(values)),
            (Conn::Postgres(conn), Values::Postgres(values)) => Prepared::Postgres(conn, query!(values)),
            _ => unreachable!("the values were made for the connection"),
        })
    }
}

enum Prepared<'q> {
    Sqlite(&'q mut sqlx::SqliteConnection, sqlx::query::Query<'q, Sqlite, SqliteArguments>),
    Postgres(&'q mut sqlx::PgConnection, sqlx::query::Query<'q, Postgres, PgArguments>),
}

/// The row as a value; an error that says where when it holds what cannot be.
fn decode<'r, R, D>(statement: &Statement, row: &'r D) -> Result<R, Error>
where
    D: Row,
    R: FromRow<'r, D>,
    usize: ColumnIndex<D>,
    String: Decode<'r, D::Database> + Type<D::Database>,
    i64: Decode<'r, D::Database> + Type<D::Database>,
{
    R::from_row(row).map_err(|error| match error {
        sqlx::Error::ColumnDecode { index, source } => Error::InconsistentRow {
            origin: statement.origin(),
            table: statement.table(),
            column: index.trim_matches('"').to_owned(),
            row: leading_columns(row),
            source,
        },
        other => other.into(),
    })
}

/// The first three columns, which hold the key: every query names it first.
fn leading_columns<'r, D>(row: &'r D) -> String
where
    D: Row,
    usize: ColumnIndex<D>,
    String: Decode<'r, D::Database> + Type<D::Database>,
    i64: Decode<'r, D::Database> + Type<D::Database>,
{
    use sqlx::Column;
    let shown = row.columns().iter().take(3).map(|column| {
        let text = row.try_get::<String, _>(column.ordinal());
        let text = text.or_else(|_| row.try_get::<i64, _>(column.ordinal()).map(|number| number.to_string()));
        format!("{} = {}", column.name(), text.unwrap_or_else(|_| "?".to_owned()))
    });
    shown.collect::<Vec<_>>().join(", ")
}

impl std::fmt::Debug for Query<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Query({})", self.statement.origin())
    }
}

//! Statements with named parameters and typed rows.

use db::{Column, Error, Options, ParameterGroup, Pool, Query, Tx, sql, testing::databases};

db::text_enum! {
    /// Whether a thing is open.
    enum State {
        /// Open.
        Open = "open",
        /// Closed.
        Closed = "closed",
    }
}

/// A thing's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number(i64);

impl Column for Number {
    type Stored = i64;

    fn to_stored(&self) -> i64 {
        self.0
    }

    fn from_stored(stored: i64) -> Result<Self, String> {
        if stored < 100 { Ok(Self(stored)) } else { Err(format!("{stored} is not less than 100")) }
    }
}

db::column!(Number);

#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Thing {
    id: String,
    number: Number,
    state: State,
    note: Option<State>,
}

struct Bounds {
    low: i64,
    high: i64,
}

impl ParameterGroup for Bounds {
    const NAMES: &'static [&'static str] = &["low", "high"];

    fn bind<'q, 'c>(&self, query: Query<'q, 'c>) -> Query<'q, 'c> {
        query.bind(self.low).bind(self.high)
    }
}

fn thing(id: &str, number: i64, state: State) -> Thing {
    Thing { id: id.to_owned(), number: Number(number), state, note: None }
}

async fn thing_insert(tx: &mut Tx<'_>, things: &[Thing]) -> Result<u64, Error> {
    let rows = sql!(
        tx,
        "INSERT INTO thing (id, number, state, note) VALUES :rows",
        rows = [thing in things => thing.id, thing.number, thing.state, thing.note],
    );
    rows.execute().await
}

/// Things of a state within bounds, without some.
async fn thing_list(tx: &mut Tx<'_>, state: State, bounds: &Bounds, without: &[&str]) -> Result<Vec<Thing>, Error> {
    let things = sql!(
        tx,
        "SELECT id, number, state, note FROM thing
         WHERE state = :state AND number BETWEEN :low AND :high AND id NOT IN (:without) ORDER BY id {postgres FOR UPDATE}",
        state,
        ..Bounds = bounds,
        without = [id in without => id],
    );
    things.fetch_all().await
}

#[tokio::test]
async fn values_are_bound_by_name_and_rows_are_decoded_by_type() {
    for database in databases().await {
        let pool = Pool::open(database.url(), Options::new(&[])).await.unwrap();
        pool.write(|mut tx| {
            Box::pin(async move {
                sql!(tx, "CREATE TABLE thing (id TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL, note TEXT)")
                    .execute()
                    .await?;
                let things = [("a", 1, State::Open), ("b", 2, State::Open), ("c", 3, State::Open), ("d", 4, State::Closed)];
                assert_eq!(thing_insert(&mut tx, &things.map(|(id, number, state)| thing(id, number, state))).await?, 4);
                let open = thing_list(&mut tx, State::Open, &Bounds { low: 2, high: 9 }, &["c", "x"]).await?;
                assert_eq!(open, [thing("b", 2, State::Open)]);
                let none: Option<Thing> = sql!(tx, "SELECT * FROM thing WHERE id = :id", id = "x").fetch_optional().await?;
                assert_eq!(none, None);
                Ok::<_, Error>(())
            })
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn an_inconsistent_row_is_named_with_its_table_key_and_column() {
    for database in databases().await {
        let pool = Pool::open(database.url(), Options::new(&[])).await.unwrap();
        let error = pool.write(|mut tx| {
            Box::pin(async move {
                sql!(tx, "CREATE TABLE thing (id TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL, note TEXT)")
                    .execute()
                    .await?;
                sql!(tx, "INSERT INTO thing VALUES ('a', 7, 'half', NULL)").execute().await?;
                thing_list_all(&mut tx).await
            })
        });
        let expected = "inconsistent row of `thing` (id = a, number = 7, state = half), read by pool::statements::thing_list_all: column `state`: \
                        `half` is none of open, closed";
        assert_eq!(error.await.unwrap_err().to_string(), expected);
    }
}

async fn thing_list_all(tx: &mut Tx<'_>) -> Result<Vec<Thing>, Error> {
    sql!(tx, "SELECT id, number, state, note FROM thing").fetch_all().await
}

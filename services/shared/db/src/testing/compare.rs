//! Compares a folder of migrations with the code that lists it, and the tables that both databases get from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sqlx::{AssertSqlSafe, Row};

use crate::{Conn, Error, Migration, Pool, Tx};

/// A table as both databases describe it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name, kind of type, and whether it may be null.
    columns: BTreeSet<(String, &'static str, bool)>,
    primary_key: Vec<String>,
    /// Columns of every unique index and constraint, the primary key apart, and whether it holds for some rows only.
    unique: BTreeSet<(Vec<String>, bool)>,
}

/// Panics unless `folder`, a crate's `migrations`, holds the files that `listed` lists, and databases made from them have the same tables, columns, types,
/// nullability, primary keys and unique indexes. `below` are the steps of other crates that these rest on. Without PostgreSQL only the files are compared.
pub async fn migrations_agree(folder: impl AsRef<Path>, listed: &[Migration], below: &[Migration]) {
    let found = files(folder.as_ref());
    let expected: BTreeSet<String> = listed.iter().map(|step| format!("{:04}_{}.sql", step.version, step.name)).collect();
    assert_eq!(
        found.keys().cloned().collect::<BTreeSet<_>>(),
        expected,
        "the files in migrations/ are those that the code lists"
    );
    for step in listed {
        let name = format!("{:04}_{}.sql", step.version, step.name);
        assert_eq!(found[&name], step.sql, "the code lists the text of migrations/{name}");
    }
    let Some(postgres) = super::postgres().await else {
        println!("tables not compared with PostgreSQL: {} is not set", super::POSTGRES_URL);
        return;
    };
    let sqlite = super::sqlite();
    let steps = [below, listed].concat();
    let (sqlite, postgres_pool) = (sqlite.open(&steps).await, postgres.open(&steps).await);
    let (left, right) = (tables(&sqlite).await, tables(&postgres_pool).await);
    let names = |tables: &BTreeMap<String, Table>| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&left), names(&right), "SQLite (left) and PostgreSQL have the same tables");
    for (name, table) in &left {
        assert_eq!(table, &right[name], "the table {name} is the same on SQLite (left) and PostgreSQL");
    }
    sqlite.close().await;
    postgres_pool.close().await;
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| {
            let path = entry.expect("a folder can be read to its end").path();
            let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a migration is text"))
        })
        .collect()
}

async fn tables(pool: &Pool) -> BTreeMap<String, Table> {
    let mut tables = pool
        .read(|mut tx| {
            Box::pin(async move { if tx.is_postgres() { tables_postgres(&mut tx).await } else { tables_sqlite(&mut tx).await } })
        })
        .await
        .expect("a database tells its tables");
    // sqlx's own.
    tables.remove("_sqlx_migrations");
    tables
}

/// The name of a type for both databases.
fn kind(type_name: &str) -> &'static str {
    match type_name.to_ascii_lowercase().as_str() {
        "bigint" | "integer" => "integer",
        "text" => "text",
        "boolean" => "boolean",
        "blob" | "bytea" => "bytes",
        other => panic!("{other} is none of the types that both databases know: TEXT, BIGINT, BOOLEAN, BLOB/BYTEA"),
    }
}

async fn tables_sqlite(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Table>, Error> {
    let Conn::Sqlite(conn) = tx.conn() else { unreachable!("the caller asked") };
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
            .fetch_all(&mut *conn)
            .await?;
    let mut tables = BTreeMap::new();
    for name in names {
        let mut table = Table::default();
        if name == "_sqlx_migrations" {
            continue;
        }
        let columns = sqlx::query(AssertSqlSafe(format!("PRAGMA table_xinfo('{name}')"))).fetch_all(&mut *conn).await?;
        let mut key: Vec<(i64, String)> = Vec::new();
        for column in columns {
            let column_name: String = column.try_get("name")?;
            let place: i64 = column.try_get("pk")?;
            let not_null: bool = column.try_get("notnull")?;
            if place > 0 {
                key.push((place, column_name.clone()));
            }
            let type_name: String = column.try_get("type")?;
            table.columns.insert((column_name, kind(&type_name), !not_null));
        }
        key.sort();
        table.primary_key = key.into_iter().map(|(_, column)| column).collect();
        let indexes = sqlx::query(AssertSqlSafe(format!("PRAGMA index_list('{name}')"))).fetch_all(&mut *conn).await?;
        for index in indexes {
            let (unique, origin, partial): (bool, String, bool) =
                (index.try_get("unique")?, index.try_get("origin")?, index.try_get("partial")?);
            if !unique || origin == "pk" {
                continue;
            }
            let index_name: String = index.try_get("name")?;
            let parts = sqlx::query(AssertSqlSafe(format!("PRAGMA index_info('{index_name}')"))).fetch_all(&mut *conn).await?;
            let columns = parts.iter().map(|part| {
                part.try_get::<Option<String>, _>("name").map(|name| name.unwrap_or_else(|| "(expression)".to_owned()))
            });
            table.unique.insert((columns.collect::<Result<_, _>>()?, partial));
        }
        tables.insert(name, table);
    }
    Ok(tables)
}

async fn tables_postgres(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Table>, Error> {
    let Conn::Postgres(conn) = tx.conn() else { unreachable!("the caller asked") };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT columns.table_name::text, columns.column_name::text, columns.data_type::text, columns.is_nullable = 'YES'
         FROM information_schema.columns
         JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (table, column, type_name, nullable) in columns {
        tables.entry(table).or_default().columns.insert((column, kind(&type_name), nullable));
    }
    let indexes: Vec<(String, bool, bool, Vec<String>)> = sqlx::query_as(
        "SELECT owner.relname::text, it.indisprimary, it.indpred IS NOT NULL,
                ARRAY(SELECT COALESCE(attribute.attname::text, '(expression)')
                      FROM unnest(it.indkey::int[]) WITH ORDINALITY AS part (number, place)
                      LEFT JOIN pg_attribute attribute ON attribute.attrelid = it.indrelid AND attribute.attnum = part.number AND part.number > 0
                      WHERE part.place <= it.indnkeyatts
                      ORDER BY part.place)
         FROM pg_index it
         JOIN pg_class owner ON owner.oid = it.indrelid
         WHERE it.indisunique AND owner.relnamespace = current_schema()::regnamespace AND owner.relname <> '_sqlx_migrations'",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (table, primary, partial, columns) in indexes {
        let table = tables.entry(table).or_default();
        if primary {
            table.primary_key = columns;
        } else {
            table.unique.insert((columns, partial));
        }
    }
    Ok(tables)
}

//! Opening a database: every connection is durable, and a database that cannot be opened gives an error with a sentence.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use crate::common::{MIGRATIONS, items};
use db::{Conn, Error, Migration, Options, Pool, testing};

async fn refusal(url: &str) -> Error {
    let error = Pool::open(url, Options::new(&[])).await.unwrap_err();
    println!("{error}");
    error
}

#[tokio::test]
async fn every_connection_that_reads_has_wal_and_full_and_cannot_write() {
    let database = testing::sqlite();
    let pool = database.open(MIGRATIONS).await;
    // Held all at once, so that each is another one.
    let reads = (0..8).map(|_| {
        pool.read(|mut tx| {
            Box::pin(async move {
                let Conn::Sqlite(conn) = tx.conn() else { unreachable!("it is SQLite") };
                let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *conn).await?;
                let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *conn).await?;
                let foreign_keys: bool = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *conn).await?;
                assert!(sqlx::query("INSERT INTO item (id) VALUES (1)").execute(&mut *conn).await.is_err());
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                Ok::<_, Error>((mode, synchronous, foreign_keys))
            })
        })
    });
    for read in futures::future::join_all(reads).await {
        assert_eq!(read.unwrap(), ("wal".to_owned(), 2, true));
    }
}

/// The rights of the files of a database that is open.
fn modes(path: &Path) -> [u32; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let file = format!("{}{suffix}", path.display());
        std::fs::metadata(&file).unwrap_or_else(|error| panic!("{file}: {error}")).permissions().mode() & 0o777
    })
}

#[tokio::test]
async fn a_new_database_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("services/network.db");
    let url = format!("sqlite:{}", path.display());
    db::create_if_missing(&url).await.unwrap();
    let pool = Pool::open(&url, Options::new(MIGRATIONS)).await.unwrap();
    items(&pool).await;
    assert_eq!(modes(&path), [0o600; 3]);
    assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_database_that_others_can_read_is_refused_and_one_of_a_group_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.db");
    let url = format!("sqlite:{}", path.display());
    let pool = Pool::open(&url, Options::new(MIGRATIONS)).await.unwrap();
    items(&pool).await;
    let wal = folder.path().join("network.db-wal");
    for (file, mode) in [(&path, 0o604), (&path, 0o602), (&wal, 0o644)] {
        std::fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        let error = refusal(&url).await.to_string();
        let remedy =
            format!("everybody has rights on the database file {0} (mode {mode:o}); run `chmod 600 {0}`", file.display());
        assert_eq!(error, remedy);
        std::fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    pool.close().await;
    std::fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
    Pool::open(&url, Options::new(MIGRATIONS)).await.unwrap();
}

#[test]
fn a_database_server_elsewhere_must_prove_who_it_is() {
    let refused = |url: &str| db::may_be_plaintext(url, false).err().map(|error| error.to_string());
    for local in [
        "sqlite:network.db",
        "postgres://anna@127.0.0.1/x",
        "postgres://anna@[::1]:5433/x",
        "postgresql://localhost/x?sslmode=disable",
        "postgres:///x?host=/run/postgresql",
        "postgres://db.example/x?sslmode=verify-full&sslrootcert=/etc/ca.pem",
    ] {
        assert_eq!(refused(local), None, "{local}");
    }
    for mode in ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca"] {
        let url = format!("postgres://anna:secret@192.0.2.1/x{mode}");
        let why = refused(&url).unwrap();
        assert!(why.contains("sslmode=verify-full") && !why.contains("secret"), "{why}");
        assert!(db::may_be_plaintext(&url, true).is_ok());
    }
}

#[tokio::test]
async fn a_path_is_taken_word_for_word_with_or_without_slashes() {
    let folder = tempfile::tempdir().unwrap();
    for (form, name) in [("sqlite:", "a b.sqlite"), ("sqlite://", "a%20b#c.sqlite"), ("sqlite:", "zażółć.sqlite")] {
        let path = folder.path().join(name);
        let pool = Pool::open(&format!("{form}{}", path.display()), Options::new(MIGRATIONS)).await.unwrap();
        assert!(items(&pool).await.is_empty());
        assert!(path.is_file(), "{}", path.display());
    }
}

#[tokio::test]
async fn what_is_no_url_is_refused_and_passwords_are_not_repeated() {
    for url in
        ["sqlite::memory:", "sqlite://:memory:", "sqlite:", "sqlite:x?mode=ro", "mysql://u:secret@h/d", "data/network.sqlite", ""]
    {
        let error = refusal(url).await;
        assert!(matches!(error, Error::Url { .. }), "{url}: {error:?}");
        assert!(!error.to_string().contains("secret"));
        for answer in [db::create_if_missing(url).await, db::is_empty(url).await.map(drop)] {
            assert!(matches!(answer, Err(Error::Url { .. })), "{url}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "this is no database, but it is long enough to be looked at as one, and so on and so on ".repeat(20))
        .unwrap();
    std::fs::set_permissions(&text, Permissions::from_mode(0o600)).unwrap();
    let missing = folder.path().join("missing").join("network.sqlite");
    for path in [folder.path().to_path_buf(), missing, text] {
        let error = refusal(&format!("sqlite:{}", path.display())).await;
        assert!(matches!(error, Error::Open { .. }), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    let error = refusal("postgres://somebody:secret@127.0.0.1:1/network").await;
    assert!(matches!(error, Error::Open { .. }), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:1/network") && !error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_database_that_a_newer_program_wrote_is_left_alone() {
    let newer = Migration { version: 200, name: "later", sql: "CREATE TABLE later (id BIGINT)" };
    for database in testing::databases().await {
        let pool = database.open(&[MIGRATIONS, &[newer]].concat()).await;
        pool.close().await;
        let error = Pool::open(database.url(), Options::new(MIGRATIONS)).await.unwrap_err();
        assert!(matches!(error, Error::Newer(200)), "{error:?}");
        let pool = database.open(&[MIGRATIONS, &[newer]].concat()).await;
        assert!(items(&pool).await.is_empty());
    }
}

#[tokio::test]
async fn a_database_whose_migration_was_edited_since_is_refused_with_what_to_do() {
    for database in testing::databases().await {
        let step = |sql| Migration { version: 200, name: "step", sql };
        let pool = database.open(&[MIGRATIONS, &[step("CREATE TABLE thing (id BIGINT)")]].concat()).await;
        pool.close().await;
        let edited = [MIGRATIONS, &[step("CREATE TABLE thing (id TEXT)")]].concat();
        let error = Pool::open(database.url(), Options::new(&edited)).await.unwrap_err();
        assert!(matches!(error, Error::Edited(200)), "{error:?}");
        assert!(error.to_string().contains("Start with an empty database"), "{error}");
    }
}

#[tokio::test]
async fn a_database_opened_to_read_is_neither_migrated_nor_written() {
    for database in testing::databases().await {
        let lacking = Pool::open_to_read(database.url(), MIGRATIONS).await.unwrap_err();
        // SQLite has no file yet, PostgreSQL an empty database.
        assert!(matches!(lacking, Error::Open { .. } | Error::Older(1)), "{lacking}");
        database.open(MIGRATIONS).await.close().await;
        let later = Migration { version: 900, name: "later", sql: "CREATE TABLE later (id BIGINT NOT NULL PRIMARY KEY);" };
        let older = Pool::open_to_read(database.url(), &[MIGRATIONS, &[later]].concat()).await.unwrap_err();
        assert!(matches!(older, Error::Older(900)), "{older}");
        assert!(matches!(Pool::open_to_read(database.url(), &[]).await.unwrap_err(), Error::Newer(_)));

        let pool = Pool::open_to_read(database.url(), MIGRATIONS).await.unwrap();
        assert!(items(&pool).await.is_empty());
        let insert = "INSERT INTO item (id) VALUES (1)";
        let read = pool.read(|mut tx| Box::pin(async move { testing::execute(&mut tx, insert).await }));
        println!("{}", read.await.unwrap_err());
        let write = pool.write(move |mut tx| Box::pin(async move { testing::execute(&mut tx, insert).await }));
        println!("{}", write.await.unwrap_err());
        assert!(items(&pool).await.is_empty());
    }
}

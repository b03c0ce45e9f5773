use super::*;

#[cfg(unix)]
#[tokio::test]
async fn a_new_store_is_private_to_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/store/custody.db");
    let store = Store::open(&path).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&path.with_file_name("custody.db-wal")), 0o600);
    store.close().await;
    Store::open(&path).await.unwrap();
}

#[tokio::test]
async fn errors_name_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let no_database = folder.path().join("notes.txt");
    std::fs::write(&no_database, "these are my notes, not a database at all").unwrap();
    let under_a_file = no_database.join("custody.db");
    for path in [no_database, under_a_file] {
        let error = Store::open(&path).await.unwrap_err().to_string();
        assert!(error.contains(&format!("`{}`", path.display())), "{error}");
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("custody.db"))
        .await
        .unwrap();
    let error = sqlx::query("INSERT INTO captures VALUES ('d', x'00', 't')")
        .execute(&store.reader)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
}

#[tokio::test]
async fn several_can_create_the_same_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("custody.db");
    let (a, b, c) = tokio::join!(Store::open(&path), Store::open(&path), Store::open(&path));
    a.unwrap();
    b.unwrap();
    c.unwrap();
}

#[tokio::test]
async fn writes_are_synchronous_and_foreign_keys_hold() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("custody.db"))
        .await
        .unwrap();
    let mut tx = store.write().await.unwrap();
    let pragma = async |tx: &mut Transaction<'static, Sqlite>, sql: &'static str| {
        sqlx::query_scalar::<_, i64>(sql)
            .fetch_one(&mut **tx)
            .await
            .unwrap()
    };
    assert_eq!(pragma(&mut tx, "PRAGMA synchronous").await, 2);
    assert_eq!(pragma(&mut tx, "PRAGMA foreign_keys").await, 1);
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
}

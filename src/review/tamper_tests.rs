//! Someone edits the file with the rights of its owner: triggers dropped, rows changed, triggers put back.

use std::path::Path;

use custody_controls::json::{Digest, canonical};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;

use super::access::AccessPolicy;
use super::audit::{AuditFault, AuditHead};
use super::decision::{ReviewDecision, Reviewer, Verdict};
use super::drift::{self, PacketInputs};
use super::fixture::{at, capture, library, new_packet, new_run, prepared_store};
use super::store::Store;

const TABLES: [&str; 8] = [
    "captures",
    "libraries",
    "runs",
    "journal",
    "packets",
    "decisions",
    "audit",
    "audit_head",
];

/// A store in which every table has rows: two runs, one unfinished; three packets, one decided, one superseded.
async fn full_store() -> TempDir {
    let (folder, store) = prepared_store().await;
    for (key, body) in [("first", "a"), ("second", "b"), ("third", "c")] {
        let run = store.start_run(&new_run(key)).await.unwrap().id;
        store
            .append_entry(run, 1, &json!({ "asked": body }), at(3))
            .await
            .unwrap();
        store
            .append_entry(run, 2, &json!({ "told": body }), at(4))
            .await
            .unwrap();
        if key != "third" {
            let mut packet = new_packet(body);
            packet.contents.run = Some(run);
            store.queue(&packet).await.unwrap();
        }
    }
    let inputs = PacketInputs {
        evidence: capture().digest(),
        library: library().digest,
    };
    let decision = ReviewDecision {
        reviewer: Reviewer::from_terminal("p-ben", &AccessPolicy::default()).unwrap(),
        packet: "2026-H2-r2".to_owned(),
        digest: new_packet("b").contents.digest,
        no_drift: drift::check(inputs, inputs).unwrap(),
        verdict: Verdict::Accept,
    };
    store
        .decide(&decision, &AccessPolicy::default(), &capture(), at(30))
        .await
        .unwrap();
    store.queue(&new_packet("c")).await.unwrap();
    let report = store.verify().await.unwrap();
    assert_eq!(report.head, store.audit_head().await.unwrap());
    assert_eq!(report.entries, report.head.seq);
    store.close().await;
    folder
}

/// A copy of the file, with the connection of someone who may do anything to it.
struct Tampering {
    folder: TempDir,
    db: SqliteConnection,
    triggers: Vec<(String, String)>,
}

impl Tampering {
    async fn with(original: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custody.db");
        std::fs::copy(original.join("custody.db"), &path).unwrap();
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .foreign_keys(false);
        let mut db = SqliteConnection::connect_with(&options).await.unwrap();
        let triggers: Vec<(String, String)> =
            sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
                .fetch_all(&mut db)
                .await
                .unwrap();
        let mut tampering = Self {
            folder,
            db,
            triggers,
        };
        for (name, _) in tampering.triggers.clone() {
            tampering.run(&format!("DROP TRIGGER {name}")).await;
        }
        tampering.run("PRAGMA ignore_check_constraints = ON").await;
        tampering
    }

    async fn run(&mut self, sql: &str) {
        let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.db)
            .await;
        run.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Puts the triggers back, so that only the rows tell, and returns what verification finds.
    async fn found(mut self, anchor: Option<&AuditHead>) -> Vec<AuditFault> {
        for (_, sql) in self.triggers.clone() {
            self.run(&sql).await;
        }
        self.db.close().await.unwrap();
        let store = Store::open(&self.folder.path().join("custody.db"))
            .await
            .unwrap();
        store.verify_since(anchor).await.err().unwrap_or_default()
    }
}

async fn found_after(original: &TempDir, sql: &str) -> Vec<AuditFault> {
    let mut tampering = Tampering::with(original.path()).await;
    tampering.run(sql).await;
    tampering.found(None).await
}

#[tokio::test]
async fn putting_the_triggers_back_is_no_trace_by_itself() {
    let original = full_store().await;
    assert_eq!(found_after(&original, "SELECT 1").await, []);
}

#[tokio::test]
async fn an_edit_of_any_column_of_any_table_is_found() {
    let original = full_store().await;
    let mut probe = Tampering::with(original.path()).await;
    let mut columns = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT name, type FROM pragma_table_info('{table}')");
        let of_table: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(&mut probe.db)
            .await
            .unwrap();
        columns.extend(of_table.into_iter().map(|(name, ty)| (table, name, ty)));
    }
    assert!(columns.len() > 60, "{columns:?}");
    for (table, column, ty) in columns {
        let edited = match ty.as_str() {
            "INTEGER" => format!("coalesce({column}, 0) + 1000"),
            "BLOB" => format!("CAST({column} || ' ' AS BLOB)"),
            "TEXT" => format!("coalesce({column}, '') || ' '"),
            other => panic!("column type {other}"),
        };
        // The first row, and the last: a trace must not depend on what comes after.
        let key = if table == "journal" {
            "run_id * 10 + seq"
        } else {
            "rowid"
        };
        for end in ["min", "max"] {
            let sql = format!(
                "UPDATE {table} SET {column} = {edited} WHERE {key} = (SELECT {end}({key}) FROM {table})"
            );
            assert_ne!(found_after(&original, &sql).await, [], "{sql}");
        }
    }
}

#[tokio::test]
async fn a_deleted_row_of_any_table_is_found() {
    let original = full_store().await;
    for table in TABLES {
        let key = if table == "journal" {
            "run_id * 10 + seq"
        } else {
            "rowid"
        };
        for end in ["min", "max"] {
            let sql =
                format!("DELETE FROM {table} WHERE {key} = (SELECT {end}({key}) FROM {table})");
            assert_ne!(found_after(&original, &sql).await, [], "{sql}");
        }
    }
}

#[tokio::test]
async fn faults_name_what_was_tampered_with() {
    let original = full_store().await;
    let row = |table: &str, id: &str| (table.to_owned(), id.to_owned());
    let (table, id) = row("packets", "2026-H2-r1");
    assert_eq!(
        found_after(
            &original,
            "UPDATE packets SET posture = 'approve' WHERE revision = 1"
        )
        .await,
        [AuditFault::RowEdited { table, id }]
    );
    let (table, id) = row("packets", "2026-H2-r2");
    let fault = AuditFault::StateMismatch {
        table,
        id,
        stored: "returned".to_owned(),
        implied: "accepted".to_owned(),
    };
    assert_eq!(
        found_after(
            &original,
            "UPDATE packets SET state = 'returned' WHERE revision = 2"
        )
        .await,
        [fault]
    );
    let (table, id) = row("decisions", "2026-H2-r2");
    assert_eq!(
        found_after(&original, "DELETE FROM decisions").await,
        [AuditFault::RowDeleted { table, id }]
    );
    let fault = AuditFault::JournalEdited {
        run: "run-3".to_owned(),
        seq: 2,
    };
    assert_eq!(
        found_after(
            &original,
            "DELETE FROM journal WHERE run_id = 3 AND seq = 2"
        )
        .await,
        [fault]
    );
    let (table, id) = row("packets", "2026-H2-r9");
    let copied = "INSERT INTO packets SELECT '2026-H2-r9', cycle, 9, as_of, as_of_defaulted, posture, state, digest, \
                  content_key, created_at, prepared_by, capture_digest, library_digest, scope, draft, \
                  rejected_drafts, outcome, rounds, reason, provenance, run_id FROM packets WHERE revision = 3";
    assert_eq!(
        found_after(&original, copied).await,
        [AuditFault::RowInserted { table, id }]
    );
}

#[tokio::test]
async fn a_cut_tail_is_found_and_so_are_reordered_entries() {
    let original = full_store().await;
    let cut = found_after(
        &original,
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    )
    .await;
    assert!(
        matches!(
            cut.first(),
            Some(AuditFault::HeadMismatch { head: Some(_), .. })
        ),
        "{cut:?}"
    );
    // The head is set back too: the packet that the cut entry told of has none now.
    let neat = "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit); \
                UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1)";
    let (table, id) = ("packets".to_owned(), "2026-H2-r3".to_owned());
    let cut = found_after(&original, neat).await;
    assert_eq!(cut, [AuditFault::RowInserted { table, id }]);
    let swapped = "UPDATE audit SET seq = 1000 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; \
                   UPDATE audit SET seq = 5 WHERE seq = 1000";
    let found = found_after(&original, swapped).await;
    for seq in [4, 5] {
        assert!(
            found.contains(&AuditFault::ChainBroken { seq }),
            "{found:?}"
        );
        assert!(
            found.contains(&AuditFault::EntryEdited { seq }),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_or_foreign_trigger_is_found() {
    let original = full_store().await;
    let mut tampering = Tampering::with(original.path()).await;
    tampering
        .triggers
        .retain(|(name, _)| name != "audit_no_delete");
    let name = "trigger audit_no_delete".to_owned();
    assert_eq!(
        tampering.found(None).await,
        [AuditFault::SchemaChanged { name }]
    );
    let foreign = "CREATE TRIGGER helpful AFTER INSERT ON decisions BEGIN SELECT 1; END";
    let name = "trigger helpful".to_owned();
    assert_eq!(
        found_after(&original, foreign).await,
        [AuditFault::SchemaChanged { name }]
    );
}

/// Rewrites the chain after an edit, as someone does who knows how it is made.
async fn rechain(tampering: &mut Tampering) {
    let rows: Vec<(i64, String, String, String, String, String)> =
        sqlx::query_as("SELECT seq, at, actor, action, subject, detail FROM audit ORDER BY seq")
            .fetch_all(&mut tampering.db)
            .await
            .unwrap();
    let mut prev = format!("sha256:{}", "0".repeat(64));
    for (seq, at, actor, action, subject, detail) in rows {
        let detail: Value = serde_json::from_str(&detail).unwrap();
        let entry = json!({ "seq": seq, "at": at, "actor": actor, "action": action,
            "subject": subject, "detail": detail, "prev": prev });
        let hash = Digest::of(&entry).to_string();
        let sql = format!("UPDATE audit SET prev = '{prev}', hash = '{hash}' WHERE seq = {seq}");
        tampering.run(&sql).await;
        prev = hash;
    }
    tampering
        .run(&format!("UPDATE audit_head SET hash = '{prev}'"))
        .await;
}

#[tokio::test]
async fn a_rewritten_chain_is_found_by_a_head_that_was_noted_elsewhere() {
    let original = full_store().await;
    let store = Store::open(&original.path().join("custody.db"))
        .await
        .unwrap();
    let anchor = store.audit_head().await.unwrap();
    store.verify_since(Some(&anchor)).await.unwrap();
    store.close().await;
    let rewritten = async || {
        let mut tampering = Tampering::with(original.path()).await;
        tampering
            .run("UPDATE audit SET actor = 'p-cleo' WHERE action = 'capture-stored'")
            .await;
        rechain(&mut tampering).await;
        tampering
    };
    // Inside the file nothing contradicts it any more.
    assert_eq!(rewritten().await.found(None).await, []);
    let found = rewritten().await.found(Some(&anchor)).await;
    assert_eq!(found, [AuditFault::AnchorMismatch { anchor }]);
}

#[tokio::test]
async fn a_forged_entry_that_decides_again_is_found_although_the_chain_holds() {
    let original = full_store().await;
    let mut tampering = Tampering::with(original.path()).await;
    let detail = canonical(&json!({ "by": "2026-H2-r3" }));
    tampering
        .run(&format!(
            "INSERT INTO audit SELECT max(seq) + 1, '2026-12-01T02:00:00Z', 'p-ana', 'packet-superseded', \
             '2026-H2-r2', '{detail}', '', '' FROM audit; UPDATE audit_head SET seq = seq + 1"
        ))
        .await;
    rechain(&mut tampering).await;
    let found = tampering.found(None).await;
    assert!(
        matches!(found.as_slice(), [AuditFault::Impossible { reason, .. }] if reason.contains("2026-H2-r2")),
        "{found:?}"
    );
}

//! Finds any edit, deletion, insertion or reordering in the log, and any row that the log does not vouch for.
//!
//! It trusts nothing but hashes: whoever edits the file may have dropped every trigger first.
//! Someone who rewrites the whole chain and all rows leaves no trace inside; an [`AuditHead`]
//! noted elsewhere shows that too.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePoolOptions;

use super::fault::{AuditFault, AuditReport};
use super::ledger::Ledger;
use super::{AuditEntry, AuditHead, AuditRow, GENESIS, Recorded};
use crate::review::captures::{CaptureRow, LibraryRow};
use crate::review::decision::DecisionRow;
use crate::review::queue::PacketRow;
use crate::review::runs::{JournalRow, RunId, RunRow};
use crate::review::store::{MIGRATIONS, Store};
use custody_controls::json::canonical;

impl Store {
    /// Verifies the log and everything it vouches for.
    ///
    /// # Errors
    /// Returns every trace of tampering, sorted.
    pub async fn verify(&self) -> Result<AuditReport, Vec<AuditFault>> {
        self.verify_since(None).await
    }

    /// Like [`Store::verify`], and the log must hold the entry that was noted elsewhere.
    ///
    /// # Errors
    /// Returns every trace of tampering, sorted.
    pub async fn verify_since(
        &self,
        anchor: Option<&AuditHead>,
    ) -> Result<AuditReport, Vec<AuditFault>> {
        let unreadable = |error: sqlx::Error| vec![unreadable("the store", &error)];
        // One transaction: nobody's write falls between two of these reads.
        let mut tx = self.reader.begin().await.map_err(unreadable)?;
        let (report, mut faults) = check(&mut tx, anchor).await.unwrap_or_else(|error| {
            let nothing = AuditHead {
                seq: 0,
                hash: GENESIS.to_owned(),
            };
            let report = AuditReport {
                entries: 0,
                head: nothing,
            };
            (report, vec![error])
        });
        if faults.is_empty() {
            return Ok(report);
        }
        faults.sort();
        faults.dedup();
        Err(faults)
    }
}

fn unreadable(what: &str, error: &dyn std::error::Error) -> AuditFault {
    AuditFault::Unreadable {
        what: what.to_owned(),
        reason: error.to_string(),
    }
}

type Db = SqliteConnection;

async fn check(
    db: &mut Db,
    anchor: Option<&AuditHead>,
) -> Result<(AuditReport, Vec<AuditFault>), AuditFault> {
    let mut faults = file_faults(db).await?;
    faults.extend(schema_faults(db).await?);
    let rows: Vec<AuditRow> = sqlx::query_as("SELECT * FROM audit ORDER BY seq")
        .fetch_all(&mut *db)
        .await
        .map_err(|error| unreadable("table `audit`", &error))?;
    let (entries, last) = check_chain(rows, &mut faults);
    check_head(db, &last, &mut faults).await?;
    if let Some(anchor) = anchor.filter(|anchor| !holds(&entries, anchor)) {
        let anchor = anchor.clone();
        faults.push(AuditFault::AnchorMismatch { anchor });
    }
    let mut ledger = Ledger::replay(&entries);
    check_inputs(db, &mut ledger).await?;
    check_runs(db, &mut ledger).await?;
    check_packets(db, &mut ledger).await?;
    ledger.close();
    faults.append(&mut ledger.faults);
    let report = AuditReport {
        entries: last.seq,
        head: last,
    };
    Ok((report, faults))
}

/// What SQLite itself finds wrong with the file.
async fn file_faults(db: &mut Db) -> Result<Vec<AuditFault>, AuditFault> {
    let lines: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(db)
        .await
        .map_err(|error| unreadable("the file", &error))?;
    Ok(lines
        .into_iter()
        .filter(|line| line != "ok")
        .map(|reason| AuditFault::Unreadable {
            what: "the file".to_owned(),
            reason,
        })
        .collect())
}

/// Tables, indices and triggers that are not as a new store has them.
async fn schema_faults(db: &mut Db) -> Result<Vec<AuditFault>, AuditFault> {
    let fresh = async {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect("sqlite::memory:")
            .await?;
        MIGRATIONS.run(&pool).await?;
        schema(&mut *pool.acquire().await?).await
    };
    let fresh: BTreeMap<String, Option<String>> = fresh
        .await
        .map_err(|error| unreadable("the schema of a new store", &error))?;
    let found = schema(db)
        .await
        .map_err(|error| unreadable("the schema", &error))?;
    let differs = |name: &&String| fresh.get(*name) != found.get(*name);
    Ok(fresh
        .keys()
        .chain(found.keys())
        .filter(differs)
        .map(|name| AuditFault::SchemaChanged { name: name.clone() })
        .collect())
}

async fn schema(db: &mut Db) -> Result<BTreeMap<String, Option<String>>, sqlx::Error> {
    let rows: Vec<(String, Option<String>)> =
        // Tables whose names begin with `sqlite_` are SQLite's own statistics.
        sqlx::query_as(
            "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'",
        )
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Follows the chain. Returns the entries that read, and the last one there is.
fn check_chain(rows: Vec<AuditRow>, faults: &mut Vec<AuditFault>) -> (Vec<AuditEntry>, AuditHead) {
    let mut last = AuditHead {
        seq: 0,
        hash: GENESIS.to_owned(),
    };
    let mut entries = Vec::new();
    for row in rows {
        let expected = last.seq + 1;
        let seq = row.seq;
        if i64::try_from(expected) != Ok(seq) {
            faults.push(AuditFault::Gap {
                expected,
                found: seq,
            });
        }
        if row.prev != last.hash {
            faults.push(AuditFault::ChainBroken { seq });
        }
        let detail: Option<Value> = serde_json::from_str(&row.detail).ok();
        let detail = detail.filter(|detail| canonical(detail) == row.detail);
        if detail.is_none_or(|detail| row.chained(&detail) != row.hash) {
            faults.push(AuditFault::EntryEdited { seq });
        }
        last = AuditHead {
            seq: u64::try_from(seq).unwrap_or(expected),
            hash: row.hash.clone(),
        };
        match row.read() {
            Ok(entry) => entries.push(entry),
            Err(error) => faults.push(unreadable("an audit entry", &error)),
        }
    }
    (entries, last)
}

async fn check_head(
    db: &mut Db,
    last: &AuditHead,
    faults: &mut Vec<AuditFault>,
) -> Result<(), AuditFault> {
    let heads: Vec<(i64, i64, String)> = sqlx::query_as("SELECT id, seq, hash FROM audit_head")
        .fetch_all(db)
        .await
        .map_err(|error| unreadable("table `audit_head`", &error))?;
    let head = match heads.as_slice() {
        [(1, seq, hash)] => u64::try_from(*seq).ok().map(|seq| AuditHead {
            seq,
            hash: hash.clone(),
        }),
        _ => None,
    };
    if head.as_ref() != Some(last) {
        let last = last.clone();
        faults.push(AuditFault::HeadMismatch { head, last });
    }
    Ok(())
}

fn holds(entries: &[AuditEntry], anchor: &AuditHead) -> bool {
    if anchor.seq == 0 {
        return anchor.hash == GENESIS;
    }
    entries
        .iter()
        .any(|entry| entry.seq == anchor.seq && entry.hash == anchor.hash)
}

async fn check_inputs(db: &mut Db, ledger: &mut Ledger) -> Result<(), AuditFault> {
    // Captures can be large: one at a time.
    let captures: Vec<i64> = sqlx::query_scalar("SELECT rowid FROM captures ORDER BY rowid")
        .fetch_all(&mut *db)
        .await
        .map_err(|error| unreadable("table `captures`", &error))?;
    for rowid in captures {
        let row: CaptureRow = sqlx::query_as("SELECT * FROM captures WHERE rowid = ?1")
            .bind(rowid)
            .fetch_one(&mut *db)
            .await
            .map_err(|error| unreadable("table `captures`", &error))?;
        ledger.meet(&row);
    }
    let libraries: Vec<LibraryRow> = sqlx::query_as("SELECT * FROM libraries ORDER BY digest")
        .fetch_all(db)
        .await
        .map_err(|error| unreadable("table `libraries`", &error))?;
    libraries.iter().for_each(|row| ledger.meet(row));
    Ok(())
}

async fn check_runs(db: &mut Db, ledger: &mut Ledger) -> Result<(), AuditFault> {
    let runs: Vec<RunRow> = sqlx::query_as("SELECT * FROM runs ORDER BY id")
        .fetch_all(&mut *db)
        .await
        .map_err(|error| unreadable("table `runs`", &error))?;
    let journal: Vec<JournalRow> = sqlx::query_as("SELECT * FROM journal ORDER BY run_id, seq")
        .fetch_all(db)
        .await
        .map_err(|error| unreadable("table `journal`", &error))?;
    let mut journals: BTreeMap<i64, Vec<JournalRow>> = BTreeMap::new();
    for entry in journal {
        journals.entry(entry.run_id).or_default().push(entry);
    }
    for run in runs {
        ledger.meet(&run);
        let implied = ledger.runs.get(&run.id()).cloned();
        if let Some(implied) = implied {
            ledger.compare_state("runs", run.id(), &run.state, Some(implied.state.as_str()));
            if implied.ended_at != run.ended_at {
                let (table, id) = ("runs".to_owned(), run.id());
                ledger.faults.push(AuditFault::RowEdited { table, id });
            }
        }
        let entries = journals.remove(&run.id).unwrap_or_default();
        ledger.faults.extend(check_journal(&run, &entries));
    }
    // Entries of runs that are not there.
    for (run, entries) in journals {
        let seq = entries.first().map_or(0, |entry| entry.seq);
        let run = RunId(run).to_string();
        ledger.faults.push(AuditFault::JournalEdited { run, seq });
    }
    Ok(())
}

/// Follows the chain of one journal to the head that its run states.
fn check_journal(run: &RunRow, entries: &[JournalRow]) -> Option<AuditFault> {
    let edited = |seq| AuditFault::JournalEdited { run: run.id(), seq };
    let mut prev = GENESIS;
    for (expected, entry) in (1..).zip(entries) {
        if entry.seq != expected || entry.chained(prev) != entry.hash {
            return Some(edited(expected));
        }
        prev = &entry.hash;
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    (count != run.journal_entries || prev != run.journal_head).then(|| edited(count + 1))
}

async fn check_packets(db: &mut Db, ledger: &mut Ledger) -> Result<(), AuditFault> {
    let packets: Vec<PacketRow> = sqlx::query_as("SELECT * FROM packets ORDER BY id")
        .fetch_all(&mut *db)
        .await
        .map_err(|error| unreadable("table `packets`", &error))?;
    let mut digests = BTreeMap::new();
    for packet in packets {
        ledger.meet(&packet);
        let implied = ledger.packets.get(&packet.id).map(|state| state.as_str());
        ledger.compare_state("packets", packet.id.clone(), &packet.state, implied);
        digests.insert(packet.id, packet.digest);
    }
    let decisions: Vec<DecisionRow> = sqlx::query_as("SELECT * FROM decisions ORDER BY packet_id")
        .fetch_all(db)
        .await
        .map_err(|error| unreadable("table `decisions`", &error))?;
    for decision in decisions {
        ledger.meet(&decision);
        if digests.get(&decision.packet_id) != Some(&decision.packet_digest) {
            let (table, id) = (DecisionRow::TABLE.to_owned(), decision.packet_id);
            ledger.faults.push(AuditFault::RowEdited { table, id });
        }
    }
    Ok(())
}

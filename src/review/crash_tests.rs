//! A process is killed while it queues, again and again: what is in the store is whole.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::fixture::{at, capture, library, new_packet, new_run};
use super::runs::RunState;
use super::store::Store;
use serde_json::json;

/// The file whose presence in the working folder tells the child test that it is the child.
const CHILD_MARK: &str = "queue-until-killed";

/// Queues packets until someone kills the process. In an ordinary test run it is not the child, and ends at once.
#[tokio::test]
async fn child_queues_until_killed() {
    if !Path::new(CHILD_MARK).exists() {
        return;
    }
    let store = Store::open(Path::new("custody.db")).await.unwrap();
    store.put_capture(&capture(), "p-ana", at(1)).await.unwrap();
    store.put_library(&library(), "p-ana", at(1)).await.unwrap();
    if let Some(unfinished) = store.unfinished_run("key").await.unwrap() {
        store.abandon_run(unfinished.id, at(2)).await.unwrap();
    }
    let queued = store.packets().await.unwrap().len();
    for number in queued.. {
        let run = store.start_run(&new_run("key")).await.unwrap().id;
        store
            .append_entry(run, 1, &json!({ "packet": number }), at(3))
            .await
            .unwrap();
        let mut packet = new_packet(&number.to_string());
        packet.contents.run = Some(run);
        store.queue(&packet).await.unwrap();
        // Only what is reported here was acknowledged.
        std::fs::write("acknowledged", number.to_string()).unwrap();
    }
}

fn run_child(folder: &Path, acknowledged_before: Option<usize>, linger: Duration) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "review::crash_tests::child_queues_until_killed"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while acknowledged(folder) <= acknowledged_before {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the child queues nothing"
        );
        assert_eq!(child.try_wait().unwrap(), None, "the child ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(linger);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn acknowledged(folder: &Path) -> Option<usize> {
    let text = std::fs::read_to_string(folder.join("acknowledged")).ok()?;
    text.parse().ok()
}

#[tokio::test]
async fn killing_the_process_loses_nothing_and_leaves_nothing_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(CHILD_MARK), "").unwrap();
    let mut known = 0;
    for round in 0..6 {
        let before = acknowledged(folder.path());
        run_child(folder.path(), before, Duration::from_millis(round * 7));
        let acknowledged = acknowledged(folder.path()).or(before).unwrap();
        let store = Store::open(&folder.path().join("custody.db"))
            .await
            .unwrap();
        store.verify().await.unwrap();
        let packets = store.packets().await.unwrap();
        assert!(
            packets.len() > acknowledged,
            "an acknowledged packet is gone"
        );
        assert!(packets.len() > known);
        known = packets.len();
        for summary in &packets {
            let packet = store.packet(&summary.id).await.unwrap();
            let run = packet.contents.run.unwrap();
            assert_eq!(store.run(run).await.unwrap().state, RunState::Finished);
            assert_eq!(store.journal(run).await.unwrap().len(), 1);
            store.capture(packet.contents.capture).await.unwrap();
        }
        store.close().await;
    }
}

use super::*;
use crate::review::fixture::{at, capture_of, library, new_packet, new_run, prepared_store};
use custody_controls::kind::Kind;

fn new(id: &str, revision: u32) -> Queued {
    let id = id.to_owned();
    Queued::New { id, revision }
}

fn same(id: &str, revision: u32) -> Queued {
    let id = id.to_owned();
    Queued::Same { id, revision }
}

/// The packet prepared `minutes` into the day without anyone naming an as-of.
fn defaulted(body: &str, minutes: u32) -> NewPacket {
    let mut packet = new_packet(body);
    packet.contents.as_of_origin = AsOfOrigin::Defaulted;
    packet.contents.scope.as_of = at(minutes);
    packet.contents.digest = Digest::of_bytes(format!("{body} as of {}", at(minutes)).as_bytes());
    packet
}

#[track_caller]
fn check_states(packets: &[PacketSummary], expected: &[(&str, PacketState)]) {
    let states: Vec<_> = packets.iter().map(|p| (p.id.as_str(), p.state)).collect();
    assert_eq!(states, expected);
}

#[tokio::test]
async fn a_packet_reads_back_as_it_was_queued() {
    let (_folder, store) = prepared_store().await;
    let packet = new_packet("a");
    assert_eq!(store.queue(&packet).await.unwrap(), new("2026-H2-r1", 1));
    let expected = StoredPacket {
        id: "2026-H2-r1".to_owned(),
        revision: 1,
        state: PacketState::Queued,
        created_at: packet.created_at,
        contents: packet.contents,
    };
    assert_eq!(store.packet("2026-H2-r1").await.unwrap(), expected);
    assert_eq!(store.packet("2026-H2").await.unwrap(), expected);
    let unknown = store.packet("2026-H1").await.unwrap_err().to_string();
    assert_eq!(unknown, "no packet `2026-H1`");
}

#[tokio::test]
async fn a_repeated_prepare_makes_no_second_packet_and_no_audit_entry() {
    let (_folder, store) = prepared_store().await;
    store.queue(&new_packet("a")).await.unwrap();
    let before = store.audit_head().await.unwrap();
    let again = NewPacket {
        created_at: at(20),
        ..new_packet("a")
    };
    assert_eq!(store.queue(&again).await.unwrap(), same("2026-H2-r1", 1));
    assert_eq!(store.audit_head().await.unwrap(), before);
    assert_eq!(store.packets().await.unwrap().len(), 1);
}

#[tokio::test]
async fn with_the_default_as_of_only_other_content_makes_a_second_packet() {
    let (_folder, store) = prepared_store().await;
    assert_eq!(
        store.queue(&defaulted("a", 5)).await.unwrap(),
        new("2026-H2-r1", 1)
    );
    assert_eq!(
        store.queue(&defaulted("a", 6)).await.unwrap(),
        same("2026-H2-r1", 1)
    );
    assert_eq!(
        store.queue(&defaulted("b", 7)).await.unwrap(),
        new("2026-H2-r2", 2)
    );
}

#[tokio::test]
async fn a_named_as_of_is_never_taken_for_another() {
    let (_folder, store) = prepared_store().await;
    store.queue(&defaulted("a", 5)).await.unwrap();
    let mut named = defaulted("a", 6);
    named.contents.as_of_origin = AsOfOrigin::Given;
    assert_eq!(store.queue(&named).await.unwrap(), new("2026-H2-r2", 2));
    // The same instant, named or not, is the same packet.
    assert_eq!(
        store.queue(&defaulted("a", 6)).await.unwrap(),
        same("2026-H2-r2", 2)
    );
}

#[tokio::test]
async fn a_new_revision_takes_the_place_of_undecided_ones_only() {
    let (_folder, store) = prepared_store().await;
    for body in ["a", "b", "c"] {
        store.queue(&new_packet(body)).await.unwrap();
    }
    let mut other_cycle = new_packet("d");
    other_cycle.contents.scope.cycle = "2026/H1".to_owned();
    other_cycle.created_at = at(1);
    let other = store.queue(&other_cycle).await.unwrap();
    let expected = [
        (other.id(), PacketState::Queued),
        ("2026-H2-r1", PacketState::Superseded),
        ("2026-H2-r2", PacketState::Superseded),
        ("2026-H2-r3", PacketState::Queued),
    ];
    check_states(&store.packets().await.unwrap(), &expected);
    assert_eq!(store.packet("2026/H1").await.unwrap().id, other.id());
    store.verify().await.unwrap();
}

#[tokio::test]
async fn evidence_that_goes_back_gets_a_revision_that_can_be_decided() {
    let (_folder, store) = prepared_store().await;
    let other = capture_of(&[(Kind::EscrowMedia, "[]")]);
    store.put_capture(&other, "p-ana", at(1)).await.unwrap();
    let mut on_other = new_packet("b");
    on_other.contents.capture = other.digest();
    store.queue(&new_packet("a")).await.unwrap();
    store.queue(&on_other).await.unwrap();
    assert_eq!(
        store.queue(&new_packet("a")).await.unwrap(),
        new("2026-H2-r3", 3)
    );
}

#[tokio::test]
async fn a_packet_ends_its_run_new_or_not() {
    let (_folder, store) = prepared_store().await;
    for (key, id) in [("first", "run-1"), ("again", "run-2")] {
        let run = store.start_run(&new_run(key)).await.unwrap().id;
        let mut packet = new_packet("a");
        packet.contents.run = Some(run);
        store.queue(&packet).await.unwrap();
        assert_eq!(run.to_string(), id);
        assert_eq!(store.run(run).await.unwrap().state, RunState::Finished);
    }
    assert_eq!(store.packets().await.unwrap().len(), 1);
    store.verify().await.unwrap();
}

#[tokio::test]
async fn inputs_must_be_stored_first_and_a_refused_packet_leaves_no_trace() {
    let (_folder, store) = prepared_store().await;
    let run = store.start_run(&new_run("key")).await.unwrap().id;
    let before = store.audit_head().await.unwrap();
    let mut packet = new_packet("a");
    packet.contents.run = Some(run);
    packet.contents.library = Digest::of_bytes(b"stranger");
    let refused = store.queue(&packet).await;
    assert!(matches!(refused, Err(StoreError::UnknownLibrary(_))));
    packet.contents.library = library().digest;
    packet.contents.run = Some(RunId(99));
    let refused = store.queue(&packet).await;
    assert!(matches!(refused, Err(StoreError::UnknownRun(RunId(99)))));
    assert_eq!(store.packets().await.unwrap(), []);
    assert_eq!(store.audit_head().await.unwrap(), before);
    assert_eq!(store.run(run).await.unwrap().state, RunState::Running);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_no_trace() {
    let (_folder, store) = prepared_store().await;
    store.queue(&new_packet("a")).await.unwrap();
    let before = (
        store.packets().await.unwrap(),
        store.audit_log().await.unwrap(),
    );
    let mut tx = store.write().await.unwrap();
    let queued = queue_within(&mut tx, &new_packet("b")).await.unwrap();
    assert_eq!(queued, new("2026-H2-r2", 2));
    drop(tx);
    let after = (
        store.packets().await.unwrap(),
        store.audit_log().await.unwrap(),
    );
    assert_eq!(after, before);
    store.verify().await.unwrap();
    assert_eq!(store.queue(&new_packet("b")).await.unwrap(), queued);
}

#[tokio::test]
async fn several_writers_at_once_get_different_revisions() {
    let (folder, store) = prepared_store().await;
    let other = Store::open(&folder.path().join("custody.db"))
        .await
        .unwrap();
    let packets: Vec<NewPacket> = (0..20).map(|n| new_packet(&n.to_string())).collect();
    let queue_all = async |store: &Store, packets: &[NewPacket]| {
        for packet in packets {
            store.queue(packet).await.unwrap();
        }
    };
    let (half, rest) = packets.split_at(10);
    tokio::join!(queue_all(&store, half), queue_all(&other, rest));
    let mut revisions: Vec<u32> = store
        .packets()
        .await
        .unwrap()
        .iter()
        .map(|packet| packet.revision)
        .collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=20).collect::<Vec<_>>());
    store.verify().await.unwrap();
}

#[tokio::test]
async fn what_a_packet_holds_cannot_be_changed_through_the_database() {
    let (_folder, store) = prepared_store().await;
    store.queue(&new_packet("a")).await.unwrap();
    store.queue(&new_packet("b")).await.unwrap();
    for (sql, reason) in [
        ("UPDATE packets SET posture = 'approve'", "never changes"),
        (
            "UPDATE packets SET state = 'queued' WHERE revision = 1",
            "only a queued packet",
        ),
        ("DELETE FROM packets", "never deleted"),
        ("UPDATE captures SET stored_at = ''", "never change"),
        ("DELETE FROM libraries", "never deleted"),
        ("UPDATE audit SET actor = ''", "append-only"),
        ("DELETE FROM audit", "append-only"),
        ("UPDATE audit_head SET seq = 0", "moves by one"),
    ] {
        let mut tx = store.write().await.unwrap();
        let error = sqlx::query(sql)
            .execute(&mut *tx)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
}

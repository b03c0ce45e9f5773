use super::*;
use crate::review::fixture::{at, new_run, prepared_store};

#[tokio::test]
async fn a_killed_run_is_found_again_with_its_journal() {
    let (folder, store) = prepared_store().await;
    let run = store.start_run(&new_run("key")).await.unwrap();
    let first = json!({ "request": "b", "a": [1, null] });
    store.append_entry(run.id, 1, &first, at(3)).await.unwrap();
    store
        .append_entry(run.id, 2, &json!("second"), at(4))
        .await
        .unwrap();
    drop(store);

    let store = Store::open(&folder.path().join("custody.db"))
        .await
        .unwrap();
    let found = store.unfinished_run("key").await.unwrap().unwrap();
    assert_eq!(
        found,
        Run {
            entries: 2,
            ..run.clone()
        }
    );
    assert_eq!(found.started, new_run("key"));
    let journal = store.journal(run.id).await.unwrap();
    let expected = [(1, at(3), first), (2, at(4), json!("second"))]
        .map(|(seq, at, entry)| JournalEntry { seq, at, entry });
    assert_eq!(journal, expected);
    assert_eq!(store.unfinished_run("another key").await.unwrap(), None);
}

#[tokio::test]
async fn a_finished_run_is_not_resumed_and_takes_no_entry() {
    let (_folder, store) = prepared_store().await;
    let run = store.start_run(&new_run("key")).await.unwrap();
    store.finish_run(run.id, at(5)).await.unwrap();
    store.finish_run(run.id, at(6)).await.unwrap();
    assert_eq!(store.unfinished_run("key").await.unwrap(), None);
    assert_eq!(store.run(run.id).await.unwrap().state, RunState::Finished);
    let appended = store.append_entry(run.id, 1, &json!({}), at(7)).await;
    assert!(matches!(appended, Err(StoreError::RunEnded(id)) if id == run.id));
    let abandoned = store.abandon_run(run.id, at(7)).await;
    assert!(matches!(abandoned, Err(StoreError::RunEnded(id)) if id == run.id));
    let next = store.start_run(&new_run("key")).await.unwrap();
    assert_eq!(next.id.to_string(), "run-2");
}

#[tokio::test]
async fn an_abandoned_run_makes_way_for_another() {
    let (_folder, store) = prepared_store().await;
    let run = store.start_run(&new_run("key")).await.unwrap();
    let twice = store.start_run(&new_run("key")).await;
    assert!(matches!(twice, Err(StoreError::RunUnfinished(id)) if id == run.id));
    store.abandon_run(run.id, at(5)).await.unwrap();
    assert_eq!(store.run(run.id).await.unwrap().state, RunState::Abandoned);
    store.start_run(&new_run("key")).await.unwrap();
}

#[tokio::test]
async fn two_processes_cannot_both_write_one_journal() {
    let (_folder, store) = prepared_store().await;
    let run = store.start_run(&new_run("key")).await.unwrap();
    let mine = json!({ "from": "me" });
    store.append_entry(run.id, 1, &mine, at(3)).await.unwrap();
    let other = store
        .append_entry(run.id, 1, &json!({ "from": "another" }), at(3))
        .await;
    assert!(matches!(
        other,
        Err(StoreError::JournalMoved {
            expected: 1,
            next: 2,
            ..
        })
    ));
    let journal = store.journal(run.id).await.unwrap();
    assert_eq!(
        journal.iter().map(|e| &e.entry).collect::<Vec<_>>(),
        [&mine]
    );
}

#[tokio::test]
async fn a_run_needs_its_inputs_stored() {
    let (_folder, store) = prepared_store().await;
    let stranger = Digest::of_bytes(b"stranger");
    let run = NewRun {
        capture: stranger,
        ..new_run("key")
    };
    let refused = store.start_run(&run).await;
    assert!(matches!(refused, Err(StoreError::UnknownCapture(digest)) if digest == stranger));
    let run = NewRun {
        library: stranger,
        ..new_run("key")
    };
    let refused = store.start_run(&run).await;
    assert!(matches!(refused, Err(StoreError::UnknownLibrary(digest)) if digest == stranger));
}

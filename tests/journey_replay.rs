//! A finished run plays again from its journal, offline, to the same packet.

#![cfg(test)]

mod common;

use common::{SEED, Scenario};
use custody::agent::limits::Limits;
use custody::agent::pseudonym::Pseudonyms;
use custody::packets::load;
use custody::prepare::replay;
use custody::review::Store;

#[test]
fn a_finished_run_replays_to_the_same_packet() {
    let scenario = Scenario::copy_of(SEED);
    let packet = scenario.review(&["prepare", "--model", "offline"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&scenario.path(".custody/queue.db"))
            .await
            .unwrap();
        let id = packet["id"].as_str().unwrap();
        let run = store.packet(id).await.unwrap().contents.run.unwrap();
        let loaded = load(&store, id).await.unwrap();
        let limits = Limits::default().offline();
        let again = replay(&store, &loaded.judged, limits, &Pseudonyms::default(), run)
            .await
            .unwrap();
        assert_eq!(
            again.digest().to_string(),
            packet["digest"].as_str().unwrap()
        );
        assert_eq!(again.body(), &loaded.packet.body);
        // With tighter limits the same journal does not lead to the accepted draft.
        let tight = Limits {
            max_turns: 1,
            ..limits
        };
        let cut = replay(&store, &loaded.judged, tight, &Pseudonyms::default(), run)
            .await
            .unwrap();
        assert_ne!(cut.digest(), again.digest());
    });
}

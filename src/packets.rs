//! Makes a stored packet whole again: from its capture, library and draft, validated anew.

use anyhow::Context as _;
use custody_controls::library::Library;
use custody_controls::packet::{Packet, ValidatedPacket};
use custody_controls::validator::{Shown, validate};

use crate::basis::Judged;
use crate::review::queue::StoredPacket;
use crate::review::{PacketState, Store};

/// A packet as it was queued, with what it rests on.
#[derive(Debug)]
pub struct Loaded {
    /// The packet.
    pub packet: Packet,
    /// Where it stands.
    pub state: PacketState,
    /// What it rests on.
    pub judged: Judged,
}

/// Loads the packet with this id, or the latest of the cycle with this name.
///
/// # Errors
/// As [`rebuild`], and when there is no such packet.
pub async fn load(store: &Store, name: &str) -> anyhow::Result<Loaded> {
    let stored = store.packet(name).await?;
    rebuild(store, stored).await
}

/// Computes a stored packet again and holds it to its digest.
///
/// # Errors
/// Fails when the store was altered, or its draft no longer passes.
pub async fn rebuild(store: &Store, stored: StoredPacket) -> anyhow::Result<Loaded> {
    let StoredPacket {
        id,
        revision,
        state,
        contents,
        ..
    } = stored;
    let capture = store.capture(contents.capture).await?;
    let library = Library::load(store.library(contents.library).await?.files)
        .with_context(|| format!("packet `{id}`: its controls library does not load"))?;
    let judged = Judged::new(capture, library, contents.scope);
    let basis = judged.basis();
    let packet = match &contents.draft {
        Some(draft) => {
            let accepted =
                validate(&basis, &draft.to_string(), Shown::Everything).map_err(|faults| {
                    anyhow::anyhow!(
                        "packet `{id}`: its draft no longer passes ({} faults)",
                        faults.len()
                    )
                })?;
            ValidatedPacket::accepted(&basis, accepted, contents.rejected_drafts)
        }
        None => ValidatedPacket::rules_only(
            &basis,
            contents.rejected_drafts,
            contents.reason.unwrap_or_default(),
        ),
    };
    anyhow::ensure!(
        packet.digest() == contents.digest,
        "packet `{id}` was altered: it was queued as {} and comes out as {}",
        contents.digest,
        packet.digest()
    );
    Ok(Loaded {
        packet: packet.into_packet(id, revision, contents.provenance),
        state,
        judged,
    })
}

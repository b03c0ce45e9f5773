//! Questions about `release/`: signing paths and notarization bridges.

use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::record::{Environment, PathKind};

use super::Tool;
use super::list::{List, list, names_record, spans};
use super::read::ReadRecords;
use super::search::Search;

/// The tools of this source.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(List::<ListSigningPaths>::new()),
        Box::new(List::<ListBridges>::new()),
        Box::new(ReadRecords(SourceSystem::Release)),
        Box::new(Search(SourceSystem::Release)),
    ]
}

list! {
    ListSigningPaths = "release_list_signing_paths", SigningPath in signing_paths,
    "Lists signing paths by id: product, artifact class, environment, pipeline and where its configuration invokes which key, bridge." {
        /// Only paths used in this environment.
        environment: Environment, by ["environment"], |path, wanted, _| path.environment == *wanted;
        /// Only paths for this purpose.
        kind: PathKind, by ["kind"], |path, wanted, _| path.kind == *wanted;
        /// Only paths that sign with the key with this id.
        key: String, by ["key"], |path, wanted, _| {
            names_record(Kind::SigningKeys, path.key.as_str(), wanted)
        };
        /// Only paths through the notarization bridge with this id.
        bridge: String, by ["bridge"], |path, wanted, _| {
            let bridge = path.bridge.as_ref();
            bridge.is_some_and(|named| names_record(Kind::NotarizationBridges, named.as_str(), wanted))
        };
        /// Only paths that sign this artifact class.
        artifact_class: String, by ["artifact_class"], |path, wanted, _| path.artifact_class.as_str() == wanted;
        /// Only paths introduced and not yet retired at this time (RFC 3339 with offset).
        in_use_at: Instant, by ["introduced_at", "retired_at"], |path, wanted, _| {
            spans(path.introduced_at, path.retired_at, *wanted)
        };
        /// Only paths introduced at or after this time (RFC 3339 with offset).
        from: Instant, by ["introduced_at"], |path, wanted, _| path.introduced_at >= *wanted;
        /// Only paths introduced before this time (RFC 3339 with offset).
        to: Instant, by ["introduced_at"], |path, wanted, _| path.introduced_at < *wanted;
    }
}

list! {
    ListBridges = "release_list_bridges", NotarizationBridge in notarization_bridges,
    "Lists notarization bridges by id: whether legacy, description, introduction and retirement." {
        /// Only legacy bridges, or only others.
        legacy: bool, by ["legacy"], |bridge, wanted, _| bridge.legacy == *wanted;
        /// Only bridges introduced and not yet retired at this time (RFC 3339 with offset).
        in_use_at: Instant, by ["introduced_at", "retired_at"], |bridge, wanted, _| {
            spans(bridge.introduced_at, bridge.retired_at, *wanted)
        };
    }
}

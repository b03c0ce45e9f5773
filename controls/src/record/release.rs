//! `release/`: release engineering.

use super::hsm::Environment;
use super::{RecordRef, Text};
use crate::instant::Instant;

choice! {
    /// What a signing path is for.
    pub enum PathKind {
        /// Ordinary releases.
        Release = "release",
        /// Emergency hotfixes.
        Hotfix = "hotfix",
    }
}

object! {
    /// Where a pipeline's configuration invokes the key.
    pub struct PipelineConfig {
        /// The repository.
        repo: Text,
        /// The file.
        path: Text,
        /// The commit.
        commit: Text,
        /// The line.
        line: u32,
    }
}

record! {
    /// A pipeline route from an artifact to a key.
    pub struct SigningPath in SigningPaths, seen |path| Some(path.introduced_at), {
        /// The product.
        product: Text,
        /// What is signed.
        artifact_class: Text,
        /// What the path is for.
        kind: PathKind,
        /// Where it is used.
        environment: Environment,
        /// The pipeline.
        pipeline: Text,
        /// Where its configuration invokes the key.
        config: PipelineConfig,
        /// The key that signs.
        key: RecordRef,
        /// The bridge it goes through.
        bridge: Option<RecordRef>,
        /// When it was introduced.
        introduced_at: Instant,
        /// When it was retired.
        retired_at: Option<Instant>,
    }
}

record! {
    /// A service that forwards artifacts to a notary.
    pub struct NotarizationBridge in NotarizationBridges, seen |bridge| Some(bridge.introduced_at), {
        /// Its name.
        name: Text,
        /// Whether it is a legacy bridge, which needs an exception.
        legacy: bool,
        /// What it does.
        description: Text,
        /// When it was introduced.
        introduced_at: Instant,
        /// When it was retired.
        retired_at: Option<Instant>,
        /// Its documentation.
        document: Option<RecordRef>,
    }
}

//! `ceremonies/documents`: papers of ceremony folders, and the attestations that keys cite.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::registry::Place;
use super::super::survey::papers::Paper;
use super::super::survey::proofs::Proof;
use super::{Recorder, identifier};

/// The record id of the document that holds an attestation.
pub(super) fn attestation_id(proof: &Proof) -> String {
    identifier(&proof.path)
}

impl Recorder<'_> {
    pub(super) fn documents(&self) -> Vec<Value> {
        let cited = self.registry.keys.values().filter_map(|facts| facts.proof);
        // Several keys may cite one file.
        let cited: BTreeMap<String, &Proof> =
            cited.map(|proof| (attestation_id(proof), proof)).collect();
        let attestations = cited.values().map(|proof| self.attestation(proof));
        let papers = self.registry.survey.papers.iter();
        papers
            .map(|paper| self.paper(paper))
            .chain(attestations)
            .collect()
    }

    fn paper(&self, paper: &Paper) -> Value {
        let place = Place {
            path: paper.path.clone(),
            commit: paper.from,
            line: Some(1),
        };
        json!({
            "id": identifier(&paper.path),
            "kind": "other",
            "title": paper.path,
            "written_at": self.time(paper.from),
            "text": paper.text,
            "source_url": self.link(&place),
        })
    }

    fn attestation(&self, proof: &Proof) -> Value {
        let place = Place {
            path: proof.path.clone(),
            commit: proof.from,
            line: Some(1),
        };
        json!({
            "id": attestation_id(proof),
            "kind": "other",
            "title": format!("device attestation {}", proof.path),
            "written_at": self.time(proof.from),
            "text": proof.text,
            "source_url": self.link(&place),
            "observed_at": self.time(proof.last),
        })
    }
}

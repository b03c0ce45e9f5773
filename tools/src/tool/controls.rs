//! Questions about the controls library, the exception register, and what the rules found.
//!
//! It repeats the rules' findings and never makes one. A finding's citations do not count as
//! having shown the records that they cite.

mod answers;
mod questions;

use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::record::ExceptionState;

pub use answers::{
    AccountAnswer, CheckPage, CitedValue, FindingRow, FindingsAnswer, JudgedRecords,
    RequirementRow, RequirementsAnswer, StandingOfRequirement, SubjectRow,
};

use super::Tool;
use super::list::{List, list, names_record};
use super::read::ReadRecords;
use super::search::Search;
use questions::{
    ListFindings, ListJudgedRecords, ListRequirements, ListSubjects, ReadAccount, ReadRequirement,
};

/// The tools of this source.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(ListRequirements),
        Box::new(ReadRequirement),
        Box::new(ListFindings),
        Box::new(ReadAccount),
        Box::new(ListSubjects),
        Box::new(ListJudgedRecords),
        Box::new(List::<ListExceptions>::new()),
        Box::new(ReadRecords(SourceSystem::Controls)),
        Box::new(Search(SourceSystem::Controls)),
    ]
}

list! {
    ListExceptions = "controls_list_exceptions", ControlException in exceptions,
    "Lists control exceptions of the register by id: requirement, standing, scope, compensating controls, approval, expiry." {
        /// Only exceptions from the requirement with this id.
        requirement: String, by ["requirement"], |exception, wanted, _| {
            exception.requirement.as_str() == wanted
        };
        /// Only exceptions of this standing.
        state: ExceptionState, by ["state"], |exception, wanted, _| exception.state == *wanted;
        /// Only exceptions whose scope names the bridge with this id.
        bridge: String, by ["scope"], |exception, wanted, _| {
            let mut bridges = exception.scope.bridges.iter().flatten();
            bridges.any(|bridge| names_record(Kind::NotarizationBridges, bridge.as_str(), wanted))
        };
        /// Only exceptions whose scope names the key with this id.
        key: String, by ["scope"], |exception, wanted, _| {
            let mut keys = exception.scope.keys.iter().flatten();
            keys.any(|key| names_record(Kind::SigningKeys, key.as_str(), wanted))
        };
        /// Only exceptions whose scope names the signing path with this id.
        signing_path: String, by ["scope"], |exception, wanted, _| {
            let mut paths = exception.scope.signing_paths.iter().flatten();
            paths.any(|path| names_record(Kind::SigningPaths, path.as_str(), wanted))
        };
    }
}

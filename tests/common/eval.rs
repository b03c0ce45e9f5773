//! Evaluation cases, loaded once per test binary.

use std::path::{Path, PathBuf};

use custody::eval::case::Dataset;
use custody_controls::library::Library;

pub(crate) fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("evals/cases")
}

pub(crate) fn all_cases() -> Dataset {
    load(&[cases_folder()])
}

pub(crate) fn load(paths: &[PathBuf]) -> Dataset {
    let library = Library::builtin().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(Dataset::load(paths, &library)).unwrap()
}

/// The first case of each family.
pub(crate) fn one_of_each_family() -> Dataset {
    let mut dataset = all_cases();
    let mut seen = std::collections::BTreeSet::new();
    dataset
        .cases
        .retain(|case| seen.insert(case.cluster().to_owned()));
    dataset
}

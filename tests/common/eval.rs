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

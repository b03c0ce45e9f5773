//! Capturing all five sources: side by side, missing ones, faults of all at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

use custody_controls::fault::Fault;
use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;
use tempfile::TempDir;

use super::directory::Directory;
use super::{
    CaptureError, Captured, Connector, Connectors, MissingSource, SourceError, SourceEvidence,
    SourceProgress, Standing, WriteAccess, capture,
};

const MODULE: &str = r#"{"id":"HSM-1","vendor":"v","model":"m","serial":"s","firmware":"f","location":"l",
    "validation":{"scheme":"FIPS 140-3","level":"3","certificate":"4711","status":"active"}}"#;

fn person(id: &str, alias: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"n","email":"e","aliases":["{alias}"],"status":"active","training":[]}}"#
    )
}

/// Five folders: one module, two people, nothing else.
fn evidence() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for source in SourceSystem::ALL {
        fs::create_dir(folder.path().join(source.name())).unwrap();
        for kind in source.kinds() {
            fs::write(folder.path().join(format!("{kind}.json")), "[]").unwrap();
        }
    }
    write(&folder, "hsm/modules.json", &format!("[{MODULE}]"));
    let people = format!("[{},{}]", person("p-1", "ana"), person("p-2", "mei"));
    write(&folder, "identity/people.json", &people);
    folder
}

fn write(folder: &TempDir, file: &str, text: &str) {
    fs::write(folder.path().join(file), text).unwrap();
}

fn directories(folder: &TempDir) -> Connectors {
    let connector = |source: SourceSystem| -> Arc<dyn Connector> {
        Arc::new(Directory::new(folder.path().join(source.name())))
    };
    SourceSystem::ALL
        .into_iter()
        .map(|source| (source, connector(source)))
        .collect()
}

fn run(connectors: &Connectors, missing: MissingSource) -> Result<Captured, CaptureError> {
    run_with(connectors, missing, |_| {})
}

fn run_with(
    connectors: &Connectors,
    missing: MissingSource,
    progress: impl Fn(SourceProgress),
) -> Result<Captured, CaptureError> {
    let captured_at = Instant::parse("2026-07-01T00:00:00Z").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime.block_on(capture(
        connectors,
        captured_at,
        captured_at,
        missing,
        progress,
    ))
}

fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(bytes_below(&path)),
            false => {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn five_folders_make_one_capture_and_are_left_as_they_were() {
    let folder = evidence();
    let before = bytes_below(folder.path());
    let captured = run(&directories(&folder), MissingSource::Refuse).unwrap();
    assert_eq!(captured.capture.len(), 3);
    assert_eq!(captured.warnings, Vec::<String>::new());
    let readings = captured.capture.readings();
    assert_eq!(readings.len(), 5);
    assert!(
        readings
            .values()
            .all(|reading| reading.connector == "directory" && reading.missing.is_none())
    );
    assert_eq!(bytes_below(folder.path()), before);
    let again = run(&directories(&folder), MissingSource::Refuse).unwrap();
    assert_eq!(again.capture.digest(), captured.capture.digest());
}

#[test]
fn faults_of_all_sources_come_together_with_shared_aliases_among_them() {
    let folder = evidence();
    write(&folder, "hsm/modules.json", &format!("[{MODULE},{MODULE}]"));
    let people = format!("[{},{}]", person("p-1", "ana"), person("p-2", "ana"));
    write(&folder, "identity/people.json", &people);
    write(&folder, "release/signing_paths.json", "{}");
    write(&folder, "release/notes.txt", "x");
    let mut connectors = directories(&folder);
    connectors.remove(&SourceSystem::Ceremonies);
    let error = run(&connectors, MissingSource::Refuse).unwrap_err();
    let faults: Vec<String> = error
        .faults
        .as_slice()
        .iter()
        .map(Fault::to_string)
        .collect();
    assert_eq!(
        faults,
        [
            "source `hsm`, file `modules.json`, record `HSM-1`, field `/id`: duplicate id: another record of this file has it too",
            "source `ceremonies`: is not configured",
            "source `identity`, file `people.json`, record `p-2`, field `/aliases/0`: alias `ana` is also an alias of `p-1`",
            "source `release`, file `signing_paths.json`: must be an array of records",
        ]
    );
    assert_eq!(
        error.warnings,
        ["source `release`: its folder also holds `notes.txt`, which was not read"]
    );
}

#[test]
fn a_missing_source_is_left_out_where_that_is_allowed() {
    let folder = evidence();
    write(
        &folder,
        "hsm/modules.json",
        &format!("[{MODULE},{MODULE},7]"),
    );
    let people = format!("[{},{}]", person("p-1", "ana"), person("p-2", "ana"));
    write(&folder, "identity/people.json", &people);
    fs::remove_dir_all(folder.path().join("controls")).unwrap();
    let mut connectors = directories(&folder);
    connectors.remove(&SourceSystem::Ceremonies);
    let captured = run(&connectors, MissingSource::Allow).unwrap();
    let missing: Vec<(&str, &str, Option<&str>)> = captured
        .capture
        .readings()
        .iter()
        .map(|(source, reading)| {
            (
                source.name(),
                reading.connector.as_str(),
                reading.missing.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        missing,
        [
            (
                "controls",
                "directory",
                Some("folder cannot be read: No such file or directory (os error 2)")
            ),
            ("ceremonies", "none", Some("is not configured")),
            (
                "hsm",
                "directory",
                Some("must be an object, is a number, and 1 more fault")
            ),
            (
                "identity",
                "directory",
                Some("alias `ana` is also an alias of `p-1`")
            ),
            ("release", "directory", None),
        ]
    );
    assert_eq!(
        captured.capture.len(),
        0,
        "nothing is kept of a source with faults"
    );
    assert_eq!(captured.warnings.len(), 5, "{:?}", captured.warnings);
}

#[test]
fn progress_tells_how_each_source_went() {
    let folder = evidence();
    write(&folder, "release/signing_paths.json", "[1, 2]");
    let mut connectors = directories(&folder);
    connectors.remove(&SourceSystem::Controls);
    let events = RefCell::new(Vec::new());
    let outcome = run_with(&connectors, MissingSource::Allow, |event| {
        events.borrow_mut().push(event)
    });
    assert!(outcome.is_ok());
    let mut events: Vec<String> = events
        .into_inner()
        .iter()
        .map(|event| format!("{event:?}"))
        .collect();
    events.sort();
    assert_eq!(
        events,
        [
            "Failed { source: Controls, faults: 1 }",
            "Failed { source: Release, faults: 2 }",
            "Finished { source: Ceremonies, records: 0 }",
            "Finished { source: Hsm, records: 1 }",
            "Finished { source: Identity, records: 2 }",
            "Started { source: Ceremonies, connector: \"directory\" }",
            "Started { source: Hsm, connector: \"directory\" }",
            "Started { source: Identity, connector: \"directory\" }",
            "Started { source: Release, connector: \"directory\" }",
        ]
    );
}

/// Answers only when all five sources are being read at the same time.
#[derive(Debug)]
struct Together(Arc<Barrier>);

fn unknown_standing() -> Standing {
    Standing {
        unreachable: None,
        write_access: WriteAccess::Unknown(String::new()),
    }
}

impl Connector for Together {
    fn name(&self) -> &'static str {
        "together"
    }
    fn read(&self, _: SourceSystem, _: Instant) -> Result<SourceEvidence, SourceError> {
        self.0.wait();
        Ok(SourceEvidence::default())
    }
    fn standing(&self, _: SourceSystem) -> Standing {
        unknown_standing()
    }
}

#[test]
fn sources_are_read_side_by_side() {
    let barrier = Arc::new(Barrier::new(5));
    let connector = |source| -> (SourceSystem, Arc<dyn Connector>) {
        (source, Arc::new(Together(Arc::clone(&barrier))))
    };
    let connectors = SourceSystem::ALL.map(connector).into();
    assert!(run(&connectors, MissingSource::Refuse).is_ok());
}

/// Breaks down.
#[derive(Debug)]
struct Broken;

impl Connector for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }
    fn read(&self, _: SourceSystem, _: Instant) -> Result<SourceEvidence, SourceError> {
        panic!("a fault of the reader")
    }
    fn standing(&self, _: SourceSystem) -> Standing {
        unknown_standing()
    }
}

#[test]
fn a_reader_that_breaks_down_is_a_fault_of_its_source() {
    let folder = evidence();
    let mut connectors = directories(&folder);
    connectors.insert(SourceSystem::Hsm, Arc::new(Broken));
    let error = run(&connectors, MissingSource::Refuse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "source `hsm`: its reader stopped half-way"
    );
}

//! The `directory` connector against folders on disk.

use std::fs;
use std::path::Path;

use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::table::MAX_FILE_BYTES;
use tempfile::TempDir;

use super::{Directory, check_length, read_limited};
use crate::source::{Connector, SourceError, SourceEvidence, Standing, WriteAccess};

const BRIDGE: &str = r#"{"id":"NB-1","name":"old notary","legacy":true,"description":"d","introduced_at":"2020-01-01T00:00:00Z"}"#;

/// A folder for `release` with these files; a file that is not named holds no records.
fn release(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for kind in SourceSystem::Release.kinds() {
        let named = |(name, _): &&(&str, &[u8])| name.split('.').next() == Some(kind.name());
        if files.iter().find(named).is_none() {
            fs::write(folder.path().join(format!("{}.json", kind.name())), "[]").unwrap();
        }
    }
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn read(folder: &Path) -> Result<SourceEvidence, SourceError> {
    let as_of = Instant::parse("2026-07-01T00:00:00Z").unwrap();
    Directory::new(folder).read(SourceSystem::Release, as_of)
}

#[track_caller]
fn check_faults(folder: &Path, expected: &[&str]) {
    let faults = read(folder).unwrap_err().faults;
    let faults: Vec<String> = faults.as_slice().iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected);
}

#[track_caller]
fn check_file(files: &[(&str, &[u8])], expected: &[&str]) {
    check_faults(release(files).path(), expected);
}

#[test]
fn both_forms_yield_the_same_records() {
    let array = format!("[{BRIDGE}]");
    let lines = format!("{BRIDGE}\n\n");
    for (name, text) in [
        ("notarization_bridges.json", array),
        ("notarization_bridges.jsonl", lines),
    ] {
        let evidence = read(release(&[(name, text.as_bytes())]).path()).unwrap();
        assert_eq!(
            evidence.tables.of(Kind::NotarizationBridges).text(0),
            Some(BRIDGE)
        );
        assert_eq!(evidence.tables.of(Kind::NotarizationBridges).count(), 1);
        assert_eq!(evidence.read_from[&Kind::NotarizationBridges], name);
        assert_eq!(evidence.warnings, Vec::<String>::new());
    }
}

#[test]
fn an_empty_lines_file_says_that_there_are_no_records() {
    let folder = release(&[("notarization_bridges.jsonl", b"")]);
    assert_eq!(
        read(folder.path())
            .unwrap()
            .tables
            .of(Kind::NotarizationBridges)
            .count(),
        0
    );
}

#[test]
fn both_forms_at_once_are_refused() {
    check_file(
        &[("signing_paths.json", b"[]"), ("signing_paths.jsonl", b"")],
        &[
            "source `release`, file `signing_paths.json`: `signing_paths.jsonl` is there too: one of the two is expected",
        ],
    );
}

#[test]
fn a_kind_without_a_file_is_refused_and_the_misspelt_file_is_named() {
    let folder = release(&[]);
    fs::rename(
        folder.path().join("signing_paths.json"),
        folder.path().join("signing_path.json"),
    )
    .unwrap();
    let error = read(folder.path()).unwrap_err();
    assert_eq!(
        error.faults.to_string(),
        "source `release`, file `signing_paths.json`: is not there, nor is `signing_paths.jsonl` (`[]` says that there are none)"
    );
    assert_eq!(
        error.warnings,
        ["source `release`: its folder also holds `signing_path.json`, which was not read"]
    );
}

#[test]
fn extra_entries_of_any_sort_are_named_in_a_warning() {
    let folder = release(&[]);
    fs::write(folder.path().join("README.md"), "x").unwrap();
    fs::write(folder.path().join(".hidden"), "x").unwrap();
    fs::write(folder.path().join("people.json"), "not even JSON").unwrap();
    fs::write(folder.path().join("bell\u{7}.txt"), "x").unwrap();
    fs::create_dir(folder.path().join("old")).unwrap();
    assert_eq!(
        read(folder.path()).unwrap().warnings,
        [
            "source `release`: its folder also holds `.hidden`, `README.md`, `bell\\u{7}.txt`, `old`, `people.json`, which was not read"
        ]
    );
}

#[test]
fn every_fault_of_every_file_is_reported_at_once() {
    let bridge = BRIDGE
        .replace("true", "\"yes\"")
        .replace("\"name\"", "\"nmae\"");
    check_file(
        &[
            (
                "notarization_bridges.json",
                format!("[{bridge}, {BRIDGE}, {BRIDGE}]").as_bytes(),
            ),
            ("signing_paths.jsonl", b"{\"id\":\"SP-1\"\n"),
        ],
        &[
            "source `release`, file `notarization_bridges.json`, record `NB-1`, field `/name`: is missing",
            "source `release`, file `notarization_bridges.json`, record `NB-1`, field `/legacy`: must be boolean, is another text",
            "source `release`, file `notarization_bridges.json`, record `NB-1`, field `/nmae`: is not a known field",
            "source `release`, file `notarization_bridges.json`, record `NB-1`, field `/id`: duplicate id: another record of this file has it too",
            "source `release`, file `signing_paths.jsonl`, record at position 1: bad JSON: EOF while parsing an object",
        ],
    );
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    check_file(
        &[("signing_paths.json", b"[\"\xc3\xa9\xff\"]")],
        &["source `release`, file `signing_paths.json`: is not UTF-8 at byte offset 4"],
    );
}

#[test]
fn nesting_past_reason_is_a_fault_and_no_crash() {
    let deep = format!("[{}{}]", "[".repeat(300_000), "]".repeat(300_000));
    let folder = release(&[("signing_paths.json", deep.as_bytes())]);
    let faults = read(folder.path()).unwrap_err().faults;
    let text = faults.to_string();
    assert!(
        text.contains("file `signing_paths.json`") && text.contains("recursion limit"),
        "{text}"
    );
}

#[test]
fn a_file_over_the_limit_is_refused_without_being_read() {
    let folder = release(&[]);
    let file = fs::File::create(folder.path().join("signing_paths.json")).unwrap();
    file.set_len(MAX_FILE_BYTES + 1).unwrap();
    check_faults(
        folder.path(),
        &[
            "source `release`, file `signing_paths.json`: is over 256000000 bytes long, the most that is read",
        ],
    );
}

#[test]
fn the_limit_itself_is_allowed_and_one_more_is_not() {
    assert!(check_length(MAX_FILE_BYTES, MAX_FILE_BYTES).is_ok());
    assert!(check_length(MAX_FILE_BYTES + 1, MAX_FILE_BYTES).is_err());
    assert_eq!(read_limited(&b"12345"[..], 5, 5).unwrap(), b"12345");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused_at_the_limit() {
    // It was two bytes long when it was looked at, and does not end.
    let endless = std::io::repeat(b' ');
    let error = read_limited(endless, 2, 5).unwrap_err();
    assert_eq!(
        error.to_string(),
        "is over 5 bytes long, the most that is read"
    );
}

#[test]
fn what_is_not_a_regular_file_is_refused() {
    let folder = release(&[]);
    fs::remove_file(folder.path().join("signing_paths.json")).unwrap();
    fs::create_dir(folder.path().join("signing_paths.json")).unwrap();
    check_faults(
        folder.path(),
        &["source `release`, file `signing_paths.json`: is not a regular file"],
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_refused_and_one_to_a_file_is_followed() {
    let folder = release(&[]);
    let place = folder.path().join("notarization_bridges.json");
    fs::remove_file(&place).unwrap();
    std::os::unix::fs::symlink("bridges-v1", &place).unwrap();
    check_faults(
        folder.path(),
        &[
            "source `release`, file `notarization_bridges.json`: cannot be read: No such file or directory (os error 2)",
        ],
    );
    fs::write(folder.path().join("bridges-v1"), format!("[{BRIDGE}]")).unwrap();
    assert_eq!(
        read(folder.path())
            .unwrap()
            .tables
            .of(Kind::NotarizationBridges)
            .count(),
        1
    );
}

#[test]
fn a_folder_that_cannot_be_read_is_refused_with_the_systems_reason() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    check_faults(
        &nowhere,
        &[&format!(
            "source `release`, file `{}`: folder cannot be read: No such file or directory (os error 2)",
            nowhere.display()
        )],
    );
    let file = folder.path().join("file");
    fs::write(&file, "[]").unwrap();
    assert!(
        read(&file)
            .unwrap_err()
            .to_string()
            .contains("folder cannot be read: ")
    );
}

#[test]
fn a_folder_that_may_be_written_is_said_to_be() {
    let folder = release(&[]);
    let standing = Directory::new(folder.path()).standing(SourceSystem::Release);
    assert_eq!(
        standing,
        Standing {
            unreachable: None,
            write_access: WriteAccess::Possible("this account may write the folder".to_owned()),
        }
    );
    let gone = Directory::new(folder.path().join("gone")).standing(SourceSystem::Release);
    assert!(gone.unreachable.unwrap().contains("cannot be read"));
}

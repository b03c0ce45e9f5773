//! A review of a real project's root signing, from its repository to the packet.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "common/root_signing.rs"]
mod root_signing;

use std::path::Path;

use custody_controls::capture::{Capture, read_capture};
use root_signing::{RootReview, WEB_URL, git, published};
use serde_json::Value;

/// After everything that was published, and before this was written.
const AFTER: &str = "2026-08-21T00:00:00Z";

fn document(data: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(data.join(name)).unwrap()).unwrap()
}

fn capture(review: &RootReview, as_of: &str) -> Capture {
    let out = review.path("capture.json");
    let _ = std::fs::remove_file(&out);
    review.json(&["capture", "--out", out.to_str().unwrap(), "--as-of", as_of]);
    read_capture(&std::fs::read_to_string(out).unwrap()).unwrap()
}

#[test]
fn each_window_gets_the_statuses_that_a_reviewer_gave() {
    let Some(data) = published() else { return };
    let review = RootReview::of(&data);
    let windows = document(&data, "windows.json");
    let windows = windows["windows"].as_object().unwrap();
    assert_eq!(windows.len(), 4);
    for (name, window) in windows {
        let as_of = window["as_of"].as_str().unwrap();
        let from = format!("{}T00:00:00Z", window["period_start"].as_str().unwrap());
        review.configure(&from, &as_of.replace("59Z", "59.5Z"), "root-signing");
        let packet = review.json(&["prepare", "--model", "offline", "--as-of", as_of]);
        assert_eq!(packet["validation"]["outcome"], "accepted", "{name}");
        for (at, requirement) in ["hsm_backed", "dual_operator", "escrow"].iter().enumerate() {
            let expected = &window["requirements"][requirement];
            let status = &packet["requirements"][at]["status"];
            let accepted = expected["accept"].as_array().unwrap().contains(status);
            assert!(
                accepted || *status == expected["status"],
                "{name} {requirement}: {status}"
            );
        }
    }
}

#[test]
fn a_bare_clone_and_a_later_reading_give_the_same_capture() {
    let Some(data) = published() else { return };
    let review = RootReview::of(&data);
    let first = capture(&review, AFTER);
    assert_eq!(
        first.digest(),
        capture(&review, "2026-11-01T00:00:00Z").digest()
    );
    let path = |name: &str| review.path(name).to_str().unwrap().to_owned();
    git(
        review.folder.path(),
        "",
        &[
            "clone",
            "--quiet",
            "--bare",
            "--no-local",
            &path("root-signing"),
            &path("bare.git"),
        ],
    );
    // The bare one is packed, the checkout is loose.
    let mut packs = review.path("bare.git/objects/pack").read_dir().unwrap();
    assert!(packs.next().is_some());
    review.configure("2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "bare.git");
    assert_eq!(first.digest(), capture(&review, AFTER).digest());
}

#[test]
fn nothing_is_written_to_the_repository() {
    let Some(data) = published() else { return };
    let review = RootReview::of(&data);
    let look = || {
        let mut seen = Vec::new();
        let mut folders = vec![review.path("root-signing")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let about = entry.metadata().unwrap();
                seen.push((entry.path(), about.len(), about.modified().unwrap()));
                if about.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        seen.sort();
        seen
    };
    let before = look();
    capture(&review, AFTER);
    review.json(&["sources", "check", "--as-of", AFTER]);
    assert_eq!(before, look());
}

/// Commit, path and line of a link.
fn opened(url: &str) -> (String, String, usize) {
    let rest = url
        .strip_prefix(WEB_URL.split("{commit}").next().unwrap())
        .unwrap();
    let (commit, rest) = rest.split_once('/').unwrap();
    let (path, line) = rest.split_once("#L").unwrap();
    (commit.to_owned(), path.to_owned(), line.parse().unwrap())
}

#[test]
fn every_citation_opens_the_file_commit_and_line_that_say_it() {
    let Some(data) = published() else { return };
    let expected = document(&data, "expected.json");
    let review = RootReview::of(&data);
    let capture = capture(&review, AFTER);
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for at in capture.records() {
        let record = capture.json(at);
        let artifact = capture.artifact(at).to_string();
        let kind = artifact.rsplit_once('/').unwrap().0.to_owned();
        let Some(url) = record["source_url"].as_str() else {
            assert!(kind.starts_with("identity/"), "{artifact} has no link");
            continue;
        };
        let (commit, path, line) = opened(url);
        let file = git(
            &review.path("root-signing"),
            "",
            &["show", &format!("{commit}:{path}")],
        );
        let line = file.lines().nth(line - 1).unwrap();
        check_line(&kind, &record, &file, line, &expected, &path);
        *seen.entry(kind).or_default() += 1;
    }
    let kinds: Vec<(&str, usize)> = seen
        .iter()
        .map(|(kind, count)| (kind.as_str(), *count))
        .collect();
    assert_eq!(
        kinds,
        [
            ("ceremonies/ceremonies", 15),
            ("ceremonies/documents", 6),
            ("hsm/audit_events", 20),
            ("hsm/modules", 8),
            ("hsm/signing_keys", 11),
        ]
    );
}

#[track_caller]
fn check_line(kind: &str, record: &Value, file: &str, line: &str, expected: &Value, path: &str) {
    let text = |pointer: &str| record.pointer(pointer).unwrap().as_str().unwrap();
    let shown = format!("{record} at {line}");
    match kind {
        "hsm/signing_keys" => {
            // The line is the key's id; the key of that id in this version is the record's.
            let id = line.trim().split('"').nth(1).unwrap();
            let version: Value = serde_json::from_str(file).unwrap();
            let version = version["signed"]["version"].as_u64().unwrap();
            let key = &expected["versions"][usize::try_from(version).unwrap() - 1]["keys"][id];
            assert_eq!(key["spki_sha256"], record["public_key_sha256"], "{shown}");
        }
        "hsm/audit_events" => {
            let field = line.trim().split('"').nth(1).unwrap();
            let asked = text("/change/field");
            let to = text("/change/to");
            let value = line
                .split_once(':')
                .unwrap()
                .1
                .trim()
                .trim_matches([',', '"']);
            match field {
                "threshold" | "x-tuf-on-ci-online-uri" => {
                    assert!(asked.ends_with(field), "{shown}");
                    assert_eq!(value, to, "{shown}");
                }
                "keyids" => assert!(
                    asked.ends_with("keyids") || asked.ends_with("holders"),
                    "{shown}"
                ),
                _ => {
                    assert!(
                        asked.ends_with("expiry") && field.ends_with("-period"),
                        "{shown}"
                    );
                    assert!(to.contains(&format!("{value} days")), "{shown}");
                }
            }
        }
        "ceremonies/ceremonies" => {
            assert!(line.contains("\"signatures\""), "{shown}");
            let published = path.contains(&format!("/{}.root.json", text("/script/version")));
            assert!(published && text("/script/id") == path, "{shown}");
        }
        "hsm/modules" if text("/id").starts_with("kms-") => {
            assert!(file.contains(text("/serial")), "{shown}");
        }
        "hsm/modules" => {
            assert_eq!(line, "-----BEGIN CERTIFICATE-----");
            assert!(path.contains(text("/serial")), "{shown}");
        }
        "ceremonies/documents" => assert!(text("/text").starts_with(file), "{shown}"),
        other => assert_eq!(other, "a kind with links"),
    }
}

#[test]
fn holder_changes_and_signers_become_the_events_and_ceremonies_that_are_expected() {
    let Some(data) = published() else { return };
    let expected = document(&data, "expected.json");
    let review = RootReview::of(&data);
    let capture = capture(&review, AFTER);
    let records = |path: &str| -> Vec<Value> {
        let of_kind = capture.records().filter(|at| at.kind.path() == path);
        of_kind.map(|at| capture.json(at)).collect()
    };
    let events = records("hsm/audit_events");
    let ceremonies = records("ceremonies/ceremonies");
    for version in expected["versions"].as_array().unwrap() {
        let id = format!("root-v{}", version["version"]);
        let ceremony = ceremonies.iter().find(|one| one["id"] == *id).unwrap();
        assert_eq!(ceremony["performed_at"], version["on_main_since"]);
        assert_eq!(ceremony["script"]["sha256"], version["sha256"]);
        let mut signers: Vec<String> = version["valid_signers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| root_signing::id_of(name.as_str().unwrap()))
            .collect();
        signers.sort();
        let participants = ceremony["participants"].as_array().unwrap();
        let named: Vec<&str> = participants
            .iter()
            .map(|one| one["person"].as_str().unwrap())
            .collect();
        assert_eq!(named, signers, "{id}");
        let empty = ceremony["deviations"].as_array().unwrap().iter();
        let empty = empty.filter(|one| one["text"].as_str().unwrap().ends_with("is empty"));
        assert_eq!(
            empty.count(),
            version["empty_signatures"].as_array().unwrap().len(),
            "{id}"
        );
        check_events(&id, &version["changes_from_previous"], &events);
    }
    // What a careless reader would not see.
    for (version, words) in [
        (
            1,
            "`expires` is not of the form YYYY-MM-DDTHH:MM:SSZ: 2021-12-18T13:28:12.99008-06:00",
        ),
        (
            2,
            "was not published: `ceremony/2021-10-19/staged/root.json`",
        ),
        (
            5,
            "was not published: `ceremony/2022-10-03/staged/root.json`",
        ),
        (9, "10 valid signatures in 10 slots are by 5 distinct keys"),
        (11, "is not derived from its key"),
        (12, "is empty"),
    ] {
        let id = format!("root-v{version}");
        let ceremony = ceremonies.iter().find(|one| one["id"] == *id).unwrap();
        let deviations = ceremony["deviations"].to_string();
        assert!(deviations.contains(words), "{id}: {deviations}");
    }
}

/// The events of one root against what an independent comparison of the two roots found.
fn check_events(id: &str, changes: &Value, events: &[Value]) {
    let event = |what: &str| {
        events
            .iter()
            .find(|one| one["id"] == format!("{id}-{what}"))
    };
    let holders = event("root-holders");
    assert_eq!(
        holders.is_some(),
        !changes["root_holders_added"].is_null(),
        "{id}"
    );
    if let Some(event) = holders {
        let joined = changes["root_holders_added"][0].as_str().unwrap();
        let left = changes["root_holders_removed"][0].as_str().unwrap();
        let (from, to) = (&event["change"]["from"], &event["change"]["to"]);
        let (from, to) = (from.as_str().unwrap(), to.as_str().unwrap());
        let (joined, left) = (root_signing::id_of(joined), root_signing::id_of(left));
        assert!(to.contains(&joined) && !from.contains(&joined), "{id}");
        assert!(from.contains(&left) && !to.contains(&left), "{id}");
    }
    for role in ["snapshot", "timestamp", "targets"] {
        let moved = !changes[format!("{role}_keys")].is_null();
        let seen = event(&format!("{role}-keys")).or(event(&format!("{role}-holders")));
        assert_eq!(seen.is_some(), moved, "{id} {role}");
        let threshold = event(&format!("{role}-threshold")).map(|one| {
            let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
            serde_json::json!([number(&one["change"]["from"]), number(&one["change"]["to"])])
        });
        let expected = &changes[format!("{role}_threshold")];
        assert_eq!(threshold.unwrap_or_default(), *expected, "{id} {role}");
        let policy = !changes[format!("{role}_policy")].is_null();
        assert_eq!(
            event(&format!("{role}-expiry")).is_some(),
            policy,
            "{id} {role}"
        );
    }
    let uris = events.iter().filter(|one| {
        let one = one["id"].as_str().unwrap();
        one.starts_with(&format!("{id}-")) && one.ends_with("-online-uri")
    });
    let expected = changes["online_uri_changed"].as_array().map_or(0, Vec::len);
    assert_eq!(uris.count(), expected, "{id}");
    // A root that renames key ids and changes nothing else makes no event.
    if changes
        .as_object()
        .is_none_or(|all| all.keys().all(|one| one == "root_keyids_renamed_same_keys"))
    {
        let of_root = events
            .iter()
            .filter(|one| one["id"].as_str().unwrap().starts_with(&format!("{id}-")));
        assert_eq!(of_root.count(), 0, "{id}");
    }
}

#[test]
fn a_badly_signed_root_is_a_finding_for_governance_and_the_review_goes_on() {
    let Some(data) = published() else { return };
    let review = RootReview::of(&data);
    let path = "metadata/root_history/15.root.json";
    let file = review.path("root-signing").join(path);
    let mut root: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    // Three of five signatures that are of something else leave two of three required.
    for slot in 0..3 {
        let signature = root["signatures"][slot]["sig"].as_str().unwrap().to_owned();
        let (start, last) = signature.split_at(signature.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        root["signatures"][slot]["sig"] = Value::from(format!("{start}{other}"));
    }
    std::fs::write(&file, root.to_string()).unwrap();
    let repository = review.path("root-signing");
    git(
        &repository,
        "2026-05-20T00:00:00Z",
        &["commit", "--quiet", "--all", "--message=step"],
    );
    review.configure(
        "2026-01-01T00:00:00Z",
        "2026-07-01T00:00:00Z",
        "root-signing",
    );
    let packet = review.json(&[
        "prepare",
        "--model",
        "offline",
        "--as-of",
        "2026-05-31T00:00:00Z",
    ]);
    let finding = packet["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == "no-out-of-band-quorum-change")
        .unwrap();
    assert_eq!(finding["subject"], "hsm/audit_events/root-v15-acceptance");
    assert_eq!(
        (&finding["status"], &finding["disposition"]),
        (&Value::from("missing"), &Value::from("escalate"))
    );
    let capture = capture(&review, "2026-05-31T00:00:00Z");
    let ceremony = capture
        .find(&"ceremonies/ceremonies/root-v15".parse().unwrap())
        .unwrap();
    let ceremony = capture.json(ceremony);
    assert_eq!(ceremony["participants"].as_array().unwrap().len(), 2);
    let deviations = ceremony["deviations"].to_string();
    for words in [
        "the threshold of its own root role is not met: 2 of 3",
        "the threshold of the root role of v14 is not met: 2 of 3",
        "its signatures changed after publication",
    ] {
        assert!(deviations.contains(words), "{deviations}");
    }
}

#[test]
fn sources_check_says_what_is_read_and_that_this_account_could_write_it() {
    let Some(data) = published() else { return };
    let review = RootReview::of(&data);
    let checked = review.json(&["sources", "check", "--as-of", AFTER]);
    let hsm = &checked["sources"][0];
    assert_eq!(
        (&hsm["source"], &hsm["connector"]),
        (&Value::from("hsm"), &Value::from("tuf"))
    );
    assert!(
        hsm.to_string()
            .contains("this account may write its objects"),
        "{hsm}"
    );
}

#[test]
fn the_example_says_what_is_missing_and_works_when_it_is_pointed_at_a_clone() {
    let review = RootReview::of_example();
    let checked = review.run(&["sources", "check", "--json", "--as-of", AFTER]);
    assert_eq!(checked.status.code(), Some(1));
    let shown: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert!(
        shown["sources"][0].to_string().contains("No such file"),
        "{shown}"
    );
    let Some(data) = published() else { return };
    root_signing::make_repository(&data, &review.path("root-signing"));
    let vendor = data.join("trust/yubico-piv-root-ca-263751.pem");
    std::fs::copy(vendor, review.path("vendor-root.pem")).unwrap();
    let config = std::fs::read_to_string(review.path("custody.toml")).unwrap();
    let config = config.replace("# attestation_root", "attestation_root");
    std::fs::write(review.path("custody.toml"), config).unwrap();
    let packet = review.json(&[
        "prepare",
        "--model",
        "offline",
        "--as-of",
        "2024-06-30T00:00:00Z",
    ]);
    let statuses: Vec<&Value> = packet["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|requirement| &requirement["status"])
        .collect();
    assert_eq!(statuses[..3], ["missing", "satisfied", "missing"]);
}

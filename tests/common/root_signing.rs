//! A git repository made of a real project's published roots and attestations, with the original
//! dates, and a review set up on it. Nothing of it is kept in this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The folder of the published data; says so where it is absent.
pub(crate) fn published() -> Option<PathBuf> {
    let shared = std::env::var_os("CUSTODY_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let folder = shared.join("sigstore-root-signing");
    if folder.join("expected.json").is_file() {
        return Some(folder);
    }
    eprintln!(
        "skipped: no published root metadata at `{}`",
        folder.display()
    );
    None
}

/// `git` with nothing of the caller's configuration.
pub(crate) fn git(folder: &Path, date: &str, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_DATE", date)
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@x"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@x"),
        ])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {shown}");
    String::from_utf8(output.stdout).unwrap()
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What one commit brings or takes.
enum Step {
    Copy { from: PathBuf, to: String },
    RemoveAttestations,
}

/// Every commit by its time, as the project's main branch had them.
fn steps(data: &Path) -> BTreeMap<String, Vec<Step>> {
    let history = json_of(&data.join("history.json"));
    let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for root in history["history"].as_array().unwrap() {
        let path = text(&root["path"]);
        let copy = Step::Copy {
            from: data.join(&path),
            to: path,
        };
        steps
            .entry(text(&root["published_at"]))
            .or_default()
            .push(copy);
    }
    for other in history["alternates"].as_array().unwrap() {
        if other["published_on_main"] == true {
            let copy = Step::Copy {
                from: data.join(text(&other["path"])),
                to: text(&other["upstream_path"]),
            };
            steps
                .entry(text(&other["complete_at"]))
                .or_default()
                .push(copy);
        }
    }
    for ceremony in std::fs::read_dir(data.join("ceremony")).unwrap() {
        let ceremony = ceremony.unwrap();
        let date = ceremony.file_name().into_string().unwrap();
        let copy = Step::Copy {
            from: ceremony.path(),
            to: format!("ceremony/{date}"),
        };
        steps
            .entry(format!("{date}T12:00:00Z"))
            .or_default()
            .push(copy);
    }
    let removed = text(&history["attestations_removed_from_tree_at"]);
    steps
        .entry(removed)
        .or_default()
        .push(Step::RemoveAttestations);
    steps
}

/// Makes the repository in `folder`.
pub(crate) fn make_repository(data: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    git(folder, "", &["init", "--quiet", "--initial-branch=main"]);
    for (date, steps) in steps(data) {
        for step in &steps {
            match step {
                Step::Copy { from, to } if from.is_dir() => copy_tree(from, &folder.join(to)),
                Step::Copy { from, to } => {
                    std::fs::create_dir_all(folder.join(to).parent().unwrap()).unwrap();
                    std::fs::copy(from, folder.join(to)).unwrap();
                }
                Step::RemoveAttestations => {
                    git(folder, &date, &["rm", "-r", "--quiet", "ceremony/*/keys/*"]);
                }
            }
        }
        git(folder, &date, &["add", "--all"]);
        git(folder, &date, &["commit", "--quiet", "--message=step"]);
    }
}

/// Where links lead in these tests.
pub(crate) const WEB_URL: &str = "https://example.org/blob/{commit}/{path}#L{line}";

/// A review of such a repository in a folder of its own.
pub(crate) struct RootReview {
    pub(crate) folder: tempfile::TempDir,
}

impl RootReview {
    /// Sets up repository, mapping, people and roster.
    pub(crate) fn of(data: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make_repository(data, &at("root-signing"));
        std::fs::copy(
            data.join("trust/yubico-piv-root-ca-263751.pem"),
            at("vendor.pem"),
        )
        .unwrap();
        let expected = json_of(&data.join("expected.json"));
        let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, owner) in expected["owner_of_spki_sha256"].as_object().unwrap() {
            let holder = owner["holder"].as_str().unwrap().to_owned();
            holders.entry(holder).or_default().push(key.clone());
        }
        let mapping: String = holders
            .iter()
            .map(|(name, keys)| {
                format!("[[holders]]\nperson = {:?}\nkeys = {keys:?}\n", id_of(name))
            })
            .collect();
        std::fs::write(at("mapping.toml"), mapping).unwrap();
        write_people(folder.path(), &holders);
        let review = Self { folder };
        review.configure(
            "2022-01-01T00:00:00Z",
            "2022-07-01T00:00:00Z",
            "root-signing",
        );
        review
    }

    /// The example's folder, copied.
    pub(crate) fn of_example() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tuf-root-signing");
        copy_tree(&example, folder.path());
        Self { folder }
    }

    /// Writes the configuration for a period and a place of the repository.
    pub(crate) fn configure(&self, from: &str, to: &str, repository: &str) {
        let source = format!(
            "kind = \"tuf\"\npath = \"{repository}\"\nbranch = \"main\"\nattestation_root = \"vendor.pem\"\nmapping = \"mapping.toml\"\nweb_url = \"{WEB_URL}\"\n"
        );
        let config = format!(
            "[cycle]\nid = \"W\"\nfrom = \"{from}\"\nto = \"{to}\"\n[sources.hsm]\n{source}[sources.ceremonies]\n{source}\
             [sources.identity]\nkind = \"directory\"\npath = \"identity\"\n\
             [sources.release]\nkind = \"directory\"\npath = \"release\"\n\
             [sources.controls]\nkind = \"directory\"\npath = \"controls\"\n"
        );
        std::fs::write(self.path("custody.toml"), config).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("custody"));
        command.current_dir(self.folder.path()).args(arguments);
        command.env("USER", "preparer").env_remove("CUSTODY_LOG");
        command.output().unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        let shown = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{shown}");
        serde_json::from_slice(&ran.stdout).unwrap()
    }
}

pub(crate) fn id_of(name: &str) -> String {
    format!("p-{}", name.to_lowercase().replace(' ', "-"))
}

fn write_people(folder: &Path, holders: &BTreeMap<String, Vec<String>>) {
    let people: Vec<Value> = holders
        .keys()
        .map(|name| {
            let id = id_of(name);
            json!({"id": id, "name": name, "email": format!("{id}@example.org"), "aliases": [], "status": "active", "training": []})
        })
        .collect();
    let members: Vec<Value> = holders
        .keys()
        .map(|name| json!({"person": id_of(name), "roles": ["key holder"], "from": "2021-01-01T00:00:00Z"}))
        .collect();
    let roster = json!([{"id": "R1", "version": "1", "approved_at": "2021-01-01T00:00:00Z",
        "effective_from": "2021-01-01T00:00:00Z", "members": members}]);
    let files = [
        ("identity/people", json!(people)),
        ("identity/roster_snapshots", roster),
        ("identity/role_assignments", json!([])),
        ("identity/prior_attestations", json!([])),
        ("release/signing_paths", json!([])),
        ("release/notarization_bridges", json!([])),
        ("controls/exceptions", json!([])),
    ];
    for (name, records) in files {
        let path = folder.join(format!("{name}.json"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, records.to_string()).unwrap();
    }
}

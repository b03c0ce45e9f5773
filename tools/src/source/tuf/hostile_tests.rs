//! Repositories that try to have something run, or something else read.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use custody_controls::kind::{Kind, SourceSystem};

use super::generated_tests::{AS_OF, Repository, Root, Signer, settings, try_read};
use super::{Connector as _, TufRepository, TufSettings};
use crate::source::WriteAccess;

const ONE: &str = "metadata/root_history/1.root.json";

fn root_of(key: &Signer) -> String {
    let root = Root {
        version: 1,
        threshold: 1,
        keys: vec![("a", key)],
        signers: vec![("a", key)],
    };
    root.text()
}

fn repository() -> Repository {
    let repository = Repository::new();
    repository.commit("2026-01-01T00:00:00Z", &[(ONE, &root_of(&Signer::p256()))]);
    repository
}

#[track_caller]
fn check_refused(settings: &TufSettings, words: &str) {
    let error = try_read(settings, AS_OF).err().unwrap().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn nothing_that_a_repository_configures_is_run_or_read() {
    let repository = repository();
    let before = repository.read().all(Kind::SigningKeys)[0].clone();
    let marker = repository.path("marker");
    let run = repository.path("run.sh");
    fs::write(&run, format!("#!/bin/sh\ntouch '{}'\n", marker.display())).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&run, executable).unwrap();
    let run = run.display();
    // A pipe that nobody writes to: whoever opened it would wait for ever.
    let pipe = repository.path("pipe");
    let status = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(status.unwrap().success());
    let config = format!(
        "[core]\n\trepositoryformatversion = 1\n\tfsmonitor = {run}\n\tpager = {run}\n\tsshCommand = {run}\n\thooksPath = {}\n\tattributesFile = {pipe}\n\
         [extensions]\n\tpartialClone = evil\n[remote \"evil\"]\n\turl = ext::{run}\n\tpromisor = true\n\
         [protocol]\n\tallow = always\n[alias]\n\tcat-file = !{run}\n[gpg]\n\tprogram = {run}\n[diff]\n\texternal = {run}\n\
         [include]\n\tpath = {pipe}\n[uploadpack]\n\tpackObjectsHook = {run}\n",
        repository.folder.path().display(),
        pipe = pipe.display(),
    );
    fs::write(repository.path(".git/config"), config).unwrap();
    for hook in ["post-checkout", "pre-auto-gc", "reference-transaction"] {
        fs::copy(
            repository.path("run.sh"),
            repository.path(".git/hooks").join(hook),
        )
        .unwrap();
    }
    assert_eq!(*repository.read().all(Kind::SigningKeys)[0], before);
    let standing = TufRepository::new(repository.settings()).standing(SourceSystem::Hsm);
    assert_eq!(standing.unreachable, None);
    assert!(!marker.exists());
}

#[test]
fn replacements_and_grafts_change_nothing() {
    let repository = repository();
    let blob = repository.git("", &["rev-parse", &format!("HEAD:{ONE}")]);
    let other = repository.path("other");
    fs::write(&other, root_of(&Signer::p256())).unwrap();
    let other = repository.git("", &["hash-object", "-w", "other"]);
    let before = repository.read().all(Kind::SigningKeys)[0].clone();
    repository.git("", &["replace", &blob, &other]);
    let tip = repository.git("", &["rev-parse", "HEAD"]);
    fs::create_dir_all(repository.path(".git/info")).unwrap();
    fs::write(
        repository.path(".git/info/grafts"),
        format!("{tip} {tip}\n"),
    )
    .unwrap();
    assert_eq!(*repository.read().all(Kind::SigningKeys)[0], before);
}

#[test]
fn a_missing_object_is_not_fetched() {
    let repository = repository();
    let blob = repository.git("", &["rev-parse", &format!("HEAD:{ONE}")]);
    let (folder, file) = blob.split_at(2);
    fs::remove_file(repository.path(&format!(".git/objects/{folder}/{file}"))).unwrap();
    check_refused(&repository.settings(), "is missing");
}

#[test]
fn an_object_that_is_not_what_its_id_says_is_refused() {
    let repository = repository();
    fs::write(repository.path("other"), root_of(&Signer::p256())).unwrap();
    let other = repository.git("", &["hash-object", "-w", "other"]);
    let blob = repository.git("", &["rev-parse", &format!("HEAD:{ONE}")]);
    let place = |id: &str| repository.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    fs::remove_file(place(&blob)).unwrap();
    fs::copy(place(&other), place(&blob)).unwrap();
    check_refused(&repository.settings(), "does not hold what its id says");
}

#[test]
fn places_that_lead_out_of_the_repository_are_refused() {
    let elsewhere = repository();
    let objects = elsewhere.path(".git/objects");
    type SetUp<'s> = &'s dyn Fn(&Path);
    let set_up: [(&str, SetUp<'_>); 7] = [
        ("borrows objects from elsewhere", &|git| {
            fs::create_dir_all(git.join("objects/info")).unwrap();
            fs::write(
                git.join("objects/info/alternates"),
                objects.to_str().unwrap(),
            )
            .unwrap();
        }),
        ("its objects hold a link", &|git| {
            fs::remove_dir_all(git.join("objects/pack")).unwrap();
            symlink(objects.join("pack"), git.join("objects/pack")).unwrap();
        }),
        ("its objects or branches are a link", &|git| {
            fs::remove_dir_all(git.join("objects")).unwrap();
            symlink(&objects, git.join("objects")).unwrap();
        }),
        ("a branch of it is a link", &|git| {
            fs::remove_file(git.join("refs/heads/main")).unwrap();
            symlink(
                elsewhere.path(".git/refs/heads/main"),
                git.join("refs/heads/main"),
            )
            .unwrap();
        }),
        ("name each other in a circle", &|git| {
            fs::write(git.join("refs/heads/main"), "ref: refs/heads/main\n").unwrap();
        }),
        ("is no branch name", &|git| {
            fs::write(git.join("HEAD"), "ref: ../../../etc/passwd\n").unwrap();
        }),
        ("shallow clone", &|git| {
            fs::write(git.join("shallow"), "").unwrap()
        }),
    ];
    for (words, set_up) in set_up {
        let repository = repository();
        set_up(&repository.path(".git"));
        check_refused(&repository.settings(), words);
        let standing = TufRepository::new(repository.settings()).standing(SourceSystem::Hsm);
        assert!(standing.unreachable.unwrap().contains(words));
    }
    let worktree = tempfile::tempdir().unwrap();
    let leads = format!("gitdir: {}", elsewhere.path(".git").display());
    fs::write(worktree.path().join(".git"), leads).unwrap();
    check_refused(&settings(worktree.path()), "leads elsewhere");
}

#[test]
fn what_is_no_repository_or_has_no_such_branch_or_no_git_is_said_plainly() {
    let nowhere = tempfile::tempdir().unwrap();
    check_refused(&settings(nowhere.path()), "is no git repository");
    check_refused(&settings(&nowhere.path().join("gone")), "No such file");
    let repository = repository();
    let with_branch = |branch: &str| TufSettings {
        branch: Some(branch.to_owned()),
        ..repository.settings()
    };
    check_refused(&with_branch("gone"), "branch `gone` is not there");
    check_refused(&with_branch("../../x"), "is no branch name");
    check_refused(&with_branch("--help"), "branch `--help` is not there");
    let without_git = TufSettings {
        search_path: Some(nowhere.path().as_os_str().to_owned()),
        ..repository.settings()
    };
    check_refused(&without_git, "`git` is not found on the search path");
    let empty = Repository::new();
    check_refused(&empty.settings(), "branch `main` is not there");
    empty.commit("2026-01-01T00:00:00Z", &[("README.md", "x")]);
    check_refused(&empty.settings(), "no published root");
    let packed = with_branch("main");
    repository.git("", &["pack-refs", "--all"]);
    repository.git("", &["gc", "--quiet"]);
    assert!(try_read(&packed, AS_OF).is_ok());
}

#[test]
fn odd_names_links_and_submodules_are_named_and_not_followed() {
    let repository = repository();
    let odd = repository.path("ceremony");
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join(std::ffi::OsStr::from_bytes(b"\xff\xfe.md")), "x").unwrap();
    fs::write(odd.join("bell\u{7}\u{202e}.md"), "x").unwrap();
    symlink(
        "/etc/passwd",
        repository.path("metadata/root_history/2.root.json"),
    )
    .unwrap();
    symlink("/etc/passwd", odd.join("notes.md")).unwrap();
    let tip = repository.git("", &["rev-parse", "HEAD"]);
    let entry = format!("160000,{tip},ceremony/sub.md");
    repository.git("", &["add", "--all"]);
    repository.git("", &["update-index", "--add", "--cacheinfo", &entry]);
    repository.git(
        "2026-02-01T00:00:00Z",
        &["commit", "--quiet", "--message=m"],
    );
    let read = repository.read();
    let warnings = read.warnings.join("\n");
    assert!(
        warnings.contains("1 path(s) in the history are not UTF-8"),
        "{warnings}"
    );
    for path in [
        "ceremony/notes.md",
        "ceremony/sub.md",
        "metadata/root_history/2.root.json",
    ] {
        assert!(warnings.contains(&format!("`{path}`")), "{warnings}");
    }
    assert!(!warnings.contains('\u{7}') && !warnings.contains('\u{202e}'));
    assert_eq!(read.all(Kind::Ceremonies).len(), 1);
    let documents = read.all(Kind::Documents);
    assert_eq!(documents.len(), 1, "{documents:?}");
    assert!(
        documents[0]["id"]
            .as_str()
            .unwrap()
            .starts_with("ceremony:bell--.md-")
    );
}

#[test]
fn papers_are_bounded_and_say_so() {
    let repository = repository();
    let long = format!("{}é", "x".repeat(63_999));
    repository.commit(
        "2026-02-01T00:00:00Z",
        &[
            ("ceremony/a/long.md", &long),
            ("ceremony/a/giant.txt", &"y".repeat(2_000_000)),
        ],
    );
    let read = repository.read();
    let text = read.one(Kind::Documents, "ceremony:a:long.md")["text"]
        .as_str()
        .unwrap();
    assert!(
        text.ends_with("[shortened: 63999 of 64001 bytes]"),
        "{}",
        &text[63_900..]
    );
    let warnings = read.warnings.join("\n");
    assert!(
        warnings.contains("`ceremony/a/giant.txt` is no text of at most 1000000 bytes"),
        "{warnings}"
    );
}

#[test]
fn trees_nested_past_reason_and_bombs_end_in_an_error() {
    let repository = repository();
    // Every folder holds the one below it ten times: 10^12 paths in some kilobytes.
    let mut tree = {
        fs::write(repository.path("leaf"), "x").unwrap();
        let blob = repository.git("", &["hash-object", "-w", "leaf"]);
        make_tree(&repository, &[format!("100644 blob {blob}\tf.md")])
    };
    for _ in 0..12 {
        let entries: Vec<String> = (0..10)
            .map(|at| format!("040000 tree {tree}\td{at}"))
            .collect();
        tree = make_tree(&repository, &entries);
    }
    let commit = repository.git(
        "2026-02-01T00:00:00Z",
        &["commit-tree", &tree, "-p", "HEAD", "-m", "m"],
    );
    repository.git("", &["update-ref", "refs/heads/main", &commit]);
    check_refused(&repository.settings(), "more than is read");
}

fn make_tree(repository: &Repository, entries: &[String]) -> String {
    fs::write(repository.path("entries"), entries.join("\n")).unwrap();
    let script = "git mktree < entries";
    let output = std::process::Command::new("sh")
        .current_dir(repository.folder.path())
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn standing_says_whether_this_account_may_write_the_history() {
    let repository = repository();
    let standing = TufRepository::new(repository.settings()).standing(SourceSystem::Hsm);
    assert_eq!(standing.unreachable, None);
    assert_eq!(
        standing.write_access,
        WriteAccess::Possible("this account may write its objects".to_owned())
    );
}

#[test]
fn other_sources_are_refused() {
    let connector = TufRepository::new(repository().settings());
    let as_of = custody_controls::instant::Instant::parse(AS_OF).unwrap();
    for source in [
        SourceSystem::Identity,
        SourceSystem::Release,
        SourceSystem::Controls,
    ] {
        let error = connector.read(source, as_of).err().unwrap().to_string();
        assert!(
            error.contains("yields records of `hsm` and `ceremonies` alone"),
            "{error}"
        );
    }
}

//! What must stay true of the code as a whole: floors, forbidden imports, one clock, prompts, schemas.
//!
//! It reads the sources as text; what the compiler can hold is held by types instead.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use custody::agent::driver::tool_specs;
use custody::agent::endpoint::unportable_schema;
use custody_controls::library::Library;
use custody_tools::source::directory::Directory;
use custody_tools::source::pkcs11::Pkcs11Token;
use custody_tools::source::scim::Scim;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` with this ending, relative to the root, sorted.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{ending} under {folder}");
    found
}

fn sources() -> Vec<PathBuf> {
    ["controls/src", "tools/src", "src"]
        .into_iter()
        .flat_map(|folder| files(folder, "rs"))
        .collect()
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The lines of code, without comments and without the tests at the bottom of a file.
fn code(path: &Path) -> String {
    let text = read(path);
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.to_str().unwrap().ends_with("_tests.rs")
}

/// No code among `paths` holds one of `words`, except in the files of `except`.
#[track_caller]
fn nobody_names(paths: &[PathBuf], words: &[&str], except: &[&str]) {
    let mut found = Vec::new();
    for path in paths
        .iter()
        .filter(|path| !is_test(path) && !except.contains(&path.to_str().unwrap()))
    {
        let code = code(path);
        for word in words.iter().filter(|word| code.contains(**word)) {
            found.push(format!("{} names `{word}`", path.display()));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

fn dependencies(package: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", package])
        .args(["-e", "normal,build", "--prefix", "none"])
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8(tree.stdout).unwrap();
    assert!(
        tree.status.success(),
        "{:?}",
        String::from_utf8(tree.stderr)
    );
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_rules_build_without_network_async_or_database() {
    let used = dependencies("custody-controls");
    assert!(used.contains("serde_json"), "{used:?}");
    for forbidden in [
        "async-openai",
        "custody",
        "custody-tools",
        "hyper",
        "reqwest",
        "sqlx",
        "tokio",
    ] {
        assert!(
            !used.contains(forbidden),
            "custody-controls uses {forbidden}"
        );
    }
}

#[test]
fn tools_know_neither_the_application_nor_a_model() {
    let used = dependencies("custody-tools");
    assert!(used.contains("custody-controls"));
    for forbidden in ["async-openai", "custody", "sqlx"] {
        assert!(!used.contains(forbidden), "custody-tools uses {forbidden}");
    }
}

#[test]
fn the_clock_is_read_in_main_alone() {
    let words = ["SystemTime::now", "Utc::now", "Local::now"];
    nobody_names(&sources(), &words, &["src/main.rs"]);
    assert_eq!(read("src/main.rs").matches("SystemTime::now()").count(), 1);
    // Not even a stopwatch in the rules.
    nobody_names(&files("controls/src", "rs"), &["Instant::now"], &[]);
}

#[test]
fn the_environment_is_read_in_the_configuration_alone() {
    nobody_names(&sources(), &["env::var", "env::vars"], &["src/config.rs"]);
}

#[test]
fn the_agent_cannot_decide_and_the_gate_cannot_draft() {
    let words = ["crate::review", "review::"];
    nobody_names(&files("src/agent", "rs"), &words, &[]);
    nobody_names(&[PathBuf::from("src/agent.rs")], &words, &[]);
    let words = ["crate::agent", "custody_tools", "agent::"];
    nobody_names(&files("src/review", "rs"), &words, &[]);
    nobody_names(&[PathBuf::from("src/review.rs")], &words, &[]);
}

#[test]
fn imports_go_down_only() {
    nobody_names(&files("controls/src", "rs"), &["custody_tools"], &[]);
    let lower = [
        files("src/agent", "rs"),
        files("src/review", "rs"),
        files("src/render", "rs"),
    ];
    nobody_names(&lower.concat(), &["crate::cli", "crate::prepare"], &[]);
}

#[test]
fn one_file_knows_the_client_library_of_endpoints() {
    let client = "src/agent/endpoint/client.rs";
    nobody_names(&sources(), &["async_openai::"], &[client]);
    assert!(read(client).contains("async_openai::"));
}

#[test]
fn every_module_says_what_it_owns() {
    let mut sources = sources();
    sources.extend(files("tests", "rs"));
    sources.extend(files("controls/tests", "rs"));
    let silent: Vec<PathBuf> = sources
        .into_iter()
        // A test file beside its module is introduced by that module.
        .filter(|path| !is_test(path) && !read(path).starts_with("//!"))
        .collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}

#[test]
fn a_validated_packet_cannot_be_forged() {
    let text = read("controls/src/packet/validated.rs");
    let (before, after) = text.split_once("pub struct ValidatedPacket {").unwrap();
    let derives = before.rsplit("#[derive(").next().unwrap();
    assert!(!derives.contains("Deserialize"), "{derives}");
    let fields = after.split_once("\n}").unwrap().0;
    assert!(!fields.contains("pub"), "{fields}");
    nobody_names(&sources(), &["Deserialize for ValidatedPacket"], &[]);
}

#[test]
fn sql_is_never_put_together_from_text() {
    nobody_names(&sources(), &["AssertSqlSafe"], &[]);
}

#[test]
fn every_prompt_is_listed_and_rendered() {
    let readme = read("prompts/README.md");
    let code: String = files("src", "rs").iter().map(|path| code(path)).collect();
    for prompt in files("prompts", "md") {
        let name = prompt.file_name().unwrap().to_str().unwrap();
        if name == "README.md" {
            continue;
        }
        assert!(readme.contains(&format!("`{name}`")), "README: {name}");
        let whole = format!("prompts/{name}\"");
        let rendered = code.contains(&format!("= \"{name}\";")) || code.contains(&whole);
        assert!(rendered, "{name} is not rendered");
    }
}

#[test]
fn prompts_name_only_tools_that_exist() {
    let specs = tool_specs();
    let names: BTreeSet<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let verbs = ["_list_", "_read_", "_search_", "submit_"];
    let mut named = 0;
    for prompt in files("prompts", "md") {
        let file = prompt.file_name().unwrap().to_str().unwrap().to_owned();
        if file == "README.md" || file.starts_with("probe_") {
            continue;
        }
        let text = read(&prompt);
        for word in text.split('`').skip(1).step_by(2) {
            if verbs.iter().any(|verb| word.contains(verb)) {
                assert!(names.contains(word), "{file} names `{word}`");
                named += 1;
            }
        }
    }
    assert!(named >= 3, "prompts name {named} tools");
}

#[test]
fn the_built_in_library_loads_with_an_example_for_every_check() {
    let library = Library::builtin().unwrap();
    let ids: Vec<&str> = library.requirements().iter().map(|one| one.id()).collect();
    assert_eq!(ids, ["KC-1", "KC-2", "KC-3", "KC-4", "KC-5"]);
    assert!(library.is_approved());
    assert_eq!(files("controls/library", "yaml").len(), ids.len() + 1);
}

#[test]
fn the_top_level_is_laid_out_as_documented() {
    for name in [
        "Cargo.toml",
        "src",
        "tools",
        "prompts",
        "controls",
        "tests",
        "examples",
    ] {
        assert!(root().join(name).exists(), "{name}");
    }
}

#[test]
fn tool_schemas_keep_to_what_every_endpoint_understands() {
    let specs = tool_specs();
    assert!(specs.len() > 10);
    for spec in specs {
        let mut found = unportable_schema(&spec.parameters);
        // Optional members are asked for by no strict schema: tools are sent without `strict`.
        found.retain(|fault| !fault.ends_with("is optional"));
        assert_eq!(found, Vec::<String>::new(), "{}", spec.name);
        assert!(!spec.description.is_empty(), "{}", spec.name);
    }
}

#[test]
fn connectors_speak_http_through_one_client_that_can_only_get() {
    let client = "tools/src/source/http.rs";
    let words = ["reqwest", "hyper", "TcpStream", "UnixStream"];
    nobody_names(&files("tools/src", "rs"), &words, &[client]);
    let code = code(Path::new(client));
    assert_eq!(code.matches(".send()").count(), 1);
    assert!(code.contains("self.client.get(url.clone()).send()"));
    let other_ways = [
        ".post(",
        ".put(",
        ".patch(",
        ".delete(",
        ".head(",
        ".request(",
        ".execute(",
        "Method",
        "Request",
        ".body(",
        ".json(",
        ".form(",
    ];
    let found: Vec<&str> = other_ways
        .into_iter()
        .filter(|way| code.contains(way))
        .collect();
    assert_eq!(found, Vec::<&str>::new());
    assert!(code.contains("redirect::Policy::none()"));
}

#[test]
fn tokens_are_only_looked_at() {
    let reader = "tools/src/source/pkcs11/token.rs";
    nobody_names(&sources(), &["cryptoki"], &[reader]);
    let code = code(Path::new(reader));
    assert!(code.contains("open_ro_session") && code.contains("UserType::User"));
    let forbidden = [
        "open_rw_session",
        "UserType::So",
        "ContextSpecific",
        "generate_",
        "create_object",
        "destroy_object",
        "copy_object",
        "update_attributes",
        "sign_",
        ".sign(",
        "encrypt",
        "decrypt",
        "wrap_key",
        "derive",
        "init_token",
        "init_pin",
        "set_pin",
        "seed_random",
    ];
    let calls = code.replace("#[derive(", "");
    let found: Vec<&str> = forbidden
        .into_iter()
        .filter(|call| calls.contains(call))
        .collect();
    assert_eq!(found, Vec::<&str>::new());
}

#[test]
fn every_connector_is_described() {
    for name in [Directory::NAME, Pkcs11Token::NAME, Scim::NAME] {
        for page in ["README.md", "tools/README.md"] {
            assert!(read(page).contains(&format!("`{name}`")), "{page}: {name}");
        }
    }
}

//! Every known quirk has a test, and every numbered test a quirk.
//!
//! A test names its rows at the beginning of its name, as `q03_q04_…`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The quirks, by the number that tests are named after.
const ROWS: [(&str, &str); 63] = [
    ("q01", "a call without id"),
    ("q02", "a call with an empty id"),
    ("q03", "the same id twice in a turn"),
    ("q04", "ids that begin again with each turn"),
    ("q05", "only nine alphanumerics are taken back"),
    ("q06", "the legacy function_call repeats the call"),
    ("q07", "a call without type"),
    ("q08", "arguments are an object"),
    ("q09", "arguments are null, missing or empty"),
    ("q10", "arguments are cut by the output limit"),
    (
        "q11",
        "bad arguments in the history fail every later request",
    ),
    ("q12", "two objects in a row, or more after the object"),
    ("q13", "a member twice in the arguments"),
    ("q14", "a call leaked as text"),
    ("q15", "tokens written and nothing in the answer"),
    ("q16", "calls beside the reason `stop`"),
    ("q17", "the reason `tool_calls` without calls"),
    ("q18", "odd reasons to stop"),
    ("q19", "content is a list of parts"),
    ("q20", "the role is missing or odd"),
    ("q21", "usage is partial"),
    ("q22", "usage is made up as zeros"),
    ("q23", "the frame is incomplete or oddly typed"),
    ("q24", "members that nobody knows"),
    ("q25", "an error as a success"),
    ("q26", "no choices"),
    ("q27", "a body that is no JSON"),
    ("q28", "reasoning in four places"),
    ("q29", "reasoning must be sent back"),
    ("q30", "decorated tool names"),
    ("q31", "the beginning of the conversation is cut"),
    ("e01", "too long, with a number as code"),
    ("e02", "too long, by code"),
    ("e03", "too long, by a gateway's message alone"),
    ("e04", "an error without an error member"),
    ("e05", "`detail` as text or list"),
    ("e06", "the error is a text"),
    ("e07", "the message is an object"),
    ("e08", "no readable body"),
    ("e09", "a complaint as a server error"),
    ("e10", "a content filter"),
    ("e11", "redirects"),
    ("r01", "429 in any shape"),
    ("r02", "a wait in seconds"),
    ("r03", "a wait as date, fraction or milliseconds"),
    ("r04", "a wait beyond the cap or the deadline"),
    ("r05", "a used-up quota as 429"),
    ("r06", "a renamed header"),
    ("r07", "408, 409, 5xx and 529"),
    ("r08", "jitter"),
    ("p01", "the name of the output limit"),
    ("p02", "the developer role"),
    ("p03", "one system message, first"),
    ("p04", "two user messages in a row"),
    ("p05", "content of a turn that only calls"),
    ("p06", "empty tool_calls in the history"),
    ("p07", "unanswered calls"),
    ("p08", "content as parts"),
    ("p09", "schema keywords"),
    ("p10", "strict"),
    ("p11", "response_format"),
    ("p12", "tool_choice without tools"),
    ("p13", "fields that only some know"),
];

/// The names of the tests in `source`.
fn tests_in(source: &str) -> Vec<String> {
    let mut lines = source.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let marked = line.starts_with("#[tokio::test") || line == "#[test]";
        let name = lines.clone().next().filter(|_| marked).and_then(|line| {
            let name = line.trim_start_matches("async ").strip_prefix("fn ")?;
            name.split('(').next()
        });
        found.extend(name.map(ToOwned::to_owned));
    }
    found
}

/// The rows that a test's name begins with.
fn rows_of(test: &str) -> Vec<String> {
    let numbered = |word: &&str| {
        let number = word.strip_prefix(['q', 'e', 'r', 'p']);
        number.is_some_and(|n| n.len() == 2 && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let words = test.split('_').take_while(numbered);
    words.map(ToOwned::to_owned).collect()
}

#[test]
fn every_quirk_has_a_test_and_every_numbered_test_a_quirk() {
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files: Vec<_> = std::fs::read_dir(tests.join("endpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.push(tests.join("journey_agent.rs"));
    for file in files {
        for test in tests_in(&std::fs::read_to_string(file).unwrap()) {
            for row in rows_of(&test) {
                covered.entry(row).or_default().push(test.clone());
            }
        }
    }
    let known: BTreeSet<&str> = ROWS.iter().map(|(row, _)| *row).collect();
    assert_eq!(known.len(), ROWS.len(), "a row stands twice");
    for (row, quirk) in ROWS {
        assert!(covered.contains_key(row), "no test for {row}: {quirk}");
    }
    for (row, tests) in &covered {
        assert!(
            known.contains(row.as_str()),
            "{tests:?} tests no known {row}"
        );
    }
}

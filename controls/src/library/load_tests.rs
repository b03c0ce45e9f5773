use super::*;

fn files() -> BTreeMap<String, String> {
    BUILTIN
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// Replaces `from` by `to` in one file of the built-in library and returns what loading says.
#[track_caller]
fn reasons(file: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = files();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replacen(from, to, 1);
    match Library::load(files) {
        Ok(_) => Vec::new(),
        Err(error) => error.0.iter().map(ToString::to_string).collect(),
    }
}

#[track_caller]
fn check_refused(file: &str, from: &str, to: &str, expected: &str) {
    let reasons = reasons(file, from, to);
    assert!(
        reasons.iter().any(|reason| reason.contains(expected)),
        "{reasons:#?}"
    );
}

#[test]
fn the_builtin_library_loads_and_is_approved() {
    let library = Library::builtin().unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<&str> = library.requirements().iter().map(Requirement::id).collect();
    assert_eq!(ids, ["KC-1", "KC-2", "KC-3", "KC-4", "KC-5"]);
    let waivable: Vec<bool> = library
        .requirements()
        .iter()
        .map(|requirement| requirement.brief().waivable)
        .collect();
    assert_eq!(waivable, [false, false, false, false, true]);
    assert!(
        library.is_approved(),
        "policy.lock does not approve {}",
        library.digest()
    );
}

#[test]
fn a_misspelt_field_is_refused_with_file_and_line() {
    let reasons = reasons(
        "kc-3-escrow-seal-inspection.yaml",
        "inspection.result == \"intact\"",
        "inspection.reslt == \"intact\"",
    );
    let [reason] = reasons.as_slice() else {
        panic!("{reasons:?}")
    };
    let (place, text) = reason.split_once(": ").unwrap();
    assert!(text.contains("no field `reslt`"), "{text}");
    let line: usize = place
        .strip_prefix("kc-3-escrow-seal-inspection.yaml:")
        .unwrap()
        .parse()
        .unwrap();
    let file = files().remove("kc-3-escrow-seal-inspection.yaml").unwrap();
    assert!(
        file.lines()
            .nth(line - 1)
            .unwrap()
            .contains("inspection.result ==")
    );
}

#[test]
fn a_check_without_a_failing_example_is_refused() {
    check_refused(
        "kc-3-escrow-seal-inspection.yaml",
        "- checks: [inspection-on-record]",
        "- checks: [inspectors-distinct]",
        "check `inspection-on-record` has no failing example",
    );
}

#[test]
fn an_example_that_comes_out_otherwise_is_refused() {
    check_refused(
        "policy.yaml",
        "inventory_max_age_days: 35",
        "inventory_max_age_days: 34",
        "exactly thirty-five days",
    );
    check_refused(
        "policy.yaml",
        "inspection_max_age_days: 184",
        "inspection_max_age_days: 185",
        "inspection-current",
    );
    check_refused(
        "kc-1-hsm-residency.yaml",
        "size(exports) == 0",
        "size(exports) >= 0",
        "no-export-in-period",
    );
}

#[test]
fn mistakes_of_form_are_refused() {
    check_refused(
        "kc-1-hsm-residency.yaml",
        "waivable: false",
        "waivable: false\nwaivable: true",
        "waivable",
    );
    check_refused(
        "kc-1-hsm-residency.yaml",
        "waivable: false",
        "waiveable: false",
        "waiveable",
    );
    check_refused(
        "kc-1-hsm-residency.yaml",
        "from: hsm/modules",
        "from: hsm/module",
        "`hsm/module` is no record kind",
    );
    check_refused(
        "kc-2-dual-operator-ceremony.yaml",
        "id: KC-2",
        "id: KC-1",
        "stands in another file too",
    );
    check_refused(
        "kc-2-dual-operator-ceremony.yaml",
        "- check: ceremony-names-event",
        "- check: ceremony-names-key",
        "two checks have the name",
    );
    check_refused(
        "kc-3-escrow-seal-inspection.yaml",
        "params.min_inspectors",
        "params.min_inspector",
        "no parameter `min_inspector`",
    );
    check_refused(
        "kc-3-escrow-seal-inspection.yaml",
        "latest: inspected_at",
        "latest: inspected",
        "no time field `inspected`",
    );
    check_refused(
        "policy.yaml",
        "[remediate, escalate, approve]",
        "[approve, remediate, escalate]",
        "posture_order",
    );
    check_refused("policy.yaml", "version:", "version", "policy.yaml");
}

#[test]
fn a_message_cannot_keep_its_check_from_running() {
    check_refused(
        "kc-3-escrow-seal-inspection.yaml",
        "message: \"no seal inspection is on record for medium {subject.id}, sealed at {subject.sealed_at}\"",
        "message: \"no seal inspection {inspection.id}\"",
        "unknown name `inspection`",
    );
    check_refused(
        "kc-1-hsm-residency.yaml",
        "message: \"key {subject.id} is extractable from its module\"",
        "message: \"key {subject.id} is extractable from {module.id}\"",
        "names a join that the check does not use",
    );
}

#[test]
fn any_change_of_the_texts_changes_the_digest_and_voids_the_approval() {
    let mut files = files();
    files
        .get_mut("policy.yaml")
        .unwrap()
        .push_str("# a remark\n");
    let library = Library::load(files).unwrap();
    assert_ne!(library.digest(), Library::builtin().unwrap().digest());
    assert!(!library.is_approved());
}

#[test]
fn a_library_without_policy_or_requirements_is_refused() {
    let mut without_policy = files();
    without_policy.remove(POLICY_FILE);
    assert!(
        Library::load(without_policy)
            .unwrap_err()
            .to_string()
            .contains("the file is missing")
    );
    let only_policy = files()
        .into_iter()
        .filter(|(name, _)| name == POLICY_FILE)
        .collect();
    assert!(
        Library::load(only_policy)
            .unwrap_err()
            .to_string()
            .contains("no requirement")
    );
}

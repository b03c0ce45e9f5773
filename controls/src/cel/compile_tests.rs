use super::*;
use crate::record::{AuditEvent, Ceremony, EscrowMedium, SigningKey};

fn names() -> Names {
    let mut names = Names::new(BTreeMap::from([
        ("max_age_days".to_owned(), Constant::Int(35)),
        (
            "course".to_owned(),
            Constant::Text("key-custodian".to_owned()),
        ),
    ]));
    names.declare("as_of", Ty::Time);
    names.declare("subject", Ty::Object(SigningKey::fields()));
    names.declare("event", Ty::Object(AuditEvent::fields()));
    names.declare("ceremony", Ty::Object(Ceremony::fields()));
    names.declare("medium", Ty::Object(EscrowMedium::fields()));
    names
}

#[test]
fn sound_expressions_compile() {
    for source in [
        r#"subject.residency.kind == "hsm""#,
        "has(subject.attributes) && subject.attributes.local",
        "!has(subject.attributes) || !subject.attributes.extractable",
        "has(subject.observed_at) ? subject.observed_at <= as_of : false",
        "!(!has(subject.observed_at) || older_than(subject.observed_at, params.max_age_days))",
        r#"subject.state in ["active", "suspended"]"#,
        "event.operators.all(o, ceremony.participants.exists(p, same_person(p.person, o)))",
        "distinct_people(ceremony.participants.filter(p, p.role == \"operator\").map(p, p.person)) >= 2",
        "event.id in ceremony.audit_events.map(e, e)",
        "has(medium.replaced_at) && medium.replaced_at > medium.sealed_at",
    ] {
        compile(source, &names()).unwrap_or_else(|reason| panic!("{source}: {reason}"));
    }
}

#[test]
fn seeded_mistakes_are_load_errors() {
    for (source, expected) in [
        (
            r#"subject.residency.kid == "hsm""#,
            "KeyResidency has no field `kid`",
        ),
        (
            r#"subject.residency.kind == "hms""#,
            "`hms` is none of hsm|software|unknown",
        ),
        (
            r#"subject.state in ["active", "suspnded"]"#,
            "`suspnded` is none of",
        ),
        (
            "subject.attributes.local",
            "optional field `attributes` is read without `has()`",
        ),
        (
            "has(subject.attributes) || subject.attributes.local",
            "read without `has()`",
        ),
        (
            "!has(subject.attributes) && subject.attributes.local",
            "read without `has()`",
        ),
        (
            "has(event.key) && subject.observed_at < as_of",
            "optional field `observed_at`",
        ),
        (
            r#"as_of < "2026-01-01""#,
            "a time cannot be compared with a text",
        ),
        (
            "subject.created_at > params.max_age_days",
            "a time cannot be compared with a whole number",
        ),
        ("subject.id", "must be a boolean"),
        ("subjet.id == subject.id", "unknown name `subjet`"),
        ("older_then(as_of, 3)", "unknown function `older_then`"),
        ("older_than(as_of)", "takes 2 arguments, got 1"),
        ("older_than(subject.id, 3)", "takes a time here, got a text"),
        (
            "params.max_age > 3",
            "policy.yaml has no parameter `max_age`",
        ),
        (
            r#"ceremony.participants.all(p, p.person == "ana")"#,
            "use same_person()",
        ),
        ("ceremony.participants.all(p, p.role)", "must be a boolean"),
        (
            "subject.id.startsWith('a')",
            "not part of the expression subset",
        ),
        ("subject.quorum.threshold + 1 > 2", "unknown function `_+_`"),
        ("{'a': 1} == {'a': 1}", "not part of the expression subset"),
        ("subject.id == null", "null is not part"),
        ("subject.id ==", "not a CEL expression"),
        ("size(subject.id) > 0", "takes a list"),
        (
            "distinct_people(ceremony.keys.map(k, subject)) > 1",
            "takes a list of person here",
        ),
    ] {
        let reason = compile(source, &names()).map_or_else(
            |reason| reason,
            |compiled| {
                if compiled.ty == Ty::Bool {
                    "it compiled".to_owned()
                } else {
                    "must be a boolean".to_owned()
                }
            },
        );
        assert!(reason.contains(expected), "{source}: {reason}");
    }
}

#[test]
fn long_expressions_are_refused_before_parsing() {
    let source = format!("true{}", " || true".repeat(5000));
    assert!(
        compile(&source, &names())
            .unwrap_err()
            .contains("longer than 1024 bytes")
    );
}

#[test]
fn a_compiled_expression_says_which_variables_it_uses() {
    let compiled = compile(
        "event.operators.all(o, distinct_people(subject.authorized_custodians) > 1)",
        &names(),
    )
    .unwrap();
    assert_eq!(compiled.uses, BTreeSet::from([1, 2]));
    assert_eq!(compiled.reads, BTreeSet::from([Kind::People]));
}

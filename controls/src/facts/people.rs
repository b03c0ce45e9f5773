//! Counts and compares natural persons. The only place in the product that does.
//!
//! References are resolved first: one person behind two aliases is one person.

use std::collections::BTreeSet;

use crate::capture::Capture;

/// The people whom `references` name, by row. A reference that names nobody adds nobody.
pub(crate) fn people_named<'r>(
    capture: &Capture,
    references: impl IntoIterator<Item = &'r str>,
) -> BTreeSet<u32> {
    references
        .into_iter()
        .filter_map(|reference| capture.resolve_person(reference))
        .collect()
}

/// How many distinct people `references` name.
pub(crate) fn distinct_people<'r>(
    capture: &Capture,
    references: impl IntoIterator<Item = &'r str>,
) -> usize {
    people_named(capture, references).len()
}

/// Whether both references name the same known person.
pub(crate) fn same_person(capture: &Capture, a: &str, b: &str) -> bool {
    match (capture.resolve_person(a), capture.resolve_person(b)) {
        (Some(a), Some(b)) => a == b,
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}

/// Whether everyone in `people` is known and among `group`.
pub(crate) fn all_among(capture: &Capture, people: &[&str], group: &[&str]) -> bool {
    let group = people_named(capture, group.iter().copied());
    people.iter().all(|person| {
        let person = capture.resolve_person(person);
        person.is_some_and(|person| group.contains(&person))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::capture_of;
    use crate::kind::Kind;

    fn people() -> Capture {
        capture_of(&[(
            Kind::People,
            r#"[{"id":"ana","name":"A","email":"a@x","aliases":["op-1","ana.r"],"status":"active","training":[]},
                {"id":"bo","name":"B","email":"b@x","aliases":["ana","op-2"],"status":"active","training":[]}]"#,
        )])
    }

    #[test]
    fn people_are_counted_after_aliases() {
        let capture = people();
        let check = |references: &[&str], expected| {
            assert_eq!(
                distinct_people(&capture, references.iter().copied()),
                expected,
                "{references:?}"
            );
        };
        check(&[], 0);
        check(&["ana"], 1);
        check(&["ana", "op-1"], 1);
        check(&["ana", "op-1", "op-2"], 2);
        check(&["ana", "ana"], 1);
        check(&["ana", "nobody"], 1);
        // "ids win": the alias `ana` of `bo` does not make `ana` mean `bo`.
        check(&["ana", "bo"], 2);
        // Byte for byte: case matters.
        check(&["ANA"], 0);
    }

    #[test]
    fn an_unknown_person_is_nobody_and_the_same_as_nobody() {
        let capture = people();
        assert!(same_person(&capture, "ana.r", "op-1"));
        assert!(!same_person(&capture, "ana", "bo"));
        assert!(!same_person(&capture, "x", "x"));
    }

    #[test]
    fn everyone_is_among_a_group_only_if_each_one_is() {
        let capture = people();
        assert!(all_among(&capture, &["op-1"], &["ana", "bo"]));
        assert!(!all_among(&capture, &["op-1", "bo"], &["ana"]));
        assert!(!all_among(&capture, &["ana"], &[]));
        assert!(all_among(&capture, &[], &[]));
    }
}

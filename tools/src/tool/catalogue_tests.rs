//! What every tool of the catalogue holds to.

use std::collections::BTreeSet;

use custody_controls::capture::record_fields;
use custody_controls::kind::SourceSystem;
use custody_controls::record::Record;
use serde_json::{Map, Value, json};

use super::fixture::Review;
use super::list::{Filter, List};
use super::{Tool, catalogue, ceremonies, controls, hsm, identity, release, schema};

#[test]
fn the_whole_catalogue_is_as_reviewed() {
    let specs: Vec<Value> = catalogue()
        .iter()
        .map(|tool| {
            let spec = tool.spec();
            json!({"name": spec.name, "description": spec.description, "parameters": spec.parameters})
        })
        .collect();
    insta::assert_json_snapshot!("catalogue", specs);
}

#[test]
fn the_answers_are_as_reviewed() {
    let mut answers: Vec<Value> = Vec::new();
    for tool in catalogue() {
        let answer = tool.spec().answer;
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    insta::assert_json_snapshot!("answers", answers);
}

#[test]
fn names_begin_with_their_source_and_none_stands_twice() {
    let mut names = BTreeSet::new();
    for tool in catalogue() {
        let name = tool.spec().name;
        let (source, question) = name.split_once('_').unwrap();
        assert!(
            SourceSystem::ALL.iter().any(|known| known.name() == source),
            "{name}"
        );
        assert!(
            ["list_", "read_", "search"]
                .iter()
                .any(|verb| question.starts_with(verb)),
            "{name}"
        );
        assert!(names.insert(name), "{name} stands twice");
    }
}

#[test]
fn argument_schemas_use_only_portable_keywords() {
    for tool in catalogue() {
        let spec = tool.spec();
        assert_portable(spec.name, &spec.parameters);
        assert_eq!(spec.parameters["type"], "object", "{}", spec.name);
    }
}

fn assert_portable(name: &str, schema: &Value) {
    let members = schema.as_object().unwrap();
    for (keyword, value) in members {
        match keyword.as_str() {
            "type" => assert!(value.is_string(), "{name}: {value}"),
            "description" => assert!(value.is_string(), "{name}: {value}"),
            "additionalProperties" => assert_eq!(value, &Value::Bool(false), "{name}"),
            "required" | "enum" => {
                let texts = value.as_array().unwrap();
                assert!(
                    !texts.is_empty() && texts.iter().all(Value::is_string),
                    "{name}"
                );
            }
            "items" => assert_portable(name, value),
            "properties" => {
                for (property, schema) in value.as_object().unwrap() {
                    assert_portable(&format!("{name}.{property}"), schema);
                }
            }
            other => panic!("{name}: `{other}` is not portable"),
        }
    }
    assert!(members.contains_key("type"), "{name} has no type");
    if schema["type"] == "object" {
        assert_eq!(schema["additionalProperties"], false, "{name}");
        assert!(schema["properties"].is_object(), "{name}");
    }
}

#[test]
fn no_argument_is_an_address_a_path_or_a_query_language() {
    for tool in catalogue() {
        let spec = tool.spec();
        for argument in spec.parameters["properties"].as_object().unwrap().keys() {
            for word in [
                "url",
                "uri",
                "path",
                "file",
                "sql",
                "regex",
                "expression",
                "pointer",
            ] {
                let is_path_id = argument == "signing_path";
                assert!(
                    is_path_id || !argument.contains(word),
                    "{} {argument}",
                    spec.name
                );
            }
        }
    }
}

/// Arguments under which every tool answers something about the small review.
fn sample_arguments(name: &str) -> Value {
    match name {
        "hsm_read_records" => json!({"artifacts": ["hsm/signing_keys/K-1"]}),
        "ceremonies_read_records" => json!({"artifacts": ["ceremonies/documents/DOC-1"]}),
        "identity_read_records" => json!({"artifacts": ["identity/people/p-1"]}),
        "release_read_records" => json!({"artifacts": ["release/signing_paths/SP-1"]}),
        "controls_read_records" => json!({"artifacts": ["controls/exceptions/EX-1"]}),
        "controls_read_account" | "controls_read_requirement" | "controls_list_judged_records" => {
            json!({"requirement": "KC-3"})
        }
        search if search.ends_with("_search") => json!({"query": "1"}),
        _ => json!({}),
    }
}

#[test]
fn every_answer_fits_the_answer_schema_that_its_tool_states() {
    let review = Review::small();
    for tool in catalogue() {
        let spec = tool.spec();
        let arguments = sample_arguments(spec.name);
        let parameters = jsonschema::validator_for(&spec.parameters).unwrap();
        assert!(parameters.is_valid(&arguments), "{}", spec.name);
        let output = tool.call(&review.material(), &arguments).unwrap();
        let answer: Value = serde_json::from_str(&output.text).unwrap();
        let schema = jsonschema::validator_for(&spec.answer).unwrap();
        let faults: Vec<String> = schema.iter_errors(&answer).map(|e| e.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{}", spec.name);
        let rows = answer.get("rows").or_else(|| answer.get("records"));
        if let Some(Value::Array(rows)) = rows {
            assert!(!rows.is_empty(), "{} answered nothing", spec.name);
        }
    }
}

#[test]
fn every_tool_refuses_arguments_that_it_does_not_have() {
    let review = Review::small();
    for tool in catalogue() {
        let spec = tool.spec();
        let mut arguments = sample_arguments(spec.name);
        arguments["approve"] = json!(true);
        let reason = review.refusal(spec.name, arguments);
        assert!(
            reason.contains("`approve` is not an argument, allowed are: "),
            "{reason}"
        );
        for known in spec.parameters["properties"].as_object().unwrap().keys() {
            assert!(reason.contains(known.as_str()), "{reason}");
        }
    }
}

#[test]
fn filters_name_the_record_fields_that_they_read() {
    check_filter::<hsm::ListKeys>();
    check_filter::<hsm::ListModules>();
    check_filter::<hsm::ListAuditEvents>();
    check_filter::<hsm::ListEscrowMedia>();
    check_filter::<ceremonies::ListCeremonies>();
    check_filter::<ceremonies::ListSealInspections>();
    check_filter::<ceremonies::ListDocuments>();
    check_filter::<identity::ListPeople>();
    check_filter::<identity::ListRosters>();
    check_filter::<identity::ListRoleAssignments>();
    check_filter::<identity::ListPriorAttestations>();
    check_filter::<release::ListSigningPaths>();
    check_filter::<release::ListBridges>();
    check_filter::<controls::ListExceptions>();
}

/// With every argument given, each names at least one field, and only fields that the kind has.
#[track_caller]
fn check_filter<F: Filter>() {
    let schema = schema::of_arguments::<F>();
    let arguments: Map<String, Value> = schema["properties"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, property)| (name.clone(), sample_value(property)))
        .collect();
    let count = arguments.len();
    let filter: F = serde_json::from_value(Value::Object(arguments)).unwrap();
    let reads = filter.reads();
    assert_eq!(
        reads.len() + 1,
        count,
        "all arguments but `skip` in {}",
        List::<F>::new().spec().name
    );
    for (argument, fields) in reads {
        assert!(!fields.is_empty(), "{argument}");
        for field in fields {
            let known = record_fields(F::Record::KIND).field(field);
            assert!(known.is_some(), "{} {argument} {field}", F::NAME);
        }
    }
}

fn sample_value(property: &Value) -> Value {
    if let Some(choices) = property.get("enum") {
        return choices[0].clone();
    }
    match property["type"].as_str().unwrap() {
        "string" if property.get("format").is_some() => json!("2026-03-01T00:00:00Z"),
        "string" => json!("x"),
        "boolean" => json!(true),
        "integer" => json!(0),
        other => panic!("no sample for {other}"),
    }
}

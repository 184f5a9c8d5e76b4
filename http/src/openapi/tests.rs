//! The documents say what the server does.

use super::{asyncapi, events_schema, openapi, plain, text};
use crate::auth::RULES;
use expect_test::expect_file;
use netscan_schemas::{event::EVENT_NAMES, problem::Code};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Returns every operation of a document, with its method and path.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flat_map(Map::iter);
    paths.flat_map(|(path, item)| {
        let of_path = item.as_object().into_iter().flat_map(Map::iter);
        of_path.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

#[test]
fn the_documents_are_as_they_are_committed() {
    expect_file!["../../../schemas/documents/openapi.json"].assert_eq(&text(openapi()));
    expect_file!["../../../schemas/documents/asyncapi.json"].assert_eq(&text(asyncapi()));
    expect_file!["../../../schemas/documents/events.schema.json"].assert_eq(&text(events_schema()));
}

#[test]
fn every_route_is_documented_and_nothing_else() {
    let row = |method: &str, path: &str| format!("{} {path}", method.to_uppercase());
    let documented: BTreeSet<String> =
        operations(openapi()).map(|(method, path, _)| row(method, path)).collect();
    let routes: BTreeSet<String> = RULES
        .iter()
        .map(|rule| row(if rule.method == "*" { "get" } else { rule.method }, rule.path))
        .collect();
    let missing: Vec<_> = routes.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "these routes are not in the OpenAPI document: {missing:#?}; give their handlers \
         `#[utoipa::path]`, name them in `paths` of http/src/openapi/mod.rs, and run `make contracts`"
    );
    let strays: Vec<_> = documented.difference(&routes).collect();
    assert!(strays.is_empty(), "there are no such routes in auth/policy.rs: {strays:#?}");
}

#[test]
fn every_operation_says_what_it_takes_and_answers() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(openapi()) {
        let named = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str()), "{named}: its id is another one's");
        assert!(operation["summary"].is_string(), "{named}");
        let statuses: Vec<&str> = operation["responses"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        assert!(statuses.iter().any(|status| status.starts_with(['1', '2'])), "{named}");
        let described: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(described, in_path, "{named}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{named}: {parameter}");
        }
    }
}

#[test]
fn codes_that_handlers_name_are_codes() {
    for (method, path, operation) in operations(&plain()) {
        for code in operation["x-problem-codes"].as_array().into_iter().flatten() {
            let known = serde_json::from_value::<Code>(code.clone());
            assert!(known.is_ok(), "{method} {path}: {code}");
        }
    }
}

/// Returns every reference in a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn references_lead_somewhere() {
    for document in [openapi(), asyncapi(), events_schema()] {
        let mut found = BTreeSet::new();
        references(document, &mut found);
        assert!(found.len() > 5);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}

#[test]
fn every_event_is_a_message() {
    let messages = asyncapi()["components"]["messages"].as_object().unwrap();
    let of_events = openapi()["components"]["schemas"]["Event"]["oneOf"].as_array().unwrap();
    assert_eq!(messages.len(), of_events.len() + 2);
    for name in ["connected", "batch_start", "line", "batch_complete", "scan_complete", "gap"] {
        assert!(messages.contains_key(name), "{name}");
    }
    let named: BTreeSet<&str> = messages.keys().map(String::as_str).collect();
    assert_eq!(named, EVENT_NAMES.into_iter().chain(["connected", "gap"]).collect());
    let of_line = &messages["line"]["payload"]["allOf"];
    assert_eq!(of_line[0]["properties"]["event"]["enum"][0], "line");
    for field in ["seq", "ts", "scan_id"] {
        assert!(of_line[1]["properties"][field].is_object(), "{field}: {of_line}");
    }
}

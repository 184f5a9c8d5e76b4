//! Completes the document from the table of rights: security, roles, and the problems that every
//! route, or every route of a kind, may answer.

use super::events::references;
use crate::auth::{Need, RULES, Rule, Way};
use netscan_schemas::problem::Code;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The name under which a handler gives the problem codes of its own.
const OWN_CODES: &str = "x-problem-codes";

/// Routes that clients of the Python system call: they ignore fields and parameters that they do
/// not know, and name them in `warnings` or a `Warning` header. A test asks each of them.
pub const LENIENT: &[(&str, &str)] = &[
    ("get", "/api/projects"),
    ("post", "/api/projects"),
    ("get", "/api/projects/{id}/scans"),
    ("get", "/api/scans"),
    ("post", "/api/scans/start"),
    ("post", "/api/scans/{id}/stop"),
    ("get", "/api/scans/{id}/batches"),
    ("get", "/api/scans/{id}/hosts"),
    ("get", "/api/hosts/{id}"),
    ("post", "/api/targets/expand"),
    ("get", "/api/targets/{address}/history"),
    ("post", "/api/nmap/run"),
    ("get", "/ws/scans/{id}"),
];

/// Calls by another method than GET that keep nothing in the store.
const WRITE_NOTHING: &[&str] =
    &["/api/scans/preview", "/api/targets/expand", "/api/session/codes", "/api/ws-tickets"];

/// Returns the rule of an operation, if there is one.
pub fn rule_of(method: &str, path: &str) -> Option<&'static Rule> {
    let is_method = |rule: &Rule| match rule.method {
        // A WebSocket is asked for by GET.
        "*" => method == "get",
        named => named.eq_ignore_ascii_case(method),
    };
    RULES.iter().find(|rule| rule.path == path && is_method(rule))
}

/// Returns the document with what the table says of each of its operations.
pub fn complete(plain: &Value) -> Value {
    let mut document = plain.clone();
    let mut shared = Map::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                if let Some(rule) = rule_of(method, path) {
                    complete_operation(operation, rule, method, &mut shared);
                }
            }
        }
    }
    bound_integers(&mut document);
    close_bodies(&mut document);
    free_bodies(&mut document);
    document["components"]["responses"] = Value::Object(shared);
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token: `netscan token create` makes one.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "netscan",
            "description": "The session of a browser, begun by `POST /api/session`. The cookie's \
                            name is each server's own (`netscan-...`, or `__Host-netscan-...` over \
                            TLS). Only for pages of this server.",
        },
    });
    document
}

fn complete_operation(
    operation: &mut Value,
    rule: &Rule,
    method: &str,
    shared: &mut Map<String, Value>,
) {
    match rule.need {
        Need::Nothing => operation["security"] = json!([]),
        Need::Role(role) => {
            operation["security"] = json!([{ "bearer": [] }, { "session": [] }]);
            operation["x-role"] = json!(role);
        }
    }
    let codes = codes(operation, rule, method);
    operation[OWN_CODES] = codes.keys().cloned().collect();
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes.into_values() {
        by_status.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in by_status {
        let names: Vec<String> = codes.iter().map(|code| code.as_str()).collect();
        let name = format!("{status}.{}", names.join("."));
        let status = status.to_string();
        operation["responses"][status.as_str()] =
            json!({ "$ref": format!("#/components/responses/{name}") });
        shared.entry(name).or_insert_with(|| problem(&codes));
    }
}

/// Returns the answer that is a problem with one of these codes.
fn problem(codes: &[Code]) -> Value {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    json!({
        "description": lines.join(". "),
        "content": { "application/problem+json": { "schema": {
            "allOf": [
                { "$ref": "#/components/schemas/Problem" },
                { "type": "object", "properties": { "code": { "enum": codes } } },
            ],
        } } },
    })
}

/// Returns all problem codes of an operation by name: those that it names itself, and those that
/// come with what it is.
fn codes(operation: &Value, rule: &Rule, method: &str) -> BTreeMap<String, Code> {
    let mut codes = own_codes(operation);
    // Of the guard, and of what catches panics.
    codes.extend([Code::BadRequest, Code::HostNotAllowed, Code::Internal]);
    if let Need::Role(_) = rule.need {
        codes.extend([Code::Unauthenticated, Code::Forbidden, Code::RateLimited]);
        codes.push(Code::OriginNotAllowed);
        // The caller and what it asks for are read from the store.
        codes.extend([Code::StoreUnavailable, Code::StoreDamaged]);
    }
    if rule.path.contains('{') {
        codes.push(Code::NotFound);
    }
    if is_strict(rule, method) {
        codes.push(Code::UnknownField);
    }
    let has_values = |parameter: &Value| parameter["in"] != "path";
    if operation["parameters"].as_array().is_some_and(|list| list.iter().any(has_values)) {
        codes.push(Code::InvalidValue);
    }
    if operation.get("requestBody").is_some() {
        codes.extend([Code::InvalidValue, Code::RequestTimeout, Code::TooLarge]);
    }
    // Another site's page may look, and is not shown the answer; a WebSocket it would be.
    if method != "get" || rule.way() == Way::Socket {
        codes.push(Code::OriginNotAllowed);
    }
    if method != "get" && !WRITE_NOTHING.contains(&rule.path) {
        codes.extend([Code::StoreUnavailable, Code::InsufficientStorage, Code::ShuttingDown]);
    }
    codes.into_iter().map(|code| (code.as_str(), code)).collect()
}

/// Returns the codes that a handler names; a test holds them to the list of codes.
fn own_codes(operation: &Value) -> Vec<Code> {
    let own = operation[OWN_CODES].as_array().into_iter().flatten();
    own.filter_map(|code| serde_json::from_value(code.clone()).ok()).collect()
}

/// Names the types of integers as OpenAPI's registry does, and bounds them by what they hold.
fn bound_integers(value: &mut Value) {
    let bound = match value.get("format").and_then(Value::as_str) {
        Some("u-int8" | "uint8") => Some(("uint8", u64::from(u8::MAX))),
        Some("u-int16" | "uint16") => Some(("uint16", u64::from(u16::MAX))),
        Some("u-int32" | "uint32") => Some(("uint32", u64::from(u32::MAX))),
        Some("u-int64" | "uint64") => Some(("uint64", u64::MAX)),
        _ => None,
    };
    match value {
        Value::Object(fields) => {
            if let Some((format, largest)) = bound {
                fields.insert("format".into(), format.into());
                fields.entry("maximum").or_insert(largest.into());
            }
            fields.values_mut().for_each(bound_integers);
        }
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        _ => {}
    }
}

/// Says of the bodies of strict routes, at any depth, that they have no fields beside their own.
/// The types of answers are left open: fields may be added.
fn close_bodies(document: &mut Value) {
    let mut names = BTreeSet::new();
    for rule in RULES.iter().filter(|rule| is_strict(rule, &rule.method.to_lowercase())) {
        let method = rule.method.to_lowercase();
        references(&document["paths"][rule.path][method.as_str()]["requestBody"], &mut names);
    }
    let mut closed = BTreeSet::new();
    while let Some(name) = names.pop_first() {
        let schema = &mut document["components"]["schemas"][name.as_str()];
        if schema["properties"].is_object() {
            schema["additionalProperties"] = Value::Bool(false);
        }
        references(schema, &mut names);
        closed.insert(name);
        names.retain(|name| !closed.contains(name));
    }
}

/// Says of bodies without a field that must be there that they may be left out: no body is read as
/// one without fields.
fn free_bodies(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let items = document["paths"].as_object_mut().into_iter().flatten();
    for operation in items.filter_map(|(_, item)| item.as_object_mut()).flatten().map(|pair| pair.1)
    {
        let Some(body) = operation.get_mut("requestBody") else { continue };
        let mut names = BTreeSet::new();
        references(body, &mut names);
        if names.iter().all(|name| schemas[name.as_str()].get("required").is_none()) {
            body["required"] = Value::Bool(false);
        }
    }
}

/// Returns whether a route refuses what it does not know.
fn is_strict(rule: &Rule, method: &str) -> bool {
    let is_ours = rule.path.starts_with("/api/") || rule.path == "/ws/events";
    is_ours && !LENIENT.contains(&(method, rule.path))
}

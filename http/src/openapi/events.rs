//! What a WebSocket sends, as AsyncAPI and as JSON Schema, from the schemas of the events' types.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where the schemas of an OpenAPI or AsyncAPI document are.
const COMPONENTS: &str = "#/components/schemas/";

/// Returns the JSON Schema of every frame of a WebSocket.
pub fn schema(openapi: &Value) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events of netscan",
        "description": "One frame of `/ws/scans/{id}` or `/ws/events`; `GET /api/scans/{id}/events` \
                        answers an array of those with a `seq`.",
        "anyOf": [
            { "$ref": format!("{COMPONENTS}EventFrame") },
            { "$ref": format!("{COMPONENTS}ConnectionEvent") },
        ],
    });
    schema["$defs"] = Value::Object(needed_by(&schema, &openapi["components"]["schemas"]));
    move_references(&mut schema);
    schema
}

/// Returns the schemas that a value refers to, directly or not.
fn needed_by(value: &Value, all: &Value) -> Map<String, Value> {
    let mut needed = Map::new();
    let mut names = BTreeSet::new();
    references(value, &mut names);
    while let Some(name) = names.pop_first() {
        let schema = &all[name.as_str()];
        references(schema, &mut names);
        needed.insert(name, schema.clone());
        names.retain(|name| !needed.contains_key(name));
    }
    needed
}

/// Collects the names of the schemas that a value refers to.
pub fn references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str().and_then(|text| text.strip_prefix(COMPONENTS)) {
                    Some(name) if key == "$ref" => _ = names.insert(name.to_owned()),
                    _ => references(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

/// Lets references point into `$defs`.
fn move_references(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = value.as_str().and_then(|text| text.strip_prefix(COMPONENTS));
                match name.filter(|_| key == "$ref") {
                    Some(name) => *value = json!(format!("#/$defs/{name}")),
                    None => move_references(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        _ => {}
    }
}

/// Returns the AsyncAPI document of the WebSockets: a message for each event.
pub fn asyncapi(openapi: &Value) -> Value {
    let schemas = &openapi["components"]["schemas"];
    let mut messages = Map::new();
    // What else is in a frame: its place in the order.
    let place = schemas["EventFrame"]["allOf"].as_array().and_then(|parts| parts.get(1));
    let events = [("Event", place), ("ConnectionEvent", None)];
    for (name, place) in events {
        for variant in schemas[name]["oneOf"].as_array().into_iter().flatten() {
            let (name, message) = message(variant, place);
            messages.insert(name, message);
        }
    }
    let of_scan: Map<String, Value> = messages.keys().map(|name| pointer(name)).collect();
    let operation = |channel: &str, summary: &str| {
        json!({
            "action": "send",
            "channel": { "$ref": format!("#/channels/{channel}") },
            "summary": summary,
        })
    };
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "netscan events",
            "version": openapi["info"]["version"],
            "description": "One JSON object in each text frame. `connected` comes first. All others \
                            but `gap` have `seq`, which counts from 1 within a scan without a gap. \
                            Messages of clients are ignored, and have at most 4 KiB. The server \
                            pings every 20 s; a client that is silent for 60 s is closed.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "loopback": { "host": "127.0.0.1:8000", "protocol": "ws" },
        },
        "channels": {
            "scan": channel("/ws/scans/{id}", "The events of one scan.", &of_scan, openapi),
            "all": channel("/ws/events", "The events of all scans that the caller sees; without \
                           `line`, unless `lines=true`.", &of_scan, openapi),
        },
        "operations": {
            "followScan": operation("scan", "Sends the events of a scan, from any number on."),
            "followAllScans": operation("all", "Sends the events of all scans."),
        },
        "x-close-codes": {
            "1001": "The server is going down: come again, with `since`.",
            "1002": "The client breaks the protocol.",
            "1007": "The client sends text that is no UTF-8.",
            "1009": "A message of the client is longer than 4 KiB.",
            "1011": "The store cannot be read.",
            "4401": "The client may not read this, or its token or session has ended.",
            "4404": "There is no such scan, or not any more.",
            "4408": "The client is too slow, or does not answer pings: resume with `since`.",
        },
    });
    document["components"]["messages"] = Value::Object(messages);
    let needed = needed_by(&document["components"]["messages"], schemas);
    document["components"]["schemas"] = Value::Object(needed);
    document
}

fn pointer(name: &str) -> (String, Value) {
    (name.to_owned(), json!({ "$ref": format!("#/components/messages/{name}") }))
}

/// Returns one event's name and message.
fn message(variant: &Value, place: Option<&Value>) -> (String, Value) {
    let name = variant["properties"]["event"]["enum"][0].as_str().unwrap_or_default();
    let payload = match place {
        Some(place) => json!({ "allOf": [variant, place] }),
        None => variant.clone(),
    };
    let message = json!({
        "name": name,
        "summary": variant["description"],
        "payload": payload,
    });
    (name.to_owned(), message)
}

/// Returns a channel, with the parameters that its route has in the OpenAPI document.
fn channel(path: &str, what: &str, messages: &Map<String, Value>, openapi: &Value) -> Value {
    let (mut in_path, mut in_query, mut in_header) = (Map::new(), Map::new(), Map::new());
    for parameter in openapi["paths"][path]["get"]["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        if parameter["in"] == "path" {
            in_path.insert(name, json!({ "description": parameter["description"] }));
        } else {
            let mut schema = parameter["schema"].clone();
            schema["description"] = parameter["description"].clone();
            let place = if parameter["in"] == "header" { &mut in_header } else { &mut in_query };
            place.insert(name, schema);
        }
    }
    let mut channel = json!({
        "address": path,
        "description": what,
        "messages": messages,
        "bindings": { "ws": {
            "method": "GET",
            "query": { "type": "object", "properties": in_query },
            "headers": { "type": "object", "properties": in_header },
        } },
    });
    if !in_path.is_empty() {
        channel["parameters"] = Value::Object(in_path);
    }
    channel
}

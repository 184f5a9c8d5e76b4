//! What `--json` prints is what `docs/src/json.md` says.

use crate::support::{json, listen, netscan, run, temp, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Returns the shapes of the document, by command.
fn shapes() -> BTreeMap<String, String> {
    let document = include_str!("../../docs/src/json.md");
    let rows = document.lines().filter_map(|line| {
        let (command, shape) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((command.to_owned(), shape.trim_end_matches(" |").to_owned()))
    });
    rows.collect()
}

/// Checks a value against a schema of this name: it has every field that the schema requires.
fn check(openapi: &Value, name: &str, value: &Value, said: &str) {
    let schema = &openapi["components"]["schemas"][name];
    assert!(schema.is_object(), "{said}: `{name}` is no schema of `netscan openapi`");
    let required = required(openapi, schema);
    assert!(!required.is_empty(), "{name} requires nothing: {schema}");
    for field in required {
        assert!(value.get(&field).is_some(), "{said}: `{field}` of {name} is not in {value}");
    }
}

/// Returns the fields that a schema requires, and those that it takes over.
fn required(openapi: &Value, schema: &Value) -> Vec<String> {
    let own = schema["required"].as_array().into_iter().flatten();
    let mut all: Vec<String> = own.map(|field| field.as_str().unwrap().to_owned()).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let named = part["$ref"].as_str().map(|place| place.rsplit('/').next().unwrap());
        let part = named.map_or(part, |name| &openapi["components"]["schemas"][name]);
        all.extend(required(openapi, part));
    }
    all
}

#[test]
fn what_is_printed_as_json_has_the_shape_that_the_document_says() {
    let data = temp();
    let (_listener, port) = listen("127.0.0.1");
    let port = port.to_string();
    let printed = |args: &[&str]| {
        let output = run(netscan(data.path()).arg("--json").args(args));
        let code = output.status.code();
        assert_eq!(code, Some(0), "{args:?}: {}", text(&output.stderr));
        json(&output)
    };
    let openapi = printed(&["openapi"]);
    for _ in 0..2 {
        let found = printed(&["scan", "127.0.0.1", "-p", &port]);
        check(&openapi, "Scan", &found["scan"], "scan");
        check(&openapi, "Host", &found["hosts"][0], "scan");
    }
    let shapes = shapes();
    // Each command, as the document calls it, and with what it takes.
    let commands: [(&str, &[&str]); 21] = [
        ("ls", &[]),
        ("status", &[]),
        ("status SCAN", &["1"]),
        ("hosts", &["1"]),
        ("host", &["127.0.0.1"]),
        ("batches", &["1"]),
        ("diff", &["1", "2"]),
        ("limits", &[]),
        ("targets expand", &["127.0.0.0/30"]),
        ("targets difficult", &[]),
        ("projects add", &["p"]),
        ("projects ls", &[]),
        ("projects grant", &["p", "--evasion", "on", "--note", "n"]),
        ("scope allow", &["10.0.0.0/30", "--note", "n"]),
        ("scope deny", &["10.0.0.1"]),
        ("scope ls", &[]),
        ("token create", &["--name", "t", "--role", "viewer"]),
        ("token ls", &[]),
        ("audit", &[]),
        ("audit verify", &[]),
        ("rescan", &["1", "--only", "all"]),
    ];
    for (command, more) in commands {
        let shape = shapes.get(command).unwrap_or_else(|| panic!("`{command}` is not described"));
        let words = command.trim_end_matches(" SCAN").split(' ').chain(more.iter().copied());
        let value = printed(&words.collect::<Vec<_>>());
        let first = shape.split('`').nth(1).unwrap_or(shape);
        match (first.strip_prefix('[').and_then(|name| name.strip_suffix(']')), &value) {
            (Some(name), Value::Array(all)) => {
                assert!(!all.is_empty() || command == "targets difficult", "{command}: {value}");
                all.iter().for_each(|value| check(&openapi, name, value, command));
            }
            (None, Value::Object(_)) if command == "rescan" => {
                check(&openapi, "Scan", &value["scan"], command);
            }
            (None, Value::Object(_)) => check(&openapi, first, &value, command),
            _ => panic!("{command}: {shape}, and not {value}"),
        }
    }
}

/// A command that is new has to be described.
#[test]
fn every_command_is_in_the_document() {
    let data = temp();
    let document = include_str!("../../docs/src/json.md");
    let commands = |args: &[&str]| {
        let help = text(&run(netscan(data.path()).args(args).arg("--help")).stdout);
        let (_, listed) = help.split_once("Commands:\n").unwrap_or(("", ""));
        let lines = listed.lines().take_while(|line| !line.is_empty());
        let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let names = names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned);
        names.collect::<Vec<_>>()
    };
    let mut described = 0;
    for command in commands(&[]) {
        let below = commands(&[&command]);
        for name in below.iter().map(|below| format!("{command} {below}")).chain(
            // `audit` does something by itself.
            (below.is_empty() || command == "audit").then(|| command.clone()),
        ) {
            assert!(document.contains(&format!("`{name}`")), "`{name}` is not described");
            described += 1;
        }
    }
    assert!(described > 35, "{described}");
}

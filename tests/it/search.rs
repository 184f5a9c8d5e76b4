//! Searching over all scans, and what changed at an address, with real nmap on loopback.

use crate::support::{json, listen, netscan, run, temp, text};
use serde_json::Value;
use std::path::Path;

fn scan(data: &Path, target: &str, ports: &str, project: &str) -> u64 {
    let args = ["--json", "scan", target, "-p", ports, "--project", project];
    let output = run(netscan(data).args(args));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    json(&output)["scan"]["id"].as_u64().unwrap()
}

/// Returns what a search prints, as scan and address.
fn found(data: &Path, args: &[&str]) -> Vec<(u64, String)> {
    let output = run(netscan(data).args(["--json", "hosts"]).args(args));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    let row = |host: &Value| {
        (host["scan_id"].as_u64().unwrap(), host["address"].as_str().unwrap().to_owned())
    };
    answer.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn hosts_are_found_over_all_scans_and_an_address_has_a_history() {
    let data = temp();
    let data = data.path();
    let (listener, port) = listen("127.0.0.3");
    let (_other, other) = listen("127.0.0.3");
    let ports = format!("{port},{other}");
    let first = scan(data, "127.0.0.2-4", &ports, "one");
    drop(listener);
    let second = scan(data, "127.0.0.3", &ports, "two");
    let at = |scan: u64, host: u8| (scan, format!("127.0.0.{host}"));

    let one = port.to_string();
    assert_eq!(found(data, &["--open", "--port", &one]), [at(first, 3)]);
    assert_eq!(
        found(data, &["--port", &one]),
        [at(second, 3), at(first, 2), at(first, 3), at(first, 4)],
        "the newest scan first"
    );
    assert_eq!(found(data, &["--address", "127.0.0.3"]), [at(first, 3), at(second, 3)]);
    assert_eq!(found(data, &["-q", "127.0.0.4"]), [at(first, 4)]);
    assert_eq!(found(data, &["--open", "--project", "2"]), [at(second, 3)]);
    assert_eq!(found(data, &["--verdict", "timed_out"]), []);
    assert_eq!(found(data, &[&first.to_string(), "--address", "127.0.0.2-3"]).len(), 2);

    let shown = text(&run(netscan(data).args(["hosts", "--open"])).stdout);
    assert!(shown.contains(&format!("scan {first}")), "{shown}");
    assert!(shown.contains(&format!("{other}/tcp")), "{shown}");
    let refused = run(netscan(data).args(["hosts", "--address", "localhost"]));
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));

    let history = json(&run(netscan(data).args(["--json", "host", "127.0.0.3"])));
    assert_eq!((&history[0]["id"], &history[1]["id"]), (&second.into(), &first.into()));
    let shown = run(netscan(data).args(["host", "127.0.0.3"]));
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let shown = text(&shown.stdout);
    assert!(shown.contains(&format!("-{port}/tcp")), "{shown}");
    assert!(!shown.contains(&format!("-{other}/tcp")), "{shown}");
    assert!(shown.contains("first seen"), "{shown}");
    let never = run(netscan(data).args(["host", "127.0.0.99"]));
    assert_eq!(never.status.code(), Some(0));
}

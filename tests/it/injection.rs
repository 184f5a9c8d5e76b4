//! The corpus of hostile flags and targets on the command line: refused, and nmap is not started.

use crate::support::{Server, json, netscan, run, text};
use netscan_test_support::FakeNmap;
use serde_json::Value;
use std::fs;

const FLAGS: &str = include_str!("../fixtures/injection/flags.json");
const TARGETS: &str = include_str!("../fixtures/injection/targets.json");

/// No argument of a process holds a NUL.
fn can_be_typed(words: &[String]) -> bool {
    words.iter().all(|word| !word.contains('\0'))
}

#[test]
fn hostile_flags_and_targets_are_refused_and_nmap_is_not_started() {
    let data = tempfile::tempdir().unwrap();
    let nmap = FakeNmap::new("log targets starts\n").unwrap();
    let starts = || fs::read_to_string(nmap.dir().join("starts")).unwrap_or_default();
    // Commands talk to it, which is quicker than an engine for each.
    let server = Server::start(data.path(), Some(&nmap));
    let scan = || {
        let mut command = netscan(data.path());
        command.arg("scan");
        command
    };
    let mut tried = 0;
    let flags: Vec<Vec<String>> = serde_json::from_str(FLAGS).unwrap();
    for flags in flags.iter().filter(|flags| can_be_typed(flags)) {
        let output = run(scan().args(["127.0.0.1", "--"]).args(flags));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{flags:?}: {said}");
        assert!(said.contains("flag "), "{flags:?}: {said}");
        tried += 1;
    }
    let targets: Vec<String> = serde_json::from_str(TARGETS).unwrap();
    // Without a flag behind it, `--` says nothing on a command line.
    for target in targets.iter().filter(|target| !target.contains('\0') && **target != "--") {
        let output = run(scan().args(["127.0.0.1", target.as_str()]));
        // One that opens with a dash is a flag of ours, or none: `-iR` is `-i` and a file.
        let is_refused = match target.starts_with('-') {
            true => matches!(output.status.code(), Some(1 | 2)),
            false => output.status.code() == Some(2),
        };
        assert!(is_refused, "{target:?}: {} {}", output.status, text(&output.stderr));
        let exclude = format!("--exclude={target}");
        let output = run(scan().args(["127.0.0.1", &exclude]));
        assert_eq!(output.status.code(), Some(2), "{exclude:?}: {}", text(&output.stderr));
        tried += 2;
    }
    assert!(tried > 700, "{tried} tried");
    assert_eq!(starts(), "");
    assert_eq!(json(&run(netscan(data.path()).args(["--json", "ls"]))), Value::Array(Vec::new()));
    // The record is one that would have shown it.
    let output = run(scan().args(["127.0.0.1", "-p", "1"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(starts().contains("127.0.0.1"), "{:?}", starts());
    assert!(server.stop().success());
}

//! What may be scanned, on the command line: with an engine in the process and on a server.

use crate::support::{Server, WITH_STAND_IN, eventually, json, named, netscan, run, text};
use netscan_test_support::FakeNmap;
use serde_json::{Value, json};
use std::{
    process::Output,
    time::{Duration, Instant},
};

fn said(output: &Output) -> String {
    text(&output.stderr)
}

#[test]
fn the_embedded_engine_keeps_to_the_scope() {
    let data = tempfile::tempdir().unwrap();
    let nmap = FakeNmap::new("log targets starts\n").unwrap();
    let netscan = |args: &[&str]| run(netscan(data.path()).args(args));
    let scan = |target: &str| {
        let program = nmap.program();
        let [sandbox, off, nmap] = WITH_STAND_IN;
        netscan(&["scan", target, "-p", "1", sandbox, off, nmap, program.to_str().unwrap()])
    };
    let refused = scan("198.18.0.0/31");
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    let command = "netscan scope allow 198.18.0.0/31 --note WHY";
    assert!(said(&refused).contains(command), "{}", said(&refused));
    assert!(!nmap.dir().join("starts").exists());

    let bare = netscan(&["scope", "allow", "198.18.0.0/31"]);
    assert_eq!(bare.status.code(), Some(2), "{}", said(&bare));
    assert!(said(&bare).contains("--note"), "{}", said(&bare));
    for (target, expires) in [("0.0.0.0/0", "1h"), ("::/0", "1h"), ("198.18.0.0", "yesterday")] {
        let args = ["scope", "allow", target, "--note", "all", "--expires", expires];
        assert_eq!(netscan(&args).status.code(), Some(2), "{target} {expires}");
    }
    let args = ["scope", "allow", "198.18.0.0/31", "--note", "a lab", "--expires", "8h"];
    assert!(netscan(&args).status.success());
    assert!(netscan(&["scope", "deny", "127.0.0.3"]).status.success());
    let listed = json(&netscan(&["--json", "scope", "ls"]));
    let allow = listed["allow"].as_array().unwrap().last().unwrap();
    assert_eq!((&allow["target"], &allow["note"]), (&"198.18.0.0/31".into(), &"a lab".into()));
    let table = text(&netscan(&["scope", "ls"]).stdout);
    assert!(table.contains("a lab") && table.contains("may be scanned: "), "{table}");

    // A stand-in sends nothing, wherever its targets are.
    assert_eq!(scan("198.18.0.0/31").status.code(), Some(0));
    let refused = scan("127.0.0.0/30");
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert!(said(&refused).contains("netscan scope rm 2"), "{}", said(&refused));
    assert_eq!(netscan(&["scope", "rm", "9"]).status.code(), Some(5));
    assert!(netscan(&["scope", "rm", "127.0.0.3"]).status.success());
    assert_eq!(scan("127.0.0.0/30").status.code(), Some(0));
    let doctor = text(&netscan(&["doctor"]).stdout);
    assert!(doctor.contains("scope") && doctor.contains("198.18.0.0/31"), "{doctor}");
}

#[test]
fn a_project_and_a_session_have_scopes_too() {
    let data = tempfile::tempdir().unwrap();
    let nmap = FakeNmap::new("").unwrap();
    let mut public = netscan(data.path());
    public.args(["serve", "--listen", "127.0.0.1:0", "--allow", "198.18.0.0/30"]);
    let refused = run(&mut public);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("--allow-note"), "{}", said(&refused));

    let allow = ["--allow", "198.18.0.0/30", "--allow-note", "a lab"];
    let server = Server::start_with(data.path(), Some(&nmap), &allow);
    let netscan = |args: &[&str]| run(netscan(data.path()).args(args));
    assert!(netscan(&["projects", "add", "office"]).status.success());
    let office = |args: &[&str]| netscan(&[args, &["--project", "office"]].concat());
    assert!(office(&["scope", "allow", "127.0.0.0/30"]).status.success());
    assert!(office(&["scan", "127.0.0.1", "-p", "1"]).status.success());
    let refused = office(&["scan", "127.0.0.9", "-p", "1"]);
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert!(said(&refused).contains("--project 1 --note WHY"), "{}", said(&refused));
    assert!(netscan(&["scan", "198.18.0.1", "127.0.0.9", "-p", "1"]).status.success());
    let session = netscan(&["scope", "rm", "198.18.0.0/30"]);
    assert_eq!(session.status.code(), Some(5));
    assert!(said(&session).contains("serve --allow"), "{}", said(&session));
    assert!(server.stop().success());
    // It has ended with its server.
    assert_eq!(netscan(&["scan", "198.18.0.1", "-p", "1"]).status.code(), Some(4));
}

/// Returns the scan's counts of verdicts, having looked that they add up.
fn verdicts(server: &Server, scan: u64) -> Value {
    let shown = server.get(&format!("/api/scans/{scan}"));
    let counts = shown["verdicts"].clone();
    let sum: u64 = ["up", "down", "timed_out", "unfinished", "excluded", "unresolved"]
        .iter()
        .map(|name| counts[name].as_u64().unwrap())
        .sum();
    assert_eq!(Some(sum), shown["total_targets"].as_u64(), "{counts}");
    counts
}

/// Waits until so many hosts of a scan are finished.
fn finished(server: &Server, scan: u64, count: u64) {
    eventually("the hosts before the hang", || {
        (verdicts(server, scan)["up"] == count).then_some(())
    });
}

/// Returns the first `batch_failed` of a scan, which must come within so long.
fn failed_within(server: &Server, scan: u64, longest: Duration) -> Value {
    let began = Instant::now();
    loop {
        let events = server.events(scan);
        if let Some(failed) = named(&events, "batch_failed").first() {
            return (*failed).clone();
        }
        assert!(began.elapsed() < longest, "no batch has ended: {events:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_nmap_that_runs_on_what_leaves_the_scope_is_ended_and_no_other() {
    let data = tempfile::tempdir().unwrap();
    // One finishes two of four hosts and hangs, deaf to SIGTERM; the other takes its time.
    let script = "host-group 1\nlog targets starts\n\
                  on 127.0.0.1: attempt 1: hosts 2\n\
                  on 127.0.0.1: attempt 1: ignore-term\n\
                  on 127.0.0.1: attempt 1: hang\n\
                  on 127.0.0.5: delay 8000\n";
    let nmap = FakeNmap::new(script).unwrap();
    let server = Server::start_with(data.path(), Some(&nmap), &[]);
    let scan = server.scan(&json!({
        "targets": ["127.0.0.0/29"], "nmap_flags": ["-p", "80"], "chunk_size": 4, "concurrency": 2
    }));
    finished(&server, scan, 2);
    let (status, denied) =
        server.post("/api/scope", &json!({"list": "deny", "target": "127.0.0.3"}));
    assert_eq!(status, 201, "{denied}");
    let failed = failed_within(&server, scan, Duration::from_secs(5));
    assert_eq!((&failed["reason"], &failed["salvaged_hosts"]), (&json!("out_of_scope"), &json!(2)));
    assert_eq!((&failed["will_split"], &failed["will_retry"]), (&json!(true), &json!(false)));
    let detail = failed["detail"].as_str().unwrap();
    assert!(detail.contains("127.0.0.3: entry 1 of the scope denies"), "{detail}");
    assert_eq!(server.ended(scan)["status"], "failed");
    let counts = verdicts(&server, scan);
    assert_eq!((&counts["up"], &counts["unfinished"]), (&json!(7), &json!(1)));
    let error = server.get(&format!("/api/scans/{scan}"))["error"].to_string();
    assert!(error.contains("1 of 8 targets are unfinished"), "{error}");
    assert!(error.contains("127.0.0.3: entry 1 of the scope denies"), "{error}");

    let batches = server.get(&format!("/api/scans/{scan}/batches"));
    let shown = |batch: &Value| {
        let field = |name: &str| batch[name].to_string().replace('"', "");
        ["targets", "status", "outcome", "attempt"].map(field).join(" ")
    };
    let shown: Vec<String> = batches.as_array().unwrap().iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "[127.0.0.0/30] split out_of_scope 1",
            "[127.0.0.4/30] completed complete 1",
            "[127.0.0.2] completed complete 1"
        ]
    );
    assert_eq!(std::fs::read_to_string(nmap.dir().join("starts")).unwrap().lines().count(), 3);
    assert!(server.stop().success());
    let check = run(netscan(data.path()).args(["store", "check"]));
    assert!(check.status.success(), "{}", said(&check));
}

#[test]
fn an_entry_that_expires_ends_what_runs_on_it() {
    let data = tempfile::tempdir().unwrap();
    let nmap = FakeNmap::new("host-group 1\nhosts 1\nhang\n").unwrap();
    let server = Server::start_with(data.path(), Some(&nmap), &[]);
    let in_3_s = netscan_schemas::Time::now().later_by(Duration::from_secs(3));
    let entry = json!({
        "list": "allow", "target": "198.18.0.0/30", "note": "a lab", "expires_at": in_3_s
    });
    let (status, allowed) = server.post("/api/scope", &entry);
    assert_eq!(status, 201, "{allowed}");
    // A stand-in sends nothing, wherever its targets are.
    let scan = server.scan(&json!({"targets": ["198.18.0.0/30"], "nmap_flags": ["-p", "80"]}));
    finished(&server, scan, 1);
    let failed = failed_within(&server, scan, Duration::from_secs(8));
    assert_eq!((&failed["reason"], &failed["will_split"]), (&json!("out_of_scope"), &json!(false)));
    assert_eq!(server.ended(scan)["status"], "failed");
    let counts = verdicts(&server, scan);
    assert_eq!((&counts["up"], &counts["unfinished"]), (&json!(1), &json!(3)));
    let error = server.get(&format!("/api/scans/{scan}"))["error"].to_string();
    assert!(error.contains("netscan scope allow"), "{error}");
    assert!(server.stop().success());
}

//! What may be scanned, on the command line: with an engine in the process and on a server.

use crate::support::{Server, WITH_STAND_IN, json, netscan, run, text};
use netscan_test_support::FakeNmap;
use std::process::Output;

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

//! Several commands on one data directory, and scans whose process is gone.

use crate::support::{
    Running, WITH_STAND_IN, eventually, json, listen, netscan, processes_of, run, temp, text,
};
use netscan_test_support::FakeNmap;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Starts a scan that owns the directory, and waits until its nmap runs.
fn owner(data: &Path, nmap: &FakeNmap, target: &str) -> Running {
    let mut command = netscan(data);
    command.args(["scan", target]).args(WITH_STAND_IN).arg(nmap.program());
    let owner = Running::start(&mut command);
    eventually("its socket", || data.join("netscan.sock").exists().then_some(()));
    runs(data, 1);
    owner
}

fn status(data: &Path, scan: u64) -> Option<Value> {
    let output = run(netscan(data).args(["--json", "status", &scan.to_string()]));
    output.status.success().then(|| json(&output))
}

/// Waits until an nmap of the scan runs.
fn runs(data: &Path, scan: u64) {
    eventually("a running batch", || {
        (status(data, scan)?["batches_by_state"]["running"] == 1).then_some(())
    });
}

/// Waits until a scan has found a host.
fn finds_a_host(data: &Path) {
    eventually("a host", || (status(data, 1)?["verdicts"]["up"] == 1).then_some(()));
}

/// Leaves scan 1 behind as a process leaves it that is killed, with one of four hosts found.
fn interrupted(data: &Path, nmap: &FakeNmap) {
    nmap.follow("host-group 1\nhosts 1\nhang\n").unwrap();
    let mut owner = owner(data, nmap, "127.0.0.0/30");
    finds_a_host(data);
    owner.signal(Signal::KILL);
    owner.output();
    eventually("the end of its nmap", || processes_of(&nmap.program()).is_empty().then_some(()));
}

#[test]
fn a_scan_that_has_ended_waits_for_those_that_joined_its_process() {
    let data = temp();
    let script = "on 127.0.0.1: delay 1500\non 127.0.0.2: delay 4000\n";
    let nmap = FakeNmap::new(script).unwrap();
    let first = owner(data.path(), &nmap, "127.0.0.1");
    let second = run(netscan(data.path()).args(["--json", "scan", "127.0.0.2"]));
    assert_eq!(second.status.code(), Some(0), "{}", text(&second.stderr));
    assert_eq!(json(&second)["scan"]["status"], "completed");
    let first = first.output();
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let said = text(&first.stderr);
    assert!(said.contains("1 other scan still runs in this process"), "{said}");
    assert!(text(&first.stdout).contains("scan 1 completed"), "its own result comes first");
}

#[test]
fn ctrl_c_ends_the_wait_for_others() {
    let data = temp();
    let script = "on 127.0.0.1: delay 1500\non 127.0.0.2: hang\n";
    let nmap = FakeNmap::new(script).unwrap();
    let mut first = owner(data.path(), &nmap, "127.0.0.1");
    let second = Running::start(netscan(data.path()).args(["scan", "127.0.0.2"]));
    runs(data.path(), 2);
    eventually("the first scan's end", || {
        (status(data.path(), 1)?["status"] == "completed").then_some(())
    });
    first.signal(Signal::INT);
    let first = first.output();
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let second = second.output();
    assert_eq!(second.status.code(), Some(3), "{}", text(&second.stderr));
    let view = status(data.path(), 2).unwrap();
    assert_eq!((&view["status"], &view["is_live"]), (&json!("running"), &json!(false)));
}

#[test]
fn a_command_says_soon_that_the_process_of_its_scan_is_gone() {
    let data = temp();
    let nmap = FakeNmap::new("hang\n").unwrap();
    let mut first = owner(data.path(), &nmap, "127.0.0.1");
    let second = Running::start(netscan(data.path()).args(["scan", "127.0.0.2"]));
    runs(data.path(), 2);
    first.signal(Signal::KILL);
    let killed = Instant::now();
    let second = second.output();
    assert!(killed.elapsed() < Duration::from_secs(6), "{:?}", killed.elapsed());
    assert_eq!(second.status.code(), Some(3));
    let said = text(&second.stderr);
    assert!(said.contains("the process that ran scan 2 is gone"), "{said}");
    assert!(said.contains("netscan serve") && said.contains("netscan stop 2"), "{said}");
}

#[test]
fn a_scan_is_not_left_to_a_process_that_ends_with_its_own() {
    let data = temp();
    let nmap = FakeNmap::new("hang\n").unwrap();
    let _first = owner(data.path(), &nmap, "127.0.0.1");
    let detached = run(netscan(data.path()).args(["scan", "127.0.0.2", "--detach"]));
    assert_eq!(detached.status.code(), Some(2), "{}", text(&detached.stdout));
    let said = text(&detached.stderr);
    assert!(said.contains("netscan serve") && said.contains("process"), "{said}");
    let scans = json(&run(netscan(data.path()).args(["--json", "ls"])));
    assert_eq!(scans.as_array().unwrap().len(), 1);
}

#[test]
fn an_interrupted_scan_is_shown_as_such() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    interrupted(data.path(), &nmap);
    let listed = text(&run(netscan(data.path()).arg("ls")).stdout);
    let row = listed.lines().nth(1).unwrap();
    assert!(row.contains("interrupted") && !row.contains("running"), "{listed}");
    assert!(!row.ends_with('s'), "it takes no time any more: {listed}");
    let shown = text(&run(netscan(data.path()).args(["status", "1"])).stdout);
    assert!(shown.contains("interrupted") && shown.contains("netscan stop 1"), "{shown}");
    let view = status(data.path(), 1).unwrap();
    assert_eq!((&view["status"], &view["is_live"]), (&json!("running"), &json!(false)));
    for command in ["pause", "resume"] {
        let output = run(netscan(data.path()).args([command, "1"]));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("netscan serve") && said.contains("netscan stop 1"), "{said}");
    }
    let watched = run(netscan(data.path()).args(["watch", "1"]));
    assert_eq!(watched.status.code(), Some(3), "{}", text(&watched.stderr));
    assert!(text(&watched.stdout).contains("host 127.0.0.0"), "{}", text(&watched.stdout));
    assert!(text(&watched.stderr).contains("interrupted"), "{}", text(&watched.stderr));
}

#[test]
fn an_interrupted_scan_is_stopped_without_an_nmap() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    interrupted(data.path(), &nmap);
    // There is none in an empty path.
    let stopped = run(netscan(data.path()).env("PATH", "").args(["stop", "1"]));
    assert_eq!(stopped.status.code(), Some(0), "{}", text(&stopped.stderr));
    assert!(text(&stopped.stdout).contains("scan 1 is stopped"), "{}", text(&stopped.stdout));
    let view = status(data.path(), 1).unwrap();
    assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("stopped"), &json!(1)));
    let watched = run(netscan(data.path()).args(["watch", "1"]));
    let events = text(&watched.stdout);
    assert_eq!(watched.status.code(), Some(3), "{events}");
    assert!(events.contains("scan stopping"), "{events}");
    assert_eq!(events.matches("starts:").count(), 1, "one attempt: {events}");
    let again = run(netscan(data.path()).args(["stop", "1"]));
    assert_eq!(again.status.code(), Some(1), "it has ended");
}

#[test]
fn a_request_to_end_stops_a_scan_and_shows_what_was_found() {
    let data = temp();
    let nmap = FakeNmap::new("host-group 1\nhosts 1\nhang\n").unwrap();
    let mut scan = owner(data.path(), &nmap, "127.0.0.0/30");
    finds_a_host(data.path());
    scan.signal(Signal::TERM);
    let output = scan.output();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("127.0.0.0") && shown.contains("scan 1 stopped"), "{shown}");
}

#[test]
fn a_scan_that_is_killed_has_ended() {
    let data = temp();
    let nmap = FakeNmap::new("ignore-term\nline ready\nhang\n").unwrap();
    let mut scan = owner(data.path(), &nmap, "127.0.0.1");
    eventually("that it ignores SIGTERM", || {
        let events = run(netscan(data.path()).args(["raw", "1", "stdout"]));
        text(&events.stdout).contains("ready").then_some(())
    });
    scan.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    scan.signal(Signal::INT);
    let output = scan.output();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    let view = status(data.path(), 1).unwrap();
    assert_eq!(view["status"], "stopped");
}

#[test]
fn a_server_whose_port_is_taken_touches_no_scan() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    interrupted(data.path(), &nmap);
    let (_taken, port) = listen("127.0.0.1");
    let address = format!("127.0.0.1:{port}");
    let mut serve = netscan(data.path());
    serve.args(["serve", "--listen", &address, "--auth", "none"]).args(WITH_STAND_IN);
    serve.arg(nmap.program());
    let refused = run(&mut serve);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains(&address), "{}", text(&refused.stderr));
    let events = text(&run(netscan(data.path()).args(["watch", "1"])).stdout);
    assert!(!events.contains("recovered"), "{events}");
}

#[test]
fn a_scan_that_joins_says_what_of_its_flags_is_ignored() {
    let data = temp();
    let nmap = FakeNmap::new("on 127.0.0.1: hang\n").unwrap();
    let mut first = owner(data.path(), &nmap, "127.0.0.1");
    let joined = ["scan", "127.0.0.2", "--nmap", "/bin/sh", "--slots", "3"];
    let second = run(netscan(data.path()).args(joined));
    assert_eq!(second.status.code(), Some(0), "{}", text(&second.stderr));
    let said = text(&second.stderr);
    assert!(said.contains(&format!("ignored: process {}", first.pid())), "{said}");
    first.signal(Signal::KILL);
    let none = run(netscan(data.path()).args(["scan", "127.0.0.2", "--slots", "0"]));
    assert_eq!(none.status.code(), Some(2), "{}", text(&none.stderr));
}

#[test]
fn a_rescan_needs_no_server() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    interrupted(data.path(), &nmap);
    nmap.follow("").unwrap();
    let path = nmap.dir();
    assert_eq!(run(netscan(data.path()).args(["stop", "1"])).status.code(), Some(0));
    let rescan =
        run(netscan(data.path()).env("PATH", path).args(["--sandbox", "off", "rescan", "1"]));
    assert_eq!(rescan.status.code(), Some(0), "{}", text(&rescan.stderr));
    assert!(text(&rescan.stderr).contains("runs in this process"), "{}", text(&rescan.stderr));
    let shown = text(&rescan.stdout);
    assert!(shown.contains("127.0.0.3") && shown.contains("scan 2 completed"), "{shown}");
    assert!(shown.contains("3 targets"), "those without a verdict: {shown}");
    let missing = run(netscan(data.path()).args(["rescan", "7"]));
    assert_eq!(missing.status.code(), Some(5), "{}", text(&missing.stderr));
}

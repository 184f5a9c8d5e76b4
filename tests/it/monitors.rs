//! Many monitors of one scan: `ws-load` checks that each gets every event once and in order.

use crate::support::{Server, temp};
use netscan_test_support::{FakeNmap, binary};
use serde_json::{Value, json};
use std::process::Command;

/// Runs clients against a scan, and returns what they counted.
fn load(server: &Server, scan: u64, args: &[&str]) -> Value {
    let (address, scan) = (server.base.trim_start_matches("http://"), scan.to_string());
    let mut command = Command::new(binary("ws-load").unwrap());
    let output = command.args([address, &scan]).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn monitors_that_read_stall_and_come_and_go_lose_nothing_and_hold_up_nothing() {
    const LINES: u64 = 20_000;
    let data = temp();
    let nmap = FakeNmap::new(&format!("delay 1000\nlines {LINES}\n")).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&json!({"targets": ["127.0.0.1"]}));
    let args = ["--clients", "60", "--since", "0", "--stalled", "10", "--flapping", "20"];
    // Live, and then the same from the store alone.
    for _ in 0..2 {
        let counted = load(&server, scan, &args);
        // Those that stall have read a few as well.
        assert!(counted["lines"].as_u64().unwrap() >= 50 * LINES, "{counted}");
        assert!(counted["resumed"].as_u64().unwrap() > 20, "{counted}");
        assert_eq!(counted["unfinished"], 0, "{counted}");
        server.ended(scan);
    }
}

//! What a crash of the server costs: nothing that was durable.

use crate::support::{Server, eventually, named, processes_of, temp};
use netscan_test_support::FakeNmap;
use rustix::process::Signal;
use serde_json::json;

/// Each start reports two hosts and then hangs, until the script is replaced.
const SLOW: &str = "host-group 1\nhosts 2\nhang\n";

fn start_slow_scan(server: &Server) -> u64 {
    let request = json!({"targets": ["127.0.4.0/27"], "chunk_size": 8, "concurrency": 2});
    let scan = server.scan(&request);
    eventually("four hosts", || {
        let up = server.get(&format!("/api/scans/{scan}"))["verdicts"]["up"].as_u64();
        (up == Some(4)).then_some(())
    });
    scan
}

#[test]
fn a_killed_server_leaves_no_nmap_and_its_scans_go_on_with_the_next_start() {
    let data = temp();
    let nmap = FakeNmap::new(SLOW).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = start_slow_scan(&server);
    let before = server.events(scan);
    server.kill();
    eventually("the end of every nmap", || processes_of(&nmap.program()).is_empty().then_some(()));

    nmap.follow("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(32)));
    let events = server.events(scan);
    assert_eq!(events[..before.len()], before, "what was seen stays");
    assert_eq!(named(&events, "scan_recovered").len(), 1);
    assert_eq!(named(&events, "scan_recovered")[0]["kept_hosts"], 4);
    let mut hosts: Vec<String> =
        named(&events, "host").iter().map(|event| event["address"].to_string()).collect();
    let all = hosts.len();
    hosts.sort();
    hosts.dedup();
    assert_eq!((all, hosts.len()), (32, 32), "each host once");
    let batches = server.get(&format!("/api/scans/{scan}/batches"));
    let interrupted = &batches.as_array().unwrap()[0]["id"];
    let batch = server.get(&format!("/api/batches/{interrupted}"));
    assert_eq!(batch["attempts"][0]["ending"], "lost");
    assert_eq!(batch["attempts"][0]["salvaged_hosts"], 2);
}

#[test]
fn a_server_that_is_asked_to_end_does_so_cleanly_and_goes_on_later() {
    let data = temp();
    let nmap = FakeNmap::new(SLOW).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = start_slow_scan(&server);
    assert_eq!(server.stop().code(), Some(0));
    assert_eq!(processes_of(&nmap.program()), [0u32; 0]);

    nmap.follow("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    assert_eq!(server.ended(scan)["verdicts"]["up"], 32);
}

#[test]
fn a_hang_up_interrupts_nothing() {
    let data = temp();
    let nmap = FakeNmap::new(SLOW).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = start_slow_scan(&server);
    server.signal(Signal::HUP);
    let running = processes_of(&nmap.program());
    assert_eq!(running.len(), 2);
    assert_eq!(server.get(&format!("/api/scans/{scan}"))["status"], "running");
}

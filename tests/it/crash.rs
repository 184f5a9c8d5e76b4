//! What a crash of the server costs: nothing that was durable.

use crate::support::{
    Server, WITH_STAND_IN, eventually, named, netscan, processes_of, run, temp, text,
};
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
fn a_start_that_fails_touches_no_scan() {
    let data = temp();
    let nmap = FakeNmap::new(SLOW).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = start_slow_scan(&server);
    server.kill();
    // Where its token should be is a directory.
    std::fs::create_dir(data.path().join("admin.token")).unwrap();
    let mut serve = netscan(data.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]).args(WITH_STAND_IN).arg(nmap.program());
    let failed = run(&mut serve);
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed.stderr));
    assert!(text(&failed.stderr).contains("admin.token"), "{}", text(&failed.stderr));

    nmap.follow("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    assert_eq!(server.ended(scan)["verdicts"]["up"], 32);
    assert_eq!(named(&server.events(scan), "scan_recovered").len(), 1);
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

/// Nothing tells a batch that ends its server from one that was only there each time, so one that
/// finished nothing under five servers in a row is split, and only a host that is alone in its batch
/// is given up, after five more.
#[test]
fn a_host_that_was_being_scanned_when_server_after_server_went_down_is_given_up() {
    let data = temp();
    let nmap = FakeNmap::new("on 127.0.5.9: hang\n").unwrap();
    let mut server = Server::start(data.path(), Some(&nmap));
    let request = json!({"targets": ["127.0.5.0/28"], "chunk_size": 4, "concurrency": 2});
    let scan = server.scan(&request);
    // Five times among four, five times alone, ten times alone with flags that end.
    let mut starts = 0;
    for round in 1..=20 {
        starts = eventually("the next attempt at its batch", || {
            let events = server.events(scan);
            let has_it = |event: &&serde_json::Value| {
                let targets = event["targets"].as_array().unwrap();
                targets
                    .iter()
                    .any(|target| ["127.0.5.8/30", "127.0.5.9"].contains(&target.as_str().unwrap()))
            };
            let now = named(&events, "batch_start").into_iter().filter(has_it).count();
            (now > starts).then_some(now)
        });
        assert_eq!(server.get(&format!("/api/scans/{scan}"))["status"], "running", "{round}");
        server.kill();
        server = Server::start(data.path(), Some(&nmap));
    }
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["unfinished"]), (&json!("failed"), &json!(1)));
    let events = server.events(scan);
    let last = named(&events, "batch_failed").pop().unwrap();
    assert_eq!((&last["reason"], &last["will_retry"]), (&json!("lost"), &json!(false)));
    let difficult = server.get(&format!("/api/targets/difficult?scan={scan}"));
    assert_eq!(difficult.as_array().unwrap().len(), 1);
    assert_eq!(difficult[0]["address"], "127.0.5.9");
    assert_eq!(processes_of(&nmap.program()), [0u32; 0]);
}

#[test]
fn the_smaller_batches_of_an_actor_that_fails_behind_its_split_are_scanned() {
    let data = temp();
    let nmap = FakeNmap::new("on 127.0.7.3: signal 11\n").unwrap();
    // The first end is that of a try which is made again, the second one that of the split.
    let scan = netscan(data.path())
        .env("NETSCAN_FAIL_AT", "batch-settled:2:panic")
        .args(["scan", "127.0.7.0/29", "--chunk-size", "8"])
        .args(WITH_STAND_IN)
        .arg(nmap.program())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&scan.stderr);
    assert!(said.contains("fail point `batch-settled`"), "{said}");
    let server = Server::start(data.path(), Some(&nmap));
    let view = server.get("/api/scans/1");
    let verdicts = &view["verdicts"];
    assert_eq!((&verdicts["up"], &verdicts["unfinished"]), (&json!(7), &json!(1)), "{view}");
    let batches = server.get("/api/scans/1/batches");
    let open = |batch: &&serde_json::Value| batch["status"] == "queued";
    assert_eq!(batches.as_array().unwrap().iter().filter(open).count(), 0, "{batches}");
}

#[test]
fn ports_that_were_announced_before_a_crash_are_kept_and_labelled() {
    let data = temp();
    let script = "line Discovered open port 443/tcp on 127.0.6.1\nhang\n";
    let nmap = FakeNmap::new(script).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&json!({"targets": ["127.0.6.1"]}));
    eventually("the line", || {
        let events = server.events(scan);
        events.iter().any(|event| event["event"] == "line").then_some(())
    });
    // Output is written at least every two seconds.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    server.kill();

    let server = Server::start(data.path(), Some(&nmap));
    let host = eventually("the recovery", || {
        server.get(&format!("/api/scans/{scan}/hosts")).as_array().unwrap().first().cloned()
    });
    assert_eq!((&host["verdict"], &host["status"]), (&json!("unfinished"), &json!("unknown")));
    let announced = json!([{"protocol": "tcp", "number": 443}]);
    assert_eq!(host["provisional_ports"], announced);
    nmap.follow("open 80\n").unwrap();
    server.kill();
    let server = Server::start(data.path(), Some(&nmap));
    server.ended(scan);
    let hosts = server.get(&format!("/api/scans/{scan}/hosts"));
    assert_eq!((&hosts[0]["verdict"], &hosts[0]["provisional_ports"]), (&json!("up"), &json!([])));
}

#[test]
fn an_actor_that_failed_shows_in_the_supervision_tree_with_its_cause() {
    let data = temp();
    let nmap = FakeNmap::new("hang\n").unwrap();
    let server = Server::start_failing(data.path(), &nmap, "scan-cut:2:panic");
    let scan =
        server.scan(&json!({"targets": ["127.0.8.0/30"], "chunk_size": 1, "concurrency": 2}));
    let tree = eventually("the restart", || {
        let tree = server.get("/api/system/supervision");
        let engine = &tree["nodes"][0];
        let of_scan = engine["children"].as_array()?.iter().find(|child| child["id"] == scan)?;
        let is_back = of_scan["restarts"] == 1 && of_scan["state"] == "running";
        is_back.then_some(tree)
    });
    assert_eq!(
        (&tree["restarts_total"], &tree["restarts"][0]["kind"]),
        (&json!(1), &json!("scan"))
    );
    assert_eq!(tree["restarts"][0]["id"], scan, "{tree}");
    let cause = tree["restarts"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("fail point `scan-cut`"), "{cause}");
    server.post(&format!("/api/scans/{scan}/stop"), &json!({}));
    server.ended(scan);
}

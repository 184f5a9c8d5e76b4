//! `netscan serve` as its clients see it.

use crate::support::{
    Server, check_order, eventually, listen, named, netscan, processes_of, run, temp, text,
};
use netscan_test_support::FakeNmap;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

#[test]
fn clients_of_the_python_system_find_what_they_know() {
    let data = temp();
    let server = Server::start(data.path(), None);
    let (_listener, port) = listen("127.0.0.1");
    let project = json!({"name": "Office", "description": "of the seed"});
    let (status, project) = server.post("/api/projects", &project);
    assert_eq!(status, 201, "{project}");
    assert_eq!(server.post("/api/projects", &json!({"name": "Office"})).0, 409);

    let (status, started) = server.post(
        "/api/scans/start",
        &json!({
            "project_id": project["id"],
            "nmap_flags": ["-T4", "-Pn", "-sT", format!("-p{port}")],
            "targets": ["127.0.0.1", "127.0.0.2-3"],
            "chunk_size": 2,
            "concurrency": 2,
            "runner": "asyncio",
            "mtu": 1500,
        }),
    );
    assert_eq!((status, &started["status"]), (200, &json!("started")), "{started}");
    let warnings = started["warnings"].to_string();
    assert!(warnings.contains("runner") && warnings.contains("mtu"), "{warnings}");
    let scan = started["scan_id"].as_u64().unwrap();
    let events = server.watch(scan, Some(0)).until("scan_complete");
    check_order(&events);
    for event in named(&events, "batch_start") {
        assert!(event["targets"].is_array() && event["batch_id"].is_u64(), "{event}");
    }
    for event in named(&events, "line") {
        assert!(event["line"].is_string() && event["batch_id"].is_u64(), "{event}");
    }
    let found: u64 = named(&events, "batch_complete")
        .iter()
        .map(|event| event["summary"]["hosts_up"].as_u64().unwrap())
        .sum();
    assert_eq!(found, 3);

    let scans = server.get(&format!("/api/projects/{}/scans", project["id"]));
    assert_eq!((&scans[0]["id"], &scans[0]["status"]), (&json!(scan), &json!("completed")));
    let batches = server.get(&format!("/api/scans/{scan}/batches"));
    assert_eq!(batches.as_array().unwrap().len(), 2);
    let hosts = server.get(&format!("/api/scans/{scan}/hosts"));
    let first = hosts.as_array().unwrap().iter().find(|host| host["address"] == "127.0.0.1");
    let first = server.get(&format!("/api/hosts/{}", first.unwrap()["id"]));
    assert_eq!(first["ports"][0]["port_number"], port);
    assert_eq!(first["ports"][0]["state"], "open");
    let expanded = server.post("/api/targets/expand", &json!({"targets": ["127.0.0.0/30"]})).1;
    assert_eq!(expanded["total"], 4);
    let history = server.get("/api/targets/127.0.0.1/history");
    assert_eq!(history[0]["id"], scan);

    let (status, ran) = server.post(
        "/api/nmap/run",
        &json!({"flags": ["-sT", format!("-p{port}")], "targets": ["127.0.0.1"]}),
    );
    assert_eq!(status, 200, "{ran}");
    assert!(ran["stdout"].as_str().unwrap().contains("Nmap scan report"), "{ran}");
    assert_eq!(ran["exit_code"], 0);
}

#[test]
fn every_watcher_sees_every_event_once_and_in_order() {
    let data = temp();
    let nmap = FakeNmap::new("lines 200 a line of output\nhost-group 1\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let request = json!({"targets": ["127.0.1.0/27"], "chunk_size": 2, "concurrency": 4});
    let scan = server.scan(&request);
    let watchers: Vec<_> = (0..8)
        .map(|number| {
            let since = if number % 2 == 0 { Some(0) } else { Some(number * 100) };
            let mut watcher = server.watch(scan, since);
            std::thread::spawn(move || (since, watcher.until("scan_complete")))
        })
        .collect();
    server.ended(scan);
    let stored = server.events(scan);
    assert_eq!(named(&stored, "batch_complete").len(), 16);
    assert!(named(&stored, "line").len() >= 16 * 200);
    for watcher in watchers {
        let (since, seen) = watcher.join().unwrap();
        let from = usize::try_from(since.unwrap()).unwrap();
        assert_eq!(seen, stored[from..], "since {from}");
    }
    let late = server.watch(scan, Some(0)).until("scan_complete");
    assert_eq!(late, stored);
}

#[test]
fn raw_output_is_what_nmap_wrote() {
    let data = temp();
    let nmap = FakeNmap::new("line first\nline second\nstderr a warning\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&json!({"targets": ["127.0.0.1"]}));
    server.ended(scan);
    let batch = server.get(&format!("/api/scans/{scan}/batches"))[0]["id"].clone();
    let view = server.get(&format!("/api/batches/{batch}"));
    let raw = &view["attempts"][0]["raw"];
    for stream in ["xml", "stdout", "stderr"] {
        let (status, _, body) = server.get_raw(&format!("/api/batches/{batch}/raw/{stream}"));
        assert_eq!(status, 200);
        assert_eq!(raw[stream]["bytes"], body.len() as u64);
        assert_eq!(raw[stream]["blake3"], blake3::hash(&body).to_hex().to_string());
    }
    let (_, _, stdout) = server.get_raw(&format!("/api/batches/{batch}/raw/stdout"));
    assert!(text(&stdout).contains("first\nsecond\n"), "{}", text(&stdout));
    let (status, kind, _) = server.get_raw("/api/batches/4711/raw/xml");
    assert_eq!((status, kind.as_str()), (404, "application/problem+json"));
}

#[test]
fn a_stop_ends_every_nmap_within_seconds_and_keeps_what_was_found() {
    let data = temp();
    let nmap = FakeNmap::new("host-group 1\nhosts 1\nignore-term\nhang\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let request = json!({"targets": ["127.0.2.0/26"], "chunk_size": 8, "concurrency": 4});
    let scan = server.scan(&request);
    eventually("four hosts", || {
        let up = server.get(&format!("/api/scans/{scan}"))["verdicts"]["up"].as_u64();
        (up >= Some(4)).then_some(())
    });
    assert_eq!(processes_of(&nmap.program()).len(), 4);
    let asked = Instant::now();
    let (status, answer) = server.post(&format!("/api/scans/{scan}/stop"), &json!({}));
    assert_eq!((status, &answer["status"]), (200, &json!("stopping")), "{answer}");
    let view = server.ended(scan);
    // The promise is three seconds; SIGTERM is ignored here, so it takes the SIGKILL.
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(processes_of(&nmap.program()), [0u32; 0]);
    assert_eq!(view["status"], "stopped");
    assert_eq!(view["verdicts"]["up"], 4);
    assert_eq!(view["verdicts"]["unfinished"], 60);
    let (status, problem) = server.post(&format!("/api/scans/{scan}/stop"), &json!({}));
    assert_eq!((status, &problem["code"]), (409, &json!("scan-already-ended")));
}

#[test]
fn nmap_killed_in_the_middle_is_told_and_only_the_rest_is_scanned_again() {
    let data = temp();
    let nmap = FakeNmap::new("attempt 1: host-group 1\nattempt 1: hosts 3\nattempt 1: hang\n");
    let nmap = nmap.unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let request = json!({"targets": ["127.0.3.0/29"], "policy": {"backoff_ms": 10}});
    let scan = server.scan(&request);
    eventually("three hosts", || {
        let up = server.get(&format!("/api/scans/{scan}"))["verdicts"]["up"].as_u64();
        (up == Some(3)).then_some(())
    });
    for pid in processes_of(&nmap.program()) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(8)));
    let batch = server.get(&format!("/api/scans/{scan}/batches"))[0]["id"].clone();
    let batch = server.get(&format!("/api/batches/{batch}"));
    assert_eq!(batch["attempts"][0]["ending"], "crashed");
    assert_eq!(batch["attempts"][0]["signal"], 9);
    assert_eq!(batch["attempts"][0]["salvaged_hosts"], 3);
    assert_eq!(batch["attempts"][1]["targets"], json!(["127.0.3.3-7"]));
    let events = server.events(scan);
    let failed = named(&events, "batch_failed");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["reason"], "crashed");
    assert_eq!(named(&events, "host").len(), 8, "no host twice");
}

#[test]
fn an_unknown_scan_is_closed_with_its_own_code() {
    let data = temp();
    let server = Server::start(data.path(), None);
    assert_eq!(server.watch(4711, None).close_code(), 4404);
}

#[test]
fn a_server_that_goes_down_says_so_to_its_watchers() {
    let data = temp();
    let nmap = FakeNmap::new("hang\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&json!({"targets": ["127.0.0.1"]}));
    let mut watcher = server.watch(scan, Some(0));
    watcher.until("batch_start");
    let status = server.stop();
    assert_eq!(watcher.close_code(), 1001);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_command_line_talks_to_the_server_that_owns_the_directory() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&json!({"targets": ["127.0.0.1"], "name": "by the server"}));
    server.ended(scan);
    let listed = run(netscan(data.path()).args(["--json", "ls"]));
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed.stderr));
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["name"], "by the server");
    let scanned = run(netscan(data.path()).args(["--json", "scan", "127.0.0.9"]));
    assert_eq!(scanned.status.code(), Some(0), "{}", text(&scanned.stderr));
    assert_eq!(server.get("/api/scans").as_array().unwrap().len(), 2);
    let detached = run(netscan(data.path()).args(["scan", "127.0.0.9", "--detach"]));
    assert_eq!(detached.status.code(), Some(0), "{}", text(&detached.stderr));
    let second = run(netscan(data.path()).args(["serve", "--listen", "127.0.0.1:0"]));
    assert_eq!(second.status.code(), Some(6), "{}", text(&second.stderr));
}

#[test]
fn a_network_of_sixteen_million_addresses_is_accepted_as_it_stands() {
    let data = temp();
    let nmap = FakeNmap::new("hang\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    // The stand-in sends nothing, whatever the addresses are.
    let scan = server.scan(&json!({"targets": ["127.0.0.0/8"], "concurrency": 2}));
    let view = server.get(&format!("/api/scans/{scan}"));
    assert_eq!(view["total_targets"], 16_777_216);
    let (status, problem) = server.post("/api/scans", &json!({"targets": ["127.0.0.0/8", "::1"]}));
    assert_eq!((status, &problem["code"]), (422, &json!("too-many-targets")), "{problem}");
    server.post(&format!("/api/scans/{scan}/stop"), &json!({}));
    assert_eq!(server.ended(scan)["verdicts"]["unfinished"], 16_777_216);
}

#[test]
fn malformed_requests_get_problems_and_never_a_fault() {
    let data = temp();
    let server = Server::start(data.path(), None);
    let bodies: [(&str, &str, u64, &str); 15] = [
        ("/api/scans", "{", 400, "bad-request"),
        ("/api/scans", "[]", 400, "bad-request"),
        ("/api/scans", "{}", 422, "invalid-target"),
        ("/api/scans", r#"{"targets": "127.0.0.1"}"#, 422, "invalid-value"),
        ("/api/scans", r#"{"targets": ["127.0.0.1"], "colour": 1}"#, 422, "unknown-field"),
        ("/api/scans", r#"{"targets": ["127.0.0.1"], "chunk_size": 0}"#, 422, "invalid-value"),
        ("/api/scans", r#"{"targets": ["127.0.0.1"], "chunk_size": -1}"#, 422, "invalid-value"),
        ("/api/scans", r#"{"targets": ["127.0.0.1"], "policy": {"x": 1}}"#, 422, "unknown-field"),
        ("/api/scans", r#"{"targets": ["-oN/tmp/x"]}"#, 422, "invalid-target"),
        (
            "/api/scans",
            r#"{"targets": ["127.0.0.1"], "nmap_flags": ["-oX", "/x"]}"#,
            422,
            "flag-refused",
        ),
        ("/api/scans", r#"{"targets": ["127.0.0.1"], "project_id": 4711}"#, 404, "not-found"),
        ("/api/projects", r#"{"name": ""}"#, 422, "invalid-value"),
        ("/api/projects", r#"{"name": 7}"#, 422, "invalid-value"),
        ("/api/scans/1/stop", "{}", 404, "not-found"),
        ("/api/nowhere", "{}", 404, "not-found"),
    ];
    for (path, body, status, code) in bodies {
        let (got, problem) = server.post_text(path, body);
        assert_eq!((u64::from(got), &problem["code"]), (status, &json!(code)), "{path} {body}");
        assert!(problem["request_id"].is_string(), "{problem}");
    }
    let paths = [
        ("/api/scans/0", 404),
        ("/api/scans/x", 404),
        ("/api/scans/99999999999999999999999", 404),
        ("/api/scans?limit=0", 422),
        ("/api/scans?limit=1001", 422),
        ("/api/scans?cursor=x", 422),
        ("/api/scans?status=asleep", 422),
        ("/api/batches/1/raw/xml", 404),
        ("/api/batches/1/raw/%2e%2e", 404),
        ("/api/targets/nowhere/history", 422),
        ("/api/projects/7/scans", 404),
        ("/api/scans/start", 405),
    ];
    for (path, status) in paths {
        let (got, kind, body) = server.get_raw(path);
        assert_eq!(got, status, "{path}: {}", text(&body));
        assert_eq!(kind, "application/problem+json", "{path}");
    }
    assert_eq!(server.get("/api/scans"), json!([]), "nothing of it was kept");
}

#[test]
fn pages_of_other_sites_and_other_names_are_turned_away() {
    let data = temp();
    let server = Server::start(data.path(), None);
    let own = server.base.trim_start_matches("http://").to_owned();
    let ask = |method: &str, headers: &[(&str, &str)]| {
        let mut request = format!("{method} /api/projects HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("Content-Length: 0\r\n\r\n");
        let mut stream = TcpStream::connect(&own).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(ask("GET", &[("Host", &own)]), "200");
    assert_eq!(ask("GET", &[("Host", "evil.example")]), "421");
    assert_eq!(ask("POST", &[("Host", &own), ("Origin", "http://evil.example")]), "403");
    // Its own page gets as far as the body, which is empty.
    assert_eq!(ask("POST", &[("Host", &own), ("Origin", &server.base)]), "422");
}

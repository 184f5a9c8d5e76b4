//! `POST /api/nmap/run`: one nmap that its client waits for.

use crate::support::{Server, eventually, temp};
use netscan_test_support::FakeNmap;
use serde_json::json;
use std::{io::Write, net::TcpStream};

#[test]
fn a_client_that_goes_away_stops_its_run() {
    let data = temp();
    let nmap = FakeNmap::new("host-group 1\nhosts 1\nhang\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let place = server.base.trim_start_matches("http://");
    let body = r#"{"targets": ["127.0.0.0/30"]}"#;
    let mut client = TcpStream::connect(place).unwrap();
    let length = body.len();
    write!(
        client,
        "POST /api/nmap/run HTTP/1.1\r\nHost: {place}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let scan = eventually("its host", || {
        let scans = server.get("/api/scans");
        (scans[0]["verdicts"]["up"] == 1).then(|| scans[0]["id"].as_u64().unwrap())
    });
    drop(client);
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("stopped"), &json!(1)));
}

#[test]
fn a_run_is_one_nmap_of_a_bounded_size() {
    let data = temp();
    // A batch that fails would be split, were it a scan.
    let nmap = FakeNmap::new("on 127.0.16.0: die 1\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let run = |body| server.post("/api/nmap/run", &body);
    let (status, problem) = run(json!({"targets": ["127.0.0.0/20", "127.0.16.0"]}));
    assert_eq!((status, &problem["code"]), (422, &json!("too-many-targets")), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("4097") && detail.contains("4096"), "{detail}");
    assert!(detail.contains("POST /api/scans"), "{detail}");
    let (status, problem) = run(json!({"targets": ["127.0.0.1", "::1"]}));
    assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("two-families")), "{problem}");
    assert_eq!(server.get("/api/scans"), json!([]), "nothing of it was started");
    assert_eq!(server.get("/api/system")["limits"]["run_addresses_max"], 4096);

    let (status, problem) = run(json!({"targets": ["127.0.16.0/30"]}));
    assert_eq!((status, &problem["code"]), (500, &json!("nmap-failed")), "{problem}");
    let (status, answer) = run(json!({"targets": ["127.0.0.0/20"]}));
    assert_eq!((status, answer["hosts"].as_array().map(Vec::len)), (200, Some(4096)));
    for scan in [1, 2] {
        let batches = server.get(&format!("/api/scans/{scan}/batches"));
        assert_eq!(batches.as_array().unwrap().len(), 1, "{batches}");
    }
}

#[test]
fn a_refused_flag_is_pointed_at_where_it_was_written() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    for name in ["flags", "nmap_flags"] {
        let body = json!({name: ["-F", "-oN", "/x"], "targets": ["127.0.0.1"]});
        let (status, problem) = server.post("/api/nmap/run", &body);
        assert_eq!((status, &problem["code"]), (422, &json!("flag-refused")), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{name}/1"), "{problem}");
    }
    let both = json!({"flags": ["-F"], "nmap_flags": ["-F"], "targets": ["127.0.0.1"]});
    let (status, problem) = server.post("/api/nmap/run", &both);
    assert_eq!((status, &problem["code"]), (422, &json!("invalid-value")), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("give one of them"), "{detail}");
    assert_eq!(problem["errors"][1]["pointer"], "/flags");
}

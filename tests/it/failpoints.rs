//! Each fail point is come by: armed, it kills the server; the next start finishes the scan.

use crate::support::{Server, WITH_STAND_IN, eventually, netscan, temp};
use netscan_store::failpoint::{IN_RECOVERY, NAMES, VARIABLE};
use netscan_test_support::FakeNmap;
use rustix::process::Signal;
use serde_json::json;
use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Stdio},
};

/// Starts a server that is to die, gives it a scan if it lives long enough, and waits for its end.
fn dies_at(point: &str, data: &Path, nmap: &FakeNmap, with_scan: bool) {
    let mut server = netscan(data)
        .args(["serve", "--listen", "127.0.0.1:0", "--auth", "none"])
        .args(WITH_STAND_IN)
        .arg(nmap.program())
        .env(VARIABLE, point)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    if with_scan && let Some(Ok(line)) = lines.next() {
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = format!("{}/api/scans", base.expect("a URL"));
        // Whether it is answered before the server dies is another question.
        let _ = ureq::post(&url)
            .send_json(json!({"targets": ["127.0.5.0/29"], "chunk_size": 4, "concurrency": 1}));
    }
    let status = ends(&mut server, point);
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{point}: {status}");
}

fn ends(server: &mut Child, point: &str) -> std::process::ExitStatus {
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually(&format!("the end at {point}"), || server.try_wait().expect("a child"))
    }));
    end.unwrap_or_else(|panic| {
        let _ = server.kill();
        std::panic::resume_unwind(panic)
    })
}

#[test]
fn a_scan_and_a_restart_come_by_every_point() {
    for point in NAMES {
        let data = temp();
        let nmap = FakeNmap::new("").unwrap();
        if IN_RECOVERY.contains(&point) {
            dies_at("after-spawn", data.path(), &nmap, true);
            dies_at(point, data.path(), &nmap, false);
        } else {
            dies_at(point, data.path(), &nmap, true);
        }
        let server = Server::start(data.path(), Some(&nmap));
        let scans = server.get("/api/scans");
        for scan in scans.as_array().unwrap() {
            let view = server.ended(scan["id"].as_u64().unwrap());
            assert_eq!(view["status"], "completed", "{point}: {view}");
            assert_eq!(view["verdicts"]["up"], 8, "{point}: {view}");
        }
        // Not written, not acknowledged.
        let lost = scans.as_array().unwrap().is_empty();
        assert_eq!(lost, point == "before-scan-commit", "{point}");
        // Neither a scan without its entries in the audit log, nor an entry without its scan.
        for action in ["scan-create", "scan-end"] {
            let told = server.get(&format!("/api/audit?action={action}"));
            assert_eq!(told.as_array().unwrap().len(), usize::from(!lost), "{point}: {told}");
        }
        assert_eq!(server.get("/api/audit/verify")["intact"], true, "{point}");
    }
}

//! What fails, hangs or is missing: everything finished is kept, the culprit stands alone, and
//! nothing is said to be scanned that was not.

use crate::support::{
    CLOSE, OPEN, addresses, all_up, count, ended, events, host, request, scan, start, verdicts,
};
use netscan_actors::System;
use netscan_nmap::launch::{LaunchError, LaunchSpec, Script, Scripted, Step};
use netscan_schemas::{
    Role, ScanId,
    api::ScanRequest,
    attempt::{Ending, Outcome, StopReason},
    audit::Origin,
    batch::{BatchStatus, Lane},
    limits,
    scan::{Policy, Resplit, ScanStatus, Verdict},
    stored::BatchRecord,
};
use serde_json::Value;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

fn has(spec: &LaunchSpec, address: &str) -> bool {
    addresses(spec).iter().any(|held| held == address)
}

fn crash() -> Script {
    Script::Run(vec![
        Step::Stdout(b"Starting Nmap\n".to_vec()),
        Step::End(Ending::Signalled { signal: 11 }),
    ])
}

fn batches(system: &System, scan: ScanId) -> Vec<BatchRecord> {
    system.store().batches(scan, None, 10_000).unwrap()
}

fn ranges(batch: &BatchRecord) -> String {
    batch.addresses.to_ranges().join(" ")
}

fn named<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[tokio::test]
async fn a_host_that_crashes_nmap_is_found_parked_and_remembered() {
    let dir = TempDir::new().unwrap();
    let poison = Arc::new(AtomicBool::new(true));
    let is_poisoned = Arc::clone(&poison);
    let launcher = Arc::new(Scripted::with(move |spec| {
        match has(spec, "127.0.0.21") && is_poisoned.load(Ordering::SeqCst) {
            true => crash(),
            false => all_up(spec),
        }
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = scan(&system, request(&["127.0.0.0/27"], 32)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished), (31, 1));

    // 32, 16, 8, 4, 2: twice each, then split; the last one alone, to the end of its budget.
    let batches = batches(&system, id);
    assert_eq!(batches.len(), 1 + 5 * 2);
    assert_eq!(launcher.launched().len(), 5 * 2 + 3 + 5);
    let culprit = batches.iter().find(|batch| batch.status == BatchStatus::Failed).unwrap();
    assert_eq!((ranges(culprit).as_str(), culprit.charged_attempts), ("127.0.0.21", 3));
    let mut parent = culprit.parent;
    let mut depth = 0;
    while let Some(of) = parent {
        let batch = batches.iter().find(|batch| batch.id == of).unwrap();
        assert_eq!(batch.status, BatchStatus::Split);
        assert!(batch.addresses.contains("127.0.0.21".parse().unwrap()));
        (parent, depth) = (batch.parent, depth + 1);
    }
    assert_eq!(depth, 5);
    let told = events(&system, id);
    assert_eq!((count(&told, "batch_split"), count(&told, "batch_complete")), (5, 5));
    for split in named(&told, "batch_split") {
        assert_eq!(split["children"].as_array().unwrap().len(), 2);
    }
    let difficult = system.store().difficult(None, 10).unwrap();
    let [(address, record)] = &difficult[..] else { panic!("{difficult:?}") };
    assert_eq!((address.to_string().as_str(), record.times), ("127.0.0.21", 1));
    assert_eq!(record.history[0].outcome, Outcome::Crashed { signal: 11 });

    // The next scan puts it at its end, alone; once finished, it is forgotten.
    poison.store(false, Ordering::SeqCst);
    let mut again = request(&["127.0.0.0/27"], 16);
    again.concurrency = Some(1);
    let accepted = system.submit(Role::Admin, again, &Origin::server()).await.unwrap();
    assert!(accepted.warnings.iter().any(|text| text.contains("1 of the targets")));
    assert_eq!(ended(&system, accepted.scan_id).await, ScanStatus::Completed);
    let batches = self::batches(&system, accepted.scan_id);
    let last = batches.last().unwrap();
    assert_eq!((ranges(last).as_str(), last.lane), ("127.0.0.21", Lane::Difficult));
    assert_eq!(batches.len(), 3);
    assert_eq!(system.store().difficult(None, 10).unwrap(), []);
    assert!(netscan_store::check::check(system.store()).unwrap().is_clean());
}

/// A scan that stalls after a second, with one attempt a batch.
fn hasty(targets: &[&str], chunk_size: u32) -> ScanRequest {
    let policy =
        Policy { stall_timeout_ms: 1000, attempts_max: 1, backoff_ms: 1, ..Policy::default() };
    ScanRequest { policy, ..request(targets, chunk_size) }
}

#[tokio::test]
async fn a_stall_parts_hosts_that_showed_life_from_silent_ones() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|spec| {
        if addresses(spec).len() < 8 {
            return all_up(spec);
        }
        let hint = r#"<hosthint><status state="up"/><address addr="127.0.0.3" addrtype="ipv4"/></hosthint>"#;
        let announced =
            "Discovered open port 22/tcp on 127.0.0.5\nDiscovered open port 80/tcp on 127.0.0.5\n";
        let first = host("127.0.0.0", "up");
        Script::Run(vec![
            Step::Stdout(announced.into()),
            Step::Xml(format!("{OPEN}{hint}{first}").into_bytes()),
            Step::Hang,
        ])
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let mut feed_request = hasty(&["127.0.0.0/29"], 8);
    feed_request.nmap_flags = vec!["-sT".into()];
    let id = scan(&system, feed_request).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    assert_eq!(verdicts(&system, id).up, 8);
    let batches = batches(&system, id);
    let shown: Vec<_> =
        batches.iter().map(|batch| (ranges(batch), batch.lane, batch.status)).collect();
    assert_eq!(
        shown,
        [
            ("127.0.0.0/29".to_owned(), Lane::Main, BatchStatus::Split),
            ("127.0.0.3 127.0.0.5".to_owned(), Lane::Alive, BatchStatus::Completed),
            ("127.0.0.1-2 127.0.0.4 127.0.0.6/31".to_owned(), Lane::Silent, BatchStatus::Completed),
        ]
    );
    let stalled = Outcome::Ended { reason: StopReason::Stalled };
    assert_eq!(batches[0].outcome, Some(stalled));
    let hurried = |spec: &LaunchSpec| spec.args.iter().any(|arg| arg == "--min-rate=500");
    for spec in launcher.launched() {
        assert_eq!(hurried(&spec), has(&spec, "127.0.0.7") && !has(&spec, "127.0.0.5"));
    }
    let told = events(&system, id);
    let split = named(&told, "batch_split")[0];
    let flags = &split["children"][1]["added_flags"];
    assert_eq!(flags, &serde_json::json!(["--min-rate=500", "--max-retries=2"]));
    let announced = named(&told, "provisional_ports");
    assert_eq!(announced[0]["ports"], serde_json::json!(["22/tcp", "80/tcp"]));
    // The verdict of the later attempt has replaced what was announced.
    let hosts = system.store().hosts(id, None, 10).unwrap();
    assert!(hosts.iter().all(|row| row.verdict == Verdict::Up && row.provisional.is_empty()));
}

#[tokio::test]
async fn ticks_without_progress_are_a_stall_and_what_was_announced_is_kept() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| {
        let mut steps = vec![
            Step::Stdout(b"Discovered open port 443/tcp on 127.0.0.9\n".to_vec()),
            Step::Xml(OPEN.into()),
        ];
        for _ in 0..60 {
            steps.push(Step::Silence(Duration::from_millis(100)));
            steps.push(Step::Stdout(b"Connect Scan Timing: About 12.00% done\n".to_vec()));
            steps.push(Step::Xml(
                br#"<taskprogress task="Connect Scan" time="1" percent="12.00" etc="9"/>"#.to_vec(),
            ));
        }
        Script::Run(steps)
    }));
    let system = start(dir.path(), launcher, true).await;
    let mut wanted = hasty(&["127.0.0.9"], 8);
    wanted.policy.resplit = Resplit::Off;
    let id = scan(&system, wanted).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let batch = batches(&system, id).remove(0);
    assert_eq!(batch.outcome, Some(Outcome::Ended { reason: StopReason::Stalled }));
    assert_eq!(verdicts(&system, id).unfinished, 1);
    let hosts = system.store().hosts(id, None, 10).unwrap();
    let [row] = &hosts[..] else { panic!("{hosts:?}") };
    let ports: Vec<_> = row.provisional.iter().map(ToString::to_string).collect();
    assert_eq!((row.verdict, ports.as_slice()), (Verdict::Unfinished, &["443/tcp".to_owned()][..]));
    assert!(netscan_store::check::check(system.store()).unwrap().is_clean());
}

#[tokio::test]
async fn progress_of_any_kind_keeps_a_slow_nmap_running() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| {
        let mut steps = vec![Step::Xml(OPEN.into())];
        for percent in 1..=25 {
            steps.push(Step::Silence(Duration::from_millis(100)));
            let tick =
                format!(r#"<taskprogress task="Scan" time="1" percent="{percent}" etc="9"/>"#);
            steps.push(Step::Xml(tick.into_bytes()));
        }
        steps.push(Step::Xml(format!("{}{CLOSE}", host("127.0.0.9", "up")).into_bytes()));
        Script::Run(steps)
    }));
    let system = start(dir.path(), launcher, true).await;
    let id = scan(&system, hasty(&["127.0.0.9"], 8)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
}

#[tokio::test]
async fn a_scan_without_nmap_waits_for_it_and_goes_on_by_itself() {
    let dir = TempDir::new().unwrap();
    let is_missing = Arc::new(AtomicBool::new(true));
    let missing = Arc::clone(&is_missing);
    let launcher = Arc::new(Scripted::with(move |spec| match missing.load(Ordering::SeqCst) {
        false => all_up(spec),
        true => Script::Refuse(LaunchError::Spawn {
            program: spec.program.clone(),
            source: io::ErrorKind::NotFound.into(),
        }),
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = scan(&system, request(&["127.0.0.0/28"], 1)).await;
    let mut feed = system.feed(id, Some(0)).unwrap();
    let mut waits = false;
    while !waits {
        let page = feed.next_page().await.unwrap();
        waits = page.texts().any(|(_, text)| text.contains(r#""event":"scan_waiting""#));
    }
    assert!(system.hub().waits_for(id).unwrap().starts_with("scanner: "));
    // Three had their slots when it was found missing; none is started while it is.
    assert!(launcher.launched().len() <= 3);
    is_missing.store(false, Ordering::SeqCst);
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    assert_eq!(verdicts(&system, id).up, 16);
    let told = events(&system, id);
    assert_eq!(count(&told, "scan_ready"), count(&told, "scan_waiting"));
    assert!(batches(&system, id).iter().all(|batch| batch.charged_attempts == 0));
}

#[tokio::test]
async fn a_scan_whose_every_attempt_fails_gives_up_with_the_reason() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| {
        Script::Run(vec![
            Step::Stderr(b"dnet: Failed to open device lo\nQUITTING!\n".to_vec()),
            Step::End(Ending::Exited { code: 1 }),
        ])
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = scan(&system, request(&["127.0.0.0/22"], 2)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let launched = launcher.launched().len();
    assert!((64..=70).contains(&launched), "{launched} were started");
    assert_eq!(verdicts(&system, id).unfinished, 1024);
    let error = system.store().scan(id).unwrap().unwrap().state.error.unwrap();
    assert!(error.contains("64 attempts in a row failed without a host"), "{error}");
    assert!(error.contains("Failed to open device lo"), "{error}");
    assert!(batches(&system, id).iter().all(|batch| batch.status.has_ended()));
    // nmap's fault, and no host's.
    let difficult = system.store().difficult(None, 1000).unwrap();
    assert!(difficult.len() < limits::BARREN_MAX as usize, "{}", difficult.len());
}

#[tokio::test]
async fn a_stop_and_a_split_at_once_leave_no_batch_open() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| Script::Run(vec![Step::Hang])));
    let system = start(dir.path(), launcher, true).await;
    // Stops around the moment of the stall, when its splits are on their way.
    let mut ids = Vec::new();
    for delay in [900, 980, 1000, 1010, 1020, 1050] {
        let id = scan(&system, hasty(&["127.0.0.0/28"], 4)).await;
        let system = Arc::clone(&system);
        ids.push((
            id,
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                system.stop_scan(id, false, &Origin::server()).await
            }),
        ));
    }
    for (id, stopped) in ids {
        stopped.await.unwrap().unwrap();
        assert_eq!(ended(&system, id).await, ScanStatus::Stopped);
        assert!(batches(&system, id).iter().all(|batch| batch.status.has_ended()));
        assert_eq!(verdicts(&system, id).unfinished, 16);
    }
    assert!(netscan_store::check::check(system.store()).unwrap().is_clean());
}

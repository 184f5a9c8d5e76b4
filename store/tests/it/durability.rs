//! What was acknowledged is there after the process is killed at any moment.
//!
//! The test runs itself again as a child that writes and says on stdout what was acknowledged;
//! the parent kills it after so many lines, which is anywhere within some later transaction.

use crate::support::{addresses, attempt_record, batch_record, line, open, spec, up};
use netscan_schemas::{
    AttemptNo, Time,
    batch::BatchStatus,
    id::{BatchId, ScanId},
    stored::PlanRecord,
};
use netscan_store::{Store, Write, check::check};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
};

const DIR: &str = "NETSCAN_TEST_STORE_DIR";
const KILLS: u32 = 10;
const WRITERS: u64 = 4;
const HOSTS: u32 = 256;

/// The child. Does nothing unless it is started as one.
#[test]
fn writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let store = open(Path::new(&dir));
    thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let store = &store;
            scope.spawn(move || write_for_ever(store, ScanId::new(writer).unwrap()));
        }
    });
}

fn write_for_ever(store: &Store, scan: ScanId) {
    let batch = BatchId::new(scan.get()).unwrap();
    let all = addresses(HOSTS);
    for index in 0.. {
        let host = up(all[index % all.len()], &[80, 443]);
        let mut write = Write::new();
        write
            .record_hosts(scan, batch, AttemptNo::FIRST, Time::now(), vec![host.clone()])
            .event(scan, line(batch, host.address.to_string()));
        let receipt = store.submit(write).wait().unwrap();
        println!("acked {scan} {} {}", receipt.last_seq[0].1, host.address);
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let dir = tempfile::TempDir::new().unwrap();
    prepare(&open(dir.path()));
    // For each scan, the address that the event of each number names.
    let mut acked: BTreeMap<ScanId, BTreeMap<u64, String>> = BTreeMap::new();
    for kill in 1..=KILLS {
        run_and_kill(dir.path(), 17 * kill as usize % 90 + 1, &mut acked);
        let store = open(dir.path());
        for (scan, events) in &acked {
            verify(&store, *scan, events);
        }
        let report = check(&store).unwrap();
        assert!(report.is_clean(), "after kill {kill}: {:#?}", report.problems);
    }
    assert_eq!(acked.len(), WRITERS as usize);
}

fn prepare(store: &Store) {
    let project = store.create_project("p", None).wait().unwrap().project.unwrap().id;
    for _ in 0..WRITERS {
        let (scan, batch) = (store.next_scan_id(), store.next_batch_id());
        let mut write = Write::new();
        write
            .create_scan(&spec(scan, project), &PlanRecord::default())
            .put_batch(&batch_record(scan, batch, BatchStatus::Running, &addresses(HOSTS)))
            .put_attempt(&attempt_record(batch, AttemptNo::FIRST));
        store.submit(write).wait().unwrap();
    }
}

fn run_and_kill(dir: &Path, lines: usize, acked: &mut BTreeMap<ScanId, BTreeMap<u64, String>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::writes_until_it_is_killed", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = 0;
    let mut alive = true;
    // After the kill the pipe still holds what was acknowledged before it.
    for text in BufReader::new(child.stdout.take().unwrap()).lines() {
        let text = text.unwrap();
        // The last line may be cut off, and the test runner writes lines of its own.
        let words: Vec<&str> = text.split(' ').collect();
        let ["acked", scan, seq, address] = words[..] else { continue };
        let event = (seq.parse().unwrap(), address.to_owned());
        acked.entry(scan.parse().unwrap()).or_default().extend([event]);
        seen += 1;
        if alive && seen >= lines {
            child.kill().unwrap();
            alive = false;
        }
    }
    assert!(!alive, "the child ended by itself after {seen} lines");
    child.wait().unwrap();
}

fn verify(store: &Store, scan: ScanId, acked: &BTreeMap<u64, String>) {
    let events = store.events(scan, 0, usize::MAX, usize::MAX).unwrap();
    let seqs: Vec<u64> = events.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>(), "scan {scan} has a gap");
    let known = store.scan_verdicts(scan).unwrap();
    for (seq, address) in acked {
        let text = &events[*seq as usize - 1].1;
        // The address of a cut last line is a beginning of the whole one.
        assert!(
            text.contains(&format!(r#""line":"{address}"#)),
            "event {seq} of scan {scan}: {text}"
        );
    }
    for (_, text) in &events {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let address = value["line"].as_str().unwrap().parse().unwrap();
        assert!(known.up.contains(address), "an event without its host: {text}");
    }
}

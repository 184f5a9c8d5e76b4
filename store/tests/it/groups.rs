//! Many callers at the one write door.

use crate::support::{Change, Fixture, addresses, batch_record, line, state};
use netscan_schemas::{
    batch::BatchStatus,
    id::{BatchId, ProjectId, ScanId, Seq},
    scan::ScanStatus,
};
use netscan_store::{Options, ProjectEdit, Publisher, Refusal, Store, Write, WriteError};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
};

/// Keeps what it is told.
#[derive(Default)]
struct Told(Mutex<BTreeMap<ScanId, Events>>);

type Events = Vec<(Seq, Arc<str>)>;

impl Publisher for Told {
    fn publish(&self, scan: ScanId, _: Option<ProjectId>, events: &[(Seq, Arc<str>)]) {
        self.0.lock().unwrap().entry(scan).or_default().extend_from_slice(events);
    }
}

#[test]
fn every_caller_keeps_its_order_and_every_scan_has_no_gap() {
    const CALLERS: usize = 16;
    const EVENTS: usize = 60;
    let dir = tempfile::TempDir::new().unwrap();
    let told = Arc::new(Told::default());
    let store = Store::open(dir.path(), Options::default(), Arc::clone(&told) as _).unwrap();
    let fixture = Fixture { store, dir };
    let project = fixture.project("p");
    let scans = [fixture.scan(project, &addresses(1)), fixture.scan(project, &addresses(1))];
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let store = &fixture.store;
            scope.spawn(move || {
                let mut acks = Vec::new();
                for index in 0..EVENTS {
                    let mut write = Write::new();
                    for (scan, batch) in scans {
                        write.event(scan, line(batch, format!("{caller} {index}")));
                    }
                    acks.push(store.submit(write));
                }
                for ack in acks {
                    assert_eq!(ack.wait().unwrap().last_seq.len(), 2);
                }
            });
        }
    });
    for (scan, _) in scans {
        let events = fixture.store.events(scan, 0, usize::MAX, usize::MAX).unwrap();
        let seqs: Vec<Seq> = events.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(seqs, (1..=(CALLERS * EVENTS) as Seq).collect::<Vec<_>>());
        // What was published is what is stored, in the same order and to the byte.
        assert_eq!(told.0.lock().unwrap()[&scan], events);
        let mut next = [0; CALLERS];
        for (seq, text) in &events {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(value["seq"], *seq);
            let (caller, index) = value["line"].as_str().unwrap().split_once(' ').unwrap();
            let caller: usize = caller.parse().unwrap();
            assert_eq!(index.parse(), Ok(next[caller]), "caller {caller}");
            next[caller] += 1;
        }
        assert_eq!(next, [EVENTS; CALLERS]);
    }
    fixture.assert_clean();
}

#[test]
fn a_unit_that_cannot_be_done_leaves_no_trace_and_spoils_no_other() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(1));
    let missing = ScanId::new(999).unwrap();
    let mut acks = Vec::new();
    for index in 0..200 {
        let mut write = Write::new();
        write.event(scan, line(batch, format!("{index}")));
        if index % 10 == 0 {
            write.put_scan_state(scan, &state(ScanStatus::Paused));
            write.event(missing, line(batch, "of no scan"));
        }
        acks.push(fixture.store.submit(write));
    }
    for (index, ack) in acks.into_iter().enumerate() {
        let answer = ack.wait();
        match index % 10 {
            0 => assert!(
                matches!(answer, Err(WriteError::Refused(Refusal::NoScan(id))) if id == missing)
            ),
            _ => drop(answer.unwrap()),
        }
    }
    assert_eq!(fixture.store.last_seq(scan).unwrap(), 180);
    let view = fixture.store.scan(scan).unwrap().unwrap();
    assert_eq!(view.state.status, ScanStatus::Running);
    fixture.assert_clean();
}

#[test]
fn refusals_say_what_is_in_the_way() {
    let fixture = Fixture::new();
    let (store, project) = (&fixture.store, fixture.project("first"));
    let second = fixture.project("second");
    let (scan, batch) = fixture.scan(project, &addresses(1));
    let (other, _) = fixture.scan(project, &addresses(1));
    let one = |fill: &dyn Fn(&mut Write)| {
        let mut write = Write::new();
        fill(&mut write);
        store.submit(write)
    };
    let spec = crate::support::spec(scan, project);
    let orphan = crate::support::spec(store.next_scan_id(), ProjectId::new(99).unwrap());
    let plan = netscan_schemas::stored::PlanRecord::default();
    let moved = batch_record(other, batch, BatchStatus::Running, &addresses(1));
    let stray = store.next_batch_id();
    let attempt = crate::support::attempt_record(stray, netscan_schemas::AttemptNo::FIRST);
    let cases = [
        (store.create_project("first", None), "there is already a project named `first`"),
        (
            store.update_project(
                second,
                ProjectEdit { name: Some("first".into()), ..ProjectEdit::default() },
            ),
            "there is already a project named `first`",
        ),
        (store.delete_project(project), "scan 1 has not ended"),
        (store.delete_scan(scan), "scan 1 has not ended"),
        (store.delete_scan(ScanId::new(99).unwrap()), "there is no scan 99"),
        (one(&|write| _ = write.create_scan(&spec, &plan)), "there is already a scan 1"),
        (one(&|write| _ = write.create_scan(&orphan, &plan)), "there is no project 99"),
        (one(&|write| _ = write.put_batch(&moved)), "there is no batch 1 in this scan"),
        (one(&|write| _ = write.put_attempt(&attempt)), "there is no batch 3 in this scan"),
    ];
    for (ack, expected) in cases {
        assert_eq!(ack.wait().unwrap_err().to_string(), expected);
    }
    fixture.assert_clean();
}

#[test]
fn after_a_shutdown_all_is_written_and_reading_goes_on() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(1));
    let acks: Vec<_> = (0..100)
        .map(|index| {
            let mut write = Write::new();
            write.event(scan, line(batch, format!("{index}")));
            fixture.store.submit(write)
        })
        .collect();
    fixture.store.shutdown();
    for ack in acks {
        ack.wait().unwrap();
    }
    assert_eq!(fixture.store.last_seq(scan).unwrap(), 100);
    assert!(matches!(fixture.store.submit(Write::new()).wait(), Err(WriteError::Closed)));
}

#[test]
fn a_publisher_that_panics_does_not_end_the_writer() {
    struct Panics;
    impl Publisher for Panics {
        fn publish(&self, _: ScanId, _: Option<ProjectId>, _: &[(Seq, Arc<str>)]) {
            panic!("on purpose");
        }
    }
    let dir = tempfile::TempDir::new().unwrap();
    let store = Store::open(dir.path(), Options::default(), Arc::new(Panics)).unwrap();
    let fixture = Fixture { store, dir };
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(1));
    for seq in 1..=2 {
        let mut write = Write::new();
        write.event(scan, line(batch, "x"));
        assert_eq!(fixture.store.submit(write).wait().unwrap().last_seq, [(scan, seq)]);
    }
}

#[test]
fn a_publisher_is_told_whose_events_they_are() {
    #[derive(Default)]
    struct Whose(Mutex<Vec<(ScanId, Option<ProjectId>)>>);
    impl Publisher for Whose {
        fn publish(&self, scan: ScanId, project: Option<ProjectId>, _: &[(Seq, Arc<str>)]) {
            self.0.lock().unwrap().push((scan, project));
        }
    }
    let dir = tempfile::TempDir::new().unwrap();
    let whose = Arc::new(Whose::default());
    let open = || Store::open(dir.path(), Options::default(), Arc::clone(&whose) as _).unwrap();
    let tell = |store: &Store, scans: &[(ScanId, BatchId)]| {
        for (scan, batch) in scans {
            let mut write = Write::new();
            write.event(*scan, line(*batch, "x"));
            store.submit(write).wait().unwrap();
        }
        std::mem::take(&mut *whose.0.lock().unwrap())
    };
    let fixture = Fixture { store: open(), dir: tempfile::TempDir::new().unwrap() };
    let projects = ["p", "q"].map(|name| fixture.project(name));
    let scans = projects.map(|project| fixture.scan(project, &addresses(1)));
    let expected: Vec<_> =
        scans.iter().zip(projects).map(|((scan, _), project)| (*scan, Some(project))).collect();
    assert_eq!(tell(&fixture.store, &scans), expected);
    drop(fixture);
    // One that begins anew has to look it up.
    let store = open();
    for _ in 0..2 {
        assert_eq!(tell(&store, &scans), expected);
    }
}

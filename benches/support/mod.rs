//! A store with a running scan, for the benches that need one.

use netscan_schemas::{
    AddressSet,
    batch::{BatchStatus, BatchSummary, Lane},
    id::{BatchId, ScanId},
    scan::{Policy, ScanState, ScanStatus, Tuning},
    stored::{BatchRecord, PlanRecord, ScanSpec},
    time::Time,
};
use netscan_store::{Options, Publisher, Store, Write};
use std::sync::Arc;
use tempfile::TempDir;

/// A store in a directory of its own.
pub struct Fixture {
    // Before the directory, so that it is closed first.
    /// The store.
    pub store: Arc<Store>,
    /// Its scan.
    pub scan: ScanId,
    /// The scan's batch.
    pub batch: BatchId,
    _dir: TempDir,
}

/// Opens a store and makes a scan with one batch.
pub fn fixture(publisher: Arc<dyn Publisher>) -> Fixture {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(dir.path(), Options::default(), publisher).expect("a store");
    let project = store.create_project("bench", None).wait().expect("written").project;
    let project = project.expect("made").id;
    let (scan, batch) = (store.next_scan_id(), store.next_batch_id());
    let spec = ScanSpec {
        id: scan,
        project_id: project,
        name: None,
        created_at: Time::now(),
        nmap_flags: Vec::new(),
        targets: Vec::new(),
        exclude: Vec::new(),
        chunk_size: 256,
        concurrency: 1,
        tuning: Tuning::default(),
        policy: Policy::default(),
        argv: Vec::new(),
        fallback: Vec::new(),
        warnings: Vec::new(),
        parent_scan_id: None,
        total_targets: 1 << 24,
        excluded: 0,
        unresolved: Vec::new(),
    };
    let record = BatchRecord {
        id: batch,
        scan_id: scan,
        parent: None,
        addresses: AddressSet::new(),
        status: BatchStatus::Running,
        attempt: None,
        charged_attempts: 0,
        started_at: None,
        finished_at: None,
        summary: BatchSummary::default(),
        outcome: None,
        epoch: 1,
        lane: Lane::Main,
        servers_lost: 0,
    };
    let state = ScanState {
        status: ScanStatus::Running,
        started_at: None,
        finished_at: None,
        cursor: 0,
        error: None,
    };
    let mut write = Write::new();
    write.create_scan(&spec, &PlanRecord::default()).put_scan_state(scan, &state);
    write.put_batch(&record);
    store.submit(write).wait().expect("written");
    Fixture { store: Arc::new(store), scan, batch, _dir: dir }
}

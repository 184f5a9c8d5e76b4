//! A store with a running scan, for the benches that need one.

use netscan_schemas::{
    AddressSet,
    batch::BatchStatus,
    id::{BatchId, ScanId},
    scan::{ScanState, ScanStatus},
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
        chunk_size: 256,
        total_targets: 1 << 24,
        ..ScanSpec::new(scan, project, Time::now())
    };
    let record = BatchRecord {
        status: BatchStatus::Running,
        ..BatchRecord::new(batch, scan, AddressSet::new(), 1)
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

//! The writer on a disk that fails.

use super::*;
use crate::{
    Options, Store, Write, WriteError,
    db::Opener,
    store::{Health, Publisher},
};
use netscan_schemas::{
    event::{EncodedEvent, Event},
    id::{ProjectId, ScanId, Seq},
    scan::{Policy, Tuning},
    stored::{PlanRecord, ScanSpec},
    time::Time,
};
use redb::{StorageBackend, backends::FileBackend};
use std::{
    fs::OpenOptions,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

/// What the disk does wrong, while it does.
#[derive(Debug, Default)]
struct Faults {
    writes_fail: AtomicBool,
    /// When not zero: this many more syncs succeed, then the disk has gone.
    syncs_left: AtomicU32,
}

/// A database file on that disk.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    faults: Arc<Faults>,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        match self.faults.writes_fail.load(Ordering::SeqCst) {
            true => Err(io::Error::other("the disk is on fire")),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.file.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.file.sync_data()?;
        let left = &self.faults.syncs_left;
        // The sync that takes the last one is done, but says that it failed.
        if left.load(Ordering::SeqCst) > 0 && left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.faults.writes_fail.store(true, Ordering::SeqCst);
            return self.check();
        }
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<(Seq, Arc<str>)>>);

impl Publisher for Told {
    fn publish(&self, _scan: ScanId, events: &[(Seq, Arc<str>)]) {
        self.0.lock().unwrap().extend_from_slice(events);
    }
}

struct Fixture {
    store: Store,
    faults: Arc<Faults>,
    told: Arc<Told>,
    scan: ScanId,
    _dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let (faults, told) = (Arc::new(Faults::default()), Arc::new(Told::default()));
        let on_disk = Arc::clone(&faults);
        let opener: Opener = Box::new(move |path, options| {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            let disk = Disk { file: FileBackend::new(file)?, faults: Arc::clone(&on_disk) };
            db::builder(options).create_with_backend(disk)
        });
        let backoff =
            Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(4) };
        let publisher = Arc::clone(&told) as _;
        let store =
            Store::open_with(dir.path(), Options::default(), publisher, opener, backoff).unwrap();
        let project = store.create_project("p", None).wait().unwrap().project.unwrap().id;
        let scan = store.next_scan_id();
        let mut write = Write::new();
        write.create_scan(&spec(scan, project), &PlanRecord::default());
        store.submit(write).wait().unwrap();
        Self { store, faults, told, scan, _dir: dir }
    }

    fn write_event(&self) -> Result<Receipt, WriteError> {
        let mut write = Write::new();
        write.event(self.scan, EncodedEvent::now(&Event::ScanPaused {}));
        self.store.submit(write).wait()
    }

    /// Writes until it works again; each refused try answers at once, so this does not wait long.
    fn write_when_well(&self) -> Receipt {
        loop {
            match self.write_event() {
                Ok(receipt) => return receipt,
                Err(WriteError::Io { .. }) => thread::yield_now(),
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[track_caller]
    fn assert_told_what_is_stored(&self) {
        let stored = self.store.events(self.scan, 0, usize::MAX, usize::MAX).unwrap();
        let seqs: Vec<Seq> = stored.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(seqs, (1..=stored.len() as Seq).collect::<Vec<_>>());
        assert_eq!(*self.told.0.lock().unwrap(), stored);
    }
}

fn spec(id: ScanId, project_id: ProjectId) -> ScanSpec {
    ScanSpec {
        id,
        project_id,
        name: None,
        created_at: Time::from_secs(1),
        nmap_flags: Vec::new(),
        targets: Vec::new(),
        exclude: Vec::new(),
        chunk_size: 1,
        concurrency: 1,
        tuning: Tuning::default(),
        policy: Policy::default(),
        argv: Vec::new(),
        fallback: Vec::new(),
        warnings: Vec::new(),
        parent_scan_id: None,
        total_targets: 0,
        excluded: 0,
        unresolved: Vec::new(),
    }
}

#[test]
fn a_fault_fails_what_was_not_acknowledged_and_the_store_recovers_by_itself() {
    let fixture = Fixture::new();
    fixture.write_event().unwrap();
    fixture.faults.writes_fail.store(true, Ordering::SeqCst);
    let failed = fixture.write_event();
    assert!(
        matches!(&failed, Err(WriteError::Io { reason }) if reason.contains("on fire")),
        "{failed:?}"
    );
    assert!(matches!(fixture.store.health(), Health::Degraded { .. }));
    assert!(matches!(fixture.write_event(), Err(WriteError::Io { .. })), "still on fire");
    fixture.faults.writes_fail.store(false, Ordering::SeqCst);
    assert_eq!(fixture.write_when_well().last_seq, [(fixture.scan, 2)]);
    assert_eq!(fixture.store.health(), Health::Ok);
    fixture.assert_told_what_is_stored();
    assert!(crate::check::check(&fixture.store).unwrap().is_clean());
}

#[test]
fn events_stay_gapless_whichever_sync_is_the_last() {
    for syncs in 1..=6 {
        let fixture = Fixture::new();
        fixture.write_event().unwrap();
        fixture.faults.syncs_left.store(syncs, Ordering::SeqCst);
        while fixture.write_event().is_ok() {}
        fixture.faults.writes_fail.store(false, Ordering::SeqCst);
        fixture.write_when_well();
        fixture.assert_told_what_is_stored();
        assert!(crate::check::check(&fixture.store).unwrap().is_clean());
    }
}

#[test]
fn a_store_on_a_failing_disk_still_shuts_down() {
    let fixture = Fixture::new();
    fixture.faults.writes_fail.store(true, Ordering::SeqCst);
    assert!(fixture.write_event().is_err());
    fixture.store.shutdown();
    assert!(matches!(fixture.write_event(), Err(WriteError::Closed)));
}

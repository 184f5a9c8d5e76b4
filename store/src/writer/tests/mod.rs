//! The writer on a disk that fails.

mod faults;
mod space;

use super::*;
use crate::{
    Options, Store, Write, WriteError,
    check::check,
    db::Seams,
    file::{self, Opener},
    store::{Health, Publisher},
};
use netscan_schemas::{
    event::{EncodedEvent, Event},
    id::{ProjectId, ScanId, Seq},
    stored::{PlanRecord, ScanSpec},
    time::Time,
};
use redb::{StorageBackend, backends::FileBackend};
use std::{
    fs::OpenOptions,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

/// What the disk does wrong, while it does.
#[derive(Debug, Default)]
struct Faults {
    writes_fail: AtomicBool,
    /// When not zero: this many more syncs succeed, then the disk has gone.
    syncs_left: AtomicU32,
    /// When not zero: this many more changes succeed, the next one meets `fault`.
    changes_left: AtomicU32,
    fault: Mutex<Option<Fault>>,
}

/// What happens from some change on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    /// Each of so many changes fails.
    Io { times: u32 },
    /// The disk is full while this file is there.
    FullWhile(PathBuf),
    /// The disk is full.
    Full,
}

/// A database file on that disk.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    faults: Arc<Faults>,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        if self.faults.writes_fail.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is on fire"));
        }
        let left = &self.faults.changes_left;
        let mut fault = self.faults.fault.lock().unwrap();
        if fault.is_none() || left.load(Ordering::SeqCst) > 0 {
            if fault.is_some() {
                left.fetch_sub(1, Ordering::SeqCst);
            }
            return Ok(());
        }
        match fault.clone() {
            Some(Fault::Io { times: 0 }) | None => {
                *fault = None;
                Ok(())
            }
            Some(Fault::Io { times }) => {
                *fault = Some(Fault::Io { times: times - 1 });
                Err(io::Error::from_raw_os_error(5))
            }
            Some(Fault::FullWhile(path)) if !path.exists() => Ok(()),
            Some(Fault::FullWhile(_) | Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
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
    fn publish(&self, _: ScanId, _: Option<ProjectId>, events: &[(Seq, Arc<str>)]) {
        self.0.lock().unwrap().extend_from_slice(events);
    }
}

struct Fixture {
    store: Store,
    faults: Arc<Faults>,
    told: Arc<Told>,
    scan: ScanId,
    free: Arc<AtomicU64>,
    dir: tempfile::TempDir,
}

/// A disk with room enough, and how little of it is set aside.
const ROOMY: u64 = 1 << 40;
const RESERVE: u64 = 1 << 20;

impl Fixture {
    fn new() -> Self {
        Self::with_ballast(0)
    }

    fn with_ballast(ballast_bytes: u64) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let (faults, told) = (Arc::new(Faults::default()), Arc::new(Told::default()));
        let on_disk = Arc::clone(&faults);
        let opener: Opener = Box::new(move |path, options| {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            let disk = Disk { file: FileBackend::new(file)?, faults: Arc::clone(&on_disk) };
            file::builder(options).create_with_backend(disk)
        });
        let backoff =
            Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(4) };
        let free = Arc::new(AtomicU64::new(ROOMY));
        let told_free = Arc::clone(&free);
        let seams = Seams {
            opener,
            backoff,
            free: Box::new(move |_| Ok(told_free.load(Ordering::SeqCst))),
            look_every: Duration::from_millis(1),
            verify_up_to: crate::db::VerifyUpTo::default(),
        };
        let options = Options { ballast_bytes, reserve_bytes: RESERVE, ..Options::default() };
        let publisher = Arc::clone(&told) as _;
        let store = Store::open_with(dir.path(), options, publisher, seams).unwrap();
        let project = store.create_project("p", None).wait().unwrap().project.unwrap().id;
        let scan = store.next_scan_id();
        let mut write = Write::new();
        write.create_scan(&spec(scan, project), &PlanRecord::default());
        store.submit(write).wait().unwrap();
        Self { store, faults, told, scan, free, dir }
    }

    /// From the change after so many on, this goes wrong.
    fn fail_after(&self, changes: u32, fault: Fault) {
        let mut held = self.faults.fault.lock().unwrap();
        self.faults.changes_left.store(changes, Ordering::SeqCst);
        *held = Some(fault);
    }

    fn mend(&self) {
        *self.faults.fault.lock().unwrap() = None;
    }

    /// Waits for a health; it is looked at every millisecond.
    #[track_caller]
    fn becomes(&self, wanted: impl Fn(&Health) -> bool) -> Health {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let health = self.store.health();
            if wanted(&health) {
                return health;
            }
            assert!(Instant::now() < deadline, "it stays {health:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Closes the store, and opens it again on a disk without faults.
    fn reopened(self) -> (Store, ScanId, tempfile::TempDir) {
        let Self { store, scan, dir, .. } = self;
        drop(store);
        let options = Options { ballast_bytes: 0, check_integrity: true, ..Options::default() };
        let store = Store::open(dir.path(), options, Arc::new(crate::NoPublisher)).unwrap();
        (store, scan, dir)
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
                Err(WriteError::Io { .. } | WriteError::Full) => thread::yield_now(),
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
    ScanSpec::new(id, project_id, Time::from_secs(1))
}

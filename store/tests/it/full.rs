//! A disk that is really full: a file system of a few MiB.

use crate::support::{addresses, attempt_record, batch_record, spec};
use netscan_schemas::{
    attempt::Stream,
    batch::BatchStatus,
    id::{AttemptNo, ScanId},
    stored::PlanRecord,
};
use netscan_store::{Health, NoPublisher, Options, Store, Write, WriteError, check::check, raw};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const MIB: u64 = 1024 * 1024;
/// Within this a store is well again once there is room: a promise.
const RECOVERY_MAX: Duration = Duration::from_secs(30);

/// A file system in memory, gone with this value.
struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one, or says why it cannot.
    fn mount(mib: u64) -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let size = format!("size={mib}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "netscan-test"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        match mounted {
            Ok(status) if status.success() => Some(Self { dir }),
            Ok(_) | Err(_) => {
                println!("SKIPPED: no privilege to mount a small file system");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn open(dir: &Path) -> Store {
    let options = Options { reserve_bytes: 2 * MIB, ballast_bytes: MIB, ..Options::default() };
    Store::open(dir, options, Arc::new(NoPublisher)).unwrap()
}

/// A frame that does not compress.
fn noise(number: u32) -> Vec<u8> {
    let mut state = number.wrapping_add(1);
    let bytes = (0..64 * 1024).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    });
    raw::compress(&bytes.collect::<Vec<_>>()).unwrap()
}

fn wait(store: &Store, what: &str, wanted: impl Fn(&Health) -> bool) {
    let begun = Instant::now();
    while !wanted(&store.health()) {
        assert!(begun.elapsed() < RECOVERY_MAX, "not {what}: {:?}", store.health());
        thread::sleep(Duration::from_millis(50));
    }
    println!("{what} after {} ms", begun.elapsed().as_millis());
}

#[test]
fn a_full_disk_costs_nothing_that_was_acknowledged_and_mends_by_itself() {
    let Some(disk) = SmallDisk::mount(12) else { return };
    let store = open(disk.path());
    let project = store.create_project("p", None).wait().unwrap().project.unwrap().id;
    let (scan, batch) = (store.next_scan_id(), store.next_batch_id());
    let mut write = Write::new();
    write
        .create_scan(&spec(scan, project), &PlanRecord::default())
        .put_batch(&batch_record(scan, batch, BatchStatus::Running, &addresses(1)))
        .put_attempt(&attempt_record(batch, AttemptNo::FIRST));
    store.submit(write).wait().unwrap();
    assert_eq!(store.health(), Health::Ok);
    let ballast = disk.path().join("netscan.ballast");
    assert_eq!(fs::metadata(&ballast).unwrap().len(), MIB);

    let mut acknowledged = 0;
    for round in 0..3 {
        let mut was_low = false;
        // Others fill the disk too.
        let filler = disk.path().join("filler");
        fs::write(&filler, vec![1; 2 * MIB as usize]).unwrap();
        let refused = loop {
            let mut write = Write::new();
            let frame = noise(acknowledged);
            write.raw_frame(batch, AttemptNo::FIRST, Stream::Xml, acknowledged, frame);
            match store.submit(write).wait() {
                Ok(_) => acknowledged += 1,
                Err(error) => break error,
            }
            was_low |= matches!(store.health(), Health::Low { .. });
            // Time for the writer to look around.
            thread::sleep(Duration::from_millis(30));
        };
        assert!(matches!(refused, WriteError::Full), "{refused}");
        assert!(matches!(store.health(), Health::Full { .. }), "{:?}", store.health());
        assert!(!ballast.exists(), "it was given up before that");
        for frame in 0..acknowledged {
            let held = store.raw_frame(batch, AttemptNo::FIRST, Stream::Xml, frame).unwrap();
            assert!(held.is_some(), "round {round}: frame {frame} is gone");
        }
        println!("round {round}: full after {acknowledged} frames; low before: {was_low}");
        fs::remove_file(&filler).unwrap();
        wait(&store, "writable", Health::is_writable);
    }
    assert!(acknowledged > 10, "only {acknowledged} frames were written");
    let whole = check(&store).unwrap();
    assert!(whole.is_clean(), "{:#?}", whole.problems);
    drop(store);
    let store = open(disk.path());
    for frame in 0..acknowledged {
        let held = store.raw_frame(batch, AttemptNo::FIRST, Stream::Xml, frame).unwrap();
        assert!(held.is_some(), "frame {frame} is gone after a new start");
    }
    assert_eq!(store.scan(ScanId::new(1).unwrap()).unwrap().unwrap().spec.id, scan);
}

#[test]
fn a_full_disk_does_not_keep_a_store_with_ballast_from_opening() {
    let Some(disk) = SmallDisk::mount(12) else { return };
    let store = open(disk.path());
    store.create_project("p", None).wait().unwrap();
    drop(store);
    // Until nothing fits any more.
    let filler = disk.path().join("filler");
    let mut bytes = 16 * MIB as usize;
    let mut file = fs::File::create(&filler).unwrap();
    while bytes > 0 {
        match std::io::Write::write(&mut file, &vec![1; bytes]) {
            Ok(_) => {}
            Err(_) => bytes /= 2,
        }
    }
    drop(file);
    let store = open(disk.path());
    assert_eq!(store.projects(None, 10).unwrap().len(), 1);
    assert!(!store.health().accepts_work(), "{:?}", store.health());
    fs::remove_file(&filler).unwrap();
    wait(&store, "well", |health| *health == Health::Ok);
    store.create_project("q", None).wait().unwrap();
}

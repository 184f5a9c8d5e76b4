//! Care of a closed store: checking, repairing, backing up, compacting, salvaging.

use crate::support::{
    Change, Fixture, address, addresses, attempt_record, batch_record, down, line, open, timed_out,
    up,
};
use netscan_schemas::{
    Time,
    attempt::{RawInfo, Stream},
    batch::BatchStatus,
    id::{AttemptNo, BatchId, ScanId},
};
use netscan_store::{
    OpenError, ScanFilter, Store, Write, raw,
    upkeep::{Closed, UpkeepError},
};
use redb::{Database, ReadableTable, TableDefinition};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Fills a store with everything that one may hold, and closes it.
pub fn filled(scans: u32, hosts: u32) -> TempDir {
    let fixture = Fixture::new();
    for number in 0..scans {
        let project = fixture.project(&format!("project {number}"));
        let (scan, batch) = fixture.scan(project, &addresses(hosts + 2));
        let found = (0..hosts).map(|index| up(address(index), &[80, 443])).collect();
        fixture.record(scan, batch, 1, found);
        fixture.record(scan, batch, 1, vec![down(address(hosts)), timed_out(address(hosts + 1))]);
        fixture.store.submit(finish(scan, batch)).wait().unwrap();
        fixture.end(scan);
    }
    let Fixture { store, dir } = fixture;
    drop(store);
    dir
}

fn finish(scan: ScanId, batch: BatchId) -> Write {
    let mut write = Write::new();
    let mut attempt = attempt_record(batch, AttemptNo::FIRST);
    let output = format!("output of batch {batch}").repeat(50).into_bytes();
    let frame = raw::compress(&output).unwrap();
    let info = RawInfo {
        bytes: output.len() as u64,
        stored_bytes: frame.len() as u64,
        frames: 1,
        blake3: Some(*blake3::hash(&output).as_bytes()),
        ..RawInfo::default()
    };
    *attempt.raw.get_mut(Stream::Stdout) = info;
    attempt.finished_at = Some(Time::from_secs(2));
    write
        .put_batch(&batch_record(scan, batch, BatchStatus::Completed, &addresses(100)))
        .put_attempt(&attempt)
        .raw_frame(batch, AttemptNo::FIRST, Stream::Stdout, 0, frame);
    for number in 0..20 {
        write.event(scan, line(batch, format!("line {number}")));
    }
    write
}

/// Everything that a store answers, in words; what cannot be read is left out and counted.
pub fn answers(store: &Store) -> (Vec<String>, usize) {
    let (mut all, mut errors) = (Vec::new(), 0);
    let mut add = |what: String, answer: Result<String, netscan_store::ReadError>| match answer {
        Ok(answer) => all.push(format!("{what}: {answer}")),
        Err(_) => errors += 1,
    };
    add("projects".into(), store.projects(None, 100).map(|found| format!("{found:?}")));
    let scans = store.scans(&ScanFilter::default());
    add("scans".into(), scans.map(|found| format!("{found:?}")));
    for number in 1..=4 {
        let (Some(scan), Some(batch)) = (ScanId::new(number), BatchId::new(number)) else {
            continue;
        };
        add(format!("scan {scan}"), store.scan(scan).map(|found| format!("{found:?}")));
        add(format!("plan {scan}"), store.plan(scan).map(|found| format!("{found:?}")));
        let verdicts = store.scan_verdicts(scan);
        add(format!("verdicts {scan}"), verdicts.map(|found| format!("{found:?}")));
        let hosts = store.hosts(scan, None, 1000);
        add(format!("hosts {scan}"), hosts.map(|found| format!("{found:?}")));
        let events = store.events(scan, 0, 1000, usize::MAX);
        add(format!("events {scan}"), events.map(|found| format!("{found:?}")));
        let batches = store.batches(scan, None, 100);
        add(format!("batches {scan}"), batches.map(|found| format!("{found:?}")));
        let attempts = store.attempts(batch);
        let verified = attempts.and_then(|attempts| {
            attempts.iter().try_for_each(|one| store.verify_raw(one, Stream::Stdout))?;
            Ok(format!("{attempts:?}"))
        });
        add(format!("attempts {batch}"), verified);
    }
    let at_address = store.hosts_by_address(address(1));
    add("by address".into(), at_address.map(|found| format!("{found:?}")));
    (all, errors)
}

fn database(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("netscan.redb")
}

/// Changes the database behind the store's back.
fn tamper(dir: &Path, work: impl FnOnce(&redb::WriteTransaction)) {
    let db = Database::open(dir.join("netscan.redb")).unwrap();
    let txn = db.begin_write().unwrap();
    work(&txn);
    txn.commit().unwrap();
}

#[test]
fn a_sound_store_is_found_sound_and_not_touched() {
    let dir = filled(2, 5);
    let before = fs::read(database(&dir)).unwrap();
    let closed = Closed::take(dir.path()).unwrap();
    let checked = closed.check().unwrap();
    assert!(checked.is_clean(), "{checked:#?}");
    assert_eq!((checked.report.scans, checked.report.hosts, checked.report.raw_frames), (2, 12, 2));
    let stats = closed.stats().unwrap();
    let hosts = stats.iter().find(|table| table.table == "hosts").unwrap();
    assert_eq!(hosts.rows, 12);
    assert!(hosts.stored_bytes > 0 && stats.iter().any(|table| table.table == "postings"));
    drop(closed);
    assert!(fs::read(database(&dir)).unwrap() == before, "looking changed the file");
    assert_eq!(open(dir.path()).epoch(), 2, "looking is no start");
}

#[test]
fn an_older_format_is_looked_at_untouched_and_brought_up_by_a_start() {
    let dir = filled(2, 5);
    let expected = answers(&open(dir.path()));
    tamper(dir.path(), |txn| {
        // What format 1 did not have.
        let difficult = TableDefinition::<[u8; 16], &[u8]>::new("difficult");
        assert!(txn.delete_table(difficult).unwrap());
        let head = [3, 1, 0];
        let crc = crc32fast::hash(&[head.as_slice(), &1u64.to_le_bytes()].concat()).to_le_bytes();
        let row = [head.as_slice(), &crc, &1u64.to_le_bytes()].concat();
        let meta = TableDefinition::<&str, &[u8]>::new("meta");
        txn.open_table(meta).unwrap().insert("schema", row.as_slice()).unwrap();
    });
    let before = fs::read(database(&dir)).unwrap();
    let checked = Closed::take(dir.path()).unwrap().check().unwrap();
    assert!(checked.is_clean(), "{checked:#?}");
    assert!(fs::read(database(&dir)).unwrap() == before, "looking changed the file");
    assert_eq!(answers(&open(dir.path())), expected);
}

#[test]
fn a_store_in_use_is_left_to_its_owner() {
    let fixture = Fixture::new();
    match Closed::take(fixture.dir.path()).err() {
        Some(OpenError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    let nowhere = fixture.dir.path().join("nowhere");
    assert!(matches!(Closed::take(&nowhere).err(), Some(OpenError::Directory { .. })));
    assert!(!nowhere.exists());
}

#[test]
fn a_backup_holds_the_same_and_replaces_nothing() {
    let dir = filled(3, 10);
    let elsewhere = TempDir::new().unwrap();
    let target = elsewhere.path().join("netscan.redb");
    let closed = Closed::take(dir.path()).unwrap();
    let copied = closed.backup(&target).unwrap();
    assert!(copied.report.is_clean());
    assert_eq!(copied.rows, closed.stats().unwrap().iter().map(|table| table.rows).sum::<u64>());
    let again = closed.backup(&target);
    assert!(matches!(again, Err(UpkeepError::Exists { .. })), "{again:?}");
    let names: Vec<_> = fs::read_dir(elsewhere.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing unfinished is left: {names:?}");
    drop(closed);
    assert_eq!(answers(&open(elsewhere.path())), answers(&open(dir.path())));
}

#[test]
fn a_backup_of_a_store_in_use_is_one_moment_of_it() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(100));
    let elsewhere = TempDir::new().unwrap();
    let copied = std::thread::scope(|scope| {
        scope.spawn(|| {
            for index in 0..100 {
                fixture.record(scan, batch, 1, vec![up(address(index), &[22])]);
            }
        });
        fixture.store.backup(&elsewhere.path().join("netscan.redb")).unwrap()
    });
    assert!(copied.report.is_clean(), "{:#?}", copied.report.problems);
    open(elsewhere.path());
}

#[test]
fn indexes_and_counts_are_made_anew_from_the_records() {
    let dir = filled(2, 10);
    let whole = answers(&open(dir.path()));
    tamper(dir.path(), |txn| {
        let table: TableDefinition<(u64, u64), ()> = TableDefinition::new("hosts_by_scan");
        txn.open_table(table).unwrap().remove((1, 1)).unwrap();
        let table: TableDefinition<(u8, u64), ()> = TableDefinition::new("scans_by_status");
        txn.open_table(table).unwrap().insert((1, 2), ()).unwrap();
        let table: TableDefinition<&str, u64> = TableDefinition::new("project_names");
        txn.open_table(table).unwrap().insert("nobody", 9).unwrap();
        let table: TableDefinition<(&[u8], u64, u64), &[u8]> = TableDefinition::new("postings");
        let mut lists = txn.open_table(table).unwrap();
        // No list may have a host too many or too few, be missing, or be of nothing.
        let open_80 = [b'p', 0, 0, 80, 0];
        let block = lists.get((open_80.as_slice(), 1, 1)).unwrap().unwrap().value().to_vec();
        lists.insert(([b'p', 0, 0, 81, 0].as_slice(), 1, 1), block.as_slice()).unwrap();
        lists.remove((open_80.as_slice(), 1, 1)).unwrap().unwrap();
        let table: TableDefinition<&[u8], ()> = TableDefinition::new("texts");
        txn.open_table(table).unwrap().insert(b"bghost".as_slice(), ()).unwrap();
        let table: TableDefinition<u64, &[u8]> = TableDefinition::new("tallies");
        let mut tallies = txn.open_table(table).unwrap();
        let other = tallies.get(1).unwrap().unwrap().value().to_vec();
        let mut wrong = other;
        *wrong.last_mut().unwrap() ^= 1;
        tallies.insert(2, wrong.as_slice()).unwrap();
    });
    let closed = Closed::take(dir.path()).unwrap();
    let checked = closed.check().unwrap();
    assert!(checked.file_damage.is_none());
    assert!(checked.report.problems_total >= 7, "{checked:#?}");
    assert_eq!(checked.mendable, checked.report.problems, "all of it can be mended");
    let after = closed.repair().unwrap();
    assert!(after.is_clean(), "{:#?}", after.problems);
    drop(closed);
    assert_eq!(answers(&open(dir.path())), whole);
}

#[test]
fn a_repair_does_not_touch_records_and_needs_them_sound() {
    let dir = filled(1, 3);
    tamper(dir.path(), |txn| {
        let table: TableDefinition<u64, &[u8]> = TableDefinition::new("hosts");
        let mut hosts = txn.open_table(table).unwrap();
        let mut damaged = hosts.get(2).unwrap().unwrap().value().to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        hosts.insert(2, damaged.as_slice()).unwrap();
    });
    let closed = Closed::take(dir.path()).unwrap();
    let checked = closed.check().unwrap();
    let named = |text: &str| checked.report.problems.iter().any(|one| one.contains(text));
    assert!(named("host 2: a host record is damaged"), "{checked:#?}");
    assert!(checked.mendable.is_empty(), "{checked:#?}");
    match closed.repair() {
        Err(UpkeepError::Unmendable(damaged)) => assert!(damaged[0].contains("host record 2")),
        other => panic!("{other:?}"),
    }
    assert_eq!(closed.check().unwrap(), checked, "nothing was changed");

    let elsewhere = TempDir::new().unwrap();
    let saved = closed.salvage(&elsewhere.path().join("netscan.redb")).unwrap();
    let hosts = saved.tables.iter().find(|table| table.table == "hosts").unwrap();
    assert_eq!((hosts.saved, hosts.held), (3, Some(4)));
    assert!(hosts.damaged[0].starts_with("2: a host record is damaged"), "{hosts:?}");
    assert!(saved.copied.report.is_clean(), "{:#?}", saved.copied.report.problems);
    let saved = open(elsewhere.path());
    assert_eq!(saved.hosts(ScanId::new(1).unwrap(), None, 100).unwrap().len(), 3);
}

#[test]
fn what_belongs_to_something_lost_is_settled_and_told() {
    let dir = filled(3, 4);
    tamper(dir.path(), |txn| {
        let lose = |table: &str, key: u64| {
            let table: TableDefinition<u64, &[u8]> = TableDefinition::new(table);
            txn.open_table(table).unwrap().remove(key).unwrap().expect("it was there");
        };
        lose("projects", 1);
        lose("scan_states", 1);
        lose("plans", 1);
        lose("scan_specs", 2);
        lose("batches", 3);
        lose("verdicts", 3);
    });
    let closed = Closed::take(dir.path()).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let saved = closed.salvage(&elsewhere.path().join("netscan.redb")).unwrap();
    assert!(saved.copied.report.is_clean(), "{:#?}", saved.copied.report.problems);
    for told in
        ["project 1 is lost", "how scan 1 stood", "plan of scan 1", "rows left out", "batch 3"]
    {
        assert!(saved.settled.iter().any(|note| note.contains(told)), "{told}: {saved:#?}");
    }
    let store = open(elsewhere.path());
    let scans = store.scans(&ScanFilter::default()).unwrap();
    assert_eq!(scans.iter().map(|scan| scan.spec.id.get()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(store.hosts(ScanId::new(3).unwrap(), None, 100).unwrap().len(), 5);
}

#[test]
fn compacting_gives_room_back_and_keeps_everything() {
    let dir = filled(2, 20);
    let store = open(dir.path());
    let (scan, batch) = {
        let project = store.create_project("large", None).wait().unwrap().project.unwrap().id;
        let (scan, batch) = (store.next_scan_id(), store.next_batch_id());
        let mut write = Write::new();
        write
            .create_scan(&crate::support::spec(scan, project), &Default::default())
            .put_batch(&batch_record(scan, batch, BatchStatus::Completed, &addresses(1)))
            .put_attempt(&attempt_record(batch, AttemptNo::FIRST));
        store.submit(write).wait().unwrap();
        (scan, batch)
    };
    for frame in 0..40 {
        let noise: Vec<u8> = (0..100_000u32)
            .map(|at| (at.wrapping_mul(at).wrapping_mul(frame + 7) >> 7) as u8)
            .collect();
        let mut write = Write::new();
        let frame_bytes = raw::compress(&noise).unwrap();
        write.raw_frame(batch, AttemptNo::FIRST, Stream::Xml, frame, frame_bytes);
        store.submit(write).wait().unwrap();
    }
    let mut write = Write::new();
    write.put_scan_state(scan, &crate::support::state(netscan_schemas::scan::ScanStatus::Failed));
    store.submit(write).wait().unwrap();
    store.delete_scan(scan).wait().unwrap();
    let whole = answers(&store);
    drop(store);
    let closed = Closed::take(dir.path()).unwrap();
    let compacted = closed.compact().unwrap();
    assert!(compacted.after_bytes < compacted.before_bytes, "{compacted:?}");
    assert!(closed.check().unwrap().is_clean());
    drop(closed);
    assert_eq!(answers(&open(dir.path())), whole);
}

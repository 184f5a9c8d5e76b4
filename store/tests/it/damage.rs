//! Damage in a record is an error that names it, for reading and for writing, and for nothing
//! else.

use crate::support::{Change, Fixture, address, addresses, batch_record, line, open, up};
use netscan_schemas::{attempt::Stream, batch::BatchStatus, id::AttemptNo};
use netscan_store::{ReadError, Write, WriteError, check::check, raw};
use redb::{Database, ReadableDatabase, TableDefinition};

/// Changes one byte of a value behind the store's back.
fn damage<K: redb::Key + 'static>(fixture: Fixture, table: &str, key: K::SelfType<'_>) -> Fixture {
    let Fixture { store, dir } = fixture;
    drop(store);
    let table: TableDefinition<K, &[u8]> = TableDefinition::new(table);
    let db = Database::open(dir.path().join("netscan.redb")).unwrap();
    let rows = db.begin_read().unwrap().open_table(table).unwrap();
    let mut value = rows.get(&key).unwrap().expect("the row exists").value().to_vec();
    *value.last_mut().unwrap() ^= 1;
    drop(rows);
    let txn = db.begin_write().unwrap();
    txn.open_table(table).unwrap().insert(key, value.as_slice()).unwrap();
    txn.commit().unwrap();
    drop(db);
    Fixture { store: open(dir.path()), dir }
}

#[track_caller]
fn assert_damaged<T: std::fmt::Debug>(read: Result<T, ReadError>, kind: &str, key: &str) {
    match read {
        Err(ReadError::Damaged { kind: found, key: at, .. }) => {
            assert_eq!((found, &*at), (kind, key));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_record_is_named_and_the_rest_goes_on() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (scan, batch) = fixture.scan(project, &addresses(2));
    let (other, other_batch) = fixture.scan(project, &addresses(2));
    fixture.record(scan, batch, 1, vec![up(address(0), &[80])]);
    let fixture = damage::<u64>(fixture, "batches", batch.get());
    let store = &fixture.store;
    assert_damaged(store.batch(batch), "batch", "1");
    assert_damaged(store.batches(scan, None, 10), "batch", "1");
    assert!(store.scan(scan).unwrap().is_some());
    assert_eq!(store.batches(other, None, 10).unwrap().len(), 1);

    let mut write = Write::new();
    write.event(scan, line(batch, "x")).put_batch(&batch_record(
        scan,
        batch,
        BatchStatus::Completed,
        &addresses(2),
    ));
    let refused = store.submit(write);
    let mut write = Write::new();
    write.event(other, line(other_batch, "y"));
    let good = store.submit(write);
    assert!(matches!(refused.wait(), Err(WriteError::Damaged { kind: "batch", .. })));
    good.wait().unwrap();
    assert_eq!((store.last_seq(scan).unwrap(), store.last_seq(other).unwrap()), (0, 1));
    let report = check(store).unwrap();
    assert!(report.problems[0].starts_with("batch 1: a batch record is damaged"), "{report:#?}");
}

#[test]
fn every_kind_of_row_is_checked_on_reading() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (scan, batch) = fixture.scan(project, &addresses(2));
    fixture.record(scan, batch, 1, vec![up(address(0), &[80])]);
    let host = fixture.store.hosts(scan, None, 1).unwrap()[0].id;
    let mut write = Write::new();
    let frame = raw::compress(b"some output").unwrap();
    write
        .raw_frame(batch, AttemptNo::FIRST, Stream::Stdout, 0, frame)
        .event(scan, line(batch, "x"));
    fixture.store.submit(write).wait().unwrap();

    let fixture = damage::<u64>(fixture, "projects", 1);
    let fixture = damage::<u64>(fixture, "plans", 1);
    let fixture = damage::<u64>(fixture, "tallies", 1);
    let fixture = damage::<u64>(fixture, "verdicts", 1);
    let fixture = damage::<u64>(fixture, "hosts", 1);
    let fixture = damage::<(u64, u32)>(fixture, "attempts", (1, 1));
    let fixture = damage::<(u64, u64)>(fixture, "events", (1, 1));
    let fixture = damage::<(u64, u32, u8, u32)>(fixture, "raw", (1, 1, 1, 0));
    let store = &fixture.store;
    assert_damaged(store.project(project), "project", "1");
    assert_damaged(store.plan(scan), "plan", "1");
    assert_damaged(store.scan(scan), "tally", "1");
    assert_damaged(store.verdicts(batch), "verdicts", "1");
    assert_damaged(store.host(host), "host", "1");
    assert_damaged(store.attempts(batch), "attempt", "1/1");
    assert_damaged(store.events(scan, 0, 10, 1000), "event-segment", "1/1");
    let frame = store.raw_frame(batch, AttemptNo::FIRST, Stream::Stdout, 0);
    assert_damaged(frame, "raw-frame", "1/1/stdout/0");

    fixture.end(scan);
    assert!(!check(&fixture.store).unwrap().is_clean());
    fixture.store.delete_scan(scan).wait().unwrap();
    let after = check(&fixture.store).unwrap();
    assert_eq!(
        after.problems,
        ["project 1: a project record is damaged: its checksum does not match"]
    );
}

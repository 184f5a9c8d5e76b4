//! The chain, and every way in which it may be broken.

use super::*;
use crate::{
    AuditQuery, NoPublisher, Options, Write, check::check, codec::Record, file::begin_write,
    upkeep::Closed,
};
use netscan_schemas::audit::{AuditAction, AuditKind, Origin};
use redb::Database;
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

fn open(dir: &Path) -> Store {
    Store::open(dir, Options::default(), Arc::new(NoPublisher)).unwrap()
}

/// Returns a directory whose store has this many entries, one for each of as many projects.
fn with_entries(count: usize) -> TempDir {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    for number in 0..count {
        let mut write = Write::new();
        let entry = Origin::server().did(AuditAction::ProjectCreate).on_new(AuditKind::Project);
        write.create_project(&format!("p{number}"), None).audit(entry);
        store.submit(write).wait().unwrap();
    }
    drop(store);
    dir
}

/// Changes the log of a closed store, as somebody does who may write its file.
fn edit(dir: &Path, change: impl FnOnce(&mut Table<'_, u64, Bytes>, &mut Table<'_, &str, Bytes>)) {
    let db = Database::open(dir.join("netscan.redb")).unwrap();
    let txn = begin_write(&db).unwrap();
    {
        let (mut log, mut rows) = (txn.open_table(AUDIT).unwrap(), txn.open_table(META).unwrap());
        change(&mut log, &mut rows);
    }
    txn.commit().unwrap();
    db.close().unwrap();
}

fn record(log: &Table<'_, u64, Bytes>, seq: u64) -> AuditRecord {
    rows::filed(seq, log.get(seq).unwrap().unwrap().value()).unwrap()
}

/// Returns the breaks as `number: what`, and checks that `check` finds the same.
fn breaks(dir: &Path) -> Vec<String> {
    let store = open(dir);
    let verdict = store.verify_audit(None).unwrap();
    assert_eq!(verdict.is_intact(), verdict.breaks.is_empty());
    assert!(verdict.breaks.iter().all(|found| found.told_by.is_none()));
    let told = |found: &Break| format!("{}: {}", found.seq, found.what);
    let told: Vec<String> = verdict.breaks.iter().map(told).collect();
    let report = check(&store).unwrap();
    let expected: Vec<String> = told.iter().map(|what| format!("audit entry {what}")).collect();
    assert_eq!((report.problems, report.audit_entries), (expected, verdict.entries));
    told
}

#[test]
fn entries_are_numbered_linked_and_name_what_was_made() {
    let dir = with_entries(3);
    assert_eq!(breaks(dir.path()), [""; 0]);
    let store = open(dir.path());
    let page = store.audit(&AuditQuery { limit: 10, ..AuditQuery::default() }).unwrap();
    let mut prev = [0; 32];
    for (index, record) in page.records.iter().enumerate() {
        assert_eq!((record.seq, record.prev), (index as u64 + 1, prev));
        assert_eq!(record.entry.object.as_ref().unwrap().id, record.seq.to_string());
        prev = record.hash;
    }
    let verdict = store.verify_audit(Some((3, prev))).unwrap();
    assert_eq!((verdict.entries, verdict.head, verdict.known_head), (3, (3, prev), Some(true)));
    for unknown in [(3, [7; 32]), (4, prev), (2, prev), (0, prev)] {
        let verdict = store.verify_audit(Some(unknown)).unwrap();
        assert_eq!((verdict.known_head, verdict.is_intact()), (Some(false), false), "{unknown:?}");
    }
    assert!(store.verify_audit(Some(Head::default())).unwrap().is_intact(), "the empty log");
}

#[test]
fn every_flipped_byte_of_an_entry_is_found_where_it_is() {
    let dir = with_entries(3);
    let store = open(dir.path());
    let length = store.read(|txn| Ok(txn.open_table(AUDIT)?.get(2)?.unwrap().value().len()));
    drop(store);
    for at in 0..length.unwrap() {
        let flip = |log: &mut Table<'_, u64, Bytes>, _: &mut Table<'_, &str, Bytes>| {
            let mut bytes = log.get(2).unwrap().unwrap().value().to_vec();
            bytes[at] ^= 0x10;
            log.insert(2, bytes.as_slice()).unwrap();
        };
        edit(dir.path(), flip);
        let found = breaks(dir.path());
        assert_eq!(found.len(), 1, "byte {at}: {found:?}");
        assert!(found[0].starts_with("2: ") && found[0].contains("audit record"), "{found:?}");
        edit(dir.path(), flip);
    }
    assert_eq!(breaks(dir.path()), [""; 0]);
}

#[test]
fn an_edit_with_a_right_checksum_is_found() {
    let dir = with_entries(4);
    // What it says is changed, and its hash is not.
    edit(dir.path(), |log, _| {
        let mut edited = record(log, 2);
        edited.entry.detail = "nothing to see".into();
        log.insert(2, edited.to_bytes().unwrap().as_slice()).unwrap();
    });
    assert_eq!(
        breaks(dir.path()),
        ["2: it is not as it was written: its hash is not that of what it says"]
    );
    // Its hash is made to fit: then the next one does not.
    edit(dir.path(), |log, _| {
        let held = record(log, 2);
        let (forged, _) = codec::chained(held.prev, 2, held.entry).unwrap();
        log.insert(2, forged.to_bytes().unwrap().as_slice()).unwrap();
    });
    assert_eq!(breaks(dir.path()), ["3: it was written after another entry 2 than the one there"]);
}

#[test]
fn a_log_that_is_forged_to_its_end_fits_and_lacks_the_head_that_was_kept() {
    let dir = with_entries(4);
    let head = open(dir.path()).verify_audit(None).unwrap().head;
    edit(dir.path(), |log, rows| {
        let mut prev = record(log, 1).hash;
        for seq in 2..=4 {
            let mut entry = record(log, seq).entry;
            entry.detail = "forged".into();
            let (forged, _) = codec::chained(prev, seq, entry).unwrap();
            prev = forged.hash;
            log.insert(seq, forged.to_bytes().unwrap().as_slice()).unwrap();
        }
        let row = codec::seal_meta(&head_row((4, prev)));
        rows.insert(meta::AUDIT_HEAD, row.as_slice()).unwrap();
    });
    assert_eq!(breaks(dir.path()), [""; 0], "this is what a chain alone cannot show");
    let verdict = open(dir.path()).verify_audit(Some(head)).unwrap();
    assert_eq!((verdict.known_head, verdict.is_intact()), (Some(false), false));
}

#[test]
fn removed_entries_are_missed_wherever_they_were() {
    let table: [(&[u64], &[&str]); 5] = [
        (&[1], &["1: it is missing"]),
        (&[2, 3], &["2: it is missing, with all up to entry 3"]),
        (&[4], &["4: it is missing"]),
        (&[3, 4], &["3: it is missing, with all up to entry 4"]),
        (&[1, 2, 3, 4], &["1: it is missing, with all up to entry 4"]),
    ];
    for (gone, expected) in table {
        let dir = with_entries(4);
        edit(dir.path(), |log, _| {
            for seq in gone {
                log.remove(seq).unwrap();
            }
        });
        assert_eq!(breaks(dir.path()), expected, "{gone:?}");
        // The log goes on above them: no number is given out twice.
        let store = open(dir.path());
        let mut write = Write::new();
        write.audit(Origin::server().did(AuditAction::ServerStart));
        store.submit(write).wait().unwrap();
        assert_eq!(store.verify_audit(None).unwrap().head.0, 5, "{gone:?}");
        drop(store);
        assert_eq!(breaks(dir.path()), expected, "{gone:?}");
    }
}

#[test]
fn a_head_that_is_lost_damaged_or_old_is_told_and_the_log_goes_on() {
    let old = codec::seal_meta(&head_row((2, [9; 32])));
    let short = codec::seal_meta(b"short");
    let table: [(Option<&[u8]>, &str); 4] = [
        (None, "3: what says which entry is the newest is lost"),
        (Some(b"no envelope"), "3: the row `audit_head`: a meta record is damaged"),
        (Some(&short), "3: the row `audit_head` of `meta` is no head"),
        (Some(&old), "3: it is newer than entry 2, the last one written"),
    ];
    for (row, expected) in table {
        let dir = with_entries(3);
        edit(dir.path(), |_, rows| match row {
            Some(row) => drop(rows.insert(meta::AUDIT_HEAD, row).unwrap()),
            None => drop(rows.remove(meta::AUDIT_HEAD).unwrap()),
        });
        let found = breaks(dir.path());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{found:?}");
        let store = open(dir.path());
        let mut write = Write::new();
        write.audit(Origin::server().did(AuditAction::ServerStart));
        store.submit(write).wait().unwrap();
        drop(store);
        assert_eq!(breaks(dir.path()), [""; 0], "the next entry makes a head anew");
    }
}

#[test]
fn salvage_keeps_the_entries_and_says_where_the_log_breaks() {
    let dir = with_entries(3);
    edit(dir.path(), |log, _| {
        let mut bytes = log.get(2).unwrap().unwrap().value().to_vec();
        bytes[20] ^= 1;
        log.insert(2, bytes.as_slice()).unwrap();
    });
    let saved = TempDir::new().unwrap();
    let target = saved.path().join("netscan.redb");
    let salvaged = Closed::take(dir.path()).unwrap().salvage(&target).unwrap();
    let table = salvaged.tables.iter().find(|table| table.table == "audit").unwrap();
    assert_eq!((table.saved, table.held, table.damaged.len()), (2, Some(3), 1));
    assert_eq!(salvaged.copied.report.problems, [""; 0], "the salvage tells of it");
    let store = open(saved.path());
    let verdict = store.verify_audit(None).unwrap();
    let what = "it is missing".to_owned();
    let lost = Break { seq: 2, what, damaged: false, told_by: Some(4) };
    assert_eq!((&verdict.breaks, verdict.is_intact()), (&vec![lost], false), "it stays lost");
    let page = store.audit(&AuditQuery { limit: 9, ..AuditQuery::default() }).unwrap();
    let told: Vec<_> =
        page.records.iter().map(|record| (record.seq, record.entry.action)).collect();
    let (made, salvage) = (AuditAction::ProjectCreate, AuditAction::StoreSalvage);
    assert_eq!(told, [(1, made), (3, made), (4, salvage)]);
    let detail = &page.records[2].entry.detail;
    assert_eq!(detail, "rows are lost of audit; entry 2 of this log: it is missing");
}

#[test]
fn what_breaks_before_a_salvage_without_being_told_by_it_is_news() {
    let dir = with_entries(4);
    edit(dir.path(), |log, _| {
        log.remove(4).unwrap();
        let mut bytes = log.get(1).unwrap().unwrap().value().to_vec();
        bytes[20] ^= 1;
        log.insert(1, bytes.as_slice()).unwrap();
    });
    let saved = TempDir::new().unwrap();
    let target = saved.path().join("netscan.redb");
    let salvaged = Closed::take(dir.path()).unwrap().salvage(&target).unwrap();
    assert!(salvaged.copied.report.is_clean(), "{:?}", salvaged.copied.report.problems);
    let store = open(saved.path());
    let told = |store: &Store| {
        let found = store.verify_audit(None).unwrap().breaks;
        found.into_iter().map(|found| (found.seq, found.told_by)).collect::<Vec<_>>()
    };
    assert_eq!(told(&store), [(1, Some(5)), (4, Some(5))]);
    drop(store);
    edit(saved.path(), |log, _| drop(log.remove(3).unwrap()));
    let store = open(saved.path());
    assert_eq!(told(&store), [(1, None), (3, None)]);
    assert_eq!(check(&store).unwrap().problems_total, 2);
}

#[test]
fn a_backup_has_the_log_and_a_repair_is_in_it() {
    let dir = with_entries(2);
    let closed = Closed::take(dir.path()).unwrap();
    assert!(closed.repair().unwrap().is_clean());
    let copy = TempDir::new().unwrap();
    let copied = closed.backup(&copy.path().join("netscan.redb")).unwrap();
    assert_eq!((copied.report.audit_entries, copied.report.is_clean()), (3, true));
    closed.compact().unwrap();
    let stats = closed.stats().unwrap();
    assert_eq!(stats.iter().find(|table| table.table == "audit").unwrap().rows, 3);
    drop(closed);
    let store = open(dir.path());
    let query = AuditQuery { limit: 1, descending: true, ..AuditQuery::default() };
    let page = store.audit(&query).unwrap();
    assert_eq!(page.records[0].entry.action, AuditAction::StoreRepair);
    assert_eq!(page.next, Some(3));
}

#[test]
fn pages_follow_one_another_in_both_directions_and_filter() {
    let dir = with_entries(7);
    let store = open(dir.path());
    let mut write = Write::new();
    write.audit(Origin::server().did(AuditAction::ServerStop));
    store.submit(write).wait().unwrap();
    let all = |query: AuditQuery| {
        let (mut query, mut found) = (query, Vec::new());
        loop {
            let page = store.audit(&query).unwrap();
            found.extend(page.records.iter().map(|record| record.seq));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return found,
            }
        }
    };
    let query = AuditQuery { limit: 3, ..AuditQuery::default() };
    assert_eq!(all(query.clone()), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(all(AuditQuery { after: Some(6), ..query.clone() }), [7, 8]);
    assert_eq!(all(AuditQuery { descending: true, ..query.clone() }), [8, 7, 6, 5, 4, 3, 2, 1]);
    let made = Some(AuditAction::ProjectCreate);
    assert_eq!(all(AuditQuery { action: made, ..query.clone() }), [1, 2, 3, 4, 5, 6, 7]);
    let by = |word: &str| AuditQuery { actor: Some(word.into()), ..query.clone() };
    assert_eq!((all(by("server")).len(), all(by("token")).len()), (8, 0));
}

#[test]
fn an_entry_is_there_if_and_only_if_the_change_is() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let made = |name: &str| {
        let mut write = Write::new();
        let entry = Origin::server().did(AuditAction::ProjectCreate).on_new(AuditKind::Project);
        write.create_project(name, None).audit(entry);
        store.submit(write).wait()
    };
    made("p").unwrap();
    made("p").unwrap_err();
    // In the other order the unit is taken out of its group after it has changed something.
    let mut write = Write::new();
    write.audit(Origin::server().did(AuditAction::ProjectCreate)).create_project("p", None);
    store.submit(write).wait().unwrap_err();
    made("q").unwrap();
    drop(store);
    assert_eq!(breaks(dir.path()), [""; 0]);
    let store = open(dir.path());
    assert_eq!(store.projects(None, 10).unwrap().len(), 2);
    assert_eq!(store.verify_audit(None).unwrap().entries, 2);
}

//! The lists that a search reads: long ones, damaged ones, and those of an older format.

use crate::{
    search::{compare, found},
    support::{Fixture, address, addresses, open},
};
use netscan_store::{
    search::{Bounds, HostQuery},
    upkeep::Closed,
};
use redb::{Database, MultimapTableDefinition, ReadableTable, TableDefinition};
use std::path::Path;

#[test]
fn lists_longer_than_a_block_are_read_and_changed_in_the_middle() {
    const MANY: u32 = 1500;
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(MANY));
    let up = |index| crate::support::up(address(index), &[80]);
    for first in (0..MANY).step_by(100) {
        fixture.record(scan, batch, 1, (first..first + 100).map(up).collect());
    }
    fixture.assert_clean();
    let query = HostQuery { port: Some(80), ..HostQuery::default() };
    let bounds = Bounds { hosts: 99, reads: usize::MAX };
    assert_eq!(found(&fixture.store, &query, bounds).len(), MANY as usize);
    // Every third is found with another port, one of a block boundary among them, then again.
    let other = |index| crate::support::up(address(index), &[443]);
    fixture.record(scan, batch, 2, (0..MANY).step_by(3).map(other).collect());
    fixture.assert_clean();
    assert_eq!(found(&fixture.store, &query, bounds).len(), 1000);
    compare(&fixture.store, &query, bounds);
    fixture.record(scan, batch, 3, (0..MANY).step_by(3).map(up).collect());
    fixture.assert_clean();
    let all = found(&fixture.store, &query, bounds);
    assert_eq!(all, fixture.store.hosts(scan, None, usize::MAX).unwrap());
}

#[test]
fn a_list_that_is_damaged_is_an_error_and_not_an_answer() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(9));
    let hosts = (0..9).map(|index| crate::support::up(address(index), &[80])).collect();
    fixture.record(scan, batch, 1, hosts);
    let Fixture { store, dir } = fixture;
    drop(store);
    tamper(dir.path(), |txn| {
        let table: TableDefinition<(&[u8], u64, u64), &[u8]> = TableDefinition::new("postings");
        let mut lists = txn.open_table(table).unwrap();
        let key = ([b'p', 0, 0, 80, 0].as_slice(), 1, 1);
        let mut block = lists.get(key).unwrap().unwrap().value().to_vec();
        *block.last_mut().unwrap() ^= 1;
        lists.insert(key, block.as_slice()).unwrap();
    });
    let store = open(dir.path());
    let query = HostQuery { port: Some(80), ..HostQuery::default() };
    let bounds = Bounds { hosts: 10, reads: 100 };
    let error = store.search(&query, None, bounds).unwrap_err();
    assert!(error.is_damage(), "{error}");
    drop(store);
    let closed = Closed::take(dir.path()).unwrap();
    assert!(!closed.check().unwrap().is_clean());
    assert!(closed.repair().unwrap().is_clean());
    drop(closed);
    assert_eq!(open(dir.path()).search(&query, None, bounds).unwrap().hosts.len(), 9);
}

/// Takes what format 3 brought out of a store.
fn make_format_2(txn: &redb::WriteTransaction) {
    let lists: TableDefinition<(&[u8], u64, u64), &[u8]> = TableDefinition::new("postings");
    let texts: TableDefinition<&[u8], ()> = TableDefinition::new("texts");
    assert!(txn.delete_table(lists).unwrap() && txn.delete_table(texts).unwrap());
    let ports: MultimapTableDefinition<(u64, u32), u64> =
        MultimapTableDefinition::new("open_ports");
    txn.open_multimap_table(ports).unwrap().insert((1, 80), 1).unwrap();
    let meta: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
    let (head, two) = ([3, 1, 0], 2u64.to_le_bytes());
    let crc = crc32fast::hash(&[head.as_slice(), &two].concat()).to_le_bytes();
    let row = [head.as_slice(), &crc, &two].concat();
    txn.open_table(meta).unwrap().insert("schema", row.as_slice()).unwrap();
}

#[test]
fn a_store_of_format_2_gets_its_lists_when_it_is_opened() {
    let dir = crate::upkeep::filled(3, 30);
    let query = HostQuery { port: Some(443), ..HostQuery::default() };
    let bounds = Bounds { hosts: 1000, reads: usize::MAX };
    let whole = open(dir.path()).search(&query, None, bounds).unwrap();
    assert_eq!(whole.hosts.len(), 90);
    tamper(dir.path(), make_format_2);
    // A closed store is only looked at, and reads as if it were new.
    assert!(Closed::take(dir.path()).unwrap().check().unwrap().is_clean());
    let store = open(dir.path());
    assert_eq!(store.search(&query, None, bounds).unwrap(), whole);
    assert!(netscan_store::check::check(&store).unwrap().is_clean());
}

#[test]
fn lists_that_a_repair_of_format_2_made_are_made_anew_when_it_is_opened() {
    let dir = crate::upkeep::filled(2, 10);
    tamper(dir.path(), make_format_2);
    assert!(Closed::take(dir.path()).unwrap().repair().unwrap().is_clean());
    // A netscan of format 2 went on with it, and did not keep the lists up.
    tamper(dir.path(), |txn| {
        let table: TableDefinition<(&[u8], u64, u64), &[u8]> = TableDefinition::new("postings");
        let mut lists = txn.open_table(table).unwrap();
        let [of_80, of_81] = [80, 81].map(|port| [b'p', 0, 0, port, 0]);
        let block = lists.get((of_80.as_slice(), 1, 1)).unwrap().unwrap().value().to_vec();
        lists.insert((of_81.as_slice(), 1, 1), block.as_slice()).unwrap();
        lists.insert((of_80.as_slice(), 1, 1), b"damaged".as_slice()).unwrap();
    });
    let store = open(dir.path());
    let report = netscan_store::check::check(&store).unwrap();
    assert!(report.is_clean(), "{:#?}", report.problems);
}

fn tamper(dir: &Path, work: impl FnOnce(&redb::WriteTransaction)) {
    let db = Database::open(dir.join("netscan.redb")).unwrap();
    let txn = db.begin_write().unwrap();
    work(&txn);
    txn.commit().unwrap();
}

//! Damage in the lists of hosts by term: writing goes on, searching says it, repairing mends it.

use crate::support::{Fixture, address, addresses, down, open, up, with_open_port};
use netscan_schemas::{
    Time,
    id::{AttemptNo, HostId},
};
use netscan_store::{
    Ack, Health, ReadError, Store, Write,
    search::{Bounds, HostQuery},
    upkeep::Closed,
};
use redb::{Database, ReadableTable, TableDefinition};
use std::{path::Path, sync::mpsc, time::Duration};

/// TCP port 80, open.
const OPEN_80: &[u8] = &[b'p', 0, 0, 80, 0];
const BLOCKS: TableDefinition<'static, (&[u8], u64, u64), &[u8]> = TableDefinition::new("postings");

/// Flips a bit of a block of scan 1.
fn damage(dir: &Path, first: u64) {
    let db = Database::open(dir.join("netscan.redb")).unwrap();
    let txn = db.begin_write().unwrap();
    {
        let mut blocks = txn.open_table(BLOCKS).unwrap();
        let mut bytes = blocks.get((OPEN_80, 1, first)).unwrap().unwrap().value().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        blocks.insert((OPEN_80, 1, first), bytes.as_slice()).unwrap();
    }
    txn.commit().unwrap();
}

/// Waits for a write that might never be done.
fn within_time(store: &Store, ack: Ack) {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || done.send(ack.wait().map(drop)));
    let answer = is_done.recv_timeout(Duration::from_secs(20));
    answer.unwrap_or_else(|_| panic!("it is not written: {}", store.health())).unwrap();
    assert_eq!(store.health(), Health::Ok);
}

#[test]
fn a_damaged_block_does_not_stop_writing() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(20));
    fixture.record(scan, batch, 1, (0..5).map(|index| up(address(index), &[80])).collect());
    let Fixture { store, dir } = fixture;
    drop(store);
    damage(dir.path(), 1);

    let store = open(dir.path());
    let record = |hosts| {
        let mut write = Write::new();
        write.record_hosts(scan, batch, AttemptNo::FIRST, Time::from_secs(2), hosts);
        within_time(&store, store.submit(write));
    };
    let from = |index| up(address(index), &[80]);
    // Only new ones; new ones among others; one that goes, and one that is found again.
    record(vec![from(5), from(6)]);
    record(vec![from(7), from(1), down(address(2)), up(address(3), &[443])]);
    record(vec![from(8)]);
    let query = HostQuery { port: Some(80), state: Some("open".into()), ..HostQuery::default() };
    let bounds = Bounds { hosts: 100, reads: 1000 };
    let after = |host: u64| {
        let after = HostId::new(host);
        store.hosts_matching(scan, &query, after, bounds)
    };
    // What came behind the block is found, and nothing that it holds is passed over in silence.
    for host in 0..5 {
        let searched = after(host);
        let is_told = matches!(searched, Err(ReadError::Damaged { kind: "posting", .. }));
        assert!(is_told, "{host}: {searched:?}");
    }
    let behind = after(5).unwrap().hosts;
    assert_eq!(behind.iter().map(|host| host.id.get()).collect::<Vec<_>>(), [6, 7, 8, 9]);
    drop(store);

    let closed = Closed::take(dir.path()).unwrap();
    let checked = closed.check().unwrap();
    assert!(checked.mendable.iter().any(|one| one.contains("posting")), "{checked:#?}");
    assert!(closed.repair().unwrap().is_clean());
    drop(closed);
    let store = open(dir.path());
    let found = with_open_port(&store, scan, 80, None, 100);
    let found: Vec<_> = found.iter().map(|host| host.finding.address).collect();
    assert_eq!(found, [0, 1, 4, 5, 6, 7, 8].map(address));
}

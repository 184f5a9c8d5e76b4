//! How far a page of a search reads, and where the next one goes on.

use crate::{
    search::{found, found_in_scan},
    support::{Fixture, address, addresses},
};
use netscan_schemas::{
    AddressSet,
    address::to_number,
    host::{HostFinding, HostState, Port, Service},
};
use netscan_store::search::{Bounds, HostQuery, Place, addresses_that_begin};
use std::net::IpAddr;

#[test]
fn a_search_says_where_it_goes_on_before_it_has_read_too_much() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(50));
    let hosts = (0..50).map(|index| crate::support::up(address(index), &[80])).collect();
    fixture.record(scan, batch, 1, hosts);
    let query = HostQuery { status: Some(HostState::Down), ..HostQuery::default() };
    let bounds = Bounds { hosts: 10, reads: 20 };
    let page = fixture.store.search(&query, None, bounds).unwrap();
    assert!(page.hosts.is_empty());
    assert!(matches!(page.next, Some(Place::Host { every: true, .. })), "{page:?}");
    assert_eq!(found(&fixture.store, &query, bounds), []);
    assert!(!addresses_that_begin("10.0.").is_empty());
}

#[test]
fn lists_that_agree_on_nothing_are_not_read_to_their_end_at_once() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(4000));
    let host = |index: u32| {
        let service = Service { name: "ssh".into(), ..Service::default() };
        let (number, service) =
            if index.is_multiple_of(2) { (80, None) } else { (22, Some(service)) };
        let found = crate::support::up(address(index), &[number]);
        let port = Port { service, ..found.ports[0].clone() };
        HostFinding { ports: vec![port], ..found }
    };
    fixture.record(scan, batch, 1, (0..4000).map(host).collect());
    let query = HostQuery { port: Some(80), service: Some("ssh".into()), ..HostQuery::default() };
    let bounds = Bounds { hosts: 10, reads: 20 };
    let page = fixture.store.search(&query, None, bounds).unwrap();
    assert!(page.hosts.is_empty());
    assert!(matches!(page.next, Some(Place::Host { every: false, .. })), "{page:?}");
    let page = fixture.store.hosts_matching(scan, &query, None, bounds).unwrap();
    assert!(page.hosts.is_empty() && page.next.is_some(), "{page:?}");
    // However little it may cost, each page gets on.
    for reads in [0, 1, 20] {
        let bounds = Bounds { reads, ..bounds };
        assert_eq!(found(&fixture.store, &query, bounds), []);
        assert_eq!(found_in_scan(&fixture.store, scan, &query, bounds), []);
    }
}

#[test]
fn runs_of_addresses_at_which_there_is_nothing_are_passed_over() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(200));
    let hosts = (0..200).map(|index| crate::support::up(address(index), &[80])).collect();
    fixture.record(scan, batch, 1, hosts);
    let every_second = |first| {
        let addresses = AddressSet::from_addresses((first..200).step_by(2).map(address));
        HostQuery {
            addresses: Some(addresses),
            status: Some(HostState::Down),
            ..HostQuery::default()
        }
    };
    let bounds = Bounds { hosts: 10, reads: 20 };
    let query = HostQuery { status: None, ..every_second(1) };
    assert_eq!(found(&fixture.store, &query, bounds).len(), 100);
    // A read for each run and one for what lies between two.
    let page = fixture.store.search(&every_second(1), None, bounds).unwrap();
    assert!(page.hosts.is_empty());
    assert_eq!(page.next, Some(Place::Address { address: to_number(address(20)), scan: 0 }),);
    assert_eq!(found(&fixture.store, &every_second(0), Bounds { hosts: 1, reads: 1 }), []);
    // None of these has a row: that costs one look.
    let elsewhere =
        (0..100_000u32).map(|index| IpAddr::from((0x0b00_0000 + 2 * index).to_be_bytes()));
    let elsewhere = AddressSet::from_addresses(elsewhere);
    let query = HostQuery { addresses: Some(elsewhere), ..HostQuery::default() };
    let page = fixture.store.search(&query, None, Bounds { hosts: 1, reads: 1 }).unwrap();
    assert!(page.hosts.is_empty() && page.next.is_none(), "{page:?}");
}

//! Deleting leaves nothing behind, and no number is used twice.

use crate::support::{Change, Fixture, address, addresses, down, line, timed_out, up};
use netscan_schemas::{
    attempt::Stream,
    id::{AttemptNo, BatchId, ScanId},
};
use netscan_store::{
    Write,
    check::{CheckReport, check},
    raw,
};

/// Fills a scan with a row of every kind and ends it.
fn filled(fixture: &Fixture, project: netscan_schemas::ProjectId) -> (ScanId, BatchId) {
    let (scan, batch) = fixture.scan(project, &addresses(8));
    let hosts = vec![
        up(address(0), &[22, 80]),
        up(address(1), &[80]),
        down(address(2)),
        timed_out(address(3)),
    ];
    fixture.record(scan, batch, 1, hosts);
    let mut write = Write::new();
    let frame = raw::compress(b"<nmaprun>").unwrap();
    write.raw_frame(batch, AttemptNo::FIRST, Stream::Xml, 0, frame).event(scan, line(batch, "x"));
    fixture.store.submit(write).wait().unwrap();
    fixture.end(scan);
    (scan, batch)
}

fn report(fixture: &Fixture) -> CheckReport {
    let report = check(&fixture.store).unwrap();
    assert!(report.is_clean(), "{:#?}", report.problems);
    report
}

#[test]
fn deleting_a_scan_leaves_the_others_and_nothing_of_it() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (kept, _) = filled(&fixture, project);
    let before = report(&fixture);
    let (gone, batch) = filled(&fixture, project);
    fixture.store.delete_scan(gone).wait().unwrap();
    // The check counts every row of every table against what is reached from the scans.
    let left = CheckReport { audit_entries: before.audit_entries + 1, ..before };
    assert_eq!(report(&fixture), left);
    assert_eq!(fixture.store.scan(gone).unwrap(), None);
    assert_eq!(fixture.store.raw_frame(batch, AttemptNo::FIRST, Stream::Xml, 0).unwrap(), None);
    let found = fixture.store.hosts_by_address(address(0)).unwrap();
    assert_eq!(found.iter().map(|host| host.scan_id).collect::<Vec<_>>(), [kept]);
    let mut write = Write::new();
    write.event(gone, line(batch, "late"));
    let late = fixture.store.submit(write).wait().unwrap_err();
    assert_eq!(late.to_string(), format!("there is no scan {gone}"));
}

#[test]
fn deleting_in_the_group_that_fills_leaves_nothing_either() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let before = report(&fixture);
    let (scan, batch) = fixture.scan(project, &addresses(8));
    fixture.end(scan);
    let mut write = Write::new();
    let at = netscan_schemas::Time::now();
    write.record_hosts(scan, batch, AttemptNo::FIRST, at, vec![up(address(0), &[1])]);
    write.event(scan, line(batch, "x"));
    // Not waited for: with luck both are in one transaction; without, the test is a weaker one.
    let filled = fixture.store.submit(write);
    fixture.store.delete_scan(scan).wait().unwrap();
    filled.wait().unwrap();
    let left = CheckReport { audit_entries: before.audit_entries + 1, ..before };
    assert_eq!(report(&fixture), left);
}

#[test]
fn deleting_a_project_takes_all_its_scans() {
    let fixture = Fixture::new();
    let (gone, kept) = (fixture.project("gone"), fixture.project("kept"));
    for _ in 0..3 {
        filled(&fixture, gone);
    }
    let (left, _) = filled(&fixture, kept);
    fixture.store.delete_project(gone).wait().unwrap();
    let after = report(&fixture);
    assert_eq!((after.projects, after.scans, after.hosts), (1, 1, 3));
    assert!(fixture.store.scan(left).unwrap().is_some());
    assert_eq!(fixture.store.project_by_name("gone").unwrap(), None);
    let again = fixture.project("gone");
    assert!(again > kept, "a name may be used again, a number may not");
}

#[test]
fn numbers_are_not_used_again_after_deletion_and_restart() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (scan, batch) = filled(&fixture, project);
    let host = fixture.store.hosts(scan, None, 10).unwrap().last().unwrap().id;
    fixture.store.delete_project(project).wait().unwrap();
    let fixture = fixture.reopened();
    let second_project = fixture.project("p");
    let (second_scan, second_batch) = filled(&fixture, second_project);
    let second_host = fixture.store.hosts(second_scan, None, 10).unwrap()[0].id;
    assert!(second_project > project && second_scan > scan);
    assert!(second_batch > batch && second_host > host);
    report(&fixture);
}

//! What scans know of one address: up, down, given up, not yet, or nothing.

use crate::support::{
    Change, Fixture, address, addresses, batch_record, down, spec, state, timed_out, up,
};
use netscan_schemas::{
    AddressSet,
    batch::BatchStatus,
    host::HostFinding,
    id::{ProjectId, ScanId},
    scan::{ScanStatus, Verdict},
    stored::{PlanRecord, ScanSpec},
};
use netscan_store::{HistoryPlace, Write};

/// Makes a scan of these addresses that has ended, in batches of four, of which this was found.
fn scan(
    fixture: &Fixture,
    project: ProjectId,
    targets: std::ops::Range<u32>,
    found: &[HostFinding],
) -> ScanId {
    let store = &fixture.store;
    let id = store.next_scan_id();
    let targets: Vec<_> = addresses(targets.end).split_off(targets.start as usize);
    let all = AddressSet::from_addresses(targets.iter().copied());
    let spec = ScanSpec { total_targets: all.count(), ..spec(id, project) };
    let mut write = Write::new();
    write.create_scan(&spec, &PlanRecord { addresses: all, ..PlanRecord::default() });
    write.put_scan_state(id, &state(ScanStatus::Stopped));
    let mut batches = Vec::new();
    for targets in targets.chunks(4) {
        let batch = store.next_batch_id();
        write.put_batch(&batch_record(id, batch, BatchStatus::Completed, targets));
        batches.push((batch, targets));
    }
    store.submit(write).wait().unwrap();
    for (batch, targets) in batches {
        let of_batch = found.iter().filter(|host| targets.contains(&host.address));
        fixture.record(id, batch, 1, of_batch.cloned().collect());
    }
    id
}

fn all_down(targets: std::ops::Range<u32>) -> Vec<HostFinding> {
    targets.map(|index| down(address(index))).collect()
}

/// Returns what is known of an address, put together from pages, and how many there were.
fn history(
    fixture: &Fixture,
    index: u32,
    projects: Option<&[ProjectId]>,
    scans: usize,
    reads: usize,
) -> (Vec<(ScanId, Verdict)>, usize) {
    let (mut known, mut from, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = fixture.store.history(address(index), projects, from, scans, reads).unwrap();
        assert!(page.scans.len() <= scans);
        for of_scan in page.scans {
            let has_row = matches!(of_scan.verdict, Verdict::Up | Verdict::TimedOut);
            assert_eq!(of_scan.host.is_some(), has_row);
            assert!(of_scan.host.is_none_or(|host| host.finding.address == address(index)));
            known.push((of_scan.scan.spec.id, of_scan.verdict));
        }
        pages += 1;
        let is_further = |next: HistoryPlace| {
            from.is_none_or(|from: HistoryPlace| {
                next.scan < from.scan || next.scan == from.scan && next.batch > from.batch
            })
        };
        assert!(page.next.is_none_or(is_further), "{from:?} {:?}", page.next);
        match page.next {
            Some(next) => from = Some(next),
            None => return (known, pages),
        }
    }
}

#[test]
fn an_address_is_known_to_every_scan_that_had_it_as_a_target() {
    let fixture = Fixture::new();
    let (ours, theirs) = (fixture.project("ours"), fixture.project("theirs"));
    let and = |mut hosts: Vec<HostFinding>, host| {
        hosts.push(host);
        hosts
    };
    let is_up = scan(&fixture, ours, 0..8, &and(all_down(0..7), up(address(7), &[80])));
    let is_down = scan(&fixture, theirs, 0..8, &all_down(0..8));
    let given_up = scan(&fixture, ours, 6..8, &and(all_down(6..7), timed_out(address(7))));
    let elsewhere = scan(&fixture, ours, 8..16, &all_down(8..16));
    // Some addresses have no verdict: only the batches tell which.
    let some = scan(&fixture, theirs, 0..64, &all_down(4..64));
    let none = scan(&fixture, ours, 0..8, &[]);
    let only_up = scan(&fixture, ours, 0..9, &[up(address(0), &[])]);

    let of_7 = [
        (only_up, Verdict::Unfinished),
        (none, Verdict::Unfinished),
        (some, Verdict::Down),
        (given_up, Verdict::TimedOut),
        (is_down, Verdict::Down),
        (is_up, Verdict::Up),
    ];
    assert_eq!(history(&fixture, 7, None, 100, 1000), (of_7.to_vec(), 1));
    let (of_3, _) = history(&fixture, 3, None, 100, 1000);
    assert_eq!(
        of_3[2..],
        [(some, Verdict::Unfinished), (is_down, Verdict::Down), (is_up, Verdict::Down)]
    );
    assert_eq!(
        history(&fixture, 12, None, 100, 1000).0,
        [(some, Verdict::Down), (elsewhere, Verdict::Down)]
    );
    assert_eq!(history(&fixture, 99, None, 100, 1000), (Vec::new(), 1));
    let of = |project| {
        let known = history(&fixture, 7, Some(&[project]), 100, 1000).0;
        known.into_iter().map(|(scan, _)| scan).collect::<Vec<_>>()
    };
    assert_eq!(of(theirs), [some, is_down]);
    assert_eq!(of(ours), [only_up, none, given_up, is_up]);
    assert_eq!(history(&fixture, 7, Some(&[]), 100, 1000), (Vec::new(), 1));
    // However little a page may hold or read, all of them together hold the same.
    let (whole, _) = history(&fixture, 3, None, 100, 1000);
    for (scans, reads) in [(1, 1000), (2, 3), (100, 0), (100, 1), (1, 1)] {
        let (known, pages) = history(&fixture, 3, None, scans, reads);
        assert_eq!(known, whole, "{scans} {reads}");
        assert!(pages > 2, "{pages}");
    }
    fixture.store.delete_scan(is_down).wait().unwrap();
    assert_eq!(history(&fixture, 7, None, 100, 1000).0.len(), 5);
    fixture.assert_clean();
}

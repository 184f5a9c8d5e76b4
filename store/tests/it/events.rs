//! Events by their numbers, over many segments.

use crate::support::{Fixture, addresses, line};
use netscan_schemas::id::Seq;
use netscan_store::Write;

/// Writes events in transactions of these sizes.
fn with_segments(sizes: &[usize]) -> (Fixture, netscan_schemas::ScanId) {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(1));
    for size in sizes {
        let mut write = Write::new();
        for _ in 0..*size {
            write.event(scan, line(batch, "0123456789"));
        }
        fixture.store.submit(write).wait().unwrap();
    }
    (fixture, scan)
}

#[test]
fn any_place_can_be_resumed_from() {
    let (fixture, scan) = with_segments(&[1, 5, 1, 3, 20]);
    let seqs = |since, max, bytes| -> Vec<Seq> {
        let events = fixture.store.events(scan, since, max, bytes).unwrap();
        events.into_iter().map(|(seq, _)| seq).collect()
    };
    let all = usize::MAX;
    for since in 0..=31 {
        assert_eq!(seqs(since, all, all), (since + 1..=30).collect::<Vec<_>>(), "since {since}");
        let page: Vec<Seq> = (since + 1..=30).take(4).collect();
        assert_eq!(seqs(since, 4, all), page, "a page since {since}");
    }
    assert!(seqs(u64::MAX, all, all).is_empty());
    assert_eq!(seqs(7, all, 1), [8], "a page has at least one event");
    let bytes =
        fixture.store.events(scan, 7, 3, all).unwrap().iter().map(|(_, text)| text.len()).sum();
    assert_eq!(seqs(7, all, bytes), [8, 9, 10]);
    fixture.assert_clean();
}

#[test]
fn the_order_goes_on_after_a_restart() {
    let (fixture, scan) = with_segments(&[3, 4]);
    let fixture = fixture.reopened();
    assert_eq!(fixture.store.last_seq(scan).unwrap(), 7);
    let mut write = Write::new();
    let batch = fixture.store.batches(scan, None, 1).unwrap()[0].id;
    write.event(scan, line(batch, "later"));
    assert_eq!(fixture.store.submit(write).wait().unwrap().last_seq, [(scan, 8)]);
    fixture.assert_clean();
}

#[test]
fn long_events_are_cut_into_segments_and_read_alike() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(1));
    let mut write = Write::new();
    for size in [10, 700_000, 700_000, 10, 3_000_000, 10] {
        write.event(scan, line(batch, "x".repeat(size)));
    }
    fixture.store.submit(write).wait().unwrap();
    let events = fixture.store.events(scan, 0, usize::MAX, usize::MAX).unwrap();
    let sizes: Vec<usize> = events.iter().map(|(_, text)| text.len() / 10_000).collect();
    assert_eq!(sizes, [0, 70, 70, 0, 300, 0]);
    assert_eq!(fixture.store.events(scan, 4, 1, usize::MAX).unwrap()[0], events[4]);
    fixture.assert_clean();
}

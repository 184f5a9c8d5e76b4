//! Feeds of events: what readers share, and what they are told.

use super::support::{all_up, ended, request, scan, start};
use netscan_actors::{Begin, Page, Selection};
use netscan_nmap::launch::Scripted;
use netscan_schemas::{api::ScanRequest, audit::Origin};
use netscan_store::Publisher;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;

fn all() -> Selection {
    Selection { lines: true, projects: None }
}

/// Where the bytes of a page are in memory.
fn places(page: &Page) -> Vec<*const u8> {
    page.frames.iter().map(|frames| frames.bytes().as_ptr()).collect()
}

#[tokio::test]
async fn readers_of_the_same_events_share_their_bytes() {
    let dir = TempDir::new().unwrap();
    let system = start(dir.path(), Arc::new(Scripted::with(all_up)), true).await;
    let id = scan(&system, request(&["127.0.0.0/28"], 4)).await;
    let mut live = system.feed(id, Some(0)).unwrap();
    ended(&system, id).await;
    while system.in_hand().holds(id) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // What is live comes from the ring, what is over from the store.
    let mut again = system.feed(id, Some(0)).unwrap();
    let (stored, ring) = (again.next_page().await.unwrap(), live.next_page().await.unwrap());
    assert!(places(&stored) != places(&ring));
    assert!(stored.texts().zip(ring.texts()).all(|(stored, ring)| stored == ring));
    // Readers of the store share while one of them still has the page, wherever they begin.
    let mut other = system.feed(id, Some(0)).unwrap();
    let same = other.next_page().await.unwrap();
    assert_eq!(places(&stored), places(&same));
    let mut later = system.feed(id, Some(2)).unwrap();
    let part = later.next_page().await.unwrap();
    assert_eq!(part.frames[0].first(), 3);
    let block = stored.frames[0].bytes().as_ptr_range();
    assert!(block.contains(&part.frames[0].bytes().as_ptr()));
    // So do those of all scans.
    let mut overall = system.overall_feed(&Begin::After(0), all()).unwrap();
    assert_eq!(places(&overall.next_page().await.unwrap()), places(&stored));
}

/// A scan may end, and its last events become public, while a reader of all scans begins.
#[tokio::test]
async fn a_scan_that_ends_as_a_reader_begins_is_not_told_from_its_first_event() {
    let dir = TempDir::new().unwrap();
    let system = start(dir.path(), Arc::new(Scripted::with(all_up)), true).await;
    let id = scan(&system, request(&["127.0.0.0/28"], 4)).await;
    ended(&system, id).await;
    let mut overall = system.overall_feed(&Begin::Now, all()).unwrap();
    let stored = system.store().events(id, 0, 1000, usize::MAX).unwrap();
    let (last, text) = stored.last().unwrap();
    assert!(*last > 1);
    system.hub().publish(id, None, &[(*last, Arc::clone(text))]);
    let page = overall.next_page().await.unwrap();
    assert_eq!(page.texts().collect::<Vec<_>>(), [(*last, &**text)]);
    // Of one that comes later all is told.
    let later = scan(&system, request(&["127.0.0.1"], 1)).await;
    let page = overall.next_page().await.unwrap();
    assert_eq!(page.texts().next().unwrap().0, 1, "of scan {later}");
}

#[tokio::test]
async fn a_reader_of_some_projects_that_falls_behind_is_told_of_no_other() {
    let dir = TempDir::new().unwrap();
    let system = start(dir.path(), Arc::new(Scripted::with(all_up)), true).await;
    let project = system.project_named("mine", &Origin::server()).await.unwrap();
    let hidden = scan(&system, request(&["127.0.0.1"], 1)).await;
    ended(&system, hidden).await;
    let selection = Selection { lines: true, projects: Some(vec![project]) };
    let mut reader = system.overall_feed(&Begin::Now, selection.clone()).unwrap();
    let of_mine = ScanRequest { project_id: Some(project), ..request(&["127.0.0.0/29"], 8) };
    let mine = scan(&system, of_mine).await;
    ended(&system, mine).await;
    // More than is kept in memory, of scans that are there and of one that is newer.
    let newer = scan(&system, request(&["127.0.0.1"], 1)).await;
    ended(&system, newer).await;
    for seq in 100..110 {
        system.hub().publish(newer, None, &[(seq, "x".repeat(1024 * 1024).into())]);
    }
    let count = system.store().last_seq(mine).unwrap();
    let mut told = Vec::new();
    while (told.len() as u64) < count {
        let page = reader.next_page().await.unwrap();
        told.extend(page.texts().map(|(seq, text)| (seq, text.to_owned())));
    }
    let stored = system.store().events(mine, 0, 1000, usize::MAX).unwrap();
    let expected: Vec<_> = stored.iter().map(|(seq, text)| (*seq, text.to_string())).collect();
    assert_eq!(told, expected);
    let more = tokio::time::timeout(Duration::from_millis(200), reader.next_page()).await;
    assert!(more.is_err(), "{more:?}");
    // All of them from their first event on.
    let mut all = system.overall_feed(&Begin::After(0), selection).unwrap();
    let page = all.next_page().await.unwrap();
    assert_eq!(page.texts().next(), expected.first().map(|(seq, text)| (*seq, text.as_str())));
}

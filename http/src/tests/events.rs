//! Stored events, by name and batch, forwards and back.

use super::{World, all_up, world};
use crate::events::{self, Bounds, Wanted};
use netscan_schemas::{
    BatchId, ScanId, Seq,
    event::{EncodedEvent, Event, LineStream},
    limits,
};
use netscan_store::Write;
use serde_json::{Value, json};

/// Writes events of two batches, some in a transaction each and some together: 1 stops batch 1, 2 is
/// a line of batch 2, and so on.
async fn written(world: &World, count: u64) -> ScanId {
    let scan = world.idle_scan().await;
    let mut seq = 0;
    while seq < count {
        let mut write = Write::new();
        for _ in 0..=(seq % 7).min(count - seq - 1) {
            seq += 1;
            let batch_id = BatchId::new(1 + (seq + 1) % 2).unwrap();
            let event = match seq % 2 {
                1 => {
                    Event::BatchProgress { batch_id, percent: 1.0, eta_ms: None, phase: "x".into() }
                }
                _ => Event::Line {
                    batch_id,
                    // It looks like another event, and is none.
                    line: r#"{"event":"batch_progress","batch_id":1"#.into(),
                    stream: LineStream::Stdout,
                },
            };
            write.event(scan, EncodedEvent::now(&event));
        }
        world.system.store().submit(write).await.unwrap();
    }
    scan
}

fn numbers(events: &Value) -> Vec<Seq> {
    events.as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect()
}

/// Asks for a page, and for what its link leads to, until there is none.
async fn pages(world: &World, first: String) -> Vec<Vec<Seq>> {
    let (mut path, mut pages) = (first, Vec::new());
    loop {
        let answer = world.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        pages.push(numbers(&answer.json()));
        assert!(pages.len() < 1000, "{path} leads nowhere");
        match answer.header("link").strip_prefix('<') {
            Some(link) => path = link.split('>').next().unwrap().to_owned(),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn events_are_paged_both_ways_and_filtered() {
    let world = world(all_up).await;
    let scan = written(&world, 40).await;
    let path = |query: &str| format!("/api/scans/{scan}/events?{query}");
    let all: Vec<Seq> = (1..=40).collect();
    let odd: Vec<Seq> = (1..=40).step_by(2).collect();
    for (query, expected) in [
        ("since=0&limit=7", &all),
        ("limit=1000", &all),
        ("limit=3&kinds=batch_progress", &odd),
        ("limit=3&kinds=batch_progress,batch_failed&batch_id=1", &odd),
        ("limit=9&batch_id=1", &odd),
        ("limit=9&batch_id=1&kinds=line", &Vec::new()),
        ("since=40", &Vec::new()),
        ("since=4711", &Vec::new()),
    ] {
        assert_eq!(&pages(&world, path(query)).await.concat(), expected, "{query}");
    }
    for (query, expected) in [
        ("before=41&limit=7", &all),
        ("before=18446744073709551615&limit=1000", &all),
        ("before=41&limit=3&kinds=batch_progress", &odd),
        ("before=41&limit=1&batch_id=1", &odd),
        ("before=1", &Vec::new()),
        ("before=0", &Vec::new()),
        ("before=21&since=20", &Vec::new()),
    ] {
        let back = pages(&world, path(query)).await;
        for page in &back {
            assert!(page.is_sorted(), "{query}: {page:?}");
        }
        let forth: Vec<Seq> = back.into_iter().rev().flatten().collect();
        assert_eq!(&forth, expected, "{query}");
    }
    let between = world.json(&path("before=30&since=10&limit=5&batch_id=2")).await;
    assert_eq!(numbers(&between), [20, 22, 24, 26, 28]);
    let all_between = pages(&world, path("before=30&since=10&limit=5&batch_id=2")).await;
    assert_eq!(all_between, [vec![20, 22, 24, 26, 28], vec![12, 14, 16, 18]]);
}

#[tokio::test]
async fn a_walk_ends_where_its_bound_is_and_says_so() {
    let world = world(all_up).await;
    let scan = world.idle_scan().await;
    for _ in 0..6 {
        world.line(scan, 400 * 1024).await;
    }
    let store = world.system.store();
    let rare = Wanted { batch: BatchId::new(7), ..Wanted::default() };
    let bounds = Bounds { events: 10, walk_bytes: 500 * 1024 };
    let mut reached = 0;
    let mut walks = 0;
    while let Some(next) = events::after(store, scan, reached, &rare, bounds).unwrap().next {
        assert!(next > reached && next <= reached + 2, "{reached} to {next}");
        (reached, walks) = (next, walks + 1);
    }
    assert!(walks >= 2, "{walks}");
    let mut reached = 7;
    let mut walks = 0;
    while let Some(next) = events::before(store, scan, (0, reached), &rare, bounds).unwrap().next {
        assert!(next < reached && next + 2 >= reached, "{reached} to {next}");
        (reached, walks) = (next, walks + 1);
    }
    assert!(walks >= 2, "{walks}");
    // An answer has bytes enough for one event, and not for ever more.
    let every = Bounds { events: 1000, walk_bytes: usize::MAX };
    let found = events::before(store, scan, (0, 7), &Wanted::default(), every).unwrap();
    assert_eq!((found.texts.len(), found.next), (6, None));
    assert!(found.texts.iter().map(String::len).sum::<usize>() < limits::LIVE_EVENT_BYTES_MAX);
}

#[tokio::test]
async fn what_is_no_filter_of_events_is_refused() {
    let world = world(all_up).await;
    let scan = written(&world, 3).await;
    for (query, code, says) in [
        ("kinds=batch_begin", "invalid-value", "`batch_start`"),
        ("kinds=", "invalid-value", "`scan_complete`"),
        ("kinds=line,", "invalid-value", "`line`"),
        ("kinds=connected", "invalid-value", "`connected`"),
        ("batch_id=0", "invalid-value", "batch_id"),
        ("before=-1", "invalid-value", "before"),
        ("limit=1001", "invalid-value", "1000"),
        ("kind=line", "unknown-field", "kind"),
    ] {
        let answer = world.get(&format!("/api/scans/{scan}/events?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, code), "{query}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{query}");
    }
    let none = world.json(&format!("/api/scans/{scan}/events?batch_id=4711")).await;
    assert_eq!(none, json!([]));
}

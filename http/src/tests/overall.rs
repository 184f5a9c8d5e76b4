//! The events of all scans in one connection.

use super::{
    World, all_up, world,
    ws::{Client, connect_to, next, refused_at},
};
use netscan_schemas::{ScanId, Seq};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Seen = BTreeMap<u64, Vec<Seq>>;

async fn connect(address: &str, query: &str) -> Client {
    let mut client = connect_to(&format!("ws://{address}/ws/events{query}")).await;
    assert_eq!(next(&mut client).await, json!({"event": "connected"}));
    client
}

/// Reads so many events, and returns their numbers by scan.
async fn take(client: &mut Client, count: usize) -> Seen {
    let mut seen = Seen::new();
    for _ in 0..count {
        let event = next(client).await;
        let seq = event["seq"].as_u64().unwrap();
        seen.entry(event["scan_id"].as_u64().unwrap()).or_default().push(seq);
    }
    seen
}

fn numbers(places: &[(ScanId, std::ops::RangeInclusive<Seq>)]) -> Seen {
    places.iter().map(|(scan, range)| (scan.get(), range.clone().collect())).collect()
}

/// Writes something that is no line.
async fn other(world: &World, scan: ScanId) -> Seq {
    let event = netscan_schemas::event::Event::ScanPaused {};
    let mut write = netscan_store::Write::new();
    write.event(scan, netscan_schemas::event::EncodedEvent::now(&event));
    world.system.store().submit(write).await.unwrap().last_seq[0].1
}

#[tokio::test]
async fn everything_of_all_scans_and_then_what_is_new() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let (a, b) = (world.idle_scan().await, world.idle_scan().await);
    for _ in 0..3 {
        world.line(a, 1).await;
        other(&world, b).await;
    }
    let mut all = connect(&address, "?since=0&lines=true").await;
    assert_eq!(take(&mut all, 6).await, numbers(&[(a, 1..=3), (b, 1..=3)]));
    let mut later = connect(&address, "?since=2&lines=true").await;
    assert_eq!(take(&mut later, 2).await, numbers(&[(a, 3..=3), (b, 3..=3)]));
    let mut new = connect(&address, "?lines=true").await;
    let c = world.idle_scan().await;
    world.line(c, 1).await;
    world.line(a, 1).await;
    for client in [&mut all, &mut later, &mut new] {
        assert_eq!(take(client, 2).await, numbers(&[(a, 4..=4), (c, 1..=1)]));
    }
}

#[tokio::test]
async fn lines_are_left_out_unless_they_are_asked_for() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    world.line(scan, 1).await;
    other(&world, scan).await;
    let mut stored = connect(&address, "?since=0").await;
    assert_eq!(take(&mut stored, 1).await, numbers(&[(scan, 2..=2)]));
    let mut live = connect(&address, "").await;
    world.line(scan, 1).await;
    other(&world, scan).await;
    for client in [&mut stored, &mut live] {
        assert_eq!(take(client, 1).await, numbers(&[(scan, 4..=4)]));
    }
}

#[tokio::test]
async fn a_client_resumes_where_it_was_in_each_scan() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scans = [world.idle_scan().await, world.idle_scan().await, world.idle_scan().await];
    for scan in scans {
        for _ in 0..5 {
            world.line(scan, 1).await;
        }
    }
    let [a, b, c] = scans;
    let mut client = connect(&address, &format!("?lines=true&since={a}:2,{b}:4")).await;
    let expected = numbers(&[(a, 3..=5), (b, 5..=5), (c, 1..=5)]);
    assert_eq!(take(&mut client, 9).await, expected, "the third is newer than those it knew");
    let mut client = connect(&address, &format!("?lines=true&since={c}:5")).await;
    world.line(a, 1).await;
    world.line(c, 1).await;
    assert_eq!(take(&mut client, 2).await, numbers(&[(a, 6..=6), (c, 6..=6)]));
    for since in ["yesterday", "1:", "1:2,", ":3", "0:1", "-1"] {
        let url = format!("ws://{address}/ws/events?since={since}");
        assert_eq!(refused_at(&url, &[]).await, (422, "invalid-value".into()), "{since}");
    }
}

#[tokio::test]
async fn one_that_falls_behind_the_ring_reads_the_store() {
    const SCANS: u64 = 3;
    const ROUNDS: u64 = 8;
    let world = world(all_up).await;
    let address = world.listen().await;
    let known = world.idle_scan().await;
    let mut client = connect(&address, "?lines=true").await;
    let mut scans = vec![known];
    for _ in 1..SCANS {
        scans.push(world.idle_scan().await);
    }
    // Far more than sockets and ring hold.
    for _ in 0..ROUNDS {
        for scan in &scans {
            world.line(*scan, 1024 * 1024).await;
        }
    }
    let all: Vec<_> = scans.iter().map(|scan| (*scan, 1..=ROUNDS)).collect();
    assert_eq!(take(&mut client, (SCANS * ROUNDS) as usize).await, numbers(&all));
    world.line(known, 1).await;
    assert_eq!(take(&mut client, 1).await, numbers(&[(known, ROUNDS + 1..=ROUNDS + 1)]));
}

#[tokio::test]
async fn a_whole_scan_arrives_while_others_run() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let mut client = connect(&address, "?lines=true").await;
    let mut scans = Vec::new();
    for _ in 0..3 {
        scans.push(world.scan(json!({"targets": ["127.0.0.0/28"], "chunk_size": 4})).await);
    }
    let mut left = scans.len();
    let mut seen = Seen::new();
    let mut last = Value::Null;
    while left > 0 {
        last = next(&mut client).await;
        let seq = last["seq"].as_u64().unwrap();
        seen.entry(last["scan_id"].as_u64().unwrap()).or_default().push(seq);
        left -= usize::from(last["event"] == "scan_complete");
    }
    assert_eq!(last["event"], "scan_complete");
    let stored = |scan: &ScanId| world.system.store().last_seq(*scan).unwrap();
    let all: Vec<_> = scans.iter().map(|scan| (*scan, 1..=stored(scan))).collect();
    assert_eq!(seen, numbers(&all));
}

//! Server-Sent Events: the same events under their numbers, resumed where a client says.

use super::{PATIENCE, World, all_up, world};
use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use netscan_schemas::{ScanId, limits};
use tokio::time::timeout;
use tower::ServiceExt;

async fn open(world: &World, scan: ScanId, query: &str, last: Option<&str>) -> (u16, Body) {
    let mut request = Request::get(format!("/api/scans/{scan}/stream{query}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    (response.status().as_u16(), response.into_body())
}

/// Reads up to the event of this number and returns all text until there.
async fn until(body: &mut Body, seq: u64) -> String {
    let mut text = String::new();
    while !text.contains(&format!("id: {seq}\n")) || !text.ends_with("\n\n") {
        let frame = timeout(PATIENCE, body.frame()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    text
}

fn ids(text: &str) -> Vec<u64> {
    text.lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .map(|id| id.parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_stream_goes_on_where_the_client_was() {
    let world = world(all_up).await;
    let scan = world.idle_scan().await;
    for _ in 0..5 {
        world.line(scan, 1).await;
    }
    let (status, mut body) = open(&world, scan, "?since=0", None).await;
    assert_eq!(status, 200);
    let text = until(&mut body, 5).await;
    assert!(text.starts_with("data: {\"event\":\"connected\""), "{text}");
    assert_eq!(ids(&text), [1, 2, 3, 4, 5]);
    world.line(scan, 1).await;
    assert_eq!(ids(&until(&mut body, 6).await), [6]);
    let (_, mut body) = open(&world, scan, "?since=0", Some("4")).await;
    assert_eq!(ids(&until(&mut body, 6).await), [5, 6], "the header is newer than the address");
    let (status, _) = open(&world, scan, "", Some("four")).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_stream_takes_a_place_and_ends_with_the_server() {
    let world = world(all_up).await;
    let scan = world.idle_scan().await;
    let free = || world.edge.clients.available_permits();
    let (_, mut body) = open(&world, scan, "", None).await;
    assert_eq!(free(), limits::WS_CLIENTS_MAX - 1);
    let others = world.edge.clients.try_acquire_many(u32::try_from(free()).unwrap()).unwrap();
    assert_eq!(open(&world, scan, "", None).await.0, 503);
    drop(others);
    world.edge.shutdown().cancel();
    while let Some(frame) = timeout(PATIENCE, body.frame()).await.unwrap() {
        frame.unwrap();
    }
    drop(body);
    assert_eq!(free(), limits::WS_CLIENTS_MAX);
}

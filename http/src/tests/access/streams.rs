//! WebSockets and event streams end with the right to read them.

use super::{guarded, scanned};
use crate::tests::{
    PATIENCE,
    ws::{Client, closed, next},
};
use axum::{body::Body, http::Request};
use futures_util::StreamExt;
use netscan_schemas::{ScanId, audit::Origin};
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest};
use tower::ServiceExt;

async fn socket(address: &str, scan: ScanId, token: Option<&str>) -> Result<Client, Error> {
    let mut request =
        format!("ws://{address}/ws/scans/{scan}?since=0").into_client_request().unwrap();
    if let Some(token) = token {
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
    }
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

#[tokio::test]
async fn sockets_and_streams_end_with_the_right_to_read_them() {
    let world = guarded().await;
    let address = world.listen().await;
    let scan = world.world.idle_scan().await;
    world.world.line(scan, 1).await;
    let (id, token) = world.token("viewer", None).await;
    let mut watching = socket(&address, scan, Some(&token)).await.unwrap();
    assert_eq!(next(&mut watching).await["event"], "connected");
    let stream = world
        .tcp
        .clone()
        .oneshot(
            Request::get(format!("/api/scans/{scan}/stream?since=0"))
                .header("host", "localhost")
                .header("authorization", format!("Bearer {token}"))
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    let mut stream = stream.into_body().into_data_stream();
    let mut read = String::new();
    while !read.contains("\"seq\":1") {
        let piece = timeout(PATIENCE, stream.next()).await.unwrap().unwrap().unwrap();
        read.push_str(&String::from_utf8_lossy(&piece));
    }
    // Another token's end is nothing to these.
    let (other, _) = world.token("viewer", None).await;
    world.world.send("DELETE", &format!("/api/tokens/{other}"), &json!({})).await;
    world.world.line(scan, 1).await;
    let mut seen = 0;
    while seen < 2 {
        seen = next(&mut watching).await["seq"].as_u64().unwrap();
    }
    world.world.send("DELETE", &format!("/api/tokens/{id}"), &json!({})).await;
    assert_eq!(closed(&mut watching).await, Some(4401));
    let ended = async { while stream.next().await.is_some() {} };
    timeout(PATIENCE / 3, ended).await.expect("the stream ends");
    // Who has no right is told so in a way that a page can read.
    for token in [Some(token.as_str()), Some("nsk_x"), None] {
        assert_eq!(closed(&mut socket(&address, scan, token).await.unwrap()).await, Some(4401));
    }
    let (mine, _) = scanned(&world, "mine").await;
    let limited = world.token("viewer", Some(&[mine])).await.1;
    assert_eq!(
        closed(&mut socket(&address, scan, Some(&limited)).await.unwrap()).await,
        Some(4404)
    );
}

/// Opens the socket of all scans as the holder of a token.
async fn overall(address: &str, query: &str, token: &str) -> Client {
    let mut request =
        format!("ws://{address}/ws/events?lines=true{query}").into_client_request().unwrap();
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let mut client = tokio_tungstenite::connect_async(request).await.unwrap().0;
    assert_eq!(next(&mut client).await, json!({"event": "connected"}));
    client
}

/// Reads so many events, and returns scan and number of each, in order.
async fn take(client: &mut Client, count: usize) -> Vec<(u64, u64)> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let event = next(client).await;
        seen.push((event["scan_id"].as_u64().unwrap(), event["seq"].as_u64().unwrap()));
    }
    seen.sort_unstable();
    seen
}

#[tokio::test]
async fn a_token_of_some_projects_follows_all_their_scans_and_no_other() {
    let world = guarded().await;
    let address = world.listen().await;
    let project =
        async |name| world.world.system.project_named(name, &Origin::server()).await.unwrap();
    let (mine, also, hidden) =
        (project("mine").await, project("also mine").await, project("hidden").await);
    let (id, token) = world.token("viewer", Some(&[mine, also])).await;
    let idle = |project| world.world.idle_scan_of(project);
    let (a, x, b) = (idle(mine).await, idle(hidden).await, idle(also).await);
    let lines = async |scans: &[ScanId]| {
        for scan in scans {
            world.world.line(*scan, 1).await;
        }
    };
    lines(&[a, x, b, x]).await;
    let (a_, b_) = (a.get(), b.get());
    let mut all = overall(&address, "&since=0", &token).await;
    assert_eq!(take(&mut all, 2).await, [(a_, 1), (b_, 1)]);
    let mut new = overall(&address, "", &token).await;
    // A place in a scan that it does not see is one in a scan that is not there.
    let mut resumed = overall(&address, &format!("&since={a}:0,{x}:0"), &token).await;
    assert_eq!(take(&mut resumed, 2).await, [(a_, 1), (b_, 1)]);
    // What comes later, in scans that are there and in new ones.
    let (y, c) = (idle(hidden).await, idle(mine).await);
    lines(&[x, y, a, y, c, x, b]).await;
    for client in [&mut all, &mut new, &mut resumed] {
        assert_eq!(take(client, 3).await, [(a_, 2), (b_, 2), (c.get(), 1)]);
    }
    // Behind what is kept in memory, the store is read: of its own scans alone.
    for _ in 0..20 {
        world.world.line(y, 1024 * 1024).await;
    }
    let later = idle(also).await;
    lines(&[later, c]).await;
    for client in [&mut all, &mut new, &mut resumed] {
        assert_eq!(take(client, 2).await, [(c.get(), 2), (later.get(), 1)]);
    }
    // Who is limited to nothing sees all, and who lost its right nothing.
    let everything = world.token("viewer", None).await.1;
    let mut whole = overall(&address, &format!("&since={a}:9,{b}:9"), &everything).await;
    assert_eq!(take(&mut whole, 1).await[0].0, y.get());
    world.world.send("DELETE", &format!("/api/tokens/{id}"), &json!({})).await;
    assert_eq!(closed(&mut all).await, Some(4401));
}

//! WebSockets and event streams end with the right to read them.

use super::{guarded, scanned};
use crate::tests::{
    PATIENCE,
    ws::{Client, closed, next},
};
use axum::{body::Body, http::Request};
use futures_util::StreamExt;
use netscan_schemas::ScanId;
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

//! The WebSocket over a real connection.

use super::{PATIENCE, World, all_up, world};
use futures_util::{SinkExt, StreamExt};
use netscan_schemas::{ScanId, limits};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::WebSocketConfig},
};

pub type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn connect(address: &str, scan: ScanId, query: &str) -> Client {
    connect_to(&format!("ws://{address}/ws/scans/{scan}{query}")).await
}

pub async fn connect_to(url: &str) -> Client {
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let connected = tokio_tungstenite::connect_async_with_config(url, Some(config), false).await;
    connected.unwrap().0
}

/// Returns the next event.
pub async fn next(client: &mut Client) -> Value {
    loop {
        match timeout(PATIENCE, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

/// Reads up to the event of this number and returns the numbers until there.
pub async fn until(client: &mut Client, last: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.last() != Some(&last) {
        numbers.push(next(client).await["seq"].as_u64().unwrap());
    }
    numbers
}

/// Returns the code that the server closes with; none when it just goes away.
pub async fn closed<S>(client: &mut WebSocketStream<S>) -> Option<u16>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match timeout(PATIENCE, client.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

#[tokio::test]
async fn there_is_no_seam_between_old_and_new() {
    const EVENTS: u64 = 600;
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    for _ in 0..20 {
        world.line(scan, 1).await;
    }
    let write = async {
        for _ in 20..EVENTS {
            world.line(scan, 1).await;
        }
    };
    // Clients that come at any time while events are written, and begin anywhere.
    let clients = (0..8u64).map(|number| {
        let (address, world) = (address.clone(), &world);
        async move {
            let mut live = connect(&address, scan, "?since=0").await;
            next(&mut live).await;
            until(&mut live, 20 + number * 50).await;
            let since = number * 60;
            let mut client = connect(&address, scan, &format!("?since={since}")).await;
            let hello = next(&mut client).await;
            assert_eq!(
                (&hello["event"], &hello["scan_id"]),
                (&"connected".into(), &scan.get().into())
            );
            assert_eq!(hello["status"], "queued");
            assert!(hello["last_seq"].as_u64().unwrap() >= 20);
            let expected: Vec<u64> = (since + 1..=EVENTS).collect();
            assert_eq!(until(&mut client, EVENTS).await, expected);
            let _ = world;
        }
    });
    tokio::join!(write, futures_util::future::join_all(clients));
}

#[tokio::test]
async fn without_since_only_what_is_new_is_sent() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    world.line(scan, 1).await;
    let mut client = connect(&address, scan, "").await;
    assert_eq!(next(&mut client).await["last_seq"], 1);
    world.line(scan, 1).await;
    assert_eq!(next(&mut client).await["seq"], 2);
    // What a client says is heard, and means nothing.
    client.send(Message::text("{\"stop\": true}")).await.unwrap();
    client.send(Message::Ping("still there?".into())).await.unwrap();
    loop {
        let message = timeout(PATIENCE, client.next()).await.unwrap().unwrap().unwrap();
        if let Message::Pong(words) = message {
            assert_eq!(words, "still there?");
            break;
        }
    }
    world.line(scan, 1).await;
    assert_eq!(next(&mut client).await["seq"], 3);
}

#[tokio::test]
async fn an_event_of_megabytes_arrives() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    world.line(scan, 6 * 1024 * 1024).await;
    let mut client = connect(&address, scan, "?since=0").await;
    next(&mut client).await;
    world.line(scan, 1).await;
    assert_eq!(until(&mut client, 2).await, [1, 2]);
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_place_and_holds_up_nobody() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let mut slow = connect(&address, scan, "?since=0").await;
    next(&mut slow).await;
    let mut quick = connect(&address, scan, "?since=0").await;
    next(&mut quick).await;
    // Far more than the buffers of a connection take.
    let mut last = 0;
    for _ in 0..16 {
        last = world.line(scan, 2 * 1024 * 1024).await;
        assert_eq!(until(&mut quick, last).await, [last]);
    }
    drop(quick);
    let all = u32::try_from(limits::WS_CLIENTS_MAX).unwrap();
    let places = timeout(PATIENCE, world.edge.clients.acquire_many(all)).await;
    drop(places.expect("the place of the slow client is free again").unwrap());
    // What had been sent is there; then the connection ends, short of the last event.
    let mut seen = 0;
    let ended = loop {
        match timeout(PATIENCE, slow.next()).await.unwrap() {
            Some(Ok(Message::Text(_))) => seen += 1,
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break None,
        }
    };
    assert!(seen < last, "it was closed before it had all");
    assert!(matches!(ended, None | Some(4408)), "{ended:?}");
    // It may come back for the rest.
    let mut again = connect(&address, scan, &format!("?since={seen}")).await;
    next(&mut again).await;
    assert_eq!(until(&mut again, last).await, (seen + 1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn connections_that_cannot_be_are_refused_with_their_reason() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let mut unknown = connect(&address, ScanId::new(4711).unwrap(), "").await;
    assert_eq!(closed(&mut unknown).await, Some(4404));
    drop(unknown);
    assert_eq!(
        refused(&address, scan, "?since=yesterday", &[]).await,
        (422, "invalid-value".into())
    );
    assert_eq!(refused(&address, scan, "?since=-1", &[]).await, (422, "invalid-value".into()));
    let evil = [("origin", "http://evil.example")];
    assert_eq!(refused(&address, scan, "", &evil).await, (403, "origin-not-allowed".into()));
    let evil = [("host", "evil.example")];
    assert_eq!(refused(&address, scan, "", &evil).await, (421, "host-not-allowed".into()));
    let all = u32::try_from(limits::WS_CLIENTS_MAX).unwrap();
    let places = timeout(PATIENCE, world.edge.clients.acquire_many(all)).await.unwrap().unwrap();
    assert_eq!(refused(&address, scan, "", &[]).await, (503, "too-many-clients".into()));
    drop(places);
    connect(&address, scan, "").await;
}

async fn refused(
    address: &str,
    scan: ScanId,
    query: &str,
    headers: &[(&'static str, &str)],
) -> (u16, String) {
    refused_at(&format!("ws://{address}/ws/scans/{scan}{query}"), headers).await
}

/// Returns status and code of the refusal.
pub async fn refused_at(url: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Err(Error::Http(response)) => {
            let problem: Value =
                serde_json::from_slice(response.body().as_deref().unwrap()).unwrap();
            (response.status().as_u16(), problem["code"].as_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let mut client = connect(&address, scan, "").await;
    next(&mut client).await;
    client.send(Message::text("x".repeat(5000))).await.unwrap();
    assert_eq!(closed(&mut client).await, Some(1009));
    free_again(&world).await;
}

/// Waits until nobody holds a place.
pub async fn free_again(world: &World) {
    let all = u32::try_from(limits::WS_CLIENTS_MAX).unwrap();
    drop(timeout(PATIENCE, world.edge.clients.acquire_many(all)).await.unwrap().unwrap());
}

#[tokio::test]
async fn clients_are_told_that_the_server_goes_down() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let mut client = connect(&address, scan, "").await;
    next(&mut client).await;
    world.edge.shutdown().cancel();
    assert_eq!(closed(&mut client).await, Some(1001));
    free_again(&world).await;
}

#[tokio::test]
async fn a_connection_stays_after_the_last_event() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.scan(serde_json::json!({"targets": ["127.0.0.1"]})).await;
    let mut client = connect(&address, scan, "?since=0").await;
    let hello = next(&mut client).await;
    assert_eq!(hello["status"], "completed");
    let last = hello["last_seq"].as_u64().unwrap();
    assert_eq!(until(&mut client, last).await, (1..=last).collect::<Vec<_>>());
    client.send(Message::Ping("still there?".into())).await.unwrap();
    let message = timeout(PATIENCE, client.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(message, Message::Pong(_)), "{message:?}");
}

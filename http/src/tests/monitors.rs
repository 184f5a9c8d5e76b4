//! Clients that stop reading, send garbage, come and go, or come all at once.

use super::{
    PATIENCE, World, all_up, world,
    ws::{closed, connect, free_again, next, until},
};
use crate::{
    Edge, Identity,
    socket::Socket,
    ws::{End, Source, send_all},
};
use futures_util::{SinkExt, StreamExt, future::join_all};
use netscan_schemas::{ScanId, Seq};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, protocol::Role},
};

/// Serves the edge with buffers so small that a client which stops reading is felt at once.
fn listen_narrowly(world: &World) -> std::net::SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(crate::serve_tcp(listener, Arc::clone(&world.edge)));
    address
}

async fn connect_narrowly(address: std::net::SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

#[tokio::test]
async fn a_client_that_comes_to_is_told_that_it_was_too_slow() {
    let world = world(all_up).await;
    let address = listen_narrowly(&world);
    let scan = world.idle_scan().await;
    let stream = connect_narrowly(address).await;
    let url = format!("ws://{address}/ws/scans/{scan}?since=0");
    let (mut slow, _) = client_async(url, stream).await.unwrap();
    let hello = timeout(PATIENCE, slow.next()).await.unwrap().unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("connected"));
    for _ in 0..40 {
        world.line(scan, 10_000).await;
    }
    // It takes nothing for longer than anybody may, and reads on.
    tokio::time::sleep(crate::socket::SEND_WAIT + Duration::from_secs(2)).await;
    let mut seen = 0;
    let code = loop {
        match timeout(PATIENCE, slow.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                seen += 1;
                assert_eq!(event["seq"], seen, "whole events, none missing");
            }
            Message::Close(frame) => break frame.map(|frame| u16::from(frame.code)),
            _ => {}
        }
    };
    assert_eq!(code, Some(4408));
    let metrics = String::from_utf8(world.get("/metrics").await.body.to_vec()).unwrap();
    assert!(metrics.contains("\nnetscan_slow_clients_closed_total 1\n"), "{metrics}");
    assert!((1..40).contains(&seen), "{seen}");
    let mut again = connect(&address.to_string(), scan, &format!("?since={seen}")).await;
    next(&mut again).await;
    assert_eq!(until(&mut again, 40).await, (seen + 1..=40).collect::<Vec<_>>());
}

/// Returns a connection whose handshake is done, to write anything to.
async fn raw(address: &str, scan: ScanId) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /ws/scans/{scan} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    stream
}

/// Writes garbage, and returns the code that the server closes with.
async fn code_for(address: &str, scan: ScanId, garbage: &[u8]) -> Option<u16> {
    let mut stream = raw(address, scan).await;
    // The server may have had enough before the end.
    let _ = stream.write_all(garbage).await;
    let mut client = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    closed(&mut client).await
}

#[tokio::test]
async fn garbage_closes_its_own_connection_and_no_other() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let mut other = connect(&address, scan, "").await;
    next(&mut other).await;
    // A whole text message of 100 MB, by its header, with some of it.
    let mut huge = vec![0x81, 0xff, 0, 0, 0, 0, 5, 0xf5, 0xe1, 0, 1, 2, 3, 4];
    huge.resize(1024 * 1024, 0);
    // Two parts that are too large together.
    let mut parts = Vec::new();
    for first in [0x01, 0x00, 0x80] {
        parts.extend([first, 0xfe, 0x08, 0, 0, 0, 0, 0]);
        parts.extend([b'x'; 2048]);
    }
    let cases: [(&str, &[u8], u16); 8] = [
        ("an unmasked frame", b"\x81\x02hi", 1002),
        ("a reserved bit", b"\xc1\x80\0\0\0\0", 1002),
        ("no such opcode", b"\x83\x80\0\0\0\0", 1002),
        ("a ping in parts", b"\x09\x80\0\0\0\0", 1002),
        ("a continuation of nothing", b"\x80\x80\0\0\0\0", 1002),
        ("no UTF-8", b"\x81\x82\0\0\0\0\xff\xfe", 1007),
        ("too much at once", &huge, 1009),
        ("too much in parts", &parts, 1009),
    ];
    for (what, garbage, code) in cases {
        assert_eq!(code_for(&address, scan, garbage).await, Some(code), "{what}");
    }
    // Bytes without any sense end the connection in one way or another.
    let mut noise = 7_u64;
    for _ in 0..20 {
        let bytes: Vec<u8> = (0..20_000)
            .map(|_| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (noise >> 33) as u8
            })
            .collect();
        code_for(&address, scan, &bytes).await;
    }
    let last = world.line(scan, 1).await;
    assert_eq!(until(&mut other, last).await, [last]);
    drop(other);
    free_again(&world).await;
}

#[tokio::test]
async fn a_flood_of_pings_and_messages_changes_nothing() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let mut client = connect(&address, scan, "").await;
    next(&mut client).await;
    let (mut says, mut hears) = client.split();
    let flood = async {
        for number in 0..20_000 {
            let message = match number % 3 {
                0 => Message::Ping("still there?".into()),
                1 => Message::text("x".repeat(4000)),
                _ => Message::binary(vec![0; 4000]),
            };
            says.feed(message).await.unwrap();
        }
        says.flush().await.unwrap();
    };
    let write = async {
        for _ in 0..20 {
            world.line(scan, 1000).await;
        }
    };
    let read = async {
        let mut seen = 0;
        while seen < 20 {
            let message = timeout(PATIENCE, hears.next()).await.unwrap().unwrap().unwrap();
            if let Message::Text(text) = message {
                let event: Value = serde_json::from_str(&text).unwrap();
                seen += 1;
                assert_eq!(event["seq"], seen);
            }
        }
    };
    tokio::join!(flood, write, read);
}

#[tokio::test]
async fn clients_that_come_and_go_miss_nothing() {
    const EVENTS: Seq = 400;
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let write = async {
        for _ in 0..EVENTS {
            world.line(scan, 200).await;
        }
    };
    let clients = (1..=30).map(|number| {
        let address = address.clone();
        async move {
            let mut seen = 0;
            while seen < EVENTS {
                let mut client = connect(&address, scan, &format!("?since={seen}")).await;
                next(&mut client).await;
                // Each stays for another number of events, and leaves without a word.
                let until_seen = (seen + 7 + number).min(EVENTS);
                let expected: Vec<Seq> = (seen + 1..=until_seen).collect();
                assert_eq!(until(&mut client, until_seen).await, expected);
                seen = until_seen;
            }
        }
    });
    tokio::join!(write, join_all(clients));
    free_again(&world).await;
}

#[tokio::test]
async fn a_herd_that_resumes_at_once_is_served() {
    const EVENTS: Seq = 3000;
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    let lines = (0..EVENTS).map(|_| world.line(scan, 300));
    join_all(lines).await;
    let herd = (0..200).map(|number| {
        let address = address.clone();
        async move {
            let since = number * 13 % EVENTS;
            let mut client = connect(&address, scan, &format!("?since={since}")).await;
            next(&mut client).await;
            let numbers = until(&mut client, EVENTS).await;
            assert_eq!(numbers, (since + 1..=EVENTS).collect::<Vec<_>>());
        }
    });
    timeout(Duration::from_secs(30), join_all(herd)).await.unwrap();
}

/// Serves a scan's events to what is returned, without a network.
async fn serve_in_memory(
    edge: &Arc<Edge>,
    scan: ScanId,
    since: Option<Seq>,
) -> (WebSocketStream<DuplexStream>, tokio::task::JoinHandle<End>) {
    let (ours, theirs) = duplex(1024 * 1024);
    let feed = edge.system.feed(scan, since).unwrap();
    let edge = Arc::clone(edge);
    let served = tokio::spawn(async move {
        let mut socket = Socket::new(ours).await;
        let end = send_all(&edge, &Identity::anyone(), &mut socket, "{}", Source::Scan(feed)).await;
        if let End::Close((code, reason)) = end {
            socket.close(code, reason).await;
        }
        end
    });
    (WebSocketStream::from_raw_socket(theirs, Role::Client, None).await, served)
}

#[tokio::test]
async fn a_client_is_pinged_and_dead_when_it_says_nothing_for_a_minute() {
    let world = world(all_up).await;
    let scan = world.idle_scan().await;
    tokio::time::pause();
    let (mut client, served) = serve_in_memory(&world.edge, scan, None).await;
    // For three minutes it answers, which reading does by itself.
    let start = Instant::now();
    let (mut pings, mut answered) = (0, start);
    while pings < 9 {
        // What it has read before is answered now.
        answered = Instant::now();
        let message = client.next().await.unwrap().unwrap();
        assert!(!message.is_close());
        pings += u64::from(message.is_ping());
    }
    assert_eq!(start.elapsed().as_secs(), 180);
    assert!(!served.is_finished());
    // From now on it does not.
    let mut silent = client.into_inner();
    let mut bytes = vec![0; 4096];
    while silent.read(&mut bytes).await.unwrap() > 0 {}
    let took = answered.elapsed().as_secs();
    assert!((60..=61).contains(&took), "{took} s after its last pong");
    assert!(matches!(served.await.unwrap(), End::Close((4408, _))));
}

#[tokio::test]
async fn a_client_of_a_deleted_scan_is_told_what_it_misses() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let last = world.system.store().last_seq(scan).unwrap();
    // From then on its events are nowhere but in the store.
    while world.system.in_hand().holds(scan) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let feed = world.system.feed(scan, Some(1)).unwrap();
    assert_eq!(world.send("DELETE", &format!("/api/scans/{scan}"), &json!({})).await.status, 204);
    let (ours, theirs) = duplex(1024 * 1024);
    let edge = Arc::clone(&world.edge);
    let served = tokio::spawn(async move {
        let mut socket = Socket::new(ours).await;
        send_all(&edge, &Identity::anyone(), &mut socket, "{}", Source::Scan(feed)).await
    });
    let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    client.next().await.unwrap().unwrap();
    let gap = client.next().await.unwrap().unwrap();
    let gap: Value = serde_json::from_str(gap.to_text().unwrap()).unwrap();
    let expected = json!({"event": "gap", "from_seq": 2, "to_seq": last, "reason": "retention"});
    assert_eq!(gap, expected);
    assert!(matches!(served.await.unwrap(), End::Close((4404, _))));
}

#[tokio::test]
async fn how_many_clients_there_may_be_is_a_setting() {
    let world = world(all_up).await;
    let edge = Arc::new(Edge::new(Arc::clone(&world.system)).open_to_all().with_clients_max(2));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(crate::serve_tcp(listener, Arc::clone(&edge)));
    let scan = world.idle_scan().await;
    let first = connect(&address, scan, "").await;
    let _second = connect(&address, scan, "").await;
    let url = format!("ws://{address}/ws/scans/{scan}");
    match tokio_tungstenite::connect_async(&url).await {
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
            assert_eq!(answer.status(), 503);
            let wait: u32 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=10).contains(&wait), "{wait}");
            let problem: Value = serde_json::from_slice(answer.body().as_deref().unwrap()).unwrap();
            assert_eq!(problem["code"], "too-many-clients");
            assert!(problem["detail"].as_str().unwrap().contains("--clients-max"));
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let one = timeout(PATIENCE, edge.clients.acquire()).await.unwrap().unwrap();
    drop(one);
    connect(&address, scan, "").await;
}

//! Tickets for WebSockets: for whom no header can be set there.

use super::{Guarded, guarded, scanned};
use crate::tests::ws::{Client, closed, next, refused_at};
use netscan_schemas::{
    audit::{AuditAction, Origin},
    limits,
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

async fn ticket(world: &Guarded, token: &str) -> String {
    let made = world.call("POST", "/api/ws-tickets", token, &Value::Null).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    let made = made.json();
    assert_eq!(made["expires_in_ms"], 30_000);
    made["ticket"].as_str().unwrap().to_owned()
}

/// Opens a WebSocket as a browser does that was given these subprotocols; the answer must name ours
/// alone.
async fn open(url: &str, protocols: &str, headers: &[(&'static str, &str)]) -> Client {
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers.iter().chain(&[("sec-websocket-protocol", protocols)]) {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (client, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "netscan.v1");
    client
}

fn offer(ticket: &str) -> String {
    format!("netscan.v1, ticket.{ticket}")
}

#[tokio::test]
async fn a_ticket_opens_one_websocket_and_nothing_else() {
    let world = guarded().await;
    let address = world.listen().await;
    let (mine, scan) = scanned(&world, "mine").await;
    let (id, token) = world.token("viewer", Some(&[mine])).await;
    let (url, all) =
        (format!("ws://{address}/ws/scans/{scan}"), format!("ws://{address}/ws/events"));

    let one = ticket(&world, &token).await;
    let mut client = open(&url, &offer(&one), &[]).await;
    assert_eq!(next(&mut client).await["event"], "connected");
    assert_eq!(closed(&mut open(&url, &offer(&one), &[]).await).await, Some(4401), "once");
    let mut feed = open(&all, &offer(&ticket(&world, &token).await), &[]).await;
    assert_eq!(next(&mut feed).await, json!({"event": "connected"}));
    // It has the rights of who asked for it, and no more.
    let (_, other) = scanned(&world, "other").await;
    let foreign = format!("ws://{address}/ws/scans/{other}");
    let one = ticket(&world, &token).await;
    assert_eq!(closed(&mut open(&foreign, &offer(&one), &[]).await).await, Some(4404));

    let one = ticket(&world, &token).await;
    let bearer = format!("Bearer {one}");
    let protocol = ("sec-websocket-protocol", offer(&one));
    for headers in [("authorization", bearer.as_str()), (protocol.0, protocol.1.as_str())] {
        let answer = world.with("GET", "/api/scans", &[("host", "localhost"), headers]).await;
        assert_eq!(answer.problem(), "unauthenticated", "{headers:?}");
    }
    let in_url = format!("{url}?ticket={one}");
    assert_eq!(closed(&mut open(&in_url, "netscan.v1", &[]).await).await, Some(4401));
    let alone = [("sec-websocket-protocol", &*format!("ticket.{one}"))];
    assert_eq!(refused_at(&url, &alone).await, (400, "bad-request".into()));

    // What its token loses, it loses.
    let one = ticket(&world, &token).await;
    world.world.send("DELETE", &format!("/api/tokens/{id}"), &json!({})).await;
    assert_eq!(closed(&mut open(&url, &offer(&one), &[]).await).await, Some(4401));
    assert_eq!(closed(&mut client).await, Some(4401));
    assert_eq!(closed(&mut feed).await, Some(4401));
}

#[tokio::test]
async fn a_ticket_of_a_session_needs_no_page_and_a_cookie_is_no_way_around_it() {
    let world = guarded().await;
    let address = world.listen().await;
    let url = format!("ws://{address}/ws/events");
    let (id, _) = world.token("viewer", None).await;
    let keeper = &world.edge.keeper;
    let session = keeper
        .begin_session(&id.parse().unwrap(), Origin::server().did(AuditAction::Login))
        .await
        .unwrap();
    let set = keeper.cookie(Some(&session));
    let cookie = set.split(';').next().unwrap();
    let own = [("host", "localhost"), ("cookie", cookie), ("origin", "http://localhost")];
    let made = world.with("POST", "/api/ws-tickets", &own).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    let one = made.json()["ticket"].as_str().unwrap().to_owned();
    let foreign = world.with("POST", "/api/ws-tickets", &own[..2]).await;
    assert_eq!(foreign.problem(), "origin-not-allowed");
    // A client that is no page.
    let mut client = open(&url, &offer(&one), &[]).await;
    assert_eq!(next(&mut client).await, json!({"event": "connected"}));
    // A page with the cookie, and a ticket that is none.
    let page = format!("http://{address}");
    let headers = [("cookie", cookie), ("origin", page.as_str())];
    let mut client = open(&url, "netscan.v1", &headers).await;
    assert_eq!(next(&mut client).await, json!({"event": "connected"}));
    for none in [one.as_str(), "nsw_x", ""] {
        assert_eq!(closed(&mut open(&url, &offer(none), &headers).await).await, Some(4401));
    }
}

#[tokio::test]
async fn whoever_holds_too_many_tickets_waits_and_others_do_not() {
    let world = guarded().await;
    let address = world.listen().await;
    let (greedy, other) =
        (world.token("viewer", None).await.1, world.token("viewer", None).await.1);
    let mut tickets = Vec::new();
    for _ in 0..limits::WS_TICKETS_OF_ONE_MAX {
        tickets.push(ticket(&world, &greedy).await);
    }
    let refused = world.call("POST", "/api/ws-tickets", &greedy, &Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (429, "rate-limited"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    ticket(&world, &other).await;
    let url = format!("ws://{address}/ws/events");
    let mut client = open(&url, &offer(&tickets[0]), &[]).await;
    next(&mut client).await;
    ticket(&world, &greedy).await;
}

#[tokio::test]
async fn where_rights_are_off_a_ticket_does_no_harm() {
    let world = crate::tests::world(crate::tests::all_up).await;
    let address = world.listen().await;
    let made = world.post("/api/ws-tickets", &json!({})).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    let one = made.json()["ticket"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let mut client = open(&format!("ws://{address}/ws/events"), &offer(&one), &[]).await;
        assert_eq!(next(&mut client).await, json!({"event": "connected"}));
    }
}

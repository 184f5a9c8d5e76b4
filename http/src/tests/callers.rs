//! Who may call over TCP: by which names, and from which pages.

use super::{Answer, all_up, ask, world};
use crate::{Edge, tcp_router};
use axum::{Router, body::Body, http::Request};
use std::sync::Arc;

async fn call(router: &Router, method: &str, headers: &[(&str, &[u8])]) -> Answer {
    let mut request = Request::builder().method(method).uri("/api/scans/preview");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = r#"{"targets": ["127.0.0.1"]}"#;
    ask(router, request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn only_our_own_names_are_answered_to() {
    let world = world(all_up).await;
    let edge =
        Edge::new(Arc::clone(&world.system)).open_to_all().with_hosts(vec!["scans.example".into()]);
    let router = tcp_router(Arc::new(edge));
    for ours in [
        "localhost",
        "LocalHost:8000",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:8000",
        "scans.example",
        "scans.example:443",
    ] {
        assert_eq!(call(&router, "POST", &[("host", ours.as_bytes())]).await.status, 200, "{ours}");
    }
    for other in [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "evil.localhost",
        "127.0.0.2",
        "127.0.0.1:x",
        "127.0.0.1@evil.example",
        "[::2]",
        "::1",
    ] {
        let answer = call(&router, "POST", &[("host", other.as_bytes())]).await;
        assert_eq!(answer.problem(), "host-not-allowed", "{other}");
        assert_eq!(answer.status, 421);
    }
    // There is one name, or it is not known which one the request is for.
    assert_eq!(call(&router, "POST", &[]).await.problem(), "bad-request");
    let two = [("host", b"localhost".as_slice()), ("host", b"evil.example")];
    assert_eq!(call(&router, "POST", &two).await.problem(), "bad-request");
    // A socket file has no name to be called by.
    assert_eq!(call(&world.router, "POST", &[("host", b"anything")]).await.status, 200);
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing_and_open_no_socket() {
    let world = world(all_up).await;
    let router = world.tcp_router();
    let host = ("host", b"localhost:8000".as_slice());
    assert_eq!(
        call(&router, "POST", &[host, ("origin", b"http://localhost:8000")]).await.status,
        200
    );
    for origin in [
        b"http://evil.example".as_slice(),
        b"http://localhost:5173",
        b"http://localhost",
        b"null",
        b"",
        b"http://\xff",
    ] {
        let shown = String::from_utf8_lossy(origin);
        let answer = call(&router, "POST", &[host, ("origin", origin)]).await;
        assert_eq!(answer.problem(), "origin-not-allowed", "{shown}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        let advised = shown.starts_with("http://");
        assert_eq!(detail.contains(&format!("--cors-origin {shown}`")), advised, "{detail}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{shown}");
        let upgrade = [host, ("origin", origin), ("upgrade", b"websocket")];
        assert_eq!(call(&router, "GET", &upgrade).await.problem(), "origin-not-allowed", "{shown}");
    }
}

/// Who asks is not looked at before that; that somebody tried is written down all the same.
#[tokio::test]
async fn what_other_names_and_pages_try_is_in_the_audit_log() {
    let world = world(all_up).await;
    let router = world.tcp_router();
    let host = ("host", b"localhost:8000".as_slice());
    for _ in 0..2 {
        call(&router, "POST", &[("host", b"evil.example")]).await;
    }
    call(&router, "POST", &[host, ("origin", b"http://evil.example")]).await;
    // It waits for what was handed in before.
    world.system.store().submit(netscan_store::Write::new()).await.unwrap();
    let log = world.json("/api/audit?actor=unknown&limit=10").await;
    let told = log.as_array().unwrap().iter().map(|entry| {
        assert!(!entry.to_string().contains("evil"), "anybody's words: {entry}");
        (entry["code"].as_str().unwrap().to_owned(), entry["object"]["id"].clone())
    });
    let mut told: Vec<_> = told.collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    let route = serde_json::json!("POST /api/scans/preview");
    let expected =
        ["host-not-allowed", "origin-not-allowed"].map(|code| (code.into(), route.clone()));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn pages_that_were_let_in_get_what_a_browser_asks_for() {
    let world = world(all_up).await;
    let page = "http://localhost:5173";
    let edge = Edge::new(Arc::clone(&world.system)).open_to_all();
    let edge = edge.with_cors_origins(vec![page.to_owned()]);
    let router = tcp_router(Arc::new(edge));
    let from = |origin: &'static str| {
        [("host", b"localhost:8000".as_slice()), ("origin", origin.as_bytes())]
    };
    let answer = call(&router, "POST", &from("http://localhost:5173")).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, page));
    let ask_first = ("access-control-request-method", b"POST".as_slice());
    let mut preflight = from("http://localhost:5173").to_vec();
    preflight.push(ask_first);
    let answer = call(&router, "OPTIONS", &preflight).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, page));
    assert!(answer.header("access-control-allow-methods").contains("PATCH"));
    assert_eq!(answer.header("vary"), "origin");
    let mut preflight = from("http://evil.example").to_vec();
    preflight.push(ask_first);
    let answer = call(&router, "OPTIONS", &preflight).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

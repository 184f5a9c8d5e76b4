//! Sessions of browsers, what ends them, how often anybody may ask, and what pages may do.

use super::{Answer, Guarded, ask, guarded, guarded_by, scanned};
use crate::{Bounds, Edge};
use axum::{
    body::Body,
    http::{HeaderMap, Request, header},
};
use netscan_schemas::limits;
use serde_json::{Value, json};

/// Logs a browser in with a new code, and returns its cookie.
async fn log_in(world: &Guarded, code: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method("POST").uri("/api/session");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({"code": code}).to_string();
    ask(&world.tcp, request.body(Body::from(body)).unwrap()).await
}

fn cookie_of(headers: &HeaderMap) -> String {
    let cookie = headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

const OURS: [(&str, &str); 2] = [("host", "localhost:8000"), ("origin", "http://localhost:8000")];

#[tokio::test]
async fn a_login_code_is_good_once_and_makes_a_session() {
    let world = guarded().await;
    world.edge.announce("http://localhost:8000".into()).unwrap().unwrap();
    let made = world.world.post("/api/session/codes", &json!({})).await.json();
    let (url, code) = (made["url"].as_str().unwrap(), made["code"].as_str().unwrap());
    assert_eq!(url, format!("http://localhost:8000/login#{code}"));
    let answer = log_in(&world, code, &OURS).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["role"]), (200, &json!("admin")));
    let set = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let cookie = cookie_of(&answer.headers);
    assert_eq!(log_in(&world, code, &OURS).await.problem(), "unauthenticated", "a second time");
    let host = ("host", "localhost:8000");
    let cookie = ("cookie", cookie.as_str());
    let me = world.with("GET", "/api/session", &[host, cookie]).await.json();
    assert_eq!((&me["by"], &me["role"]), (&json!("session"), &json!("admin")));
    // From our own page it may change things; from no page that is known, nothing.
    let own = [host, cookie, ("sec-fetch-site", "same-origin")];
    let forged = [
        vec![host, cookie],
        vec![host, cookie, ("sec-fetch-site", "cross-site")],
        vec![host, cookie, ("sec-fetch-site", "same-site")],
        vec![host, cookie, ("origin", "https://localhost:8000")],
        vec![host, cookie, ("origin", "null")],
    ];
    for headers in forged {
        let answer = world.with("POST", "/api/session/codes", &headers).await;
        assert_eq!(answer.problem(), "origin-not-allowed", "{headers:?}");
    }
    let read = [host, cookie, ("sec-fetch-site", "cross-site")];
    assert_eq!(world.with("GET", "/api/scans", &read).await.problem(), "origin-not-allowed");
    assert_eq!(world.with("POST", "/api/session/codes", &own).await.status, 200);
    let out = world.with("DELETE", "/api/session", &own).await;
    assert!(out.status == 204 && out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.with("GET", "/api/session", &[host, cookie]).await.status, 401);
}

#[tokio::test]
async fn a_code_is_not_used_up_by_a_login_that_had_to_wait() {
    let bounds = Bounds { requests_per_s: 1, ..Bounds::default() };
    let world = guarded_by(|edge| edge.with_bounds(bounds)).await;
    let (_, token) = world.token("viewer", None).await;
    let made = world.call("POST", "/api/session/codes", &token, &Value::Null).await.json();
    let code = made["code"].as_str().unwrap();
    assert_eq!(log_in(&world, code, &OURS).await.problem(), "rate-limited");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(log_in(&world, code, &OURS).await.status, 200);
}

#[tokio::test]
async fn login_codes_of_one_token_take_no_others_place() {
    let world = guarded().await;
    let new = async |token: &str| {
        let made = world.call("POST", "/api/session/codes", token, &json!({})).await.json();
        made["code"].as_str().unwrap().to_owned()
    };
    let (first, second) =
        (world.token("viewer", None).await.1, world.token("viewer", None).await.1);
    let others = new(&first).await;
    let mut codes = Vec::new();
    for _ in 0..=limits::LOGIN_CODES_MAX {
        codes.push(new(&second).await);
    }
    assert_eq!(log_in(&world, &codes[0], &OURS).await.status, 401, "the oldest made room");
    for code in [&others, &codes[1], &codes[limits::LOGIN_CODES_MAX]] {
        assert_eq!(log_in(&world, code, &OURS).await.status, 200);
    }
}

#[tokio::test]
async fn pages_of_other_origins_use_no_session() {
    let page = "http://localhost:5173";
    let world = guarded_by(|edge| edge.with_cors_origins(vec![page.to_owned()])).await;
    let code = world.world.post("/api/session/codes", &json!({})).await.json();
    let answer = log_in(&world, code["code"].as_str().unwrap(), &OURS).await;
    let cookie = cookie_of(&answer.headers);
    let headers = [("host", "localhost:8000"), ("cookie", cookie.as_str()), ("origin", page)];
    let answer = world.with("POST", "/api/session/codes", &headers).await;
    assert_eq!(answer.problem(), "origin-not-allowed");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let token = format!("Bearer {}", world.token("viewer", None).await.1);
    let headers = [("host", "localhost:8000"), ("authorization", &token), ("origin", page)];
    assert_eq!(world.with("POST", "/api/session/codes", &headers).await.status, 200);
}

#[tokio::test]
async fn under_tls_the_cookie_never_goes_in_the_clear() {
    let world = guarded_by(Edge::behind_tls).await;
    let code = world.world.post("/api/session/codes", &json!({})).await.json();
    let code = code["code"].as_str().unwrap();
    let headers = [("host", "localhost:8000"), ("origin", "http://localhost:8000")];
    assert_eq!(log_in(&world, code, &headers).await.problem(), "origin-not-allowed");
    let headers = [("host", "localhost:8000"), ("origin", "https://localhost:8000")];
    let answer = log_in(&world, code, &headers).await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-") && set.contains("; Secure"), "{set}");
    assert!(answer.header("strict-transport-security").contains("max-age"));
}

#[tokio::test]
async fn a_revoked_token_ends_its_sessions() {
    let world = guarded().await;
    let (id, token) = world.token("viewer", None).await;
    let body = json!({"token": token}).to_string();
    let mut request = Request::builder().method("POST").uri("/api/session");
    for (name, value) in OURS {
        request = request.header(name, value);
    }
    let answer = ask(&world.tcp, request.body(Body::from(body)).unwrap()).await;
    let cookie = cookie_of(&answer.headers);
    let headers = [("host", "localhost:8000"), ("cookie", cookie.as_str())];
    assert_eq!(world.with("GET", "/api/scans", &headers).await.status, 200);
    world.world.send("DELETE", &format!("/api/tokens/{id}"), &json!({})).await;
    assert_eq!(world.with("GET", "/api/scans", &headers).await.status, 401);
}

#[tokio::test]
async fn a_caller_may_not_ask_too_often() {
    let bounds = Bounds { requests_per_s: 5, ..Bounds::default() };
    let world = guarded_by(|edge| edge.with_bounds(bounds)).await;
    let token = world.token("viewer", None).await.1;
    let mut limited = None;
    for _ in 0..10 {
        let answer = world.call("GET", "/api/session", &token, &Value::Null).await;
        if answer.status == 429 {
            limited = Some(answer);
        }
    }
    let limited = limited.unwrap();
    assert_eq!(limited.problem(), "rate-limited");
    assert_eq!(limited.header("retry-after"), "1");
    let other = world.token("viewer", None).await.1;
    assert_eq!(world.call("GET", "/api/session", &other, &Value::Null).await.status, 200);
}

#[tokio::test]
async fn who_fails_too_often_waits_and_holds_up_nobody() {
    let world = guarded().await;
    let good = world.token("viewer", None).await.1;
    let mut answers = Vec::new();
    for _ in 0..60 {
        answers.push(log_in(&world, "nsl_x", &OURS).await.status.as_u16());
    }
    let unauthenticated = answers.iter().filter(|status| **status == 401).count();
    assert!(unauthenticated >= limits::FAILED_LOGINS_BURST as usize, "{answers:?}");
    assert!(answers.contains(&429), "{answers:?}");
    assert_eq!(world.call("GET", "/api/scans", &good, &Value::Null).await.status, 200);
}

#[tokio::test]
async fn pages_run_nothing_but_what_we_serve() {
    let world = guarded().await;
    for path in ["/", "/login"] {
        let page = world.with("GET", path, &[("host", "localhost")]).await;
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
        let text = String::from_utf8_lossy(&page.body).to_lowercase();
        for inline in ["<style", "style=", "onclick", "onload", "javascript:", "<script>"] {
            assert!(!text.contains(inline), "{path} has {inline}");
        }
    }
    let (_, scan) = scanned(&world, "mine").await;
    let batch = world.world.json(&format!("/api/scans/{scan}/batches")).await[0]["id"].clone();
    let raw = world.world.get(&format!("/api/batches/{batch}/raw/xml")).await;
    assert_eq!(raw.header("content-security-policy"), "sandbox");
    assert!(raw.header("content-disposition").starts_with("attachment"));
    assert_eq!(raw.header("cache-control"), "no-store");
}

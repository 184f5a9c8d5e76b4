//! The web UI as browsers get it, and what they do not get instead of a problem.

use super::{Answer, access::guarded, all_up, world};
use axum::http::StatusCode;
use std::io::Read;

const HOST: (&str, &str) = ("host", "localhost");
const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

/// Returns the path of the first script with a hash in its name that a page has.
fn script_of(page: &Answer) -> String {
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let (_, rest) = text.split_once("src=\"/assets/").unwrap();
    format!("/assets/{}", rest.split('"').next().unwrap())
}

#[tokio::test]
async fn every_page_is_the_ui_and_needs_no_login() {
    let world = guarded().await;
    let first = world.with("GET", "/", &[HOST]).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(first.header("cache-control"), "no-cache");
    first.check_headers();
    for path in ["/scans/12/hosts?port=80", "/projects", "/apiary", "/%00/%ff", "//evil.example"] {
        let page = world.with("GET", path, &[HOST, HTML]).await;
        assert_eq!((page.status.as_u16(), &page.body), (200, &first.body), "{path}");
        assert_eq!(page.header("content-security-policy"), first.header("content-security-policy"));
        let head = world.with("HEAD", path, &[HOST, HTML]).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), page.header("content-length"));
    }
    let icon = world.with("GET", "/favicon.svg", &[HOST]).await;
    assert_eq!((icon.status.as_u16(), icon.header("content-type")), (200, "image/svg+xml"));
    let foreign = world.with("GET", "/scans", &[("host", "evil.example"), HTML]).await;
    assert_eq!(foreign.problem(), "host-not-allowed");
}

#[tokio::test]
async fn what_is_no_page_stays_a_problem() {
    let world = world(all_up).await;
    let ask = async |method: &str, path: &str, accept: &str| {
        let request = axum::http::Request::builder().method(method).uri(path);
        let request = request.header("accept", accept).body(axum::body::Body::empty());
        super::ask(&world.router, request.unwrap()).await
    };
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/scans/1/nothing",
        "/ws/nothing",
        "/assets",
        "/assets/",
        "/assets/nothing.js",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/a/b.js",
    ] {
        assert_eq!(ask("GET", path, HTML.1).await.problem(), "not-found", "{path}");
    }
    for (method, path, accept) in [
        ("GET", "/scans/1", "*/*"),
        ("GET", "/scans/1", "application/json"),
        ("GET", "/scans/1", "text/html;q=0, */*"),
        ("POST", "/scans/1", HTML.1),
        ("DELETE", "/favicon.svg", HTML.1),
        ("GET", "/.source-hash", "*/*"),
        ("GET", "/index.html.gz", "*/*"),
    ] {
        assert_eq!(ask(method, path, accept).await.problem(), "not-found", "{method} {path}");
    }
    assert_eq!(ask("POST", "/", HTML.1).await.problem(), "method-not-allowed");
    // A path without a route that is no page says nothing to who is not known.
    let stranger = guarded().await.with("GET", "/scans/1", &[HOST]).await;
    assert_eq!(stranger.problem(), "unauthenticated");
}

#[tokio::test]
async fn files_are_sent_once_and_small() {
    let world = guarded().await;
    let get = async |path: &str, headers: &[(&str, &str)]| {
        world.with("GET", path, &[&[HOST], headers].concat()).await
    };
    let page = get("/", &[]).await;
    let script = script_of(&page);
    for path in ["/", &script] {
        let plain = get(path, &[]).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (StatusCode::OK, ""));
        assert_eq!(plain.header("vary"), "accept-encoding");
        let gzip = get(path, &[("accept-encoding", "br;q=1.0, gzip;q=0.8")]).await;
        assert_eq!(gzip.header("content-encoding"), "gzip", "{path}");
        let mut whole = Vec::new();
        flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut whole).unwrap();
        assert_eq!(whole, plain.body);
        let refused = get(path, &[("accept-encoding", "gzip;q=0")]).await;
        assert_eq!((refused.header("content-encoding"), &refused.body), ("", &plain.body));

        let tag = |answer: &Answer| answer.header("etag").to_owned();
        assert!(tag(&plain).starts_with('"') && tag(&plain) != tag(&gzip), "they are strong");
        for (accept, known, status) in [
            ("identity", tag(&plain), 304),
            ("gzip", tag(&gzip), 304),
            ("gzip", format!("\"x\", W/{}", tag(&gzip)), 304),
            ("gzip", "*".into(), 304),
            ("gzip", tag(&plain), 200),
            ("identity", "\"x\"".into(), 200),
        ] {
            let answer = get(path, &[("accept-encoding", accept), ("if-none-match", &known)]).await;
            assert_eq!(answer.status, status, "{path} {accept} {known}");
            assert_eq!(answer.body.is_empty(), status == 304);
            assert!(
                !answer.header("etag").is_empty() && !answer.header("cache-control").is_empty()
            );
        }
    }
    let script = get(&script, &[]).await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
}

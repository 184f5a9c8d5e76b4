//! Requests that make no sense, and what must not become of them.

use super::{all_up, ask, request, world};
use axum::{body::Body, http::Request};
use serde_json::json;

#[tokio::test]
async fn no_body_makes_a_fault() {
    let world = world(all_up).await;
    let routes = [
        ("POST", "/api/projects"),
        ("PATCH", "/api/projects/1"),
        ("POST", "/api/scans"),
        ("POST", "/api/scans/start"),
        ("POST", "/api/scans/preview"),
        ("POST", "/api/scans/1/rescan"),
        ("POST", "/api/targets/expand"),
        ("POST", "/api/nmap/run"),
    ];
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 16] = [
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"7",
        b"\"text\"",
        deep.as_bytes(),
        br#"{"name": 7, "targets": 7, "only": 7}"#,
        br#"{"name": null, "targets": null, "only": null, "description": 1}"#,
        br#"{"name": "\u0000", "targets": ["\u0000"], "only": ""}"#,
        br#"{"name": "", "targets": [""], "only": "some"}"#,
        br#"{"name": " x", "targets": [["127.0.0.1"]], "only": {}}"#,
        br#"{"name": "x\ny", "targets": ["-oN/tmp/x"], "only": []}"#,
        br#"{"name": 1e999, "targets": 1e999, "only": 1e999}"#,
        br#"{"targets": ["1.2.3.4.5"], "nmap_flags": "-T4", "name": false, "only": 1}"#,
    ];
    for (method, path) in routes {
        for body in bodies {
            let answer = ask(&world.router, request(method, path, body.to_vec())).await;
            let shown = format!("{method} {path} {:?}", String::from_utf8_lossy(body));
            let preview = path.ends_with("/preview") || path.ends_with("/expand");
            if preview && answer.status == 200 {
                // They name what is wrong in their answer.
                assert!(answer.json()["invalid"][0].is_object(), "{shown}");
                continue;
            }
            assert!(answer.status.is_client_error(), "{shown}: {}", answer.status);
            answer.problem();
        }
    }
    assert_eq!(world.json("/api/scans").await, json!([]), "nothing of it was started");
}

#[tokio::test]
async fn no_path_or_query_makes_a_fault() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let mut paths: Vec<(String, u16)> = Vec::new();
    for id in ["0", "-1", "x", "1.5", "%00", "%ff", "99999999999999999999999", "4711"] {
        for of in ["projects", "scans", "batches", "hosts"] {
            paths.push((format!("/api/{of}/{id}"), 404));
        }
        for of in ["batches", "hosts", "targets", "events", "stream"] {
            paths.push((format!("/api/scans/{id}/{of}"), 404));
        }
    }
    for list in
        ["projects", "scans", &format!("scans/{scan}/batches"), &format!("scans/{scan}/hosts")]
    {
        for bad in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "cursor=x", "cursor="]
        {
            paths.push((format!("/api/{list}?{bad}"), 422));
        }
    }
    for bad in ["port=65536", "port=x", "protocol=icmp"] {
        paths.push((format!("/api/scans/{scan}/hosts?{bad}"), 422));
    }
    paths.push((format!("/api/scans/{scan}/targets?verdict=good"), 422));
    paths.push((format!("/api/scans/{scan}/stream?since=x"), 422));
    paths.push(("/api/targets/nowhere/history".into(), 422));
    paths.push(("/api/nowhere".into(), 404));
    paths.push(("/nowhere".into(), 404));
    paths.push(("/api/scans/start".into(), 405));
    paths.push(("/api/targets/expand".into(), 405));
    for (path, status) in paths {
        let answer = world.get(&path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        // A segment that is no text may be refused before it is looked for.
        if !path.contains("%ff") {
            assert_eq!(answer.status, status, "{path}");
        }
        answer.problem();
    }
    let put = ask(&world.router, request("PUT", "/api/scans", "{}")).await;
    assert_eq!(put.problem(), "method-not-allowed");
    assert!(put.header("allow").contains("GET"), "{:?}", put.headers);
    // What axum refuses by itself is a problem too.
    let plain = world.get(&format!("/ws/scans/{scan}")).await;
    assert_eq!((plain.status.as_u16(), plain.problem().as_str()), (400, "bad-request"));
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let world = world(all_up).await;
    let big = vec![b' '; netscan_schemas::limits::BODY_BYTES_MAX + 1];
    let answer = ask(&world.router, request("POST", "/api/scans", big.clone())).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (413, "too-large"));
    // One without a length is cut off at the same place.
    let halves = big.chunks(big.len() / 2 + 1).map(<[u8]>::to_vec).map(Ok::<_, std::io::Error>);
    let body = Body::from_stream(futures_util::stream::iter(halves.collect::<Vec<_>>()));
    let chunked = Request::post("/api/scans").body(body).unwrap();
    assert_eq!(ask(&world.router, chunked).await.problem(), "too-large");
}

#[tokio::test]
async fn an_answer_does_not_outgrow_a_request_of_unknown_fields() {
    let world = world(all_up).await;
    let fields: Vec<String> = (0..10_000).map(|number| format!("\"f{number}\": 1")).collect();
    let body = format!("{{{}, \"targets\": []}}", fields.join(", "));
    let strict = ask(&world.router, request("POST", "/api/scans", body.clone())).await;
    assert_eq!(strict.problem(), "unknown-field");
    assert_eq!(strict.json()["errors"].as_array().unwrap().len(), 100);
    let lenient = ask(&world.router, request("POST", "/api/targets/expand", body)).await;
    let warnings = lenient.json()["warnings"].as_array().unwrap().clone();
    assert_eq!(warnings.len(), 101);
    assert!(warnings[100].as_str().unwrap().starts_with("9900 more"), "{}", warnings[100]);
}

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
                let json = answer.json();
                let named = [&json["invalid"][0], &json["problems"][0]];
                assert!(named.iter().any(|error| error.is_object()), "{shown}");
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

#[tokio::test]
async fn unknown_fields_are_named_at_any_depth() {
    let world = world(all_up).await;
    let body = json!({
        "targets": ["127.0.0.1"],
        "policy": {"zz": 1, "resolve": true},
        "runner": {"kind": "asyncio"},
    });
    let started = world.post("/api/scans/start", &body).await;
    assert_eq!(started.status, 200, "{:?}", started.body);
    let warnings = started.json()["warnings"].to_string();
    assert!(warnings.contains("`policy.zz`") && !warnings.contains("kind"), "{warnings}");
    for path in ["/api/scans", "/api/scans/preview"] {
        let strict = world.post(path, &body).await;
        assert_eq!((strict.status.as_u16(), strict.problem().as_str()), (422, "unknown-field"));
        let errors = strict.json()["errors"].clone();
        assert_eq!(errors[0]["pointer"], "/policy/zz", "{errors}");
        assert!(errors[1].is_null(), "{errors}");
    }
    let both = json!({"targets": 7, "colour": 1});
    let errors = world.post("/api/scans", &both).await.json()["errors"].clone();
    assert_eq!(
        (&errors[0]["pointer"], &errors[1]["pointer"]),
        (&json!("/colour"), &json!("/targets"))
    );
}

#[tokio::test]
async fn an_error_points_at_its_field() {
    let world = world(all_up).await;
    let table = [
        ("/api/projects", json!({"name": ""}), "/name"),
        ("/api/projects", json!({}), "/name"),
        ("/api/targets/expand", json!({}), "/targets"),
        ("/api/nmap/run", json!({"flags": []}), "/targets"),
        ("/api/scans", json!({"targets": ["127.0.0.1", 7]}), "/targets/1"),
        ("/api/scans", json!({"policy": {"resplit": "no"}}), "/policy/resplit"),
    ];
    for (path, body, pointer) in table {
        let answer = world.post(path, &body).await;
        assert_eq!(answer.problem(), "invalid-value", "{path} {body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{path} {body}");
    }
}

#[tokio::test]
async fn a_filter_says_which_values_it_takes() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    for (filter, allowed) in [("status=bogus", "`down`"), ("state=bogus", "`open|filtered`")] {
        let answer = world.get(&format!("/api/scans/{scan}/hosts?{filter}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid-value"));
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(allowed) && detail.contains(&filter[..5]), "{detail}");
    }
    let open = world.json(&format!("/api/scans/{scan}/hosts?state=open%7Cfiltered")).await;
    assert_eq!(open, json!([]));
}

#[tokio::test]
async fn no_query_parameter_is_ignored_in_silence() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let own = [
        format!("/api/scans/{scan}?x=1"),
        format!("/api/scans/{scan}/events?sinse=1"),
        format!("/api/scans/{scan}/targets?x=1&verdict=up"),
        "/api/batches/1?x=1".to_owned(),
        "/api/batches/1/raw/xml?x=1".to_owned(),
        "/api/targets/difficult?x=1".to_owned(),
        "/api/system?x=1".to_owned(),
    ];
    for path in own {
        let answer = world.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "unknown-field"));
        assert!(answer.json()["detail"].as_str().unwrap().starts_with("`"), "{path}");
    }
    // Clients of the Python system may send what they like.
    let seed = [
        format!("/api/scans/{scan}/hosts?limit=1&servise=x&port=80"),
        format!("/api/scans/{scan}/batches?servise=x"),
        "/api/scans?servise=x".to_owned(),
        "/api/projects?servise=x".to_owned(),
        "/api/targets/127.0.0.1/history?servise=x".to_owned(),
        "/api/hosts/1?servise=x".to_owned(),
    ];
    for path in seed {
        let answer = world.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        let warning = answer.header("warning");
        assert!(warning.ends_with("ignored: servise\""), "{path}: {warning}");
    }
    let known = world.get(&format!("/api/scans/{scan}/hosts?limit=1&port=80")).await;
    assert_eq!(known.header("warning"), "");
    let raw = world.get("/api/batches/1/raw/foo").await.json();
    assert_eq!(raw["detail"], "there is no stream `foo`: xml, stdout and stderr are");
}

#[tokio::test]
async fn an_array_of_values_is_no_object() {
    let world = world(all_up).await;
    let project = world.post("/api/projects", &json!({"name": "p"})).await.json()["id"].clone();
    let grants = format!("/api/projects/{project}");
    for (method, path, field, value) in [
        ("POST", "/api/scans", "policy", json!([1])),
        ("POST", "/api/scans/preview", "policy", json!([])),
        ("PATCH", &*grants, "grants", json!([null, null])),
    ] {
        let body = json!({"targets": ["127.0.0.1"], (field): value}).to_string();
        let body = if method == "PATCH" { json!({(field): value}).to_string() } else { body };
        let answer = ask(&world.router, request(method, path, body)).await;
        assert_eq!((answer.status.as_u16(), &*answer.problem()), (422, "invalid-value"), "{path}");
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"), "{path}");
    }
}

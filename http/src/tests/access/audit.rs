//! The audit log over HTTP: each change is in it once, with who made it; what is refused too, within
//! bounds; and no secret.

use super::{Guarded, guarded, guarded_by_world};
use crate::tests::{PATIENCE, imports::fixtures, world};
use axum::{
    body::Body,
    http::{Request, header},
};
use netscan_nmap::launch::{Script, Step};
use netscan_schemas::limits;
use netscan_store::Write;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, net::IpAddr};

impl Guarded {
    /// Returns the log after an entry.
    async fn log(&self, since: u64) -> Vec<Value> {
        // Nobody waits for entries of refusals; this waits for all that was handed in.
        self.world.system.store().submit(Write::new()).await.unwrap();
        let log = self.world.json(&format!("/api/audit?since={since}&limit=1000")).await;
        log.as_array().unwrap().clone()
    }

    /// Returns the number of the newest entry.
    async fn newest(&self) -> u64 {
        self.world.system.store().submit(Write::new()).await.unwrap();
        self.world.json("/api/audit?limit=1").await[0]["seq"].as_u64().unwrap_or(0)
    }

    /// Asks as a browser with this cookie, from our own page.
    async fn by_cookie(&self, method: &str, path: &str, cookie: &str, body: &Value) -> u16 {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8000")
            .header(header::ORIGIN, "http://localhost:8000")
            .header(header::COOKIE, cookie);
        let request = request.body(Body::from(body.to_string())).unwrap();
        super::ask(&self.tcp, request).await.status.as_u16()
    }
}

/// Returns an entry in short: `who action object outcome`.
fn short(entry: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let object = match &entry["object"] {
        Value::Null => "-".to_owned(),
        object => format!("{} {}", text(&object["kind"]), text(&object["id"])),
    };
    let outcome = match &entry["code"] {
        Value::Null => text(&entry["outcome"]),
        code => text(code),
    };
    let who = format!("{} {}", text(&entry["actor"]["kind"]), text(&entry["actor"]["name"]));
    format!("{who}: {} {object} {outcome}", text(&entry["action"]))
}

fn shorts(log: &[Value]) -> Vec<String> {
    log.iter().map(short).collect()
}

#[tokio::test]
async fn each_change_is_told_once_with_who_made_it() {
    let world = guarded().await;
    let (id, admin) = world.token("admin", None).await;
    let before = world.newest().await;
    let call = async |method: &str, path: &str, body: Value| {
        let answer = world.call(method, path, &admin, &body).await;
        assert!(answer.status.is_success(), "{method} {path}: {:?}", answer.body);
        serde_json::from_slice::<Value>(&answer.body).unwrap_or_default()
    };
    let project = call("POST", "/api/projects", json!({"name": "p"})).await["id"].clone();
    let path = format!("/api/projects/{project}");
    call("PATCH", &path, json!({"name": "q", "description": null})).await;
    let new = json!({"name": "t", "role": "viewer", "projects": [project]});
    let token = call("POST", "/api/tokens", new).await["id"].as_str().unwrap().to_owned();
    call("DELETE", &format!("/api/tokens/{token}"), Value::Null).await;
    let allow = json!({"list": "allow", "target": "198.18.0.0/30", "note": "lab"});
    call("POST", "/api/scope", allow).await;
    let deny = json!({"list": "deny", "target": "127.0.0.9"});
    call("POST", &format!("{path}/scope"), deny).await;
    call("DELETE", "/api/scope/1", Value::Null).await;
    call("PATCH", "/api/system/limits", json!({"slots": 3, "packet_rate": 0})).await;
    let scan = json!({"targets": ["127.0.0.1"], "nmap_flags": ["-T4"], "project_id": project});
    let scan = call("POST", "/api/scans", scan).await["scan_id"].clone();
    let ended = async |scan: &Value| {
        world.world.ended(serde_json::from_value(scan.clone()).unwrap()).await;
    };
    ended(&scan).await;
    let scan = format!("/api/scans/{scan}");
    let again = call("POST", &format!("{scan}/rescan"), json!({"only": "all"})).await;
    ended(&again["scan_id"]).await;
    call("GET", &format!("{scan}/export?format=csv"), Value::Null).await;
    call("DELETE", &scan, Value::Null).await;
    call("POST", "/api/nmap/run", json!({"targets": ["127.0.0.1"]})).await;
    call("POST", "/api/session/codes", json!({})).await;
    call("DELETE", &path, Value::Null).await;
    let log = world.log(before).await;
    let expected = [
        "token admin: project-create project 1 ok".to_owned(),
        "token admin: project-change project 1 ok".to_owned(),
        format!("token admin: token-create token {token} ok"),
        format!("token admin: token-revoke token {token} ok"),
        "token admin: scope-allow scope 1 ok".to_owned(),
        "token admin: scope-deny scope 2 ok".to_owned(),
        "token admin: scope-rm scope 1 ok".to_owned(),
        "token admin: limits-change - ok".to_owned(),
        "token admin: scan-create scan 1 ok".to_owned(),
        "server -: scan-end scan 1 ok".to_owned(),
        "token admin: scan-rescan scan 2 ok".to_owned(),
        "server -: scan-end scan 2 ok".to_owned(),
        "token admin: scan-export scan 1 ok".to_owned(),
        "token admin: scan-delete scan 1 ok".to_owned(),
        "token admin: project-create project 2 ok".to_owned(),
        "token admin: scan-run scan 3 ok".to_owned(),
        "server -: scan-end scan 3 ok".to_owned(),
        format!("token admin: login-url token {id} ok"),
        "token admin: project-delete project 1 ok".to_owned(),
    ];
    assert_eq!(shorts(&log), expected);
    let told: BTreeMap<&str, &str> = log
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["detail"].as_str().unwrap()))
        .collect();
    for (action, detail) in [
        ("project-change", "name q; no description"),
        ("token-create", "t: viewer, projects 1"),
        ("scope-allow", "198.18.0.0/30: lab"),
        ("scope-deny", "127.0.0.9 for project 1"),
        ("scope-rm", "allow 198.18.0.0/30: lab"),
        ("limits-change", "slots 3, packet_rate none"),
        ("scan-create", "project 1, 1 targets: 127.0.0.1; flags -T4"),
        ("scan-rescan", "of scan 1: project 1, 1 targets: 127.0.0.1; flags -T4"),
        ("scan-export", "csv"),
        ("project-delete", "q"),
    ] {
        assert_eq!(told[action], detail, "{action}");
    }
    let of_scan = log.iter().find(|entry| entry["action"] == "scan-create").unwrap();
    let params = serde_json::to_vec(&(["127.0.0.1"], [""; 0], ["-T4"])).unwrap();
    assert_eq!(of_scan["params_blake3"], blake3::hash(&params).to_hex().as_str());
    assert_eq!(of_scan["actor"]["token_id"], id);
    let verdict = world.world.json("/api/audit/verify").await;
    assert_eq!(
        (&verdict["intact"], &verdict["entries"]),
        (&json!(true), &log.last().unwrap()["seq"])
    );
}

#[tokio::test]
async fn orders_to_a_scan_and_imports_are_told() {
    let world = guarded_by_world(world(|_| Script::Run(vec![Step::Hang])).await, |edge| edge).await;
    let (_, operator) = world.token("operator", None).await;
    let before = world.newest().await;
    let body = json!({"targets": ["127.0.0.1"]});
    let accepted = world.call("POST", "/api/scans", &operator, &body).await.json();
    let path = format!("/api/scans/{}", accepted["scan_id"]);
    // It has to run before it can be paused; a second pause changes nothing and is not told.
    let running = async {
        while world.world.json(&path).await["status"] != "running" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, running).await.unwrap();
    for command in ["pause", "pause", "resume", "stop"] {
        let path = format!("{path}/{command}");
        assert_eq!(world.call("POST", &path, &operator, &json!({})).await.status, 200);
    }
    world.world.ended(serde_json::from_value(accepted["scan_id"].clone()).unwrap()).await;
    let file = fs::read(fixtures().join("nmap-xml/O_os_detection.xml")).unwrap();
    let digest = blake3::hash(&file);
    let request = Request::builder()
        .method("POST")
        .uri("/api/scans/import")
        .header("host", "localhost:8000")
        .header("authorization", format!("Bearer {operator}"));
    let answer = super::ask(&world.tcp, request.body(Body::from(file)).unwrap()).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    let log = world.log(before).await;
    assert_eq!(
        shorts(&log),
        [
            "token operator: project-create project 1 ok",
            "token operator: scan-create scan 1 ok",
            "token operator: scan-pause scan 1 ok",
            "token operator: scan-resume scan 1 ok",
            "token operator: scan-stop scan 1 ok",
            "server -: scan-end scan 1 ok",
            "token operator: project-create project 2 ok",
            "token operator: scan-import scan 2 ok",
            "server -: scan-end scan 2 ok",
        ]
    );
    assert!(log[5]["detail"].as_str().unwrap().starts_with("stopped: 0 up"), "{}", log[5]);
    assert_eq!(log[7]["params_blake3"], digest.to_hex().as_str());
}

#[tokio::test]
async fn browsers_and_users_of_this_machine_are_told_apart() {
    let world = guarded().await;
    let (id, operator) = world.token("operator", None).await;
    let made = world.call("POST", "/api/session/codes", &operator, &Value::Null).await.json();
    let before = world.newest().await;
    let body = json!({"code": made["code"]}).to_string();
    let request = Request::builder()
        .method("POST")
        .uri("/api/session")
        .header("host", "localhost:8000")
        .header("origin", "http://localhost:8000");
    let answer = super::ask(&world.tcp, request.body(Body::from(body)).unwrap()).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let project = |name: &str| json!({"name": name});
    assert_eq!(world.by_cookie("POST", "/api/projects", &cookie, &project("a")).await, 201);
    assert_eq!(world.by_cookie("DELETE", "/api/session", &cookie, &Value::Null).await, 204);
    assert_eq!(world.world.post("/api/projects", &project("b")).await.status, 201);
    let log = world.log(before).await;
    let user = crate::own_origin().actor.name().unwrap().to_owned();
    assert_eq!(
        shorts(&log),
        [
            format!("token operator: login token {id} ok"),
            "session operator: project-create project 1 ok".to_owned(),
            "session operator: session-end - ok".to_owned(),
            format!("local {user}: project-create project 2 ok"),
        ]
    );
    assert_eq!(log[1]["actor"]["token_id"], id.as_str());
    // Nothing of what lets somebody in is in the log, whole or in part.
    let whole = world.world.get("/api/audit?since=0&limit=1000").await;
    let whole = String::from_utf8_lossy(&whole.body).into_owned();
    let own = fs::read_to_string(world.world.dir.path().join(crate::ADMIN_TOKEN)).unwrap();
    for secret in [operator.as_str(), made["code"].as_str().unwrap(), own.trim(), &cookie] {
        let secret = &secret[secret.len() - 43..];
        assert!(!whole.contains(secret) && !whole.contains(&secret[..20]), "{whole}");
    }
    assert!(!whole.contains("nsk_") && !whole.contains("nsl_") && !whole.contains("nss_"));
}

#[tokio::test]
async fn what_is_refused_is_told_within_bounds() {
    let world = guarded().await;
    let (viewer_id, viewer) = world.token("viewer", None).await;
    let (_, operator) = world.token("operator", None).await;
    world.world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let before = world.newest().await;
    let scan = |target: &str, flags: &[&str]| json!({"targets": [target], "nmap_flags": flags});
    for _ in 0..3 {
        let body = scan("198.18.0.1", &[]);
        assert_eq!(world.call("POST", "/api/scans", &operator, &body).await.status, 403);
    }
    let body = scan("127.0.0.1", &["-oN", "/tmp/x"]);
    assert_eq!(world.call("POST", "/api/scans", &operator, &body).await.status, 422);
    // The path of a refused request may hold a secret.
    let path = format!("/api/tokens/{operator}");
    assert_eq!(world.call("DELETE", &path, &viewer, &Value::Null).await.status, 403);
    assert_eq!(world.call("GET", "/api/audit", &viewer, &Value::Null).await.status, 403);
    for _ in 0..5 {
        let answer = world.call("GET", "/api/scans", "nsk_aaaaaaaa_x", &Value::Null).await;
        assert_eq!(answer.status, 401);
    }
    // Who says nothing is a page that is not logged in: nothing is told.
    let answer = world.with("GET", "/api/scans", &[("host", "localhost")]).await;
    assert_eq!(answer.status, 401);
    // Exports change nothing either: the second within a minute is counted.
    for _ in 0..2 {
        let path = "/api/scans/1/export?format=json";
        assert_eq!(world.call("GET", path, &viewer, &Value::Null).await.status, 200);
    }
    let log = world.log(before).await;
    let expected = [
        "token operator: scan-create route POST /api/scans out-of-scope",
        "token operator: scan-create route POST /api/scans flag-refused",
        "token viewer: token-revoke route DELETE /api/tokens/{id} forbidden",
        "token viewer: request route GET /api/audit forbidden",
        "unknown -: request route GET /api/scans unauthenticated",
        "token viewer: scan-export scan 1 ok",
    ];
    assert_eq!(shorts(&log), expected);
    assert_eq!(log[2]["actor"]["token_id"], viewer_id.as_str());
    assert!(log[0]["detail"].as_str().unwrap().contains("198.18.0.1"), "{}", log[0]);
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains(&operator[13..]), "{text}");
    // What was counted is written at the end.
    world.edge.settle_audit();
    let counted = world.log(before + log.len() as u64).await;
    let mut counted: Vec<_> = counted.iter().map(|entry| (short(entry), &entry["count"])).collect();
    counted.sort_by_key(|(short, _)| short.clone());
    assert_eq!(
        counted,
        [
            (expected[0].to_owned(), &json!(2)),
            (expected[5].to_owned(), &json!(1)),
            (expected[4].to_owned(), &json!(4)),
        ]
    );
}

#[tokio::test]
async fn an_attacker_does_not_fill_the_log() {
    let world = guarded().await;
    let before = world.newest().await;
    for number in 0..2000u32 {
        let mut request = Request::builder()
            .method("POST")
            .uri("/api/session")
            .header("host", "localhost:8000")
            .body(Body::from(r#"{"token":"nsk_aaaaaaaa_x"}"#))
            .unwrap();
        let peer = IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(number) << 64).to_be_bytes());
        let local = "::1".parse().unwrap();
        request.extensions_mut().insert(crate::serve::Arrival { peer, local });
        assert_eq!(super::ask(&world.tcp, request).await.status, 401);
    }
    world.edge.settle_audit();
    let log = world.log(before).await;
    assert_eq!(log.len(), limits::AUDIT_UNKNOWN_FOLDS_MAX.1 + 1);
    let failures: u64 = log.iter().map(|entry| entry["count"].as_u64().unwrap()).sum();
    assert_eq!(failures, 2000, "each is counted");
    assert_eq!(log[0]["from"], "2001:db8::");
    let last = log.last().unwrap();
    assert_eq!((&last["code"], &last["actor"]["kind"]), (&json!("several"), &json!("several")));
}

#[tokio::test]
async fn the_log_is_for_administrators_of_all_projects_and_comes_in_pages() {
    let world = guarded().await;
    let (_, admin) = world.token("admin", None).await;
    for number in 0..5 {
        let body = json!({"name": format!("p{number}")});
        assert_eq!(world.call("POST", "/api/projects", &admin, &body).await.status, 201);
    }
    for role in ["viewer", "operator"] {
        let (_, token) = world.token(role, None).await;
        for path in ["/api/audit", "/api/audit/verify"] {
            let answer = world.call("GET", path, &token, &Value::Null).await;
            assert_eq!(answer.problem(), "forbidden", "{role} {path}");
        }
    }
    let pages = async |first: &str| {
        let (mut seen, mut path) = (Vec::new(), first.to_owned());
        loop {
            let answer = world.call("GET", &path, &admin, &Value::Null).await;
            assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
            for entry in answer.json().as_array().unwrap() {
                seen.push(entry["seq"].as_u64().unwrap());
            }
            let link = answer.header("link");
            let Some((next, _)) = link.strip_prefix('<').and_then(|link| link.split_once('>'))
            else {
                return seen;
            };
            path = next.to_owned();
        }
    };
    let all: Vec<u64> = (1..=world.newest().await).collect();
    assert_eq!(pages("/api/audit?since=0&limit=2").await, all);
    assert_eq!(pages("/api/audit?since=3&limit=2").await, all[3..]);
    let newest_first: Vec<u64> = all.iter().rev().copied().collect();
    assert_eq!(pages("/api/audit?limit=3").await, newest_first);
    assert_eq!(pages("/api/audit?since=0&limit=2&action=project-create").await.len(), 5);
    assert_eq!(pages("/api/audit?limit=2&action=project-create&actor=admin").await.len(), 5);
    assert_eq!(pages("/api/audit?actor=nobody").await, [0; 0]);
    for bad in ["?action=nothing", "?since=x", "?limit=0", "?limit=1001", "?cursor=x", "?x=1"] {
        let answer = world.call("GET", &format!("/api/audit{bad}"), &admin, &Value::Null).await;
        assert_eq!(answer.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn a_head_that_was_kept_is_looked_for() {
    let world = guarded().await;
    let head = world.world.json("/api/audit/verify").await["head"].clone();
    assert_eq!(world.world.post("/api/projects", &json!({"name": "p"})).await.status, 201);
    let (seq, hash) = (head["seq"].as_u64().unwrap(), head["hash"].as_str().unwrap());
    let verify = async |head: String| {
        let verdict = world.world.json(&format!("/api/audit/verify?head={head}")).await;
        (verdict["known_head"].as_bool().unwrap(), verdict["intact"].as_bool().unwrap())
    };
    assert_eq!(verify(format!("{seq}:{hash}")).await, (true, true));
    assert_eq!(verify(format!("{}:{hash}", seq + 1)).await, (false, false));
    assert_eq!(verify(format!("{}:{hash}", seq + 9)).await, (false, false));
    for bad in ["", "x", "1:ab", ":"] {
        let answer = world.world.get(&format!("/api/audit/verify?head={bad}")).await;
        assert_eq!(answer.problem(), "invalid-value", "{bad}");
    }
}

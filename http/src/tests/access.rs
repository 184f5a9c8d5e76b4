//! Who may do what over TCP: roles, projects, sessions, and what ends them.

use super::{Answer, PATIENCE, World, all_up, ask, world};
use crate::{
    Bounds, Edge,
    auth::{Need, RULES},
    tcp_router,
};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, header},
};
use futures_util::StreamExt;
use netscan_schemas::{ProjectId, Role, ScanId, limits};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tower::ServiceExt;

/// A world whose TCP side lets in who has a token.
struct Guarded {
    world: World,
    edge: Arc<Edge>,
    tcp: Router,
}

async fn guarded() -> Guarded {
    guarded_by(|edge| edge).await
}

async fn guarded_by(settings: impl Fn(Edge) -> Edge) -> Guarded {
    let world = world(all_up).await;
    let edge = Edge::new(Arc::clone(&world.system));
    let edge = edge.with_own_token(world.dir.path()).await.unwrap();
    let edge = Arc::new(settings(edge));
    let tcp = tcp_router(Arc::clone(&edge));
    // What is asked locally goes through the same edge.
    let world = World { router: crate::local_router(Arc::clone(&edge)), ..world };
    Guarded { world, edge, tcp }
}

impl Guarded {
    /// Makes a token and returns its id and the whole of it.
    async fn token(&self, role: &str, projects: Option<&[ProjectId]>) -> (String, String) {
        let body = json!({"name": role, "role": role, "projects": projects});
        let made = self.world.post("/api/tokens", &body).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        let made = made.json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    async fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8000")
            .header("authorization", format!("Bearer {token}"));
        ask(&self.tcp, request.body(Body::from(body)).unwrap()).await
    }

    async fn with(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ask(&self.tcp, request.body(Body::empty()).unwrap()).await
    }

    /// Serves it, and returns `127.0.0.1:PORT`.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(crate::serve_tcp(listener, Arc::clone(&self.edge)));
        address
    }
}

/// Returns a path of the route that names what is not there.
fn path_of(rule: &crate::auth::Rule) -> String {
    let path = rule.path.replace("{stream}", "xml").replace("{address}", "127.0.0.1");
    match rule.path.starts_with("/api/tokens/") {
        true => path.replace("{id}", "aaaaaaaa"),
        false => path.replace("{id}", "999"),
    }
}

#[tokio::test]
async fn every_route_asks_for_the_role_of_its_row() {
    let world = guarded_by(|edge| edge.with_bounds(Bounds::default())).await;
    let mut tokens = Vec::new();
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        tokens.push((role, world.token(role.as_str(), None).await.1));
    }
    for rule in RULES {
        let path = path_of(rule);
        let method = if rule.method == "*" { "GET" } else { rule.method };
        // Not a body that any route takes: what may pass is refused after this.
        let body = if method == "GET" { Value::Null } else { json!([]) };
        for (role, token) in &tokens {
            let answer = world.call(method, &path, token, &body).await;
            let may = match rule.need {
                Need::Nothing => true,
                Need::Role(need) => *role >= need,
            };
            let refused = matches!(answer.status.as_u16(), 401 | 403);
            assert_eq!(!refused, may, "{method} {path} as {role}: {:?}", answer.body);
            assert_ne!(answer.status, 405, "{method} {path}");
            if refused {
                assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "forbidden"));
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_see() {
    // A world for each row: so many failures from one place are refused for their number.
    let world = guarded().await;
    let mut codes = std::collections::BTreeSet::new();
    for rule in RULES.iter().filter(|rule| rule.need != Need::Nothing) {
        let method = if rule.method == "*" { "GET" } else { rule.method };
        let answer = world.with(method, &path_of(rule), &[("host", "localhost")]).await;
        let code = answer.problem();
        match code.as_str() {
            "unauthenticated" => {
                assert_eq!(answer.status, 401);
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
            "rate-limited" => assert!(!answer.header("retry-after").is_empty()),
            code => panic!("{method} {} is answered with {code}", rule.path),
        }
        codes.insert(code);
    }
    assert_eq!(codes.len(), 2, "{codes:?}");
    for path in ["/healthz", "/", "/login", "/login.js", "/api/docs", "/api/openapi.json"] {
        let answer = world.with("GET", path, &[("host", "localhost")]).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.check_headers();
    }
    // What is no route says no more than a route.
    let unknown = guarded().await.with("GET", "/api/nothing", &[("host", "localhost")]).await;
    assert_eq!(unknown.problem(), "unauthenticated");
}

#[tokio::test]
async fn what_is_no_token_is_none() {
    let world = guarded().await;
    let (id, good) = world.token("viewer", None).await;
    assert_eq!(world.call("GET", "/api/session", &good, &Value::Null).await.status, 200);
    let other = world.token("admin", None).await.1;
    let swapped = format!("nsk_{id}_{}", &other["nsk_aaaaaaaa_".len()..]);
    for bad in [swapped.as_str(), "", "nsk_", "null", &good[1..], &good[..good.len() - 1]] {
        let answer = world.call("GET", "/api/session", bad, &Value::Null).await;
        assert_eq!(answer.problem(), "unauthenticated", "{bad}");
    }
    let host = ("host", "localhost");
    for bad in [format!("Basic {good}"), good.clone()] {
        let answer = world.with("GET", "/api/session", &[host, ("authorization", &bad)]).await;
        assert_eq!(answer.problem(), "unauthenticated");
    }
    let in_url = format!("/api/session?token={good}");
    assert_eq!(world.with("GET", &in_url, &[host]).await.problem(), "unauthenticated");
    let brief = json!({"name": "x", "role": "viewer", "expires_in_ms": 1});
    let brief = world.world.post("/api/tokens", &brief).await.json();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let brief = brief["secret"].as_str().unwrap();
    let answer = world.call("GET", "/api/session", brief, &Value::Null).await;
    assert_eq!(answer.problem(), "unauthenticated");
}

#[tokio::test]
async fn tokens_are_listed_without_their_secrets_and_end_when_revoked() {
    let world = guarded().await;
    let (id, secret) = world.token("operator", None).await;
    let listed = world.world.get("/api/tokens").await;
    let text = String::from_utf8_lossy(&listed.body).into_owned();
    assert!(text.contains(&id) && !text.contains(&secret[13..]), "{text}");
    assert!(!text.contains("secret") && !text.contains("blake3"), "{text}");
    assert_eq!(listed.json().as_array().unwrap().len(), 2, "the data directory's own, and this");
    assert_eq!(world.call("GET", "/api/scans", &secret, &Value::Null).await.status, 200);
    let path = format!("/api/tokens/{id}");
    let used = async {
        loop {
            let listed = world.world.get("/api/tokens").await.json();
            let mut rows = listed.as_array().unwrap().iter();
            let row = rows.find(|row| row["id"] == id.as_str()).unwrap();
            if row["last_used_at"].is_string() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, used).await.expect("it is noted, though nobody waits for that");
    assert_eq!(world.world.send("DELETE", &path, &json!({})).await.status, 204);
    let after = world.call("GET", "/api/scans", &secret, &Value::Null).await;
    assert_eq!(after.problem(), "unauthenticated");
    assert_eq!(world.world.send("DELETE", &path, &json!({})).await.problem(), "not-found");
}

#[tokio::test]
async fn tokens_that_cannot_be_are_refused() {
    let world = guarded().await;
    for (body, pointer) in [
        (json!({"name": "", "role": "viewer"}), "/name"),
        (json!({"name": "x", "role": "root"}), "/role"),
        (json!({"name": "x"}), "/role"),
        (json!({"name": "x", "role": "viewer", "projects": []}), "/projects"),
        (json!({"name": "x", "role": "viewer", "projects": [999]}), "/projects/0"),
        (json!({"name": "x", "role": "admin", "projects": [1]}), "/projects"),
        (json!({"name": "x", "role": "viewer", "expires_in_ms": 0}), "/expires_in_ms"),
        (json!({"name": "x", "role": "viewer", "expires_in_ms": u64::MAX}), "/expires_in_ms"),
        (json!({"name": "x", "role": "viewer", "secret": "nsk_x"}), "/secret"),
    ] {
        let answer = world.world.post("/api/tokens", &body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}");
    }
}

/// A scan in a project of its own.
async fn scanned(world: &Guarded, name: &str) -> (ProjectId, ScanId) {
    let project = world.world.system.project_named(name).await.unwrap();
    let request = json!({"targets": ["127.0.0.1"], "project_id": project});
    (project, world.world.scan(request).await)
}

#[tokio::test]
async fn what_is_of_another_project_does_not_exist() {
    let world = guarded().await;
    let (mine, my_scan) = scanned(&world, "mine").await;
    let (theirs, their_scan) = scanned(&world, "theirs").await;
    let token = world.token("operator", Some(&[mine])).await.1;
    let get = async |path: String| world.call("GET", &path, &token, &Value::Null).await;
    let first = |list: Value| list[0]["id"].as_u64().unwrap();
    let batch = |scan: ScanId| format!("/api/scans/{scan}/batches");
    let (my_batch, their_batch) = (
        first(world.world.json(&batch(my_scan)).await),
        first(world.world.json(&batch(their_scan)).await),
    );
    let host = |scan: ScanId| format!("/api/scans/{scan}/hosts");
    let (my_host, their_host) = (
        first(world.world.json(&host(my_scan)).await),
        first(world.world.json(&host(their_scan)).await),
    );
    // Each route with an object of a project, once with what is mine and once with what is not.
    for rule in RULES.iter().filter(|rule| rule.path.contains("{id}")) {
        if rule.path.starts_with("/api/tokens") || rule.method == "DELETE" {
            continue;
        }
        let (mine, theirs) = if rule.path.contains("/projects/") {
            (mine.get(), theirs.get())
        } else if rule.path.contains("/batches/") {
            (my_batch, their_batch)
        } else if rule.path.contains("/hosts/") {
            (my_host, their_host)
        } else {
            (my_scan.get(), their_scan.get())
        };
        let at = |id: u64| {
            let path = rule.path.replace("{id}", &id.to_string()).replace("{stream}", "stdout");
            path.replace("{other}", &id.to_string())
        };
        let method = if rule.method == "*" { "GET" } else { rule.method };
        let body = if method == "GET" { Value::Null } else { json!({}) };
        // A stream does not end; that it begins is enough.
        if !rule.path.ends_with("/stream") {
            let seen = world.call(method, &at(mine), &token, &body).await;
            assert_ne!(seen.status, 404, "{method} {}", at(mine));
        }
        let unseen = world.call(method, &at(theirs), &token, &body).await;
        let none = world.call(method, &at(777), &token, &body).await;
        // The token's id, which is named too, may hold the same digits.
        let says = |answer: &Answer, id: u64| {
            let answered = answer.json();
            let words = answered["detail"].as_str().unwrap().split(' ');
            let plain = |word: &str| match word == at(id) || word == id.to_string() {
                true => "N".to_owned(),
                false => word.to_owned(),
            };
            (answer.problem(), words.map(plain).collect::<Vec<_>>())
        };
        // What only administrators may do, none of whom is limited, says nothing of the object.
        let code = if rule.need == Need::Role(Role::Admin) { "forbidden" } else { "not-found" };
        assert_eq!(says(&unseen, theirs).0, code, "{method} {}", at(theirs));
        assert_eq!(says(&unseen, theirs), says(&none, 777), "{method} {}", rule.path);
    }
    for (path, count) in [
        ("/api/scans", 1),
        ("/api/scans?limit=1", 1),
        ("/api/scans?status=completed", 1),
        ("/api/projects", 1),
        ("/api/targets/127.0.0.1/history", 1),
    ] {
        let list = get(path.into()).await.json();
        assert_eq!(list.as_array().unwrap().len(), count, "{path}: {list}");
        assert!(!list.to_string().contains("theirs"), "{path}: {list}");
    }
    assert_eq!(get("/api/system".into()).await.json()["active_scans"], 0);
    for path in [
        format!("/api/scans/{my_scan}/diff/{their_scan}"),
        format!("/api/scans/{their_scan}/diff/{my_scan}"),
    ] {
        assert_eq!(get(path).await.problem(), "not-found");
    }
    let hosts = get("/api/hosts?port=80".into()).await.json();
    assert!(hosts.as_array().unwrap().iter().all(|host| host["scan_id"] == my_scan.get()));
    let asked = get(format!("/api/hosts?project_id={theirs}")).await;
    assert_eq!(asked.problem(), "not-found");
    let delete = |id: ScanId| format!("/api/scans/{id}");
    let unseen = world.call("DELETE", &delete(their_scan), &token, &Value::Null).await;
    assert_eq!(unseen.problem(), "not-found");
    let unseen =
        world.call("DELETE", &format!("/api/projects/{theirs}"), &token, &Value::Null).await;
    assert_eq!(unseen.problem(), "not-found");
    assert_eq!(world.call("DELETE", &delete(my_scan), &token, &Value::Null).await.status, 204);
    assert_eq!(world.world.get(&delete(their_scan)).await.status, 200);
}

#[tokio::test]
async fn a_limited_token_scans_into_its_projects_only() {
    let world = guarded().await;
    let (mine, _) = scanned(&world, "mine").await;
    let (theirs, _) = scanned(&world, "theirs").await;
    let (also, _) = scanned(&world, "also mine").await;
    let one = world.token("operator", Some(&[mine])).await.1;
    let two = world.token("operator", Some(&[mine, also])).await.1;
    let scan = json!({"targets": ["127.0.0.1"]});
    let into = |project: ProjectId| json!({"targets": ["127.0.0.1"], "project_id": project});
    for path in ["/api/scans", "/api/scans/start"] {
        let made = world.call("POST", path, &one, &scan).await;
        assert!(made.status.is_success(), "{:?}", made.body);
        let scan = ScanId::new(made.json()["scan_id"].as_u64().unwrap()).unwrap();
        let of = world.world.json(&format!("/api/scans/{scan}")).await;
        assert_eq!(of["project_id"], mine.get(), "{path}");
        world.world.ended(scan).await;
        assert_eq!(world.call("POST", path, &one, &into(theirs)).await.problem(), "not-found");
        assert!(world.call("POST", path, &two, &into(also)).await.status.is_success());
        let unnamed = world.call("POST", path, &two, &scan_of_nothing()).await;
        assert_eq!(unnamed.problem(), "invalid-value", "{path}");
    }
    let preview = world.call("POST", "/api/scans/preview", &one, &into(theirs)).await;
    assert_eq!(preview.problem(), "not-found");
    let ran = world.call("POST", "/api/nmap/run", &one, &scan).await;
    let of = world.world.json(&format!("/api/scans/{}", ran.json()["scan_id"])).await;
    assert_eq!(of["project_id"], mine.get());
    let project = world.call("POST", "/api/projects", &one, &json!({"name": "new"})).await;
    assert_eq!(project.problem(), "forbidden");
}

fn scan_of_nothing() -> Value {
    json!({"targets": ["127.0.0.1"]})
}

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

async fn socket(
    address: &str,
    scan: ScanId,
    token: Option<&str>,
) -> Result<super::ws::Client, tokio_tungstenite::tungstenite::Error> {
    let mut request =
        format!("ws://{address}/ws/scans/{scan}?since=0").into_client_request().unwrap();
    if let Some(token) = token {
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
    }
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

/// Returns the code that a socket is closed with.
async fn closed(client: &mut super::ws::Client) -> u16 {
    loop {
        match timeout(PATIENCE, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Close(Some(frame)) => return frame.code.into(),
            Message::Close(None) => panic!("closed without a code"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn sockets_and_streams_end_with_the_right_to_read_them() {
    let world = guarded().await;
    let address = world.listen().await;
    let scan = world.world.idle_scan().await;
    world.world.line(scan, 1).await;
    let (id, token) = world.token("viewer", None).await;
    let mut watching = socket(&address, scan, Some(&token)).await.unwrap();
    let hello = timeout(PATIENCE, watching.next()).await.unwrap().unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("connected"));
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
        match timeout(PATIENCE, watching.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => {
                seen = serde_json::from_str::<Value>(&text).unwrap()["seq"].as_u64().unwrap();
            }
            Message::Close(frame) => panic!("{frame:?}"),
            _ => {}
        }
    }
    world.world.send("DELETE", &format!("/api/tokens/{id}"), &json!({})).await;
    assert_eq!(closed(&mut watching).await, 4401);
    let ended = async { while stream.next().await.is_some() {} };
    timeout(PATIENCE / 3, ended).await.expect("the stream ends");
    // Who has no right is told so in a way that a page can read.
    for token in [Some(token.as_str()), Some("nsk_x"), None] {
        assert_eq!(closed(&mut socket(&address, scan, token).await.unwrap()).await, 4401);
    }
    let (mine, _) = scanned(&world, "mine").await;
    let limited = world.token("viewer", Some(&[mine])).await.1;
    assert_eq!(closed(&mut socket(&address, scan, Some(&limited)).await.unwrap()).await, 4404);
}

#[tokio::test]
async fn the_directorys_own_token_is_made_once_and_again_when_it_is_gone() {
    use std::os::unix::fs::PermissionsExt;
    let world = guarded().await;
    let file = world.world.dir.path().join(crate::ADMIN_TOKEN);
    let secret = std::fs::read_to_string(&file).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let me = world.call("GET", "/api/session", secret.trim(), &Value::Null).await.json();
    assert_eq!((&me["role"], &me["name"]), (&json!("admin"), &json!("admin")));
    let start = async || {
        let edge = Edge::new(Arc::clone(&world.world.system));
        edge.with_own_token(world.world.dir.path()).await.unwrap();
        std::fs::read_to_string(&file).unwrap()
    };
    assert_eq!(start().await, secret, "the next start keeps it");
    let id = me["token_id"].as_str().unwrap();
    world.world.send("DELETE", &format!("/api/tokens/{id}"), &json!({})).await;
    let second = start().await;
    assert_ne!(second, secret, "one that was revoked is not good again");
    std::fs::remove_file(&file).unwrap();
    assert_ne!(start().await, second);
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(start().await.starts_with("nsk_"));
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
    let script = world.with("GET", "/login.js", &[("host", "localhost")]).await;
    assert!(script.header("content-type").starts_with("text/javascript"));
    let text = String::from_utf8_lossy(&script.body).into_owned();
    assert!(!text.contains("innerHTML") && text.contains("textContent"));
    let (_, scan) = scanned(&world, "mine").await;
    let batch = world.world.json(&format!("/api/scans/{scan}/batches")).await[0]["id"].clone();
    let raw = world.world.get(&format!("/api/batches/{batch}/raw/xml")).await;
    assert_eq!(raw.header("content-security-policy"), "sandbox");
    assert!(raw.header("content-disposition").starts_with("attachment"));
    assert_eq!(raw.header("cache-control"), "no-store");
}

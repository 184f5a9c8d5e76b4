//! Each route asks for its role, and hides what is of projects that a token is not for.

use super::{Answer, guarded, guarded_by, scanned};
use crate::{
    Bounds,
    auth::{Need, RULES},
};
use netscan_schemas::{ProjectId, Role, ScanId};
use serde_json::{Value, json};

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
    for path in ["/healthz", "/", "/login", "/api/docs", "/api/openapi.json"] {
        let answer = world.with("GET", path, &[("host", "localhost")]).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.check_headers();
    }
    // What is no route says no more than a route.
    let unknown = guarded().await.with("GET", "/api/nothing", &[("host", "localhost")]).await;
    assert_eq!(unknown.problem(), "unauthenticated");
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

#[tokio::test]
async fn every_answer_has_a_number_of_its_own() {
    let world = guarded_by(|edge| edge.with_cors_origins(vec!["http://page.example".into()])).await;
    let admin = world.token("admin", None).await.1;
    let mut numbers = std::collections::BTreeSet::new();
    let mut note = |answer: &Answer, what: &str| {
        let number = answer.header("x-request-id").to_owned();
        assert!(!number.is_empty(), "{what} is answered without a number");
        assert!(numbers.insert(number), "{what} has the number of another");
    };
    for rule in RULES {
        let path = path_of(rule);
        let method = if rule.method == "*" { "GET" } else { rule.method };
        for token in [admin.as_str(), "nsk_none"] {
            let answer = world.call(method, &path, token, &json!([])).await;
            note(&answer, &format!("{method} {path}"));
        }
    }
    let call = async |method: &str, path: &str| world.call(method, path, &admin, &json!({})).await;
    note(&call("GET", "/nothing").await, "a route that is not there");
    note(&call("PUT", "/api/scans").await, "a method that is not there");
    let other = [("host", "evil.example")];
    note(&world.with("GET", "/healthz", &other).await, "another name");
    note(&world.with("GET", "/healthz", &[]).await, "no name");
    let preflight = [
        ("host", "localhost"),
        ("origin", "http://page.example"),
        ("access-control-request-method", "GET"),
    ];
    let answer = world.with("OPTIONS", "/api/scans", &preflight).await;
    assert_eq!(answer.status, 204);
    note(&answer, "a preflight");
}

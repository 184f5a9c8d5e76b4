//! What may be scanned, over REST.

use super::{all_up, world};
use serde_json::{Value, json};

fn strings(list: &Value, field: &str) -> Vec<String> {
    let of = |entry: &Value| entry[field].as_str().unwrap_or_default().to_owned();
    list.as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn a_scope_is_shown_changed_and_kept_to() {
    let world = world(all_up).await;
    let scope = world.json("/api/scope").await;
    assert!(strings(&scope["allow"], "target").contains(&"10.0.0.0/8".to_owned()), "{scope}");
    assert!(strings(&scope["deny"], "target").contains(&"169.254.0.0/16".to_owned()), "{scope}");
    assert!(strings(&scope["allow"], "source").iter().all(|source| source == "built_in"));
    assert_eq!(scope["project_id"], Value::Null);

    let public = json!({"targets": ["198.18.0.0/30"]});
    let refused = world.post("/api/scans", &public).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (403, "out-of-scope"));
    let problem = refused.json();
    assert_eq!(problem["errors"][0]["code"], "not-allowed");
    assert_eq!(problem["errors"][0]["pointer"], "/targets");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("netscan scope allow 198.18.0.0/30 --note WHY"), "{detail}");
    let preview = world.post("/api/scans/preview", &public).await.json();
    let verdict = &preview["scope"];
    assert_eq!((&verdict["allowed"], &verdict["out_of_scope"]), (&json!(false), &json!(4)));
    assert_eq!(verdict["problems"][0]["ranges"], json!(["198.18.0.0/30"]));
    assert_eq!(preview["problems"][0]["code"], "not-allowed");

    let mut entry = json!({"list": "allow", "target": "198.18.0.0/30"});
    let answer = world.post("/api/scope", &entry).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid-value"));
    assert_eq!(answer.json()["errors"][0]["pointer"], "/note");
    entry["note"] = json!("a test network");
    entry["expires_at"] = json!("2999-01-01T00:00:00Z");
    let answer = world.post("/api/scope", &entry).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    let added = answer.json();
    assert_eq!(answer.header("location"), format!("/api/scope/{}", added["id"]));
    assert_eq!((&added["note"], &added["expired"]), (&json!("a test network"), &json!(false)));
    assert!(added["created_at"].is_string() && added["by"].is_string(), "{added}");
    world.scan(public.clone()).await;
    assert_eq!(world.post("/api/scans/preview", &public).await.json()["scope"]["allowed"], true);
    let system = world.json("/api/system").await;
    assert_eq!(
        (&system["scope"]["public"], &system["scope"]["allow_entries"]),
        (&json!(true), &json!(1))
    );

    let path = format!("/api/scope/{}", added["id"]);
    assert_eq!(world.send("DELETE", &path, &json!({})).await.status, 204);
    let again = world.send("DELETE", &path, &json!({})).await;
    assert_eq!((again.status.as_u16(), again.problem().as_str()), (404, "not-found"));
    assert_eq!(world.post("/api/scans", &public).await.status, 403);
    let rescan = world.post("/api/scans/1/rescan", &json!({"only": "all"})).await;
    assert_eq!((rescan.status.as_u16(), rescan.problem().as_str()), (403, "out-of-scope"));
    let run = world.post("/api/nmap/run", &public).await;
    assert_eq!((run.status.as_u16(), run.problem().as_str()), (403, "out-of-scope"));
}

#[tokio::test]
async fn a_project_has_a_scope_of_its_own() {
    let world = world(all_up).await;
    let project = world.post("/api/projects", &json!({"name": "p"})).await.json()["id"].clone();
    let path = format!("/api/projects/{project}/scope");
    assert_eq!(world.json(&path).await["allow"], json!([]));
    let entry = json!({"list": "allow", "target": "127.0.0.0/30"});
    let added = world.post(&path, &entry).await;
    assert_eq!(added.status, 201, "{:?}", added.body);
    assert_eq!(world.json(&path).await["effective"], json!(["127.0.0.0/30"]));
    let scan = json!({"targets": ["127.0.0.9"], "project_id": project});
    let refused = world.post("/api/scans", &scan).await;
    assert_eq!(refused.json()["errors"][0]["code"], "project-not-allowed");
    // An entry is removed where it is.
    let id = added.json()["id"].clone();
    let elsewhere = world.send("DELETE", &format!("/api/scope/{id}"), &json!({})).await;
    assert_eq!(elsewhere.status, 404);
    assert_eq!(world.send("DELETE", &format!("{path}/{id}"), &json!({})).await.status, 204);
    world.scan(scan).await;
    let gone = world.get("/api/projects/99/scope").await;
    assert_eq!((gone.status.as_u16(), gone.problem().as_str()), (404, "not-found"));
    assert_eq!(world.post("/api/projects/99/scope", &entry).await.status, 404);
}

#[tokio::test]
async fn entries_that_are_none_are_refused_by_name() {
    let world = world(all_up).await;
    for (entry, code, pointer) in [
        (json!({"target": "10.0.0.1"}), "invalid-value", "/list"),
        (json!({"list": "allow"}), "invalid-value", "/target"),
        (json!({"list": "maybe", "target": "10.0.0.1"}), "invalid-value", "/list"),
        (json!({"list": "allow", "target": "10.0.0.1", "why": "x"}), "unknown-field", "/why"),
        (json!({"list": "allow", "target": "localhost"}), "invalid-target", "/target"),
        (json!({"list": "allow", "target": "-oN/tmp/x"}), "invalid-target", "/target"),
        (json!({"list": "allow", "target": "0x7f.1"}), "invalid-target", "/target"),
        (json!({"list": "allow", "target": ""}), "invalid-target", "/target"),
        (json!({"list": "allow", "target": "10.0.0.1 10.0.0.9"}), "invalid-value", "/target"),
        (json!({"list": "allow", "target": "0.0.0.0/0", "note": "x"}), "invalid-value", "/target"),
        (json!({"list": "allow", "target": "::/0", "note": "x"}), "invalid-value", "/target"),
        (json!({"list": "allow", "target": "8.8.8.8", "note": "a\nb"}), "invalid-value", "/note"),
        (
            json!({"list": "deny", "target": "8.8.8.8", "expires_at": "1999-01-01T00:00:00Z"}),
            "invalid-value",
            "/expires_at",
        ),
    ] {
        let answer = world.post("/api/scope", &entry).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, code), "{entry}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{entry}");
    }
    let scope = world.json("/api/scope").await;
    assert!(strings(&scope["allow"], "source").iter().all(|source| source == "built_in"));
    for path in ["/api/scope/0", "/api/scope/x", "/api/scope/99", "/api/projects/1/scope/x"] {
        assert_eq!(world.send("DELETE", path, &json!({})).await.status, 404, "{path}");
    }
}

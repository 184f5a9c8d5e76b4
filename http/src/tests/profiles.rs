//! Profiles, over REST.

use super::{all_up, world};
use serde_json::{Value, json};

fn named<'v>(list: &'v Value, name: &str) -> Option<&'v Value> {
    list.as_array().unwrap().iter().find(|profile| profile["name"] == name)
}

#[tokio::test]
async fn profiles_that_are_built_in_are_listed_with_what_a_preview_gives() {
    let world = world(all_up).await;
    let list = world.json("/api/profiles").await;
    assert_eq!(list.as_array().unwrap().len(), 8);
    for profile in list.as_array().unwrap() {
        assert_eq!((&profile["builtin"], &profile["source"]), (&json!(true), &json!("builtin")));
        let request = json!({"targets": ["127.0.0.1"], "profile": profile["name"]});
        let preview = world.post("/api/scans/preview", &request).await.json();
        for field in ["argv", "phases", "fallback"] {
            assert_eq!(profile[field], preview[field], "{field} of {profile}");
        }
        let refused = !preview["refused"].as_array().unwrap().is_empty();
        assert_eq!(refused, profile["error"].is_string(), "{profile} {preview}");
    }
    // This world has no raw sockets.
    let udp = named(&list, "udp-top").unwrap();
    assert_eq!(udp["needs"], json!(["raw-sockets"]));
    assert!(udp["error"].as_str().unwrap().contains("raw sockets"), "{udp}");
    let services = named(&list, "services").unwrap();
    assert_eq!((&services["plan"], &services["error"]), (&json!("staged"), &Value::Null));
    let steps: Vec<&Value> =
        services["phases"].as_array().unwrap().iter().map(|step| &step["phase"]).collect();
    assert_eq!(steps, ["discovery", "ports", "services"]);
    assert_eq!(world.json("/api/profiles/quick").await["flags"], json!(["-F", "-T4"]));
}

#[tokio::test]
async fn profiles_are_made_changed_used_and_deleted() {
    let world = world(all_up).await;
    let new = json!({"name": "web", "description": "web ports", "flags": ["-p", "80,443", "-T4"]});
    let made = world.post("/api/profiles", &new).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(made.header("location"), "/api/profiles/web");
    let made = made.json();
    assert_eq!((&made["source"], &made["plan"]), (&json!("store"), &json!("single")));
    let again = world.post("/api/profiles", &new).await;
    assert_eq!((again.status.as_u16(), again.problem().as_str()), (409, "profile-name-taken"));

    let change = json!({"flags": ["-p80,443,8080"], "plan": "staged"});
    let put = world.send("PUT", "/api/profiles/web", &change).await;
    assert_eq!(put.status, 200, "{:?}", put.body);
    assert_eq!((&put.json()["plan"], &put.json()["description"]), (&json!("staged"), &json!("")));
    let put = world.send("PUT", "/api/profiles/other", &json!({"flags": ["-F"]})).await;
    assert_eq!(put.status, 201, "{:?}", put.body);

    let request = json!({"targets": ["127.0.0.1"], "profile": "web", "nmap_flags": ["-T3"],
        "plan": "single"});
    let scan = world.scan(request).await;
    let scan = world.json(&format!("/api/scans/{scan}")).await;
    assert_eq!((&scan["profile"], &scan["plan"]), (&json!("web"), &json!("single")));
    assert_eq!(scan["nmap_flags"], json!(["-p80,443,8080", "-T3"]));

    for (method, path, body) in
        [("DELETE", "/api/profiles/quick", json!({})), ("PUT", "/api/profiles/quick", change)]
    {
        let fixed = world.send(method, path, &body).await;
        assert_eq!((fixed.status.as_u16(), fixed.problem().as_str()), (409, "profile-fixed"));
        let detail = fixed.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("netscan profiles add NAME"), "{detail}");
    }
    assert_eq!(world.send("DELETE", "/api/profiles/web", &json!({})).await.status, 204);
    let gone = world.send("DELETE", "/api/profiles/web", &json!({})).await;
    assert_eq!((gone.status.as_u16(), gone.problem().as_str()), (404, "not-found"));
    let log = world.json("/api/audit?action=profile-delete").await;
    assert_eq!(log[0]["object"], json!({"kind": "profile", "id": "web"}));
    assert_eq!(log[0]["detail"], "-p80,443,8080; plan staged");
}

#[tokio::test]
async fn what_no_profile_may_have_is_refused_at_once() {
    let world = world(all_up).await;
    for (body, status, code, pointer) in [
        (json!({"name": "Bad Name", "flags": []}), 422, "invalid-value", "/name"),
        (json!({"name": "a", "flags": ["-T4", "-oN", "x"]}), 422, "flag-refused", "/flags/1"),
        (json!({"name": "a", "flags": ["-F", "-p80"]}), 422, "flag-refused", "/flags/1"),
        (json!({"name": "a", "flags": [], "plan": "both"}), 422, "invalid-value", "/plan"),
        (json!({"name": "a", "flag": []}), 422, "unknown-field", "/flag"),
        (json!({"name": "a", "description": "x\ny"}), 422, "invalid-value", "/description"),
        (json!({"flags": []}), 422, "invalid-value", "/name"),
    ] {
        let answer = world.post("/api/profiles", &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}");
    }
    // An own flag keeps its place in an error, whatever stands before it.
    let request =
        json!({"targets": ["127.0.0.1"], "profile": "quick", "nmap_flags": ["-sV", "-oN"]});
    let refused = world.post("/api/scans", &request).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/nmap_flags/1");
    // What is wrong with a profile's flag says so.
    let request = json!({"targets": ["127.0.0.1"], "profile": "udp-top"});
    let refused = world.post("/api/scans", &request).await;
    assert_eq!(refused.problem(), "privilege-missing");
    let unknown = json!({"targets": ["127.0.0.1"], "profile": "nope"});
    let unknown = world.post("/api/scans", &unknown).await;
    assert_eq!((unknown.status.as_u16(), unknown.problem().as_str()), (422, "invalid-value"));
    let detail = unknown.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("known are discovery, quick, default"), "{detail}");
}

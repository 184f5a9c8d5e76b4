//! Tokens: made, listed, refused and revoked; and the directory's own.

use super::guarded;
use crate::{Edge, tests::PATIENCE};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::timeout;

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

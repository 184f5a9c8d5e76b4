//! What all nmaps together may use, changed while they run.

use super::*;
use serde_json::json;

/// Asks until the governor is as wanted, and returns it.
async fn governor(world: &World, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let governor = world.json("/api/system").await["governor"].take();
            if is_wanted(&governor) {
                return governor;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the governor gets there")
}

#[tokio::test]
async fn limits_change_for_what_starts_next_and_show_what_drains() {
    let world = world(|_| Script::Run(vec![Step::Hang])).await;
    let set = async |body: Value| world.send("PATCH", "/api/system/limits", &body).await;
    let answer = set(json!({"packet_rate": 8000, "slots": 2})).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!((&answer.json()["slots"], &answer.json()["packet_rate"]), (&json!(2), &json!(8000)));

    // Loopback would be left out of the budget. The processes are scripted: nothing is sent.
    let allow = json!({"list": "allow", "target": "198.18.0.0/29", "note": "a test"});
    assert_eq!(world.post("/api/scope", &allow).await.status, 201);
    let body = json!({"targets": ["198.18.0.0/29"], "chunk_size": 1, "concurrency": 4});
    assert_eq!(world.post("/api/scans", &body).await.status, 202);
    let held = governor(&world, |governor| governor["waiting"] == 2).await;
    assert_eq!((&held["slots_in_use"], &held["waits_for"]), (&json!(2), &json!("slots")));
    assert_eq!(held["packet_rate_dealt"], 8000);

    // What runs keeps its share, and nothing starts until it has ended.
    set(json!({"packet_rate": 5000, "slots": 4})).await;
    let drains = governor(&world, |governor| governor["waits_for"] == "packet_rate").await;
    assert_eq!(
        (&drains["packet_rate_dealt"], &drains["packet_rate"]),
        (&json!(8000), &json!(5000))
    );
    assert_eq!((&drains["slots_in_use"], &drains["waiting"]), (&json!(2), &json!(2)));

    // More memory than there is.
    set(json!({"packet_rate": 0, "memory_reserve_bytes": 1u64 << 60})).await;
    let short = governor(&world, |governor| governor["waits_for"] == "memory").await;
    assert_eq!((&short["packet_rate"], &short["slots_in_use"]), (&Value::Null, &json!(2)));
    set(json!({"memory_reserve_bytes": 0})).await;
    let all = governor(&world, |governor| governor["slots_in_use"] == 4).await;
    assert_eq!((&all["waiting"], &all["waits_for"]), (&json!(0), &Value::Null));
    assert_eq!(world.post("/api/scans/1/stop?force=true", &json!({})).await.status, 200);
}

#[tokio::test]
async fn limits_that_cannot_be_are_pointed_at() {
    let world = world(all_up).await;
    for (body, pointer) in [
        (json!({"slots": 0}), "/slots"),
        (json!({"slots": 100_000}), "/slots"),
        (json!({"packet_rate": 999}), "/packet_rate"),
        (json!({}), ""),
    ] {
        let answer = world.send("PATCH", "/api/system/limits", &body).await;
        assert_eq!(answer.status, 422, "{body}: {:?}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}");
    }
    let answer = world.send("PATCH", "/api/system/limits", &json!({"packets": 5000})).await;
    assert_eq!(answer.problem(), "unknown-field");
    assert_eq!(world.json("/api/system").await["governor"]["slots"], 4, "nothing was changed");
}

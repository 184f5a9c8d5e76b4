//! `GET /api/system/supervision`.

use super::{all_up, world};
use netscan_nmap::launch::{Script, Step};
use netscan_schemas::ScanId;
use serde_json::{Value, json};
use std::time::Duration;

fn children<'v>(node: &'v Value, kind: &str) -> Vec<&'v Value> {
    node["children"].as_array().unwrap().iter().filter(|child| child["kind"] == kind).collect()
}

#[tokio::test]
async fn the_tree_has_what_runs_and_nothing_else() {
    let world = world(|_| Script::Run(vec![Step::Hang])).await;
    let request = json!({"targets": ["127.0.0.0/28"], "chunk_size": 4, "concurrency": 2});
    let accepted = world.post("/api/scans", &request).await.json();
    let scan: ScanId = serde_json::from_value(accepted["scan_id"].clone()).unwrap();
    let began = tokio::time::Instant::now();
    let tree = loop {
        let tree = world.json("/api/system/supervision").await;
        let engine = &tree["nodes"][0];
        let runners = children(engine, "scan").into_iter().flat_map(|scan| children(scan, "batch"));
        let runners: Vec<_> = runners.flat_map(|batch| children(batch, "runner")).collect();
        if runners.len() == 2 && runners.iter().all(|runner| runner["state"] == "running") {
            break tree;
        }
        assert!(began.elapsed() < super::PATIENCE, "{tree}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let kinds: Vec<_> =
        tree["nodes"].as_array().unwrap().iter().map(|node| node["kind"].clone()).collect();
    assert_eq!(kinds, ["engine", "writer", "hub"]);
    assert_eq!((&tree["truncated"], &tree["restarts"]), (&json!(false), &json!([])));
    let engine = &tree["nodes"][0];
    assert_eq!(children(engine, "slots").len(), 1);
    let of_scan = children(engine, "scan")[0];
    assert_eq!((&of_scan["id"], &of_scan["state"]), (&json!(scan), &json!("running")));
    assert_eq!(of_scan["name"], format!("scan {scan}"));
    assert!(of_scan["since"].is_string() && of_scan["last_cause"].is_null(), "{of_scan}");
    let batch = children(of_scan, "batch")[0];
    assert_eq!((&batch["state"], &batch["attempt"]), (&json!("running"), &json!(1)));
    let runner = children(batch, "runner")[0];
    assert_eq!(runner["name"], format!("attempt 1 of batch {}", batch["id"]));

    world.post(&format!("/api/scans/{scan}/stop"), &json!({})).await;
    world.ended(scan).await;
    let began = tokio::time::Instant::now();
    loop {
        let tree = world.json("/api/system/supervision").await;
        if children(&tree["nodes"][0], "scan").is_empty() {
            break;
        }
        assert!(began.elapsed() < super::PATIENCE, "{tree}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn it_takes_no_parameters() {
    let world = world(all_up).await;
    let answer = world.get("/api/system/supervision?depth=1").await;
    assert_eq!(answer.problem(), "unknown-field");
}

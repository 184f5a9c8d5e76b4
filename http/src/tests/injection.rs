//! The corpus of hostile flags and targets, on every route that takes some: refused, and nmap is not
//! started.

use super::{World, all_up, plan, spec, world};
use netscan_schemas::{
    ScanId,
    audit::Origin,
    scan::{ScanState, ScanStatus},
    stored::ScanSpec,
};
use netscan_store::Write;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const FLAGS: &str = include_str!("../../../tests/fixtures/injection/flags.json");
const TARGETS: &str = include_str!("../../../tests/fixtures/injection/targets.json");

/// A world that counts how often nmap is started.
async fn counting() -> (World, Arc<AtomicUsize>) {
    let started = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&started);
    let world = world(move |spec| {
        count.fetch_add(1, Ordering::Relaxed);
        all_up(spec)
    })
    .await;
    (world, started)
}

async fn refused(world: &World, path: &str, body: &Value) -> Value {
    let answer = world.post(path, body).await;
    let shown = format!("{path} {body}: {}", String::from_utf8_lossy(&answer.body));
    assert!(answer.status.is_client_error(), "{shown}");
    assert_eq!(answer.status, 422, "{shown}");
    answer.problem();
    answer.json()
}

#[tokio::test]
async fn hostile_flags_are_refused_on_every_route_and_start_nothing() {
    let (world, started) = counting().await;
    let corpus: Vec<Vec<String>> = serde_json::from_str(FLAGS).unwrap();
    for flags in &corpus {
        let targets = json!(["127.0.0.1"]);
        let scan = json!({"targets": targets, "nmap_flags": flags});
        for path in ["/api/scans", "/api/scans/start", "/api/nmap/run"] {
            let problem = refused(&world, path, &scan).await;
            assert_eq!(problem["code"], "flag-refused", "{path} {flags:?}");
            let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
            assert!(pointer.starts_with("/nmap_flags"), "{path} {flags:?}: {problem}");
        }
        let run = json!({"targets": targets, "flags": flags});
        assert_eq!(refused(&world, "/api/nmap/run", &run).await["code"], "flag-refused");
        let preview = world.post("/api/scans/preview", &scan).await;
        assert_eq!(preview.status, 200, "{flags:?}");
        let preview = preview.json();
        assert!(preview["refused"][0]["reason"].is_string(), "{flags:?}: {preview}");
        assert_eq!(preview["argv"], json!([]), "{flags:?}");
    }
    assert_eq!(started.load(Ordering::Relaxed), 0, "nmap was started");
    assert_eq!(world.json("/api/scans").await, json!([]), "something was kept");
}

#[tokio::test]
async fn hostile_targets_are_refused_on_every_route_and_start_nothing() {
    let (world, started) = counting().await;
    let corpus: Vec<String> = serde_json::from_str(TARGETS).unwrap();
    let project = world.post("/api/projects", &json!({"name": "p"})).await.json()["id"].clone();
    for target in &corpus {
        for path in ["/api/scans", "/api/scans/start", "/api/nmap/run"] {
            let problem = refused(&world, path, &json!({"targets": [target]})).await;
            assert_eq!(problem["code"], "invalid-target", "{path} {target:?}");
        }
        // Beside a good one, and among the excludes.
        let beside = json!({"targets": ["127.0.0.1", target]});
        let problem = refused(&world, "/api/scans", &beside).await;
        assert_eq!(problem["errors"][0]["pointer"], "/targets/1", "{target:?}");
        let exclude = json!({"targets": ["127.0.0.1"], "exclude": [target]});
        assert_eq!(refused(&world, "/api/scans", &exclude).await["code"], "invalid-target");
        for (path, body) in [
            ("/api/scans/preview", &exclude),
            ("/api/targets/expand", &json!({"targets": [target]})),
        ] {
            let answer = world.post(path, body).await;
            assert_eq!(answer.status, 200, "{path} {target:?}");
            assert!(answer.json()["invalid"][0]["reason"].is_string(), "{path} {target:?}");
        }
        for path in ["/api/scope".to_owned(), format!("/api/projects/{project}/scope")] {
            for list in ["allow", "deny"] {
                let entry = json!({"list": list, "target": target, "note": "x"});
                assert_eq!(refused(&world, &path, &entry).await["code"], "invalid-target");
            }
        }
    }
    assert_eq!(started.load(Ordering::Relaxed), 0, "nmap was started");
    assert_eq!(world.json("/api/scans").await, json!([]), "something was kept");
}

/// A scan of an earlier, laxer netscan, or of a store that somebody has tampered with.
async fn keep(world: &World, flags: &[&str], status: ScanStatus) -> ScanId {
    let id = world.system.store().next_scan_id();
    let project = world.system.project_named("Old", &Origin::server()).await.unwrap();
    let nmap_flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let spec = ScanSpec { nmap_flags, ..spec(id, project) };
    let state = ScanState { status, started_at: None, finished_at: None, cursor: 0, error: None };
    let mut write = Write::new();
    write.create_scan(&spec, &plan()).put_scan_state(id, &state);
    world.system.store().submit(write).await.unwrap();
    id
}

#[tokio::test]
async fn a_rescan_asks_again_what_the_flags_are() {
    let (world, started) = counting().await;
    for flags in [&["--script=/tmp/evil.nse"][..], &["-sS", "-oN/tmp/x"], &["--datadir", "/tmp"]] {
        let id = keep(&world, flags, ScanStatus::Failed).await;
        let path = format!("/api/scans/{id}/rescan");
        for only in ["all", "unfinished"] {
            let problem = refused(&world, &path, &json!({"only": only})).await;
            assert_eq!(problem["code"], "flag-refused", "{flags:?}");
        }
    }
    assert_eq!(started.load(Ordering::Relaxed), 0);
}

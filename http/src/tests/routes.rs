//! Each route's answer, and its main refusals.

use super::{World, all_up, world};
use netscan_nmap::launch::{Script, Step};
use netscan_schemas::attempt::Ending;
use serde_json::{Value, json};

#[tokio::test]
async fn projects_are_made_changed_listed_and_deleted() {
    let world = world(all_up).await;
    let made = world.post("/api/projects", &json!({"name": "Office", "colour": 1})).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["name"], "Office");
    assert!(made["warnings"][0].as_str().unwrap().contains("colour"), "{made}");
    assert!(made["created_at"].is_string() && made["description"].is_null(), "{made}");
    let again = world.post("/api/projects", &json!({"name": "Office"})).await;
    assert_eq!(again.problem(), "project-name-taken");

    let path = format!("/api/projects/{}", made["id"]);
    let changed = world.send("PATCH", &path, &json!({"description": "desks"})).await.json();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Office"), &json!("desks")));
    let changed = world.send("PATCH", &path, &json!({"description": null})).await.json();
    assert_eq!(changed["description"], Value::Null);
    let refused = world.send("PATCH", &path, &json!({"id": 7})).await;
    assert_eq!(refused.problem(), "unknown-field");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/id");

    let listed = world.json("/api/projects").await;
    assert_eq!((&listed[0]["id"], &listed[0]["scan_count"]), (&made["id"], &json!(0)));
    assert_eq!(world.send("DELETE", &path, &json!({})).await.status, 204);
    assert_eq!(world.get(&path).await.problem(), "not-found");
    assert_eq!(world.send("DELETE", &path, &json!({})).await.problem(), "not-found");
}

#[tokio::test]
async fn a_scan_is_accepted_shown_scanned_again_and_deleted() {
    let world = world(all_up).await;
    let request = json!({"targets": ["127.0.0.0/29"], "exclude": ["127.0.0.7"], "chunk_size": 3});
    let accepted = world.post("/api/scans", &request).await;
    assert_eq!(accepted.status, 202);
    let id = accepted.json()["scan_id"].clone();
    let path = format!("/api/scans/{id}");
    assert_eq!(accepted.header("location"), path);
    assert_eq!(accepted.json()["status"], "started");
    world.ended(serde_json::from_value(id.clone()).unwrap()).await;

    let scan = world.json(&path).await;
    assert_eq!((&scan["status"], &scan["total_targets"]), (&json!("completed"), &json!(8)));
    assert_eq!((&scan["verdicts"]["up"], &scan["verdicts"]["excluded"]), (&json!(7), &json!(1)));
    assert_eq!(scan["progress"]["percent"], 100.0);
    assert_eq!((&scan["batches_by_state"]["completed"]), &json!(3));
    assert_eq!(scan["project_name"], "Default");
    let listed = world.json("/api/scans").await;
    assert_eq!(listed, world.json(&format!("/api/projects/{}/scans", scan["project_id"])).await);
    assert_eq!(listed[0]["id"], id);
    assert_eq!(world.json("/api/scans?status=failed").await, json!([]));

    let up = world.json(&format!("{path}/targets?verdict=up")).await;
    assert_eq!(
        up,
        json!([{"verdict": "up", "count": 7, "targets": ["127.0.0.0-6"], "reasons": []}])
    );
    let stop = world.post(&format!("{path}/stop"), &json!({})).await;
    assert_eq!(stop.problem(), "scan-already-ended");
    let rescan = |only: &str| json!({"only": only});
    let none = world.post(&format!("{path}/rescan"), &rescan("unfinished")).await;
    assert_eq!(none.problem(), "scan-state-conflict");
    let again = world.post(&format!("{path}/rescan"), &rescan("all")).await;
    assert_eq!(again.status, 202);
    let again = again.json()["scan_id"].clone();
    world.ended(serde_json::from_value(again.clone()).unwrap()).await;
    assert_eq!(world.json(&format!("/api/scans/{again}")).await["parent_scan_id"], id);
    let newest_first = world.json("/api/scans").await;
    assert_eq!((&newest_first[0]["id"], &newest_first[1]["id"]), (&again, &id));

    assert_eq!(world.send("DELETE", &path, &json!({})).await.status, 204);
    assert_eq!(world.get(&path).await.problem(), "not-found");
    let history = world.json("/api/targets/127.0.0.1/history").await;
    assert_eq!((history.as_array().unwrap().len(), &history[0]["id"]), (1, &again));
    assert_eq!(
        (&history[0]["verdict"], &history[0]["open_ports"]),
        (&json!("up"), &json!(["80/tcp"]))
    );
}

#[tokio::test]
async fn a_running_scan_is_paused_resumed_stopped_and_not_deleted() {
    let world = world(|_| Script::Run(vec![Step::Hang])).await;
    let accepted = world.post("/api/scans", &json!({"targets": ["127.0.0.1"]})).await.json();
    let path = format!("/api/scans/{}", accepted["scan_id"]);
    let mut feed =
        world.system.feed(serde_json::from_value(accepted["scan_id"].clone()).unwrap(), Some(0));
    // Its first batch runs.
    let mut seen = String::new();
    while !seen.contains("batch_start") {
        for (_, text) in feed.as_mut().unwrap().next_page().await.unwrap().texts() {
            seen.push_str(text);
        }
    }
    assert_eq!(world.send("DELETE", &path, &json!({})).await.problem(), "scan-not-ended");
    let scan = world.json(&path).await;
    let project = format!("/api/projects/{}", scan["project_id"]);
    assert_eq!(world.send("DELETE", &project, &json!({})).await.problem(), "project-busy");
    let rescan = world.post(&format!("{path}/rescan"), &json!({})).await;
    assert_eq!(rescan.problem(), "scan-not-ended");

    for (command, status) in [("pause", "paused"), ("resume", "running"), ("stop", "stopping")] {
        let answer = world.post(&format!("{path}/{command}"), &json!({})).await;
        assert_eq!(answer.status, 200, "{command}: {:?}", answer.body);
        let answer = answer.json();
        assert_eq!((&answer["scan_id"], &answer["status"]), (&scan["id"], &json!(status)));
    }
    world.ended(serde_json::from_value(scan["id"].clone()).unwrap()).await;
    assert_eq!(world.json(&path).await["status"], "stopped");
}

#[tokio::test]
async fn what_the_python_system_started_is_understood() {
    let world = world(all_up).await;
    let request = json!({"targets": ["127.0.0.1"], "runner": "asyncio", "mtu/size": 1500});
    let started = world.post("/api/scans/start", &request).await;
    assert_eq!(started.status, 200);
    let warnings = started.json()["warnings"].to_string();
    assert!(warnings.contains("runner") && warnings.contains("mtu/size"), "{warnings}");
    let strict = world.post("/api/scans", &request).await;
    assert_eq!(strict.problem(), "unknown-field");
    assert_eq!(strict.json()["errors"][0]["pointer"], "/mtu~1size");

    let expand = json!({"targets": ["127.0.0.0/19", "1.2.3.4.5"], "sort": true});
    let expanded = world.post("/api/targets/expand", &expand).await.json();
    assert_eq!(expanded["targets"].as_array().unwrap().len(), 4096);
    assert_eq!((&expanded["total"], &expanded["truncated"]), (&json!(8192), &json!(true)));
    assert_eq!(expanded["invalid"][0]["target"], "1.2.3.4.5");
    assert!(expanded["warnings"].to_string().contains("sort"), "{expanded}");
}

#[tokio::test]
async fn a_preview_runs_nothing() {
    let world = world(|_| panic!("nothing may be started")).await;
    let request =
        json!({"targets": ["127.0.0.0/24", "1.2.3.4.5"], "nmap_flags": ["-oX", "/tmp/x"]});
    let preview = world.post("/api/scans/preview", &request).await;
    assert_eq!(preview.status, 200, "{:?}", preview.body);
    let preview = preview.json();
    assert_eq!(preview["addresses"], 256);
    assert_eq!(preview["refused"][0]["flag"], "-oX");
    assert_eq!(preview["invalid"][0]["target"], "1.2.3.4.5", "{preview}");
    assert_eq!(preview["problems"], json!([]));
    assert_eq!(world.json("/api/scans").await, json!([]));
}

#[tokio::test]
async fn a_preview_lists_all_that_a_scan_would_be_refused_for() {
    let world = world(|_| panic!("nothing may be started")).await;
    let one = json!(["127.0.0.1"]);
    let table = [
        (json!({"targets": []}), "no-targets", "/targets", "no targets"),
        (json!({"targets": ["10.0.0.0/7"]}), "too-many-targets", "/targets", "33554432"),
        (json!({"targets": ["fd00::/64"]}), "too-many-targets", "/targets", "18446744073709551616"),
        (json!({"targets": ["::/0"]}), "too-many-targets", "/targets", "2^128"),
        (json!({"targets": one, "project_id": 4711}), "not-found", "/project_id", "4711"),
        (json!({"targets": one, "name": " x"}), "invalid-name", "/name", "blanks"),
        (json!({"targets": one, "name": ""}), "invalid-name", "/name", "1 to 200"),
        (json!({"targets": one, "chunk_size": 0}), "out-of-range", "/chunk_size", "65536"),
        (json!({"targets": one, "profile": "quik"}), "unknown-profile", "/profile", "mean `quick`"),
    ];
    for (request, code, pointer, detail) in table {
        let answer = world.post("/api/scans/preview", &request).await;
        assert_eq!(answer.status, 200, "{request}: {:?}", answer.body);
        let preview = answer.json();
        let problem = &preview["problems"][0];
        assert_eq!((&problem["code"], &problem["pointer"]), (&json!(code), &json!(pointer)));
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
        // It refuses what it said it would.
        assert!(world.post("/api/scans", &request).await.status.is_client_error(), "{request}");
    }
    let request = json!({"targets": ["fd00::/64"], "exclude": ["127.0.0.0/99"]});
    let preview = world.post("/api/scans/preview", &request).await.json();
    assert_eq!(preview["total_targets"], u64::MAX);
    assert_eq!(preview["invalid"][0]["target"], "127.0.0.0/99");
}

#[tokio::test]
async fn a_list_says_that_it_shows_only_some_targets() {
    let world = world(all_up).await;
    let many: Vec<String> = (0..101).map(|number| format!("127.0.0.{number}")).collect();
    let request = json!({"targets": many, "exclude": ["127.0.0.7"]});
    let scan = world.scan(request).await;
    let listed = world.json("/api/scans").await;
    let shown = listed[0]["targets"].as_array().unwrap().len();
    let truncated = (&listed[0]["targets_truncated"], &listed[0]["exclude_truncated"]);
    assert_eq!((shown, truncated), (100, (&json!(true), &json!(false))));
    let whole = world.json(&format!("/api/scans/{scan}")).await;
    assert_eq!(whole["targets"].as_array().unwrap().len(), 101);
    assert_eq!(whole["targets_truncated"], false);
}

async fn run(world: &World) -> super::Answer {
    let body = json!({"flags": ["-sT"], "targets": ["127.0.0.1"], "timeout": 5});
    world.post("/api/nmap/run", &body).await
}

#[tokio::test]
async fn a_quick_run_answers_what_nmap_wrote_and_found() {
    let world = world(all_up).await;
    let answer = run(&world).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let answer = answer.json();
    assert_eq!(answer["stdout"], "Starting Nmap\nNmap done\n");
    assert_eq!(
        (&answer["exit_code"], &answer["hosts"][0]["address"]),
        (&json!(0), &json!("127.0.0.1"))
    );
    assert!(answer["warnings"].to_string().contains("timeout"), "{answer}");
    let scan = world.json(&format!("/api/scans/{}", answer["scan_id"])).await;
    assert_eq!(scan["project_name"], "Quick scans");
}

#[tokio::test]
async fn a_quick_run_that_fails_says_what_nmap_said() {
    let world = world(|_| {
        Script::Run(vec![
            Step::Stderr(b"mass_dns: no servers\n".to_vec()),
            Step::End(Ending::Exited { code: 1 }),
        ])
    })
    .await;
    let answer = run(&world).await;
    assert_eq!(answer.problem(), "nmap-failed");
    assert_eq!(answer.status, 500);
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains("mass_dns: no servers"), "{detail}");
}

#[tokio::test]
async fn the_server_describes_itself() {
    let world = world(all_up).await;
    let system = world.json("/api/system").await;
    assert_eq!((&system["nmap"]["version"], &system["slots"]), (&json!("7.93"), &json!(4)));
    assert_eq!(system["limits"]["page_max"], 1000);
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
    let welcome = world.get("/").await;
    assert!(welcome.header("content-type").starts_with("text/html"));
    welcome.check_headers();
    std::fs::remove_file(world.dir.path().join("nmap")).unwrap();
    let unready = world.get("/readyz").await;
    assert_eq!((unready.status.as_u16(), unready.problem().as_str()), (503, "nmap-unusable"));
    let system = world.json("/api/system").await;
    assert!(system["nmap"].is_null() && system["nmap_problem"].is_string(), "{system}");
    let body = json!({"targets": ["127.0.0.1"]});
    assert_eq!(world.post("/api/scans", &body).await.problem(), "nmap-unusable");
}

//! Imports of files that nmap wrote, and of others.

use super::{
    Answer, PATIENCE, World, all_up, ask,
    exports::{check_valid, export, host_elements},
    world,
};
use axum::{
    body::Bytes,
    http::{Request, header},
};
use netscan_schemas::{audit::Origin, limits};
use netscan_store::{Write, upkeep::Closed};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

fn documents() -> PathBuf {
    fixtures().join("nmap-xml")
}

pub async fn import(world: &World, bytes: &[u8], query: &str) -> Answer {
    let path = format!("/api/scans/import{query}");
    let body = axum::body::Body::from(bytes.to_vec());
    ask(&world.router, Request::builder().method("POST").uri(path).body(body).unwrap()).await
}

/// Imports bytes that must be good, and returns the scan.
pub async fn imported(world: &World, bytes: &[u8]) -> Value {
    let answer = import(world, bytes, "").await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    answer.json()
}

struct Facts {
    file: String,
    closed_hosts: u64,
    timed_out: u64,
    hints: u64,
    open_ports: u64,
    exit: String,
}

fn facts() -> Vec<Facts> {
    let table = fs::read_to_string(documents().join("facts.tsv")).unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let count = |index: usize| cells[index].parse().unwrap();
        Facts {
            file: cells[0].into(),
            closed_hosts: count(2),
            timed_out: count(3),
            hints: count(4),
            open_ports: count(5),
            exit: cells[7].into(),
        }
    };
    table.lines().skip(1).map(line).collect()
}

#[tokio::test]
async fn every_document_is_imported_and_comes_out_as_it_was() {
    let world = world(all_up).await;
    let dir = tempfile::tempdir().unwrap();
    let all = facts();
    assert!(all.len() >= 40);
    for facts in all {
        let file = &facts.file;
        let bytes = fs::read(documents().join(file)).unwrap();
        let answer = imported(&world, &bytes).await;
        let v = &answer["verdicts"];
        let count = |name: &str| v[name].as_u64().unwrap();
        let closed = count("up") + count("down") + count("timed_out");
        assert_eq!(closed, facts.closed_hosts, "{file}: {answer}");
        assert_eq!(count("timed_out"), facts.timed_out, "{file}: {answer}");
        assert_eq!(answer["open_ports"], facts.open_ports, "{file}: {answer}");
        let scan = &answer["scan_id"];
        let view = world.json(&format!("/api/scans/{scan}")).await;
        let total = view["total_targets"].as_u64().unwrap();
        assert_eq!(total, closed + count("unfinished"), "{file}: {view}");
        assert!(total <= facts.closed_hosts + facts.hints, "{file}: {view}");
        let is_complete = facts.exit == "success" && count("unfinished") == 0;
        let status = if is_complete { "completed" } else { "failed" };
        assert_eq!(view["status"], status, "{file}: {view}");
        assert_eq!(view["error"].is_null(), is_complete, "{file}: {view}");
        assert_eq!(view["nmap_flags"], json!([]), "{file}");

        // The bytes are kept as they are.
        let raw = world.get(&format!("/api/batches/{}/raw/xml", answer["batch_id"])).await;
        assert_eq!(raw.body, bytes, "{file}");
        // What comes out is a whole document of the same hosts.
        let xml = export(&world, scan, "xml").await;
        check_valid(dir.path(), file, &xml);
        let (before, after) = (host_elements(&bytes), host_elements(xml.as_bytes()));
        assert_eq!(after.len() as u64, facts.closed_hosts, "{file}");
        for (address, element) in before {
            assert_eq!(after[&address], element, "{file}: {address} is not as nmap wrote it");
        }
        // And goes in again with the same counts.
        let again = imported(&world, xml.as_bytes()).await;
        for name in ["up", "down", "timed_out"] {
            assert_eq!(again["verdicts"][name], v[name], "{file}: {again}");
        }
        assert_eq!(again["open_ports"], facts.open_ports, "{file}");
        for format in ["json", "jsonl", "csv", "md", "html", "gnmap"] {
            assert_eq!(
                export(&world, scan, format).await.is_empty(),
                format == "jsonl" && count("up") + count("timed_out") == 0
            );
        }
    }
    let checked = checked(world).await;
    assert!(checked.is_clean(), "{checked:?}");
}

/// Closes the store and checks everything in it.
async fn checked(world: World) -> netscan_store::upkeep::Checked {
    let World { dir, system, edge, router } = world;
    drop((edge, router));
    system.shutdown().await;
    drop(system);
    // What notes exports may hold the store for a moment longer.
    let give_up = Instant::now() + PATIENCE;
    let check = move || {
        loop {
            match Closed::take(&dir.path().join("data")) {
                Ok(closed) => return closed.check().unwrap(),
                Err(error) => assert!(Instant::now() < give_up, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    tokio::task::spawn_blocking(check).await.unwrap()
}

#[tokio::test]
async fn what_is_lost_is_said() {
    let world = world(all_up).await;
    let table = [
        ("killed_sigkill_32of64.xml", 0, "the document ends without </nmaprun>", "32 whole hosts"),
        ("killed_0of64_hosthint64.xml", 64, "64 of 64 targets are unfinished", "64 hosts answered"),
        ("error_bad_port_7.93.xml", 0, "nmap failed: Ports specified must be", ""),
        ("resumed_after_midelement_cut_7.93.xml", 0, "", "cut short by a <host>"),
        ("sn_with_down_hosts_no_v.xml", 0, "", "nmap counts"),
        ("v6_target_without_6_7.93.xml", 0, "", "skipped the target `::1`"),
    ];
    for (file, unfinished, error, warning) in table {
        let answer = imported(&world, &fs::read(documents().join(file)).unwrap()).await;
        assert_eq!(answer["verdicts"]["unfinished"], unfinished, "{file}: {answer}");
        let said = answer["error"].as_str().unwrap_or_default();
        assert_eq!(said.is_empty(), error.is_empty(), "{file}: {said}");
        assert!(said.contains(error), "{file}: {said}");
        let warnings = answer["warnings"].to_string();
        assert!(warnings.contains(warning), "{file}: {warnings}");
    }
}

#[tokio::test]
async fn the_same_bytes_are_known_again() {
    let world = world(all_up).await;
    let bytes = fs::read(documents().join("sT_fast_4hosts.xml")).unwrap();
    let first = import(&world, &bytes, "?name=week%201").await;
    assert_eq!(first.status, 201);
    let first = first.json();
    let again = import(&world, &bytes, "").await;
    assert_eq!((again.status.as_u16(), &again.json()["scan_id"]), (200, &first["scan_id"]));
    assert_eq!(again.json()["is_known"], true);
    let forced = import(&world, &bytes, "?again=true").await;
    assert_eq!(forced.status, 201);
    assert_ne!(forced.json()["scan_id"], first["scan_id"]);
    let view = world.json(&format!("/api/scans/{}", first["scan_id"])).await;
    assert_eq!((&view["name"], &view["project_name"]), (&json!("week 1"), &json!("Imports")));
    // A scan's last event is its end, of an import too.
    let events = world.json(&format!("/api/scans/{}/events", first["scan_id"])).await;
    let names: Vec<_> = events.as_array().unwrap().iter().map(|e| e["event"].clone()).collect();
    assert_eq!(names, ["scan_started", "batch_complete", "scan_complete"]);
}

#[tokio::test]
async fn what_is_no_document_of_nmap_is_refused() {
    let world = world(all_up).await;
    let deep = "<nmaprun>".to_owned() + &"<a>".repeat(100_000);
    for (bytes, says) in [
        (&b""[..], "is empty"),
        (b"hello", "not an nmap document"),
        (b"<html><body/></html>", "not an nmap document"),
        (b"<!DOCTYPE nmaprun SYSTEM \"http://x/y.dtd\"><nmaprun/>", "DOCTYPE"),
        (b"<!DOCTYPE nmaprun [<!ENTITY a \"b\">]><nmaprun/>", "DTD"),
        (&[0xff; 4096], "not an nmap document"),
    ] {
        let answer = import(&world, bytes, "").await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "bad-request"));
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("nmap -oX FILE") && detail.contains(says), "{detail}");
    }
    // Deep nesting is no trouble: there is a root, and nothing in it can be read.
    assert_eq!(import(&world, deep.as_bytes(), "").await.status, 201);
    assert_eq!(import(&world, b"<nmaprun/>", "?name=%20").await.problem(), "invalid-value");
    assert_eq!(import(&world, b"<nmaprun/>", "?project_id=99").await.problem(), "not-found");
    assert_eq!(import(&world, b"<nmaprun/>", "?zz=1").await.problem(), "unknown-field");
    let request = Request::builder()
        .method("POST")
        .uri("/api/scans/import")
        .header(header::CONTENT_LENGTH, "1")
        .body(axum::body::Body::from(vec![b' '; (256 << 20) + 1]))
        .unwrap();
    assert_eq!(ask(&world.router, request).await.problem(), "too-large");
    let none = world.json("/api/scans").await;
    assert_eq!(none.as_array().unwrap().len(), 1, "{none}");
}

/// Bytes that come one every so often, for ever.
fn trickle(every: Duration) -> axum::body::Body {
    let pieces = futures_util::stream::unfold((), move |()| async move {
        tokio::time::sleep(every).await;
        Some((Ok::<_, std::convert::Infallible>(" "), ()))
    });
    axum::body::Body::from_stream(pieces)
}

fn import_of(body: axum::body::Body) -> Request<axum::body::Body> {
    Request::builder().method("POST").uri("/api/scans/import").body(body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_import_that_trickles_is_answered_with_408() {
    let world = world(all_up).await;
    let body = crate::slow::Timed::new(trickle(Duration::from_secs(5)));
    let answer = ask(&world.router, import_of(axum::body::Body::new(body))).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (408, "request-timeout"));
}

#[tokio::test]
async fn an_import_keeps_its_place_when_its_client_hangs_up() {
    let world = world(all_up).await;
    let places = limits::IMPORTS_MAX;
    // A document that takes a while to go through.
    let mut document = b"<nmaprun scanner=\"nmap\" args=\"\">".to_vec();
    document.extend(b"<!-- -->".repeat(1 << 20));
    let (sent, all_sent) = tokio::sync::oneshot::channel();
    let (mut sent, mut document) = (Some(sent), Some(Bytes::from(document)));
    let body = futures_util::stream::poll_fn(move |_| {
        let next = document.take();
        if next.is_none()
            && let Some(sent) = sent.take()
        {
            let _ = sent.send(());
        }
        std::task::Poll::Ready(next.map(Ok::<_, std::convert::Infallible>))
    });
    let router = world.router.clone();
    let asked =
        tokio::spawn(
            async move { ask(&router, import_of(axum::body::Body::from_stream(body))).await },
        );
    all_sent.await.unwrap();
    // From here on it is the work of the store's thread; the client goes.
    while world.edge.imports.available_permits() == places {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    asked.abort();
    let gone = asked.await.err();
    assert!(gone.is_some_and(|gone| gone.is_cancelled()), "it was done before its client went");
    assert_eq!(world.edge.imports.available_permits(), places - 1);
    let scans = || world.json("/api/scans");
    while scans().await.as_array().unwrap().is_empty()
        || world.edge.imports.available_permits() < places
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_import_is_known_behind_many_scans_of_other_kinds() {
    let world = world(all_up).await;
    let bytes = fs::read(documents().join("sT_fast_4hosts.xml")).unwrap();
    let first = imported(&world, &bytes).await;
    let store = world.system.store();
    let project = world.system.project_named("Imports", &Origin::server()).await.unwrap();
    let mut write = Write::new();
    for _ in 0..1100 {
        write.create_scan(&super::spec(store.next_scan_id(), project), &super::plan());
    }
    store.submit(write).await.unwrap();
    let again = import(&world, &bytes, "").await;
    assert_eq!((again.status.as_u16(), &again.json()["scan_id"]), (200, &first["scan_id"]));
}

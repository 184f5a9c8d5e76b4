//! The usual way of a scan.

use crate::support::{
    CLOSE, OPEN, addresses, all_up, count, ended, events, host, only, request, scan, start,
    verdicts,
};
use netscan_actors::CommandError;
use netscan_nmap::launch::{Script, Scripted, Step};
use netscan_schemas::{
    Role,
    api::RescanOnly,
    attempt::{Ending, Outcome},
    audit::{AuditAction, AuditActor, Origin},
    batch::BatchStatus,
    scan::ScanStatus,
};
use netscan_store::AuditQuery;
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

#[tokio::test]
async fn a_scan_runs_all_its_batches_and_is_complete_when_each_address_has_a_verdict() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(all_up));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let mut wanted = request(&["127.0.0.0/28"], 4);
    wanted.exclude = vec!["127.0.0.3".into()];
    let id = scan(&system, wanted).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.excluded, counts.unfinished), (15, 1, 0));
    assert_eq!(launcher.launched().len(), 4);
    assert!(launcher.launched().iter().all(|spec| !spec.stdin.contains("127.0.0.3\n")));

    let events = events(&system, id);
    assert_eq!(events[0]["event"], "scan_started");
    assert_eq!(events.last().unwrap()["event"], "scan_complete");
    assert_eq!(events.last().unwrap()["status"], "completed");
    assert_eq!((count(&events, "batch_start"), count(&events, "batch_complete")), (4, 4));
    assert_eq!((count(&events, "line"), count(&events, "host")), (8, 15));
    system.shutdown().await;
    netscan_store::check::check(system.store()).unwrap();
}

#[tokio::test]
async fn a_crash_keeps_finished_hosts_and_only_the_rest_is_scanned_again() {
    let dir = TempDir::new().unwrap();
    let mut first = true;
    let launcher = Arc::new(Scripted::with(move |spec| {
        if !std::mem::take(&mut first) {
            return all_up(spec);
        }
        let cut =
            format!("{OPEN}{}{}<host><status", host("127.0.0.0", "up"), host("127.0.0.1", "down"));
        Script::Run(vec![Step::Xml(cut.into_bytes()), Step::End(Ending::Signalled { signal: 11 })])
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = scan(&system, request(&["127.0.0.0/29"], 256)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    let launched = launcher.launched();
    assert_eq!(launched.len(), 2);
    assert_eq!(addresses(&launched[1]).first().map(String::as_str), Some("127.0.0.2"));
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.down), (7, 1));

    let batch = system.store().batches(id, None, 10).unwrap().remove(0);
    assert_eq!((batch.status, batch.charged_attempts), (BatchStatus::Completed, 1));
    assert_eq!((batch.summary.hosts_up, batch.summary.hosts_down), (7, 1));
    let attempts = system.store().attempts(batch.id).unwrap();
    assert_eq!(attempts[0].outcome, Some(Outcome::Crashed { signal: 11 }));
    assert_eq!((attempts[0].finished_hosts, attempts[1].finished_hosts), (2, 6));
    let events = events(&system, id);
    let failed = events.iter().find(|event| event["event"] == "batch_failed").unwrap();
    assert_eq!(
        (&failed["will_retry"], &failed["salvaged_hosts"]),
        (&Value::from(true), &Value::from(2))
    );
    assert_eq!(failed["remaining_targets"], serde_json::json!(["127.0.0.2-7"]));
}

#[tokio::test]
async fn a_batch_that_always_fails_is_given_up_and_the_scan_says_so() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|spec| match spec.stdin.contains("127.0.0.9") {
        false => all_up(spec),
        true => Script::Run(vec![
            Step::Stderr(b"QUITTING!\n".to_vec()),
            Step::End(Ending::Exited { code: 1 }),
        ]),
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = scan(&system, request(&["127.0.0.8", "127.0.0.9"], 1)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    assert_eq!(launcher.launched().len(), 1 + 3);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished), (1, 1));
    let view = system.store().scan(id).unwrap().unwrap();
    assert!(view.state.error.unwrap().contains("1 of 2 targets are unfinished"));

    let again = system
        .rescan(Role::Admin, id, only(RescanOnly::Unfinished), &Origin::server())
        .await
        .unwrap()
        .scan_id;
    let view = system.store().scan(again).unwrap().unwrap();
    assert_eq!(view.spec.targets, ["127.0.0.9"]);
    assert_eq!(view.spec.parent_scan_id, Some(id));
}

#[tokio::test]
async fn success_without_all_hosts_is_not_believed() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| {
        let whole = format!("{OPEN}{}{CLOSE}", host("127.0.0.0", "up"));
        Script::Run(vec![Step::Xml(whole.into_bytes())])
    }));
    let system = start(dir.path(), launcher, true).await;
    let id = scan(&system, request(&["127.0.0.0/31"], 256)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished), (1, 1));
    let batch = system.store().batches(id, None, 10).unwrap().remove(0);
    assert_eq!(batch.outcome, Some(Outcome::HostsMissing { hosts: 1 }));
}

#[tokio::test]
async fn a_host_outside_of_its_batch_is_told_and_not_kept() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| {
        let hosts = host("127.0.0.1", "up") + &host("127.0.0.77", "up");
        Script::Run(vec![Step::Xml(format!("{OPEN}{hosts}{CLOSE}").into_bytes())])
    }));
    let system = start(dir.path(), launcher, true).await;
    let id = scan(&system, request(&["127.0.0.1"], 256)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    assert_eq!(system.store().hosts(id, None, 10).unwrap().len(), 1);
    assert_eq!(count(&events(&system, id), "out_of_scope_result"), 1);
    let query = AuditQuery { limit: 9, ..AuditQuery::default() };
    let told = system.store().audit(&query).unwrap().records;
    let strays = told.iter().filter(|told| told.entry.action == AuditAction::OutOfScopeResult);
    let strays: Vec<_> = strays.map(|told| &told.entry).collect();
    assert_eq!((strays.len(), &strays[0].actor), (1, &AuditActor::Server));
    assert!(strays[0].detail.starts_with("127.0.0.77 is not in it"), "{}", strays[0].detail);
}

#[tokio::test]
async fn a_stop_ends_what_runs_and_keeps_what_was_found() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|spec| {
        let first = addresses(spec).remove(0);
        Script::Run(vec![
            Step::Xml(format!("{OPEN}{}", host(&first, "up")).into_bytes()),
            Step::Hang,
        ])
    }));
    let system = start(dir.path(), launcher, true).await;
    let id = scan(&system, request(&["127.0.0.0/24"], 16)).await;
    let mut feed = system.feed(id, Some(0)).unwrap();
    let mut hosts = 0;
    while hosts < 3 {
        let page = feed.next_page().await.unwrap();
        hosts += page.texts().filter(|(_, text)| text.starts_with(r#"{"event":"host""#)).count();
    }
    assert_eq!(system.stop_scan(id, false, &Origin::server()).await.unwrap(), ScanStatus::Stopping);
    assert_eq!(ended(&system, id).await, ScanStatus::Stopped);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished), (3, 253));
    let statuses = system.store().batches(id, None, 100).unwrap();
    assert!(statuses.iter().all(|batch| batch.status == BatchStatus::Stopped));
    assert!(matches!(
        system.stop_scan(id, false, &Origin::server()).await,
        Err(CommandError::Ended(_, ScanStatus::Stopped))
    ));
    assert_eq!(count(&events(&system, id), "batch_stopped"), 3);
}

#[tokio::test]
async fn a_pause_and_a_restart_lose_and_repeat_nothing() {
    let dir = TempDir::new().unwrap();
    // Each process finishes one host, then hangs: what is left can only come from a later one.
    let slow = || {
        Arc::new(Scripted::with(|spec| {
            let first = addresses(spec).remove(0);
            Script::Run(vec![
                Step::Xml(format!("{OPEN}{}", host(&first, "up")).into_bytes()),
                Step::Hang,
            ])
        }))
    };
    let system = start(dir.path(), slow(), true).await;
    let id = scan(&system, request(&["127.0.0.0/28"], 8)).await;
    let mut feed = system.feed(id, Some(0)).unwrap();
    let mut hosts = 0;
    while hosts < 2 {
        let page = feed.next_page().await.unwrap();
        hosts += page.texts().filter(|(_, text)| text.starts_with(r#"{"event":"host""#)).count();
    }
    assert_eq!(system.pause_scan(id, &Origin::server()).await.unwrap(), ScanStatus::Paused);
    assert!(
        system.rescan(Role::Admin, id, only(RescanOnly::All), &Origin::server()).await.is_err(),
        "it has not ended"
    );
    assert_eq!(system.resume_scan(id, &Origin::server()).await.unwrap(), ScanStatus::Running);
    system.shutdown().await;
    let kept = verdicts(&system, id);
    assert!(kept.up >= 2 && kept.unfinished > 0, "{kept:?}");
    drop((system, feed));

    let launcher = Arc::new(Scripted::with(all_up));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    let scanned: usize = launcher.launched().iter().map(|spec| addresses(spec).len()).sum();
    assert_eq!(scanned as u64, kept.unfinished, "only what had no verdict is scanned again");
    assert_eq!(verdicts(&system, id).up, 16);
    let events = events(&system, id);
    assert_eq!(count(&events, "scan_recovered"), 1);
    assert_eq!(events.last().unwrap()["event"], "scan_complete");
}

#[tokio::test]
async fn a_pause_outlives_a_restart_and_is_idempotent() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| Script::Run(vec![Step::Hang])));
    let system = start(dir.path(), launcher, true).await;
    let id = scan(&system, request(&["127.0.0.0/28"], 8)).await;
    for _ in 0..2 {
        assert_eq!(system.pause_scan(id, &Origin::server()).await.unwrap(), ScanStatus::Paused);
    }
    system.shutdown().await;
    drop(system);

    let launcher = Arc::new(Scripted::with(all_up));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    assert_eq!(system.pause_scan(id, &Origin::server()).await.unwrap(), ScanStatus::Paused);
    assert_eq!(launcher.launched().len(), 0, "nothing starts while it is paused");
    assert_eq!(system.slots().await.in_use, 0);
    assert_eq!(system.resume_scan(id, &Origin::server()).await.unwrap(), ScanStatus::Running);
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    assert_eq!(verdicts(&system, id).up, 16);
    assert!(matches!(
        system.resume_scan(id, &Origin::server()).await,
        Err(CommandError::Ended(..))
    ));
}

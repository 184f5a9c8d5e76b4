//! What may be scanned: asked at submission, and again before each nmap.

use crate::support::{
    addresses, all_up, count, ended, events, only, request, scan, start, verdicts,
};
use netscan_actors::{NewEntry, RescanError, SubmitError, System};
use netscan_nmap::launch::{LaunchError, LaunchSpec, Script, Scripted, Step};
use netscan_schemas::{
    ProjectId, Role, ScanId, ScopeId, Time,
    api::{RescanOnly, ScanRequest},
    attempt::Outcome,
    audit::Origin,
    batch::BatchStatus,
    scan::ScanStatus,
    scope::ScopeList,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::sync::Notify;

async fn add(
    system: &System,
    project: Option<ProjectId>,
    list: ScopeList,
    target: &str,
    expires_at: Option<Time>,
) -> ScopeId {
    system
        .scopes()
        .add(project, entry(list, target, expires_at), &Origin::server())
        .await
        .unwrap()
        .id
}

fn entry(list: ScopeList, target: &str, expires_at: Option<Time>) -> NewEntry {
    let (read, errors) = netscan_nmap::targets::parse(&[target]);
    assert!(errors.is_empty(), "{errors:?}");
    NewEntry {
        list,
        addresses: read.addresses,
        note: Some("a test".into()),
        by: "test".into(),
        expires_at,
    }
}

async fn deny(system: &System, target: &str) -> ScopeId {
    add(system, None, ScopeList::Deny, target, None).await
}

async fn refused(system: &System, request: ScanRequest) -> String {
    let error = system.submit(Role::Admin, request, &Origin::server()).await.unwrap_err();
    assert!(matches!(error, SubmitError::OutOfScope(_)), "{error:?}");
    error.to_string()
}

/// All that was ever given to a process.
fn launched(launcher: &Scripted) -> Vec<String> {
    launcher.launched().iter().flat_map(addresses).collect()
}

#[tokio::test]
async fn what_is_out_of_scope_is_not_accepted_until_it_is_in_it() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(all_up));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let said = refused(&system, request(&["127.0.0.1", "198.18.0.0/30"], 4)).await;
    assert!(said.contains("4 of the 5") && said.contains("scope allow 198.18.0.0/30"), "{said}");
    assert!(system.store().scans(&Default::default()).unwrap().is_empty());
    let id = deny(&system, "127.0.0.3").await;
    let said = refused(&system, request(&["127.0.0.0/29"], 4)).await;
    assert!(said.contains(&format!("netscan scope rm {id}")), "{said}");
    // What is excluded is not scanned, and so not asked about.
    let mut without = request(&["127.0.0.0/29"], 8);
    without.exclude = vec!["127.0.0.3".into()];
    let id_of_scan = scan(&system, without).await;
    assert_eq!(ended(&system, id_of_scan).await, ScanStatus::Completed);
    assert_eq!(launched(&launcher).len(), 7);
    // A name counts as the addresses that it has.
    deny(&system, "127.0.0.1").await;
    deny(&system, "::1").await;
    let said = refused(&system, request(&["localhost"], 1)).await;
    assert!(said.starts_with("the target may not be scanned"), "{said}");
    system.scopes().remove(None, id, &Origin::server()).await.unwrap();
    let again =
        system.rescan(Role::Admin, id_of_scan, only(RescanOnly::All), &Origin::server()).await;
    assert!(matches!(again, Err(RescanError::Submit(SubmitError::OutOfScope(_)))), "{again:?}");
}

#[tokio::test]
async fn a_denial_counts_though_whoever_asked_for_it_has_left() {
    let dir = TempDir::new().unwrap();
    let system = start(dir.path(), Arc::new(Scripted::with(all_up)), true).await;
    let by = Origin::server();
    let mut asked =
        Box::pin(system.scopes().add(None, entry(ScopeList::Deny, "127.0.0.3", None), &by));
    tokio::select! {
        biased;
        _ = &mut asked => panic!("it was stored before it could be left"),
        () = std::future::ready(()) => drop(asked),
    }
    let denied = async {
        let target = entry(ScopeList::Deny, "127.0.0.3", None).addresses;
        while system.scopes().effective(None).check(&target).is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), denied).await.expect("it counts");
    assert_eq!(system.store().scopes().unwrap().len(), 1);
}

#[tokio::test]
async fn a_project_has_a_scope_of_its_own() {
    let dir = TempDir::new().unwrap();
    let system = start(dir.path(), Arc::new(Scripted::with(all_up)), true).await;
    let project = system.project_named("small", &Origin::server()).await.unwrap();
    add(&system, Some(project), ScopeList::Allow, "127.0.0.0/30", None).await;
    let of_project =
        |targets: &[&str]| ScanRequest { project_id: Some(project), ..request(targets, 4) };
    let said = refused(&system, of_project(&["127.0.0.0/29"])).await;
    assert!(said.contains(&format!("allow 127.0.0.4/30 --project {project}")), "{said}");
    let id = scan(&system, of_project(&["127.0.0.0/30"])).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    // Others are not bound by it.
    let id = scan(&system, request(&["127.0.0.0/29"], 8)).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Completed);
    let preview = system.preview(Role::Admin, of_project(&["127.0.0.0/29"])).await.unwrap();
    assert_eq!((preview.scope.allowed, preview.scope.out_of_scope), (false, 4));
    assert_eq!(preview.problems[0].code, "project-not-allowed");
}

/// Tells when the first process has started, and holds that a while.
fn held(started: Arc<Notify>) -> impl FnMut(&LaunchSpec) -> Script + Send + 'static {
    let mut is_first = true;
    move |spec| {
        if !std::mem::take(&mut is_first) {
            return all_up(spec);
        }
        started.notify_one();
        let mut script = all_up(spec);
        if let Script::Run(steps) = &mut script {
            steps.insert(0, Step::Silence(Duration::from_millis(700)));
        }
        script
    }
}

async fn one_by_one(system: &System, targets: &str, chunk_size: u32) -> ScanId {
    let mut wanted = request(&[targets], chunk_size);
    wanted.concurrency = Some(1);
    wanted.adaptive = Some(false);
    scan(system, wanted).await
}

#[tokio::test]
async fn what_leaves_the_scope_while_it_waits_is_not_started() {
    let dir = TempDir::new().unwrap();
    let started = Arc::<Notify>::default();
    let launcher = Arc::new(Scripted::with(held(Arc::clone(&started))));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = one_by_one(&system, "127.0.0.0/28", 4).await;
    started.notified().await;
    // Half of the second batch, and all of the third.
    deny(&system, "127.0.0.6-11").await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let scanned = launched(&launcher);
    let denied = |address: &String| (6..12).any(|last| *address == format!("127.0.0.{last}"));
    assert!(!scanned.iter().any(denied), "{scanned:?}");
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished, scanned.len()), (10, 6, 10));

    let batches = system.store().batches(id, None, 10).unwrap();
    let blocked: Vec<_> = batches
        .iter()
        .filter(|batch| matches!(batch.outcome, Some(Outcome::OutOfScope { .. })))
        .collect();
    assert!(!blocked.is_empty());
    for batch in &blocked {
        assert!(matches!(batch.status, BatchStatus::Split | BatchStatus::Failed));
        assert!(batch.finished_at.is_some());
        assert!(system.store().attempts(batch.id).unwrap().is_empty(), "nothing was tried");
    }
    let events = events(&system, id);
    let failed = events.iter().find(|event| event["reason"] == "out_of_scope").unwrap();
    assert!(failed["detail"].as_str().unwrap().contains("scope rm 1"), "{failed}");
    assert_eq!(failed["will_split"], Value::from(true));
    assert_eq!(count(&events, "scope_changed"), 1);
    let error = system.store().scan(id).unwrap().unwrap().state.error.unwrap();
    assert!(error.contains("6 of 16 targets are unfinished"), "{error}");
    assert!(error.contains("127.0.0.6-11: entry 1 of the scope denies these"), "{error}");
    let report = netscan_store::check::check(system.store()).unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
}

/// A start that failed for want of a resource is tried again, for a minute at most.
#[tokio::test]
async fn what_leaves_the_scope_while_a_start_is_tried_again_is_not_started() {
    let dir = TempDir::new().unwrap();
    let tried = Arc::<Notify>::default();
    let (notify, mut is_first) = (Arc::clone(&tried), true);
    let launcher = Arc::new(Scripted::with(move |spec| {
        if !std::mem::take(&mut is_first) {
            return all_up(spec);
        }
        notify.notify_one();
        let source = std::io::Error::from_raw_os_error(11); // EAGAIN
        Script::Refuse(LaunchError::Spawn { program: spec.program.clone(), source })
    }));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = one_by_one(&system, "127.0.0.0/29", 8).await;
    tried.notified().await;
    deny(&system, "127.0.0.6-7").await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let starts = launcher.launched();
    assert_eq!(starts.iter().map(|spec| addresses(spec).len()).collect::<Vec<_>>(), [8, 6]);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished), (6, 2));
    let batches = system.store().batches(id, None, 10).unwrap();
    let first = batches.iter().find(|batch| batch.parent.is_none()).unwrap();
    assert_eq!((first.status, first.charged_attempts), (BatchStatus::Split, 0));
    let attempts = system.store().attempts(first.id).unwrap();
    let outcomes: Vec<_> = attempts.into_iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::OutOfScope { addresses: 2 })]);
    let (difficult, _) = system.store().difficult_among(&first.addresses, 10).unwrap();
    assert!(difficult.is_empty(), "{difficult:?}");
    let report = netscan_store::check::check(system.store()).unwrap();
    assert!(report.is_clean(), "{:?}", report.problems);
}

#[tokio::test]
async fn a_large_scan_that_leaves_the_scope_ends_without_a_batch_for_each_piece() {
    let dir = TempDir::new().unwrap();
    let started = Arc::<Notify>::default();
    let launcher = Arc::new(Scripted::with(held(Arc::clone(&started))));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    let id = one_by_one(&system, "127.0.0.0/8", 4).await;
    started.notified().await;
    deny(&system, "127.0.0.0/8").await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    let counts = verdicts(&system, id);
    assert_eq!((counts.up, counts.unfinished), (4, (1 << 24) - 4));
    let batches = system.store().batches(id, None, 100).unwrap().len();
    assert!(batches <= 3, "{batches} batches");
}

#[tokio::test]
async fn a_restart_looks_at_the_scope_again_and_an_expired_entry_is_none() {
    let dir = TempDir::new().unwrap();
    let launcher = Arc::new(Scripted::with(|_| Script::Run(vec![Step::Hang])));
    let system = start(dir.path(), launcher, true).await;
    let soon = Time::from_micros(Time::now().as_micros() + 1_500_000);
    add(&system, None, ScopeList::Allow, "198.18.0.0/29", Some(soon)).await;
    let id = one_by_one(&system, "198.18.0.0/29", 4).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    system.shutdown().await;
    drop(system);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let launcher = Arc::new(Scripted::with(all_up));
    let system = start(dir.path(), Arc::clone(&launcher), true).await;
    assert_eq!(ended(&system, id).await, ScanStatus::Failed);
    assert_eq!(launched(&launcher), [""; 0]);
    assert_eq!(verdicts(&system, id).unfinished, 8);
    let error = system.store().scan(id).unwrap().unwrap().state.error.unwrap();
    assert!(error.contains("netscan scope allow 198.18.0.0/29"), "{error}");
}

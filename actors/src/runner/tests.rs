use super::{
    core::{Evidence, judge},
    driver::{Job, drive},
    pulse::Pulse,
};
use crate::{
    scope::{ScopeWatch, Scopes},
    tree::Tree,
};
use netscan_nmap::{
    command::Command,
    launch::{Script, Scripted, Step},
    xml::{Document, DocumentEnd},
};
use netscan_schemas::{
    AddressSet, AttemptNo, Time,
    api::SupervisionKind,
    attempt::{Ending, Outcome, RawInfos, StopReason},
    batch::BatchStatus,
    stored::{AttemptRecord, BatchRecord, PlanRecord, ScanSpec},
};
use netscan_store::{NoPublisher, Options, Store, Write};
use std::{collections::HashMap, net::IpAddr, path::Path, sync::Arc, time::Duration};
use tokio::sync::watch;

const WHOLE: &str =
    r#"<nmaprun scanner="nmap"><runstats><finished time="1" exit="success"/></runstats></nmaprun>"#;
const CUT: &str = r#"<nmaprun scanner="nmap"><host><address addr="127.0.0.1" addrtype="ipv4"/>"#;
const TWICE: &str = concat!(
    r#"<nmaprun scanner="nmap"><runstats><finished time="1" exit="success"/></runstats></nmaprun>"#,
    r#"<nmaprun scanner="nmap"></nmaprun>"#
);
const FAILED: &str = r#"<nmaprun scanner="nmap"><runstats><finished time="1" exit="error" errormsg="no raw socket"/></runstats></nmaprun>"#;

fn read(text: &str) -> DocumentEnd {
    let mut document = Document::new();
    document.feed(text.as_bytes());
    while document.next_item().is_some() {}
    document.finish()
}

fn exited(code: i32) -> Ending {
    Ending::Exited { code }
}

/// (ending, stop, document, missing, timed out) and what they prove.
type Row = (Ending, Option<StopReason>, &'static str, u64, u64, Outcome);

#[test]
fn success_is_proved_never_inferred() {
    let ended = |reason| Outcome::Ended { reason };
    let failed = |code, message: &str| Outcome::NmapFailed { code, message: message.into() };
    let rows: Vec<Row> = vec![
        (exited(0), None, WHOLE, 0, 0, Outcome::Complete),
        (exited(0), None, WHOLE, 0, 3, Outcome::HostsTimedOut { hosts: 3 }),
        (exited(0), None, WHOLE, 2, 0, Outcome::HostsMissing { hosts: 2 }),
        // A full disk: nmap says nothing is wrong, and its document stops.
        (exited(0), None, CUT, 1, 0, Outcome::DocumentCut),
        (exited(0), None, "", 1, 0, Outcome::DocumentCut),
        (exited(0), None, "garbage", 1, 0, Outcome::DocumentCut),
        // A second document behind the first: somebody else wrote into it.
        (exited(0), None, TWICE, 0, 0, Outcome::DocumentCut),
        (exited(0), None, FAILED, 0, 0, failed(0, "no raw socket")),
        (exited(1), None, FAILED, 1, 0, failed(1, "no raw socket")),
        (exited(1), None, WHOLE, 0, 0, failed(1, "QUITTING!")),
        (exited(255), None, "", 1, 0, failed(255, "QUITTING!")),
        (Ending::Signalled { signal: 11 }, None, CUT, 1, 0, Outcome::Crashed { signal: 11 }),
        // Even with a whole document, a signal is no success.
        (Ending::Signalled { signal: 9 }, None, WHOLE, 0, 0, Outcome::Crashed { signal: 9 }),
        (
            Ending::Signalled { signal: 15 },
            Some(StopReason::Stopped),
            CUT,
            1,
            0,
            ended(StopReason::Stopped),
        ),
        (
            Ending::Signalled { signal: 9 },
            Some(StopReason::Stalled),
            "",
            1,
            0,
            ended(StopReason::Stalled),
        ),
        (
            Ending::Signalled { signal: 15 },
            Some(StopReason::OutOfScope),
            CUT,
            1,
            0,
            Outcome::OutOfScope { addresses: 3 },
        ),
        // It was done before our signal arrived.
        (exited(0), Some(StopReason::OutOfScope), WHOLE, 0, 0, Outcome::Complete),
        (exited(0), Some(StopReason::Deadline), WHOLE, 0, 0, Outcome::Complete),
        (exited(0), Some(StopReason::OutputCap), WHOLE, 1, 0, ended(StopReason::OutputCap)),
        (Ending::Lost, None, WHOLE, 0, 0, Outcome::Lost),
        (
            Ending::Unstartable { message: "no such file".into() },
            Some(StopReason::Stopped),
            "",
            1,
            0,
            Outcome::Unstartable { message: "no such file".into() },
        ),
    ];
    for (ending, stop, text, missing, timed_out, expected) in rows {
        let document = read(text);
        let stderr_tail = if text == FAILED { "" } else { "QUITTING!\n" };
        let evidence = Evidence {
            ending: &ending,
            stop,
            out_of_scope: 3,
            document: &document,
            missing,
            timed_out,
            stderr_tail,
        };
        assert_eq!(judge(&evidence), expected, "{evidence:?}");
    }
}

/// A store with one scan, and its one batch at its first attempt.
async fn store_with_an_attempt(dir: &Path, address: IpAddr) -> (Arc<Store>, AttemptRecord) {
    let opened = Store::open(dir, Options::default(), Arc::new(NoPublisher));
    let store = Arc::new(opened.expect("opens"));
    let made = store.create_project("p", None).await.expect("is written");
    let project_id = made.project.expect("is told").id;
    let (id, batch_id) = (store.next_scan_id(), store.next_batch_id());
    let addresses = AddressSet::from_addresses([address]);
    let spec = ScanSpec { total_targets: 1, ..ScanSpec::new(id, project_id, Time::now()) };
    let batch = BatchRecord {
        status: BatchStatus::Running,
        attempt: Some(AttemptNo::FIRST),
        ..BatchRecord::new(batch_id, id, addresses.clone(), store.epoch())
    };
    let attempt = AttemptRecord {
        batch_id,
        attempt: AttemptNo::FIRST,
        epoch: store.epoch(),
        argv: Vec::new(),
        addresses,
        pid: None,
        started_at: Time::now(),
        finished_at: None,
        ending: None,
        outcome: None,
        cpu_ms: 0,
        finished_hosts: 0,
        raw: RawInfos::default(),
    };
    let mut write = Write::new();
    write.create_scan(&spec, &PlanRecord::default()).put_batch(&batch).put_attempt(&attempt);
    store.submit(write).await.expect("is written");
    (store, attempt)
}

/// However little may be held in memory: nmap waits for the store, is not ended, and loses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_nmap_that_writes_faster_than_the_store_is_slowed_and_not_ended() {
    const LINES: usize = 20_000;
    let dir = tempfile::TempDir::new().expect("a directory");
    let address = IpAddr::from([127, 0, 0, 1]);
    let (store, attempt) = store_with_an_attempt(dir.path(), address).await;
    let scan = store.batch(attempt.batch_id).expect("reads").expect("is there").scan_id;
    let project = store.scan(scan).expect("reads").expect("is there").spec.project_id;
    let text: String = (0..LINES).map(|number| format!("line {number}\n")).collect();
    let xml = WHOLE.replace(
        "<runstats>",
        r#"<host><status state="up"/><address addr="127.0.0.1" addrtype="ipv4"/></host><runstats>"#,
    );
    let steps = [Step::Stdout(text.into_bytes()), Step::Xml(xml.into_bytes())];
    let scopes = Arc::new(Scopes::load(Arc::clone(&store), Vec::new()).expect("reads"));
    let scope = ScopeWatch::new(scopes, project, attempt.addresses.clone());
    let job = Job {
        scan,
        batch: attempt.batch_id,
        attempt: attempt.attempt,
        command: Command {
            program: "nmap".into(),
            args: Vec::new(),
            stdin: String::new(),
            needs: netscan_nmap::launch::Needs::default(),
        },
        addresses: attempt.addresses,
        names: Arc::new(HashMap::new()),
        step: None,
        deadline: None,
        stall: Duration::from_secs(60),
        pulse: Arc::new(Pulse::default()),
        node: Arc::new(Tree::default()).root("runner", SupervisionKind::Runner),
        launcher: Arc::new(Scripted::new([Script::from(steps)])),
        store: Arc::clone(&store),
        losses: watch::channel(0).1,
        unstored_max: 1,
        claim: store.submit(Write::new()),
        permit: None,
        scope,
        on_shortage: Box::new(|| {}),
        on_gone: None,
    };
    let (_stop, stops) = watch::channel(None);
    let report = drive(job, stops).await;
    assert_eq!(report.outcome, Outcome::Complete);
    store.submit(report.tail).await.expect("is written");
    let events = store.events(scan, 0, LINES * 2, usize::MAX).expect("reads");
    let line = |number: usize| format!(r#""line":"line {number}","#);
    let lines: Vec<_> =
        events.iter().filter(|(_, text)| text.contains(r#""event":"line""#)).collect();
    assert_eq!(lines.len(), LINES);
    assert!(lines.iter().enumerate().all(|(number, (_, text))| text.contains(&line(number))));
}

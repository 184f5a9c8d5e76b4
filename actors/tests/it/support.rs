//! Scripted processes, and what is asked of the tree in every test.

use netscan_actors::{Config, System};
use netscan_nmap::{
    launch::{LaunchSpec, Script, Scripted, Step},
    privilege::Privileges,
};
use netscan_schemas::{
    Role, ScanId,
    api::{RescanOnly, RescanRequest, ScanRequest},
    attempt::Ending,
    audit::Origin,
    scan::{Policy, ScanStatus, VerdictCounts},
};
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// A program that only tells nmap's version: processes are scripted.
pub fn version_only(dir: &Path) -> PathBuf {
    let program = dir.join("nmap");
    if !program.exists() {
        let text = "#!/bin/sh\necho 'Nmap version 7.93 ( https://nmap.org )'\n";
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    program
}

pub async fn start(dir: &Path, launcher: Arc<Scripted>, resume: bool) -> Arc<System> {
    let config = Config {
        data_dir: dir.join("data"),
        nmap: Some(version_only(dir)),
        slots: Some(8),
        packet_rate: Some(20_000),
        profiles: None,
        is_server: resume,
        launcher,
        privileges: Privileges::with_raw(false),
        allow: Vec::new(),
    };
    let system = System::start(config).await.unwrap();
    if resume {
        system.go_on().unwrap();
    }
    system
}

pub fn targets(spec: &LaunchSpec) -> Vec<String> {
    spec.stdin.lines().map(str::to_owned).collect()
}

pub fn addresses(spec: &LaunchSpec) -> Vec<String> {
    let (list, errors) = netscan_nmap::targets::parse(&targets(spec));
    assert!(errors.is_empty(), "{errors:?}");
    list.addresses.iter().map(|address| address.to_string()).collect()
}

pub fn host(address: &str, state: &str) -> String {
    let ports = match state {
        "up" => {
            r#"<ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/><service name="http" method="table" conf="3"/></port></ports>"#
        }
        _ => "",
    };
    format!(
        r#"<host><status state="{state}" reason="x"/><address addr="{address}" addrtype="ipv4"/>{ports}</host>"#
    )
}

pub const OPEN: &str = r#"<?xml version="1.0"?><nmaprun scanner="nmap" args="" version="7.93">"#;
pub const CLOSE: &str = r#"<runstats><finished time="1" exit="success"/></runstats></nmaprun>"#;

/// A process that scans everything it is told and finds it up.
pub fn all_up(spec: &LaunchSpec) -> Script {
    let hosts: String = addresses(spec).iter().map(|address| host(address, "up")).collect();
    Script::Run(vec![
        Step::Stdout(b"Starting Nmap\nNmap done\n".to_vec()),
        Step::Xml(format!("{OPEN}{hosts}{CLOSE}").into_bytes()),
        Step::End(Ending::Exited { code: 0 }),
    ])
}

pub fn request(targets: &[&str], chunk_size: u32) -> ScanRequest {
    ScanRequest {
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        chunk_size: Some(chunk_size),
        concurrency: Some(3),
        policy: Policy { backoff_ms: 1, ..Policy::default() },
        ..ScanRequest::default()
    }
}

pub fn only(only: RescanOnly) -> RescanRequest {
    RescanRequest { only, ..RescanRequest::default() }
}

pub async fn scan(system: &System, request: ScanRequest) -> ScanId {
    system.submit(Role::Admin, request, &Origin::server()).await.unwrap().scan_id
}

pub async fn ended(system: &System, scan: ScanId) -> ScanStatus {
    tokio::time::timeout(Duration::from_secs(30), system.wait_ended(scan)).await.unwrap().unwrap()
}

pub fn verdicts(system: &System, scan: ScanId) -> VerdictCounts {
    let view = system.store().scan(scan).unwrap().unwrap();
    let verdicts = view.tally.verdicts(&view.spec);
    assert_eq!(verdicts.total(), view.spec.total_targets, "conservation");
    verdicts
}

/// All events of a scan; fails when their numbers are not 1, 2, 3 ...
pub fn events(system: &System, scan: ScanId) -> Vec<Value> {
    let events = system.store().events(scan, 0, 1_000_000, usize::MAX).unwrap();
    let events: Vec<Value> =
        events.iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], index as u64 + 1, "{event}");
    }
    events
}

pub fn count(events: &[Value], name: &str) -> usize {
    events.iter().filter(|event| event["event"] == name).count()
}

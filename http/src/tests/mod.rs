//! The edge over a real store, with scripted processes in nmap's place.

mod access;
mod callers;
mod diffs;
mod documents;
mod edge;
mod events;
mod exports;
mod facets;
mod hostile;
mod imports;
mod injection;
mod limits;
mod malformed;
mod map;
mod metrics;
mod monitors;
mod overall;
mod profiles;
mod results;
mod routes;
mod scope;
mod shutdown;
mod sse;
mod supervision;
mod ui;
mod ws;

use crate::{Edge, local_router, tcp_router};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode},
};
use http_body_util::BodyExt;
use netscan_actors::{Config, System};
use netscan_nmap::{
    launch::{LaunchSpec, Script, Scripted, Step},
    privilege::Privileges,
};
use netscan_schemas::{
    AddressSet, ProjectId, ScanId, Seq, Time,
    attempt::Ending,
    audit::Origin,
    event::{EncodedEvent, Event, LineStream},
    id::BatchId,
    stored::{PlanRecord, ScanSpec},
};
use netscan_store::Write;
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt, sync::Arc, time::Duration};
use tempfile::TempDir;
use tower::ServiceExt;

/// Longest wait for anything; reaching it is a failure, so it only costs time when one is there.
const PATIENCE: Duration = Duration::from_secs(60);

const OPEN: &str = r#"<?xml version="1.0"?><nmaprun scanner="nmap" args="" version="7.93">"#;
const CLOSE: &str = r#"<runstats><finished time="1" exit="success"/></runstats></nmaprun>"#;

/// A system, its edge, and a way to ask it.
struct World {
    dir: TempDir,
    system: Arc<System>,
    edge: Arc<Edge>,
    router: Router,
}

/// Starts a system whose processes follow these scripts.
async fn world(script: impl FnMut(&LaunchSpec) -> Script + Send + 'static) -> World {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("nmap");
    fs::write(&program, "#!/bin/sh\necho 'Nmap version 7.93 ( https://nmap.org )'\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = Config {
        data_dir: dir.path().join("data"),
        nmap: Some(program),
        slots: Some(4),
        packet_rate: None,
        profiles: None,
        is_server: false,
        launcher: Arc::new(Scripted::with(script)),
        privileges: Privileges::with_raw(false),
        allow: Vec::new(),
    };
    let system = System::start(config).await.unwrap();
    let edge = Arc::new(Edge::new(Arc::clone(&system)).open_to_all());
    let router = local_router(Arc::clone(&edge));
    World { dir, system, edge, router }
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a whole problem, and returns its code.
    fn problem(&self) -> String {
        let json = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{json}");
        assert_eq!(json["status"], self.status.as_u16(), "{json}");
        assert_eq!(json["request_id"], self.header("x-request-id"), "{json}");
        assert!(json["title"].is_string() && json["type"].is_string(), "{json}");
        self.check_headers();
        json["code"].as_str().unwrap().to_owned()
    }

    /// Checks what every answer has.
    fn check_headers(&self) {
        assert!(!self.header("x-request-id").is_empty());
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert!(!self.header("content-security-policy").is_empty());
    }
}

/// Asks a router, and reads the answer to its end.
async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn request(method: &str, path: &str, body: impl Into<Vec<u8>>) -> Request<Body> {
    let body = body.into();
    names_no_host(&body);
    Request::builder().method(method).uri(path).body(Body::from(body)).unwrap()
}

/// Fails for targets that netscan would look up: a test sends nothing to a name server.
fn names_no_host(body: &[u8]) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    for field in ["targets", "exclude"] {
        let lines = body[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        let (list, _) = netscan_nmap::targets::parse(&lines.collect::<Vec<_>>());
        assert!(list.names.is_empty(), "{:?} would be looked up", list.names);
    }
}

/// Returns a scan of 127.0.0.1 that nothing runs.
fn spec(id: ScanId, project_id: ProjectId) -> ScanSpec {
    ScanSpec {
        targets: vec!["127.0.0.1".into()],
        total_targets: 1,
        ..ScanSpec::new(id, project_id, Time::now())
    }
}

/// Returns its plan.
fn plan() -> PlanRecord {
    let addresses = AddressSet::from_addresses(["127.0.0.1".parse().unwrap()]);
    PlanRecord { addresses, ..PlanRecord::default() }
}

impl World {
    async fn get(&self, path: &str) -> Answer {
        ask(&self.router, request("GET", path, "")).await
    }

    /// Asks for what must be there.
    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        answer.check_headers();
        answer.json()
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        ask(&self.router, request(method, path, body.to_string())).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body).await
    }

    /// Starts a scan and waits for its end.
    async fn scan(&self, request: Value) -> ScanId {
        let answer = self.post("/api/scans", &request).await;
        assert_eq!(answer.status, 202, "{:?}", answer.body);
        let scan = ScanId::new(answer.json()["scan_id"].as_u64().unwrap()).unwrap();
        self.ended(scan).await;
        scan
    }

    async fn ended(&self, scan: ScanId) {
        tokio::time::timeout(PATIENCE, self.system.wait_ended(scan)).await.unwrap().unwrap();
    }

    /// Keeps a scan that nothing runs: its events are what a test writes.
    async fn idle_scan(&self) -> ScanId {
        self.idle_scan_of(self.system.project_named("Tests", &Origin::server()).await.unwrap())
            .await
    }

    /// Keeps such a scan in a project.
    async fn idle_scan_of(&self, project: ProjectId) -> ScanId {
        let id = self.system.store().next_scan_id();
        let spec = spec(id, project);
        let mut write = Write::new();
        write.create_scan(&spec, &plan());
        self.system.store().submit(write).await.unwrap();
        id
    }

    /// Writes a `line` event of so many bytes to an idle scan, and returns its number.
    async fn line(&self, scan: ScanId, bytes: usize) -> Seq {
        let event = Event::Line {
            batch_id: BatchId::new(1).unwrap(),
            line: "x".repeat(bytes),
            stream: LineStream::Stdout,
        };
        let mut write = Write::new();
        write.event(scan, EncodedEvent::now(&event));
        let receipt = self.system.store().submit(write).await.unwrap();
        receipt.last_seq[0].1
    }

    /// Serves the edge on a free port of loopback, and returns `127.0.0.1:PORT`.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(crate::serve_tcp(listener, Arc::clone(&self.edge)));
        address
    }

    fn tcp_router(&self) -> Router {
        tcp_router(Arc::clone(&self.edge))
    }
}

/// Returns the addresses that a process is to scan.
fn addresses(spec: &LaunchSpec) -> Vec<String> {
    let lines: Vec<&str> = spec.stdin.lines().collect();
    let (list, errors) = netscan_nmap::targets::parse(&lines);
    assert!(errors.is_empty(), "{errors:?}");
    list.addresses.iter().map(|address| address.to_string()).collect()
}

/// A process that finds every address up with these ports.
fn up(spec: &LaunchSpec, ports: impl Fn(&str) -> String) -> Script {
    let hosts: String = addresses(spec)
        .iter()
        .map(|address| {
            let ports = ports(address);
            format!(
                r#"<host><status state="up" reason="x"/><address addr="{address}" addrtype="ipv4"/><ports>{ports}</ports></host>"#
            )
        })
        .collect();
    Script::Run(vec![
        Step::Stdout(b"Starting Nmap\nNmap done\n".to_vec()),
        Step::Xml(format!("{OPEN}{hosts}{CLOSE}").into_bytes()),
        Step::End(Ending::Exited { code: 0 }),
    ])
}

fn port(protocol: &str, number: u16, state: &str, service: &str, product: &str) -> String {
    format!(
        r#"<port protocol="{protocol}" portid="{number}"><state state="{state}" reason="x"/><service name="{service}" product="{product}" method="probed" conf="10"/></port>"#
    )
}

/// A process that finds every address up with a web server.
fn all_up(spec: &LaunchSpec) -> Script {
    up(spec, |_| port("tcp", 80, "open", "http", "nginx"))
}

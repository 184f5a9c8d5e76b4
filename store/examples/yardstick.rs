//! Measures the store at size: how fast hosts become durable through its one write door, and how
//! long the first page of each kind of question takes then.
//!
//! ```text
//! cargo run --release -p netscan-store --example yardstick -- DIR [HOSTS] [SCANS]
//! ```
//!
//! `DIR` gets a store of that many hosts (default 1,000,000) in so many scans (default 10), as
//! batches of 16 write them: the rows of a batch and an event for each host in one unit, with 64
//! units in flight. A host has five ports on average, three of them open. On a directory that has a
//! store already, only the questions are asked. Prints medians; compare those of one run.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints and may fail")]

use netscan_schemas::{
    AddressSet, Time,
    attempt::RawInfos,
    batch::{BatchStatus, BatchSummary, Lane},
    event::{EncodedEvent, Event, LineStream},
    host::{HostFinding, HostState, Port, Protocol, Service},
    id::{AttemptNo, BatchId, ProjectId, ScanId},
    scan::{Policy, ScanState, ScanStatus, Tuning},
    stored::{AttemptRecord, BatchRecord, PlanRecord, ScanSpec},
};
use netscan_store::{
    Ack, NoPublisher, Options, Store, Write,
    search::{Bounds, HostQuery},
};
use std::{
    collections::VecDeque, env, hint::black_box, net::IpAddr, path::Path, sync::Arc, time::Instant,
};

/// Hosts in a unit, as many as a batch has to begin with.
const BATCH: u32 = 16;
/// Units in flight.
const IN_FLIGHT: usize = 64;
/// Times that each question is asked.
const RUNS: u32 = 501;

fn main() {
    let mut args = env::args().skip(1);
    let dir = args.next().unwrap();
    let mut number = |default: u32| args.next().map_or(default, |text| text.parse().unwrap());
    let (hosts, scans) = (number(1_000_000), number(10));
    let store = Store::open(Path::new(&dir), Options::default(), Arc::new(NoPublisher)).unwrap();
    if store.scan(ScanId::new(1).unwrap()).unwrap().is_none() {
        fill(&store, hosts, scans);
    }
    ask(&store, hosts, scans);
}

fn fill(store: &Store, hosts: u32, scans: u32) {
    let project = store.create_project("yardstick", None).wait().unwrap().project.unwrap().id;
    let (began, cpu) = (Instant::now(), cpu_secs());
    let mut port_rows = 0u64;
    for scan in 0..scans {
        port_rows += fill_scan(store, project, scan, hosts / scans);
    }
    let (took, cpu) = (began.elapsed().as_secs_f64(), cpu_secs() - cpu);
    println!(
        "ingest  {:.0} hosts/s, {:.0} port rows/s durable; {took:.1} s, {cpu:.1} s of CPU",
        f64::from(hosts) / took,
        port_rows as f64 / took
    );
}

fn fill_scan(store: &Store, project: ProjectId, number: u32, hosts: u32) -> u64 {
    let scan = store.next_scan_id();
    let mut write = Write::new();
    write.create_scan(&spec(scan, project, hosts), &PlanRecord::default());
    store.submit(write).wait().unwrap();
    let mut flight: VecDeque<Ack> = VecDeque::new();
    let mut port_rows = 0;
    for first in (0..hosts).step_by(BATCH as usize) {
        let addresses: Vec<IpAddr> = (first..hosts.min(first + BATCH)).map(address).collect();
        let batch = store.next_batch_id();
        let mut write = Write::new();
        write.put_batch(&batch_record(scan, batch, &addresses)).put_attempt(&attempt(batch));
        let found: Vec<HostFinding> =
            addresses.iter().map(|address| finding(*address, number)).collect();
        port_rows += found.iter().map(|host| host.ports.len() as u64).sum::<u64>();
        for host in &found {
            let open: Vec<String> = host.open_ports().map(|port| port.number.to_string()).collect();
            let line = format!("host {} up, open {}", host.address, open.join(" "));
            write.event(
                scan,
                EncodedEvent::now(&Event::Line {
                    batch_id: batch,
                    line,
                    stream: LineStream::Stdout,
                }),
            );
        }
        write.record_hosts(scan, batch, AttemptNo::FIRST, Time::from_secs(1), found);
        flight.push_back(store.submit(write));
        if flight.len() >= IN_FLIGHT {
            flight.pop_front().unwrap().wait().unwrap();
        }
    }
    for ack in flight {
        ack.wait().unwrap();
    }
    let mut write = Write::new();
    write.put_scan_state(
        scan,
        &ScanState {
            status: ScanStatus::Completed,
            started_at: Some(Time::from_secs(1)),
            finished_at: Some(Time::from_secs(2)),
            cursor: u64::from(hosts),
            error: None,
        },
    );
    store.submit(write).wait().unwrap();
    port_rows
}

fn ask(store: &Store, hosts: u32, scans: u32) {
    let per_scan = hosts / scans;
    let newest = ScanId::new(u64::from(scans)).unwrap();
    question("host by address, all scans", |n| {
        store.hosts_by_address(address(n.wrapping_mul(7919) % per_scan)).unwrap().len()
    });
    question("first page of a scan", |_| store.hosts(newest, None, 100).unwrap().len());
    let bounds = Bounds { hosts: 100, reads: 10_000 };
    let port =
        |port| HostQuery { port: Some(port), state: Some("open".into()), ..HostQuery::default() };
    let words = |text| HostQuery { words: HostQuery::words_of(text), ..HostQuery::default() };
    let (port_80, nginx, block) = (port(80), words("nginx"), words("10.0.7."));
    let redis = HostQuery { service: Some("redis".into()), ..port(6379) };
    question("first page of a scan by port 80", |_| {
        store.hosts_matching(newest, &port_80, None, bounds).unwrap().hosts.len()
    });
    let everywhere = [
        ("port 80, all scans", &port_80),
        ("a port that nothing has, all scans", &port(9)),
        ("service and port, all scans", &redis),
        ("text `nginx`, all scans", &nginx),
        ("beginning of an address, all scans", &block),
    ];
    for (what, query) in everywhere {
        question(what, |_| store.search(query, None, bounds).unwrap().hosts.len());
    }
}

fn question(what: &str, mut ask: impl FnMut(u32) -> usize) {
    let mut times = Vec::new();
    let mut rows = 0;
    for run in 0..RUNS {
        let began = Instant::now();
        rows = black_box(ask(run));
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let p = |share: f64| times[(share * (times.len() - 1) as f64) as usize];
    println!("{what:<40} {:>9.1} us  p99 {:>9.1} us  {rows} rows", p(0.5), p(0.99));
}

fn cpu_secs() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    // Linux counts processor time in hundredths of a second.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn address(index: u32) -> IpAddr {
    IpAddr::from((0x0a00_0000 + index).to_be_bytes())
}

/// Returns a host with one to nine ports, some with a product, some closed.
fn finding(address: IpAddr, scan: u32) -> HostFinding {
    const WELL_KNOWN: [(u16, &str, &str); 9] = [
        (22, "ssh", "OpenSSH"),
        (80, "http", "nginx"),
        (443, "https", "Apache httpd"),
        (25, "smtp", "Postfix smtpd"),
        (3306, "mysql", "MySQL"),
        (8080, "http-proxy", ""),
        (53, "domain", "dnsmasq"),
        (6379, "redis", "Redis key-value store"),
        (5432, "postgresql", "PostgreSQL DB"),
    ];
    let IpAddr::V4(v4) = address else { unreachable!() };
    let mut dice = u32::from(v4).wrapping_mul(2_654_435_761).rotate_left(scan) | 1;
    let mut roll = |sides: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 8) % sides
    };
    let count = 1 + roll(9) as usize;
    let from = roll(9) as usize;
    let ports = (0..count).map(|index| {
        let (number, name, product) = WELL_KNOWN[(from + index) % WELL_KNOWN.len()];
        let open = roll(5) < 3;
        let probed = open && !product.is_empty() && roll(2) == 0;
        Port {
            protocol: Protocol::Tcp,
            number,
            state: if open { "open" } else { "closed" }.into(),
            reason: if open { "syn-ack" } else { "conn-refused" }.into(),
            service: Some(Service {
                name: name.into(),
                product: probed.then(|| product.to_owned()),
                version: probed.then(|| format!("{}.{}", 1 + roll(4), roll(30))),
                method: if probed { "probed" } else { "table" }.into(),
                confidence: if probed { 10 } else { 3 },
                ..Service::default()
            }),
            scripts: Vec::new(),
        }
    });
    HostFinding {
        reason: "echo-reply".into(),
        ports: ports.collect(),
        ..HostFinding::new(address, HostState::Up)
    }
}

fn spec(id: ScanId, project_id: ProjectId, hosts: u32) -> ScanSpec {
    ScanSpec {
        id,
        project_id,
        name: None,
        created_at: Time::from_secs(1),
        nmap_flags: vec!["-sT".into()],
        targets: vec!["10.0.0.0/8".into()],
        exclude: Vec::new(),
        chunk_size: BATCH,
        concurrency: 16,
        tuning: Tuning::default(),
        policy: Policy::default(),
        argv: vec!["nmap".into(), "-sT".into()],
        fallback: Vec::new(),
        warnings: Vec::new(),
        parent_scan_id: None,
        total_targets: u64::from(hosts),
        excluded: 0,
        unresolved: Vec::new(),
    }
}

fn batch_record(scan_id: ScanId, id: BatchId, addresses: &[IpAddr]) -> BatchRecord {
    BatchRecord {
        id,
        scan_id,
        parent: None,
        addresses: AddressSet::from_addresses(addresses.iter().copied()),
        status: BatchStatus::Completed,
        attempt: Some(AttemptNo::FIRST),
        charged_attempts: 1,
        started_at: None,
        finished_at: None,
        summary: BatchSummary::default(),
        outcome: None,
        epoch: 1,
        lane: Lane::Main,
        servers_lost: 0,
    }
}

fn attempt(batch_id: BatchId) -> AttemptRecord {
    AttemptRecord {
        batch_id,
        attempt: AttemptNo::FIRST,
        epoch: 1,
        argv: vec!["nmap".into(), "-sT".into()],
        addresses: AddressSet::new(),
        pid: None,
        started_at: Time::from_secs(1),
        finished_at: Some(Time::from_secs(2)),
        ending: None,
        outcome: None,
        cpu_ms: 0,
        finished_hosts: u64::from(BATCH),
        raw: RawInfos::default(),
    }
}

//! What clients send and get. Names and shapes are a contract: fields may be added, never renamed
//! or dropped.

use crate::{
    attempt::{Ending, Outcome, RawInfo, Stream},
    batch::{BatchStatus, BatchSummary, Lane},
    host::{ExtraPorts, Hop, HostFinding, Hostname, Mac, OsMatch, Port, PortId, Script},
    id::{AttemptNo, BatchId, HostId, ProjectId, ScanId},
    problem::FieldError,
    scan::{Policy, Progress, ScanStatus, UnresolvedTarget, Verdict, VerdictCounts},
    stored::{AttemptRecord, BatchRecord, DifficultRecord, Difficulty, HostRecord, ProjectRecord},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A new project.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewProject {
    /// Its name, 1 to 200 characters, unique.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// How many scans it has.
    pub scan_count: u64,
}

impl Project {
    /// Returns what clients see of a project.
    pub fn new(record: ProjectRecord, scan_count: u64) -> Self {
        let ProjectRecord { id, name, description, created_at } = record;
        Self { id, name, description, created_at, scan_count }
    }
}

/// What to scan and how. Unknown fields are refused on our own routes, and named in `warnings` on
/// the routes of the Python system's clients.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanRequest {
    /// The project; the project "Default" when left out.
    pub project_id: Option<ProjectId>,
    /// nmap's flags, as one would type them; parsed, never passed on.
    pub nmap_flags: Vec<String>,
    /// Addresses, CIDR blocks, ranges, host names.
    pub targets: Vec<String>,
    /// Addresses in a batch; a starting point when `adaptive`.
    pub chunk_size: u32,
    /// Batches at once; a starting point when `adaptive`.
    pub concurrency: u32,
    /// Taken and ignored, with a warning.
    pub runner: Option<serde_json::Value>,
    /// What not to scan, written like targets.
    pub exclude: Vec<String>,
    /// A named set of options.
    pub profile: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// How hard to try.
    pub policy: Policy,
    /// Whether the engine tunes `chunk_size` and `concurrency`.
    pub adaptive: bool,
}

impl Default for ScanRequest {
    fn default() -> Self {
        Self {
            project_id: None,
            nmap_flags: Vec::new(),
            targets: Vec::new(),
            chunk_size: 256,
            concurrency: 6,
            runner: None,
            exclude: Vec::new(),
            profile: None,
            name: None,
            policy: Policy::default(),
            adaptive: true,
        }
    }
}

/// The answer to an accepted scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanAccepted {
    /// Its number.
    pub scan_id: ScanId,
    /// Always `started`.
    pub status: String,
    /// What was understood otherwise than it was written.
    pub warnings: Vec<String>,
}

/// The answer to a stop, pause or resume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanCommandAnswer {
    /// The scan.
    pub scan_id: ScanId,
    /// Where it stands now.
    pub status: ScanStatus,
}

/// What a rescan scans again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RescanOnly {
    /// Addresses without a verdict.
    #[default]
    Unfinished,
    /// Addresses that nmap gave up on.
    TimedOut,
    /// Everything.
    All,
}

/// A rescan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RescanRequest {
    /// What to scan again.
    pub only: RescanOnly,
}

/// A scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scan {
    /// Its number.
    pub id: ScanId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its project's name.
    pub project_name: String,
    /// Its name.
    pub name: Option<String>,
    /// Where it stands.
    pub status: ScanStatus,
    /// Whether it runs in this process or is about to. One that has not ended and is not live was
    /// interrupted.
    pub is_live: bool,
    /// When it was accepted.
    pub created_at: Time,
    /// When its first batch started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// The flags as written.
    pub nmap_flags: Vec<String>,
    /// nmap's arguments, targets and address family apart.
    pub argv: Vec<String>,
    /// The targets as written; lists show at most the first 100.
    pub targets: Vec<String>,
    /// Whether there are more targets than `targets` shows.
    pub targets_truncated: bool,
    /// The excludes as written; lists show at most the first 100.
    pub exclude: Vec<String>,
    /// Whether there are more excludes than `exclude` shows.
    pub exclude_truncated: bool,
    /// Addresses in a batch.
    pub chunk_size: u32,
    /// Batches at once.
    pub concurrency: u32,
    /// Targets in all.
    pub total_targets: u64,
    /// How far it is.
    pub progress: Progress,
    /// What is known of its targets; the sum is `total_targets`.
    pub verdicts: VerdictCounts,
    /// Names without an address.
    pub unresolved: Vec<UnresolvedTarget>,
    /// Batches in each state.
    pub batches_by_state: BTreeMap<BatchStatus, u64>,
    /// What differs from what was asked for, for want of privilege.
    pub fallback: Vec<String>,
    /// What was said when it was accepted.
    pub warnings: Vec<String>,
    /// The scan whose targets it scans again.
    pub parent_scan_id: Option<ScanId>,
    /// Why it failed.
    pub error: Option<String>,
    /// What it waits for to go on by itself: `scanner: ...` or `store: ...`.
    pub waits_for: Option<String>,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Batch {
    /// Its number.
    pub id: BatchId,
    /// Its scan.
    pub scan_id: ScanId,
    /// Where it stands.
    pub status: BatchStatus,
    /// Its addresses in compact ranges.
    pub targets: Vec<String>,
    /// How many addresses.
    pub target_count: u64,
    /// The batch it was split from.
    pub parent_batch_id: Option<BatchId>,
    /// How it is treated: `main`, `alive`, `silent` or `difficult`.
    pub lane: Lane,
    /// Its newest attempt.
    pub attempt: Option<AttemptNo>,
    /// When its first attempt started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// What it found.
    pub summary: BatchSummary,
    /// The stable name of what its newest attempt proved.
    pub outcome: Option<String>,
    /// The same in words.
    pub detail: Option<String>,
    /// Its attempts; only when one batch is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<Attempt>>,
}

impl Batch {
    /// Returns what clients see of a batch.
    pub fn new(record: &BatchRecord, attempts: Option<Vec<Attempt>>) -> Self {
        Self {
            id: record.id,
            scan_id: record.scan_id,
            status: record.status,
            targets: record.addresses.to_ranges(),
            target_count: record.addresses.count(),
            parent_batch_id: record.parent,
            lane: record.lane,
            attempt: record.attempt,
            started_at: record.started_at,
            finished_at: record.finished_at,
            summary: record.summary,
            outcome: record.outcome.as_ref().map(|outcome| outcome.as_str().to_owned()),
            detail: record.outcome.as_ref().map(ToString::to_string),
            attempts,
        }
    }
}

/// One attempt at a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Which try.
    pub attempt: AttemptNo,
    /// nmap's arguments, its program first.
    pub argv: Vec<String>,
    /// What it scanned, in compact ranges.
    pub targets: Vec<String>,
    /// When it started.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// The stable name of what it proved; none while it runs.
    pub ending: Option<String>,
    /// The same in words.
    pub detail: Option<String>,
    /// The exit code, of a process that returned one.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Hosts that it finished, and that are kept whatever its ending.
    pub salvaged_hosts: u64,
    /// What is kept of its outputs.
    pub raw: BTreeMap<Stream, Raw>,
}

impl Attempt {
    /// Returns what clients see of an attempt.
    pub fn new(record: &AttemptRecord) -> Self {
        let raw = |stream| (stream, Raw::new(record.raw.get(stream)));
        Self {
            attempt: record.attempt,
            argv: record.argv.clone(),
            targets: record.addresses.to_ranges(),
            started_at: record.started_at,
            finished_at: record.finished_at,
            ending: record.outcome.as_ref().map(|outcome| outcome.as_str().to_owned()),
            detail: record.outcome.as_ref().map(Outcome::to_string),
            exit_code: record.ending.as_ref().and_then(Ending::exit_code),
            signal: record.ending.as_ref().and_then(Ending::signal),
            salvaged_hosts: record.finished_hosts,
            raw: Stream::ALL.into_iter().map(raw).collect(),
        }
    }
}

/// What is kept of one output stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Raw {
    /// Bytes kept.
    pub bytes: u64,
    /// Bytes they take in the store.
    pub stored_bytes: u64,
    /// BLAKE3 of the kept bytes in hexadecimal; none while the attempt runs.
    pub blake3: Option<String>,
    /// Whether nmap wrote more than was kept.
    pub truncated: bool,
    /// How much more.
    pub dropped_bytes: u64,
}

impl Raw {
    fn new(info: &RawInfo) -> Self {
        let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            bytes: info.bytes,
            stored_bytes: info.stored_bytes,
            blake3: info.blake3.map(hex),
            truncated: info.dropped_bytes > 0,
            dropped_bytes: info.dropped_bytes,
        }
    }
}

/// A host of a scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Host {
    /// Its number.
    pub id: HostId,
    /// Its scan.
    pub scan_id: ScanId,
    /// Its address.
    pub address: String,
    /// A name, the user's own first.
    pub hostname: Option<String>,
    /// `up`, `down` or `unknown`, as nmap says; `unknown` while it is unfinished.
    pub status: String,
    /// What is known of it.
    pub verdict: Verdict,
    /// The ports that nmap lists one by one.
    pub ports: Vec<HostPort>,
    /// Open ports that nmap announced before it was cut off or gave up: not confirmed, and replaced
    /// by the next verdict of up or down.
    pub provisional_ports: Vec<PortId>,
    /// The batch that found it.
    pub batch_id: BatchId,
    /// The attempt that found it.
    pub attempt: AttemptNo,
    /// Why nmap calls it up or down.
    pub reason: String,
    /// All names.
    pub hostnames: Vec<Hostname>,
    /// The hardware address.
    pub mac: Option<Mac>,
    /// Guesses at its operating system, best first.
    pub os: Vec<OsMatch>,
    /// The way to it.
    pub traceroute: Vec<Hop>,
    /// Results of scripts that concern the whole host.
    pub scripts: Vec<Script>,
    /// Ports that nmap only counts.
    pub extra_ports: Vec<ExtraPorts>,
    /// Seconds since its last boot, as guessed.
    pub uptime_secs: Option<u64>,
    /// Network distance in hops.
    pub distance: Option<u32>,
    /// When nmap began with it.
    pub started_at: Option<Time>,
    /// When nmap was done with it.
    pub finished_at: Option<Time>,
}

impl Host {
    /// Returns what clients see of a host.
    pub fn new(record: HostRecord) -> Self {
        let HostRecord {
            id,
            scan_id,
            batch_id,
            attempt,
            seen_at: _,
            finding,
            verdict,
            provisional,
        } = record;
        let HostFinding {
            address,
            state,
            reason,
            timed_out: _,
            started_at,
            finished_at,
            hostnames,
            mac,
            ports,
            extra_ports,
            os,
            scripts,
            trace,
            uptime_secs,
            distance,
        } = finding;
        let named = hostnames.iter().find(|name| name.kind == "user").or(hostnames.first());
        Self {
            id,
            scan_id,
            address: address.to_string(),
            hostname: named.map(|name| name.name.clone()),
            status: state.as_str().to_owned(),
            verdict,
            ports: ports.into_iter().map(|port| HostPort::new(id, port)).collect(),
            provisional_ports: provisional,
            batch_id,
            attempt,
            reason,
            hostnames,
            mac,
            os,
            traceroute: trace,
            scripts,
            extra_ports,
            uptime_secs,
            distance,
            started_at,
            finished_at,
        }
    }
}

/// A port of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostPort {
    /// A number that is unique over the store: the host's, the protocol's and the port's packed.
    pub id: u64,
    /// The port's number.
    pub port: u16,
    /// The same, under the name that clients of the Python system read.
    pub port_number: u16,
    /// Its protocol.
    pub protocol: crate::host::Protocol,
    /// Its state.
    pub state: String,
    /// Why nmap thinks so.
    pub reason: String,
    /// The service's name.
    pub service_name: Option<String>,
    /// The service's product.
    pub service_product: Option<String>,
    /// The product's version.
    pub service_version: Option<String>,
    /// All that is known of the service.
    pub service: Option<crate::host::Service>,
    /// Results of scripts that concern this port.
    pub scripts: Vec<Script>,
}

impl HostPort {
    fn new(host: HostId, port: Port) -> Self {
        let Port { protocol, number, state, reason, service, scripts } = port;
        let of =
            |pick: fn(&crate::host::Service) -> Option<String>| service.as_ref().and_then(pick);
        Self {
            id: host.get() << 18 | u64::from(protocol.number()) << 16 | u64::from(number),
            port: number,
            port_number: number,
            protocol,
            state,
            reason,
            service_name: of(|service| Some(service.name.clone())),
            service_product: of(|service| service.product.clone()),
            service_version: of(|service| service.version.clone()),
            service,
            scripts,
        }
    }
}

/// Targets to list one by one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ExpandRequest {
    /// Addresses, CIDR blocks, ranges, host names.
    pub targets: Vec<String>,
}

/// A target that cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvalidTarget {
    /// The target as written.
    pub target: String,
    /// Why not.
    pub reason: String,
}

/// Targets, one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExpandAnswer {
    /// The first addresses in ascending order, at most 4096.
    pub targets: Vec<String>,
    /// How many there are in all.
    pub total: u64,
    /// Whether `targets` lists fewer than `total`.
    pub truncated: bool,
    /// What could not be read.
    pub invalid: Vec<InvalidTarget>,
    /// What of the request was ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A scan that knows a target, with what it knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TargetHistory {
    /// The scan.
    #[serde(flatten)]
    pub scan: Scan,
    /// What it knows of the target.
    pub verdict: Verdict,
    /// The open ports it found (`22/tcp`).
    pub open_ports: Vec<String>,
}

/// One nmap run that is waited for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RunRequest {
    /// nmap's flags.
    #[serde(default)]
    pub nmap_flags: Option<Vec<String>>,
    /// The same under another name.
    #[serde(default)]
    pub flags: Option<Vec<String>>,
    /// Targets.
    pub targets: Vec<String>,
}

/// What one nmap run gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunAnswer {
    /// nmap's normal output.
    pub stdout: String,
    /// Its exit code.
    pub exit_code: i32,
    /// What it found.
    pub hosts: Vec<Host>,
    /// The scan it is kept as, in the project "Quick scans".
    pub scan_id: ScanId,
    /// What was understood otherwise than it was written, or left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A flag that is not passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedFlag {
    /// The flag as written.
    pub flag: String,
    /// Its place in `nmap_flags`.
    pub index: usize,
    /// Why, and what to do instead.
    pub reason: String,
}

/// What a scan would be, without running anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// Targets in all, at most `u64::MAX`: `problems` names the number when there are more.
    pub total_targets: u64,
    /// Addresses that would be scanned.
    pub addresses: u64,
    /// Addresses that an exclude takes out.
    pub excluded: u64,
    /// Batches.
    pub batches: u64,
    /// nmap's command, its program first.
    pub argv: Vec<String>,
    /// What differs from what was asked for, for want of privilege.
    pub fallback: Vec<String>,
    /// What was understood otherwise than it was written.
    pub warnings: Vec<String>,
    /// Flags that are not passed on.
    pub refused: Vec<RefusedFlag>,
    /// Targets and excludes that cannot be read.
    pub invalid: Vec<InvalidTarget>,
    /// Names without an address.
    pub unresolved: Vec<UnresolvedTarget>,
    /// What else `POST /api/scans` would refuse.
    pub problems: Vec<FieldError>,
}

/// The targets of a scan that have one verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TargetsByVerdict {
    /// The verdict.
    pub verdict: Verdict,
    /// How many targets.
    pub count: u64,
    /// Which, in compact ranges or as names.
    pub targets: Vec<String>,
    /// Why, for those unresolved or unfinished.
    pub reasons: Vec<UnresolvedTarget>,
}

/// A host that scans could not finish, alone and to the end of their budgets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DifficultTarget {
    /// Its address.
    pub address: String,
    /// How often it could not be finished since it was finished last.
    pub times: u32,
    /// The newest times, newest first.
    pub history: Vec<DifficultTime>,
}

/// One time that a host could not be finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DifficultTime {
    /// The scan; it may have been deleted since.
    pub scan_id: ScanId,
    /// The last batch that tried.
    pub batch_id: BatchId,
    /// The stable name of what its last attempt proved (`stalled`).
    pub reason: String,
    /// The same in words.
    pub detail: String,
    /// When it was given up.
    pub at: Time,
}

impl DifficultTarget {
    /// Returns what clients see of such a host.
    pub fn new(address: std::net::IpAddr, record: DifficultRecord) -> Self {
        let time = |time: Difficulty| DifficultTime {
            scan_id: time.scan_id,
            batch_id: time.batch_id,
            reason: time.outcome.as_str().to_owned(),
            detail: time.outcome.to_string(),
            at: time.at,
        };
        Self {
            address: address.to_string(),
            times: record.times,
            history: record.history.into_iter().rev().map(time).collect(),
        }
    }
}

/// The server and what it can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct System {
    /// netscan's version.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// Whether it is a server, which goes on with scans until it is told to end, and again when it
    /// is started again. A process that is none ends with its own scan.
    pub is_server: bool,
    /// The nmap in use; none when there is none.
    pub nmap: Option<NmapInfo>,
    /// Why there is no usable nmap.
    pub nmap_problem: Option<String>,
    /// Whether nmap may open raw sockets, and so which scan types work.
    pub raw_sockets: bool,
    /// How that was found out, and what to do for more.
    pub privilege: String,
    /// nmap processes that may run at once.
    pub slots: u64,
    /// nmap processes that run now.
    pub slots_in_use: u64,
    /// Scans that have not ended.
    pub active_scans: u64,
    /// The size of the store's file.
    pub store_bytes: u64,
    /// The count of starts on this store.
    pub epoch: u64,
    /// Milliseconds since the start.
    pub uptime_ms: u64,
    /// Named limits.
    pub limits: BTreeMap<String, u64>,
}

/// An nmap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NmapInfo {
    /// Its program.
    pub path: String,
    /// Its version (`7.93`).
    pub version: String,
    /// Its data files.
    pub datadir: Option<String>,
}

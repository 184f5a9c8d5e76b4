//! Hosts and targets, and what is known of them.

use crate::{
    api::scan::Scan,
    host::{ExtraPorts, Hop, HostFinding, Hostname, Mac, OsMatch, Port, PortId, Script},
    id::{AttemptNo, BatchId, HostId, ScanId},
    scan::Verdict,
    stored::{DifficultRecord, Difficulty, HostRecord},
    time::Time,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// `up`, `down` or `unknown`, as nmap says; `unknown` while it is unfinished, unless a step of a
    /// staged plan has found it up: what the steps so far have found is told then.
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
            state: state.into_owned(),
            reason: reason.into_owned(),
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

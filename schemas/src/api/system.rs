//! The server itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How the store is, the worst of what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreHealth {
    /// It is well.
    Ok,
    /// Some of what it holds is damaged; that is not served, the rest is.
    Damaged,
    /// There is little room on its disk: no scan and no batch begins, what runs may finish.
    Low,
    /// Its disk is full: nothing is written until there is room.
    Full,
    /// It cannot be written; it is tried again by itself.
    Degraded,
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
    /// What nmap is kept from doing.
    pub sandbox: Sandbox,
    /// nmap processes that may run at once.
    pub slots: u64,
    /// nmap processes that run now.
    pub slots_in_use: u64,
    /// What all nmap processes together may use, and what they do.
    #[serde(default)]
    pub governor: Governor,
    /// Scans that have not ended.
    pub active_scans: u64,
    /// The size of the store's file.
    pub store_bytes: u64,
    /// How the store is.
    pub store_health: StoreHealth,
    /// What is wrong with the store; none when nothing is.
    pub store_problem: Option<String>,
    /// Bytes that are free on the store's disk.
    pub free_bytes: u64,
    /// What may be scanned, by projects without a scope of their own.
    pub scope: ScopeSummary,
    /// The count of starts on this store.
    pub epoch: u64,
    /// Milliseconds since the start.
    pub uptime_ms: u64,
    /// Named limits.
    pub limits: BTreeMap<String, u64>,
}

/// What may be scanned, in short; `GET /api/scope` has the entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeSummary {
    /// The first ranges.
    pub effective: Vec<String>,
    /// Whether there are more.
    pub effective_truncated: bool,
    /// Entries that allow something beside what netscan allows by itself.
    pub allow_entries: u64,
    /// Entries that deny something beside what netscan never scans.
    pub deny_entries: u64,
    /// Whether anything beyond this machine and private networks may be scanned.
    pub public: bool,
    /// What is wrong with it, so that nothing may be scanned; none when nothing is.
    pub problem: Option<String>,
}

/// How much of the sandbox around each nmap has to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SandboxMode {
    /// All of it, or nothing is run.
    Required,
    /// Whatever this system has.
    #[default]
    BestEffort,
    /// None: for looking for faults.
    Off,
}

/// What nmap is kept from doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sandbox {
    /// How much of it has to be there.
    pub mode: SandboxMode,
    /// Its layers, each of which was tried.
    pub layers: Vec<SandboxLayer>,
}

/// One layer of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SandboxLayer {
    /// `user`, `capabilities`, `no_new_privileges`, `landlock`, `seccomp` or `limits`.
    pub name: String,
    /// Whether it is there.
    pub state: LayerState,
    /// What it does, or why it is not there.
    pub detail: String,
}

/// Whether a layer of the sandbox is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerState {
    /// It works.
    On,
    /// It does not.
    Missing,
    /// There is nothing for it to do.
    NotNeeded,
}

impl Sandbox {
    /// Returns the sandbox of no process at all.
    pub fn none() -> Self {
        Self { mode: SandboxMode::Off, layers: Vec::new() }
    }

    /// Returns whether a layer is on.
    pub fn has(&self, layer: &str) -> bool {
        self.layers.iter().any(|found| found.name == layer && found.state == LayerState::On)
    }

    /// Returns what is missing and why, in one line; none when nothing is.
    pub fn missing(&self) -> Option<String> {
        let missing = self.layers.iter().filter(|layer| layer.state == LayerState::Missing);
        let missing: Vec<String> =
            missing.map(|layer| format!("{} ({})", layer.name, layer.detail)).collect();
        (!missing.is_empty()).then(|| missing.join(", "))
    }
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

/// What all nmap processes together may use, and what they do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Governor {
    /// nmap processes that may run at once.
    pub slots: u64,
    /// nmap processes that run now; more than `slots` only after that was lowered, until enough of
    /// them have ended.
    pub slots_in_use: u64,
    /// Packets a second that all of them may send together, beyond this machine; null for no bound.
    pub packet_rate: Option<u32>,
    /// Packets a second that those which run now may send together. nmap's rate cannot be changed
    /// while it runs: after `packet_rate` was lowered this is more, until enough of them have ended;
    /// nothing starts before.
    pub packet_rate_dealt: u32,
    /// nmap processes that run without a bound of packets, from when there was none: after
    /// `packet_rate` was set, nothing starts until they have ended.
    pub unbounded: u64,
    /// Bytes of memory that are left to others: nothing starts when less would be free.
    pub memory_reserve_bytes: u64,
    /// Batches that could start and wait.
    pub waiting: u64,
    /// For what they wait: `slots`, `packet_rate`, `memory` or `processors`; null when none waits.
    pub waits_for: Option<String>,
}

/// Other limits. They hold for what starts next; what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LimitsRequest {
    /// nmap processes that may run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// Packets a second that all of them may send together, beyond this machine; 0 for no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet_rate: Option<u32>,
    /// Bytes of memory that are left to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_reserve_bytes: Option<u64>,
}

//! Records of version 1: their shapes on disk, and the way from each into the next version.
//!
//! bincode tells enum variants by their order, so the enums that have grown since stand here too.

use crate::{
    address::AddressSet,
    attempt::{self, Ending, RawInfos},
    batch::{BatchStatus, BatchSummary, Lane},
    host::HostFinding,
    id::{AttemptNo, BatchId, Epoch, HostId, ProjectId, ScanId},
    scan::{PinnedName, Policy, Tuning, UnresolvedTarget, Verdict},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub struct ProjectRecord {
    pub id: ProjectId,
    pub name: String,
    pub description: Option<String>,
    pub created_at: Time,
}

impl From<ProjectRecord> for super::ProjectRecord {
    /// Nothing could be granted.
    fn from(old: ProjectRecord) -> Self {
        Self::new(old.id, old.name, old.description, old.created_at)
    }
}

/// What a scan was asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2, where not said otherwise
pub struct ScanSpec {
    pub id: ScanId,
    pub project_id: ProjectId,
    pub name: Option<String>,
    pub created_at: Time,
    pub nmap_flags: Vec<String>,
    pub targets: Vec<String>,
    pub exclude: Vec<String>,
    pub chunk_size: u32,
    pub concurrency: u32,
    /// Asked for, and never done.
    pub adaptive: bool,
    pub policy: Policy,
    pub argv: Vec<String>,
    pub fallback: Vec<String>,
    pub warnings: Vec<String>,
    pub parent_scan_id: Option<ScanId>,
    pub total_targets: u64,
    pub excluded: u64,
    pub unresolved: Vec<UnresolvedTarget>,
}

impl From<ScanSpec> for super::ScanSpec {
    /// Nothing is tuned: whether the numbers were the user's own is not known any more.
    fn from(old: ScanSpec) -> Self {
        Self {
            id: old.id,
            project_id: old.project_id,
            name: old.name,
            created_at: old.created_at,
            profile: None,
            phases: Vec::new(),
            nmap_flags: old.nmap_flags,
            targets: old.targets,
            exclude: old.exclude,
            chunk_size: old.chunk_size,
            concurrency: old.concurrency,
            tuning: Tuning::default(),
            policy: old.policy,
            argv: old.argv,
            fallback: old.fallback,
            warnings: old.warnings,
            parent_scan_id: old.parent_scan_id,
            total_targets: old.total_targets,
            excluded: old.excluded,
            unresolved: old.unresolved,
        }
    }
}

/// Which addresses a scan scans.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub struct PlanRecord {
    pub addresses: AddressSet,
    pub names: Vec<PinnedName>,
}

impl From<PlanRecord> for super::PlanRecord {
    fn from(old: PlanRecord) -> Self {
        let order = super::PlanOrder::InOrder;
        Self { addresses: old.addresses, names: old.names, last: AddressSet::default(), order }
    }
}

/// A batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub struct BatchRecord {
    pub id: BatchId,
    pub scan_id: ScanId,
    pub parent: Option<BatchId>,
    pub addresses: AddressSet,
    pub status: BatchStatus,
    pub attempt: Option<AttemptNo>,
    pub charged_attempts: u32,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    pub summary: BatchSummary,
    pub outcome: Option<Outcome>,
    pub epoch: Epoch,
}

impl From<BatchRecord> for super::BatchRecord {
    fn from(old: BatchRecord) -> Self {
        Self {
            id: old.id,
            scan_id: old.scan_id,
            parent: old.parent,
            addresses: old.addresses,
            status: old.status,
            attempt: old.attempt,
            charged_attempts: old.charged_attempts,
            started_at: old.started_at,
            finished_at: old.finished_at,
            summary: old.summary,
            outcome: old.outcome.map(Into::into),
            epoch: old.epoch,
            lane: Lane::Main,
            servers_lost: 0,
            phase: None,
        }
    }
}

/// One attempt at a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub struct AttemptRecord {
    pub batch_id: BatchId,
    pub attempt: AttemptNo,
    pub epoch: Epoch,
    pub argv: Vec<String>,
    pub addresses: AddressSet,
    pub pid: Option<u32>,
    pub started_at: Time,
    pub finished_at: Option<Time>,
    pub ending: Option<Ending>,
    pub outcome: Option<Outcome>,
    pub finished_hosts: u64,
    pub raw: RawInfos,
}

impl From<AttemptRecord> for super::AttemptRecord {
    /// The processor time was not measured, and is 0.
    fn from(old: AttemptRecord) -> Self {
        Self {
            batch_id: old.batch_id,
            attempt: old.attempt,
            epoch: old.epoch,
            argv: old.argv,
            addresses: old.addresses,
            pid: old.pid,
            started_at: old.started_at,
            finished_at: old.finished_at,
            ending: old.ending,
            outcome: old.outcome.map(Into::into),
            cpu_ms: 0,
            finished_hosts: old.finished_hosts,
            raw: old.raw,
        }
    }
}

/// A host of a scan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub struct HostRecord {
    pub id: HostId,
    pub scan_id: ScanId,
    pub batch_id: BatchId,
    pub attempt: AttemptNo,
    pub seen_at: Time,
    pub finding: HostFinding,
}

impl From<HostRecord> for super::HostRecord {
    /// Only hosts that were up, or given up by nmap, had a record.
    fn from(old: HostRecord) -> Self {
        let verdict = if old.finding.timed_out { Verdict::TimedOut } else { Verdict::Up };
        Self {
            id: old.id,
            scan_id: old.scan_id,
            batch_id: old.batch_id,
            attempt: old.attempt,
            seen_at: old.seen_at,
            finding: old.finding,
            verdict,
            provisional: Vec::new(),
        }
    }
}

/// What an attempt proved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub enum Outcome {
    Complete,
    HostsTimedOut { hosts: u64 },
    HostsMissing { hosts: u64 },
    DocumentCut,
    NmapFailed { code: i32, message: String },
    Crashed { signal: i32 },
    Ended { reason: StopReason },
    Unstartable { message: String },
    Lost,
}

impl From<Outcome> for attempt::Outcome {
    fn from(old: Outcome) -> Self {
        match old {
            Outcome::Complete => Self::Complete,
            Outcome::HostsTimedOut { hosts } => Self::HostsTimedOut { hosts },
            Outcome::HostsMissing { hosts } => Self::HostsMissing { hosts },
            Outcome::DocumentCut => Self::DocumentCut,
            Outcome::NmapFailed { code, message } => Self::NmapFailed { code, message },
            Outcome::Crashed { signal } => Self::Crashed { signal },
            Outcome::Ended { reason } => Self::Ended { reason: reason.into() },
            Outcome::Unstartable { message } => Self::Unstartable { message },
            Outcome::Lost => Self::Lost,
        }
    }
}

/// Why netscan itself ended an attempt.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub enum StopReason {
    Deadline,
    Stalled,
    OutputCap,
    StoreSlow,
    Paused,
    Shutdown,
    Stopped,
    Killed,
}

impl From<StopReason> for attempt::StopReason {
    fn from(old: StopReason) -> Self {
        match old {
            StopReason::Deadline => Self::Deadline,
            StopReason::Stalled => Self::Stalled,
            StopReason::OutputCap => Self::OutputCap,
            StopReason::StoreSlow => Self::StoreSlow,
            StopReason::Paused => Self::Paused,
            StopReason::Shutdown => Self::Shutdown,
            StopReason::Stopped => Self::Stopped,
            StopReason::Killed => Self::Killed,
        }
    }
}

/// The addresses of a batch that have a verdict.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 2
pub struct VerdictsRecord {
    pub up: AddressSet,
    pub down: AddressSet,
    pub timed_out: AddressSet,
    pub open_ports: u64,
}

impl From<VerdictsRecord> for super::VerdictsRecord {
    /// No plan had steps.
    fn from(old: VerdictsRecord) -> Self {
        let VerdictsRecord { up, down, timed_out, open_ports } = old;
        Self { up, down, timed_out, open_ports, passed: AddressSet::new() }
    }
}

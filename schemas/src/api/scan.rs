//! Scans, their batches and attempts.

use crate::{
    attempt::{Ending, Outcome, RawInfo, Stream},
    batch::{BatchStatus, BatchSummary, Lane, Phase},
    id::{AttemptNo, BatchId, ProjectId, ScanId},
    scan::{PlanKind, Progress, ScanStatus, Tuning, UnresolvedTarget, Verdict, VerdictCounts},
    stored::{AttemptRecord, BatchRecord},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

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
    /// The profile that it was asked for with; its flags are among `nmap_flags`.
    #[serde(default)]
    pub profile: Option<String>,
    /// In how many steps it goes over its addresses.
    #[serde(default)]
    pub plan: PlanKind,
    /// The flags as written, those of the profile first.
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
    /// Which of the two the engine tunes.
    pub tuning: Tuning,
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
    /// The step of a staged plan that it is of; null in any other plan.
    #[serde(default)]
    pub phase: Option<Phase>,
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
            phase: record.phase,
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
    /// Processor time that nmap took.
    pub cpu_ms: u64,
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
            cpu_ms: record.cpu_ms,
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

//! Scans: what was asked for, where it stands, and what is known of its addresses.

use crate::{limits, time::Time};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr};
use utoipa::ToSchema;

/// Where a scan stands. `completed` means that every target has a verdict other than
/// `unfinished`; a scan whose batches were given up is `failed`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ScanStatus {
    /// Accepted, nothing of it has started.
    Queued,
    /// Batches run or wait to run.
    Running,
    /// Nothing runs and nothing starts until it is resumed.
    Paused,
    /// A stop was asked for; its nmap processes are ending.
    Stopping,
    /// Ended: every target has a verdict.
    Completed,
    /// Ended by a stop; what was found is kept.
    Stopped,
    /// Ended with targets unfinished, or by a fault named in `error`.
    Failed,
}

impl ScanStatus {
    /// Returns whether nothing will happen to the scan any more.
    pub const fn has_ended(self) -> bool {
        match self {
            Self::Completed | Self::Stopped | Self::Failed => true,
            Self::Queued | Self::Running | Self::Paused | Self::Stopping => false,
        }
    }

    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for ScanStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// In how many steps a scan goes over its addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// Each address once, with all flags.
    #[default]
    Single,
    /// First which hosts are up, then their ports, then what listens on the open ones.
    Staged,
}

impl PlanKind {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Staged => "staged",
        }
    }
}

impl fmt::Display for PlanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a target.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// nmap finished it and calls it up.
    Up,
    /// nmap finished it and calls it down.
    Down,
    /// nmap gave up on it at the `--host-timeout` that the user set.
    TimedOut,
    /// Not finished, or not yet.
    Unfinished,
    /// Taken out by an exclude.
    Excluded,
    /// A host name without an address.
    Unresolved,
}

/// How many targets have each verdict.
///
/// Invariant: the sum is the scan's `total_targets`, at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerdictCounts {
    /// Up.
    pub up: u64,
    /// Down.
    pub down: u64,
    /// Given up by nmap at the user's host timeout.
    pub timed_out: u64,
    /// Not finished, or not yet.
    pub unfinished: u64,
    /// Taken out by an exclude.
    pub excluded: u64,
    /// Host names without an address.
    pub unresolved: u64,
}

impl VerdictCounts {
    /// Returns the number of targets in all.
    pub fn total(&self) -> u64 {
        self.up + self.down + self.timed_out + self.unfinished + self.excluded + self.unresolved
    }
}

/// What to do with a batch that fails: whether its remainder is cut into smaller batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resplit {
    /// Cut the remainder into smaller batches until the culprit stands alone: hosts that showed
    /// life apart from silent ones, halves after a crash, quarters after a stall.
    #[default]
    Bisect,
    /// Only try the same batch again.
    Off,
}

/// How hard a scan tries. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Policy {
    /// Tries at one batch, the first included; 1 to 20.
    pub attempts_max: u32,
    /// Wait before the second try; doubled for each one after it.
    pub backoff_ms: u64,
    /// Longest run of one nmap process; none by default.
    pub batch_timeout_ms: Option<u64>,
    /// Longest time of one nmap process without progress (no host finished, no other percentage,
    /// no line but nmap's ticks) before it counts as stalled.
    pub stall_timeout_ms: u64,
    /// Whether a failing batch is cut into smaller ones.
    pub resplit: Resplit,
    /// Batches of at most this many addresses are not cut further.
    pub resplit_min: u32,
    /// Whether finished hosts of a failed attempt are kept.
    pub salvage: bool,
    /// Whether host names are resolved.
    pub resolve: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            backoff_ms: 1000,
            batch_timeout_ms: None,
            stall_timeout_ms: 300_000,
            resplit: Resplit::Bisect,
            resplit_min: 1,
            salvage: true,
            resolve: true,
        }
    }
}

impl Policy {
    /// Returns what is wrong with the numbers: the field's name and why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if !(1..=limits::ATTEMPTS_MAX).contains(&self.attempts_max) {
            let why = format!("must be 1 to {}, not {}", limits::ATTEMPTS_MAX, self.attempts_max);
            return Err(("attempts_max", why));
        }
        if self.stall_timeout_ms < 1000 {
            let why = format!("must be at least 1000, not {}", self.stall_timeout_ms);
            return Err(("stall_timeout_ms", why));
        }
        if self.batch_timeout_ms.is_some_and(|timeout| timeout < 1000) {
            return Err(("batch_timeout_ms", "must be at least 1000, or null for none".into()));
        }
        if self.resplit_min == 0 {
            return Err(("resplit_min", "must be at least 1".into()));
        }
        Ok(())
    }
}

/// Which numbers of a scan the engine tunes while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tuning {
    /// Addresses in a batch.
    pub chunk_size: bool,
    /// Batches at once.
    pub concurrency: bool,
}

/// A target that has no address, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnresolvedTarget {
    /// The host name as written.
    pub target: String,
    /// Why there is no address.
    pub reason: String,
}

/// A host name and the address it had when the scan was accepted. nmap only sees the address, so
/// a name that changes later cannot move the scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PinnedName {
    /// The host name as written.
    pub name: String,
    /// The address that is scanned for it.
    #[schema(value_type = String)]
    pub address: IpAddr,
}

/// The parts of a scan that change while it runs, written by the scan's own actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanState {
    /// Where it stands.
    pub status: ScanStatus,
    /// When its first batch started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// How many addresses of the plan have been cut into batches, in plan order.
    pub cursor: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Targets with a verdict other than unfinished.
    pub targets_done: u64,
    /// Targets in all.
    pub targets_total: u64,
    /// `targets_done` of `targets_total`, 0 to 100; 100 for an empty scan.
    pub percent: f32,
    /// Addresses with the verdict up.
    pub hosts_up: u64,
    /// Ports found open.
    pub open_ports: u64,
    /// Batches that run now.
    pub running_batches: u64,
    /// Milliseconds until the end, at the speed so far; none before the first verdict.
    pub eta_ms: Option<u64>,
    /// As `eta_ms`, for a slow nine in ten.
    pub eta_p90_ms: Option<u64>,
}

//! Batches: sets of addresses that one nmap process scans at a time.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where a batch stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BatchStatus {
    /// Cut, and waiting for its first slot.
    Queued,
    /// An nmap process scans it.
    Running,
    /// An attempt failed; the next one waits for its time and a slot.
    Retrying,
    /// Every address has a verdict.
    Completed,
    /// Its remainder was handed to smaller batches.
    Split,
    /// A stop of the scan ended it.
    Stopped,
    /// Given up; its unfinished addresses stay unfinished.
    Failed,
}

impl BatchStatus {
    /// All of them, in the order of their numbers in the store.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Retrying,
        Self::Completed,
        Self::Split,
        Self::Stopped,
        Self::Failed,
    ];

    /// Returns whether nothing will happen to the batch any more.
    pub const fn has_ended(self) -> bool {
        match self {
            Self::Completed | Self::Split | Self::Stopped | Self::Failed => true,
            Self::Queued | Self::Running | Self::Retrying => false,
        }
    }

    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Completed => "completed",
            Self::Split => "split",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for BatchStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a batch has the addresses that it has, and so how it is treated.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Cut from the plan.
    #[default]
    Main,
    /// Split off: hosts that showed life, apart from those that did not.
    Alive,
    /// Split off: hosts without a sign of life, with flags that come to an end.
    Silent,
    /// A host that an earlier scan could not finish, alone and at the end of the scan.
    Difficult,
}

impl Lane {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Alive => "alive",
            Self::Silent => "silent",
            Self::Difficult => "difficult",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step of a scan with a staged plan.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Which hosts are up.
    Discovery,
    /// Which ports of those are open.
    Ports,
    /// What listens there: services, scripts, the operating system.
    Services,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Discovery, Self::Ports, Self::Services];

    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Ports => "ports",
            Self::Services => "services",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a batch found, as `batch_complete` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchSummary {
    /// Addresses with the verdict up.
    pub hosts_up: u64,
    /// Ports found open on them.
    pub open_ports: u64,
    /// Addresses with the verdict down.
    pub hosts_down: u64,
    /// Addresses that nmap gave up on at the user's host timeout.
    pub hosts_timed_out: u64,
    /// From the start of the first attempt to the end of the last, waits included.
    pub duration_ms: u64,
}

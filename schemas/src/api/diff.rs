//! What differs between two scans.
//!
//! Over verdicts: only what both scans know is compared. A target that one of them has not scanned,
//! or a port that it has not probed, is never called down or closed.

use crate::{
    host::Protocol,
    id::ScanId,
    scan::{ScanStatus, VerdictCounts},
    time::Time,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a host or a port differs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Down before, up after; a port: not open before, open after.
    Appeared,
    /// Up before, down after; a port: open before, not open after.
    Vanished,
    /// Known in both, and different.
    Changed,
    /// Found before; the later scan does not know.
    OnlyBefore,
    /// Found after; the earlier scan does not know.
    OnlyAfter,
}

/// What a scan knows of a host.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// It is up.
    Up,
    /// It is down.
    Down,
    /// nmap gave up on it at its host timeout.
    TimedOut,
    /// It is not finished, or not yet.
    Unfinished,
    /// It is not scanned: no target, or excluded.
    NotScanned,
}

impl Known {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::TimedOut => "timed_out",
            Self::Unfinished => "unfinished",
            Self::NotScanned => "not_scanned",
        }
    }
}

/// What a scan found on a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffPortSide {
    /// Its state; `not_probed` when the scan did not look, and `not_listed` when it may have and
    /// its nmap is too old to say.
    pub state: String,
    /// The service's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The service's product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The product's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// More of what it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_info: Option<String>,
}

/// A port that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffPort {
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// How it differs.
    pub change: Change,
    /// What the earlier scan found.
    pub before: DiffPortSide,
    /// What the later scan found.
    pub after: DiffPortSide,
    /// Scripts on it that say something else, or that only one scan has a result of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<DiffDetail>,
}

/// What a detail is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DetailKind {
    /// Names of the host.
    Hostnames,
    /// Its hardware address.
    Mac,
    /// The names of systems that it may run.
    Os,
    /// How many ports of a state are only counted (`997 closed`), where both scans probed as many.
    ExtraPorts,
    /// A script's result.
    Script,
}

/// Something that the scans say differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffDetail {
    /// What it is about.
    pub kind: DetailKind,
    /// The script's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What only the earlier scan says.
    pub before: Vec<String>,
    /// What only the later scan says.
    pub after: Vec<String>,
}

/// A host that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffHost {
    /// Its address.
    pub address: String,
    /// A name, the later scan's first.
    pub hostname: Option<String>,
    /// How it differs.
    pub change: Change,
    /// What the earlier scan knows.
    pub before: Known,
    /// What the later scan knows.
    pub after: Known,
    /// The ports that differ; of a host that only one scan knows up, its open ports.
    pub ports: Vec<DiffPort>,
    /// What else differs of a host that is up in both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<DiffDetail>,
}

/// One of the two scans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffSide {
    /// Its number.
    pub scan_id: ScanId,
    /// Its name.
    pub name: Option<String>,
    /// Where it stands; of one that has not ended, what is known so far is compared.
    pub status: ScanStatus,
    /// When it started.
    pub started_at: Option<Time>,
    /// The command line of its nmaps.
    #[serde(default)]
    pub argv: Vec<String>,
    /// What is known of its targets.
    pub verdicts: VerdictCounts,
}

/// How much differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffSummary {
    /// Hosts that went up.
    pub hosts_appeared: u64,
    /// Hosts that went down.
    pub hosts_vanished: u64,
    /// Hosts that are up in both and differ.
    pub hosts_changed: u64,
    /// Hosts up before that the later scan does not know.
    pub hosts_only_before: u64,
    /// Hosts up after that the earlier scan does not know.
    pub hosts_only_after: u64,
    /// Hosts that are the same in both, up.
    pub hosts_same: u64,
    /// Ports that became open, on hosts that are up in both.
    pub ports_appeared: u64,
    /// Ports that are open no more, on hosts that are up in both.
    pub ports_vanished: u64,
    /// Ports that differ otherwise.
    pub ports_changed: u64,
    /// Ports that only one of the scans probed.
    pub ports_only_one: u64,
}

impl DiffSummary {
    /// Returns whether something differs that both scans know.
    pub fn differs(&self) -> bool {
        self.hosts_appeared + self.hosts_vanished + self.hosts_changed > 0
    }
}

/// What differs between two scans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diff {
    /// The earlier scan.
    pub before: DiffSide,
    /// The later scan.
    pub after: DiffSide,
    /// The hosts that differ, in the order of their addresses.
    pub hosts: Vec<DiffHost>,
    /// How much differs.
    pub summary: DiffSummary,
}

/// A line of `format=jsonl`: the scans, then each host, then the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffLine {
    /// The first line.
    Scans {
        /// The earlier scan.
        before: Box<DiffSide>,
        /// The later scan.
        after: Box<DiffSide>,
    },
    /// A host that differs.
    Host(Box<DiffHost>),
    /// The last line: without it the answer broke off.
    Summary(DiffSummary),
}

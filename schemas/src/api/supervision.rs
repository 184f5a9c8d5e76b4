//! The supervision tree.

use crate::{id::AttemptNo, time::Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What runs now, who supervises it, and what was started again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Supervision {
    /// What has nobody above it, with all that it supervises.
    pub nodes: Vec<SupervisionNode>,
    /// Whether there is more than is shown: 1000 nodes at most, those nearest to the root first.
    pub truncated: bool,
    /// The newest failures since the server's start, the oldest of them first; 100 at most.
    pub restarts: Vec<SupervisionRestart>,
    /// All failures since the server's start.
    pub restarts_total: u64,
}

/// What a node of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupervisionKind {
    /// Starts scans, and starts those again that failed.
    Engine,
    /// Makes everything durable.
    Writer,
    /// Shows events to live readers.
    Hub,
    /// Says who may run next.
    Slots,
    /// A scan.
    Scan,
    /// A batch of a scan.
    Batch,
    /// An attempt at a batch, which is one nmap.
    Runner,
}

/// A part of the server that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupervisionNode {
    /// Its name: `scan 7`, `batch 12`.
    pub name: String,
    /// What it is.
    pub kind: SupervisionKind,
    /// The number of the scan or batch.
    pub id: Option<u64>,
    /// Where it stands. For a scan its status, or `starting`, `restarting`, `waiting` (it cannot
    /// start yet), `given_up` (until the next start of the server); for a batch `waiting`,
    /// `running`, `settling` or `resting`; for an attempt `starting`, `running` or `settling`; for
    /// the writer `running`, `low`, `full` or `degraded`.
    pub state: String,
    /// Since when it stands there; of the store's writer, since somebody first saw it so.
    pub since: Time,
    /// How often it failed since the start of what is above it.
    pub restarts: u64,
    /// Why, the last time, or what it waits for.
    pub last_cause: Option<String>,
    /// The attempt, of a batch that had one and of a runner.
    pub attempt: Option<AttemptNo>,
    /// The process of a runner.
    pub pid: Option<u32>,
    /// What it supervises.
    #[schema(no_recursion)]
    pub children: Vec<Self>,
}

/// Something failed, and was started again or given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SupervisionRestart {
    /// When.
    pub at: Time,
    /// What: `scan 7`.
    pub name: String,
    /// What it is.
    pub kind: SupervisionKind,
    /// The number of the scan or batch.
    pub id: Option<u64>,
    /// Why.
    pub cause: String,
}

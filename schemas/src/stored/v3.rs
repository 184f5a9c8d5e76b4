//! Records of version 3 that have changed since, and the way from each into the next version.

use crate::{
    address::AddressSet,
    attempt::Outcome,
    batch::{BatchStatus, BatchSummary, Lane},
    id::{AttemptNo, BatchId, Epoch, ScanId},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A batch; version 2 has one outcome less.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 4
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
    pub lane: Lane,
    pub servers_lost: u32,
}

impl From<BatchRecord> for super::BatchRecord {
    /// No plan had steps.
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
            outcome: old.outcome,
            epoch: old.epoch,
            lane: old.lane,
            servers_lost: old.servers_lost,
            phase: None,
        }
    }
}

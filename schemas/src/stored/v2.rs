//! Records of version 2 that have changed since, and the way from each into the next version.

use crate::{
    address::AddressSet,
    id::{ProjectId, ScanId},
    scan::{PinnedName, Policy, Tuning, UnresolvedTarget},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// Which addresses a scan scans.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 3
pub struct PlanRecord {
    pub addresses: AddressSet,
    pub names: Vec<PinnedName>,
    pub last: AddressSet,
}

impl From<PlanRecord> for super::PlanRecord {
    /// All plans were cut in order.
    fn from(old: PlanRecord) -> Self {
        let order = super::PlanOrder::InOrder;
        Self { addresses: old.addresses, names: old.names, last: old.last, order }
    }
}

/// What a scan was asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 3
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
    pub tuning: Tuning,
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
    /// There were no profiles, and one kind of plan.
    fn from(old: ScanSpec) -> Self {
        Self {
            profile: None,
            phases: Vec::new(),
            id: old.id,
            project_id: old.project_id,
            name: old.name,
            created_at: old.created_at,
            nmap_flags: old.nmap_flags,
            targets: old.targets,
            exclude: old.exclude,
            chunk_size: old.chunk_size,
            concurrency: old.concurrency,
            tuning: old.tuning,
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

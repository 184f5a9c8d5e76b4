//! Rescans: a new scan of an ended scan's targets, or of those that are left of it.

use crate::{
    submit::{Kind, SubmitError},
    system::System,
};
use netscan_schemas::{
    Role, ScanId,
    api::{RescanOnly, RescanRequest, ScanAccepted, ScanRequest},
    audit::Origin,
};
use netscan_store::{ReadError, Store};
use std::sync::Arc;

/// Why a rescan is not started.
#[derive(Debug, thiserror::Error)]
pub enum RescanError {
    /// There is no such scan.
    #[error("there is no scan {0}")]
    NoScan(ScanId),
    /// The scan has not ended.
    #[error("scan {0} has not ended; stop it first, or wait")]
    NotEnded(ScanId),
    /// No target of the scan is asked for.
    #[error("scan {0} has no such targets left; rescan `all` scans everything again")]
    NothingLeft(ScanId),
    /// The new scan is refused.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl System {
    /// Makes a new scan of an ended scan's targets, checked as any other request of somebody with
    /// this role.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); also when nothing is left to scan.
    pub async fn rescan(
        &self,
        role: Role,
        scan: ScanId,
        request: RescanRequest,
        by: &Origin,
    ) -> Result<ScanAccepted, RescanError> {
        let store = Arc::clone(self.store());
        // It reads the verdicts of all batches: off the threads that serve everybody.
        let read = tokio::task::spawn_blocking(move || rescan_request(&store, scan, request)).await;
        // It only fails when the runtime is going down.
        let request = read.unwrap_or(Err(ReadError::Unavailable.into()))?;
        Ok(self.submit_as(role, request, Kind::Rescan(scan), by).await?)
    }
}

/// Returns the request that scans an ended scan's targets again.
fn rescan_request(
    store: &Store,
    scan: ScanId,
    RescanRequest { only, confirm }: RescanRequest,
) -> Result<ScanRequest, RescanError> {
    let view = store.scan(scan)?.ok_or(RescanError::NoScan(scan))?;
    if !view.state.status.has_ended() {
        return Err(RescanError::NotEnded(scan));
    }
    let spec = view.spec;
    let plan = spec.plan();
    let targets = match only {
        RescanOnly::All => spec.targets,
        RescanOnly::TimedOut => store.scan_verdicts(scan)?.timed_out.to_ranges(),
        RescanOnly::Unfinished => {
            let plan = store.plan(scan)?.unwrap_or_default();
            let known = store.scan_verdicts(scan)?.known();
            plan.addresses.difference(&known).to_ranges()
        }
    };
    if targets.is_empty() {
        return Err(RescanError::NothingLeft(scan));
    }
    Ok(ScanRequest {
        project_id: Some(spec.project_id),
        nmap_flags: spec.nmap_flags,
        plan: Some(plan),
        targets,
        exclude: spec.exclude,
        // What was tuned is tuned again.
        chunk_size: (!spec.tuning.chunk_size).then_some(spec.chunk_size),
        concurrency: (!spec.tuning.concurrency).then_some(spec.concurrency),
        policy: spec.policy,
        name: spec.name,
        confirm,
        ..ScanRequest::default()
    })
}

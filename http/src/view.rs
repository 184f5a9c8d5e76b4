//! What clients see of a scan, made from what is stored and what is live.

use crate::{problem::Failure, router::Edge};
use netscan_schemas::{ProjectId, ScanId, api::Scan, batch::BatchStatus, scan::Progress};
use netscan_store::ScanView;
use std::collections::HashMap;

/// Targets and excludes that a list shows of each scan.
const LISTED_TARGETS: usize = 100;

/// Returns one scan, or that there is none.
pub fn stored(edge: &Edge, scan: ScanId) -> Result<ScanView, Failure> {
    let view = edge.system.store().scan(scan)?;
    view.ok_or_else(|| no_scan(scan))
}

/// Returns that there is no such scan, for all that the caller may know.
pub fn no_scan(scan: ScanId) -> Failure {
    Failure::not_found(format!("scan {scan}"))
}

/// Returns one scan as clients see it.
pub fn scan(edge: &Edge, view: ScanView) -> Result<Scan, Failure> {
    let project = edge.system.store().project(view.spec.project_id)?;
    Ok(build(edge, view, project.map(|project| project.name).unwrap_or_default()))
}

/// Returns scans as a list shows them.
pub fn scans(edge: &Edge, views: Vec<ScanView>) -> Result<Vec<Scan>, Failure> {
    let mut names: HashMap<ProjectId, String> = HashMap::new();
    let mut scans = Vec::with_capacity(views.len());
    for view in views {
        let id = view.spec.project_id;
        if let std::collections::hash_map::Entry::Vacant(name) = names.entry(id) {
            let project = edge.system.store().project(id)?;
            name.insert(project.map(|project| project.name).unwrap_or_default());
        }
        let mut scan = build(edge, view, names.get(&id).cloned().unwrap_or_default());
        scan.targets_truncated = scan.targets.len() > LISTED_TARGETS;
        scan.targets.truncate(LISTED_TARGETS);
        scan.exclude_truncated = scan.exclude.len() > LISTED_TARGETS;
        scan.exclude.truncate(LISTED_TARGETS);
        scans.push(scan);
    }
    Ok(scans)
}

fn build(edge: &Edge, view: ScanView, project_name: String) -> Scan {
    let has_ended = view.state.status.has_ended();
    // Most scans of a list have ended, and nobody holds anything of them.
    let hub = (!has_ended).then(|| edge.system.hub());
    let estimate = hub.and_then(|hub| hub.progress(view.spec.id)).unwrap_or_default();
    let progress = Progress {
        eta_ms: estimate.eta_ms,
        eta_p90_ms: estimate.eta_p90_ms,
        ..netscan_actors::progress(&view)
    };
    let is_live = !has_ended && edge.system.in_hand().holds(view.spec.id);
    let waits_for = hub.and_then(|hub| hub.waits_for(view.spec.id));
    let verdicts = view.tally.verdicts(&view.spec);
    let batches_by_state = BatchStatus::ALL.into_iter().zip(view.tally.batches).collect();
    let ScanView { spec, state, tally: _ } = view;
    let plan = spec.plan();
    Scan {
        id: spec.id,
        project_id: spec.project_id,
        project_name,
        name: spec.name,
        status: state.status,
        is_live,
        created_at: spec.created_at,
        started_at: state.started_at,
        finished_at: state.finished_at,
        profile: spec.profile,
        plan,
        nmap_flags: spec.nmap_flags,
        argv: spec.argv,
        targets: spec.targets,
        targets_truncated: false,
        exclude: spec.exclude,
        exclude_truncated: false,
        chunk_size: spec.chunk_size,
        concurrency: spec.concurrency,
        tuning: spec.tuning,
        total_targets: spec.total_targets,
        progress,
        verdicts,
        unresolved: spec.unresolved,
        batches_by_state,
        fallback: spec.fallback,
        warnings: spec.warnings,
        parent_scan_id: spec.parent_scan_id,
        error: state.error,
        waits_for,
    }
}

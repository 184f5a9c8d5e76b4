//! The target space of a scan in blocks, coloured by what is known.

use super::hosts::addresses;
use crate::{
    extract::Segment,
    map::{Count, Map},
    problem::Failure,
    query::Query,
    router::Edge,
    view,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    AddressSet, ScanId,
    api::ScanMap,
    limits,
    problem::Code,
    scan::Verdict,
    stored::{PlanRecord, ScanSpec, VerdictsRecord},
};
use netscan_store::{
    ReadError, ScanView, Store,
    search::{Bounds, HostQuery},
};
use serde::Deserialize;
use std::sync::Arc;

/// Batches whose verdicts are read at once.
const BATCHES_A_READ: usize = 256;

/// Which map.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MapQuery {
    /// Cells at most, 1 to 4096; 1024 without it. Each family has at least one.
    #[param(minimum = 1, maximum = 4096)]
    cells: Option<usize>,
    /// Only addresses in this block or range.
    #[param(value_type = Option<String>, example = "10.0.0.0/16")]
    within: Option<String>,
}

/// Answers the addresses of a scan in blocks, with what is known of those in each. Names without an
/// address are in none.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/map",
    tag = "scans",
    operation_id = "map_scan",
    params(("id" = ScanId, Path, description = "The number of the scan"), MapQuery),
    responses(
        (status = 200, description = "The map", body = ScanMap),
    ),
)]
pub async fn map(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    Query(query): Query<MapQuery>,
) -> Result<Json<ScanMap>, Failure> {
    let cells = query.cells.unwrap_or(limits::MAP_CELLS_DEFAULT);
    if !(1..=limits::MAP_CELLS_MAX).contains(&cells) {
        let detail = format!("cells must be 1 to {}, not {cells}", limits::MAP_CELLS_MAX);
        return Err(Failure::new(Code::InvalidValue, detail));
    }
    let within = query.within.as_deref().map(|text| addresses("within", text)).transpose()?;
    let view = view::stored(&edge, scan)?;
    let store = Arc::clone(edge.system.store());
    let drawn = crate::off_thread(move || draw(&store, &view, cells, within.as_ref())).await?;
    Ok(Json(drawn?))
}

fn draw(
    store: &Store,
    view: &ScanView,
    cells: usize,
    within: Option<&AddressSet>,
) -> Result<ScanMap, ReadError> {
    let scan = view.spec.id;
    let clipped = |set: AddressSet| match within {
        Some(within) => set.intersection(within),
        None => set,
    };
    let plan = store.plan(scan)?.unwrap_or_default();
    let targets = targets(&view.spec, &plan);
    let excluded = clipped(targets.difference(&plan.addresses));
    let targets = clipped(targets);
    let mut map = Map::of(&targets, cells);
    map.add(&excluded, Count::Excluded);
    let mut after = None;
    loop {
        let (last, found) = store.verdicts_after(scan, after, BATCHES_A_READ)?;
        let Some(last) = last else { break };
        after = Some(last);
        for VerdictsRecord { up, down, timed_out, .. } in found {
            map.add(&clipped(up), Count::Up);
            map.add(&clipped(down), Count::Down);
            map.add(&clipped(timed_out), Count::TimedOut);
        }
    }
    for batch in store.batches_running(scan)? {
        let known = store.verdicts(batch.id)?.known();
        map.add(&clipped(batch.addresses.difference(&known)), Count::Running);
    }
    let truncated = view.tally.open_ports > 0 && !add_open(store, scan, within, &mut map)?;
    Ok(map.finish(truncated))
}

/// Returns all addresses that the targets are, those that are excluded too.
fn targets(spec: &ScanSpec, plan: &PlanRecord) -> AddressSet {
    if spec.excluded == 0 {
        return plan.addresses.clone();
    }
    // They were read when the scan was accepted, and are read the same way.
    let (listed, _) = netscan_nmap::targets::parse(&spec.targets);
    let named: AddressSet = plan.names.iter().map(|name| name.address).collect();
    listed.addresses.union(&named).union(&plan.addresses)
}

/// Counts the hosts that are up and have an open port; returns whether all of them are counted.
fn add_open(
    store: &Store,
    scan: ScanId,
    within: Option<&AddressSet>,
    map: &mut Map,
) -> Result<bool, ReadError> {
    let query = HostQuery {
        addresses: within.cloned(),
        verdict: Some(Verdict::Up),
        state: Some("open".into()),
        ..HostQuery::default()
    };
    let reads = limits::SEARCH_READS_MAX;
    let mut after = None;
    for _ in 0..limits::MAP_READS_MAX / reads {
        let bounds = Bounds { hosts: reads, reads };
        let page = store.hosts_matching(scan, &query, after, bounds)?;
        let open = page.hosts.iter().map(|host| host.finding.address);
        map.add(&open.collect(), Count::OpenPorts);
        if page.next.is_none() {
            return Ok(true);
        }
        after = page.next;
    }
    Ok(false)
}

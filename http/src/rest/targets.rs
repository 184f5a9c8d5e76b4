//! Targets: what an expression means, and what is known of an address.

use crate::{
    extract::{Body, Lenient, Segment},
    problem::Failure,
    router::Edge,
    view,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    api::{ExpandAnswer, ExpandRequest, InvalidTarget, Scan, TargetHistory},
    limits,
    problem::Code,
    scan::Verdict,
    stored::HostRecord,
};
use std::{net::IpAddr, sync::Arc};

impl Body for ExpandRequest {
    const FIELDS: &'static [&'static str] = &["targets"];
}

/// Lists what targets mean, address by address; names are resolved.
pub async fn expand(request: Lenient<ExpandRequest>) -> Json<ExpandAnswer> {
    let (list, errors) = netscan_nmap::targets::parse(&request.body.targets);
    let resolved = netscan_nmap::resolve::resolve(&list.names, limits::RESOLVE_TIMEOUT).await;
    let named = resolved.names.iter().map(|name| name.address).collect();
    let addresses = list.addresses.union(&named);
    let invalid = errors
        .into_iter()
        .map(|error| InvalidTarget { target: error.target, reason: error.reason })
        .chain(
            resolved
                .unresolved
                .into_iter()
                .map(|name| InvalidTarget { target: name.target, reason: name.reason }),
        );
    let listed = addresses.iter().take(limits::EXPAND_MAX);
    Json(ExpandAnswer {
        targets: listed.map(|address| address.to_string()).collect(),
        total: addresses.count(),
        truncated: addresses.len() > limits::EXPAND_MAX as u128,
        invalid: invalid.collect(),
        warnings: request.warnings,
    })
}

/// Lists the scans that found an address up or gave up on it, newest first.
pub async fn history(
    State(edge): State<Arc<Edge>>,
    Segment(address): Segment<String>,
) -> Result<Json<Vec<TargetHistory>>, Failure> {
    let address: IpAddr = address.parse().map_err(|_| {
        let detail =
            format!("`{address}` is not an address; give one like 192.0.2.7 or 2001:db8::7");
        Failure::new(Code::InvalidTarget, detail)
    })?;
    Ok(Json(crate::off_thread(move || found_at(&edge, address)).await??))
}

fn found_at(edge: &Edge, address: IpAddr) -> Result<Vec<TargetHistory>, Failure> {
    let store = edge.system.store();
    let (mut found, mut views) = (Vec::new(), Vec::new());
    for record in store.hosts_by_address(address)?.into_iter().take(limits::SEED_LIST_MAX) {
        // A scan may be deleted meanwhile.
        if let Some(view) = store.scan(record.scan_id)? {
            found.push(record);
            views.push(view);
        }
    }
    let row = |(scan, record): (Scan, HostRecord)| {
        let verdict = if record.finding.timed_out { Verdict::TimedOut } else { Verdict::Up };
        let open = record.finding.open_ports();
        let open_ports = open.map(|port| format!("{}/{}", port.number, port.protocol)).collect();
        TargetHistory { scan, verdict, open_ports }
    };
    Ok(view::scans(edge, views)?.into_iter().zip(found).map(row).collect())
}

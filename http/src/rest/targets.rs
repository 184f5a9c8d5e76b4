//! Targets: what an expression means, and what is known of an address.

use crate::{
    extract::{Body, Lenient, Segment},
    problem::Failure,
    router::Edge,
    view,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    api::{ExpandAnswer, ExpandRequest, Host, InvalidTarget, TargetHistory},
    limits,
    scan::Verdict,
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
        Failure::new(netscan_schemas::problem::Code::InvalidTarget, detail)
    })?;
    let mut rows = Vec::new();
    for record in edge.system.store().hosts_by_address(address)? {
        let scan = view::scan(&edge, view::stored(&edge, record.scan_id)?)?;
        let verdict = if record.finding.timed_out { Verdict::TimedOut } else { Verdict::Up };
        let open = Host::new(record).ports.into_iter().filter(|port| port.state == "open");
        let open_ports = open.map(|port| format!("{}/{}", port.port, port.protocol)).collect();
        rows.push(TargetHistory { scan, verdict, open_ports });
    }
    Ok(Json(rows))
}

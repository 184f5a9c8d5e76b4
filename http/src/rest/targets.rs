//! Targets: what an expression means, and what is known of an address.

use crate::{
    auth::Identity,
    extract::{Body, Lenient, Segment},
    problem::Failure,
    query::{Nothing, Query, SeedQuery},
    router::Edge,
    view,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    ScanId,
    api::{DifficultTarget, ExpandAnswer, ExpandRequest, InvalidTarget, Scan, TargetHistory},
    limits,
    problem::Code,
    stored::{DifficultRecord, HostRecord},
};
use netscan_store::{ReadError, Store};
use serde::Deserialize;
use std::{net::IpAddr, sync::Arc};

impl Body for ExpandRequest {
    const FIELDS: &'static [&'static str] = &["targets"];
}

/// Lists what targets mean, address by address; names are resolved.
#[utoipa::path(
    post,
    path = "/api/targets/expand",
    tag = "targets",
    operation_id = "expand_targets",
    request_body = ExpandRequest,
    responses(
        (status = 200, description = "The addresses", body = ExpandAnswer),
    ),
)]
pub async fn expand(_: SeedQuery<Nothing>, request: Lenient<ExpandRequest>) -> Json<ExpandAnswer> {
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

/// Which hosts to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DifficultQuery {
    /// Only those that this scan could not finish.
    scan: Option<ScanId>,
    /// Only those after this address.
    #[param(value_type = Option<String>, example = "192.0.2.7")]
    after: Option<IpAddr>,
    /// Rows at most; 1 to 1000. Without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Lists hosts that scans could not finish, by address.
#[utoipa::path(
    get,
    path = "/api/targets/difficult",
    tag = "targets",
    operation_id = "list_difficult_targets",
    params(DifficultQuery),
    responses(
        (status = 200, description = "The hosts", body = [DifficultTarget]),
    ),
)]
pub async fn difficult(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Query(query): Query<DifficultQuery>,
) -> Result<Json<Vec<DifficultTarget>>, Failure> {
    let limit = query.limit.unwrap_or(limits::PAGE_DEFAULT);
    if !(1..=limits::PAGE_MAX).contains(&limit) {
        let detail = format!("limit must be 1 to {}, not {limit}", limits::PAGE_MAX);
        return Err(Failure::new(Code::InvalidValue, detail));
    }
    let find = move || -> Result<Vec<DifficultTarget>, ReadError> {
        let store = edge.system.store();
        let (mut found, mut after) = (Vec::new(), query.after);
        loop {
            let rows = store.difficult(after, limits::PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { return Ok(found) };
            after = Some(*last);
            for (address, mut record) in rows {
                if !leave_seen(store, &caller, &mut record)? {
                    continue;
                }
                let is_of = |scan| record.history.iter().any(|time| time.scan_id == scan);
                if query.scan.is_none_or(is_of) {
                    found.push(DifficultTarget::new(address, record));
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    };
    Ok(Json(crate::off_thread(find).await??))
}

/// Takes out what is of projects that the caller does not see; returns whether anything is left.
fn leave_seen(
    store: &Store,
    caller: &Identity,
    record: &mut DifficultRecord,
) -> Result<bool, ReadError> {
    let Some(projects) = caller.projects() else { return Ok(true) };
    let mut seen = Vec::new();
    for time in std::mem::take(&mut record.history) {
        if store.is_of_any(time.scan_id, projects)? {
            seen.push(time);
        }
    }
    record.times = u32::try_from(seen.len()).unwrap_or(u32::MAX);
    record.history = seen;
    Ok(!record.history.is_empty())
}

/// Lists the scans that found an address up or gave up on it, newest first.
#[utoipa::path(
    get,
    path = "/api/targets/{address}/history",
    tag = "targets",
    operation_id = "get_target_history",
    params(("address" = String, Path, description = "An address of IPv4 or IPv6", example = "192.0.2.7")),
    responses(
        (status = 200, description = "The scans", body = [TargetHistory]),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target"]))),
)]
pub async fn history(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(address): Segment<String>,
    _: SeedQuery<Nothing>,
) -> Result<Json<Vec<TargetHistory>>, Failure> {
    let address: IpAddr = address.parse().map_err(|_| {
        let detail =
            format!("`{address}` is not an address; give one like 192.0.2.7 or 2001:db8::7");
        Failure::new(Code::InvalidTarget, detail)
    })?;
    Ok(Json(crate::off_thread(move || found_at(&edge, &caller, address)).await??))
}

fn found_at(
    edge: &Edge,
    caller: &Identity,
    address: IpAddr,
) -> Result<Vec<TargetHistory>, Failure> {
    let store = edge.system.store();
    let (mut found, mut views) = (Vec::new(), Vec::new());
    for record in store.hosts_by_address(address)? {
        if found.len() == limits::SEED_LIST_MAX {
            break;
        }
        // A scan may be deleted meanwhile.
        match store.scan(record.scan_id)? {
            Some(view) if caller.sees(view.spec.project_id) => {
                found.push(record);
                views.push(view);
            }
            Some(_) | None => {}
        }
    }
    let row = |(scan, record): (Scan, HostRecord)| {
        let verdict = record.verdict;
        let open = record.finding.open_ports();
        let open_ports = open.map(|port| format!("{}/{}", port.number, port.protocol)).collect();
        TargetHistory { scan, verdict, open_ports }
    };
    Ok(view::scans(edge, views)?.into_iter().zip(found).map(row).collect())
}

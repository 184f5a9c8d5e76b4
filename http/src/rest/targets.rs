//! Targets: what an expression means, and what is known of an address.

use crate::{
    auth::Identity,
    extract::{Body, Lenient, Segment},
    page::{self, Page},
    problem::Failure,
    query::{Nothing, Query, SeedQuery},
    router::Edge,
    view,
};
use axum::{Json, extract::State, http::Uri, response::Response};
use netscan_schemas::{
    ScanId,
    api::{DifficultTarget, ExpandAnswer, ExpandRequest, InvalidTarget, TargetHistory},
    limits,
    problem::Code,
    stored::DifficultRecord,
};
use netscan_store::{HistoryPlace, Known, ReadError, Store};
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

/// Lists the scans of which an address was a target, newest first, with what each knows of it: `up`,
/// `down`, `timed_out` or `unfinished`.
#[utoipa::path(
    get,
    path = "/api/targets/{address}/history",
    tag = "targets",
    operation_id = "get_target_history",
    params(("address" = String, Path, description = "An address of IPv4 or IPv6", example = "192.0.2.7"), Page),
    responses(
        (status = 200, description = "The scans; a page may be short, or empty, and have a next one", body = [TargetHistory], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target"]))),
)]
pub async fn history(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(address): Segment<String>,
    SeedQuery(page): SeedQuery<Page>,
    uri: Uri,
) -> Result<Response, Failure> {
    let address: IpAddr = address.parse().map_err(|_| {
        let detail =
            format!("`{address}` is not an address; give one like 192.0.2.7 or 2001:db8::7");
        Failure::new(Code::InvalidTarget, detail)
    })?;
    let (limit, from) = (page.limit()?, page.place(place)?);
    // Who names no limit may not look for a next page: there is one only where it would take long.
    let reads = match page.is_asked_for() {
        true => limits::SEARCH_READS_MAX,
        false => limits::SEARCH_ALL_READS_MAX,
    };
    let find = move || {
        let projects = caller.projects();
        let found = edge.system.store().history(address, projects, from, limit, reads)?;
        let rows = rows(&edge, found.scans)?;
        Ok(page::answer_up_to(&uri, &rows, limit, found.next.map(cursor)))
    };
    crate::off_thread(find).await?
}

/// Returns a place as a cursor.
fn cursor(place: HistoryPlace) -> String {
    format!("t{:x}.{:x}", place.scan, place.batch)
}

fn place(cursor: &str) -> Option<HistoryPlace> {
    let (scan, batch) = cursor.strip_prefix('t')?.split_once('.')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some(HistoryPlace { scan: number(scan)?, batch: number(batch)? })
}

fn rows(edge: &Edge, known: Vec<Known>) -> Result<Vec<TargetHistory>, Failure> {
    let (mut views, mut found) = (Vec::new(), Vec::new());
    for Known { scan, verdict, host } in known {
        let open = host.iter().flat_map(|host| host.finding.open_ports());
        let open_ports = open.map(|port| format!("{}/{}", port.number, port.protocol)).collect();
        views.push(scan);
        found.push((verdict, open_ports));
    }
    let scans = view::scans(edge, views)?.into_iter().zip(found);
    let row = |(scan, (verdict, open_ports))| TargetHistory { scan, verdict, open_ports };
    Ok(scans.map(row).collect())
}

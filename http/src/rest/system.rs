//! The server itself: whether it lives, whether it can scan, and what it is.

use crate::{
    auth::Identity,
    problem::{Failure, chain},
    query::{Nothing, Query},
    router::Edge,
};
use axum::{Extension, Json, extract::State};
use netscan_schemas::{
    api::{NmapInfo, StoreHealth, System},
    limits,
    problem::Code,
};
use netscan_store::{Health, Store};
use std::{collections::BTreeMap, sync::Arc};

/// Answers as long as the process serves.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "system",
    operation_id = "healthz",
    responses(
        (status = 200, description = "It serves", body = String, content_type = "text/plain"),
    ),
)]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers whether scans can run and be kept.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "system",
    operation_id = "readyz",
    responses(
        (status = 200, description = "Scans can run and be kept", body = String, content_type = "text/plain"),
    ),
    extensions(("x-problem-codes" = json!(["store-unavailable", "nmap-unusable"]))),
)]
pub async fn readyz(
    State(edge): State<Arc<Edge>>,
    caller: Option<Extension<Identity>>,
) -> Result<&'static str, Failure> {
    let not_ready = |code: Code, why: String| match caller {
        Some(_) => Err(Failure::new(code, why)),
        // It may hold paths, and this one may be anybody.
        None => Err(Failure::new(code, "not ready; who has a token is told why")),
    };
    let health = edge.system.store().health();
    if !health.accepts_work() {
        return not_ready(Code::StoreUnavailable, format!("not ready: store: {health}"));
    }
    match edge.system.scanner().installation().await {
        Ok(_) => Ok("ready\n"),
        Err(error) => not_ready(Code::NmapUnusable, chain(&error)),
    }
}

/// Describes the server.
#[utoipa::path(
    get,
    path = "/api/system",
    tag = "system",
    operation_id = "describe_system",
    responses(
        (status = 200, description = "The server", body = System),
    ),
)]
pub async fn describe(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
) -> Result<Json<System>, Failure> {
    let system = &edge.system;
    let found = system.scanner().installation().await;
    let (nmap, nmap_problem) = match found {
        Ok(found) => (Some(found), None),
        Err(error) => (None, Some(chain(&error))),
    };
    let nmap = nmap.map(|nmap| NmapInfo {
        path: nmap.program.display().to_string(),
        version: nmap.version.to_string(),
        datadir: nmap.datadir.map(|datadir| datadir.display().to_string()),
    });
    let privileges = system.scanner().privileges();
    let slots = system.slots().await;
    let (store_health, store_problem) = store_health(system.store());
    Ok(Json(System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        is_server: system.is_server(),
        nmap,
        nmap_problem,
        raw_sockets: privileges.raw,
        privilege: privileges.explanation.clone(),
        slots: slots.limit as u64,
        slots_in_use: slots.in_use as u64,
        active_scans: seen_active(&edge, &caller)?,
        store_bytes: system.store().store_bytes().map_err(|error| Failure::internal(&error))?,
        store_health,
        store_problem,
        free_bytes: system.store().free_bytes().map_err(|error| Failure::internal(&error))?,
        scope: system.scopes().summary(),
        epoch: system.store().epoch(),
        uptime_ms: u64::try_from(system.uptime().as_millis()).unwrap_or(u64::MAX),
        limits: named_limits(&edge),
    }))
}

/// Returns the worst of what is known of the store, and what it is.
fn store_health(store: &Store) -> (StoreHealth, Option<String>) {
    let health = store.health();
    let how = match &health {
        Health::Ok => {
            let scrub = store.scrub();
            return match scrub.problems.first() {
                Some(first) => {
                    let problem = format!(
                        "{} of the store's records are damaged, such as {first}; `netscan store \
                         check` names all of them, once the server is stopped",
                        scrub.damaged
                    );
                    (StoreHealth::Damaged, Some(problem))
                }
                None => (StoreHealth::Ok, None),
            };
        }
        Health::Low { .. } => StoreHealth::Low,
        Health::Full { .. } => StoreHealth::Full,
        Health::Degraded { .. } => StoreHealth::Degraded,
    };
    (how, Some(health.to_string()))
}

/// Returns how many scans that the caller sees have not ended.
fn seen_active(edge: &Edge, caller: &Identity) -> Result<u64, Failure> {
    let Some(projects) = caller.projects() else {
        return Ok(edge.system.in_hand().count() as u64);
    };
    let mut active = 0;
    for scan in edge.system.in_hand().scans() {
        active += u64::from(edge.system.store().is_of_any(scan, projects)?);
    }
    Ok(active)
}

fn named_limits(edge: &Edge) -> BTreeMap<String, u64> {
    let bounds = &edge.bounds;
    let limits: [(&str, u64); 20] = [
        ("scan_addresses_max", limits::SCAN_ADDRESSES_MAX),
        ("run_addresses_max", limits::RUN_ADDRESSES_MAX),
        ("target_lines_max", limits::TARGET_LINES_MAX as u64),
        ("chunk_size_max", u64::from(limits::CHUNK_SIZE_MAX)),
        ("concurrency_max", u64::from(limits::CONCURRENCY_MAX)),
        ("attempts_max", u64::from(limits::ATTEMPTS_MAX)),
        ("stream_bytes_max", limits::STREAM_BYTES_MAX),
        ("stdout_bytes_max", limits::STDOUT_BYTES_MAX),
        ("connections_max", edge.connections_max() as u64),
        ("stderr_bytes_max", limits::STDERR_BYTES_MAX),
        ("body_bytes_max", limits::BODY_BYTES_MAX as u64),
        ("connections_per_ip_max", bounds.connections_per_ip as u64),
        ("requests_per_s_max", u64::from(bounds.requests_per_s)),
        ("small_body_bytes_max", limits::SMALL_BODY_BYTES_MAX as u64),
        ("header_bytes_max", limits::HEADER_BYTES_MAX as u64),
        ("headers_max", limits::HEADERS_MAX as u64),
        ("tokens_max", limits::TOKENS_MAX as u64),
        ("page_max", limits::PAGE_MAX as u64),
        ("scope_entries_max", limits::SCOPE_ENTRIES_MAX as u64),
        ("ws_clients_max", edge.clients_max as u64),
    ];
    limits.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

//! The server itself: whether it lives, whether it can scan, and what it is.

use crate::{
    auth::Identity,
    extract::{Body, Strict},
    problem::{Failure, chain},
    query::{Nothing, Query},
    router::Edge,
};
use axum::{Extension, Json, extract::State};
use netscan_actors::{LimitsChange, SlotsCount};
use netscan_schemas::{
    api::{Governor, LimitsRequest, NmapInfo, StoreHealth, Supervision, System},
    limits,
    problem::{Code, FieldError, Problem},
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

/// Shows the supervision tree as it is now: scans, their batches and nmaps, and what failed and was
/// started again since the server's start.
#[utoipa::path(
    get,
    path = "/api/system/supervision",
    tag = "system",
    operation_id = "describe_supervision",
    responses(
        (status = 200, description = "The tree", body = Supervision),
    ),
)]
pub async fn supervision(State(edge): State<Arc<Edge>>, _: Query<Nothing>) -> Json<Supervision> {
    Json(edge.system.supervision())
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
        sandbox: system.sandbox().clone(),
        slots: slots.limits.slots as u64,
        slots_in_use: slots.in_use as u64,
        governor: governor(&slots),
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

impl Body for LimitsRequest {
    const FIELDS: &'static [&'static str] = &["slots", "packet_rate", "memory_reserve_bytes"];
}

/// Changes what all nmap processes together may use, for what starts next.
#[utoipa::path(
    patch,
    path = "/api/system/limits",
    tag = "system",
    operation_id = "change_limits",
    request_body = LimitsRequest,
    responses(
        (status = 200, description = "What holds now, and how much of it is given out", body = Governor),
    ),
    extensions(("x-problem-codes" = json!(["invalid-value", "shutting-down"]))),
)]
pub async fn change_limits(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
    Strict(request): Strict<LimitsRequest>,
) -> Result<Json<Governor>, Failure> {
    check_limits(request)?;
    let change = LimitsChange {
        slots: request.slots.map(|slots| slots as usize),
        packet_rate: request.packet_rate,
        memory_reserve: request.memory_reserve_bytes,
    };
    let count = edge.system.set_limits(change, &caller.origin()).await?;
    let gone = || Failure::new(Code::ShuttingDown, "the server is going down");
    Ok(Json(governor(&count.ok_or_else(gone)?)))
}

fn check_limits(request: LimitsRequest) -> Result<(), Failure> {
    let LimitsRequest { slots, packet_rate, memory_reserve_bytes } = request;
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, detail: String| {
        let (pointer, code) = (pointer.to_owned(), "out-of-range".to_owned());
        errors.push(FieldError { pointer, code, detail });
    };
    if slots.is_some_and(|slots| !(1..=limits::SLOTS_MAX).contains(&slots)) {
        wrong("/slots", format!("slots must be 1 to {}", limits::SLOTS_MAX));
    }
    if packet_rate.is_some_and(|rate| (1..limits::PACKET_RATE_MIN).contains(&rate)) {
        let least = limits::PACKET_RATE_MIN;
        wrong("/packet_rate", format!("packet_rate must be {least} or more, or 0 for no bound"));
    }
    if slots.is_none() && packet_rate.is_none() && memory_reserve_bytes.is_none() {
        let detail = "there is nothing to change: give slots, packet_rate or memory_reserve_bytes";
        wrong("", detail.to_owned());
    }
    match errors.first() {
        None => Ok(()),
        Some(first) => {
            let problem = Problem::new(Code::InvalidValue, first.detail.clone());
            Err(Failure(Box::new(problem.with_errors(errors))))
        }
    }
}

fn governor(count: &SlotsCount) -> Governor {
    let (waiting, hold) = count.waiting.unzip();
    Governor {
        slots: count.limits.slots as u64,
        slots_in_use: count.in_use as u64,
        packet_rate: count.limits.packet_rate,
        packet_rate_dealt: count.dealt,
        unbounded: count.unbounded as u64,
        memory_reserve_bytes: count.limits.memory_reserve,
        waiting: waiting.unwrap_or(0) as u64,
        waits_for: hold.map(|hold| hold.as_str().to_owned()),
    }
}

/// Returns the worst of what is known of the store, and what it is.
pub(crate) fn store_health(store: &Store) -> (StoreHealth, Option<String>) {
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

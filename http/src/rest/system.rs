//! The server itself: whether it lives, whether it can scan, and what it is.

use crate::{
    problem::{Failure, chain},
    query::{Nothing, Query},
    router::Edge,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    api::{NmapInfo, System},
    limits,
    problem::Code,
};
use netscan_store::Health;
use std::{collections::BTreeMap, sync::Arc};

/// Answers as long as the process serves.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Answers whether scans can run and be kept.
pub async fn readyz(State(edge): State<Arc<Edge>>) -> Result<&'static str, Failure> {
    if let Health::Degraded { .. } = edge.system.store().health() {
        return Err(Failure::new(Code::StoreUnavailable, "the store cannot be written just now"));
    }
    match edge.system.scanner().installation().await {
        Ok(_) => Ok("ready\n"),
        Err(error) => Err(Failure::new(Code::NmapUnusable, chain(&error))),
    }
}

/// Describes the server.
pub async fn describe(
    State(edge): State<Arc<Edge>>,
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
        active_scans: system.in_hand().count() as u64,
        store_bytes: system.store().store_bytes().map_err(|error| Failure::internal(&error))?,
        epoch: system.store().epoch(),
        uptime_ms: u64::try_from(system.uptime().as_millis()).unwrap_or(u64::MAX),
        limits: named_limits(),
    }))
}

fn named_limits() -> BTreeMap<String, u64> {
    let limits: [(&str, u64); 11] = [
        ("scan_addresses_max", limits::SCAN_ADDRESSES_MAX),
        ("run_addresses_max", limits::RUN_ADDRESSES_MAX),
        ("target_lines_max", limits::TARGET_LINES_MAX as u64),
        ("chunk_size_max", u64::from(limits::CHUNK_SIZE_MAX)),
        ("concurrency_max", u64::from(limits::CONCURRENCY_MAX)),
        ("attempts_max", u64::from(limits::ATTEMPTS_MAX)),
        ("stream_bytes_max", limits::STREAM_BYTES_MAX),
        ("stderr_bytes_max", limits::STDERR_BYTES_MAX),
        ("body_bytes_max", limits::BODY_BYTES_MAX as u64),
        ("page_max", limits::PAGE_MAX as u64),
        ("ws_clients_max", limits::WS_CLIENTS_MAX as u64),
    ];
    limits.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

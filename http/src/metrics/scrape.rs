//! The scrape: gathers what is counted and looks up the rest.

use super::process;
use crate::{problem::Failure, rest::system::store_health, router::Edge};
use axum::{extract::State, http::header, response::IntoResponse};
use netscan_actors::{SlotsCount, System};
use netscan_schemas::{api::StoreHealth, scan::ScanStatus};
use prometheus_client::{
    encoding::prometheus_text::{CONTENT_TYPE, encode},
    metrics::{
        family::Family,
        gauge::{ConstGauge, Gauge},
    },
    registry::Registry,
};
use std::sync::Arc;

/// What is looked up of the store; none where it does not tell.
struct Stored {
    scans: Option<Vec<(ScanStatus, u64)>>,
    bytes: Option<u64>,
    free: Option<u64>,
    health: StoreHealth,
}

impl Stored {
    /// Reads it. Blocks for a moment.
    fn read(system: &System) -> Self {
        let store = system.store();
        Self {
            scans: told(store.scan_counts()),
            bytes: told(store.store_bytes()),
            free: told(store.free_bytes()),
            health: store_health(store).0,
        }
    }
}

fn told<T, E: std::error::Error>(read: Result<T, E>) -> Option<T> {
    // A store that cannot be read shows in its health.
    read.inspect_err(|error| tracing::debug!(%error, "not in the metrics: {error}")).ok()
}

/// Answers the metrics of the whole server, in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "system",
    operation_id = "scrape_metrics",
    responses(
        (status = 200, description = "Metrics in the text format of Prometheus, version 0.0.4", body = String, content_type = "text/plain"),
    ),
)]
pub async fn scrape(State(edge): State<Arc<Edge>>) -> Result<impl IntoResponse, Failure> {
    let slots = edge.system.slots().await;
    let system = Arc::clone(&edge.system);
    // Not among the long reads of other requests: who watches wants to know of those.
    let read = tokio::task::spawn_blocking(move || {
        let mut of_process = Registry::default();
        process::register(&mut of_process);
        (Stored::read(&system), of_process)
    });
    let (stored, of_process) = read.await.map_err(|error| Failure::internal(&error))?;

    let mut registry = Registry::with_prefix("netscan");
    edge.system.store().metrics().register(&mut registry);
    edge.system.launches().register(&mut registry);
    edge.metrics.register(&mut registry);
    edge.keeper.rates.register(&mut registry);
    register_slots(&slots, &mut registry);
    register_stored(stored, &mut registry);
    let most = ConstGauge::new(edge.clients_max as u64);
    registry.register("clients_max", "Clients that may stay connected.", most);
    let build = Family::<[(&str, &str); 1], Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register("build_info", "The version that runs.", build);

    let mut text = String::with_capacity(16 * 1024);
    for registry in [&registry, &of_process] {
        encode(&mut text, registry).map_err(|error| Failure::internal(&error))?;
    }
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}

fn register_slots(slots: &SlotsCount, registry: &mut Registry) {
    let (waiting, _) = slots.waiting.unzip();
    let free = slots.limits.slots.saturating_sub(slots.in_use);
    let gauges = [
        ("slots", "nmap processes that may run at once.", slots.limits.slots as u64),
        ("slots_used", "Places for nmap processes that are given out.", slots.in_use as u64),
        ("slots_free", "Places for nmap processes that are free.", free as u64),
        ("batches_waiting", "Batches that could start and wait.", waiting.unwrap_or(0) as u64),
        (
            "packet_rate_dealt",
            "Packets a second that the running nmaps may send together.",
            u64::from(slots.dealt),
        ),
        (
            "nmaps_unbounded",
            "nmap processes that run without a bound of packets.",
            slots.unbounded as u64,
        ),
    ];
    for (name, help, value) in gauges {
        registry.register(name, help, ConstGauge::new(value));
    }
    if let Some(rate) = slots.limits.packet_rate {
        let help = "Packets a second that all nmaps may send together; not there without a bound.";
        registry.register("packet_rate_limit", help, ConstGauge::new(rate));
    }
}

fn register_stored(stored: Stored, registry: &mut Registry) {
    let Stored { scans, bytes, free, health } = stored;
    if let Some(scans) = scans {
        let family = Family::<[(&str, &str); 1], Gauge>::default();
        for (status, count) in scans {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            family.get_or_create(&[("status", status.as_str())]).set(count);
        }
        registry.register("scans", "Scans that are kept, by where they stand.", family);
    }
    for (name, help, value) in [
        ("store_bytes", "The size of the store's file.", bytes),
        ("store_free_bytes", "Bytes that are free on the store's disk.", free),
    ] {
        if let Some(value) = value {
            registry.register(name, help, ConstGauge::new(value));
        }
    }
    let family = Family::<[(&str, &str); 1], Gauge>::default();
    for (name, state) in [
        ("ok", StoreHealth::Ok),
        ("damaged", StoreHealth::Damaged),
        ("low", StoreHealth::Low),
        ("full", StoreHealth::Full),
        ("degraded", StoreHealth::Degraded),
    ] {
        family.get_or_create(&[("state", name)]).set(i64::from(state == health));
    }
    registry.register("store_health", "How the store is: 1 for one state, 0 for others.", family);
}

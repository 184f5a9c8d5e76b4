//! What the store counts of itself for `GET /metrics`, once it is durable.
//!
//! The writer gathers counts in plain numbers while it fills a transaction, and adds them up here
//! after the commit: an event or a host costs no more for being counted.

use netscan_schemas::{attempt::Outcome, batch::BatchStatus};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::collections::BTreeMap;

/// Upper ends of the buckets for a commit, in seconds: a fast disk takes one millisecond, and a
/// writer that waits ten seconds is what ends attempts.
const COMMIT_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

type ByName = Family<[(&'static str, &'static str); 1], Counter>;

/// The counts of a store since it was opened.
#[derive(Debug)]
pub struct Metrics {
    /// How long transactions take to become durable.
    pub(crate) commit: Histogram,
    /// Units that are not answered yet.
    pub(crate) queued: Gauge,
    /// How often the database was opened again after a fault.
    pub(crate) reopenings: Counter,
    /// Transactions that failed.
    pub(crate) failures: Counter,
    events: Counter,
    hosts: ByName,
    open_ports: Counter,
    batches: ByName,
    attempts: ByName,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            commit: Histogram::new(COMMIT_BUCKETS),
            queued: Gauge::default(),
            reopenings: Counter::default(),
            failures: Counter::default(),
            events: Counter::default(),
            hosts: ByName::default(),
            open_ports: Counter::default(),
            batches: ByName::default(),
            attempts: ByName::default(),
        };
        // A rate over what is not there yet is nothing; over zero it is zero.
        metrics.take_in(&Counted::default());
        for status in BatchStatus::ALL.into_iter().filter(|status| status.has_ended()) {
            drop(metrics.batches.get_or_create(&[("ending", status.as_str())]));
        }
        drop(metrics.attempts.get_or_create(&[("outcome", Outcome::Complete.as_str())]));
        metrics
    }
}

impl Metrics {
    /// Adds all of it to what is shown.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "store_commit_duration_seconds",
            "How long transactions of the store take to become durable.",
            self.commit.clone(),
        );
        registry.register(
            "store_writes_queued",
            "Units of writing that wait to become durable.",
            self.queued.clone(),
        );
        registry.register(
            "store_failures",
            "Transactions that the store could not make durable.",
            self.failures.clone(),
        );
        registry.register(
            "store_reopenings",
            "How often the store was opened again after a fault.",
            self.reopenings.clone(),
        );
        registry.register("events", "Events made durable.", self.events.clone());
        registry.register(
            "hosts",
            "Addresses that scans gave a verdict, each as often as they did.",
            self.hosts.clone(),
        );
        registry.register("open_ports", "Open ports that scans found.", self.open_ports.clone());
        registry.register(
            "batches",
            "Batches that ended, by how: split ones go on as smaller ones.",
            self.batches.clone(),
        );
        registry.register(
            "attempts",
            "Runs of nmap that ended, by what they proved or why they did not.",
            self.attempts.clone(),
        );
    }

    /// Adds what a transaction made durable.
    pub(crate) fn take_in(&self, counted: &Counted) {
        let Counted { events, up, down, timed_out, open_ports, batches, attempts } = counted;
        self.events.inc_by(*events);
        for (verdict, count) in [("up", up), ("down", down), ("timed_out", timed_out)] {
            self.hosts.get_or_create(&[("verdict", verdict)]).inc_by(*count);
        }
        self.open_ports.inc_by(*open_ports);
        for (status, count) in batches {
            self.batches.get_or_create(&[("ending", status.as_str())]).inc_by(*count);
        }
        for (outcome, count) in attempts {
            self.attempts.get_or_create(&[("outcome", outcome)]).inc_by(*count);
        }
    }
}

/// What one transaction makes durable of scans that run; imports do not count.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) events: u64,
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) timed_out: u64,
    pub(crate) open_ports: u64,
    pub(crate) batches: BTreeMap<BatchStatus, u64>,
    pub(crate) attempts: BTreeMap<&'static str, u64>,
}

/// Counts a unit as queued for as long as it is there.
#[derive(Debug)]
pub(crate) struct Queued(Gauge);

impl Queued {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        metrics.queued.inc();
        Self(metrics.queued.clone())
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.dec();
    }
}

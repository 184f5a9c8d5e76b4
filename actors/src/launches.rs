//! Counts what is launched, for `GET /metrics`: a launcher around the one that does it.

use futures_util::future::BoxFuture;
use netscan_nmap::launch::{LaunchError, LaunchSpec, Launcher, Process};
use netscan_schemas::api::Sandbox;
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{sync::Arc, time::Instant};

/// Upper ends of the buckets for a launch, in seconds: the warden takes about a millisecond.
const LAUNCH_BUCKETS: [f64; 11] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// The counts of all launches since the start.
#[derive(Clone, Debug)]
pub struct Launches {
    took: Histogram,
    failures: Counter,
    running: Gauge,
}

impl Default for Launches {
    fn default() -> Self {
        let (failures, running) = (Counter::default(), Gauge::default());
        Self { took: Histogram::new(LAUNCH_BUCKETS), failures, running }
    }
}

impl Launches {
    /// Adds all of it to what is shown.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spawn_duration_seconds",
            "From asking the warden for an nmap until it runs.",
            self.took.clone(),
        );
        registry.register("spawn_failures", "nmaps that did not start.", self.failures.clone());
        registry.register("nmaps_running", "nmap processes that run now.", self.running.clone());
    }

    /// Returns a launcher that counts what this one does.
    pub(crate) fn counting(&self, launcher: Arc<dyn Launcher>) -> Arc<dyn Launcher> {
        Arc::new(Counting { launcher, launches: self.clone() })
    }
}

struct Counting {
    launcher: Arc<dyn Launcher>,
    launches: Launches,
}

impl Launcher for Counting {
    fn launch(&self, spec: LaunchSpec) -> BoxFuture<'_, Result<Process, LaunchError>> {
        Box::pin(async move {
            let asked = Instant::now();
            let launched = self.launcher.launch(spec).await;
            let Ok(process) = launched else {
                self.launches.failures.inc();
                return launched;
            };
            self.launches.took.observe(asked.elapsed().as_secs_f64());
            let running = Running::new(&self.launches.running);
            let Process { exit, .. } = process;
            let exit = Box::pin(async move {
                let exit = exit.await;
                drop(running);
                exit
            });
            Ok(Process { exit, ..process })
        })
    }

    fn sandbox(&self) -> Sandbox {
        self.launcher.sandbox()
    }
}

/// One process that runs.
struct Running(Gauge);

impl Running {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

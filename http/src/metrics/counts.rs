//! What the edge counts itself.

use crate::{assets, auth::find_route};
use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
};
use netscan_schemas::problem::Code;
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::{Duration, Instant};

/// Upper ends of the buckets for an answer, in seconds.
const ANSWER_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];
/// Upper ends of the buckets for how late an event is, in seconds. A client that takes nothing for
/// ten seconds is closed.
const LAG_BUCKETS: [f64; 11] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

type Label = (&'static str, &'static str);

/// The counts of an edge since it was made.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<[Label; 3], Counter>,
    durations: Family<[Label; 2], Histogram, fn() -> Histogram>,
    problems: Family<[(&'static str, String); 1], Counter>,
    clients: Family<[Label; 1], Gauge>,
    event_lag: Histogram,
    /// Clients that were closed because they took nothing.
    pub slow: Counter,
    /// Times that a client was told of events that are no longer there.
    pub gaps: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(ANSWER_BUCKETS)),
            problems: Family::default(),
            clients: Family::default(),
            event_lag: Histogram::new(LAG_BUCKETS),
            slow: Counter::default(),
            gaps: Counter::default(),
        };
        for client in [Client::WebSocket, Client::EventStream, Client::Download] {
            drop(metrics.clients.get_or_create(&client.label()));
        }
        metrics
    }
}

impl Metrics {
    /// Adds all of it to what is shown.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests by route, method and class of the answer.",
            self.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "How long requests take until their answer begins; its body may take longer.",
            self.durations.clone(),
        );
        registry.register(
            "http_problems",
            "Answers that are problems, by their code.",
            self.problems.clone(),
        );
        registry.register(
            "clients_connected",
            "Clients that stay connected: WebSockets, event streams, downloads that are made as \
             they are read.",
            self.clients.clone(),
        );
        registry.register(
            "event_lag_seconds",
            "From the commit of the first event of a piece until all of the piece was handed to \
             the socket of a WebSocket client; only events newer than the connection.",
            self.event_lag.clone(),
        );
        registry.register(
            "slow_clients_closed",
            "WebSocket clients that were closed because they took nothing.",
            self.slow.clone(),
        );
        registry.register(
            "event_gaps",
            "Times that a client was told of events which are no longer there.",
            self.gaps.clone(),
        );
    }

    /// Counts a request that is answered.
    pub fn answered(&self, asked: &Asked, status: StatusCode) {
        let class = match status.as_u16() / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        let (route, method) = (("route", asked.route), ("method", asked.method));
        self.requests.get_or_create(&[route, method, ("status", class)]).inc();
        let took = asked.since.elapsed().as_secs_f64();
        self.durations.get_or_create(&[route, method]).observe(took);
    }

    /// Counts a problem that is told.
    pub fn problem(&self, code: Code) {
        self.problems.get_or_create(&[("code", code.as_str())]).inc();
    }

    /// Counts that a client was sent events so long after their commit.
    pub fn sent(&self, lag: Duration) {
        self.event_lag.observe(lag.as_secs_f64());
    }

    /// Counts a client for as long as what is returned is there.
    pub fn connected(&self, client: Client) -> Connected {
        let gauge = self.clients.get_or_create_owned(&client.label());
        gauge.inc();
        Connected(gauge)
    }
}

/// A client that stays connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// By a WebSocket.
    WebSocket,
    /// By an event stream.
    EventStream,
    /// By an answer that is made while it is read.
    Download,
}

impl Client {
    fn label(self) -> [Label; 1] {
        let kind = match self {
            Self::WebSocket => "websocket",
            Self::EventStream => "event_stream",
            Self::Download => "download",
        };
        [("kind", kind)]
    }
}

/// Counts a client as connected.
#[derive(Debug)]
pub struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A request as it is counted: where it goes as the router has it, so that nobody outside chooses
/// how many there are.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The route; `none` when there is none.
    pub route: &'static str,
    /// The method; `other` when no route takes it.
    pub method: &'static str,
    /// When it came.
    pub since: Instant,
}

impl Asked {
    /// Returns how a request is counted.
    pub fn of(request: &Request) -> Self {
        let path = request.extensions().get::<MatchedPath>();
        let route = match path {
            Some(path) => find_route(path.as_str()),
            None => assets::rule_of(request).map(|rule| rule.path),
        };
        let method = match *request.method() {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        };
        Self { route: route.unwrap_or("none"), method, since: Instant::now() }
    }
}

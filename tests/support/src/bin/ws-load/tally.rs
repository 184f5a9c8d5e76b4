//! What arrived, over all clients.

use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Counts and times.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    /// Those that are lines of nmap.
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    pub(crate) reads: u64,
    /// Events that did not come one after the other.
    pub(crate) out_of_order: u64,
    /// Connections that ended without being asked to, and with which code.
    pub(crate) closed: Vec<Option<u16>>,
    pub(crate) gaps: u64,
    pub(crate) resumed: u64,
    /// When all clients were connected, in ms since midnight UTC: how late older events are says
    /// nothing.
    pub(crate) ready_ms: Option<u64>,
    /// Latencies by whole milliseconds, from an event's own time to its arrival.
    latencies: Vec<u64>,
    /// When the events began to come that came without a pause until the end, and how many there
    /// were before.
    first: Option<(Instant, u64)>,
    last: Option<Instant>,
}

/// After so long without an event, time is taken anew: a scan that has yet to begin is not slow.
const PAUSE: Duration = Duration::from_secs(1);

impl Tally {
    /// Takes in that events arrived just now, after so many before.
    pub(crate) fn arrived(&mut self, now: Instant, before: u64) {
        if self.last.is_none_or(|last| now - last > PAUSE) {
            self.first = Some((now, before));
        }
        self.last = Some(now);
    }

    /// Takes in how late an event is. An event's time is cut to milliseconds, so this is up to one
    /// millisecond too much.
    pub(crate) fn late(&mut self, ms_of_day: u64, now: u64) {
        let ago = |ms: u64| (now + DAY_MS - ms) % DAY_MS;
        let late = ago(ms_of_day);
        if self.ready_ms.is_none_or(|ready| late > ago(ready)) {
            return;
        }
        // Later than ten minutes is as bad as ten minutes.
        let place = usize::try_from(late).unwrap_or(usize::MAX).min(600_000);
        if self.latencies.len() <= place {
            self.latencies.resize(place + 1, 0);
        }
        self.latencies[place] += 1;
    }

    fn percentile(&self, share: f64) -> usize {
        let wanted = (self.latencies.iter().sum::<u64>() as f64 * share) as u64;
        let mut seen = 0;
        let found = self.latencies.iter().position(|count| {
            seen += count;
            seen > wanted
        });
        found.unwrap_or(self.latencies.len().saturating_sub(1))
    }

    pub(crate) fn report(&self) -> Value {
        let (span, before) = match (self.first, self.last) {
            (Some((first, before)), Some(last)) => (last - first, before),
            _ => (Duration::ZERO, 0),
        };
        let seconds = span.as_secs_f64();
        let timed = self.events - before;
        json!({
            "events": self.events,
            "lines": self.lines,
            "bytes": self.bytes,
            "reads": self.reads,
            "out_of_order": self.out_of_order,
            "gaps": self.gaps,
            "resumed": self.resumed,
            "closed": self.closed.len(),
            "close_codes": codes(&self.closed),
            "seconds": seconds,
            "events_per_s": if seconds > 0.0 { timed as f64 / seconds } else { 0.0 },
            "latency_ms": {
                "events": self.latencies.iter().sum::<u64>(),
                "p50": self.percentile(0.5),
                "p90": self.percentile(0.9),
                "p99": self.percentile(0.99),
                "max": self.latencies.len().saturating_sub(1),
            },
        })
    }
}

fn codes(closed: &[Option<u16>]) -> Value {
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for code in closed {
        let name = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        *counts.entry(name).or_default() += 1;
    }
    json!(counts)
}

/// Returns the milliseconds since midnight UTC.
pub(crate) fn now_ms_of_day() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default() % DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_latencies() {
        let mut tally = Tally { ready_ms: Some(DAY_MS - 10), ..Tally::default() };
        tally.late(DAY_MS - 11, 50);
        for late in 0..100 {
            tally.late(DAY_MS - 10, (late + DAY_MS - 10) % DAY_MS);
        }
        assert_eq!((tally.percentile(0.5), tally.percentile(0.99)), (50, 99));
    }
}

//! How fast a scan goes, and so when it may end.

use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Samples that the slow estimate looks at.
const SAMPLES_MAX: usize = 60;

/// Verdicts per second, over the whole run and second by second.
#[derive(Debug)]
pub struct Pace {
    began: Instant,
    done_at_begin: u64,
    last: (Instant, u64),
    /// Verdicts per second in each of the last intervals.
    rates: VecDeque<f64>,
}

/// When a scan may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// At the speed over the whole run so far.
    pub eta: Duration,
    /// At a speed that nine in ten of the last minute's seconds, smoothed, were above.
    pub eta_p90: Duration,
}

impl Pace {
    /// Starts the clock with this many targets done already.
    pub fn new(now: Instant, done: u64) -> Self {
        Self { began: now, done_at_begin: done, last: (now, done), rates: VecDeque::new() }
    }

    /// Takes a sample; returns an estimate once there is a speed.
    pub fn sample(&mut self, now: Instant, done: u64, total: u64) -> Option<Estimate> {
        let since = now.duration_since(self.last.0).as_secs_f64();
        if since > 0.0 {
            // Verdicts come a host group at a time, so single seconds say little: smooth them.
            let rate = done.saturating_sub(self.last.1) as f64 / since;
            let smooth = self.rates.back().map_or(rate, |before| before * 0.8 + rate * 0.2);
            self.rates.push_back(smooth);
            if self.rates.len() > SAMPLES_MAX {
                self.rates.pop_front();
            }
            self.last = (now, done);
        }
        let ran = now.duration_since(self.began).as_secs_f64();
        let overall = done.saturating_sub(self.done_at_begin) as f64 / ran.max(f64::EPSILON);
        if overall <= 0.0 {
            return None;
        }
        let left = total.saturating_sub(done) as f64;
        let mut sorted: Vec<f64> = self.rates.iter().copied().filter(|rate| *rate > 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let slow = sorted.get(sorted.len() / 10).copied().unwrap_or(overall).min(overall);
        Some(Estimate { eta: seconds(left / overall), eta_p90: seconds(left / slow) })
    }
}

fn seconds(seconds: f64) -> Duration {
    // A century is as good as for ever, and fits.
    Duration::try_from_secs_f64(seconds.min(3.0e9)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_estimate_follows_the_speed() {
        let mut pace = Pace::new(Instant::now(), 100);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pace.sample(Instant::now(), 100, 300), None, "no speed yet");
        tokio::time::advance(Duration::from_secs(1)).await;
        let estimate = pace.sample(Instant::now(), 120, 300).expect("20 in 2 s");
        assert_eq!(estimate.eta, Duration::from_secs(18));
        assert!(estimate.eta_p90 >= estimate.eta);
        tokio::time::advance(Duration::from_secs(1)).await;
        let done = pace.sample(Instant::now(), 300, 300).expect("done");
        assert_eq!(done.eta, Duration::ZERO);
    }
}

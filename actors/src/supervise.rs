//! Restart budgets, and writes that must not be lost.

use netscan_store::{Store, Write};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Shortest and longest wait between two tries to make a write durable.
const COMMIT_WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// How many failures an actor's children may have within a window before they are given up.
///
/// OTP's restart intensity: more than `max` failures within `window` is too many.
#[derive(Clone, Debug)]
pub struct Intensity {
    max: usize,
    window: Duration,
    failures: VecDeque<Instant>,
}

impl Intensity {
    /// Returns a budget of `max` failures within any `window`.
    pub fn new(max: usize, window: Duration) -> Self {
        Self { max, window, failures: VecDeque::new() }
    }

    /// Counts a failure; returns whether there were too many.
    pub fn exceeded(&mut self, now: Instant) -> bool {
        while self.failures.front().is_some_and(|at| now - *at > self.window) {
            self.failures.pop_front();
        }
        self.failures.push_back(now);
        self.failures.len() > self.max
    }
}

/// Makes a write durable, however often the store has to be asked.
///
/// For what must not be lost: the end of an attempt, the end of a scan. While the store is away
/// nothing else of the batch or scan goes on, which is the point.
pub async fn commit(store: &Store, write: Write) {
    let mut wait = COMMIT_WAIT.0;
    loop {
        match store.submit(write.clone()).await {
            Ok(_) => return,
            // Nothing that is retried here can become right by itself.
            Err(error) if !error.is_transient() => {
                tracing::error!(%error, "a write is refused: {error}");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "a write waits for the store: {error}");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(COMMIT_WAIT.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn old_failures_are_forgiven() {
        let mut intensity = Intensity::new(2, Duration::from_secs(60));
        assert!(!intensity.exceeded(Instant::now()));
        assert!(!intensity.exceeded(Instant::now()));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(!intensity.exceeded(Instant::now()));
        assert!(!intensity.exceeded(Instant::now()));
        assert!(intensity.exceeded(Instant::now()));
    }
}

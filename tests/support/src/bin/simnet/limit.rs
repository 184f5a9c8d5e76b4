//! How many packets a host sends a second.

use std::time::Duration;

/// A bucket of tokens, one for each packet, that fills at an even pace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled_at: Duration,
}

impl Bucket {
    /// Makes a full one.
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let burst = f64::from(burst);
        Self { rate: f64::from(rate), burst, tokens: burst, filled_at: Duration::ZERO }
    }

    /// Takes a token if there is one. Times may go back a little, as jitter makes them.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let since = now.saturating_sub(self.filled_at);
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate).min(self.burst);
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::Bucket;
    use std::time::Duration;

    #[test]
    fn a_burst_and_then_an_even_pace() {
        // 10 a second and 2 at once: asked every 10 ms for a second, and again after a pause.
        let mut bucket = Bucket::new(10, 2);
        let mut count = |from_ms: u64| {
            (from_ms..from_ms + 1000)
                .step_by(10)
                .filter(|ms| bucket.take(Duration::from_millis(*ms)))
                .count()
        };
        assert!((11..=12).contains(&count(0)));
        assert!((11..=12).contains(&count(5000)));
    }

    #[test]
    fn time_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::new(10, 1);
        let taken =
            [1000, 900, 1000, 1050, 1101, 1100].map(|ms| bucket.take(Duration::from_millis(ms)));
        assert_eq!(taken, [true, false, false, false, true, false]);
    }
}

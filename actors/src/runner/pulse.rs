//! A runner's pulse: what a scan may look at while an attempt runs, without asking its actor.

use crate::processors;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// When an attempt began, and how long nmap thinks that its present task still takes.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Option<Beat>>);

#[derive(Clone, Copy, Debug)]
struct Beat {
    began: Instant,
    pid: Option<u32>,
    /// When it was looked how long the process had wanted a processor, and how long that was.
    wanted: (Instant, Duration),
    /// When nmap said so, and what.
    left: Option<(Instant, Duration)>,
}

/// How far a running attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptPace {
    /// How long it has run.
    pub elapsed: Duration,
    /// How long its present task still takes, as nmap guesses; unknown before nmap says so.
    pub left: Option<Duration>,
}

/// Below this share of its task nmap's guess is worth nothing.
const PERCENT_MIN: f32 = 1.0;

impl Pulse {
    /// Notes that the process runs.
    pub fn begin(&self, pid: Option<u32>) {
        let now = Instant::now();
        *self.beat() = Some(Beat { began: now, pid, wanted: (now, Duration::ZERO), left: None });
    }

    /// Returns the share of the time since the last call that the process ran or queued for a
    /// processor; none while no process runs, and where the system does not say.
    pub fn want(&self) -> Option<f64> {
        let mut beat = self.beat();
        let beat = beat.as_mut()?;
        let (now, wanted) = (Instant::now(), processors::wanted(beat.pid?)?);
        let (before, wanted_before) = std::mem::replace(&mut beat.wanted, (now, wanted));
        let wall = now.duration_since(before).as_secs_f64();
        let share = wanted.saturating_sub(wanted_before).as_secs_f64() / wall;
        (wall > 0.0).then(|| share.min(1.0))
    }

    /// Notes what nmap says of its present task.
    pub fn tick(&self, percent: f32, remaining_secs: Option<u64>) {
        if let Some(beat) = self.beat().as_mut() {
            let secs = remaining_secs.filter(|_| percent >= PERCENT_MIN);
            beat.left = secs.map(|secs| (Instant::now(), Duration::from_secs(secs)));
        }
    }

    /// Notes that the process is gone.
    pub fn end(&self) {
        *self.beat() = None;
    }

    /// Returns how far the attempt is; none while no process runs.
    pub fn pace(&self) -> Option<AttemptPace> {
        let beat = (*self.beat())?;
        let left = beat.left.map(|(at, left)| left.saturating_sub(at.elapsed()));
        Some(AttemptPace { elapsed: beat.began.elapsed(), left })
    }

    /// Plain data behind the lock: a poisoned one is still good to use.
    fn beat(&self) -> std::sync::MutexGuard<'_, Option<Beat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_computes_wants_a_processor() {
        let pulse = Pulse::default();
        pulse.begin(Some(std::process::id()));
        let began = std::time::Instant::now();
        // Other threads of the process do not count, so this one must be its first; it is not, and
        // what the first one wants is little.
        while began.elapsed() < Duration::from_millis(20) {}
        let want = pulse.want().expect("the system says");
        assert!((0.0..=1.0).contains(&want), "{want}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_shrinks_with_time() {
        let pulse = Pulse::default();
        assert_eq!(pulse.pace(), None);
        pulse.tick(50.0, Some(9));
        assert_eq!(pulse.pace(), None, "nothing runs");
        pulse.begin(None);
        assert_eq!(pulse.want(), None, "there is no process to ask");
        let secs = Duration::from_secs;
        tokio::time::advance(secs(4)).await;
        assert_eq!(pulse.pace(), Some(AttemptPace { elapsed: secs(4), left: None }));
        pulse.tick(0.5, Some(1000));
        assert_eq!(pulse.pace().unwrap().left, None);
        pulse.tick(30.0, Some(10));
        tokio::time::advance(secs(3)).await;
        assert_eq!(pulse.pace(), Some(AttemptPace { elapsed: secs(7), left: Some(secs(7)) }));
        tokio::time::advance(secs(30)).await;
        assert_eq!(pulse.pace().unwrap().left, Some(secs(0)));
        pulse.end();
        assert_eq!(pulse.pace(), None);
    }
}

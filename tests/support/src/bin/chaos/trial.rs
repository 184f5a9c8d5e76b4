//! What one fault is run with, and what it found.

use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Whatever keeps a fault from being run to its end.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of that kind.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Longest wait for anything that has no bound of its own.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often things are looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How this program was called.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The binary under test.
    pub(crate) netscan: PathBuf,
    /// A real nmap, where there is one.
    pub(crate) nmap: Option<PathBuf>,
    /// Where every random choice begins.
    pub(crate) seed: u64,
    /// Whether to stay within two minutes.
    pub(crate) quick: bool,
    /// How often to kill the server at a random instant.
    pub(crate) cycles: u64,
}

impl Settings {
    /// Returns the number for the short run or the one for the long run.
    pub(crate) fn scale<T>(&self, quick: T, long: T) -> T {
        if self.quick { quick } else { long }
    }
}

/// One fault while it runs.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) settings: Settings,
    pub(crate) rng: fastrand::Rng,
    pub(crate) found: Found,
}

/// What a fault did.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Found {
    /// How often it was made to happen.
    pub(crate) runs: u64,
    /// Why it could not be made to happen here.
    pub(crate) skipped: Option<String>,
    /// How many addresses the stand-in was started for.
    pub(crate) addresses: u64,
    /// How often it was started for one of them again.
    pub(crate) repeated: u64,
    /// What had been acknowledged or shown and is gone or changed.
    pub(crate) lost: Vec<String>,
    /// What else is not as promised.
    pub(crate) broken: Vec<String>,
    /// What is worth knowing.
    pub(crate) notes: Vec<String>,
}

impl Trial {
    /// Begins a fault's trial; its choices depend on the seed and on its name only.
    pub(crate) fn new(settings: &Settings, fault: &str) -> Self {
        let digest = blake3::hash(fault.as_bytes());
        let salt =
            digest.as_bytes().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Self {
            settings: settings.clone(),
            rng: fastrand::Rng::with_seed(settings.seed ^ salt),
            found: Found::default(),
        }
    }

    /// Notes a loss.
    pub(crate) fn lost(&mut self, what: impl Into<String>) {
        self.found.lost.push(what.into());
    }

    /// Notes a broken promise.
    pub(crate) fn broken(&mut self, what: impl Into<String>) {
        self.found.broken.push(what.into());
    }

    /// Notes a broken promise unless it holds.
    pub(crate) fn require(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken(what());
        }
    }

    /// Notes what is worth knowing.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.found.notes.push(what.into());
    }

    /// Returns a random time of so many milliseconds.
    pub(crate) fn millis(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(range))
    }

    /// Returns whether all is as promised so far.
    pub(crate) fn is_sound(&self) -> bool {
        self.found.lost.is_empty() && self.found.broken.is_empty()
    }
}

/// Looks until something is there, or the time is up; returns how long it took with it.
pub(crate) fn within<T>(
    patience: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Option<(T, Duration)> {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some((found, began.elapsed()));
        }
        if began.elapsed() > patience {
            return None;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

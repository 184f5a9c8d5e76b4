//! How large batches are and how many run, where the user left that to the engine.
//!
//! One nmap is one congestion controller: 1,024 hosts at 40 ms and 1 % loss take one nmap 234 s, and
//! 64 nmaps of 16 hosts 5.4 s. Where the processors are the limit, many small starts only cost:
//! 64 batches of 64 hosts on loopback take twice the processor time of one (`nmap.md` §7). So:
//!
//! ```text
//! processors idle ─► half as many places more, each time it is looked
//! nmaps take all processors ─► as many places as processors, chunks doubled until starts cost little
//! starts fail ─► half the places
//! ```

use netscan_schemas::scan::Tuning;
use std::time::Duration;

/// How often the tuner looks.
pub const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Addresses in a batch to begin with: one host group, and at most 20 so that `-sS` keeps a packet
/// filter for each host.
pub const CHUNK_FIRST: u32 = 16;
/// The same where nmap's start loads scripts, service probes or fingerprints: 270 ms instead of 22.
pub const CHUNK_FIRST_HEAVY: u32 = 64;
/// Places for each processor to begin with.
pub const PLACES_FIRST: u32 = 4;
/// Places for each processor at most.
pub const PLACES_MAX: usize = 64;
/// Chunks grow to this size.
const CHUNK_MAX: u64 = 4096;
/// Below so many hosts nmap's slow start is all there is; smaller only where fewer are left.
const CHUNK_MIN: u64 = 8;
/// Processor time of a start, and of one that loads scripts, probes or fingerprints.
const START: Duration = Duration::from_millis(22);
const START_HEAVY: Duration = Duration::from_millis(270);
/// A start costs little when the batch takes so many times its processor time.
const START_SHARE: u32 = 10;
/// Share of the processors above which no places are added.
const BUSY: f64 = 0.8;
/// Weight of the newest attempt in the average.
const NEWEST: f64 = 0.3;

/// What a finished attempt took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// From start to end.
    pub wall: Duration,
    /// Processor time.
    pub cpu: Duration,
}

/// Sizes and counts of batches as they are tuned.
#[derive(Clone, Debug)]
pub struct Tuner {
    tuning: Tuning,
    cores: usize,
    places_max: usize,
    start: Duration,
    chunk: u64,
    places: usize,
    /// Processor time for each second of one nmap, on average over the newest attempts.
    share: Option<f64>,
    /// Processor time of one nmap, on average over the newest attempts.
    cpu: Duration,
    /// Whether an attempt has ended since chunks were made larger.
    has_news: bool,
}

impl Tuner {
    /// Starts with these numbers. `slots` bounds the places; `is_heavy` says that nmap loads
    /// scripts, probes or fingerprints.
    pub fn new(
        tuning: Tuning,
        (chunk, places): (u32, u32),
        cores: usize,
        slots: usize,
        is_heavy: bool,
    ) -> Self {
        Self {
            tuning,
            cores: cores.max(1),
            places_max: (cores.max(1) * PLACES_MAX).min(slots).max(1),
            start: if is_heavy { START_HEAVY } else { START },
            chunk: u64::from(chunk.max(1)),
            places: places.max(1) as usize,
            share: None,
            cpu: Duration::ZERO,
            has_news: false,
        }
    }

    /// Returns whether there is anything to tune.
    pub fn is_active(&self) -> bool {
        self.tuning != Tuning::default()
    }

    /// Returns how many batches may run.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Returns how many batches may ever run.
    pub fn places_max(&self) -> usize {
        if self.tuning.concurrency { self.places_max } else { self.places }
    }

    /// Returns how many addresses the next batch has at most, with so many left in the plan: so that
    /// there is a batch for each place until the end.
    pub fn chunk(&self, left: u64) -> u64 {
        if !self.tuning.chunk_size {
            return self.chunk;
        }
        let even = left.div_ceil(self.places as u64);
        self.chunk.min(even.max(CHUNK_MIN))
    }

    /// Takes note of an attempt that ended by itself.
    pub fn on_taken(&mut self, taken: Taken) {
        let wall = taken.wall.as_secs_f64();
        if wall <= 0.0 {
            return;
        }
        let share = taken.cpu.as_secs_f64() / wall;
        self.share = Some(self.share.map_or(share, |held| held * (1.0 - NEWEST) + share * NEWEST));
        self.cpu = if self.cpu.is_zero() {
            taken.cpu
        } else {
            self.cpu.mul_f64(1.0 - NEWEST) + taken.cpu.mul_f64(NEWEST)
        };
        self.has_news = true;
    }

    /// Takes note that nmap could not be started for want of a resource.
    pub fn on_shortage(&mut self) {
        if self.tuning.concurrency {
            self.places = (self.places / 2).max(1);
        }
    }

    /// Looks, with the share of all processors that was busy since the last look, and how many
    /// batches run. Returns whether the places changed.
    pub fn look(&mut self, busy: f64, running: usize) -> bool {
        let before = self.places;
        let cores = self.cores as f64;
        // What all places would take of the processors, by what the newest attempts took.
        let demand = self.share.unwrap_or(0.0) * running.max(1) as f64 / cores;
        if demand >= BUSY && busy >= BUSY {
            self.on_saturated();
        } else if self.tuning.concurrency && busy < BUSY && running >= self.places {
            let more = (self.places / 2).max(1);
            self.places = (self.places + more).min(self.places_max);
        }
        self.places != before
    }

    fn on_saturated(&mut self) {
        if self.tuning.concurrency {
            self.places = self.places.min(self.cores.min(self.places_max));
        }
        let starts_are_dear = self.cpu < self.start * START_SHARE;
        if self.tuning.chunk_size && starts_are_dear && std::mem::take(&mut self.has_news) {
            self.chunk = (self.chunk * 2).min(CHUNK_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Tuning = Tuning { chunk_size: true, concurrency: true };

    fn tuner() -> Tuner {
        Tuner::new(BOTH, (CHUNK_FIRST, 8), 2, 64, false)
    }

    fn taken(wall_ms: u64, cpu_ms: u64) -> Taken {
        Taken { wall: Duration::from_millis(wall_ms), cpu: Duration::from_millis(cpu_ms) }
    }

    #[test]
    fn idle_processors_give_places_up_to_the_slots() {
        let mut tuner = tuner();
        let mut seen = vec![tuner.places()];
        while tuner.look(0.3, tuner.places()) {
            seen.push(tuner.places());
        }
        assert_eq!(seen, [8, 12, 18, 27, 40, 60, 64]);
        // Latency-bound batches: 60 ms of processor time in 4.4 s.
        tuner.on_taken(taken(4400, 60));
        assert!(!tuner.look(0.3, 64));
        assert_eq!((tuner.places(), tuner.chunk(1000)), (64, 16));
    }

    #[test]
    fn places_that_are_not_used_are_not_added_to() {
        let mut tuner = tuner();
        assert!(!tuner.look(0.1, 7));
        assert!(!tuner.look(0.9, 8), "the processors are busy with something else");
        assert_eq!(tuner.places(), 8);
    }

    #[test]
    fn saturated_processors_take_places_and_grow_chunks_until_starts_cost_little() {
        let mut tuner = tuner();
        // Eight share two processors: 50 ms each in 200 ms.
        tuner.on_taken(taken(200, 50));
        assert!(tuner.look(1.0, 8));
        assert_eq!((tuner.places(), tuner.chunk(100_000)), (2, 32));
        tuner.look(1.0, 2);
        assert_eq!(tuner.chunk(100_000), 32, "one step for each attempt");
        for (cpu, chunk) in [(75, 64), (125, 128), (225, 128), (425, 128)] {
            for _ in 0..20 {
                tuner.on_taken(taken(cpu, cpu));
            }
            tuner.look(1.0, 2);
            assert_eq!(tuner.chunk(100_000), chunk, "at {cpu} ms");
        }
    }

    #[test]
    fn every_place_has_a_batch_until_the_end() {
        let mut tuner = tuner();
        tuner.chunk = 4096;
        assert_eq!(tuner.chunk(1_000_000), 4096);
        assert_eq!(tuner.chunk(1600), 200);
        assert_eq!(tuner.chunk(100), 13);
        assert_eq!(tuner.chunk(20), CHUNK_MIN, "smaller ones are not worth their slow start");
    }

    #[test]
    fn numbers_that_were_given_are_kept() {
        let mut tuner = Tuner::new(Tuning::default(), (256, 6), 2, 64, false);
        assert!(!tuner.is_active());
        tuner.on_taken(taken(100, 100));
        for busy in [0.0, 1.0] {
            assert!(!tuner.look(busy, 6));
        }
        tuner.on_shortage();
        assert_eq!((tuner.places(), tuner.chunk(10)), (6, 256));
    }

    #[test]
    fn a_shortage_halves_the_places() {
        let mut tuner = tuner();
        for places in [4, 2, 1, 1] {
            tuner.on_shortage();
            assert_eq!(tuner.places(), places);
        }
    }
}

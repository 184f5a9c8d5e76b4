//! How large batches are and how many run, where the user left that to the engine.
//!
//! One nmap is one congestion controller: 1,024 hosts at 40 ms and 1 % loss take one nmap 234 s, and
//! 64 nmaps of 16 hosts 5.4 s. Where the processors are the limit, many small starts only cost:
//! 64 batches of 64 hosts on loopback take twice the processor time of one (`nmap.md` §7). So:
//!
//! ```text
//! nmaps wait for the network ─► twice the places, each time it is looked
//! nmaps want all their time on a processor ─► as many places as processors, chunks grow until
//!                                             starts cost little
//! starts fail ─► half the places
//! ```
//!
//! What counts is what the nmaps themselves want: the share of its time that one runs or queues for
//! a processor. How busy the machine is says less: others may make it so, and then more nmaps that
//! wait for the network still are that much faster.

use netscan_schemas::{batch::Phase, scan::Tuning};
use std::time::Duration;

/// How often the tuner looks. A start takes 6 ms of processor time, so that 64 places are there
/// after three looks.
pub const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Addresses in a batch to begin with: one host group, and at most 20 so that `-sS` keeps a packet
/// filter for each host.
pub const CHUNK_FIRST: u32 = 16;
/// The same where nmap's start loads scripts, service probes or fingerprints: 270 ms instead of 22.
pub const CHUNK_FIRST_HEAVY: u32 = 64;
/// Places for each processor to begin with, where nmaps are likely to wait for the network.
pub const PLACES_FIRST: u32 = 16;
/// The same on loopback, and where nmap's start is heavy: there they wait for a processor.
pub const PLACES_FIRST_BUSY: u32 = 4;
/// Addresses in a batch that only finds out which hosts are up, at most and, where so many are left,
/// at least. In a sparse network a batch without a single living host is the one that takes long.
const CHUNK_DISCOVERY: u64 = 256;
const CHUNK_DISCOVERY_MIN: u64 = 128;
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
/// Chunks grow by this factor at once, at most: what a batch takes was measured for a few only.
const GROWTH_MAX: f64 = 8.0;
/// Share of the processors above which they are the limit.
const BUSY: f64 = 0.8;
/// Share of them that is the nmaps' own, above which they are the limit for these and not for
/// somebody else.
const BUSY_OURS: f64 = 0.5;
/// Share of their time that nmaps want a processor, below which they wait for the network.
const WANT_LITTLE: f64 = 0.5;
/// The same above which a processor is all they wait for. 64 nmaps that send 20,000 packets a second
/// through two processors want 0.2 to 0.6; on loopback 0.9.
const WANT_ALL: f64 = 0.8;
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

/// How the processors are used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Share of all processors that was busy since the last look; none where the system does not
    /// say.
    pub busy: Option<f64>,
    /// Share of its time that one of the scan's nmaps wanted a processor, on average; none where
    /// the system does not say.
    pub want: Option<f64>,
    /// Batches that run.
    pub running: usize,
}

impl Load {
    /// Returns whether the nmaps would rather have more packets under way than more processor.
    fn waits_for_network(&self) -> bool {
        let busy = self.busy.unwrap_or(1.0);
        self.want.map_or(busy < BUSY, |want| want < WANT_LITTLE)
    }
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
    /// Whether the processors are the limit.
    is_saturated: bool,
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
        let cores = cores.max(1);
        Self {
            tuning,
            cores,
            places_max: (cores * PLACES_MAX).min(slots).max(1),
            start: if is_heavy { START_HEAVY } else { START },
            chunk: u64::from(chunk.max(1)),
            places: places.max(1) as usize,
            share: None,
            cpu: Duration::ZERO,
            has_news: false,
            is_saturated: false,
        }
    }

    /// Takes note of how many nmaps the server may run at once.
    pub fn set_slots(&mut self, slots: usize) {
        self.places_max = (self.cores * PLACES_MAX).min(slots).max(1);
        if self.tuning.concurrency {
            self.places = self.places.min(self.places_max);
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
    /// there is a batch for each place until the end, those that will be added included.
    pub fn chunk(&self, left: u64) -> u64 {
        if !self.tuning.chunk_size {
            return self.chunk;
        }
        let places = if self.is_saturated { self.places } else { self.places_max() };
        let even = left.div_ceil(places as u64);
        let chunk = self.chunk.min(even.max(CHUNK_MIN));
        // A lone dead address takes nmap 21 s without discovery: no few are left for the end.
        match left.saturating_sub(chunk) {
            1..CHUNK_MIN if left < 2 * CHUNK_MIN => left,
            1..CHUNK_MIN => left.div_ceil(2),
            _ => chunk,
        }
    }

    /// Returns how many addresses the next batch of a step has at most, with so many left for it.
    pub fn chunk_in(&self, phase: Option<Phase>, left: u64) -> u64 {
        match phase {
            Some(Phase::Discovery) if self.tuning.chunk_size => {
                let even = left.div_ceil(self.places_max() as u64);
                even.clamp(CHUNK_DISCOVERY_MIN, CHUNK_DISCOVERY)
            }
            // What is dear about the plan's starts comes in its last step.
            Some(Phase::Ports) if self.tuning.chunk_size && !self.is_saturated => {
                self.chunk(left).min(u64::from(CHUNK_FIRST))
            }
            _ => self.chunk(left),
        }
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

    /// Looks at how the processors are used. Returns whether the places changed.
    pub fn look(&mut self, load: Load) -> bool {
        let before = self.places;
        let cores = self.cores as f64;
        // What all places would take of the processors, by what the newest attempts took.
        let demand = self.share.unwrap_or(0.0) * load.running.max(1) as f64 / cores;
        let is_limit = match load.want {
            Some(want) => want >= WANT_ALL && demand >= BUSY_OURS,
            None => demand >= BUSY,
        };
        if is_limit && load.busy.unwrap_or(0.0) >= BUSY {
            self.on_saturated();
        } else if load.waits_for_network() && load.running >= self.places {
            self.is_saturated = false;
            if self.tuning.concurrency {
                self.places = (self.places * 2).min(self.places_max);
            }
        }
        self.places != before
    }

    fn on_saturated(&mut self) {
        self.is_saturated = true;
        if self.tuning.concurrency {
            self.places = self.places.min(self.cores.min(self.places_max));
        }
        let dear = (self.start * START_SHARE).as_secs_f64() / self.cpu.as_secs_f64();
        if self.tuning.chunk_size && dear > 1.0 && std::mem::take(&mut self.has_news) {
            let growth = dear.clamp(2.0, GROWTH_MAX);
            self.chunk = ((self.chunk as f64 * growth) as u64).min(CHUNK_MAX);
            // What the larger ones will take, as far as can be said before one has ended.
            self.cpu = self.cpu.mul_f64(growth);
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

    /// So much of its time each of so many nmaps wants a processor.
    fn load(want: f64, running: usize) -> Load {
        Load { busy: Some(1.0), want: Some(want), running }
    }

    #[test]
    fn steps_have_chunks_of_their_own() {
        let heavy = Tuner::new(BOTH, (CHUNK_FIRST_HEAVY, 8), 2, 64, true);
        let chunks = |left| {
            [None, Some(Phase::Discovery), Some(Phase::Ports), Some(Phase::Services)]
                .map(|phase| heavy.chunk_in(phase, left))
        };
        assert_eq!(chunks(65_536), [64, 256, 16, 64]);
        assert_eq!(chunks(4096), [64, 128, 16, 64]);
        // What the user has fixed holds for every step.
        let fixed = Tuner::new(Tuning::default(), (10, 2), 2, 64, true);
        for phase in Phase::ALL {
            assert_eq!(fixed.chunk_in(Some(phase), 4096), 10);
        }
    }

    #[test]
    fn nmaps_that_wait_get_company_up_to_the_slots() {
        let mut tuner = tuner();
        let mut seen = vec![tuner.places()];
        while tuner.look(load(0.2, tuner.places())) {
            seen.push(tuner.places());
        }
        assert_eq!(seen, [8, 16, 32, 64]);
        // Together they keep the processors busy, and still each of them mostly waits.
        tuner.on_taken(taken(4400, 200));
        for want in [0.3, 0.6, 0.7] {
            assert!(!tuner.look(load(want, 64)));
        }
        assert_eq!((tuner.places(), tuner.chunk(1024), tuner.chunk(600)), (64, 16, 10));
    }

    #[test]
    fn what_the_system_does_not_tell_is_made_up_for() {
        let mut tuner = tuner();
        assert!(!tuner.look(Load { busy: None, want: None, running: 8 }));
        assert!(!tuner.look(Load { busy: Some(0.9), want: None, running: 8 }));
        assert!(tuner.look(Load { busy: Some(0.3), want: None, running: 8 }));
        assert_eq!(tuner.places(), 16);
        tuner.on_taken(taken(200, 50));
        assert!(tuner.look(Load { busy: Some(0.9), want: None, running: 16 }));
        assert_eq!(tuner.places(), 2);
    }

    #[test]
    fn places_that_are_not_used_are_not_added_to() {
        let mut tuner = tuner();
        assert!(!tuner.look(load(0.1, 7)));
        assert!(!tuner.look(load(0.6, 8)), "they hardly wait for the network");
        assert_eq!(tuner.places(), 8);
    }

    #[test]
    fn saturated_processors_take_places_and_grow_chunks_until_starts_cost_little() {
        let mut tuner = tuner();
        // Eight share two processors: 44 ms each in 200 ms, a fifth of what makes starts cheap.
        tuner.on_taken(taken(200, 44));
        assert!(tuner.look(load(0.95, 8)));
        assert_eq!((tuner.places(), tuner.chunk(100_000)), (2, 80));
        tuner.look(load(0.95, 2));
        assert_eq!(tuner.chunk(100_000), 80, "one step for each attempt");
        for (cpu, chunk) in [(75, 234), (125, 468), (225, 468), (425, 468)] {
            for _ in 0..20 {
                tuner.on_taken(taken(cpu, cpu));
            }
            tuner.look(load(0.95, 2));
            assert_eq!(tuner.chunk(100_000), chunk, "at {cpu} ms");
        }
    }

    #[test]
    fn chunks_grow_by_what_larger_ones_will_take() {
        let mut tuner = tuner();
        // The first is too small to tell much.
        tuner.on_taken(taken(40, 10));
        tuner.look(load(0.95, 8));
        assert_eq!(tuner.chunk(100_000), 128);
        // Small ones that end later hardly change what is expected of a large one: 80 ms.
        tuner.on_taken(taken(40, 40));
        tuner.look(load(0.95, 8));
        assert_eq!(tuner.chunk(100_000), 414);
        tuner.on_taken(taken(300, 300));
        tuner.look(load(0.95, 8));
        assert_eq!(tuner.chunk(100_000), 414, "its start costs little");
    }

    #[test]
    fn every_place_has_a_batch_until_the_end() {
        let mut tuner = tuner();
        // 64 to come, but while the processors are the limit.
        assert_eq!((tuner.chunk(1024), tuner.chunk(640), tuner.chunk(256)), (16, 10, CHUNK_MIN));
        tuner.chunk = 4096;
        tuner.is_saturated = true;
        assert_eq!(tuner.chunk(1_000_000), 4096);
        assert_eq!(tuner.chunk(1600), 200);
        assert_eq!(tuner.chunk(100), 13);
        assert_eq!(tuner.chunk(20), CHUNK_MIN, "smaller ones are not worth their slow start");
    }

    #[test]
    fn no_few_are_left_for_the_end() {
        let tuner = tuner();
        assert_eq!([8, 9, 15, 16, 17].map(|left| tuner.chunk(left)), [8, 9, 15, 8, 8]);
        for total in 1..3000 {
            let (mut left, mut last) = (total, 0);
            while left > 0 {
                last = tuner.chunk(left).min(left);
                left -= last;
            }
            assert!(last >= CHUNK_MIN.min(total), "{last} of {total}");
        }
    }

    #[test]
    fn numbers_that_were_given_are_kept() {
        let mut tuner = Tuner::new(Tuning::default(), (256, 6), 2, 64, false);
        assert!(!tuner.is_active());
        tuner.on_taken(taken(100, 100));
        for want in [0.0, 1.0] {
            assert!(!tuner.look(load(want, 6)));
        }
        tuner.on_shortage();
        assert_eq!((tuner.places(), tuner.chunk(10)), (6, 256));
    }

    #[test]
    fn fewer_slots_are_fewer_places() {
        let mut tuner = tuner();
        tuner.set_slots(4);
        assert_eq!((tuner.places(), tuner.places_max()), (4, 4));
        tuner.set_slots(1000);
        assert_eq!((tuner.places(), tuner.places_max()), (4, 2 * PLACES_MAX));
        let mut given = Tuner::new(Tuning::default(), (256, 6), 2, 64, false);
        given.set_slots(4);
        assert_eq!(given.places(), 6, "the rest waits for slots");
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

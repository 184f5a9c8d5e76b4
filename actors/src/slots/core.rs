//! Who may run next, decided without a runtime.

use super::limits::{Hold, Limits};
use netscan_schemas::ScanId;
use std::collections::{BTreeMap, VecDeque, btree_map::Entry};

/// While slots are spare, so much of the packet budget is kept back for a scan that comes next:
/// a quarter.
const KEPT_BACK: u32 = 4;
/// As much while a scan is short: a sixteenth. The shares of such a scan soon come back.
const KEPT_BACK_BY_SHORT: u32 = 16;
/// A scan is short that could send all of its probes within so many seconds, by itself.
const SHORT_S: u64 = 5;
/// While slots are spare, no nmap gets more than such a part of what is free: a third. So something
/// is left for the scan that comes next, and for the one after it.
const FREE_PART: u32 = 3;
/// As much for an nmap beside which no other sends: a half.
const FREE_PART_OF_LONE: u32 = 2;
/// No nmap has a use for more packets a second than so many times those of its whole batch: it would
/// be done in a quarter of a second.
const ENOUGH: u64 = 4;
/// Whatever it sends, so much is not more than it has a use for: some hosts need many tries.
const ENOUGH_LEAST: u32 = 2000;
/// What is left of the budget is a share when it is at least so much of an even one: a half. nmap
/// keeps its share as long as it runs, and with a tiny one a batch takes a minute instead of a
/// second; so a slot rather waits for another's share.
const LEAST_PART: u32 = 2;
/// As much for a scan of which no nmap runs: a sixteenth. It rather goes slowly than waits until a
/// scan of hours is over.
const LEAST_PART_OF_FIRST: u32 = 16;
/// Memory that an nmap is reckoned with until it shows: it takes 15 to 50 MiB (`nmap.md` §1).
pub const NMAP_BYTES: u64 = 50 * 1024 * 1024;
/// nmaps for each processor below which nothing is held for want of one.
const PER_PROCESSOR: usize = 8;
/// Share of their time that nmaps want a processor, above which one more only slows the others.
const WANT_ALL: f64 = 0.8;

/// Slots and the scans that wait for them. `T` stands for a waiting request.
///
/// Fair between scans: among those that wait, the scan that was served longest ago is next,
/// however many requests the others have.
///
/// The packet budget is dealt out with the slots, and comes back with them: each scan says how many
/// nmaps it may have at once, and all get even shares; loopback is apart. Nothing is dealt out of what is not free, so
/// that what runs never may send more than the budget. Only when the budget is lowered or set, more is
/// out than there is: nmap's rate cannot be changed while it runs, so nothing is dealt until enough
/// has come back.
#[derive(Debug)]
pub struct SlotsCore<T> {
    limits: Limits,
    processors: usize,
    in_use: usize,
    turn: u64,
    queues: BTreeMap<ScanId, Queue<T>>,
    dealt: u32,
    /// nmaps that run without a share, from when there was no budget.
    unbounded: usize,
    /// What each scan wants.
    demands: BTreeMap<ScanId, Demand>,
    /// How many slots each scan has; none without any.
    held: BTreeMap<ScanId, usize>,
    memory: Option<Memory>,
    /// How many nmaps of each scan run, and which share of its time one wants a processor.
    loads: BTreeMap<ScanId, (usize, f64)>,
}

/// What a scan wants of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// nmaps that it may have at once.
    pub expected: usize,
    /// Whether it only scans loopback, which the packet budget leaves out.
    pub is_loopback: bool,
    /// About how many packets all of it takes.
    pub packets: u64,
    /// About how many its next nmap sends.
    pub batch_packets: u64,
}

impl Demand {
    fn is_short(&self, budget: u32) -> bool {
        self.packets <= u64::from(budget) * SHORT_S
    }

    /// Returns how many packets a second its next nmap has a use for.
    fn enough(&self) -> u32 {
        let enough = self.batch_packets.saturating_mul(ENOUGH);
        u32::try_from(enough).unwrap_or(u32::MAX).max(ENOUGH_LEAST)
    }
}

/// An nmap's share of the packet budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// None, and it needs none: it scans loopback.
    Apart,
    /// None, as there is no budget.
    Unbounded,
    /// So many packets a second.
    Rate(u32),
}

impl Share {
    /// Returns how many packets a second that is; none for no bound.
    pub fn rate(self) -> Option<u32> {
        match self {
            Self::Rate(rate) => Some(rate),
            Self::Apart | Self::Unbounded => None,
        }
    }
}

/// A slot that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant<T> {
    /// Who gets it.
    pub request: T,
    /// Its scan.
    pub scan: ScanId,
    /// What its nmap may send.
    pub share: Share,
}

#[derive(Debug)]
struct Queue<T> {
    served_at: u64,
    waiting: VecDeque<T>,
}

/// Free memory, as it was looked at last.
#[derive(Clone, Copy, Debug)]
struct Memory {
    free: u64,
    /// nmaps that were started since, and between the last two looks: theirs does not show yet.
    unseen: [u64; 2],
}

impl<T> SlotsCore<T> {
    /// Returns free slots for a machine with so many processors.
    pub fn new(limits: Limits, processors: usize) -> Self {
        Self {
            limits,
            processors: processors.max(1),
            in_use: 0,
            turn: 0,
            queues: BTreeMap::new(),
            dealt: 0,
            unbounded: 0,
            demands: BTreeMap::new(),
            held: BTreeMap::new(),
            memory: None,
            loads: BTreeMap::new(),
        }
    }

    /// Changes the limits. What runs keeps its slot and its share; when that is more than there is
    /// now, nothing starts until enough has ended.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes note of how much memory is free; none where the system does not say.
    pub fn set_free_memory(&mut self, free: Option<u64>) {
        let newest = self.memory.map_or(0, |memory| memory.unseen[0]);
        self.memory = free.map(|free| Memory { free, unseen: [0, newest] });
    }

    /// Takes note of what a scan wants by now, how many of its nmaps run, and which share of its
    /// time one of them wants a processor.
    pub fn set_load(&mut self, scan: ScanId, demand: Demand, running: usize, want: f64) {
        self.demands.insert(scan, demand);
        self.loads.insert(scan, (running, want));
    }

    /// Puts a request at the end of its scan's queue.
    pub fn ask(&mut self, scan: ScanId, demand: Demand, request: T) {
        self.demands.insert(scan, Demand { expected: demand.expected.max(1), ..demand });
        let turn = self.turn;
        let queue = self.queues.entry(scan).or_insert_with(|| Queue {
            // A newcomer is neither ahead of those that wait, nor behind those served next.
            served_at: turn,
            waiting: VecDeque::new(),
        });
        queue.waiting.push_back(request);
    }

    /// Takes the next request that gets a slot, if one may start.
    pub fn grant(&mut self) -> Option<Grant<T>> {
        self.check_room().ok()?;
        // Whoever needs no packets does not wait behind those that do.
        let may_start = |(scan, queue): (&ScanId, &Queue<T>)| {
            Some((queue.served_at, *scan, self.share_of(*scan).ok()?))
        };
        let next = self.queues.iter().filter_map(may_start);
        let (_, scan, share) = next.min_by_key(|(served_at, scan, _)| (*served_at, *scan))?;
        let queue = self.queues.get_mut(&scan)?;
        let request = queue.waiting.pop_front();
        self.turn += 1;
        queue.served_at = self.turn;
        if queue.waiting.is_empty() {
            self.queues.remove(&scan);
        }
        let request = request?;
        self.in_use += 1;
        *self.held.entry(scan).or_default() += 1;
        match share {
            Share::Rate(rate) => self.dealt += rate,
            Share::Unbounded => self.unbounded += 1,
            Share::Apart => {}
        }
        if let Some(memory) = &mut self.memory {
            memory.unseen[0] += 1;
        }
        Some(Grant { request, scan, share })
    }

    /// Returns why no nmap at all may start now, if so.
    fn check_room(&self) -> Result<(), Hold> {
        if self.in_use >= self.limits.slots {
            return Err(Hold::Slots);
        }
        if self.is_short_of_memory() {
            return Err(Hold::Memory);
        }
        if self.is_short_of_processors() {
            return Err(Hold::Processors);
        }
        Ok(())
    }

    /// Returns the share of the packet budget that a scan's next nmap gets: an even one, or of what
    /// is free if that is not much less.
    fn share_of(&self, scan: ScanId) -> Result<Share, Hold> {
        let demand = self.demands.get(&scan);
        if demand.is_some_and(|demand| demand.is_loopback) {
            return Ok(Share::Apart);
        }
        let Some(budget) = self.limits.packet_rate else { return Ok(Share::Unbounded) };
        if self.unbounded > 0 {
            return Err(Hold::PacketRate);
        }
        let wanted = demand.map_or(u32::MAX, Demand::enough).min(self.even_share(budget));
        let free = budget.saturating_sub(self.dealt);
        let most = match (self.has_spare(), self.dealt) {
            (false, _) => free,
            (true, 0) => free.div_ceil(FREE_PART_OF_LONE),
            (true, _) => free.div_ceil(FREE_PART),
        };
        let share = wanted.min(most);
        let is_first = !self.held.contains_key(&scan);
        let least_part = if is_first { LEAST_PART_OF_FIRST } else { LEAST_PART };
        if share == 0 || share < wanted / least_part {
            Err(Hold::PacketRate)
        } else {
            Ok(Share::Rate(share))
        }
    }

    /// Returns the demands that the budget is for.
    fn sending(&self) -> impl Iterator<Item = &Demand> {
        self.demands.values().filter(|demand| !demand.is_loopback && demand.expected > 0)
    }

    /// Returns how many nmaps are expected to share the budget.
    fn expected(&self) -> usize {
        self.sending().map(|demand| demand.expected).sum()
    }

    /// Returns whether there is a slot for a scan that comes next.
    fn has_spare(&self) -> bool {
        self.expected() < self.limits.slots
    }

    /// Returns what each nmap gets if all get as much.
    fn even_share(&self, budget: u32) -> u32 {
        let all = self.expected().clamp(1, self.limits.slots);
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        let kept_back = match self.has_spare() {
            false => 0,
            true if self.sending().all(|demand| demand.is_short(budget)) => {
                budget / KEPT_BACK_BY_SHORT
            }
            true => budget / KEPT_BACK,
        };
        ((budget - kept_back) / all).max(1)
    }

    /// One nmap may always run if there is room for it: else nothing would ever end.
    fn is_short_of_memory(&self) -> bool {
        let Some(Memory { free, unseen: [newest, newer] }) = self.memory else { return false };
        let reserve = if self.in_use == 0 { 0 } else { self.limits.memory_reserve };
        // Of those that have ended since, nothing will show.
        let unseen = (newest + newer).min(self.in_use as u64);
        free < reserve.saturating_add((unseen + 1) * NMAP_BYTES)
    }

    fn is_short_of_processors(&self) -> bool {
        let running: usize = self.loads.values().map(|(running, _)| running).sum();
        let wanted: f64 = self.loads.values().map(|(running, want)| *running as f64 * want).sum();
        self.in_use >= self.processors * PER_PROCESSOR
            && wanted >= WANT_ALL * running as f64
            && running > 0
    }

    /// Takes a slot of a scan back, with its share of the budget.
    pub fn release(&mut self, scan: ScanId, share: Share) {
        debug_assert!(self.in_use > 0, "a slot came back that was never given");
        self.in_use = self.in_use.saturating_sub(1);
        if let Entry::Occupied(mut held) = self.held.entry(scan) {
            match held.get() {
                0 | 1 => drop(held.remove()),
                count => drop(held.insert(count - 1)),
            }
        }
        match share {
            Share::Rate(rate) => self.dealt = self.dealt.saturating_sub(rate),
            Share::Unbounded => self.unbounded = self.unbounded.saturating_sub(1),
            Share::Apart => {}
        }
    }

    /// Drops what a scan still waits for.
    pub fn forget(&mut self, scan: ScanId) {
        self.queues.remove(&scan);
        self.demands.remove(&scan);
        self.loads.remove(&scan);
    }

    /// Returns the limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns how many slots are taken.
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// Returns how many packets a second those that run may send together.
    pub fn dealt(&self) -> u32 {
        self.dealt
    }

    /// Returns how many nmaps run without a bound of packets, loopback apart.
    pub fn unbounded(&self) -> usize {
        self.unbounded
    }

    /// Returns how many requests wait, and for what; none for nothing.
    pub fn waiting(&self) -> Option<(usize, Hold)> {
        let (held, hold): (Vec<_>, _) = match self.check_room() {
            Err(hold) => (self.queues.values().collect(), hold),
            Ok(()) => {
                let held = self.queues.iter().filter(|(scan, _)| self.share_of(**scan).is_err());
                (held.map(|(_, queue)| queue).collect(), Hold::PacketRate)
            }
        };
        let waiting = held.iter().map(|queue| queue.waiting.len()).sum();
        (waiting > 0).then_some((waiting, hold))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! Who may run next, decided without a runtime.

use netscan_schemas::ScanId;
use std::collections::{BTreeMap, VecDeque};

/// How much of the packet budget one nmap may have at most, as a part of it: so that there is always
/// some left for a newcomer.
const LARGEST_PART: u32 = 2;
/// What every slot can count on, as a part of an even share of the budget.
const LEAST_PART: u32 = 4;

/// Slots and the scans that wait for them. `T` stands for a waiting request.
///
/// Fair between scans: among those that wait, the scan that was served longest ago is next,
/// however many requests the others have.
///
/// The packet budget is dealt out with the slots, and comes back with them. What is dealt out is
/// never more than the budget, and no slot waits for it: each scan says how many nmaps it may have
/// at once, and gets even shares; a small part is kept back for every slot that is free.
#[derive(Debug)]
pub struct SlotsCore<T> {
    limit: usize,
    in_use: usize,
    turn: u64,
    queues: BTreeMap<ScanId, Queue<T>>,
    /// Packets a second over all nmaps; none for no bound.
    budget: Option<u32>,
    dealt: u32,
    /// nmaps that each scan may have at once.
    expected: BTreeMap<ScanId, usize>,
}

/// A slot that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant<T> {
    /// Who gets it.
    pub request: T,
    /// Packets a second that its nmap may send; none for no bound.
    pub rate: Option<u32>,
}

#[derive(Debug)]
struct Queue<T> {
    served_at: u64,
    waiting: VecDeque<T>,
}

impl<T> SlotsCore<T> {
    /// Returns this many free slots, at least one.
    pub fn new(limit: usize, budget: Option<u32>) -> Self {
        Self {
            limit: limit.max(1),
            in_use: 0,
            turn: 0,
            queues: BTreeMap::new(),
            budget,
            dealt: 0,
            expected: BTreeMap::new(),
        }
    }

    /// Puts a request at the end of its scan's queue; the scan may have `expected` nmaps at once.
    pub fn ask(&mut self, scan: ScanId, expected: usize, request: T) {
        self.expected.insert(scan, expected.max(1));
        let turn = self.turn;
        let queue = self.queues.entry(scan).or_insert_with(|| Queue {
            // A newcomer is neither ahead of those that wait, nor behind those served next.
            served_at: turn,
            waiting: VecDeque::new(),
        });
        queue.waiting.push_back(request);
    }

    /// Takes the next request that gets a slot, if one is free.
    pub fn grant(&mut self) -> Option<Grant<T>> {
        if self.in_use >= self.limit {
            return None;
        }
        let rate = self.share();
        let (&scan, _) =
            self.queues.iter().min_by_key(|(scan, queue)| (queue.served_at, **scan))?;
        let queue = self.queues.get_mut(&scan)?;
        let request = queue.waiting.pop_front();
        self.turn += 1;
        queue.served_at = self.turn;
        if queue.waiting.is_empty() {
            self.queues.remove(&scan);
        }
        let request = request?;
        self.in_use += 1;
        self.dealt += rate.unwrap_or(0);
        Some(Grant { request, rate })
    }

    /// Returns the next slot's share of the budget.
    fn share(&self) -> Option<u32> {
        let budget = self.budget?;
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).max(1);
        let least = (budget / small(self.limit) / LEAST_PART).max(1);
        let others = small(self.limit - self.in_use) - 1;
        let free = budget.saturating_sub(self.dealt).saturating_sub(least.saturating_mul(others));
        let all: usize = self.expected.values().sum();
        let even = budget / small(all.min(self.limit));
        Some(even.min(budget / LARGEST_PART).min(free).max(least))
    }

    /// Takes a slot back, with its share of the budget.
    pub fn release(&mut self, rate: Option<u32>) {
        debug_assert!(self.in_use > 0, "a slot came back that was never given");
        self.in_use = self.in_use.saturating_sub(1);
        self.dealt = self.dealt.saturating_sub(rate.unwrap_or(0));
    }

    /// Drops what a scan still waits for.
    pub fn forget(&mut self, scan: ScanId) {
        self.queues.remove(&scan);
        self.expected.remove(&scan);
    }

    /// Returns how many slots there are.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns how many slots are taken.
    pub fn in_use(&self) -> usize {
        self.in_use
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(number: u64) -> ScanId {
        ScanId::new(number).expect("not zero")
    }

    fn grants(slots: &mut SlotsCore<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| slots.grant().map(|grant| grant.request)).collect()
    }

    #[test]
    fn a_big_scan_does_not_starve_a_small_one() {
        let mut slots = SlotsCore::new(2, None);
        for request in ["a1", "a2", "a3", "a4"] {
            slots.ask(scan(1), 9, request);
        }
        assert_eq!(grants(&mut slots), ["a1", "a2"]);
        slots.ask(scan(2), 9, "b1");
        slots.ask(scan(2), 9, "b2");
        let mut order = Vec::new();
        for _ in 0..4 {
            slots.release(None);
            order.extend(grants(&mut slots));
        }
        assert_eq!(order, ["a3", "b1", "a4", "b2"]);
    }

    #[test]
    fn slots_are_never_more_than_the_limit() {
        let mut slots = SlotsCore::new(3, None);
        for request in ["a", "b", "c", "d"] {
            slots.ask(scan(1), 9, request);
        }
        assert_eq!(grants(&mut slots).len(), 3);
        assert_eq!((slots.in_use(), slots.grant()), (3, None));
        slots.release(None);
        assert_eq!(grants(&mut slots), ["d"]);
    }

    #[test]
    fn a_forgotten_scan_gets_nothing() {
        let mut slots = SlotsCore::new(1, None);
        slots.ask(scan(1), 9, "a");
        slots.forget(scan(1));
        assert_eq!(grants(&mut slots), Vec::<&str>::new());
    }

    #[test]
    fn what_is_dealt_out_is_never_more_than_the_budget_and_no_slot_waits_for_it() {
        let mut rng = fastrand::Rng::with_seed(3);
        for (limit, budget) in [(1, 20_000), (4, 20_000), (64, 20_000), (64, 300), (7, 1000)] {
            let mut slots = SlotsCore::new(limit, Some(budget));
            let mut held: Vec<Option<u32>> = Vec::new();
            let mut waiting = 0;
            for _ in 0..2000 {
                let id = scan(rng.u64(1..4));
                waiting += 1;
                slots.ask(id, rng.usize(1..100), "x");
                if rng.bool() && !held.is_empty() {
                    slots.release(held.swap_remove(rng.usize(..held.len())));
                }
                while let Some(grant) = slots.grant() {
                    held.push(grant.rate);
                    waiting -= 1;
                }
                assert!(held.len() == limit || waiting == 0, "a slot waits");
                let dealt: u32 = held.iter().flatten().sum();
                assert!(dealt <= budget, "{dealt} of {budget} to {} of {limit}", held.len());
                assert!(held.iter().flatten().all(|rate| *rate >= 1));
            }
        }
    }

    #[test]
    fn shares_are_even_and_one_alone_has_much() {
        let mut slots = SlotsCore::new(64, Some(20_000));
        for _ in 0..64 {
            slots.ask(scan(1), 64, "x");
        }
        let rates: Vec<_> = std::iter::from_fn(|| slots.grant()).map(|grant| grant.rate).collect();
        assert_eq!(rates, vec![Some(312); 64]);
        let mut slots = SlotsCore::new(64, Some(20_000));
        slots.ask(scan(1), 1, "x");
        assert_eq!(slots.grant().unwrap().rate, Some(10_000));
        slots.ask(scan(2), 1, "y");
        assert_eq!(slots.grant().unwrap().rate, Some(20_000 - 10_000 - 62 * 78));
        assert_eq!(SlotsCore::<()>::new(4, None).share(), None);
    }
}

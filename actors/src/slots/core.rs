//! Who may run next, decided without a runtime.

use netscan_schemas::ScanId;
use std::collections::{BTreeMap, VecDeque};

/// Slots and the scans that wait for them. `T` stands for a waiting request.
///
/// Fair between scans: among those that wait, the scan that was served longest ago is next,
/// however many requests the others have.
#[derive(Debug)]
pub struct SlotsCore<T> {
    limit: usize,
    in_use: usize,
    turn: u64,
    queues: BTreeMap<ScanId, Queue<T>>,
}

#[derive(Debug)]
struct Queue<T> {
    served_at: u64,
    waiting: VecDeque<T>,
}

impl<T> SlotsCore<T> {
    /// Returns this many free slots, at least one.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), in_use: 0, turn: 0, queues: BTreeMap::new() }
    }

    /// Puts a request at the end of its scan's queue.
    pub fn ask(&mut self, scan: ScanId, request: T) {
        let turn = self.turn;
        let queue = self.queues.entry(scan).or_insert_with(|| Queue {
            // A newcomer is neither ahead of those that wait, nor behind those served next.
            served_at: turn,
            waiting: VecDeque::new(),
        });
        queue.waiting.push_back(request);
    }

    /// Takes the next request that gets a slot, if one is free.
    pub fn grant(&mut self) -> Option<(ScanId, T)> {
        if self.in_use >= self.limit {
            return None;
        }
        let (&scan, _) =
            self.queues.iter().min_by_key(|(scan, queue)| (queue.served_at, **scan))?;
        let queue = self.queues.get_mut(&scan)?;
        let request = queue.waiting.pop_front();
        self.turn += 1;
        queue.served_at = self.turn;
        if queue.waiting.is_empty() {
            self.queues.remove(&scan);
        }
        self.in_use += usize::from(request.is_some());
        request.map(|request| (scan, request))
    }

    /// Takes a slot back.
    pub fn release(&mut self) {
        debug_assert!(self.in_use > 0, "a slot came back that was never given");
        self.in_use = self.in_use.saturating_sub(1);
    }

    /// Drops what a scan still waits for.
    pub fn forget(&mut self, scan: ScanId) {
        self.queues.remove(&scan);
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
        std::iter::from_fn(|| slots.grant().map(|(_, request)| request)).collect()
    }

    #[test]
    fn a_big_scan_does_not_starve_a_small_one() {
        let mut slots = SlotsCore::new(2);
        for request in ["a1", "a2", "a3", "a4"] {
            slots.ask(scan(1), request);
        }
        assert_eq!(grants(&mut slots), ["a1", "a2"]);
        slots.ask(scan(2), "b1");
        slots.ask(scan(2), "b2");
        let mut order = Vec::new();
        for _ in 0..4 {
            slots.release();
            order.extend(grants(&mut slots));
        }
        assert_eq!(order, ["a3", "b1", "a4", "b2"]);
    }

    #[test]
    fn slots_are_never_more_than_the_limit() {
        let mut slots = SlotsCore::new(3);
        for request in ["a", "b", "c", "d"] {
            slots.ask(scan(1), request);
        }
        assert_eq!(grants(&mut slots).len(), 3);
        assert_eq!((slots.in_use(), slots.grant()), (3, None));
        slots.release();
        assert_eq!(grants(&mut slots), ["d"]);
    }

    #[test]
    fn a_forgotten_scan_gets_nothing() {
        let mut slots = SlotsCore::new(1);
        slots.ask(scan(1), "a");
        slots.forget(scan(1));
        assert_eq!(grants(&mut slots), Vec::<&str>::new());
    }
}

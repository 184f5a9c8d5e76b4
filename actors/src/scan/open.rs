//! The open batches of a scan: where each of them is.
//!
//! ```text
//! waiting ─┐              ┌─► settling ─┐
//!          ├─► running ───┤             ├─► gone
//! lanes ───┘     ▲        └─► resting ──┘
//!   ▲            └──────────────┘ through waiting or lanes
//! ```

use netscan_schemas::BatchId;
use std::collections::{BTreeSet, VecDeque};

/// Whether a batch has a part of another one's addresses, and not of the plan's.
pub type IsSplitOff = bool;

/// Batches that wait, rest or run.
///
/// Invariant: each is in exactly one of `waiting`, `lanes`, `running`, `settling`, `resting`.
#[derive(Debug, Default)]
pub struct OpenBatches {
    /// Batches that could run now.
    waiting: VecDeque<BatchId>,
    /// Batches that could run now and were split off.
    lanes: VecDeque<BatchId>,
    /// All open batches that were split off.
    split_off: BTreeSet<BatchId>,
    /// Batches between two attempts.
    resting: BTreeSet<BatchId>,
    /// Batches with a slot.
    running: BTreeSet<BatchId>,
    /// Batches whose process is gone and whose results are on their way into the store.
    settling: BTreeSet<BatchId>,
}

impl OpenBatches {
    /// Returns batches that could all run now.
    pub fn new(open: impl IntoIterator<Item = (BatchId, IsSplitOff)>) -> Self {
        let mut batches = Self::default();
        for (batch, is_split_off) in open {
            match is_split_off {
                true => batches.add_split_off(batch),
                false => batches.waiting.push_back(batch),
            }
        }
        batches
    }

    /// Gives a slot to the next batch that could run, and returns it. One that was split off only
    /// gets it if so many of these may run.
    pub fn start_next(&mut self, split_off_max: usize) -> Option<BatchId> {
        let has_room = self.running.intersection(&self.split_off).count() < split_off_max;
        let next = match self.waiting.pop_front() {
            None if has_room => self.lanes.pop_front(),
            next => next,
        }?;
        self.running.insert(next);
        Some(next)
    }

    /// Takes in a new batch of the plan, which has a slot.
    pub fn add_running(&mut self, batch: BatchId) {
        self.running.insert(batch);
    }

    /// Takes in a batch that has a part of another one's addresses.
    pub fn add_split_off(&mut self, batch: BatchId) {
        self.split_off.insert(batch);
        self.lanes.push_back(batch);
    }

    /// A batch's process is gone.
    pub fn settle(&mut self, batch: BatchId) {
        if self.running.remove(&batch) {
            self.settling.insert(batch);
        }
    }

    /// A batch rests before its next attempt.
    pub fn rest(&mut self, batch: BatchId) {
        if self.running.remove(&batch) || self.settling.remove(&batch) {
            self.resting.insert(batch);
        }
    }

    /// A resting batch could run now.
    pub fn wake(&mut self, batch: BatchId) {
        if self.resting.remove(&batch) {
            match self.split_off.contains(&batch) {
                true => self.lanes.push_back(batch),
                false => self.waiting.push_back(batch),
            }
        }
    }

    /// A batch is no longer open.
    pub fn remove(&mut self, batch: BatchId) {
        self.take_out(batch);
        self.split_off.remove(&batch);
    }

    /// A batch was interrupted: it is the next that could run.
    pub fn set_aside(&mut self, batch: BatchId) {
        self.take_out(batch);
        match self.split_off.contains(&batch) {
            true => self.lanes.push_front(batch),
            false => self.waiting.push_front(batch),
        }
    }

    fn take_out(&mut self, batch: BatchId) {
        self.running.remove(&batch);
        self.settling.remove(&batch);
        self.resting.remove(&batch);
        self.waiting.retain(|waiting| *waiting != batch);
        self.lanes.retain(|waiting| *waiting != batch);
    }

    /// Returns how many have a slot.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Returns of how many the results are on their way into the store.
    pub fn settling(&self) -> usize {
        self.settling.len()
    }

    /// Returns how many could run now.
    pub fn startable(&self) -> usize {
        self.waiting.len() + self.lanes.len()
    }

    /// Returns how many have a slot or will want one.
    pub fn unfinished(&self) -> usize {
        self.running() + self.startable() + self.resting.len()
    }

    /// Returns whether none runs, and what they found is stored.
    pub fn is_quiet(&self) -> bool {
        self.running.is_empty() && self.settling.is_empty()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.is_quiet() && self.resting.is_empty() && self.startable() == 0
    }
}

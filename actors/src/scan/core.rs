//! What a scan does next: events in, effects out, no clock and no I/O.

use netscan_schemas::{AddressSet, BatchId, attempt::StopReason, scan::ScanStatus};
use std::collections::{BTreeSet, VecDeque};

/// How a batch left the scan's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchEnd {
    /// For good: completed, given up or stopped.
    Ended,
    /// Interrupted by a pause or a shutdown; it goes on later.
    SetAside,
}

/// What the actor must do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask Slots for this many slots.
    AskSlots(usize),
    /// Void what was asked and not granted.
    ForgetSlots,
    /// Give the slot back that was just granted.
    ReturnSlot,
    /// Make a batch of these addresses and start it with the slot just granted.
    Cut(AddressSet),
    /// Start a waiting batch with the slot just granted.
    Start(BatchId),
    /// Tell every open batch to stop.
    StopBatches(StopReason),
    /// Write the status down; `status()` and `cursor()` have changed.
    SaveStatus,
    /// All is over: write the end down.
    Finish,
}

/// A scan's plan and which of its batches wait, rest or run.
///
/// Invariant: each open batch is in exactly one of `waiting`, `running`, `settling`, `resting`.
#[derive(Debug)]
pub struct ScanCore {
    status: ScanStatus,
    plan: AddressSet,
    /// Addresses of the plan that are in batches already.
    cursor: u64,
    chunk_size: u64,
    concurrency: usize,
    /// Slots asked for and not granted yet.
    asked: usize,
    /// Batches that could run now.
    waiting: VecDeque<BatchId>,
    /// Batches between two attempts.
    resting: BTreeSet<BatchId>,
    /// Batches with a slot.
    running: BTreeSet<BatchId>,
    /// Batches whose process is gone and whose results are on their way into the store.
    settling: BTreeSet<BatchId>,
    /// Whether the server is going down: nothing starts any more, and the status stays.
    leaving: bool,
}

impl ScanCore {
    /// Returns a scan as the store has it: new ones with a cursor of 0 and no open batches.
    pub fn new(
        status: ScanStatus,
        plan: AddressSet,
        cursor: u64,
        chunk_size: u32,
        concurrency: u32,
        open: impl IntoIterator<Item = BatchId>,
    ) -> Self {
        Self {
            status,
            plan,
            cursor,
            chunk_size: u64::from(chunk_size.max(1)),
            concurrency: concurrency.max(1) as usize,
            asked: 0,
            waiting: open.into_iter().collect(),
            resting: BTreeSet::new(),
            running: BTreeSet::new(),
            settling: BTreeSet::new(),
            leaving: false,
        }
    }

    /// Returns where the scan stands.
    pub fn status(&self) -> ScanStatus {
        self.status
    }

    /// Returns how many addresses of the plan are in batches already.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Starts the scan, or goes on with one that a restart interrupted.
    pub fn begin(&mut self) -> Vec<Effect> {
        match self.status {
            ScanStatus::Queued => {
                self.status = ScanStatus::Running;
                let mut effects = vec![Effect::SaveStatus];
                effects.extend(self.next_effects());
                effects
            }
            ScanStatus::Running => self.next_effects(),
            // The server went down in the middle of a stop: carry it out.
            ScanStatus::Stopping => self.stop_open_batches(StopReason::Stopped),
            ScanStatus::Paused
            | ScanStatus::Completed
            | ScanStatus::Stopped
            | ScanStatus::Failed => Vec::new(),
        }
    }

    /// Takes a slot.
    pub fn on_slot(&mut self) -> Vec<Effect> {
        self.asked = self.asked.saturating_sub(1);
        if self.status != ScanStatus::Running || self.leaving {
            return vec![Effect::ReturnSlot];
        }
        if let Some(batch) = self.waiting.pop_front() {
            self.running.insert(batch);
            return vec![Effect::Start(batch)];
        }
        let cut = self.plan.slice(u128::from(self.cursor), u128::from(self.chunk_size));
        if cut.is_empty() {
            return vec![Effect::ReturnSlot];
        }
        self.cursor += cut.count();
        vec![Effect::Cut(cut)]
    }

    /// Takes note of the number that a cut batch was given.
    pub fn on_cut(&mut self, batch: BatchId) -> Vec<Effect> {
        self.running.insert(batch);
        // Where the family changed, more batches are left than was counted.
        self.next_effects()
    }

    /// A batch's process is gone: another may run while its results settle.
    pub fn on_process_gone(&mut self, batch: BatchId) -> Vec<Effect> {
        if self.running.remove(&batch) {
            self.settling.insert(batch);
        }
        self.next_effects()
    }

    /// A batch failed and rests before its next attempt: others may use its place.
    pub fn on_batch_resting(&mut self, batch: BatchId) -> Vec<Effect> {
        if self.running.remove(&batch) || self.settling.remove(&batch) {
            self.resting.insert(batch);
        }
        self.next_effects()
    }

    /// A resting batch wants its next attempt.
    pub fn on_batch_ready(&mut self, batch: BatchId) -> Vec<Effect> {
        if self.resting.remove(&batch) {
            self.waiting.push_back(batch);
        }
        self.next_effects()
    }

    /// A batch is out of the scan's hands, and that is durable.
    pub fn on_batch_ended(&mut self, batch: BatchId, end: BatchEnd) -> Vec<Effect> {
        self.running.remove(&batch);
        self.settling.remove(&batch);
        self.resting.remove(&batch);
        self.waiting.retain(|waiting| *waiting != batch);
        if end == BatchEnd::SetAside {
            self.waiting.push_front(batch);
        }
        self.next_effects()
    }

    /// The user stops the scan. A second stop with a graver reason is passed on.
    pub fn stop(&mut self, reason: StopReason) -> Vec<Effect> {
        if self.status.has_ended() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if self.status != ScanStatus::Stopping {
            self.status = ScanStatus::Stopping;
            effects.extend([Effect::SaveStatus, Effect::ForgetSlots]);
            self.asked = 0;
        }
        effects.extend(self.stop_open_batches(reason));
        effects
    }

    /// The user pauses the scan: nothing starts, what runs is salvaged.
    pub fn pause(&mut self) -> Vec<Effect> {
        if !matches!(self.status, ScanStatus::Running | ScanStatus::Queued) {
            return Vec::new();
        }
        self.status = ScanStatus::Paused;
        self.asked = 0;
        vec![Effect::SaveStatus, Effect::ForgetSlots, Effect::StopBatches(StopReason::Paused)]
    }

    /// The user resumes a paused scan.
    pub fn resume(&mut self) -> Vec<Effect> {
        if self.status != ScanStatus::Paused {
            return Vec::new();
        }
        self.status = ScanStatus::Running;
        let mut effects = vec![Effect::SaveStatus];
        effects.extend(self.next_effects());
        effects
    }

    /// The server is going down: what runs is salvaged, and the next start goes on.
    pub fn leave(&mut self) -> Vec<Effect> {
        self.leaving = true;
        self.asked = 0;
        vec![Effect::ForgetSlots, Effect::StopBatches(StopReason::Shutdown)]
    }

    /// Returns whether no nmap of the scan runs, and what they found is stored.
    pub fn is_quiet(&self) -> bool {
        self.running.is_empty() && self.settling.is_empty()
    }

    /// Takes note of how the scan ended.
    pub fn ended(&mut self, status: ScanStatus) {
        debug_assert!(status.has_ended());
        self.status = status;
    }

    fn stop_open_batches(&self, reason: StopReason) -> Vec<Effect> {
        if self.is_idle() {
            return vec![Effect::Finish];
        }
        vec![Effect::StopBatches(reason)]
    }

    fn is_idle(&self) -> bool {
        self.is_quiet() && self.resting.is_empty() && self.waiting.is_empty()
    }

    fn next_effects(&mut self) -> Vec<Effect> {
        if self.leaving {
            return Vec::new();
        }
        match self.status {
            ScanStatus::Stopping if self.is_idle() => vec![Effect::Finish],
            ScanStatus::Running => {
                let left = self.plan.count().saturating_sub(self.cursor);
                if self.is_idle() && left == 0 {
                    return vec![Effect::Finish];
                }
                // At least as many batches are left as full chunks; a change of family makes more,
                // and those are asked for when the ones before them end.
                let startable = self.waiting.len() as u64 + left.div_ceil(self.chunk_size);
                // A slow store holds the scan back before results pile up in memory.
                if self.settling.len() >= self.concurrency {
                    return Vec::new();
                }
                let free = self.concurrency.saturating_sub(self.running.len() + self.asked);
                let unasked = startable.saturating_sub(self.asked as u64);
                let ask = free.min(usize::try_from(unasked).unwrap_or(usize::MAX));
                self.asked += ask;
                if ask > 0 { vec![Effect::AskSlots(ask)] } else { Vec::new() }
            }
            ScanStatus::Stopping
            | ScanStatus::Queued
            | ScanStatus::Paused
            | ScanStatus::Completed
            | ScanStatus::Stopped
            | ScanStatus::Failed => Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

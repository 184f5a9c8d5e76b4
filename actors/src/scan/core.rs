//! What a scan does next: events in, effects out, no clock and no I/O.

use super::{
    need::Need,
    open::{IsSplitOff, OpenBatches},
    stages::{Piece, Stages},
    tuning::{Load, Taken, Tuner},
};
use crate::batch::News;
use netscan_schemas::{
    AddressSet, BatchId, attempt::StopReason, batch::Phase, limits, scan::ScanStatus,
};
use std::collections::BTreeSet;

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
    Cut(Piece),
    /// Start a waiting batch with the slot just granted.
    Start(BatchId),
    /// Tell every open batch to stop.
    StopBatches(StopReason),
    /// Write the status down; `status()` and `cursor()` have changed.
    SaveStatus,
    /// What the scan waits for has changed; `needs()` tells.
    SaveNeeds,
    /// All is over: write the end down.
    Finish,
}

/// A scan's plan and its open batches.
///
/// Batches that were split off wait apart from the others, and have at most half of the places
/// while the plan has more to give: what is difficult never holds up what is not.
#[derive(Debug)]
pub struct ScanCore {
    status: ScanStatus,
    /// The plan and its steps, and how far they are in batches.
    stages: Stages,
    /// How large batches are and how many run.
    tuner: Tuner,
    /// Slots asked for and not granted yet.
    asked: usize,
    open: OpenBatches,
    /// What is missing: nothing starts until it is there.
    needs: BTreeSet<Need>,
    /// Failed attempts in a row that finished no host.
    barren: u32,
    /// Whether too many of them did: what is open ends, and the scan fails.
    gave_up: bool,
    /// Whether the server is going down: nothing starts any more, and the status stays.
    leaving: bool,
}

impl ScanCore {
    /// Returns a scan as the store has it: new ones with a cursor of 0 and no open batches.
    pub fn new(
        status: ScanStatus,
        stages: Stages,
        tuner: Tuner,
        open: impl IntoIterator<Item = (BatchId, IsSplitOff)>,
    ) -> Self {
        Self {
            status,
            stages,
            tuner,
            asked: 0,
            open: OpenBatches::new(open),
            needs: BTreeSet::new(),
            barren: 0,
            gave_up: false,
            leaving: false,
        }
    }

    /// Returns where the scan stands.
    pub fn status(&self) -> ScanStatus {
        self.status
    }

    /// Returns how many addresses of the plan are in batches already.
    pub fn cursor(&self) -> u64 {
        self.stages.cursor()
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

    /// Takes note of how many nmaps the server may run at once.
    pub fn set_slots(&mut self, slots: usize) {
        self.tuner.set_slots(slots);
    }

    /// Returns how many batches run.
    pub fn running(&self) -> usize {
        self.open.running()
    }

    /// Takes a slot.
    pub fn on_slot(&mut self) -> Vec<Effect> {
        self.asked = self.asked.saturating_sub(1);
        let is_open = self.status == ScanStatus::Running && !self.leaving && !self.gave_up;
        if !is_open || self.open.running() >= self.places() {
            return vec![Effect::ReturnSlot];
        }
        let split_off_max = match self.has_easy_work() {
            true => (self.tuner.places() / 2).max(1),
            false => usize::MAX,
        };
        if let Some(batch) = self.open.start_next(split_off_max) {
            return vec![Effect::Start(batch)];
        }
        if let Some(piece) = self.stages.cut(|phase, left| self.tuner.chunk_in(phase, left)) {
            return vec![Effect::Cut(piece)];
        }
        let mut effects = vec![Effect::ReturnSlot];
        effects.extend(self.next_effects());
        effects
    }

    /// Returns how many batches may run: all at once, one to try whether nmap works again, or none
    /// while something is missing.
    fn places(&self) -> usize {
        match (self.needs.is_empty(), self.barren < limits::BARREN_NO_SPLIT) {
            (false, _) => 0,
            (true, true) => self.tuner.places(),
            (true, false) => 1,
        }
    }

    fn has_easy_work(&self) -> bool {
        self.stages.left_of_first() > 0
    }

    /// Returns the step of the next batch, and how many addresses it has at most.
    pub fn next_chunk(&self) -> (Option<Phase>, u64) {
        self.stages.next_chunk(|phase, left| self.tuner.chunk_in(phase, left))
    }

    /// Returns how many batches could be cut now.
    fn batches_left(&self) -> u64 {
        self.stages.batches_left(|phase, left| self.tuner.chunk_in(phase, left))
    }

    /// An attempt ended by itself, having taken so much.
    pub fn on_taken(&mut self, taken: Taken) {
        self.tuner.on_taken(taken);
    }

    /// Tunes places and chunks, where the user left them to us.
    pub fn tune(&mut self, busy: Option<f64>, want: Option<f64>) -> Vec<Effect> {
        let load = Load { busy, want, running: self.open.running() };
        let has_changed = self.tuner.is_active() && self.tuner.look(load);
        if has_changed { self.next_effects() } else { Vec::new() }
    }

    /// nmap could not be started for want of a resource.
    pub fn on_shortage(&mut self) {
        self.tuner.on_shortage();
    }

    /// Takes note of the number that a cut batch was given, and of the step that it is of.
    pub fn on_cut(&mut self, batch: BatchId, phase: Option<Phase>) -> Vec<Effect> {
        self.open.add_running(batch);
        self.stages.on_open(batch, phase);
        // Where the family changed, more batches are left than was counted.
        self.next_effects()
    }

    /// A batch's process is gone: another may run while its results settle.
    pub fn on_process_gone(&mut self, batch: BatchId) -> Vec<Effect> {
        self.open.settle(batch);
        self.next_effects()
    }

    /// A batch failed and rests before its next attempt: others may use its place.
    pub fn on_batch_resting(&mut self, batch: BatchId) -> Vec<Effect> {
        self.open.rest(batch);
        self.next_effects()
    }

    /// A resting batch wants its next attempt.
    pub fn on_batch_ready(&mut self, batch: BatchId) -> Vec<Effect> {
        self.open.wake(batch);
        self.next_effects()
    }

    /// A batch's remainder went to smaller ones, and that is durable. `passed` is what it has passed
    /// on to the next step.
    pub fn on_batch_split(
        &mut self,
        batch: BatchId,
        children: impl IntoIterator<Item = BatchId>,
        passed: &AddressSet,
    ) -> Vec<Effect> {
        let phase = self.stages.phase_of(batch);
        for child in children {
            self.open.add_split_off(child);
            self.stages.on_open(child, phase);
        }
        self.on_batch_ended(batch, BatchEnd::Ended, passed)
    }

    /// Returns whether what a batch has passed on is asked for when it ends.
    pub fn has_next_step(&self, batch: BatchId) -> bool {
        self.stages.has_next_step(batch)
    }

    /// An attempt said something about the scan as a whole.
    pub fn on_news(&mut self, news: News) -> Vec<Effect> {
        match news {
            News::Nothing => Vec::new(),
            News::NotReady => self.set_need(Need::Scanner, true),
            News::Works => match std::mem::take(&mut self.barren) {
                // All places are there again.
                limits::BARREN_NO_SPLIT.. => self.next_effects(),
                _ => Vec::new(),
            },
            News::Barren => {
                self.barren = self.barren.saturating_add(1);
                let gives_up = self.barren >= limits::BARREN_MAX;
                if !gives_up || self.gave_up || self.status != ScanStatus::Running {
                    return Vec::new();
                }
                self.gave_up = true;
                self.asked = 0;
                vec![Effect::ForgetSlots, Effect::StopBatches(StopReason::GaveUp)]
            }
        }
    }

    /// Returns the addresses that are in no batch yet of the step that they go through next.
    pub fn rest(&self) -> AddressSet {
        self.stages.rest()
    }

    /// Takes note of which addresses of the plan may not be scanned any more; returns whether that
    /// is news.
    pub fn set_barred(&mut self, barred: AddressSet) -> (bool, Vec<Effect>) {
        match self.stages.set_barred(barred) {
            true => (true, self.next_effects()),
            false => (false, Vec::new()),
        }
    }

    /// Something that the scan needs is missing, or there again.
    pub fn set_need(&mut self, need: Need, is_missing: bool) -> Vec<Effect> {
        let is_news = match is_missing {
            true => self.needs.insert(need),
            false => self.needs.remove(&need),
        };
        if !is_news {
            return Vec::new();
        }
        let mut effects = vec![Effect::SaveNeeds];
        effects.extend(self.next_effects());
        effects
    }

    /// Returns what the scan waits for.
    pub fn needs(&self) -> impl Iterator<Item = Need> {
        self.needs.iter().copied()
    }

    /// Returns why batches that are opened now must end at once, if they must.
    pub fn ends_open_batches(&self) -> Option<StopReason> {
        match (self.status, self.gave_up) {
            (ScanStatus::Stopping, _) => Some(StopReason::Stopped),
            (_, true) => Some(StopReason::GaveUp),
            (_, false) => None,
        }
    }

    /// Returns how many batches may run at once, as far as can be said: with all places that tuning
    /// may add, and no more than there are batches. While nothing starts, those that run.
    pub fn expected(&self) -> usize {
        let starts = self.status == ScanStatus::Running && !self.leaving && !self.gave_up;
        if !starts || !self.needs.is_empty() {
            return self.open.running();
        }
        let left = self.batches_left();
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        self.tuner.places_max().min(left.saturating_add(self.open.unfinished()))
    }

    /// Returns how many places are idle because nothing is left to start; none while there is, or
    /// while none is idle.
    pub fn idle_places(&self) -> Option<usize> {
        let is_tail = self.status == ScanStatus::Running
            && !self.leaving
            && self.needs.is_empty()
            && self.open.startable() == 0
            && self.batches_left() == 0;
        let idle = self.places().saturating_sub(self.open.running());
        (is_tail && idle > 0 && self.open.running() > 0).then_some(idle)
    }

    /// Returns failed attempts in a row that finished no host.
    pub fn barren(&self) -> u32 {
        self.barren
    }

    /// Returns whether the scan ends before its plan does, for want of any success.
    pub fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// A batch is out of the scan's hands, and that is durable. `passed` is what it has passed on to
    /// the next step, if it has ended.
    pub fn on_batch_ended(
        &mut self,
        batch: BatchId,
        end: BatchEnd,
        passed: &AddressSet,
    ) -> Vec<Effect> {
        match end {
            BatchEnd::Ended => {
                self.open.remove(batch);
                self.stages.on_ended(batch, passed);
            }
            BatchEnd::SetAside => self.open.set_aside(batch),
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
        self.open.is_quiet()
    }

    /// Takes note of how the scan ended.
    pub fn ended(&mut self, status: ScanStatus) {
        debug_assert!(status.has_ended());
        self.status = status;
    }

    fn stop_open_batches(&self, reason: StopReason) -> Vec<Effect> {
        if self.open.is_empty() {
            return vec![Effect::Finish];
        }
        vec![Effect::StopBatches(reason)]
    }

    fn next_effects(&mut self) -> Vec<Effect> {
        if self.leaving {
            return Vec::new();
        }
        match self.status {
            ScanStatus::Stopping if self.open.is_empty() => vec![Effect::Finish],
            ScanStatus::Running => {
                // More than full chunks: a change of family makes more, and those are asked for
                // when the ones before them end.
                let left = self.batches_left();
                if self.open.is_empty() && (left == 0 || self.gave_up) {
                    return vec![Effect::Finish];
                }
                if self.gave_up {
                    return Vec::new();
                }
                let startable = self.open.startable() as u64 + left;
                // A slow store holds the scan back before results pile up in memory.
                if self.open.settling() >= self.tuner.places() {
                    return Vec::new();
                }
                let free = self.places().saturating_sub(self.open.running() + self.asked);
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

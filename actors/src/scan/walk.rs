//! A scan's way through its plan: what is cut next, past what may not be scanned.

use super::plan::Plan;
use netscan_schemas::{AddressSet, batch::Lane};

/// Places of the plan that are looked at for one slot at most. Where more than these may not be
/// scanned, the slot goes back and is asked for again: the scan hears what else it is told.
pub(super) const LOOKED_AT_MAX: u64 = 65_536;

/// A plan and how far it is in batches.
#[derive(Debug)]
pub(super) struct Walk {
    plan: Plan,
    /// Addresses of the plan that are in batches already.
    cursor: u64,
    /// Addresses of the plan that may not be scanned any more: they get into no batch.
    barred: AddressSet,
    /// Addresses of the plan's first part that are in no batch yet and may be scanned.
    free_of_first: u64,
}

impl Walk {
    /// Returns a way that has come this far, with nothing barred.
    pub(super) fn new(plan: Plan, cursor: u64) -> Self {
        let free_of_first = plan.left_of_first(cursor);
        Self { plan, cursor, barred: AddressSet::new(), free_of_first }
    }

    /// Returns how many addresses of the plan are in batches already.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Takes the next addresses of the plan that may be scanned; none at its end, or when none is
    /// near. `chunk` says how many at most, of how many are left of the plan's first part.
    pub(super) fn cut(&mut self, chunk: impl Fn(u64) -> u64) -> Option<(AddressSet, Lane)> {
        let near = self.cursor.saturating_add(LOOKED_AT_MAX);
        while self.cursor < near {
            let (cut, lane) = self.plan.cut(self.cursor, chunk(self.left_of_first()));
            if cut.is_empty() {
                return None;
            }
            self.cursor += cut.count();
            let batch = cut.difference(&self.barred);
            if lane == Lane::Main {
                self.free_of_first = self.free_of_first.saturating_sub(batch.count());
            }
            self.pass_over_barred();
            if !batch.is_empty() {
                return Some((batch, lane));
            }
        }
        None
    }

    /// Moves the cursor over what may not be scanned, as far as that takes no search.
    fn pass_over_barred(&mut self) {
        if self.free_of_first == 0 {
            self.cursor += self.left_of_first();
        }
        self.cursor = self.plan.skip(self.cursor, &self.barred);
    }

    /// Takes note of which addresses may not be scanned any more; returns whether that is news.
    pub(super) fn set_barred(&mut self, barred: AddressSet) -> bool {
        if barred == self.barred {
            return false;
        }
        self.barred = barred;
        self.free_of_first = self.plan.rest_of_first(self.cursor).difference(&self.barred).count();
        self.pass_over_barred();
        true
    }

    /// Returns the addresses of the plan that are in no batch yet.
    pub(super) fn rest(&self) -> AddressSet {
        self.plan.rest(self.cursor)
    }

    /// Returns how many addresses of the plan's first part are in no batch yet.
    pub(super) fn left_of_first(&self) -> u64 {
        self.plan.left_of_first(self.cursor)
    }

    /// Returns how many batches are left to cut, with chunks of this size.
    pub(super) fn batches_left(&self, chunk: u64) -> u64 {
        self.plan.batches_left(self.cursor, chunk)
    }
}

//! What a scan scans, in which order: its addresses, cut one batch at a time.

use netscan_schemas::{AddressSet, batch::Lane};

/// Which addresses are scanned, in which order.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// First these, in chunks.
    pub first: AddressSet,
    /// Then these one by one: earlier scans could not finish them.
    pub last: AddressSet,
}

impl Plan {
    /// Returns the plan of all these addresses, with those of `last` at its end.
    pub fn new(addresses: &AddressSet, last: &AddressSet) -> Self {
        let last = addresses.intersection(last);
        let first = addresses.difference(&last);
        Self { first, last }
    }

    /// Returns the next addresses to scan after `cursor` of them, `chunk` at most; none at the end.
    pub(super) fn cut(&self, cursor: u64, chunk: u64) -> (AddressSet, Lane) {
        let first = self.first.count();
        if cursor < first {
            return (self.first.slice(u128::from(cursor), u128::from(chunk)), Lane::Main);
        }
        (self.last.slice(u128::from(cursor - first), 1), Lane::Difficult)
    }

    /// Returns how many batches are left after `cursor` addresses, at least: a change of family
    /// makes one more.
    pub(super) fn batches_left(&self, cursor: u64, chunk: u64) -> u64 {
        let (first, last) = (self.first.count(), self.last.count());
        let chunks = self.left_of_first(cursor).div_ceil(chunk);
        chunks + last - cursor.saturating_sub(first).min(last)
    }

    /// Returns how many addresses of `first` are left after `cursor` of the plan.
    pub(super) fn left_of_first(&self, cursor: u64) -> u64 {
        self.first.count().saturating_sub(cursor)
    }
}

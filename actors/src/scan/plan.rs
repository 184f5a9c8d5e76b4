//! What a scan scans, in which order: its addresses, cut one batch at a time.

use netscan_schemas::{AddressSet, Interval, address::to_number, batch::Lane};

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

    /// Returns the place at or after `cursor` of the first address that is not in `barred`.
    pub(super) fn skip(&self, cursor: u64, barred: &AddressSet) -> u64 {
        let first = self.first.count();
        let mut at = cursor;
        loop {
            let (set, before) = if at < first { (&self.first, 0) } else { (&self.last, first) };
            let address = set.select(u128::from(at - before));
            let Some(run) = address.and_then(|address| barred.run_of(address)) else { return at };
            // A plan has at most `SCAN_ADDRESSES_MAX` addresses.
            let below = run.last.checked_add(1).map_or(set.len(), |above| set.rank(above));
            at = before + u64::try_from(below).unwrap_or(u64::MAX);
        }
    }

    /// Returns the addresses after `cursor` of them.
    pub(super) fn rest(&self, cursor: u64) -> AddressSet {
        let after = |set: &AddressSet, from: u64| match set.select(u128::from(from)) {
            Some(address) => {
                let first = to_number(address);
                let above = Interval { first, last: u128::MAX };
                set.intersection(&AddressSet::from_intervals(vec![above]))
            }
            None => AddressSet::new(),
        };
        let first = self.first.count();
        after(&self.first, cursor).union(&after(&self.last, cursor.saturating_sub(first)))
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

//! Which addresses are written already.

use netscan_schemas::{AddressSet, Interval, address::to_number};
use std::net::IpAddr;

/// Which addresses of a set are marked: a bit for each.
pub(super) struct Marks {
    runs: Vec<(Interval, u64)>,
    bits: Vec<u64>,
}

impl Marks {
    pub(super) fn new(set: &AddressSet) -> Self {
        let mut before = 0u64;
        let runs = set.intervals().iter().map(|run| {
            let at = before;
            // A batch has no more addresses than the number holds.
            before = before.saturating_add(u64::try_from(run.len()).unwrap_or(u64::MAX));
            (*run, at)
        });
        let runs = runs.collect();
        let words = usize::try_from(before.div_ceil(64)).unwrap_or(0);
        Self { runs, bits: vec![0; words] }
    }

    fn place(&self, address: IpAddr) -> Option<(usize, u64)> {
        let number = to_number(address);
        let index = self.runs.partition_point(|(run, _)| run.last < number);
        let (run, before) = self.runs.get(index).filter(|(run, _)| run.first <= number)?;
        let at = before + u64::try_from(number - run.first).ok()?;
        Some((usize::try_from(at / 64).ok()?, 1 << (at % 64)))
    }

    /// Marks an address; returns whether it is of the set and was not marked.
    pub(super) fn mark(&mut self, address: IpAddr) -> bool {
        let Some((word, bit)) = self.place(address) else { return false };
        let Some(word) = self.bits.get_mut(word) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn is_marked(&self, address: IpAddr) -> bool {
        let place = self.place(address);
        place.and_then(|(word, bit)| Some(self.bits.get(word)? & bit != 0)).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_of_the_set() {
        let range = |a: &str, b: &str| Interval::between(a.parse().unwrap(), b.parse().unwrap());
        let set = AddressSet::from_intervals(vec![
            range("10.0.0.1", "10.0.0.3").unwrap(),
            range("10.0.1.0", "10.0.1.255").unwrap(),
            range("fd00::1", "fd00::1").unwrap(),
        ]);
        let mut marks = Marks::new(&set);
        for address in set.iter() {
            assert!(!marks.is_marked(address));
            assert!(marks.mark(address), "{address}");
            assert!(marks.is_marked(address) && !marks.mark(address));
        }
        for stranger in ["10.0.0.0", "10.0.0.4", "10.0.2.0", "fd00::2"] {
            assert!(!marks.mark(stranger.parse().unwrap()), "{stranger}");
        }
    }
}

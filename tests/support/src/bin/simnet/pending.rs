//! Packets under way, in the order in which they arrive.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// The number keeps those that are due at the same time in the order in which they came.
    heap: BinaryHeap<Reverse<(Duration, u64, Vec<u8>)>>,
    next: u64,
}

impl Pending {
    pub(crate) fn push(&mut self, due: Duration, packet: Vec<u8>) {
        self.heap.push(Reverse((due, self.next, packet)));
        self.next += 1;
    }

    /// Returns when the next one is due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse((due, ..))| *due)
    }

    /// Returns a packet that is due by now, and since when.
    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<(Duration, Vec<u8>)> {
        self.next_due().filter(|due| *due <= now)?;
        self.heap.pop().map(|Reverse((due, _, packet))| (due, packet))
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Pending;
    use std::time::Duration;

    #[test]
    fn by_time_and_then_as_they_came() {
        let mut pending = Pending::default();
        for (due_ms, packet) in [(30, 1), (10, 9), (20, 3), (10, 2), (10, 5)] {
            pending.push(Duration::from_millis(due_ms), vec![packet]);
        }
        let now = Duration::from_millis(20);
        let order: Vec<_> =
            std::iter::from_fn(|| pending.pop_due(now)).map(|(_, p)| p[0]).collect();
        assert_eq!(order, [9, 2, 5, 3]);
        assert_eq!(pending.next_due(), Some(Duration::from_millis(30)));
        assert_eq!(pending.len(), 1);
    }
}

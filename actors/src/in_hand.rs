//! The scans that the engine has in hand, for all who only want to know.

use netscan_schemas::ScanId;
use std::collections::BTreeSet;
use tokio::sync::watch;

/// The scans that run or are about to. One that has not ended and is not among them was left by
/// an earlier process, or failed too often.
#[derive(Debug, Default)]
pub struct InHand(watch::Sender<Held>);

#[derive(Debug, Default)]
struct Held {
    scans: BTreeSet<ScanId>,
    /// Whether no more are taken, because the process is about to end.
    is_closed: bool,
}

/// What became of a scan that was to be taken in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in hand from now on.
    New,
    /// It was in hand before.
    Already,
    /// No scan is taken in hand any more.
    Closed,
}

impl InHand {
    /// Takes a scan in hand.
    pub fn take(&self, scan: ScanId) -> Taken {
        let mut taken = Taken::Closed;
        self.0.send_if_modified(|held| {
            if !held.is_closed {
                taken = if held.scans.insert(scan) { Taken::New } else { Taken::Already };
            }
            taken == Taken::New
        });
        taken
    }

    /// Lets a scan go.
    pub fn release(&self, scan: ScanId) {
        self.0.send_if_modified(|held| held.scans.remove(&scan));
    }

    /// Returns whether a scan is in hand.
    pub fn holds(&self, scan: ScanId) -> bool {
        self.0.borrow().scans.contains(&scan)
    }

    /// Returns how many scans are in hand.
    pub fn count(&self) -> usize {
        self.0.borrow().scans.len()
    }

    /// Returns the scans in hand.
    pub fn scans(&self) -> Vec<ScanId> {
        self.0.borrow().scans.iter().copied().collect()
    }

    /// Takes no scan in hand any more.
    pub fn close(&self) {
        self.0.send_modify(|held| held.is_closed = true);
    }

    /// Takes no scan in hand any more if there is none but this one, and returns how many others
    /// there are. In one step: no scan comes in between.
    pub fn close_after(&self, scan: ScanId) -> usize {
        let mut others = 0;
        self.0.send_if_modified(|held| {
            others = held.scans.iter().filter(|held| **held != scan).count();
            held.is_closed |= others == 0;
            others == 0
        });
        others
    }

    /// Waits until there is none but this scan, and closes the door then.
    pub async fn close_when_alone(&self, scan: ScanId) {
        let mut changes = self.0.subscribe();
        // The sender is borrowed, so waiting for it does not fail.
        while self.close_after(scan) > 0 && changes.changed().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(number: u64) -> ScanId {
        ScanId::new(number).unwrap()
    }

    #[test]
    fn the_last_scan_closes_the_door_and_no_other_does() {
        let held = InHand::default();
        assert_eq!((held.take(scan(1)), held.take(scan(1))), (Taken::New, Taken::Already));
        assert_eq!(held.take(scan(2)), Taken::New);
        assert_eq!(held.close_after(scan(1)), 1);
        held.release(scan(2));
        assert_eq!((held.take(scan(3)), held.count()), (Taken::New, 2), "the door is open");
        held.release(scan(3));
        assert_eq!(held.close_after(scan(1)), 0);
        assert_eq!((held.take(scan(4)), held.holds(scan(4))), (Taken::Closed, false));
    }
}

//! Counters, as `--stats` writes them.

use crate::behaviour::Kind;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// What nmap would notice.
const LATE: Duration = Duration::from_millis(1);

/// What happened to packets. Each one that was received is counted in exactly one of `foreign`,
/// `lost_on_the_way_there`, `unanswered`, `over_the_limit`, `lost_on_the_way_back`, and
/// `answered`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Stats {
    /// Packets that came out of the device.
    pub(crate) received: u64,
    /// To addresses that are not simulated, or not understood.
    pub(crate) foreign: u64,
    pub(crate) lost_on_the_way_there: u64,
    /// The host has no answer to it.
    pub(crate) unanswered: u64,
    /// The host has sent its share of answers.
    pub(crate) over_the_limit: u64,
    pub(crate) lost_on_the_way_back: u64,
    pub(crate) answered: u64,
    /// Answers that were written to the device; the others were still on their way at the end.
    pub(crate) sent: u64,
    /// Answers that the device did not take.
    pub(crate) refused: u64,
    /// Packets that the kernel dropped since this program did not take them in time.
    pub(crate) overrun: u64,
    /// How many answers were on their way at once.
    pub(crate) pending_max: usize,
    /// Answers that missed their time by more than a millisecond: is the machine too busy?
    pub(crate) late: u64,
    /// By how much the latest one missed it.
    pub(crate) late_max_us: u64,
    pub(crate) kinds: BTreeMap<&'static str, KindStats>,
}

/// The same for all hosts of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct KindStats {
    /// Packets that reached a host.
    pub(crate) packets: u64,
    /// Those of them that were to open a TCP connection.
    pub(crate) syns: u64,
    pub(crate) answers: u64,
}

impl Stats {
    pub(crate) fn kind(&mut self, kind: Kind) -> &mut KindStats {
        self.kinds.entry(kind.name()).or_default()
    }

    pub(crate) fn sent(&mut self, late: Duration) {
        self.sent += 1;
        self.late += u64::from(late > LATE);
        self.late_max_us = self.late_max_us.max(late.as_micros().try_into().unwrap_or(u64::MAX));
    }
}

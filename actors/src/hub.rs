//! The hub: shows durable events to live readers, and late readers the stored ones, as one stream.
//!
//! ```text
//! store's writer ── commit ──► Hub ── ring of the newest ──► Feed ──► a client
//!                                       older ones: store ──►┘
//! ```
//!
//! Invariant: an event is in the store before it is in a ring. A reader is only a cursor: it costs
//! the publisher nothing, and one that falls behind the ring reads from the store until it has
//! caught up, so it misses nothing.

use netscan_schemas::{ScanId, Seq, limits, scan::Progress};
use netscan_store::{Publisher, ReadError, Store};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio::sync::watch;

/// An event's text, shared by all its readers.
pub type Text = Arc<str>;

/// The rings of all scans that are live.
#[derive(Default)]
pub struct Hub {
    scans: RwLock<HashMap<ScanId, Arc<Live>>>,
}

struct Live {
    ring: RwLock<Ring>,
    newest: watch::Sender<Seq>,
    progress: Mutex<Option<Progress>>,
    waits_for: Mutex<Option<String>>,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<(Seq, Text)>,
    bytes: usize,
}

impl Live {
    fn new(newest: Seq) -> Self {
        Self {
            ring: RwLock::default(),
            newest: watch::Sender::new(newest),
            progress: Mutex::new(None),
            waits_for: Mutex::new(None),
        }
    }

    /// Wakes the readers, if this is news.
    fn advance(&self, newest: Seq) {
        self.newest.send_if_modified(|held| {
            let is_news = newest > *held;
            *held = newest.max(*held);
            is_news
        });
    }
}

impl Ring {
    fn push(&mut self, seq: Seq, text: &Text) {
        // Events that were stored and never published, as a publisher that panicked leaves them, are
        // read from the store: a ring with a hole in it would hide them.
        if self.events.back().is_some_and(|(last, _)| last + 1 != seq) {
            self.events.clear();
            self.bytes = 0;
        }
        self.bytes += text.len();
        self.events.push_back((seq, Arc::clone(text)));
        while self.events.len() > limits::LIVE_EVENTS_MAX
            || self.bytes > limits::LIVE_EVENT_BYTES_MAX
        {
            let Some((_, dropped)) = self.events.pop_front() else { break };
            self.bytes -= dropped.len();
        }
    }

    /// Returns the events from `seq` on, or `None` when the ring no longer reaches back to it.
    fn from(&self, seq: Seq, max: usize) -> Option<Vec<(Seq, Text)>> {
        let (first, _) = self.events.front()?;
        let skip = usize::try_from(seq.checked_sub(*first)?).ok()?;
        Some(self.events.iter().skip(skip).take(max).cloned().collect())
    }
}

// The locks below guard plain data that no holder leaves half changed, so a poisoned one is still
// good to use.
impl Hub {
    fn live(&self, scan: ScanId) -> Option<Arc<Live>> {
        self.scans.read().unwrap_or_else(PoisonError::into_inner).get(&scan).cloned()
    }

    /// Makes a scan live, if it is not.
    ///
    /// First the ring is there to be published to, then the store is asked for what came before:
    /// so no event falls between the two.
    pub(crate) fn open(&self, store: &Store, scan: ScanId) -> Result<(), ReadError> {
        let live = {
            let mut scans = self.scans.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(scans.entry(scan).or_insert_with(|| Arc::new(Live::new(0))))
        };
        live.advance(store.last_seq(scan)?);
        Ok(())
    }

    /// Forgets a scan that has ended; feeds that are open still read to the end.
    pub(crate) fn retire(&self, scan: ScanId) {
        self.scans.write().unwrap_or_else(PoisonError::into_inner).remove(&scan);
    }

    /// Keeps the newest estimate of a running scan.
    pub(crate) fn set_progress(&self, scan: ScanId, progress: Progress) {
        if let Some(live) = self.live(scan) {
            *live.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        }
    }

    /// Returns the newest estimate of a running scan.
    pub fn progress(&self, scan: ScanId) -> Option<Progress> {
        *self.live(scan)?.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a scan cannot go on without.
    pub(crate) fn set_waits_for(&self, scan: ScanId, what: Option<String>) {
        if let Some(live) = self.live(scan) {
            *live.waits_for.lock().unwrap_or_else(PoisonError::into_inner) = what;
        }
    }

    /// Returns what a scan cannot go on without (`scanner: ...`, `store: ...`).
    pub fn waits_for(&self, scan: ScanId) -> Option<String> {
        self.live(scan)?.waits_for.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens a feed of one scan. Without `since` it begins with the next event; with it, with the
    /// one after `since`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed(
        &self,
        store: &Arc<Store>,
        scan: ScanId,
        since: Option<Seq>,
    ) -> Result<Feed, ReadError> {
        let has_ended = |view: netscan_store::ScanView| view.state.status.has_ended();
        if self.live(scan).is_none() && !store.scan(scan)?.is_none_or(has_ended) {
            self.open(store, scan)?;
        }
        // A scan that has ended and is not live has nothing published for it any more.
        let live = match self.live(scan) {
            Some(live) => live,
            None => Arc::new(Live::new(store.last_seq(scan)?)),
        };
        let newest = live.newest.subscribe();
        let next = since.unwrap_or(*newest.borrow()).saturating_add(1);
        Ok(Feed { store: Arc::clone(store), scan, live, newest, next })
    }
}

impl Publisher for Hub {
    fn publish(&self, scan: ScanId, events: &[(Seq, Text)]) {
        let Some((last, _)) = events.last() else { return };
        let Some(live) = self.live(scan) else {
            // Deleted or retired in between; whoever reads it reads the store.
            return;
        };
        {
            let mut ring = live.ring.write().unwrap_or_else(PoisonError::into_inner);
            for (seq, text) in events {
                ring.push(*seq, text);
            }
        }
        live.advance(*last);
    }
}

/// One reader's place in the events of one scan.
pub struct Feed {
    store: Arc<Store>,
    scan: ScanId,
    live: Arc<Live>,
    newest: watch::Receiver<Seq>,
    next: Seq,
}

impl Feed {
    /// Returns the number of the scan's newest event.
    pub fn last_seq(&self) -> Seq {
        *self.newest.borrow()
    }

    /// Returns the number of the event that this reader gets next.
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// Waits for events and returns the next ones, at least one and at most `max`, in order and
    /// without a gap. Safe to cancel: what is not returned is returned by the next call.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next_page(&mut self, max: usize) -> Result<Vec<(Seq, Text)>, ReadError> {
        loop {
            let last = *self.newest.borrow_and_update();
            if self.next <= last {
                let page = self.read(max).await?;
                if let Some((seq, _)) = page.last() {
                    self.next = seq + 1;
                    return Ok(page);
                }
            }
            // `self.live` holds the sender, so this only ever wakes for news.
            if self.newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn read(&self, max: usize) -> Result<Vec<(Seq, Text)>, ReadError> {
        let ring =
            self.live.ring.read().unwrap_or_else(PoisonError::into_inner).from(self.next, max);
        if let Some(page) = ring
            && !page.is_empty()
        {
            return Ok(page);
        }
        let (store, scan, since) = (Arc::clone(&self.store), self.scan, self.next - 1);
        // Segments are decompressed: off the threads that serve everybody.
        let read = move || store.events(scan, since, max, limits::LIVE_EVENT_BYTES_MAX);
        match tokio::task::spawn_blocking(read).await {
            Ok(page) => page,
            // Only when the runtime is going down.
            Err(_) => Err(ReadError::Unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_in_what_is_published_sends_readers_to_the_store() {
        let mut ring = Ring::default();
        let text: Text = "x".into();
        for seq in [3, 4, 8, 9] {
            ring.push(seq, &text);
        }
        let numbers = |seq| {
            let events = ring.from(seq, 10)?;
            Some(events.into_iter().map(|(seq, _)| seq).collect::<Vec<_>>())
        };
        assert_eq!(numbers(5), None, "5 to 7 are only in the store");
        assert_eq!(numbers(8), Some(vec![8, 9]));
        assert_eq!(ring.bytes, 2);
    }
}

//! The hub: shows durable events to live readers, and late readers the stored ones, as one stream.
//!
//! ```text
//! store's writer ── commit ──► Hub ── ring of the newest ──► Feed ──► a client
//!                                       older ones: store ──►┘
//! ```
//!
//! An event is framed once for all who read it. Invariant: it is in the store before it is in a
//! ring. A reader is only a cursor: it costs the publisher nothing, and one that falls behind the
//! ring reads from the store until it has caught up, so it misses nothing.

mod feed;
mod frames;
mod overall;
mod replay;
mod ring;

pub use feed::{Feed, Page};
pub use frames::{Frames, whole_frames};
pub use overall::{Begin, OverallFeed, Selection};

use netscan_schemas::{ProjectId, ScanId, Seq, scan::Progress};
use netscan_store::{Publisher, ReadError, Store};
use overall::Overall;
use replay::Replay;
use ring::Ring;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio::sync::watch;

/// The rings of all scans that are live.
#[derive(Default)]
pub struct Hub {
    scans: RwLock<HashMap<ScanId, Arc<Live>>>,
    overall: Arc<Overall>,
    replay: Arc<Replay>,
}

struct Live {
    ring: RwLock<Ring>,
    newest: watch::Sender<Seq>,
    progress: Mutex<Option<Progress>>,
    waits_for: Mutex<Option<String>>,
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
        let (store, replay) = (Arc::clone(store), Arc::clone(&self.replay));
        Ok(Feed { store, replay, scan, live, newest, next })
    }
}

impl Hub {
    /// Opens a feed of all scans. Blocks for a moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overall_feed(
        &self,
        store: &Arc<Store>,
        begin: &Begin,
        selection: Selection,
    ) -> Result<OverallFeed, ReadError> {
        let (store, replay) = (Arc::clone(store), Arc::clone(&self.replay));
        OverallFeed::open(store, replay, Arc::clone(&self.overall), begin, selection)
    }
}

impl Publisher for Hub {
    fn publish(&self, scan: ScanId, project: Option<ProjectId>, events: &[(Seq, Arc<str>)]) {
        let Some((last, _)) = events.last() else { return };
        let blocks = ring::blocks(events);
        self.overall.publish(scan, project, &blocks);
        let Some(live) = self.live(scan) else {
            // Deleted or retired in between; whoever reads it reads the store.
            return;
        };
        {
            let mut ring = live.ring.write().unwrap_or_else(PoisonError::into_inner);
            for block in blocks {
                ring.push(block);
            }
        }
        live.advance(*last);
    }
}

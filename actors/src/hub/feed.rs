//! One reader's place in the events of one scan.

use super::{Live, frames::Frames, replay::Replay};
use netscan_schemas::{ScanId, Seq};
use netscan_store::{ReadError, Store};
use std::{
    ops::RangeInclusive,
    sync::{Arc, PoisonError},
};
use tokio::sync::watch;

/// The next events of a reader.
#[derive(Debug, Default)]
pub struct Page {
    /// Events that come before these and are no longer in the store.
    pub gap: Option<RangeInclusive<Seq>>,
    /// The events, in their order.
    pub frames: Vec<Frames>,
}

impl Page {
    /// Returns the events with their numbers.
    pub fn texts(&self) -> impl Iterator<Item = (Seq, &str)> {
        self.frames.iter().flat_map(Frames::texts)
    }

    /// Returns how many bytes these are as they are sent.
    pub fn bytes(&self) -> usize {
        self.frames.iter().map(|frames| frames.bytes().len()).sum()
    }
}

/// A reader of one scan: a cursor.
pub struct Feed {
    pub(super) store: Arc<Store>,
    pub(super) replay: Arc<Replay>,
    pub(super) scan: ScanId,
    pub(super) live: Arc<Live>,
    pub(super) newest: watch::Receiver<Seq>,
    pub(super) next: Seq,
}

impl Feed {
    /// Returns the number of the scan's newest event.
    pub fn last_seq(&self) -> Seq {
        *self.newest.borrow()
    }

    /// Waits for events and returns the next ones, in order: as many as are worth a call to the
    /// kernel. Safe to cancel: what is not returned is returned by the next call.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next_page(&mut self) -> Result<Page, ReadError> {
        loop {
            let last = *self.newest.borrow_and_update();
            if self.next <= last {
                let page = self.read(last).await?;
                let seen = page.frames.last().map(Frames::last);
                let missed = page.gap.as_ref().map(|gap| *gap.end());
                self.next = seen.or(missed).unwrap_or(last) + 1;
                return Ok(page);
            }
            // `self.live` holds the sender, so this only ever wakes for news.
            if self.newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reads what there is up to `last` or further.
    async fn read(&self, last: Seq) -> Result<Page, ReadError> {
        let frames = self.live.ring.read().unwrap_or_else(PoisonError::into_inner).from(self.next);
        if !frames.is_empty() {
            return Ok(Page { gap: None, frames });
        }
        let frames = self.replay.read(&self.store, self.scan, self.next).await?;
        let there = frames.as_ref().map_or(last + 1, Frames::first);
        let gap = (self.next < there).then(|| self.next..=there - 1);
        Ok(Page { gap, frames: frames.into_iter().collect() })
    }
}

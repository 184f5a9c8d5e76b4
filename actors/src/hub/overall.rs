//! One reader's place in the events of all scans.
//!
//! Numbers of events count within a scan, so this place is a number for each scan. New events come
//! from a ring of their own, in the order in which they became durable; whatever the ring no longer
//! has is read from the store, scan by scan. Each scan's events come in their order and once;
//! between scans there is no order that could be resumed.

use super::{feed::Page, frames::Frames, replay::Replay, ring::BLOCK_BYTES};
use netscan_schemas::{ProjectId, ScanId, Seq, limits};
use netscan_store::{ReadError, Store};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;

/// Where a reader of all scans begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With what happens from now on.
    Now,
    /// In each scan after the event of this number; 0 is everything.
    After(Seq),
    /// In these scans after these events, and in scans newer than all of them at the first; other
    /// scans from now on.
    Places(BTreeMap<ScanId, Seq>),
}

/// Which events a reader of all scans gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Whether lines of nmap are among them.
    pub lines: bool,
    /// Only those of scans of these projects; none for all. Of others there is no sign: numbers of
    /// events count within a scan.
    pub projects: Option<Vec<ProjectId>>,
}

impl Selection {
    fn has(&self, project: Option<ProjectId>) -> bool {
        let Some(projects) = &self.projects else { return true };
        project.is_some_and(|project| projects.contains(&project))
    }

    /// Returns those of the scans that are in the selection.
    fn of(&self, store: &Store, scans: Vec<ScanId>) -> Result<Vec<ScanId>, ReadError> {
        match &self.projects {
            Some(projects) => store.of_any(&scans, projects),
            None => Ok(scans),
        }
    }
}

/// The newest events of all scans, kept while somebody reads them.
pub(super) struct Overall {
    ring: RwLock<Ring>,
    /// How many blocks there were ever.
    newest: watch::Sender<u64>,
}

/// Events of a scan, with its project: so that a reader need not ask whose it is.
#[derive(Clone)]
struct Told {
    scan: ScanId,
    project: Option<ProjectId>,
    block: Frames,
}

#[derive(Default)]
struct Ring {
    blocks: VecDeque<Told>,
    bytes: usize,
    /// The place of the next block.
    end: u64,
}

impl Default for Overall {
    fn default() -> Self {
        Self { ring: RwLock::default(), newest: watch::Sender::new(0) }
    }
}

impl Overall {
    /// Takes in what became durable.
    pub(super) fn publish(&self, scan: ScanId, project: Option<ProjectId>, blocks: &[Frames]) {
        let is_read = self.newest.receiver_count() > 0;
        let end = {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            for block in blocks.iter().filter(|_| is_read) {
                ring.push(Told { scan, project, block: block.clone() });
            }
            if !is_read {
                ring.clear();
            }
            ring.end
        };
        if is_read {
            self.newest.send_replace(end);
        }
    }
}

impl Ring {
    fn push(&mut self, told: Told) {
        self.bytes += told.block.bytes().len();
        self.blocks.push_back(told);
        self.end += 1;
        while self.bytes > limits::LIVE_EVENT_BYTES_MAX {
            let Some(dropped) = self.blocks.pop_front() else { break };
            self.bytes -= dropped.block.bytes().len();
        }
    }

    fn clear(&mut self) {
        self.blocks.clear();
        self.bytes = 0;
    }

    /// Returns blocks from this place on; none when they are no longer there.
    fn from(&self, place: u64) -> Option<Vec<Told>> {
        let first = self.end - self.blocks.len() as u64;
        let skip = usize::try_from(place.checked_sub(first)?).ok()?;
        let mut bytes = 0;
        let fits = |told: &&Told| {
            let fits = bytes < BLOCK_BYTES;
            bytes += told.block.bytes().len();
            fits
        };
        Some(self.blocks.iter().skip(skip).take_while(fits).cloned().collect())
    }
}

/// A reader of all scans: a cursor in each.
pub struct OverallFeed {
    store: Arc<Store>,
    replay: Arc<Replay>,
    overall: Arc<Overall>,
    newest: watch::Receiver<u64>,
    /// The place in the ring.
    place: u64,
    /// The next event of each scan that had not ended when this began, or came later.
    next: BTreeMap<ScanId, Seq>,
    /// Scans up to this one are in `next`, or have ended before.
    known: Option<ScanId>,
    /// Scans whose events are read from the store before the ring is.
    behind: BTreeSet<ScanId>,
    selection: Selection,
}

impl OverallFeed {
    /// Reads the store, and so blocks for a moment.
    pub(super) fn open(
        store: Arc<Store>,
        replay: Arc<Replay>,
        overall: Arc<Overall>,
        begin: &Begin,
        selection: Selection,
    ) -> Result<Self, ReadError> {
        // First events go to the ring, then the store is asked: so none falls between the two.
        let newest = overall.newest.subscribe();
        let place = overall.ring.read().unwrap_or_else(PoisonError::into_inner).end;
        let known = store.newest_scan_number()?;
        let mut feed = Self {
            store,
            replay,
            overall,
            newest,
            place,
            next: BTreeMap::new(),
            known,
            behind: BTreeSet::new(),
            selection,
        };
        match begin {
            Begin::Now => feed.unfinished_from_now()?,
            Begin::After(since) => {
                for scan in feed.scans_after(None)? {
                    feed.resume(scan, since.saturating_add(1));
                }
            }
            Begin::Places(places) => {
                feed.unfinished_from_now()?;
                let scans: Vec<_> = places.keys().copied().collect();
                for scan in feed.select(scans)? {
                    let since = places.get(&scan).copied().unwrap_or(0);
                    feed.resume(scan, since.saturating_add(1));
                }
                let newest = places.last_key_value().map(|(scan, _)| *scan);
                for scan in feed.scans_after(newest)? {
                    feed.resume(scan, 1);
                }
            }
        }
        Ok(feed)
    }

    fn unfinished_from_now(&mut self) -> Result<(), ReadError> {
        for scan in self.select(self.store.unfinished_scan_numbers()?)? {
            self.next.insert(scan, self.store.last_seq(scan)?.saturating_add(1));
        }
        Ok(())
    }

    /// Returns the scans of the selection that are newer than this one.
    fn scans_after(&self, after: Option<ScanId>) -> Result<Vec<ScanId>, ReadError> {
        self.select(self.store.scan_numbers_after(after)?)
    }

    /// Returns those of the scans that are in the selection.
    fn select(&self, scans: Vec<ScanId>) -> Result<Vec<ScanId>, ReadError> {
        self.selection.of(&self.store, scans)
    }

    fn resume(&mut self, scan: ScanId, next: Seq) {
        self.next.insert(scan, next);
        self.behind.insert(scan);
    }

    /// Waits for events and returns the next ones. Safe to cancel: what is not returned is returned
    /// by the next call.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next_page(&mut self) -> Result<Page, ReadError> {
        loop {
            let page = match self.behind.first().copied() {
                Some(scan) => self.read_stored(scan).await?,
                None => self.read_ring().await?,
            };
            if let Some(frames) = page {
                let frames = self.wanted(frames);
                if !frames.is_empty() {
                    return Ok(Page { gap: None, frames });
                }
            } else if self.behind.is_empty() && self.newest.changed().await.is_err() {
                // Only without a sender, which `self.overall` holds.
                std::future::pending::<()>().await;
            }
        }
    }

    fn wanted(&self, frames: Vec<Frames>) -> Vec<Frames> {
        match self.selection.lines {
            true => frames,
            false => frames.iter().flat_map(Frames::without_lines).collect(),
        }
    }

    /// Reads on in a scan; without anything left of it, goes on with the next.
    async fn read_stored(&mut self, scan: ScanId) -> Result<Option<Vec<Frames>>, ReadError> {
        let next = self.next.get(&scan).copied().unwrap_or(1);
        let found = self.replay.read(&self.store, scan, next).await?;
        match &found {
            Some(frames) => drop(self.next.insert(scan, frames.last() + 1)),
            None => drop(self.behind.remove(&scan)),
        }
        Ok(found.map(|frames| vec![frames]))
    }

    /// Reads what the ring has; none when it has nothing new.
    async fn read_ring(&mut self) -> Result<Option<Vec<Frames>>, ReadError> {
        self.newest.mark_unchanged();
        let (end, told) = {
            let ring = self.overall.ring.read().unwrap_or_else(PoisonError::into_inner);
            (ring.end, ring.from(self.place))
        };
        let Some(told) = told else {
            // Too late: whichever scans it was, the store has their events.
            self.fall_behind().await?;
            self.place = end;
            return Ok(None);
        };
        self.place += told.len() as u64;
        let mut frames = Vec::new();
        for Told { scan, project, block } in &told {
            if !self.selection.has(*project) {
                continue;
            }
            let next = self.next_of(*scan, block);
            if block.last() < next {
                continue;
            }
            if next < block.first() {
                // Stored, and not published.
                self.behind.insert(*scan);
                continue;
            }
            self.next.insert(*scan, block.last() + 1);
            frames.push(block.clone().starting(next));
        }
        Ok((!told.is_empty()).then_some(frames))
    }

    /// Returns the next event to tell of a scan that the ring has this block of. One that had ended
    /// when this began, or was just about to, goes on from there: its past was not asked for.
    fn next_of(&self, scan: ScanId, block: &Frames) -> Seq {
        let is_old = self.known.is_some_and(|known| scan <= known);
        let first = if is_old { block.first() } else { 1 };
        self.next.get(&scan).copied().unwrap_or(first)
    }

    /// Goes on in the store with all scans, off the threads that serve everybody.
    async fn fall_behind(&mut self) -> Result<(), ReadError> {
        let (store, selection, known) =
            (Arc::clone(&self.store), self.selection.clone(), self.known);
        let read = move || {
            let newer = store.scan_numbers_after(known)?;
            Ok((newer.last().copied(), selection.of(&store, newer)?))
        };
        // It only fails when the runtime is going down.
        let read = tokio::task::spawn_blocking(read).await;
        let (newest, newer) = read.unwrap_or(Err(ReadError::Unavailable))?;
        self.known = newest.or(self.known);
        for scan in newer {
            self.next.entry(scan).or_insert(1);
        }
        self.behind.extend(self.next.keys());
        Ok(())
    }
}

//! Walks stored events for those that are asked for, from the oldest on or from the newest back.
//!
//! One walk goes through a bounded number of bytes; how far it got is part of what it returns.

use netscan_schemas::{BatchId, ScanId, Seq, limits};
use netscan_store::{ReadError, Store};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeSet};

/// Bytes of events that one read of the store returns, to the end of a segment.
const READ_BYTES: usize = 256 * 1024;

/// Which events are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of these names; none for all.
    pub kinds: Option<BTreeSet<String>>,
    /// Those of this batch.
    pub batch: Option<BatchId>,
}

/// What every event begins with. Texts are JSON as we wrote it.
#[derive(Deserialize)]
struct Head<'t> {
    #[serde(borrow)]
    event: Cow<'t, str>,
    batch_id: Option<BatchId>,
}

impl Wanted {
    fn matches(&self, text: &str) -> bool {
        if self.kinds.is_none() && self.batch.is_none() {
            return true;
        }
        let Ok(head) = serde_json::from_str::<Head<'_>>(text) else { return false };
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(head.event.as_ref()))
            && self.batch.is_none_or(|batch| head.batch_id == Some(batch))
    }
}

/// How much one walk returns and goes through.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Events at most.
    pub events: usize,
    /// Bytes that it goes through, to the end of a segment.
    pub walk_bytes: usize,
}

/// Some events, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Their texts.
    pub texts: Vec<String>,
    bytes: usize,
    /// Where to go on, when there may be more.
    pub next: Option<Seq>,
}

impl Found {
    /// Keeps an event if there is room for it.
    fn take(&mut self, text: &str, bounds: Bounds) -> bool {
        let is_over = self.bytes + text.len() > limits::LIVE_EVENT_BYTES_MAX;
        if self.texts.len() >= bounds.events || is_over && !self.texts.is_empty() {
            return false;
        }
        self.bytes += text.len();
        self.texts.push(text.to_owned());
        true
    }
}

/// Returns the oldest events after a number; `next` is the number after which to go on.
pub fn after(
    store: &Store,
    scan: ScanId,
    since: Seq,
    wanted: &Wanted,
    bounds: Bounds,
) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let (mut reached, mut walked) = (since, 0);
    while walked < bounds.walk_bytes {
        let segments = store.segments(scan, reached.saturating_add(1), READ_BYTES)?;
        let Some((first, segments)) = segments else { return Ok(found) };
        walked += segments.iter().map(netscan_store::Texts::bytes).sum::<usize>();
        let numbered = (first..).zip(segments.iter().flat_map(|texts| texts.iter()));
        let from = reached;
        for (seq, text) in numbered.filter(|(seq, _)| *seq > from) {
            if wanted.matches(text) && !found.take(text, bounds) {
                found.next = Some(reached);
                return Ok(found);
            }
            reached = seq;
        }
    }
    found.next = (store.last_seq(scan)? > reached).then_some(reached);
    Ok(found)
}

/// Returns the newest events between two numbers; `next` is the number before which to go on.
pub fn before(
    store: &Store,
    scan: ScanId,
    (since, before): (Seq, Seq),
    wanted: &Wanted,
    bounds: Bounds,
) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let (mut reached, mut walked) = (before, 0);
    'walk: while reached > since.saturating_add(1) {
        let Some((first, texts)) = store.segment_before(scan, reached)? else { break };
        if walked >= bounds.walk_bytes {
            found.next = Some(reached);
            break;
        }
        walked += texts.bytes();
        let numbered: Vec<(Seq, &str)> = (first..).zip(texts.iter()).collect();
        for (seq, text) in numbered.into_iter().rev().filter(|(seq, _)| *seq < before) {
            if seq <= since {
                break 'walk;
            }
            if wanted.matches(text) && !found.take(text, bounds) {
                found.next = Some(reached);
                break 'walk;
            }
            reached = seq;
        }
        // Whatever it holds, the next look is at what lies before it.
        reached = reached.min(first);
    }
    found.texts.reverse();
    Ok(found)
}

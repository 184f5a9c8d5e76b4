//! Events of a scan, by their numbers.

use crate::{
    Store,
    codec::CodecError,
    error::ReadError,
    rows,
    segment::{self, Texts},
    tables::{Bytes, EVENTS, under},
};
use netscan_schemas::id::{ScanId, Seq};
use redb::ReadableTable;
use std::sync::Arc;

impl Store {
    /// Returns the number of a scan's newest event, 0 before the first.
    pub fn last_seq(&self, scan: ScanId) -> Result<Seq, ReadError> {
        self.read(|txn| last_seq_in(&txn.open_table(EVENTS)?, scan))
    }

    /// Returns events of a scan in their order, those after a number: at most so many, and of at
    /// most so many bytes, but at least one if there is one.
    pub fn events(
        &self,
        scan: ScanId,
        since: Seq,
        events_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<(Seq, Arc<str>)>, ReadError> {
        self.read(|txn| {
            let segments = txn.open_table(EVENTS)?;
            let wanted = since.saturating_add(1);
            // The last segment that starts at or before the wanted event has it, if any has.
            let before = segments.range((scan.get(), 0)..=(scan.get(), wanted))?.next_back();
            let start = before.transpose()?.map_or(wanted, |(key, _)| key.value().1);
            let mut events = Vec::new();
            let mut bytes = 0;
            for segment in segments.range((scan.get(), start)..=(scan.get(), u64::MAX))? {
                let (key, packed) = segment?;
                let first = key.value().1;
                let texts = rows::events(scan, first, packed.value());
                let texts = texts.map_err(|error| damaged(scan, first, error))?;
                for (seq, text) in (first..).zip(texts.iter()).filter(|(seq, _)| *seq >= wanted) {
                    bytes += text.len();
                    if !events.is_empty() && (events.len() >= events_max || bytes > bytes_max) {
                        return Ok(events);
                    }
                    events.push((seq, text.into()));
                }
            }
            Ok(events)
        })
    }

    /// Returns whole segments of a scan that follow one another, and the number of their first
    /// event: from the one that has `wanted`, or the first event after it, until they have so many
    /// bytes of text. None when there is no such event.
    pub fn segments(
        &self,
        scan: ScanId,
        wanted: Seq,
        bytes_min: usize,
    ) -> Result<Option<(Seq, Vec<Texts>)>, ReadError> {
        self.read(|txn| {
            let table = txn.open_table(EVENTS)?;
            let before = table.range((scan.get(), 0)..=(scan.get(), wanted))?.next_back();
            let start = before.transpose()?.map_or(wanted, |(key, _)| key.value().1);
            let mut found: Option<(Seq, Vec<Texts>)> = None;
            let (mut next, mut bytes) = (None, 0);
            for segment in table.range((scan.get(), start)..=(scan.get(), u64::MAX))? {
                let (key, packed) = segment?;
                let first = key.value().1;
                if bytes >= bytes_min || next.is_some_and(|next| next != first) {
                    break;
                }
                let texts = rows::events(scan, first, packed.value());
                let texts = texts.map_err(|error| damaged(scan, first, error))?;
                let after = first + u64::from(texts.count());
                // The one that begins before the event may end before it too.
                if after > wanted {
                    next = Some(after);
                    bytes += texts.bytes();
                    found.get_or_insert((first, Vec::new())).1.push(texts);
                }
            }
            Ok(found)
        })
    }

    /// Returns the newest segment of a scan that begins before an event, and the number of its first
    /// event. None when there is no such segment.
    pub fn segment_before(
        &self,
        scan: ScanId,
        before: Seq,
    ) -> Result<Option<(Seq, Texts)>, ReadError> {
        self.read(|txn| {
            let table = txn.open_table(EVENTS)?;
            let last = table.range((scan.get(), 0)..(scan.get(), before))?.next_back();
            let Some((key, packed)) = last.transpose()? else { return Ok(None) };
            let first = key.value().1;
            let texts = rows::events(scan, first, packed.value());
            Ok(Some((first, texts.map_err(|error| damaged(scan, first, error))?)))
        })
    }
}

/// Returns the number of a scan's newest event, 0 before the first.
pub(crate) fn last_seq_in(
    segments: &impl ReadableTable<(u64, u64), Bytes>,
    scan: ScanId,
) -> Result<Seq, ReadError> {
    let Some((key, packed)) = segments.range(under(scan.get()))?.next_back().transpose()? else {
        return Ok(0);
    };
    let first = key.value().1;
    let count = segment::count(packed.value()).map_err(|error| damaged(scan, first, error))?;
    Ok((first + u64::from(count)).saturating_sub(1))
}

fn damaged(scan: ScanId, first: Seq, source: CodecError) -> ReadError {
    ReadError::Damaged { kind: segment::KIND, key: format!("{scan}/{first}"), source }
}

//! Stored events for late readers, who are often many and at about the same place.
//!
//! What one of them has read from the store, and somebody still sends, is there for the others.
//! They read one at a time: a thousand that resume at once read each segment about once, and take
//! one processor at most from those who are up to date.

use super::frames::{Block, Frames};
use netscan_schemas::{ScanId, Seq};
use netscan_store::{ReadError, Store, Texts};
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};
use tokio::sync::Mutex;

/// Bytes of text that are read at a time, more by at most one segment.
const READ_BYTES: usize = 64 * 1024;

/// The blocks that somebody holds, by scan and first event.
#[derive(Debug, Default)]
pub(super) struct Replay {
    held: Mutex<BTreeMap<(ScanId, Seq), Weak<Block>>>,
}

impl Replay {
    /// Returns events of a scan from this one on, or from the first one after it that the store
    /// has; none when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn read(
        &self,
        store: &Arc<Store>,
        scan: ScanId,
        seq: Seq,
    ) -> Result<Option<Frames>, ReadError> {
        let mut held = self.held.lock().await;
        let before = held.range((scan, 0)..=(scan, seq)).next_back();
        let block = before.and_then(|(_, block)| block.upgrade());
        if let Some(block) = block.filter(|block| seq <= block.last()) {
            return Ok(Some(Frames::all(block).starting(seq)));
        }
        let store = Arc::clone(store);
        // Segments are decompressed: off the threads that serve everybody.
        let read = move || -> Result<Option<(Seq, Block)>, ReadError> {
            let found = store.segments(scan, seq, READ_BYTES)?;
            Ok(found.map(|(first, segments)| (first, block_of(first, &segments))))
        };
        // It only fails when the runtime is going down.
        let read = tokio::task::spawn_blocking(read).await;
        let Some((first, block)) = read.unwrap_or(Err(ReadError::Unavailable))? else {
            return Ok(None);
        };
        let block = Arc::new(block);
        held.retain(|_, block| block.strong_count() > 0);
        held.insert((scan, first), Arc::downgrade(&block));
        Ok(Some(Frames::all(block).starting(seq)))
    }
}

fn block_of(first: Seq, segments: &[Texts]) -> Block {
    let texts = segments.iter().flat_map(Texts::iter);
    // A frame's header takes mostly four bytes, the line end of a segment one.
    let bytes = segments.iter().map(|texts| texts.bytes() + 4 * texts.count() as usize).sum();
    Block::new(first, texts, bytes)
}

//! The newest events of a scan.

use super::frames::{Block, Frames};
use netscan_schemas::{Seq, limits};
use std::{collections::VecDeque, sync::Arc};

/// Bytes of text in one block, and of blocks that a reader gets at a time; more by at most one
/// event, or one block.
pub(super) const BLOCK_BYTES: usize = 64 * 1024;
/// Blocks that a reader gets at a time.
const BLOCKS_MAX: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Ring {
    blocks: VecDeque<Frames>,
    bytes: usize,
}

impl Ring {
    /// Adds a block, and drops those that are too old.
    pub(super) fn push(&mut self, block: Frames) {
        // Events that were stored and never published, as a publisher that panicked leaves them, are
        // read from the store: a ring with a hole in it would hide them.
        if self.blocks.back().is_some_and(|last| last.last() + 1 != block.first()) {
            self.blocks.clear();
            self.bytes = 0;
        }
        self.bytes += block.bytes().len();
        self.blocks.push_back(block);
        while self.bytes > limits::LIVE_EVENT_BYTES_MAX {
            let Some(dropped) = self.blocks.pop_front() else { break };
            self.bytes -= dropped.bytes().len();
        }
    }

    /// Returns the events from `seq` on; none when they are not there yet, or no longer.
    pub(super) fn from(&self, seq: Seq) -> Vec<Frames> {
        if self.blocks.front().is_none_or(|first| seq < first.first()) {
            return Vec::new();
        }
        let start = self.blocks.partition_point(|block| block.last() < seq);
        let mut bytes = 0;
        let fits = |block: &&Frames| {
            let fits = bytes < BLOCK_BYTES;
            bytes += block.bytes().len();
            fits
        };
        let blocks = self.blocks.iter().skip(start).take(BLOCKS_MAX).take_while(fits);
        blocks.map(|block| block.clone().starting(seq)).collect()
    }
}

/// Frames events that follow one another, in blocks of a size to be sent at once.
pub(super) fn blocks(events: &[(Seq, Arc<str>)]) -> Vec<Frames> {
    let mut blocks = Vec::new();
    let mut rest = events;
    while let Some((first, _)) = rest.first() {
        let mut bytes = 0;
        let mut fits = |(seq, text): &(Seq, Arc<str>), index: usize| {
            let fits = bytes < BLOCK_BYTES && *seq == first + index as u64;
            bytes += text.len() + 4;
            fits
        };
        let fitting = rest.iter().enumerate().take_while(|(index, event)| fits(event, *index));
        let (now, later) = rest.split_at(fitting.count());
        let texts = now.iter().map(|(_, text)| &**text);
        blocks.push(Frames::all(Arc::new(Block::new(*first, texts, bytes).live())));
        rest = later;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(numbers: &[Seq], bytes: usize) -> Vec<(Seq, Arc<str>)> {
        numbers.iter().map(|seq| (*seq, "x".repeat(bytes).into())).collect()
    }

    fn numbers(frames: &[Frames]) -> Vec<Seq> {
        frames.iter().flat_map(|frames| frames.first()..=frames.last()).collect()
    }

    #[test]
    fn a_hole_in_what_is_published_sends_readers_to_the_store() {
        let mut ring = Ring::default();
        for block in blocks(&events(&[3, 4, 8, 9], 1)) {
            ring.push(block);
        }
        assert!(ring.from(5).is_empty(), "5 to 7 are only in the store");
        assert!(ring.from(3).is_empty());
        assert_eq!(numbers(&ring.from(8)), [8, 9]);
        assert_eq!(numbers(&ring.from(9)), [9]);
        assert!(ring.from(10).is_empty());
        assert_eq!(ring.bytes, 6, "two events of one byte with headers of two");
    }

    #[test]
    fn a_reader_gets_so_much_at_a_time_and_the_oldest_are_dropped() {
        let mut ring = Ring::default();
        let all: Vec<Seq> = (1..=1000).collect();
        for block in blocks(&events(&all, 10_000)) {
            ring.push(block);
        }
        let (first, held) = (ring.blocks[0].first(), ring.bytes);
        assert!(first > 1 && held <= limits::LIVE_EVENT_BYTES_MAX, "{first} {held}");
        assert!(ring.from(first - 1).is_empty());
        let mut next = first;
        while next <= 1000 {
            let page = ring.from(next);
            let bytes: usize = page.iter().map(|frames| frames.bytes().len()).sum();
            assert!(bytes < 2 * BLOCK_BYTES + 10_004, "{bytes}");
            assert_eq!(page[0].first(), next);
            next = numbers(&page).last().unwrap() + 1;
        }
    }

    #[test]
    fn an_event_of_any_size_is_a_block() {
        let blocks = blocks(&events(&[1, 2, 3], 2 * BLOCK_BYTES));
        assert_eq!(blocks.len(), 3);
        assert_eq!(numbers(&blocks), [1, 2, 3]);
    }
}

//! Events as the frames that a WebSocket sends: made once, shared by all who read them.
//!
//! Most events leave through a WebSocket, so they are kept as they leave; a reader that wants the
//! text alone gets it as a slice.

use netscan_schemas::Seq;
use std::{ops::Range, sync::Arc, time::Instant};

/// Consecutive events of one scan, as one piece of memory.
#[derive(Debug)]
pub(super) struct Block {
    first: Seq,
    last: Seq,
    bytes: Vec<u8>,
    /// When these became live; none for what is read from the store.
    published: Option<Instant>,
}

impl Block {
    /// Frames the events that begin with this number; there must be at least one. `bytes` is about
    /// how much text that is.
    pub(super) fn new<'t>(
        first: Seq,
        texts: impl IntoIterator<Item = &'t str>,
        bytes: usize,
    ) -> Self {
        let mut block =
            Self { first, last: first, bytes: Vec::with_capacity(bytes), published: None };
        for (seq, text) in (first..).zip(texts) {
            block.last = seq;
            frame(text, &mut block.bytes);
        }
        block.bytes.shrink_to_fit();
        block
    }

    /// Says that its events are live from now on.
    pub(super) fn live(self) -> Self {
        Self { published: Some(Instant::now()), ..self }
    }

    pub(super) fn last(&self) -> Seq {
        self.last
    }
}

/// Adds a whole text message, unmasked as a server sends it (RFC 6455, 5.2).
fn frame(text: &str, bytes: &mut Vec<u8>) {
    const FINAL_TEXT: u8 = 0x81;
    bytes.push(FINAL_TEXT);
    let length = text.len() as u64;
    match length {
        0..=125 => bytes.push(length as u8),
        126..=0xffff => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(text.as_bytes());
}

/// Returns where the text of the first of these frames is, if they are whole.
fn first_text(frames: &[u8]) -> Option<Range<usize>> {
    let (header, length) = match *frames.get(1)? {
        126 => (4, u64::from(u16::from_be_bytes(*frames.get(2..)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*frames.get(2..)?.first_chunk()?)),
        length => (2, u64::from(length)),
    };
    let end = header + usize::try_from(length).ok()?;
    (end <= frames.len()).then_some(header..end)
}

/// A part of a block: consecutive events, ready to be sent.
#[derive(Clone, Debug)]
pub struct Frames {
    block: Arc<Block>,
    first: Seq,
    last: Seq,
    range: Range<usize>,
}

impl Frames {
    pub(super) fn all(block: Arc<Block>) -> Self {
        let (first, last, range) = (block.first, block.last, 0..block.bytes.len());
        Self { block, first, last, range }
    }

    /// Returns the number of the first event.
    pub fn first(&self) -> Seq {
        self.first
    }

    /// Returns the number of the last event.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// Returns when these events became live, right after their commit; none for what is read
    /// from the store.
    pub fn published(&self) -> Option<Instant> {
        self.block.published
    }

    /// Returns the frames, one after the other.
    pub fn bytes(&self) -> &[u8] {
        self.block.bytes.get(self.range.clone()).unwrap_or_default()
    }

    /// Returns the events with their numbers.
    pub fn texts(&self) -> impl Iterator<Item = (Seq, &str)> {
        let mut rest = self.bytes();
        (self.first..=self.last).map_while(move |seq| {
            let range = first_text(rest)?;
            let (frame, later) = rest.split_at(range.end);
            rest = later;
            // It was a `str` when it was framed.
            Some((seq, std::str::from_utf8(frame.get(range)?).ok()?))
        })
    }

    /// Takes the first event off.
    pub fn take_first(&mut self) -> Option<(Seq, String)> {
        let first = self.texts().next().map(|(seq, text)| (seq, text.to_owned()))?;
        let range = first_text(self.bytes())?;
        self.range.start += range.end;
        self.first += 1;
        Some(first)
    }

    /// Leaves out the events before this number, which is at most the last one's.
    pub(super) fn starting(mut self, seq: Seq) -> Self {
        while self.first < seq {
            let Some(range) = first_text(self.bytes()) else { break };
            self.range.start += range.end;
            self.first += 1;
        }
        self
    }

    /// Returns the events without lines of nmap, in as many pieces as that takes.
    pub(super) fn without_lines(&self) -> Vec<Self> {
        let mut pieces: Vec<Self> = Vec::new();
        let mut at = self.range.start;
        for (seq, text) in self.texts() {
            // The text lies at the end of its frame, and the frame where the last one ended.
            let header = match text.len() {
                0..=125 => 2,
                126..=0xffff => 4,
                _ => 10,
            };
            let range = at..at + header + text.len();
            at = range.end;
            if text.starts_with(r#"{"event":"line","#) {
                continue;
            }
            match pieces.last_mut() {
                Some(piece) if piece.range.end == range.start => {
                    piece.range.end = range.end;
                    piece.last = seq;
                }
                _ => {
                    let block = Arc::clone(&self.block);
                    pieces.push(Self { block, first: seq, last: seq, range });
                }
            }
        }
        pieces
    }
}

/// Returns how many of these bytes, which begin with a frame, reach to the end of the frame that
/// has the byte before `sent`: where something else may be sent.
pub fn whole_frames(frames: &[u8], sent: usize) -> usize {
    let mut end = 0;
    while end < sent {
        match frames.get(end..).and_then(first_text) {
            Some(range) => end += range.end,
            None => break,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(first: Seq, texts: &[&str]) -> Frames {
        Frames::all(Arc::new(Block::new(first, texts.iter().copied(), 0)))
    }

    #[test]
    fn texts_of_every_length_come_back() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let text = "ü".repeat(length / 2) + &"x".repeat(length % 2);
            let frames = frames(7, &[&text, "after"]);
            assert_eq!(frames.texts().collect::<Vec<_>>(), [(7, &*text), (8, "after")]);
            let rest = frames.starting(8);
            assert_eq!(rest.bytes(), b"\x81\x05after");
            assert_eq!((rest.first(), rest.last()), (8, 8));
        }
    }

    #[test]
    fn lines_are_left_out() {
        let line = r#"{"event":"line","line":"x"}"#;
        let other = r#"{"event":"host"}"#;
        let frames = frames(1, &[line, other, other, line, line, other, line]);
        let pieces = frames.without_lines();
        let numbers: Vec<_> = pieces.iter().map(|piece| (piece.first(), piece.last())).collect();
        assert_eq!(numbers, [(2, 3), (6, 6)]);
        let texts: Vec<_> = pieces.iter().flat_map(Frames::texts).collect();
        assert_eq!(texts, [(2, other), (3, other), (6, other)]);
        assert!(frames.clone().starting(7).without_lines().is_empty());
    }

    #[test]
    fn a_frame_that_is_cut_is_sent_to_its_end() {
        let frames = frames(1, &["abc", "def"]);
        for (sent, whole) in [(0, 0), (1, 5), (5, 5), (6, 10), (10, 10)] {
            assert_eq!(whole_frames(frames.bytes(), sent), whole, "{sent}");
        }
    }
}

//! Keeps one output stream of an attempt: bytes in, compressed frames and a digest out.

use netscan_schemas::{
    AttemptNo, BatchId,
    attempt::{RawInfo, Stream},
    limits,
};
use netscan_store::{Write, raw};
use std::io;

/// Collects a stream into frames for the store, up to the stream's limit.
pub struct Recorder {
    batch: BatchId,
    attempt: AttemptNo,
    stream: Stream,
    bytes_max: u64,
    pending: Vec<u8>,
    hasher: blake3::Hasher,
    info: RawInfo,
}

impl Recorder {
    /// Returns an empty recorder.
    pub fn new(batch: BatchId, attempt: AttemptNo, stream: Stream) -> Self {
        let bytes_max = match stream {
            Stream::Xml => limits::STREAM_BYTES_MAX,
            Stream::Stdout => limits::STDOUT_BYTES_MAX,
            Stream::Stderr => limits::STDERR_BYTES_MAX,
        };
        Self {
            batch,
            attempt,
            stream,
            bytes_max,
            pending: Vec::new(),
            hasher: blake3::Hasher::new(),
            info: RawInfo::default(),
        }
    }

    /// Takes bytes; returns false when some were over the limit and are only counted.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        let room = usize::try_from(self.bytes_max - self.info.bytes).unwrap_or(usize::MAX);
        let (kept, dropped) = bytes.split_at(bytes.len().min(room));
        self.pending.extend_from_slice(kept);
        self.hasher.update(kept);
        self.info.bytes += kept.len() as u64;
        self.info.dropped_bytes += dropped.len() as u64;
        dropped.is_empty()
    }

    /// Returns whether enough is pending to fill a frame.
    pub fn has_full_frame(&self) -> bool {
        self.pending.len() >= limits::RAW_FRAME_BYTES
    }

    /// Adds what is pending to a write, as frames.
    ///
    /// # Errors
    /// When it cannot be compressed, which only happens without memory.
    pub fn flush(&mut self, write: &mut Write) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        for chunk in pending.chunks(limits::RAW_FRAME_BYTES) {
            let bytes = raw::compress(chunk)?;
            self.info.stored_bytes += bytes.len() as u64;
            write.raw_frame(self.batch, self.attempt, self.stream, self.info.frames, bytes);
            self.info.frames += 1;
        }
        Ok(())
    }

    /// Returns what was kept, with its digest, once everything is flushed.
    pub fn seal(mut self) -> RawInfo {
        debug_assert!(self.pending.is_empty(), "sealed with bytes that no frame holds");
        self.info.blake3 = Some(*self.hasher.finalize().as_bytes());
        self.info
    }
}

//! Compressing, with a context that each thread keeps.
//!
//! Making a context costs more than to compress what a small batch says: it is most of a megabyte
//! to clear, and zstd asks the processor what it can do, which a virtual machine answers slowly.

use std::{cell::RefCell, io};
use zstd::bulk::Compressor;

/// The cheapest of zstd's ordinary levels.
const LEVEL: i32 = 1;

thread_local! {
    static CONTEXT: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Whether what is packed carries a checksum of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    With,
    Without,
}

/// Compresses bytes into one zstd frame.
pub(crate) fn pack(bytes: &[u8], checksum: Checksum) -> io::Result<Vec<u8>> {
    CONTEXT.with_borrow_mut(|context| {
        let compressor = match context {
            Some(compressor) => compressor,
            None => context.insert(Compressor::new(LEVEL)?),
        };
        compressor.include_checksum(checksum == Checksum::With)?;
        compressor.compress(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one call leaves in the context may not be seen in the next.
    #[test]
    fn a_kept_context_packs_as_a_new_one_does() {
        let texts = ["", "a", "abcabcabcabcabcabc", "other words, which come after"];
        for text in texts.iter().cycle().take(12) {
            for checksum in [Checksum::With, Checksum::Without] {
                let mut new = Compressor::new(LEVEL).unwrap();
                new.include_checksum(checksum == Checksum::With).unwrap();
                let packed = pack(text.as_bytes(), checksum).unwrap();
                assert_eq!(packed, new.compress(text.as_bytes()).unwrap(), "{text:?}");
                let unpacked = zstd::bulk::decompress(&packed, text.len().max(1)).unwrap();
                assert_eq!(unpacked, text.as_bytes());
            }
        }
    }
}

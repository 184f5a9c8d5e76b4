//! Frames of raw output: what nmap wrote, compressed in pieces of at most
//! [`RAW_FRAME_BYTES`].
//!
//! A frame carries the checksum of its content, and the attempt's record the BLAKE3 digest over
//! all of them. Whoever writes compresses, so that the writer's thread has less to do.

use crate::pack::{Checksum, pack};
use netscan_schemas::limits::RAW_FRAME_BYTES;
use std::io;

/// Compresses one frame.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    pack(bytes, Checksum::With)
}

/// Returns what a frame holds; one that claims to hold more than a frame may is an error.
pub fn decompress(frame: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::decompress(frame, RAW_FRAME_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_round_trip_up_to_their_limit() {
        for len in [0, 1, 1000, RAW_FRAME_BYTES] {
            let bytes: Vec<u8> = (0..len).map(|index| (index * 31 % 251) as u8).collect();
            assert_eq!(decompress(&compress(&bytes).unwrap()).unwrap(), bytes);
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_refused() {
        let bomb = compress(&vec![0; RAW_FRAME_BYTES + 1]).unwrap();
        assert!(decompress(&bomb).is_err());
    }

    #[test]
    fn every_flipped_bit_is_noticed_or_harmless() {
        let bytes: Vec<u8> = (0..600u32).map(|index| (index * index % 251) as u8).collect();
        let frame = compress(&bytes).unwrap();
        for bit in 0..frame.len() * 8 {
            let mut damaged = frame.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // A bit that the format does not use may differ; wrong content may not come out.
            if let Ok(read) = decompress(&damaged) {
                assert_eq!(read, bytes, "bit {bit}");
            }
        }
    }
}

//! Segments: the events that one transaction adds to one scan, as one value.
//!
//! ```text
//! envelope [ count u32 LE | text bytes u32 LE | zstd of the texts joined by line ends ]
//! ```
//!
//! The texts are JSON without raw line ends, and are kept byte for byte: a client reads the same
//! bytes live and years later.

use crate::{
    codec::{self, CODEC_EVENTS, CodecError},
    pack::{Checksum, pack},
};
use std::sync::Arc;

/// Bytes of text after which the writer starts another segment.
pub(crate) const SEGMENT_BYTES: usize = 1024 * 1024;
/// Bytes of text in one segment, and so of one event: those of its body, which is never larger.
pub(crate) const SEGMENT_BYTES_MAX: usize = codec::BODY_BYTES_MAX;

pub(crate) const KIND: &str = "event-segment";
const VERSION: u16 = 1;

/// Encodes a segment.
pub(crate) fn encode(texts: &[Arc<str>]) -> Result<Vec<u8>, CodecError> {
    let joined = texts.join("\n");
    if joined.len() > SEGMENT_BYTES_MAX {
        return Err(CodecError::TooLarge { kind: KIND, bytes: joined.len() });
    }
    let mut body = Vec::new();
    // Both fit: they are at most `SEGMENT_BYTES_MAX`.
    body.extend((texts.len() as u32).to_le_bytes());
    body.extend((joined.len() as u32).to_le_bytes());
    let packed = pack(joined.as_bytes(), Checksum::Without)
        .map_err(|error| CodecError::Encode { kind: KIND, why: error.to_string() })?;
    body.extend(packed);
    Ok(codec::seal(CODEC_EVENTS, VERSION, &body))
}

/// Returns how many events a segment has.
pub(crate) fn count(bytes: &[u8]) -> Result<u32, CodecError> {
    Ok(parts(bytes)?.0)
}

/// The events of a segment, in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    joined: String,
    count: u32,
}

impl Texts {
    /// Returns the texts of the events, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.joined.split('\n')
    }

    /// Returns how many events these are, one at least.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Returns the bytes of all of them.
    pub fn bytes(&self) -> usize {
        self.joined.len()
    }
}

/// Decodes a segment.
pub(crate) fn decode(bytes: &[u8]) -> Result<Texts, CodecError> {
    let damaged = |why: String| CodecError::Decode { kind: KIND, why };
    let (count, text_bytes, packed) = parts(bytes)?;
    let joined = zstd::bulk::decompress(packed, text_bytes.min(SEGMENT_BYTES_MAX))
        .map_err(|error| damaged(error.to_string()))?;
    let joined = String::from_utf8(joined).map_err(|error| damaged(error.to_string()))?;
    let found = 1 + joined.bytes().filter(|byte| *byte == b'\n').count();
    if found != count as usize {
        return Err(damaged(format!("it says {count} events and has {found}")));
    }
    Ok(Texts { joined, count })
}

fn parts(bytes: &[u8]) -> Result<(u32, usize, &[u8]), CodecError> {
    let (version, body) = codec::unseal(KIND, CODEC_EVENTS, VERSION, bytes)?;
    if version != VERSION {
        return Err(CodecError::UnknownVersion { kind: KIND, found: version });
    }
    let short = || CodecError::Short { kind: KIND, bytes: body.len() };
    let (count, rest) = body.split_first_chunk().ok_or_else(short)?;
    let (text_bytes, packed) = rest.split_first_chunk().ok_or_else(short)?;
    Ok((u32::from_le_bytes(*count), u32::from_le_bytes(*text_bytes) as usize, packed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_round_trip() {
        for count in [1, 2, 500] {
            let texts: Vec<Arc<str>> = (0..count)
                .map(|seq| format!(r#"{{"line":"a \n ü","seq":{seq}}}"#).into())
                .collect();
            let bytes = encode(&texts).unwrap();
            assert_eq!(super::count(&bytes).unwrap(), count);
            let decoded = decode(&bytes).unwrap();
            assert_eq!(
                decoded.iter().collect::<Vec<_>>(),
                texts.iter().map(|text| &**text).collect::<Vec<_>>()
            );
            assert_eq!(decoded.count(), count);
        }
    }

    #[test]
    fn every_flipped_bit_is_an_error() {
        let bytes = encode(&["{\"seq\":1}".into(), "{\"seq\":2}".into()]).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&damaged).is_err(), "bit {bit}");
        }
    }
}

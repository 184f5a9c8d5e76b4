//! Turns records into bytes and back. The only file that names the codec library.
//!
//! ```text
//! value = [codec id u8][record version u16 LE][crc32 u32 LE][body]
//!                 the checksum is over the id, the version and the body
//! ```
//!
//! Promise: what is read is what was written, or an error that names the kind of the record. redb
//! itself does not notice a flipped bit, so the checksum is what keeps damage from being served.
//! Reading accepts every version up to the newest; writing always writes the newest.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use netscan_schemas::stored::{
    AttemptRecord, AuditEntry, AuditRecord, BatchRecord, DifficultRecord, HostRecord, PlanRecord,
    ProfileRecord, ProjectRecord, ScanSpec, ScopeRecord, SessionRecord, TallyRecord, TokenRecord,
    VerdictsRecord, v1, v2, v3,
};
use netscan_schemas::{host::HostFinding, scan::ScanState};
use serde::{Serialize, de::DeserializeOwned};

/// Bytes of one record's body. The largest are the specification and the plan of a scan, which
/// hold a request body of [`netscan_schemas::limits::BODY_BYTES_MAX`] and what was made of it.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bodies that are records in bincode's varint format.
const CODEC_BINCODE: u8 = 1;
/// Bodies that are event segments, see `segment`.
pub(crate) const CODEC_EVENTS: u8 = 2;
/// Bodies that are plain bytes: the rows of `meta`.
const CODEC_PLAIN: u8 = 3;
/// Bodies that are links of a chain, and a record in bincode's varint format behind them.
const CODEC_CHAINED: u8 = 4;

const HEADER_BYTES: usize = 7;

/// The limit makes a length that damage (or an attacker) wrote an error; without it the process
/// would abort for want of memory.
const FORMAT: Configuration<LittleEndian, Varint, Limit<BODY_BYTES_MAX>> =
    config::standard().with_limit::<BODY_BYTES_MAX>();

/// Why bytes are not a record, or a record cannot become bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Fewer bytes than a header has.
    #[error("a {kind} record is cut off: it has {bytes} bytes")]
    Short {
        /// The kind of record.
        kind: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// The bytes are not the ones that were written.
    #[error("a {kind} record is damaged: its checksum does not match")]
    Checksum {
        /// The kind of record.
        kind: &'static str,
    },
    /// Intact, but not the record that its key says.
    #[error("a {kind} record is damaged: it is filed under a key that is not its own")]
    Misplaced {
        /// The kind of record.
        kind: &'static str,
    },
    /// Intact, but in a format that this netscan does not know.
    #[error("a {kind} record is in format {found}, which this netscan does not know")]
    UnknownCodec {
        /// The kind of record.
        kind: &'static str,
        /// The format's number.
        found: u8,
    },
    /// Intact, but written by a newer netscan.
    #[error("a {kind} record has version {found}; the newest this netscan reads is {newest}")]
    TooNew {
        /// The kind of record.
        kind: &'static str,
        /// Its version.
        found: u16,
        /// The newest version known here.
        newest: u16,
    },
    /// Intact, but of a version that never was.
    #[error("a {kind} record has version {found}, which was never written")]
    UnknownVersion {
        /// The kind of record.
        kind: &'static str,
        /// Its version.
        found: u16,
    },
    /// Bytes are left over.
    #[error("a {kind} record has {left} bytes after its end")]
    Trailing {
        /// The kind of record.
        kind: &'static str,
        /// How many.
        left: usize,
    },
    /// The body does not decode.
    #[error("a {kind} record does not decode: {why}")]
    Decode {
        /// The kind of record.
        kind: &'static str,
        /// What the codec says.
        why: String,
    },
    /// The record does not encode.
    #[error("a {kind} record does not encode: {why}")]
    Encode {
        /// The kind of record.
        kind: &'static str,
        /// What the codec says.
        why: String,
    },
    /// The record is larger than what would be read back.
    #[error("a {kind} record of {bytes} bytes is over the limit of {BODY_BYTES_MAX}")]
    TooLarge {
        /// The kind of record.
        kind: &'static str,
        /// Its length.
        bytes: usize,
    },
}

/// A record that the store keeps.
pub trait Record: Sized {
    /// Its name in errors and golden files.
    const KIND: &'static str;
    /// The version that is written.
    const VERSION: u16;

    /// Returns the record as it is stored, in its newest version.
    fn to_bytes(&self) -> Result<Vec<u8>, CodecError>;

    /// Returns the record of stored bytes, brought to its newest version.
    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError>;
}

/// Names a record's versions: the newest, then the shape that each version has on disk. An older
/// shape comes in through `From`.
macro_rules! versioned {
    ($kind:literal, $record:ty = $newest:literal, { $($version:literal => $shape:ty),+ }) => {
        impl Record for $record {
            const KIND: &'static str = $kind;
            const VERSION: u16 = $newest;

            fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
                Ok(seal(CODEC_BINCODE, $newest, &encode($kind, self)?))
            }

            fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
                let (version, body) = unseal($kind, CODEC_BINCODE, $newest, bytes)?;
                match version {
                    $($version => decode::<$shape>($kind, body).map(Self::from),)+
                    found => Err(CodecError::UnknownVersion { kind: $kind, found }),
                }
            }
        }
    };
}

versioned!("project", ProjectRecord = 2, { 1 => v1::ProjectRecord, 2 => ProjectRecord });
versioned!("scan-spec", ScanSpec = 3, { 1 => v1::ScanSpec, 2 => v2::ScanSpec, 3 => ScanSpec });
versioned!("scan-state", ScanState = 1, { 1 => ScanState });
versioned!("plan", PlanRecord = 3, { 1 => v1::PlanRecord, 2 => v2::PlanRecord, 3 => PlanRecord });
versioned!("tally", TallyRecord = 1, { 1 => TallyRecord });
// Version 3 is version 2 with one more outcome.
versioned!("batch", BatchRecord = 4, {
    1 => v1::BatchRecord, 2 => v3::BatchRecord, 3 => v3::BatchRecord, 4 => BatchRecord
});
versioned!("verdicts", VerdictsRecord = 2, { 1 => v1::VerdictsRecord, 2 => VerdictsRecord });
// As with batches: version 3 has one more outcome.
versioned!("attempt", AttemptRecord = 3, {
    1 => v1::AttemptRecord, 2 => AttemptRecord, 3 => AttemptRecord
});
versioned!("host", HostRecord = 2, { 1 => v1::HostRecord, 2 => HostRecord });
versioned!("difficult", DifficultRecord = 1, { 1 => DifficultRecord });
versioned!("scope", ScopeRecord = 1, { 1 => ScopeRecord });
versioned!("token", TokenRecord = 1, { 1 => TokenRecord });
versioned!("session", SessionRecord = 1, { 1 => SessionRecord });
versioned!("profile", ProfileRecord = 1, { 1 => ProfileRecord });

/// Bytes of the links: the hash of the entry before, and its own.
const LINKS_BYTES: usize = 64;

impl Record for AuditRecord {
    const KIND: &'static str = "audit";
    // Version 2 is version 1 with more actions and kinds of things.
    const VERSION: u16 = 2;

    fn to_bytes(&self) -> Result<Vec<u8>, CodecError> {
        let body = encode(Self::KIND, &(self.seq, &self.entry))?;
        Ok(seal_chained(&self.prev, &self.hash, &body))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let kind = Self::KIND;
        let (version, prev, hash, body) = unseal_chained(bytes)?;
        let (seq, entry) = match version {
            1 | 2 => decode::<(u64, AuditEntry)>(kind, body)?,
            found => return Err(CodecError::UnknownVersion { kind, found }),
        };
        Ok(Self { seq, entry, prev, hash })
    }
}

type Links<'b> = (u16, [u8; 32], [u8; 32], &'b [u8]);

fn unseal_chained(bytes: &[u8]) -> Result<Links<'_>, CodecError> {
    let kind = AuditRecord::KIND;
    let (version, linked) = unseal(kind, CODEC_CHAINED, AuditRecord::VERSION, bytes)?;
    let short = CodecError::Short { kind, bytes: bytes.len() };
    let (links, body) = linked.split_first_chunk::<LINKS_BYTES>().ok_or(short)?;
    let (mut prev, mut hash) = ([0; 32], [0; 32]);
    prev.copy_from_slice(&links[..32]);
    hash.copy_from_slice(&links[32..]);
    Ok((version, prev, hash, body))
}

fn chain_hash(prev: &[u8; 32], version: u16, body: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(prev).update(&version.to_le_bytes()).update(body);
    *hasher.finalize().as_bytes()
}

fn seal_chained(prev: &[u8; 32], hash: &[u8; 32], body: &[u8]) -> Vec<u8> {
    let linked = [prev.as_slice(), hash, body].concat();
    seal(CODEC_CHAINED, AuditRecord::VERSION, &linked)
}

/// Returns an entry in its place behind the one with this hash, and its bytes as they are stored.
pub(crate) fn chained(
    prev: [u8; 32],
    seq: u64,
    entry: AuditEntry,
) -> Result<(AuditRecord, Vec<u8>), CodecError> {
    let body = encode(AuditRecord::KIND, &(seq, &entry))?;
    let hash = chain_hash(&prev, AuditRecord::VERSION, &body);
    let bytes = seal_chained(&prev, &hash, &body);
    Ok((AuditRecord { seq, entry, prev, hash }, bytes))
}

/// Returns how many bytes an entry takes, or an error when it is too large to be read back. It is
/// encoded later, by the writer, which knows its place.
pub(crate) fn audit_bytes(entry: &AuditEntry) -> Result<usize, CodecError> {
    /// More than number, links and envelope take.
    const ROOM: usize = LINKS_BYTES + 32;
    sized(AuditRecord::KIND, entry, ROOM)
}

/// Returns whether a stored entry has the hash of what it says, in whatever version it was written.
pub(crate) fn is_as_hashed(bytes: &[u8]) -> Result<bool, CodecError> {
    let (version, prev, hash, body) = unseal_chained(bytes)?;
    Ok(chain_hash(&prev, version, body) == hash)
}

fn encode<T: Serialize>(kind: &'static str, value: &T) -> Result<Vec<u8>, CodecError> {
    let body = bincode::serde::encode_to_vec(value, FORMAT)
        .map_err(|error| CodecError::Encode { kind, why: error.to_string() })?;
    within_limit(kind, body.len())?;
    Ok(body)
}

fn decode<T: DeserializeOwned>(kind: &'static str, body: &[u8]) -> Result<T, CodecError> {
    let (value, used) = bincode::serde::decode_from_slice(body, FORMAT)
        .map_err(|error| CodecError::Decode { kind, why: error.to_string() })?;
    match body.len() - used {
        0 => Ok(value),
        left => Err(CodecError::Trailing { kind, left }),
    }
}

/// The limit of the format guards decoding only, so encoding is held to it here.
fn within_limit(kind: &'static str, bytes: usize) -> Result<(), CodecError> {
    if bytes > BODY_BYTES_MAX {
        return Err(CodecError::TooLarge { kind, bytes });
    }
    Ok(())
}

/// Returns an error when a host row with this finding would be too large to be read back. The row
/// itself is encoded later, by the writer, which knows its number.
pub(crate) fn check_finding(finding: &HostFinding) -> Result<(), CodecError> {
    /// More than all other fields of a [`HostRecord`] take.
    const ROOM: usize = 64;
    sized(HostRecord::KIND, finding, ROOM).map(drop)
}

/// Returns the bytes that a value takes with so many more, if a record may have as many.
fn sized<T: Serialize>(kind: &'static str, value: &T, room: usize) -> Result<usize, CodecError> {
    let mut counter = bincode::enc::write::SizeWriter::default();
    bincode::serde::encode_into_writer(value, &mut counter, FORMAT)
        .map_err(|error| CodecError::Encode { kind, why: error.to_string() })?;
    let bytes = counter.bytes_written + room;
    within_limit(kind, bytes)?;
    Ok(bytes)
}

/// Returns a row of `meta` as it is stored.
pub(crate) fn seal_meta(value: &[u8]) -> Vec<u8> {
    seal_plain(value)
}

/// Returns what a row of `meta` holds.
pub(crate) fn unseal_meta(bytes: &[u8]) -> Result<&[u8], CodecError> {
    unseal_plain("meta", bytes)
}

/// Returns bytes that need no codec in an envelope.
pub(crate) fn seal_plain(value: &[u8]) -> Vec<u8> {
    seal(CODEC_PLAIN, 1, value)
}

/// Takes them out of it.
pub(crate) fn unseal_plain<'b>(
    kind: &'static str,
    bytes: &'b [u8],
) -> Result<&'b [u8], CodecError> {
    Ok(unseal(kind, CODEC_PLAIN, 1, bytes)?.1)
}

/// Puts a body into its envelope.
pub(crate) fn seal(codec: u8, version: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.push(codec);
    bytes.extend(version.to_le_bytes());
    bytes.extend(checksum(&[codec, bytes[1], bytes[2]], body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Takes a body out of its envelope: its version, and the body.
pub(crate) fn unseal<'b>(
    kind: &'static str,
    codec: u8,
    newest: u16,
    bytes: &'b [u8],
) -> Result<(u16, &'b [u8]), CodecError> {
    let Some((&[found, v0, v1, c0, c1, c2, c3], body)) = bytes.split_first_chunk() else {
        return Err(CodecError::Short { kind, bytes: bytes.len() });
    };
    // First the checksum: what the other fields say only counts once it is known to be true.
    if checksum(&[found, v0, v1], body) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(CodecError::Checksum { kind });
    }
    if found != codec {
        return Err(CodecError::UnknownCodec { kind, found });
    }
    match u16::from_le_bytes([v0, v1]) {
        found if found > newest => Err(CodecError::TooNew { kind, found, newest }),
        version => Ok((version, body)),
    }
}

fn checksum(head: &[u8; 3], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests;

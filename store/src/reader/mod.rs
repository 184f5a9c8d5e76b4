//! All reading. Each call is one short read transaction of its own.
//!
//! Promise: no transaction outlives its call, so nobody who waits (for a client, for a disk) keeps
//! the store from using its pages again; lists are read in pages, by the last key seen. A record
//! that is damaged is an error that names it.

mod batches;
mod events;
mod hosts;
mod projects;
mod scans;

use crate::{
    codec::{CodecError, Record},
    error::ReadError,
    tables::Bytes,
};
use redb::ReadableTable;
use std::fmt;

pub(crate) use events::{last_seq, last_seq_in};
pub use scans::{ScanFilter, ScanView};

/// Returns the record of a row.
pub(crate) fn get<R: Record>(
    table: &impl ReadableTable<u64, Bytes>,
    key: u64,
) -> Result<Option<R>, ReadError> {
    let bytes = table.get(key)?;
    bytes.map(|bytes| decode(bytes.value(), key)).transpose()
}

/// Returns the record of a row that another row says is there.
pub(crate) fn require<R: Record>(
    table: &impl ReadableTable<u64, Bytes>,
    key: u64,
) -> Result<R, ReadError> {
    get(table, key)?.ok_or_else(|| {
        let source = CodecError::Short { kind: R::KIND, bytes: 0 };
        ReadError::Damaged { kind: R::KIND, key: key.to_string(), source }
    })
}

/// Decodes a record and names it when it is damaged.
pub(crate) fn decode<R: Record>(bytes: &[u8], key: impl fmt::Display) -> Result<R, ReadError> {
    R::from_bytes(bytes).map_err(|source| {
        let key = key.to_string();
        ReadError::Damaged { kind: R::KIND, key, source }
    })
}

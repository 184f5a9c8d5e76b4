//! All reading. Each call is one short read transaction of its own.
//!
//! Promise: no transaction outlives its call, so nobody who waits (for a client, for a disk) keeps
//! the store from using its pages again; lists are read in pages, by the last key seen. A record
//! that is damaged is an error that names it.

mod access;
mod audit;
mod batches;
mod events;
mod history;
mod hosts;
mod profiles;
mod projects;
mod scans;
mod scopes;

use crate::{
    codec::{CodecError, Record},
    error::ReadError,
    rows::{self, Filed},
    tables::{AttemptKey, Bytes},
};
use netscan_schemas::stored::{AttemptRecord, DifficultRecord};
use redb::ReadableTable;
use std::net::IpAddr;

pub(crate) use access::{decode_session, decode_token};
pub use audit::{AuditPage, AuditQuery};
pub use batches::Step;
pub(crate) use events::last_seq_in;
pub use history::{HistoryPage, HistoryPlace, Known};
pub use hosts::HostPage;
pub(crate) use profiles::decode_profile;
pub(crate) use scans::newest_of;
pub use scans::{ScanFilter, ScanView};

/// Returns the record of a row.
pub(crate) fn get<R: Filed>(
    table: &impl ReadableTable<u64, Bytes>,
    key: u64,
) -> Result<Option<R>, ReadError> {
    Ok(get_sized(table, key)?.map(|(record, _)| record))
}

/// Returns the record of a row, and how many bytes that takes.
pub(crate) fn get_sized<R: Filed>(
    table: &impl ReadableTable<u64, Bytes>,
    key: u64,
) -> Result<Option<(R, usize)>, ReadError> {
    let bytes = table.get(key)?;
    bytes.map(|bytes| Ok((decode(bytes.value(), key)?, bytes.value().len()))).transpose()
}

/// Returns the record of a row that another row says is there.
pub(crate) fn require<R: Filed>(
    table: &impl ReadableTable<u64, Bytes>,
    key: u64,
) -> Result<R, ReadError> {
    Ok(require_sized(table, key)?.0)
}

/// Returns the same, and how many bytes the row takes.
pub(crate) fn require_sized<R: Filed>(
    table: &impl ReadableTable<u64, Bytes>,
    key: u64,
) -> Result<(R, usize), ReadError> {
    get_sized(table, key)?.ok_or_else(|| {
        let source = CodecError::Short { kind: R::KIND, bytes: 0 };
        ReadError::Damaged { kind: R::KIND, key: key.to_string(), source }
    })
}

/// Decodes a record and names it when it is damaged, or not the one of its key.
pub(crate) fn decode<R: Filed>(bytes: &[u8], key: u64) -> Result<R, ReadError> {
    rows::filed(key, bytes).map_err(|source| {
        let key = key.to_string();
        ReadError::Damaged { kind: R::KIND, key, source }
    })
}

/// Decodes the memory of a difficult host and names it when it is damaged.
pub(crate) fn decode_difficult(
    bytes: &[u8],
    address: IpAddr,
) -> Result<DifficultRecord, ReadError> {
    DifficultRecord::from_bytes(bytes).map_err(|source| {
        let key = address.to_string();
        ReadError::Damaged { kind: DifficultRecord::KIND, key, source }
    })
}

/// Names a record that another row leads to and that is not what that row says.
pub(crate) fn misplaced<R: Filed>(key: u64) -> ReadError {
    let source = CodecError::Misplaced { kind: R::KIND };
    ReadError::Damaged { kind: R::KIND, key: key.to_string(), source }
}

/// Decodes an attempt and names it when it is damaged, or not the one of its key.
pub(crate) fn decode_attempt(bytes: &[u8], key: AttemptKey) -> Result<AttemptRecord, ReadError> {
    rows::attempt(key, bytes).map_err(|source| {
        let key = format!("{}/{}", key.0, key.1);
        ReadError::Damaged { kind: AttemptRecord::KIND, key, source }
    })
}

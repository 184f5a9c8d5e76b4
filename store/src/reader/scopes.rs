//! Entries of what may be scanned.

use super::decode;
use crate::{Store, error::ReadError, tables::SCOPES};
use netscan_schemas::stored::ScopeRecord;
use redb::ReadableTable;

impl Store {
    /// Returns every entry of every scope, in the order they were added.
    pub fn scopes(&self) -> Result<Vec<ScopeRecord>, ReadError> {
        self.read(|txn| {
            let mut records = Vec::new();
            for row in txn.open_table(SCOPES)?.iter()? {
                let (key, bytes) = row?;
                records.push(decode(bytes.value(), key.value())?);
            }
            Ok(records)
        })
    }
}

//! Profiles that users have made.

use crate::{Store, codec::Record, error::ReadError, rows, tables::PROFILES};
use netscan_schemas::stored::ProfileRecord;
use redb::ReadableTable;

/// Decodes a profile and names it when it is damaged, or not the one of its key.
pub(crate) fn decode_profile(key: &str, bytes: &[u8]) -> Result<ProfileRecord, ReadError> {
    rows::profile(key, bytes).map_err(|source| {
        let key = key.to_owned();
        ReadError::Damaged { kind: ProfileRecord::KIND, key, source }
    })
}

impl Store {
    /// Returns a profile.
    pub fn profile(&self, name: &str) -> Result<Option<ProfileRecord>, ReadError> {
        self.read(|txn| {
            let row = txn.open_table(PROFILES)?.get(name)?;
            row.map(|bytes| decode_profile(name, bytes.value())).transpose()
        })
    }

    /// Returns all sound profiles by their names; there are at most
    /// [`PROFILES_MAX`](netscan_schemas::limits::PROFILES_MAX). One that is damaged is told to the
    /// log, and keeps the others from nobody.
    pub fn profiles(&self) -> Result<Vec<ProfileRecord>, ReadError> {
        self.read(|txn| {
            let rows = txn.open_table(PROFILES)?;
            let mut sound = Vec::new();
            for row in rows.iter()? {
                let (key, bytes) = row?;
                match decode_profile(key.value(), bytes.value()) {
                    Ok(profile) => sound.push(profile),
                    Err(error) => tracing::error!(%error, "a profile is left out: {error}"),
                }
            }
            Ok(sound)
        })
    }
}

//! Profiles that users have made.

use super::group::{Fault, Group};
use crate::{codec::Record, error::Refusal, reader::decode_profile};
use netscan_schemas::{limits, stored::ProfileRecord};
use redb::{ReadableTable, ReadableTableMetadata};

impl Group<'_> {
    /// Adds a profile.
    pub(super) fn create_profile(&mut self, record: &ProfileRecord) -> Result<(), Fault> {
        let name = record.name.as_str();
        if self.tables.profiles.get(name)?.is_some() {
            return Err(Refusal::ProfileExists { name: name.to_owned() }.into());
        }
        if self.tables.profiles.len()? >= limits::PROFILES_MAX as u64 {
            return Err(Refusal::TooManyProfiles.into());
        }
        let bytes = record.to_bytes()?;
        self.touch();
        self.tables.profiles.insert(name, bytes.as_slice())?;
        Ok(())
    }

    /// Puts a profile in the place of the one of its name.
    pub(super) fn replace_profile(&mut self, record: &ProfileRecord) -> Result<(), Fault> {
        let name = record.name.as_str();
        let created_at = match self.tables.profiles.get(name)? {
            // One that is damaged is mended so; when it was made is not known any more.
            Some(bytes) => decode_profile(name, bytes.value())
                .map_or(record.created_at, |held| held.created_at),
            None => return Err(Refusal::NoProfile { name: name.to_owned() }.into()),
        };
        let bytes = ProfileRecord { created_at, ..record.clone() }.to_bytes()?;
        self.touch();
        self.tables.profiles.insert(name, bytes.as_slice())?;
        Ok(())
    }

    /// Deletes a profile; one that is damaged goes too.
    pub(super) fn delete_profile(&mut self, name: &str) -> Result<(), Fault> {
        if self.tables.profiles.get(name)?.is_none() {
            return Err(Refusal::NoProfile { name: name.to_owned() }.into());
        }
        self.touch();
        self.tables.profiles.remove(name)?;
        Ok(())
    }
}

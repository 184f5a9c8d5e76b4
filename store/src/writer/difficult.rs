//! The memory of hosts that scans could not finish.

use super::group::{Fault, Group};
use crate::{codec::Record, reader::decode_difficult, tables::number_key};
use netscan_schemas::{
    AddressSet, limits,
    stored::{DifficultRecord, Difficulty},
};
use redb::{ReadableTable, ReadableTableMetadata};

impl Group<'_> {
    pub(super) fn add_difficult(
        &mut self,
        addresses: &AddressSet,
        difficulty: &Difficulty,
    ) -> Result<(), Fault> {
        for address in addresses.iter() {
            let key = number_key(address);
            let held = self.tables.difficult.get(key)?;
            let held = held.map(|bytes| decode_difficult(bytes.value(), address)).transpose()?;
            let mut record = held.unwrap_or(DifficultRecord { times: 0, history: Vec::new() });
            record.times = record.times.saturating_add(1);
            if record.history.len() >= limits::DIFFICULT_HISTORY_MAX {
                record.history.remove(0);
            }
            record.history.push(difficulty.clone());
            let bytes = record.to_bytes()?;
            self.touch();
            self.tables.difficult.insert(key, bytes.as_slice())?;
        }
        Ok(())
    }

    pub(super) fn remove_difficult(&mut self, addresses: &AddressSet) -> Result<(), Fault> {
        if self.tables.difficult.len()? == 0 {
            return Ok(());
        }
        for run in addresses.intervals() {
            let keys = run.first.to_be_bytes()..=run.last.to_be_bytes();
            if self.tables.difficult.range(keys.clone())?.next().is_some() {
                self.touch();
                self.tables.difficult.retain_in(keys, |_, _| false)?;
            }
        }
        Ok(())
    }
}

//! Entries of what may be scanned.

use super::group::{Fault, Group};
use crate::{
    codec::{self, Record},
    error::{ReadError, Refusal},
    file,
    reader::get,
    tables::meta,
};
use netscan_schemas::{
    id::{ProjectId, ScopeId},
    stored::ScopeRecord,
};
use redb::ReadableTable;

impl Group<'_> {
    /// Adds an entry under the next number, whatever number it came with.
    pub(super) fn add_scope(&mut self, record: &ScopeRecord) -> Result<ScopeRecord, Fault> {
        if let Some(project) = record.project
            && self.tables.projects.get(project.get())?.is_none()
        {
            return Err(Refusal::NoProject(project).into());
        }
        let held = file::meta_in(&self.tables.meta, meta::NEXT_SCOPE);
        let held = held.and_then(|row| file::number(row, meta::NEXT_SCOPE));
        let number = held.map_err(|error| Fault::Storage(Box::new(error)))?.max(1);
        let id = ScopeId::new(number).ok_or_else(super::apply::counter_is_zero)?;
        let record = ScopeRecord { id, ..record.clone() };
        let bytes = record.to_bytes()?;
        self.touch();
        let next = codec::seal_meta(&(number + 1).to_le_bytes());
        self.tables.meta.insert(meta::NEXT_SCOPE, next.as_slice())?;
        self.tables.scopes.insert(number, bytes.as_slice())?;
        Ok(record)
    }

    /// Removes an entry, if it is of this scope.
    pub(super) fn remove_scope(
        &mut self,
        project: Option<ProjectId>,
        id: ScopeId,
    ) -> Result<ScopeRecord, Fault> {
        let held: Option<ScopeRecord> = get(&self.tables.scopes, id.get())?;
        let held = held.filter(|held| held.project == project).ok_or(Refusal::NoScope(id))?;
        self.touch();
        self.tables.scopes.remove(id.get())?;
        Ok(held)
    }

    /// Removes the whole scope of a project that is deleted.
    pub(super) fn remove_scopes_of(&mut self, project: ProjectId) -> Result<(), Fault> {
        let mut numbers = Vec::new();
        for row in self.tables.scopes.iter()? {
            let number = row?.0.value();
            let record = match get::<ScopeRecord>(&self.tables.scopes, number) {
                Ok(record) => record,
                // Whose it was is not known any more, and nothing may be scanned while it is there.
                Err(ReadError::Damaged { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            numbers.extend(record.filter(|held| held.project == Some(project)).map(|_| number));
        }
        for number in numbers {
            self.tables.scopes.remove(number)?;
        }
        Ok(())
    }
}

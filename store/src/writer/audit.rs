//! Entries of the audit log.

use super::group::{Fault, Group};
use crate::{audit, write::Receipt};
use netscan_schemas::{audit::AuditKind, stored::AuditEntry};

impl Group<'_> {
    /// Adds an entry under the next number, linked to the one before it.
    pub(super) fn audit(&mut self, entry: &AuditEntry, receipt: &Receipt) -> Result<(), Fault> {
        let mut entry = entry.clone();
        if let Some(object) = entry.object.as_mut().filter(|object| object.id.is_empty()) {
            let made = match object.kind {
                AuditKind::Project => receipt.project.as_ref().map(|made| made.id.to_string()),
                AuditKind::Scope => receipt.scope.as_ref().map(|made| made.id.to_string()),
                _ => None,
            };
            object.id = made.unwrap_or_default();
        }
        self.touch();
        let appended = audit::append(&mut self.tables.audit, &mut self.tables.meta, entry);
        self.audited.push(appended.map_err(|error| Fault::Storage(Box::new(error)))?);
        Ok(())
    }
}

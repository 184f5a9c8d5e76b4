//! Entries of the audit log, by their numbers.

use super::decode;
use crate::{Store, error::ReadError, tables::AUDIT};
use netscan_schemas::{
    audit::AuditAction,
    limits::AUDIT_READS_MAX,
    stored::{AuditEntry, AuditRecord},
};

/// Which entries to read.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Those beyond this one.
    pub after: Option<u64>,
    /// Whether the newest come first.
    pub descending: bool,
    /// Entries at most.
    pub limit: usize,
    /// Only this action.
    pub action: Option<AuditAction>,
    /// Only actors that are [called](netscan_schemas::audit::AuditActor::is_called) so.
    pub actor: Option<String>,
}

impl AuditQuery {
    fn wants(&self, entry: &AuditEntry) -> bool {
        self.action.is_none_or(|action| action == entry.action)
            && self.actor.as_deref().is_none_or(|word| entry.actor.is_called(word))
    }
}

/// Entries that were asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The entries.
    pub records: Vec<AuditRecord>,
    /// The last one that was looked at, while there are more behind it. A page that reads its fill
    /// without finding as many as were asked for ends there.
    pub next: Option<u64>,
}

impl Store {
    /// Returns entries of the audit log.
    pub fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ReadError> {
        self.read(|txn| {
            let log = txn.open_table(AUDIT)?;
            let range = match (query.descending, query.after) {
                (false, after) => after.map_or(0, |after| after.saturating_add(1))..=u64::MAX,
                (true, Some(after)) => 0..=after.saturating_sub(1),
                (true, None) => 0..=u64::MAX,
            };
            let mut rows = log.range(range)?;
            let mut page = AuditPage::default();
            let (mut last, mut reads) = (None, 0);
            loop {
                let row = if query.descending { rows.next_back() } else { rows.next() };
                let Some(row) = row else { return Ok(page) };
                if page.records.len() >= query.limit || reads >= AUDIT_READS_MAX {
                    page.next = last;
                    return Ok(page);
                }
                let (key, bytes) = row?;
                let record: AuditRecord = decode(bytes.value(), key.value())?;
                (last, reads) = (Some(record.seq), reads + 1);
                if query.wants(&record.entry) {
                    page.records.push(record);
                }
            }
        })
    }
}

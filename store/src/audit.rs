//! The audit log: rows that are only ever added, each linked to the one before it by its hash.
//!
//! ```text
//! 1: zeros ‖ entry ─hash─► 2: hash ‖ entry ─hash─► ... ─hash─► head, in `meta`
//! ```
//!
//! Promise: an entry is there if, and only if, the change that it tells of is; whoever holds the
//! number and hash of an older entry can tell whether anything before it was changed since. The hash
//! is over the bytes as they were written, so records of older versions keep theirs.
//!
//! Who may write the file may also write all of it anew, with hashes that fit: against that helps
//! only a head that was kept elsewhere, which is why each entry is also told to the log.

use crate::{
    Store, codec,
    error::ReadError,
    file, rows,
    tables::{AUDIT, Bytes, META, meta},
};
use netscan_schemas::{
    audit::AuditAction,
    limits::AUDIT_BREAKS_SHOWN,
    stored::{AuditEntry, AuditOutcome, AuditRecord},
};
use redb::{ReadableTable, Table};

/// The number and hash of an entry; zeros for the place before the first.
pub type Head = (u64, [u8; 32]);

/// Entries that one read transaction verifies.
const PAGE: usize = 4096;

/// Adds an entry behind the newest one.
pub(crate) fn append(
    log: &mut Table<'_, u64, Bytes>,
    rows: &mut Table<'_, &'static str, Bytes>,
    entry: AuditEntry,
) -> Result<AuditRecord, redb::Error> {
    let (last, prev) = newest(log, rows)?;
    // What does not encode was refused when it was handed in.
    let unsound = |error| redb::Error::Io(std::io::Error::other(error));
    let (record, bytes) = codec::chained(prev, last.saturating_add(1), entry).map_err(unsound)?;
    log.insert(record.seq, bytes.as_slice())?;
    let head = codec::seal_meta(&head_row((record.seq, record.hash)));
    rows.insert(meta::AUDIT_HEAD, head.as_slice())?;
    Ok(record)
}

/// Returns the newest entry: the head, unless that is lost or left behind. No number is used twice.
fn newest(
    log: &impl ReadableTable<u64, Bytes>,
    rows: &impl ReadableTable<&'static str, Bytes>,
) -> Result<Head, redb::Error> {
    let head = match head(rows) {
        Err(redb::Error::Corrupted(why)) => {
            tracing::error!("the head of the audit log is damaged: {why}");
            None
        }
        head => head?,
    };
    let last = log.last()?.map(|(key, bytes)| {
        let record = rows::filed::<AuditRecord>(key.value(), bytes.value());
        // The chain shows a break there, whatever it goes on with.
        (key.value(), record.map_or([0; 32], |record| record.hash))
    });
    Ok(match (head, last) {
        (Some(head), Some(last)) if last.0 > head.0 => last,
        (Some(head), _) => head,
        (None, last) => last.unwrap_or_default(),
    })
}

/// Returns the head that is kept apart.
fn head(rows: &impl ReadableTable<&'static str, Bytes>) -> Result<Option<Head>, redb::Error> {
    let Some(row) = file::meta_in(rows, meta::AUDIT_HEAD)? else { return Ok(None) };
    let read = row
        .split_first_chunk::<8>()
        .and_then(|(seq, hash)| Some((u64::from_le_bytes(*seq), <[u8; 32]>::try_from(hash).ok()?)));
    let wrong = || redb::Error::Corrupted("the row `audit_head` of `meta` is no head".to_owned());
    read.map(Some).ok_or_else(wrong)
}

fn head_row((seq, hash): Head) -> [u8; 40] {
    let mut row = [0; 40];
    row[..8].copy_from_slice(&seq.to_le_bytes());
    row[8..].copy_from_slice(&hash);
    row
}

/// Tells the log of an entry that is on disk, so that its hash leaves the machine with the log.
pub(crate) fn tell(record: &AuditRecord) {
    let AuditRecord { seq, entry, hash, .. } = record;
    let object = entry.object.as_ref();
    let object = object.map(|on| format!(" {} {}", on.kind.as_str(), on.id)).unwrap_or_default();
    let from = entry.from.map(|address| format!(" from {address}")).unwrap_or_default();
    let outcome = match &entry.outcome {
        AuditOutcome::Ok => String::new(),
        AuditOutcome::Refused { code } => format!(", refused: {code}"),
    };
    let AuditEntry { actor, action, detail, count, .. } = entry;
    let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
    let more = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    let hash = blake3::Hash::from(*hash).to_hex();
    tracing::info!(
        target: "audit",
        seq,
        hash = %hash,
        "audit {seq}: {actor}{from}: {action}{object}{outcome}{times}{more}"
    );
}

/// A place where the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The entry.
    pub seq: u64,
    /// What is wrong with it.
    pub what: String,
    /// Whether its record is damaged.
    pub damaged: bool,
    /// The entry of a salvage that tells of it: the break is from then, and no news.
    pub told_by: Option<u64>,
}

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Entries.
    pub entries: u64,
    /// The newest one.
    pub head: Head,
    /// The first breaks.
    pub breaks: Vec<Break>,
    /// How many there are.
    pub breaks_total: u64,
    /// How many of them no salvage tells of.
    pub untold: u64,
    /// Whether the head that was given is among the entries.
    pub known_head: Option<bool>,
}

impl Verdict {
    /// Returns whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.breaks_total == 0 && self.known_head != Some(false)
    }
}

/// Follows the chain entry by entry.
#[derive(Debug, Default)]
pub(crate) struct Verifier {
    verdict: Verdict,
    /// The hash of the entry before, unless that cannot be read.
    lost: bool,
    known: Option<Head>,
    /// Of all breaks: what a salvage writes down of them.
    digest: blake3::Hasher,
}

impl Verifier {
    /// Returns one that looks for a head that was kept elsewhere, too.
    pub(crate) fn looking_for(known: Option<Head>) -> Self {
        let known_head = known.map(|known| known == Head::default());
        let verdict = Verdict { known_head, ..Verdict::default() };
        Self { verdict, known, ..Self::default() }
    }

    /// Follows the rows of a table from where it is, so many at most; returns whether that was the
    /// end of it.
    pub(crate) fn table(
        &mut self,
        log: &impl ReadableTable<u64, Bytes>,
        rows: &impl ReadableTable<&'static str, Bytes>,
        most: usize,
    ) -> Result<bool, ReadError> {
        if !self.rows(log, most)? {
            return Ok(false);
        }
        match head(rows) {
            Ok(head) => self.end(head),
            Err(redb::Error::Corrupted(why)) => self.found(self.verdict.head.0, why, true),
            Err(error) => return Err(ReadError::Storage(Box::new(error))),
        }
        Ok(true)
    }

    fn rows(
        &mut self,
        log: &impl ReadableTable<u64, Bytes>,
        most: usize,
    ) -> Result<bool, ReadError> {
        let mut left = most;
        for row in log.range(self.verdict.head.0.saturating_add(1)..)? {
            if left == 0 {
                return Ok(false);
            }
            left -= 1;
            let (key, bytes) = row?;
            self.take(key.value(), bytes.value());
        }
        Ok(true)
    }

    pub(crate) fn verdict(self) -> Verdict {
        self.verdict
    }

    fn found(&mut self, seq: u64, what: String, damaged: bool) {
        self.verdict.breaks_total += 1;
        self.verdict.untold += 1;
        self.digest.update(&seq.to_le_bytes()).update(what.as_bytes()).update(&[0]);
        if self.verdict.breaks.len() < AUDIT_BREAKS_SHOWN {
            self.verdict.breaks.push(Break { seq, what, damaged, told_by: None });
        }
    }

    /// Takes in that a salvage tells of all breaks up to here.
    fn told(&mut self, by: u64) {
        self.verdict.untold = 0;
        for found in self.verdict.breaks.iter_mut().filter(|found| found.told_by.is_none()) {
            found.told_by = Some(by);
        }
    }

    fn take(&mut self, key: u64, bytes: &[u8]) {
        let (last, hash) = self.verdict.head;
        self.verdict.entries += 1;
        let next = last.saturating_add(1);
        if key > next {
            self.found(next, missing(next, key - 1), false);
            self.lost = true;
        }
        let read = rows::filed::<AuditRecord>(key, bytes);
        let read = read.and_then(|record| Ok((record, codec::is_as_hashed(bytes)?)));
        let (record, is_as_hashed) = match read {
            Ok(read) => read,
            Err(error) => {
                self.found(key, error.to_string(), true);
                self.verdict.head = (key, [0; 32]);
                self.lost = true;
                return;
            }
        };
        if !is_as_hashed {
            let what = "it is not as it was written: its hash is not that of what it says";
            self.found(key, what.to_owned(), false);
        }
        if !self.lost && record.prev != hash {
            let what = match last {
                0 => "it is the first and says that there was one before it".to_owned(),
                last => format!("it was written after another entry {last} than the one there"),
            };
            self.found(key, what, false);
        }
        self.lost = false;
        let told = record.entry.params_blake3;
        if record.entry.action == AuditAction::StoreSalvage
            && is_as_hashed
            && told == Some(*self.digest.finalize().as_bytes())
        {
            self.told(key);
        }
        self.verdict.head = (key, record.hash);
        if let Some(known) = self.known.filter(|known| known.0 == key) {
            self.verdict.known_head = Some(known.1 == record.hash);
        }
    }

    /// Compares the newest entry with the head that is kept apart.
    fn end(&mut self, head: Option<Head>) {
        let (last, hash) = self.verdict.head;
        match head {
            Some(head) if head.0 > last => {
                self.found(last + 1, missing(last + 1, head.0), false);
            }
            Some(head) if head.0 < last => {
                let what = format!("it is newer than entry {}, the last one written", head.0);
                self.found(last, what, false);
            }
            Some(head) if head.1 != hash && !self.lost => {
                self.found(last, "it is not the entry that was written last".to_owned(), false);
            }
            None if last > 0 => {
                self.found(last, "what says which entry is the newest is lost".to_owned(), false);
            }
            Some(_) | None => {}
        }
    }
}

/// Returns the breaks that a log will have before its next entry, and their digest: that entry, of a
/// salvage, tells of them.
pub(crate) fn breaks_to_tell(
    log: &impl ReadableTable<u64, Bytes>,
    rows: &impl ReadableTable<&'static str, Bytes>,
) -> Result<(Vec<Break>, [u8; 32]), ReadError> {
    let mut verifier = Verifier::default();
    verifier.rows(log, usize::MAX)?;
    let newest = newest(log, rows).map_err(|error| ReadError::Storage(Box::new(error)))?;
    let next = verifier.verdict.head.0.saturating_add(1);
    if newest.0 >= next {
        verifier.found(next, missing(next, newest.0), false);
    }
    let digest = *verifier.digest.finalize().as_bytes();
    Ok((verifier.verdict.breaks, digest))
}

fn missing(first: u64, last: u64) -> String {
    match first == last {
        true => "it is missing".to_owned(),
        false => format!("it is missing, with all up to entry {last}"),
    }
}

impl Store {
    /// Follows the whole chain of the audit log, and looks for a head that was kept elsewhere. What
    /// is written meanwhile is followed too.
    pub fn verify_audit(&self, known: Option<Head>) -> Result<Verdict, ReadError> {
        let mut verifier = Verifier::looking_for(known);
        // A page at a time: pages of the file that are not used any more are not held for long.
        while !self
            .read(|txn| verifier.table(&txn.open_table(AUDIT)?, &txn.open_table(META)?, PAGE))?
        {
        }
        Ok(verifier.verdict())
    }
}

#[cfg(test)]
mod tests;

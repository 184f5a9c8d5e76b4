//! Saves what is sound in a damaged file into a new one.
//!
//! ```text
//! damaged file ─► rows that can be reached ─► those that verify ─► settle ─► indexes, counts ─► check
//! ```
//!
//! The damaged file is looked at and never changed.

use super::{
    UpkeepError,
    copy::{Copied, Unfinished},
    repair, settle,
    walk::{Opened, walk},
};
use crate::{
    Options, audit, codec,
    error::{OpenError, chain},
    file, instance, migrate,
    overlay::{Looked, Overlay},
    rows,
    tables::{
        ATTEMPTS, AUDIT, BATCHES, DIFFICULT, EVENTS, HOSTS, META, PLANS, PROFILES, PROJECTS, RAW,
        SCAN_SPECS, SCAN_STATES, SCOPES, TOKENS, VERDICTS, meta,
    },
};
use netscan_schemas::{
    audit::{AuditAction, Origin},
    stored::AuditEntry,
};
use redb::{
    Database, Durability, Key, ReadableDatabase, ReadableTableMetadata, StorageBackend,
    TableDefinition, TableHandle, Value,
};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// Bytes that one transaction takes in.
const PIECE_BYTES: usize = 8 * 1024 * 1024;
/// Damaged rows of a table that are named.
const NAMED_MAX: usize = 20;
/// Where in the file redb says which of its two last commits counts, and how.
const COMMIT_CHOICE: u64 = 9;

/// What was saved of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedTable {
    /// The table.
    pub table: String,
    /// Rows that were saved.
    pub saved: u64,
    /// Rows that the table said it had; none when not even that can be read.
    pub held: Option<u64>,
    /// Rows that can be reached and are damaged: their keys, and how that shows.
    pub damaged: Vec<String>,
    /// Whether there are rows that cannot be reached.
    pub unreachable: bool,
}

impl SavedTable {
    /// Returns whether all of it is saved.
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty() && !self.unreachable && self.held.is_none_or(|n| n == self.saved)
    }
}

/// What was saved, and what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// Table by table; indexes and counts are made anew.
    pub tables: Vec<SavedTable>,
    /// What was left out or made up because something that it belongs to is lost.
    pub settled: Vec<String>,
    /// The new file. What its check found is what remains to be lived with.
    pub copied: Copied,
}

/// Saves what can be saved.
pub(super) fn salvage(
    path: &Path,
    known: Option<&str>,
    target: &Path,
    by: &Origin,
) -> Result<Salvaged, UpkeepError> {
    let mut first_error = None;
    for other_commit in [false, true] {
        let unfinished = Unfinished::create(target)?;
        let found = match open_damaged(path, other_commit) {
            Ok(db) => schema(&db),
            Err(error) => {
                first_error.get_or_insert(error);
                continue;
            }
        };
        if let Some(found) = found.filter(|found| *found > migrate::NEWEST) {
            return Err(OpenError::TooNew { found, newest: migrate::NEWEST }.into());
        }
        let to = unfinished.database()?;
        let from = || open_damaged(path, other_commit).ok();
        let tables = save(&from, &to, &unfinished.path)?;
        if tables.iter().all(|table| table.saved == 0) {
            first_error.get_or_insert(file::damaged(path, "nothing in it can be reached"));
            continue;
        }
        let failed = |error: redb::Error| UpkeepError::target(&unfinished.path, error);
        name(&to, known).map_err(failed)?;
        // What was reached of an earlier commit lacks what the newest one added.
        let scope_is_whole = !other_commit && is_whole(&tables, SCOPES);
        let settled = settle::settle(&to, scope_is_whole).map_err(UpkeepError::Read)?;
        repair::repair(&to, Some(entry(by, &to, &tables)?))?;
        let rows = super::read(&to, super::stats_in)?.iter().map(|table| table.rows).sum();
        let copied = unfinished.finish(to, target, rows)?;
        return Ok(Salvaged { tables, settled, copied });
    }
    Err(first_error.unwrap_or_else(|| file::damaged(path, "it cannot be opened")).into())
}

/// Returns whether all of a table is known to be saved.
fn is_whole<K: Key + 'static, V: Value + 'static>(
    tables: &[SavedTable],
    table: TableDefinition<'_, K, V>,
) -> bool {
    let saved = tables.iter().find(|saved| saved.table == table.name());
    saved.is_some_and(|saved| saved.held.is_some() && saved.is_whole())
}

/// Returns the entry of the audit log that tells of it: what is lost, and where the log itself breaks.
fn entry(by: &Origin, to: &Database, tables: &[SavedTable]) -> Result<AuditEntry, UpkeepError> {
    let (breaks, digest) = super::read(to, |txn| {
        audit::breaks_to_tell(&txn.open_table(AUDIT)?, &txn.open_table(META)?)
    })?;
    let lossy = tables.iter().filter(|table| !table.is_whole()).map(|table| table.table.as_str());
    let lossy: Vec<&str> = lossy.collect();
    let mut detail = match lossy.is_empty() {
        true => "nothing is lost".to_owned(),
        false => format!("rows are lost of {}", lossy.join(", ")),
    };
    for found in &breaks {
        detail.push_str(&format!("; entry {} of this log: {}", found.seq, found.what));
    }
    Ok(by.did(AuditAction::StoreSalvage).saying(detail).digesting(digest))
}

/// Opens a file as it is, or as it was one commit earlier.
fn open_damaged(path: &Path, other_commit: bool) -> Result<Looked, OpenError> {
    file::guarded(path, || {
        let opened = || -> Result<Looked, redb::Error> {
            let file = Overlay::open(path)?;
            if file.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            if other_commit {
                let mut choice = [0];
                file.read(COMMIT_CHOICE, &mut choice)?;
                file.write(COMMIT_CHOICE, &[choice[0] ^ 1])?;
            }
            Ok(Looked::new(file::builder(&Options::default()).create_with_backend(file)?))
        };
        opened().map_err(|error| file::open_error(path, error))
    })
}

/// Returns the format, if it can be read.
fn schema(db: &Database) -> Option<u64> {
    let read = catch_unwind(AssertUnwindSafe(|| file::read_number(db, meta::SCHEMA)));
    read.ok()?.ok()
}

/// Gives the new database what a database needs, unless it was saved.
fn name(to: &Database, known: Option<&str>) -> Result<(), redb::Error> {
    let txn = file::begin_write(to)?;
    {
        let mut rows = txn.open_table(META)?;
        if file::meta_in(&rows, meta::INSTANCE)?.is_none() {
            let id = match known {
                Some(known) => known.to_owned(),
                None => instance::new_id()
                    .map_err(|error| redb::Error::Io(io::Error::other(chain(&error))))?,
            };
            rows.insert(meta::INSTANCE, codec::seal_meta(id.as_bytes()).as_slice())?;
        }
    }
    Ok(txn.commit()?)
}

/// Opens the damaged file anew.
type From<'f> = &'f dyn Fn() -> Option<Looked>;

fn save(from: From<'_>, to: &Database, path: &Path) -> Result<Vec<SavedTable>, UpkeepError> {
    let failed = |error: redb::Error| UpkeepError::target(path, error);
    let made = || -> Result<(), redb::Error> {
        let txn = file::begin_write(to)?;
        migrate::run(&txn, 0)?;
        Ok(txn.commit()?)
    };
    made().map_err(failed)?;
    let saving = Saving { from, to, path };
    Ok(vec![
        saving.table(META)?,
        saving.table(PROJECTS)?,
        saving.table(SCAN_SPECS)?,
        saving.table(SCAN_STATES)?,
        saving.table(PLANS)?,
        saving.table(BATCHES)?,
        saving.table(VERDICTS)?,
        saving.table(ATTEMPTS)?,
        saving.table(RAW)?,
        saving.table(HOSTS)?,
        saving.table(EVENTS)?,
        saving.table(DIFFICULT)?,
        saving.later_table(SCOPES)?,
        // Sessions are not worth it: whoever had one logs in again.
        saving.later_table(TOKENS)?,
        saving.later_table(AUDIT)?,
        saving.later_table(PROFILES)?,
    ])
}

struct Saving<'s> {
    from: From<'s>,
    to: &'s Database,
    path: &'s Path,
}

impl Saving<'_> {
    /// Saves a table that stores of earlier builds do not have.
    fn later_table<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<SavedTable, UpkeepError> {
        let lacks = || {
            let db = (self.from)()?;
            let opened = db.begin_read().ok()?.open_table(table);
            Some(matches!(opened, Err(redb::TableError::TableDoesNotExist(_))))
        };
        match catch_unwind(AssertUnwindSafe(lacks)) {
            Ok(Some(true)) => Ok(SavedTable {
                table: table.name().to_owned(),
                held: Some(0),
                ..SavedTable::default()
            }),
            Ok(_) | Err(_) => self.table(table),
        }
    }

    fn table<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<SavedTable, UpkeepError> {
        let name = table.name().to_owned();
        let mut saved = SavedTable { table: name.clone(), ..SavedTable::default() };
        let definition = || TableDefinition::<K, V>::new(&name);
        let open = || {
            let db = (self.from)()?;
            let opened = || db.begin_read().ok()?.open_table(definition()).ok();
            let table = catch_unwind(AssertUnwindSafe(opened)).ok()??;
            Some(Opened { table, _db: db })
        };
        saved.held = open().and_then(|opened| opened.table.len().ok());
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut result = Ok(());
        saved.unreachable = walk(&open, &mut |key, value| {
            // What does not even decode may panic.
            let verdict = catch_unwind(|| rows::verify(&name, key, value));
            match verdict {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let key = rows::key_text::<K>(key);
                    if saved.damaged.len() < NAMED_MAX {
                        saved.damaged.push(format!("{key}: {error}"));
                    }
                    return;
                }
                Err(_) => return,
            }
            bytes += key.len() + value.len();
            rows.push((key.to_vec(), value.to_vec()));
            if bytes >= PIECE_BYTES && result.is_ok() {
                result = self.take_in(definition(), &rows);
                rows.clear();
                bytes = 0;
            }
        });
        result.and_then(|()| self.take_in(definition(), &rows))?;
        let count = || -> Result<u64, redb::Error> {
            Ok(self.to.begin_read()?.open_table(definition())?.len()?)
        };
        saved.saved = count().map_err(|error| UpkeepError::target(self.path, error))?;
        if name == "meta" {
            // The new file has a row of its own.
            saved.saved = saved.saved.saturating_sub(u64::from(saved.held.is_none()));
        }
        Ok(saved)
    }

    fn take_in<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'_, K, V>,
        rows: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(), UpkeepError> {
        let work = || -> Result<(), redb::Error> {
            let mut txn = self.to.begin_write()?;
            txn.set_durability(Durability::None)?;
            {
                let mut to = txn.open_table(table)?;
                for (key, value) in rows {
                    to.insert(K::from_bytes(key), V::from_bytes(value))?;
                }
            }
            Ok(txn.commit()?)
        };
        work().map_err(|error| UpkeepError::target(self.path, error))
    }
}

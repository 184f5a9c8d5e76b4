//! The database's file: made, opened, or refused.
//!
//! ```text
//! is this our database? → can we read its format? → is it whole? → migrate
//! ```
//!
//! Promise: what is refused is left untouched. A new database gets its name only once its first
//! commit is on disk, so a crash leaves a whole database or none.

use crate::{
    Options, audit, codec,
    error::OpenError,
    instance::{self, Files},
    migrate,
    overlay::{Looked, Overlay},
    tables::{Bytes, META, ReadTables, WriteTables, meta},
};
use netscan_schemas::{
    audit::{AuditAction, Origin},
    id::Epoch,
};
use redb::{Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase, ReadableTable};
use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// How a database file becomes a database. Tests put a failing disk in between.
pub(crate) type Opener =
    Box<dyn Fn(&Path, &Options) -> Result<Database, DatabaseError> + Send + Sync>;

/// Whether to read the whole file first and compare it with the checksums of its pages. redb
/// trusts its pages otherwise, and serves a flipped bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    Yes,
    No,
}

/// Opens a database file as redb does by itself.
pub(crate) fn plain_opener() -> Opener {
    Box::new(|path, options| builder(options).open(path))
}

/// Returns redb's settings for these options.
pub(crate) fn builder(options: &Options) -> redb::Builder {
    let mut builder = Database::builder();
    builder
        .set_cache_size(options.cache_bytes)
        .set_check_integrity_on_open(options.check_integrity)
        .set_repair_callback(|repair| {
            let percent = repair.progress() * 100.0;
            tracing::debug!(percent, "going through the database: {percent:.0} %");
        });
    builder
}

pub(crate) fn other_instance(files: &Files, known: &str, found: Option<String>) -> OpenError {
    OpenError::OtherInstance { path: files.instance.clone(), known: known.to_owned(), found }
}

/// Makes a database under another name and gives it its own once it is whole.
pub(crate) fn create(files: &Files, options: &Options) -> Result<(), OpenError> {
    let path = &files.unfinished;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(instance::failed("removing", path)(error));
        }
        Ok(()) | Err(_) => {} // what a crash left is gone
    }
    let instance_id = instance::new_id()?;
    let fill = || -> Result<(), redb::Error> {
        let db = builder(options).create(path)?;
        let txn = begin_write(&db)?;
        migrate::run(&txn, 0)?;
        let id = codec::seal_meta(instance_id.as_bytes());
        txn.open_table(META)?.insert(meta::INSTANCE, id.as_slice())?;
        txn.commit()?;
        Ok(())
    };
    fill().map_err(|error| open_error(path, error))?;
    instance::finish_database(files)
}

/// Opens the file, unless it is not for us, or not whole; returns its id with it.
///
/// To open is to write, so the file is looked at first: what is refused is left as it is.
pub(crate) fn open(
    files: &Files,
    options: &Options,
    opener: &Opener,
    known: Option<&str>,
    verify: Verify,
) -> Result<(Database, String), OpenError> {
    let path = &files.database;
    drop(view(files, options, known, verify)?);
    let options = &Options { check_integrity: false, ..options.clone() };
    guarded(path, || {
        let db = opener(path, options).map_err(|error| open_error(path, error.into()))?;
        let instance_id = accept(&db, files, known)?;
        Ok((db, instance_id))
    })
}

/// Opens the file without ever changing it, to read it in the newest format; returns its id with
/// it.
pub(crate) fn look(
    files: &Files,
    options: &Options,
    known: Option<&str>,
    verify: Verify,
) -> Result<(Looked, String), OpenError> {
    let (db, instance_id) = view(files, options, known, verify)?;
    guarded(&files.database, || upgrade(&db).map_err(|error| open_error(&files.database, error)))?;
    Ok((db, instance_id))
}

/// Opens the file as it is without ever changing it; returns its id with it.
fn view(
    files: &Files,
    options: &Options,
    known: Option<&str>,
    verify: Verify,
) -> Result<(Looked, String), OpenError> {
    let path = &files.database;
    let options = &Options { check_integrity: verify == Verify::Yes, ..options.clone() };
    guarded(path, || {
        let file = Overlay::open(path).map_err(|error| open_error(path, error.into()))?;
        // A new database would be made of an empty file, in memory.
        if file.is_empty() {
            return Err(damaged(path, "it is empty"));
        }
        let db = builder(options).create_with_backend(file);
        let db = Looked::new(db.map_err(|error| open_error(path, error.into()))?);
        let instance_id = accept(&*db, files, known)?;
        Ok((db, instance_id))
    })
}

/// Brings a database that is only looked at to the newest format, in memory.
fn upgrade(db: &Looked) -> Result<(), redb::Error> {
    let schema = read_number(&**db, meta::SCHEMA)?;
    let lacks_tables =
        matches!(ReadTables::open(&db.begin_read()?), Err(redb::TableError::TableDoesNotExist(_)));
    if schema < migrate::NEWEST || lacks_tables {
        let txn = db.begin_write()?;
        migrate::run(&txn, schema)?;
        drop(WriteTables::open(&txn)?);
        txn.commit()?;
    }
    Ok(())
}

/// redb may panic on a damaged page.
pub(crate) fn guarded<T>(
    path: &Path,
    open: impl FnOnce() -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let opened = catch_unwind(AssertUnwindSafe(open));
    opened.unwrap_or_else(|_| Err(damaged(path, "reading it panics")))
}

/// Returns the database's id, if we can read its format and it is the one that belongs here.
fn accept(
    db: &impl ReadableDatabase,
    files: &Files,
    known: Option<&str>,
) -> Result<String, OpenError> {
    let path = &files.database;
    let failed = |error| open_error(path, error);
    match read_number(db, meta::SCHEMA).map_err(failed)? {
        0 => return Err(damaged(path, "it does not say its format")),
        found if found > migrate::NEWEST => {
            return Err(OpenError::TooNew { found, newest: migrate::NEWEST });
        }
        _ => {}
    }
    let rows = db.begin_read().map_err(|error| failed(error.into()))?;
    let rows = rows.open_table(META).map_err(|error| failed(error.into()))?;
    let id = meta_in(&rows, meta::INSTANCE).map_err(failed)?;
    let id = id.and_then(|bytes| String::from_utf8(bytes).ok());
    let found = id.ok_or_else(|| damaged(path, "it does not say its id"))?;
    match known {
        Some(known) if known != found => Err(other_instance(files, known, Some(found))),
        Some(_) | None => Ok(found),
    }
}

pub(crate) fn damaged(path: &Path, why: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), why: why.to_owned() }
}

pub(crate) fn open_error(path: &Path, error: redb::Error) -> OpenError {
    match error {
        redb::Error::DatabaseAlreadyOpen => {
            let dir = path.parent().unwrap_or(path).to_owned();
            OpenError::Locked { dir, pid: None }
        }
        redb::Error::Corrupted(why) => damaged(path, &why),
        redb::Error::TableDoesNotExist(table) => {
            damaged(path, &format!("its table `{table}` is missing"))
        }
        redb::Error::Io(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
            ) =>
        {
            damaged(path, &error.to_string())
        }
        source => OpenError::Open { path: path.to_owned(), source: Box::new(source) },
    }
}

/// Begins a transaction that is on disk when its commit returns, and after which a crash costs
/// milliseconds of repair instead of a walk over the whole file.
pub(crate) fn begin_write(db: &Database) -> Result<redb::WriteTransaction, redb::Error> {
    let mut txn = db.begin_write()?;
    txn.set_durability(Durability::Immediate)?;
    txn.set_quick_repair(true);
    Ok(txn)
}

/// Migrates the database and counts this start.
pub(crate) fn start(db: &Database) -> Result<Epoch, redb::Error> {
    let epoch = read_number(db, meta::EPOCH)? + 1;
    let schema = read_number(db, meta::SCHEMA)?;
    let txn = begin_write(db)?;
    if schema < migrate::NEWEST {
        migrate::run(&txn, schema)?;
    }
    let mut migrated = None;
    {
        // A table that was added without a new format is missing in older files, and empty.
        let mut tables = WriteTables::open(&txn)?;
        if schema < migrate::NEWEST {
            let entry = Origin::server().did(AuditAction::StoreMigrate);
            let entry = entry.saying(format_args!("format {schema} to {}", migrate::NEWEST));
            migrated = Some(audit::append(&mut tables.audit, &mut tables.meta, entry)?);
        }
        let row = codec::seal_meta(&epoch.to_le_bytes());
        tables.meta.insert(meta::EPOCH, row.as_slice())?;
    }
    txn.commit()?;
    migrated.iter().for_each(audit::tell);
    Ok(epoch)
}

/// Returns a number of `meta`, 0 when there is no such row.
pub(crate) fn read_number(db: &impl ReadableDatabase, name: &str) -> Result<u64, redb::Error> {
    number_in(&db.begin_read()?, name)
}

/// Returns a number of `meta`, 0 when there is no such row.
pub(crate) fn number_in(txn: &ReadTransaction, name: &str) -> Result<u64, redb::Error> {
    number(meta_in(&txn.open_table(META)?, name)?, name)
}

/// Returns the number that a row of `meta` holds, 0 when there is no such row.
pub(crate) fn number(row: Option<Vec<u8>>, name: &str) -> Result<u64, redb::Error> {
    let Some(bytes) = row else { return Ok(0) };
    let bytes = bytes.try_into().map_err(|_| {
        redb::Error::Corrupted(format!("the row `{name}` of `meta` is not a number"))
    })?;
    Ok(u64::from_le_bytes(bytes))
}

/// Returns what a row of `meta` holds.
pub(crate) fn meta_in(
    rows: &impl ReadableTable<&'static str, Bytes>,
    name: &str,
) -> Result<Option<Vec<u8>>, redb::Error> {
    let Some(row) = rows.get(name)? else { return Ok(None) };
    let value = codec::unseal_meta(row.value())
        .map_err(|error| redb::Error::Corrupted(format!("the row `{name}`: {error}")))?;
    Ok(Some(value.to_vec()))
}

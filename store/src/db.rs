//! Opens the database of a data directory and keeps the handle to it.
//!
//! ```text
//! own the directory → is this its database? → can we read its format? → migrate, count the start
//! ```
//!
//! Promise: what is refused is left untouched. A new database gets its name only once its first
//! commit is on disk, so a crash leaves a whole database or none.

use crate::{
    Options, codec,
    error::{OpenError, ReadError},
    failpoint,
    instance::{self, Files, Instance, Owner},
    migrate,
    tables::{META, meta},
};
use netscan_schemas::id::Epoch;
use redb::{Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase};
use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{PoisonError, RwLock, RwLockReadGuard, atomic::AtomicU64},
};

/// How a database file becomes a database. Tests put a failing disk in between.
pub(crate) type Opener =
    Box<dyn Fn(&Path, &Options) -> Result<Database, DatabaseError> + Send + Sync>;

/// The next numbers to give out, each above all that were ever given to a row.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// In the order of [`meta::NEXT`]: project, scan, batch, host.
    pub(crate) next: [AtomicU64; 4],
}

/// An open database and all that belongs to it.
pub(crate) struct Handle {
    files: Files,
    options: Options,
    opener: Opener,
    /// None only while a fault is being recovered from. Everyone who uses the database holds the
    /// read side, and never twice: a waiting reopening would stand in between for ever.
    slot: RwLock<Option<Database>>,
    pub(crate) counters: Counters,
    pub(crate) epoch: Epoch,
    pub(crate) instance_id: String,
    /// Last, so that the database is closed before the directory is free.
    _owner: Owner,
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
            tracing::info!(percent, "repairing the database after a crash: {percent:.0} %");
        });
    builder
}

impl Handle {
    pub(crate) fn open(dir: &Path, options: Options, opener: Opener) -> Result<Self, OpenError> {
        let files = Files::new(dir);
        files.make_dir()?;
        let owner = Owner::take(&files)?;
        let known = Instance::load(&files)?;
        match files.database.try_exists().map_err(instance::failed("finding", &files.database))? {
            true => {}
            false => match known {
                Some(known) => return Err(other_instance(&files, &known.instance_id, None)),
                None => create(&files, &options)?,
            },
        }
        let known_id = known.as_ref().map(|known| known.instance_id.as_str());
        let (db, instance_id) = open_file(&files, &options, &opener, known_id)?;
        if known.is_none() {
            Instance::save(&files, &instance_id)?;
        }
        let epoch = start(&db).map_err(|source| open_error(&files.database, source))?;
        failpoint::hit("after-epoch");
        let counters = Counters::default();
        for (counter, name) in counters.next.iter().zip(meta::NEXT) {
            let next =
                read_number(&db, name).map_err(|error| open_error(&files.database, error))?;
            counter.store(next.max(1), std::sync::atomic::Ordering::Relaxed);
        }
        let slot = RwLock::new(Some(db));
        Ok(Self { files, options, opener, slot, counters, epoch, instance_id, _owner: owner })
    }

    /// Closes the database and opens it again, which is what redb asks for after a fault. While
    /// the disk takes no writes the old handle stays: it still reads.
    pub(crate) fn reopen(&self) -> Result<(), OpenError> {
        self.files.probe().map_err(instance::failed("writing", &self.files.probe))?;
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        *slot = None;
        let known = Some(self.instance_id.as_str());
        let (db, _) = open_file(&self.files, &self.options, &self.opener, known)?;
        *slot = Some(db);
        Ok(())
    }

    /// Returns the database's slot; to be held for one transaction.
    pub(crate) fn slot(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.slot.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does some reading in one transaction, which ends with it.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let slot = self.slot();
        let db = slot.as_ref().ok_or(ReadError::Unavailable)?;
        work(&db.begin_read()?)
    }

    /// Returns the bytes that the database takes on disk.
    pub(crate) fn bytes_on_disk(&self) -> io::Result<u64> {
        use std::os::unix::fs::MetadataExt;
        // The file may have holes: its blocks are what it takes, not its length.
        Ok(fs::metadata(&self.files.database)?.blocks() * 512)
    }

    /// Returns the bytes that are free for us on its file system.
    pub(crate) fn bytes_free(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.files.dir)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn other_instance(files: &Files, known: &str, found: Option<String>) -> OpenError {
    OpenError::OtherInstance { path: files.instance.clone(), known: known.to_owned(), found }
}

/// Makes a database under another name and gives it its own once it is whole.
fn create(files: &Files, options: &Options) -> Result<(), OpenError> {
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

/// Opens the file, unless it is not for us; returns its id with it.
fn open_file(
    files: &Files,
    options: &Options,
    opener: &Opener,
    known: Option<&str>,
) -> Result<(Database, String), OpenError> {
    let path = &files.database;
    let open = || -> Result<(Database, String), OpenError> {
        let failed = |error: DatabaseError| open_error(path, error.into());
        // To open is to write, so the file is looked at first. Only a file that a crash left to be
        // repaired cannot be looked at; whatever else is wrong comes up again below.
        if let Ok(db) = builder(options).open_read_only(path) {
            accept(&db, files, known)?;
        }
        let db = opener(path, options).map_err(failed)?;
        let instance_id = accept(&db, files, known)?;
        Ok((db, instance_id))
    };
    // redb may panic on a damaged page.
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
    let id = read_meta(db, meta::INSTANCE).map_err(failed)?;
    let id = id.and_then(|bytes| String::from_utf8(bytes).ok());
    let found = id.ok_or_else(|| damaged(path, "it does not say its id"))?;
    match known {
        Some(known) if known != found => Err(other_instance(files, known, Some(found))),
        Some(_) | None => Ok(found),
    }
}

fn damaged(path: &Path, why: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), why: why.to_owned() }
}

fn open_error(path: &Path, error: redb::Error) -> OpenError {
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
fn start(db: &Database) -> Result<Epoch, redb::Error> {
    let epoch = read_number(db, meta::EPOCH)? + 1;
    let schema = read_number(db, meta::SCHEMA)?;
    let txn = begin_write(db)?;
    if schema < migrate::NEWEST {
        migrate::run(&txn, schema)?;
    }
    let row = codec::seal_meta(&epoch.to_le_bytes());
    txn.open_table(META)?.insert(meta::EPOCH, row.as_slice())?;
    txn.commit()?;
    Ok(epoch)
}

/// Returns a number of `meta`, 0 when there is no such row.
fn read_number(db: &impl ReadableDatabase, name: &str) -> Result<u64, redb::Error> {
    let Some(bytes) = read_meta(db, name)? else { return Ok(0) };
    let bytes = bytes.try_into().map_err(|_| {
        redb::Error::Corrupted(format!("the row `{name}` of `meta` is not a number"))
    })?;
    Ok(u64::from_le_bytes(bytes))
}

fn read_meta(db: &impl ReadableDatabase, name: &str) -> Result<Option<Vec<u8>>, redb::Error> {
    let rows = db.begin_read()?.open_table(META)?;
    let Some(row) = rows.get(name)? else { return Ok(None) };
    let value = codec::unseal_meta(row.value())
        .map_err(|error| redb::Error::Corrupted(format!("the row `{name}`: {error}")))?;
    Ok(Some(value.to_vec()))
}

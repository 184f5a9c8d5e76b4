//! Copies a database into a new file: table by table, verified, and only then named.
//!
//! A copy of the file itself, made while it is written, is useless more often than not.

use super::UpkeepError;
use crate::{
    Options,
    check::{CheckReport, check_in},
    error::{ReadError, chain},
    file::{self, Verify},
    instance::Files,
    tables::{Visitor, visit},
};
use redb::{
    Database, Durability, Key, ReadTransaction, ReadableDatabase, TableDefinition, TableHandle,
    Value,
};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Bytes that one transaction copies.
const PIECE_BYTES: usize = 8 * 1024 * 1024;

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Rows, of all tables.
    pub rows: u64,
    /// Bytes that the new file takes.
    pub bytes: u64,
    /// What a check of the new file found.
    pub report: CheckReport,
}

/// Copies what a database holds at this moment into a new file.
pub(super) fn copy(from: &Database, target: &Path) -> Result<Copied, UpkeepError> {
    let txn = from.begin_read().map_err(ReadError::from)?;
    copy_from(&txn, target)
}

/// Copies what a transaction sees into a new file.
pub(crate) fn copy_from(txn: &ReadTransaction, target: &Path) -> Result<Copied, UpkeepError> {
    let unfinished = Unfinished::create(target)?;
    let db = unfinished.database()?;
    let mut copying = Copying { from: txn, to: &db, path: &unfinished.path, rows: 0 };
    visit(&mut copying)?;
    let rows = copying.rows;
    unfinished.finish(db, target, rows)
}

/// A new file that has not got its name yet, and goes if it never gets it.
pub(super) struct Unfinished {
    pub(super) path: PathBuf,
}

impl Unfinished {
    /// Makes the file beside where it is to be, unless there is something.
    pub(super) fn create(target: &Path) -> Result<Self, UpkeepError> {
        if target.symlink_metadata().is_ok() {
            return Err(UpkeepError::Exists { path: target.to_owned() });
        }
        let mut name = target.as_os_str().to_owned();
        name.push(".unfinished");
        let path = PathBuf::from(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match made {
            Ok(_) => Ok(Self { path }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(UpkeepError::Exists { path })
            }
            Err(error) => Err(UpkeepError::target(&path, redb::Error::Io(error))),
        }
    }

    /// Opens it as a new database.
    pub(super) fn database(&self) -> Result<Database, UpkeepError> {
        let db = file::builder(&Options::default()).create(&self.path);
        db.map_err(|error| UpkeepError::target(&self.path, error))
    }

    /// Makes it durable, reads it again, and gives it its name.
    pub(super) fn finish(
        self,
        db: Database,
        target: &Path,
        rows: u64,
    ) -> Result<Copied, UpkeepError> {
        let failed = |error: redb::Error| UpkeepError::target(&self.path, error);
        let end = || -> Result<(), redb::Error> {
            file::begin_write(&db)?.commit()?;
            db.close()?;
            Ok(File::open(&self.path)?.sync_all()?)
        };
        end().map_err(failed)?;
        let differs = |why: String| UpkeepError::Differs { path: self.path.clone(), why };
        let files = Files { database: self.path.clone(), ..Files::new(Path::new("")) };
        let (copy, _) = file::look(&files, &Options::default(), None, Verify::Yes)
            .map_err(|error| differs(chain(&error)))?;
        let found = super::read(&copy, super::stats_in).map_err(|error| differs(chain(&error)))?;
        let found: u64 = found.iter().map(|table| table.rows).sum();
        if found != rows {
            return Err(differs(format!("it has {found} rows and not {rows}")));
        }
        let report = super::read(&copy, check_in).map_err(|error| differs(chain(&error)))?;
        drop(copy);
        let named = || -> io::Result<u64> {
            // A link, unlike a rename, fails when there is something.
            fs::hard_link(&self.path, target)?;
            let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(fs::metadata(target)?.blocks() * 512)
        };
        let bytes = named().map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => UpkeepError::Exists { path: target.to_owned() },
            _ => UpkeepError::target(target, redb::Error::Io(error)),
        })?;
        Ok(Copied { rows, bytes, report })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It has another name by now, or is of no use.
        let _ = fs::remove_file(&self.path);
    }
}

struct Copying<'c> {
    from: &'c ReadTransaction,
    to: &'c Database,
    path: &'c Path,
    rows: u64,
}

impl Copying<'_> {
    /// Begins a transaction that the next durable one makes durable.
    fn begin(&self) -> Result<redb::WriteTransaction, UpkeepError> {
        let begun = || -> Result<_, redb::Error> {
            let mut txn = self.to.begin_write()?;
            txn.set_durability(Durability::None)?;
            Ok(txn)
        };
        begun().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: impl Into<redb::Error>) -> UpkeepError {
        UpkeepError::target(self.path, error)
    }
}

impl Visitor for Copying<'_> {
    type Error = UpkeepError;

    fn plain<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), UpkeepError> {
        let from = self.from.open_table(TableDefinition::<K, V>::new(table.name()));
        let from = from.map_err(ReadError::from)?;
        let mut rows = from.range::<K::SelfType<'_>>(..).map_err(ReadError::from)?;
        let mut more = true;
        while more {
            let txn = self.begin()?;
            {
                let to = txn.open_table(TableDefinition::<K, V>::new(table.name()));
                let mut to = to.map_err(|error| self.failed(error))?;
                let mut bytes = 0;
                more = false;
                for row in rows.by_ref() {
                    let (key, value) = row.map_err(ReadError::from)?;
                    let (key, value) = (key.value(), value.value());
                    bytes += K::as_bytes(&key).as_ref().len() + V::as_bytes(&value).as_ref().len();
                    to.insert(key, value).map_err(|error| self.failed(error))?;
                    self.rows += 1;
                    if bytes >= PIECE_BYTES {
                        more = true;
                        break;
                    }
                }
            }
            txn.commit().map_err(|error| self.failed(error))?;
        }
        Ok(())
    }
}

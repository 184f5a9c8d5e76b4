//! Care of a store that no process uses: look, check, repair, back up, compact, salvage.
//!
//! ```text
//! Closed ─┬─ stats, check     look at the file, and never change it
//!         ├─ backup, salvage  write another file
//!         ├─ repair           indexes and counts, from the records, in one transaction
//!         └─ compact          the file itself
//! ```
//!
//! Promise: no record is ever changed, and no file is ever written over.

mod copy;
mod repair;
mod salvage;
mod settle;
mod walk;

use crate::{
    Options,
    check::{CheckReport, check_in},
    error::{OpenError, ReadError, chain},
    file::{self, Verify},
    instance::{Files, Instance, Owner},
    overlay::Looked,
    tables::{Visitor, visit},
};
use netscan_schemas::audit::{AuditAction, Origin};
use redb::{
    Database, Key, ReadTransaction, ReadableDatabase, ReadableTableMetadata, TableDefinition,
    TableHandle, Value,
};
use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

pub use copy::Copied;
pub(crate) use copy::copy_from;
pub use salvage::{Salvaged, SavedTable};

/// Why care of a store fails.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The store does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is a file where a new one is to be.
    #[error("`{}` exists, and nothing is written over", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The new file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
    /// The new file, read again, is not what was written.
    #[error("what was written to `{}` is not what was read: {why}", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// Records are damaged, so indexes and counts cannot be made from them.
    #[error("{} records are damaged, and indexes and counts cannot be made from them", .0.len())]
    Unmendable(Vec<String>),
}

impl UpkeepError {
    fn target(path: &Path, error: impl Into<redb::Error>) -> Self {
        Self::Target { path: path.to_owned(), source: Box::new(error.into()) }
    }
}

/// Rows and bytes of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStats {
    /// The table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Bytes of keys and values.
    pub stored_bytes: u64,
    /// Bytes that it takes beyond these.
    pub overhead_bytes: u64,
}

/// What a check of a closed store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong with the file as such: its pages are not as they were written.
    pub file_damage: Option<String>,
    /// What was found in the records.
    pub report: CheckReport,
    /// The problems that a repair would mend.
    pub mendable: Vec<String>,
}

impl Checked {
    /// Returns whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.file_damage.is_none() && self.report.is_clean()
    }
}

/// How compacting changed the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes on disk before.
    pub before_bytes: u64,
    /// Bytes on disk now.
    pub after_bytes: u64,
}

/// A store that no other process uses, as long as this value is held.
pub struct Closed {
    files: Files,
    options: Options,
    known: Option<String>,
    /// Who looks after it.
    by: Origin,
    owner: Owner,
}

impl Closed {
    /// Takes the data directory, which must hold a database.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        let files = Files::new(dir);
        let path = &files.database;
        let found = fs::metadata(dir).map_err(crate::instance::failed("finding", dir));
        found?;
        let owner = Owner::take(&files)?;
        let known = Instance::load(&files)?.map(|known| known.instance_id);
        match (path.try_exists(), known) {
            (Ok(false), Some(known)) => Err(file::other_instance(&files, &known, None)),
            (Ok(true), known) => {
                let by = Origin::server();
                Ok(Self { files, options: Options::default(), known, by, owner })
            }
            (Ok(false), None) => {
                Err(crate::instance::failed("finding", path)(io::ErrorKind::NotFound.into()))
            }
            (Err(error), _) => Err(crate::instance::failed("finding", path)(error)),
        }
    }

    /// Says who looks after it, for the audit log.
    #[must_use]
    pub fn by(mut self, by: Origin) -> Self {
        self.by = by;
        self
    }

    /// Returns the database's file.
    pub fn file(&self) -> &Path {
        &self.files.database
    }

    /// Returns the bytes that the database takes on disk.
    pub fn bytes_on_disk(&self) -> Result<u64, OpenError> {
        let bytes = crate::db::bytes_on_disk(&self.files);
        bytes.map_err(crate::instance::failed("reading", &self.files.database))
    }

    /// Returns the bytes that are free on the database's disk.
    pub fn free_bytes(&self) -> Result<u64, OpenError> {
        let free = crate::space::free_bytes()(&self.files.dir);
        free.map_err(crate::instance::failed("reading", &self.files.dir))
    }

    fn look(&self, verify: Verify) -> Result<Looked, OpenError> {
        let known = self.known.as_deref();
        Ok(file::look(&self.files, &self.options, known, verify)?.0)
    }

    /// Returns rows and bytes of each table.
    pub fn stats(&self) -> Result<Vec<TableStats>, UpkeepError> {
        let db = self.look(Verify::No)?;
        Ok(read(&db, stats_in)?)
    }

    /// Verifies the file and all that is in it, and says what a repair would mend.
    pub fn check(&self) -> Result<Checked, UpkeepError> {
        let mut checked = Checked::default();
        let db = match self.look(Verify::Yes) {
            Ok(db) => Some(db),
            Err(OpenError::Damaged { why, .. }) => {
                checked.file_damage = Some(why);
                // What is damaged may show all the same.
                self.look(Verify::No).ok()
            }
            Err(error) => return Err(error.into()),
        };
        let Some(db) = db else { return Ok(checked) };
        match read(&db, check_in) {
            Ok(report) => checked.report = report,
            Err(error) => {
                let why = format!("the database cannot be read through: {}", chain(&error));
                checked.file_damage.get_or_insert(why);
            }
        }
        // The repair is tried in memory: what is gone after it is what it mends.
        if checked.file_damage.is_none()
            && !checked.report.is_clean()
            && repair::repair(&db, None).is_ok()
            && let Ok(after) = read(&db, check_in)
        {
            let gone = checked.report.problems.iter().filter(|one| !after.problems.contains(one));
            checked.mendable = gone.cloned().collect();
        }
        Ok(checked)
    }

    /// Makes indexes and counts anew from the records, in one transaction. Returns what a check
    /// finds afterwards.
    pub fn repair(&self) -> Result<CheckReport, UpkeepError> {
        drop(self.look(Verify::Yes)?);
        let db = self.open()?;
        let entry = self.by.did(AuditAction::StoreRepair);
        repair::repair(&db, Some(entry.saying("indexes and counts, from the records")))?;
        let report = read(&db, check_in)?;
        self.close(db)?;
        Ok(report)
    }

    /// Gives the room that deleted rows left back to the disk.
    pub fn compact(&self) -> Result<Compacted, UpkeepError> {
        drop(self.look(Verify::Yes)?);
        let before_bytes = self.bytes_on_disk()?;
        let mut db = self.open()?;
        let failed = |error: redb::Error| UpkeepError::Open(file::open_error(self.file(), error));
        let compacted = catch_unwind(AssertUnwindSafe(|| -> Result<(), redb::Error> {
            while db.compact()? {}
            // redb's own transactions leave a file that takes long to open after a crash.
            Ok(file::begin_write(&db)?.commit()?)
        }));
        compacted.unwrap_or_else(|_| Err(panicked())).map_err(failed)?;
        self.close(db)?;
        drop(self.look(Verify::Yes)?);
        Ok(Compacted { before_bytes, after_bytes: self.bytes_on_disk()? })
    }

    /// Copies the store into a new file, which is verified before it gets its name.
    pub fn backup(&self, target: &Path) -> Result<Copied, UpkeepError> {
        let db = self.look(Verify::Yes)?;
        copy::copy(&db, target)
    }

    /// Copies every record that is sound into a new file, makes its indexes and counts, and says
    /// what is lost.
    pub fn salvage(&self, target: &Path) -> Result<Salvaged, UpkeepError> {
        salvage::salvage(self.file(), self.known.as_deref(), target, &self.by)
    }

    fn open(&self) -> Result<Database, OpenError> {
        let known = self.known.as_deref();
        let opener = file::plain_opener();
        Ok(file::open(&self.files, &self.options, &opener, known, Verify::No)?.0)
    }

    fn close(&self, db: Database) -> Result<(), UpkeepError> {
        let closed = db.close();
        closed.map_err(|error| UpkeepError::Open(file::open_error(self.file(), error.into())))
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        // Whether the last start crashed is for the next one to know.
        if self.owner.closed_before {
            self.owner.note_closed();
        }
    }
}

/// Does some reading in one transaction. redb may panic on a damaged page.
fn read<T>(
    db: &Database,
    work: impl FnOnce(&ReadTransaction) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    let read = catch_unwind(AssertUnwindSafe(|| work(&db.begin_read()?)));
    read.unwrap_or_else(|_| Err(ReadError::Storage(Box::new(panicked()))))
}

fn panicked() -> redb::Error {
    redb::Error::Corrupted("a page makes the database panic".to_owned())
}

/// Returns rows and bytes of each table.
pub(crate) fn stats_in(txn: &ReadTransaction) -> Result<Vec<TableStats>, ReadError> {
    let mut reading = Sizes { txn, tables: Vec::new() };
    visit(&mut reading)?;
    Ok(reading.tables)
}

struct Sizes<'t> {
    txn: &'t ReadTransaction,
    tables: Vec<TableStats>,
}

impl Sizes<'_> {
    fn add(&mut self, name: &str, table: &impl ReadableTableMetadata) -> Result<(), ReadError> {
        let stats = table.stats()?;
        self.tables.push(TableStats {
            table: name.to_owned(),
            rows: table.len()?,
            stored_bytes: stats.stored_bytes(),
            overhead_bytes: stats.metadata_bytes() + stats.fragmented_bytes(),
        });
        Ok(())
    }
}

impl Visitor for Sizes<'_> {
    type Error = ReadError;

    fn plain<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), ReadError> {
        self.add(table.name(), &self.txn.open_table(table)?)
    }
}

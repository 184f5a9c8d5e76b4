//! The handle to the database of a data directory.
//!
//! ```text
//! own the directory → open the file → count the start → read, write
//!                          ▲                                │ fault
//!                          └────────── close, open ◄────────┘
//! ```
//!
//! Promise: reading goes on while writing does not. A file that opens but takes no writes is kept
//! open for reading.

use crate::{
    Options,
    error::{OpenError, ReadError},
    failpoint,
    file::{self, Opener, Verify},
    instance::{self, Files, Instance, Owner},
    overlay::Looked,
    space::{FreeBytes, Space, free_bytes},
    tables::meta,
    writer::Backoff,
};
use netscan_schemas::id::Epoch;
use redb::{Database, ReadTransaction, ReadableDatabase};
use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Bytes of a file that is verified whenever it is opened: that takes a few hundredths of a
/// second. Larger files are only verified after a crash.
pub(crate) const VERIFY_ALWAYS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a file that is verified after a crash before it is used: that takes about a second at
/// most. Of a larger one, the records are read through in the background.
pub(crate) const VERIFY_CRASHED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What a store stands on. Tests put a failing disk in its place.
pub(crate) struct Seams {
    pub(crate) opener: Opener,
    pub(crate) free: FreeBytes,
    pub(crate) backoff: Backoff,
    /// How often to look how much room there is.
    pub(crate) look_every: Duration,
    pub(crate) verify_up_to: VerifyUpTo,
}

/// Bytes of the largest files that are verified before they are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VerifyUpTo {
    pub(crate) always: u64,
    pub(crate) crashed: u64,
}

impl Default for VerifyUpTo {
    fn default() -> Self {
        Self { always: VERIFY_ALWAYS_BYTES_MAX, crashed: VERIFY_CRASHED_BYTES_MAX }
    }
}

impl Default for Seams {
    fn default() -> Self {
        Self {
            opener: file::plain_opener(),
            free: free_bytes(),
            backoff: Backoff::default(),
            look_every: Duration::from_secs(2),
            verify_up_to: VerifyUpTo::default(),
        }
    }
}

/// The next numbers to give out, each above all that were ever given to a row.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// In the order of [`meta::NEXT`]: project, scan, batch, host.
    pub(crate) next: [AtomicU64; 4],
}

/// The database, as far as it is open.
pub(crate) enum Slot {
    Writable(Database),
    /// The file takes no writes; see `overlay`.
    ReadOnly(Looked),
    /// A fault is being recovered from.
    Closed,
}

impl Slot {
    /// Returns the database to write to.
    pub(crate) fn writable(&self) -> Option<&Database> {
        match self {
            Self::Writable(db) => Some(db),
            Self::ReadOnly(_) | Self::Closed => None,
        }
    }

    /// Closes the database, whatever it says to that.
    fn close(&mut self) {
        let held = std::mem::replace(self, Self::Closed);
        if catch_unwind(AssertUnwindSafe(|| drop(held))).is_err() {
            tracing::warn!("closing the database panicked");
        }
    }

    fn begin_read(&self) -> Result<ReadTransaction, ReadError> {
        match self {
            Self::Writable(db) => Ok(db.begin_read()?),
            Self::ReadOnly(db) => Ok(db.begin_read()?),
            Self::Closed => Err(ReadError::Unavailable),
        }
    }
}

/// An open database and all that belongs to it.
pub(crate) struct Handle {
    files: Files,
    options: Options,
    opener: Opener,
    /// Everyone who uses the database holds the read side, and never twice: a waiting reopening
    /// would stand in between for ever.
    slot: RwLock<Slot>,
    pub(crate) space: Space,
    pub(crate) counters: Counters,
    pub(crate) epoch: Epoch,
    pub(crate) instance_id: String,
    /// Whether the records are still to be read through: after a crash, for a file that is too
    /// large to verify it first.
    pub(crate) wants_scrub: bool,
    /// Whether redb panicked while reading, after which its handle is good for nothing more.
    pub(crate) panicked: AtomicBool,
    /// Last, so that the database is closed before the directory is free.
    owner: Owner,
}

impl Handle {
    /// Opens the database of a directory, or makes one.
    pub(crate) fn open(
        dir: &Path,
        options: Options,
        opener: Opener,
        free: FreeBytes,
        up_to: VerifyUpTo,
    ) -> Result<Self, OpenError> {
        let files = Files::new(dir);
        files.make_dir()?;
        let space = Space::new(&files, &options, free);
        let owned = match Owner::take(&files) {
            // Even a process id takes room.
            Err(error) if error.is_full() && space.drop_ballast() => Owner::take(&files),
            taken => taken,
        };
        let owner = owned?;
        let opened = match open_database(&files, &options, &opener, &owner, up_to) {
            Err(error) if error.is_full() && space.drop_ballast() => {
                open_database(&files, &options, &opener, &owner, up_to)
            }
            opened => opened,
        };
        let Opened { db, instance_id, epoch, counters, wants_scrub } = opened?;
        let slot = RwLock::new(Slot::Writable(db));
        Ok(Self {
            files,
            options,
            opener,
            slot,
            space,
            counters,
            epoch,
            instance_id,
            wants_scrub,
            panicked: AtomicBool::new(false),
            owner,
        })
    }

    /// Goes on with reading alone after a fault, of which redb says no more than that there was
    /// one, for reads too.
    pub(crate) fn read_on(&self) {
        let mut slot = self.change_slot();
        slot.close();
        let known = Some(self.instance_id.as_str());
        match file::look(&self.files, &self.options, known, Verify::No) {
            Ok((db, _)) => *slot = Slot::ReadOnly(db),
            Err(error) => tracing::error!(%error, "the database cannot be read on: {error}"),
        }
    }

    /// Closes the database and opens it again, which is what redb asks for after a fault. While
    /// the disk takes no writes the old handle stays: it still reads. Readers wait while the file is
    /// opened, which takes milliseconds. While it is verified, which takes about a second for each
    /// 256 MiB, they are told at once that it is closed: what it says may be wrong.
    pub(crate) fn reopen(&self, verify: Verify) -> Result<(), OpenError> {
        self.files.probe().map_err(instance::failed("writing", &self.files.probe))?;
        let known = Some(self.instance_id.as_str());
        let verified = match verify {
            Verify::Yes => {
                self.change_slot().close();
                file::look(&self.files, &self.options, known, verify).map(drop)
            }
            Verify::No => Ok(()),
        };
        let mut slot = self.change_slot();
        slot.close();
        let opened = verified
            .and_then(|()| file::open(&self.files, &self.options, &self.opener, known, Verify::No));
        match opened {
            Ok((db, _)) => {
                *slot = Slot::Writable(db);
                Ok(())
            }
            Err(error) => {
                // A file that is damaged is not read on: what it says may be wrong.
                if !matches!(error, OpenError::Damaged { .. })
                    && let Ok((db, _)) = file::look(&self.files, &self.options, known, Verify::No)
                {
                    *slot = Slot::ReadOnly(db);
                }
                Err(error)
            }
        }
    }

    /// Returns the database's slot; to be held for one transaction.
    pub(crate) fn slot(&self) -> RwLockReadGuard<'_, Slot> {
        self.slot.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_slot(&self) -> RwLockWriteGuard<'_, Slot> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does some reading in one transaction, which ends with it. redb may panic on a damaged
    /// page, which is an error like any other.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let slot = self.slot();
        let txn = slot.begin_read()?;
        self.guarded(|| work(&txn))?
    }

    /// Does some long reading, which fails when the database is closed meanwhile instead of
    /// holding that up.
    pub(crate) fn read_long<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> T,
    ) -> Result<T, ReadError> {
        let txn = self.slot().begin_read()?;
        self.guarded(|| work(&txn))
    }

    fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T, ReadError> {
        catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
            self.panicked.store(true, Ordering::Relaxed);
            let why = "reading a page panics".to_owned();
            ReadError::Storage(Box::new(redb::Error::Corrupted(why)))
        })
    }

    /// Returns the count of the writer's transactions.
    pub(crate) fn commits(&self) -> Result<u64, ReadError> {
        self.read(|txn| {
            file::number_in(txn, meta::COMMITS).map_err(|error| ReadError::Storage(Box::new(error)))
        })
    }

    /// Returns the bytes that the database takes on disk.
    pub(crate) fn bytes_on_disk(&self) -> io::Result<u64> {
        bytes_on_disk(&self.files)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let slot = self.slot.get_mut().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(slot, Slot::Closed) {
            Slot::Writable(db) => match catch_unwind(AssertUnwindSafe(|| db.close())) {
                Ok(Ok(())) => self.owner.note_closed(),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the database does not close well: {error}");
                }
                Err(_) => tracing::warn!("closing the database panicked"),
            },
            Slot::ReadOnly(_) | Slot::Closed => {}
        }
    }
}

/// What opening gives.
struct Opened {
    db: Database,
    instance_id: String,
    epoch: Epoch,
    counters: Counters,
    wants_scrub: bool,
}

fn open_database(
    files: &Files,
    options: &Options,
    opener: &Opener,
    owner: &Owner,
    up_to: VerifyUpTo,
) -> Result<Opened, OpenError> {
    let path = &files.database;
    let known = Instance::load(files)?;
    match path.try_exists().map_err(instance::failed("finding", path))? {
        true => {}
        false => match known {
            Some(known) => return Err(file::other_instance(files, &known.instance_id, None)),
            None => file::create(files, options)?,
        },
    }
    let bytes = bytes_on_disk(files).map_err(instance::failed("reading", path))?;
    let crashed = !owner.closed_before;
    let bound = if crashed { up_to.crashed.max(up_to.always) } else { up_to.always };
    let verify = if options.check_integrity || bytes <= bound { Verify::Yes } else { Verify::No };
    let known_id = known.as_ref().map(|known| known.instance_id.as_str());
    let (db, instance_id) = file::open(files, options, opener, known_id, verify)?;
    if known.is_none() {
        Instance::save(files, &instance_id)?;
    }
    let epoch = file::start(&db).map_err(|source| file::open_error(path, source))?;
    failpoint::hit("after-epoch");
    let counters = Counters::default();
    for (counter, name) in counters.next.iter().zip(meta::NEXT) {
        let next = file::read_number(&db, name).map_err(|error| file::open_error(path, error))?;
        counter.store(next.max(1), Ordering::Relaxed);
    }
    let wants_scrub = crashed && verify == Verify::No;
    Ok(Opened { db, instance_id, epoch, counters, wants_scrub })
}

/// Returns the bytes that the database takes on disk.
pub(crate) fn bytes_on_disk(files: &Files) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    // The file may have holes: its blocks are what it takes, not its length.
    Ok(fs::metadata(&files.database)?.blocks() * 512)
}

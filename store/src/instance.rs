//! The data directory: who owns it, and which database belongs in it.
//!
//! ```text
//! netscan.redb    the database          netscan.pid       locked while a process owns the directory
//! instance.json   which database that is  netscan.ballast   room to be given up on a full disk
//! ```
//!
//! Promise: two processes never own one directory, and a database that went missing or was
//! exchanged is noticed rather than quietly replaced by an empty one.

use crate::error::OpenError;
use netscan_schemas::Time;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The files of a data directory.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The directory itself.
    pub(crate) dir: PathBuf,
    /// The database.
    pub(crate) database: PathBuf,
    /// The database while it is made.
    pub(crate) unfinished: PathBuf,
    /// Says which database belongs here.
    pub(crate) instance: PathBuf,
    /// Locked by the owner, and holds its process id.
    pub(crate) owner: PathBuf,
    /// Written and removed to learn whether the disk takes writes again.
    pub(crate) probe: PathBuf,
    /// Room that is given up when the disk is full.
    pub(crate) ballast: PathBuf,
}

impl Files {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            database: dir.join("netscan.redb"),
            unfinished: dir.join("netscan.redb.unfinished"),
            instance: dir.join("instance.json"),
            owner: dir.join("netscan.pid"),
            probe: dir.join("netscan.probe"),
            ballast: dir.join("netscan.ballast"),
        }
    }

    /// Makes the directory, for its owner's eyes only, unless it is there.
    pub(crate) fn make_dir(&self) -> Result<(), OpenError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.dir);
        made.map_err(failed("making", &self.dir))
    }

    /// Makes the database's new name durable.
    pub(crate) fn sync_dir(&self) -> Result<(), OpenError> {
        let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(failed("syncing", &self.dir))
    }

    /// Returns whether the disk takes writes.
    pub(crate) fn probe(&self) -> io::Result<()> {
        let wrote = File::create(&self.probe).and_then(|mut file| {
            file.write_all(&[0; 64 * 1024])?;
            file.sync_all()
        });
        let removed = fs::remove_file(&self.probe);
        wrote.and(removed)
    }
}

/// Says what was tried on which file.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Directory { action, path, source }
}

/// Ownership of a data directory: ends with this value, and with the process at the latest.
///
/// The file holds the owner's process id until the owner has closed the database; what the next
/// owner finds in it tells how the last one ended.
#[derive(Debug)]
pub(crate) struct Owner {
    locked: File,
    /// Whether the owner before closed the database, or there was none.
    pub(crate) closed_before: bool,
}

impl Owner {
    /// Takes the directory, or says who has it.
    pub(crate) fn take(files: &Files) -> Result<Self, OpenError> {
        let path = &files.owner;
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path);
        let mut file = opened.map_err(failed("opening", path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let pid =
                    file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(OpenError::Locked { dir: files.dir.clone(), pid });
            }
            Err(errno) => return Err(failed("locking", path)(errno.into())),
        }
        let closed_before = file.metadata().map_err(failed("reading", path))?.len() == 0;
        let wrote = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        wrote.map_err(failed("writing", path))?;
        Ok(Self { locked: file, closed_before })
    }

    /// Notes that the database is closed. Without the note the next start only looks closer.
    pub(crate) fn note_closed(&self) {
        if let Err(error) = self.locked.set_len(0) {
            tracing::debug!(%error, "the end cannot be noted: {error}");
        }
    }
}

/// What `instance.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// The database's own id: 32 hexadecimal digits.
    pub(crate) instance_id: String,
    /// When it was written, for whoever looks at the file.
    pub(crate) written_at: Time,
}

impl Instance {
    /// Returns what the file says, or `None` when there is no file.
    pub(crate) fn load(files: &Files) -> Result<Option<Self>, OpenError> {
        let path = &files.instance;
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("reading", path)(error)),
        };
        let parsed = serde_json::from_slice(&text);
        parsed.map(Some).map_err(|error| failed("reading", path)(error.into()))
    }

    /// Writes the file, whole or not at all.
    pub(crate) fn save(files: &Files, instance_id: &str) -> Result<(), OpenError> {
        let path = &files.instance;
        let unfinished = path.with_extension("unfinished");
        let instance = Self { instance_id: instance_id.to_owned(), written_at: Time::now() };
        let wrote = serde_json::to_string(&instance).map_err(io::Error::from).and_then(|text| {
            let mut file = File::create(&unfinished)?;
            writeln!(file, "{text}")?;
            file.sync_all()?;
            fs::rename(&unfinished, path)
        });
        wrote.map_err(failed("writing", path))?;
        files.sync_dir()
    }
}

/// Returns a new id: 16 random bytes in hexadecimal.
pub(crate) fn new_id() -> Result<String, OpenError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    let read = File::open(source).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(failed("reading", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Makes the finished database private, durable, and known by its name.
pub(crate) fn finish_database(files: &Files) -> Result<(), OpenError> {
    let path = &files.unfinished;
    let finished = fs::set_permissions(path, Permissions::from_mode(0o600))
        .and_then(|()| File::open(path)?.sync_all())
        .and_then(|()| fs::rename(path, &files.database));
    finished.map_err(failed("finishing", path))?;
    files.sync_dir()
}

//! Room on the disk: how much is left, when that is too little, and the ballast.
//!
//! ```text
//! free < reserve          low: nothing new is started, what runs may finish
//! a write finds no room   the ballast goes, the write is tried again: bookkeeping can finish
//! free > reserve + a bit  room again; the ballast is laid in again
//! ```
//!
//! redb copies what it changes, so on a full disk even deleting fails. The ballast is what makes
//! the difference between a store that is full and one that cannot say so.

use crate::{Options, instance::Files};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Bytes of the file that is given up when a write finds no room.
pub const BALLAST_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes that are to be free before new work is started: what the attempts that run may still
/// write, and room to delete scans.
pub const RESERVE_BYTES: u64 = 64 * 1024 * 1024;
/// The reserve is at most this part of the whole disk.
const RESERVE_PART: u64 = 5;
/// The ballast is at most this part of the whole disk.
const BALLAST_PART: u64 = 8;
/// What has to be free beyond the reserve before a store that was low is not any more, as a part
/// of the reserve. Without it, one that is at the edge would change its mind with each write.
const MARGIN: u64 = 8;

/// Says how many bytes are free in a directory. Tests put a disk of their own in between.
pub(crate) type FreeBytes = Box<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// Asks the file system.
pub(crate) fn free_bytes() -> FreeBytes {
    Box::new(|dir| {
        let stat = rustix::fs::statvfs(dir)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    })
}

fn total_bytes(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_blocks.saturating_mul(stat.f_frsize))
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Enough,
    Low { free: u64, needed: u64 },
}

/// The room of a data directory.
pub(crate) struct Space {
    dir: PathBuf,
    ballast: PathBuf,
    ballast_bytes: u64,
    reserve_bytes: u64,
    free: FreeBytes,
}

impl Space {
    pub(crate) fn new(files: &Files, options: &Options, free: FreeBytes) -> Self {
        // On a small disk neither may take most of it: a part of the whole is enough there.
        let total = total_bytes(&files.dir).unwrap_or(u64::MAX);
        let reserve_bytes = options.reserve_bytes.min(total / RESERVE_PART);
        let ballast_bytes = options.ballast_bytes.min(total / BALLAST_PART);
        let (dir, ballast) = (files.dir.clone(), files.ballast.clone());
        Self { dir, ballast, ballast_bytes, reserve_bytes, free }
    }

    /// Returns the bytes that are free for us.
    pub(crate) fn free(&self) -> io::Result<u64> {
        (self.free)(&self.dir)
    }

    /// Returns what has to be free before a store that is low is not any more.
    pub(crate) fn needed(&self) -> u64 {
        self.reserve_bytes + self.reserve_bytes / MARGIN
    }

    /// Returns how much room there is, to a store that knew this of it before.
    pub(crate) fn room(&self, was_low: bool) -> io::Result<Room> {
        let free = self.free()?;
        let needed = self.needed();
        let bound = if was_low { needed } else { self.reserve_bytes };
        Ok(if free < bound { Room::Low { free, needed } } else { Room::Enough })
    }

    /// Returns how much room there is beside so many bytes that something else takes.
    pub(crate) fn room_beside(&self, bytes: u64) -> io::Result<Room> {
        let free = self.free()?;
        let is_low = free.saturating_sub(bytes) < self.reserve_bytes;
        let needed = self.reserve_bytes.saturating_add(bytes);
        Ok(if is_low { Room::Low { free, needed } } else { Room::Enough })
    }

    /// Gives the ballast up; returns whether there was any.
    pub(crate) fn drop_ballast(&self) -> bool {
        match fs::remove_file(&self.ballast) {
            Ok(()) => {
                tracing::warn!("the disk is full: the ballast is given up so that work can end");
                true
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::error!(%error, "the ballast cannot be removed: {error}");
                }
                false
            }
        }
    }

    /// Lays the ballast in unless it is there, or would take room that is needed.
    pub(crate) fn keep_ballast(&self) -> io::Result<()> {
        if self.ballast_bytes == 0 {
            return Ok(());
        }
        let held = match fs::metadata(&self.ballast) {
            Ok(held) => held.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        if held >= self.ballast_bytes || self.free()? < self.needed() + self.ballast_bytes {
            return Ok(());
        }
        let laid = self.lay_ballast();
        if laid.is_err() {
            // Half a ballast is room taken for nothing.
            let _ = fs::remove_file(&self.ballast);
        }
        laid
    }

    fn lay_ballast(&self) -> io::Result<()> {
        use rustix::{
            fs::{FallocateFlags, fallocate},
            io::Errno,
        };
        let options =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
        let file = options.open(&self.ballast)?;
        match fallocate(&file, FallocateFlags::empty(), 0, self.ballast_bytes) {
            Ok(()) => Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file, self.ballast_bytes),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// Takes room on a file system that cannot set it aside.
fn fill(mut file: File, bytes: u64) -> io::Result<()> {
    const PIECE: usize = 64 * 1024;
    let piece = [0; PIECE];
    let mut left = bytes;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        file.write_all(&piece[..now])?;
        left -= now as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    fn space(dir: &Path, free: &Arc<AtomicU64>) -> Space {
        let options = Options { reserve_bytes: 800, ballast_bytes: 4096, ..Options::default() };
        let free = Arc::clone(free);
        let free: FreeBytes = Box::new(move |_| Ok(free.load(Ordering::SeqCst)));
        Space::new(&Files::new(dir), &options, free)
    }

    #[test]
    fn a_store_at_the_edge_does_not_change_its_mind() {
        let dir = tempfile::TempDir::new().unwrap();
        let free = Arc::new(AtomicU64::new(0));
        let space = space(dir.path(), &free);
        let low = |free| Room::Low { free, needed: 900 };
        let table = [
            (800, false, Room::Enough),
            (799, false, low(799)),
            (899, true, low(899)),
            (900, true, Room::Enough),
        ];
        for (now, was_low, room) in table {
            free.store(now, Ordering::SeqCst);
            assert_eq!(space.room(was_low).unwrap(), room, "{now} {was_low}");
        }
    }

    #[test]
    fn what_takes_room_leaves_the_reserve() {
        let dir = tempfile::TempDir::new().unwrap();
        let free = Arc::new(AtomicU64::new(1000));
        let space = space(dir.path(), &free);
        assert_eq!(space.room_beside(200).unwrap(), Room::Enough);
        let low = Room::Low { free: 1000, needed: 1001 };
        assert_eq!(space.room_beside(201).unwrap(), low);
        let low = Room::Low { free: 1000, needed: u64::MAX };
        assert_eq!(space.room_beside(u64::MAX).unwrap(), low);
    }

    #[test]
    fn ballast_is_laid_in_only_where_there_is_room_for_it() {
        let dir = tempfile::TempDir::new().unwrap();
        let free = Arc::new(AtomicU64::new(900 + 4095));
        let space = space(dir.path(), &free);
        space.keep_ballast().unwrap();
        assert!(!space.drop_ballast(), "there was no room for it");
        free.store(900 + 4096, Ordering::SeqCst);
        space.keep_ballast().unwrap();
        let held = fs::metadata(dir.path().join("netscan.ballast")).unwrap();
        assert_eq!(held.len(), 4096);
        space.keep_ballast().unwrap();
        assert!(space.drop_ballast());
        assert!(!space.drop_ballast(), "it is gone");
    }

    #[test]
    fn ballast_takes_room_where_it_cannot_be_set_aside() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("filled");
        fill(File::create(&path).unwrap(), 100_000).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
    }
}

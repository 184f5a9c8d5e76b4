//! A database file that is looked at and never changed: what redb writes stays in memory.
//!
//! To open a redb file is to write to it, and after a crash it does not open for reading alone.
//! Here it opens all the same: to see whose it is, to verify it, to read on when the disk takes
//! no writes, and to save what can be saved from a damaged one.

use redb::{Database, StorageBackend};
use std::{
    collections::BTreeMap,
    fs::File,
    io,
    ops::Deref,
    os::unix::fs::FileExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Bytes that are kept together: redb's own page size.
const PAGE: u64 = 4096;

/// A file with changes on top of it.
#[derive(Debug)]
pub(crate) struct Overlay {
    file: File,
    /// The length of the file, beyond which there are zeros.
    file_len: u64,
    changed: RwLock<Changed>,
}

#[derive(Debug, Default)]
struct Changed {
    len: u64,
    /// Pages by their number, each whole.
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl Overlay {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let file_len = file.metadata()?.len();
        let changed = RwLock::new(Changed { len: file_len, pages: BTreeMap::new() });
        Ok(Self { file, file_len, changed })
    }

    /// Returns whether the file has no content.
    pub(crate) fn is_empty(&self) -> bool {
        self.file_len == 0
    }

    fn changed(&self) -> RwLockReadGuard<'_, Changed> {
        self.changed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Changed> {
        self.changed.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from the file itself; zeros beyond its end.
    fn read_file(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = self.file_len.saturating_sub(offset).min(out.len() as u64);
        let (there, beyond) = out.split_at_mut(usize::try_from(there).unwrap_or(usize::MAX));
        self.file.read_exact_at(there, offset)?;
        beyond.fill(0);
        Ok(())
    }
}

/// The pages that a range of bytes touches: of each its number, and the part of the range in it.
fn pages(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let end = offset + len as u64;
    let mut at = offset;
    std::iter::from_fn(move || {
        (at < end).then(|| {
            let (page, start) = (at / PAGE, at % PAGE);
            let stop = (PAGE - start).min(end - at) + start;
            let from = (at - offset) as usize;
            at += stop - start;
            (page, from, start as usize..stop as usize)
        })
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.changed().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let changed = self.changed();
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > changed.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_file(offset, out)?;
        for (page, from, part) in pages(offset, out.len()) {
            if let Some(bytes) = changed.pages.get(&page) {
                out[from..from + part.len()].copy_from_slice(&bytes[part]);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut changed = self.change();
        // What is cut off is zeros when it comes back; redb writes what it adds.
        changed.len = len;
        changed.pages.retain(|page, _| page * PAGE < len);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut changed = self.change();
        for (page, from, part) in pages(offset, data.len()) {
            let held = match changed.pages.remove(&page) {
                Some(held) => held,
                None => {
                    let mut held = vec![0; PAGE as usize].into_boxed_slice();
                    self.read_file(page * PAGE, &mut held)?;
                    held
                }
            };
            let held = changed.pages.entry(page).or_insert(held);
            held[part.clone()].copy_from_slice(&data[from..from + part.len()]);
        }
        Ok(())
    }
}

/// A database over an [`Overlay`]. A damaged one may panic when it is closed, which is nobody's
/// concern: nothing of it is kept.
pub(crate) struct Looked(Option<Database>);

impl Looked {
    pub(crate) fn new(db: Database) -> Self {
        Self(Some(db))
    }
}

impl Deref for Looked {
    type Target = Database;

    #[expect(clippy::expect_used, reason = "only dropping takes it away")]
    fn deref(&self) -> &Database {
        self.0.as_ref().expect("it is there until the end")
    }
}

impl Drop for Looked {
    fn drop(&mut self) {
        let db = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(db))).is_err() {
            tracing::debug!("a database that was only looked at panics when it is closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn changes_are_seen_and_the_file_is_left() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("file");
        let content: Vec<u8> = (0..10_000u32).map(|index| (index % 251) as u8).collect();
        fs::write(&path, &content).unwrap();
        let overlay = Overlay::open(&path).unwrap();
        let mut expected = content.clone();
        for (offset, len) in [(0, 10), (4090, 20), (5000, 4096), (9_999, 1)] {
            let data = vec![255; len];
            overlay.write(offset, &data).unwrap();
            expected[offset as usize..][..len].fill(255);
            let mut all = vec![0; expected.len()];
            overlay.read(0, &mut all).unwrap();
            assert!(all == expected, "after {offset}+{len}");
        }
        overlay.set_len(20_000).unwrap();
        overlay.write(19_990, &[1; 10]).unwrap();
        let mut tail = [9; 20];
        overlay.read(19_980, &mut tail).unwrap();
        assert_eq!(tail, [[0; 10], [1; 10]].concat()[..]);
        assert!(overlay.read(19_981, &mut tail).is_err());
        assert!(overlay.read(u64::MAX, &mut tail).is_err());
        assert_eq!(overlay.len().unwrap(), 20_000);
        assert!(fs::read(&path).unwrap() == content);
    }
}

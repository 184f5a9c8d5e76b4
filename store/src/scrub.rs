//! Reads through all records in the background, a page at a time: after a crash, for a file that
//! is too large to verify it before it is used.
//!
//! It finds what the records themselves can tell. Whether indexes and counts are right, and whether
//! redb's pages are as it wrote them, takes a check of the closed store.

use crate::{
    db::Handle,
    error::{ReadError, chain},
    rows,
    store::Shared,
    tables::{Visitor, visit},
};
use redb::{Key, ReadTransaction, TableDefinition, TableError, Value};
use std::{
    io,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

/// Rows that one read transaction goes through.
const PAGE_ROWS: usize = 256;
/// Problems that are kept in words.
const PROBLEMS_MAX: usize = 20;

/// How the reading through of all records stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrub {
    /// Whether there was a reason for it.
    pub needed: bool,
    /// Whether it is at its end.
    pub done: bool,
    /// Rows that were read.
    pub rows: u64,
    /// Rows, or rests of tables, that are damaged.
    pub damaged: u64,
    /// The first of them in words.
    pub problems: Vec<String>,
}

impl Scrub {
    fn problem(&mut self, what: String) {
        tracing::error!("the store is damaged: {what}");
        self.damaged += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(what);
        }
    }
}

/// The thread that reads.
pub(crate) struct Scrubber {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Scrubber {
    /// Starts reading.
    pub(crate) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        shared.scrub(|scrub| scrub.needed = true);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            tracing::info!("after a crash: all records are read through");
            let mut reading = Reading { shared: &shared, stop: &stopped };
            if visit(&mut reading).is_ok() {
                shared.scrub(|scrub| scrub.done = true);
                tracing::info!("all records are read through");
            }
        };
        let thread = thread::Builder::new().name("store-scrub".into()).spawn(work)?;
        Ok(Self { stop, thread })
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!("reading through the store panicked");
        }
    }
}

struct Reading<'r> {
    shared: &'r Shared,
    stop: &'r AtomicBool,
}

/// It was told to end.
struct Stopped;

impl Visitor for Reading<'_> {
    type Error = Stopped;

    fn plain<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Stopped> {
        let name = redb::TableHandle::name(&table).to_owned();
        let mut after = None;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
            let begun = Instant::now();
            let read = page(&self.shared.handle, table, &name, after.as_deref());
            match read {
                Ok(page) => {
                    self.shared.scrub(|scrub| {
                        scrub.rows += page.rows as u64;
                        page.problems.into_iter().for_each(|problem| scrub.problem(problem));
                    });
                    after = page.last;
                    if after.is_none() {
                        return Ok(());
                    }
                }
                // It is opened again; the next try may go well.
                Err(ReadError::Unavailable) => {}
                Err(error) => {
                    self.shared.scrub(|scrub| {
                        scrub.problem(format!(
                            "the table {name} cannot be read on: {}",
                            chain(&error)
                        ));
                    });
                    return Ok(());
                }
            }
            // Half of the time is for others.
            thread::sleep(begun.elapsed());
        }
    }
}

struct Page {
    rows: usize,
    problems: Vec<String>,
    /// The key of the last row; none at the end of the table.
    last: Option<Vec<u8>>,
}

fn page<K: Key + 'static, V: Value + 'static>(
    handle: &Handle,
    table: TableDefinition<'static, K, V>,
    name: &str,
    after: Option<&[u8]>,
) -> Result<Page, ReadError> {
    handle.read(|txn: &ReadTransaction| {
        let table = match txn.open_table(table) {
            Err(TableError::TableDoesNotExist(_)) => {
                let problems = vec![format!("the table {name} is missing")];
                return Ok(Page { rows: 0, problems, last: None });
            }
            opened => opened?,
        };
        let start = after.map_or(Bound::Unbounded, |key| Bound::Excluded(K::from_bytes(key)));
        let mut page = Page { rows: 0, problems: Vec::new(), last: None };
        for row in table.range::<K::SelfType<'_>>((start, Bound::Unbounded))?.take(PAGE_ROWS) {
            let (key, value) = row?;
            let (key, value) = (key.value(), value.value());
            let (key, value) = (K::as_bytes(&key), V::as_bytes(&value));
            if let Err(error) = rows::verify(name, key.as_ref(), value.as_ref()) {
                page.problems.push(format!(
                    "{} {}: {error}",
                    name,
                    rows::key_text::<K>(key.as_ref())
                ));
            }
            page.rows += 1;
            page.last = Some(key.as_ref().to_vec());
        }
        if page.rows < PAGE_ROWS {
            page.last = None;
        }
        Ok(page)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        NoPublisher, Options, Store,
        db::{Seams, VerifyUpTo},
    };
    use redb::Database;
    use std::{fs, path::Path, time::Duration};

    /// Opens a store as if its file were too large to verify it first.
    fn open_large(dir: &Path) -> Store {
        let verify_up_to = VerifyUpTo { always: 0, crashed: 0 };
        let seams = Seams { verify_up_to, ..Seams::default() };
        let options = Options { ballast_bytes: 0, ..Options::default() };
        Store::open_with(dir, options, Arc::new(NoPublisher), seams).unwrap()
    }

    fn scrubbed(store: &Store) -> Scrub {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let scrub = store.scrub();
            if scrub.done {
                return scrub;
            }
            assert!(Instant::now() < deadline, "{scrub:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn after_a_crash_a_large_file_is_read_through_in_the_background() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = open_large(dir.path());
        for number in 0..600 {
            drop(store.create_project(&format!("project {number}"), None));
        }
        drop(store);
        let store = open_large(dir.path());
        assert!(!store.scrub().needed, "it was closed well");
        drop(store);
        let path = dir.path().join("netscan.redb");
        let db = Database::open(&path).unwrap();
        let txn = db.begin_write().unwrap();
        {
            let mut projects = txn.open_table(crate::tables::PROJECTS).unwrap();
            let sound = redb::ReadableTable::get(&projects, 300).unwrap().unwrap();
            let mut damaged = sound.value().to_vec();
            drop(sound);
            *damaged.last_mut().unwrap() ^= 1;
            projects.insert(300, damaged.as_slice()).unwrap();
        }
        txn.commit().unwrap();
        drop(db);
        // What the last owner leaves when it has no time to close.
        fs::write(dir.path().join("netscan.pid"), "1\n").unwrap();
        let store = open_large(dir.path());
        let scrub = scrubbed(&store);
        assert!(scrub.needed && scrub.rows > 600, "{scrub:?}");
        assert_eq!(scrub.damaged, 1);
        assert!(scrub.problems[0].starts_with("projects 300: a project record is damaged"));
    }
}

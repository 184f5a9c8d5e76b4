//! The store as its users hold it.

use crate::{
    db::{Handle, Seams},
    error::{OpenError, ReadError, WriteError},
    metrics::{Metrics, Queued},
    scrub::{Scrub, Scrubber},
    space::{BALLAST_BYTES, RESERVE_BYTES, Room},
    upkeep::{self, Copied, TableStats, UpkeepError},
    write::{Ack, Write},
    writer::{self, Message, Unit},
};
use netscan_schemas::id::{BatchId, Epoch, ProjectId, ScanId, Seq};
use redb::ReadTransaction;
use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};
use tokio::sync::{oneshot, watch};

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Memory for pages of the database.
    pub cache_bytes: usize,
    /// Whether to read the whole file and verify it first, whatever its size.
    pub check_integrity: bool,
    /// Bytes that are to be free on the disk; with less the store is [low](Health::Low).
    pub reserve_bytes: u64,
    /// Bytes of the file that is given up when a write finds no room; 0 for none.
    pub ballast_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 32 * 1024 * 1024,
            check_integrity: false,
            reserve_bytes: RESERVE_BYTES,
            ballast_bytes: BALLAST_BYTES,
        }
    }
}

/// Who is told of events, each once and in order, after they are durable.
pub trait Publisher: Send + Sync {
    /// Takes new events of a scan; its project is none when what says so is damaged. Runs on the
    /// writer's thread: it must not wait.
    fn publish(&self, scan: ScanId, project: Option<ProjectId>, events: &[(Seq, Arc<str>)]);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPublisher;

impl Publisher for NoPublisher {
    fn publish(&self, _scan: ScanId, _project: Option<ProjectId>, _events: &[(Seq, Arc<str>)]) {}
}

/// Whether the store takes writes, and whether it should be given more to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Ok,
    /// It does, but there is little room left: nothing new should be started.
    Low {
        /// Bytes that are free.
        free: u64,
        /// Bytes that have to be free for it to be well again.
        needed: u64,
    },
    /// The disk is full and nothing can be written; it is tried again by itself. Units are
    /// answered with an error until then.
    Full {
        /// Bytes that are free.
        free: u64,
        /// Bytes that have to be free for it to be well again.
        needed: u64,
    },
    /// Writing failed; it is tried again by itself. Units are answered with an error until then.
    Degraded {
        /// What failed.
        reason: String,
    },
}

impl Health {
    /// Returns whether new work may be started.
    pub fn accepts_work(&self) -> bool {
        match self {
            Self::Ok => true,
            Self::Low { .. } | Self::Full { .. } | Self::Degraded { .. } => false,
        }
    }

    /// Returns whether what is submitted is written.
    pub fn is_writable(&self) -> bool {
        match self {
            Self::Ok | Self::Low { .. } => true,
            Self::Full { .. } | Self::Degraded { .. } => false,
        }
    }
}

impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ok => f.write_str("the store is well"),
            Self::Low { free, needed } => {
                write!(f, "the disk is nearly full: {free} bytes are free, {needed} are needed")
            }
            Self::Full { free, needed } => {
                write!(f, "the disk is full: {free} bytes are free, {needed} are needed")
            }
            Self::Degraded { reason } => write!(f, "the store cannot be written: {reason}"),
        }
    }
}

/// What the store and its writer's thread share.
pub(crate) struct Shared {
    pub(crate) handle: Handle,
    pub(crate) metrics: Metrics,
    health: Mutex<Health>,
    scrub: Mutex<Scrub>,
}

impl Shared {
    /// Does something with how the scrub stands.
    pub(crate) fn scrub<T>(&self, work: impl FnOnce(&mut Scrub) -> T) -> T {
        work(&mut self.scrub.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_health(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

/// An open store. Dropping it writes what was submitted, and closes it.
pub struct Store {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Closes when the writer's thread ends, however it does.
    writer_lives: watch::Receiver<()>,
    scrubber: Mutex<Option<Scrubber>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("epoch", &self.epoch()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store of a data directory, or makes one, and counts the start.
    pub fn open(
        dir: &Path,
        options: Options,
        publisher: Arc<dyn Publisher>,
    ) -> Result<Self, OpenError> {
        Self::open_with(dir, options, publisher, Seams::default())
    }

    pub(crate) fn open_with(
        dir: &Path,
        options: Options,
        publisher: Arc<dyn Publisher>,
        seams: Seams,
    ) -> Result<Self, OpenError> {
        let Seams { opener, free, backoff, look_every, verify_up_to } = seams;
        let handle = Handle::open(dir, options, opener, free, verify_up_to)?;
        let wants_scrub = handle.wants_scrub;
        let (health, scrub) = (Mutex::new(Health::Ok), Mutex::default());
        let shared = Arc::new(Shared { handle, metrics: Metrics::default(), health, scrub });
        let (queue, units) = mpsc::channel();
        let pace = writer::Pace { backoff, look_every };
        let (life, writer_lives) = watch::channel(());
        let writer = writer::spawn(Arc::clone(&shared), units, publisher, pace, life)
            .map_err(crate::instance::failed("starting the writer of", dir))?;
        let scrubber = match wants_scrub {
            true => Some(Scrubber::start(Arc::clone(&shared))),
            false => None,
        };
        let scrubber =
            scrubber.transpose().map_err(crate::instance::failed("starting the reader of", dir))?;
        let (writer, scrubber) = (Mutex::new(Some(writer)), Mutex::new(scrubber));
        Ok(Self { shared, queue, writer, writer_lives, scrubber })
    }

    /// Resolves when the writer is gone. Outside of a shutdown that is fatal: it panicked, and
    /// nothing is written any more.
    pub async fn writer_gone(&self) {
        let mut life = self.writer_lives.clone();
        while life.changed().await.is_ok() {}
    }

    /// Hands a unit to the writer. Units of one caller are written in the order of its calls.
    pub fn submit(&self, write: Write) -> Ack {
        let (reply, answer) = oneshot::channel();
        let Write { ops, bytes, fault } = write;
        match fault {
            // An answer that nobody waits for is no fault.
            Some(fault) => drop(reply.send(Err(WriteError::Encode(fault)))),
            // A queue without a reader drops the unit, which answers it as `Closed`.
            None => {
                let queued = Queued::new(&self.shared.metrics);
                drop(self.queue.send(Message::Unit(Unit { ops, bytes, reply, _queued: queued })));
            }
        }
        Ack(answer)
    }

    /// Makes a project; the receipt holds it.
    pub fn create_project(&self, name: &str, description: Option<&str>) -> Ack {
        let mut write = Write::new();
        write.create_project(name, description);
        self.submit(write)
    }

    /// Returns a number for a new scan, never given out before to one that was written.
    pub fn next_scan_id(&self) -> ScanId {
        next(&self.shared.handle.counters.next[1], ScanId::new)
    }

    /// Returns a number for a new batch, never given out before to one that was written.
    pub fn next_batch_id(&self) -> BatchId {
        next(&self.shared.handle.counters.next[2], BatchId::new)
    }

    /// Returns whether the store takes writes, and new work. Costs next to nothing: it is what
    /// the writer last found out, a few seconds ago at most.
    pub fn health(&self) -> Health {
        self.shared.health()
    }

    /// Returns the [health](Self::health), or that the store would be low beside so many bytes more
    /// on its disk. Asks the file system: for work that takes room of its own.
    pub fn health_beside(&self, bytes: u64) -> io::Result<Health> {
        let health = self.health();
        if !health.accepts_work() {
            return Ok(health);
        }
        Ok(match self.shared.handle.space.room_beside(bytes)? {
            Room::Enough => health,
            Room::Low { free, needed } => Health::Low { free, needed },
        })
    }

    /// Copies what the store holds at this moment into a new file, which is verified before it
    /// gets its name. Blocks for as long as that takes; the store goes on meanwhile, and its file
    /// grows with what is written.
    pub fn backup(&self, target: &Path) -> Result<Copied, UpkeepError> {
        self.shared.handle.read_long(|txn| upkeep::copy_from(txn, target))?
    }

    /// Returns rows and bytes of each table.
    pub fn stats(&self) -> Result<Vec<TableStats>, ReadError> {
        self.read(upkeep::stats_in)
    }

    /// Returns how the reading through of all records stands, which is begun after a crash.
    pub fn scrub(&self) -> Scrub {
        self.shared.scrub(|scrub| scrub.clone())
    }

    /// Returns what is counted for those who watch the server.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Returns the count of starts, this one included.
    pub fn epoch(&self) -> Epoch {
        self.shared.handle.epoch
    }

    /// Returns the database's own id, made with it.
    pub fn instance_id(&self) -> &str {
        &self.shared.handle.instance_id
    }

    /// Returns the bytes that the database takes on disk.
    pub fn store_bytes(&self) -> io::Result<u64> {
        self.shared.handle.bytes_on_disk()
    }

    /// Returns the bytes that are free for us on the database's file system.
    pub fn free_bytes(&self) -> io::Result<u64> {
        self.shared.handle.space.free()
    }

    /// Writes what was submitted and ends the writer; reading still works. Later units are
    /// answered as closed. Blocks, so an async caller uses `spawn_blocking`.
    pub fn shutdown(&self) {
        let scrubber = self.scrubber.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(scrubber) = scrubber {
            scrubber.stop();
        }
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(writer) = writer else { return };
        // A writer that is gone already needs no message.
        let _ = self.queue.send(Message::Stop);
        if writer.join().is_err() {
            tracing::error!("the store's writer panicked");
        }
    }

    /// Does some reading in one transaction. `work` must not call back into the store.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        self.shared.handle.read(work)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shutdown();
    }
}

fn next<Id>(counter: &AtomicU64, id: fn(u64) -> Option<Id>) -> Id {
    // Counters start at 1, so the loop runs once.
    loop {
        if let Some(id) = id(counter.fetch_add(1, Ordering::Relaxed)) {
            return id;
        }
    }
}

//! The one write door: a thread that writes what many callers submit.
//!
//! ```text
//! submit ─► queue ─► group: all that waits ─► one transaction ─► publish ─► answer each unit
//!                                                   │ fails
//!                                                   ├─► no room: give the ballast up, once more
//!                                                   └─► answer all: failed ─► reopen, with waits
//! ```
//!
//! A group is what arrived while the one before was being synced, so it grows with the load and
//! nobody waits for company. One unit that cannot be done does not fail its group: it is taken
//! out and the others are written.
//!
//! Invariant: an event is published after its commit, and before its unit is answered.

mod access;
mod apply;
mod audit;
mod delete;
mod difficult;
mod group;
mod hosts;
mod profiles;
mod recover;
mod scopes;
#[cfg(test)]
mod tests;

use crate::{
    error::{WriteError, chain, is_full},
    failpoint, file,
    metrics::{Counted, Queued},
    store::{Publisher, Shared},
    write::{Op, Receipt},
};
pub(crate) use hosts::{Found, open_ports};

use netscan_schemas::stored::AuditRecord;

use group::{Fault, Group, Memory, News, OfScan, Published};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tokio::sync::{oneshot, watch};

/// Steps after which a group is full.
const GROUP_OPS_MAX: usize = 8192;
/// Bytes after which a group is full.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What the writer is sent.
pub(crate) enum Message {
    /// Write this.
    Unit(Unit),
    /// Write what came before, then end.
    Stop,
}

/// A submitted unit.
pub(crate) struct Unit {
    pub(crate) ops: Vec<Op>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Result<Receipt, WriteError>>,
    pub(crate) _queued: Queued,
}

impl Unit {
    fn answer(self, answer: Result<Receipt, WriteError>) {
        // Whoever does not wait for the answer does not need it.
        let _ = self.reply.send(answer);
    }
}

/// How long to wait before the database is opened again after a fault; doubled each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        // Recovery is promised within 30 s.
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(15) }
    }
}

/// How often the writer does what nobody asks it for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) backoff: Backoff,
    /// How often to look how much room there is.
    pub(crate) look_every: Duration,
}

/// Starts the writer's thread.
pub(crate) fn spawn(
    shared: Arc<Shared>,
    queue: Receiver<Message>,
    publisher: Arc<dyn Publisher>,
    pace: Pace,
    life: watch::Sender<()>,
) -> io::Result<JoinHandle<()>> {
    let (memory, looked) = (Memory::default(), Instant::now());
    let mut writer = Writer { shared, queue, publisher, pace, memory, looked, stopping: false };
    writer.look();
    thread::Builder::new().name("store-writer".into()).spawn(move || {
        let _life = life; // dropped by a panic too
        writer.run();
    })
}

struct Writer {
    shared: Arc<Shared>,
    queue: Receiver<Message>,
    publisher: Arc<dyn Publisher>,
    pace: Pace,
    memory: Memory,
    /// When it last looked how much room there is.
    looked: Instant,
    stopping: bool,
}

/// A group that is on disk.
struct Done {
    answers: Vec<Result<Receipt, WriteError>>,
    published: Published,
    audited: Vec<AuditRecord>,
    news: News,
    counted: Counted,
}

/// Why a group is not, or may not be, on disk.
enum Halt {
    /// This unit spoils it. Nothing was written.
    Spoilt { index: usize, error: WriteError },
    /// The database failed.
    Failed(Failed),
}

/// How the database failed.
struct Failed {
    reason: String,
    /// Whether the disk is full.
    full: bool,
    /// Whether a page is not what it should be.
    damage: bool,
    /// What may have become durable all the same: the last step of its commit failed.
    doubtful: Option<Box<Done>>,
}

impl Writer {
    fn run(mut self) {
        while let Some(units) = self.next_group() {
            self.write(units);
        }
    }

    /// Waits for a unit and takes all that wait with it; none when the writer is to end.
    fn next_group(&mut self) -> Option<Vec<Unit>> {
        if self.stopping {
            return None;
        }
        let mut units = Vec::new();
        let (mut ops, mut bytes) = (0, 0);
        let mut message = self.next_message()?;
        loop {
            match message {
                Message::Unit(unit) => {
                    ops += unit.ops.len();
                    bytes += unit.bytes;
                    units.push(unit);
                }
                Message::Stop => {
                    self.stopping = true;
                    return Some(units);
                }
            }
            if ops >= GROUP_OPS_MAX || bytes >= GROUP_BYTES_MAX {
                return Some(units);
            }
            match self.queue.try_recv() {
                Ok(next) => message = next,
                Err(_) => return Some(units),
            }
        }
    }

    /// Waits for a message, and looks after the room on the disk meanwhile.
    fn next_message(&mut self) -> Option<Message> {
        loop {
            if self.looked.elapsed() >= self.pace.look_every {
                self.look();
            }
            if self.shared.handle.panicked.swap(false, Ordering::Relaxed) {
                let reason = "reading the database panicked".to_owned();
                self.recover(Failed { reason, full: false, damage: true, doubtful: None });
            }
            match self.queue.recv_timeout(self.pace.look_every) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Writes a group, answers all of its units, and recovers from a fault before it returns.
    fn write(&mut self, mut units: Vec<Unit>) {
        while !units.is_empty() {
            match self.attempt(&units) {
                Ok(done) => return self.finish(units, done),
                Err(Halt::Spoilt { index, error }) => units.remove(index).answer(Err(error)),
                Err(Halt::Failed(mut failed)) => {
                    self.shared.metrics.failures.inc();
                    match self.make_room(&mut failed) {
                        // What is on disk is on disk, whatever its last step said.
                        Some(Some(done)) => return self.finish(units, *done),
                        Some(None) => continue,
                        None => {}
                    }
                    let error = failed.error();
                    self.shared.set_health(self.ill(&error));
                    if !failed.damage {
                        self.shared.handle.read_on();
                    }
                    for unit in units {
                        unit.answer(Err(error.clone()));
                    }
                    self.recover(failed);
                    return;
                }
            }
        }
    }

    /// Tells everybody of a group that is on disk.
    fn finish(&mut self, units: Vec<Unit>, done: Done) {
        failpoint::after_commit(&units);
        self.memory.take_in(done.news);
        self.shared.metrics.take_in(&done.counted);
        self.publish(&done.published);
        done.audited.iter().for_each(crate::audit::tell);
        for (unit, answer) in units.into_iter().zip(done.answers) {
            unit.answer(answer);
        }
    }

    /// Writes a group in one transaction. redb may panic on a damaged page: that is a fault.
    fn attempt(&self, units: &[Unit]) -> Result<Done, Halt> {
        let tried = catch_unwind(AssertUnwindSafe(|| self.try_group(units)));
        tried.unwrap_or_else(|_| {
            let reason = "the database panicked".to_owned();
            Err(Halt::Failed(Failed { reason, full: false, damage: true, doubtful: None }))
        })
    }

    fn try_group(&self, units: &[Unit]) -> Result<Done, Halt> {
        let failed = |error: redb::Error| Halt::Failed(Failed::of(&error, None));
        let slot = self.shared.handle.slot();
        let db = slot.writable().ok_or_else(|| failed(redb::Error::DatabaseClosed))?;
        let txn = file::begin_write(db).map_err(failed)?;
        let mut answers = Vec::with_capacity(units.len());
        let (published, audited, news, counted) = {
            let counters = &self.shared.handle.counters;
            let mut group = Group::open(&txn, &self.memory, counters).map_err(failed)?;
            for (index, unit) in units.iter().enumerate() {
                match group.apply_unit(&unit.ops) {
                    Ok(receipt) => answers.push(Ok(receipt)),
                    Err(Fault::Unit(error)) if group.is_untouched() => answers.push(Err(error)),
                    Err(Fault::Unit(error)) => return Err(Halt::Spoilt { index, error }),
                    Err(Fault::Storage(error)) => return Err(failed(*error)),
                }
            }
            group.finish().map_err(failed)?
        };
        let done = Done { answers, published, audited, news, counted };
        failpoint::before_commit(units);
        let began = Instant::now();
        let committed = txn.commit();
        self.shared.metrics.commit.observe(began.elapsed().as_secs_f64());
        match committed {
            Ok(()) => Ok(done),
            Err(error) => Err(Halt::Failed(Failed::of(&error.into(), Some(done.into())))),
        }
    }

    fn publish(&self, published: &Published) {
        for (scan, OfScan { project, events }) in published {
            let told = catch_unwind(AssertUnwindSafe(|| {
                failpoint::hit("before-publish");
                self.publisher.publish(*scan, *project, events);
            }));
            if told.is_err() {
                tracing::error!(scan.id = %scan, "telling of the events of scan {scan} panicked");
            }
        }
    }
}

impl Failed {
    fn of(error: &redb::Error, doubtful: Option<Box<Done>>) -> Self {
        let damage = matches!(error, redb::Error::Corrupted(_));
        Self { reason: chain(error), full: is_full(error), damage, doubtful }
    }

    fn error(&self) -> WriteError {
        match self.full {
            true => WriteError::Full,
            false => WriteError::Io { reason: self.reason.clone() },
        }
    }
}

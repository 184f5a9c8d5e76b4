//! The one write door: a thread that writes what many callers submit.
//!
//! ```text
//! submit ─► queue ─► group: all that waits ─► one transaction ─► publish ─► answer each unit
//!                                                   │ fails
//!                                                   └─► answer all: failed ─► reopen, with waits
//! ```
//!
//! A group is what arrived while the one before was being synced, so it grows with the load and
//! nobody waits for company. One unit that cannot be done does not fail its group: it is taken
//! out and the others are written.
//!
//! Invariant: an event is published after its commit, and before its unit is answered.

mod apply;
mod delete;
mod group;
mod hosts;
#[cfg(test)]
mod tests;

use crate::{
    db,
    error::WriteError,
    failpoint, reader,
    store::{Health, Publisher, Shared},
    write::{Op, Receipt},
};
pub(crate) use hosts::{Found, open_ports};

use group::{Fault, Group, Memory, News, Published};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

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
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(30) }
    }
}

/// Starts the writer's thread.
pub(crate) fn spawn(
    shared: Arc<Shared>,
    queue: Receiver<Message>,
    publisher: Arc<dyn Publisher>,
    backoff: Backoff,
) -> io::Result<JoinHandle<()>> {
    let memory = Memory::default();
    let writer = Writer { shared, queue, publisher, backoff, memory, stopping: false };
    thread::Builder::new().name("store-writer".into()).spawn(move || writer.run())
}

struct Writer {
    shared: Arc<Shared>,
    queue: Receiver<Message>,
    publisher: Arc<dyn Publisher>,
    backoff: Backoff,
    memory: Memory,
    stopping: bool,
}

/// A group that is on disk.
struct Done {
    answers: Vec<Result<Receipt, WriteError>>,
    published: Published,
    news: News,
}

/// Why a group is not, or may not be, on disk.
enum Halt {
    /// This unit spoils it. Nothing was written.
    Spoilt { index: usize, error: WriteError },
    /// The database failed; these events may have become durable all the same.
    Failed { reason: String, doubtful: Published },
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
        let mut message = self.queue.recv().ok()?;
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

    /// Writes a group, answers all of its units, and recovers from a fault before it returns.
    fn write(&mut self, mut units: Vec<Unit>) {
        while !units.is_empty() {
            match self.attempt(&units) {
                Ok(done) => {
                    failpoint::after_commit(&units);
                    self.memory.take_in(done.news);
                    self.publish(&done.published);
                    for (unit, answer) in units.into_iter().zip(done.answers) {
                        unit.answer(answer);
                    }
                    return;
                }
                Err(Halt::Spoilt { index, error }) => units.remove(index).answer(Err(error)),
                Err(Halt::Failed { reason, doubtful }) => {
                    tracing::error!(reason, "the database could not be written: {reason}");
                    self.shared.set_health(Health::Degraded { reason: reason.clone() });
                    for unit in units {
                        unit.answer(Err(WriteError::Io { reason: reason.clone() }));
                    }
                    self.recover(reason, &doubtful);
                    return;
                }
            }
        }
    }

    /// Writes a group in one transaction. redb may panic on a damaged page: that is a fault.
    fn attempt(&self, units: &[Unit]) -> Result<Done, Halt> {
        let tried = catch_unwind(AssertUnwindSafe(|| self.try_group(units)));
        tried.unwrap_or_else(|_| {
            let reason = "the database panicked".to_owned();
            Err(Halt::Failed { reason, doubtful: Published::new() })
        })
    }

    fn try_group(&self, units: &[Unit]) -> Result<Done, Halt> {
        let failed = |error: redb::Error| failed(&error, Published::new());
        let slot = self.shared.handle.slot();
        let db = slot.as_ref().ok_or_else(|| failed(redb::Error::DatabaseClosed))?;
        let txn = db::begin_write(db).map_err(failed)?;
        let mut answers = Vec::with_capacity(units.len());
        let (published, news) = {
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
        failpoint::before_commit(units);
        match txn.commit() {
            Ok(()) => Ok(Done { answers, published, news }),
            Err(error) => Err(self::failed(&error.into(), published)),
        }
    }

    fn publish(&self, published: &Published) {
        for (scan, events) in published {
            let told = catch_unwind(AssertUnwindSafe(|| {
                failpoint::hit("before-publish");
                self.publisher.publish(*scan, events);
            }));
            if told.is_err() {
                tracing::error!(scan.id = %scan, "telling of the events of scan {scan} panicked");
            }
        }
    }

    /// Opens the database again until it works. Units that arrive meanwhile are answered at once.
    fn recover(&mut self, mut reason: String, doubtful: &Published) {
        self.memory = Memory::default();
        let mut wait = self.backoff.first;
        while self.refuse_for(wait, &reason) {
            wait = (wait * 2).min(self.backoff.longest);
            let opened = catch_unwind(AssertUnwindSafe(|| self.shared.handle.reopen()));
            match opened {
                Ok(Ok(())) => {
                    tracing::info!("the database works again");
                    self.publish_landed(doubtful);
                    self.shared.set_health(Health::Ok);
                    return;
                }
                Ok(Err(error)) => reason = chain(&error),
                Err(_) => reason = "opening the database panicked".to_owned(),
            }
            tracing::warn!(reason, "the database still cannot be written: {reason}");
            self.shared.set_health(Health::Degraded { reason: reason.clone() });
        }
    }

    /// Answers units with the fault for so long; returns false when the writer is to end.
    fn refuse_for(&mut self, wait: Duration, reason: &str) -> bool {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.queue.recv_timeout(left) {
                Ok(Message::Unit(unit)) => {
                    unit.answer(Err(WriteError::Io { reason: reason.to_owned() }));
                }
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.stopping = true;
                    return false;
                }
            }
        }
    }

    /// Publishes the events of a commit that failed but is found to be on disk: the order has no
    /// gap, so they were given their numbers for good.
    fn publish_landed(&self, doubtful: &Published) {
        let landed = |scan| self.shared.handle.read(|txn| reader::last_seq(txn, scan));
        for (scan, events) in doubtful {
            match (landed(*scan), events.last()) {
                (Ok(last), Some((seq, _))) if last >= *seq => {
                    self.publish(&Published::from([(*scan, events.clone())]));
                }
                (Ok(_) | Err(_), _) => {}
            }
        }
    }
}

fn failed(error: &redb::Error, doubtful: Published) -> Halt {
    Halt::Failed { reason: chain(error), doubtful }
}

/// Returns an error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

//! What the writer does about faults and about room: it makes some, and opens the database again
//! until it works.
//!
//! A transaction whose last step failed may be on disk all the same. Its number tells: the count of
//! transactions is in each of them.

use super::{Done, Failed, Message, Writer};
use crate::{
    audit,
    error::{WriteError, chain},
    file::Verify,
    space::Room,
    store::Health,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

impl Writer {
    /// Looks how much room there is, says when that changes, and sees to the ballast.
    pub(super) fn look(&mut self) {
        self.looked = Instant::now();
        let space = &self.shared.handle.space;
        let held = self.shared.health();
        let was_low = matches!(held, Health::Low { .. } | Health::Full { .. });
        let health = match space.room(was_low) {
            Ok(Room::Enough) => Health::Ok,
            Ok(Room::Low { free, needed }) => Health::Low { free, needed },
            Err(error) => {
                tracing::debug!(%error, "the disk does not tell its room: {error}");
                // Whoever writes will hear of it when there is none.
                Health::Ok
            }
        };
        if let Err(error) = space.keep_ballast() {
            tracing::warn!(%error, "the ballast cannot be laid in: {error}");
        }
        match (was_low, &health) {
            (true, Health::Ok) => tracing::info!("there is room on the disk again"),
            (false, low @ Health::Low { .. }) => {
                tracing::warn!("{low}; nothing new is started until there is more");
            }
            _ => {}
        }
        self.shared.set_health(health);
    }

    /// After a fault for want of room: gives the ballast up and opens the database again. Returns
    /// none when that is no help; else what is found to be on disk already.
    pub(super) fn make_room(&mut self, failed: &mut Failed) -> Option<Option<Box<Done>>> {
        if !failed.full || !self.shared.handle.space.drop_ballast() {
            return None;
        }
        self.memory = super::Memory::default();
        match self.reopen(Verify::No) {
            Ok(()) => {
                self.look();
                Some(self.landed(failed.doubtful.take()))
            }
            Err(reason) => {
                tracing::warn!(reason, "the ballast was no help: {reason}");
                None
            }
        }
    }

    /// Opens the database again until it works. Units that arrive meanwhile are answered at once.
    pub(super) fn recover(&mut self, failed: Failed) {
        tracing::error!(reason = failed.reason, "the database fails: {}", failed.reason);
        self.memory = super::Memory::default();
        let verify = if failed.damage { Verify::Yes } else { Verify::No };
        let mut error = failed.error();
        self.shared.set_health(self.ill(&error));
        let mut wait = self.pace.backoff.first;
        while self.refuse_for(wait, &error) {
            wait = (wait * 2).min(self.pace.backoff.longest);
            match self.reopen(verify) {
                Ok(()) => {
                    tracing::info!("the database works again");
                    if let Some(done) = self.landed(failed.doubtful) {
                        self.shared.metrics.take_in(&done.counted);
                        self.publish(&done.published);
                        done.audited.iter().for_each(audit::tell);
                    }
                    // The look says what changed.
                    self.look();
                    return;
                }
                Err(reason) => {
                    tracing::warn!(reason, "the database still cannot be written: {reason}");
                    error = match failed.full {
                        true => WriteError::Full,
                        false => WriteError::Io { reason },
                    };
                }
            }
            self.shared.set_health(self.ill(&error));
        }
    }

    /// Returns the health of a store that cannot be written.
    pub(super) fn ill(&self, error: &WriteError) -> Health {
        let space = &self.shared.handle.space;
        match error {
            WriteError::Full => {
                Health::Full { free: space.free().unwrap_or(0), needed: space.needed() }
            }
            error => Health::Degraded { reason: chain(error) },
        }
    }

    /// Opens the database again, or says why that does not work.
    fn reopen(&self, verify: Verify) -> Result<(), String> {
        let handle = &self.shared.handle;
        let opened = catch_unwind(AssertUnwindSafe(|| handle.reopen(verify)));
        match opened {
            Ok(Ok(())) => {
                self.shared.metrics.reopenings.inc();
                Ok(())
            }
            Ok(Err(error)) => Err(chain(&error)),
            Err(_) => Err("opening the database panicked".to_owned()),
        }
    }

    /// Returns the group whose commit failed if it is found to be on disk: its events were given
    /// their numbers for good.
    fn landed(&self, doubtful: Option<Box<Done>>) -> Option<Box<Done>> {
        let done = doubtful?;
        match self.shared.handle.commits() {
            Ok(commits) => (commits >= done.news.commit).then_some(done),
            Err(error) => {
                tracing::error!(%error, "what is on disk cannot be told: {error}");
                None
            }
        }
    }

    /// Answers units with the fault for so long; returns false when the writer is to end.
    fn refuse_for(&mut self, wait: Duration, error: &WriteError) -> bool {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.queue.recv_timeout(left) {
                Ok(Message::Unit(unit)) => unit.answer(Err(error.clone())),
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.stopping = true;
                    return false;
                }
            }
        }
    }
}

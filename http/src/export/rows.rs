//! Exports that go host by host.

use super::{ExportError, Subject, walk::Walk};
use netscan_schemas::{AddressSet, Interval, scan::Verdict, stored::HostRecord};
use netscan_store::ReadError;

/// Runs of addresses that are written at a time.
const RUNS_AT_ONCE: usize = 1000;

/// Writes a document in one format. It is told of the parts in the order of the methods.
pub trait Document: Send {
    /// Writes what comes before the hosts.
    fn head(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError>;

    /// Writes a host.
    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError>;

    /// Returns whether it wants to be told of targets without a row.
    fn wants_ranges(&self) -> bool {
        false
    }

    /// Writes some targets that have this verdict and no row; more of the same may follow.
    fn ranges(
        &mut self,
        verdict: Verdict,
        ranges: &[String],
        out: &mut Vec<u8>,
    ) -> Result<(), ExportError> {
        let _ = (verdict, ranges, out);
        Ok(())
    }

    /// Writes what comes after all of that.
    fn tail(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError>;
}

enum Stage {
    Head,
    Hosts,
    /// Sets of addresses that are left, and how far in the last of them.
    Ranges(Vec<(Verdict, AddressSet)>, usize),
    Tail,
    Over,
}

/// An export that goes host by host.
pub struct Rows {
    subject: Subject,
    document: Box<dyn Document>,
    walk: Walk,
    stage: Stage,
}

impl Rows {
    /// Returns an export of which nothing is written.
    pub fn new(subject: Subject, document: Box<dyn Document>) -> Self {
        let walk =
            Walk::new(subject.store.clone(), subject.id(), std::sync::Arc::clone(&subject.plan));
        Self { subject, document, walk, stage: Stage::Head }
    }

    /// Writes a little more; returns whether there is more.
    pub fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, ExportError> {
        match &mut self.stage {
            Stage::Head => {
                self.document.head(&self.subject, out)?;
                self.stage = Stage::Hosts;
            }
            Stage::Hosts => match self.walk.next()? {
                Some(host) => self.document.host(host, out)?,
                None => self.stage = Stage::Ranges(self.sets()?, 0),
            },
            Stage::Ranges(sets, at) => {
                let Some((verdict, set)) = sets.last() else {
                    self.stage = Stage::Tail;
                    return Ok(true);
                };
                let runs: Vec<Interval> =
                    set.intervals().iter().skip(*at).take(RUNS_AT_ONCE).copied().collect();
                if runs.is_empty() {
                    sets.pop();
                    *at = 0;
                    return Ok(true);
                }
                *at += runs.len();
                let ranges = AddressSet::from_intervals(runs).to_ranges();
                self.document.ranges(*verdict, &ranges, out)?;
            }
            Stage::Tail => {
                self.document.tail(&self.subject, out)?;
                self.stage = Stage::Over;
            }
            Stage::Over => return Ok(false),
        }
        Ok(true)
    }

    /// Returns the targets without a row, those to write last first.
    fn sets(&self) -> Result<Vec<(Verdict, AddressSet)>, ReadError> {
        if !self.document.wants_ranges() {
            return Ok(Vec::new());
        }
        let found = self.subject.store.scan_verdicts(self.subject.id())?;
        let unfinished = self.subject.plan.difference(&found.known());
        Ok(vec![(Verdict::Unfinished, unfinished), (Verdict::Down, found.down)])
    }
}

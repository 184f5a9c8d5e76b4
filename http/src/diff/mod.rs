//! Compares two scans, host by host in the order of addresses.
//!
//! ```text
//! before ─► Walk ─┐ the lower address first
//!                 ├──► core::compare ─► the hosts that differ ─► DiffWriter ─► a format
//! after  ─► Walk ─┘
//! ```
//!
//! One page of hosts of each is held, and the sets of their verdicts. Only what both scans know is
//! called a difference: see `core`.

mod core;
mod markdown;
mod text;
mod writer;
mod xml;

pub use writer::{DiffFormat, DiffWriter, WriteDiffError};

use crate::{export::Walk, problem::Failure, streamed::Pieces};
use netscan_schemas::{
    AddressSet,
    address::to_number,
    api::{DiffLine, DiffSide, DiffSummary, Known},
    stored::{HostRecord, VerdictsRecord},
};
use netscan_store::{ReadError, ScanView, Store};
use std::{net::IpAddr, sync::Arc};

/// Bytes after which a piece is handed to the client.
const PIECE_BYTES: usize = 64 * 1024;
/// Addresses that are compared before a piece is handed over, however little it holds.
const HOSTS_AT_ONCE: usize = 2000;

/// One of the two scans, on the walk.
pub struct Side {
    walk: Walk,
    verdicts: VerdictsRecord,
    plan: Arc<AddressSet>,
    shown: DiffSide,
}

impl Side {
    /// Reads what is needed of a scan.
    pub fn new(store: &Arc<Store>, view: &ScanView) -> Result<Self, ReadError> {
        let scan = view.spec.id;
        let plan = Arc::new(store.plan(scan)?.unwrap_or_default().addresses);
        Ok(Self {
            walk: Walk::new(Arc::clone(store), scan, Arc::clone(&plan)),
            verdicts: store.scan_verdicts(scan)?,
            plan,
            shown: DiffSide {
                scan_id: scan,
                name: view.spec.name.clone(),
                status: view.state.status,
                started_at: view.state.started_at,
                argv: view.spec.argv.clone(),
                verdicts: view.tally.verdicts(&view.spec),
            },
        })
    }

    fn known(&self, address: IpAddr) -> Known {
        let verdicts = &self.verdicts;
        if verdicts.up.contains(address) {
            Known::Up
        } else if verdicts.down.contains(address) {
            Known::Down
        } else if verdicts.timed_out.contains(address) {
            Known::TimedOut
        } else if self.plan.contains(address) {
            Known::Unfinished
        } else {
            Known::NotScanned
        }
    }
}

/// An address, and the row that each scan has of it.
type Met = (IpAddr, Option<HostRecord>, Option<HostRecord>);

enum Stage {
    Head,
    Hosts,
    Over,
}

/// A comparison on its way.
pub struct Comparison {
    before: Side,
    after: Side,
    writer: DiffWriter,
    stage: Stage,
    summary: DiffSummary,
}

/// Why a comparison ends early.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Not expected: what was found does not serialize.
    #[error(transparent)]
    Write(#[from] WriteDiffError),
}

impl From<DiffError> for Failure {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Read(error) => error.into(),
            DiffError::Write(error) => error.into(),
        }
    }
}

impl Comparison {
    /// Returns a comparison of which nothing is written.
    pub fn new(before: Side, after: Side, format: DiffFormat) -> Self {
        let (writer, summary) = (DiffWriter::new(format), DiffSummary::default());
        Self { before, after, writer, stage: Stage::Head, summary }
    }

    /// Returns the next address that one of the scans has a row of, with the rows.
    fn next(&mut self) -> Result<Option<Met>, ReadError> {
        let address = |row: &HostRecord| row.finding.address;
        let before = self.before.walk.peek()?.map(address);
        let after = self.after.walk.peek()?.map(address);
        let lower = match (before, after) {
            (None, None) => return Ok(None),
            (Some(only), None) | (None, Some(only)) => only,
            (Some(before), Some(after)) => match to_number(before) <= to_number(after) {
                true => before,
                false => after,
            },
        };
        let number = to_number(lower);
        let take = |side: &mut Side, next: Option<IpAddr>| match next {
            Some(next) if to_number(next) == number => side.walk.next(),
            _ => Ok(None),
        };
        Ok(Some((lower, take(&mut self.before, before)?, take(&mut self.after, after)?)))
    }

    fn head(&self) -> DiffLine {
        let side = |side: &Side| Box::new(side.shown.clone());
        DiffLine::Scans { before: side(&self.before), after: side(&self.after) }
    }
}

impl Pieces for Comparison {
    type Error = DiffError;

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, DiffError> {
        let mut out = String::new();
        match self.stage {
            Stage::Head => {
                out.push_str(&self.writer.part(&self.head())?);
                self.stage = Stage::Hosts;
            }
            Stage::Hosts => {
                for _ in 0..HOSTS_AT_ONCE {
                    let Some((address, before, after)) = self.next()? else {
                        out.push_str(&self.writer.part(&DiffLine::Summary(self.summary))?);
                        self.stage = Stage::Over;
                        break;
                    };
                    let known = (self.before.known(address), self.after.known(address));
                    let rows = (before.as_ref(), after.as_ref());
                    if let Some(host) = core::compare(address, known, rows, &mut self.summary) {
                        out.push_str(&self.writer.part(&DiffLine::Host(Box::new(host)))?);
                    }
                    if out.len() >= PIECE_BYTES {
                        break;
                    }
                }
            }
            Stage::Over => return Ok(None),
        }
        Ok(Some(out.into_bytes()))
    }
}

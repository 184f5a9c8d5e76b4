//! Compares two scans, host by host in the order of addresses.
//!
//! ```text
//! before ─► Walk ─┐ the lower address first
//!                 ├──► core::compare ─► the hosts that differ
//! after  ─► Walk ─┘
//! ```
//!
//! One page of hosts of each is held, and the sets of their verdicts. Only what both scans know is
//! called a difference: see `core`.

mod core;

use crate::{
    export::Walk,
    problem::{Failure, chain},
    streamed::Pieces,
};
use netscan_schemas::{
    AddressSet,
    address::to_number,
    api::{DiffHost, DiffLine, DiffSide, DiffSummary, Known},
    inert,
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
    /// Whether each part is a line of its own.
    by_lines: bool,
    stage: Stage,
    summary: DiffSummary,
    written: u64,
}

/// Why a comparison ends early.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Not expected: what was found does not serialize.
    #[error("the comparison cannot be written")]
    Write(#[from] serde_json::Error),
}

impl From<DiffError> for Failure {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Read(error) => error.into(),
            error @ DiffError::Write(_) => {
                tracing::error!(%error, "a comparison fails: {}", chain(&error));
                Self::internal(&error)
            }
        }
    }
}

impl Comparison {
    /// Returns a comparison of which nothing is written.
    pub fn new(before: Side, after: Side, by_lines: bool) -> Self {
        let summary = DiffSummary::default();
        Self { before, after, by_lines, stage: Stage::Head, summary, written: 0 }
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

    fn head(&mut self, out: &mut String) -> Result<(), serde_json::Error> {
        let (before, after) = (&self.before.shown, &self.after.shown);
        if self.by_lines {
            let (before, after) = (Box::new(before.clone()), Box::new(after.clone()));
            return line(out, &DiffLine::Scans { before, after });
        }
        let (before, after) = (serde_json::to_string(before)?, serde_json::to_string(after)?);
        out.push_str(&format!("{{\"before\":{before},\"after\":{after},\"hosts\":["));
        Ok(())
    }

    fn host(&mut self, host: DiffHost, out: &mut String) -> Result<(), serde_json::Error> {
        self.written += 1;
        if self.by_lines {
            return line(out, &DiffLine::Host(Box::new(host)));
        }
        out.push_str(if self.written == 1 { "\n" } else { ",\n" });
        out.push_str(&serde_json::to_string(&host)?);
        Ok(())
    }

    fn tail(&self, out: &mut String) -> Result<(), serde_json::Error> {
        if self.by_lines {
            return line(out, &DiffLine::Summary(self.summary));
        }
        out.push_str(&format!("\n],\"summary\":{}}}\n", serde_json::to_string(&self.summary)?));
        Ok(())
    }
}

fn line(out: &mut String, line: &DiffLine) -> Result<(), serde_json::Error> {
    out.push_str(&serde_json::to_string(line)?);
    out.push('\n');
    Ok(())
}

impl Pieces for Comparison {
    type Error = DiffError;

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, DiffError> {
        let mut out = String::new();
        match self.stage {
            Stage::Head => {
                self.head(&mut out)?;
                self.stage = Stage::Hosts;
            }
            Stage::Hosts => {
                for _ in 0..HOSTS_AT_ONCE {
                    let Some((address, before, after)) = self.next()? else {
                        self.tail(&mut out)?;
                        self.stage = Stage::Over;
                        break;
                    };
                    let known = (self.before.known(address), self.after.known(address));
                    let rows = (before.as_ref(), after.as_ref());
                    if let Some(host) = core::compare(address, known, rows, &mut self.summary) {
                        self.host(host, &mut out)?;
                    }
                    if out.len() >= PIECE_BYTES {
                        break;
                    }
                }
            }
            Stage::Over => return Ok(None),
        }
        Ok(Some(inert::json(&out).into_owned().into_bytes()))
    }
}

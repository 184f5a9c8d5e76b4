//! What scans know of one address, from the newest scan to the oldest.
//!
//! An address that is up, or was given up on, has a row for each scan. One that is down has none,
//! and costs none: whether it was a target is in the scan's plan, and where all targets have a
//! verdict, what has no row is down. Only of a scan that left some unfinished are the verdicts of
//! its batches gone through.

use super::{
    get_sized, misplaced, require, require_sized,
    scans::{ScanView, Views, newest_of},
};
use crate::{
    Store,
    error::ReadError,
    tables::{
        BATCHES_BY_SCAN, Bytes, HOSTS, HOSTS_BY_ADDRESS, PLANS, SCAN_SPECS, SCANS_BY_PROJECT,
        VERDICTS, address_key,
    },
};
use netscan_schemas::{
    id::ProjectId,
    scan::Verdict,
    stored::{HostRecord, PlanRecord, VerdictsRecord},
};
use redb::{ReadOnlyTable, ReadTransaction};
use std::net::IpAddr;

/// Bytes of a record that cost about as much as reading a host.
const BYTES_A_READ: usize = 256;

/// What a scan knows of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The scan.
    pub scan: ScanView,
    /// What is known.
    pub verdict: Verdict,
    /// What was found, where the address has a row.
    pub host: Option<HostRecord>,
}

/// Where a history goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPlace {
    /// With this scan, or the next older one.
    pub scan: u64,
    /// In it, with the verdicts of batches after this one; 0 for the scan from its beginning.
    pub batch: u64,
}

/// Some of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The scans, the newest first.
    pub scans: Vec<Known>,
    /// Where to go on; none at the end.
    pub next: Option<HistoryPlace>,
}

impl Store {
    /// Returns the scans of which an address was a target, with what each knows of it; of these
    /// projects, or of all.
    ///
    /// One call returns so many scans and reads about so many rows at most: it may return few, or
    /// none, and still say where to go on.
    pub fn history(
        &self,
        address: IpAddr,
        projects: Option<&[ProjectId]>,
        from: Option<HistoryPlace>,
        scans: usize,
        reads: usize,
    ) -> Result<HistoryPage, ReadError> {
        self.read(|txn| {
            let mut looking = Looking::new(txn, address, reads)?;
            let mut page = HistoryPage::default();
            let mut place = from.unwrap_or(HistoryPlace { scan: u64::MAX, batch: 0 });
            while let Some(scan) = looking.newest(projects, place.scan)? {
                let batch = if scan == place.scan { place.batch } else { 0 };
                if page.scans.len() >= scans {
                    page.next = Some(HistoryPlace { scan, batch });
                    break;
                }
                match looking.of_scan(scan, batch)? {
                    Of::Known(scan, verdict, host) => {
                        page.scans.push(Known {
                            scan: *scan,
                            verdict,
                            host: host.map(|host| *host),
                        });
                    }
                    Of::NoTarget => {}
                    Of::After(batch) => {
                        page.next = Some(HistoryPlace { scan, batch });
                        break;
                    }
                }
                let Some(older) = scan.checked_sub(1) else { break };
                place = HistoryPlace { scan: older, batch: 0 };
                if looking.left == 0 {
                    page.next = Some(place);
                    break;
                }
            }
            Ok(page)
        })
    }
}

/// What one scan says.
enum Of {
    Known(Box<ScanView>, Verdict, Option<Box<HostRecord>>),
    NoTarget,
    /// The verdicts of batches up to this one say nothing of it, and that is enough for now.
    After(u64),
}

struct Looking {
    address: IpAddr,
    hosts_by_address: ReadOnlyTable<([u8; 16], u64), u64>,
    hosts: ReadOnlyTable<u64, Bytes>,
    plans: ReadOnlyTable<u64, Bytes>,
    specs: ReadOnlyTable<u64, Bytes>,
    batches_by_scan: ReadOnlyTable<(u64, u64), ()>,
    verdicts: ReadOnlyTable<u64, Bytes>,
    scans_by_project: ReadOnlyTable<(u64, u64), ()>,
    views: Views,
    /// Rows that may still be read, or what costs as much.
    left: usize,
}

impl Looking {
    fn new(txn: &ReadTransaction, address: IpAddr, reads: usize) -> Result<Self, ReadError> {
        Ok(Self {
            address,
            hosts_by_address: txn.open_table(HOSTS_BY_ADDRESS)?,
            hosts: txn.open_table(HOSTS)?,
            plans: txn.open_table(PLANS)?,
            specs: txn.open_table(SCAN_SPECS)?,
            batches_by_scan: txn.open_table(BATCHES_BY_SCAN)?,
            verdicts: txn.open_table(VERDICTS)?,
            scans_by_project: txn.open_table(SCANS_BY_PROJECT)?,
            views: Views::open(txn)?,
            left: reads,
        })
    }

    fn spend(&mut self, reads: usize) {
        self.left = self.left.saturating_sub(reads);
    }

    /// Returns the newest scan up to a number.
    fn newest(
        &mut self,
        projects: Option<&[ProjectId]>,
        most: u64,
    ) -> Result<Option<u64>, ReadError> {
        let Some(projects) = projects else {
            let last = self.specs.range(..=most)?.next_back().transpose()?;
            return Ok(last.map(|row| row.0.value()));
        };
        self.spend(projects.len() / 4);
        newest_of(&self.scans_by_project, projects, most)
    }

    /// Returns what a scan knows, in it from after a batch on.
    fn of_scan(&mut self, scan: u64, after: u64) -> Result<Of, ReadError> {
        self.spend(1);
        let key = address_key(self.address, scan);
        if let Some(number) = self.hosts_by_address.get(key)? {
            let number = number.value();
            let host: HostRecord = require(&self.hosts, number)?;
            if address_key(host.finding.address, host.scan_id.get()) != key {
                return Err(misplaced::<HostRecord>(number));
            }
            let view = self.view(scan)?;
            return Ok(Of::Known(view, host.verdict, Some(Box::new(host))));
        }
        let (plan, bytes) = require_sized::<PlanRecord>(&self.plans, scan)?;
        self.spend(bytes / BYTES_A_READ);
        if !plan.addresses.contains(self.address) {
            return Ok(Of::NoTarget);
        }
        let view = self.view(scan)?;
        let counts = view.tally.verdicts(&view.spec);
        match (counts.unfinished, counts.down) {
            (0, _) => Ok(Of::Known(view, Verdict::Down, None)),
            (_, 0) => Ok(Of::Known(view, Verdict::Unfinished, None)),
            _ => self.of_batches(view, after),
        }
    }

    /// Returns a scan. What it was asked to do may be as large as a request's body.
    fn view(&mut self, scan: u64) -> Result<Box<ScanView>, ReadError> {
        let (spec, bytes) = require_sized(&self.specs, scan)?;
        self.spend(bytes / BYTES_A_READ);
        Ok(Box::new(self.views.of(spec)?))
    }

    /// Returns what the verdicts of a scan's batches after this one say.
    fn of_batches(&mut self, view: Box<ScanView>, after: u64) -> Result<Of, ReadError> {
        let scan = view.spec.id.get();
        let first = (scan, after.saturating_add(1));
        for key in self.batches_by_scan.range(first..=(scan, u64::MAX))? {
            let batch = key?.0.value().1;
            self.spend(1);
            if let Some((verdicts, bytes)) = get_sized::<VerdictsRecord>(&self.verdicts, batch)? {
                if verdicts.down.contains(self.address) {
                    return Ok(Of::Known(view, Verdict::Down, None));
                }
                self.spend(bytes / BYTES_A_READ);
            }
            if self.left == 0 {
                return Ok(Of::After(batch));
            }
        }
        Ok(Of::Known(view, Verdict::Unfinished, None))
    }
}

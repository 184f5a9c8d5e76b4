//! Scans: what they were asked to do, where they stand, what is counted.

use super::{get, misplaced, require};
use crate::{
    Store,
    error::ReadError,
    tables::{
        Bytes, PLANS, SCAN_SPECS, SCAN_STATES, SCANS_BY_PROJECT, SCANS_BY_STATUS, STATUSES,
        TALLIES, status_number,
    },
};
use netscan_schemas::{
    id::{ProjectId, ScanId},
    scan::{ScanState, ScanStatus},
    stored::{PlanRecord, ScanSpec, TallyRecord},
};
use redb::{ReadOnlyTable, ReadTransaction, StorageError};

/// A scan at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanView {
    /// What it was asked to do.
    pub spec: ScanSpec,
    /// Where it stands.
    pub state: ScanState,
    /// What is counted of it.
    pub tally: TallyRecord,
}

/// Which scans to list.
#[derive(Clone, Debug)]
pub struct ScanFilter {
    /// Only those of a project.
    pub project: Option<ProjectId>,
    /// Only those that stand here.
    pub status: Option<ScanStatus>,
    /// Only those beyond this one, in the order of the list.
    pub after: Option<ScanId>,
    /// Whether the newest come first.
    pub descending: bool,
    /// How many at most.
    pub limit: usize,
}

impl Default for ScanFilter {
    fn default() -> Self {
        Self { project: None, status: None, after: None, descending: false, limit: usize::MAX }
    }
}

type Numbers = Box<dyn DoubleEndedIterator<Item = Result<u64, StorageError>>>;

impl Store {
    /// Returns a scan.
    pub fn scan(&self, id: ScanId) -> Result<Option<ScanView>, ReadError> {
        self.read(|txn| match get(&txn.open_table(SCAN_SPECS)?, id.get())? {
            Some(spec) => Ok(Some(Views::open(txn)?.of(spec)?)),
            None => Ok(None),
        })
    }

    /// Returns the scans that the filter lets through.
    pub fn scans(&self, filter: &ScanFilter) -> Result<Vec<ScanView>, ReadError> {
        self.read(|txn| {
            let specs = txn.open_table(SCAN_SPECS)?;
            let views = Views::open(txn)?;
            let mut scans = Vec::new();
            for number in numbers(txn, filter)? {
                if scans.len() >= filter.limit {
                    break;
                }
                let number = number?;
                // The index of a project does not know where its scans stand.
                if let (Some(status), Some(_)) = (filter.status, filter.project) {
                    let state: ScanState = require(&views.states, number)?;
                    if state.status != status {
                        continue;
                    }
                }
                let scan = views.of(require(&specs, number)?)?;
                let is_rightful = filter.project.is_none_or(|id| id == scan.spec.project_id)
                    && filter.status.is_none_or(|status| status == scan.state.status);
                if !is_rightful {
                    return Err(misplaced::<ScanSpec>(number));
                }
                scans.push(scan);
            }
            Ok(scans)
        })
    }

    /// Returns the numbers of the scans that are newer than this one, in their order.
    pub fn scan_numbers_after(&self, after: Option<ScanId>) -> Result<Vec<ScanId>, ReadError> {
        let filter = ScanFilter { after, ..ScanFilter::default() };
        self.read(|txn| ids(numbers(txn, &filter)?))
    }

    /// Returns the number of the newest scan.
    pub fn newest_scan_number(&self) -> Result<Option<ScanId>, ReadError> {
        let filter = ScanFilter { descending: true, ..ScanFilter::default() };
        self.read(|txn| Ok(ids(numbers(txn, &filter)?.take(1))?.pop()))
    }

    /// Returns how many scans stand where. Reads a key for each scan.
    pub fn scan_counts(&self) -> Result<Vec<(ScanStatus, u64)>, ReadError> {
        // In one transaction, so that each scan counts once.
        self.read(|txn| {
            let count = |status| {
                let filter = ScanFilter { status: Some(status), ..ScanFilter::default() };
                let count = numbers(txn, &filter)?.try_fold(0, |count, number| {
                    number?;
                    Ok::<u64, StorageError>(count + 1)
                })?;
                Ok((status, count))
            };
            STATUSES.into_iter().map(count).collect()
        })
    }

    /// Returns the numbers of the scans that have not ended.
    pub fn unfinished_scan_numbers(&self) -> Result<Vec<ScanId>, ReadError> {
        // In one transaction, so that none is missed that changes from one to another.
        self.read(|txn| {
            let mut found = Vec::new();
            for status in STATUSES.into_iter().filter(|status| !status.has_ended()) {
                let filter = ScanFilter { status: Some(status), ..ScanFilter::default() };
                found.extend(ids(numbers(txn, &filter)?)?);
            }
            Ok(found)
        })
    }

    /// Returns the scans that have not ended, in the order of their numbers.
    pub fn unfinished_scans(&self) -> Result<Vec<ScanView>, ReadError> {
        let mut scans = Vec::new();
        for status in STATUSES.into_iter().filter(|status| !status.has_ended()) {
            let status = Some(status);
            scans.extend(self.scans(&ScanFilter { status, ..ScanFilter::default() })?);
        }
        scans.sort_by_key(|scan| scan.spec.id);
        Ok(scans)
    }

    /// Returns which addresses a scan scans.
    pub fn plan(&self, id: ScanId) -> Result<Option<PlanRecord>, ReadError> {
        self.read(|txn| get(&txn.open_table(PLANS)?, id.get()))
    }
}

/// What makes a view of what a scan was asked to do. Opening a table costs about as much as reading
/// a row, so they are opened once for all scans.
pub(super) struct Views {
    states: ReadOnlyTable<u64, Bytes>,
    tallies: ReadOnlyTable<u64, Bytes>,
}

impl Views {
    pub(super) fn open(txn: &ReadTransaction) -> Result<Self, ReadError> {
        Ok(Self { states: txn.open_table(SCAN_STATES)?, tallies: txn.open_table(TALLIES)? })
    }

    pub(super) fn of(&self, spec: ScanSpec) -> Result<ScanView, ReadError> {
        let number = spec.id.get();
        let (state, tally) = (require(&self.states, number)?, require(&self.tallies, number)?);
        Ok(ScanView { spec, state, tally })
    }
}

/// Returns the newest scan of these projects, up to a number.
pub(crate) fn newest_of(
    scans_by_project: &ReadOnlyTable<(u64, u64), ()>,
    projects: &[ProjectId],
    most: u64,
) -> Result<Option<u64>, ReadError> {
    let mut newest = None;
    for project in projects {
        let scans = (project.get(), 0)..=(project.get(), most);
        let last = scans_by_project.range(scans)?.next_back().transpose()?;
        newest = newest.max(last.map(|row| row.0.value().1));
    }
    Ok(newest)
}

fn ids(numbers: impl Iterator<Item = Result<u64, StorageError>>) -> Result<Vec<ScanId>, ReadError> {
    let ids = numbers.map(|number| Ok(ScanId::new(number?)));
    Ok(ids.collect::<Result<Vec<_>, StorageError>>()?.into_iter().flatten().collect())
}

/// Returns the numbers of scans, filtered as far as an index does it, in the order asked for.
fn numbers(txn: &ReadTransaction, filter: &ScanFilter) -> Result<Numbers, ReadError> {
    let after = filter.after.map(ScanId::get);
    let (low, high) = match (filter.descending, after) {
        (false, after) => (after.map_or(0, |after| after.saturating_add(1)), u64::MAX),
        (true, after) => (0, after.map_or(u64::MAX, |after| after - 1)),
    };
    let numbers: Numbers = match (filter.project, filter.status) {
        (Some(project), _) => {
            let range = (project.get(), low)..=(project.get(), high);
            let keys = txn.open_table(SCANS_BY_PROJECT)?.range(range)?;
            Box::new(keys.map(|key| Ok(key?.0.value().1)))
        }
        (None, Some(status)) => {
            let range = (status_number(status), low)..=(status_number(status), high);
            let keys = txn.open_table(SCANS_BY_STATUS)?.range(range)?;
            Box::new(keys.map(|key| Ok(key?.0.value().1)))
        }
        (None, None) => {
            let rows = txn.open_table(SCAN_SPECS)?.range(low..=high)?;
            Box::new(rows.map(|row| Ok(row?.0.value())))
        }
    };
    Ok(if filter.descending { Box::new(numbers.rev()) } else { numbers })
}

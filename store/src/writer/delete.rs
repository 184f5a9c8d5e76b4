//! Deleting: a scan with everything it holds, in one transaction.
//!
//! Only what has ended goes, so nobody is still writing to it. Damage in what goes is no reason
//! to keep it: where a record would lead to its index rows and cannot be read, the index is
//! searched through.

use super::group::{Fault, Group};
use crate::{
    error::{ReadError, Refusal},
    postings,
    reader::get,
    tables::{STATUSES, address_key, attempts_under, raw_under, status_number, under},
    terms,
};
use netscan_schemas::{
    id::{ProjectId, ScanId},
    scan::ScanState,
    stored::{HostRecord, ProjectRecord, ScanSpec},
};
use redb::ReadableTable;
use std::collections::HashSet;

impl Group<'_> {
    pub(super) fn delete_project(&mut self, id: ProjectId) -> Result<(), Fault> {
        let record: Option<ProjectRecord> = get(&self.tables.projects, id.get())?;
        let record = record.ok_or(Refusal::NoProject(id))?;
        let mut scans = Vec::new();
        for key in self.tables.scans_by_project.range(under(id.get()))? {
            scans.extend(ScanId::new(key?.0.value().1));
        }
        for scan in &scans {
            self.require_ended(*scan)?;
        }
        self.touch();
        self.flush()?;
        for scan in scans {
            self.remove_scan(scan)?;
        }
        self.remove_scopes_of(id)?;
        self.tables.project_names.remove(record.name.as_str())?;
        self.tables.projects.remove(id.get())?;
        Ok(())
    }

    pub(super) fn delete_scan(&mut self, scan: ScanId) -> Result<(), Fault> {
        self.require_ended(scan)?;
        self.touch();
        self.flush()?;
        self.remove_scan(scan)
    }

    fn require_ended(&self, scan: ScanId) -> Result<(), Fault> {
        let state: Option<ScanState> = get(&self.tables.scan_states, scan.get())?;
        match state.ok_or(Refusal::NoScan(scan))?.status.has_ended() {
            true => Ok(()),
            false => Err(Refusal::NotEnded(scan).into()),
        }
    }

    /// Removes all rows of a scan. Nothing of it may be held back any more.
    fn remove_scan(&mut self, scan: ScanId) -> Result<(), Fault> {
        self.forget(scan);
        self.remove_batches(scan)?;
        self.remove_hosts(scan)?;
        let number = scan.get();
        let tables = &mut self.tables;
        tables.events.retain_in(under(number), |_, _| false)?;
        let spec = match get::<ScanSpec>(&tables.scan_specs, number) {
            Ok(spec) => spec,
            Err(ReadError::Damaged { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        match spec {
            Some(spec) => drop(tables.scans_by_project.remove((spec.project_id.get(), number))?),
            None => tables.scans_by_project.retain(|(_, held), ()| held != number)?,
        }
        for status in STATUSES {
            tables.scans_by_status.remove((status_number(status), number))?;
        }
        tables.tallies.remove(number)?;
        tables.plans.remove(number)?;
        tables.scan_states.remove(number)?;
        tables.scan_specs.remove(number)?;
        Ok(())
    }

    fn remove_batches(&mut self, scan: ScanId) -> Result<(), Fault> {
        let tables = &mut self.tables;
        for key in tables.batches_by_scan.extract_from_if(under(scan.get()), |_, ()| true)? {
            let batch = key?.0.value().1;
            tables.raw.retain_in(raw_under(batch), |_, _| false)?;
            tables.attempts.retain_in(attempts_under(batch), |_, _| false)?;
            tables.verdicts.remove(batch)?;
            tables.batches.remove(batch)?;
        }
        Ok(())
    }

    fn remove_hosts(&mut self, scan: ScanId) -> Result<(), Fault> {
        let tables = &mut self.tables;
        let mut search = false;
        let mut found_by: HashSet<Box<[u8]>> = HashSet::new();
        for key in tables.hosts_by_scan.extract_from_if(under(scan.get()), |_, ()| true)? {
            let host = key?.0.value().1;
            match get::<HostRecord>(&tables.hosts, host) {
                Ok(Some(row)) => {
                    let key = address_key(row.finding.address, scan.get());
                    tables.hosts_by_address.remove(key)?;
                    terms::each(&row, |term| {
                        if !found_by.contains(term) {
                            found_by.insert(term.into());
                        }
                    });
                }
                Ok(None) | Err(ReadError::Damaged { .. }) => search = true,
                Err(error) => return Err(error.into()),
            }
            tables.hosts.remove(host)?;
        }
        if search {
            tables.hosts_by_address.retain(|(_, held), _| held != scan.get())?;
            postings::remove_scan_by_search(tables, scan)?;
        } else {
            postings::remove_scan(tables, scan, found_by.iter().map(AsRef::as_ref))?;
        }
        Ok(())
    }
}

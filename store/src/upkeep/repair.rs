//! Makes indexes and counts anew from the records, in one transaction.
//!
//! It needs all records sound: what leads to a damaged one cannot be made without it, and would
//! be lost with it.

use super::UpkeepError;
use crate::{
    audit,
    codec::{self, Record},
    error::{ReadError, storage_errors},
    file, postings, reader,
    tables::{
        BATCHES_BY_SCAN, HOSTS_BY_ADDRESS, HOSTS_BY_SCAN, POSTINGS, PROJECT_NAMES,
        SCANS_BY_PROJECT, SCANS_BY_STATUS, TEXTS, WriteTables, address_key, meta, status_number,
    },
    writer::open_ports,
};
use netscan_schemas::{
    AddressSet,
    scan::{ScanState, Verdict},
    stored::{
        AuditEntry, BatchRecord, HostRecord, ProjectRecord, ScanSpec, TallyRecord, VerdictsRecord,
    },
};
use redb::{Database, ReadableTable, WriteTransaction};
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Why a repair is not done.
enum Fault {
    Storage(Box<redb::Error>),
    Damaged(ReadError),
}

storage_errors!(Fault: StorageError, TableError);

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Storage(error) => Self::Storage(error),
            error => Self::Damaged(error),
        }
    }
}

impl From<codec::CodecError> for Fault {
    fn from(error: codec::CodecError) -> Self {
        Self::Storage(Box::new(redb::Error::Io(std::io::Error::other(error))))
    }
}

/// Makes indexes and counts anew and writes down who did, or changes nothing.
pub(super) fn repair(db: &Database, entry: Option<AuditEntry>) -> Result<(), UpkeepError> {
    let work = || -> Result<(), Fault> {
        let txn = file::begin_write(db).map_err(|error| Fault::Storage(Box::new(error)))?;
        clear(&txn)?;
        let mut tables = WriteTables::open(&txn)?;
        rebuild(&mut tables)?;
        if let Some(entry) = entry {
            let appended = audit::append(&mut tables.audit, &mut tables.meta, entry);
            appended.map_err(|error| Fault::Storage(Box::new(error)))?;
        }
        drop(tables);
        txn.commit().map_err(|error| Fault::Storage(Box::new(error.into())))
    };
    let panicked = |_| Err(Fault::Storage(Box::new(super::panicked())));
    match catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked) {
        Ok(()) => Ok(()),
        Err(Fault::Storage(error)) => Err(UpkeepError::Read(ReadError::Storage(error))),
        Err(Fault::Damaged(error)) => {
            Err(UpkeepError::Unmendable(vec![crate::error::chain(&error)]))
        }
    }
}

fn clear(txn: &WriteTransaction) -> Result<(), Fault> {
    txn.delete_table(PROJECT_NAMES)?;
    txn.delete_table(SCANS_BY_PROJECT)?;
    txn.delete_table(SCANS_BY_STATUS)?;
    txn.delete_table(BATCHES_BY_SCAN)?;
    txn.delete_table(HOSTS_BY_SCAN)?;
    txn.delete_table(HOSTS_BY_ADDRESS)?;
    txn.delete_table(POSTINGS)?;
    txn.delete_table(TEXTS)?;
    Ok(())
}

fn rebuild(tables: &mut WriteTables<'_>) -> Result<(), Fault> {
    // Every table is named: a new one asks here to be made anew, or to be saved by `salvage`.
    let WriteTables {
        meta: _,
        // Records.
        projects: _,
        scan_specs: _,
        scan_states: _,
        plans: _,
        batches: _,
        attempts: _,
        raw: _,
        hosts: _,
        events: _,
        difficult: _,
        scopes: _,
        tokens: _,
        sessions: _,
        audit: _,
        profiles: _,
        // Counts.
        tallies: _,
        verdicts: _,
        // Indexes.
        project_names: _,
        scans_by_project: _,
        scans_by_status: _,
        batches_by_scan: _,
        hosts_by_scan: _,
        hosts_by_address: _,
        postings: _,
        texts: _,
    } = tables;
    let last_project = projects(tables)?;
    let mut tallies: BTreeMap<u64, TallyRecord> = BTreeMap::new();
    let last_scan = scans(tables, &mut tallies)?;
    let (last_host, found) = hosts(tables, &mut tallies)?;
    let last_batch = batches(tables, &mut tallies, found)?;
    postings::rebuild(tables, |error| Err(Fault::from(error)))?;
    tables.tallies.retain(|scan, _| tallies.contains_key(&scan))?;
    for (scan, tally) in tallies {
        tables.tallies.insert(scan, tally.to_bytes()?.as_slice())?;
    }
    let last_scope = tables.scopes.last()?.map_or(0, |(key, _)| key.value());
    let last = [last_project, last_scan, last_batch, last_host].into_iter();
    let last = meta::NEXT.into_iter().zip(last).chain([(meta::NEXT_SCOPE, last_scope)]);
    for (name, last) in last {
        // A number is never given out twice, so a counter that reads well never goes back.
        let held = file::meta_in(&tables.meta, name).and_then(|row| file::number(row, name));
        let next = held.unwrap_or(0).max(last.saturating_add(1));
        tables.meta.insert(name, codec::seal_meta(&next.to_le_bytes()).as_slice())?;
    }
    Ok(())
}

fn projects(tables: &mut WriteTables<'_>) -> Result<u64, Fault> {
    let mut last = 0;
    for row in tables.projects.iter()? {
        let (key, bytes) = row?;
        let record: ProjectRecord = reader::decode(bytes.value(), key.value())?;
        tables.project_names.insert(record.name.as_str(), key.value())?;
        last = key.value();
    }
    Ok(last)
}

fn scans(
    tables: &mut WriteTables<'_>,
    tallies: &mut BTreeMap<u64, TallyRecord>,
) -> Result<u64, Fault> {
    let mut last = 0;
    for row in tables.scan_specs.iter()? {
        let (key, bytes) = row?;
        let scan = key.value();
        let spec: ScanSpec = reader::decode(bytes.value(), scan)?;
        let state: ScanState = reader::require(&tables.scan_states, scan)?;
        tables.scans_by_project.insert((spec.project_id.get(), scan), ())?;
        tables.scans_by_status.insert((status_number(state.status), scan), ())?;
        tallies.insert(scan, TallyRecord::default());
        last = scan;
    }
    Ok(last)
}

/// What the hosts of a batch say of it.
#[derive(Default)]
struct OfBatch {
    up: Vec<IpAddr>,
    timed_out: Vec<IpAddr>,
    open_ports: u64,
}

fn hosts(
    tables: &mut WriteTables<'_>,
    tallies: &mut BTreeMap<u64, TallyRecord>,
) -> Result<(u64, HashMap<u64, OfBatch>), Fault> {
    let mut found: HashMap<u64, OfBatch> = HashMap::new();
    let mut last = 0;
    for row in tables.hosts.iter()? {
        let (key, bytes) = row?;
        let number = key.value();
        let host: HostRecord = reader::decode(bytes.value(), number)?;
        let (scan, address) = (host.scan_id.get(), host.finding.address);
        tables.hosts_by_scan.insert((scan, number), ())?;
        tables.hosts_by_address.insert(address_key(address, scan), number)?;
        let ports = open_ports(&host);
        if let Some(tally) = tallies.get_mut(&scan) {
            tally.open_ports += ports;
        }
        let of_batch = found.entry(host.batch_id.get()).or_default();
        of_batch.open_ports += ports;
        match host.verdict {
            Verdict::Up => of_batch.up.push(address),
            Verdict::TimedOut => of_batch.timed_out.push(address),
            // A row of announced ports is no verdict.
            Verdict::Unfinished => {}
            // Such hosts have no row; a check will say so.
            Verdict::Down | Verdict::Excluded | Verdict::Unresolved => {}
        }
        last = number;
    }
    Ok((last, found))
}

fn batches(
    tables: &mut WriteTables<'_>,
    tallies: &mut BTreeMap<u64, TallyRecord>,
    mut found: HashMap<u64, OfBatch>,
) -> Result<u64, Fault> {
    let mut last = 0;
    for row in tables.batches.iter()? {
        let (key, bytes) = row?;
        let number = key.value();
        let batch: BatchRecord = reader::decode(bytes.value(), number)?;
        tables.batches_by_scan.insert((batch.scan_id.get(), number), ())?;
        last = number;
        let held: Option<VerdictsRecord> = reader::get(&tables.verdicts, number)?;
        let of_hosts = found.remove(&number).unwrap_or_default();
        let verdicts = verdicts(held.as_ref(), &of_hosts);
        if let Some(tally) = tallies.get_mut(&batch.scan_id.get()) {
            tally.up += verdicts.up.count();
            tally.down += verdicts.down.count();
            tally.timed_out += verdicts.timed_out.count();
            tally.batches[batch.status as usize] += 1;
        }
        if held.is_some_and(|held| held != verdicts) || verdicts != VerdictsRecord::default() {
            tables.verdicts.insert(number, verdicts.to_bytes()?.as_slice())?;
        }
    }
    Ok(last)
}

/// Returns verdicts that agree with the rows of hosts. Only they say which hosts are up, only the
/// verdicts which are down.
fn verdicts(held: Option<&VerdictsRecord>, hosts: &OfBatch) -> VerdictsRecord {
    let set = |addresses: &[IpAddr]| AddressSet::from_addresses(addresses.iter().copied());
    let (up, timed_out) = (set(&hosts.up), set(&hosts.timed_out));
    let down = held.map(|held| held.down.difference(&up.union(&timed_out))).unwrap_or_default();
    // That hosts were passed on, only the verdicts say.
    let held = held.map(|held| held.passed.clone()).unwrap_or_default();
    let passed = held.difference(&up.union(&timed_out));
    VerdictsRecord { up, down, timed_out, open_ports: hosts.open_ports, passed }
}

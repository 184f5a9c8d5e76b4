//! Makes what was saved hang together: what belongs to something that is lost is left out, or
//! what is lost is made up where that hides nothing. Each such step is told.

use crate::{
    codec::{self, CodecError, Record},
    error::{ReadError, storage_errors},
    file, reader,
    tables::{WriteTables, address_key, meta},
};
use netscan_schemas::{
    AddressSet, Interval, Time,
    batch::BatchStatus,
    id::{BatchId, ProjectId, ScanId, ScopeId},
    scan::{ScanState, ScanStatus},
    scope::ScopeList,
    stored::{
        BatchRecord, HostRecord, PlanRecord, ProjectRecord, ScanSpec, ScopeRecord, VerdictsRecord,
    },
};
use redb::{Database, ReadableTable};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
};

/// Why it fails. What was saved was verified, so nothing in it is damaged.
struct Fault(ReadError);

impl Fault {
    #[expect(non_snake_case, reason = "the macro names a variant")]
    fn Storage(error: Box<redb::Error>) -> Self {
        Self(ReadError::Storage(error))
    }
}

storage_errors!(Fault: StorageError, TableError);

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self(error)
    }
}

impl From<CodecError> for Fault {
    fn from(error: CodecError) -> Self {
        Self::Storage(Box::new(redb::Error::Io(std::io::Error::other(error))))
    }
}

/// Makes the records of a database hang together; returns what was done for it. Where entries of
/// the scope may be lost, nothing may be scanned until somebody has looked at it.
pub(super) fn settle(db: &Database, scope_is_whole: bool) -> Result<Vec<String>, ReadError> {
    let failed = |error: redb::Error| ReadError::Storage(Box::new(error));
    let txn = file::begin_write(db).map_err(failed)?;
    let mut notes = Vec::new();
    {
        let tables = WriteTables::open(&txn).map_err(ReadError::from)?;
        let mut settling = Settling { tables, notes: &mut notes };
        settling.all().map_err(|fault| fault.0)?;
        if !scope_is_whole {
            settling.deny_everything().map_err(|fault| fault.0)?;
        }
    }
    txn.commit().map_err(|error| failed(error.into()))?;
    Ok(notes)
}

struct Settling<'t, 'n> {
    tables: WriteTables<'t>,
    notes: &'n mut Vec<String>,
}

impl Settling<'_, '_> {
    fn all(&mut self) -> Result<(), Fault> {
        let scans = self.projects_of_scans()?;
        self.leave_out_of_lost_scans(&scans)?;
        self.hosts()?;
        let batches = self.batches()?;
        self.leave_out_of_lost_batches(&batches)?;
        self.states_and_plans(&scans, &batches)
    }

    /// Adds an entry that denies every address: a lost one may have denied some, and a project
    /// whose last entry is lost would be bound by none.
    fn deny_everything(&mut self) -> Result<(), Fault> {
        let held = file::meta_in(&self.tables.meta, meta::NEXT_SCOPE)
            .and_then(|row| file::number(row, meta::NEXT_SCOPE));
        let last = self.tables.scopes.last()?.map_or(0, |(key, _)| key.value());
        let number = held.unwrap_or(0).max(last.saturating_add(1));
        let id = ScopeId::new(number).ok_or_else(|| {
            Fault::from(CodecError::Encode { kind: "scope", why: "its number is 0".into() })
        })?;
        let everything = Interval { first: 0, last: u128::MAX };
        let record = ScopeRecord {
            id,
            project: None,
            list: ScopeList::Deny,
            addresses: AddressSet::from_intervals(vec![everything]),
            note: Some("entries of the scope may be lost; restore them, then remove this".into()),
            by: "salvage".into(),
            created_at: Time::now(),
            expires_at: None,
        };
        self.tables.scopes.insert(number, record.to_bytes()?.as_slice())?;
        let next = codec::seal_meta(&number.saturating_add(1).to_le_bytes());
        self.tables.meta.insert(meta::NEXT_SCOPE, next.as_slice())?;
        self.notes.push(format!(
            "entries of the scope may be lost; entry {id} denies every address until they are \
             restored (`netscan scope rm {id}` then)"
        ));
        Ok(())
    }

    fn left_out(&mut self, rows: usize, what: &str) {
        if rows > 0 {
            self.notes.push(format!("{rows} rows left out: {what}"));
        }
    }

    /// Gives each scan a project, and each project a name of its own; returns the scans.
    fn projects_of_scans(&mut self) -> Result<BTreeSet<u64>, Fault> {
        let mut names = BTreeMap::new();
        let mut doubles = Vec::new();
        for row in self.tables.projects.iter()? {
            let (key, bytes) = row?;
            let record: ProjectRecord = reader::decode(bytes.value(), key.value())?;
            if names.insert(record.name.clone(), key.value()).is_some() {
                doubles.push(record);
            }
        }
        for mut record in doubles {
            record.name = format!("{} ({})", record.name, record.id);
            self.notes.push(format!("project {} is now named `{}`", record.id, record.name));
            let bytes = record.to_bytes()?;
            self.tables.projects.insert(record.id.get(), bytes.as_slice())?;
        }
        let mut scans = BTreeMap::new();
        for row in self.tables.scan_specs.iter()? {
            let (key, bytes) = row?;
            let spec: ScanSpec = reader::decode(bytes.value(), key.value())?;
            scans.insert(key.value(), spec.project_id);
        }
        let projects: BTreeSet<ProjectId> = scans.values().copied().collect();
        for id in projects {
            if self.tables.projects.get(id.get())?.is_some() {
                continue;
            }
            let name = format!("Recovered project {id}");
            self.notes.push(format!("project {id} is lost; its scans are in `{name}`"));
            let record = ProjectRecord::new(id, name, None, Time::now());
            self.tables.projects.insert(id.get(), record.to_bytes()?.as_slice())?;
        }
        Ok(scans.into_keys().collect())
    }

    fn leave_out_of_lost_scans(&mut self, scans: &BTreeSet<u64>) -> Result<(), Fault> {
        let mut gone = 0;
        let mut keep = |kept: bool| {
            gone += usize::from(!kept);
            kept
        };
        let tables = &mut self.tables;
        tables.scan_states.retain(|scan, _| keep(scans.contains(&scan)))?;
        tables.plans.retain(|scan, _| keep(scans.contains(&scan)))?;
        tables.events.retain(|(scan, _), _| keep(scans.contains(&scan)))?;
        let of_kept = |scan: ScanId| scans.contains(&scan.get());
        tables.batches.retain(|_, bytes| {
            keep(BatchRecord::from_bytes(bytes).is_ok_and(|batch| of_kept(batch.scan_id)))
        })?;
        tables.hosts.retain(|_, bytes| {
            keep(HostRecord::from_bytes(bytes).is_ok_and(|host| of_kept(host.scan_id)))
        })?;
        self.left_out(gone, "what their scan was asked to do is lost");
        Ok(())
    }

    /// Leaves one row for each address of a scan, and makes up the batches that they are of.
    fn hosts(&mut self) -> Result<(), Fault> {
        let mut newest = HashMap::new();
        let mut doubles = Vec::new();
        let mut batches: BTreeMap<BatchId, (ScanId, Vec<IpAddr>)> = BTreeMap::new();
        for row in self.tables.hosts.iter()? {
            let (key, bytes) = row?;
            let host: HostRecord = reader::decode(bytes.value(), key.value())?;
            let address = host.finding.address;
            doubles.extend(newest.insert(address_key(address, host.scan_id.get()), key.value()));
            let of_batch = batches.entry(host.batch_id).or_insert((host.scan_id, Vec::new()));
            of_batch.1.push(address);
        }
        self.left_out(doubles.len(), "older rows of hosts that have a newer one");
        for host in doubles {
            self.tables.hosts.remove(host)?;
        }
        for (id, (scan_id, addresses)) in batches {
            if self.tables.batches.get(id.get())?.is_some() {
                continue;
            }
            let verdicts: Option<VerdictsRecord> = reader::get(&self.tables.verdicts, id.get())?;
            let known = verdicts.unwrap_or_default().settled();
            let batch = BatchRecord {
                status: BatchStatus::Failed,
                ..BatchRecord::new(
                    id,
                    scan_id,
                    AddressSet::from_addresses(addresses).union(&known),
                    0,
                )
            };
            self.notes.push(format!("batch {id} is lost; it is made up of its hosts"));
            self.tables.batches.insert(id.get(), batch.to_bytes()?.as_slice())?;
        }
        Ok(())
    }

    /// Returns the batches, with their scans and addresses.
    fn batches(&mut self) -> Result<BTreeMap<u64, (u64, AddressSet)>, Fault> {
        let mut batches = BTreeMap::new();
        for row in self.tables.batches.iter()? {
            let (key, bytes) = row?;
            let batch: BatchRecord = reader::decode(bytes.value(), key.value())?;
            batches.insert(key.value(), (batch.scan_id.get(), batch.addresses));
        }
        Ok(batches)
    }

    fn leave_out_of_lost_batches(
        &mut self,
        batches: &BTreeMap<u64, (u64, AddressSet)>,
    ) -> Result<(), Fault> {
        let mut gone = 0;
        let mut keep = |kept: bool| {
            gone += usize::from(!kept);
            kept
        };
        let tables = &mut self.tables;
        tables.verdicts.retain(|batch, _| keep(batches.contains_key(&batch)))?;
        tables.attempts.retain(|(batch, _), _| keep(batches.contains_key(&batch)))?;
        let mut attempts = BTreeSet::new();
        for row in tables.attempts.iter()? {
            attempts.insert(row?.0.value());
        }
        tables.raw.retain(|(batch, attempt, ..), _| keep(attempts.contains(&(batch, attempt))))?;
        self.left_out(gone, "their batch or attempt is lost");
        Ok(())
    }

    fn states_and_plans(
        &mut self,
        scans: &BTreeSet<u64>,
        batches: &BTreeMap<u64, (u64, AddressSet)>,
    ) -> Result<(), Fault> {
        for scan in scans {
            if self.tables.scan_states.get(scan)?.is_none() {
                let state = ScanState {
                    status: ScanStatus::Failed,
                    started_at: None,
                    finished_at: None,
                    cursor: 0,
                    error: Some("how it stood is lost: it was saved from a damaged store".into()),
                };
                self.notes.push(format!("how scan {scan} stood is lost; it counts as failed"));
                self.tables.scan_states.insert(scan, state.to_bytes()?.as_slice())?;
            }
            if self.tables.plans.get(scan)?.is_none() {
                let of_scan = batches.values().filter(|(of, _)| of == scan);
                let addresses =
                    of_scan.fold(AddressSet::new(), |all, (_, addresses)| all.union(addresses));
                let plan = PlanRecord { addresses, ..PlanRecord::default() };
                self.notes.push(format!("the plan of scan {scan} is lost; its batches make it up"));
                self.tables.plans.insert(scan, plan.to_bytes()?.as_slice())?;
            }
        }
        Ok(())
    }
}

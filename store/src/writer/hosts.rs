//! Findings: one verdict for each address, a row for each host that is up or timed out, and the
//! counts and the index of terms that go with them.
//!
//! ```text
//!               finds up     finds down     finds timed out   announces ports
//! held nothing  row          no row         row               row without a verdict
//! provisional   new row      row goes       new row, joined   row, joined
//! held up       new row      row goes       up stays          up stays
//! held down     row          no row         down stays        down stays
//! timed out     new row      row goes       new row, joined   row, joined
//! ```
//!
//! A step of a staged plan passes a host on instead: its row has no verdict, and says what was found
//! so far. What the later steps find is added to it (`HostFinding::refined`); the batch that has
//! passed a host on keeps that in its own verdicts, whatever comes after.
//!
//! Announced ports are those of `-v` lines for hosts that nmap did not finish. They are in no index
//! and no count: they are not confirmed.

use super::{
    apply::{counter_is_zero, take},
    group::{Fault, Group},
};
use crate::{
    codec::Record,
    error::Refusal,
    reader::get,
    tables::address_key,
    write::{RecordHosts, RecordProvisional},
};
use netscan_schemas::{
    AddressSet, Interval,
    address::{to_address, to_number},
    batch::{BatchStatus, Phase},
    host::{HostFinding, HostState, PortId},
    id::{BatchId, HostId},
    scan::Verdict,
    stored::{BatchRecord, HostRecord, TallyRecord, VerdictsRecord},
};
use redb::ReadableTable;
use std::collections::{BTreeMap, BTreeSet};

/// What an attempt can find out about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Up,
    Down,
    TimedOut,
    /// It is up, and the next step of a staged plan has it.
    Passed,
}

impl Found {
    pub(crate) fn of(finding: &HostFinding) -> Self {
        match finding.state {
            _ if finding.timed_out => Self::TimedOut,
            HostState::Up => Self::Up,
            // Ports prove more than a state that nmap did not find out.
            HostState::Down | HostState::Unknown if !finding.ports.is_empty() => Self::Up,
            HostState::Down | HostState::Unknown => Self::Down,
        }
    }

    /// Returns where it is counted; nowhere as long as it is no verdict.
    fn count(self, tally: &mut TallyRecord) -> Option<&mut u64> {
        match self {
            Self::Up => Some(&mut tally.up),
            Self::Down => Some(&mut tally.down),
            Self::TimedOut => Some(&mut tally.timed_out),
            Self::Passed => None,
        }
    }
}

/// The verdicts of a batch, and how they change in this transaction. A set is costly to change
/// one address at a time, so changes are kept apart until the end.
pub(super) struct BatchVerdicts {
    record: VerdictsRecord,
    changes: BTreeMap<u128, Option<Found>>,
}

impl BatchVerdicts {
    fn new(record: VerdictsRecord) -> Self {
        Self { record, changes: BTreeMap::new() }
    }

    fn get(&self, number: u128) -> Option<Found> {
        if let Some(found) = self.changes.get(&number) {
            return *found;
        }
        let address = to_address(number);
        let sets = [
            (&self.record.up, Found::Up),
            (&self.record.down, Found::Down),
            (&self.record.timed_out, Found::TimedOut),
            (&self.record.passed, Found::Passed),
        ];
        sets.into_iter().find(|(set, _)| set.contains(address)).map(|(_, found)| found)
    }

    pub(super) fn into_record(self) -> VerdictsRecord {
        let Self { record, changes } = self;
        let of = |wanted: Option<Found>| -> AddressSet {
            let chosen = changes.iter().filter(|(_, found)| wanted.is_none() || **found == wanted);
            let runs = chosen.map(|(number, _)| Interval { first: *number, last: *number });
            AddressSet::from_intervals(runs.collect())
        };
        let changed = of(None);
        let merge = |set: &AddressSet, found| set.difference(&changed).union(&of(Some(found)));
        VerdictsRecord {
            up: merge(&record.up, Found::Up),
            down: merge(&record.down, Found::Down),
            timed_out: merge(&record.timed_out, Found::TimedOut),
            open_ports: record.open_ports,
            passed: merge(&record.passed, Found::Passed),
        }
    }
}

impl Group<'_> {
    pub(super) fn record_hosts(&mut self, op: &RecordHosts) -> Result<(), Fault> {
        self.tally(op.scan)?;
        let batch: Option<BatchRecord> = get(&self.tables.batches, op.batch.get())?;
        let batch = batch.filter(|batch| batch.scan_id == op.scan);
        let batch = batch.ok_or(Refusal::NoBatch(op.batch))?;
        self.batch_verdicts(op.batch)?;
        for finding in &op.hosts {
            let recorded = self.record_host(op, batch.phase, finding)?;
            if let Some((found, ports)) = recorded
                && batch.status == BatchStatus::Running
                && !op.passes
            {
                self.count(found, ports);
            }
        }
        Ok(())
    }

    fn count(&mut self, found: Found, open_ports: u64) {
        let counted = &mut self.counted;
        match found {
            Found::Up => counted.up += 1,
            Found::Down => counted.down += 1,
            Found::TimedOut => counted.timed_out += 1,
            Found::Passed => {}
        }
        counted.open_ports += open_ports;
    }

    /// Returns what was recorded of a host, with its open ports; none when it is passed over.
    fn record_host(
        &mut self,
        op: &RecordHosts,
        phase: Option<Phase>,
        finding: &HostFinding,
    ) -> Result<Option<(Found, u64)>, Fault> {
        let number = to_number(finding.address);
        let key = address_key(finding.address, op.scan.get());
        let found = if op.passes { Found::Passed } else { Found::of(finding) };
        let row = self.held_row(key)?;
        let held_by = row.as_ref().map_or(op.batch, |row| row.batch_id);
        let held = self.batch_verdicts(held_by)?.get(number);
        if found == Found::TimedOut && matches!(held, Some(Found::Up | Found::Down)) {
            return Ok(None);
        }
        self.touch();
        // What an earlier step has passed on stays passed on: the plan goes by it.
        let replaced = held.filter(|held| *held != Found::Passed || held_by == op.batch);
        if let Some(held) = replaced {
            self.batch_verdicts(held_by)?.changes.insert(number, None);
            if let Some(count) = held.count(self.tally(op.scan)?) {
                take(count, 1);
            }
        }
        self.batch_verdicts(op.batch)?.changes.insert(number, Some(found));
        if let Some(count) = found.count(self.tally(op.scan)?) {
            *count += 1;
        }
        if let Some(row) = &row {
            self.take_out(row)?;
        }
        let ports = match (found, row) {
            (Found::Up, row) => {
                let row = self.new_row(op, phase, finding, Verdict::Up, row)?;
                self.put_row(&row)?
            }
            (Found::Passed, row) => {
                let row = self.new_row(op, phase, finding, Verdict::Unfinished, row)?;
                self.put_row(&row)?
            }
            (Found::TimedOut, row) => {
                let row = self.new_row(op, phase, finding, Verdict::TimedOut, row)?;
                self.put_row(&row)?
            }
            (Found::Down, Some(row)) => {
                self.tables.hosts.remove(row.id.get())?;
                self.tables.hosts_by_scan.remove((op.scan.get(), row.id.get()))?;
                self.tables.hosts_by_address.remove(key)?;
                0
            }
            (Found::Down, None) => 0,
        };
        Ok(Some((found, ports)))
    }

    fn held_row(&self, key: ([u8; 16], u64)) -> Result<Option<HostRecord>, Fault> {
        let id = self.tables.hosts_by_address.get(key)?.map(|id| id.value());
        Ok(match id {
            Some(id) => get(&self.tables.hosts, id)?,
            None => None,
        })
    }

    /// Returns the row of a host, in the place of the one that is held.
    fn new_row(
        &self,
        op: &RecordHosts,
        phase: Option<Phase>,
        finding: &HostFinding,
        verdict: Verdict,
        held: Option<HostRecord>,
    ) -> Result<HostRecord, Fault> {
        let held_id = held.as_ref().map(|held| held.id);
        let id = held_id.or_else(|| HostId::new(self.next_host));
        let (earlier, provisional) =
            held.map_or((None, Vec::new()), |held| (Some(held.finding), held.provisional));
        // A row of announced ports alone knows nothing of the host.
        let earlier = earlier.filter(|earlier| earlier.state == HostState::Up);
        let finding = match (phase, earlier) {
            (Some(phase), Some(earlier)) => earlier.refined(finding.clone(), phase),
            (_, _) => finding.clone(),
        };
        Ok(HostRecord {
            id: id.ok_or_else(counter_is_zero)?,
            scan_id: op.scan,
            batch_id: op.batch,
            attempt: op.attempt,
            seen_at: op.at,
            finding,
            verdict,
            provisional: if verdict == Verdict::TimedOut { provisional } else { Vec::new() },
        })
    }

    /// Returns how many ports of it are open.
    fn put_row(&mut self, row: &HostRecord) -> Result<u64, Fault> {
        let (id, scan) = (row.id.get(), row.scan_id);
        let bytes = row.to_bytes()?;
        self.next_host = self.next_host.max(id + 1);
        self.tables.hosts.insert(id, bytes.as_slice())?;
        self.tables.hosts_by_scan.insert((scan.get(), id), ())?;
        self.tables.hosts_by_address.insert(address_key(row.finding.address, scan.get()), id)?;
        self.postings.add(row);
        let ports = open_ports(row);
        self.tally(scan)?.open_ports += ports;
        self.batch_verdicts(row.batch_id)?.record.open_ports += ports;
        Ok(ports)
    }

    pub(super) fn record_provisional(&mut self, op: &RecordProvisional) -> Result<(), Fault> {
        self.tally(op.scan)?;
        let batch: Option<BatchRecord> = get(&self.tables.batches, op.batch.get())?;
        if batch.is_none_or(|batch| batch.scan_id != op.scan) {
            return Err(Refusal::NoBatch(op.batch).into());
        }
        for (address, ports) in &op.hosts {
            let held = self.held_row(address_key(*address, op.scan.get()))?;
            let held_by = held.as_ref().map_or(op.batch, |row| row.batch_id);
            let verdict = self.batch_verdicts(held_by)?.get(to_number(*address));
            if matches!(verdict, Some(Found::Up | Found::Down)) {
                continue;
            }
            let row = match held {
                Some(held) => held,
                None => HostRecord {
                    id: HostId::new(self.next_host).ok_or_else(counter_is_zero)?,
                    scan_id: op.scan,
                    batch_id: op.batch,
                    attempt: op.attempt,
                    seen_at: op.at,
                    finding: HostFinding::new(*address, HostState::Unknown),
                    verdict: Verdict::Unfinished,
                    provisional: Vec::new(),
                },
            };
            let joined: BTreeSet<PortId> = row.provisional.iter().chain(ports).copied().collect();
            // One that another batch has passed on stays that one's until this one finishes it.
            let attempt = if row.batch_id == op.batch { op.attempt } else { row.attempt };
            let row = HostRecord {
                attempt,
                seen_at: op.at,
                provisional: joined.into_iter().collect(),
                ..row
            };
            self.touch();
            self.take_out(&row)?;
            self.put_row(&row)?;
        }
        Ok(())
    }

    /// Takes a row that is about to go out of the index and the counts.
    fn take_out(&mut self, row: &HostRecord) -> Result<(), Fault> {
        self.postings.remove(row);
        let ports = open_ports(row);
        take(&mut self.tally(row.scan_id)?.open_ports, ports);
        let verdicts = self.batch_verdicts(row.batch_id)?;
        take(&mut verdicts.record.open_ports, ports);
        Ok(())
    }

    fn batch_verdicts(&mut self, batch: BatchId) -> Result<&mut BatchVerdicts, Fault> {
        if !self.verdicts.contains_key(&batch) {
            let record = get(&self.tables.verdicts, batch.get())?.unwrap_or_default();
            self.verdicts.insert(batch, BatchVerdicts::new(record));
        }
        self.verdicts.get_mut(&batch).ok_or_else(|| Refusal::NoBatch(batch).into())
    }
}

/// Returns how many ports of a host are open; one that nmap lists twice counts once.
pub(crate) fn open_ports(row: &HostRecord) -> u64 {
    let open = row.finding.open_ports().map(|port| (port.protocol, port.number));
    open.collect::<BTreeSet<_>>().len() as u64
}

//! Checks host rows against the indexes and verdicts that they make.

use super::Checker;
use crate::{
    error::ReadError,
    tables::{address_key, meta, ports_under, under},
    writer::{Found, open_ports},
};
use netscan_schemas::{
    id::ScanId,
    scan::Verdict,
    stored::{HostRecord, TallyRecord, VerdictsRecord},
};
use std::collections::{BTreeSet, HashMap};

impl Checker<'_> {
    /// Checks the hosts of a scan; returns the counts of its batches with those of its hosts.
    pub(super) fn hosts_of(
        &mut self,
        scan: ScanId,
        mut counted: TallyRecord,
    ) -> Result<TallyRecord, ReadError> {
        let next = self.counter(meta::NEXT[3])?;
        let (mut rows, mut unfinished) = (0, 0);
        let mut expected = BTreeSet::new();
        let mut by_batch: HashMap<u64, u64> = HashMap::new();
        for key in self.tables.hosts_by_scan.range(under(scan.get()))? {
            let number = key?.0.value().1;
            rows += 1;
            self.expect(number < next, || format!("host {number} is above its counter"));
            let host = self.row::<HostRecord>(&self.tables.hosts, number)?;
            let Some(host) = host else { continue };
            unfinished += u64::from(host.verdict == Verdict::Unfinished);
            self.host(scan, number, &host)?;
            let ports = open_ports(&host);
            *by_batch.entry(host.batch_id.get()).or_default() += ports.len() as u64;
            expected.extend(ports.into_iter().map(|port| (port, number)));
        }
        self.report.hosts += rows;
        self.expect(rows - unfinished == counted.up + counted.timed_out, || {
            format!(
                "scan {scan} has {rows} host rows, {unfinished} of them unfinished, and verdicts \
                 {counted:?}"
            )
        });
        counted.open_ports = expected.len() as u64;
        self.port_index(scan, &expected)?;
        self.port_counts(scan, &by_batch)?;
        Ok(counted)
    }

    fn host(&mut self, scan: ScanId, number: u64, host: &HostRecord) -> Result<(), ReadError> {
        let rightful = host.id.get() == number && host.scan_id == scan;
        self.expect(rightful, || format!("host {number} is not of scan {scan}"));
        let key = address_key(host.finding.address, scan.get());
        let indexed = self.tables.hosts_by_address.get(key)?.is_some_and(|id| id.value() == number);
        self.expect(indexed, || format!("host {number} is not found by its address"));
        let verdicts = self.verdicts_or_default(host.batch_id.get())?;
        let address = host.finding.address;
        let holds = match (host.verdict, Found::of(&host.finding)) {
            (Verdict::Up, Found::Up) => verdicts.up.contains(address),
            (Verdict::TimedOut, Found::TimedOut) => verdicts.timed_out.contains(address),
            (Verdict::Unfinished, _) => !verdicts.known().contains(address),
            _ => false,
        };
        self.expect(holds, || {
            let verdict = host.verdict;
            format!("host {number} is {verdict:?}, and not so in batch {}", host.batch_id)
        });
        Ok(())
    }

    fn port_index(
        &mut self,
        scan: ScanId,
        expected: &BTreeSet<((u64, u32), u64)>,
    ) -> Result<(), ReadError> {
        let mut indexed = BTreeSet::new();
        for entry in self.tables.open_ports.range(ports_under(scan))? {
            let (port, hosts) = entry?;
            for host in hosts {
                indexed.insert((port.value(), host?.value()));
            }
        }
        self.report.open_ports += indexed.len() as u64;
        let wrong = indexed.symmetric_difference(expected).count();
        self.expect(wrong == 0, || {
            format!("{wrong} entries of scan {scan}'s port index are wrong")
        });
        Ok(())
    }

    fn port_counts(&mut self, scan: ScanId, by_batch: &HashMap<u64, u64>) -> Result<(), ReadError> {
        for key in self.tables.batches_by_scan.range(under(scan.get()))? {
            let batch = key?.0.value().1;
            let told = self.verdicts_or_default(batch)?.open_ports;
            let found = by_batch.get(&batch).copied().unwrap_or(0);
            self.expect(told == found, || {
                format!("batch {batch} is counted to have {told} open ports and has {found}")
            });
        }
        Ok(())
    }

    /// Damage in verdicts is noted with their batch, so here it only means that there are none.
    fn verdicts_or_default(&self, batch: u64) -> Result<VerdictsRecord, ReadError> {
        match crate::reader::get(&self.tables.verdicts, batch) {
            Ok(verdicts) => Ok(verdicts.unwrap_or_default()),
            Err(ReadError::Damaged { .. }) => Ok(VerdictsRecord::default()),
            Err(error) => Err(error),
        }
    }
}

//! Checks host rows against the indexes and verdicts that they make.

use super::Checker;
use crate::{
    error::ReadError,
    postings,
    tables::{address_key, meta, under},
    terms,
    writer::{Found, open_ports},
};
use netscan_schemas::{
    id::ScanId,
    scan::Verdict,
    stored::{HostRecord, TallyRecord, VerdictsRecord},
};
use std::collections::{BTreeMap, HashMap};

impl Checker<'_> {
    /// Checks the hosts of a scan; returns the counts of its batches with those of its hosts.
    pub(super) fn hosts_of(
        &mut self,
        scan: ScanId,
        mut counted: TallyRecord,
    ) -> Result<TallyRecord, ReadError> {
        let next = self.counter(meta::NEXT[3])?;
        let (mut rows, mut unfinished) = (0, 0);
        let mut expected: BTreeMap<Box<[u8]>, Vec<u64>> = BTreeMap::new();
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
            *by_batch.entry(host.batch_id.get()).or_default() += ports;
            counted.open_ports += ports;
            terms::each(&host, |term| match expected.get_mut(term) {
                Some(hosts) if hosts.last() == Some(&number) => {}
                Some(hosts) => hosts.push(number),
                None => drop(expected.insert(term.into(), vec![number])),
            });
        }
        self.report.hosts += rows;
        self.expect(rows - unfinished == counted.up + counted.timed_out, || {
            format!(
                "scan {scan} has {rows} host rows, {unfinished} of them unfinished, and verdicts \
                 {counted:?}"
            )
        });
        self.report.open_ports += counted.open_ports;
        self.lists(scan, expected)?;
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

    /// Compares the lists of a scan's hosts by term with what they must be.
    fn lists(
        &mut self,
        scan: ScanId,
        expected: BTreeMap<Box<[u8]>, Vec<u64>>,
    ) -> Result<(), ReadError> {
        for (term, hosts) in expected {
            let mut listed = Vec::with_capacity(hosts.len());
            for row in self.tables.postings.range(postings::of_scan(&term, scan.get()))? {
                let (key, bytes) = row?;
                self.list_rows += 1;
                let block = postings::block(key.value(), bytes.value());
                listed.extend(self.sound(block)?.unwrap_or_default());
            }
            self.expect(listed == hosts, || {
                let term = String::from_utf8_lossy(&term).into_owned();
                format!("the list of scan {scan}'s hosts by {term:?} is wrong")
            });
            if terms::is_text(&term) {
                let known = self.tables.texts.get(&*term)?.is_some();
                self.texts.insert(term.clone());
                self.expect(known, || {
                    let term = String::from_utf8_lossy(&term).into_owned();
                    format!("the text {term:?} of scan {scan}'s hosts is not found")
                });
            }
        }
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

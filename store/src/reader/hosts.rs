//! Hosts: by scan, by address. By all else that is known of them: see `search`.

use super::{decode_difficult, get, misplaced, require, require_sized};
use crate::{
    Store,
    error::ReadError,
    postings,
    tables::{
        DIFFICULT, HOSTS, HOSTS_BY_ADDRESS, HOSTS_BY_SCAN, POSTINGS, address_key, number_key,
    },
    terms,
};
use netscan_schemas::{
    AddressSet,
    address::{to_address, to_number},
    host::PortId,
    id::{HostId, ScanId},
    stored::{DifficultRecord, HostRecord},
};
use redb::{ReadTransaction, ReadableTable, StorageError};
use std::{net::IpAddr, ops::Bound};

/// Some hosts of a scan, in the order of their addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPage {
    /// The hosts; there may be none although there are more.
    pub hosts: Vec<HostRecord>,
    /// After which address to go on; none at the end.
    pub next: Option<IpAddr>,
}

impl Store {
    /// Returns a host.
    pub fn host(&self, id: HostId) -> Result<Option<HostRecord>, ReadError> {
        self.read(|txn| get(&txn.open_table(HOSTS)?, id.get()))
    }

    /// Returns hosts of a scan, up, timed out or with provisional ports, in the order of their numbers, those after a
    /// number.
    pub fn hosts(
        &self,
        scan: ScanId,
        after: Option<HostId>,
        limit: usize,
    ) -> Result<Vec<HostRecord>, ReadError> {
        self.read(|txn| {
            let first = after.map_or(0, |after| after.get().saturating_add(1));
            let range = (scan.get(), first)..=(scan.get(), u64::MAX);
            let keys = txn.open_table(HOSTS_BY_SCAN)?.range(range)?;
            let numbers = keys.take(limit).map(|key| Ok(key?.0.value().1));
            rows(txn, numbers, |host| host.scan_id == scan)
        })
    }

    /// Returns what a scan knows of an address, if it has a row.
    pub fn host_at(&self, scan: ScanId, address: IpAddr) -> Result<Option<HostRecord>, ReadError> {
        self.read(|txn| {
            let key = address_key(address, scan.get());
            let Some(number) = txn.open_table(HOSTS_BY_ADDRESS)?.get(key)? else { return Ok(None) };
            let is_rightful =
                |host: &HostRecord| address_key(host.finding.address, host.scan_id.get()) == key;
            let mut found = rows(txn, std::iter::once(Ok(number.value())), is_rightful)?;
            Ok(found.pop())
        })
    }

    /// Returns what a scan knows of these addresses, those that have a row; they should be those of
    /// one batch.
    pub fn hosts_at(
        &self,
        scan: ScanId,
        addresses: &AddressSet,
    ) -> Result<Vec<HostRecord>, ReadError> {
        let (mut hosts, mut after) = (Vec::new(), None);
        loop {
            let page = self.hosts_among(scan, addresses, after)?;
            hosts.extend(page.hosts);
            after = page.next;
            if after.is_none() {
                return Ok(hosts);
            }
        }
    }

    /// Returns hosts of a scan in the order of their addresses, those after an address; only
    /// addresses among these are looked for, which should be the scan's plan.
    ///
    /// One call looks at no more than `HOST_KEYS_MAX` keys, those of other scans at the same
    /// addresses too, and takes rows up to about `HOST_PAGE_BYTES`.
    pub fn hosts_among(
        &self,
        scan: ScanId,
        addresses: &AddressSet,
        after: Option<IpAddr>,
    ) -> Result<HostPage, ReadError> {
        /// Keys of one read.
        const HOST_KEYS_MAX: usize = 20_000;
        /// Bytes of records of one read, beyond the first.
        const HOST_PAGE_BYTES: usize = 256 * 1024;
        self.read(|txn| {
            let keys = txn.open_table(HOSTS_BY_ADDRESS)?;
            let hosts = txn.open_table(HOSTS)?;
            let from = after.map_or(0, |after| to_number(after).saturating_add(1));
            let runs = addresses.intervals();
            let first = runs.partition_point(|run| run.last < from);
            let (mut found, mut looked_at, mut bytes) = (Vec::new(), 0, 0);
            let mut last: Option<[u8; 16]> = None;
            for run in &runs[first..] {
                let low = (run.first.max(from).to_be_bytes(), 0);
                let high = (run.last.to_be_bytes(), u64::MAX);
                for row in keys.range(low..=high)? {
                    let (key, number) = row?;
                    let (number, (place, of_scan)) = (number.value(), key.value());
                    let is_enough = bytes >= HOST_PAGE_BYTES || looked_at >= HOST_KEYS_MAX;
                    // An address is never left half way: other scans have keys there too.
                    if let Some(done) = last.filter(|done| is_enough && *done != place) {
                        let next = Some(to_address(u128::from_be_bytes(done)));
                        return Ok(HostPage { hosts: found, next });
                    }
                    last = Some(place);
                    looked_at += 1;
                    if of_scan == scan.get() {
                        let (host, size) = require_sized::<HostRecord>(&hosts, number)?;
                        bytes += size;
                        if (number_key(host.finding.address), host.scan_id) != (place, scan) {
                            return Err(misplaced::<HostRecord>(number));
                        }
                        found.push(host);
                    }
                }
                looked_at += 1;
                if bytes >= HOST_PAGE_BYTES || looked_at >= HOST_KEYS_MAX {
                    return Ok(HostPage { hosts: found, next: Some(to_address(run.last)) });
                }
            }
            Ok(HostPage { hosts: found, next: None })
        })
    }

    /// Returns on how many hosts of a scan each port is open, the most frequent first.
    pub fn open_port_counts(&self, scan: ScanId) -> Result<Vec<(PortId, u64)>, ReadError> {
        self.read(|txn| {
            let lists = txn.open_table(POSTINGS)?;
            let mut counts = Vec::new();
            for protocol in terms::PROTOCOLS {
                let mut from = Some(0);
                while let Some(number) = from {
                    // Of whatever scan and state: the next port that there is a list for.
                    let (low, high) = terms::ports_from(protocol, number);
                    let range = (low.as_slice(), 0, 0)..=(high.as_slice(), u64::MAX, u64::MAX);
                    let mut rows = lists.range(range)?;
                    let Some(row) = rows.next() else { break };
                    let Some(number) = terms::port_of(row?.0.value().0) else { break };
                    let open = terms::ports(Some(protocol), Some(number), Some("open"));
                    let mut hosts = 0;
                    for term in &open {
                        for row in lists.range(postings::of_scan(term, scan.get()))? {
                            let (key, block) = row?;
                            hosts += postings::block(key.value(), block.value())?.len() as u64;
                        }
                    }
                    if hosts > 0 {
                        counts.push((PortId { protocol, number }, hosts));
                    }
                    from = number.checked_add(1);
                }
            }
            counts.sort_by_key(|(port, count)| (std::cmp::Reverse(*count), *port));
            Ok(counts)
        })
    }

    /// Returns what every scan found at an address, the newest scan first.
    pub fn hosts_by_address(&self, address: IpAddr) -> Result<Vec<HostRecord>, ReadError> {
        self.read(|txn| {
            let range = address_key(address, 0)..=address_key(address, u64::MAX);
            let keys = txn.open_table(HOSTS_BY_ADDRESS)?.range(range)?;
            let key = address_key(address, 0).0;
            rows(txn, keys.rev().map(|key| Ok(key?.1.value())), |host| {
                address_key(host.finding.address, 0).0 == key
            })
        })
    }
}

impl Store {
    /// Returns hosts that scans could not finish, in the order of their addresses, those after an
    /// address.
    pub fn difficult(
        &self,
        after: Option<IpAddr>,
        limit: usize,
    ) -> Result<Vec<(IpAddr, DifficultRecord)>, ReadError> {
        self.read(|txn| {
            let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(number_key(after)));
            let rows = txn.open_table(DIFFICULT)?;
            let range = rows.range::<[u8; 16]>((from, Bound::Unbounded))?;
            range
                .take(limit)
                .map(|row| {
                    let (key, bytes) = row?;
                    let address = to_address(u128::from_be_bytes(key.value()));
                    Ok((address, decode_difficult(bytes.value(), address)?))
                })
                .collect()
        })
    }

    /// Returns those of the addresses that scans could not finish, at most `max` of them, and
    /// whether there are more.
    pub fn difficult_among(
        &self,
        addresses: &AddressSet,
        max: usize,
    ) -> Result<(AddressSet, bool), ReadError> {
        self.read(|txn| {
            let mut found = Vec::new();
            for row in txn.open_table(DIFFICULT)?.iter()? {
                let address = to_address(u128::from_be_bytes(row?.0.value()));
                if addresses.contains(address) {
                    if found.len() == max {
                        return Ok((AddressSet::from_addresses(found), true));
                    }
                    found.push(address);
                }
            }
            Ok((AddressSet::from_addresses(found), false))
        })
    }
}

/// Returns the hosts of these numbers, each of which must be what the index says it is.
pub(crate) fn rows(
    txn: &ReadTransaction,
    numbers: impl Iterator<Item = Result<u64, StorageError>>,
    is_rightful: impl Fn(&HostRecord) -> bool,
) -> Result<Vec<HostRecord>, ReadError> {
    let hosts = txn.open_table(HOSTS)?;
    let host = |number| {
        let host: HostRecord = require(&hosts, number)?;
        if is_rightful(&host) { Ok(host) } else { Err(misplaced::<HostRecord>(number)) }
    };
    numbers.map(|number| host(number?)).collect()
}

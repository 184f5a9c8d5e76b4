//! Hosts: by scan, by address. By all else that is known of them: see `search`.

use super::{decode_difficult, get, misplaced, require};
use crate::{
    Store,
    error::ReadError,
    tables::{DIFFICULT, HOSTS, HOSTS_BY_ADDRESS, HOSTS_BY_SCAN, address_key, number_key},
};
use netscan_schemas::{
    AddressSet,
    address::to_address,
    id::{HostId, ScanId},
    stored::{DifficultRecord, HostRecord},
};
use redb::{ReadTransaction, ReadableTable, StorageError};
use std::{net::IpAddr, ops::Bound};

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

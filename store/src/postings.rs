//! Lists of hosts by term: the index that searches read.
//!
//! ```text
//! postings  (term, scan, first host) → a block of hosts, in the order of their numbers
//! texts     term                     → nothing; every term that is a text and has hosts
//! ```
//!
//! A host's number only grows within a scan, so a list grows at its end: the changes of a
//! transaction cost one row for each of its terms, not one for each host.

use crate::{
    codec::{self, CodecError},
    error::{ReadError, chain},
    reader,
    tables::{Bytes, POSTING, PostingKey, WriteTables},
    terms,
};
use netscan_schemas::{id::ScanId, stored::HostRecord};
use redb::{AccessGuard, ReadableTable, StorageError};
use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
};

/// Hosts in a block at most.
const BLOCK_HOSTS: usize = 512;

/// The range of a term's keys.
pub(crate) fn of_term(term: &[u8]) -> RangeInclusive<(&[u8], u64, u64)> {
    (term, 0, 0)..=(term, u64::MAX, u64::MAX)
}

/// The range of a term's keys in a scan.
pub(crate) fn of_scan(term: &[u8], scan: u64) -> RangeInclusive<(&[u8], u64, u64)> {
    (term, scan, 0)..=(term, scan, u64::MAX)
}

/// Returns a block as it is stored: how far each host is from the one before, seven bits a byte.
fn encode(hosts: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(hosts.len());
    for pair in hosts.windows(2) {
        let mut step = pair[1] - pair[0];
        while step >= 0x80 {
            bytes.push(step as u8 | 0x80);
            step >>= 7;
        }
        bytes.push(step as u8);
    }
    codec::seal_plain(&bytes)
}

/// Returns the hosts of a block that begins with this one.
pub(crate) fn decode(first: u64, bytes: &[u8]) -> Result<Vec<u64>, CodecError> {
    let damaged = || CodecError::Decode { kind: POSTING, why: "it is no list of numbers".into() };
    let mut hosts = vec![first];
    let (mut host, mut step, mut shift) = (first, 0u64, 0);
    for byte in codec::unseal_plain(POSTING, bytes)? {
        step |= u64::from(byte & 0x7f).checked_shl(shift).ok_or_else(damaged)?;
        shift += 7;
        if byte & 0x80 == 0 {
            host = host.checked_add(step).filter(|_| step > 0).ok_or_else(damaged)?;
            hosts.push(host);
            (step, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(hosts) } else { Err(damaged()) }
}

/// Decodes a block and names it when it is damaged.
pub(crate) fn block(key: (&[u8], u64, u64), bytes: &[u8]) -> Result<Vec<u64>, ReadError> {
    decode(key.2, bytes).map_err(|source| {
        let (term, scan, first) = key;
        let key = format!("{}/{scan}/{first}", String::from_utf8_lossy(term));
        ReadError::Damaged { kind: POSTING, key, source }
    })
}

/// A change to a list: a host, and whether it is on the list from now on.
type Change = (u64, bool);

/// Changes that are not in the tables yet.
#[derive(Default)]
pub(crate) struct Changes(BTreeMap<u64, HashMap<Box<[u8]>, Vec<Change>>>);

impl Changes {
    /// Puts a host on the lists of its terms.
    pub(crate) fn add(&mut self, host: &HostRecord) {
        self.note(host, true);
    }

    /// Takes a host off the lists of its terms.
    pub(crate) fn remove(&mut self, host: &HostRecord) {
        self.note(host, false);
    }

    fn note(&mut self, host: &HostRecord, is_on: bool) {
        let lists = self.0.entry(host.scan_id.get()).or_default();
        let change = (host.id.get(), is_on);
        terms::each(host, |term| match lists.get_mut(term) {
            Some(changes) if changes.last() == Some(&change) => {}
            Some(changes) => changes.push(change),
            None => drop(lists.insert(term.into(), vec![change])),
        });
    }

    /// Writes all of them. Hosts from `first_new` on were on no list before this transaction: they
    /// can go behind a block that is damaged.
    pub(crate) fn flush<E: From<StorageError> + From<ReadError>>(
        &mut self,
        tables: &mut WriteTables<'_>,
        first_new: u64,
    ) -> Result<(), E> {
        for (scan, lists) in std::mem::take(&mut self.0) {
            let mut lists: Vec<_> = lists.into_iter().collect();
            // In the order of their keys, for the database's sake.
            lists.sort_unstable();
            for (term, changes) in lists {
                let mut list = List { tables, term: &term, scan, first_new };
                list.apply::<E>(&last_words(changes))?;
            }
        }
        Ok(())
    }
}

/// Returns what was said last of each host, in the order of their numbers.
fn last_words(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|(host, _)| *host); // stable, so what was said last stays last
    changes.reverse();
    changes.dedup_by_key(|(host, _)| *host);
    changes.reverse();
    changes
}

/// What is found where a host is to go.
enum Held {
    Nothing,
    Block(Vec<u64>),
    /// A block that cannot be read. It stays as it is: a search that meets it says so, a check
    /// names it, and a repair makes the list anew. One index row is no reason to stop writing.
    Damaged,
}

/// The list of a term in a scan, to change it.
struct List<'l, 't> {
    tables: &'l mut WriteTables<'t>,
    term: &'l [u8],
    scan: u64,
    /// Hosts from this number on are in no block of earlier transactions.
    first_new: u64,
}

impl List<'_, '_> {
    fn apply<E: From<StorageError> + From<ReadError>>(
        &mut self,
        changes: &[Change],
    ) -> Result<(), E> {
        let term = self.term;
        let last = self.block_up_to(u64::MAX)?;
        let end = match &last {
            Held::Nothing => None,
            Held::Block(hosts) => hosts.last().copied(),
            Held::Damaged => self.first_new.checked_sub(1),
        };
        let grows = |&(host, is_on): &Change| is_on && end.is_none_or(|end| host > end);
        if changes.iter().all(grows) {
            let mut hosts = match last {
                Held::Block(hosts) if hosts.len() < BLOCK_HOSTS => hosts,
                Held::Block(_) | Held::Damaged => Vec::new(),
                Held::Nothing => {
                    if terms::is_text(term) && self.tables.texts.get(term)?.is_none() {
                        self.tables.texts.insert(term, ())?;
                    }
                    Vec::new()
                }
            };
            hosts.extend(changes.iter().map(|(host, _)| *host));
            return Ok(self.put(&hosts)?);
        }
        for change in changes {
            self.change_one::<E>(*change)?;
        }
        if terms::is_text(term) {
            match self.tables.postings.range(of_term(term))?.next().is_some() {
                true => self.tables.texts.insert(term, ())?,
                false => self.tables.texts.remove(term)?,
            };
        }
        Ok(())
    }

    fn change_one<E: From<StorageError> + From<ReadError>>(
        &mut self,
        (host, is_on): Change,
    ) -> Result<(), E> {
        let mut held = self.block_up_to(host)?;
        if matches!(held, Held::Nothing) && is_on {
            // It goes before all others.
            held = match self.block_from(host)? {
                // Beside the block, if not into it.
                Held::Damaged => Held::Nothing,
                held => held,
            };
        }
        let mut hosts = match held {
            Held::Nothing => Vec::new(),
            Held::Block(hosts) => hosts,
            Held::Damaged if is_on && host >= self.first_new => Vec::new(),
            Held::Damaged => return Ok(()),
        };
        let first = hosts.first().copied();
        match (hosts.binary_search(&host), is_on) {
            (Err(place), true) => hosts.insert(place, host),
            (Ok(place), false) => drop(hosts.remove(place)),
            (Ok(_), true) | (Err(_), false) => return Ok(()),
        }
        if let Some(first) = first.filter(|first| hosts.first() != Some(first)) {
            self.tables.postings.remove((self.term, self.scan, first))?;
        }
        Ok(self.put(&hosts)?)
    }

    /// Writes hosts that follow each other, in as many blocks as they take.
    fn put(&mut self, hosts: &[u64]) -> Result<(), StorageError> {
        for hosts in hosts.chunks(BLOCK_HOSTS) {
            let key = (self.term, self.scan, hosts[0]);
            self.tables.postings.insert(key, encode(hosts).as_slice())?;
        }
        Ok(())
    }

    /// Returns the last block that begins at a host or before it.
    fn block_up_to(&self, host: u64) -> Result<Held, ReadError> {
        let keys = (self.term, self.scan, 0)..=(self.term, self.scan, host);
        held(self.tables.postings.range(keys)?.next_back())
    }

    /// Returns the first block that begins at a host or after it.
    fn block_from(&self, host: u64) -> Result<Held, ReadError> {
        let keys = (self.term, self.scan, host)..=(self.term, self.scan, u64::MAX);
        held(self.tables.postings.range(keys)?.next())
    }
}

/// A row of `postings`, as redb hands it out.
type Row<'r> = Result<(AccessGuard<'r, PostingKey>, AccessGuard<'r, Bytes>), StorageError>;

fn held(row: Option<Row<'_>>) -> Result<Held, ReadError> {
    let Some(row) = row else { return Ok(Held::Nothing) };
    let (key, bytes) = row?;
    match block(key.value(), bytes.value()) {
        Ok(hosts) => Ok(Held::Block(hosts)),
        Err(error @ ReadError::Damaged { .. }) => {
            tracing::error!("a block of the index stays as it is: {}", chain(&error));
            Ok(Held::Damaged)
        }
        Err(error) => Err(error),
    }
}

/// Removes the lists of a scan, by the terms of its hosts.
pub(crate) fn remove_scan<'t>(
    tables: &mut WriteTables<'_>,
    scan: ScanId,
    terms: impl IntoIterator<Item = &'t [u8]>,
) -> Result<(), StorageError> {
    for term in terms {
        tables.postings.retain_in(of_scan(term, scan.get()), |_, _| false)?;
        if terms::is_text(term) && tables.postings.range(of_term(term))?.next().is_none() {
            tables.texts.remove(term)?;
        }
    }
    Ok(())
}

/// Removes the lists of a scan whose hosts do not tell their terms any more.
pub(crate) fn remove_scan_by_search(
    tables: &mut WriteTables<'_>,
    scan: ScanId,
) -> Result<(), StorageError> {
    tables.postings.retain(|(_, held, _), _| held != scan.get())?;
    let WriteTables { postings, texts, .. } = tables;
    let mut gone = Vec::new();
    for row in texts.iter()? {
        let term = row?.0;
        if postings.range(of_term(term.value()))?.next().is_none() {
            gone.push(term.value().to_vec());
        }
    }
    for term in gone {
        texts.remove(term.as_slice())?;
    }
    Ok(())
}

/// Hosts between two flushes, where all are gone through.
const REBUILD_HOSTS: usize = 8192;

/// Makes all lists from the rows of hosts; there must be none. What cannot be read of them is
/// shown to `damaged`, which may go on without it.
pub(crate) fn rebuild<E: From<StorageError> + From<ReadError>>(
    tables: &mut WriteTables<'_>,
    mut damaged: impl FnMut(ReadError) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = 0;
    loop {
        let mut changes = Changes::default();
        let mut rows = 0;
        for row in tables.hosts.range(after..)?.take(REBUILD_HOSTS) {
            let (key, bytes) = row?;
            match reader::decode::<HostRecord>(bytes.value(), key.value()) {
                Ok(host) => changes.add(&host),
                Err(error) => damaged(error)?,
            }
            after = key.value().saturating_add(1);
            rows += 1;
        }
        // There is no block yet that could be damaged.
        changes.flush::<E>(tables, 0)?;
        if rows < REBUILD_HOSTS {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_block_is_read_as_it_was_written(
            hosts in prop::collection::btree_set(0..=u64::MAX, 1..600)
        ) {
            let hosts: Vec<u64> = hosts.into_iter().collect();
            prop_assert_eq!(decode(hosts[0], &encode(&hosts)).unwrap(), hosts);
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(hosts) = decode(7, &codec::seal_plain(&body)) {
                prop_assert!(hosts.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn what_is_said_last_counts() {
        let changes = vec![(3, true), (1, false), (3, false), (1, true), (2, true)];
        assert_eq!(last_words(changes), [(1, true), (2, true), (3, false)]);
    }
}

//! Finds hosts by what is known of them, in one scan or over all.
//!
//! ```text
//! query ──► sources: for each condition that an index knows, the union of its terms' lists
//!           │  scan by scan, the newest first: the hosts that all sources have
//!           ▼
//!        candidates ──► each is read, and kept if all of the query holds ──► a page
//! ```
//!
//! Where no source narrows the hosts down, or addresses do so better, candidates are the hosts of a
//! range of addresses, or all. One call reads a bounded number of candidates: a page may then be
//! short, or empty, and still say where to go on.

mod filter;
mod lists;
mod prefix;

use crate::{
    Store,
    error::ReadError,
    reader::{misplaced, newest_of, require},
    tables::{
        AddressKey, Bytes, HOSTS, HOSTS_BY_ADDRESS, HOSTS_BY_SCAN, POSTINGS, PostingKey,
        SCAN_SPECS, SCANS_BY_PROJECT, TEXTS,
    },
    terms::{self, Text},
};
use lists::{Lists, Sought, Source};
use netscan_schemas::{
    AddressSet, Interval,
    id::{HostId, ScanId},
    stored::HostRecord,
};
use redb::{ReadOnlyTable, ReadTransaction};

pub use filter::HostQuery;
pub use prefix::addresses_that_begin;

/// Hosts of a range of addresses up to which they are gone through rather than the lists.
const FEW_ADDRESSES: usize = 2048;
/// Look-ups of a list that cost about as much as reading a host.
const TERMS_A_READ: usize = 4;

/// Where a search goes on: after this row of what it goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A host on the lists of an index, or, with `every`, among all hosts: scans from the newest to
    /// the oldest, and the hosts of each in the order of their numbers.
    Host {
        /// Its scan.
        scan: u64,
        /// Its number.
        host: u64,
        /// Whether no list narrows the hosts down.
        every: bool,
    },
    /// What a scan found at an address, in the order of addresses.
    Address {
        /// The address on the number line of both families.
        address: u128,
        /// The scan.
        scan: u64,
    },
}

/// Some of the hosts that were looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<P> {
    /// They.
    pub hosts: Vec<HostRecord>,
    /// Where to go on; none at the end.
    pub next: Option<P>,
}

/// How much one call does.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Hosts that it returns at most.
    pub hosts: usize,
    /// Candidates that it reads at most, and steps that cost about as much.
    pub reads: usize,
}

impl Store {
    /// Returns hosts of a scan in the order of their numbers, those after a number.
    pub fn hosts_matching(
        &self,
        scan: ScanId,
        query: &HostQuery,
        after: Option<HostId>,
        bounds: Bounds,
    ) -> Result<Page<HostId>, ReadError> {
        self.read(|txn| {
            let mut search = Search::new(txn, query, bounds)?;
            let mut sources = search.sources()?;
            search.add_addresses(scan.get(), &mut sources)?;
            let first = after.map_or(1, |after| after.get().saturating_add(1));
            let ended = search.in_scan(&sources, scan.get(), first)?;
            let cut = search.cut();
            let next = match (ended, cut) {
                (true, false) => None,
                (_, true) => search.found.last().map(|host| host.id),
                (false, false) => HostId::new(search.reached.1),
            };
            Ok(Page { hosts: search.found, next })
        })
    }

    /// Returns hosts of all scans. Those found by their addresses come in the order of these, all
    /// others from the newest scan to the oldest.
    pub fn search(
        &self,
        query: &HostQuery,
        after: Option<Place>,
        bounds: Bounds,
    ) -> Result<Page<Place>, ReadError> {
        self.read(|txn| {
            let mut search = Search::new(txn, query, bounds)?;
            let next = search.everywhere(after)?;
            Ok(Page { hosts: search.found, next })
        })
    }
}

struct Search<'q> {
    query: &'q HostQuery,
    bounds: Bounds,
    hosts: ReadOnlyTable<u64, Bytes>,
    hosts_by_scan: ReadOnlyTable<(u64, u64), ()>,
    hosts_by_address: ReadOnlyTable<AddressKey, u64>,
    postings: ReadOnlyTable<PostingKey, Bytes>,
    texts: ReadOnlyTable<Bytes, ()>,
    scan_specs: ReadOnlyTable<u64, Bytes>,
    scans_by_project: ReadOnlyTable<(u64, u64), ()>,
    /// What is found; one more than asked for when there is more.
    found: Vec<HostRecord>,
    /// Candidates that were read, and steps that cost as much.
    reads: usize,
    /// The last scan, and the last host of it, that need not be looked at again.
    reached: (u64, u64),
    /// A word that a host's texts must have: an address that it opens is found elsewhere.
    in_texts: Option<&'q str>,
}

impl<'q> Search<'q> {
    fn new(txn: &ReadTransaction, query: &'q HostQuery, bounds: Bounds) -> Result<Self, ReadError> {
        Ok(Self {
            query,
            bounds,
            hosts: txn.open_table(HOSTS)?,
            hosts_by_scan: txn.open_table(HOSTS_BY_SCAN)?,
            hosts_by_address: txn.open_table(HOSTS_BY_ADDRESS)?,
            postings: txn.open_table(POSTINGS)?,
            texts: txn.open_table(TEXTS)?,
            scan_specs: txn.open_table(SCAN_SPECS)?,
            scans_by_project: txn.open_table(SCANS_BY_PROJECT)?,
            found: Vec::new(),
            reads: 0,
            reached: (u64::MAX, 0),
            in_texts: None,
        })
    }

    /// Returns whether this call has done its part.
    fn is_full(&self) -> bool {
        self.found.len() > self.bounds.hosts || self.reads >= self.bounds.reads
    }

    /// Drops the host that was only found to know that there is more; returns whether there was
    /// one.
    fn cut(&mut self) -> bool {
        let more = self.found.len() > self.bounds.hosts;
        self.found.truncate(self.bounds.hosts);
        more
    }

    /// Reads a candidate and keeps it if all of the query holds, and `also`.
    fn judge(
        &mut self,
        scan: u64,
        host: u64,
        also: impl FnOnce(&HostRecord) -> bool,
    ) -> Result<(), ReadError> {
        let record: HostRecord = require(&self.hosts, host)?;
        if record.scan_id.get() != scan {
            return Err(misplaced::<HostRecord>(host));
        }
        self.reads += 1;
        let in_texts = self.in_texts.is_none_or(|word| filter::texts_mention(&record, word));
        if self.query.matches(&record) && in_texts && also(&record) {
            self.found.push(record);
        }
        Ok(())
    }

    /// Returns a source for each condition that an index knows.
    fn sources(&self) -> Result<Vec<Source>, ReadError> {
        let mut sources = Vec::new();
        let HostQuery { port, protocol, state, service, product, verdict, words, .. } = self.query;
        if port.is_some() || protocol.is_some() || state.is_some() {
            sources.push(Source::of(terms::ports(*protocol, *port, state.as_deref())));
        }
        if let Some(service) = service {
            sources.push(Source::of(vec![terms::text(Text::Service, service)]));
        }
        if let Some(verdict) = verdict {
            sources.push(Source::of(vec![terms::verdict(*verdict)]));
        }
        if let Some(product) = product {
            sources.extend(lists::containing(&self.texts, &[Text::Product], product)?);
        }
        for word in words.iter().filter(|word| !may_open_an_address(word)) {
            sources.extend(lists::containing(&self.texts, &Text::ALL, word)?);
        }
        Ok(sources)
    }

    /// Adds the sources of one scan that addresses are, where they are few.
    fn add_addresses(&self, scan: u64, sources: &mut Vec<Source>) -> Result<(), ReadError> {
        if let Some(addresses) = &self.query.addresses
            && let Some(hosts) = self.few_hosts_at(addresses.intervals(), scan)?
        {
            sources.push(Source { hosts, ..Source::default() });
        }
        for word in self.query.words.iter().filter(|word| may_open_an_address(word)) {
            if let Some(hosts) = self.few_hosts_at(&addresses_that_begin(word), scan)?
                && let Some(in_texts) = lists::containing(&self.texts, &Text::ALL, word)?
            {
                sources.push(Source { hosts, ..in_texts });
            }
        }
        Ok(())
    }

    fn everywhere(&mut self, after: Option<Place>) -> Result<Option<Place>, ReadError> {
        let sources = self.sources()?;
        if let Some(addresses) = &self.query.addresses {
            let by_address = match after {
                Some(Place::Address { .. }) => true,
                Some(Place::Host { .. }) => false,
                None => sources.is_empty() || self.are_few(addresses)?,
            };
            if by_address {
                return self.in_addresses(addresses.intervals(), after, |_| true);
            }
        }
        let query = self.query;
        match query.words.iter().find(|word| may_open_an_address(word)) {
            Some(word) if sources.is_empty() => self.by_word(word, after),
            _ => self.in_scans(&sources, after),
        }
    }

    /// Finds hosts by a word that is all there is to find them by, and that may open an address:
    /// first those whose texts have it, then those with such an address.
    fn by_word(&mut self, word: &'q str, after: Option<Place>) -> Result<Option<Place>, ReadError> {
        let addresses = match after {
            Some(Place::Address { .. }) => after,
            Some(Place::Host { every: true, .. }) => return self.in_scans(&[], after),
            Some(Place::Host { every: false, .. }) | None => {
                let in_texts = lists::containing(&self.texts, &Text::ALL, word)?;
                let sources = Vec::from_iter(in_texts);
                if sources.is_empty() && after.is_none() {
                    return self.in_scans(&[], after);
                }
                self.in_texts = Some(word).filter(|_| !sources.is_empty());
                if let Some(next) = self.in_scans(&sources, after)? {
                    return Ok(Some(next));
                }
                self.in_texts = None;
                Some(Place::Address { address: 0, scan: 0 })
            }
        };
        let is_new = |host: &HostRecord| !filter::texts_mention(host, word);
        self.in_addresses(&addresses_that_begin(word), addresses, is_new)
    }

    /// Goes through the hosts of all scans that the sources have.
    fn in_scans(
        &mut self,
        sources: &[Source],
        after: Option<Place>,
    ) -> Result<Option<Place>, ReadError> {
        self.reached = match after {
            Some(Place::Host { scan, host, .. }) => (scan, host),
            Some(Place::Address { .. }) | None => (u64::MAX, 0),
        };
        let every = sources.is_empty();
        loop {
            let scan = match self.next_scan(sources)? {
                Next::Scan(scan) => scan,
                Next::End => return Ok(None),
                Next::Enough => break,
            };
            // However much that took, some of the scan is gone through: so every call gets on.
            let first = if scan == self.reached.0 { self.reached.1.saturating_add(1) } else { 0 };
            let ended = self.in_scan(sources, scan, first)?;
            if ended && scan == 0 {
                return Ok(None);
            }
            if ended {
                self.reached = (scan - 1, 0);
            }
            if self.is_full() {
                break;
            }
        }
        if self.cut() {
            let last =
                self.found.last().map_or(self.reached, |host| (host.scan_id.get(), host.id.get()));
            return Ok(Some(Place::Host { scan: last.0, host: last.1, every }));
        }
        let (scan, host) = self.reached;
        Ok(Some(Place::Host { scan, host, every }))
    }

    /// Returns the newest scan, from where the search has got to, that all sources have hosts of.
    fn next_scan(&mut self, sources: &[Source]) -> Result<Next, ReadError> {
        loop {
            let from = self.reached.0;
            let mut scan = from;
            for source in sources {
                match source.scan_at_most(&self.postings, scan)? {
                    Some(at_most) => scan = at_most,
                    None => return Ok(Next::End),
                }
                self.reads += source.terms.len() / TERMS_A_READ;
            }
            let listed = match &self.query.projects {
                Some(projects) => newest_of(&self.scans_by_project, projects, scan)?,
                None if sources.is_empty() => {
                    let last = self.scan_specs.range(..=scan)?.next_back().transpose()?;
                    last.map(|row| row.0.value())
                }
                None => Some(scan),
            };
            let Some(scan) = listed else { return Ok(Next::End) };
            self.reads += 1 + self.project_reads();
            if scan == from {
                return Ok(Next::Scan(scan));
            }
            self.reached = (scan, 0);
            if self.is_full() {
                return Ok(Next::Enough);
            }
        }
    }

    /// Returns what it costs to ask whether a scan is of the projects, in hosts that could have been
    /// read.
    fn project_reads(&self) -> usize {
        self.query.projects.as_ref().map_or(0, |projects| projects.len() / TERMS_A_READ)
    }

    /// Returns whether a scan is of the projects that are asked for.
    fn is_in_projects(&self, scan: u64) -> Result<bool, ReadError> {
        let Some(projects) = &self.query.projects else { return Ok(true) };
        for project in projects {
            if self.scans_by_project.get((project.get(), scan))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes through the hosts of a scan that all sources have, from a number on; returns whether it
    /// got to their end.
    fn in_scan(&mut self, sources: &[Source], scan: u64, first: u64) -> Result<bool, ReadError> {
        if sources.is_empty() {
            for key in self.hosts_by_scan.range((scan, first)..=(scan, u64::MAX))? {
                let host = key?.0.value().1;
                self.judge(scan, host, |_| true)?;
                self.reached = (scan, host);
                if self.is_full() {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let mut lists = Lists::new(scan, sources);
        let mut from = first;
        loop {
            let reads = self.bounds.reads.saturating_sub(self.reads);
            let sought = lists.seek(&self.postings, from, reads)?;
            self.reads = self.reads.saturating_add(lists.cost());
            let reached = match sought {
                Sought::None => return Ok(true),
                Sought::Host(host) => {
                    self.judge(scan, host, |_| true)?;
                    host
                }
                Sought::NotBefore(host) => host.saturating_sub(1),
            };
            self.reached = (scan, reached);
            if self.is_full() {
                return Ok(false);
            }
            from = reached.saturating_add(1);
        }
    }

    /// Goes through what scans found at addresses.
    fn in_addresses(
        &mut self,
        runs: &[Interval],
        after: Option<Place>,
        also: impl Fn(&HostRecord) -> bool,
    ) -> Result<Option<Place>, ReadError> {
        let (from, after_scan) = match after {
            Some(Place::Address { address, scan }) => (address, scan),
            Some(Place::Host { .. }) | None => (0, 0),
        };
        // The last row whose host was kept, or passed over.
        let mut kept = Place::Address { address: from, scan: after_scan };
        let mut next = runs.partition_point(|run| run.last < from);
        while let Some(run) = runs.get(next) {
            let first = match run.first > from {
                true => (run.first.to_be_bytes(), 0),
                false => (from.to_be_bytes(), after_scan.saturating_add(1)),
            };
            next = runs.len();
            for row in self.hosts_by_address.range(first..)? {
                let (key, host) = row?;
                let (address, scan) = key.value();
                let address = u128::from_be_bytes(address);
                let is_behind = address > run.last;
                match !is_behind && self.is_in_projects(scan)? {
                    true => self.judge(scan, host.value(), &also)?,
                    false => self.reads += 1,
                }
                self.reads += self.project_reads();
                if self.cut() {
                    return Ok(Some(kept));
                }
                kept = match is_behind {
                    // Runs before it have no row, and no scan has the number 0.
                    true => Place::Address { address, scan: 0 },
                    false => Place::Address { address, scan },
                };
                if self.is_full() {
                    return Ok(Some(kept));
                }
                if is_behind {
                    next = runs.partition_point(|run| run.last < address);
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Returns whether few hosts were ever found at these addresses.
    fn are_few(&self, addresses: &AddressSet) -> Result<bool, ReadError> {
        Ok(self.few_hosts_at(addresses.intervals(), 0)?.is_some())
    }

    /// Returns the hosts that a scan found at addresses, in order; none when all scans together
    /// found many.
    fn few_hosts_at(&self, runs: &[Interval], scan: u64) -> Result<Option<Vec<u64>>, ReadError> {
        let (mut hosts, mut steps) = (Vec::new(), 0);
        for run in runs {
            let keys = (run.first.to_be_bytes(), 0)..=(run.last.to_be_bytes(), u64::MAX);
            steps += 1;
            if steps > FEW_ADDRESSES {
                return Ok(None);
            }
            for row in self.hosts_by_address.range(keys)? {
                let (key, host) = row?;
                steps += 1;
                if steps > FEW_ADDRESSES {
                    return Ok(None);
                }
                if key.value().1 == scan {
                    hosts.push(host.value());
                }
            }
        }
        hosts.sort_unstable();
        Ok(Some(hosts))
    }
}

/// Where a search over all scans goes on.
enum Next {
    /// In this scan.
    Scan(u64),
    /// Nowhere.
    End,
    /// From where it has got to; but this call has done its part.
    Enough,
}

fn may_open_an_address(word: &str) -> bool {
    !addresses_that_begin(word).is_empty()
}

//! Lists of hosts by term, put together: a host is a candidate when every source has it, and a
//! source has it when one of its lists does.

use crate::{
    error::ReadError,
    postings,
    tables::{Bytes, PostingKey},
    terms::{self, Text},
};
use redb::ReadOnlyTable;

/// Texts that are looked through for one that has a word; if there are more, the index is no help.
const TEXTS_MAX: usize = 200_000;
/// Lists of one source; if it took more, the index is no help.
const LISTS_MAX: usize = 1024;
/// Steps of a list that cost about as much as reading a host.
const STEPS_A_READ: usize = 64;
/// What loading a block counts as, in steps.
const LOAD_STEPS: usize = 16;

type Postings = ReadOnlyTable<PostingKey, Bytes>;

/// What a host must have one of.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Terms.
    pub(super) terms: Vec<Vec<u8>>,
    /// Numbers, in order. They are of the one scan that is searched.
    pub(super) hosts: Vec<u64>,
}

impl Source {
    pub(super) fn of(terms: Vec<Vec<u8>>) -> Self {
        Self { terms, hosts: Vec::new() }
    }

    /// Returns the newest scan up to one in which there is such a host.
    pub(super) fn scan_at_most(
        &self,
        postings: &Postings,
        scan: u64,
    ) -> Result<Option<u64>, ReadError> {
        let mut newest = None;
        for term in &self.terms {
            let rows = (term.as_slice(), 0, 0)..=(term.as_slice(), scan, u64::MAX);
            if let Some(row) = postings.range(rows)?.next_back() {
                newest = newest.max(Some(row?.0.value().1));
            }
        }
        Ok(newest)
    }
}

/// Returns the terms of all texts of these kinds that have a text in them; none when there are too
/// many of one or the other.
pub(super) fn containing(
    texts: &ReadOnlyTable<Bytes, ()>,
    kinds: &[Text],
    text: &str,
) -> Result<Option<Source>, ReadError> {
    let mut terms = Vec::new();
    let mut seen = 0;
    for kind in kinds.iter().map(|kind| kind.kind()) {
        for row in texts.range([kind].as_slice()..[kind + 1].as_slice())? {
            let key = row?.0;
            seen += 1;
            // Those without a text are too long to have one: each has to be looked at.
            if terms::text_of(key.value()).is_none_or(|held| held.contains(text)) {
                terms.push(key.value().to_vec());
            }
            if seen > TEXTS_MAX || terms.len() > LISTS_MAX {
                return Ok(None);
            }
        }
    }
    Ok(Some(Source::of(terms)))
}

/// What a search of lists comes to.
#[derive(Debug)]
pub(super) enum Sought {
    /// This host is on a list of each source.
    Host(u64),
    /// There is none before this one; that was all it might cost.
    NotBefore(u64),
    /// There is none.
    None,
}

/// The lists of the sources in one scan.
pub(super) struct Lists<'s> {
    sources: Vec<Vec<List<'s>>>,
    /// What was done since it was last asked.
    steps: usize,
}

impl<'s> Lists<'s> {
    pub(super) fn new(scan: u64, sources: &'s [Source]) -> Self {
        let list = |term: &'s Vec<u8>| List { term, scan, block: Vec::new(), ended: false };
        let lists = |source: &'s Source| {
            let hosts = List { term: &[], scan, block: source.hosts.clone(), ended: true };
            source.terms.iter().map(list).chain([hosts]).collect()
        };
        Self { sources: sources.iter().map(lists).collect(), steps: 0 }
    }

    /// Returns what was done since it was last asked, in hosts that could have been read.
    pub(super) fn cost(&mut self) -> usize {
        let reads = self.steps / STEPS_A_READ;
        self.steps %= STEPS_A_READ;
        reads
    }

    /// Returns the first host from a number on that all sources have. Where they agree on few, that
    /// may take long: it gives up once it has cost as much as so many reads, but not before it got
    /// beyond `from`.
    pub(super) fn seek(
        &mut self,
        postings: &Postings,
        from: u64,
        reads: usize,
    ) -> Result<Sought, ReadError> {
        let most = self.steps.saturating_add(reads.saturating_mul(STEPS_A_READ));
        let mut host = from;
        'again: loop {
            for lists in &mut self.sources {
                let mut next: Option<u64> = None;
                for list in lists.iter_mut() {
                    if let Some(held) = list.seek(postings, host, &mut self.steps)? {
                        next = Some(next.map_or(held, |next| next.min(held)));
                    }
                }
                match next {
                    None => return Ok(Sought::None),
                    Some(next) if next > host => {
                        host = next;
                        if self.steps > most {
                            return Ok(Sought::NotBefore(host));
                        }
                        continue 'again;
                    }
                    Some(_) => {}
                }
            }
            return Ok(Sought::Host(host));
        }
    }
}

/// A list that is read forward, a block at a time.
struct List<'s> {
    term: &'s [u8],
    scan: u64,
    block: Vec<u64>,
    /// Whether there are no more blocks.
    ended: bool,
}

impl List<'_> {
    /// Returns the first host on it from a number on; numbers only grow from call to call.
    fn seek(
        &mut self,
        postings: &Postings,
        from: u64,
        steps: &mut usize,
    ) -> Result<Option<u64>, ReadError> {
        *steps += 1;
        if self.block.last().is_none_or(|last| *last < from) && !self.ended {
            *steps += LOAD_STEPS;
            self.load(postings, from)?;
        }
        let place = self.block.partition_point(|host| *host < from);
        Ok(self.block.get(place).copied())
    }

    /// Reads the block that has the first host from a number on; an empty one if there is none.
    fn load(&mut self, postings: &Postings, from: u64) -> Result<(), ReadError> {
        self.block.clear();
        let (term, scan) = (self.term, self.scan);
        if let Some(row) = postings.range((term, scan, 0)..=(term, scan, from))?.next_back() {
            let (key, bytes) = row?;
            self.block = postings::block(key.value(), bytes.value())?;
        }
        if self.block.last().is_none_or(|last| *last < from) {
            self.block.clear();
            match postings.range((term, scan, from)..=(term, scan, u64::MAX))?.next() {
                Some(row) => {
                    let (key, bytes) = row?;
                    self.block = postings::block(key.value(), bytes.value())?;
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }
}

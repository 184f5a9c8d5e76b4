//! One write transaction: its tables, and what it holds back to write once.
//!
//! Counts and verdicts change with every host of a group, and events come one by one; they are
//! gathered here and written when the group is finished.

use super::hosts::BatchVerdicts;
use crate::{
    codec::{self, CodecError, Record},
    db::Counters,
    error::{ReadError, Refusal, WriteError, storage_errors},
    file,
    metrics::Counted,
    postings::Changes,
    reader::{self, get},
    segment::{self, SEGMENT_BYTES},
    tables::{WriteTables, meta},
    write::{Op, Receipt},
};
use netscan_schemas::{
    event::EncodedEvent,
    id::{BatchId, ProjectId, ScanId, Seq},
    stored::{AuditRecord, ScanSpec, TallyRecord},
};
use redb::{ReadableTable, WriteTransaction};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, atomic::Ordering},
};

/// Events that became durable together, by scan.
pub(super) type Published = BTreeMap<ScanId, OfScan>;

/// Those of one scan.
#[derive(Debug)]
pub(super) struct OfScan {
    /// None when what says so is damaged.
    pub(super) project: Option<ProjectId>,
    pub(super) events: Vec<(Seq, Arc<str>)>,
}

/// Scans whose newest event's number is remembered.
const SEQS_MAX: usize = 4096;

/// What the writer remembers of the database from one transaction to the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The number of a scan's newest event.
    seqs: HashMap<ScanId, Seq>,
    /// The projects of those scans, as far as they were asked for.
    projects: HashMap<ScanId, Option<ProjectId>>,
    /// The counters as they were last written.
    written: [u64; 4],
    /// The count of transactions, once it was read.
    commits: Option<u64>,
}

/// What a committed transaction changes of that.
#[derive(Debug)]
pub(super) struct News {
    /// The number of a scan's newest event; none for a deleted scan.
    seqs: HashMap<ScanId, Option<Seq>>,
    projects: HashMap<ScanId, Option<ProjectId>>,
    written: [u64; 4],
    /// The transaction's own number, which is on disk when the transaction is.
    pub(super) commit: u64,
}

impl Memory {
    pub(super) fn take_in(&mut self, news: News) {
        self.written = news.written;
        self.commits = Some(news.commit);
        if self.seqs.len() + news.seqs.len() > SEQS_MAX {
            self.seqs.clear();
            self.projects.clear();
        }
        self.projects.extend(news.projects);
        for (scan, seq) in news.seqs {
            match seq {
                Some(seq) => drop(self.seqs.insert(scan, seq)),
                None => {
                    self.seqs.remove(&scan);
                    self.projects.remove(&scan);
                }
            }
        }
    }
}

/// Why a step was not done.
pub(super) enum Fault {
    /// It cannot be done, but others can.
    Unit(WriteError),
    /// Nothing can be done.
    Storage(Box<redb::Error>),
}

storage_errors!(Fault: StorageError, TableError);

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Unit(refusal.into())
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { kind, key, source } => {
                Self::Unit(WriteError::Damaged { kind, key, source })
            }
            ReadError::Storage(error) => Self::Storage(error),
            ReadError::Unavailable => Self::Storage(Box::new(redb::Error::DatabaseClosed)),
        }
    }
}

impl From<CodecError> for Fault {
    fn from(error: CodecError) -> Self {
        Self::Unit(WriteError::Encode(error))
    }
}

/// Events of a scan that are not yet in a segment.
struct Pending {
    first: Seq,
    bytes: usize,
    texts: Vec<Arc<str>>,
}

/// A group of units in their one transaction.
pub(super) struct Group<'g> {
    pub(super) tables: WriteTables<'g>,
    pub(super) counters: &'g Counters,
    pub(super) verdicts: HashMap<BatchId, BatchVerdicts>,
    pub(super) postings: Changes,
    pub(super) next_project: u64,
    pub(super) next_host: u64,
    memory: &'g Memory,
    seqs: HashMap<ScanId, Option<Seq>>,
    projects: HashMap<ScanId, Option<ProjectId>>,
    tallies: HashMap<ScanId, TallyRecord>,
    pending: BTreeMap<ScanId, Pending>,
    published: Published,
    pub(super) counted: Counted,
    pub(super) audited: Vec<AuditRecord>,
    /// Whether the unit at hand has changed anything.
    touched: bool,
}

impl<'g> Group<'g> {
    pub(super) fn open(
        txn: &'g WriteTransaction,
        memory: &'g Memory,
        counters: &'g Counters,
    ) -> Result<Self, redb::Error> {
        let [next_project, _, _, next_host] = &counters.next;
        Ok(Self {
            tables: WriteTables::open(txn)?,
            counters,
            verdicts: HashMap::new(),
            postings: Changes::default(),
            next_project: next_project.load(Ordering::Relaxed),
            next_host: next_host.load(Ordering::Relaxed),
            memory,
            seqs: HashMap::new(),
            projects: HashMap::new(),
            tallies: HashMap::new(),
            pending: BTreeMap::new(),
            published: Published::new(),
            counted: Counted::default(),
            audited: Vec::new(),
            touched: false,
        })
    }

    /// Does the steps of a unit. After an error the group is only good for more units while it
    /// [is untouched](Self::is_untouched).
    pub(super) fn apply_unit(&mut self, ops: &[Op]) -> Result<Receipt, Fault> {
        self.touched = false;
        let mut receipt = Receipt::default();
        for op in ops {
            self.apply(op, &mut receipt)?;
        }
        Ok(receipt)
    }

    /// Returns whether the unit at hand has changed nothing.
    pub(super) fn is_untouched(&self) -> bool {
        !self.touched
    }

    /// To be called by every step before its first change, and after its last refusal.
    pub(super) fn touch(&mut self) {
        self.touched = true;
    }

    /// Returns the counts of a scan, to change them.
    pub(super) fn tally(&mut self, scan: ScanId) -> Result<&mut TallyRecord, Fault> {
        if !self.tallies.contains_key(&scan) {
            let tally = get(&self.tables.tallies, scan.get())?;
            self.tallies.insert(scan, tally.ok_or(Refusal::NoScan(scan))?);
        }
        self.tallies.get_mut(&scan).ok_or_else(|| Refusal::NoScan(scan).into())
    }

    /// Gives an event its number.
    pub(super) fn event(
        &mut self,
        scan: ScanId,
        event: &EncodedEvent,
        receipt: &mut Receipt,
    ) -> Result<(), Fault> {
        let seq = self.last_seq(scan)? + 1;
        let project = self.project_of(scan)?;
        self.touch();
        let text: Arc<str> = event.frame(scan, seq).into();
        debug_assert!(!text.contains('\n'), "JSON has no raw line end");
        self.seqs.insert(scan, Some(seq));
        let of_scan = || OfScan { project, events: Vec::new() };
        let published = self.published.entry(scan).or_insert_with(of_scan);
        published.events.push((seq, Arc::clone(&text)));
        match receipt.last_seq.iter_mut().find(|(held, _)| *held == scan) {
            Some((_, last)) => *last = seq,
            None => receipt.last_seq.push((scan, seq)),
        }
        if self.pending.get(&scan).is_some_and(|held| held.bytes + text.len() > SEGMENT_BYTES) {
            self.flush_events(scan)?;
        }
        let pending =
            self.pending.entry(scan).or_insert(Pending { first: seq, bytes: 0, texts: Vec::new() });
        pending.bytes += text.len();
        pending.texts.push(text);
        Ok(())
    }

    fn last_seq(&self, scan: ScanId) -> Result<Seq, Fault> {
        let remembered = || self.memory.seqs.get(&scan).copied().map(Some);
        match self.seqs.get(&scan).copied().or_else(remembered) {
            Some(Some(seq)) => return Ok(seq),
            Some(None) => return Err(Refusal::NoScan(scan).into()),
            None => {}
        }
        if self.tables.scan_states.get(scan.get())?.is_none() {
            return Err(Refusal::NoScan(scan).into());
        }
        Ok(reader::last_seq_in(&self.tables.events, scan)?)
    }

    /// Returns the project of a scan; none when what says so is damaged, which must not keep events
    /// from being written.
    fn project_of(&mut self, scan: ScanId) -> Result<Option<ProjectId>, Fault> {
        if let Some(project) = self.projects.get(&scan).or_else(|| self.memory.projects.get(&scan))
        {
            return Ok(*project);
        }
        let project = match get::<ScanSpec>(&self.tables.scan_specs, scan.get()) {
            Ok(spec) => spec.map(|spec| spec.project_id),
            Err(ReadError::Damaged { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        self.projects.insert(scan, project);
        Ok(project)
    }

    /// Notes the project of a new scan.
    pub(super) fn is_of(&mut self, scan: ScanId, project: ProjectId) {
        self.projects.insert(scan, Some(project));
    }

    fn flush_events(&mut self, scan: ScanId) -> Result<(), Fault> {
        if let Some(pending) = self.pending.remove(&scan) {
            let bytes = segment::encode(&pending.texts)?;
            self.tables.events.insert((scan.get(), pending.first), bytes.as_slice())?;
        }
        Ok(())
    }

    /// Writes all that is held back.
    pub(super) fn flush(&mut self) -> Result<(), Fault> {
        while let Some(scan) = self.pending.keys().next().copied() {
            self.flush_events(scan)?;
        }
        for (scan, tally) in self.tallies.drain() {
            self.tables.tallies.insert(scan.get(), tally.to_bytes()?.as_slice())?;
        }
        for (batch, verdicts) in self.verdicts.drain() {
            let bytes = verdicts.into_record().to_bytes()?;
            self.tables.verdicts.insert(batch.get(), bytes.as_slice())?;
        }
        let [_, _, _, next_host] = &self.counters.next;
        self.postings.flush(&mut self.tables, next_host.load(Ordering::Relaxed))
    }

    /// Forgets the number of a deleted scan's newest event.
    pub(super) fn forget(&mut self, scan: ScanId) {
        self.seqs.insert(scan, None);
    }

    /// Writes all that is held back, and the counters; returns what to publish and to remember
    /// once the transaction is committed.
    pub(super) fn finish(
        mut self,
    ) -> Result<(Published, Vec<AuditRecord>, News, Counted), redb::Error> {
        self.flush().map_err(|fault| match fault {
            Fault::Storage(error) => *error,
            // What is held back is far below the limits of its records.
            Fault::Unit(error) => redb::Error::Io(std::io::Error::other(error)),
        })?;
        let counters = &self.counters.next;
        counters[0].fetch_max(self.next_project, Ordering::Relaxed);
        counters[3].fetch_max(self.next_host, Ordering::Relaxed);
        let mut written = self.memory.written;
        for (index, name) in meta::NEXT.into_iter().enumerate() {
            let next = counters[index].load(Ordering::Relaxed);
            if written[index] != next {
                let row = codec::seal_meta(&next.to_le_bytes());
                self.tables.meta.insert(name, row.as_slice())?;
                written[index] = next;
            }
        }
        let held = match self.memory.commits {
            Some(held) => held,
            None => file::number(file::meta_in(&self.tables.meta, meta::COMMITS)?, meta::COMMITS)?,
        };
        let commit = held + 1;
        let row = codec::seal_meta(&commit.to_le_bytes());
        self.tables.meta.insert(meta::COMMITS, row.as_slice())?;
        self.counted.events = self.published.values().map(|of| of.events.len() as u64).sum();
        let news = News { seqs: self.seqs, projects: self.projects, written, commit };
        Ok((self.published, self.audited, news, self.counted))
    }
}

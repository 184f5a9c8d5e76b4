//! Checks a store: rebuilds, from the primary rows, what counts and indexes must hold, compares,
//! and reads every record and every byte of raw output on the way.
//!
//! An index with an entry for each row, and with as many entries as there are rows, holds those
//! and nothing else: that is how strays are found without holding a table in memory.
//!
//! One read transaction lasts as long as the check, so the file grows with what is written
//! meanwhile.

mod batches;
mod hosts;

use crate::{
    Store,
    audit::Verifier,
    codec,
    codec::CodecError,
    error::ReadError,
    reader::{decode, decode_difficult, decode_profile, decode_session, decode_token},
    rows::{self, Filed},
    segment,
    tables::{Bytes, ReadTables, meta, status_number, under},
};
use netscan_schemas::{
    address::to_address,
    id::ScanId,
    scan::ScanState,
    stored::{PlanRecord, ProjectRecord, ScanSpec, ScopeRecord, TallyRecord},
};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};
use std::{collections::BTreeSet, fmt};

/// Problems that a report spells out; more are only counted.
const PROBLEMS_MAX: usize = 100;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Projects.
    pub projects: u64,
    /// Scans.
    pub scans: u64,
    /// Batches.
    pub batches: u64,
    /// Attempts.
    pub attempts: u64,
    /// Hosts with a row.
    pub hosts: u64,
    /// Open ports on them.
    pub open_ports: u64,
    /// Events.
    pub events: u64,
    /// Frames of raw output.
    pub raw_frames: u64,
    /// Bytes of raw output, before compression.
    pub raw_bytes: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// What is wrong, in words; at most the first hundred.
    pub problems: Vec<String>,
    /// How much is wrong.
    pub problems_total: u64,
}

impl CheckReport {
    /// Returns whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.problems_total == 0
    }
}

/// Checks a store. Reads all of it; an error means that the database itself fails.
pub fn check(store: &Store) -> Result<CheckReport, ReadError> {
    store.read(check_in)
}

/// Checks what a transaction sees.
pub(crate) fn check_in(txn: &ReadTransaction) -> Result<CheckReport, ReadError> {
    let tables = ReadTables::open(txn)?;
    let report = CheckReport::default();
    let mut checker = Checker {
        tables: &tables,
        report,
        segments: 0,
        verdict_rows: 0,
        difficult_rows: 0,
        scope_rows: 0,
        token_rows: 0,
        profile_rows: 0,
        session_rows: 0,
        list_rows: 0,
        texts: BTreeSet::new(),
    };
    checker.projects()?;
    checker.scans()?;
    checker.attempts()?;
    checker.difficult()?;
    checker.scopes()?;
    checker.profiles()?;
    checker.access()?;
    checker.audit()?;
    checker.sizes()?;
    Ok(checker.report)
}

struct Checker<'t> {
    tables: &'t ReadTables,
    report: CheckReport,
    /// Rows of `events` and `verdicts` that were reached from their scans.
    segments: u64,
    verdict_rows: u64,
    difficult_rows: u64,
    scope_rows: u64,
    token_rows: u64,
    profile_rows: u64,
    session_rows: u64,
    /// Rows of `postings` that were reached from hosts, and the texts among their terms.
    list_rows: u64,
    texts: BTreeSet<Box<[u8]>>,
}

impl Checker<'_> {
    fn problem(&mut self, what: impl fmt::Display) {
        self.report.problems_total += 1;
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(what.to_string());
        }
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.problem(what());
        }
    }

    /// Returns a record, or notes that it is damaged.
    fn sound<T>(&mut self, read: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(ReadError::Damaged { kind, key, source }) => {
                self.problem(format_args!("{kind} {key}: {source}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns a row that must be there, or notes that it is missing or damaged.
    fn row<R: Filed>(
        &mut self,
        table: &ReadOnlyTable<u64, Bytes>,
        key: u64,
    ) -> Result<Option<R>, ReadError> {
        match table.get(key)? {
            Some(bytes) => self.sound(decode(bytes.value(), key)),
            None => {
                self.problem(format_args!("{} {key} is missing", R::KIND));
                Ok(None)
            }
        }
    }

    /// Returns a counter of `meta`, or notes that it is damaged.
    fn counter(&mut self, name: &'static str) -> Result<u64, ReadError> {
        let Some(row) = self.tables.meta.get(name)? else { return Ok(1) };
        let value = codec::unseal_meta(row.value()).map(<[u8; 8]>::try_from);
        match value {
            Ok(Ok(bytes)) => Ok(u64::from_le_bytes(bytes)),
            Ok(Err(_)) | Err(_) => {
                self.problem(format_args!("the counter {name} is damaged"));
                Ok(u64::MAX)
            }
        }
    }

    fn projects(&mut self) -> Result<(), ReadError> {
        let next = self.counter(meta::NEXT[0])?;
        for row in self.tables.projects.range::<u64>(..)? {
            let (key, bytes) = row?;
            let key = key.value();
            self.report.projects += 1;
            self.expect(key < next, || format!("project {key} is above its counter"));
            let record = self.sound(decode::<ProjectRecord>(bytes.value(), key))?;
            let Some(record) = record else { continue };
            self.expect(record.id.get() == key, || format!("project {key} has another number"));
            let named = self.tables.project_names.get(record.name.as_str())?;
            let indexed = named.is_some_and(|id| id.value() == key);
            self.expect(indexed, || format!("project {key} is not found by its name"));
        }
        Ok(())
    }

    fn scans(&mut self) -> Result<(), ReadError> {
        let next = self.counter(meta::NEXT[1])?;
        for row in self.tables.scan_specs.range::<u64>(..)? {
            let (key, bytes) = row?;
            let key = key.value();
            self.report.scans += 1;
            self.expect(key < next, || format!("scan {key} is above its counter"));
            if let Some(spec) = self.sound(decode::<ScanSpec>(bytes.value(), key))? {
                self.scan_spec(key, &spec)?;
            }
            if let Some(state) = self.row::<ScanState>(&self.tables.scan_states, key)? {
                let key = (status_number(state.status), key);
                let indexed = self.tables.scans_by_status.get(key)?.is_some();
                self.expect(indexed, || format!("scan {} is not found by its status", key.1));
            }
            self.row::<PlanRecord>(&self.tables.plans, key)?;
            let tally = self.row::<TallyRecord>(&self.tables.tallies, key)?;
            let Some(scan) = ScanId::new(key) else { continue };
            let counted = self.batches_of(scan)?;
            let counted = self.hosts_of(scan, counted)?;
            if let Some(tally) = tally {
                self.expect(tally == counted, || {
                    format!("scan {key} is counted as {tally:?} and has {counted:?}")
                });
            }
            self.events_of(scan)?;
        }
        Ok(())
    }

    fn scan_spec(&mut self, key: u64, spec: &ScanSpec) -> Result<(), ReadError> {
        self.expect(spec.id.get() == key, || format!("scan {key} has another number"));
        let project = spec.project_id.get();
        let there = self.tables.projects.get(project)?.is_some();
        self.expect(there, || format!("scan {key} is of project {project}, which is missing"));
        let indexed = self.tables.scans_by_project.get((project, key))?.is_some();
        self.expect(indexed, || format!("scan {key} is not found by its project"));
        Ok(())
    }

    fn events_of(&mut self, scan: ScanId) -> Result<(), ReadError> {
        let mut wanted = 1;
        for row in self.tables.events.range(under(scan.get()))? {
            let (key, packed) = row?;
            let first = key.value().1;
            self.expect(first == wanted, || {
                format!("scan {scan} has no event {wanted}; the next one is {first}")
            });
            let texts = rows::events(scan, first, packed.value()).map_err(|source: CodecError| {
                let key = format!("{scan}/{first}");
                ReadError::Damaged { kind: segment::KIND, key, source }
            });
            let count = self.sound(texts)?.map_or(0, |texts| u64::from(texts.count()));
            self.report.events += count;
            self.segments += 1;
            wanted = first + count;
        }
        Ok(())
    }

    /// Reads the memory of hosts that could not be finished; it leans on no other row.
    fn difficult(&mut self) -> Result<(), ReadError> {
        for row in self.tables.difficult.iter()? {
            let (key, bytes) = row?;
            let address = to_address(u128::from_be_bytes(key.value()));
            let record = self.sound(decode_difficult(bytes.value(), address))?;
            let has_history = record.is_none_or(|record| !record.history.is_empty());
            self.expect(has_history, || format!("{address} is difficult without a history"));
            self.difficult_rows += 1;
        }
        Ok(())
    }

    /// Reads what may be scanned; an entry of a project needs that.
    fn scopes(&mut self) -> Result<(), ReadError> {
        let next = self.counter(meta::NEXT_SCOPE)?;
        for row in self.tables.scopes.iter()? {
            let (key, bytes) = row?;
            let number = key.value();
            self.scope_rows += 1;
            self.expect(number < next, || format!("scope entry {number} is not below {next}"));
            let Some(record) = self.sound(decode::<ScopeRecord>(bytes.value(), number))? else {
                continue;
            };
            if let Some(project) = record.project {
                let is_there = self.tables.projects.get(project.get())?.is_some();
                self.expect(is_there, || format!("scope entry {number} is of no project"));
            }
        }
        Ok(())
    }

    /// Reads tokens, and sessions, each of which is of a token.
    fn access(&mut self) -> Result<(), ReadError> {
        for row in self.tables.tokens.iter()? {
            let (key, bytes) = row?;
            self.sound(decode_token(key.value(), bytes.value()))?;
            self.token_rows += 1;
        }
        for row in self.tables.sessions.iter()? {
            let bytes = row?.1;
            if let Some(session) = self.sound(decode_session(bytes.value()))? {
                let there = self.tables.tokens.get(session.token.as_str())?.is_some();
                self.expect(there, || format!("a session is of token {}, gone", session.token));
            }
            self.session_rows += 1;
        }
        Ok(())
    }

    /// Reads profiles.
    fn profiles(&mut self) -> Result<(), ReadError> {
        for row in self.tables.profiles.iter()? {
            let (key, bytes) = row?;
            self.sound(decode_profile(key.value(), bytes.value()))?;
            self.profile_rows += 1;
        }
        Ok(())
    }

    /// Follows the chain of the audit log.
    fn audit(&mut self) -> Result<(), ReadError> {
        let mut verifier = Verifier::default();
        verifier.table(&self.tables.audit, &self.tables.meta, usize::MAX)?;
        let verdict = verifier.verdict();
        self.report.audit_entries = verdict.entries;
        // What a salvage lost, and told of, stays lost.
        let untold = verdict.breaks.iter().filter(|found| found.told_by.is_none());
        let mut named = 0;
        for found in untold {
            self.problem(format_args!("audit entry {}: {}", found.seq, found.what));
            named += 1;
        }
        self.report.problems_total += verdict.untold.saturating_sub(named);
        Ok(())
    }

    /// Compares how many rows each table has with how many were reached from a row above them.
    fn sizes(&mut self) -> Result<(), ReadError> {
        // Every table is named: a new one asks here to be checked.
        let ReadTables {
            meta: _,
            projects,
            project_names,
            scan_specs,
            scan_states,
            plans,
            tallies,
            scans_by_project,
            scans_by_status,
            batches,
            batches_by_scan,
            verdicts,
            attempts,
            raw,
            hosts,
            hosts_by_scan,
            hosts_by_address,
            events,
            difficult,
            scopes,
            tokens,
            sessions,
            postings,
            texts,
            audit,
            profiles,
        } = self.tables;
        let of = &self.report;
        let scans = of.scans;
        let sizes = [
            ("projects", projects.len()?, of.projects),
            ("project_names", project_names.len()?, of.projects),
            ("scan_specs", scan_specs.len()?, scans),
            ("scan_states", scan_states.len()?, scans),
            ("plans", plans.len()?, scans),
            ("tallies", tallies.len()?, scans),
            ("scans_by_project", scans_by_project.len()?, scans),
            ("scans_by_status", scans_by_status.len()?, scans),
            ("batches", batches.len()?, of.batches),
            ("batches_by_scan", batches_by_scan.len()?, of.batches),
            ("verdicts", verdicts.len()?, self.verdict_rows),
            ("attempts", attempts.len()?, of.attempts),
            ("raw", raw.len()?, of.raw_frames),
            ("hosts", hosts.len()?, of.hosts),
            ("hosts_by_scan", hosts_by_scan.len()?, of.hosts),
            ("hosts_by_address", hosts_by_address.len()?, of.hosts),
            ("postings", postings.len()?, self.list_rows),
            ("texts", texts.len()?, self.texts.len() as u64),
            ("events", events.len()?, self.segments),
            ("difficult", difficult.len()?, self.difficult_rows),
            ("scopes", scopes.len()?, self.scope_rows),
            ("tokens", tokens.len()?, self.token_rows),
            ("sessions", sessions.len()?, self.session_rows),
            ("audit", audit.len()?, of.audit_entries),
            ("profiles", profiles.len()?, self.profile_rows),
        ];
        for (table, found, expected) in sizes {
            self.expect(found == expected, || {
                format!("the table {table} has {found} rows and not {expected}")
            });
        }
        Ok(())
    }
}

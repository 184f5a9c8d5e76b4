//! Scope: what may be scanned. Asked when a scan is submitted, again before each nmap starts, and each
//! second while it runs.
//!
//! ```text
//! store ── entries ──► Scopes ── effective(project) ──► check(addresses)
//!                        ▲ add, remove: stored first, then counted
//! ```
//!
//! Invariant: an entry counts in memory only once it is durable, and a denial is never missing there
//! that is: a change goes on to its end when its asker leaves, and what cannot be read, or may have
//! been written, allows nothing.

mod core;
mod watch;

pub use self::core::{BUILT_IN, Effective, EntryFault, Fault, OutOfScope, PRIVATE, check_entry};

pub use self::watch::ScopeWatch;

use netscan_schemas::{
    AddressSet, ProjectId, ScopeId, Time,
    api::{Scope, ScopeEntry, ScopeProblem, ScopeSource, ScopeSummary, ScopeVerdict},
    audit::{AuditAction, AuditKind, Origin},
    limits,
    scope::ScopeList,
    stored::ScopeRecord,
};
use netscan_store::{ReadError, Store, Write, WriteError};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Ranges of what may be scanned that an answer lists.
const EFFECTIVE_SHOWN: usize = 100;

/// Why a scope is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// The entry is not one.
    #[error(transparent)]
    Entry(#[from] EntryFault),
    /// The scope is full.
    #[error(
        "a scope has at most {} entries (SCOPE_ENTRIES_MAX); take some away first",
        limits::SCOPE_ENTRIES_MAX
    )]
    Full,
    /// There is no such project.
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A new entry of a scope.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Which list.
    pub list: ScopeList,
    /// One run of addresses.
    pub addresses: AddressSet,
    /// Why.
    pub note: Option<String>,
    /// Who adds it.
    pub by: String,
    /// From when on it does not count.
    pub expires_at: Option<Time>,
}

impl NewEntry {
    /// Checks it.
    pub fn check(&self) -> Result<(), EntryFault> {
        let note = self.note.as_deref();
        check_entry(self.list, &self.addresses, note, self.expires_at, Time::now())
    }

    fn record(self, project: Option<ProjectId>) -> ScopeRecord {
        ScopeRecord {
            id: FIRST, // the store gives it its own
            project,
            list: self.list,
            addresses: self.addresses,
            note: self.note,
            by: self.by,
            created_at: Time::now(),
            expires_at: self.expires_at,
        }
    }
}

const FIRST: ScopeId = match ScopeId::new(1) {
    Some(id) => id,
    None => panic!("1 is not 0"),
};

/// All scopes: the server's, and those of projects.
pub struct Scopes {
    store: Arc<Store>,
    /// Of this process alone.
    session: Vec<ScopeRecord>,
    held: RwLock<Held>,
    /// Held over a change, so that what is in memory has the order of what is stored.
    changing: tokio::sync::Mutex<()>,
}

struct Held {
    entries: Vec<ScopeRecord>,
    /// Whether a write failed that may be found done once the store works again: the entries are
    /// read anew then.
    is_doubtful: bool,
    /// Why the entries are not known. Nothing may be scanned then.
    damage: Option<String>,
    made: HashMap<Option<ProjectId>, Arc<Effective>>,
}

impl Scopes {
    /// Reads what is stored.
    ///
    /// # Errors
    /// When the store fails. A damaged entry is none: reading goes on, and nothing is scanned.
    pub(crate) fn load(store: Arc<Store>, session: Vec<NewEntry>) -> Result<Self, ReadError> {
        let (entries, damage) = match store.scopes() {
            Ok(entries) => (entries, None),
            Err(error @ ReadError::Damaged { .. }) => {
                tracing::error!(%error, "the scope is damaged, and nothing is scanned: {error}");
                (
                    Vec::new(),
                    Some(format!(
                        "the scope in the store is damaged ({error}), so that nothing may be scanned; `netscan store salvage` saves what is sound"
                    )),
                )
            }
            Err(error) => return Err(error),
        };
        let session = session.into_iter().map(|entry| entry.record(None)).collect();
        let held = RwLock::new(Held { entries, is_doubtful: false, damage, made: HashMap::new() });
        Ok(Self { store, session, held, changing: tokio::sync::Mutex::new(()) })
    }

    // Plain data behind the lock: a poisoned one is still good to use.
    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what may be scanned, by scans of this project or of none.
    pub fn effective(&self, project: Option<ProjectId>) -> Arc<Effective> {
        let now = Time::now();
        if self.read().is_doubtful && !self.look_again() {
            return Arc::new(Effective::in_doubt());
        }
        let made = self.read().made.get(&project).filter(|made| made.holds_at(now)).cloned();
        if let Some(made) = made {
            return made;
        }
        let mut held = self.write();
        let made = Arc::new(match &held.damage {
            Some(why) => Effective::nothing(why),
            None => Effective::new(&held.entries, &self.session, project, now),
        });
        held.made.insert(project, Arc::clone(&made));
        made
    }

    /// Reads the entries again after a doubtful write; returns whether they are known now.
    fn look_again(&self) -> bool {
        let Ok(_changing) = self.changing.try_lock() else { return false };
        if !self.store.health().accepts_work() {
            return false;
        }
        let Ok(entries) = self.store.scopes() else { return false };
        let mut held = self.write();
        held.entries = entries;
        held.is_doubtful = false;
        held.made.clear();
        true
    }

    /// Takes note of a failed write.
    fn note_failure(&self, error: &WriteError) {
        // For want of room too, it may be found to be done later.
        if matches!(error, WriteError::Io { .. } | WriteError::Full) {
            self.write().is_doubtful = true;
        }
    }

    /// Adds an entry to the server's scope, or to a project's. It counts once this returns.
    ///
    /// # Errors
    /// When the entry is not one, the scope is full, or the store fails.
    pub async fn add(
        self: &Arc<Self>,
        project: Option<ProjectId>,
        entry: NewEntry,
        by: &Origin,
    ) -> Result<ScopeRecord, ScopeError> {
        entry.check()?;
        let (scopes, by) = (Arc::clone(self), by.clone());
        to_its_end(async move { scopes.keep(project, entry, &by).await }).await
    }

    async fn keep(
        &self,
        project: Option<ProjectId>,
        entry: NewEntry,
        by: &Origin,
    ) -> Result<ScopeRecord, ScopeError> {
        let _changing = self.changing.lock().await;
        if let Some(project) = project
            && self.store.project(project)?.is_none()
        {
            return Err(ScopeError::NoProject(project));
        }
        let of_project = |held: &&ScopeRecord| held.project == project;
        if self.read().entries.iter().filter(of_project).count() >= limits::SCOPE_ENTRIES_MAX {
            return Err(ScopeError::Full);
        }
        let record = entry.record(project);
        let action = match record.list {
            ScopeList::Allow => AuditAction::ScopeAllow,
            ScopeList::Deny => AuditAction::ScopeDeny,
        };
        let mut write = Write::new();
        let entry = by.did(action).on_new(AuditKind::Scope).saying(told(&record));
        write.add_scope(record).audit(entry);
        let added = self.store.submit(write).await;
        let receipt = added.inspect_err(|error| self.note_failure(error))?;
        let record = receipt.scope.ok_or(WriteError::Closed)?;
        let mut held = self.write();
        held.entries.push(record.clone());
        held.made.clear();
        let (by, list, ranges) = (&record.by, record.list, record.addresses.to_ranges().join(" "));
        tracing::info!(scope.id = %record.id, by, "scope: {by} adds {list} {ranges} as entry {}", record.id);
        Ok(record)
    }

    /// Removes an entry of the server's scope, or of a project's.
    ///
    /// # Errors
    /// When there is no such entry, or the store fails.
    pub async fn remove(
        self: &Arc<Self>,
        project: Option<ProjectId>,
        id: ScopeId,
        by: &Origin,
    ) -> Result<ScopeRecord, ScopeError> {
        let (scopes, by) = (Arc::clone(self), by.clone());
        to_its_end(async move { scopes.drop_entry(project, id, &by).await }).await
    }

    async fn drop_entry(
        &self,
        project: Option<ProjectId>,
        id: ScopeId,
        by: &Origin,
    ) -> Result<ScopeRecord, ScopeError> {
        let _changing = self.changing.lock().await;
        let entry = by.did(AuditAction::ScopeRm).on(AuditKind::Scope, id);
        let entry = match self.read().entries.iter().find(|held| held.id == id) {
            Some(held) => entry.saying(format_args!("{} {}", held.list, told(held))),
            None => entry,
        };
        let mut write = Write::new();
        write.remove_scope(project, id).audit(entry);
        let removed = self.store.submit(write).await;
        let receipt = removed.inspect_err(|error| self.note_failure(error))?;
        let record = receipt.scope.ok_or(WriteError::Closed)?;
        let mut held = self.write();
        held.entries.retain(|entry| entry.id != id);
        held.made.clear();
        let (list, ranges) = (record.list, record.addresses.to_ranges().join(" "));
        let by = &by.actor;
        tracing::info!(scope.id = %id, %by, "scope: {by} removes entry {id}, {list} {ranges}");
        Ok(record)
    }

    /// Returns the server's scope, or a project's, for people.
    pub fn show(&self, project: Option<ProjectId>) -> Scope {
        let now = Time::now();
        let of_list = |list: ScopeList| {
            let held = self.read();
            let stored = held.entries.iter().filter(|e| e.project == project && e.list == list);
            let stored = stored.cloned().map(|entry| ScopeEntry::new(entry, now));
            let session = self.session.iter().filter(|e| e.project == project && e.list == list);
            let session = session.cloned().map(|entry| ScopeEntry {
                id: None,
                source: ScopeSource::Session,
                ..ScopeEntry::new(entry, now)
            });
            let built_in = match (project, list) {
                (Some(_), _) => &[][..],
                (None, ScopeList::Allow) => &PRIVATE[..],
                (None, ScopeList::Deny) => &BUILT_IN[..],
            };
            let built_in = built_in.iter().map(|(target, note)| ScopeEntry {
                id: None,
                list,
                target: (*target).to_owned(),
                note: Some((*note).to_owned()),
                by: "netscan".into(),
                created_at: None,
                expires_at: None,
                expired: false,
                source: ScopeSource::BuiltIn,
            });
            built_in.chain(session).chain(stored).collect()
        };
        let mut effective = self.effective(project).shown().to_ranges();
        let effective_truncated = effective.len() > EFFECTIVE_SHOWN;
        effective.truncate(EFFECTIVE_SHOWN);
        Scope {
            project_id: project,
            allow: of_list(ScopeList::Allow),
            deny: of_list(ScopeList::Deny),
            effective,
            effective_truncated,
        }
    }

    /// Returns the server's scope in short, for people.
    pub fn summary(&self) -> ScopeSummary {
        let Scope { allow, deny, effective, effective_truncated, .. } = self.show(None);
        let count = |entries: &[ScopeEntry]| {
            let counts = |e: &&ScopeEntry| e.source != ScopeSource::BuiltIn && !e.expired;
            entries.iter().filter(counts).count() as u64
        };
        ScopeSummary {
            effective,
            effective_truncated,
            allow_entries: count(&allow),
            deny_entries: count(&deny),
            public: self.effective(None).is_public(),
            problem: self.read().damage.clone(),
        }
    }

    /// Says whether these addresses may be scanned, for people.
    pub fn verdict(&self, project: Option<ProjectId>, addresses: &AddressSet) -> ScopeVerdict {
        match self.effective(project).check(addresses) {
            Ok(()) => ScopeVerdict { allowed: true, out_of_scope: 0, problems: Vec::new() },
            Err(out) => ScopeVerdict {
                allowed: false,
                out_of_scope: u64::try_from(out.count).unwrap_or(u64::MAX),
                problems: out.details().map(|(fault, detail)| problem(fault, detail)).collect(),
            },
        }
    }
}

/// Says what an entry is, for the audit log.
fn told(record: &ScopeRecord) -> String {
    let mut said = record.addresses.to_ranges().join(" ");
    if let Some(project) = record.project {
        said.push_str(&format!(" for project {project}"));
    }
    if let Some(at) = record.expires_at {
        said.push_str(&format!(" until {at}"));
    }
    if let Some(note) = &record.note {
        said.push_str(&format!(": {note}"));
    }
    said
}

fn problem(fault: &Fault, detail: String) -> ScopeProblem {
    let (ranges, total) = fault.ranges();
    ScopeProblem {
        rule: fault.rule,
        entry: fault.entry,
        ranges,
        ranges_total: total as u64,
        addresses: fault.addresses.count(),
        detail,
    }
}
/// Carries a change out to its end, also when whoever asked for it goes away: what is stored counts.
async fn to_its_end(
    change: impl Future<Output = Result<ScopeRecord, ScopeError>> + Send + 'static,
) -> Result<ScopeRecord, ScopeError> {
    // It does not panic; the runtime may go down.
    tokio::spawn(change).await.map_err(|_| WriteError::Closed)?
}

//! What writes nothing by itself, for the audit log: what is refused, and what is handed out. Bounded,
//! so that nobody fills the disk with what they are not let do, or may do as often as they like.
//!
//! ```text
//! refusal ─► first of its kind in a minute ─► an entry at once
//!              └ more of the kind ─► counted ─► one entry when the minute is over
//!                  └ more kinds of a caller than are told apart ─► counted as its `several`
//!                      └ more callers than are told apart ─► counted as `several` of several
//! ```
//!
//! A kind is a caller (of unknown ones: an address, of IPv6 a /64), a route and a code; of exports, a
//! caller and a scan. While the disk is nearly full nothing of this is written, and counting goes on.

mod folds;

use self::folds::{Folds, Key};
use crate::auth::neighbourhood;
use axum::{
    extract::MatchedPath,
    http::{HeaderMap, Method, header},
};
use netscan_schemas::{
    ScanId,
    audit::{AuditAction, AuditActor, AuditKind, Origin},
    limits::{AUDIT_EXPORTS_MAX, AUDIT_FOLDS_MAX},
    problem::{Code, Problem},
    stored::AuditEntry,
};
use netscan_store::{Ack, Store, Write, WriteError};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// What a request tries. Only the route is told, never the path: that may hold anything.
pub struct Attempt {
    method: Method,
    path: Option<MatchedPath>,
    /// Whether it says who asks: with no token at all it is a page that is not logged in.
    has_token: bool,
}

impl Attempt {
    /// Returns what a request tries.
    pub fn of(method: &Method, headers: &HeaderMap, path: Option<MatchedPath>) -> Self {
        let has_token = headers.contains_key(header::AUTHORIZATION);
        Self { method: method.clone(), path, has_token }
    }

    fn path(&self) -> &str {
        self.path.as_ref().map_or("", MatchedPath::as_str)
    }

    fn action(&self) -> AuditAction {
        action_of(self.method.as_str(), self.path())
    }

    /// Returns whether this refusal is written down.
    fn is_told(&self, actor: &AuditActor, code: Code) -> bool {
        match code {
            Code::Forbidden | Code::OutOfScope | Code::FlagRefused => true,
            Code::HostNotAllowed | Code::OriginNotAllowed => true,
            // Only of who has failed too often; others are told to go slower.
            Code::RateLimited if *actor != AuditActor::Unknown => false,
            Code::Unauthenticated | Code::RateLimited => {
                self.has_token || self.action() == AuditAction::Login
            }
            _ => false,
        }
    }
}

fn action_of(method: &str, path: &str) -> AuditAction {
    match (method, path) {
        ("POST", "/api/session") => AuditAction::Login,
        ("DELETE", "/api/session") => AuditAction::SessionEnd,
        ("POST", "/api/session/codes") => AuditAction::LoginUrl,
        ("POST", "/api/tokens") => AuditAction::TokenCreate,
        ("DELETE", "/api/tokens/{id}") => AuditAction::TokenRevoke,
        ("POST", "/api/projects") => AuditAction::ProjectCreate,
        ("PATCH", "/api/projects/{id}") => AuditAction::ProjectChange,
        ("DELETE", "/api/projects/{id}") => AuditAction::ProjectDelete,
        ("POST", "/api/scans" | "/api/scans/start") => AuditAction::ScanCreate,
        ("POST", "/api/scans/import") => AuditAction::ScanImport,
        ("POST", "/api/scans/{id}/rescan") => AuditAction::ScanRescan,
        ("POST", "/api/scans/{id}/stop") => AuditAction::ScanStop,
        ("POST", "/api/scans/{id}/pause") => AuditAction::ScanPause,
        ("POST", "/api/scans/{id}/resume") => AuditAction::ScanResume,
        ("DELETE", "/api/scans/{id}") => AuditAction::ScanDelete,
        ("GET", "/api/scans/{id}/export") => AuditAction::ScanExport,
        ("POST", "/api/nmap/run") => AuditAction::ScanRun,
        ("DELETE", "/api/scope/{entry}" | "/api/projects/{id}/scope/{entry}") => {
            AuditAction::ScopeRm
        }
        ("POST", "/api/profiles") => AuditAction::ProfileCreate,
        ("PUT", "/api/profiles/{name}") => AuditAction::ProfileChange,
        ("DELETE", "/api/profiles/{name}") => AuditAction::ProfileDelete,
        ("PATCH", "/api/system/limits") => AuditAction::LimitsChange,
        _ => AuditAction::Request,
    }
}

/// What was refused and handed out lately, on its way to the store.
pub struct Noted {
    store: Arc<Store>,
    held: Mutex<Held>,
}

struct Held {
    refusals: Folds,
    exports: Folds,
    /// Whether a task waits to write what is counted.
    is_waited_for: bool,
}

impl Held {
    fn due(&self) -> Option<Instant> {
        self.refusals.due().into_iter().chain(self.exports.due()).min()
    }
}

impl Noted {
    /// Returns what writes to this store.
    pub fn new(store: Arc<Store>) -> Arc<Self> {
        let held = Held {
            refusals: Folds::new(AUDIT_FOLDS_MAX),
            exports: Folds::new(AUDIT_EXPORTS_MAX),
            is_waited_for: false,
        };
        Arc::new(Self { store, held: Mutex::new(held) })
    }

    // Plain data behind the lock: a poisoned one is still good to use.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a refusal, if it is of those that are written down.
    pub fn refusal(self: &Arc<Self>, by: &Origin, attempt: &Attempt, problem: &Problem) {
        if !attempt.is_told(&by.actor, problem.code) {
            return;
        }
        // Of the others the detail repeats the path.
        let detail = match problem.code {
            Code::OutOfScope | Code::FlagRefused => problem.detail.as_str(),
            _ => "",
        };
        let route = format!("{} {}", attempt.method, attempt.path());
        let code = problem.code.as_str();
        let entry = by.did(attempt.action()).on(AuditKind::Route, &route).saying(detail);
        let entry = entry.refused(code.clone());
        let mut held = self.lock();
        let entries = held.refusals.note(key(by, route, code), entry, Instant::now(), self.room());
        // Nobody waits: the refusal is answered whatever becomes of its entry, and a store that
        // cannot be written says so itself.
        drop(self.submit(entries));
        self.see_to(&mut held);
    }

    /// Takes note of an export, and waits until that is written if it is the first of its kind.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn export(
        self: &Arc<Self>,
        by: &Origin,
        scan: ScanId,
        format: &str,
    ) -> Result<(), WriteError> {
        let entry = by.did(AuditAction::ScanExport).on(AuditKind::Scan, scan).saying(format);
        let key = key(by, scan.to_string(), format.to_owned());
        let written = {
            let mut held = self.lock();
            let entries = held.exports.note(key, entry, Instant::now(), self.room());
            let written = self.submit(entries);
            self.see_to(&mut held);
            written
        };
        match written {
            Some(ack) => ack.await.map(drop),
            None => Ok(()),
        }
    }

    /// Sees to it that what is counted is written when its time has come.
    fn see_to(self: &Arc<Self>, held: &mut Held) {
        if held.is_waited_for {
            return;
        }
        let Some(mut due) = held.due() else { return };
        held.is_waited_for = true;
        // The store must not wait for this: it may be closed at any time.
        let noted = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep_until(due.into()).await;
                let Some(noted) = noted.upgrade() else { return };
                match noted.write_due() {
                    Some(next) => due = next,
                    None => return,
                }
            }
        });
    }

    /// Writes what is counted for long enough; returns when there is more to write, if there is.
    fn write_due(&self) -> Option<Instant> {
        let (now, room) = (Instant::now(), self.room());
        let mut held = self.lock();
        let mut entries = held.refusals.take_due(now, room);
        entries.extend(held.exports.take_due(now, room));
        drop(self.submit(entries));
        let due = held.due();
        held.is_waited_for = due.is_some();
        due
    }

    /// Writes all that is counted. For the end.
    pub fn settle(&self) {
        let mut held = self.lock();
        let mut entries = held.refusals.take_all();
        entries.extend(held.exports.take_all());
        drop(self.submit(entries));
    }

    /// Returns whether there is room for what is not worth the last of it.
    fn room(&self) -> bool {
        self.store.health().accepts_work()
    }

    fn submit(&self, entries: Vec<AuditEntry>) -> Option<Ack> {
        let mut write = Write::new();
        for entry in entries {
            write.audit(entry);
        }
        (!write.is_empty()).then(|| self.store.submit(write))
    }
}

fn key(by: &Origin, what: String, how: String) -> Key {
    Key { actor: by.actor.clone(), from: by.from.map(neighbourhood), what, how }
}

//! What is refused, for the audit log: written down, and bounded, so that nobody fills the disk with
//! what they are not let do.
//!
//! ```text
//! refusal ─► first of its kind in a minute ─► an entry at once
//!              └ more of the kind ─► counted ─► one entry when the minute is over
//!                  └ more kinds than are told apart ─► counted as `several`
//! ```
//!
//! A kind is a caller (of unknown ones: an address, of IPv6 a /64), a route and a code. While the
//! disk is nearly full nothing of this is written, and counting goes on.

mod folds;

use self::folds::{Folds, Key};
use crate::auth::neighbourhood;
use axum::{
    extract::MatchedPath,
    http::{header, request::Parts},
};
use netscan_schemas::{
    audit::{AuditAction, AuditActor, AuditKind, Origin},
    problem::Code,
    stored::AuditEntry,
};
use netscan_store::{Store, Write};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// What a request tries. Only the route is told, never the path: that may hold anything.
pub struct Attempt {
    action: AuditAction,
    route: String,
    /// Whether it says who asks: with no token at all it is a page that is not logged in.
    has_token: bool,
}

impl Attempt {
    /// Returns what a request tries.
    pub fn of(parts: &Parts, path: Option<&MatchedPath>) -> Self {
        let path = path.map_or("", MatchedPath::as_str);
        let method = parts.method.as_str();
        Self {
            action: action_of(method, path),
            route: format!("{method} {path}"),
            has_token: parts.headers.contains_key(header::AUTHORIZATION),
        }
    }

    /// Returns whether this refusal is written down.
    fn is_told(&self, actor: &AuditActor, code: Code) -> bool {
        match code {
            Code::Forbidden | Code::OutOfScope | Code::FlagRefused | Code::OriginNotAllowed => true,
            Code::Unauthenticated => self.has_token || self.action == AuditAction::Login,
            // Only of who has failed too often; others are told to go slower.
            Code::RateLimited => {
                *actor == AuditActor::Unknown
                    && (self.has_token || self.action == AuditAction::Login)
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
        ("PATCH", "/api/system/limits") => AuditAction::LimitsChange,
        _ => AuditAction::Request,
    }
}

/// What was refused lately, on its way to the store.
pub struct Refusals {
    store: Arc<Store>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    folds: Folds,
    /// Whether a task waits to write what is counted.
    is_waited_for: bool,
}

impl Refusals {
    /// Returns what writes to this store.
    pub fn new(store: Arc<Store>) -> Arc<Self> {
        Arc::new(Self { store, held: Mutex::default() })
    }

    // Plain data behind the lock: a poisoned one is still good to use.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a refusal, if it is of those that are written down.
    pub fn note(self: &Arc<Self>, by: &Origin, attempt: &Attempt, code: Code, detail: &str) {
        if !attempt.is_told(&by.actor, code) {
            return;
        }
        // Of the others the detail repeats the path.
        let detail = match code {
            Code::OutOfScope | Code::FlagRefused => detail,
            _ => "",
        };
        let code = code.as_str();
        let entry = by.did(attempt.action).on(AuditKind::Route, &attempt.route).saying(detail);
        let entry = entry.refused(code.clone());
        let key = Key {
            actor: by.actor.clone(),
            from: by.from.map(neighbourhood),
            route: attempt.route.clone(),
            code,
        };
        let (now, room) = (Instant::now(), self.store.health().accepts_work());
        let mut held = self.lock();
        let entries = held.folds.note(key, entry, now, room);
        self.write(entries);
        if !held.is_waited_for
            && let Some(due) = held.folds.due()
        {
            held.is_waited_for = true;
            // The store must not wait for this: it may be closed at any time.
            let refusals = Arc::downgrade(self);
            tokio::spawn(async move {
                let mut due = due;
                loop {
                    tokio::time::sleep_until(due.into()).await;
                    let Some(refusals) = refusals.upgrade() else { return };
                    match refusals.write_due() {
                        Some(next) => due = next,
                        None => return,
                    }
                }
            });
        }
    }

    /// Writes what is counted for long enough; returns when there is more to write, if there is.
    fn write_due(&self) -> Option<Instant> {
        let room = self.store.health().accepts_work();
        let mut held = self.lock();
        let entries = held.folds.take_due(Instant::now(), room);
        self.write(entries);
        let due = held.folds.due();
        held.is_waited_for = due.is_some();
        due
    }

    /// Writes all that is counted. For the end.
    pub fn settle(&self) {
        let entries = self.lock().folds.take_all();
        self.write(entries);
    }

    fn write(&self, entries: Vec<AuditEntry>) {
        for entry in entries {
            let mut write = Write::new();
            write.audit(entry);
            // Nobody waits: the refusal is answered whatever becomes of it, and a store that cannot
            // be written says so itself.
            drop(self.store.submit(write));
        }
    }
}

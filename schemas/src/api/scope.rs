//! What may be scanned, as clients see it and change it.

use crate::{
    id::{ProjectId, ScopeId},
    scope::{ScopeList, ScopeRule},
    stored::ScopeRecord,
    time::Time,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeSource {
    /// netscan itself: it has no number and cannot be removed.
    BuiltIn,
    /// `netscan serve --allow`: it ends with the process.
    Session,
    /// It was added and is kept.
    Stored,
}

/// An entry of a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeEntry {
    /// Its number, to remove it by; only what is stored has one.
    pub id: Option<ScopeId>,
    /// Which list.
    pub list: ScopeList,
    /// The addresses (`10.0.0.0/8`).
    pub target: String,
    /// Why.
    pub note: Option<String>,
    /// Who added it.
    pub by: String,
    /// When it was added; none for what netscan itself brings.
    pub created_at: Option<Time>,
    /// From when on it does not count any more.
    pub expires_at: Option<Time>,
    /// Whether that is over.
    pub expired: bool,
    /// Where it comes from.
    pub source: ScopeSource,
}

impl ScopeEntry {
    /// Returns a stored entry as it is at this time.
    pub fn new(record: ScopeRecord, now: Time) -> Self {
        Self {
            id: Some(record.id),
            list: record.list,
            target: record.addresses.to_ranges().join(" "),
            note: record.note,
            by: record.by,
            created_at: Some(record.created_at),
            expires_at: record.expires_at,
            expired: record.expires_at.is_some_and(|at| at <= now),
            source: ScopeSource::Stored,
        }
    }
}

/// The scope of the server, or of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scope {
    /// Whose it is; none for the server's.
    pub project_id: Option<ProjectId>,
    /// What may be scanned. A project without an entry may scan what the server may.
    pub allow: Vec<ScopeEntry>,
    /// What may not be scanned, whatever allows it.
    pub deny: Vec<ScopeEntry>,
    /// What may be scanned in the end: allowed, and not denied.
    pub effective: Vec<String>,
    /// Whether `effective` shows only the first ranges.
    pub effective_truncated: bool,
}

/// A new entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewScopeEntry {
    /// Which list.
    pub list: ScopeList,
    /// One address, block or range (`10.0.0.0/8`).
    pub target: String,
    /// Why. Needed to allow addresses beyond loopback and private networks.
    #[serde(default)]
    pub note: Option<String>,
    /// From when on it does not count any more.
    #[serde(default)]
    pub expires_at: Option<Time>,
}

/// Whether targets may be scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeVerdict {
    /// Whether all of them may.
    pub allowed: bool,
    /// How many addresses may not.
    pub out_of_scope: u64,
    /// Which ones, and why.
    pub problems: Vec<ScopeProblem>,
}

/// Addresses that one rule keeps from being scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeProblem {
    /// The rule.
    pub rule: ScopeRule,
    /// The entry that denies them; none for what is not allowed.
    pub entry: Option<ScopeId>,
    /// The first of the addresses, in compact ranges.
    pub ranges: Vec<String>,
    /// How many ranges there are.
    pub ranges_total: u64,
    /// How many addresses there are.
    pub addresses: u64,
    /// The rule in words, and what to do.
    pub detail: String,
}

//! Rows of the audit log.

use crate::{
    audit::{AuditAction, AuditActor, AuditKind},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When; of what was counted together, the last time.
    pub at: Time,
    /// Who did it.
    pub actor: AuditActor,
    /// The address that it came from, over TCP: a proxy's where there is one.
    pub from: Option<IpAddr>,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub object: Option<AuditObject>,
    /// More, in words.
    pub detail: String,
    /// BLAKE3 of parameters that are too long to be told.
    pub params_blake3: Option<[u8; 32]>,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// How often; more than once only for refusals and exports, which are counted together.
    pub count: u64,
}

/// What something was done to. It may be gone by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditObject {
    /// Its kind.
    pub kind: AuditKind,
    /// Its number or name.
    pub id: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditOutcome {
    /// It was done.
    Ok,
    /// It was refused.
    Refused {
        /// The code of the problem that was answered.
        code: String,
    },
}

/// An entry in its place: what the store keeps.
///
/// `hash` is BLAKE3 of `prev`, the record's version and its encoded number and entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number: 1, 2, 3 ... without a gap.
    pub seq: u64,
    /// The entry.
    pub entry: AuditEntry,
    /// The hash of the one before it; zeros for the first.
    pub prev: [u8; 32],
    /// Its hash.
    pub hash: [u8; 32],
}

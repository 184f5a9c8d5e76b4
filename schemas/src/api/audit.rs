//! The audit log, as clients see it.

use crate::{
    access::TokenId,
    audit::{AuditAction, AuditKind},
    stored::{self, AuditOutcome, AuditRecord},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its number: 1, 2, 3 ... without a gap.
    pub seq: u64,
    /// When; of what was counted together, the last time.
    pub at: Time,
    /// Who did it.
    pub actor: AuditActor,
    /// The address that it came from, over TCP: a proxy's where there is one.
    pub from: Option<String>,
    /// What was done, or tried.
    pub action: AuditAction,
    /// To what; it may be gone by now.
    pub object: Option<AuditObject>,
    /// More, in words.
    pub detail: String,
    /// BLAKE3 of parameters that are too long to be told: of a scan, the JSON array of its targets,
    /// excludes and flags; of an import, the file.
    pub params_blake3: Option<String>,
    /// What came of it.
    pub outcome: AuditResult,
    /// The code of the problem, where it was refused.
    pub code: Option<String>,
    /// How often; more than once only for refusals and exports, which are counted together for a
    /// minute.
    pub count: u64,
    /// The hash of the entry before it; zeros for the first.
    pub prev: String,
    /// Its hash: BLAKE3 of `prev`, and of what is stored of the entry.
    pub hash: String,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditActor {
    /// `token`, `session` (a browser that was let in with a token), `local` (a user of the server's
    /// machine), `anyone` (access rights are off), `unknown` (no valid token),
    /// `several` (refusals of too many kinds to be told apart), or `server`.
    pub kind: String,
    /// The token's id.
    pub token_id: Option<TokenId>,
    /// The name of the token, or of the user.
    pub name: Option<String>,
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditObject {
    /// Its kind.
    pub kind: AuditKind,
    /// Its number or name.
    pub id: String,
}

/// What came of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// It was done.
    Ok,
    /// It was refused.
    Refused,
}

impl AuditEntry {
    /// Returns a stored entry as clients see it.
    pub fn new(record: AuditRecord) -> Self {
        let AuditRecord { seq, entry, prev, hash } = record;
        let stored::AuditEntry { at, actor, from, action, object, detail, .. } = entry;
        let (outcome, code) = match entry.outcome {
            AuditOutcome::Ok => (AuditResult::Ok, None),
            AuditOutcome::Refused { code } => (AuditResult::Refused, Some(code)),
        };
        Self {
            seq,
            at,
            actor: AuditActor {
                kind: actor.kind().to_owned(),
                token_id: actor.token().cloned(),
                name: actor.name().map(str::to_owned),
            },
            from: from.map(|address| address.to_string()),
            action,
            object: object.map(|object| AuditObject { kind: object.kind, id: object.id }),
            detail,
            params_blake3: entry.params_blake3.map(|digest| hex(&digest)),
            outcome,
            code,
            count: entry.count,
            prev: hex(&prev),
            hash: hex(&hash),
        }
    }
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An entry's number and hash: who keeps them elsewhere can tell later whether the log up to there
/// is still the one it was. Written `SEQ:HASH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditHead {
    /// The number; 0 for an empty log.
    pub seq: u64,
    /// The hash; zeros for an empty log.
    pub hash: String,
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for AuditHead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':');
        let read = parts.and_then(|(seq, hash)| {
            let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            Some(Self { seq: seq.parse().ok()?, hash: hash.to_ascii_lowercase() })
                .filter(|_| is_hash)
        });
        read.ok_or_else(|| {
            "a head is an entry's number and its hash, as `netscan audit verify` prints them: \
             12:64 hexadecimal digits"
                .to_owned()
        })
    }
}

/// What verifying the audit log found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerdict {
    /// Whether every entry is there, is as it was written, and leads to the next one; and whether
    /// the known head is still in it.
    pub intact: bool,
    /// How many entries there are.
    pub entries: u64,
    /// The newest one. Keep it elsewhere.
    pub head: AuditHead,
    /// Where the chain breaks, the first places.
    pub breaks: Vec<AuditBreak>,
    /// In how many places.
    pub breaks_total: u64,
    /// Whether the head that was given is in the log; none when none was given.
    pub known_head: Option<bool>,
}

/// A place where the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditBreak {
    /// The entry.
    pub seq: u64,
    /// What is wrong with it.
    pub what: String,
    /// Whether its record is damaged, as a fault of the disk leaves it.
    pub damaged: bool,
    /// The entry of a salvage that tells of it: the break is from then, and no news.
    pub told_by: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = AuditHead { seq: 12, hash: "ab".repeat(32) };
        assert_eq!(head.to_string().parse(), Ok(head.clone()));
        assert_eq!(format!("12:{}", "AB".repeat(32)).parse(), Ok(head));
        for bad in ["", "12", "12:", "x:00", &format!("-1:{}", "ab".repeat(32)), "12:zz"] {
            assert!(bad.parse::<AuditHead>().is_err(), "{bad}");
        }
    }
}

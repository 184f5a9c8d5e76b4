//! Rows as bytes: what a row of each table must be, judged by itself.
//!
//! A record's envelope tells that it is as it was written. Whether it lies under the key that it
//! was written under, the record tells where it knows its own number.

use crate::{
    codec::{self, CodecError, Record},
    postings, raw, segment,
    tables::{AttemptKey, PostingKey, RawKey},
};
use netscan_schemas::{
    attempt::Stream,
    id::{ScanId, Seq},
    scan::ScanState,
    stored::{
        AttemptRecord, AuditRecord, BatchRecord, DifficultRecord, HostRecord, PlanRecord,
        ProfileRecord, ProjectRecord, ScanSpec, ScopeRecord, SessionRecord, TallyRecord,
        TokenRecord, VerdictsRecord,
    },
};
use redb::Value;

/// The kind of a frame of raw output, in errors.
pub(crate) const RAW_FRAME: &str = "raw-frame";

/// A record that lies under a number of its own, or under one that it does not know.
pub(crate) trait Filed: Record {
    /// Returns the number, if the record knows it.
    fn number(&self) -> Option<u64>;
}

macro_rules! filed {
    ($($record:ty: $number:expr,)+) => {
        $(impl Filed for $record {
            fn number(&self) -> Option<u64> {
                let number: fn(&Self) -> Option<u64> = $number;
                number(self)
            }
        })+
    };
}

filed! {
    ProjectRecord: |record| Some(record.id.get()),
    ScanSpec: |record| Some(record.id.get()),
    BatchRecord: |record| Some(record.id.get()),
    HostRecord: |record| Some(record.id.get()),
    ScopeRecord: |record| Some(record.id.get()),
    AuditRecord: |record| Some(record.seq),
    ScanState: |_| None,
    PlanRecord: |_| None,
    TallyRecord: |_| None,
    VerdictsRecord: |_| None,
}

/// Returns a record, if it is sound and the one of its key.
pub(crate) fn filed<R: Filed>(key: u64, bytes: &[u8]) -> Result<R, CodecError> {
    let record = R::from_bytes(bytes)?;
    match record.number() {
        Some(number) if number != key => Err(CodecError::Misplaced { kind: R::KIND }),
        Some(_) | None => Ok(record),
    }
}

/// Returns an attempt, if it is sound and the one of its key.
pub(crate) fn attempt(key: AttemptKey, bytes: &[u8]) -> Result<AttemptRecord, CodecError> {
    let record = AttemptRecord::from_bytes(bytes)?;
    match (record.batch_id.get(), record.attempt.0) == key {
        true => Ok(record),
        false => Err(CodecError::Misplaced { kind: AttemptRecord::KIND }),
    }
}

/// Returns a token, if it is sound and the one of its key.
pub(crate) fn token(key: &str, bytes: &[u8]) -> Result<TokenRecord, CodecError> {
    let record = TokenRecord::from_bytes(bytes)?;
    match record.id.as_str() == key {
        true => Ok(record),
        false => Err(CodecError::Misplaced { kind: TokenRecord::KIND }),
    }
}

/// Returns a profile, if it is sound and the one of its key.
pub(crate) fn profile(key: &str, bytes: &[u8]) -> Result<ProfileRecord, CodecError> {
    let record = ProfileRecord::from_bytes(bytes)?;
    match record.name == key {
        true => Ok(record),
        false => Err(CodecError::Misplaced { kind: ProfileRecord::KIND }),
    }
}

/// Returns the events of a segment, if they are sound and begin with the one of their key.
pub(crate) fn events(scan: ScanId, first: Seq, bytes: &[u8]) -> Result<segment::Texts, CodecError> {
    let texts = segment::decode(bytes)?;
    // How an event's text ends is written by `EncodedEvent::frame`.
    let of_scan = format!(",\"scan_id\":{scan}}}");
    let of_seq = format!(",\"seq\":{first},\"ts\":");
    let as_filed =
        texts.iter().next().is_some_and(|text| text.ends_with(&of_scan) && text.contains(&of_seq));
    match as_filed {
        true => Ok(texts),
        false => Err(CodecError::Misplaced { kind: segment::KIND }),
    }
}

/// Returns a key for people.
pub(crate) fn key_text<K: Value>(key: &[u8]) -> String {
    let text = format!("{:?}", K::from_bytes(key));
    text.trim_matches(['(', ')', '"']).replace(", ", "/")
}

/// Judges a row by itself. Rows of most indexes cannot be judged so.
pub(crate) fn verify(table: &str, key: &[u8], value: &[u8]) -> Result<(), CodecError> {
    let number = || u64::from_bytes(key);
    match table {
        "meta" => codec::unseal_meta(value).map(drop),
        "projects" => filed::<ProjectRecord>(number(), value).map(drop),
        "scan_specs" => filed::<ScanSpec>(number(), value).map(drop),
        "scan_states" => filed::<ScanState>(number(), value).map(drop),
        "plans" => filed::<PlanRecord>(number(), value).map(drop),
        "tallies" => filed::<TallyRecord>(number(), value).map(drop),
        "batches" => filed::<BatchRecord>(number(), value).map(drop),
        "verdicts" => filed::<VerdictsRecord>(number(), value).map(drop),
        "scopes" => filed::<ScopeRecord>(number(), value).map(drop),
        "audit" => filed::<AuditRecord>(number(), value).map(drop),
        "hosts" => filed::<HostRecord>(number(), value).map(drop),
        "difficult" => DifficultRecord::from_bytes(value).map(drop),
        "tokens" => {
            let key = std::str::from_utf8(key)
                .map_err(|_| CodecError::Misplaced { kind: TokenRecord::KIND })?;
            token(key, value).map(drop)
        }
        "profiles" => {
            let key = std::str::from_utf8(key)
                .map_err(|_| CodecError::Misplaced { kind: ProfileRecord::KIND })?;
            profile(key, value).map(drop)
        }
        "sessions" => SessionRecord::from_bytes(value).map(drop),
        "attempts" => attempt(AttemptKey::from_bytes(key), value).map(drop),
        "events" => {
            let (scan, first) = <(u64, u64)>::from_bytes(key);
            let misplaced = CodecError::Misplaced { kind: segment::KIND };
            events(ScanId::new(scan).ok_or(misplaced)?, first, value).map(drop)
        }
        "postings" => {
            let (_, _, first) = PostingKey::from_bytes(key);
            postings::decode(first, value).map(drop)
        }
        "raw" => {
            let (_, _, stream, _) = RawKey::from_bytes(key);
            if usize::from(stream) >= Stream::ALL.len() {
                return Err(CodecError::Misplaced { kind: RAW_FRAME });
            }
            let unpacked = raw::decompress(value);
            unpacked
                .map(drop)
                .map_err(|error| CodecError::Decode { kind: RAW_FRAME, why: error.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_as_in_errors() {
        let key = (1u64, 2u32, 0u8, 3u32);
        assert_eq!(key_text::<RawKey>(RawKey::as_bytes(&key).as_ref()), "1/2/0/3");
        assert_eq!(key_text::<u64>(&7u64.to_le_bytes()), "7");
        assert_eq!(key_text::<&str>(b"epoch"), "epoch");
    }

    #[test]
    fn a_record_under_another_key_is_no_record() {
        let id = netscan_schemas::id::ProjectId::new(7).unwrap();
        let made = netscan_schemas::Time::from_secs(1);
        let project = ProjectRecord::new(id, "p".into(), None, made);
        let bytes = project.to_bytes().unwrap();
        verify("projects", &7u64.to_le_bytes(), &bytes).unwrap();
        let misplaced = verify("projects", &8u64.to_le_bytes(), &bytes);
        assert_eq!(misplaced, Err(CodecError::Misplaced { kind: "project" }));
    }
}

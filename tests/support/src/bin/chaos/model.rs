//! A model of everything that the server acknowledged or showed: none of it may ever change.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a scan has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Will {
    /// By itself, with every address up.
    Complete,
    /// As stopped: a stop was acknowledged.
    Stop,
    /// In any of the ways in which scans end.
    Any,
}

/// What is known of one scan.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Its addresses.
    pub(crate) total: u64,
    /// How it has to end.
    pub(crate) will: Will,
    /// The epoch in which it was accepted, or the last one in which it can have been.
    pub(crate) born: u64,
    /// Every event that anybody was shown, byte for byte.
    pub(crate) seen: BTreeMap<u64, String>,
    /// Batches whose output was compared with its digest already.
    pub(crate) compared: BTreeSet<u64>,
    /// Whether its end was shown and everything of it compared.
    pub(crate) closed: bool,
}

/// What is known of all scans of a store.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) scans: BTreeMap<u64, Known>,
    /// The epoch of the server that serves.
    pub(crate) epoch: u64,
    /// What was seen to be gone or changed.
    pub(crate) lost: Vec<String>,
    /// What else was seen not to be as promised.
    pub(crate) broken: Vec<String>,
}

/// A model that several threads add to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Model>>);

impl Shared {
    /// Returns the model, to look at or to add to.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Model> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model {
    /// Notes a scan that exists from now on.
    pub(crate) fn add(&mut self, scan: u64, total: u64, will: Will) {
        let born = self.epoch;
        self.scans.entry(scan).or_insert_with(|| Known {
            total,
            will,
            born,
            seen: BTreeMap::new(),
            compared: BTreeSet::new(),
            closed: false,
        });
    }

    /// Notes an event that was shown.
    pub(crate) fn see(&mut self, scan: u64, seq: u64, text: &str) {
        let Some(known) = self.scans.get_mut(&scan) else { return };
        match known.seen.get(&seq) {
            None => drop(known.seen.insert(seq, text.to_owned())),
            Some(held) if held == text => {}
            Some(held) => {
                self.lost.push(format!("scan {scan}: event {seq} was {held} and is {text}"));
            }
        }
    }
}

/// Returns the number of an event.
pub(crate) fn seq_of(text: &str) -> Option<u64> {
    serde_json::from_str::<Value>(text).ok()?["seq"].as_u64()
}

/// Returns the objects of a JSON array as they are written.
pub(crate) fn split_array(text: &str) -> Option<Vec<&str>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut found = Vec::new();
    let (mut depth, mut start, mut quoted, mut escaped) = (0u32, 0, false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                found.push(inner.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = inner.get(start..)?;
    if !last.is_empty() {
        found.push(last);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_fall_apart_at_their_own_commas_only() {
        let table: &[(&str, &[&str])] = &[
            ("[]", &[]),
            (r#"[{"a":1}]"#, &[r#"{"a":1}"#]),
            (
                r#"[{"a":"x,\"]},","b":[1,2]},{"c":"\\"}]"#,
                &[r#"{"a":"x,\"]},","b":[1,2]}"#, r#"{"c":"\\"}"#],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(split_array(text).as_deref(), Some(*expected), "{text}");
        }
        assert_eq!(split_array("{}"), None);
    }

    #[test]
    fn an_event_that_changes_is_a_loss() {
        let mut model = Model::default();
        model.add(1, 8, Will::Complete);
        model.see(1, 1, "a");
        model.see(1, 1, "a");
        assert!(model.lost.is_empty());
        model.see(1, 1, "b");
        assert_eq!(model.lost.len(), 1);
    }
}

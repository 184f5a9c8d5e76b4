//! What is written, and what is counted, as a function of values and of the time.

use netscan_schemas::{
    audit::{AuditAction, AuditActor, Origin},
    limits::AUDIT_FOLD_EVERY,
    stored::{AuditEntry, AuditOutcome},
};
use std::{collections::HashMap, net::IpAddr, time::Instant};

/// What is counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub actor: AuditActor,
    pub from: Option<IpAddr>,
    /// A route, or a scan.
    pub what: String,
    /// A code, or a format.
    pub how: String,
}

/// What is of a kind, from the first until the minute is over.
struct Fold {
    until: Instant,
    /// The last of those that were not written, with their count.
    unwritten: Option<AuditEntry>,
}

impl Fold {
    fn count(&mut self, entry: AuditEntry) {
        let count = self.unwritten.take().map_or(0, |held| held.count);
        self.unwritten = Some(AuditEntry { count: count + entry.count, ..entry });
    }
}

/// Kinds that are told apart.
#[derive(Default)]
struct Kinds {
    kinds: HashMap<Key, Fold>,
    /// Those of all other kinds.
    others: Option<Fold>,
}

/// All of them. Who is not known must not use up the room of those who are.
pub struct Folds {
    /// Kinds of each that are told apart.
    most: usize,
    known: Kinds,
    unknown: Kinds,
}

impl Folds {
    /// Returns folds that tell so many kinds apart, of known callers and of unknown ones.
    pub fn new(most: usize) -> Self {
        Self { most, known: Kinds::default(), unknown: Kinds::default() }
    }

    /// Counts what an entry tells of; returns what is to be written now, where there is room for it.
    pub fn note(
        &mut self,
        key: Key,
        entry: AuditEntry,
        now: Instant,
        room: bool,
    ) -> Vec<AuditEntry> {
        let mut written = self.take_due(now, room);
        let of = match key.actor {
            AuditActor::Unknown => &mut self.unknown,
            _ => &mut self.known,
        };
        let until = now + AUDIT_FOLD_EVERY;
        if let Some(fold) = of.kinds.get_mut(&key) {
            fold.count(entry);
        } else if of.kinds.len() >= self.most {
            let others = of.others.get_or_insert(Fold { until, unwritten: None });
            others.count(several(&entry));
        } else {
            let unwritten = match room {
                true => {
                    written.push(entry);
                    None
                }
                false => Some(entry),
            };
            of.kinds.insert(key, Fold { until, unwritten });
        }
        written
    }

    /// Returns when something that is counted is to be written.
    pub fn due(&self) -> Option<Instant> {
        let counted = |of: &Kinds| {
            let folds = of.kinds.values().chain(&of.others);
            folds.filter(|fold| fold.unwritten.is_some()).map(|fold| fold.until).min()
        };
        [&self.known, &self.unknown].into_iter().filter_map(counted).min()
    }

    /// Returns what is counted and whose minute is over. Without room it is counted on.
    pub fn take_due(&mut self, now: Instant, room: bool) -> Vec<AuditEntry> {
        let mut written = Vec::new();
        let mut is_over = |fold: &mut Fold| {
            if fold.until > now {
                return false;
            }
            if fold.unwritten.is_some() && !room {
                fold.until = now + AUDIT_FOLD_EVERY;
                return false;
            }
            written.extend(fold.unwritten.take());
            true
        };
        for of in [&mut self.known, &mut self.unknown] {
            of.kinds.retain(|_, fold| !is_over(fold));
            of.others.take_if(&mut is_over);
        }
        written
    }

    /// Returns all that is counted.
    pub fn take_all(&mut self) -> Vec<AuditEntry> {
        let all = [&mut self.known, &mut self.unknown].into_iter().map(std::mem::take);
        all.flat_map(|of| of.kinds.into_values().chain(of.others))
            .filter_map(|fold| fold.unwritten)
            .collect()
    }
}

fn several(entry: &AuditEntry) -> AuditEntry {
    let several = Origin { actor: AuditActor::Several, from: None };
    let told = match entry.outcome {
        // Only exports are counted where nothing is refused.
        AuditOutcome::Ok => several.did(entry.action),
        AuditOutcome::Refused { .. } => several.did(AuditAction::Request).refused("several"),
    };
    AuditEntry { at: entry.at, ..told }.saying("of more callers and kinds than are told apart")
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::limits::AUDIT_FOLDS_MAX;
    use std::{net::Ipv4Addr, time::Duration};

    fn key(actor: AuditActor, from: u32) -> Key {
        Key {
            actor,
            from: Some(Ipv4Addr::from(from).into()),
            what: "POST /api/session".into(),
            how: "unauthenticated".into(),
        }
    }

    fn note(folds: &mut Folds, key: &Key, now: Instant, room: bool) -> Vec<u64> {
        let origin = Origin { actor: key.actor.clone(), from: key.from };
        let entry = origin.did(AuditAction::Login).refused(key.how.clone());
        counts(&folds.note(key.clone(), entry, now, room))
    }

    fn counts(entries: &[AuditEntry]) -> Vec<u64> {
        entries.iter().map(|entry| entry.count).collect()
    }

    #[test]
    fn the_first_is_written_and_the_others_of_its_minute_are_counted() {
        let (mut folds, start) = (Folds::new(AUDIT_FOLDS_MAX), Instant::now());
        let one = key(AuditActor::Unknown, 1);
        assert_eq!(note(&mut folds, &one, start, true), [1]);
        assert_eq!(folds.due(), None, "nothing waits");
        for _ in 0..1000 {
            assert_eq!(note(&mut folds, &one, start, true), [0; 0]);
        }
        assert_eq!(note(&mut folds, &key(AuditActor::Unknown, 2), start, true), [1]);
        assert_eq!(folds.due(), Some(start + AUDIT_FOLD_EVERY));
        assert!(folds.take_due(start + AUDIT_FOLD_EVERY / 2, true).is_empty());
        // The next minute's first brings the count of the one before.
        let later = start + AUDIT_FOLD_EVERY;
        assert_eq!(note(&mut folds, &one, later, true), [1000, 1]);
        assert_eq!(note(&mut folds, &one, later, true), [0; 0]);
        assert_eq!(counts(&folds.take_all()), [1]);
        assert!(folds.take_all().is_empty());
    }

    #[test]
    fn many_places_make_few_entries_and_leave_room_for_known_callers() {
        let (mut folds, mut now, mut rows) = (Folds::new(AUDIT_FOLDS_MAX), Instant::now(), 0);
        let mut told = 0;
        // Ten minutes, a thousand places, again and again.
        for _ in 0..600 {
            for from in 0..1000 {
                let written = note(&mut folds, &key(AuditActor::Unknown, from), now, true);
                rows += written.len();
                told += written.iter().sum::<u64>();
            }
            now += Duration::from_secs(1);
        }
        assert!(rows <= 10 * (2 * AUDIT_FOLDS_MAX + 1), "{rows} entries");
        let last = folds.take_all();
        assert_eq!(told + counts(&last).iter().sum::<u64>(), 600_000, "each is counted once");
        let codes = last
            .iter()
            .filter(|entry| entry.outcome == AuditOutcome::Refused { code: "several".into() });
        assert_eq!(codes.count(), 1);
        for from in 0..AUDIT_FOLDS_MAX as u32 {
            note(&mut folds, &key(AuditActor::Unknown, from), now, true);
        }
        assert_eq!(note(&mut folds, &key(AuditActor::Anyone, 1), now, true), [1]);
    }

    #[test]
    fn without_room_all_is_counted_until_there_is_some() {
        let (mut folds, start) = (Folds::new(AUDIT_FOLDS_MAX), Instant::now());
        let one = key(AuditActor::Unknown, 1);
        for minute in 0..5 {
            let now = start + AUDIT_FOLD_EVERY * minute;
            assert_eq!(note(&mut folds, &one, now, false), [0; 0]);
        }
        let later = start + AUDIT_FOLD_EVERY * 7;
        assert_eq!(counts(&folds.take_due(later, true)), [5]);
        assert_eq!(folds.due(), None);
    }
}

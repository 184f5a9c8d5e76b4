//! What is written, and what is counted, as a function of values and of the time.

use netscan_schemas::{
    audit::{AuditAction, AuditActor, Origin},
    limits::{AUDIT_FOLD_EVERY, AUDIT_UNKNOWN_FOLDS_MAX},
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

/// What one caller did.
#[derive(Default)]
struct Caller {
    kinds: HashMap<Key, Fold>,
    /// What is of more kinds than are told apart.
    others: Option<Fold>,
}

/// Callers whose kinds are told apart.
struct Callers {
    /// Kinds of one caller that are, and kinds of all.
    most: (usize, usize),
    callers: HashMap<(AuditActor, Option<IpAddr>), Caller>,
    /// Kinds of all of them.
    kinds: usize,
    /// What is of callers for whom there is no room.
    others: Option<Fold>,
}

/// All of them. One caller must not use up the room of the others, nor who is not known that of
/// those who are.
pub struct Folds {
    known: Callers,
    unknown: Callers,
}

impl Folds {
    /// Returns folds that tell so many kinds of one known caller apart, and so many of all of them.
    pub fn new(known: (usize, usize)) -> Self {
        Self { known: Callers::new(known), unknown: Callers::new(AUDIT_UNKNOWN_FOLDS_MAX) }
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
        let until = now + AUDIT_FOLD_EVERY;
        // Who is not known is a place; who is known is the same from any.
        let (of, name) = match key.actor {
            AuditActor::Unknown => (&mut self.unknown, (AuditActor::Unknown, key.from)),
            _ => (&mut self.known, (key.actor.clone(), None)),
        };
        let (of_one, of_all) = of.most;
        let is_full = of.kinds >= of_all;
        if is_full && !of.callers.contains_key(&name) {
            let told = several(&entry, &Origin { actor: AuditActor::Several, from: None });
            of.others.get_or_insert(Fold { until, unwritten: None }).count(told);
            return written;
        }
        let caller = of.callers.entry(name).or_default();
        if let Some(fold) = caller.kinds.get_mut(&key) {
            fold.count(entry);
        } else if is_full || caller.kinds.len() >= of_one {
            let by = Origin { actor: entry.actor.clone(), from: entry.from };
            let others = caller.others.get_or_insert(Fold { until, unwritten: None });
            others.count(several(&entry, &by));
        } else {
            let unwritten = match room {
                true => {
                    written.push(entry);
                    None
                }
                false => Some(entry),
            };
            caller.kinds.insert(key, Fold { until, unwritten });
            of.kinds += 1;
        }
        written
    }

    /// Returns when something that is counted is to be written.
    pub fn due(&self) -> Option<Instant> {
        let folds = [&self.known, &self.unknown].into_iter().flat_map(Callers::folds);
        folds.filter(|fold| fold.unwritten.is_some()).map(|fold| fold.until).min()
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
            of.callers.retain(|_, caller| {
                caller.kinds.retain(|_, fold| !is_over(fold));
                caller.others.take_if(&mut is_over);
                !caller.kinds.is_empty() || caller.others.is_some()
            });
            of.kinds = of.callers.values().map(|caller| caller.kinds.len()).sum();
            of.others.take_if(&mut is_over);
        }
        written
    }

    /// Returns all that is counted.
    pub fn take_all(&mut self) -> Vec<AuditEntry> {
        let all = [&mut self.known, &mut self.unknown].into_iter().map(Callers::take);
        all.flat_map(|of| {
            let kinds = |caller: Caller| caller.kinds.into_values().chain(caller.others);
            of.callers.into_values().flat_map(kinds).chain(of.others)
        })
        .filter_map(|fold| fold.unwritten)
        .collect()
    }
}

impl Callers {
    fn new(most: (usize, usize)) -> Self {
        Self { most, callers: HashMap::new(), kinds: 0, others: None }
    }

    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.most))
    }

    fn folds(&self) -> impl Iterator<Item = &Fold> {
        let callers = self.callers.values();
        callers.flat_map(|caller| caller.kinds.values().chain(&caller.others)).chain(&self.others)
    }
}

fn several(entry: &AuditEntry, by: &Origin) -> AuditEntry {
    let told = match entry.outcome {
        // Only exports are counted where nothing is refused.
        AuditOutcome::Ok => by.did(entry.action),
        AuditOutcome::Refused { .. } => by.did(AuditAction::Request).refused("several"),
    };
    let more = match by.actor {
        AuditActor::Several => "of more callers than are told apart",
        _ => "of more kinds than are told apart",
    };
    AuditEntry { at: entry.at, ..told }.saying(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::limits::AUDIT_FOLDS_MAX;
    use std::{net::Ipv4Addr, time::Duration};

    fn key(actor: AuditActor, from: u32) -> Key {
        key_of(actor, from, "POST /api/session")
    }

    fn key_of(actor: AuditActor, from: u32, what: &str) -> Key {
        Key {
            actor,
            from: Some(Ipv4Addr::from(from).into()),
            what: what.into(),
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
        assert!(rows <= 10 * (2 * AUDIT_UNKNOWN_FOLDS_MAX.1 + 1), "{rows} entries");
        let last = folds.take_all();
        assert_eq!(told + counts(&last).iter().sum::<u64>(), 600_000, "each is counted once");
        let codes = last
            .iter()
            .filter(|entry| entry.outcome == AuditOutcome::Refused { code: "several".into() });
        assert_eq!(codes.count(), 1);
        for from in 0..AUDIT_UNKNOWN_FOLDS_MAX.1 as u32 {
            note(&mut folds, &key(AuditActor::Unknown, from), now, true);
        }
        assert_eq!(note(&mut folds, &key(AuditActor::Anyone, 1), now, true), [1]);
    }

    #[test]
    fn one_caller_leaves_the_others_their_names() {
        let (mut folds, now) = (Folds::new(AUDIT_FOLDS_MAX), Instant::now());
        let mut count = |actor: AuditActor, from| {
            for route in 0..1000 {
                note(&mut folds, &key_of(actor.clone(), from, &route.to_string()), now, true);
            }
        };
        let token = |name: &str| AuditActor::Token {
            id: "k3v9q0ab".parse().unwrap(),
            name: name.to_owned(),
        };
        count(AuditActor::Unknown, 1);
        count(token("loud"), 1);
        for quiet in [key(AuditActor::Unknown, 2), key(token("quiet"), 1)] {
            assert_eq!(note(&mut folds, &quiet, now, true), [1], "it is told of itself");
            note(&mut folds, &quiet, now, true);
        }
        let rest = folds.take_all();
        let mut told: Vec<_> = rest
            .iter()
            .map(|entry| (entry.actor.to_string(), entry.action.as_str(), entry.count))
            .collect();
        told.sort();
        let more = |told: (usize, usize)| 1000 - told.0 as u64;
        let expected = [
            ("token k3v9q0ab (loud)".to_owned(), "request", more(AUDIT_FOLDS_MAX)),
            ("token k3v9q0ab (quiet)".to_owned(), "login", 1),
            ("unknown".to_owned(), "login", 1),
            ("unknown".to_owned(), "request", more(AUDIT_UNKNOWN_FOLDS_MAX)),
        ];
        assert_eq!(told, expected);
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

//! Places at which a test may kill this process, make it panic or hold it up.
//!
//! ```text
//! NETSCAN_FAIL_AT=name[:nth][:abort|panic|sleep-MS]
//!                  │     │     └ what happens; abort, when left out
//!                  │     └ at which hit of this process, 1 for the first, which is the default
//!                  └ one of NAMES
//! ```
//!
//! It happens once. Without the variable a hit is one relaxed load.

use crate::{write::Op, writer::Unit};
use netscan_schemas::batch::BatchStatus;
use rustix::process::{Signal, getpid, kill_process};
use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The variable that arms a point.
pub const VARIABLE: &str = "NETSCAN_FAIL_AT";

/// Every point there is, in about the order in which a scan and a restart come by.
pub const NAMES: [&str; 24] = [
    "before-scan-commit",
    "after-scan-commit",
    "engine-start-scan",
    "slots-grant",
    "scan-cut",
    "before-cut-commit",
    "after-cut-commit",
    "batch-claim",
    "before-claim-commit",
    "after-claim-commit",
    "before-spawn",
    "after-spawn",
    "before-hosts-commit",
    "after-hosts-commit",
    "before-publish",
    "batch-conclude",
    "before-attempt-end-commit",
    "after-attempt-end-commit",
    "batch-settled",
    "scan-finish",
    "before-scan-end-commit",
    "after-scan-end-commit",
    "after-epoch",
    "after-reopened",
];

/// The points that only a start on a store with an unfinished scan comes by.
pub const IN_RECOVERY: [&str; 2] = ["after-epoch", "after-reopened"];

/// Whether a hit has to look closer: until the variable is read, and from then on if it is set.
static LOOK: AtomicBool = AtomicBool::new(true);
static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

struct Armed {
    point: Point,
    hits: AtomicU64,
}

/// What the variable says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Point {
    name: &'static str,
    nth: u64,
    action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Abort,
    Panic,
    Sleep(Duration),
}

/// Says that the process is at this point, one of [`NAMES`].
pub fn hit(name: &str) {
    if LOOK.load(Ordering::Relaxed) {
        look(name);
    }
}

#[cold]
fn look(name: &str) {
    debug_assert!(NAMES.contains(&name), "`{name}` is not among the names");
    let Some(armed) = ARMED.get_or_init(read) else { return LOOK.store(false, Ordering::Relaxed) };
    if armed.point.name == name && armed.hits.fetch_add(1, Ordering::Relaxed) + 1 == armed.point.nth
    {
        armed.point.action.take(name);
    }
}

fn read() -> Option<Armed> {
    let text = std::env::var(VARIABLE).ok()?;
    let point = Point::parse(&text);
    match &point {
        Some(point) => tracing::warn!("{VARIABLE} is set: {point:?}"),
        None => tracing::error!("{VARIABLE} means nothing: `{text}`"),
    }
    Some(Armed { point: point?, hits: AtomicU64::new(0) })
}

impl Point {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let name = parts.next()?;
        let name = NAMES.into_iter().find(|known| *known == name)?;
        let mut point = Self { name, nth: 1, action: Action::Abort };
        for part in parts {
            match part.parse() {
                Ok(nth) => point.nth = nth,
                Err(_) => point.action = Action::parse(part)?,
            }
        }
        Some(point)
    }
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "abort" => Some(Self::Abort),
            "panic" => Some(Self::Panic),
            _ => {
                let millis = text.strip_prefix("sleep-")?.parse().ok()?;
                Some(Self::Sleep(Duration::from_millis(millis)))
            }
        }
    }

    #[expect(clippy::panic, reason = "a test asked for it")]
    fn take(self, name: &str) {
        match self {
            Self::Abort => {
                // As `kill -9` would: no handler, no destructor, no core file.
                let _ = kill_process(getpid(), Signal::KILL);
                std::process::abort();
            }
            Self::Panic => panic!("fail point `{name}`"),
            Self::Sleep(duration) => thread::sleep(duration),
        }
    }
}

/// Hits the points before the commit of a group, for all that is in it.
pub(crate) fn before_commit(units: &[Unit]) {
    at_commit(units, |kind| kind.before);
}

/// Hits the points after the commit of a group, for all that is in it.
pub(crate) fn after_commit(units: &[Unit]) {
    at_commit(units, |kind| kind.after);
}

fn at_commit(units: &[Unit], name: impl Fn(&Kind) -> &'static str) {
    if !LOOK.load(Ordering::Relaxed) {
        return;
    }
    for kind in &KINDS {
        if units.iter().any(|unit| (kind.is)(&unit.ops)) {
            look(name(kind));
        }
    }
}

/// A kind of unit, told by its steps.
struct Kind {
    before: &'static str,
    after: &'static str,
    is: fn(&[Op]) -> bool,
}

const KINDS: [Kind; 6] = [
    Kind {
        before: "before-scan-commit",
        after: "after-scan-commit",
        is: |ops| ops.iter().any(|op| matches!(op, Op::CreateScan { .. })),
    },
    Kind {
        before: "before-cut-commit",
        after: "after-cut-commit",
        is: |ops| {
            ops.iter().any(|op| matches!(op, Op::PutBatch { .. }))
                && ops.iter().any(|op| matches!(op, Op::PutScanState { .. }))
        },
    },
    Kind {
        before: "before-claim-commit",
        after: "after-claim-commit",
        is: |ops| has_attempt(ops) && puts_batch(ops, true),
    },
    Kind {
        before: "before-hosts-commit",
        after: "after-hosts-commit",
        is: |ops| ops.iter().any(|op| matches!(op, Op::RecordHosts(_))),
    },
    Kind {
        before: "before-attempt-end-commit",
        after: "after-attempt-end-commit",
        is: |ops| has_attempt(ops) && puts_batch(ops, false),
    },
    Kind {
        before: "before-scan-end-commit",
        after: "after-scan-end-commit",
        is: |ops| {
            let ends =
                |op: &Op| matches!(op, Op::PutScanState { status, .. } if status.has_ended());
            ops.iter().any(ends)
        },
    },
];

fn has_attempt(ops: &[Op]) -> bool {
    ops.iter().any(|op| matches!(op, Op::PutAttempt { .. }))
}

fn puts_batch(ops: &[Op], running: bool) -> bool {
    ops.iter().any(|op| {
        matches!(op, Op::PutBatch { status, .. }
            if (*status == BatchStatus::Running) == running)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_variable_says() {
        let point = |name, nth, action| Some(Point { name, nth, action });
        let table = [
            ("before-spawn", point("before-spawn", 1, Action::Abort)),
            ("before-spawn:3", point("before-spawn", 3, Action::Abort)),
            ("scan-cut:panic", point("scan-cut", 1, Action::Panic)),
            (
                "after-epoch:2:sleep-50",
                point("after-epoch", 2, Action::Sleep(Duration::from_millis(50))),
            ),
            ("nowhere", None),
            ("before-spawn:explode", None),
            ("before-spawn:sleep-", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(Point::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_unique_and_those_of_commits_are_among_them() {
        let mut sorted = NAMES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), NAMES.len());
        let commits = KINDS.iter().flat_map(|kind| [kind.before, kind.after]);
        assert!(commits.chain(IN_RECOVERY).all(|name| NAMES.contains(&name)));
    }
}

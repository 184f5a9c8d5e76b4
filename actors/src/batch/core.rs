//! What a batch does after an attempt: decided from values, without a clock.

use netscan_schemas::{
    attempt::{Outcome, StopReason},
    scan::Policy,
};
use std::time::Duration;

/// Longest wait between two attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(300);

/// Exit code of nmap for a command line that it does not understand: trying again cannot help.
const NMAP_USAGE: i32 = 255;

/// What comes after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Every address has a verdict.
    Complete,
    /// Another attempt at the remainder, after a wait.
    Retry {
        /// How long to wait.
        after: Duration,
        /// Whether the attempt counts against the budget.
        charged: bool,
    },
    /// The remainder stays unfinished.
    GiveUp,
    /// A stop ended it.
    Stop,
    /// A pause or a shutdown ended it; it goes on later.
    SetAside,
}

/// Decides what comes after an attempt.
///
/// `remaining` counts addresses without a verdict, those of earlier attempts taken off;
/// `charged` counts earlier attempts that failed by their own fault; `jitter` is 0.0 to 1.0 and
/// spreads retries that began together.
///
/// The seam for cutting a failing batch into smaller ones is here: it will be a further variant
/// of [`Next`], chosen instead of [`Next::Retry`].
pub fn decide(
    outcome: &Outcome,
    remaining: u64,
    charged: u32,
    policy: &Policy,
    jitter: f64,
) -> Next {
    if remaining == 0 {
        return Next::Complete;
    }
    match outcome {
        Outcome::Ended { reason: StopReason::Stopped | StopReason::Killed } => Next::Stop,
        Outcome::Ended { reason: StopReason::Paused | StopReason::Shutdown } => Next::SetAside,
        Outcome::NmapFailed { code: NMAP_USAGE, .. } => Next::GiveUp,
        // The store's trouble is not the targets' fault.
        Outcome::Ended { reason: StopReason::StoreSlow } => {
            Next::Retry { after: backoff(policy, charged, jitter), charged: false }
        }
        Outcome::Complete
        | Outcome::HostsTimedOut { .. }
        | Outcome::HostsMissing { .. }
        | Outcome::DocumentCut
        | Outcome::NmapFailed { .. }
        | Outcome::Crashed { .. }
        | Outcome::Unstartable { .. }
        | Outcome::Lost
        | Outcome::Ended {
            reason: StopReason::Deadline | StopReason::Stalled | StopReason::OutputCap,
        } => {
            if charged + 1 < policy.attempts_max {
                Next::Retry { after: backoff(policy, charged, jitter), charged: true }
            } else {
                Next::GiveUp
            }
        }
    }
}

/// Returns `backoff_ms` doubled for each failed attempt, plus up to a tenth of jitter.
fn backoff(policy: &Policy, charged: u32, jitter: f64) -> Duration {
    let doubled = policy.backoff_ms.saturating_mul(1u64 << charged.min(20));
    let wait = Duration::from_millis(doubled).min(BACKOFF_MAX);
    wait + wait.mul_f64(jitter.clamp(0.0, 1.0) * 0.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(outcome: &Outcome, remaining: u64, charged: u32) -> Next {
        decide(outcome, remaining, charged, &Policy::default(), 0.0)
    }

    fn retry(secs: u64, charged: bool) -> Next {
        Next::Retry { after: Duration::from_secs(secs), charged }
    }

    #[test]
    fn what_follows_an_attempt() {
        let ended = |reason| Outcome::Ended { reason };
        let failed = |code| Outcome::NmapFailed { code, message: "no".into() };
        let table = [
            (Outcome::Complete, 0, 0, Next::Complete),
            // A crash after the last host costs nothing: each address has its verdict.
            (Outcome::Crashed { signal: 9 }, 0, 0, Next::Complete),
            (Outcome::Crashed { signal: 9 }, 4, 0, retry(1, true)),
            (Outcome::Crashed { signal: 9 }, 4, 1, retry(2, true)),
            (Outcome::Crashed { signal: 9 }, 4, 2, Next::GiveUp),
            (Outcome::HostsMissing { hosts: 4 }, 4, 0, retry(1, true)),
            (Outcome::DocumentCut, 4, 2, Next::GiveUp),
            (failed(1), 4, 0, retry(1, true)),
            (failed(255), 4, 0, Next::GiveUp),
            (ended(StopReason::Stopped), 4, 0, Next::Stop),
            (ended(StopReason::Killed), 4, 2, Next::Stop),
            (ended(StopReason::Paused), 4, 2, Next::SetAside),
            (ended(StopReason::Shutdown), 4, 0, Next::SetAside),
            (ended(StopReason::Stalled), 4, 0, retry(1, true)),
            (ended(StopReason::StoreSlow), 4, 2, retry(4, false)),
        ];
        for (outcome, remaining, charged, expected) in table {
            let shown = format!("{outcome:?} with {remaining} left after {charged}");
            assert_eq!(next(&outcome, remaining, charged), expected, "{shown}");
        }
    }

    #[test]
    fn the_wait_grows_to_its_cap_and_not_beyond() {
        let policy = Policy { backoff_ms: 1000, attempts_max: 20, ..Policy::default() };
        let wait = |charged, jitter| match decide(&Outcome::Lost, 1, charged, &policy, jitter) {
            Next::Retry { after, .. } => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(0, 1.0), Duration::from_millis(1100));
        assert_eq!(wait(18, 0.0), BACKOFF_MAX);
        assert_eq!(wait(18, 1.0), BACKOFF_MAX + BACKOFF_MAX / 10);
    }
}

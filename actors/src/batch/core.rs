//! What a batch does after an attempt: decided from values, without a clock.
//!
//! ```text
//! all have a verdict ─► Complete
//! stop, pause, shutdown ─► Stop, SetAside
//! out of scope by now ─► Split into what is not, or GiveUp
//! no usable nmap, slow store ─► the same again, at no charge
//! took too long ─► Split, or the same again while the budget lasts, or GiveUp
//! crashed, or no proof ─► the same again once, then Split, or ..., or GiveUp
//! ```

use super::lanes::{Cause, Child};
use netscan_schemas::{
    AddressSet,
    attempt::{Outcome, StopReason},
    batch::Lane,
    limits,
    scan::{Policy, Resplit},
};
use std::time::Duration;

/// Longest wait between two attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(300);
/// Wait before it is tried again whether there is a usable nmap.
const SCANNER_WAIT: Duration = Duration::from_secs(5);
/// Failed attempts after which a batch is split instead of tried again.
const FAULTS_BEFORE_SPLIT: u32 = 2;

/// Exit code of nmap for a command line that it does not understand: trying again cannot help.
pub const NMAP_USAGE: i32 = 255;
/// Exit codes of whatever stands in nmap's place and cannot run it: the shell's and the dynamic
/// linker's.
const NMAP_UNUSABLE: [i32; 2] = [126, 127];

/// What comes after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The remainder goes to smaller batches.
    Split(Vec<Child>),
    /// The remainder stays unfinished.
    GiveUp,
    /// A stop ended it.
    Stop,
    /// A pause or a shutdown ended it; it goes on later.
    SetAside,
}

/// What an attempt says about the scan as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// nmap works: hosts were finished, or it ran for long.
    Works,
    /// nmap failed without finishing a host.
    Barren,
    /// There is no usable nmap.
    NotReady,
    /// Nothing: netscan itself ended it.
    Nothing,
}

/// An attempt that has ended, and where its batch stands.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What the attempt proved.
    pub outcome: &'a Outcome,
    /// Whether its process wrote nothing at all, not even nmap's banner.
    pub is_mute: bool,
    /// Addresses without a verdict, those of earlier attempts taken off.
    pub remaining: u64,
    /// Earlier attempts that failed by their own fault.
    pub charged: u32,
    /// Failed attempts of the whole scan in a row without a finished host, this one included.
    pub barren: u32,
    /// How hard the scan tries.
    pub policy: &'a Policy,
    /// 0.0 to 1.0: spreads retries that began together.
    pub jitter: f64,
}

/// What kind of end an attempt had.
enum Kind {
    Stop,
    SetAside,
    GiveUp,
    NotReady,
    Environment,
    Failed(Cause),
}

fn kind(outcome: &Outcome) -> Kind {
    match outcome {
        Outcome::Ended { reason } => match reason {
            StopReason::Stopped | StopReason::Killed => Kind::Stop,
            StopReason::Paused | StopReason::Shutdown => Kind::SetAside,
            StopReason::GaveUp => Kind::GiveUp,
            // The next start asks the scope.
            StopReason::StoreSlow | StopReason::NetworkChanged | StopReason::OutOfScope => {
                Kind::Environment
            }
            StopReason::Straggler
            | StopReason::Deadline
            | StopReason::Stalled
            | StopReason::OutputCap => Kind::Failed(Cause::Time),
        },
        Outcome::NmapFailed { code: NMAP_USAGE, .. } | Outcome::OutOfScope { .. } => Kind::GiveUp,
        Outcome::NmapFailed { code, .. } if NMAP_UNUSABLE.contains(code) => Kind::NotReady,
        Outcome::Unstartable { .. } => Kind::NotReady,
        Outcome::Complete
        | Outcome::HostsTimedOut { .. }
        | Outcome::HostsMissing { .. }
        | Outcome::DocumentCut
        | Outcome::NmapFailed { .. }
        | Outcome::Crashed { .. }
        | Outcome::Lost => Kind::Failed(Cause::Fault),
    }
}

/// Returns what an attempt says about the scan as a whole.
pub fn news(outcome: &Outcome, is_mute: bool, salvaged: u64) -> News {
    match kind(outcome) {
        Kind::NotReady => News::NotReady,
        // A program that crashes before nmap says its name may be no nmap any more.
        _ if is_mute && matches!(outcome, Outcome::Crashed { .. }) => News::NotReady,
        _ if salvaged > 0 || matches!(outcome, Outcome::Complete) => News::Works,
        // A stall takes its time, so it cannot become a storm, and says nothing about nmap.
        _ if matches!(outcome, Outcome::Ended { .. } | Outcome::OutOfScope { .. }) => News::Nothing,
        Kind::Failed(Cause::Fault) | Kind::GiveUp => News::Barren,
        Kind::Failed(Cause::Time) | Kind::Stop | Kind::SetAside | Kind::Environment => {
            News::Nothing
        }
    }
}

/// Decides what comes after an attempt. `children` is asked for the smaller batches that the
/// remainder could go to; it returns none when it cannot be split.
pub fn decide(at: Situation<'_>, children: impl FnOnce(Cause) -> Vec<Child>) -> Next {
    if at.remaining == 0 {
        return Next::Complete;
    }
    let cause = match kind(at.outcome) {
        Kind::Stop => return Next::Stop,
        Kind::SetAside => return Next::SetAside,
        Kind::GiveUp => return Next::GiveUp,
        Kind::NotReady => return Next::Retry { after: SCANNER_WAIT, charged: false },
        // The machine's own trouble is not the targets' fault.
        Kind::Environment => return Next::Retry { after: backoff(&at), charged: false },
        Kind::Failed(cause) => cause,
    };
    let failed = at.charged + 1;
    let budget = at.policy.attempts_max;
    let may_split = at.policy.resplit == Resplit::Bisect && at.barren < limits::BARREN_NO_SPLIT;
    let is_time = cause == Cause::Time || failed >= FAULTS_BEFORE_SPLIT.min(budget);
    if may_split && is_time {
        let children = children(cause);
        if !children.is_empty() {
            return Next::Split(children);
        }
    }
    // What could not be split early for the sake of others is simply begun again.
    let charged = !matches!(at.outcome, Outcome::Ended { reason: StopReason::Straggler });
    if charged && failed >= budget {
        return Next::GiveUp;
    }
    // Whether there is a usable nmap is looked at first.
    let after = if at.is_mute { SCANNER_WAIT.max(backoff(&at)) } else { backoff(&at) };
    Next::Retry { after, charged }
}

/// Decides what comes after addresses of a batch have left the scope: these stay unfinished, and
/// the rest of `remaining` goes on in a batch of its own. Nobody is charged for it.
pub fn leave_scope(remaining: &AddressSet, outside: &AddressSet, lane: Lane) -> Next {
    let addresses = remaining.difference(outside);
    match (remaining.is_empty(), addresses.is_empty()) {
        (true, _) => Next::Complete,
        (false, true) => Next::GiveUp,
        // They are back in it, or those that left it are finished.
        (false, false) if addresses == *remaining => {
            Next::Retry { after: Duration::ZERO, charged: false }
        }
        (false, false) => Next::Split(vec![Child { addresses, lane }]),
    }
}

/// Returns `backoff_ms` doubled for each failed attempt, plus up to a tenth of jitter.
fn backoff(at: &Situation<'_>) -> Duration {
    let doubled = at.policy.backoff_ms.saturating_mul(1u64 << at.charged.min(20));
    let wait = Duration::from_millis(doubled).min(BACKOFF_MAX);
    wait + wait.mul_f64(at.jitter.clamp(0.0, 1.0) * 0.1)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

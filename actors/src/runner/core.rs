//! What an attempt proved: success is proved, never inferred.

use netscan_nmap::xml::DocumentEnd;
use netscan_schemas::attempt::{Ending, Outcome, StopReason};

/// What is known when an attempt's process has ended and its streams are read to the end.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// How the process ended.
    pub ending: &'a Ending,
    /// Why netscan ended it, if it did.
    pub stop: Option<StopReason>,
    /// How many of its addresses had left the scope, if it was ended for that.
    pub out_of_scope: u64,
    /// How far its XML document got.
    pub document: &'a DocumentEnd,
    /// Addresses without a finished host.
    pub missing: u64,
    /// Hosts that nmap gave up on at the user's host timeout.
    pub timed_out: u64,
    /// The end of what it wrote to stderr.
    pub stderr_tail: &'a str,
}

/// Returns what the evidence proves.
///
/// nmap exits 0 on a full disk, says success when the link went down, and has nothing for hosts it
/// never reached; so success takes all of: exit code 0, a closed document, `finished` with
/// `exit="success"`, and a finished host for each address.
pub fn judge(evidence: &Evidence<'_>) -> Outcome {
    let proved = proves_success(evidence);
    match (evidence.ending, evidence.stop) {
        (Ending::Unstartable { message }, _) => Outcome::Unstartable { message: message.clone() },
        // It may have been done before our signal arrived.
        (_, Some(reason)) if !(proved && evidence.missing == 0) => match reason {
            StopReason::OutOfScope => Outcome::OutOfScope { addresses: evidence.out_of_scope },
            reason => Outcome::Ended { reason },
        },
        (Ending::Lost, _) => Outcome::Lost,
        (Ending::Signalled { signal }, _) => Outcome::Crashed { signal: *signal },
        (Ending::Exited { code: 0 }, _) if proved => match (evidence.missing, evidence.timed_out) {
            (0, 0) => Outcome::Complete,
            (0, hosts) => Outcome::HostsTimedOut { hosts },
            (hosts, _) => Outcome::HostsMissing { hosts },
        },
        (Ending::Exited { code }, _) => match failure_message(evidence) {
            Some(message) => Outcome::NmapFailed { code: *code, message },
            None if *code == 0 => Outcome::DocumentCut,
            None => Outcome::NmapFailed { code: *code, message: "it gave no reason".into() },
        },
    }
}

fn proves_success(evidence: &Evidence<'_>) -> bool {
    let finished = evidence.document.finished.as_ref();
    matches!(evidence.ending, Ending::Exited { code: 0 })
        && evidence.document.closed
        && evidence.document.problem.is_none()
        && finished.is_some_and(|finished| finished.success)
}

fn failure_message(evidence: &Evidence<'_>) -> Option<String> {
    let finished = evidence.document.finished.as_ref();
    let said = finished.filter(|finished| !finished.success).map(|finished| {
        finished.error.clone().unwrap_or_else(|| "nmap's document says that it failed".into())
    });
    if said.is_some() {
        return said;
    }
    let tail = evidence.stderr_tail.trim();
    let failed = !matches!(evidence.ending, Ending::Exited { code: 0 });
    (failed && !tail.is_empty()).then(|| tail.to_owned())
}

//! How a scan stands and how it ended, judged from what is durable.

use netscan_schemas::{
    ScanId, Time,
    audit::{AuditAction, AuditKind, Origin},
    batch::BatchStatus,
    event::{Event, ScanSummary},
    scan::{Progress, ScanStatus, VerdictCounts},
    stored::AuditEntry,
};
use netscan_store::{ReadError, ScanView, Store};

/// How a scan ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Completed, stopped or failed.
    pub status: ScanStatus,
    /// What is known of its targets.
    pub verdicts: VerdictCounts,
    /// What it found.
    pub summary: ScanSummary,
    /// Why it failed.
    pub error: Option<String>,
}

impl End {
    /// Returns the entry of the audit log.
    pub fn entry(&self, scan: ScanId) -> AuditEntry {
        let VerdictCounts { up, down, timed_out, unfinished, .. } = self.verdicts;
        let counts =
            format!("{up} up, {down} down, {timed_out} timed out, {unfinished} unfinished");
        let entry = Origin::server().did(AuditAction::ScanEnd).on(AuditKind::Scan, scan);
        entry.saying(format_args!("{}: {counts}", self.status))
    }

    /// Returns the last event of the scan.
    pub fn event(&self) -> Event {
        Event::ScanComplete {
            status: self.status,
            verdicts: self.verdicts,
            summary: self.summary,
            error: self.error.clone(),
        }
    }
}

/// Returns how far a scan is, without an estimate.
pub fn progress(view: &ScanView) -> Progress {
    let verdicts = view.tally.verdicts(&view.spec);
    let targets_total = view.spec.total_targets;
    let targets_done = targets_total.saturating_sub(verdicts.unfinished);
    let running = BatchStatus::ALL.iter().zip(view.tally.batches);
    Progress {
        targets_done,
        targets_total,
        percent: match targets_total {
            0 => 100.0,
            total => (targets_done as f64 * 100.0 / total as f64) as f32,
        },
        hosts_up: verdicts.up,
        open_ports: view.tally.open_ports,
        running_batches: running
            .filter(|(status, _)| **status == BatchStatus::Running)
            .map(|(_, count)| count)
            .sum(),
        eta_ms: None,
        eta_p90_ms: None,
    }
}

/// Judges a scan whose last batch has ended: its status, and whether its counts add up.
///
/// The counts that the writer kept one by one are compared with the verdicts of all batches; a
/// difference is a bug of netscan, and the scan fails with the difference named.
pub fn judge(store: &Store, scan: ScanId, before: ScanStatus) -> Result<End, ReadError> {
    let view = store.scan(scan)?.ok_or(ReadError::Unavailable)?;
    let verdicts = view.tally.verdicts(&view.spec);
    let found = store.scan_verdicts(scan)?;
    let counted = (verdicts.up, verdicts.down, verdicts.timed_out);
    let held = (found.up.count(), found.down.count(), found.timed_out.count());
    let total = verdicts.total();
    let (status, error) = if counted != held || total != view.spec.total_targets {
        let error = format!(
            "the counts do not add up: up, down, timed out are counted as {counted:?} and held as \
             {held:?}; {total} verdicts for {} targets",
            view.spec.total_targets
        );
        (ScanStatus::Failed, Some(error))
    } else if before == ScanStatus::Stopping {
        (ScanStatus::Stopped, None)
    } else if verdicts.unfinished > 0 {
        let error = format!(
            "{} of {total} targets are unfinished; `netscan batches {scan}` says why",
            verdicts.unfinished
        );
        (ScanStatus::Failed, Some(error))
    } else {
        (ScanStatus::Completed, None)
    };
    let summary = ScanSummary {
        hosts_up: verdicts.up,
        open_ports: view.tally.open_ports,
        duration_ms: Time::now().millis_since(view.spec.created_at),
    };
    Ok(End { status, verdicts, summary, error })
}

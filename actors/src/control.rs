//! What users may do to a scan: stop, pause, resume. Also a scan that no process runs is ended here.

use crate::{
    engine::EngineMsg,
    in_hand::Taken,
    scan::{Order, ScanMsg},
    system::{ANSWER_WAIT, System},
};
use netscan_schemas::{
    ScanId,
    attempt::StopReason,
    audit::{AuditAction, AuditKind, Origin},
    event::{EncodedEvent, Event},
    scan::ScanStatus,
    stored::AuditEntry,
};
use netscan_store::{ReadError, Write, WriteError};
use ractor::rpc::CallResult;

/// Why a stop, pause or resume is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such scan.
    #[error("there is no scan {0}")]
    NoScan(ScanId),
    /// The scan has ended.
    #[error("scan {0} has already ended as {1}")]
    Ended(ScanId, ScanStatus),
    /// The scan is in a state that does not allow it.
    #[error("scan {scan} is {status}, and only a scan that is {wanted} can be {what}")]
    Conflict {
        /// The scan.
        scan: ScanId,
        /// Where it stands.
        status: ScanStatus,
        /// Where it would have to stand.
        wanted: &'static str,
        /// What was asked for.
        what: &'static str,
    },
    /// The scan's actor does not answer: it is being started again.
    #[error("scan {0} does not answer just now; try again in a few seconds")]
    Busy(ScanId),
    /// No process runs the scan.
    #[error(
        "scan {0} is interrupted: no process runs it just now; `netscan serve` takes it up \
         again, `netscan stop {0}` ends it"
    )]
    Interrupted(ScanId),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl System {
    /// Stops a scan: its nmap processes end, what they found is kept.
    ///
    /// # Errors
    /// When there is no such scan, or it has ended.
    pub async fn stop_scan(
        &self,
        scan: ScanId,
        at_once: bool,
        by: &Origin,
    ) -> Result<ScanStatus, CommandError> {
        let reason = if at_once { StopReason::Killed } else { StopReason::Stopped };
        let entry = by.did(AuditAction::ScanStop).on(AuditKind::Scan, scan);
        let entry = if at_once { entry.saying("at once") } else { entry };
        let order = Order::Stop(reason);
        let status = match self.command(scan, order, entry.clone()).await {
            Err(CommandError::Interrupted(_)) => self.end_interrupted(scan, entry).await?,
            status => status?,
        };
        Ok(if status.has_ended() { status } else { ScanStatus::Stopping })
    }

    /// Ends a scan that no process runs. The stop is written down first, and so holds whatever
    /// happens; an actor then carries it out, which starts no nmap.
    async fn end_interrupted(
        &self,
        scan: ScanId,
        entry: AuditEntry,
    ) -> Result<ScanStatus, CommandError> {
        match self.in_hand().take(scan) {
            Taken::New => {}
            Taken::Already | Taken::Closed => return Err(CommandError::Busy(scan)),
        }
        match self.write_stop(scan, entry).await {
            Ok(()) => self.tell(EngineMsg::Start(scan)),
            Err(error) => {
                self.in_hand().release(scan);
                return Err(error);
            }
        }
        match tokio::time::timeout(ANSWER_WAIT, self.wait_ended(scan)).await {
            Ok(ended) => ended,
            Err(_) => Ok(ScanStatus::Stopping),
        }
    }

    async fn write_stop(&self, scan: ScanId, entry: AuditEntry) -> Result<(), CommandError> {
        let mut state = self.store().scan(scan)?.ok_or(CommandError::NoScan(scan))?.state;
        match state.status {
            ended if ended.has_ended() => return Err(CommandError::Ended(scan, ended)),
            ScanStatus::Stopping => return Ok(()),
            _ => state.status = ScanStatus::Stopping,
        }
        let mut write = Write::new();
        write.put_scan_state(scan, &state);
        write.event(scan, EncodedEvent::now(&Event::ScanStopping {}));
        write.audit(entry);
        self.store().submit(write).await?;
        Ok(())
    }

    /// Pauses a scan: nothing starts, what runs ends and is kept.
    ///
    /// # Errors
    /// When there is no such scan, it has ended, or it is being stopped.
    pub async fn pause_scan(&self, scan: ScanId, by: &Origin) -> Result<ScanStatus, CommandError> {
        let entry = by.did(AuditAction::ScanPause).on(AuditKind::Scan, scan);
        match self.command(scan, Order::Pause, entry).await? {
            ScanStatus::Paused => Ok(ScanStatus::Paused),
            status => {
                Err(CommandError::Conflict { scan, status, wanted: "running", what: "paused" })
            }
        }
    }

    /// Resumes a paused scan.
    ///
    /// # Errors
    /// When there is no such scan, it has ended, or it is being stopped.
    pub async fn resume_scan(&self, scan: ScanId, by: &Origin) -> Result<ScanStatus, CommandError> {
        let entry = by.did(AuditAction::ScanResume).on(AuditKind::Scan, scan);
        match self.command(scan, Order::Resume, entry).await? {
            ScanStatus::Running => Ok(ScanStatus::Running),
            status => {
                Err(CommandError::Conflict { scan, status, wanted: "paused", what: "resumed" })
            }
        }
    }

    async fn command(
        &self,
        scan: ScanId,
        order: Order,
        entry: AuditEntry,
    ) -> Result<ScanStatus, CommandError> {
        let found = self.ask(|reply| EngineMsg::Find(scan, reply), ANSWER_WAIT).await.flatten();
        if let Some(actor) = found
            && let Ok(CallResult::Success(status)) =
                actor.call(|reply| ScanMsg::Order(order, entry, reply), Some(ANSWER_WAIT)).await
        {
            return Ok(status);
        }
        // No actor, or one that ended just now: the store knows.
        let view = self.store().scan(scan)?.ok_or(CommandError::NoScan(scan))?;
        match view.state.status {
            ended if ended.has_ended() => Err(CommandError::Ended(scan, ended)),
            _ if self.in_hand().holds(scan) => Err(CommandError::Busy(scan)),
            _ => Err(CommandError::Interrupted(scan)),
        }
    }
}

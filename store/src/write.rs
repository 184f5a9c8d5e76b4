//! What goes in at the write door: units that are applied whole or not at all.
//!
//! ```text
//! Write::new().put_batch(..).event(..)  ──submit──►  writer  ──►  Ack
//! ```
//!
//! Records are encoded here, on the caller's thread, so that the writer has less to do and a
//! record that cannot be stored never gets as far as a transaction.

use crate::{
    codec::{self, CodecError, Record},
    error::WriteError,
    segment,
};
use netscan_schemas::{
    AddressSet, Time, TokenId,
    attempt::{Outcome, Stream},
    batch::BatchStatus,
    event::EncodedEvent,
    grants::GrantsChange,
    host::{HostFinding, PortId},
    id::{AttemptNo, BatchId, ProjectId, ScanId, ScopeId, Seq},
    scan::{ScanState, ScanStatus},
    stored::{
        AttemptRecord, AuditEntry, BatchRecord, Difficulty, PlanRecord, ProfileRecord,
        ProjectRecord, ScanSpec, ScopeRecord, SessionRecord,
    },
};
use std::{
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::oneshot;

/// What an event's place in the order adds to its text, and more.
const EVENT_ROOM: usize = 256;

/// A unit of writing: all of it becomes durable in one transaction, or none of it.
#[derive(Clone, Debug, Default)]
#[must_use = "a unit is written when it is submitted"]
pub struct Write {
    pub(crate) ops: Vec<Op>,
    /// About how much it adds to a transaction.
    pub(crate) bytes: usize,
    /// The first record that cannot be stored; such a unit is refused as a whole.
    pub(crate) fault: Option<CodecError>,
}

/// One step of a unit.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    CreateProject {
        name: String,
        description: Option<String>,
        at: Time,
    },
    UpdateProject {
        id: ProjectId,
        edit: ProjectEdit,
    },
    DeleteProject(ProjectId),
    CreateScan {
        scan: ScanId,
        project: ProjectId,
        spec: Vec<u8>,
        plan: Vec<u8>,
        state: Vec<u8>,
    },
    PutScanState {
        scan: ScanId,
        status: ScanStatus,
        bytes: Vec<u8>,
    },
    DeleteScan(ScanId),
    PutBatch {
        batch: BatchId,
        scan: ScanId,
        status: BatchStatus,
        bytes: Vec<u8>,
    },
    PutAttempt {
        batch: BatchId,
        attempt: AttemptNo,
        /// The name of what it proved, once it has ended.
        outcome: Option<&'static str>,
        bytes: Vec<u8>,
    },
    RawFrame {
        batch: BatchId,
        attempt: AttemptNo,
        stream: Stream,
        frame: u32,
        bytes: Vec<u8>,
    },
    RecordHosts(RecordHosts),
    RecordProvisional(RecordProvisional),
    AddDifficult {
        addresses: AddressSet,
        difficulty: Difficulty,
    },
    RemoveDifficult {
        addresses: AddressSet,
    },
    AddScope(ScopeRecord),
    RemoveScope {
        project: Option<ProjectId>,
        id: ScopeId,
    },
    Event {
        scan: ScanId,
        event: EncodedEvent,
    },
    CreateToken {
        id: TokenId,
        bytes: Vec<u8>,
    },
    DeleteToken(TokenId),
    TouchToken {
        id: TokenId,
        at: Time,
    },
    CreateSession {
        key: SessionKey,
        session: SessionRecord,
        keep: KeepSessions,
    },
    DeleteSession(SessionKey),
    TouchSession {
        key: SessionKey,
        at: Time,
    },
    Audit(AuditEntry),
    CreateProfile(ProfileRecord),
    ReplaceProfile(ProfileRecord),
    DeleteProfile(String),
}

/// What to change of a project; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct ProjectEdit {
    /// Its new name.
    pub name: Option<String>,
    /// What it is for from now on; `Some(None)` for nothing.
    pub description: Option<Option<String>>,
    /// What is granted to it from now on.
    pub grants: Option<GrantsEdit>,
}

/// A change of what is granted to a project.
#[derive(Clone, Debug)]
pub struct GrantsEdit {
    /// What to change.
    pub change: GrantsChange,
    /// Who changes it.
    pub by: String,
    /// When.
    pub at: Time,
}

/// What a session is filed under: BLAKE3 of its cookie's secret.
pub type SessionKey = [u8; 32];

/// Which sessions stay when another begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepSessions {
    /// Those that began after this ...
    pub(crate) created_after: Time,
    /// ... and were used after this.
    pub(crate) seen_after: Time,
}

/// Findings of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct RecordHosts {
    pub(crate) scan: ScanId,
    pub(crate) batch: BatchId,
    pub(crate) attempt: AttemptNo,
    pub(crate) at: Time,
    pub(crate) hosts: Vec<HostFinding>,
    /// Whether the next step of a staged plan has them: they get no verdict yet.
    pub(crate) passes: bool,
}

/// Open ports that an attempt announced of hosts which it did not finish.
#[derive(Clone, Debug)]
pub(crate) struct RecordProvisional {
    pub(crate) scan: ScanId,
    pub(crate) batch: BatchId,
    pub(crate) attempt: AttemptNo,
    pub(crate) at: Time,
    pub(crate) hosts: Vec<(IpAddr, Vec<PortId>)>,
}

impl Write {
    /// Returns a unit without a step. Submitting it waits for all that was submitted before.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether the unit has no step.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Returns about how many bytes the unit adds to a transaction.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn of(op: Op) -> Self {
        Self { ops: vec![op], ..Self::default() }
    }

    pub(crate) fn push(&mut self, bytes: usize, op: Result<Op, CodecError>) -> &mut Self {
        match op {
            Ok(op) => {
                self.bytes += bytes;
                self.ops.push(op);
            }
            Err(error) => {
                self.fault.get_or_insert(error);
            }
        }
        self
    }

    /// Adds an entry to the audit log: it is there if, and only if, the rest of the unit is. It gets
    /// its number and its place in the chain when it is written.
    pub fn audit(&mut self, entry: AuditEntry) -> &mut Self {
        let bytes = codec::audit_bytes(&entry);
        let size = bytes.as_ref().copied().unwrap_or(0);
        self.push(size, bytes.map(|_| Op::Audit(entry)))
    }

    /// Makes a project; the receipt holds it.
    pub fn create_project(&mut self, name: &str, description: Option<&str>) -> &mut Self {
        let (name, description) = (name.to_owned(), description.map(str::to_owned));
        self.push(0, Ok(Op::CreateProject { name, description, at: Time::now() }))
    }

    /// Changes what is given of a project; the receipt holds it.
    pub fn update_project(&mut self, id: ProjectId, edit: ProjectEdit) -> &mut Self {
        self.push(0, Ok(Op::UpdateProject { id, edit }))
    }

    /// Deletes a project with all its scans, unless one of them has not ended.
    pub fn delete_project(&mut self, id: ProjectId) -> &mut Self {
        self.push(0, Ok(Op::DeleteProject(id)))
    }

    /// Adds a profile. One of its name is refused, and more than
    /// [`PROFILES_MAX`](netscan_schemas::limits::PROFILES_MAX).
    pub fn create_profile(&mut self, record: &ProfileRecord) -> &mut Self {
        self.put(record, |_| Op::CreateProfile(record.clone()))
    }

    /// Puts a profile in the place of the one of its name; when that was made stays.
    pub fn replace_profile(&mut self, record: &ProfileRecord) -> &mut Self {
        self.put(record, |_| Op::ReplaceProfile(record.clone()))
    }

    /// Deletes a profile; scans that were asked for with it keep its flags.
    pub fn delete_profile(&mut self, name: &str) -> &mut Self {
        self.push(0, Ok(Op::DeleteProfile(name.to_owned())))
    }

    /// Adds an entry to a scope; its number is chosen when it is written, and the receipt holds it.
    pub fn add_scope(&mut self, record: ScopeRecord) -> &mut Self {
        self.push(0, Ok(Op::AddScope(record)))
    }

    /// Removes an entry of the server's scope, or of this project's; the receipt holds it.
    pub fn remove_scope(&mut self, project: Option<ProjectId>, id: ScopeId) -> &mut Self {
        self.push(0, Ok(Op::RemoveScope { project, id }))
    }

    /// Deletes a scan with all it holds, unless it has not ended.
    pub fn delete_scan(&mut self, id: ScanId) -> &mut Self {
        self.push(0, Ok(Op::DeleteScan(id)))
    }

    /// Adds a new scan, queued and with nothing counted. Its number is one of
    /// [`Store::next_scan_id`](crate::Store::next_scan_id).
    pub fn create_scan(&mut self, spec: &ScanSpec, plan: &PlanRecord) -> &mut Self {
        let state = ScanState {
            status: ScanStatus::Queued,
            started_at: None,
            finished_at: None,
            cursor: 0,
            error: None,
        };
        let op = || {
            let (scan, project) = (spec.id, spec.project_id);
            let (spec, plan, state) = (spec.to_bytes()?, plan.to_bytes()?, state.to_bytes()?);
            Ok(Op::CreateScan { scan, project, spec, plan, state })
        };
        let op = op();
        let bytes = match &op {
            Ok(Op::CreateScan { spec, plan, .. }) => spec.len() + plan.len(),
            Ok(_) | Err(_) => 0,
        };
        self.push(bytes, op)
    }

    /// Sets where a scan stands.
    pub fn put_scan_state(&mut self, scan: ScanId, state: &ScanState) -> &mut Self {
        let status = state.status;
        self.put(state, |bytes| Op::PutScanState { scan, status, bytes })
    }

    /// Adds or replaces a batch. Its number is one of
    /// [`Store::next_batch_id`](crate::Store::next_batch_id); it never changes its scan.
    pub fn put_batch(&mut self, record: &BatchRecord) -> &mut Self {
        let (batch, scan, status) = (record.id, record.scan_id, record.status);
        self.put(record, |bytes| Op::PutBatch { batch, scan, status, bytes })
    }

    /// Adds or replaces an attempt.
    pub fn put_attempt(&mut self, record: &AttemptRecord) -> &mut Self {
        let (batch, attempt) = (record.batch_id, record.attempt);
        let outcome = record.outcome.as_ref().map(Outcome::as_str);
        self.put(record, |bytes| Op::PutAttempt { batch, attempt, outcome, bytes })
    }

    fn put(&mut self, record: &impl Record, op: impl FnOnce(Vec<u8>) -> Op) -> &mut Self {
        let encoded = record.to_bytes();
        let bytes = encoded.as_ref().map_or(0, Vec::len);
        self.push(bytes, encoded.map(op))
    }

    /// Adds a frame of raw output, already compressed by [`raw::compress`](crate::raw::compress).
    /// Frames of a stream are numbered from 0.
    pub fn raw_frame(
        &mut self,
        batch: BatchId,
        attempt: AttemptNo,
        stream: Stream,
        frame: u32,
        bytes: Vec<u8>,
    ) -> &mut Self {
        self.push(bytes.len(), Ok(Op::RawFrame { batch, attempt, stream, frame, bytes }))
    }

    /// Adds what an attempt found out about hosts of its batch, made durable at `at`.
    ///
    /// An address keeps one verdict: what is recorded later replaces what was recorded before,
    /// but a host timeout replaces neither up nor down. Only a host that is up or timed out gets
    /// a row; one that is down is only counted, so that a dead network costs next to nothing.
    /// Two batches of a scan do not share an address, unless it has no verdict in the first.
    pub fn record_hosts(
        &mut self,
        scan: ScanId,
        batch: BatchId,
        attempt: AttemptNo,
        at: Time,
        hosts: Vec<HostFinding>,
    ) -> &mut Self {
        self.record(RecordHosts { scan, batch, attempt, at, hosts, passes: false })
    }

    /// Adds what a step of a staged plan found out about hosts that the next one goes on with. They
    /// get a row and no verdict; what that step finds is added to the row.
    pub fn pass_hosts_on(
        &mut self,
        scan: ScanId,
        batch: BatchId,
        attempt: AttemptNo,
        at: Time,
        hosts: Vec<HostFinding>,
    ) -> &mut Self {
        self.record(RecordHosts { scan, batch, attempt, at, hosts, passes: true })
    }

    fn record(&mut self, op: RecordHosts) -> &mut Self {
        /// About what a host and its index rows take.
        const HOST_BYTES: usize = 1024;
        let bytes = op.hosts.len() * HOST_BYTES;
        let checked = op.hosts.iter().try_for_each(codec::check_finding);
        self.push(bytes, checked.map(|()| Op::RecordHosts(op)))
    }

    /// Adds open ports that an attempt announced of hosts which it did not finish. They join those
    /// that are known already; an address with a verdict of up or down keeps that and nothing else.
    pub fn record_provisional(
        &mut self,
        scan: ScanId,
        batch: BatchId,
        attempt: AttemptNo,
        at: Time,
        hosts: Vec<(IpAddr, Vec<PortId>)>,
    ) -> &mut Self {
        /// About what a row and its indexes take.
        const ROW_BYTES: usize = 512;
        /// About what a port takes.
        const PORT_BYTES: usize = 5;
        let ports = hosts.iter().map(|(_, ports)| ports.len()).sum::<usize>();
        let bytes = hosts.len() * ROW_BYTES + ports * PORT_BYTES;
        let op = RecordProvisional { scan, batch, attempt, at, hosts };
        self.push(bytes, Ok(Op::RecordProvisional(op)))
    }

    /// Remembers over all scans that these hosts could not be finished.
    pub fn add_difficult(&mut self, addresses: &AddressSet, difficulty: Difficulty) -> &mut Self {
        /// About what a row takes.
        const ROW_BYTES: u64 = 256;
        let bytes = usize::try_from(addresses.count() * ROW_BYTES).unwrap_or(usize::MAX);
        self.push(bytes, Ok(Op::AddDifficult { addresses: addresses.clone(), difficulty }))
    }

    /// Forgets that these hosts could not be finished: one was.
    pub fn remove_difficult(&mut self, addresses: &AddressSet) -> &mut Self {
        self.push(0, Ok(Op::RemoveDifficult { addresses: addresses.clone() }))
    }

    /// Adds an event to the scan's order. It gets its number when it is written.
    pub fn event(&mut self, scan: ScanId, event: EncodedEvent) -> &mut Self {
        let bytes = event.len() + EVENT_ROOM;
        let op = match bytes <= segment::SEGMENT_BYTES_MAX {
            true => Ok(Op::Event { scan, event }),
            false => Err(CodecError::TooLarge { kind: segment::KIND, bytes }),
        };
        self.push(bytes, op)
    }
}

/// What became of a unit, once it is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The project that it made or changed, as it is now.
    pub project: Option<ProjectRecord>,
    /// The entry of a scope that it made or removed.
    pub scope: Option<ScopeRecord>,
    /// The number of its last event, for each scan that it has events of.
    pub last_seq: Vec<(ScanId, Seq)>,
}

/// The answer to a unit: resolves once the unit is durable, or known not to be.
///
/// Dropping it does not take the unit back.
#[derive(Debug)]
pub struct Ack(pub(crate) oneshot::Receiver<Result<Receipt, WriteError>>);

impl Ack {
    /// Waits for the answer on a thread that may block; never on one of an async runtime.
    pub fn wait(self) -> Result<Receipt, WriteError> {
        self.0.blocking_recv().unwrap_or(Err(WriteError::Closed))
    }
}

impl Future for Ack {
    type Output = Result<Receipt, WriteError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // The writer answers every unit; a lost one means that it is gone.
        Pin::new(&mut self.0).poll(cx).map(|answer| answer.unwrap_or(Err(WriteError::Closed)))
    }
}

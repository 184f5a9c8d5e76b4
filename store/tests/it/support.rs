//! Builders for records, and a store in a directory of its own.

use netscan_schemas::{
    AddressSet, Time, TokenId,
    attempt::RawInfos,
    audit::{AuditAction, Origin},
    batch::BatchStatus,
    event::{EncodedEvent, Event, LineStream},
    host::{HostFinding, HostState, Port, Protocol},
    id::{AttemptNo, BatchId, HostId, ProjectId, ScanId, ScopeId},
    scan::{ScanState, ScanStatus},
    scope::ScopeList,
    stored::{
        AttemptRecord, BatchRecord, HostRecord, PlanRecord, ScanSpec, ScopeRecord, SessionRecord,
        TokenRecord,
    },
};
use netscan_store::{
    Ack, NoPublisher, Options, ProjectEdit, SessionKey, Store, Write,
    check::check,
    search::{Bounds, HostQuery},
};
use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

/// A store, and the directory that goes with it.
pub struct Fixture {
    // First, so that the store is closed before its directory goes.
    pub store: Store,
    pub dir: TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        Self { store: open(dir.path()), dir }
    }

    /// Closes the store and opens it again.
    pub fn reopened(self) -> Self {
        let Self { store, dir } = self;
        drop(store);
        Self { store: open(dir.path()), dir }
    }

    pub fn project(&self, name: &str) -> ProjectId {
        self.store.create_project(name, None).wait().unwrap().project.unwrap().id
    }

    /// Makes a running scan with a batch of these addresses, and its first attempt.
    pub fn scan(&self, project: ProjectId, addresses: &[IpAddr]) -> (ScanId, BatchId) {
        let (scan, batch) = (self.store.next_scan_id(), self.store.next_batch_id());
        let mut write = Write::new();
        write
            .create_scan(&spec(scan, project), &PlanRecord::default())
            .put_scan_state(scan, &state(ScanStatus::Running))
            .put_batch(&batch_record(scan, batch, BatchStatus::Running, addresses))
            .put_attempt(&attempt_record(batch, AttemptNo::FIRST));
        self.store.submit(write).wait().unwrap();
        (scan, batch)
    }

    pub fn end(&self, scan: ScanId) {
        let mut write = Write::new();
        write.put_scan_state(scan, &state(ScanStatus::Completed));
        self.store.submit(write).wait().unwrap();
    }

    pub fn record(&self, scan: ScanId, batch: BatchId, attempt: u32, hosts: Vec<HostFinding>) {
        let mut write = Write::new();
        write.record_hosts(scan, batch, AttemptNo(attempt), Time::from_secs(1), hosts);
        self.store.submit(write).wait().unwrap();
    }

    #[track_caller]
    pub fn assert_clean(&self) {
        let report = check(&self.store).unwrap();
        assert!(report.is_clean(), "{:#?}", report.problems);
    }
}

pub fn open(dir: &Path) -> Store {
    Store::open(dir, Options::default(), Arc::new(NoPublisher)).unwrap()
}

pub fn address(index: u32) -> IpAddr {
    IpAddr::from((0x0a00_0000 + index).to_be_bytes())
}

pub fn addresses(count: u32) -> Vec<IpAddr> {
    (0..count).map(address).collect()
}

pub fn spec(id: ScanId, project_id: ProjectId) -> ScanSpec {
    ScanSpec {
        nmap_flags: vec!["-sT".into()],
        targets: vec!["10.0.0.0/24".into()],
        chunk_size: 16,
        argv: vec!["nmap".into()],
        total_targets: 256,
        ..ScanSpec::new(id, project_id, Time::from_secs(1))
    }
}

pub fn state(status: ScanStatus) -> ScanState {
    ScanState { status, started_at: None, finished_at: None, cursor: 0, error: None }
}

pub fn batch_record(
    scan_id: ScanId,
    id: BatchId,
    status: BatchStatus,
    addresses: &[IpAddr],
) -> BatchRecord {
    BatchRecord {
        status,
        attempt: Some(AttemptNo::FIRST),
        charged_attempts: 1,
        ..BatchRecord::new(id, scan_id, AddressSet::from_addresses(addresses.iter().copied()), 1)
    }
}

pub fn attempt_record(batch_id: BatchId, attempt: AttemptNo) -> AttemptRecord {
    AttemptRecord {
        batch_id,
        attempt,
        epoch: 1,
        argv: Vec::new(),
        addresses: AddressSet::new(),
        pid: None,
        started_at: Time::from_secs(1),
        finished_at: None,
        ending: None,
        outcome: None,
        cpu_ms: 0,
        finished_hosts: 0,
        raw: RawInfos::default(),
    }
}

pub fn up(address: IpAddr, open: &[u16]) -> HostFinding {
    let port = |number: &u16| Port {
        protocol: Protocol::Tcp,
        number: *number,
        state: "open".into(),
        reason: "syn-ack".into(),
        service: None,
        scripts: Vec::new(),
    };
    HostFinding {
        ports: open.iter().map(port).collect(),
        ..HostFinding::new(address, HostState::Up)
    }
}

pub fn down(address: IpAddr) -> HostFinding {
    HostFinding::new(address, HostState::Down)
}

pub fn timed_out(address: IpAddr) -> HostFinding {
    HostFinding { timed_out: true, ..HostFinding::new(address, HostState::Up) }
}

pub fn line(batch_id: BatchId, line: impl Into<String>) -> EncodedEvent {
    let stream = LineStream::Stdout;
    EncodedEvent::now(&Event::Line { batch_id, line: line.into(), stream })
}

/// Returns hosts of a scan on which a TCP port is open.
pub fn with_open_port(
    store: &Store,
    scan: ScanId,
    port: u16,
    after: Option<HostId>,
    hosts: usize,
) -> Vec<HostRecord> {
    let query = HostQuery {
        protocol: Some(Protocol::Tcp),
        port: Some(port),
        state: Some("open".into()),
        ..HostQuery::default()
    };
    let bounds = Bounds { hosts, reads: usize::MAX };
    store.hosts_matching(scan, &query, after, bounds).unwrap().hosts
}

/// Changes as the program makes them: each with its entry in the audit log.
pub trait Change {
    fn change(&self, action: AuditAction, fill: impl FnOnce(&mut Write) -> &mut Write) -> Ack;

    fn create_token(&self, record: &TokenRecord) -> Ack {
        self.change(AuditAction::TokenCreate, |write| write.create_token(record))
    }

    fn delete_token(&self, id: &TokenId) -> Ack {
        self.change(AuditAction::TokenRevoke, |write| write.delete_token(id))
    }

    fn create_session(
        &self,
        key: SessionKey,
        session: &SessionRecord,
        life: Duration,
        idle: Duration,
    ) -> Ack {
        self.change(AuditAction::Login, |write| write.create_session(key, session, life, idle))
    }

    fn update_project(&self, id: ProjectId, edit: ProjectEdit) -> Ack {
        self.change(AuditAction::ProjectChange, |write| write.update_project(id, edit))
    }

    fn delete_project(&self, id: ProjectId) -> Ack {
        self.change(AuditAction::ProjectDelete, |write| write.delete_project(id))
    }

    fn delete_scan(&self, id: ScanId) -> Ack {
        self.change(AuditAction::ScanDelete, |write| write.delete_scan(id))
    }

    fn add_scope(&self, record: ScopeRecord) -> Ack {
        let action = match record.list {
            ScopeList::Allow => AuditAction::ScopeAllow,
            ScopeList::Deny => AuditAction::ScopeDeny,
        };
        self.change(action, |write| write.add_scope(record))
    }

    fn remove_scope(&self, project: Option<ProjectId>, id: ScopeId) -> Ack {
        self.change(AuditAction::ScopeRm, |write| write.remove_scope(project, id))
    }
}

impl Change for Store {
    fn change(&self, action: AuditAction, fill: impl FnOnce(&mut Write) -> &mut Write) -> Ack {
        let mut write = Write::new();
        fill(&mut write).audit(Origin::server().did(action));
        self.submit(write)
    }
}

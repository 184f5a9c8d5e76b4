//! A record of each kind, as the golden files have it.

use super::super::*;
use netscan_schemas::{
    AddressSet, Interval, Role,
    address::to_number,
    attempt::{Ending, Outcome, RawInfo, RawInfos, StopReason},
    audit::{AuditAction, AuditActor, AuditKind, Origin},
    batch::{BatchStatus, BatchSummary, Lane, Phase},
    grants::{Grants, ScriptTier},
    host::{
        ExtraPorts, ExtraReason, Hop, HostState, Hostname, Mac, OsMatch, Port, PortId, Protocol,
        Script, ScriptItem, ScriptValue, Service,
    },
    id::{AttemptNo, BatchId, HostId, ProjectId, ScanId, ScopeId},
    scan::{PinnedName, PlanKind, Policy, ScanStatus, Tuning, UnresolvedTarget, Verdict},
    scope::ScopeList,
    stored::{Difficulty, PlanOrder, Widening},
    time::Time,
};

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}

pub(super) fn addresses(runs: &[(&str, &str)]) -> AddressSet {
    let run = |(first, last): &(&str, &str)| {
        let number = |text: &str| to_number(text.parse().unwrap());
        Interval { first: number(first), last: number(last) }
    };
    AddressSet::from_intervals(runs.iter().map(run).collect())
}

pub(super) fn project() -> ProjectRecord {
    ProjectRecord {
        id: ProjectId::new(3).unwrap(),
        name: text("Ünternehmen"),
        description: Some(text("offices")),
        created_at: Time::from_secs(1_700_000_000),
        grants: Grants { scripts: ScriptTier::All, evasion: true },
        widened: Some(Widening {
            note: text("agreed with the owner"),
            by: text("local"),
            at: Time::from_secs(1_700_000_001),
        }),
    }
}

pub(super) fn spec() -> ScanSpec {
    ScanSpec {
        id: ScanId::new(300).unwrap(),
        project_id: ProjectId::new(3).unwrap(),
        name: None,
        created_at: Time::from_micros(-1),
        profile: Some(text("night")),
        phases: vec![Phase::Discovery, Phase::Ports],
        nmap_flags: vec![text("-sT"), text("-F")],
        targets: vec![text("10.0.0.0/30"), text("localhost")],
        exclude: vec![text("10.0.0.2")],
        chunk_size: 16,
        concurrency: 4,
        tuning: Tuning { chunk_size: true, concurrency: false },
        policy: Policy { batch_timeout_ms: Some(60_000), ..Policy::default() },
        argv: vec![text("nmap"), text("-sT")],
        fallback: vec![text("no raw sockets: -sT in place of -sS")],
        warnings: vec![],
        parent_scan_id: ScanId::new(299),
        total_targets: 6,
        excluded: 1,
        unresolved: vec![UnresolvedTarget { target: text("nowhere"), reason: text("no answer") }],
    }
}

/// The specification of the golden files of versions 1 and 2.
pub(super) fn spec_of_version_2() -> ScanSpec {
    ScanSpec { profile: None, phases: Vec::new(), ..spec() }
}

pub(super) fn state() -> ScanState {
    ScanState {
        status: ScanStatus::Failed,
        started_at: Some(Time::from_secs(1)),
        finished_at: None,
        cursor: 70_000,
        error: Some(text("2 targets are unfinished")),
    }
}

pub(super) fn plan() -> PlanRecord {
    let name = PinnedName { name: text("localhost"), address: "::1".parse().unwrap() };
    let runs = [("10.0.0.0", "10.0.0.1"), ("10.0.0.3", "10.0.0.3"), ("::1", "::1")];
    let last = addresses(&[("10.0.0.3", "10.0.0.3")]);
    PlanRecord { addresses: addresses(&runs), names: vec![name], last, order: PlanOrder::Strided }
}

pub(super) fn tally() -> TallyRecord {
    TallyRecord {
        up: 1,
        down: 250,
        timed_out: 251,
        open_ports: 65_536,
        batches: [0, 1, 2, 3, 4, 5, 6],
    }
}

pub(super) fn batch() -> BatchRecord {
    BatchRecord {
        id: BatchId::new(1 << 40).unwrap(),
        scan_id: ScanId::new(300).unwrap(),
        parent: BatchId::new(12),
        addresses: addresses(&[("10.0.0.0", "10.0.3.255")]),
        status: BatchStatus::Retrying,
        attempt: Some(AttemptNo(2)),
        charged_attempts: 1,
        started_at: Some(Time::from_secs(5)),
        finished_at: Some(Time::from_secs(6)),
        summary: BatchSummary {
            hosts_up: 1,
            open_ports: 2,
            hosts_down: 3,
            hosts_timed_out: 4,
            duration_ms: 5,
        },
        outcome: Some(Outcome::OutOfScope { addresses: 5 }),
        lane: Lane::Silent,
        servers_lost: 1,
        epoch: 9,
        phase: Some(Phase::Services),
    }
}

/// The batch of the golden file of version 3.
pub(super) fn batch_of_version_3() -> BatchRecord {
    BatchRecord { phase: None, ..batch() }
}

/// The batch of the golden files of versions 1 and 2.
pub(super) fn batch_of_version_2() -> BatchRecord {
    let outcome = Some(Outcome::NmapFailed { code: 1, message: text("no route") });
    BatchRecord { outcome, ..batch_of_version_3() }
}

pub(super) fn verdicts() -> VerdictsRecord {
    VerdictsRecord {
        up: addresses(&[("10.0.0.1", "10.0.0.1")]),
        down: addresses(&[("10.0.0.2", "10.0.0.200"), ("10.0.1.0", "10.0.1.255")]),
        timed_out: AddressSet::new(),
        open_ports: 2,
        passed: addresses(&[("10.0.0.201", "10.0.0.203")]),
    }
}

pub(super) fn attempt() -> AttemptRecord {
    let xml = RawInfo {
        bytes: 300_000,
        stored_bytes: 9000,
        frames: 2,
        blake3: Some([7; 32]),
        dropped_bytes: 0,
    };
    AttemptRecord {
        batch_id: BatchId::new(12).unwrap(),
        attempt: AttemptNo(2),
        epoch: 9,
        argv: vec![text("nmap"), text("-oX"), text("/dev/fd/3")],
        addresses: addresses(&[("fe80::1", "fe80::ff")]),
        pid: Some(4242),
        started_at: Time::from_secs(5),
        finished_at: Some(Time::from_secs(6)),
        ending: Some(Ending::Signalled { signal: 9 }),
        outcome: Some(Outcome::OutOfScope { addresses: 5 }),
        cpu_ms: 0,
        finished_hosts: 7,
        raw: RawInfos { xml, ..RawInfos::default() },
    }
}

/// The attempt of the golden files of versions 1 and 2.
pub(super) fn attempt_of_version_2() -> AttemptRecord {
    AttemptRecord { outcome: Some(Outcome::Crashed { signal: 9 }), ..attempt() }
}

pub(super) fn host() -> HostRecord {
    let script = Script {
        id: text("http-title"),
        output: text("Welcome"),
        data: vec![ScriptItem {
            key: Some(text("titles")),
            value: ScriptValue::Table(vec![ScriptItem {
                key: None,
                value: ScriptValue::Text(text("Welcome")),
            }]),
        }],
    };
    let service = Service {
        name: text("http"),
        product: Some(text("nginx")),
        method: text("probed").into(),
        confidence: 10,
        cpe: vec![text("cpe:/a:igor_sysoev:nginx")],
        ..Service::default()
    };
    let port = Port {
        protocol: Protocol::Tcp,
        number: 80,
        state: text("open").into(),
        reason: text("syn-ack").into(),
        service: Some(service),
        scripts: vec![script.clone()],
    };
    let reason = ExtraReason {
        reason: text("conn-refused"),
        count: 99,
        protocol: Some(text("tcp")),
        ports: None,
    };
    let finding = HostFinding {
        reason: text("arp-response"),
        started_at: Some(Time::from_secs(5)),
        finished_at: Some(Time::from_secs(6)),
        hostnames: vec![Hostname { name: text("web.test"), kind: text("PTR") }],
        mac: Some(Mac { address: text("00:11:22:33:44:55"), vendor: None }),
        ports: vec![port],
        extra_ports: vec![ExtraPorts { state: text("closed"), count: 99, reasons: vec![reason] }],
        os: vec![OsMatch { name: text("Linux 5.x"), accuracy: 96, cpe: vec![] }],
        scripts: vec![script],
        trace: vec![Hop { ttl: 1, address: text("10.0.0.254"), host: None, rtt_us: Some(120) }],
        uptime_secs: Some(86_400),
        distance: Some(2),
        ..HostFinding::new("10.0.0.1".parse().unwrap(), HostState::Up)
    };
    HostRecord {
        id: HostId::new(77).unwrap(),
        scan_id: ScanId::new(300).unwrap(),
        batch_id: BatchId::new(12).unwrap(),
        attempt: AttemptNo(2),
        seen_at: Time::from_secs(7),
        finding,
        verdict: Verdict::TimedOut,
        provisional: vec![PortId { protocol: Protocol::Udp, number: 53 }],
    }
}

pub(super) fn difficult() -> DifficultRecord {
    let difficulty = Difficulty {
        scan_id: ScanId::new(300).unwrap(),
        batch_id: BatchId::new(12).unwrap(),
        outcome: Outcome::Ended { reason: StopReason::Stalled },
        at: Time::from_secs(8),
    };
    DifficultRecord { times: 2, history: vec![difficulty] }
}

pub(super) fn scope() -> ScopeRecord {
    ScopeRecord {
        id: ScopeId::new(4).unwrap(),
        project: ProjectId::new(3),
        list: ScopeList::Deny,
        addresses: addresses(&[("10.0.5.0", "10.0.5.255")]),
        note: Some(text("printers")),
        by: text("local"),
        created_at: Time::from_secs(9),
        expires_at: Some(Time::from_secs(10)),
    }
}

pub(super) fn token() -> TokenRecord {
    TokenRecord {
        id: "k3v9q0ab".parse().unwrap(),
        secret_blake3: [7; 32],
        name: text("nightly"),
        role: Role::Operator,
        projects: ProjectId::new(3).map(|project| vec![project]),
        created_at: Time::from_secs(9),
        expires_at: Some(Time::from_secs(10)),
        last_used_at: None,
    }
}

pub(super) fn session() -> SessionRecord {
    SessionRecord {
        token: "k3v9q0ab".parse().unwrap(),
        created_at: Time::from_secs(9),
        last_seen_at: Time::from_secs(11),
    }
}

pub(super) fn profile() -> ProfileRecord {
    ProfileRecord {
        name: text("night"),
        description: text("what the night shift scans"),
        flags: vec![text("-sV"), text("-p-")],
        plan: PlanKind::Staged,
        created_at: Time::from_secs(9),
        changed_at: Time::from_secs(11),
    }
}

/// The entry of the golden file of version 1.
pub(super) fn audited_in_version_1() -> AuditEntry {
    let actor = AuditActor::Token { id: "k3v9q0ab".parse().unwrap(), name: text("nightly") };
    let origin = Origin { actor, from: Some("2001:db8::7".parse().unwrap()) };
    let entry = AuditEntry { at: Time::from_secs(12), ..origin.did(AuditAction::ScanCreate) };
    let entry = entry.on(AuditKind::Scan, 300).saying("10.0.0.0/30").digesting([3; 32]);
    AuditEntry { count: 2, ..entry.refused("out-of-scope") }
}

pub(super) fn audited() -> AuditRecord {
    let entry = AuditEntry { action: AuditAction::ProfileDelete, ..audited_in_version_1() };
    chained([5; 32], 301, entry.on(AuditKind::Profile, "night")).unwrap().0
}

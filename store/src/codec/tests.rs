use super::*;
use crate::segment;
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
use std::{fmt::Debug, fs, path::PathBuf, sync::Arc};

fn text(text: &str) -> String {
    text.to_owned()
}

fn addresses(runs: &[(&str, &str)]) -> AddressSet {
    let run = |(first, last): &(&str, &str)| {
        let number = |text: &str| to_number(text.parse().unwrap());
        Interval { first: number(first), last: number(last) }
    };
    AddressSet::from_intervals(runs.iter().map(run).collect())
}

fn project() -> ProjectRecord {
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

fn spec() -> ScanSpec {
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
fn spec_of_version_2() -> ScanSpec {
    ScanSpec { profile: None, phases: Vec::new(), ..spec() }
}

fn state() -> ScanState {
    ScanState {
        status: ScanStatus::Failed,
        started_at: Some(Time::from_secs(1)),
        finished_at: None,
        cursor: 70_000,
        error: Some(text("2 targets are unfinished")),
    }
}

fn plan() -> PlanRecord {
    let name = PinnedName { name: text("localhost"), address: "::1".parse().unwrap() };
    let runs = [("10.0.0.0", "10.0.0.1"), ("10.0.0.3", "10.0.0.3"), ("::1", "::1")];
    let last = addresses(&[("10.0.0.3", "10.0.0.3")]);
    PlanRecord { addresses: addresses(&runs), names: vec![name], last, order: PlanOrder::Strided }
}

fn tally() -> TallyRecord {
    TallyRecord {
        up: 1,
        down: 250,
        timed_out: 251,
        open_ports: 65_536,
        batches: [0, 1, 2, 3, 4, 5, 6],
    }
}

fn batch() -> BatchRecord {
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
fn batch_of_version_3() -> BatchRecord {
    BatchRecord { phase: None, ..batch() }
}

/// The batch of the golden files of versions 1 and 2.
fn batch_of_version_2() -> BatchRecord {
    let outcome = Some(Outcome::NmapFailed { code: 1, message: text("no route") });
    BatchRecord { outcome, ..batch_of_version_3() }
}

fn verdicts() -> VerdictsRecord {
    VerdictsRecord {
        up: addresses(&[("10.0.0.1", "10.0.0.1")]),
        down: addresses(&[("10.0.0.2", "10.0.0.200"), ("10.0.1.0", "10.0.1.255")]),
        timed_out: AddressSet::new(),
        open_ports: 2,
        passed: addresses(&[("10.0.0.201", "10.0.0.203")]),
    }
}

fn attempt() -> AttemptRecord {
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
fn attempt_of_version_2() -> AttemptRecord {
    AttemptRecord { outcome: Some(Outcome::Crashed { signal: 9 }), ..attempt() }
}

fn host() -> HostRecord {
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

fn difficult() -> DifficultRecord {
    let difficulty = Difficulty {
        scan_id: ScanId::new(300).unwrap(),
        batch_id: BatchId::new(12).unwrap(),
        outcome: Outcome::Ended { reason: StopReason::Stalled },
        at: Time::from_secs(8),
    };
    DifficultRecord { times: 2, history: vec![difficulty] }
}

fn scope() -> ScopeRecord {
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

fn token() -> TokenRecord {
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

fn session() -> SessionRecord {
    SessionRecord {
        token: "k3v9q0ab".parse().unwrap(),
        created_at: Time::from_secs(9),
        last_seen_at: Time::from_secs(11),
    }
}

fn profile() -> ProfileRecord {
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
fn audited_in_version_1() -> AuditEntry {
    let actor = AuditActor::Token { id: "k3v9q0ab".parse().unwrap(), name: text("nightly") };
    let origin = Origin { actor, from: Some("2001:db8::7".parse().unwrap()) };
    let entry = AuditEntry { at: Time::from_secs(12), ..origin.did(AuditAction::ScanCreate) };
    let entry = entry.on(AuditKind::Scan, 300).saying("10.0.0.0/30").digesting([3; 32]);
    AuditEntry { count: 2, ..entry.refused("out-of-scope") }
}

fn audited() -> AuditRecord {
    let entry = AuditEntry { action: AuditAction::ProfileDelete, ..audited_in_version_1() };
    chained([5; 32], 301, entry.on(AuditKind::Profile, "night")).unwrap().0
}

/// Runs a check on each kind of record.
macro_rules! each_record {
    ($check:ident) => {
        $check(&project());
        $check(&spec());
        $check(&state());
        $check(&plan());
        $check(&tally());
        $check(&batch());
        $check(&verdicts());
        $check(&attempt());
        $check(&host());
        $check(&difficult());
        $check(&scope());
        $check(&token());
        $check(&session());
        $check(&audited());
        $check(&profile());
    };
}

fn golden_path(kind: &str, version: u16) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/documents/golden");
    PathBuf::from(root).join(format!("{kind}.v{version}.hex"))
}

fn to_hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| -> String { line.iter().map(|byte| format!("{byte:02x}")).collect() };
    bytes.chunks(32).map(|bytes| line(bytes) + "\n").collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Returns the golden bytes; `UPDATE_GOLDEN=1` writes them first, for a new kind or version.
fn golden(kind: &str, version: u16, bytes: &[u8]) -> Vec<u8> {
    let path = golden_path(kind, version);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, to_hex(bytes)).unwrap();
    }
    let text = fs::read_to_string(&path);
    from_hex(&text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn golden_records_are_written_and_read_alike() {
    fn check<R: Record + PartialEq + Debug>(record: &R) {
        let bytes = record.to_bytes().unwrap();
        let golden = golden(R::KIND, R::VERSION, &bytes);
        assert_eq!(to_hex(&bytes), to_hex(&golden), "{} is written differently", R::KIND);
        assert_eq!(&R::from_bytes(&golden).unwrap(), record);
    }
    each_record!(check);
}

#[test]
fn golden_records_of_version_1_are_still_read() {
    fn check<R: Record + PartialEq + Debug>(expected: &R) {
        let text = fs::read_to_string(golden_path(R::KIND, 1)).unwrap();
        assert_eq!(&R::from_bytes(&from_hex(&text)).unwrap(), expected);
    }
    check(&ProjectRecord { grants: Grants::default(), widened: None, ..project() });
    check(&ScanSpec { tuning: Tuning::default(), ..spec_of_version_2() });
    check(&PlanRecord { last: AddressSet::new(), order: PlanOrder::InOrder, ..plan() });
    check(&BatchRecord { lane: Lane::Main, servers_lost: 0, ..batch_of_version_2() });
    check(&VerdictsRecord { passed: AddressSet::new(), ..verdicts() });
    check(&AttemptRecord { cpu_ms: 0, ..attempt_of_version_2() });
    check(&HostRecord { verdict: Verdict::Up, provisional: vec![], ..host() });
}

#[test]
fn the_audit_log_of_version_1_is_still_read_and_hashed() {
    let text = fs::read_to_string(golden_path(AuditRecord::KIND, 1)).unwrap();
    let bytes = from_hex(&text);
    let record = AuditRecord::from_bytes(&bytes).unwrap();
    assert_eq!((record.seq, record.entry), (301, audited_in_version_1()));
    assert!(is_as_hashed(&bytes).unwrap());
}

#[test]
fn golden_records_of_version_2_are_still_read() {
    let text = fs::read_to_string(golden_path(ScanSpec::KIND, 2)).unwrap();
    assert_eq!(ScanSpec::from_bytes(&from_hex(&text)).unwrap(), spec_of_version_2());
    let text = fs::read_to_string(golden_path(BatchRecord::KIND, 2)).unwrap();
    assert_eq!(BatchRecord::from_bytes(&from_hex(&text)).unwrap(), batch_of_version_2());
    let text = fs::read_to_string(golden_path(AttemptRecord::KIND, 2)).unwrap();
    assert_eq!(AttemptRecord::from_bytes(&from_hex(&text)).unwrap(), attempt_of_version_2());
    let text = fs::read_to_string(golden_path(PlanRecord::KIND, 2)).unwrap();
    let expected = PlanRecord { order: PlanOrder::InOrder, ..plan() };
    assert_eq!(PlanRecord::from_bytes(&from_hex(&text)).unwrap(), expected);
}

#[test]
fn golden_records_of_version_3_are_still_read() {
    let text = fs::read_to_string(golden_path(BatchRecord::KIND, 3)).unwrap();
    assert_eq!(BatchRecord::from_bytes(&from_hex(&text)).unwrap(), batch_of_version_3());
}

#[test]
fn every_reason_of_version_1_is_still_read() {
    // In the order of version 1, which is what its bytes count by.
    let reasons = [
        (v1::StopReason::Deadline, StopReason::Deadline),
        (v1::StopReason::Stalled, StopReason::Stalled),
        (v1::StopReason::OutputCap, StopReason::OutputCap),
        (v1::StopReason::StoreSlow, StopReason::StoreSlow),
        (v1::StopReason::Paused, StopReason::Paused),
        (v1::StopReason::Shutdown, StopReason::Shutdown),
        (v1::StopReason::Stopped, StopReason::Stopped),
        (v1::StopReason::Killed, StopReason::Killed),
    ];
    for (index, (old, new)) in reasons.into_iter().enumerate() {
        assert_eq!(usize::from(encode("reason", &old).unwrap()[0]), index);
        assert_eq!(StopReason::from(old), new);
    }
}

#[test]
fn reasons_keep_their_numbers_whatever_their_order() {
    assert_eq!(encode("reason", &StopReason::Killed).unwrap(), [10]);
    assert_eq!(encode("reason", &StopReason::OutOfScope).unwrap(), [11]);
    assert!(StopReason::OutOfScope > StopReason::NetworkChanged);
    assert!(StopReason::OutOfScope < StopReason::Paused);
}

#[test]
fn actions_and_what_an_entry_is_made_of_keep_their_places() {
    for (index, action) in AuditAction::ALL.iter().enumerate() {
        assert_eq!(usize::from(encode("action", action).unwrap()[0]), index, "{action}");
    }
    // A new one takes a new version of the record: change this number with it.
    assert_eq!((AuditAction::ALL.len(), AuditRecord::VERSION), (32, 2));
    assert!(is_as_hashed(&audited().to_bytes().unwrap()).unwrap());
}

#[test]
fn a_golden_segment_is_still_read() {
    let texts: Vec<Arc<str>> = vec![r#"{"event":"line","seq":1}"#.into(), "{\"seq\":2}".into()];
    // Only reading: another zstd may compress the same text to other bytes.
    let golden = golden(segment::KIND, 1, &segment::encode(&texts).unwrap());
    let decoded = segment::decode(&golden).unwrap();
    assert!(decoded.iter().eq(texts.iter().map(|text| &**text)), "{decoded:?}");
}

#[test]
fn every_flipped_bit_is_an_error() {
    fn check<R: Record + Debug>(record: &R) {
        let bytes = record.to_bytes().unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(R::from_bytes(&damaged).is_err(), "{} with bit {bit} flipped", R::KIND);
        }
    }
    each_record!(check);
}

#[test]
fn every_cut_is_an_error() {
    fn check<R: Record + Debug>(record: &R) {
        let bytes = record.to_bytes().unwrap();
        for len in 0..bytes.len() {
            assert!(R::from_bytes(&bytes[..len]).is_err(), "{} cut to {len} bytes", R::KIND);
        }
    }
    each_record!(check);
}

#[test]
fn an_intact_envelope_with_something_else_in_it_is_named() {
    let kind = "tally";
    let body = encode(kind, &tally()).unwrap();
    let longer = [body.as_slice(), &[0]].concat();
    let cases = [
        (vec![], CodecError::Short { kind, bytes: 0 }),
        (vec![1; 6], CodecError::Short { kind, bytes: 6 }),
        (seal(9, 1, &body), CodecError::UnknownCodec { kind, found: 9 }),
        (seal(CODEC_BINCODE, 2, &body), CodecError::TooNew { kind, found: 2, newest: 1 }),
        (seal(CODEC_BINCODE, 0, &body), CodecError::UnknownVersion { kind, found: 0 }),
        (seal(CODEC_BINCODE, 1, &longer), CodecError::Trailing { kind, left: 1 }),
    ];
    for (bytes, expected) in cases {
        assert_eq!(TallyRecord::from_bytes(&bytes), Err(expected));
    }
    let cut = TallyRecord::from_bytes(&seal(CODEC_BINCODE, 1, &body[..3]));
    assert!(matches!(cut, Err(CodecError::Decode { kind: "tally", .. })), "{cut:?}");
}

#[test]
fn a_length_out_of_all_proportion_is_an_error_and_not_an_allocation() {
    // A project of number 1 whose name claims to have 2^40 bytes.
    let body = [vec![1, 253], (1u64 << 40).to_le_bytes().to_vec()].concat();
    let read = ProjectRecord::from_bytes(&seal(CODEC_BINCODE, 2, &body));
    assert!(matches!(read, Err(CodecError::Decode { kind: "project", .. })), "{read:?}");
}

#[test]
fn the_largest_scan_fits() {
    use netscan_schemas::limits::TARGET_LINES_MAX;
    let line = |index: usize| format!("2001:db8:{:x}:{:x}::/64", index >> 16, index & 0xffff);
    let targets: Vec<String> = (0..TARGET_LINES_MAX).map(line).collect();
    let spec = ScanSpec { targets, ..spec() };
    assert!(spec.to_bytes().is_ok());
    let first = to_number("2001:db8::".parse().unwrap());
    let run = |index: usize| {
        let first = first + ((index as u128) << 65);
        Interval { first, last: first + u128::from(u64::MAX) }
    };
    let addresses = AddressSet::from_intervals((0..TARGET_LINES_MAX).map(run).collect());
    let plan = PlanRecord { addresses, ..PlanRecord::default() };
    let bytes = plan.to_bytes().unwrap();
    assert_eq!(PlanRecord::from_bytes(&bytes).unwrap(), plan);
}

#[test]
fn a_record_that_could_not_be_read_back_is_not_written() {
    let description = Some("x".repeat(BODY_BYTES_MAX));
    let written = ProjectRecord { description, ..project() }.to_bytes();
    assert!(matches!(written, Err(CodecError::TooLarge { kind: "project", .. })));
    let reason = "x".repeat(BODY_BYTES_MAX);
    let finding = HostFinding { reason, ..host().finding };
    assert!(matches!(check_finding(&finding), Err(CodecError::TooLarge { kind: "host", .. })));
    assert_eq!(check_finding(&host().finding), Ok(()));
}

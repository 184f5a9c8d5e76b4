mod samples;

use self::samples::*;
use super::*;
use crate::segment;
use netscan_schemas::{
    AddressSet, Interval,
    address::to_number,
    attempt::StopReason,
    audit::AuditAction,
    batch::Lane,
    grants::Grants,
    scan::{Tuning, Verdict},
    stored::PlanOrder,
};
use std::{fmt::Debug, fs, path::PathBuf, sync::Arc};

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

//! Verdicts, host rows, counts and the port index, however often an address is seen.

use crate::support::{
    Fixture, address, addresses, attempt_record, batch_record, down, timed_out, up, with_open_port,
};
use netscan_schemas::{
    AddressSet, Time,
    attempt::Outcome,
    batch::BatchStatus,
    host::{HostFinding, HostState, PortId, Protocol},
    id::{AttemptNo, BatchId, ScanId},
    scan::Verdict,
    stored::{Difficulty, HostRecord},
};
use netscan_store::{
    Refusal, Write, WriteError,
    check::check,
    search::{Bounds, HostQuery},
};
use prometheus_client::registry::Registry;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What is known of one address: up with so many open ports, down, timed out.
fn known(fixture: &Fixture, findings: Vec<HostFinding>) -> String {
    let project = fixture.project(&format!("project {}", fixture.store.next_scan_id()));
    let (scan, batch) = fixture.scan(project, &addresses(1));
    for (index, finding) in findings.into_iter().enumerate() {
        fixture.record(scan, batch, index as u32 + 1, vec![finding]);
    }
    let verdicts = fixture.store.verdicts(batch).unwrap();
    let tally = fixture.store.scan(scan).unwrap().unwrap().tally;
    let rows = fixture.store.hosts(scan, None, 10).unwrap();
    assert_eq!(tally.open_ports, verdicts.open_ports);
    assert_eq!(
        (tally.up, tally.down, tally.timed_out),
        (verdicts.up.count(), verdicts.down.count(), verdicts.timed_out.count())
    );
    fixture.assert_clean();
    let verdict = match (tally.up, tally.down, tally.timed_out) {
        (1, 0, 0) => "up",
        (0, 1, 0) => "down",
        (0, 0, 1) => "timed out",
        other => panic!("one address has the verdicts {other:?}"),
    };
    let attempt = rows.first().map_or(0, |row| row.attempt.0);
    format!("{verdict}, {} ports, row of attempt {attempt}", tally.open_ports)
}

#[test]
fn the_latest_complete_verdict_wins() {
    let up = |ports: &[u16]| up(address(0), ports);
    let (down, slow) = (down(address(0)), timed_out(address(0)));
    let unknown = HostFinding::new(address(0), HostState::Unknown);
    let unknown_with_port = HostFinding { ports: up(&[80]).ports, ..unknown.clone() };
    let fixture = Fixture::new();
    let cases: Vec<(Vec<HostFinding>, &str)> = vec![
        (vec![up(&[80, 443])], "up, 2 ports, row of attempt 1"),
        (vec![up(&[80, 80])], "up, 1 ports, row of attempt 1"),
        (vec![down.clone()], "down, 0 ports, row of attempt 0"),
        (vec![unknown], "down, 0 ports, row of attempt 0"),
        (vec![unknown_with_port], "up, 1 ports, row of attempt 1"),
        (vec![slow.clone()], "timed out, 0 ports, row of attempt 1"),
        (vec![up(&[80, 443]), up(&[22])], "up, 1 ports, row of attempt 2"),
        (vec![up(&[80]), down.clone()], "down, 0 ports, row of attempt 0"),
        (vec![up(&[80]), slow.clone()], "up, 1 ports, row of attempt 1"),
        (vec![down.clone(), up(&[80])], "up, 1 ports, row of attempt 2"),
        (vec![down.clone(), down.clone()], "down, 0 ports, row of attempt 0"),
        (vec![down.clone(), slow.clone()], "down, 0 ports, row of attempt 0"),
        (vec![slow.clone(), up(&[80])], "up, 1 ports, row of attempt 2"),
        (vec![slow.clone(), down.clone()], "down, 0 ports, row of attempt 0"),
        (vec![slow.clone(), slow.clone()], "timed out, 0 ports, row of attempt 2"),
        (vec![slow, down, up(&[1, 2, 3])], "up, 3 ports, row of attempt 3"),
    ];
    for (findings, expected) in cases {
        let said =
            format!("{:?}", findings.iter().map(|f| (f.state, f.timed_out)).collect::<Vec<_>>());
        assert_eq!(known(&fixture, findings), expected, "{said}");
    }
}

#[test]
fn what_is_passed_over_is_not_counted_as_found() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(3));
    let (one, two, three) = (address(0), address(1), address(2));
    fixture.record(scan, batch, 1, vec![up(one, &[80, 80, 443]), down(two), timed_out(three)]);
    // Both keep the verdict that they have.
    fixture.record(scan, batch, 2, vec![timed_out(one), timed_out(two)]);
    let mut registry = Registry::default();
    fixture.store.metrics().register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        r#"hosts_total{verdict="up"} 1"#,
        r#"hosts_total{verdict="down"} 1"#,
        r#"hosts_total{verdict="timed_out"} 1"#,
        "open_ports_total 2",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_host_seen_again_keeps_its_number() {
    let fixture = Fixture::new();
    let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(2));
    fixture.record(scan, batch, 1, vec![up(address(0), &[80]), up(address(1), &[80])]);
    let before = fixture.store.hosts(scan, None, 10).unwrap();
    fixture.record(scan, batch, 2, vec![up(address(0), &[443])]);
    let after = fixture.store.hosts(scan, None, 10).unwrap();
    assert_eq!(before[0].id, after[0].id);
    assert_eq!(after[0].attempt, AttemptNo(2));
    assert_eq!(before[1], after[1]);
    let with = |port| with_open_port(&fixture.store, scan, port, None, 10);
    assert_eq!(with(80), [after[1].clone()]);
    assert_eq!(with(443), [after[0].clone()]);
    let udp = HostQuery { protocol: Some(Protocol::Udp), port: Some(80), ..HostQuery::default() };
    let bounds = Bounds { hosts: 10, reads: 10 };
    assert_eq!(fixture.store.hosts_matching(scan, &udp, None, bounds).unwrap().hosts, []);
}

#[test]
fn a_host_that_another_batch_found_moves_to_the_batch_that_sees_it_later() {
    let fixture = Fixture::new();
    let (scan, parent) = fixture.scan(fixture.project("p"), &addresses(2));
    fixture.record(scan, parent, 1, vec![timed_out(address(0)), up(address(1), &[22])]);
    let child = fixture.store.next_batch_id();
    let mut write = Write::new();
    write
        .put_batch(&batch_record(scan, child, BatchStatus::Running, &[address(0)]))
        .put_attempt(&attempt_record(child, AttemptNo::FIRST));
    fixture.store.submit(write).wait().unwrap();
    fixture.record(scan, child, 1, vec![up(address(0), &[80])]);
    let verdicts = |batch| fixture.store.verdicts(batch).unwrap();
    assert_eq!(verdicts(parent).known().to_ranges(), ["10.0.0.1"]);
    assert_eq!(verdicts(child).up.to_ranges(), ["10.0.0.0"]);
    let all = fixture.store.scan_verdicts(scan).unwrap();
    assert_eq!((all.up.to_ranges(), all.open_ports), (vec!["10.0.0.0/31".to_owned()], 2));
    fixture.assert_clean();
}

#[test]
fn findings_for_a_batch_of_another_scan_are_refused_whole() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (scan, _) = fixture.scan(project, &addresses(1));
    let (_, other) = fixture.scan(project, &addresses(1));
    let mut write = Write::new();
    write.event(scan, crate::support::line(other, "x")).record_hosts(
        scan,
        other,
        AttemptNo::FIRST,
        Time::now(),
        vec![],
    );
    let refused = fixture.store.submit(write).wait();
    assert!(matches!(refused, Err(WriteError::Refused(Refusal::NoBatch(batch))) if batch == other));
    assert_eq!(fixture.store.last_seq(scan).unwrap(), 0);
    fixture.assert_clean();
}

/// What an attempt may find: of which address, what, and with which ports.
fn finding() -> impl Strategy<Value = HostFinding> {
    let ports = proptest::collection::vec(1..6u16, 0..4);
    (0..8u32, 0..3u8, ports).prop_map(|(index, kind, ports)| match kind {
        0 => up(address(index), &ports),
        1 => down(address(index)),
        _ => timed_out(address(index)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is found, in whatever units: the counts are those of a plain map.
    #[test]
    fn counts_are_those_of_a_plain_map(
        units in proptest::collection::vec(proptest::collection::vec(finding(), 0..6), 1..12),
    ) {
        let fixture = Fixture::new();
        let (scan, batch) = fixture.scan(fixture.project("p"), &addresses(8));
        let mut model: BTreeMap<_, (&str, usize)> = BTreeMap::new();
        let mut acks = Vec::new();
        for unit in &units {
            for finding in unit {
                let held = model.get(&finding.address).map(|(verdict, _)| *verdict);
                let (verdict, ports) = match (finding.timed_out, finding.state) {
                    (true, _) if matches!(held, Some("up" | "down")) => continue,
                    (true, _) => ("timed out", 0),
                    (false, HostState::Up) => {
                        let mut ports: Vec<u16> = finding.ports.iter().map(|p| p.number).collect();
                        ports.sort_unstable();
                        ports.dedup();
                        ("up", ports.len())
                    }
                    (false, _) => ("down", 0),
                };
                model.insert(finding.address, (verdict, ports));
            }
            let mut write = Write::new();
            let at = Time::now();
            write.record_hosts(scan, batch, AttemptNo::FIRST, at, unit.clone());
            // Not waited for one by one, so that several meet in one transaction.
            acks.push(fixture.store.submit(write));
        }
        for ack in acks {
            ack.wait().unwrap();
        }
        let count = |wanted: &str| model.values().filter(|(held, _)| *held == wanted).count() as u64;
        let ports: usize = model.values().map(|(_, ports)| ports).sum();
        let tally = fixture.store.scan(scan).unwrap().unwrap().tally;
        prop_assert_eq!(
            (tally.up, tally.down, tally.timed_out, tally.open_ports),
            (count("up"), count("down"), count("timed out"), ports as u64)
        );
        let report = check(&fixture.store).unwrap();
        prop_assert!(report.is_clean(), "{:#?}", report.problems);
    }
}

fn port(number: u16) -> PortId {
    PortId { protocol: Protocol::Tcp, number }
}

fn announce(fixture: &Fixture, scan: ScanId, batch: BatchId, index: u32, numbers: &[u16]) {
    let ports = numbers.iter().copied().map(port).collect();
    let mut write = Write::new();
    let at = Time::from_secs(1);
    write.record_provisional(scan, batch, AttemptNo::FIRST, at, vec![(address(index), ports)]);
    fixture.store.submit(write).wait().unwrap();
    fixture.assert_clean();
}

#[test]
fn announced_ports_last_until_a_verdict_replaces_them() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (scan, batch) = fixture.scan(project, &addresses(4));
    let shown = || -> Vec<(Verdict, Vec<u16>)> {
        let rows = fixture.store.hosts(scan, None, 10).unwrap();
        let ports = |row: &HostRecord| row.provisional.iter().map(|port| port.number).collect();
        rows.iter().map(|row| (row.verdict, ports(row))).collect()
    };
    announce(&fixture, scan, batch, 0, &[443, 22]);
    announce(&fixture, scan, batch, 0, &[22, 80]);
    assert_eq!(shown(), [(Verdict::Unfinished, vec![22, 80, 443])]);
    let tally = fixture.store.scan(scan).unwrap().unwrap().tally;
    assert_eq!((tally.up, tally.open_ports), (0, 0), "nothing of it is counted");

    // A host timeout throws ports away that had been found open; what was announced stays.
    fixture.record(scan, batch, 1, vec![timed_out(address(0))]);
    fixture.assert_clean();
    assert_eq!(shown(), [(Verdict::TimedOut, vec![22, 80, 443])]);
    announce(&fixture, scan, batch, 0, &[8080]);
    assert_eq!(shown(), [(Verdict::TimedOut, vec![22, 80, 443, 8080])]);

    fixture.record(scan, batch, 2, vec![up(address(0), &[22])]);
    fixture.assert_clean();
    assert_eq!(shown(), [(Verdict::Up, vec![])]);
    announce(&fixture, scan, batch, 0, &[9]);
    assert_eq!(shown(), [(Verdict::Up, vec![])], "a host that is up is not announced again");

    announce(&fixture, scan, batch, 1, &[1]);
    fixture.record(scan, batch, 2, vec![down(address(1))]);
    fixture.assert_clean();
    announce(&fixture, scan, batch, 1, &[1]);
    assert_eq!(shown(), [(Verdict::Up, vec![])]);
}

#[test]
fn hosts_that_could_not_be_finished_are_remembered_until_one_is() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let (scan_id, batch_id) = fixture.scan(project, &addresses(1));
    let set = |indexes: &[u32]| AddressSet::from_addresses(indexes.iter().copied().map(address));
    let add = |indexes: &[u32]| {
        let at = Time::from_secs(1);
        let difficulty = Difficulty { scan_id, batch_id, outcome: Outcome::Lost, at };
        let mut write = Write::new();
        write.add_difficult(&set(indexes), difficulty);
        fixture.store.submit(write).wait().unwrap();
    };
    for _ in 0..12 {
        add(&[3]);
    }
    add(&[1, 7]);
    fixture.assert_clean();
    let all = fixture.store.difficult(None, 10).unwrap();
    let times: Vec<_> =
        all.iter().map(|(_, record)| (record.times, record.history.len())).collect();
    assert_eq!(times, [(1, 1), (12, 10), (1, 1)]);
    assert_eq!(fixture.store.difficult(Some(address(3)), 10).unwrap()[0].0, address(7));
    let among = |max| fixture.store.difficult_among(&set(&[0, 1, 3, 9]), max).unwrap();
    assert_eq!(among(10), (set(&[1, 3]), false));
    assert_eq!(among(1), (set(&[1]), true));

    let mut write = Write::new();
    write.remove_difficult(&set(&[0, 1, 2, 3]));
    fixture.store.submit(write).wait().unwrap();
    let left = fixture.store.difficult(None, 10).unwrap();
    assert_eq!(left.iter().map(|(address, _)| *address).collect::<Vec<_>>(), [address(7)]);
}

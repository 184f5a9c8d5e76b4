//! Reads documents that nmap wrote: whole ones, cut ones, and ones damaged by `--resume`.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use expect_test::{ExpectFile, expect_file};
use netscan_nmap::xml::{Document, DocumentEnd, Item};
use netscan_schemas::{host::HostFinding, time::Time};
use std::{fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/nmap-xml")
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// A line of `facts.tsv`: what was counted in a document by other means.
struct Facts {
    file: String,
    bytes: usize,
    closed_hosts: usize,
    timed_out_hosts: usize,
    hints: usize,
    open_ports: usize,
    is_closed: bool,
    exit: Option<String>,
}

fn all_facts() -> Vec<Facts> {
    let table = fs::read_to_string(folder().join("facts.tsv")).unwrap();
    let facts: Vec<Facts> = table.lines().skip(1).map(facts_of).collect();
    assert!(facts.len() >= 40);
    facts
}

fn facts_of(line: &str) -> Facts {
    let cells: Vec<&str> = line.split('\t').collect();
    let count = |index: usize| cells[index].parse().unwrap();
    Facts {
        file: cells[0].into(),
        bytes: count(1),
        closed_hosts: count(2),
        timed_out_hosts: count(3),
        hints: count(4),
        open_ports: count(5),
        is_closed: cells[6] == "true",
        exit: (cells[7] != "-").then(|| cells[7].into()),
    }
}

fn take(document: &mut Document, items: &mut Vec<Item>) {
    items.extend(std::iter::from_fn(|| document.next_item()));
}

fn read(bytes: &[u8], chunk: usize) -> (Vec<Item>, DocumentEnd) {
    let (mut document, mut items) = (Document::new(), Vec::new());
    for piece in bytes.chunks(chunk) {
        document.feed(piece);
        take(&mut document, &mut items);
    }
    (items, document.finish())
}

fn hosts(items: &[Item]) -> Vec<&HostFinding> {
    let hosts = items.iter().filter_map(|item| match item {
        Item::Host(host) => Some(&**host),
        _ => None,
    });
    hosts.collect()
}

#[test]
fn every_document_says_what_was_counted_in_it() {
    for facts in all_facts() {
        let file = &facts.file;
        let bytes = fixture(file);
        assert_eq!(bytes.len(), facts.bytes, "{file} is not the file that was counted");
        let (items, end) = read(&bytes, bytes.len());
        let hosts = hosts(&items);
        assert_eq!(hosts.len(), facts.closed_hosts, "{file}");
        assert_eq!(end.hosts, facts.closed_hosts as u64, "{file}");
        let timed_out = hosts.iter().filter(|host| host.timed_out).count();
        assert_eq!(timed_out, facts.timed_out_hosts, "{file}");
        let hints = items.iter().filter(|item| matches!(item, Item::Hint { .. })).count();
        assert_eq!(hints, facts.hints, "{file}");
        let open_ports: usize = hosts.iter().map(|host| host.open_ports().count()).sum();
        assert_eq!(open_ports, facts.open_ports, "{file}");
        assert_eq!(end.closed, facts.is_closed, "{file}");
        assert_eq!(end.problem.is_none(), facts.is_closed, "{file}: {:?}", end.problem);
        let exit = end.finished.map(|said| if said.success { "success" } else { "error" });
        assert_eq!(exit, facts.exit.as_deref(), "{file}");
        if facts.is_closed {
            assert_eq!(end.consumed, bytes.trim_ascii_end().len() as u64, "{file}");
        }
    }
}

#[test]
fn the_size_of_the_pieces_changes_nothing() {
    for facts in all_facts() {
        let bytes = fixture(&facts.file);
        let whole = read(&bytes, bytes.len());
        for chunk in [1, 2, 3, 7, 4096] {
            assert_eq!(read(&bytes, chunk), whole, "{} by {chunk}", facts.file);
        }
    }
}

/// Cuts each document after each of its bytes.
#[test]
fn a_cut_document_gives_just_the_hosts_that_were_closed() {
    for facts in all_facts() {
        let (file, bytes) = (&facts.file, fixture(&facts.file));
        let (mut document, mut items) = (Document::new(), Vec::new());
        let mut closed_hosts = 0;
        for cut in 1..=bytes.len() {
            document.feed(&bytes[cut - 1..cut]);
            take(&mut document, &mut items);
            closed_hosts += usize::from(bytes[..cut].ends_with(b"</host>"));
            let so_far = items.iter().filter(|item| matches!(item, Item::Host(_))).count();
            assert_eq!(so_far, closed_hosts, "{file} cut at {cut}");
            items.retain(|item| matches!(item, Item::Host(_)));
            let end = document.clone().finish();
            let is_whole = facts.is_closed && cut >= bytes.trim_ascii_end().len();
            assert_eq!(end.closed, is_whole, "{file} cut at {cut}");
            assert_eq!(end.problem.is_none(), is_whole, "{file} cut at {cut}: {:?}", end.problem);
            assert!(end.consumed <= cut as u64, "{file} cut at {cut}");
        }
    }
}

#[test]
fn what_is_lost_is_said() {
    let table = [
        ("sT_fast_4hosts.xml", vec![]),
        ("corrupted_by_resume_nul_bytes.xml", vec!["<host> 10.77.1.40: damaged tags left out: 1"]),
        ("resumed_after_midelement_cut_7.93.xml", vec!["<host> is cut short by a <host>"]),
        ("v6_target_without_6_7.93.xml", vec!["nmap skipped the target `::1`: invalid"]),
    ];
    for (file, expected) in table {
        let (items, end) = read(&fixture(file), 4096);
        let told = |item: &Item| match item {
            Item::Skipped { what } => Some(what.clone()),
            _ => None,
        };
        let told: Vec<String> = items.iter().filter_map(told).collect();
        assert_eq!(told, expected, "{file}");
        assert_eq!(end.skipped, expected.len() as u64, "{file}");
    }
}

#[test]
fn where_a_cut_document_stops_is_said() {
    let bytes = fixture("sT_fast_4hosts.xml");
    let find = |text: &str| {
        let text = text.as_bytes();
        bytes.windows(text.len()).position(|window| window == text).unwrap() + text.len()
    };
    let table = [
        (0, 0, "is empty"),
        (10, 0, "ends before <nmaprun>"),
        (find("<nmaprun "), 0, "ends before <nmaprun>"),
        (find("<host starttime"), 0, "cut inside a tag"),
        (find("<hostnames>"), 0, "cut inside <hosthint>"),
        (find("<extraports "), find("</hosthint>"), "cut inside <host>"),
        (find("</host>"), find("</host>"), "ends without </nmaprun>"),
        (find("</runstats>\n</nmapru"), find("</runstats>"), "cut inside a tag"),
    ];
    for (cut, least_consumed, problem) in table {
        let (_, end) = read(&bytes[..cut], 64);
        assert_eq!(end.problem.as_deref(), Some(problem), "cut at {cut}");
        assert!(end.consumed >= least_consumed as u64, "cut at {cut}");
    }
}

#[test]
fn progress_and_the_command_line_are_told() {
    let (items, end) = read(&fixture("stats_every_taskprogress.xml"), 4096);
    let Some(Item::Started { scanner_version, args, start }) = items.first() else {
        panic!("the first item is {:?}", items.first());
    };
    assert_eq!(scanner_version, "7.93");
    assert_eq!(args, "nmap -n -sS -p1-12 --stats-every 500ms -T2 -v -oX out.xml 10.97.3.5");
    assert_eq!(start.map(Time::as_micros), Some(1_795_385_956_000_000));
    let progress = |item: &Item| match item {
        Item::Progress { task, percent, remaining_secs } => {
            assert_eq!(task, "SYN Stealth Scan");
            Some((*percent, *remaining_secs))
        }
        _ => None,
    };
    let told: Vec<_> = items.iter().filter_map(progress).collect();
    assert_eq!(told.len(), 10);
    assert_eq!(told[..2], [(0.0, None), (8.33, Some(12))]);
    let finished = end.finished.unwrap();
    assert_eq!((finished.hosts_up, finished.hosts_total), (Some(1), Some(1)));
}

#[test]
fn nmaps_own_error_is_told() {
    let (_, end) = read(&fixture("error_bad_port_7.93.xml"), 4096);
    let finished = end.finished.unwrap();
    assert!(!finished.success);
    let error = finished.error.unwrap();
    assert_eq!(error, "Ports specified must be between 0 and 65535 inclusive");
}

fn check_hosts(file: &str, expected: &ExpectFile) {
    let (items, _) = read(&fixture(file), 4096);
    expected.assert_eq(&format!("{:#?}\n", hosts(&items)));
}

#[test]
fn every_field_of_a_host_is_read() {
    check_hosts("A_os_traceroute.xml", &expect_file!["expected/A_os_traceroute.txt"]);
    check_hosts("sV_sC_scripts.xml", &expect_file!["expected/sV_sC_scripts.txt"]);
    check_hosts("sS_sU_combined.xml", &expect_file!["expected/sS_sU_combined.txt"]);
}

//! Exports of scans, and comparisons of two.

use super::{World, all_up, imports::imported, port, request, up, world};
use netscan_schemas::{ScanId, api::Diff};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub async fn export(world: &World, scan: &Value, format: &str) -> String {
    let answer = world.get(&format!("/api/scans/{scan}/export?format={format}")).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let named = format!("attachment; filename=\"netscan-scan-{scan}.{format}\"");
    assert_eq!(answer.header("content-disposition"), named);
    assert!(answer.header("content-security-policy").starts_with("sandbox"));
    assert!(!answer.header("netscan-scan-status").is_empty());
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Runs a program over a file; `None`, said aloud, where it is not installed.
fn run(program: &str, args: &[&str], file: &Path) -> Option<(bool, String)> {
    let output = Command::new(program).args(args).arg(file).stdin(Stdio::null()).output();
    let Ok(output) = output else {
        eprintln!("skipped: `{program}` is not installed (scripts/install-tools.sh tests)");
        return None;
    };
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

/// nmap's own document type, of the nmap that is installed.
fn dtd() -> Option<PathBuf> {
    let found = ["/usr/share/nmap/nmap.dtd", "/usr/local/share/nmap/nmap.dtd"];
    found.into_iter().map(PathBuf::from).find(|path| path.exists())
}

pub fn check_well_formed(dir: &Path, name: &str, xml: &str) {
    let file = dir.join(name);
    fs::write(&file, xml).unwrap();
    if let Some((is_well, said)) = run("xmllint", &["--nonet", "--noout"], &file) {
        assert!(is_well, "{name}: {said}");
    }
}

/// Checks a document against nmap's own type.
pub fn check_valid(dir: &Path, name: &str, xml: &str) {
    check_well_formed(dir, name, xml);
    let file = dir.join(name);
    let Some(dtd) = dtd() else {
        eprintln!("skipped: nmap.dtd is not installed");
        return;
    };
    let dtd = dtd.display().to_string();
    if let Some((is_valid, said)) =
        run("xmllint", &["--nonet", "--noout", "--dtdvalid", &dtd], &file)
    {
        assert!(is_valid, "{name}: {said}");
    }
}

/// What a document says of each host: its elements as they are, by address.
pub fn host_elements(xml: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let (mut pieces, mut found) = (netscan_nmap::xml::Pieces::new(), BTreeMap::new());
    pieces.feed(xml);
    while let Some(piece) = pieces.next_piece() {
        if piece.name() == b"host" {
            let text = String::from_utf8_lossy(piece.bytes());
            if let Some(host) = netscan_nmap::xml::host(&text) {
                found.insert(host.address.to_string(), piece.bytes().to_vec());
            }
        }
    }
    found
}

#[tokio::test]
async fn an_export_of_a_scan_says_what_was_not_scanned() {
    let world = world(all_up).await;
    let dir = tempfile::tempdir().unwrap();
    let targets = json!({ "targets": ["127.0.0.1-6"], "exclude": ["127.0.0.4"], "name": "<x>" });
    let scan = world.scan(targets).await;
    let xml = export(&world, &json!(scan), "xml").await;
    // The stand-in for nmap leaves out what the document type asks for.
    check_well_formed(dir.path(), "scan.xml", &xml);
    assert_eq!(host_elements(xml.as_bytes()).len(), 5);
    assert!(xml.contains("<hosts up=\"5\" down=\"0\" total=\"5\"/>"), "{xml}");
    assert!(xml.contains("exit=\"success\""), "{xml}");
    assert!(xml.contains("1 addresses excluded: 127.0.0.4"), "{xml}");

    let parsed: Value = serde_json::from_str(&export(&world, &json!(scan), "json").await).unwrap();
    assert_eq!(parsed["hosts"].as_array().unwrap().len(), 5);
    assert_eq!(parsed["is_partial"], false);
    let csv = export(&world, &json!(scan), "csv").await;
    assert_eq!(csv.lines().count(), 6, "{csv}");

    let idle = json!(world.idle_scan().await);
    let xml = export(&world, &idle, "xml").await;
    check_valid(dir.path(), "idle.xml", &xml);
    assert!(xml.contains("<!-- netscan: not scanned: 127.0.0.1 -->"), "{xml}");
    assert!(xml.contains("exit=\"error\"") && xml.contains("scan 2 is queued"), "{xml}");
    let parsed: Value = serde_json::from_str(&export(&world, &idle, "json").await).unwrap();
    assert_eq!(parsed["is_partial"], true);
    assert_eq!(parsed["targets"], json!({ "unfinished": ["127.0.0.1"] }));
    for format in ["md", "html"] {
        let text = export(&world, &idle, format).await;
        assert!(text.contains("Partial") && text.contains("Not scanned"), "{text}");
    }
    for (path, code) in [
        ("/api/scans/99/export?format=csv", "not-found"),
        ("/api/scans/1/export?format=pdf", "invalid-value"),
        ("/api/scans/1/export", "invalid-value"),
    ] {
        assert_eq!(world.get(path).await.problem(), code, "{path}");
    }
}

/// What ndiff says differs: hosts, and ports on hosts.
fn ndiff(before: &Path, after: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("ndiff").arg("--text").arg(before).arg(after).output();
    let Ok(output) = output else {
        eprintln!("skipped: `ndiff` is not installed (scripts/install-tools.sh tests)");
        return None;
    };
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut found, mut host) = (BTreeSet::new(), String::new());
    for line in text.lines() {
        let (sign, rest) = line.split_at_checked(1).unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        let first = words.first().copied().unwrap_or_default();
        if let Some(address) = first.strip_suffix(':').filter(|_| !line.contains("Nmap")) {
            if address.parse::<std::net::IpAddr>().is_ok() {
                host = address.to_owned();
            }
        } else if sign != " " && first.contains("/tcp") {
            found.insert(format!("{host} {first}"));
        }
    }
    Some(found)
}

#[tokio::test]
async fn a_comparison_agrees_with_ndiff_on_complete_scans() {
    let mut runs = 0;
    let world = world(move |spec| {
        runs += 1;
        let second = runs > 1;
        up(spec, move |address| match (address, second) {
            ("127.0.0.1", true) => {
                port("tcp", 80, "closed", "http", "") + &port("tcp", 22, "open", "ssh", "OpenSSH")
            }
            ("127.0.0.1", false) => {
                port("tcp", 80, "open", "http", "nginx")
                    + &port("tcp", 22, "open", "ssh", "OpenSSH")
            }
            ("127.0.0.2", true) => port("tcp", 80, "open", "http", "Apache"),
            ("127.0.0.2", false) => port("tcp", 80, "open", "http", "nginx"),
            ("127.0.0.3", second) => {
                port("tcp", 443, if second { "open" } else { "filtered" }, "https", "")
            }
            _ => port("tcp", 80, "open", "http", "same"),
        })
    })
    .await;
    let scan = || world.scan(json!({ "targets": ["127.0.0.0/29"], "chunk_size": 8 }));
    let (first, second) = (scan().await, scan().await);
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for scan in [first, second] {
        let file = dir.path().join(format!("{scan}.xml"));
        fs::write(&file, export(&world, &json!(scan), "xml").await).unwrap();
        files.push(file);
    }
    let found = world.json(&format!("/api/scans/{first}/diff/{second}")).await;
    let found: Diff = serde_json::from_value(found).unwrap();
    assert!(found.summary.differs());
    assert_eq!((found.summary.hosts_changed, found.summary.hosts_same), (3, 5));
    let ours: BTreeSet<String> = found
        .hosts
        .iter()
        .flat_map(|host| {
            let address = &host.address;
            host.ports.iter().map(move |port| format!("{address} {}/{}", port.port, port.protocol))
        })
        .collect();
    let expected = ["127.0.0.1 80/tcp", "127.0.0.2 80/tcp", "127.0.0.3 443/tcp"];
    assert_eq!(ours, expected.map(str::to_owned).into());
    if let Some(theirs) = ndiff(&files[0], &files[1]) {
        assert_eq!(ours, theirs);
    }
    // The other way round the same differ; with a copy of itself nothing does.
    let back = world.json(&format!("/api/scans/{second}/diff/{first}")).await;
    assert_eq!(back["summary"]["ports_appeared"], found.summary.ports_vanished);
    let copy = imported(&world, &fs::read(&files[0]).unwrap()).await;
    let same = world.json(&format!("/api/scans/{first}/diff/{}", copy["scan_id"])).await;
    assert_eq!((&same["hosts"], &same["summary"]["hosts_same"]), (&json!([]), &json!(8)), "{same}");
    assert_eq!(
        world.get(&format!("/api/scans/{first}/diff/{first}")).await.problem(),
        "invalid-value"
    );
    assert_eq!(world.get(&format!("/api/scans/{first}/diff/99")).await.problem(), "not-found");
}

#[tokio::test]
async fn a_target_that_one_scan_does_not_know_is_not_down() {
    let world = world(all_up).await;
    let small = world.scan(json!({ "targets": ["127.0.0.1-2"] })).await;
    let large = world.scan(json!({ "targets": ["127.0.0.1-3"] })).await;
    let idle: ScanId = world.idle_scan().await;
    let diff = world.json(&format!("/api/scans/{large}/diff/{small}")).await;
    let host = &diff["hosts"][0];
    assert_eq!(diff["hosts"].as_array().unwrap().len(), 1, "{diff}");
    assert_eq!((&host["change"], &host["after"]), (&json!("only_before"), &json!("not_scanned")));
    let diff = world.json(&format!("/api/scans/{small}/diff/{idle}")).await;
    let known: Vec<_> = diff["hosts"].as_array().unwrap().iter().map(|h| &h["after"]).collect();
    assert_eq!(known, [&json!("unfinished"), &json!("not_scanned")], "{diff}");
    assert_eq!(diff["summary"]["hosts_vanished"], 0);
    let lines = world.get(&format!("/api/scans/{small}/diff/{idle}?format=jsonl")).await;
    let lines = String::from_utf8(lines.body.to_vec()).unwrap();
    assert_eq!(lines.lines().count(), 4, "{lines}");
    assert!(lines.lines().last().unwrap().starts_with("{\"summary\""), "{lines}");
}

/// A client that goes away while an export is sent ends it: its place is free again.
#[tokio::test]
async fn an_export_ends_with_its_client() {
    let world = world(all_up).await;
    let hosts: String = (0..40_000u32)
        .map(|n| {
            let [_, a, b, c] = n.to_be_bytes();
            format!("<host><status state=\"up\" reason=\"x\"/><address addr=\"10.{a}.{b}.{c}\" addrtype=\"ipv4\"/></host>\n")
        })
        .collect();
    let bytes = format!(
        "<nmaprun args=\"\" version=\"7.93\">{hosts}<runstats><finished time=\"1\" exit=\"success\"/></runstats></nmaprun>"
    );
    let scan = imported(&world, bytes.as_bytes()).await["scan_id"].clone();
    let places = || world.edge.clients.available_permits();
    let all = places();
    for format in ["xml", "jsonl"] {
        let path = format!("/api/scans/{scan}/export?format={format}");
        let response = tower::ServiceExt::oneshot(world.router.clone(), request("GET", &path, ""))
            .await
            .unwrap();
        assert_eq!(places(), all - 1);
        drop(response);
        assert_eq!(places(), all, "{format}");
        let text = export(&world, &scan, format).await;
        let hosts = text.matches(if format == "xml" { "<host>" } else { "\"address\":" }).count();
        assert_eq!(hosts, 40_000, "{format}");
    }
}

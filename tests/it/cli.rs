//! `netscan scan` and its companions with real nmap on loopback.

use crate::support::{json, listen, netscan, run, temp, text};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn ports(host: &Value, state: &str) -> Vec<u64> {
    let ports = host["ports"].as_array().unwrap().iter();
    ports.filter(|port| port["state"] == state).map(|port| port["port"].as_u64().unwrap()).collect()
}

#[test]
fn a_scan_finds_exactly_the_open_ports_of_loopback() {
    let data = temp();
    let (_first, one) = listen("127.0.0.1");
    let (_second, two) = listen("127.0.0.1");
    let (closed, three) = listen("127.0.0.1");
    drop(closed);
    let list = format!("{one},{two},{three}");
    let output = run(netscan(data.path()).args(["--json", "scan", "127.0.0.1", "-p", &list]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(answer["scan"]["status"], "completed");
    assert_eq!(answer["scan"]["verdicts"]["up"], 1);
    let host = &answer["hosts"][0];
    let mut open = ports(host, "open");
    open.sort_unstable();
    let mut expected = vec![u64::from(one), u64::from(two)];
    expected.sort_unstable();
    assert_eq!(open, expected);
    assert_eq!(ports(host, "closed"), [u64::from(three)]);
}

#[test]
fn a_scan_in_batches_of_both_families_has_a_verdict_for_each_address() {
    let data = temp();
    let (_v4, port) = listen("127.0.0.5");
    let output = run(netscan(data.path()).args([
        "--json",
        "scan",
        "127.0.0.0/28",
        "::1",
        "--exclude",
        "127.0.0.9",
        "--chunk-size",
        "4",
        "-p",
        &port.to_string(),
        "--",
        "-sT",
    ]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    let verdicts = &answer["scan"]["verdicts"];
    assert_eq!((&verdicts["up"], &verdicts["excluded"]), (&Value::from(16), &Value::from(1)));
    assert_eq!(answer["scan"]["total_targets"], 17);
    let hosts = answer["hosts"].as_array().unwrap();
    let open: Vec<_> = hosts.iter().filter(|host| !ports(host, "open").is_empty()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["address"], "127.0.0.5");

    let id = answer["scan"]["id"].to_string();
    let batches = json(&run(netscan(data.path()).args(["--json", "batches", &id])));
    let batches = batches.as_array().unwrap();
    assert_eq!(batches.len(), 5, "four of IPv4, one of IPv6");
    for batch in batches {
        let targets = batch["targets"].to_string();
        assert!(!(targets.contains("127.") && targets.contains(':')), "{targets}");
        let raw = run(netscan(data.path()).args(["raw", &batch["id"].to_string(), "xml"]));
        let xml = text(&raw.stdout);
        assert!(xml.starts_with("<?xml") && xml.trim_end().ends_with("</nmaprun>"), "{xml}");
    }
}

#[test]
fn a_name_is_resolved_once_and_shown() {
    let data = temp();
    let (_listener, port) = listen("127.0.0.1");
    let output = run(netscan(data.path()).args(["scan", "localhost", "-p", &port.to_string()]));
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(shown.contains("localhost") && shown.contains(&port.to_string()), "{shown}");
    assert!(!shown.contains('\u{1b}'), "a pipe gets no colours: {shown:?}");
}

#[test]
fn target_files_are_read_as_nmap_reads_them() {
    let data = temp();
    let list = data.path().join("targets.txt");
    fs::write(&list, "127.0.0.1 127.0.0.2 # two\n\n# none\n127.0.0.3-4\n").unwrap();
    let output = run(netscan(data.path())
        .args(["--json", "scan", "-iL"])
        .arg(&list)
        .args(["-p", "1", "--", "-sT"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(json(&output)["scan"]["total_targets"], 4);
}

#[test]
fn every_bad_target_is_named_and_nothing_is_scanned() {
    let data = temp();
    let output = run(netscan(data.path()).args(["scan", "127.0.0.1", "127.0.0.256", "010.0.0.1"]));
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("127.0.0.256") && said.contains("010.0.0.1"), "{said}");
    let scans = json(&run(netscan(data.path()).args(["--json", "ls"])));
    assert_eq!(scans, Value::Array(Vec::new()));
}

#[test]
fn flags_that_read_write_or_run_files_are_refused_by_name() {
    let data = temp();
    let canary = data.path().join("written");
    let target = canary.display().to_string();
    let refused: [&[&str]; 8] = [
        &["-oN", &target],
        &["-oX", &target],
        &["-no/tmp/x"],
        &["-iL", "/etc/passwd"],
        &["--script", "/tmp/evil.nse"],
        &["-script=evil"],
        &["--datadir", "/tmp"],
        &["--resume", "/tmp/x"],
    ];
    for flags in refused {
        let output = run(netscan(data.path()).args(["scan", "127.0.0.1", "--"]).args(flags));
        assert_eq!(output.status.code(), Some(4), "{flags:?}: {}", text(&output.stdout));
        let flag = flags[0].split('=').next().unwrap();
        assert!(text(&output.stderr).contains(flag), "{flags:?}: {}", text(&output.stderr));
    }
    assert!(!canary.exists());
}

#[test]
fn what_is_not_there_is_said_with_its_own_exit_code() {
    let data = temp();
    let missing = run(netscan(data.path()).args(["status", "77"]));
    assert_eq!(missing.status.code(), Some(5), "{}", text(&missing.stderr));
    assert!(text(&missing.stderr).contains("77"));
    let no_nmap = run(netscan(data.path()).args(["scan", "127.0.0.1", "--nmap", "/nowhere/nmap"]));
    assert_eq!(no_nmap.status.code(), Some(7), "{}", text(&no_nmap.stderr));
    let usage = run(netscan(data.path()).args(["scna"]));
    assert_eq!(usage.status.code(), Some(2));
    assert!(text(&usage.stderr).contains("scan"), "it says what may be meant");
}

#[test]
fn doctor_says_what_works() {
    let data = temp();
    let output = run(netscan(data.path()).arg("doctor"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let said = text(&output.stdout);
    assert!(said.contains("nmap") && said.contains("no_new_privileges: "), "{said}");
    assert!(!said.contains("OFF"), "{said}");
    let off = run(netscan(data.path()).args(["--sandbox", "off", "doctor"]));
    assert!(text(&off.stdout).contains("warn  sandbox      OFF: "), "{}", text(&off.stdout));
}

/// Scans a port and returns what nmap itself says it was told.
fn told(data: &Path) -> String {
    let (_listener, port) = listen("127.0.0.1");
    let list = format!("{port},80");
    let output = run(netscan(data).args(["--json", "scan", "127.0.0.1", "-p", &list, "--", "-sT"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(ports(&answer["hosts"][0], "open"), [u64::from(port)]);
    let id = answer["scan"]["id"].to_string();
    let batches = json(&run(netscan(data).args(["--json", "batches", &id])));
    let xml = run(netscan(data).args(["raw", &batches[0]["id"].to_string(), "xml"]));
    let xml = text(&xml.stdout);
    xml.lines().find(|line| line.starts_with("<nmaprun")).unwrap().to_owned()
}

#[test]
fn nmap_starts_from_the_lines_that_it_needs_where_that_can_be() {
    let data = temp();
    let own = data.path().join("nmap-data");
    let flag = "datadir=. "; // its hyphens are escaped
    let told_first = told(data.path());
    assert!(told_first.contains(flag), "{told_first}");
    assert!(!own.exists(), "each start removes what is left of the one before");

    fs::write(&own, "in the way").unwrap();
    let told_then = told(data.path());
    assert!(!told_then.contains(flag), "{told_then}");
    let doctor = run(netscan(data.path()).arg("doctor"));
    assert_eq!(doctor.status.code(), Some(0), "{}", text(&doctor.stdout));
    let said = text(&doctor.stdout);
    assert!(said.contains("nmap starts slower than it could"), "{said}");
    assert!(said.contains("it is no directory"), "{said}");
}

#[test]
fn a_large_network_is_previewed_without_being_expanded() {
    let data = temp();
    let output = run(netscan(data.path()).args(["--json", "targets", "expand", "10.0.0.0/8"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!((&answer["total"], &answer["truncated"]), (&16_777_216.into(), &true.into()));
    assert_eq!(answer["targets"].as_array().unwrap().len(), 4096);
}

#[test]
fn the_documents_of_the_api_are_printed_as_they_are_committed() {
    let data = temp();
    let committed = |name: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(root.join("schemas/documents").join(name)).unwrap()
    };
    for (document, name) in [
        ("openapi", "openapi.json"),
        ("asyncapi", "asyncapi.json"),
        ("events", "events.schema.json"),
    ] {
        let output = run(netscan(data.path()).args(["openapi", document]));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), committed(name), "{document}");
    }
    assert!(!data.path().join("netscan.redb").exists(), "nothing is opened for it");
}

#[test]
fn manual_pages_and_completions_name_every_command() {
    let (data, pages) = (temp(), temp());
    let dir = pages.path().join("man1");
    let output = run(netscan(data.path()).arg("man").arg("--dir").arg(&dir));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    for (name, wanted) in [
        ("netscan.1", "netscan\\-watch(1)"),
        ("netscan-watch.1", "\\-\\-plain"),
        ("netscan-diff.1", "ndiff"),
        ("netscan-scope-allow.1", "\\-\\-note"),
    ] {
        assert!(page(name).contains(wanted), "{name}:\n{}", page(name));
    }
    let printed = run(netscan(data.path()).arg("man"));
    assert_eq!(text(&printed.stdout), page("netscan.1"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(netscan(data.path()).args(["completions", shell]));
        let script = text(&output.stdout);
        assert!(script.contains("watch"), "{shell}: {script}");
        // The others do not complete values.
        let completes = ["bash", "zsh", "fish"].contains(&shell);
        assert_eq!(script.contains("gnmap"), completes, "{shell}: {script}");
    }
    // A directory that cannot be made is named.
    let output = run(netscan(data.path()).args(["man", "--dir", "/dev/null/x"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/dev/null/x"), "{}", text(&output.stderr));
}

/// On a terminal `watch` takes the whole screen and gives it back; in a pipe it prints lines.
#[test]
fn watching_takes_a_terminal_and_gives_it_back() {
    let data = temp();
    let (_listener, port) = listen("127.0.0.1");
    let port = port.to_string();
    let output = run(netscan(data.path()).args(["scan", "127.0.0.1", "-p", &port]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = text(&run(netscan(data.path()).args(["watch", "1"])).stdout);
    assert!(lines.contains("scan completed: 1 up, 1 open ports"), "{lines}");
    assert!(!lines.contains('\u{1b}'), "{lines:?}");
    let program = netscan(data.path());
    let mut command = program.get_program().to_string_lossy().into_owned();
    for arg in program.get_args() {
        command.push_str(&format!(" '{}'", arg.to_string_lossy()));
    }
    let script = |args: &str| {
        // `script` makes a terminal; the key comes once the screen was drawn.
        let command = format!("stty rows 30 cols 100; {command} {args}");
        let keys = format!("(sleep 3; printf q; sleep 3) | script -qec \"{command}\" /dev/null");
        Command::new("sh").arg("-c").arg(keys).env("TERM", "xterm").output()
    };
    let Ok(watched) = script("watch 1") else { panic!("there is no sh") };
    let shown = text(&watched.stdout);
    if shown.is_empty() {
        eprintln!("skipped: `script` is not installed");
        return;
    }
    let (enter, leave) = ("\u{1b}[?1049h", "\u{1b}[?1049l");
    assert!(shown.contains(enter) && shown.contains("findings"), "{shown:?}");
    let (_, after) = shown.rsplit_once(leave).expect("the screen is given back");
    assert!(after.contains("scan 1 completed: 1 up, 0 down"), "{shown:?}");
    let plain = text(&script("watch 1 --plain").unwrap().stdout);
    assert!(plain.contains("scan completed") && !plain.contains(enter), "{plain:?}");
}

//! The stand-in for nmap does what its scripts say.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use netscan_test_support::FakeNmap;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

/// What one run gave.
struct Run {
    code: Option<i32>,
    signal: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
    xml: Vec<u8>,
}

impl Run {
    fn xml(&self) -> &str {
        std::str::from_utf8(&self.xml).unwrap()
    }

    fn lines(&self) -> Vec<&str> {
        std::str::from_utf8(&self.stdout).unwrap().lines().collect()
    }

    fn count(&self, what: &str) -> usize {
        self.xml().matches(what).count()
    }

    fn is_whole(&self) -> bool {
        self.xml().ends_with("</nmaprun>\n")
    }
}

fn run(nmap: &FakeNmap, targets: &str) -> Run {
    let xml = nmap.dir().join("out.xml");
    let mut child = Command::new(nmap.program())
        .args(["-v", "-oX", xml.to_str().unwrap(), "-iL", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(targets.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        signal: output.status.signal(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
        xml: fs::read(xml).unwrap(),
    }
}

fn run_script(script: &str, targets: &str) -> Run {
    run(&FakeNmap::new(script).unwrap(), targets)
}

#[test]
fn without_a_script_every_target_is_up() {
    let run = run_script("", "127.0.0.1 127.0.0.4/31\n127.0.0.8-9\n::1\n");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.is_whole());
    assert_eq!((run.count("<host "), run.count("</host>")), (6, 6));
    assert_eq!(run.count("portid=\"80\"><state state=\"open\""), 6);
    assert_eq!(run.count("addrtype=\"ipv6\""), 1);
    assert_eq!(run.count("exit=\"success\"/><hosts up=\"6\" down=\"0\" total=\"6\"/>"), 1);
    assert!(run.lines().contains(&"Discovered open port 80/tcp on 127.0.0.9"));
    assert!(run.lines().contains(&"Nmap scan report for ::1"));
}

#[test]
fn it_calls_itself_7_93() {
    let nmap = FakeNmap::new("hang\n").unwrap();
    let output = Command::new(nmap.program()).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Nmap version 7.93 ( https://nmap.org )\n"), "{text}");
}

#[test]
fn hosts_are_as_the_script_says() {
    let script = "host down\nhost up 127.0.0.1\nhost timedout 127.0.0.2\nhost skip 127.0.0.3\n\
                  open 22, 443\nexit 4\n# a comment\n";
    let run = run_script(script, "127.0.0.0/29");
    assert_eq!(run.code, Some(4));
    assert!(run.is_whole());
    assert_eq!(run.count("<status state=\"down\""), 5);
    assert_eq!(run.count("timedout=\"true\""), 1);
    assert_eq!((run.count("portid=\"22\""), run.count("portid=\"443\"")), (1, 1));
    assert_eq!(run.count("addr=\"127.0.0.3\""), 0);
}

#[test]
fn actions_are_taken_in_order() {
    let script = "line a\nhosts 2\nlines 2 b\nstderr c\nprogress 12.50\nhosts 1\ndie 9\nline d\n";
    let run = run_script(script, "127.0.0.0/29");
    assert_eq!((run.code, run.stderr.as_str()), (Some(9), "c\n"));
    assert_eq!(run.count("</host>"), 3);
    assert_eq!(run.count("percent=\"12.50\""), 1);
    assert!(!run.is_whole());
    let lines = run.lines();
    let place = |line: &str| lines.iter().position(|found| *found == line);
    let order =
        ["a", "Nmap scan report for 127.0.0.1", "b 1", "b 2", "Nmap scan report for 127.0.0.2"];
    assert!(
        order.map(place).is_sorted() && order.map(place).iter().all(Option::is_some),
        "{lines:?}"
    );
    assert_eq!(place("d"), None);
}

#[test]
fn it_ends_badly_in_every_way() {
    let crash = run_script("hosts 1\nsignal 11\n", "127.0.0.0/30");
    assert_eq!((crash.signal, crash.count("</host>"), crash.is_whole()), (Some(11), 1, false));

    let fatal = run_script("fail no \"route\"\n", "127.0.0.1");
    assert_eq!((fatal.code, fatal.is_whole()), (Some(1), true));
    assert_eq!(fatal.stderr, "no \"route\"\nQUITTING!\n");
    assert_eq!(fatal.count("errormsg=\"no &quot;route&quot;\" exit=\"error\""), 1);

    let whole = run_script("", "127.0.0.1").xml.len();
    for bytes in [0, 1, 600, whole - 1] {
        let cut = run_script(&format!("cut {bytes}\n"), "127.0.0.1");
        assert_eq!((cut.code, cut.xml.len()), (Some(0), bytes));
    }

    let garbage = run_script("garbage\n", "127.0.0.1");
    assert_eq!(garbage.code, Some(0));
    assert!(String::from_utf8(garbage.xml).is_err());
    assert!(String::from_utf8(garbage.stdout).is_err());

    let nowhere = run_script("", "nowhere.invalid 127.0.0.1");
    assert_eq!(nowhere.stderr, "Failed to resolve \"nowhere.invalid\".\n");
    assert_eq!(nowhere.count("</host>"), 1);
}

#[test]
fn a_file_can_take_the_place_of_the_xml() {
    let nmap = FakeNmap::new("raw-xml sample.xml\n").unwrap();
    fs::write(nmap.dir().join("sample.xml"), "<nmaprun/>\n").unwrap();
    let run = run(&nmap, "127.0.0.1");
    assert_eq!((run.code, run.xml()), (Some(0), "<nmaprun/>\n"));
}

#[test]
fn a_flood_is_as_long_as_it_says() {
    let usual = run_script("", "").stdout.len();
    for bytes in [1, 64, 100_001] {
        assert_eq!(run_script(&format!("flood {bytes}\n"), "").stdout.len() - usual, bytes);
    }
}

#[test]
fn outputs_without_a_line_or_without_anything() {
    let usual = run_script("", "").stdout.len();
    let endless = run_script("endless 100000\n", "").stdout;
    assert_eq!(endless.len() - usual, 100_000);
    assert_eq!(endless.iter().filter(|byte| **byte == b'x').count(), 100_000);
    let nuls = run_script("nuls 3\n", "").stdout;
    assert_eq!(nuls.iter().filter(|byte| **byte == 0).count(), 3);
    let nothing = run_script("nothing\n", "127.0.0.1");
    assert_eq!((nothing.stdout, nothing.xml, nothing.code), (Vec::new(), Vec::new(), Some(0)));
}

#[test]
fn starts_are_logged_with_their_targets() {
    let nmap = FakeNmap::new("log targets starts\n").unwrap();
    run(&nmap, "127.0.0.2/31");
    run(&nmap, "127.0.0.9");
    let log = fs::read_to_string(nmap.dir().join("starts")).unwrap();
    assert_eq!(log, "127.0.0.2 127.0.0.3\n127.0.0.9\n");
}

#[test]
fn conditions_choose_the_start_and_the_targets() {
    let script = "attempt 2: exit 2\non 127.0.0.7: exit 7\non ::1: attempt 2: exit 6\n";
    let nmap = FakeNmap::new(script).unwrap();
    let table = [
        ("127.0.0.1", 0),
        ("127.0.0.1", 2),
        ("127.0.0.1", 0),
        ("127.0.0.6/31", 7),
        ("::1", 0), // the first start with this address
        ("::1 127.0.0.1", 6),
        ("::1", 0),
    ];
    for (number, (targets, code)) in table.into_iter().enumerate() {
        assert_eq!(run(&nmap, targets).code, Some(code), "start {number} with {targets}");
    }
    nmap.follow("exit 8\n").unwrap();
    assert_eq!(run(&nmap, "127.0.0.1").code, Some(8));
}

#[test]
fn a_script_with_a_mistake_is_refused_aloud() {
    for line in
        ["hosts many", "host sideways", "exit 256", "jump", "attempt x: exit 1", "open 80,x"]
    {
        let nmap = FakeNmap::new(line).unwrap();
        let output =
            Command::new(nmap.program()).args(["-iL", "-"]).stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(99), "{line}");
        assert_eq!(stderr, format!("fake-nmap: `{line}` is no directive\n"));
    }
}

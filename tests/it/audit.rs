//! Who did what, as an administrator asks for it: on a server, without one, and after somebody has
//! been at the file.

use crate::support::{WITH_STAND_IN, eventually, json, netscan, run, temp, text};
use netscan_test_support::FakeNmap;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

/// A server that asks who calls, and whose log is JSON.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(data: &Path, nmap: &FakeNmap, log: &Path) -> Self {
        let file = fs::File::options().append(true).create(true).open(log).unwrap();
        let mut child = netscan(data)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json"])
            .args(WITH_STAND_IN)
            .arg(nmap.program())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        Self { child, url: line.rsplit(' ').next().unwrap().to_owned() }
    }

    /// Runs a command that talks to it from elsewhere.
    fn command(&self, token: &str, args: &[&str]) -> Output {
        let mut command = netscan(Path::new("/nowhere"));
        run(command.args(["--server", &self.url]).args(args).env("NETSCAN_TOKEN", token))
    }

    fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let status = eventually("the server's end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already waited for, or of no further interest.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn here(data: &Path, args: &[&str]) -> Output {
    run(netscan(data).args(args))
}

fn log(data: &Path) -> Vec<Value> {
    json(&here(data, &["--json", "audit", "--since", "0"])).as_array().unwrap().clone()
}

/// Returns an entry as `who action`.
fn short(entry: &Value) -> String {
    let actor = &entry["actor"];
    let name = actor["name"].as_str().unwrap_or("-");
    let (kind, action) = (actor["kind"].as_str().unwrap(), entry["action"].as_str().unwrap());
    format!("{kind} {name} {action}")
}

/// Returns the name of who runs the tests, as the system has it.
fn user() -> String {
    text(&Command::new("id").arg("-un").output().unwrap().stdout).trim().to_owned()
}

#[test]
fn a_servers_log_has_its_start_its_callers_and_its_end_and_leaves_with_its_own_log() {
    let dir = temp();
    let (data, told) = (dir.path().join("data"), dir.path().join("log"));
    let nmap = FakeNmap::new("").unwrap();
    let server = Server::start(&data, &nmap, &told);
    let make = |name: &str, role: &str| {
        let made = here(&data, &["--json", "token", "create", "--name", name, "--role", role]);
        json(&made)["secret"].as_str().unwrap().to_owned()
    };
    let (night, admin) = (make("night", "operator"), make("chief", "admin"));
    let scanned = server.command(&night, &["scan", "127.0.0.1", "-p", "1"]);
    assert!(scanned.status.success(), "{}", text(&scanned.stderr));
    for args in [&["audit"][..], &["audit", "verify"]] {
        assert_eq!(server.command(&night, args).status.code(), Some(4), "{args:?}");
    }
    let refused = server.command(&night, &["scan", "198.18.0.1"]);
    assert_eq!(refused.status.code(), Some(4));
    let table = text(&server.command(&admin, &["audit", "-n", "1"]).stdout);
    assert!(table.contains("refused: out-of-scope") && table.contains("(night)"), "{table}");
    assert_eq!(table.lines().count(), 2, "{table}");
    let verified = server.command(&admin, &["audit", "verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
    let verified = text(&verified.stdout);
    let head = verified.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned();
    server.stop();

    // From here on nobody serves: the same commands, in their own process.
    let entries = log(&data);
    let user = user();
    let expected = [
        format!("local {user} server-start"),
        "server - token-create".to_owned(),
        "server - login-url".to_owned(),
        format!("local {user} token-create"),
        format!("local {user} token-create"),
        "token night project-create".to_owned(),
        "token night scan-create".to_owned(),
        "server - scan-end".to_owned(),
        "token night request".to_owned(),
        "token night request".to_owned(),
        "token night scan-create".to_owned(),
        "server - server-stop".to_owned(),
    ];
    assert_eq!(entries.iter().map(short).collect::<Vec<_>>(), expected);
    let start = entries[0]["detail"].as_str().unwrap();
    assert!(start.contains("auth token") && start.contains("listens on 127.0.0.1:"), "{start}");
    assert_eq!(entries[6]["from"], "127.0.0.1");
    // Each entry is a line of the server's log, with the hash that the store has.
    let lines = fs::read_to_string(&told).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<Value> = lines.filter(|line| line["target"] == "audit").collect();
    let of = |line: &Value| (line["fields"]["seq"].clone(), line["fields"]["hash"].clone());
    let of_entry = |entry: &Value| (entry["seq"].clone(), entry["hash"].clone());
    assert_eq!(
        lines.iter().map(of).collect::<Vec<_>>(),
        entries.iter().map(of_entry).collect::<Vec<_>>()
    );
    let known = here(&data, &["audit", "verify", "--head", &head]);
    assert!(known.status.success(), "{}", text(&known.stdout));
    let other = format!("{}0{}", &head[..head.len() - 2], if head.ends_with('0') { 1 } else { 0 });
    let unknown = here(&data, &["audit", "verify", "--head", &other]);
    assert_eq!(unknown.status.code(), Some(1), "{}", text(&unknown.stdout));
    for secret in [&night, &admin] {
        let whole = serde_json::to_string(&entries).unwrap();
        assert!(!whole.contains(&secret[13..]));
    }
}

#[test]
fn what_is_done_without_a_server_is_told_of_the_user_who_did_it() {
    let dir = temp();
    let data = dir.path().join("data");
    let nmap = FakeNmap::new("").unwrap();
    let program = nmap.program().to_str().unwrap().to_owned();
    let [sandbox, off, with] = WITH_STAND_IN;
    let scan = |target: &str| {
        here(&data, &["scan", target, "-p", "1", sandbox, off, with, &program]).status.code()
    };
    assert_eq!((scan("127.0.0.1"), scan("198.18.0.1")), (Some(0), Some(4)));
    assert!(here(&data, &["scope", "deny", "127.0.0.9"]).status.success());
    assert!(here(&data, &["projects", "rm", "Default"]).status.success());
    let user = user();
    let entries = log(&data);
    let expected = [
        format!("local {user} project-create"),
        format!("local {user} scan-create"),
        "server - scan-end".to_owned(),
        format!("local {user} scan-create"),
        format!("local {user} scope-deny"),
        format!("local {user} project-delete"),
    ];
    assert_eq!(entries.iter().map(short).collect::<Vec<_>>(), expected);
    assert_eq!(entries[3]["code"], "out-of-scope");
    let check = here(&data, &["store", "check"]);
    assert!(text(&check.stdout).contains("6 audit entries"), "{}", text(&check.stdout));
    let shown = text(&here(&data, &["audit", "--action", "scan-create"]).stdout);
    assert_eq!(shown.lines().count(), 3, "{shown}");
    let wrong = here(&data, &["audit", "--action", "nothing"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("scan-create"), "it names the actions");
}

#[test]
fn a_byte_that_was_changed_in_the_file_is_found() {
    let dir = temp();
    let data = dir.path().join("data");
    for name in ["a", "b", "c"] {
        let description = format!("marked-{name}");
        let added = here(&data, &["projects", "add", &description]);
        assert!(added.status.success(), "{}", text(&added.stderr));
    }
    let file = data.join("netscan.redb");
    let mut bytes = fs::read(&file).unwrap();
    // Each place where it stands: in the project's own record and index, and in the log.
    let places: Vec<usize> = bytes
        .windows(8)
        .enumerate()
        .filter(|(_, window)| *window == b"marked-b")
        .map(|(at, _)| at)
        .collect();
    assert!(places.len() >= 3, "{places:?}");
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(&file, &bytes).unwrap();
    let verified = here(&data, &["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(6), "{}", text(&verified.stderr));
    let check = here(&data, &["store", "check"]);
    assert_eq!(check.status.code(), Some(6));
    let check = text(&check.stdout);
    let expected = "audit entry 2: a audit record is damaged: its checksum does not match";
    assert!(check.contains(expected), "{check}");
}

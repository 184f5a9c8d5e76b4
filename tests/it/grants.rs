//! Grants of a project on the command line, and what they let real nmap do in its sandbox.

use crate::support::{Server, eventually, json, listen, netscan, run, temp, text};
use netscan_test_support::FakeNmap;
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    thread,
};

/// Runs a scan of loopback and returns its exit code and what it said.
fn scan(data: &Path, args: &[&str], flags: &[&str]) -> (i32, String) {
    let output = run(netscan(data).args(["scan", "127.0.0.1"]).args(args).arg("--").args(flags));
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    (output.status.code().unwrap(), said)
}

/// Runs the command that a refusal names, with a note in place of `WHY`.
fn mend(data: &Path, said: &str) {
    let command = said.split('`').find(|part| part.starts_with("netscan projects grant "));
    let command = command.unwrap_or_else(|| panic!("names no command: {said}"));
    let words = command.split(' ').skip(1).map(|word| if word == "WHY" { "a test" } else { word });
    let output = run(netscan(data).args(words));
    assert!(output.status.success(), "{command}: {}", text(&output.stderr));
}

#[test]
fn a_refusal_names_the_command_that_mends_it() {
    let data = temp();
    let (_listener, port) = listen("127.0.0.1");
    let port = port.to_string();
    let ports = ["-p", port.as_str()];
    let (code, said) = scan(data.path(), &ports, &["-T5"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("flag `-T5`: it overruns slow networks"), "{said}");
    mend(data.path(), &said);
    let (code, said) = scan(data.path(), &ports, &["-T5", "-e", "lo"]);
    assert_eq!(code, 0, "{said}");

    let (code, said) = scan(data.path(), &ports, &["--script", "smb-vuln-ms10-054"]);
    assert!(code == 4 && said.contains("no request runs them"), "{said}");
    let (code, said) = scan(data.path(), &ports, &["--script", "http-enum"]);
    assert!(code == 4 && said.contains("(discovery, intrusive, vuln) is intrusive"), "{said}");
    mend(data.path(), &said);
    assert_eq!(scan(data.path(), &ports, &["--script", "http-enum"]).0, 0);

    let (code, said) = scan(data.path(), &ports, &["--script", "ftp-brute"]);
    assert!(code == 4 && said.contains("--confirm-dangerous-scripts"), "{said}");
    mend(data.path(), &said);
    let (code, said) = scan(data.path(), &ports, &["--script", "ftp-brute"]);
    assert!(code == 4 && !said.contains("projects grant"), "{said}");
    let confirmed = ["-p", port.as_str(), "--confirm-dangerous-scripts"];
    let (code, said) = scan(data.path(), &confirmed, &["--script", "ftp-brute"]);
    assert_eq!(code, 0, "{said}");

    let listed = run(netscan(data.path()).args(["projects", "ls"]));
    assert!(text(&listed.stdout).contains("all scripts, evasion"), "{}", text(&listed.stdout));
    let projects = json(&run(netscan(data.path()).args(["--json", "projects", "ls"])));
    let grants = &projects[0]["grants"];
    assert_eq!((&grants["note"], &grants["by"]), (&json!("a test"), &json!("local (admin)")));
}

#[test]
fn what_a_grant_needs_is_said() {
    let data = temp();
    assert!(run(netscan(data.path()).args(["projects", "add", "p"])).status.success());
    let table: [(&[&str], i32, &str); 5] = [
        (&["p", "--evasion", "on"], 2, "add a note (`--note WHY`)"),
        (&["p", "--evasion", "on", "--note", ""], 2, "a note has 1 to 500"),
        (&["p", "--note", "x"], 2, "--scripts"),
        (&["p", "--scripts", "dos", "--note", "x"], 2, "intrusive"),
        (&["q", "--scripts", "all", "--note", "x"], 5, "no project `q`"),
    ];
    for (args, code, part) in table {
        let output = run(netscan(data.path()).args(["projects", "grant"]).args(args));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(part), "{args:?}: {said}");
    }
    // Less takes none.
    let less = ["projects", "grant", "p", "--scripts", "safe", "--evasion", "off"];
    let output = run(netscan(data.path()).args(less));
    assert!(text(&output.stdout).contains("project 1 may: safe scripts"), "{output:?}");
}

/// Where pages are: scripts take just usual ports for those of a web server.
const PAGES: &str = "127.9.8.7";
const PAGES_PORT: u16 = 8080;

/// Answers every request with a page that `http-enum` knows.
fn serve_pages() {
    let listener = TcpListener::bind((PAGES, PAGES_PORT)).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let is_known = request[..read].windows(12).any(|part| part == b" /robots.txt");
                let status = if is_known { "200 OK" } else { "404 Not Found" };
                let answer = format!(
                    "HTTP/1.0 {status}\r\nServer: SimpleHTTP/0.6 Python/3.11.2\r\n\
                     Content-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
                );
                // A client that is gone got what it wanted.
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
}

#[test]
fn granted_flags_and_scripts_work_in_the_sandbox() {
    let data = temp();
    serve_pages();
    let server = Server::start(data.path(), None);
    let grant = ["projects", "grant", "Default", "--scripts", "all", "--evasion", "on"];
    assert!(run(netscan(data.path()).args(["projects", "add", "Default"])).status.success());
    let output = run(netscan(data.path()).args(grant).args(["--note", "a test"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let ports = format!("-p{PAGES_PORT}");
    let finished = |flags: &[&str]| {
        let flags: Vec<&str> = [&[ports.as_str(), "-Pn"], flags].concat();
        let confirm = ["dangerous-scripts"];
        let request = json!({"targets": [PAGES], "nmap_flags": flags, "confirm": confirm});
        let scan = server.scan(&request);
        let view = server.ended(scan);
        assert_eq!(view["status"], "completed", "{flags:?}: {view}");
        let hosts = server.get(&format!("/api/scans/{scan}/hosts"));
        (view["argv"].to_string(), hosts[0]["ports"][0].clone())
    };
    let (_, found) = finished(&["-sT", "--script", "http-enum"]);
    assert!(found["scripts"].to_string().contains("/robots.txt"), "its list was not read: {found}");
    // One tier further, and a library with lists of its own.
    let brute = ["-sT", "--script", "http-form-brute,vnc-brute"];
    assert_eq!(finished(&brute).1["state"], "open");
    let (argv, found) = finished(&["-sT", "-e", "lo", "-T5"]);
    assert!(argv.contains("\"-T5\"") && argv.contains("\"-e\",\"lo\""), "{argv}");
    assert_eq!(found["state"], "open");
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: packets are shaped with raw sockets only");
        return;
    }
    for (flags, arg, state) in [
        (&["-f"][..], "\"-f\"", "open"),
        (&["--ff"], "\"--ff\"", "open"),
        (&["--mtu", "24"], "\"--mtu=24\"", "open"),
        (&["--data-length", "32"], "\"--data-length=32\"", "open"),
        (&["-g", "53", "-sV"], "\"--source-port=53\"", "open"),
        (&["--ttl", "5"], "\"--ttl=5\"", "open"),
        (&["--scanflags", "SYN"], "\"--scanflags=SYN\"", "open"),
        // Nobody answers to a wrong checksum.
        (&["--badsum", "--max-retries", "0"], "\"--badsum\"", "filtered"),
    ] {
        let (argv, found) = finished(flags);
        assert!(argv.contains(arg), "{flags:?}: {argv}");
        assert_eq!(found["state"], state, "{flags:?}: {found}");
    }
}

#[test]
fn what_was_accepted_goes_on_after_a_restart_without_its_grant() {
    let data = temp();
    let nmap = FakeNmap::new("host-group 1\nhosts 2\nhang\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    assert!(run(netscan(data.path()).args(["projects", "add", "p"])).status.success());
    let grant = |switch: &str| {
        let args = ["projects", "grant", "p", "--evasion", switch, "--note", "a test"];
        assert!(run(netscan(data.path()).args(args)).status.success());
    };
    grant("on");
    let request = json!({
        "targets": ["127.0.4.0/28"], "project_id": 1, "nmap_flags": ["-sT", "-T5"],
        "chunk_size": 8, "concurrency": 1,
    });
    let scan = server.scan(&request);
    eventually("two hosts", || {
        let up = server.get(&format!("/api/scans/{scan}"))["verdicts"]["up"].as_u64();
        (up == Some(2)).then_some(())
    });
    grant("off");
    server.kill();
    nmap.follow("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    assert_eq!(server.ended(scan)["status"], "completed");
    let (status, problem) =
        server.post(&format!("/api/scans/{scan}/rescan"), &json!({"only": "all"}));
    assert_eq!((status, &problem["code"]), (422, &json!("flag-refused")), "{problem}");
}

//! What the command line says of what goes wrong: what, where, and how to mend it.

use crate::support::{WITH_STAND_IN, netscan, run, temp, text};
use netscan_test_support::FakeNmap;
use std::process::Command;

/// Runs a command that fails, and returns its exit code and what it said.
fn fails(command: &mut Command) -> (i32, String) {
    let output = run(command);
    let said = text(&output.stderr);
    assert!(!said.contains("ERROR"), "a log line beside it: {said}");
    (output.status.code().unwrap(), said)
}

#[test]
fn errors_say_what_was_typed_and_how_to_mend_it() {
    let data = temp();
    let file = data.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let in_a_file = file.join("data").display().to_string();
    let table: [(&[&str], i32, &[&str]); 18] = [
        (&["scan", "127.0.0.1", "--", "-oN", "x"], 4, &["flag `-oN`"]),
        (&["scan", "127.0.0.1/99"], 2, &["target `127.0.0.1/99`"]),
        (&["scan", "127.0.0.1", "--exclude", "127.0.0.1/99"], 2, &["exclude `127.0.0.1/99`"]),
        (&["scan", "127.0.0.1", "--chunk-size", "0"], 2, &["--chunk-size must be 1 to"]),
        (&["scan", "127.0.0.1", "--attempts", "99"], 2, &["--attempts must be 1 to"]),
        (&["scan", "127.0.0.1", "--name", " x"], 2, &["a scan's name has"]),
        (&["scan", "127.0.0.1", "-sS"], 2, &["`-- -sS`", "--"]),
        (&["scan", "127.0.0.1", "--slots", "0"], 2, &["from 1 on"]),
        (
            &["scan", "127.0.0.1", "--nmap", "/nowhere/nmap"],
            7,
            &["no file `/nowhere/nmap`", "--nmap PATH"],
        ),
        (&["hosts", "abc"], 2, &["such as 3", "netscan ls"]),
        (&["raw", "abc", "xml"], 2, &["netscan batches"]),
        (&["projects", "rm", "x"], 5, &["no project `x`", "netscan projects ls"]),
        (&["projects", "add", ""], 2, &["1 to 200 printable"]),
        (&["serve", "--listen", "localhost:8104"], 2, &["127.0.0.1:8104"]),
        (&["serve", "--cors-origin", "*"], 2, &["every site", "http://localhost:5173"]),
        (&["serve", "--cors-origin", "null"], 2, &["without an origin"]),
        // Nothing listens there: it is the discard port.
        (&["--server", "http://127.0.0.1:9", "ls"], 1, &["netscan serve"]),
        (&["--data", &in_a_file, "ls"], 1, &["--data DIR"]),
    ];
    for (args, code, parts) in table {
        let mut command = match args[0] {
            "--data" => Command::new(env!("CARGO_BIN_EXE_netscan")),
            _ => netscan(data.path()),
        };
        let (got, said) = fails(command.args(args));
        assert_eq!(got, code, "{args:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "{args:?} does not say `{part}`: {said}");
        }
        assert!(!said.contains(" /nmap_flags") && !said.contains(" /targets"), "{args:?}: {said}");
    }
}

#[test]
fn a_bad_target_of_a_file_is_named_by_file_and_line() {
    let data = temp();
    let list = data.path().join("targets.txt");
    std::fs::write(&list, "127.0.0.1 127.0.0.2 # two\n\n# none\n127.0.0.3 bad/1\n").unwrap();
    let mut command = netscan(data.path());
    let (code, said) = fails(command.args(["scan", "127.0.0.9", "-iL"]).arg(&list));
    assert_eq!(code, 2, "{said}");
    let place = format!("{} line 4: `bad/1`", list.display());
    assert!(said.contains(&place), "{said}");
}

#[test]
fn a_missing_nmap_is_told_once() {
    let data = temp();
    let (code, said) = fails(netscan(data.path()).env("PATH", "").args(["scan", "127.0.0.1"]));
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("not installed") && said.contains("--nmap PATH"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn doctor_says_how_to_mend_what_fails() {
    let data = temp();
    let file = data.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let output = run(netscan(&file.join("data")).args(["doctor", "--nmap", "/nowhere/nmap"]));
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert_eq!(shown.matches("mend it").count(), 2, "{shown}");
    assert!(shown.contains("No such file") && shown.contains("--data DIR"), "{shown}");
}

#[test]
fn a_project_is_deleted_by_its_name() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    let mut scan = netscan(data.path());
    scan.args(["scan", "127.0.0.1", "--project", "Office"]).args(WITH_STAND_IN).arg(nmap.program());
    assert_eq!(run(&mut scan).status.code(), Some(0));
    let deleted = run(netscan(data.path()).args(["projects", "rm", "Office"]));
    assert_eq!(deleted.status.code(), Some(0), "{}", text(&deleted.stderr));
    let left = run(netscan(data.path()).args(["--json", "projects", "ls"]));
    assert!(!text(&left.stdout).contains("Office"), "{}", text(&left.stdout));
}

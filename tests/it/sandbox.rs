//! The sandbox around real nmap, by the whole program. What it holds off is tested beside the
//! warden, in `tests/support/tests/sandbox/`.

use crate::support::{Server, json, listen, netscan, run, temp, text};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    process::Command,
};

const NOBODY: u32 = 65534;

#[test]
fn the_server_says_which_layers_are_on() {
    let data = temp();
    let server = Server::start(data.path(), None);
    let sandbox = &server.get("/api/system")["sandbox"];
    assert_eq!(sandbox["mode"], "best_effort");
    let layers = sandbox["layers"].as_array().unwrap();
    let names: Vec<_> = layers.iter().map(|layer| layer["name"].as_str().unwrap()).collect();
    let expected = ["user", "capabilities", "no_new_privileges", "landlock", "seccomp", "limits"];
    assert_eq!(names, expected);
    for layer in layers {
        assert!(["on", "missing", "not_needed"].contains(&layer["state"].as_str().unwrap()));
        assert!(!layer["detail"].as_str().unwrap().is_empty());
    }
}

#[test]
fn an_unknown_mode_is_refused() {
    let data = temp();
    let output = run(netscan(data.path()).args(["--sandbox", "on", "ls"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("best-effort"), "{}", text(&output.stderr));
}

#[test]
fn a_script_in_nmaps_place_ends_the_scan_with_the_reason() {
    let data = temp();
    let script = data.path().join("nmap.sh");
    let write = "printf '#!/bin/sh\\nexec /usr/bin/nmap \"$@\"\\n' > \"$0\" && chmod 755 \"$0\"";
    assert!(Command::new("/bin/sh").args(["-c", write]).arg(&script).status().unwrap().success());
    let scan = || {
        let mut scan = netscan(&data.path().join("data"));
        scan.args(["scan", "127.0.0.1", "-p", "1", "--nmap"]).arg(&script);
        scan
    };
    let doctor = run(netscan(&data.path().join("data")).arg("doctor"));
    if text(&doctor.stdout).contains("ok    sandbox      landlock") {
        let output = run(&mut scan());
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("not a script"), "{}", text(&output.stderr));
    }
    let output = run(scan().args(["--sandbox", "off"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn an_ordinary_user_scans_in_it() {
    if !rustix::process::geteuid().is_root() {
        return; // Then all of these tests are that.
    }
    let dir = temp();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // The folder of the build may be closed to others.
    let program = dir.path().join("netscan");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_netscan")).arg(&program).status();
    assert!(copied.unwrap().success());
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();

    let (_listener, port) = listen("127.0.0.1");
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
    command.arg("--").arg(&program).arg("--data").arg(&data);
    command.env_clear().env("PATH", "/usr/bin:/bin");
    let output = run(command.args(["--json", "scan", "127.0.0.1", "-p", &port.to_string()]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let host = &json(&output)["hosts"][0];
    assert_eq!(host["ports"][0]["port"], port, "{host}");
    assert_eq!(host["ports"][0]["state"], "open", "{host}");
}

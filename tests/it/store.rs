//! The store from outside: care of it, damage, a disk that is short of room.

use crate::support::{Server, eventually, json, netscan, run, temp, text};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Within this a store is well again once there is room: a promise.
const RECOVERY_MAX: Duration = Duration::from_secs(30);

/// Makes a store with a project.
fn filled(data: &Path) {
    let made = run(netscan(data).args(["projects", "add", "kept"]));
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
}

fn projects(data: &Path) -> Value {
    json(&run(netscan(data).args(["--json", "projects", "ls"])))
}

#[test]
fn a_store_is_checked_measured_compacted_and_backed_up() {
    let (data, elsewhere) = (temp(), temp());
    filled(data.path());
    let checked = run(netscan(data.path()).args(["store", "check"]));
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    assert!(text(&checked.stdout).contains("the store is sound"), "{}", text(&checked.stdout));
    let checked = json(&run(netscan(data.path()).args(["--json", "store", "check"])));
    assert_eq!((&checked["clean"], &checked["projects"]), (&json!(true), &json!(1)));
    let stats = json(&run(netscan(data.path()).args(["--json", "store", "stats"])));
    let tables = stats["tables"].as_array().unwrap();
    let rows = tables.iter().find(|table| table["table"] == "projects").unwrap();
    assert_eq!(rows["rows"], 1);
    assert!(stats["file_bytes"].as_u64() > Some(0) && stats["free_bytes"].as_u64() > Some(0));
    let compacted = run(netscan(data.path()).args(["store", "compact"]));
    assert_eq!(compacted.status.code(), Some(0), "{}", text(&compacted.stderr));

    let copy = elsewhere.path().join("netscan.redb");
    let backup = |data: &Path| run(netscan(data).args(["store", "backup"]).arg(&copy));
    assert_eq!(backup(data.path()).status.code(), Some(0));
    let again = backup(data.path());
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("nothing is written over"), "{}", text(&again.stderr));
    assert_eq!(projects(elsewhere.path()), projects(data.path()));
}

#[test]
fn damage_is_refused_explained_and_salvaged() {
    let (data, elsewhere) = (temp(), temp());
    filled(data.path());
    let path = data.path().join("netscan.redb");
    let sound = fs::read(&path).unwrap();
    // The record itself, wherever it is.
    let at = sound.windows(4).rposition(|bytes| bytes == b"kept").unwrap();
    let mut damaged = sound.clone();
    damaged[at] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let refused = run(netscan(data.path()).arg("ls"));
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(6), "{said}");
    assert!(said.contains("is damaged") && said.contains("netscan store salvage"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let checked = run(netscan(data.path()).args(["store", "check"]));
    assert_eq!(checked.status.code(), Some(6));
    assert!(text(&checked.stdout).contains("damaged: the file itself"));
    let target = elsewhere.path().join("netscan.redb");
    let salvage = run(netscan(data.path()).args(["store", "salvage"]).arg(&target));
    assert_eq!(salvage.status.code(), Some(0), "{}", text(&salvage.stderr));
    assert!(fs::read(&path).unwrap() == damaged, "the damaged file was changed");
    let checked = run(netscan(elsewhere.path()).args(["store", "check"]));
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stdout));
}

#[test]
fn a_scope_of_which_an_entry_is_lost_lets_nothing_be_scanned() {
    let (data, elsewhere) = (temp(), temp());
    for address in ["127.0.0.3", "127.0.0.4"] {
        let args = ["scope", "deny", address, "--note", &format!("of {address}")];
        assert!(run(netscan(data.path()).args(args)).status.success());
    }
    let path = data.path().join("netscan.redb");
    let mut bytes = fs::read(&path).unwrap();
    // Its note, in whatever page there is a copy.
    let note = b"of 127.0.0.4";
    let places: Vec<_> =
        (0..bytes.len() - note.len()).filter(|at| bytes[*at..].starts_with(note)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at] ^= 1);
    fs::write(&path, &bytes).unwrap();
    let target = elsewhere.path().join("netscan.redb");
    let salvage = run(netscan(data.path()).args(["store", "salvage"]).arg(&target));
    let said = text(&salvage.stdout);
    assert!(said.contains("entry 3 denies every address"), "{said}{}", text(&salvage.stderr));
    let netscan = |args: &[&str]| run(netscan(elsewhere.path()).args(args));
    let listed = text(&netscan(&["scope", "ls"]).stdout);
    assert!(listed.contains("may be scanned: nothing"), "{listed}");
    assert!(listed.contains("127.0.0.3") && listed.contains("salvage"), "{listed}");
    let refused = netscan(&["scan", "127.0.0.1", "-p", "1"]);
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused.stderr));
    assert!(netscan(&["scope", "rm", "3"]).status.success());
    let listed = text(&netscan(&["scope", "ls"]).stdout);
    assert!(listed.contains("127.0.0.3") && !listed.contains("nothing"), "{listed}");
}

#[test]
fn a_store_in_use_names_its_owner() {
    let data = temp();
    let server = Server::start(data.path(), None);
    for args in [&["store", "check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let refused = run(netscan(data.path()).args(args));
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(6), "{said}");
        assert!(said.contains("by process") && said.contains("stop the process"), "{said}");
    }
    let refused = run(netscan(data.path()).args(["--server", &server.base, "store", "stats"]));
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(server.get("/api/system")["store_health"], "ok");
}

fn mount(options: &str, dir: &Path) -> bool {
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "netscan-test"])
        .arg(dir)
        .stderr(Stdio::null())
        .status();
    mounted.is_ok_and(|status| status.success())
}

/// A mounted file system, gone with this value.
struct Mounted<'d>(&'d Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn an_import_leaves_the_room_that_running_work_needs() {
    let (data, files) = (temp(), temp());
    if !mount("size=48m", data.path()) {
        println!("SKIPPED: no privilege to mount a small file system");
        return;
    }
    let _mounted = Mounted(data.path());
    let server = Server::start(data.path(), None);
    let import = |name: &str, bytes: &[u8]| {
        let file = files.path().join(name);
        fs::write(&file, bytes).unwrap();
        let imported =
            run(netscan(data.path()).args(["--server", &server.base, "import"]).arg(file));
        assert_ne!(imported.status.code(), Some(0), "{name}");
        let said = text(&imported.stderr);
        assert!(said.contains("the disk is nearly full"), "{name}: {said}");
        assert_eq!(server.get("/api/scans"), json!([]), "{name}");
        let system = server.get("/api/system");
        assert_eq!(system["store_health"], "ok", "{name}: {system}");
    };
    import("more than there is", &vec![b' '; 40 << 20]);
    // There is room for the file, but not for what is kept of it beside it.
    let mut random = 1u64;
    let mut noise = move || {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        b"0123456789abcdefghijklmnopqrstuv"[(random >> 59) as usize]
    };
    let mut document = b"<?xml version=\"1.0\"?><nmaprun scanner=\"nmap\" args=\"\">".to_vec();
    for _ in 0..320 {
        document.extend(b"<!--");
        document.extend((0..64 << 10).map(|_| noise()));
        document.extend(b"-->");
    }
    import("noise", &document);
    let request = json!({"targets": ["127.0.0.1"], "nmap_flags": ["-p", "1"]});
    server.ended(server.scan(&request));
}

#[test]
fn a_server_short_of_room_refuses_new_scans_reads_on_and_recovers() {
    let data = temp();
    if !mount("size=24m", data.path()) {
        println!("SKIPPED: no privilege to mount a small file system");
        return;
    }
    let _mounted = Mounted(data.path());
    // Of a disk this small a fifth is the reserve.
    fs::write(data.path().join("filler"), vec![1; 20 << 20]).unwrap();
    let server = Server::start(data.path(), None);
    let request = json!({"targets": ["127.0.0.1"], "nmap_flags": ["-p", "1"]});
    for path in ["/api/scans", "/api/scans/start", "/api/nmap/run"] {
        let (status, problem) = server.post(path, &request);
        assert_eq!((status, &problem["code"]), (507, &json!("insufficient-storage")), "{problem}");
    }
    let (status, _, body) = server.get_raw("/readyz");
    assert_eq!(status, 503);
    assert!(text(&body).contains("not ready: store"), "{}", text(&body));
    let system = server.get("/api/system");
    assert_eq!(system["store_health"], "low", "{system}");
    assert!(system["free_bytes"].as_u64() < Some(24 << 20));
    assert_eq!(server.get("/api/scans"), json!([]), "reading goes on");
    let (status, project) = server.post("/api/projects", &json!({"name": "small writes go on"}));
    assert_eq!(status, 201, "{project}");

    assert!(mount("remount,size=256m", data.path()));
    let begun = Instant::now();
    eventually("the store to be well", || {
        (server.get("/api/system")["store_health"] == "ok").then_some(())
    });
    assert!(begun.elapsed() < RECOVERY_MAX);
    println!("well after {} ms", begun.elapsed().as_millis());
    let scan = server.scan(&request);
    server.ended(scan);
}

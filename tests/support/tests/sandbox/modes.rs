//! What is told of the sandbox, and what a process has in it.

use crate::{
    Ended, NMAP, NOBODY, WARDEN, is_root, launcher, nmap, open_dir, ours, run, shell, write_script,
};
use netscan_nmap::launch::{LaunchError, LaunchSpec, Launcher, LocalNmap, Needs, WardenProgram};
use netscan_schemas::api::{LayerState, SandboxMode};
use netscan_schemas::attempt::Ending;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Returns a directory that only this user may enter.
fn closed_dir() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    dir
}

/// Another program than nmap in nmap's place.
async fn other(launcher: &LocalNmap, program: &str, args: &[&str], needs: Needs) -> Ended {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    run(launcher, LaunchSpec { program: program.into(), args, ..nmap("", needs) }).await
}

#[tokio::test]
async fn what_is_told_is_what_a_process_has() {
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &[]).await else { return };
    let sandbox = launcher.sandbox();
    assert_eq!(sandbox.mode, SandboxMode::BestEffort);
    let raw = Needs { raw: is_root(), ..Needs::default() };
    let said = other(&launcher, "/bin/cat", &["/proc/self/status"], raw).await;
    let has = |line: &str| said.stdout.lines().any(|found| found == line);
    for layer in &sandbox.layers {
        let is_on = layer.state == LayerState::On;
        match layer.name.as_str() {
            "user" => {
                let uid = format!("Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}");
                assert_eq!(has(&uid), is_on);
            }
            "capabilities" => {
                let kept = if is_root() { "0000000000002000" } else { "0000000000000000" };
                assert_eq!(has(&format!("CapEff:\t{kept}")), is_on);
            }
            "no_new_privileges" => assert_eq!(has("NoNewPrivs:\t1"), is_on),
            "seccomp" => assert_eq!(has("Seccomp:\t2"), is_on),
            "landlock" => {
                let said = other(&launcher, "/bin/cat", &["/etc/hostname"], Needs::default()).await;
                assert_eq!(said.stderr.contains("Permission denied"), is_on, "{}", said.stderr);
            }
            "limits" => assert!(is_on),
            name => panic!("{name}"),
        }
    }
    assert_eq!(sandbox.layers.len(), 6, "{sandbox:?}");
}

#[tokio::test]
async fn the_one_capability_is_only_for_scans_that_need_it() {
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &[]).await else { return };
    let said = other(&launcher, "/bin/cat", &["/proc/self/status"], Needs::default()).await;
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert!(said.stdout.contains(&format!("{set}:\t0000000000000000\n")), "{}", said.stdout);
    }
}

#[tokio::test]
async fn a_process_gets_four_descriptors_and_no_other() {
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &[]).await else { return };
    let said = other(&launcher, "/bin/ls", &["-l", "/proc/self/fd"], Needs::default()).await;
    let fds = said.stdout.lines().filter_map(|line| line.split_once(" -> "));
    let fds: Vec<_> = fds.map(|(left, to)| (left.rsplit(' ').next().unwrap(), to)).collect();
    let [(_, stdin), (_, out), (_, err), (_, xml), (_, listing)] = fds.as_slice() else {
        panic!("{fds:?}");
    };
    assert!(stdin.starts_with("/memfd:targets"), "{fds:?}");
    assert!([out, err, xml].iter().all(|to| to.starts_with("pipe:")), "{fds:?}");
    assert!(listing.ends_with("/fd"), "{fds:?}");
}

/// As another user nmap may not enter the data directory, and yet it is started inside of it.
#[tokio::test]
async fn a_directory_in_a_closed_place_is_read_and_not_written() {
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &["landlock"]).await else {
        return;
    };
    let closed = closed_dir();
    let directory = closed.path().join("data");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("file"), "inside").unwrap();
    for (path, mode) in [(&directory, 0o755), (&directory.join("file"), 0o444)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let needs = || Needs { directory: Some(directory.clone()), ..Needs::default() };
    assert_eq!(other(&launcher, "/bin/cat", &["file"], needs()).await.stdout, "inside");
    let touched = other(&launcher, "/usr/bin/touch", &["new"], needs()).await;
    assert!(touched.stderr.contains("Permission denied"), "{}", touched.stderr);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    // A rule is for a file and not for its name, so that it has to follow.
    fs::remove_dir_all(&directory).unwrap();
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("file"), "made anew").unwrap();
    for (path, mode) in [(&directory, 0o755), (&directory.join("file"), 0o444)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    assert_eq!(other(&launcher, "/bin/cat", &["file"], needs()).await.stdout, "made anew");
    fs::remove_dir_all(&directory).unwrap();
    let gone = other(&launcher, "/bin/cat", &["/proc/self/comm"], needs()).await;
    assert_eq!((gone.stdout.as_str(), gone.ending), ("cat\n", Ending::Exited { code: 0 }));
}

#[tokio::test]
async fn what_cannot_run_in_it_is_refused_with_the_reason() {
    let layers = ["landlock"];
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &layers).await else { return };
    let dir = open_dir();
    let script = dir.path().join("nmap");
    write_script(&script, "exec /usr/bin/nmap \"$@\"");
    let closed = closed_dir();
    let copy = closed.path().join("nmap");
    shell("cp \"$1\" \"$2\"", &[Path::new(NMAP), &copy]);
    let mut refused = vec![script];
    if is_root() {
        refused.push(copy);
    }
    for program in refused {
        match launcher.launch(LaunchSpec { program, ..nmap("", Needs::default()) }).await {
            Err(error @ LaunchError::Confined { .. }) => {
                assert!(!error.is_transient());
                assert!(error.to_string().contains("--sandbox off"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A warden that cannot make itself another user, as root of a user namespace with just one user.
fn lacking(dir: &Path) -> Option<WardenProgram> {
    let works = std::process::Command::new("unshare").args(["-Ur", "true"]).status();
    if !works.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there are no user namespaces here");
        return None;
    }
    let script: PathBuf = dir.join("warden");
    write_script(&script, &format!("exec unshare -Ur {WARDEN} \"$@\""));
    Some(WardenProgram::at(script))
}

#[tokio::test]
async fn a_missing_layer_is_told_and_fatal_where_all_are_required() {
    let dir = open_dir();
    let Some(warden) = lacking(dir.path()) else { return };
    let Some(launcher) = launcher(warden.clone(), SandboxMode::BestEffort, &[]).await else {
        return;
    };
    let missing = launcher.sandbox().missing().unwrap();
    assert!(missing.starts_with("user (nmap cannot run as"), "{missing}");
    let said = other(&launcher, "/bin/cat", &["/proc/self/status"], Needs::default()).await;
    assert!(said.stdout.contains("NoNewPrivs:\t1"), "{}", said.stdout);
    assert!(said.stdout.contains("CapEff:\t0000000000000000"), "{}", said.stdout);

    match LocalNmap::start(warden, SandboxMode::Required).await.map(drop) {
        Err(error @ LaunchError::Sandbox { .. }) => {
            let said = error.to_string();
            assert!(said.contains(&missing) && said.contains("best-effort"), "{said}");
        }
        other => panic!("{other:?}"),
    }
    // Here nothing is missing, or the kernel lacks what it says.
    if let Err(error) = LocalNmap::start(ours(), SandboxMode::Required).await {
        eprintln!("{error}");
        assert!(launcher.sandbox().missing().is_some());
    }
}

#[tokio::test]
async fn nmap_dies_with_its_warden() {
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &[]).await else { return };
    let raw = Needs { raw: is_root(), ..Needs::default() };
    // A packet in 60 s, to an address of this machine.
    let process = launcher.launch(nmap("-sT -Pn -p1,2 --scan-delay 60s 127.0.0.1", raw)).await;
    let process = process.unwrap();
    let nmap = PathBuf::from(format!("/proc/{}", process.pid.unwrap()));
    assert!(nmap.exists());
    let warden = rustix::process::Pid::from_raw(launcher.warden_pid().await.cast_signed()).unwrap();
    rustix::process::kill_process(warden, rustix::process::Signal::KILL).unwrap();
    let began = Instant::now();
    let is_dead = || {
        let stat = fs::read_to_string(nmap.join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
    };
    while !is_dead() {
        assert!(began.elapsed() < Duration::from_secs(10), "it lives");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

//! What a system lacks for a moment, or for good: nothing is lost unseen, and what is left works.

use crate::{NMAP, WARDEN, is_root, launcher, nmap, open_dir, ours, run, shell, write_script};
use netscan_nmap::launch::{LaunchError, LaunchSpec, Launcher, LocalNmap, Needs, WardenProgram};
use netscan_schemas::api::{LayerState, Sandbox, SandboxMode};
use netscan_schemas::attempt::Ending;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// A warden that is started so.
fn warden_by(dir: &Path, command: &str) -> WardenProgram {
    let script = dir.join("warden");
    write_script(&script, command);
    WardenProgram::at(script)
}

/// Returns what is said of a layer that is missing.
fn missing<'a>(sandbox: &'a Sandbox, name: &str) -> &'a str {
    let layer = sandbox.layers.iter().find(|layer| layer.name == name).unwrap();
    assert_eq!(layer.state, LayerState::Missing, "{sandbox:?}");
    &layer.detail
}

async fn list(launcher: &LocalNmap) -> Result<(), LaunchError> {
    launcher.launch(nmap("-sL 127.0.0.1", Needs::default())).await.map(drop)
}

/// With one descriptor more each time: a layer is there or the warden is not, for a reason that
/// passes.
#[tokio::test]
async fn a_shortage_is_no_missing_layer() {
    let Some(plenty) = launcher(ours(), SandboxMode::BestEffort, &[]).await else { return };
    let (mut short, mut whole) = (0, 0);
    for files in 8..24 {
        let dir = open_dir();
        let warden = warden_by(dir.path(), &format!("ulimit -n {files}\nexec {WARDEN} \"$@\""));
        match LocalNmap::start(warden, SandboxMode::BestEffort).await {
            Ok(launcher) => {
                assert_eq!(launcher.sandbox(), plenty.sandbox(), "{files} descriptors");
                whole += 1;
            }
            Err(error) => {
                assert!(error.is_transient(), "{files} descriptors: {error:?}");
                short += 1;
            }
        }
    }
    assert!(short > 0 && whole > 0, "{short} {whole}");
}

#[tokio::test]
async fn a_new_warden_with_less_is_not_used() {
    if !is_root() {
        eprintln!("skipped: an ordinary user has no layer to lose by this");
        return;
    }
    let dir = open_dir();
    let lame = dir.path().join("lame");
    // Root of a namespace with one user cannot become another.
    let command = format!(
        "[ -e {} ] && exec unshare -Ur {WARDEN} \"$@\"\nexec {WARDEN} \"$@\"",
        lame.display()
    );
    let warden = warden_by(dir.path(), &command);
    let works = std::process::Command::new("unshare").args(["-Ur", "true"]).status();
    if !works.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there are no user namespaces here");
        return;
    }
    let Some(launcher) = launcher(warden, SandboxMode::BestEffort, &["user"]).await else { return };
    list(&launcher).await.unwrap();
    fs::write(&lame, "").unwrap();
    let pid = Pid::from_raw(launcher.warden_pid().await.cast_signed()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let mut refused = 0;
    while refused < 3 {
        match list(&launcher).await {
            Err(error @ LaunchError::Weaker { .. }) => {
                assert!(error.is_transient() && !error.is_final());
                assert!(error.to_string().contains("lacks user ("), "{error}");
                refused += 1;
            }
            // Its loss is seen a moment later.
            Err(LaunchError::WardenLost) | Ok(()) if refused == 0 => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            other => panic!("{other:?}"),
        }
    }
    fs::remove_file(&lame).unwrap();
    list(&launcher).await.unwrap();
}

/// Then nmap is root, without capabilities, and can be ended.
#[tokio::test]
async fn as_root_without_the_right_to_kill_nmap_is_no_other_user() {
    if !is_root() {
        eprintln!("skipped: this is for root");
        return;
    }
    let dir = open_dir();
    let command = format!("exec setpriv --bounding-set=-kill {WARDEN} \"$@\"");
    let warden = warden_by(dir.path(), &command);
    let Some(launcher) = launcher(warden.clone(), SandboxMode::BestEffort, &[]).await else {
        return;
    };
    let sandbox = launcher.sandbox();
    assert!(missing(&sandbox, "user").contains("CAP_KILL"), "{sandbox:?}");
    let slow = nmap("-sT -Pn -p1,2 --scan-delay 60s 127.0.0.1", Needs::default());
    let process = launcher.launch(slow).await.unwrap();
    process.control.kill();
    let ended = tokio::time::timeout(Duration::from_secs(10), process.exit).await.unwrap();
    assert_eq!(ended.ending, Ending::Signalled { signal: 9 });
    let required = LocalNmap::start(warden, SandboxMode::Required).await.map(drop).unwrap_err();
    assert!(required.to_string().contains("CAP_KILL"), "{required}");
}

/// Neither as another user nor without capabilities could nmap send raw packets then.
#[tokio::test]
async fn where_no_capability_can_be_handed_on_raw_scans_work_and_it_is_told() {
    if !is_root() {
        eprintln!("skipped: this is for root");
        return;
    }
    let dir = open_dir();
    let warden = warden_by(dir.path(), &format!("exec {WARDEN} locked \"$@\""));
    let Some(launcher) = launcher(warden, SandboxMode::BestEffort, &[]).await else { return };
    let sandbox = launcher.sandbox();
    assert!(missing(&sandbox, "user").contains("CAP_NET_RAW"), "{sandbox:?}");
    missing(&sandbox, "capabilities");
    for layer in ["no_new_privileges", "seccomp", "limits"] {
        assert!(sandbox.has(layer), "{sandbox:?}");
    }
    let raw = Needs { raw: true, ..Needs::default() };
    let ended = run(&launcher, nmap("--privileged -sS -Pn -p1 127.0.0.1", raw)).await;
    assert_eq!(ended.ending, Ending::Exited { code: 0 }, "{}", ended.stderr);
    assert!(ended.stdout.contains("1/tcp closed"), "{}", ended.stdout);
}

/// A package manager writes a program first, and lets others execute it then.
#[tokio::test]
async fn a_program_that_has_run_may_be_away_for_a_moment() {
    let layers = ["landlock"];
    let Some(launcher) = launcher(ours(), SandboxMode::BestEffort, &layers).await else { return };
    let dir = open_dir();
    let program = dir.path().join("nmap");
    shell("cp \"$1\" \"$2\"", &[Path::new(NMAP), &program]);
    let allow = |mode| fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
    let start = || {
        let spec = nmap("-sL 127.0.0.1", Needs::default());
        launcher.launch(LaunchSpec { program: program.clone(), ..spec })
    };
    allow(0o600);
    let refused = start().await.unwrap_err();
    assert!(matches!(refused, LaunchError::Confined { .. }) && refused.is_final(), "{refused:?}");
    allow(0o755);
    start().await.unwrap();
    allow(0o600);
    let refused = start().await.unwrap_err();
    assert!(matches!(refused, LaunchError::Spawn { .. }) && !refused.is_final(), "{refused:?}");
    allow(0o755);
    start().await.unwrap();
}

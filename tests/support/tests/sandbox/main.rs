//! The sandbox around real nmap: what a hostile script can do in it, and that scans find the same.
//!
//! Where there is no nmap, or the kernel lacks a layer that a test is about, the test says so and
//! passes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail and speak"
)]

mod hostile;
mod losses;
mod modes;
mod scans;

use netscan_nmap::launch::{LaunchSpec, Launcher, LocalNmap, Needs, Process, WardenProgram};
use netscan_schemas::api::{LayerState, SandboxMode};
use netscan_schemas::attempt::Ending;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

const WARDEN: &str = env!("CARGO_BIN_EXE_netscan-warden");
const NMAP: &str = "/usr/bin/nmap";
const DATADIR: &str = "/usr/share/nmap";
/// The user that nmap runs as where there is no `netscan-scan`, and an ordinary one for tests.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Returns a launcher, or nothing after it has said what is missing for these layers.
async fn launcher(program: WardenProgram, mode: SandboxMode, layers: &[&str]) -> Option<LocalNmap> {
    if !Path::new(NMAP).exists() {
        eprintln!("skipped: there is no {NMAP}");
        return None;
    }
    let launcher = LocalNmap::start(program, mode).await.unwrap();
    let sandbox = launcher.sandbox();
    let missing = sandbox
        .layers
        .iter()
        .find(|layer| layer.state == LayerState::Missing && layers.contains(&layer.name.as_str()));
    match missing {
        Some(layer) => {
            eprintln!("skipped: {}: {}", layer.name, layer.detail);
            None
        }
        None => Some(launcher),
    }
}

/// A warden of this user.
fn ours() -> WardenProgram {
    WardenProgram::at(WARDEN)
}

/// A warden of a user without rights, whoever runs the test.
fn of_an_ordinary_user(dir: &Path) -> WardenProgram {
    if !is_root() {
        return ours();
    }
    // The folder of the build may be closed to others.
    let copy = dir.join("netscan-warden");
    shell("cp \"$1\" \"$2\"", &[Path::new(WARDEN), &copy]);
    let script = dir.join("warden");
    let setpriv = format!("setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups");
    write_script(&script, &format!("exec {setpriv} {} \"$@\"", copy.display()));
    WardenProgram::at(script)
}

/// Writes an executable script that does this.
fn write_script(path: &Path, body: &str) {
    let text = format!("#!/bin/sh\n{body}\n");
    shell("printf '%s' \"$1\" > \"$2\" && chmod 755 \"$2\"", &[Path::new(&text), path]);
}

/// Makes a program by another process: a file that a thread of ours has open for writing while
/// another one forks cannot be executed.
fn shell(command: &str, args: &[&Path]) {
    let status = Command::new("/bin/sh").args(["-c", command, "sh"]).args(args).status().unwrap();
    assert!(status.success(), "{command}: {args:?}");
}

/// Returns a directory that everybody may enter and read.
fn open_dir() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// Returns an nmap with these arguments, which writes its XML to standard output if it is told so.
fn nmap(args: &str, needs: Needs) -> LaunchSpec {
    let ours = [format!("--datadir={DATADIR}"), "-n".to_owned()];
    let args = ours.into_iter().chain(args.split_whitespace().map(str::to_owned));
    let mut reads = needs.reads;
    reads.push(PathBuf::from(DATADIR));
    LaunchSpec {
        program: NMAP.into(),
        args: args.collect(),
        stdin: String::new(),
        tag: "sandbox-test".to_owned(),
        needs: Needs { reads, ..needs },
    }
}

/// What a process left.
struct Ended {
    stdout: String,
    stderr: String,
    xml: Vec<u8>,
    ending: Ending,
}

async fn run(launcher: &LocalNmap, spec: LaunchSpec) -> Ended {
    let process = launcher.launch(spec).await.unwrap();
    let Process { mut stdout, mut stderr, mut xml, exit, control: _control, .. } = process;
    let [mut a, mut b, mut c] = [Vec::new(), Vec::new(), Vec::new()];
    let (x, y, z) = tokio::join!(
        stdout.read_to_end(&mut a),
        stderr.read_to_end(&mut b),
        xml.read_to_end(&mut c)
    );
    x.and(y).and(z).unwrap();
    let [stdout, stderr] = [a, b].map(|bytes| String::from_utf8(bytes).unwrap());
    Ended { stdout, stderr, xml: c, ending: exit.await.ending }
}

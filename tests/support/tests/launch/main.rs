//! The warden and what it promises, with real processes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

mod deaths;
mod ends;
mod starts;

use netscan_nmap::launch::{LaunchSpec, Launcher, LocalNmap, Needs, Process, WardenProgram};
use netscan_schemas::{api::SandboxMode, attempt::Ending};
use netscan_test_support::FakeNmap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

const WARDEN: &str = env!("CARGO_BIN_EXE_netscan-warden");

/// How long something that happens at once may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// Outside of the sandbox: the stand-in starts processes and writes files.
async fn start() -> LocalNmap {
    LocalNmap::start(WardenProgram::at(WARDEN), SandboxMode::Off).await.unwrap()
}

/// Returns a tag that no other process of this machine has.
fn new_tag() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("launch-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn spec(program: impl AsRef<Path>, stdin: &str) -> LaunchSpec {
    LaunchSpec {
        program: program.as_ref().to_owned(),
        args: ["-v", "-oX", "/dev/fd/3", "-iL", "-"].map(str::to_owned).to_vec(),
        stdin: stdin.to_owned(),
        tag: new_tag(),
        needs: Needs::default(),
    }
}

async fn launch(launcher: &LocalNmap, nmap: &FakeNmap) -> Process {
    launcher.launch(spec(nmap.program(), "127.0.0.1\n")).await.unwrap()
}

/// A process that has ended.
struct Ended {
    stdout: String,
    stderr: String,
    xml: String,
    ending: Ending,
}

/// Reads everything to its end.
async fn finish(process: Process) -> Ended {
    let Process { mut stdout, mut stderr, mut xml, exit, control: _control, .. } = process;
    let [mut a, mut b, mut c] = [Vec::new(), Vec::new(), Vec::new()];
    let (x, y, z) = tokio::join!(
        stdout.read_to_end(&mut a),
        stderr.read_to_end(&mut b),
        xml.read_to_end(&mut c)
    );
    x.and(y).and(z).unwrap();
    let [stdout, stderr, xml] = [a, b, c].map(|bytes| String::from_utf8(bytes).unwrap());
    Ended { stdout, stderr, xml, ending: exit.await.ending }
}

/// Returns the lines up to the one that is `last`.
async fn lines_until(process: &mut Process, last: &str) -> Vec<String> {
    let mut lines = BufReader::new(&mut process.stdout).lines();
    let mut seen = Vec::new();
    loop {
        match lines.next_line().await.unwrap() {
            Some(line) if line == last => return seen,
            Some(line) => seen.push(line),
            None => panic!("`{last}` never came, but {seen:?}"),
        }
    }
}

/// Returns the processes that were left behind, by the lines that say so.
fn left_behind(lines: &[String]) -> Vec<u32> {
    lines.iter().filter_map(|line| line.strip_prefix("left ")?.parse().ok()).collect()
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("X", |(_, fields)| &fields[..1]);
    !matches!(state, "X" | "Z")
}

/// Waits until it is true.
async fn eventually(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn children_of(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap()
}

fn open_files_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

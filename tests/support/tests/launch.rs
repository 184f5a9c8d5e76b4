//! The warden and what it promises, with real processes.

use netscan_nmap::launch::{
    LaunchError, LaunchSpec, Launcher, LocalNmap, Process, TAG_VARIABLE, WardenProgram,
};
use netscan_schemas::attempt::Ending;
use netscan_test_support::FakeNmap;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

const WARDEN: &str = env!("CARGO_BIN_EXE_netscan-warden");

/// How long something that happens at once may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

async fn start() -> LocalNmap {
    LocalNmap::start(WardenProgram::at(WARDEN)).await.unwrap()
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
    Ended { stdout, stderr, xml, ending: exit.await }
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

fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn children_of(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap()
}

fn open_files_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

#[tokio::test]
async fn the_streams_and_the_exit_code_arrive() {
    let nmap = FakeNmap::new("stderr careful\nexit 7\n").unwrap();
    let launcher = start().await;
    let process = launcher.launch(spec(nmap.program(), "127.0.0.1\n127.0.0.8/30\n")).await.unwrap();
    assert!(process.pid.is_some_and(|pid| pid > 1));
    assert!(process.start_time.is_some_and(|time| time > 0));
    let ended = finish(process).await;
    assert_eq!(ended.ending, Ending::Exited { code: 7 });
    assert_eq!(ended.stderr, "careful\n");
    assert!(ended.stdout.contains("Nmap done: 5 IP addresses (5 hosts up)"), "{}", ended.stdout);
    assert_eq!(ended.xml.matches("</host>").count(), 5);
    assert!(ended.xml.ends_with("</nmaprun>\n"), "{}", ended.xml);
}

#[tokio::test]
async fn more_than_a_pipe_holds_goes_through() {
    const BYTES: usize = 8_000_000;
    let nmap = FakeNmap::new(&format!("flood {BYTES}\n")).unwrap();
    let targets: String = (0..4096).map(|n| format!("127.1.{}.{}\n", n / 256, n % 256)).collect();
    let launcher = start().await;
    let ended = finish(launcher.launch(spec(nmap.program(), &targets)).await.unwrap()).await;
    assert_eq!(ended.ending, Ending::Exited { code: 0 });
    assert!(ended.stdout.len() > BYTES);
    assert_eq!(ended.xml.matches("</host>").count(), 4096);
}

#[tokio::test]
async fn a_process_gets_four_descriptors_and_no_other() {
    let nmap = FakeNmap::new("show fds\n").unwrap();
    let ended = finish(launch(&start().await, &nmap).await).await;
    let fds: Vec<&str> = ended.stdout.lines().filter_map(|line| line.strip_prefix("fd ")).collect();
    let [stdin, stdout, stderr, xml] = fds.as_slice() else { panic!("{fds:?}") };
    assert!(stdin.starts_with("0 /memfd:targets"), "{stdin}");
    let pipe = |fd: &str, number: &str| {
        fd.strip_prefix(number).and_then(|fd| fd.strip_prefix(" pipe:")).map(str::to_owned)
    };
    let pipes = [pipe(stdout, "1"), pipe(stderr, "2"), pipe(xml, "3")];
    assert!(pipes.iter().all(Option::is_some), "{fds:?}");
    assert!(pipes[0] != pipes[1] && pipes[1] != pipes[2] && pipes[0] != pipes[2], "{fds:?}");
}

#[tokio::test]
async fn a_process_gets_a_clean_environment_and_a_session_of_its_own() {
    let nmap = FakeNmap::new("show env\nshow session\n").unwrap();
    let launcher = start().await;
    let spec = spec(nmap.program(), "");
    let tag = spec.tag.clone();
    let process = launcher.launch(spec).await.unwrap();
    let pid = process.pid.unwrap();
    let ended = finish(process).await;
    let mut env: Vec<&str> =
        ended.stdout.lines().filter_map(|line| line.strip_prefix("env ")).collect();
    env.sort_unstable();
    let tag = format!("{TAG_VARIABLE}={tag}");
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(env, ["LC_ALL=C", &tag, path]);
    let warden = launcher.warden_pid().await;
    let session = [
        format!("pid {pid}"),
        format!("parent {warden}"),
        format!("group {pid}"),
        format!("session {pid}"),
        "directory /".to_owned(),
    ];
    for expected in session {
        assert!(ended.stdout.lines().any(|line| line == expected), "{expected}: {}", ended.stdout);
    }
}

#[tokio::test]
async fn a_process_gets_default_signals_a_private_mask_and_no_core() {
    let launcher = start().await;
    let cat = LaunchSpec {
        args: ["/proc/self/status", "/proc/self/limits"].map(str::to_owned).to_vec(),
        ..spec("/bin/cat", "")
    };
    let ended = finish(launcher.launch(cat).await.unwrap()).await;
    let field = |name: &str| {
        let line = ended.stdout.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(field("Umask:"), "0077");
    assert_eq!(field("SigBlk:"), "0000000000000000");
    assert_eq!(field("SigIgn:"), "0000000000000000");
    assert_eq!(field("Max core file size"), "0 0 bytes");
    // The warden raises its own limit, which is no business of its children.
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap();
    assert!(field("Max open files").starts_with(&format!("{own} ")), "{}", ended.stdout);
}

#[tokio::test]
async fn terminate_ends_a_process() {
    let nmap = FakeNmap::new("hang\n").unwrap();
    let process = launch(&start().await, &nmap).await;
    process.control.terminate();
    assert_eq!(finish(process).await.ending, Ending::Signalled { signal: 15 });
}

#[tokio::test]
async fn one_that_ignores_terminate_is_killed() {
    let nmap = FakeNmap::new("attempt 1: ignore-term\nline holding\nattempt 1: hang\n").unwrap();
    let launcher = start().await;
    let mut process = launch(&launcher, &nmap).await;
    lines_until(&mut process, "holding").await;
    process.control.terminate();
    // Orders are carried out one after the other: once a later launch is answered after this
    // signal was sent, it has arrived.
    while !fs::read_to_string(format!("/proc/{}/status", process.pid.unwrap()))
        .unwrap()
        .contains("SigIgn:\t0000000000005000")
    {
        tokio::task::yield_now().await;
    }
    finish(launch(&launcher, &nmap).await).await;
    assert!(is_alive(process.pid.unwrap()));
    process.control.kill();
    assert_eq!(finish(process).await.ending, Ending::Signalled { signal: 9 });
}

#[tokio::test]
async fn what_a_process_leaves_behind_ends_with_it() {
    let script = "ignore-term\nfork\nfork-escape\nfork-escape\nline holding\n";
    let launcher = start().await;
    for end in ["exit 3\n", "signal 11\n", "hang\n"] {
        let nmap = FakeNmap::new(&format!("{script}{end}")).unwrap();
        let mut process = launch(&launcher, &nmap).await;
        let left = left_behind(&lines_until(&mut process, "holding").await);
        assert_eq!(left.len(), 3);
        if end == "hang\n" {
            assert!(left.iter().all(|pid| is_alive(*pid)));
            process.control.kill();
        }
        // They hold the outputs, so reading comes to an end only because they are gone.
        let ended = finish(process).await;
        let expected = match end {
            "exit 3\n" => Ending::Exited { code: 3 },
            "signal 11\n" => Ending::Signalled { signal: 11 },
            _ => Ending::Signalled { signal: 9 },
        };
        assert_eq!(ended.ending, expected);
        assert!(left.iter().all(|pid| !is_alive(*pid)), "{left:?} after {end}");
    }
    assert_eq!(children_of(launcher.warden_pid().await), "");
}

#[tokio::test]
async fn a_dropped_control_kills() {
    let nmap = FakeNmap::new("ignore-term\nline holding\nhang\n").unwrap();
    let mut process = launch(&start().await, &nmap).await;
    lines_until(&mut process, "holding").await;
    let Process { control, exit, .. } = process;
    drop(control);
    assert_eq!(exit.await, Ending::Signalled { signal: 9 });
}

/// A launch that is given up at any moment leaves nothing behind.
#[tokio::test]
async fn a_dropped_launch_leaves_no_process() {
    let nmap = FakeNmap::new("hang\n").unwrap();
    let launcher = start().await;
    let tag = new_tag();
    for patience in 0..60 {
        let spec = LaunchSpec { tag: tag.clone(), ..spec(nmap.program(), "") };
        let mut launch = launcher.launch(spec);
        let mut polls = 0;
        std::future::poll_fn(|context| {
            polls += 1;
            if polls > patience || launch.as_mut().poll(context).is_ready() {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }
    let warden = launcher.warden_pid().await;
    // Whatever was ordered before this has been started by now, if it ever is.
    nmap.follow("").unwrap();
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
    eventually("all are gone", || children_of(warden).is_empty()).await;
}

#[tokio::test]
async fn the_death_of_the_warden_is_the_death_of_its_children() {
    let nmap = FakeNmap::new("ignore-term\nfork\nline holding\nhang\n").unwrap();
    let launcher = start().await;
    let mut processes = Vec::new();
    let mut pids = Vec::new();
    for _ in 0..4 {
        let mut process = launch(&launcher, &nmap).await;
        pids.push(process.pid.unwrap());
        pids.extend(left_behind(&lines_until(&mut process, "holding").await));
        processes.push(process);
    }
    assert_eq!(pids.len(), 8);
    let warden = launcher.warden_pid().await;
    send(warden, Signal::KILL);
    for process in processes {
        assert_eq!(process.exit.await, Ending::Lost);
    }
    eventually("all are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
    eventually("the warden is reaped", || !Path::new(&format!("/proc/{warden}")).exists()).await;

    nmap.follow("").unwrap();
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
    assert_ne!(launcher.warden_pid().await, warden);
}

#[tokio::test]
async fn nothing_outlives_a_killed_server() {
    for count in [1, 5] {
        let nmap = FakeNmap::new("ignore-term\nfork\nfork-escape\nline holding\nhang\n").unwrap();
        let mut server = Command::new(WARDEN)
            .args(["hold", nmap.program().to_str().unwrap(), &count.to_string(), &new_tag()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pids = Vec::new();
        for line in io::BufRead::lines(io::BufReader::new(server.stdout.take().unwrap())) {
            let line = line.unwrap();
            match line.split_once(' ') {
                Some(("warden" | "pid" | "left", pid)) => pids.push(pid.parse().unwrap()),
                _ if line == "ready" => break,
                _ => {}
            }
        }
        assert_eq!(pids.len(), 1 + 3 * count);
        assert!(pids.iter().all(|pid| is_alive(*pid)));
        server.kill().unwrap();
        server.wait().unwrap();
        let killed = Instant::now();
        eventually("all are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
        println!("{count}: gone after {:?}", killed.elapsed());
    }
}

#[tokio::test]
async fn a_dropped_launcher_ends_its_processes_and_the_warden() {
    let nmap = FakeNmap::new("ignore-term\nfork-escape\nline holding\nhang\n").unwrap();
    let launcher = start().await;
    let mut process = launch(&launcher, &nmap).await;
    let mut pids = left_behind(&lines_until(&mut process, "holding").await);
    pids.extend([process.pid.unwrap(), launcher.warden_pid().await]);
    drop(launcher);
    assert_eq!(process.exit.await, Ending::Lost);
    eventually("all are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
}

#[tokio::test]
async fn a_terminal_does_not_end_the_warden() {
    let nmap = FakeNmap::new("line holding\nattempt 1: hang\n").unwrap();
    let launcher = start().await;
    let mut process = launch(&launcher, &nmap).await;
    lines_until(&mut process, "holding").await;
    let warden = launcher.warden_pid().await;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::PIPE] {
        send(warden, signal);
    }
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
    assert_eq!(launcher.warden_pid().await, warden);
    assert!(is_alive(process.pid.unwrap()));
    let group = rustix::process::getpgid(Pid::from_raw(warden.try_into().unwrap())).unwrap();
    assert_ne!(group, rustix::process::getpgrp());
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let launcher = start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("nmap");
    fs::write(&file, "no program").unwrap();
    let table = [
        (spec(dir.path().join("none"), ""), io::ErrorKind::NotFound),
        (spec(&file, ""), io::ErrorKind::PermissionDenied),
        (spec(dir.path(), ""), io::ErrorKind::PermissionDenied),
        (
            LaunchSpec { args: vec!["a\0b".to_owned()], ..spec(&file, "") },
            io::ErrorKind::InvalidInput,
        ),
    ];
    for (spec, expected) in table {
        let program = spec.program.clone();
        match launcher.launch(spec).await {
            Err(error @ LaunchError::Spawn { .. }) => {
                assert!(!error.is_transient());
                let LaunchError::Spawn { program: named, source } = error else { unreachable!() };
                assert_eq!((named, source.kind()), (program, expected));
            }
            other => panic!("{other:?}"),
        }
    }
    let long = LaunchSpec { args: vec!["x".repeat(200_000)], ..spec(&file, "") };
    assert!(matches!(launcher.launch(long).await, Err(LaunchError::TooLong { .. })));
    // None of this has hurt the warden.
    let nmap = FakeNmap::new("").unwrap();
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_leave_nothing_behind() {
    let nmap = FakeNmap::new("attempt 7: signal 9\nexit 5\n").unwrap();
    let launcher = Arc::new(start().await);
    let warden = launcher.warden_pid().await;
    let files = open_files_of(warden);
    let runs: Vec<_> = (0..200)
        .map(|n| {
            let (launcher, spec) =
                (Arc::clone(&launcher), spec(nmap.program(), &format!("127.0.0.{n}\n")));
            tokio::spawn(async move {
                let ended = finish(launcher.launch(spec).await.unwrap()).await;
                let own = format!("<address addr=\"127.0.0.{n}\" ");
                (ended.xml.matches(&own).count(), ended.ending)
            })
        })
        .collect();
    let mut killed = 0;
    for run in runs {
        match run.await.unwrap() {
            (1, Ending::Exited { code: 5 }) => {}
            (_, Ending::Signalled { signal: 9 }) => killed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(killed, 1);
    assert_eq!(children_of(warden), "", "no zombie");
    assert_eq!(open_files_of(warden), files);
}

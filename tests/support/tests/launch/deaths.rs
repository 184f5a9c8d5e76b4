//! The server or the warden ends, in a way that it did not choose.

use crate::{
    WARDEN, eventually, finish, is_alive, launch, left_behind, lines_until, new_tag, start,
};
use netscan_schemas::attempt::Ending;
use netscan_test_support::FakeNmap;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
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
        assert_eq!(process.exit.await.ending, Ending::Lost);
    }
    eventually("all are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
    eventually("the warden is reaped", || !Path::new(&format!("/proc/{warden}")).exists()).await;

    nmap.follow("").unwrap();
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
    assert_ne!(launcher.warden_pid().await, warden);
}

/// A process of its own that holds a launcher, as the server does, and what it said.
struct Server {
    child: Child,
    lines: Vec<String>,
}

impl Server {
    /// Starts `count` processes by a server, which starts by way of `shell`.
    fn start(shell: &str, nmap: &FakeNmap, count: usize) -> Self {
        let mut child = Command::new("/bin/sh")
            .args(["-c", &format!("{shell} exec \"$@\""), "sh", WARDEN, "hold"])
            .args([nmap.program().to_str().unwrap(), &count.to_string(), &new_tag()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = io::BufReader::new(child.stdout.take().unwrap());
        let said = io::BufRead::lines(said).map(Result::unwrap);
        let lines = said.take_while(|line| line != "ready").collect();
        Self { child, lines }
    }

    fn pids(&self, what: &str) -> Vec<u32> {
        let pid = |line: &String| line.strip_prefix(what)?.strip_prefix(' ')?.parse().ok();
        self.lines.iter().filter_map(pid).collect()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn nothing_outlives_a_killed_server() {
    for count in [1, 5] {
        let nmap = FakeNmap::new("ignore-term\nfork\nfork-escape\nline holding\nhang\n").unwrap();
        let mut server = Server::start("", &nmap, count);
        let pids = [server.pids("warden"), server.pids("pid"), server.pids("left")].concat();
        assert_eq!(pids.len(), 1 + 3 * count);
        assert!(pids.iter().all(|pid| is_alive(*pid)));
        server.kill();
        eventually("all are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
    }
}

/// The server cannot help here: it has been stopped. The kernel ends the children.
#[tokio::test]
async fn the_death_of_the_warden_is_enough() {
    let nmap = FakeNmap::new("ignore-term\nline holding\nhang\n").unwrap();
    let mut server = Server::start("", &nmap, 3);
    let pids = server.pids("pid");
    assert_eq!(pids.len(), 3);
    send(server.child.id(), Signal::STOP);
    send(server.pids("warden")[0], Signal::KILL);
    eventually("all are gone", || pids.iter().all(|pid| !is_alive(*pid))).await;
    server.kill();
}

/// The warden raises its own limit, which is no business of its children.
#[tokio::test]
async fn a_process_keeps_the_limits_of_the_server() {
    let nmap = FakeNmap::new("show /proc/self/limits\nline holding\nhang\n").unwrap();
    let mut server = Server::start("ulimit -S -n 200; ulimit -H -n 400;", &nmap, 1);
    let limits = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let of_child: Vec<String> = server.lines.iter().map(|line| limits(line)).collect();
    assert!(of_child.contains(&"Max open files 200 400 files".to_owned()), "{of_child:?}");
    let warden = server.pids("warden")[0];
    let of_warden = limits(&fs::read_to_string(format!("/proc/{warden}/limits")).unwrap());
    assert!(of_warden.contains("Max open files 400 400 files"), "{of_warden}");
    server.kill();
}

#[tokio::test]
async fn a_dropped_launcher_ends_its_processes_and_the_warden() {
    let nmap = FakeNmap::new("ignore-term\nfork-escape\nline holding\nhang\n").unwrap();
    let launcher = start().await;
    let mut process = launch(&launcher, &nmap).await;
    let mut pids = left_behind(&lines_until(&mut process, "holding").await);
    pids.extend([process.pid.unwrap(), launcher.warden_pid().await]);
    drop(launcher);
    assert_eq!(process.exit.await.ending, Ending::Lost);
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
    // It leads a group of its own, so a terminal's Ctrl-C does not reach it.
    let warden = Pid::from_raw(warden.try_into().unwrap());
    assert_eq!(rustix::process::getpgid(warden).ok(), warden);
}

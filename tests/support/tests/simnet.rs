//! Real nmap in a simulated network finds what the plan says, and nothing leaves that network.
//!
//! Where no network can be simulated (it takes root), these tests say so and pass.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail and speak"
)]

use netscan_nmap::xml::{Document, Item};
use netscan_schemas::host::{HostFinding, HostState, Protocol};
use netscan_test_support::{HostTruth, SKIPPED, SimulatedNet};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PLAN: &str = "
    set rtt=4ms jitter=1ms
    10.99.0.1 live open=22,80 udp=53
    10.99.0.2 live
    10.99.0.3 live open=25-27,99 jitter=3ms
    10.99.0.4 filtered open=22,80,443
    10.99.0.5 filtered
    10.99.0.6 filtered open=80 ping=yes udp=53
    10.99.0.7 dead
    10.99.0.8 tarpit
    10.99.0.9 tarpit then=silence
    10.99.0.10 limited open=22,80 rate=100 burst=10
    10.99.0.11 slow open=80 rtt=200ms
    10.99.0.12 dead
    fd00:99::1 live open=22 udp=53
";
const HOSTS: &str = "10.99.0.1-12";

/// Returns a network like this, or nothing after it has said why there is none.
fn network(plan: &str) -> Option<SimulatedNet> {
    if let Some(why) = SimulatedNet::missing().unwrap() {
        eprintln!("{why}");
        return None;
    }
    Some(SimulatedNet::new(plan).unwrap())
}

/// Runs nmap and returns what it found, by address.
fn scan(net: &SimulatedNet, args: &str) -> BTreeMap<IpAddr, HostFinding> {
    let xml = net.dir().join("out.xml");
    let output = net
        .command("nmap")
        .args(["-n", "-oX"])
        .arg(&xml)
        .args(args.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{args}: {output:?}");
    let mut document = Document::new();
    document.feed(&fs::read(xml).unwrap());
    let mut found = BTreeMap::new();
    while let Some(item) = document.next_item() {
        if let Item::Host(host) = item {
            found.insert(host.address, *host);
        }
    }
    assert!(document.finish().closed, "{args}");
    found
}

/// Returns the open ports that were found.
fn open(host: &HostFinding, protocol: Protocol) -> Vec<u16> {
    let open = host.open_ports().filter(|port| port.protocol == protocol);
    open.map(|port| port.number).collect()
}

/// Compares the findings of TCP ports 20 to 100 with the truth.
fn compare(address: IpAddr, truth: &HostTruth, found: &HostFinding) {
    let is_open = |port: &u16| truth.others == "open" || truth.open.contains(port);
    let expected: Vec<u16> = (20..=100).filter(is_open).collect();
    assert_eq!(open(found, Protocol::Tcp), expected, "{address}");
    // A port whose RST was withheld too often counts as filtered, just as out there.
    if truth.kind != "limited" {
        let listed = found.ports.iter().filter(|port| port.state == truth.others).count();
        let grouped = found.extra_ports.iter().filter(|group| group.state == truth.others);
        let others = listed + grouped.map(|group| group.count as usize).sum::<usize>();
        let open_too = if truth.others == "open" { 0 } else { expected.len() };
        assert_eq!(others + open_too, 81, "{address}");
    }
}

fn compare_all(args: &str) {
    let Some(net) = network(PLAN) else { return };
    let found = scan(&net, &format!("{args} -Pn -p 20-100 {HOSTS}"));
    let truth = net.truth().unwrap();
    let truth: Vec<_> = truth.iter().filter(|(address, _)| address.is_ipv4()).collect();
    assert!(found.keys().eq(truth.iter().map(|(address, _)| *address)), "{:?}", found.keys());
    for (address, truth) in truth {
        compare(*address, truth, &found[address]);
    }
    let stats = net.stats().unwrap();
    assert_eq!((&stats["overrun"], &stats["refused"]), (&0.into(), &0.into()), "{stats}");
    assert_eq!(stats["kinds"]["dead"]["answers"], 0, "{stats}");
}

#[test]
fn syn_scan() {
    compare_all("-sS");
}

#[test]
fn connect_scan() {
    // Else nmap learns from the near hosts to close a connection to the slow one before it stands.
    compare_all("-sT --min-rtt-timeout 400ms --min-rate 300");
}

#[test]
fn discovery() {
    let Some(net) = network(PLAN) else { return };
    let found = scan(&net, &format!("-sn -v {HOSTS}"));
    assert_eq!(found.len(), 12);
    for (address, truth) in net.truth().unwrap().iter().filter(|(address, _)| address.is_ipv4()) {
        let is_up = found[address].state == HostState::Up;
        assert_eq!(is_up, truth.is_up, "{address}");
    }
}

/// Each of the four ways in which nmap asks by default, one at a time.
#[test]
fn each_ping() {
    let Some(net) = network(PLAN) else { return };
    for (ping, up) in [
        ("-PE", "1 2 3 6 8 9 10 11"),
        ("-PP", "1 2 3 6 8 9 10 11"),
        ("-PS443", "1 2 3 4 8 9 10 11"),
        ("-PA80", "1 2 3 10 11"),
    ] {
        let found = scan(&net, &format!("-sn --max-retries 3 {ping} {HOSTS}"));
        let found: Vec<_> = found.keys().map(ToString::to_string).collect();
        let up: Vec<_> = up.split(' ').map(|last| format!("10.99.0.{last}")).collect();
        assert_eq!(found.len(), up.len(), "{ping}: {found:?}");
        assert!(up.iter().all(|address| found.contains(address)), "{ping}: {found:?}");
    }
}

#[test]
fn udp_scan() {
    let Some(net) = network(PLAN) else { return };
    let found = scan(&net, "-sU -Pn -p 50-55 10.99.0.1,2,6,7");
    for (last, expected, others) in [
        (1, vec![53], "closed"),
        (2, vec![], "closed"),
        (6, vec![53], "open|filtered"),
        (7, vec![], "open|filtered"),
    ] {
        let host = &found[&IpAddr::from([10, 99, 0, last])];
        assert_eq!(open(host, Protocol::Udp), expected, "{last}");
        let listed = host.ports.iter().filter(|port| port.state == others).count();
        let grouped = host.extra_ports.iter().filter(|group| group.state == others);
        let others = listed + grouped.map(|group| group.count as usize).sum::<usize>();
        assert_eq!(others, 6 - expected.len(), "{last}");
    }
}

#[test]
fn ipv6() {
    if !Path::new("/proc/net/if_inet6").exists() {
        eprintln!("skipped: this kernel has no IPv6");
        return;
    }
    let Some(net) = network(PLAN) else { return };
    let address = "fd00:99::1".parse().unwrap();
    for args in ["-sS", "-sT", "-sS -sU -p T:20-24,U:53"] {
        let ports = if args.contains("-p") { "" } else { "-p 20-24" };
        let found = scan(&net, &format!("-6 {args} {ports} fd00:99::1"));
        assert_eq!(open(&found[&address], Protocol::Tcp), [22], "{args}");
        let expected: &[u16] = if args.contains("-sU") { &[53] } else { &[] };
        assert_eq!(open(&found[&address], Protocol::Udp), expected, "{args}");
    }
}

#[test]
fn a_round_trip_takes_its_time() {
    let Some(net) = network(PLAN) else { return };
    scan(&net, "-sn 10.99.0.11");
    let xml = fs::read_to_string(net.dir().join("out.xml")).unwrap();
    let srtt_us = xml.split_once("srtt=\"").unwrap().1.split_once('"').unwrap().0;
    let srtt_us: u64 = srtt_us.parse().unwrap();
    assert!((200_000..2_000_000).contains(&srtt_us), "{srtt_us} us");
}

#[test]
fn a_connection_opens_carries_data_and_closes() {
    let Some(net) = network("10.99.0.1 live open=80\n") else { return };
    // bash connects by itself, and the kernel tells the state (1 open, 6 closed by both) and how
    // much is not acknowledged yet.
    let output = shell(
        &net,
        "state() { for i in {1..200}; do grep -q \":0050 $1\" /proc/net/tcp && return; sleep 0.05
            done; cat /proc/net/tcp; exit 1; }
        exec 3<>/dev/tcp/10.99.0.1/80; echo hello >&3; state '01 00000000:'; exec 3>&-; state 06",
    );
    assert!(output.status.success(), "{output:?}");
    let refused = shell(&net, "exec 3<>/dev/tcp/10.99.0.1/81");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("refused"), "{refused:?}");
}

fn shell(net: &SimulatedNet, script: &str) -> Output {
    net.command("bash").args(["-c", script]).output().unwrap()
}

#[test]
fn nothing_else_is_in_the_network() {
    let Some(net) = network("") else { return };
    let here = fs::read_to_string("/proc/net/dev").unwrap();
    let inside = shell(&net, "cat /proc/net/dev; ip route; ip route get 192.0.2.1 2>&1; true");
    let inside = String::from_utf8(inside.stdout).unwrap();
    let devices: Vec<_> =
        inside.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert!(devices.iter().any(|device| device.trim() == "sim0"), "{inside}");
    for device in devices.iter().map(|device| device.trim()) {
        // What some kernels put into every namespace is down, and leads nowhere.
        let is_known = ["lo", "sim0", "RTNETLINK answers"].contains(&device);
        assert!(is_known || here.contains(device), "{inside}");
    }
    assert!(inside.contains("10.99.0.0/16 dev sim0"), "{inside}");
    assert!(!inside.contains("default"), "{inside}");
    assert!(inside.contains("unreachable"), "{inside}");
    assert!(!fs::read_to_string("/proc/net/dev").unwrap().contains("sim0:"));
}

#[test]
fn exit_codes() {
    let Some(net) = network("") else { return };
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill $$", 143)] {
        assert_eq!(shell(&net, script).status.code(), Some(code), "{script}");
    }
    let status = |net: &SimulatedNet, program| net.command(program).output().unwrap();
    assert_eq!(status(&net, "/no/such/program").status.code(), Some(127));
    let output = status(&SimulatedNet::new("10.98.0.1 live").unwrap(), "true");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("simnet: line 1 of the plan: "), "{said}");
}

#[test]
fn without_privileges_it_says_so() {
    if !rustix::process::geteuid().is_root() {
        assert!(SimulatedNet::missing().unwrap().is_some());
        return;
    }
    // Another user may not reach the build directory, so this is a copy that it can.
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("simnet");
    fs::copy(env!("CARGO_BIN_EXE_simnet"), &program).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command.args(["--plan", "/dev/null", "--", "true"]).current_dir("/").uid(65534).gid(65534);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(SKIPPED), "{said}");
    assert!(said.starts_with("simnet: skipped: ") && said.contains("CAP_SYS_ADMIN"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// Starts a script that writes the number of a process and goes on.
fn start(net: &SimulatedNet, script: &str) -> (Child, u32) {
    let mut command = net.command("bash");
    let mut child = command.args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pid = line.trim().parse().unwrap_or_else(|_| panic!("`{line}` is no number"));
    (child, pid)
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn wait_until_gone(pid: u32) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "{pid} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("X", |(_, fields)| &fields[..1]);
    !matches!(state, "X" | "Z")
}

#[test]
fn signals_go_to_the_command() {
    let Some(net) = network("") else { return };
    let script = "trap 'exit 9' TERM; echo $$; while :; do sleep 0.01; done";
    let (mut child, _) = start(&net, script);
    send(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(9));
    let (mut child, _) = start(&net, "echo $$; exec sleep 600");
    send(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_the_command_left_running_ends_with_it() {
    let Some(net) = network("") else { return };
    for script in [
        "sleep 600 >/dev/null & echo $!",
        "setsid sleep 600 >/dev/null & echo $!",
        "(trap '' TERM; setsid sleep 600 >/dev/null & echo $!)",
    ] {
        let (mut child, pid) = start(&net, script);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{script}");
        assert!(!is_alive(pid), "{script}");
    }
}

#[test]
fn the_command_does_not_outlive_it() {
    let Some(net) = network("") else { return };
    let (mut child, pid) = start(&net, "echo $$; exec sleep 600");
    assert!(is_alive(pid));
    send(&child, Signal::KILL);
    child.wait().unwrap();
    wait_until_gone(pid);
}

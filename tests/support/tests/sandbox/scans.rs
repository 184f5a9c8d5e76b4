//! Every kind of scan finds in the sandbox what it finds outside. Only loopback is scanned.

use crate::{is_root, launcher, nmap, of_an_ordinary_user, open_dir, ours, run};
use netscan_nmap::launch::{LocalNmap, Needs};
use netscan_nmap::xml::{Document, Item};
use netscan_schemas::api::SandboxMode;
use netscan_schemas::attempt::Ending;
use netscan_schemas::host::{HostFinding, Protocol};
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::thread;

/// An address of loopback that nothing else listens on by itself.
const V4: &str = "127.93.2.7";
const V6: &str = "::1";
/// The machine is not the test's alone: what differs each time is a difference.
const TRIES: usize = 4;

/// What takes raw sockets.
const RAW: &[&str] = &[
    "-sS",
    "-sU",
    "-sA",
    "-sW",
    "-sM",
    "-sN",
    "-sF",
    "-sX",
    "-sY",
    "-sZ",
    "-sS -sU",
    "-sO",
    "-sS -f",
    "-sS --traceroute",
    "-sS -O",
    "-A",
    "-sn -PE",
    "-sn -PP",
    "-sn -PM",
    "-sn -PU",
    "-sn -PO",
    "-sn -PS",
    "-sS --send-ip",
];
const RAW_V6: &[&str] = &["-6 -sS", "-6 -sU", "-6 -sA", "-6 -O", "-6 -A", "-6 -sn -PE"];
/// What does not.
const PLAIN: &[&str] = &["-sT", "-sT -sV", "-sT -sC -sV", "-sn -PS", "-sL", "-6 -sT", "-6 -sT -sV"];

/// Ports that answer, for as long as this is held.
struct Answering {
    ports: String,
    _udp: UdpSocket,
}

impl Answering {
    fn open() -> Self {
        let first = TcpListener::bind((V4, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        for listener in [first, TcpListener::bind((V6, port)).unwrap()] {
            // It ends with the test.
            thread::spawn(move || {
                for client in listener.incoming() {
                    let _ = client
                        .and_then(|mut client| client.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n"));
                }
            });
        }
        let udp = UdpSocket::bind((V4, 0)).unwrap();
        // One is open for TCP, one for UDP, and two are closed.
        let ports = format!("1,{port},{},9", udp.local_addr().unwrap().port());
        Self { ports, _udp: udp }
    }
}

async fn scan(launcher: &LocalNmap, args: &str, raw: bool) -> (HostFinding, bool) {
    let privilege = if raw { "--privileged" } else { "--unprivileged" };
    let target = if args.contains("-6") { V6 } else { V4 };
    // Another user than the test's may not open a pipe of the test's by its name.
    let to = if raw { "/dev/fd/3" } else { "-" };
    // Fewer tries and packets than usual, as nothing is lost here.
    let quick = if args.contains("-O") || args.contains("-A") { "--max-os-tries 1" } else { "" };
    let args = format!("{privilege} {args} {quick} --max-retries 1 -v -oX {to} {target}");
    let ended = run(launcher, nmap(&args, Needs { raw, ..Needs::default() })).await;
    assert_eq!(ended.ending, Ending::Exited { code: 0 }, "{args}: {}", ended.stderr);
    let mut document = Document::new();
    document.feed(if raw { &ended.xml } else { ended.stdout.as_bytes() });
    let mut found = None;
    while let Some(item) = document.next_item() {
        if let Item::Host(host) = item {
            assert!(found.is_none(), "{args}");
            found = Some(timeless(*host));
        }
    }
    assert!(document.finish().closed, "{args}: {}", ended.stderr);
    found.unwrap_or_else(|| panic!("{args}: no host: {}", ended.stderr))
}

/// Leaves out what is never the same. Returns whether there are guesses at the system as well,
/// which vary with the sequence numbers of the day.
fn timeless(mut host: HostFinding) -> (HostFinding, bool) {
    (host.started_at, host.finished_at, host.uptime_secs) = (None, None, None);
    host.trace.iter_mut().for_each(|hop| hop.rtt_us = None);
    // Whichever ICMP answer comes first is the reason of a protocol, be it one to another's probe:
    // outside of the sandbox, too, a scan says `proto-unreach` and the next one `port-unreach`.
    let protocols = host.ports.iter_mut().filter(|port| port.protocol == Protocol::Ip);
    protocols.for_each(|port| port.reason = "".into());
    // Scripts run beside each other, and are written down as they end.
    let scripts = host.ports.iter_mut().map(|port| &mut port.scripts).chain([&mut host.scripts]);
    scripts.for_each(|scripts| scripts.sort_by(|a, b| a.id.cmp(&b.id)));
    let has_os = !std::mem::take(&mut host.os).is_empty();
    (host, has_os)
}

async fn compare(all: &[&str], raw: bool, [inside, outside]: [&LocalNmap; 2]) {
    let answering = Answering::open();
    for args in all {
        let args = match args {
            args if args.contains("-sO") => format!("{args} -p 1,6,17,132"),
            args if args.contains("-sn") || args.contains("-sL") => (*args).to_owned(),
            args => format!("{args} -p {}", answering.ports),
        };
        let mut seen = Vec::new();
        for _ in 0..TRIES {
            let found = scan(inside, &args, raw).await;
            let expected = scan(outside, &args, raw).await;
            seen.push((found == expected).then_some(()).ok_or((found, expected)));
            if seen.last().is_some_and(Result::is_ok) {
                break;
            }
        }
        assert!(seen.last().is_some_and(Result::is_ok), "{args}: {:#?}", seen.last());
    }
}

#[tokio::test]
async fn as_root_every_scan_finds_the_same() {
    if !is_root() {
        eprintln!("skipped: this is for root");
        return;
    }
    let Some(inside) = launcher(ours(), SandboxMode::BestEffort, &["landlock"]).await else {
        return;
    };
    let Some(outside) = launcher(ours(), SandboxMode::Off, &[]).await else { return };
    compare(&[RAW, RAW_V6, &["-sT", "-6 -sT"]].concat(), true, [&inside, &outside]).await;
}

#[tokio::test]
async fn as_an_ordinary_user_every_scan_finds_the_same() {
    let dir = open_dir();
    let warden = of_an_ordinary_user(dir.path());
    let inside = launcher(warden.clone(), SandboxMode::BestEffort, &["landlock"]).await;
    let Some(inside) = inside else { return };
    let Some(outside) = launcher(warden, SandboxMode::Off, &[]).await else { return };
    compare(PLAIN, false, [&inside, &outside]).await;
}

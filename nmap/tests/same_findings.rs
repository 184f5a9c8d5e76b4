//! A scan finds the same with a data directory of its own as with the installed one: the same
//! ports are chosen, and of each the same is said. Only loopback is scanned.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use netscan_nmap::{
    command::{self, XML_FD},
    datadir::{Datadir, Datadirs},
    locate::{Installation, locate},
    options::{Lack, Options},
    privilege::Privileges,
    xml::{Document, Item},
};
use netscan_schemas::{address::AddressSet, host::HostFinding};
use std::{
    fs,
    io::Write,
    net::{IpAddr, TcpListener, UdpSocket},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
};
use tempfile::TempDir;

/// An address of loopback that nothing else listens on by itself.
const V4: &str = "127.93.1.7";
const V6: &str = "::1";
/// The machine is not the test's alone: what differs each time is a difference.
const TRIES: usize = 4;

struct World {
    nmap: Installation,
    privileges: Privileges,
    datadirs: Datadirs,
    _data: TempDir,
}

fn world() -> World {
    let data = TempDir::new().unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o700)).unwrap();
    World {
        nmap: locate(None).expect("these tests need nmap; install it with `apt-get install nmap`"),
        privileges: Privileges::detect(),
        datadirs: Datadirs::new(data.path()),
        _data: data,
    }
}

/// What one nmap said.
#[derive(Debug, PartialEq)]
struct Said {
    /// Which ports it chose, in its own words.
    chosen: Vec<String>,
    /// What it found, without times.
    hosts: Vec<HostFinding>,
    /// Its table of ports, as it is shown to people.
    table: Vec<String>,
}

impl World {
    /// Returns the options if they can be carried out here.
    fn options(&self, line: &str) -> Option<Options> {
        let flags: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let parsed = Options::parse(&flags).unwrap().options;
        match parsed.adapt(&self.privileges) {
            Ok((options, _)) => Some(options),
            Err(errors) => {
                assert!(
                    errors.iter().all(|error| error.lack == Lack::Privilege),
                    "{line}: {errors:?}"
                );
                None
            }
        }
    }

    fn fit(&self, options: &Options) -> Option<Arc<Datadir>> {
        self.datadirs.fit(&self.nmap, options, &self.privileges).unwrap()
    }

    fn scan(&self, options: &Options, own: Option<&Datadir>, address: &str) -> Said {
        let mut nmap = self.nmap.clone();
        if let Some(own) = own {
            nmap.own_datadir = Some(own.path().to_owned());
        }
        let addresses: AddressSet = [address.parse::<IpAddr>().unwrap()].into_iter().collect();
        let built = command::build(&nmap, options, &self.privileges, &addresses);
        let xml = TempDir::new().unwrap();
        let path = xml.path().join("xml");
        let redirect = format!("exec \"$0\" \"$@\" {XML_FD}>\"$XML\"");
        let mut child = Command::new("/bin/sh")
            .args(["-c", &redirect])
            .arg(&built.program)
            .args(&built.args)
            .current_dir(built.needs.directory.as_deref().unwrap_or(Path::new("/")))
            .env_clear()
            .env("XML", &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(built.stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {why}", built.args);
        assert!(!why.contains("nmap-services"), "{why}");
        let xml = fs::read_to_string(&path).unwrap();
        let lines = xml.lines().filter(|line| line.starts_with("<scaninfo"));
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        let table = table.lines().skip_while(|line| !line.starts_with("Nmap scan report"));
        // Names of ports only: notes of times and directories stand elsewhere.
        let table = table.filter(|line| line.contains("/tcp") || line.contains("/udp"));
        Said {
            chosen: lines.map(str::to_owned).collect(),
            hosts: hosts(&xml),
            table: table.map(str::to_owned).collect(),
        }
    }
}

fn hosts(xml: &str) -> Vec<HostFinding> {
    let mut document = Document::new();
    document.feed(xml.as_bytes());
    let mut hosts = Vec::new();
    while let Some(item) = document.next_item() {
        if let Item::Host(mut host) = item {
            (host.started_at, host.finished_at, host.uptime_secs) = (None, None, None);
            // Guesses at the system vary with the sequence numbers of the day.
            host.os.clear();
            host.trace.iter_mut().for_each(|hop| hop.rtt_us = None);
            hosts.push(*host);
        }
    }
    assert_eq!(document.finish().problem, None);
    hosts
}

/// Listens on those of these ports that are free, in both families, and greets like a SSH server.
fn listen() {
    let tcp = [1080, 2049, 3306, 5432, 5900, 6000, 8000, 8080, 8443, 9100, 49152, 61111];
    let at = |port: u16| [V4, V6].map(|address| (address.parse::<IpAddr>().unwrap(), port));
    let listeners: Vec<_> = tcp.into_iter().flat_map(at).flat_map(TcpListener::bind).collect();
    assert!(listeners.len() > 4, "most of these ports are taken");
    for listener in listeners {
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                // Most scans hang up before they hear it.
                let _ = client.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n");
            }
        });
    }
}

#[test]
fn the_same_ports_are_chosen() {
    let world = world();
    let mut compared = 0;
    for line in [
        "-sT",
        "-sT -F",
        "-sT --top-ports 1",
        "-sT --top-ports 10",
        "-sT --top-ports 100",
        "-sT --top-ports 1000",
        "-sT --top-ports 3000",
        "-sT --port-ratio 0.1",
        "-sT --port-ratio 0.001",
        "-sT --port-ratio 0.000013",
        "-sT -F --exclude-ports 80,443,U:53",
        "-sT --exclude-ports 1-100,T:8080",
        "-sT -p 1-2000,T:8080 --exclude-ports 20-30",
        "-sS -sU -F",
        "-sS -sU --top-ports 700",
        "-sS -sU --port-ratio 0.1",
        "-sSU -p 53,T:80,U:161-200",
        "-sU --top-ports 3",
        "-sY",
        "-sSUZ -F --exclude-ports U:1-1000,S:7",
    ] {
        let Some(options) = world.options(&format!("{line} -Pn -T5 --max-retries 0")) else {
            continue;
        };
        let own = world.fit(&options).unwrap_or_else(|| panic!("{line} has its own"));
        let installed = world.scan(&options, None, V4).chosen;
        assert!(!installed.is_empty(), "{line}");
        assert_eq!(world.scan(&options, Some(&own), V4).chosen, installed, "{line}");
        compared += 1;
    }
    assert!(compared >= 13);
}

#[test]
fn the_same_is_found() {
    let world = world();
    listen();
    let udp = [V4, V6].map(|address| UdpSocket::bind((address, 47808)));
    let mut named = 0;
    for (line, has_own) in [
        ("-sT", true),
        ("-sT -F", true),
        ("-sT -r -p 1-10000", true),
        ("-sT -p 8080,8443,3306,61111,T:1-40", true),
        ("-sT -p-", true),
        ("-sT --top-ports 50 --exclude-ports 8080,22", true),
        ("-sS", true),
        ("-sS -p 8000-8100 --exclude-ports 8050-", true),
        ("-sA -F", true),
        ("-sU -p 1812,47808", true),
        ("-sSU --top-ports 20", true),
        ("-sY -p 7,9,80", true),
        ("-sT -sV --version-light -p 3306,8080,61111,81", true),
        ("-O --max-os-tries 1 -p 8080,81", true),
        ("-sS --traceroute -PS8080 -PA81 -p 8080", true),
        ("-sn", false),
        ("-sn -PE -PS8080", false),
        ("-sO -p 1,6,17", false),
        ("-sT -sC -p 8080,81", false),
        ("-A --version-light --max-os-tries 1 -p 8080", false),
    ] {
        let Some(options) = world.options(line) else { continue };
        let own = world.fit(&options);
        assert_eq!(own.is_some(), has_own, "{line}");
        let Some(own) = own else { continue };
        for address in [V4, V6] {
            let both = || {
                let own = world.scan(&options, Some(&own), address);
                (own, world.scan(&options, None, address))
            };
            let mut pairs = (0..TRIES).map(|_| both());
            let pair = pairs.find(|(own, installed)| own == installed).unwrap_or_else(both);
            assert_eq!(pair.0, pair.1, "{line} {address}");
            assert_eq!(pair.0.hosts.len(), 1, "{line} {address}");
            let open = |row: &&String| row.contains("open") && !row.contains("unknown");
            named += pair.0.table.iter().filter(open).count();
        }
    }
    drop(udp);
    assert!(named > 20, "hardly a port was open and known by name");
}

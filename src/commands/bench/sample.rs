//! Made-up hosts for what is measured without nmap.

use netscan_schemas::{
    AddressSet,
    attempt::{RawInfo, RawInfos},
    batch::BatchStatus,
    host::{HostFinding, HostState, Hostname, Port, Protocol, Service},
    id::{AttemptNo, BatchId, ProjectId, ScanId},
    stored::{AttemptRecord, BatchRecord, ScanSpec},
    time::Time,
};
use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr},
};

/// Ports that each host has open, the first ones of this list.
const PORTS: [(u16, &str); 20] = [
    (80, "http"),
    (22, "ssh"),
    (443, "https"),
    (21, "ftp"),
    (23, "telnet"),
    (25, "smtp"),
    (53, "domain"),
    (110, "pop3"),
    (111, "rpcbind"),
    (135, "msrpc"),
    (139, "netbios-ssn"),
    (143, "imap"),
    (445, "microsoft-ds"),
    (993, "imaps"),
    (995, "pop3s"),
    (1723, "pptp"),
    (3306, "mysql"),
    (3389, "ms-wbt-server"),
    (5900, "vnc"),
    (8080, "http-proxy"),
];
/// The port that every host has open.
pub const COMMON_PORT: u16 = PORTS[0].0;

/// Returns the address of a host; nothing is ever sent to it.
pub fn address(number: u64) -> IpAddr {
    // A /8 has room for more hosts than anyone waits for.
    let low = u32::try_from(number & 0x00ff_ffff).unwrap_or_default();
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 | low))
}

/// Returns a host with its first `ports` ports open, 20 at most.
pub fn host(number: u64, ports: usize) -> HostFinding {
    let port = |(number, _): &(u16, &str)| Port {
        protocol: Protocol::Tcp,
        number: *number,
        state: "open".into(),
        reason: "syn-ack".into(),
        service: None,
        scripts: Vec::new(),
    };
    HostFinding {
        reason: "user-set".into(),
        ports: PORTS.iter().take(ports).map(port).collect(),
        ..HostFinding::new(address(number), HostState::Up)
    }
}

/// What is in the name of every host that has one.
pub const COMMON_WORD: &str = "example";

/// Returns the same with a name and with services, to be found by their words.
pub fn named_host(number: u64, ports: usize) -> HostFinding {
    let mut host = host(number, ports);
    let name = format!("host-{number}.{COMMON_WORD}");
    host.hostnames.push(Hostname { name, kind: "PTR".into() });
    for (port, (_, service)) in host.ports.iter_mut().zip(PORTS) {
        port.service = Some(Service { name: service.into(), ..Service::default() });
    }
    host
}

/// Returns a document such as nmap's of so many hosts, each with 20 open ports and one closed
/// group, some with a script's output.
pub fn document(hosts: u64) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n<nmaprun \
         scanner=\"nmap\" args=\"nmap -sV\" start=\"1700000000\" version=\"7.93\" \
         xmloutputversion=\"1.05\">\n<scaninfo type=\"connect\" protocol=\"tcp\" \
         numservices=\"1000\" services=\"1-1000\"/>\n<verbose level=\"1\"/>\n",
    );
    for number in 0..hosts {
        add_host(&mut text, number);
    }
    text.push_str(
        "<runstats><finished time=\"1700000100\" timestr=\"now\" elapsed=\"100.00\" \
         summary=\"done\" exit=\"success\"/><hosts up=\"1\" down=\"0\" total=\"1\"/></runstats>\n\
         </nmaprun>\n",
    );
    text
}

fn add_host(text: &mut String, number: u64) {
    let address = address(number);
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "<host starttime=\"1700000001\" endtime=\"1700000099\"><status state=\"up\" \
         reason=\"syn-ack\" reason_ttl=\"0\"/>\n<address addr=\"{address}\" addrtype=\"ipv4\"/>\n\
         <hostnames>\n<hostname name=\"host-{number}.example\" type=\"PTR\"/>\n</hostnames>\n\
         <ports><extraports state=\"closed\" count=\"980\">\n<extrareasons reason=\"conn-refused\" \
         count=\"980\" proto=\"tcp\" ports=\"1-20,24,26-52\"/>\n</extraports>\n"
    );
    for (port, service) in PORTS {
        let _ = write!(
            text,
            "<port protocol=\"tcp\" portid=\"{port}\"><state state=\"open\" reason=\"syn-ack\" \
             reason_ttl=\"0\"/><service name=\"{service}\" product=\"Some {service} server\" \
             version=\"1.2.{number}\" method=\"probed\" conf=\"10\"><cpe>cpe:/a:some:{service}:\
             1.2</cpe></service>"
        );
        if port == COMMON_PORT && number.is_multiple_of(4) {
            text.push_str(
                "<script id=\"http-title\" output=\"Welcome &amp; more\"><elem key=\"title\">\
                 Welcome &amp; more</elem></script>",
            );
        }
        text.push_str("</port>\n");
    }
    text.push_str("</ports>\n<times srtt=\"120\" rttvar=\"20\" to=\"100000\"/>\n</host>\n");
}

/// Returns the record of a scan.
pub fn scan(id: ScanId, project_id: ProjectId, hosts: u64) -> ScanSpec {
    ScanSpec { chunk_size: 256, total_targets: hosts, ..ScanSpec::new(id, project_id, Time::now()) }
}

/// Returns the record of a batch.
pub fn batch(id: BatchId, scan_id: ScanId, addresses: AddressSet) -> BatchRecord {
    BatchRecord { status: BatchStatus::Completed, ..BatchRecord::new(id, scan_id, addresses, 1) }
}

/// Returns the record of an attempt that wrote so much XML.
pub fn attempt(batch_id: BatchId, attempt: AttemptNo, xml: RawInfo) -> AttemptRecord {
    AttemptRecord {
        batch_id,
        attempt,
        epoch: 1,
        argv: Vec::new(),
        addresses: AddressSet::new(),
        pid: None,
        started_at: Time::now(),
        finished_at: Some(Time::now()),
        ending: None,
        outcome: None,
        cpu_ms: 0,
        finished_hosts: 0,
        raw: RawInfos { xml, ..RawInfos::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_nmap::xml::{Document, Item};

    #[test]
    fn the_document_is_read_without_a_remark() {
        let mut document_of = Document::new();
        document_of.feed(document(5).as_bytes());
        let mut hosts = 0;
        while let Some(item) = document_of.next_item() {
            match item {
                Item::Host(host) => {
                    assert_eq!(host.address, address(hosts));
                    assert_eq!(host.open_ports().count(), PORTS.len());
                    hosts += 1;
                }
                Item::Skipped { what } => panic!("{what}"),
                _ => {}
            }
        }
        assert_eq!((hosts, document_of.finish().problem), (5, None));
    }
}

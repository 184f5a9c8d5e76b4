//! The flags that set an option, and those that are ignored with a warning. Their limits are here.

use super::{
    Fragments, NsockEngine, Options, PortChoice, PortList, TcpScan, evasion,
    scripts::Category,
    table::{
        Arity::{Apart, Level, Maybe, No, Ports, Value},
        Row,
        Rule::{Ignore, Set},
    },
    values::{Done, number, on, ping_ports, ping_protocols, port_ratio, put, time},
};

const TOP_PORTS_MAX: u16 = 8000;
const HOSTGROUP_MAX: u16 = 256;
const PARALLELISM_MAX: u16 = 100;
const RETRIES_MAX: u8 = 10;
const OS_TRIES_MAX: u8 = 5;
const RATE_MAX: u32 = 1_000_000;
/// Milliseconds, shortest and longest.
const RTT: (u64, u64) = (5, 60_000);
const DELAY: (u64, u64) = (0, 60_000);
const PATIENCE: (u64, u64) = (1000, 24 * 3_600_000);

const ORDER: &str = "netscan orders targets itself, and scans none of them twice";
const FAMILY: &str = "the address family comes from the targets";
const LINES: &str = "netscan sets nmap's verbosity itself: it shows ports as they are found";
const NO_OP: &str = "nmap does nothing for it";

#[rustfmt::skip]
pub(super) static ACCEPTED: &[Row] = &[
    // Techniques; each may also be a letter of a bundle such as `-sSU`.
    Row { name: "-sS", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Syn)) },
    Row { name: "-sT", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Connect)) },
    Row { name: "-sA", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Ack)) },
    Row { name: "-sW", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Window)) },
    Row { name: "-sM", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Maimon)) },
    Row { name: "-sN", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Null)) },
    Row { name: "-sF", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Fin)) },
    Row { name: "-sX", arity: No, rule: Set(|o, _| tcp(o, TcpScan::Xmas)) },
    Row { name: "-sU", arity: No, rule: Set(|o, _| on(&mut o.technique.udp)) },
    Row { name: "-sY", arity: No, rule: Set(|o, _| on(&mut o.technique.sctp_init)) },
    Row { name: "-sZ", arity: No, rule: Set(|o, _| on(&mut o.technique.sctp_cookie)) },
    Row { name: "-sO", arity: No, rule: Set(|o, _| on(&mut o.technique.ip_protocols)) },
    Row { name: "-sn", arity: No, rule: Set(|o, _| on(&mut o.technique.no_ports)) },
    Row { name: "-sP", arity: No, rule: Set(|o, _| on(&mut o.technique.no_ports)) },

    // Ports.
    Row { name: "-p", arity: Ports, rule: Set(|o, v| ports(o, PortChoice::List(PortList::parse(v)?))) },
    Row { name: "-F", arity: No, rule: Set(|o, _| ports(o, PortChoice::Fast)) },
    Row { name: "--top-ports", arity: Value, rule: Set(|o, v| ports(o, PortChoice::Top(number(v, 1, TOP_PORTS_MAX)?))) },
    Row { name: "--port-ratio", arity: Value, rule: Set(|o, v| ports(o, PortChoice::Ratio(port_ratio(v)?))) },
    Row { name: "--exclude-ports", arity: Ports, rule: Set(|o, v| put(&mut o.exclude_ports, PortList::parse(v)?)) },
    Row { name: "-r", arity: No, rule: Set(|o, _| on(&mut o.sequential_ports)) },

    // How hosts are found.
    Row { name: "-Pn", arity: No, rule: Set(|o, _| on(&mut o.discovery.skip)) },
    Row { name: "-P0", arity: No, rule: Set(|o, _| on(&mut o.discovery.skip)) },
    Row { name: "-PN", arity: No, rule: Set(|o, _| on(&mut o.discovery.skip)) },
    Row { name: "-PD", arity: No, rule: Set(|o, _| on(&mut o.discovery.skip)) },
    Row { name: "-PS", arity: Maybe, rule: Set(|o, v| put(&mut o.discovery.tcp_syn, ping_ports(v)?)) },
    Row { name: "-PA", arity: Maybe, rule: Set(|o, v| put(&mut o.discovery.tcp_ack, ping_ports(v)?)) },
    Row { name: "-PT", arity: Maybe, rule: Set(|o, v| put(&mut o.discovery.tcp_ack, ping_ports(v)?)) },
    Row { name: "-PB", arity: Maybe, rule: Set(echo_and_ack) },
    Row { name: "-PU", arity: Maybe, rule: Set(|o, v| put(&mut o.discovery.udp, ping_ports(v)?)) },
    Row { name: "-PY", arity: Maybe, rule: Set(|o, v| put(&mut o.discovery.sctp, ping_ports(v)?)) },
    Row { name: "-PO", arity: Maybe, rule: Set(|o, v| put(&mut o.discovery.ip_protocols, ping_protocols(v)?)) },
    Row { name: "-PE", arity: No, rule: Set(|o, _| on(&mut o.discovery.echo)) },
    Row { name: "-PI", arity: No, rule: Set(|o, _| on(&mut o.discovery.echo)) },
    Row { name: "-P", arity: No, rule: Set(|o, _| on(&mut o.discovery.echo)) },
    Row { name: "-PP", arity: No, rule: Set(|o, _| on(&mut o.discovery.timestamp)) },
    Row { name: "-PM", arity: No, rule: Set(|o, _| on(&mut o.discovery.netmask)) },
    Row { name: "-PR", arity: No, rule: Ignore("nmap asks by ARP on a local network in any case") },
    Row { name: "--disable-arp-ping", arity: No, rule: Set(|o, _| on(&mut o.discovery.disable_arp_ping)) },
    Row { name: "--discovery-ignore-rst", arity: No, rule: Set(|o, _| on(&mut o.discovery.ignore_rst)) },

    // Names.
    Row { name: "-n", arity: No, rule: Set(|o, _| reverse_dns(o, false)) },
    Row { name: "-R", arity: No, rule: Set(|o, _| reverse_dns(o, true)) },
    Row { name: "--system-dns", arity: No, rule: Set(|o, _| on(&mut o.system_dns)) },

    // What is found out.
    Row { name: "-sV", arity: No, rule: Set(|o, _| on(&mut o.detection.versions)) },
    Row { name: "-sR", arity: No, rule: Set(|o, _| on(&mut o.detection.versions)) },
    Row { name: "--version-intensity", arity: Value, rule: Set(|o, v| put(&mut o.detection.version_intensity, number(v, 0, 9)?)) },
    Row { name: "--version-light", arity: No, rule: Set(|o, _| put(&mut o.detection.version_intensity, 2)) },
    Row { name: "--version-all", arity: No, rule: Set(|o, _| put(&mut o.detection.version_intensity, 9)) },
    Row { name: "--allports", arity: No, rule: Set(|o, _| on(&mut o.detection.all_ports)) },
    Row { name: "-O", arity: No, rule: Set(|o, _| on(&mut o.detection.os)) },
    Row { name: "--osscan-limit", arity: No, rule: Set(|o, _| on(&mut o.detection.os_limit)) },
    Row { name: "--osscan-guess", arity: No, rule: Set(|o, _| on(&mut o.detection.os_guess)) },
    Row { name: "--fuzzy", arity: No, rule: Set(|o, _| on(&mut o.detection.os_guess)) },
    Row { name: "--max-os-tries", arity: Value, rule: Set(|o, v| put(&mut o.detection.os_tries_max, number(v, 1, OS_TRIES_MAX)?)) },
    Row { name: "--traceroute", arity: No, rule: Set(|o, _| on(&mut o.detection.traceroute)) },
    Row { name: "-A", arity: No, rule: Set(aggressive) },

    // Scripts.
    Row { name: "-sC", arity: No, rule: Set(|o, _| default_scripts(o)) },
    Row { name: "--script", arity: Value, rule: Set(|o, v| o.scripts.add(v)) },
    Row { name: "--script-args", arity: Value, rule: Set(|o, v| o.scripts.add_args(v)) },

    // Timing.
    Row { name: "-T", arity: Value, rule: Set(template) },
    Row { name: "--timing", arity: Value, rule: Set(template) },
    Row { name: "--min-hostgroup", arity: Value, rule: Set(|o, v| put(&mut o.timing.min_hostgroup, number(v, 1, HOSTGROUP_MAX)?)) },
    Row { name: "--max-hostgroup", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_hostgroup, number(v, 1, HOSTGROUP_MAX)?)) },
    Row { name: "--min-parallelism", arity: Value, rule: Set(|o, v| put(&mut o.timing.min_parallelism, number(v, 1, PARALLELISM_MAX)?)) },
    Row { name: "--max-parallelism", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_parallelism, number(v, 1, PARALLELISM_MAX)?)) },
    Row { name: "-M", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_parallelism, number(v, 1, PARALLELISM_MAX)?)) },
    Row { name: "--min-rtt-timeout", arity: Value, rule: Set(|o, v| put(&mut o.timing.min_rtt_timeout, time(v, RTT)?)) },
    Row { name: "--max-rtt-timeout", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_rtt_timeout, time(v, RTT)?)) },
    Row { name: "--initial-rtt-timeout", arity: Value, rule: Set(|o, v| put(&mut o.timing.initial_rtt_timeout, time(v, RTT)?)) },
    Row { name: "--host-timeout", arity: Value, rule: Set(|o, v| put(&mut o.timing.host_timeout, time(v, PATIENCE)?)) },
    Row { name: "--script-timeout", arity: Value, rule: Set(|o, v| put(&mut o.timing.script_timeout, time(v, PATIENCE)?)) },
    Row { name: "--scan-delay", arity: Value, rule: Set(|o, v| put(&mut o.timing.scan_delay, time(v, DELAY)?)) },
    Row { name: "--max-scan-delay", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_scan_delay, time(v, DELAY)?)) },
    Row { name: "--max-retries", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_retries, number(v, 0, RETRIES_MAX)?)) },
    Row { name: "--min-rate", arity: Value, rule: Set(|o, v| put(&mut o.timing.min_rate, number(v, 1, RATE_MAX)?)) },
    Row { name: "--max-rate", arity: Value, rule: Set(|o, v| put(&mut o.timing.max_rate, number(v, 1, RATE_MAX)?)) },
    Row { name: "--defeat-rst-ratelimit", arity: No, rule: Set(|o, _| on(&mut o.timing.defeat_rst_ratelimit)) },
    Row { name: "--defeat-icmp-ratelimit", arity: No, rule: Set(|o, _| on(&mut o.timing.defeat_icmp_ratelimit)) },
    Row { name: "--nsock-engine", arity: Value, rule: Set(nsock_engine) },

    // What takes the right of evasion, as `-T5` does.
    Row { name: "-g", arity: Value, rule: Set(evasion::source_port) },
    Row { name: "--source-port", arity: Value, rule: Set(evasion::source_port) },
    Row { name: "-f", arity: No, rule: Set(|o, _| evasion::fragment(o)) },
    Row { name: "--ff", arity: No, rule: Set(|o, _| put(&mut o.evasion.fragments, Fragments::Sixteen)) },
    Row { name: "--mtu", arity: Value, rule: Set(evasion::fragments_of) },
    Row { name: "--ttl", arity: Value, rule: Set(evasion::ttl) },
    Row { name: "--data-length", arity: Value, rule: Set(evasion::data_length) },
    Row { name: "--badsum", arity: No, rule: Set(|o, _| on(&mut o.evasion.bad_checksums)) },
    Row { name: "--scanflags", arity: Value, rule: Set(evasion::scan_flags) },
    Row { name: "-e", arity: Apart, rule: Set(evasion::interface) },

    // Ours alone, or without effect: clients send them out of habit.
    Row { name: "-v", arity: Level, rule: Ignore(LINES) },
    Row { name: "--verbose", arity: No, rule: Ignore(LINES) },
    Row { name: "--vv", arity: No, rule: Ignore(LINES) },
    Row { name: "-d", arity: Level, rule: Ignore(LINES) },
    Row { name: "--debug", arity: Level, rule: Ignore(LINES) },
    Row { name: "--reason", arity: No, rule: Ignore("every port has its reason in the results") },
    Row { name: "--open", arity: No, rule: Ignore("hosts without open ports would look like lost ones; filter results by state") },
    Row { name: "--stats-every", arity: Value, rule: Ignore("netscan reports progress by itself") },
    Row { name: "--noninteractive", arity: No, rule: Ignore("nmap has no terminal here") },
    Row { name: "--no-stylesheet", arity: No, rule: Ignore("netscan always leaves the stylesheet out") },
    Row { name: "--randomize-hosts", arity: No, rule: Ignore(ORDER) },
    Row { name: "--rH", arity: No, rule: Ignore(ORDER) },
    Row { name: "--unique", arity: No, rule: Ignore(ORDER) },
    Row { name: "-4", arity: No, rule: Ignore(FAMILY) },
    Row { name: "-6", arity: No, rule: Ignore(FAMILY) },
    Row { name: "--log-errors", arity: No, rule: Ignore(NO_OP) },
    Row { name: "--release-memory", arity: No, rule: Ignore(NO_OP) },
    Row { name: "-I", arity: No, rule: Ignore(NO_OP) },
    Row { name: "-q", arity: No, rule: Ignore(NO_OP) },
];

fn tcp(options: &mut Options, scan: TcpScan) -> Done {
    match options.technique.tcp.replace(scan) {
        Some(held) if held != scan => {
            Err(format!("nmap does one kind of TCP scan at a time, and `{}` is one", held.flag()))
        }
        _ => Ok(()),
    }
}

fn ports(options: &mut Options, choice: PortChoice) -> Done {
    match options.ports.replace(choice) {
        Some(_) => {
            Err("ports are chosen once: by `-p`, `-F`, `--top-ports` or `--port-ratio`".into())
        }
        None => Ok(()),
    }
}

fn echo_and_ack(options: &mut Options, value: &str) -> Done {
    options.discovery.echo = true;
    put(&mut options.discovery.tcp_ack, ping_ports(value)?)
}

fn reverse_dns(options: &mut Options, wanted: bool) -> Done {
    match options.reverse_dns.replace(wanted) {
        Some(held) if held != wanted => Err("`-n` and `-R` contradict each other".into()),
        _ => Ok(()),
    }
}

/// `-A` in the parts that it is made of.
fn aggressive(options: &mut Options, _: &str) -> Done {
    options.detection.versions = true;
    options.detection.os = true;
    options.detection.traceroute = true;
    default_scripts(options)
}

fn default_scripts(options: &mut Options) -> Done {
    options.scripts.categories.insert(Category::Default);
    Ok(())
}

fn template(options: &mut Options, value: &str) -> Done {
    const NAMES: [&str; 6] = ["paranoid", "sneaky", "polite", "normal", "aggressive", "insane"];
    let named = NAMES.iter().zip(0u8..).find(|(name, _)| name.eq_ignore_ascii_case(value));
    let level = match named {
        Some((_, level)) => level,
        None => number(value, 0, 5).map_err(|why| format!("{why}, or {}", NAMES.join(", ")))?,
    };
    put(&mut options.timing.template, level)
}

fn nsock_engine(options: &mut Options, value: &str) -> Done {
    let engine = match value {
        "epoll" => NsockEngine::Epoll,
        "poll" => NsockEngine::Poll,
        "select" => NsockEngine::Select,
        _ => return Err("must be epoll, poll or select".into()),
    };
    put(&mut options.nsock_engine, engine)
}

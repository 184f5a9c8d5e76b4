//! nmap's flags as typed options: what a user writes is read once, and never passed on.
//!
//! ```text
//! flags ─► tokens ─► table ─► Options ─► check ─► adapt ─► to_args ─► nmap
//!            │         │         │         │        │
//!            └─────────┴── FlagError ◄─────┴────────┘   (all of them at once)
//!                                └─► needs: rights that whoever asks must have
//! ```
//!
//! Every flag of nmap has one row in the table: it is set, ignored with a warning, or refused with
//! a reason. Only exact spellings are known, as `getopt` would also take `-datad=DIR` or
//! `-no/tmp/x`.
//!
//! Promise: no argument that [`Options::to_args`] makes can have nmap read, write or run a file,
//! or send a packet to an address outside of the targets.

mod accepted;
mod adapt;
mod args;
mod check;
mod evasion;
mod merge;
mod needs;
mod phases;
mod ports;
mod probes;
mod refused;
mod scripts;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

pub use evasion::{Evasion, Fragments, ScanFlags};
pub use merge::kept_beside;
pub use needs::{Need, Right};
pub use ports::{PortChoice, PortList, PortSpec};
pub use scripts::{Category, ScriptArg, ScriptDb, ScriptDbError, Scripts};

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};
use table::Rule;

/// Flags of one request.
pub const FLAGS_MAX: usize = 256;
/// Bytes of one flag as written.
pub const FLAG_BYTES_MAX: usize = 16 * 1024;

/// What nmap is asked to do, apart from whom it scans and how it reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How ports are probed.
    pub technique: Technique,
    /// How hosts are found.
    pub discovery: Discovery,
    /// Which ports are probed; nmap's 1000 most common ones when left out.
    pub ports: Option<PortChoice>,
    /// Ports that are never probed (`--exclude-ports`).
    pub exclude_ports: Option<PortList>,
    /// Whether ports are probed in ascending order (`-r`).
    pub sequential_ports: bool,
    /// What is found out about open ports and hosts.
    pub detection: Detection,
    /// Scripts that run.
    pub scripts: Scripts,
    /// How fast, and how long.
    pub timing: Timing,
    /// Whether addresses are looked up by reverse DNS (`-R`, or `-n` for no).
    pub reverse_dns: Option<bool>,
    /// Whether reverse DNS goes through the system's resolver (`--system-dns`).
    pub system_dns: bool,
    /// How nmap waits for sockets (`--nsock-engine`).
    pub nsock_engine: Option<NsockEngine>,
    /// How packets are made to slip past filters.
    pub evasion: Evasion,
}

/// How TCP ports are probed. One scan uses only one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpScan {
    /// `-sS`
    Syn,
    /// `-sT`, the only one without raw sockets.
    Connect,
    /// `-sA`
    Ack,
    /// `-sW`
    Window,
    /// `-sM`
    Maimon,
    /// `-sN`
    Null,
    /// `-sF`
    Fin,
    /// `-sX`
    Xmas,
}

impl TcpScan {
    /// Returns nmap's flag for it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Syn => "-sS",
            Self::Connect => "-sT",
            Self::Ack => "-sA",
            Self::Window => "-sW",
            Self::Maimon => "-sM",
            Self::Null => "-sN",
            Self::Fin => "-sF",
            Self::Xmas => "-sX",
        }
    }
}

/// How ports are probed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Technique {
    /// TCP ports.
    pub tcp: Option<TcpScan>,
    /// UDP ports (`-sU`).
    pub udp: bool,
    /// SCTP ports with INIT chunks (`-sY`).
    pub sctp_init: bool,
    /// SCTP ports with COOKIE-ECHO chunks (`-sZ`).
    pub sctp_cookie: bool,
    /// IP protocols instead of ports (`-sO`); alone.
    pub ip_protocols: bool,
    /// No ports at all (`-sn`); alone.
    pub no_ports: bool,
}

impl Technique {
    /// Returns whether the user left the choice to us.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// How hosts are found. Ports are nmap's own choice when the list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Every address counts as up (`-Pn`).
    pub skip: bool,
    /// ICMP echo (`-PE`).
    pub echo: bool,
    /// ICMP timestamp (`-PP`), IPv4 only.
    pub timestamp: bool,
    /// ICMP netmask (`-PM`), IPv4 only.
    pub netmask: bool,
    /// TCP SYN to these ports (`-PS`).
    pub tcp_syn: Option<PortList>,
    /// TCP ACK to these ports (`-PA`).
    pub tcp_ack: Option<PortList>,
    /// UDP to these ports (`-PU`).
    pub udp: Option<PortList>,
    /// SCTP INIT to these ports (`-PY`).
    pub sctp: Option<PortList>,
    /// These IP protocols (`-PO`).
    pub ip_protocols: Option<PortList>,
    /// No implicit ARP or neighbour discovery on a local network.
    pub disable_arp_ping: bool,
    /// A reset does not prove that a host is up.
    pub ignore_rst: bool,
}

/// What is found out about open ports and hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// What listens on open ports (`-sV`).
    pub versions: bool,
    /// How many probes `-sV` tries, 0 to 9.
    pub version_intensity: Option<u8>,
    /// `-sV` also on ports where a probe may come out on paper.
    pub all_ports: bool,
    /// The operating system (`-O`).
    pub os: bool,
    /// Only of hosts where it looks promising.
    pub os_limit: bool,
    /// Also far-fetched guesses.
    pub os_guess: bool,
    /// How often, 1 to 5.
    pub os_tries_max: Option<u8>,
    /// The hops on the way.
    pub traceroute: bool,
}

/// How fast, and how long. Rates are for one nmap process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// `-T0` to `-T5`.
    pub template: Option<u8>,
    /// Hosts scanned together, at least.
    pub min_hostgroup: Option<u16>,
    /// Hosts scanned together, at most.
    pub max_hostgroup: Option<u16>,
    /// Probes in flight, at least.
    pub min_parallelism: Option<u16>,
    /// Probes in flight, at most.
    pub max_parallelism: Option<u16>,
    /// Lower bound of a probe's timeout.
    pub min_rtt_timeout: Option<Duration>,
    /// Upper bound of a probe's timeout.
    pub max_rtt_timeout: Option<Duration>,
    /// A probe's timeout before anything is known.
    pub initial_rtt_timeout: Option<Duration>,
    /// Time after which nmap gives a host up, and drops what it found there.
    pub host_timeout: Option<Duration>,
    /// Time after which nmap ends a script.
    pub script_timeout: Option<Duration>,
    /// Wait between two probes of one host, at least.
    pub scan_delay: Option<Duration>,
    /// Wait between two probes of one host, at most.
    pub max_scan_delay: Option<Duration>,
    /// Times a probe is sent again, at most.
    pub max_retries: Option<u8>,
    /// Packets a second, at least.
    pub min_rate: Option<u32>,
    /// Packets a second, at most.
    pub max_rate: Option<u32>,
    /// Resets that come late do not slow a `-sS` down.
    pub defeat_rst_ratelimit: bool,
    /// ICMP errors that come late do not slow a `-sU` down.
    pub defeat_icmp_ratelimit: bool,
}

/// How nmap waits for sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NsockEngine {
    /// `epoll(7)`
    Epoll,
    /// `poll(2)`
    Poll,
    /// `select(2)`
    Select,
}

/// Options that were read, and what to tell the user about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The options.
    pub options: Options,
    /// Flags that were taken but change nothing, or do what may surprise.
    pub warnings: Vec<String>,
    /// Where flags stand that need a right, by the names that [`Parsed::needs`] gives them.
    places: BTreeMap<&'static str, usize>,
}

/// For want of what a flag is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is never passed on as it is written.
    Nothing,
    /// A privilege that netscan does not have.
    Privilege,
    /// A right that whoever asks does not have, or a word that it is wanted.
    Right,
}

/// A flag that is not passed on to nmap, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagError {
    /// The flag's place among those that were given; none when it is the options as a whole.
    pub index: Option<usize>,
    /// The flag as written, made fit to be shown.
    pub flag: String,
    /// Why, and what to write instead.
    pub reason: String,
    /// For want of what.
    pub lack: Lack,
}

impl FlagError {
    fn new(index: Option<usize>, flag: &str, reason: impl Into<String>) -> Self {
        const SHOWN_CHARS: usize = 80;
        let mut shown: String = flag.chars().take(SHOWN_CHARS).collect();
        if shown.len() < flag.len() {
            shown.push_str("...");
        }
        let shown = shown.escape_debug().to_string();
        Self { index, flag: shown, reason: reason.into(), lack: Lack::Nothing }
    }

    /// Returns an error of options that are fine one by one.
    pub fn of_options(flag: &str, reason: impl Into<String>) -> Self {
        Self::new(None, flag, reason)
    }
}

impl fmt::Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.flag, self.reason)
    }
}

impl std::error::Error for FlagError {}

impl Options {
    /// Returns whether nmap's start loads scripts, service probes or fingerprints: it then takes
    /// ten times as long.
    pub fn is_heavy(&self) -> bool {
        self.detection.versions || self.detection.os || !self.scripts.is_empty()
    }

    /// Returns whether a privileged nmap sends or reads raw packets for these options. `-sT` alone
    /// does, to find hosts and their MAC addresses; just a scan that takes every address for a
    /// host and asks for no MAC address finds the same without.
    pub fn has_raw_packets(&self) -> bool {
        let technique = Technique { tcp: Some(TcpScan::Connect), ..Technique::default() };
        let is_plain = self.technique == technique
            && self.discovery.skip
            && self.discovery.disable_arp_ping
            && !self.detection.os
            && !self.detection.traceroute
            && self.scripts.is_empty();
        !is_plain
    }

    /// Returns the options that these flags stand for, or everything that is wrong with them.
    pub fn parse(flags: &[String]) -> Result<Parsed, Vec<FlagError>> {
        if flags.len() > FLAGS_MAX {
            let reason = format!("{} flags are more than the {FLAGS_MAX} allowed", flags.len());
            return Err(vec![FlagError::new(Some(FLAGS_MAX), &flags[FLAGS_MAX], reason)]);
        }
        let mut options = Self::default();
        let mut warnings = Vec::new();
        let mut ignored = BTreeSet::new();
        let mut places = BTreeMap::new();
        let mut errors = Vec::new();
        for given in tokens::read(flags) {
            let given = match given {
                Ok(given) => given,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            let name = given.row.name;
            let refuse = |reason: &str| FlagError::new(Some(given.index), &given.written, reason);
            match given.row.rule {
                Rule::Set(set) => {
                    if let Err(reason) = set(&mut options, &given.value) {
                        errors.push(refuse(&reason));
                    }
                    for (flag, _) in options.evasions() {
                        places.entry(flag).or_insert(given.index);
                    }
                }
                Rule::Ignore(why) if ignored.insert(name) => {
                    warnings.push(format!("`{name}` is ignored: {why}"));
                }
                Rule::Ignore(_) => {}
                Rule::Refuse(why) => errors.push(refuse(why)),
            }
        }
        errors.extend(check::conflicts(&options));
        if !errors.is_empty() {
            return Err(errors);
        }
        warnings.extend(check::settle(&mut options));
        Ok(Parsed { options, warnings, places })
    }
}

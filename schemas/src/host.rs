//! What nmap says of one host, as netscan holds it.
//!
//! Nothing here is judged: a value nmap wrote is kept as it wrote it, and what has no field is
//! still in the stored XML.

mod refine;

pub use refine::PortRun;

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr};
use utoipa::ToSchema;

/// One closed `<host>` element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostFinding {
    /// The address that was scanned.
    #[schema(value_type = String)]
    pub address: IpAddr,
    /// Up, down, or whatever else nmap wrote.
    pub state: HostState,
    /// Why nmap thinks so (`echo-reply`, `user-set`, `no-response`).
    pub reason: String,
    /// Whether nmap gave up on it at the host timeout; its ports are then missing.
    pub timed_out: bool,
    /// When nmap began with it.
    pub started_at: Option<Time>,
    /// When nmap was done with it.
    pub finished_at: Option<Time>,
    /// The names nmap knows it by.
    pub hostnames: Vec<Hostname>,
    /// The hardware address, on a local network.
    pub mac: Option<Mac>,
    /// The ports that nmap lists one by one.
    pub ports: Vec<Port>,
    /// The ports that nmap only counts, by state.
    pub extra_ports: Vec<ExtraPorts>,
    /// What it may run, best guess first.
    pub os: Vec<OsMatch>,
    /// Results of scripts that concern the whole host.
    pub scripts: Vec<Script>,
    /// The way to it.
    pub trace: Vec<Hop>,
    /// Seconds since its last boot, as guessed from TCP timestamps.
    pub uptime_secs: Option<u64>,
    /// Network distance in hops.
    pub distance: Option<u32>,
}

impl HostFinding {
    /// Returns a host with nothing known but its address and state.
    pub fn new(address: IpAddr, state: HostState) -> Self {
        Self {
            address,
            state,
            reason: String::new(),
            timed_out: false,
            started_at: None,
            finished_at: None,
            hostnames: Vec::new(),
            mac: None,
            ports: Vec::new(),
            extra_ports: Vec::new(),
            os: Vec::new(),
            scripts: Vec::new(),
            trace: Vec::new(),
            uptime_secs: None,
            distance: None,
        }
    }

    /// Returns the ports found open; `open|filtered` is not open.
    pub fn open_ports(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(|port| port.state == "open")
    }
}

/// Whether a host answers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// It answers, or nmap was told to take it as up.
    Up,
    /// It does not answer.
    Down,
    /// nmap does not know; a list scan (`-sL`) never does.
    Unknown,
}

impl HostState {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// A name of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hostname {
    /// The name.
    pub name: String,
    /// `user` (as the target was written) or `PTR` (from reverse DNS).
    pub kind: String,
}

/// A hardware address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mac {
    /// Six bytes in hexadecimal with colons.
    pub address: String,
    /// Who made the card, as far as nmap knows.
    pub vendor: Option<String>,
}

/// A transport protocol, or IP protocol scan's own.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// An IP protocol number, of `-sO`.
    Ip,
}

impl Protocol {
    /// Returns the name that nmap and our JSON use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Ip => "ip",
        }
    }

    /// Returns the number used in keys and port ids, 0 to 3.
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 0,
            Self::Udp => 1,
            Self::Sctp => 2,
            Self::Ip => 3,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Protocol {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            "sctp" => Ok(Self::Sctp),
            "ip" => Ok(Self::Ip),
            _ => Err(format!("there is no protocol `{text}`; use tcp, udp, sctp or ip")),
        }
    }
}

/// Which port.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub struct PortId {
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

/// One of nmap's own words, of which there are few; those met most are not copied.
pub type Word = std::borrow::Cow<'static, str>;

/// One port of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Port {
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
    /// `open`, `closed`, `filtered`, `unfiltered`, `open|filtered` or `closed|filtered`.
    #[schema(value_type = String)]
    pub state: Word,
    /// Why nmap thinks so (`syn-ack`).
    #[schema(value_type = String)]
    pub reason: Word,
    /// What seems to listen there.
    pub service: Option<Service>,
    /// Results of scripts that concern this port.
    pub scripts: Vec<Script>,
}

/// What listens on a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Its name (`http`).
    pub name: String,
    /// The product (`nginx`).
    pub product: Option<String>,
    /// The product's version.
    pub version: Option<String>,
    /// More of what it tells.
    pub extra_info: Option<String>,
    /// What it tells of the operating system.
    pub os_type: Option<String>,
    /// What it tells of the kind of device.
    pub device_type: Option<String>,
    /// The host name that the service itself tells.
    pub hostname: Option<String>,
    /// The tunnel around it (`ssl`).
    pub tunnel: Option<String>,
    /// How nmap knows: `table` (only from the port number) or `probed`.
    #[schema(value_type = String)]
    pub method: Word,
    /// How sure nmap is, 0 to 10.
    pub confidence: u8,
    /// Names in the Common Platform Enumeration.
    pub cpe: Vec<String>,
    /// What an unknown service answered, as nmap prints it.
    pub fingerprint: Option<String>,
}

/// Ports of one state that nmap only counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExtraPorts {
    /// Their state.
    pub state: String,
    /// How many.
    pub count: u32,
    /// Why, and how many for each reason.
    pub reasons: Vec<ExtraReason>,
}

/// A reason for a state that ports share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExtraReason {
    /// The reason (`conn-refused`).
    pub reason: String,
    /// How many ports have it.
    pub count: u32,
    /// The protocol, where nmap says it.
    pub protocol: Option<String>,
    /// The ports as nmap lists them (`1-21,23`), where nmap says it.
    pub ports: Option<String>,
}

/// A guess at an operating system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OsMatch {
    /// Its name.
    pub name: String,
    /// How sure nmap is, in percent.
    pub accuracy: u8,
    /// Names in the Common Platform Enumeration.
    pub cpe: Vec<String>,
}

/// What a script found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Script {
    /// The script's name.
    pub id: String,
    /// Its result as text.
    pub output: String,
    /// Its result as structure.
    #[schema(no_recursion)]
    pub data: Vec<ScriptItem>,
}

/// A piece of a script's structured result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScriptItem {
    /// Its key in the table around it; items of a list have none.
    pub key: Option<String>,
    /// A text or a table.
    #[schema(no_recursion)]
    pub value: ScriptValue,
}

/// A script's text or table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScriptValue {
    /// A text.
    Text(String),
    /// A table or list.
    #[schema(no_recursion)]
    Table(Vec<ScriptItem>),
}

/// One hop of the way to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hop {
    /// Its distance.
    pub ttl: u8,
    /// Its address.
    pub address: String,
    /// Its name.
    pub host: Option<String>,
    /// The round trip to it in microseconds.
    pub rtt_us: Option<u64>,
}

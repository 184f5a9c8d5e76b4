//! How much is sent for one host.

use super::{Options, PortChoice, PortSpec, ports::PortList};

/// What nmap probes when nothing is said of ports.
const PORTS: u64 = 1000;
/// What it sends to find out whether an address is a host, and of IP protocols.
const DISCOVERY: u64 = 4;
const IP_PROTOCOLS: u64 = 256;

impl Options {
    /// Returns about how many packets it takes to probe a host, with each probe sent once. What is
    /// sent again comes on top, as do scripts and the detection of versions and systems.
    pub fn probes(&self) -> u64 {
        let technique = &self.technique;
        let list = match &self.ports {
            Some(PortChoice::List(list)) => Some(list),
            _ => None,
        };
        let ports = if technique.no_ports {
            0
        } else if technique.ip_protocols {
            list.map_or(IP_PROTOCOLS, |list| list.count() as u64)
        } else {
            self.protocols().map(|protocol| self.ports_of(protocol, list)).sum()
        };
        let discovery = if self.discovery.skip { 0 } else { DISCOVERY };
        (ports + discovery).max(1)
    }

    fn protocols(&self) -> impl Iterator<Item = PortSpec> {
        let technique = &self.technique;
        let others = technique.udp || technique.sctp_init || technique.sctp_cookie;
        [
            (technique.tcp.is_some() || !others, PortSpec::Tcp),
            (technique.udp, PortSpec::Udp),
            (technique.sctp_init, PortSpec::Sctp),
            (technique.sctp_cookie, PortSpec::Sctp),
        ]
        .into_iter()
        .filter_map(|(is_scanned, protocol)| is_scanned.then_some(protocol))
    }

    fn ports_of(&self, protocol: PortSpec, list: Option<&PortList>) -> u64 {
        let is_meant = |spec| spec == PortSpec::Any || spec == protocol;
        match (&self.ports, list) {
            (_, Some(list)) => {
                let meant = list.parts().filter(|(spec, _)| is_meant(*spec));
                meant.map(|(_, ports)| ports.len() as u64).sum()
            }
            (Some(PortChoice::Fast), _) => 100,
            (Some(PortChoice::Top(count)), _) => u64::from(*count),
            // The file says which, and it may be all.
            (Some(PortChoice::Ratio(_)), _) => u64::from(u16::MAX),
            _ => PORTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_for_a_host() {
        for (flags, probes) in [
            ("-sS", 1004),
            ("-sS -Pn", 1000),
            ("-sS -Pn -F", 100),
            ("-sT -Pn --top-ports 7", 7),
            ("-sS -Pn -p1-300", 300),
            ("-sS -sU -Pn -pT:1-10,U:1-5,80", 16),
            ("-sU -Pn -F", 100),
            ("-sn", 4),
            ("-sO -Pn", 256),
            ("-sO -Pn -p1,6", 2),
            ("-sS -Pn -p-", 65_535),
            ("-sn -Pn", 1),
        ] {
            let flags: Vec<String> = flags.split(' ').map(str::to_owned).collect();
            let parsed = Options::parse(&flags).expect("they are flags");
            assert_eq!(parsed.options.probes(), probes, "{flags:?}");
        }
    }
}

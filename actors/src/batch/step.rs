//! What a step of a staged plan makes of a host that nmap has finished.

use netscan_nmap::options::{PortList, PortSpec};
use netscan_schemas::{
    batch::Phase,
    host::{HostFinding, HostState, Protocol},
    stored::HostRecord,
};

/// A step of a staged plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub phase: Phase,
    /// Whether another came before it, so that every host is known to be up.
    pub is_later: bool,
    /// Whether another comes after it.
    pub has_next: bool,
    /// Whether nmap asks first whether its hosts are up.
    pub asks: bool,
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is the host's verdict.
    Verdict,
    /// The next step goes on with it.
    PassOn,
    /// It is not believed yet: the host is scanned again, and counts as up then.
    Doubt,
}

impl Step {
    /// Returns the step of a batch in a plan that has these steps.
    pub fn of(phases: &[Phase], phase: Phase, asks: bool) -> Self {
        Self {
            phase,
            is_later: phases.first() != Some(&phase),
            has_next: phases.last() != Some(&phase),
            asks,
        }
    }

    /// Counts a host as up that an earlier step has found, where nmap was told so. On a network of
    /// its own nmap asks by ARP all the same, and calls one down that has left since.
    pub fn put_right(self, host: &mut HostFinding) {
        if self.is_later && !self.asks && !host.timed_out && host.state != HostState::Up {
            host.state = HostState::Up;
            host.reason = "user-set".into();
        }
    }

    /// Decides what becomes of a finding.
    pub fn fate(self, host: &HostFinding) -> Fate {
        let is_up = host.state == HostState::Up || !host.ports.is_empty();
        match (self.phase, self.has_next) {
            // What it found before it was given up is kept beside the verdict.
            _ if host.timed_out => Fate::Verdict,
            // It was up in the step before. A lost reply must not cost what it has.
            _ if !is_up && self.is_later => Fate::Doubt,
            (Phase::Discovery, true) if is_up => Fate::PassOn,
            (Phase::Ports, true) if host.may_listen() => Fate::PassOn,
            (Phase::Discovery | Phase::Ports | Phase::Services, _) => Fate::Verdict,
        }
    }
}

/// Bytes of the ports of one batch: less than one argument may have. Hosts with more scattered open
/// ports are asked about all ports again.
const PORTS_BYTES_MAX: usize = 64 * 1024;

/// Returns the ports that are worth asking about at these hosts; none when that are all. For a guess
/// at the operating system there is a closed one among them, where one is known.
pub(super) fn open_ports(hosts: &[HostRecord], asks_for_os: bool) -> Option<PortList> {
    let mut runs = Vec::new();
    for host in hosts {
        let open = host.finding.ports_that_may_listen()?;
        let has_tcp = open.iter().any(|(protocol, _)| *protocol == Protocol::Tcp);
        let closed = host.finding.closed_tcp_port().filter(|_| asks_for_os && has_tcp);
        runs.extend(open);
        runs.extend(closed.map(|port| (Protocol::Tcp, port..=port)));
    }
    let spec = |protocol| match protocol {
        Protocol::Tcp => PortSpec::Tcp,
        Protocol::Udp => PortSpec::Udp,
        Protocol::Sctp => PortSpec::Sctp,
        Protocol::Ip => PortSpec::Any,
    };
    let list = PortList::of_runs(runs.into_iter().map(|(protocol, run)| (spec(protocol), run)));
    (!list.is_empty() && list.to_string().len() <= PORTS_BYTES_MAX).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phase::{Discovery, Ports, Services};
    use netscan_schemas::host::Port;

    fn host(state: HostState, ports: &[&str]) -> HostFinding {
        let port = |(number, state): (u16, &&str)| Port {
            protocol: Protocol::Tcp,
            number,
            state: (*state).to_owned().into(),
            reason: "x".into(),
            service: None,
            scripts: Vec::new(),
        };
        let ports = (1u16..).zip(ports).map(port).collect();
        HostFinding { ports, ..HostFinding::new("10.0.0.1".parse().unwrap(), state) }
    }

    #[test]
    fn who_was_up_is_asked_once_more_and_then_counts_as_up() {
        let (all, down) = (&[Discovery, Ports, Services][..], host(HostState::Down, &[]));
        for phase in [Ports, Services] {
            for (asks, fate, state) in
                [(true, Fate::Doubt, HostState::Down), (false, Fate::Verdict, HostState::Up)]
            {
                let (step, mut host) = (Step::of(all, phase, asks), down.clone());
                step.put_right(&mut host);
                assert_eq!((step.fate(&host), host.state), (fate, state), "{phase} {asks}");
            }
        }
        let (first, mut host) = (Step::of(all, Discovery, false), down);
        first.put_right(&mut host);
        assert_eq!((first.fate(&host), host.state), (Fate::Verdict, HostState::Down));
    }

    #[test]
    fn fates() {
        let (all, two) = (&[Discovery, Ports, Services][..], &[Discovery, Ports][..]);
        let unasked = &[Ports, Services][..];
        let (up, down) = (host(HostState::Up, &[]), host(HostState::Down, &[]));
        let open = host(HostState::Up, &["closed", "open"]);
        let closed = host(HostState::Up, &["closed"]);
        let gone = HostFinding { timed_out: true, ..up.clone() };
        for (phases, phase, host, fate) in [
            (all, Discovery, &up, Fate::PassOn),
            (all, Discovery, &down, Fate::Verdict),
            (all, Ports, &open, Fate::PassOn),
            (all, Ports, &closed, Fate::Verdict),
            (all, Ports, &down, Fate::Doubt),
            (all, Ports, &gone, Fate::Verdict),
            (all, Services, &open, Fate::Verdict),
            (all, Services, &down, Fate::Doubt),
            (two, Ports, &open, Fate::Verdict),
            (unasked, Ports, &open, Fate::PassOn),
            (unasked, Ports, &down, Fate::Verdict),
        ] {
            assert_eq!(
                Step::of(phases, phase, true).fate(host),
                fate,
                "{phases:?} {phase} {host:?}"
            );
        }
    }
}

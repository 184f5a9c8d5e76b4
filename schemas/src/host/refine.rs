//! What the steps of a staged plan have found out of one host, as one finding.

use super::{ExtraPorts, HostFinding, Port, Protocol};
use crate::batch::Phase;
use std::ops::RangeInclusive;

/// States in which something may listen.
const MAY_LISTEN: [&str; 2] = ["open", "open|filtered"];

/// Ports of one protocol, from one to another.
pub type PortRun = (Protocol, RangeInclusive<u16>);

impl HostFinding {
    /// Adds to this finding what a later step has found out. Nothing that was found is lost: the
    /// later step says more of a port that both have, and of the host where it says anything; the
    /// ports that it was not asked about stay as they are.
    #[must_use]
    pub fn refined(mut self, later: Self, phase: Phase) -> Self {
        match phase {
            // The same question again, or the first that is about ports.
            Phase::Discovery | Phase::Ports => {
                self.ports = later.ports;
                self.extra_ports = later.extra_ports;
            }
            Phase::Services => self.refine_ports(later.ports),
        }
        for name in later.hostnames {
            if !self.hostnames.contains(&name) {
                self.hostnames.push(name);
            }
        }
        fn put<T>(held: &mut Vec<T>, later: Vec<T>) {
            if !later.is_empty() {
                *held = later;
            }
        }
        put(&mut self.os, later.os);
        put(&mut self.scripts, later.scripts);
        put(&mut self.trace, later.trace);
        self.state = later.state;
        self.timed_out = later.timed_out;
        // With `-Pn` nmap only repeats what it was told.
        if later.reason != "user-set" || self.reason.is_empty() {
            self.reason = later.reason;
        }
        self.started_at = self.started_at.or(later.started_at);
        self.finished_at = later.finished_at.or(self.finished_at);
        self.mac = later.mac.or(self.mac);
        self.uptime_secs = later.uptime_secs.or(self.uptime_secs);
        self.distance = later.distance.or(self.distance);
        self
    }

    /// Takes over what a step that was asked about open ports says of these. The ports of other
    /// hosts of its batch were asked about too: what was closed there is counted already.
    fn refine_ports(&mut self, later: Vec<Port>) {
        for port in later {
            let held = self
                .ports
                .iter_mut()
                .find(|held| (held.protocol, held.number) == (port.protocol, port.number));
            let is_open = MAY_LISTEN.contains(&&*port.state);
            match held {
                // It was open a moment ago; a probe that was lost does not make it another.
                Some(held) if is_open || !MAY_LISTEN.contains(&&*held.state) => *held = port,
                Some(_) => {}
                None if is_open => {
                    self.extra_ports.iter_mut().for_each(|extra| extra.take_out(&port));
                    self.extra_ports.retain(|extra| extra.count > 0);
                    self.ports.push(port);
                }
                None => {}
            }
        }
        self.ports.sort_by_key(|port| (port.protocol.number(), port.number));
    }

    /// Returns the ports behind which something may listen. None for those that nmap only counts,
    /// in a state in which something may, without saying which they are.
    pub fn ports_that_may_listen(&self) -> Option<Vec<PortRun>> {
        self.ports_in(&MAY_LISTEN)
    }

    /// Returns whether there is a port behind which something may listen.
    pub fn may_listen(&self) -> bool {
        self.ports.iter().any(|port| MAY_LISTEN.contains(&&*port.state))
            || self.extra_ports.iter().any(|extra| MAY_LISTEN.contains(&&*extra.state))
    }

    /// Returns a TCP port that is known to be closed: beside an open one, a system is told by it.
    pub fn closed_tcp_port(&self) -> Option<u16> {
        let is_tcp = |(protocol, _): &PortRun| *protocol == Protocol::Tcp;
        let runs = self.ports_in(&["closed"])?;
        runs.into_iter().find(is_tcp).map(|(_, run)| *run.start())
    }

    fn ports_in(&self, states: &[&str]) -> Option<Vec<PortRun>> {
        let listed = self.ports.iter().filter(|port| states.contains(&&*port.state));
        let mut runs: Vec<PortRun> =
            listed.map(|port| (port.protocol, port.number..=port.number)).collect();
        for extra in self.extra_ports.iter().filter(|extra| states.contains(&&*extra.state)) {
            runs.extend(extra.runs()?);
        }
        Some(runs)
    }
}

impl ExtraPorts {
    /// Returns which ports these are, where nmap says it of all of them.
    fn runs(&self) -> Option<Vec<PortRun>> {
        let mut runs = Vec::new();
        for reason in &self.reasons {
            let protocol: Protocol = reason.protocol.as_deref()?.parse().ok()?;
            for item in reason.ports.as_deref()?.split(',') {
                let (first, last) = item.split_once('-').unwrap_or((item, item));
                runs.push((protocol, first.parse().ok()?..=last.parse().ok()?));
            }
        }
        let count: usize = runs.iter().map(|(_, run)| run.len()).sum();
        (count == self.count as usize).then_some(runs)
    }

    /// Counts a port no longer that turned out to be in another state.
    fn take_out(&mut self, port: &Port) {
        let is_in =
            |(protocol, run): &PortRun| *protocol == port.protocol && run.contains(&port.number);
        if self.runs().is_some_and(|runs| runs.iter().any(is_in)) {
            self.count = self.count.saturating_sub(1);
            let name = port.protocol.as_str();
            let of_port =
                self.reasons.iter_mut().find(|reason| reason.protocol.as_deref() == Some(name));
            if let Some(reason) = of_port {
                reason.count = reason.count.saturating_sub(1);
                // Which are left is not spelled out anew.
                reason.ports = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{ExtraReason, HostState, Hostname, Mac, OsMatch, Service};

    fn port(number: u16, state: &str, product: Option<&str>) -> Port {
        let product = product.map(str::to_owned);
        Port {
            protocol: Protocol::Tcp,
            number,
            state: state.to_owned().into(),
            reason: "syn-ack".into(),
            service: Some(Service { name: "x".into(), product, ..Service::default() }),
            scripts: Vec::new(),
        }
    }

    fn extra(state: &str, count: u32, ports: Option<&str>) -> ExtraPorts {
        let reason = ExtraReason {
            reason: "reset".into(),
            count,
            protocol: Some("tcp".into()),
            ports: ports.map(str::to_owned),
        };
        ExtraPorts { state: state.into(), count, reasons: vec![reason] }
    }

    fn host(ports: Vec<Port>, extra_ports: Vec<ExtraPorts>) -> HostFinding {
        let found = HostFinding::new("10.0.0.1".parse().unwrap(), HostState::Up);
        HostFinding { ports, extra_ports, reason: "echo-reply".into(), ..found }
    }

    fn shown(finding: &HostFinding) -> Vec<String> {
        let product = |port: &Port| port.service.as_ref().and_then(|of| of.product.clone());
        let port = |port: &Port| {
            format!("{} {} {}", port.number, port.state, product(port).unwrap_or_default())
        };
        finding.ports.iter().map(port).collect()
    }

    #[test]
    fn ports_come_after_discovery_and_keep_what_that_has_found() {
        let name = |name: &str| Hostname { name: name.into(), kind: "PTR".into() };
        let mac = Mac { address: "00:11:22:33:44:55".into(), vendor: None };
        let found =
            HostFinding { hostnames: vec![name("a")], mac: Some(mac), ..host(vec![], vec![]) };
        let later = HostFinding {
            reason: "user-set".into(),
            hostnames: vec![name("a"), name("b")],
            distance: Some(2),
            ..host(vec![port(22, "open", None)], vec![extra("closed", 99, None)])
        };
        let both = found.clone().refined(later, Phase::Ports);
        assert_eq!(both.hostnames, [name("a"), name("b")]);
        assert_eq!((&both.mac, both.distance), (&found.mac, Some(2)));
        assert_eq!((both.reason.as_str(), both.ports.len()), ("echo-reply", 1));
        assert_eq!(both.extra_ports[0].count, 99);
    }

    #[test]
    fn services_say_more_of_open_ports_and_take_nothing_back() {
        let found = host(
            vec![port(22, "open", None), port(80, "open", None), port(81, "filtered", None)],
            vec![extra("closed", 3, Some("23-25"))],
        );
        let os = OsMatch { name: "Linux".into(), accuracy: 96, cpe: vec![] };
        let later = HostFinding {
            os: vec![os.clone()],
            ..host(
                vec![
                    port(22, "open", Some("OpenSSH")),
                    port(80, "closed", None), // a probe was lost, or it has just ended
                    port(81, "open", Some("new")), // and this one has just begun
                    port(24, "open", Some("y")),
                    port(443, "closed", None), // open at another host of the batch
                ],
                vec![extra("closed", 7, None)],
            )
        };
        let both = found.refined(later, Phase::Services);
        assert_eq!(shown(&both), ["22 open OpenSSH", "24 open y", "80 open ", "81 open new"]);
        assert_eq!((both.extra_ports.len(), both.extra_ports[0].count), (1, 2));
        assert_eq!(both.os, [os]);
    }

    #[test]
    fn what_may_listen() {
        let runs = |finding: &HostFinding| {
            let runs = finding.ports_that_may_listen()?;
            Some(runs.into_iter().map(|(_, run)| (*run.start(), *run.end())).collect::<Vec<_>>())
        };
        let found = host(
            vec![port(22, "open", None), port(23, "closed", None), port(53, "open|filtered", None)],
            vec![extra("open|filtered", 3, Some("60-61,70")), extra("closed", 2, Some("1-2"))],
        );
        assert_eq!(runs(&found), Some(vec![(22, 22), (53, 53), (60, 61), (70, 70)]));
        assert_eq!((found.may_listen(), found.closed_tcp_port()), (true, Some(23)));
        // nmap counts them only: all that were asked about may be meant.
        let found = host(vec![], vec![extra("open|filtered", 3, None)]);
        assert_eq!((runs(&found), found.may_listen()), (None, true));
        let found = host(vec![port(23, "closed", None)], vec![extra("filtered", 9, None)]);
        assert_eq!((runs(&found), found.may_listen()), (Some(vec![]), false));
        let found = host(vec![], vec![extra("closed", 3, Some("5-7"))]);
        assert_eq!(found.closed_tcp_port(), Some(5));
    }
}

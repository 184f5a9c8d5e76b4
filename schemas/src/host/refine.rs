//! What the steps of a staged plan have found out of one host, as one finding.

use super::{ExtraPorts, ExtraReason, HostFinding, Port, Protocol};
use crate::batch::Phase;
use std::{collections::BTreeSet, ops::RangeInclusive};

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
        let mut begun = Vec::new();
        for port in later {
            let held = self
                .ports
                .iter_mut()
                .find(|held| (held.protocol, held.number) == (port.protocol, port.number));
            let is_open = MAY_LISTEN.contains(&&*port.state);
            match held {
                // It was so a moment ago; a probe that was lost does not make it another.
                Some(held) if certainty(&port.state) >= certainty(&held.state) => *held = port,
                Some(_) => {}
                None if is_open => begun.push(port),
                None => {}
            }
        }
        let listed: BTreeSet<(Protocol, u16)> =
            begun.iter().map(|port| (port.protocol, port.number)).collect();
        self.extra_ports.iter_mut().for_each(|extra| extra.take_out(&listed));
        self.extra_ports.retain(|extra| extra.count > 0);
        self.ports.extend(begun);
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

/// How sure it is that something listens, by a port's state.
fn certainty(state: &str) -> u8 {
    match state {
        "open" => 2,
        "open|filtered" => 1,
        _ => 0,
    }
}

impl ExtraReason {
    /// Returns which ports these are, where nmap says it.
    fn runs(&self) -> Option<Vec<PortRun>> {
        let protocol: Protocol = self.protocol.as_deref()?.parse().ok()?;
        let run = |item: &str| {
            let (first, last) = item.split_once('-').unwrap_or((item, item));
            Some((protocol, first.parse().ok()?..=last.parse().ok()?))
        };
        self.ports.as_deref()?.split(',').map(run).collect()
    }

    /// Counts these ports no longer; returns how many of them it had.
    fn take_out(&mut self, listed: &BTreeSet<(Protocol, u16)>) -> u32 {
        let Some(runs) = self.runs() else { return 0 };
        let numbers = runs.into_iter().flat_map(|(protocol, run)| run.map(move |n| (protocol, n)));
        let (gone, left): (Vec<_>, Vec<_>) = numbers.partition(|port| listed.contains(port));
        if !gone.is_empty() {
            self.ports = (!left.is_empty()).then(|| in_runs(left.into_iter().map(|(_, n)| n)));
        }
        let gone = u32::try_from(gone.len()).unwrap_or(u32::MAX);
        self.count = self.count.saturating_sub(gone);
        gone
    }
}

/// Writes ascending ports as nmap does: `22-25,80`.
fn in_runs(ports: impl Iterator<Item = u16>) -> String {
    let mut runs: Vec<RangeInclusive<u16>> = Vec::new();
    for port in ports {
        match runs.last_mut() {
            Some(run) if run.end().checked_add(1) == Some(port) => *run = *run.start()..=port,
            _ => runs.push(port..=port),
        }
    }
    let text = |run: &RangeInclusive<u16>| match run.start() == run.end() {
        true => run.start().to_string(),
        false => format!("{}-{}", run.start(), run.end()),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

impl ExtraPorts {
    /// Returns which ports these are, where nmap says it of all of them.
    fn runs(&self) -> Option<Vec<PortRun>> {
        let mut runs = Vec::new();
        for reason in &self.reasons {
            runs.extend(reason.runs()?);
        }
        let count: usize = runs.iter().map(|(_, run)| run.len()).sum();
        (count == self.count as usize).then_some(runs)
    }

    /// Counts ports no longer that turned out to be in another state.
    fn take_out(&mut self, listed: &BTreeSet<(Protocol, u16)>) {
        if !listed.is_empty() {
            let gone = self.reasons.iter_mut().map(|reason| reason.take_out(listed)).sum();
            self.count = self.count.saturating_sub(gone);
            self.reasons.retain(|reason| reason.count > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{HostState, Hostname, Mac, OsMatch, Service};

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
    fn an_open_port_stays_open_and_every_port_is_counted_once() {
        let found = host(
            vec![port(161, "open", None), port(500, "open|filtered", None)],
            vec![extra("open|filtered", 998, Some("1-160,162-499,501-1000"))],
        );
        let later = host(
            vec![
                port(161, "open|filtered", None), // it did not answer this time
                port(500, "open", None),
                port(53, "open", None),
                port(123, "open", None),
            ],
            vec![],
        );
        let both = found.refined(later, Phase::Services);
        assert_eq!(shown(&both), ["53 open ", "123 open ", "161 open ", "500 open "]);
        let left = &both.extra_ports[0];
        assert_eq!((left.count, left.reasons[0].count), (996, 996));
        let ports = left.reasons[0].ports.as_deref();
        assert_eq!(ports, Some("1-52,54-122,124-160,162-499,501-1000"));
        // And once more, as after a second attempt.
        let again = both.refined(host(vec![port(7, "open", None)], vec![]), Phase::Services);
        assert_eq!((again.ports.len(), again.extra_ports[0].count), (5, 995));
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

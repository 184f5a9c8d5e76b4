//! Decides how a host differs, from what two scans know of it.
//!
//! ```text
//! before \ after   up            down        anything else
//! up               its ports     vanished    only before
//! down             appeared      -           -
//! anything else    only after    -           -
//! ```
//!
//! Of ports those are compared that one of the scans lists. What the other one only counts is known
//! where its nmap says which ports those are; a port that is in neither list was not probed, and
//! nothing is said of it but that. Besides, what ndiff compares is compared: names, hardware address,
//! systems, counts of ports, and what scripts say.

use netscan_schemas::{
    api::{Change, DetailKind, DiffDetail, DiffHost, DiffPort, DiffPortSide, DiffSummary, Known},
    host::{ExtraPorts, HostFinding, Hostname, Port, PortId, Script},
    stored::HostRecord,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

pub(super) const NOT_PROBED: &str = "not_probed";
pub(super) const NOT_LISTED: &str = "not_listed";

/// Returns how a host differs, and counts it.
pub fn compare(
    address: IpAddr,
    (before, after): (Known, Known),
    rows: (Option<&HostRecord>, Option<&HostRecord>),
    summary: &mut DiffSummary,
) -> Option<DiffHost> {
    let mut details = Vec::new();
    let (change, ports) = match (before, after) {
        (Known::Up, Known::Up) => {
            let (before, after) = (&rows.0?.finding, &rows.1?.finding);
            let ports = ports_of_both(before, after);
            details = details_of_both(before, after);
            if ports.is_empty() && details.is_empty() {
                summary.hosts_same += 1;
                return None;
            }
            for port in &ports {
                *match port.change {
                    Change::Appeared => &mut summary.ports_appeared,
                    Change::Vanished => &mut summary.ports_vanished,
                    Change::Changed => &mut summary.ports_changed,
                    Change::OnlyBefore | Change::OnlyAfter => &mut summary.ports_only_one,
                } += 1;
            }
            let is_known = |port: &DiffPort| {
                matches!(port.change, Change::Appeared | Change::Vanished | Change::Changed)
            };
            match !details.is_empty() || ports.iter().any(is_known) {
                true => (Change::Changed, ports),
                // Its ports are not compared, and nothing else of it differs.
                false if ports.iter().all(|port| port.change == Change::OnlyBefore) => {
                    (Change::OnlyBefore, ports)
                }
                false => (Change::OnlyAfter, ports),
            }
        }
        (Known::Down, Known::Up) => (Change::Appeared, ports_of_one(rows.1?, Change::OnlyAfter)),
        (Known::Up, Known::Down) => (Change::Vanished, ports_of_one(rows.0?, Change::OnlyBefore)),
        (_, Known::Up) => (Change::OnlyAfter, ports_of_one(rows.1?, Change::OnlyAfter)),
        (Known::Up, _) => (Change::OnlyBefore, ports_of_one(rows.0?, Change::OnlyBefore)),
        _ => return None,
    };
    *match change {
        Change::Appeared => &mut summary.hosts_appeared,
        Change::Vanished => &mut summary.hosts_vanished,
        Change::Changed => &mut summary.hosts_changed,
        Change::OnlyBefore => &mut summary.hosts_only_before,
        Change::OnlyAfter => &mut summary.hosts_only_after,
    } += 1;
    let name = |row: Option<&HostRecord>| named(&row?.finding.hostnames);
    let hostname = name(rows.1).or_else(|| name(rows.0));
    let address = address.to_string();
    Some(DiffHost { address, hostname, change, before, after, ports, details })
}

fn named(names: &[Hostname]) -> Option<String> {
    let named = names.iter().find(|name| name.kind == "user").or(names.first());
    named.map(|name| name.name.clone())
}

fn id(port: &Port) -> PortId {
    PortId { protocol: port.protocol, number: port.number }
}

fn side(port: &Port) -> DiffPortSide {
    let service = port.service.as_ref();
    DiffPortSide {
        state: port.state.to_string(),
        service: service.map(|service| service.name.clone()),
        product: service.and_then(|service| service.product.clone()),
        version: service.and_then(|service| service.version.clone()),
        extra_info: service.and_then(|service| service.extra_info.clone()),
    }
}

fn bare(state: &str) -> DiffPortSide {
    let none = || None;
    DiffPortSide {
        state: state.to_owned(),
        service: none(),
        product: none(),
        version: none(),
        extra_info: none(),
    }
}

/// Returns the open ports of a host that only one scan knows up.
fn ports_of_one(row: &HostRecord, change: Change) -> Vec<DiffPort> {
    let open = row.finding.open_ports().map(|port| {
        let (found, other) = (side(port), bare(NOT_PROBED));
        let (before, after) = match change {
            Change::OnlyBefore => (found, other),
            _ => (other, found),
        };
        let scripts = match change {
            Change::OnlyBefore => scripts(&port.scripts, &[]),
            _ => scripts(&[], &port.scripts),
        };
        let (port, protocol) = (port.number, port.protocol);
        DiffPort { port, protocol, change, before, after, scripts }
    });
    open.collect()
}

fn ports_of_both(before: &HostFinding, after: &HostFinding) -> Vec<DiffPort> {
    let mut listed: BTreeMap<PortId, (Option<&Port>, Option<&Port>)> = BTreeMap::new();
    for port in &before.ports {
        listed.entry(id(port)).or_default().0 = Some(port);
    }
    for port in &after.ports {
        listed.entry(id(port)).or_default().1 = Some(port);
    }
    let rest = (Rest::of(&before.extra_ports), Rest::of(&after.extra_ports));
    let differing = listed.into_iter().filter_map(|(id, (before, after))| {
        let is_listed_twice = before.is_some() && after.is_some();
        let scripts = scripts(said(before), said(after));
        let before = before.map_or_else(|| bare(rest.0.state(id)), side);
        let after = after.map_or_else(|| bare(rest.1.state(id)), side);
        let says_else = (is_listed_twice && !scripts.is_empty()).then_some(Change::Changed);
        let change = change(&before, &after, is_listed_twice).or(says_else)?;
        Some(DiffPort { port: id.number, protocol: id.protocol, change, before, after, scripts })
    });
    differing.collect()
}

fn said(port: Option<&Port>) -> &[Script] {
    port.map_or(&[], |port| &port.scripts)
}

/// Returns what differs of a host beside its ports.
fn details_of_both(before: &HostFinding, after: &HostFinding) -> Vec<DiffDetail> {
    let names = |host: &HostFinding| host.hostnames.iter().map(|name| name.name.clone()).collect();
    let mac = |host: &HostFinding| host.mac.iter().map(|mac| mac.address.clone()).collect();
    let systems = |host: &HostFinding| host.os.iter().map(|os| os.name.clone()).collect();
    let mut found = vec![
        detail(DetailKind::Hostnames, &names(before), &names(after)),
        detail(DetailKind::Mac, &mac(before), &mac(after)),
        detail(DetailKind::Os, &systems(before), &systems(after)),
    ];
    // Where one scan probed more ports, it counts more of them.
    if probed(before) == probed(after) {
        let counted = |host: &HostFinding| {
            let mut counts = BTreeMap::<&str, u64>::new();
            for extra in &host.extra_ports {
                *counts.entry(&extra.state).or_default() += u64::from(extra.count);
            }
            counts.into_iter().map(|(state, count)| format!("{count} {state}")).collect()
        };
        found.push(detail(DetailKind::ExtraPorts, &counted(before), &counted(after)));
    }
    let found = found.into_iter().flatten();
    found.chain(scripts(&before.scripts, &after.scripts)).collect()
}

fn probed(host: &HostFinding) -> u64 {
    let counted: u64 = host.extra_ports.iter().map(|extra| u64::from(extra.count)).sum();
    counted + host.ports.len() as u64
}

fn detail(
    kind: DetailKind,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> Option<DiffDetail> {
    let beyond = |one: &BTreeSet<String>, other| one.difference(other).cloned().collect();
    (before != after).then(|| DiffDetail {
        kind,
        id: None,
        before: beyond(before, after),
        after: beyond(after, before),
    })
}

/// Returns the scripts whose results are not the same.
fn scripts(before: &[Script], after: &[Script]) -> Vec<DiffDetail> {
    let mut said: BTreeMap<&str, [BTreeSet<String>; 2]> = BTreeMap::new();
    for (side, scripts) in [before, after].into_iter().enumerate() {
        for script in scripts {
            said.entry(&script.id).or_default()[side].insert(script.output.clone());
        }
    }
    let differing = said.into_iter().filter_map(|(id, [before, after])| {
        let detail = detail(DetailKind::Script, &before, &after)?;
        Some(DiffDetail { id: Some(id.to_owned()), ..detail })
    });
    differing.collect()
}

/// Returns how a port differs. Services are compared where both list it.
fn change(before: &DiffPortSide, after: &DiffPortSide, is_listed_twice: bool) -> Option<Change> {
    let is_known = |side: &DiffPortSide| side.state != NOT_PROBED && side.state != NOT_LISTED;
    let is_open = |side: &DiffPortSide| side.state == "open";
    match (is_known(before), is_known(after)) {
        (true, true) => {}
        // That a port is not open is no finding without the other side.
        (true, false) => return is_open(before).then_some(Change::OnlyBefore),
        (false, true) => return is_open(after).then_some(Change::OnlyAfter),
        (false, false) => return None,
    }
    if before.state == after.state {
        return (is_listed_twice && before != after).then_some(Change::Changed);
    }
    Some(match (is_open(before), is_open(after)) {
        (false, true) => Change::Appeared,
        (true, false) => Change::Vanished,
        _ => Change::Changed,
    })
}

/// The ports that a scan only counts.
struct Rest<'r> {
    /// State, protocol, ports; of an nmap that says which they are.
    told: Vec<(&'r str, Option<&'r str>, PortRanges)>,
    /// Whether some are counted without a word of which they are.
    has_untold: bool,
}

impl<'r> Rest<'r> {
    fn of(extra: &'r [ExtraPorts]) -> Self {
        let (mut told, mut has_untold) = (Vec::new(), false);
        for ports in extra {
            has_untold |= ports.count > 0 && ports.reasons.is_empty();
            for reason in &ports.reasons {
                match reason.ports.as_deref().and_then(PortRanges::read) {
                    Some(ranges) => {
                        told.push((ports.state.as_str(), reason.protocol.as_deref(), ranges));
                    }
                    None => has_untold |= reason.count > 0,
                }
            }
        }
        Self { told, has_untold }
    }

    fn state(&self, id: PortId) -> &'r str {
        let of_port = self.told.iter().find(|(_, protocol, ranges)| {
            protocol.is_none_or(|name| name == id.protocol.as_str()) && ranges.contains(id.number)
        });
        match of_port {
            Some((state, _, _)) => state,
            None if self.has_untold => NOT_LISTED,
            None => NOT_PROBED,
        }
    }
}

/// Ports as nmap lists them (`1-21,23`), in order.
struct PortRanges(Vec<(u16, u16)>);

impl PortRanges {
    /// Reads a list; `None` when it is not one.
    fn read(text: &str) -> Option<Self> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some((first.parse().ok()?, last.parse().ok()?))
        };
        let mut ranges: Vec<(u16, u16)> = text.split(',').map(range).collect::<Option<_>>()?;
        ranges.sort_unstable();
        Some(Self(ranges))
    }

    fn contains(&self, port: u16) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= port);
        self.0[..after].last().is_some_and(|(_, last)| port <= *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::{
        AttemptNo, BatchId, HostId, ScanId, Time,
        host::{ExtraReason, HostFinding, HostState, Protocol, Service},
        scan::Verdict,
    };

    /// A host with `80 open http nginx`, and the ports that are only counted.
    fn host(listed: &[&str], rest: Option<(&str, Option<&str>)>) -> HostRecord {
        let mut finding = HostFinding::new("10.0.0.1".parse().unwrap(), HostState::Up);
        for text in listed {
            let words: Vec<&str> = text.split(' ').collect();
            let service = words.get(2).map(|name| Service {
                name: (*name).to_owned(),
                product: words.get(3).map(|product| (*product).to_owned()),
                ..Service::default()
            });
            finding.ports.push(Port {
                protocol: Protocol::Tcp,
                number: words[0].parse().unwrap(),
                state: words[1].to_owned().into(),
                reason: "".into(),
                service,
                scripts: Vec::new(),
            });
        }
        if let Some((state, ports)) = rest {
            let ports = ports.map(str::to_owned);
            let protocol = Some("tcp".to_owned());
            let reason = ExtraReason { reason: "reset".into(), count: 9, protocol, ports };
            let reasons = vec![reason];
            finding.extra_ports.push(ExtraPorts { state: state.into(), count: 9, reasons });
        }
        HostRecord {
            id: HostId::new(1).unwrap(),
            scan_id: ScanId::new(1).unwrap(),
            batch_id: BatchId::new(1).unwrap(),
            attempt: AttemptNo(1),
            seen_at: Time::from_secs(1),
            finding,
            verdict: Verdict::Up,
            provisional: Vec::new(),
        }
    }

    fn shown(before: &HostRecord, after: &HostRecord) -> Vec<String> {
        let ports = ports_of_both(&before.finding, &after.finding).into_iter();
        let show = |port: DiffPort| {
            let (before, after) = (port.before.state, port.after.state);
            format!("{} {:?}: {before} -> {after}", port.port, port.change)
        };
        ports.map(show).collect()
    }

    #[test]
    fn a_port_is_compared_where_both_scans_know_it() {
        let closed = |ports| Some(("closed", Some(ports)));
        let table: [(HostRecord, HostRecord, &[&str]); 9] = [
            (host(&["80 open http"], None), host(&["80 open http"], None), &[]),
            (
                host(&["80 open http"], None),
                host(&["80 open http nginx"], None),
                &["80 Changed: open -> open"],
            ),
            (
                host(&["80 open"], closed("1-79")),
                host(&[], closed("1-100")),
                &["80 Vanished: open -> closed"],
            ),
            (
                host(&[], closed("1-100")),
                host(&["80 open"], None),
                &["80 Appeared: closed -> open"],
            ),
            // Not probed is not closed.
            (
                host(&["80 open"], None),
                host(&[], closed("1-79")),
                &["80 OnlyBefore: open -> not_probed"],
            ),
            (host(&[], None), host(&["80 open"], None), &["80 OnlyAfter: not_probed -> open"]),
            // An old nmap does not say which ports it counts.
            (
                host(&["80 open"], None),
                host(&[], Some(("closed", None))),
                &["80 OnlyBefore: open -> not_listed"],
            ),
            // Listed once and counted once, and the same.
            (host(&["23 closed telnet"], None), host(&[], closed("23")), &[]),
            (
                host(&["53 open|filtered"], None),
                host(&["53 filtered"], None),
                &["53 Changed: open|filtered -> filtered"],
            ),
        ];
        for (before, after, expected) in table {
            assert_eq!(shown(&before, &after), expected);
        }
    }

    #[test]
    fn what_is_not_scanned_is_never_down() {
        use Known::{Down, NotScanned, TimedOut, Unfinished, Up};
        let row = host(&["80 open"], None);
        let table = [
            (Down, Up, Some(Change::Appeared)),
            (Up, Down, Some(Change::Vanished)),
            (Unfinished, Up, Some(Change::OnlyAfter)),
            (NotScanned, Up, Some(Change::OnlyAfter)),
            (TimedOut, Up, Some(Change::OnlyAfter)),
            (Up, Unfinished, Some(Change::OnlyBefore)),
            (Up, NotScanned, Some(Change::OnlyBefore)),
            (Up, TimedOut, Some(Change::OnlyBefore)),
            (Up, Up, None),
            (Down, Unfinished, None),
            (TimedOut, Down, None),
            (Unfinished, NotScanned, None),
        ];
        for (before, after, expected) in table {
            let mut summary = DiffSummary::default();
            let is_up = |known| (known == Up).then_some(&row);
            let address = row.finding.address;
            let found =
                compare(address, (before, after), (is_up(before), is_up(after)), &mut summary);
            assert_eq!(found.as_ref().map(|host| host.change), expected, "{before:?} {after:?}");
            let known = matches!(expected, Some(Change::Appeared | Change::Vanished));
            assert_eq!(summary.differs(), known, "{before:?} {after:?}");
            for port in found.into_iter().flat_map(|host| host.ports) {
                assert!(matches!(port.change, Change::OnlyBefore | Change::OnlyAfter), "{port:?}");
            }
        }
    }
}

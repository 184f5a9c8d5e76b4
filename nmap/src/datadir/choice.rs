//! Which lines of the list of ports a scan needs.

use super::services::{Service, Services};
use crate::options::{Options, PortChoice, PortList, PortSpec, Technique};
use std::cmp::Ordering;

/// Ports of `-F`.
const FAST: usize = 100;
/// Ports of each protocol when none are chosen.
const USUAL: usize = 1000;

/// Returns whether nmap reads the list of ports and nothing but our lines can be missed in it.
pub(super) fn reads_services(options: &Options) -> bool {
    // Neither a ping scan nor a protocol scan opens the file; a script may look up any port.
    let Technique { no_ports, ip_protocols, .. } = options.technique;
    !no_ports && !ip_protocols && options.scripts.is_empty()
}

/// Returns the lines of the ports that are probed, in the file's order; none if nmap could not
/// choose the same ports from them.
pub(super) fn lines<'text>(
    services: &Services<'text>,
    options: &Options,
) -> Option<Vec<&'text str>> {
    let candidates = services.entries.iter().enumerate().filter(|(_, service)| {
        is_scanned(service.protocol, &options.technique)
            && !is_excluded(service, options.exclude_ports.as_ref())
    });
    let mut chosen: Vec<(usize, &Service<'text>)> = match &options.ports {
        Some(PortChoice::List(list)) => {
            candidates.filter(|(_, service)| contains(list, service)).collect()
        }
        Some(PortChoice::Fast) => most_common(candidates, FAST),
        Some(PortChoice::Top(count)) => most_common(candidates, usize::from(*count)),
        Some(PortChoice::Ratio(millionths)) => {
            // As nmap reads what it is told, which is this many digits behind the point.
            let least = format!("0.{millionths:06}").parse().unwrap_or(1.0);
            candidates.filter(|(_, service)| ratio(service) >= least).collect()
        }
        None => most_common(candidates, USUAL),
    };
    let is_list = matches!(options.ports, Some(PortChoice::List(_)));
    // Without a single ratio nmap takes the file for an `/etc/services`, and chooses otherwise.
    if !is_list && !chosen.iter().any(|(_, service)| service.ratio.is_some()) {
        return None;
    }
    chosen.sort_unstable_by_key(|(index, _)| *index);
    Some(chosen.into_iter().map(|(_, service)| service.line).collect())
}

fn ratio(service: &Service<'_>) -> f64 {
    service.ratio.unwrap_or(0.0)
}

/// Returns so many of each protocol, the most common ones. As in nmap, of ports that are open as
/// often those win that stand first in the file.
fn most_common<'a, 'text>(
    candidates: impl Iterator<Item = (usize, &'a Service<'text>)>,
    count: usize,
) -> Vec<(usize, &'a Service<'text>)> {
    let mut ranked: Vec<_> = candidates.collect();
    let order = |a: &Service<'_>, b: &Service<'_>| ratio(b).partial_cmp(&ratio(a));
    // The sort is stable, and no ratio is a NaN.
    ranked.sort_by(|(_, a), (_, b)| order(a, b).unwrap_or(Ordering::Equal));
    let protocols = [PortSpec::Tcp, PortSpec::Udp, PortSpec::Sctp];
    let of = |protocol| ranked.iter().filter(move |(_, service)| service.protocol == protocol);
    protocols.into_iter().flat_map(|protocol| of(protocol).take(count)).copied().collect()
}

fn is_scanned(protocol: PortSpec, technique: &Technique) -> bool {
    match protocol {
        PortSpec::Any => false,
        PortSpec::Tcp => technique.tcp.is_some(),
        PortSpec::Udp => technique.udp,
        PortSpec::Sctp => technique.sctp_init || technique.sctp_cookie,
    }
}

/// Returns whether a port is left out. With any exclusion nmap chooses among the ports from 1 on.
fn is_excluded(service: &Service<'_>, excluded: Option<&PortList>) -> bool {
    excluded.is_some_and(|excluded| service.port == 0 || contains(excluded, service))
}

fn contains(list: &PortList, service: &Service<'_>) -> bool {
    list.parts().any(|(spec, ports)| {
        (spec == PortSpec::Any || spec == service.protocol) && ports.contains(&service.port)
    })
}

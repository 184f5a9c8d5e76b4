//! Options that are fine one by one and wrong together. nmap would quit over most of them, after
//! the scan has been accepted; here they are answered at once.

use super::{FlagError, Options, PortChoice, PortList, PortSpec, evasion};
use std::mem;

/// Returns everything that contradicts itself.
pub(super) fn conflicts(options: &Options) -> Vec<FlagError> {
    let mut errors = Vec::new();
    let mut wrong = |flag: &str, reason: &str| errors.push(FlagError::of_options(flag, reason));
    let Options { technique, detection, timing, .. } = options;
    let other_technique =
        technique.tcp.is_some() || technique.udp || technique.sctp_init || technique.sctp_cookie;
    if technique.no_ports {
        if other_technique || technique.ip_protocols {
            wrong("-sn", "says to probe no ports, and cannot go with a kind of port scan");
        }
        if options.ports.is_some() || options.exclude_ports.is_some() {
            wrong("-sn", "says to probe no ports, and cannot go with a choice of ports");
        }
        if detection.versions || detection.os {
            wrong("-sn", "says to probe no ports, which -sV, -O and -A need");
        }
    }
    if technique.ip_protocols {
        if other_technique {
            wrong("-sO", "cannot go with another kind of scan");
        }
        if detection.versions || detection.os {
            wrong("-sO", "finds no ports, which -sV, -O and -A need");
        }
    }
    if let Some(PortChoice::List(list)) = &options.ports {
        for reason in port_conflicts(options, list) {
            wrong("-p", &reason);
        }
    }
    if timing.defeat_icmp_ratelimit && !technique.udp {
        wrong("--defeat-icmp-ratelimit", "is for UDP scans only: add `-sU`");
    }
    let is_syn = technique.is_open() || technique.tcp == Some(super::TcpScan::Syn);
    if timing.defeat_rst_ratelimit && !is_syn {
        wrong("--defeat-rst-ratelimit", "is for SYN scans only: write `-sS`");
    }
    for (flag, reason) in evasion::conflicts(options) {
        wrong(flag, reason);
    }
    for (min, max) in backward_bounds(options) {
        wrong(min, &format!("is above `{max}`"));
    }
    errors
}

fn port_conflicts(options: &Options, list: &PortList) -> Vec<String> {
    let technique = &options.technique;
    let tcp = technique.tcp.is_some() || technique.is_open();
    let sctp = technique.sctp_init || technique.sctp_cookie;
    let mut reasons = Vec::new();
    for (spec, prefix, scanned, how) in [
        (PortSpec::Tcp, "T:", tcp, "a TCP scan such as `-sT`"),
        (PortSpec::Udp, "U:", technique.udp, "`-sU`"),
        (PortSpec::Sctp, "S:", sctp, "`-sY`"),
    ] {
        if list.names(spec) && !scanned {
            reasons.push(format!("has ports after `{prefix}`, which need {how}"));
        }
    }
    if technique.ip_protocols && list.highest() > 255 {
        reasons.push("with -sO takes IP protocols, which end at 255: write `-p 0-255`".into());
    }
    reasons
}

/// Returns lower bounds that lie above their upper bound, by their flags.
fn backward_bounds(options: &Options) -> Vec<(&'static str, &'static str)> {
    fn above<T: PartialOrd>(min: Option<T>, max: Option<T>) -> bool {
        matches!((min, max), (Some(min), Some(max)) if min > max)
    }
    let t = &options.timing;
    let bounds = [
        (above(t.min_hostgroup, t.max_hostgroup), "--min-hostgroup", "--max-hostgroup"),
        (above(t.min_parallelism, t.max_parallelism), "--min-parallelism", "--max-parallelism"),
        (above(t.min_rate, t.max_rate), "--min-rate", "--max-rate"),
        (above(t.scan_delay, t.max_scan_delay), "--scan-delay", "--max-scan-delay"),
        (above(t.min_rtt_timeout, t.max_rtt_timeout), "--min-rtt-timeout", "--max-rtt-timeout"),
        (
            above(t.min_rtt_timeout, t.initial_rtt_timeout),
            "--min-rtt-timeout",
            "--initial-rtt-timeout",
        ),
        (
            above(t.initial_rtt_timeout, t.max_rtt_timeout),
            "--initial-rtt-timeout",
            "--max-rtt-timeout",
        ),
    ];
    bounds.into_iter().filter(|bound| bound.0).map(|(_, min, max)| (min, max)).collect()
}

/// Takes out what has no effect, and returns what may surprise.
pub(super) fn settle(options: &mut Options) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |text: &str| warnings.push(text.to_owned());
    if options.discovery.skip {
        let found = mem::take(&mut options.discovery);
        options.discovery.skip = true;
        options.discovery.disable_arp_ping = found.disable_arp_ping;
        if found.has_pings() {
            warn("`-Pn` takes every address for a host, so that the other `-P` flags are left out");
        }
    }
    if options.discovery.timestamp || options.discovery.netmask {
        warn("`-PP` and `-PM` are for IPv4: IPv6 targets get `-PE` instead");
    }
    if options.timing.template == Some(5) {
        warn("`-T5` gives a host up after 15 minutes, and drops the ports found on it");
    }
    if options.timing.host_timeout.is_some() {
        warn("a host that runs into `--host-timeout` loses the ports found on it");
    }
    if options.detection.all_ports {
        warn("`--allports` also probes printers on ports 9100 to 9107, which may print it");
    }
    warnings
}

//! Options as arguments for nmap: exact names, every value attached, each argument made here.

use super::{
    Detection, Discovery, Evasion, Fragments, NsockEngine, Options, PortChoice, PortList,
    Technique, Timing, values::show_time,
};
use std::{fmt::Display, time::Duration};

/// Arguments under construction.
#[derive(Default)]
struct Args(Vec<String>);

impl Args {
    fn switch(&mut self, wanted: bool, flag: &str) {
        if wanted {
            self.0.push(flag.to_owned());
        }
    }

    /// `--name=value`
    fn long(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.0.push(format!("{name}={value}"));
        }
    }

    /// `-xvalue`, or `-x` for an empty one.
    fn short(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.0.push(format!("{name}{value}"));
        }
    }

    fn time(&mut self, name: &str, value: Option<Duration>) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.long(name, value.map(|time| show_time(millis(time))));
    }
}

impl Options {
    /// Returns the arguments for nmap. All options but the server's own ones are made into
    /// arguments here and nowhere else.
    pub fn to_args(&self) -> Vec<String> {
        // Taking the struct apart makes a new field ask for its argument.
        let Self {
            technique,
            discovery,
            ports,
            exclude_ports,
            sequential_ports,
            detection,
            scripts,
            timing,
            reverse_dns,
            system_dns,
            nsock_engine,
            evasion,
        } = self;
        let mut args = Args::default();
        args.switch(*reverse_dns != Some(true), "-n");
        args.switch(*reverse_dns == Some(true), "-R");
        args.switch(*system_dns, "--system-dns");
        technique_args(&mut args, technique);
        discovery_args(&mut args, discovery);
        match ports {
            Some(PortChoice::List(list)) => args.short("-p", Some(list)),
            Some(PortChoice::Fast) => args.switch(true, "-F"),
            Some(PortChoice::Top(count)) => args.long("--top-ports", Some(count)),
            Some(PortChoice::Ratio(millionths)) => {
                args.long("--port-ratio", Some(format!("0.{millionths:06}")));
            }
            None => {}
        }
        args.long("--exclude-ports", exclude_ports.as_ref());
        args.switch(*sequential_ports, "-r");
        detection_args(&mut args, detection);
        args.0.extend(scripts.to_args());
        timing_args(&mut args, timing);
        let engine = nsock_engine.map(|engine| match engine {
            NsockEngine::Epoll => "epoll",
            NsockEngine::Poll => "poll",
            NsockEngine::Select => "select",
        });
        args.long("--nsock-engine", engine);
        evasion_args(&mut args, evasion);
        args.0
    }
}

fn technique_args(args: &mut Args, technique: &Technique) {
    let Technique { tcp, udp, sctp_init, sctp_cookie, ip_protocols, no_ports } = technique;
    args.switch(*no_ports, "-sn");
    args.short("", tcp.map(super::TcpScan::flag));
    args.switch(*udp, "-sU");
    args.switch(*sctp_init, "-sY");
    args.switch(*sctp_cookie, "-sZ");
    args.switch(*ip_protocols, "-sO");
}

fn discovery_args(args: &mut Args, discovery: &Discovery) {
    let Discovery {
        skip,
        echo,
        timestamp,
        netmask,
        tcp_syn,
        tcp_ack,
        udp,
        sctp,
        ip_protocols,
        disable_arp_ping,
        ignore_rst,
    } = discovery;
    args.switch(*skip, "-Pn");
    args.switch(*echo, "-PE");
    args.switch(*timestamp, "-PP");
    args.switch(*netmask, "-PM");
    let lists: [(&str, &Option<PortList>); 5] =
        [("-PS", tcp_syn), ("-PA", tcp_ack), ("-PU", udp), ("-PY", sctp), ("-PO", ip_protocols)];
    for (flag, list) in lists {
        args.short(flag, list.as_ref());
    }
    args.switch(*disable_arp_ping, "--disable-arp-ping");
    args.switch(*ignore_rst, "--discovery-ignore-rst");
}

fn detection_args(args: &mut Args, detection: &Detection) {
    let Detection {
        versions,
        version_intensity,
        all_ports,
        os,
        os_limit,
        os_guess,
        os_tries_max,
        traceroute,
    } = detection;
    args.switch(*versions, "-sV");
    args.long("--version-intensity", *version_intensity);
    args.switch(*all_ports, "--allports");
    args.switch(*os, "-O");
    args.switch(*os_limit, "--osscan-limit");
    args.switch(*os_guess, "--osscan-guess");
    args.long("--max-os-tries", *os_tries_max);
    args.switch(*traceroute, "--traceroute");
}

fn timing_args(args: &mut Args, timing: &Timing) {
    let Timing {
        template,
        min_hostgroup,
        max_hostgroup,
        min_parallelism,
        max_parallelism,
        min_rtt_timeout,
        max_rtt_timeout,
        initial_rtt_timeout,
        host_timeout,
        script_timeout,
        scan_delay,
        max_scan_delay,
        max_retries,
        min_rate,
        max_rate,
        defeat_rst_ratelimit,
        defeat_icmp_ratelimit,
    } = timing;
    args.short("-T", *template);
    args.long("--min-hostgroup", *min_hostgroup);
    args.long("--max-hostgroup", *max_hostgroup);
    args.long("--min-parallelism", *min_parallelism);
    args.long("--max-parallelism", *max_parallelism);
    args.time("--min-rtt-timeout", *min_rtt_timeout);
    args.time("--max-rtt-timeout", *max_rtt_timeout);
    args.time("--initial-rtt-timeout", *initial_rtt_timeout);
    args.time("--host-timeout", *host_timeout);
    args.time("--script-timeout", *script_timeout);
    args.time("--scan-delay", *scan_delay);
    args.time("--max-scan-delay", *max_scan_delay);
    args.long("--max-retries", *max_retries);
    args.long("--min-rate", *min_rate);
    args.long("--max-rate", *max_rate);
    args.switch(*defeat_rst_ratelimit, "--defeat-rst-ratelimit");
    args.switch(*defeat_icmp_ratelimit, "--defeat-icmp-ratelimit");
}

fn evasion_args(args: &mut Args, evasion: &Evasion) {
    let Evasion { source_port, fragments, ttl, data_length, bad_checksums, scan_flags, interface } =
        evasion;
    args.long("--source-port", *source_port);
    match fragments {
        Some(Fragments::Eight) => args.switch(true, "-f"),
        Some(Fragments::Sixteen) => args.switch(true, "--ff"),
        Some(Fragments::Of(bytes)) => args.long("--mtu", Some(bytes)),
        None => {}
    }
    args.long("--ttl", *ttl);
    args.long("--data-length", *data_length);
    args.switch(*bad_checksums, "--badsum");
    args.long("--scanflags", *scan_flags);
    if let Some(interface) = interface {
        // Apart: `-exclude` would be the long option of that name.
        args.0.extend(["-e".to_owned(), interface.clone()]);
    }
}

//! Options in the steps of a staged plan: which steps there are, and what is asked in each.

use super::{Detection, Options, PortChoice, PortList, PortSpec, Scripts, Technique};
use netscan_schemas::batch::Phase;

/// Packets a second, at least, of an nmap that only finds out which hosts are up.
const DISCOVERY_MIN_RATE: u32 = 300;

impl Options {
    /// Returns the steps that a staged plan has: no discovery where every address counts as up,
    /// and no last step where nothing is asked beyond ports. One that lists hosts only has none.
    pub fn phases(&self) -> Vec<Phase> {
        if self.technique.no_ports {
            return Vec::new();
        }
        let discovery = (!self.discovery.skip).then_some(Phase::Discovery);
        let services = self.asks_beyond_ports().then_some(Phase::Services);
        discovery.into_iter().chain([Phase::Ports]).chain(services).collect()
    }

    /// Returns whether something is asked of open ports or of the host behind them. IP protocols
    /// are no ports that something could listen on.
    fn asks_beyond_ports(&self) -> bool {
        self.is_heavy() && !self.technique.ip_protocols
    }

    /// Returns the options of a step. `open` are the ports that the last step is about; all that
    /// were asked for while they are not known.
    #[must_use]
    pub fn in_phase(&self, phase: Phase, open: Option<PortList>) -> Self {
        let mut options = self.clone();
        match phase {
            Phase::Discovery => {
                options.technique = Technique { no_ports: true, ..Technique::default() };
                options.ports = None;
                options.exclude_ports = None;
                options.sequential_ports = false;
                options.detection = Detection::default();
                options.scripts = Scripts::default();
                options.timing.script_timeout = None;
                options.timing.defeat_rst_ratelimit = false;
                options.timing.defeat_icmp_ratelimit = false;
                options.evasion.scan_flags = None;
                options.hurry_past_the_dead();
            }
            Phase::Ports if self.asks_beyond_ports() => {
                // The way to a host is asked of every host, whatever is open there.
                let traceroute = self.detection.traceroute;
                options.detection = Detection { traceroute, ..Detection::default() };
                options.scripts = Scripts::default();
                options.timing.script_timeout = None;
            }
            Phase::Ports => {}
            Phase::Services => {
                options.detection.traceroute = false;
                if let Some(open) = open {
                    options.technique.narrow_to(&open);
                    options.ports = Some(PortChoice::List(open));
                    options.exclude_ports = None;
                }
            }
        }
        options
    }

    /// Gives nmap a rate where the user left it open and is in no mind to be gentle. Among addresses
    /// that are all dead it sends 10 probes a second (`nmap.md` §8), so that the 4 of each of 64 take
    /// 26 s; with this rate 64 took 2.9 s. With living ones among them it makes no difference.
    fn hurry_past_the_dead(&mut self) {
        let timing = &mut self.timing;
        if !timing.is_gentle() && timing.min_rate.is_none() && timing.min_parallelism.is_none() {
            let bound = timing.max_rate.unwrap_or(DISCOVERY_MIN_RATE);
            timing.min_rate = Some(DISCOVERY_MIN_RATE.min(bound));
        }
    }

    /// Returns the options with every address counted as up: whether it is, is known already.
    #[must_use]
    pub fn without_discovery(&self) -> Self {
        let mut options = self.clone();
        options.discovery.skip = true;
        options
    }
}

impl Technique {
    /// Leaves out the kinds of scan that these ports have nothing for. At least one has.
    fn narrow_to(&mut self, ports: &PortList) {
        let has = |spec| ports.names(PortSpec::Any) || ports.names(spec);
        self.udp &= has(PortSpec::Udp);
        self.sctp_init &= has(PortSpec::Sctp);
        self.sctp_cookie &= has(PortSpec::Sctp);
        if !has(PortSpec::Tcp) {
            self.tcp = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Options {
        let flags: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Options::parse(&flags).unwrap().options
    }

    fn args(options: &Options) -> String {
        options.to_args().join(" ")
    }

    #[test]
    fn steps() {
        use Phase::{Discovery, Ports, Services};
        for (line, phases) in [
            ("-sS -F", &[Discovery, Ports][..]),
            ("-sS -sV", &[Discovery, Ports, Services]),
            ("-A", &[Discovery, Ports, Services]),
            ("-Pn -p80", &[Ports]),
            ("-Pn -O", &[Ports, Services]),
            ("-sn", &[]),
            ("-sO -sC", &[Discovery, Ports]),
        ] {
            assert_eq!(options(line).phases(), phases, "{line}");
        }
    }

    #[test]
    fn what_is_asked_in_each_step() {
        let all = options(
            "-sSU -p1-100 --exclude-ports 9 -r -sV -O --traceroute -PS22 -T4 --max-retries 2 \
             --script=default --script-timeout 10s --defeat-rst-ratelimit",
        );
        let discovery = all.in_phase(Phase::Discovery, None);
        assert_eq!(args(&discovery), "-n -sn -PS22 -T4 --max-retries=2 --min-rate=300");
        for gentle in ["-T2", "--scan-delay 1s", "--min-rate 5", "--min-parallelism 5"] {
            let discovery = args(&options(gentle).in_phase(Phase::Discovery, None));
            assert!(!discovery.contains("--min-rate=300"), "{discovery}");
        }
        let bounded = options("--max-rate 50").in_phase(Phase::Discovery, None);
        assert!(args(&bounded).contains("--min-rate=50"), "{}", args(&bounded));
        let ports = all.in_phase(Phase::Ports, None);
        assert_eq!(
            args(&ports),
            "-n -sS -sU -PS22 -p1-100 --exclude-ports=9 -r --traceroute -T4 --max-retries=2 \
             --defeat-rst-ratelimit"
        );
        let open = PortList::parse("T:22,U:53").unwrap();
        let services = args(&all.in_phase(Phase::Services, Some(open)));
        for flag in ["-pT:22,U:53", "-sV", "-O", "--script=", "--script-timeout=10s", "-T4"] {
            assert!(services.contains(flag), "{services}");
        }
        for flag in ["--traceroute", "--exclude-ports"] {
            assert!(!services.contains(flag), "{services}");
        }
        let udp = PortList::of_runs([(PortSpec::Udp, 53..=53), (PortSpec::Udp, 54..=54)]);
        let udp = args(&all.in_phase(Phase::Services, Some(udp)));
        assert!(udp.contains("-sU") && udp.contains("-pU:53-54") && !udp.contains("-sS"), "{udp}");
    }

    #[test]
    fn a_scan_of_ports_alone_keeps_all_its_options_in_their_step() {
        let all = options("-sS -p- --traceroute -T4");
        assert_eq!(all.in_phase(Phase::Ports, None), all);
    }
}

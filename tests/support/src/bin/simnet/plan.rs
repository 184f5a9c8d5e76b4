//! Plans: which address behaves how.

use crate::addresses::{BLOCKS, Range};
use crate::behaviour::{Behaviour, Kind, Path, key_and_value};
use std::net::IpAddr;

/// A line that says nothing that can be simulated.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the plan: {why}")]
pub(crate) struct PlanError {
    line: usize,
    why: String,
}

/// Some addresses that behave alike.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) hosts: Range,
    pub(crate) behaviour: Behaviour,
}

#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of the plan: the first one that holds an address speaks for it.
    pub(crate) rules: Vec<Rule>,
    default: Behaviour,
}

impl Plan {
    pub(crate) fn parse(text: &str) -> Result<Self, PlanError> {
        let default = Behaviour::of(Kind::Dead, Path::default());
        let mut plan = Self { rules: Vec::new(), default };
        let mut path = Path::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let added = plan.add(line, &mut path);
                added.map_err(|why| PlanError { line: index + 1, why })?;
            }
        }
        Ok(plan)
    }

    fn add(&mut self, line: &str, path: &mut Path) -> Result<(), String> {
        let (subject, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match subject {
            "set" => {
                for word in rest.split_whitespace() {
                    let (key, value) = key_and_value(word)?;
                    if !path.take(key, value)? {
                        return Err(format!("`{key}` cannot be set for all"));
                    }
                }
            }
            "default" => self.default = Behaviour::parse(rest, *path)?,
            _ => {
                let hosts = Range::parse(subject)
                    .ok_or_else(|| format!("`{subject}` is no address and no range of them"))?;
                if !hosts.is_simulated() {
                    let [v4, v6] = BLOCKS;
                    return Err(format!("`{subject}` is not within {v4} or {v6}"));
                }
                self.rules.push(Rule { hosts, behaviour: Behaviour::parse(rest, *path)? });
            }
        }
        Ok(())
    }

    pub(crate) fn behaviour_of(&self, address: IpAddr) -> &Behaviour {
        let rule = self.rules.iter().find(|rule| rule.hosts.contains(address));
        rule.map_or(&self.default, |rule| &rule.behaviour)
    }

    pub(crate) fn names_ipv6(&self) -> bool {
        self.rules.iter().any(|rule| rule.hosts.is_ipv6())
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::behaviour::{Kind, PortState};
    use std::time::Duration;

    #[test]
    fn the_first_line_that_names_an_address_speaks_for_it() {
        let plan = Plan::parse(
            "# a comment\n\n\
             10.99.0.7 dead\n\
             default filtered\n\
             10.99.0.0/28 live open=80,22\n\
             10.99.0.0/24 tarpit then=silence\n\
             fd00:99::/112 limited rate=5 burst=3\n",
        )
        .unwrap();
        for (address, kind) in [
            ("10.99.0.7", Kind::Dead),
            ("10.99.0.8", Kind::Live),
            ("10.99.0.16", Kind::Tarpit { keeps: false }),
            ("10.99.1.0", Kind::Filtered),
            ("fd00:99::1", Kind::Limited { rate: 5, burst: 3 }),
        ] {
            assert_eq!(plan.behaviour_of(address.parse().unwrap()).kind, kind, "{address}");
        }
        let nobody = Plan::parse("").unwrap();
        assert_eq!(nobody.behaviour_of("10.99.0.7".parse().unwrap()).kind, Kind::Dead);
        assert!(plan.names_ipv6() && !nobody.names_ipv6());
    }

    #[test]
    fn each_kind_has_its_defaults() {
        use PortState::{Closed, Filtered, Open};
        // With ports 22 and 53: TCP 22, another one, UDP 53, another one, ping, up.
        for (kind, tcp, udp, ping, is_up) in [
            ("live open=22 udp=53", [Open, Closed], [Open, Closed], true, true),
            ("limited open=20-30", [Open, Closed], [Closed, Closed], true, true),
            ("slow ping=no", [Closed, Closed], [Closed, Closed], false, true),
            ("filtered open=22", [Open, Filtered], [Filtered, Filtered], false, true),
            ("filtered udp=53", [Filtered, Filtered], [Open, Filtered], false, true),
            ("filtered ping=yes", [Filtered, Filtered], [Filtered, Filtered], true, true),
            ("filtered", [Filtered, Filtered], [Filtered, Filtered], false, false),
            ("tarpit", [Open, Open], [Filtered, Filtered], true, true),
            ("dead", [Filtered, Filtered], [Filtered, Filtered], false, false),
        ] {
            let plan = Plan::parse(&format!("10.99.0.1 {kind}")).unwrap();
            let host = plan.behaviour_of("10.99.0.1".parse().unwrap());
            assert_eq!([host.tcp(22), host.tcp(99)], tcp, "{kind}");
            assert_eq!([host.udp(53), host.udp(99)], udp, "{kind}");
            assert_eq!((host.ping, host.is_up()), (ping, is_up), "{kind}");
        }
    }

    #[test]
    fn paths_are_set_for_the_lines_below() {
        let plan = Plan::parse(
            "10.99.0.1 live\n\
             set rtt=40ms jitter=500us loss=10\n\
             10.99.0.2 live\n\
             10.99.0.3 live rtt=1s loss=0\n\
             10.99.0.4 slow\n",
        )
        .unwrap();
        for (address, rtt_ms, jitter_us, loss) in [
            ("10.99.0.1", 0, 0, 0),
            ("10.99.0.2", 40, 500, 10),
            ("10.99.0.3", 1000, 500, 0),
            ("10.99.0.4", 500, 500, 10),
        ] {
            let path = plan.behaviour_of(address.parse().unwrap()).path;
            assert_eq!(path.rtt, Duration::from_millis(rtt_ms), "{address}");
            assert_eq!(path.jitter, Duration::from_micros(jitter_us), "{address}");
            assert_eq!(path.loss, loss, "{address}");
        }
    }

    #[test]
    fn what_is_no_plan() {
        for (line, why) in [
            ("10.99.0.x live", "`10.99.0.x` is no address and no range of them"),
            ("10.98.0.1 live", "`10.98.0.1` is not within 10.99.0.0/16 or fd00:99::/112"),
            ("10.99.0.1", "`` is no kind of host"),
            ("10.99.0.1 alive", "`alive` is no kind of host"),
            ("10.99.0.1 live open", "`open` is not written as `key=value`"),
            ("10.99.0.1 live open=80-22", "`80-22` is no port and no range of ports"),
            ("10.99.0.1 live rate=3", "a `live` host has no `rate`"),
            ("10.99.0.1 dead open=22", "a `dead` host has no `open`"),
            ("10.99.0.1 tarpit open=22", "a `tarpit` host has no `open`"),
            ("10.99.0.1 tarpit then=talk", "`then` is `silence` or `accept`"),
            ("10.99.0.1 limited rate=0", "`rate` is a number above 0"),
            ("10.99.0.1 live ping=maybe", "`ping` is `no` or `yes`"),
            ("10.99.0.1 live loss=1001", "`loss` is 0 to 1000, per mille"),
            ("10.99.0.1 live rtt=40", "`40` is no duration such as `500us`, `40ms`, `1s`"),
            ("10.99.0.1 live rtt=é", "`é` is no duration such as `500us`, `40ms`, `1s`"),
            ("10.99.0.1 live rtt=2h", "`2h` is no duration such as `500us`, `40ms`, `1s`"),
            ("set open=22", "`open` cannot be set for all"),
        ] {
            let error = Plan::parse(&format!("\n{line}")).unwrap_err();
            assert_eq!(error.to_string(), format!("line 2 of the plan: {why}"));
        }
    }
}

//! Lists of ports, kept sorted and merged: two spellings of one list are equal.

use std::fmt;

/// Items that a list of ports may have.
const ITEMS_MAX: usize = 1000;

/// Which ports are probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortChoice {
    /// These (`-p`).
    List(PortList),
    /// The 100 most common ones (`-F`).
    Fast,
    /// This many of the most common ones (`--top-ports`).
    Top(u16),
    /// Those that are open on more than this ratio of hosts, in millionths (`--port-ratio`).
    Ratio(u32),
}

/// Which protocols a port of a list is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortSpec {
    /// Every one that is scanned.
    Any,
    /// TCP (`T:`).
    Tcp,
    /// UDP (`U:`).
    Udp,
    /// SCTP (`S:`).
    Sctp,
}

/// Ports, each meant for one protocol or for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortList {
    /// By protocol, from port to port. Sorted, without overlap, neighbours merged.
    runs: Vec<(PortSpec, u16, u16)>,
}

impl PortList {
    /// Returns the list that is written like `22,80-90,U:53,T:-1024`, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut spec = PortSpec::Any;
        let mut runs = Vec::new();
        for (count, item) in text.split(',').enumerate() {
            if count == ITEMS_MAX {
                return Err(format!("more than {ITEMS_MAX} ports or ranges"));
            }
            let range = match item.split_once(':') {
                None => item,
                Some((prefix, range)) => {
                    spec = read_prefix(prefix)?;
                    range
                }
            };
            let (first, last) = read_range(range)?;
            runs.push((spec, first, last));
        }
        Ok(Self::merged(runs))
    }

    /// Returns the list of these runs of ports, each for one protocol or for all.
    pub fn of_runs(
        runs: impl IntoIterator<Item = (PortSpec, std::ops::RangeInclusive<u16>)>,
    ) -> Self {
        let runs = runs.into_iter().filter(|(_, run)| !run.is_empty());
        Self::merged(runs.map(|(spec, run)| (spec, *run.start(), *run.end())).collect())
    }

    fn merged(mut runs: Vec<(PortSpec, u16, u16)>) -> Self {
        runs.sort_unstable();
        let mut merged: Vec<(PortSpec, u16, u16)> = Vec::with_capacity(runs.len());
        for (spec, first, last) in runs {
            match merged.last_mut() {
                Some(held) if held.0 == spec && first <= held.2.saturating_add(1) => {
                    held.2 = held.2.max(last);
                }
                _ => merged.push((spec, first, last)),
            }
        }
        Self { runs: merged }
    }

    /// Returns the runs of ports in ascending order, those for all protocols first.
    pub fn parts(&self) -> impl Iterator<Item = (PortSpec, std::ops::RangeInclusive<u16>)> + '_ {
        self.runs.iter().map(|&(spec, first, last)| (spec, first..=last))
    }

    /// Returns whether it has a port for just this protocol.
    pub fn names(&self, spec: PortSpec) -> bool {
        self.runs.iter().any(|run| run.0 == spec)
    }

    /// Returns how many ports it has.
    pub fn count(&self) -> usize {
        self.parts().map(|(_, ports)| ports.len()).sum()
    }

    /// Returns the highest port, 0 when there is none.
    pub fn highest(&self) -> u16 {
        self.runs.iter().map(|run| run.2).max().unwrap_or(0)
    }

    /// Returns whether it has no port.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

fn read_prefix(prefix: &str) -> Result<PortSpec, String> {
    match prefix {
        "T" => Ok(PortSpec::Tcp),
        "U" => Ok(PortSpec::Udp),
        "S" => Ok(PortSpec::Sctp),
        _ => Err(format!("`{prefix}:` is not one of T:, U: and S:")),
    }
}

/// Returns both ends of `80`, `80-90`, `-90`, `80-` or `-`. As nmap has it, a range that is open
/// below starts at 1.
fn read_range(range: &str) -> Result<(u16, u16), String> {
    let (first, last) = match range.split_once('-') {
        None => {
            let port = read_port(range)?;
            (port, port)
        }
        Some((first, last)) => {
            let first = if first.is_empty() { 1 } else { read_port(first)? };
            let last = if last.is_empty() { u16::MAX } else { read_port(last)? };
            (first, last)
        }
    };
    if first > last {
        Err(format!("the range `{range}` runs backwards"))
    } else {
        Ok((first, last))
    }
}

fn read_port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let hint = if text.starts_with('=') { "; write it without `=`" } else { "" };
    digits.then(|| text.parse().ok()).flatten().ok_or_else(|| {
        format!("`{text}` is not a port from 0 to 65535, and names are not taken{hint}")
    })
}

/// As nmap reads it: what is meant for all protocols stands first, as a prefix holds until the
/// next one.
impl fmt::Display for PortList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut held = PortSpec::Any;
        for (count, &(spec, first, last)) in self.runs.iter().enumerate() {
            if count > 0 {
                f.write_str(",")?;
            }
            if spec != held {
                f.write_str(match spec {
                    PortSpec::Any => "",
                    PortSpec::Tcp => "T:",
                    PortSpec::Udp => "U:",
                    PortSpec::Sctp => "S:",
                })?;
                held = spec;
            }
            if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        match PortList::parse(text) {
            Ok(list) => list.to_string(),
            Err(reason) => reason,
        }
    }

    #[test]
    fn lists() {
        for (text, expected) in [
            ("22,80-82", "22,80-82"),
            ("82,80,81,22,22", "22,80-82"),
            ("-", "1-65535"),
            ("-1024", "1-1024"),
            ("65000-", "65000-65535"),
            ("0", "0"),
            ("0-", "0-65535"),
            ("65535,1-65534", "1-65535"),
            ("U:53,T:80,443", "T:80,443,U:53"),
            ("22,U:53,S:1,T:80", "22,T:80,U:53,S:1"),
            ("080", "80"),
            ("80-79", "the range `80-79` runs backwards"),
            ("65536", "`65536` is not a port from 0 to 65535, and names are not taken"),
            ("http", "`http` is not a port from 0 to 65535, and names are not taken"),
            (
                "=80",
                "`=80` is not a port from 0 to 65535, and names are not taken; write it without `=`",
            ),
            ("P:6", "`P:` is not one of T:, U: and S:"),
            ("t:6", "`t:` is not one of T:, U: and S:"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        for text in
            ["", ",", "22,", "1-2-3", "+1", "T:", "T:U:1", "[1-100]", "*", "http*", "0x50", "1 2"]
        {
            assert!(PortList::parse(text).is_err(), "{text}");
        }
        let many = vec!["1"; ITEMS_MAX + 1].join(",");
        assert!(PortList::parse(&many).is_err());
        assert!(PortList::parse(&many[2..]).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(items in prop::collection::vec((0u8..4, any::<u16>(), any::<u16>()), 1..30)) {
            let items: Vec<_> = items.iter().map(|(spec, a, b)| {
                (["T:", "U:", "S:", "T:"][usize::from(*spec)], a.min(b), a.max(b))
            }).collect();
            let text: Vec<_> = items.iter().map(|(spec, a, b)| format!("{spec}{a}-{b}")).collect();
            let list = PortList::parse(&text.join(",")).unwrap();
            prop_assert_eq!(&PortList::parse(&list.to_string()).unwrap(), &list);
            // Every port that was written is in it, and no other.
            for (spec, kind) in [("T:", PortSpec::Tcp), ("U:", PortSpec::Udp), ("S:", PortSpec::Sctp)] {
                for port in [0u16, 1, 79, 80, 1024, 40_000, 65_535] {
                    let wanted = items.iter().any(|i| i.0 == spec && (*i.1..=*i.2).contains(&port));
                    let held = list.parts().any(|(s, run)| s == kind && run.contains(&port));
                    prop_assert_eq!(wanted, held);
                }
            }
        }
    }
}

//! What is scanned. The first rows are those of the measurements that batching was designed by;
//! the others vary delay, loss and where the dead addresses are, so that nothing is fitted to one.

use std::net::Ipv4Addr;

/// A network, its targets and nmap's flags.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// As `simnet` reads it.
    pub(crate) plan: &'static str,
    /// CIDR blocks.
    pub(crate) targets: &'static [&'static str],
    pub(crate) flags: &'static str,
    /// Fixed splits to compare with, the best known ones.
    pub(crate) splits: &'static [&'static str],
}

impl Row {
    pub(crate) fn flags(&self) -> impl Iterator<Item = &'static str> {
        self.flags.split_whitespace()
    }

    /// Returns all targets, sorted.
    pub(crate) fn addresses(&self) -> Vec<Ipv4Addr> {
        let mut addresses: Vec<_> = self.targets.iter().flat_map(|block| members(block)).collect();
        addresses.sort_unstable();
        addresses
    }
}

/// Returns the addresses of a CIDR block; the rows below are all there is, and a test reads them.
fn members(block: &str) -> Vec<Ipv4Addr> {
    let Some((first, bits)) = block.split_once('/') else { return Vec::new() };
    match (first.parse::<Ipv4Addr>(), bits.parse::<u32>()) {
        (Ok(first), Ok(bits @ 8..=32)) => {
            let first = u32::from(first);
            (first..=first + ((1 << (32 - bits)) - 1)).map(Ipv4Addr::from).collect()
        }
        _ => Vec::new(),
    }
}

/// 60 % live, 10 % filtered, 30 % dead, in turn.
macro_rules! mixed {
    ($rtt:literal, $loss:literal, $($low:literal)*) => {
        concat!("set rtt=", $rtt, " loss=", $loss, "\n",
            $("10.99.0.", $low, "0-10.99.0.", $low, "5 live open=22,80\n",
              "10.99.0.", $low, "6 filtered open=443\n",)*)
    };
}

/// The same, a kind after the other.
macro_rules! blocks {
    ($rtt:literal, $loss:literal) => {
        concat!(
            "set rtt=",
            $rtt,
            " loss=",
            $loss,
            "\n",
            "10.99.0.0-10.99.0.153 live open=22,80\n10.99.0.154-10.99.0.179 filtered open=443\n"
        )
    };
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "loopback",
        about: "processors are the limit: 4,096 addresses of loopback, connect scan",
        plan: "",
        targets: &["127.0.0.0/20"],
        flags: "-sT -Pn --top-ports 100",
        splits: &["2x2", "8x2"],
    },
    Row {
        name: "live-1024",
        about: "1,024 live hosts, 40 ms, 1 % loss",
        plan: "set rtt=40ms loss=10\n10.99.0.0/22 live open=22,80\n",
        targets: &["10.99.0.0/22"],
        flags: "-sS -F",
        splits: &["64x64", "128x128"],
    },
    Row {
        name: "live-1024-connect",
        about: "the same by connect scan",
        plan: "set rtt=40ms loss=10\n10.99.0.0/22 live open=22,80\n",
        targets: &["10.99.0.0/22"],
        flags: "-sT -F",
        splits: &["64x64"],
    },
    Row {
        name: "live-256",
        about: "256 live hosts, 40 ms, 1 % loss",
        plan: "set rtt=40ms loss=10\n10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sS -F",
        splits: &["16x16", "32x32"],
    },
    Row {
        name: "live-256-connect",
        about: "the same by connect scan",
        plan: "set rtt=40ms loss=10\n10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sT -F",
        splits: &["16x16", "32x32"],
    },
    Row {
        name: "mix",
        about: "60 % live, 10 % filtered, 30 % dead, in turn, with discovery",
        plan: mixed!("40ms", "10", "" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14"
            "15" "16" "17" "18" "19" "20" "21" "22" "23" "24"),
        targets: &["10.99.0.0/24"],
        flags: "-sS -F",
        splits: &["16x16", "64x64"],
    },
    Row {
        name: "mix-pn",
        about: "the same without",
        plan: mixed!("40ms", "10", "" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14"
            "15" "16" "17" "18" "19" "20" "21" "22" "23" "24"),
        targets: &["10.99.0.0/24"],
        flags: "-sS -F -Pn",
        splits: &["16x16", "16x16s"],
    },
    Row {
        name: "mix-pn-connect",
        about: "the same by connect scan",
        plan: mixed!("40ms", "10", "" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14"
            "15" "16" "17" "18" "19" "20" "21" "22" "23" "24"),
        targets: &["10.99.0.0/24"],
        flags: "-sT -F -Pn",
        splits: &["16x16", "16x16s"],
    },
    Row {
        name: "blocks",
        about: "60 % live, then 10 % filtered, then 30 % dead, with discovery",
        plan: blocks!("40ms", "10"),
        targets: &["10.99.0.0/24"],
        flags: "-sS -F",
        splits: &["16x16", "64x64"],
    },
    Row {
        name: "blocks-pn",
        about: "the same without",
        plan: blocks!("40ms", "10"),
        targets: &["10.99.0.0/24"],
        flags: "-sS -F -Pn",
        splits: &["16x16s"],
    },
    Row {
        name: "subnets-pn",
        about: "four /24, two of them dead, without discovery",
        plan: "set rtt=40ms loss=10\n10.99.0.0/24 live open=22,80\n10.99.2.0/24 live open=443\n",
        targets: &["10.99.0.0/22"],
        flags: "-sS -F -Pn",
        splits: &["64x64s", "64x16s"],
    },
    Row {
        name: "limited",
        about: "/24 at 10 ms, 3 hosts send at most 20 RSTs a second",
        plan: "set rtt=10ms\n10.99.0.50 limited rate=20 open=22,80\n\
               10.99.0.120 limited rate=20 open=22,80\n10.99.0.200 limited rate=20 open=22,80\n\
               10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sS -p1-300",
        splits: &["16x16"],
    },
    Row {
        name: "silent",
        about: "/24 at 10 ms, 3 silent hosts, 1,000 ports, without discovery",
        plan: "set rtt=10ms\n10.99.0.50 filtered\n10.99.0.120 filtered\n10.99.0.200 filtered\n\
               10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sS -Pn",
        splits: &["16x16"],
    },
    Row {
        name: "near",
        about: "256 live hosts, 10 ms, no loss",
        plan: "set rtt=10ms\n10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sS -F",
        splits: &["2x2", "4x4", "16x16"],
    },
    Row {
        name: "far",
        about: "256 live hosts, 200 ms, 1 % loss",
        plan: "set rtt=200ms loss=10\n10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sS -F",
        splits: &["16x16", "32x32"],
    },
    Row {
        name: "lossy",
        about: "256 live hosts, 40 ms, 4 % loss",
        plan: "set rtt=40ms loss=40\n10.99.0.0/24 live open=22,80\n",
        targets: &["10.99.0.0/24"],
        flags: "-sS -F",
        splits: &["16x16", "32x32"],
    },
];

#[cfg(test)]
mod tests {
    use super::ROWS;
    use crate::contender::Contender;

    #[test]
    fn rows_can_be_read() {
        for row in ROWS {
            assert!(row.addresses().len() >= 256, "{}", row.name);
            assert!(!row.splits.is_empty(), "{}", row.name);
            for split in row.splits {
                Contender::split(split).expect(row.name);
            }
        }
    }
}

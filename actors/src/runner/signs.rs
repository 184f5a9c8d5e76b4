//! What nmap lets be seen of hosts that it has not finished: signs of life, open ports that `-v`
//! announces, and whether it gets on at all.

use netscan_nmap::{
    lines::{discovered_port, is_tick},
    xml::Item,
};
use netscan_schemas::{AddressSet, host::PortId, limits};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Signs that an attempt has shown so far.
#[derive(Debug, Default)]
pub struct Signs {
    hinted: BTreeSet<IpAddr>,
    announced: BTreeMap<IpAddr, BTreeSet<PortId>>,
    ports: usize,
    dropped_ports: u64,
    /// The task and percentage of the newest tick.
    progress: Option<(String, f32)>,
    /// Whether anything has happened since it was asked last.
    has_news: bool,
}

impl Signs {
    /// Takes a line of normal output.
    pub fn on_line(&mut self, line: &str) {
        self.has_news |= !is_tick(line);
        if let Some((address, number, protocol)) = discovered_port(line) {
            self.announce(address, PortId { protocol, number });
        }
    }

    fn announce(&mut self, address: IpAddr, port: PortId) {
        if self.ports >= limits::PROVISIONAL_PORTS_MAX {
            self.dropped_ports += 1;
            return;
        }
        self.ports += usize::from(self.announced.entry(address).or_default().insert(port));
    }

    /// Takes an item of the XML document.
    pub fn on_item(&mut self, item: &Item) {
        match item {
            Item::Hint { address } => {
                self.has_news |= self.hinted.insert(*address);
            }
            Item::Progress { task, percent, .. } => {
                let held = self.progress.as_ref();
                let is_new = held.is_none_or(|(held, at)| held != task || at != percent);
                if is_new {
                    self.progress = Some((task.clone(), *percent));
                    self.has_news = true;
                }
            }
            Item::Started { .. } | Item::Host(_) | Item::Task | Item::Skipped { .. } => {
                self.has_news = true;
            }
        }
    }

    /// Returns whether anything but ticks came since the last call.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// Returns the addresses that showed life.
    pub fn alive(&self) -> AddressSet {
        AddressSet::from_addresses(self.hinted.iter().chain(self.announced.keys()).copied())
    }

    /// Returns announced ports that were not kept.
    pub fn dropped_ports(&self) -> u64 {
        self.dropped_ports
    }

    /// Returns the announced ports of those of these addresses that have any.
    pub fn announced_of(&self, addresses: &AddressSet) -> Vec<(IpAddr, Vec<PortId>)> {
        let of = self.announced.iter().filter(|(address, _)| addresses.contains(**address));
        of.map(|(address, ports)| (*address, ports.iter().copied().collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::host::Protocol;

    fn tick(task: &str, percent: f32) -> Item {
        Item::Progress { task: task.into(), percent, remaining_secs: None }
    }

    #[test]
    fn ticks_alone_are_no_progress() {
        let mut signs = Signs::default();
        signs.on_item(&tick("SYN Stealth Scan", 10.0));
        assert!(signs.take_news());
        assert!(!signs.take_news());
        signs.on_item(&tick("SYN Stealth Scan", 10.0));
        signs.on_line("Stats: 0:00:01 elapsed; 0 hosts completed (1 up), 1 undergoing Scan");
        signs.on_line("SYN Stealth Scan Timing: About 10.00% done");
        assert!(!signs.take_news());
        for item in [tick("SYN Stealth Scan", 10.5), tick("NSE", 10.5), Item::Task] {
            signs.on_item(&item);
            assert!(signs.take_news(), "{item:?}");
        }
        signs.on_line("Discovered open port 22/tcp on 127.0.0.1");
        assert!(signs.take_news());
    }

    #[test]
    fn signs_of_life_and_announced_ports_are_kept_by_address() {
        let mut signs = Signs::default();
        for line in [
            "Discovered open port 443/tcp on 127.0.0.1",
            "Discovered open port 22/tcp on 127.0.0.1",
            "Discovered open port 22/tcp on 127.0.0.1",
            "Discovered open port 53/udp on 127.0.0.2",
        ] {
            signs.on_line(line);
        }
        signs.on_item(&Item::Hint { address: "127.0.0.9".parse().unwrap() });
        assert_eq!(signs.alive().to_ranges(), ["127.0.0.1-2", "127.0.0.9"]);
        let first = AddressSet::from_addresses(["127.0.0.1".parse().unwrap()]);
        let ports = signs.announced_of(&first);
        let tcp = |number| PortId { protocol: Protocol::Tcp, number };
        assert_eq!(ports, [("127.0.0.1".parse().unwrap(), vec![tcp(22), tcp(443)])]);
    }

    #[test]
    fn announced_ports_are_bounded_and_the_rest_is_counted() {
        let mut signs = Signs::default();
        for number in 0..=u16::MAX {
            for octet in [1, 2] {
                signs.on_line(&format!("Discovered open port {number}/tcp on 127.0.0.{octet}"));
            }
        }
        assert_eq!(signs.ports, limits::PROVISIONAL_PORTS_MAX);
        assert_eq!(signs.dropped_ports(), 131_072 - limits::PROVISIONAL_PORTS_MAX as u64);
    }
}

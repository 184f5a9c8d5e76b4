//! Counts what hosts have in common.

use netscan_schemas::{
    api::{HostFacets, PortCount, ValueCount, VerdictCount},
    host::Protocol,
    scan::Verdict,
    stored::HostRecord,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// Rows of a list.
const SHOWN: usize = 50;

/// What was counted so far.
#[derive(Debug)]
pub struct Facets {
    /// The state of the ports that are looked at.
    state: String,
    hosts: u64,
    /// Ports that were looked at, whatever their state.
    ports_seen: u64,
    verdicts: BTreeMap<Verdict, u64>,
    ports: HashMap<(Protocol, u16), OnePort>,
    services: HashMap<String, u64>,
    products: HashMap<String, u64>,
}

#[derive(Debug, Default)]
struct OnePort {
    hosts: u64,
    services: BTreeMap<String, u64>,
}

impl Facets {
    /// Returns none, of ports in this state.
    pub fn of_ports(state: &str) -> Self {
        Self {
            state: state.to_owned(),
            hosts: 0,
            ports_seen: 0,
            verdicts: BTreeMap::new(),
            ports: HashMap::new(),
            services: HashMap::new(),
            products: HashMap::new(),
        }
    }

    /// Counts a host: once for each value that it has, on however many ports.
    pub fn add(&mut self, host: &HostRecord) {
        self.hosts += 1;
        *self.verdicts.entry(host.verdict).or_default() += 1;
        let ports = &host.finding.ports;
        self.ports_seen += ports.len() as u64;
        let (mut numbers, mut services) = (BTreeSet::new(), BTreeSet::new());
        let mut products = BTreeSet::new();
        for port in ports.iter().filter(|port| port.state == self.state) {
            if !numbers.insert((port.protocol, port.number)) {
                continue;
            }
            let counted = self.ports.entry((port.protocol, port.number)).or_default();
            counted.hosts += 1;
            let Some(service) = &port.service else { continue };
            if !service.name.is_empty() {
                add_one(&mut counted.services, &service.name);
                services.insert(service.name.as_str());
            }
            products.extend(service.product.as_deref().filter(|text| !text.is_empty()));
        }
        for service in services {
            *self.services.entry(service.to_owned()).or_default() += 1;
        }
        for product in products {
            *self.products.entry(product.to_owned()).or_default() += 1;
        }
    }

    /// Returns how many ports were looked at.
    pub fn ports_seen(&self) -> u64 {
        self.ports_seen
    }

    /// Returns the most frequent of all.
    pub fn finish(self, complete: bool) -> HostFacets {
        let mut verdicts: Vec<VerdictCount> =
            self.verdicts.into_iter().map(|(value, count)| VerdictCount { value, count }).collect();
        verdicts.sort_by_key(|row| (Reverse(row.count), row.value));
        let mut ports: Vec<PortCount> = self
            .ports
            .into_iter()
            .map(|((protocol, port), OnePort { hosts, services })| {
                let most = services.into_iter().min_by_key(|(_, count)| Reverse(*count));
                PortCount { protocol, port, service: most.map(|(name, _)| name), count: hosts }
            })
            .collect();
        ports.sort_by_key(|row| (Reverse(row.count), row.protocol, row.port));
        ports.truncate(SHOWN);
        HostFacets {
            hosts: self.hosts,
            verdicts,
            ports,
            services: most_frequent(self.services),
            products: most_frequent(self.products),
            complete,
        }
    }
}

fn add_one(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

fn most_frequent(counts: HashMap<String, u64>) -> Vec<ValueCount> {
    let mut rows: Vec<ValueCount> =
        counts.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
    rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    rows.truncate(SHOWN);
    rows
}

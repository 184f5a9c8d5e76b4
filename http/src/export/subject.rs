//! What every export begins from: the scan, and what its report says at the top.

use netscan_schemas::{
    AddressSet, ScanId, Time,
    api::Scan,
    host::{PortId, Protocol},
    limits,
    stored::ScanSpec,
};
use netscan_store::{
    ReadError, Store,
    search::{Bounds, HostQuery},
};
use std::{collections::BTreeMap, sync::Arc};

/// Ports and services that a report charts.
const TOP_MAX: usize = 10;
/// Ports whose service is looked up for the chart of services; beyond them, they are of few hosts.
const NAMED_PORTS_MAX: usize = 64;

/// A scan to export.
#[derive(Clone)]
pub struct Subject {
    /// Where it is.
    pub store: Arc<Store>,
    /// As clients see it.
    pub scan: Arc<Scan>,
    /// As it was asked for.
    pub spec: Arc<ScanSpec>,
    /// What it scans.
    pub plan: Arc<AddressSet>,
    /// When the export was asked for.
    pub at: Time,
}

/// A bar of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What is counted.
    pub name: String,
    /// How many hosts.
    pub hosts: u64,
}

/// What a report charts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charts {
    /// The ports that are open on the most hosts, with a service's name.
    pub ports: Vec<Bar>,
    /// The same by the name of their service.
    pub services: Vec<Bar>,
    /// Different ports found open.
    pub different_ports: u64,
}

impl Subject {
    /// Returns the number of the scan.
    pub fn id(&self) -> ScanId {
        self.spec.id
    }

    /// Returns what to say of a scan that has not ended.
    pub fn caveat(&self) -> Option<String> {
        (!self.scan.status.has_ended()).then(|| {
            format!(
                "scan {} is {}: this is what is known at {}",
                self.id(),
                self.scan.status,
                self.at
            )
        })
    }

    /// Returns the title of a report.
    pub fn title(&self) -> String {
        match &self.scan.name {
            Some(name) => format!("Scan {}: {name}", self.id()),
            None => format!("Scan {}", self.id()),
        }
    }

    /// Counts ports and services. A port's service is the one that its first host has there.
    pub fn charts(&self) -> Result<Charts, ReadError> {
        let counts = self.store.open_port_counts(self.id())?;
        let different_ports = counts.len() as u64;
        let (mut ports, mut services) = (Vec::new(), BTreeMap::<String, u64>::new());
        for (port, hosts) in counts.into_iter().take(NAMED_PORTS_MAX) {
            let service = self.service_at(port)?;
            *services.entry(service.clone().unwrap_or_else(|| "unknown".into())).or_default() +=
                hosts;
            if ports.len() < TOP_MAX {
                let name = match service {
                    Some(service) => format!("{port} {service}"),
                    None => port.to_string(),
                };
                ports.push(Bar { name, hosts });
            }
        }
        let mut services: Vec<Bar> =
            services.into_iter().map(|(name, hosts)| Bar { name, hosts }).collect();
        services.sort_by(|a, b| b.hosts.cmp(&a.hosts).then_with(|| a.name.cmp(&b.name)));
        services.truncate(TOP_MAX);
        Ok(Charts { ports, services, different_ports })
    }

    fn service_at(&self, port: PortId) -> Result<Option<String>, ReadError> {
        let (protocol, number): (Protocol, u16) = (port.protocol, port.number);
        let query = HostQuery {
            port: Some(number),
            protocol: Some(protocol),
            state: Some("open".into()),
            ..HostQuery::default()
        };
        let bounds = Bounds { hosts: 1, reads: limits::SEARCH_READS_MAX };
        let page = self.store.hosts_matching(self.id(), &query, None, bounds)?;
        let found = page.hosts.first().and_then(|host| {
            let is_it = |p: &&netscan_schemas::host::Port| {
                p.protocol == protocol && p.number == number && p.state == "open"
            };
            host.finding.ports.iter().find(is_it)?.service.as_ref()
        });
        Ok(found.map(|service| service.name.clone()).filter(|name| !name.is_empty()))
    }
}

//! What is looked for, and whether a host is that.

use netscan_schemas::{
    AddressSet,
    host::{HostState, Port, Protocol},
    id::ProjectId,
    scan::Verdict,
    stored::HostRecord,
};

/// Which hosts are looked for. All that is given must hold; what is said of ports, of one port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostQuery {
    /// Of scans of these projects; none for all, and not asked of the hosts of one scan.
    pub projects: Option<Vec<ProjectId>>,
    /// At one of these addresses.
    pub addresses: Option<AddressSet>,
    /// As nmap calls it.
    pub status: Option<HostState>,
    /// What is known of it.
    pub verdict: Option<Verdict>,
    /// With this port, in any state unless that is given too.
    pub port: Option<u16>,
    /// With a port of this protocol.
    pub protocol: Option<Protocol>,
    /// With a port in this state, by nmap's name for it.
    pub state: Option<String>,
    /// With a port of this service, in lower case.
    pub service: Option<String>,
    /// With a port whose product has this text, in lower case.
    pub product: Option<String>,
    /// Words in lower case. Each opens the host's address, or is part of one of its names, services,
    /// products or versions.
    pub words: Vec<String>,
}

impl HostQuery {
    /// Takes a text apart into words.
    pub fn words_of(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_lowercase).collect()
    }

    /// Returns whether a host is looked for, the project of its scan apart.
    pub fn matches(&self, host: &HostRecord) -> bool {
        let finding = &host.finding;
        self.addresses.as_ref().is_none_or(|set| set.contains(finding.address))
            && self.status.is_none_or(|status| status == finding.state)
            && self.verdict.is_none_or(|verdict| verdict == host.verdict)
            && (!self.names_a_port() || finding.ports.iter().any(|port| self.matches_port(port)))
            && self.words.iter().all(|word| mentions(host, word))
    }

    fn names_a_port(&self) -> bool {
        self.port.is_some()
            || self.protocol.is_some()
            || self.state.is_some()
            || self.service.is_some()
            || self.product.is_some()
    }

    fn matches_port(&self, port: &Port) -> bool {
        let service = port.service.as_ref();
        self.port.is_none_or(|wanted| wanted == port.number)
            && self.protocol.is_none_or(|wanted| wanted == port.protocol)
            && self.state.as_ref().is_none_or(|wanted| *wanted == port.state)
            && self.service.as_ref().is_none_or(|wanted| {
                service.is_some_and(|service| service.name.to_lowercase() == *wanted)
            })
            && self.product.as_ref().is_none_or(|wanted| {
                let product = service.and_then(|service| service.product.as_ref());
                product.is_some_and(|product| product.to_lowercase().contains(wanted))
            })
    }
}

fn mentions(host: &HostRecord, word: &str) -> bool {
    host.finding.address.to_string().starts_with(word) || texts_mention(host, word)
}

/// Returns whether one of a host's names, services, products or versions has a word in it.
pub(super) fn texts_mention(host: &HostRecord, word: &str) -> bool {
    let has = |text: &String| text.to_lowercase().contains(word);
    host.finding.hostnames.iter().any(|name| has(&name.name))
        || host.finding.ports.iter().filter_map(|port| port.service.as_ref()).any(|service| {
            has(&service.name)
                || service.product.as_ref().is_some_and(has)
                || service.version.as_ref().is_some_and(has)
        })
}

//! Searching: the indexes find what going through all hosts finds, whatever was done to the store.

use crate::support::{Change, Fixture, address, addresses, open};
use netscan_schemas::{
    AddressSet, Time,
    host::{HostFinding, HostState, Hostname, Port, PortId, Protocol, Service},
    id::{AttemptNo, BatchId, ProjectId, ScanId},
    scan::Verdict,
    stored::HostRecord,
};
use netscan_store::{
    ScanFilter, Store, Write,
    search::{Bounds, HostQuery},
    upkeep::Closed,
};
use proptest::prelude::*;
use std::collections::HashMap;

const HOSTS: u32 = 40;
const PORTS: [u16; 4] = [22, 53, 80, 443];
const STATES: [&str; 4] = ["open", "closed", "open|filtered", "strange"];
const SERVICES: [&str; 4] = ["ssh", "HTTP", "domain", "10.0.0.1-alike"];
const PRODUCTS: [&str; 4] = ["OpenSSH", "Apache httpd", "nginx", "Größe"];
const VERSIONS: [&str; 3] = ["1.18.0", "9.2p1 Debian", "10.0.0.1"];
const NAMES: [&str; 3] = ["www.example.com", "Mail.example.com", "db-10"];

/// What is done to a store.
#[derive(Clone, Debug)]
enum Step {
    Found { scan: usize, hosts: Vec<HostFinding> },
    Announced { scan: usize, host: u32 },
    Delete { scan: usize },
    Begin { scan: usize },
}

fn pick<T: Clone + std::fmt::Debug + 'static>(from: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(from)
}

fn port() -> impl Strategy<Value = Port> {
    let text = |of: &'static [&'static str]| prop::option::of(pick(of));
    let long = prop::bool::weighted(0.05);
    let parts = (pick(&PORTS), pick(&STATES), any::<bool>(), text(&SERVICES));
    (parts, text(&PRODUCTS), text(&VERSIONS), long).prop_map(
        |((number, state, udp, name), product, version, long)| Port {
            protocol: if udp { Protocol::Udp } else { Protocol::Tcp },
            number,
            state: state.into(),
            reason: "".into(),
            service: name.map(|name| Service {
                name: name.into(),
                product: product.map(|text| if long { text.repeat(99) } else { text.into() }),
                version: version.map(Into::into),
                ..Service::default()
            }),
            scripts: Vec::new(),
        },
    )
}

fn finding() -> impl Strategy<Value = HostFinding> {
    let names = prop::collection::vec(pick(&NAMES), 0..2);
    let ports = prop::collection::vec(port(), 0..4);
    (0..HOSTS, 0..8u8, names, ports).prop_map(|(index, how, names, ports)| {
        let state = if how == 0 { HostState::Down } else { HostState::Up };
        let name = |name: &str| Hostname { name: name.into(), kind: "PTR".into() };
        let (timed_out, ports) = (how == 1, if how == 0 { Vec::new() } else { ports });
        let hostnames = names.into_iter().map(name).collect();
        HostFinding { timed_out, ports, hostnames, ..HostFinding::new(address(index), state) }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let scan = 0..4usize;
    prop_oneof![
        6 => (scan.clone(), prop::collection::vec(finding(), 1..20))
            .prop_map(|(scan, hosts)| Step::Found { scan, hosts }),
        1 => (scan.clone(), 0..HOSTS).prop_map(|(scan, host)| Step::Announced { scan, host }),
        1 => scan.clone().prop_map(|scan| Step::Delete { scan }),
        1 => scan.prop_map(|scan| Step::Begin { scan }),
    ]
}

fn query() -> impl Strategy<Value = (HostQuery, bool)> {
    const TEXTS: [&str; 14] = [
        "ssh",
        "http",
        "e",
        "example",
        "10.0.0.1",
        "10.0.0.",
        "10",
        "nginx",
        "größe",
        "debian",
        "mail",
        "nothing",
        "fd",
        "apache http",
    ];
    let option = |weight| prop::bool::weighted(weight);
    let choices = (option(0.3), option(0.2), option(0.3), option(0.2), option(0.2));
    let more = (option(0.2), option(0.15), option(0.4), option(0.2), option(0.1));
    let what = (pick(&PORTS), any::<bool>(), pick(&STATES), pick(&SERVICES), pick(&PRODUCTS));
    let rest = (pick(&TEXTS), 0..HOSTS, 0..HOSTS, 0..3u8);
    (choices, more, what, rest).prop_map(|(choices, more, what, rest)| {
        let (port, protocol, state, service, product) = choices;
        let (verdict, addresses, words, project, status) = more;
        let run = (rest.1.min(rest.2)..=rest.1.max(rest.2)).map(address);
        let one_of = [Verdict::Up, Verdict::TimedOut, Verdict::Unfinished];
        let query = HostQuery {
            projects: None, // it is set when there is one
            addresses: addresses.then(|| AddressSet::from_addresses(run)),
            status: status.then_some(HostState::Up),
            verdict: verdict.then_some(one_of[usize::from(rest.3)]),
            port: port.then_some(what.0),
            protocol: protocol.then_some(if what.1 { Protocol::Udp } else { Protocol::Tcp }),
            state: state.then(|| what.2.to_owned()),
            service: service.then(|| what.3.to_lowercase()),
            product: product.then(|| what.4.to_lowercase().chars().skip(1).take(2).collect()),
            words: if words { HostQuery::words_of(rest.0) } else { Vec::new() },
        };
        (query, project)
    })
}

/// Scans that are not deleted, by their place in the steps.
struct World {
    fixture: Fixture,
    projects: [ProjectId; 2],
    scans: HashMap<usize, (ScanId, BatchId)>,
}

impl World {
    fn new() -> Self {
        let fixture = Fixture::new();
        let projects = [fixture.project("a"), fixture.project("b")];
        Self { fixture, projects, scans: HashMap::new() }
    }

    fn scan(&mut self, place: usize) -> (ScanId, BatchId) {
        let project = self.projects[place % 2];
        let make = || self.fixture.scan(project, &addresses(HOSTS));
        *self.scans.entry(place).or_insert_with(make)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Found { scan, hosts } => {
                let (scan, batch) = self.scan(scan);
                self.fixture.record(scan, batch, 1, hosts);
            }
            Step::Announced { scan, host } => {
                let (scan, batch) = self.scan(scan);
                let ports = vec![PortId { protocol: Protocol::Tcp, number: 22 }];
                let mut write = Write::new();
                let hosts = vec![(address(host), ports)];
                write.record_provisional(scan, batch, AttemptNo(1), Time::from_secs(1), hosts);
                self.fixture.store.submit(write).wait().unwrap();
            }
            Step::Begin { scan } => drop(self.scan(scan)),
            Step::Delete { scan } => {
                if let Some((scan, _)) = self.scans.remove(&scan) {
                    self.fixture.end(scan);
                    self.fixture.store.delete_scan(scan).wait().unwrap();
                }
            }
        }
    }
}

/// Returns the hosts of all scans, the newest scan first.
fn all_hosts(store: &Store) -> Vec<(ProjectId, HostRecord)> {
    let filter = ScanFilter { descending: true, ..ScanFilter::default() };
    let scans = store.scans(&filter).unwrap();
    let of = |scan: netscan_store::ScanView| {
        let hosts = store.hosts(scan.spec.id, None, usize::MAX).unwrap();
        hosts.into_iter().map(move |host| (scan.spec.project_id, host))
    };
    scans.into_iter().flat_map(of).collect()
}

/// Returns whether a host is looked for, found out without the store's own words for it.
fn is_looked_for(query: &HostQuery, project: ProjectId, host: &HostRecord) -> bool {
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    let port = |port: &Port| {
        let service = port.service.clone().unwrap_or_default();
        query.port.is_none_or(|number| port.number == number)
            && query.protocol.is_none_or(|protocol| port.protocol == protocol)
            && query.state.as_deref().is_none_or(|state| port.state == state)
            && query.service.as_ref().is_none_or(|name| service.name.to_lowercase() == *name)
            && query.product.as_ref().is_none_or(|text| {
                lower(&service.product).is_some_and(|product| product.contains(text))
            })
    };
    let asks_for_port = query.port.is_some()
        || query.protocol.is_some()
        || query.state.is_some()
        || query.service.is_some()
        || query.product.is_some();
    let word = |word: &String| {
        let mut texts: Vec<String> =
            host.finding.hostnames.iter().map(|name| name.name.to_lowercase()).collect();
        for service in host.finding.ports.iter().filter_map(|port| port.service.as_ref()) {
            texts.push(service.name.to_lowercase());
            texts.extend(lower(&service.product));
            texts.extend(lower(&service.version));
        }
        texts.iter().any(|text| text.contains(word))
            || host.finding.address.to_string().starts_with(word)
    };
    query.projects.as_ref().is_none_or(|wanted| wanted.contains(&project))
        && query.addresses.as_ref().is_none_or(|set| set.contains(host.finding.address))
        && query.status.is_none_or(|status| status == host.finding.state)
        && query.verdict.is_none_or(|verdict| verdict == host.verdict)
        && (!asks_for_port || host.finding.ports.iter().any(port))
        && query.words.iter().all(word)
}

/// Returns all that a search finds, page by page.
pub fn found(store: &Store, query: &HostQuery, bounds: Bounds) -> Vec<HostRecord> {
    let (mut hosts, mut after) = (Vec::new(), None);
    for _ in 0..10_000 {
        let page = store.search(query, after, bounds).unwrap();
        assert!(page.hosts.len() <= bounds.hosts);
        hosts.extend(page.hosts);
        assert!(page.next.is_none() || page.next != after, "it does not get on");
        after = page.next;
        if after.is_none() {
            return hosts;
        }
    }
    panic!("it does not end: {after:?}");
}

/// Returns all that a search of one scan finds, page by page.
pub fn found_in_scan(
    store: &Store,
    scan: ScanId,
    query: &HostQuery,
    bounds: Bounds,
) -> Vec<HostRecord> {
    let (mut hosts, mut after) = (Vec::new(), None);
    loop {
        let page = store.hosts_matching(scan, query, after, bounds).unwrap();
        assert!(page.hosts.len() <= bounds.hosts);
        hosts.extend(page.hosts);
        assert!(page.next.is_none() || page.next > after, "it does not get on");
        after = page.next;
        if after.is_none() {
            return hosts;
        }
    }
}

fn sorted(mut hosts: Vec<HostRecord>) -> Vec<HostRecord> {
    hosts.sort_by_key(|host| (std::cmp::Reverse(host.scan_id), host.id));
    hosts
}

/// Returns hosts as scan, number and address, which tells more at a glance.
fn short(hosts: &[HostRecord]) -> Vec<String> {
    let short =
        |host: &HostRecord| format!("{}/{} {}", host.scan_id, host.id, host.finding.address);
    hosts.iter().map(short).collect()
}

/// Checks that a search finds what going through all hosts finds, in all scans and in each.
pub fn compare(store: &Store, query: &HostQuery, bounds: Bounds) {
    let all = all_hosts(store);
    let wanted: Vec<HostRecord> = all
        .iter()
        .filter(|(project, host)| is_looked_for(query, *project, host))
        .map(|(_, host)| host.clone())
        .collect();
    let by_search = found(store, query, bounds);
    assert_eq!(short(&sorted(by_search.clone())), short(&wanted), "{query:?}");
    assert_eq!(sorted(by_search.clone()), wanted, "{query:?}");
    let by_lists = query.addresses.is_none() && query.words.is_empty();
    if by_lists {
        assert_eq!(by_search, wanted, "the order is not the promised one: {query:?}");
    }
    let in_scan = HostQuery { projects: None, ..query.clone() };
    for scan in store.scans(&ScanFilter::default()).unwrap() {
        let id = scan.spec.id;
        let wanted: Vec<HostRecord> = all
            .iter()
            .filter(|(project, host)| host.scan_id == id && is_looked_for(&in_scan, *project, host))
            .map(|(_, host)| host.clone())
            .collect();
        let found = found_in_scan(store, id, &in_scan, bounds);
        assert_eq!(short(&found), short(&wanted), "in scan {id}: {in_scan:?}");
        assert_eq!(found, wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn indexes_find_what_going_through_all_hosts_finds(
        steps in prop::collection::vec(step(), 1..14),
        queries in prop::collection::vec(query(), 20),
        hosts in 1..7usize,
        reads in 1..30usize,
        other_project in any::<bool>(),
    ) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.fixture.assert_clean();
        let bounds = Bounds { hosts, reads };
        let project = world.projects[usize::from(other_project)];
        let queries: Vec<HostQuery> = queries
            .into_iter()
            .map(|(query, of_project)| HostQuery {
                projects: of_project.then_some(vec![project]),
                ..query
            })
            .collect();
        for query in &queries {
            compare(&world.fixture.store, query, bounds);
        }
        // And after the indexes were made anew.
        let Fixture { store, dir } = world.fixture;
        drop(store);
        let closed = Closed::take(dir.path()).unwrap();
        prop_assert!(closed.repair().unwrap().is_clean());
        drop(closed);
        let store = open(dir.path());
        for query in &queries {
            compare(&store, query, bounds);
        }
    }
}

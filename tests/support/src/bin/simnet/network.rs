//! The simulated network: packets and the time go in, answers come out when they are due.

use crate::addresses::is_simulated;
use crate::answer::{self, Answer};
use crate::behaviour::{Behaviour, Kind, Path};
use crate::limit::Bucket;
use crate::packet::{Content, Packet};
use crate::pending::Pending;
use crate::plan::Plan;
use crate::reply;
use crate::stats::Stats;
use fastrand::Rng;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// All times are since the same moment.
pub(crate) struct Network {
    plan: Plan,
    random: Rng,
    /// The hosts that a packet was sent to.
    hosts: HashMap<IpAddr, Host>,
    pending: Pending,
    pub(crate) stats: Stats,
}

struct Host {
    behaviour: Behaviour,
    bucket: Option<Bucket>,
}

impl Host {
    fn new(behaviour: &Behaviour) -> Self {
        let bucket = match behaviour.kind {
            Kind::Limited { rate, burst } => Some(Bucket::new(rate, burst)),
            Kind::Live | Kind::Filtered | Kind::Dead | Kind::Tarpit { .. } | Kind::Slow => None,
        };
        Self { behaviour: behaviour.clone(), bucket }
    }

    fn may_send(&mut self, answer: Answer, at: Duration) -> bool {
        match &mut self.bucket {
            Some(bucket) if answer.is_limited() => bucket.take(at),
            _ => true,
        }
    }
}

impl Network {
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        Self {
            plan,
            random: Rng::with_seed(seed),
            hosts: HashMap::new(),
            pending: Pending::default(),
            stats: Stats::default(),
        }
    }

    /// Takes a packet that was sent now, and with it decides on the whole way there and back.
    pub(crate) fn receive(&mut self, now: Duration, bytes: &[u8]) {
        self.stats.received += 1;
        // Only what is simulated is given a place in memory.
        let Some(packet) = Packet::parse(bytes).filter(|packet| is_simulated(packet.destination))
        else {
            self.stats.foreign += 1;
            return;
        };
        let host = self.hosts.entry(packet.destination);
        let host = host.or_insert_with(|| Host::new(self.plan.behaviour_of(packet.destination)));
        let path = host.behaviour.path;
        if is_lost(path, &mut self.random) {
            self.stats.lost_on_the_way_there += 1;
            return;
        }
        let at_host = now + one_way(path, &mut self.random);
        let kind = self.stats.kind(host.behaviour.kind);
        kind.packets += 1;
        kind.syns += u64::from(opens(&packet));
        let answer = answer::answer(&packet, &host.behaviour);
        let Some((answer, reply)) = answer.and_then(|it| Some((it, reply::build(&packet, it)?)))
        else {
            self.stats.unanswered += 1;
            return;
        };
        if !host.may_send(answer, at_host) {
            self.stats.over_the_limit += 1;
            return;
        }
        kind.answers += 1;
        if is_lost(path, &mut self.random) {
            self.stats.lost_on_the_way_back += 1;
            return;
        }
        self.stats.answered += 1;
        self.pending.push(at_host + one_way(path, &mut self.random), reply);
        self.stats.pending_max = self.stats.pending_max.max(self.pending.len());
    }

    /// Returns when an answer is due next.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.pending.next_due()
    }

    /// Returns an answer that is due by now, and since when.
    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<(Duration, Vec<u8>)> {
        self.pending.pop_due(now)
    }
}

fn opens(packet: &Packet<'_>) -> bool {
    matches!(&packet.content, Content::Tcp(segment) if segment.opens())
}

fn is_lost(path: Path, random: &mut Rng) -> bool {
    path.loss > 0 && random.u32(0..2000) < path.loss
}

fn one_way(path: Path, random: &mut Rng) -> Duration {
    let jitter = u64::try_from(path.jitter.as_nanos()).unwrap_or(u64::MAX) / 2;
    path.rtt / 2 + Duration::from_nanos(random.u64(0..=jitter))
}

#[cfg(test)]
mod tests {
    use super::Network;
    use crate::plan::Plan;
    use etherparse::PacketBuilder;
    use std::time::Duration;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn syn(host: u8, port: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        let syn = PacketBuilder::ipv4([10, 99, 255, 254], [10, 99, 0, host], 64);
        syn.tcp(4000, port, 1, 1024).syn().write_to_vec(&mut bytes, &[]).unwrap();
        bytes
    }

    fn network(plan: &str) -> Network {
        Network::new(Plan::parse(plan).unwrap(), 1)
    }

    /// Returns when each of the answers is due, in ms, and the last byte of the host's address.
    fn answers(network: &mut Network) -> Vec<(u128, u8)> {
        std::iter::from_fn(|| network.pop_due(ms(1_000_000)))
            .map(|(due, bytes)| (due.as_millis(), bytes[15]))
            .collect()
    }

    #[test]
    fn answers_come_after_a_round_trip() {
        let mut network = network(
            "10.99.0.1 live rtt=40ms\n10.99.0.2 live rtt=10ms\n10.99.0.3 dead\n10.99.0.4 slow",
        );
        for (now, host) in [(0, 4), (1, 1), (2, 2), (3, 3), (40, 2)] {
            network.receive(ms(now), &syn(host, 22));
        }
        assert_eq!(network.next_due(), Some(ms(12)));
        assert_eq!(network.pop_due(ms(11)), None);
        assert_eq!(answers(&mut network), [(12, 2), (41, 1), (50, 2), (500, 4)]);
        let stats = &network.stats;
        assert_eq!((stats.received, stats.answered, stats.unanswered), (5, 4, 1));
        assert_eq!((stats.kinds["live"].syns, stats.kinds["dead"].syns), (3, 1));
    }

    #[test]
    fn jitter_is_within_its_bounds() {
        let mut network = network("default live rtt=40ms jitter=10ms");
        for _ in 0..1000 {
            network.receive(ms(0), &syn(1, 22));
        }
        let due: Vec<_> = answers(&mut network).into_iter().map(|(due, _)| due).collect();
        assert!(due[0] <= 41 && due[999] >= 48, "{} to {}", due[0], due[999]);
        assert!(due.iter().all(|due| (40..=50).contains(due)));
    }

    #[test]
    fn so_many_are_lost_half_of_them_each_way() {
        let mut network = network("default live loss=100");
        for _ in 0..20_000 {
            network.receive(ms(0), &syn(1, 22));
        }
        let stats = &network.stats;
        let there = stats.lost_on_the_way_there;
        let back = stats.lost_on_the_way_back;
        assert!((900..1100).contains(&there), "{there}");
        assert!((850..1050).contains(&back), "{back}");
        assert_eq!(stats.answered + there + back, 20_000);
    }

    #[test]
    fn resets_are_limited_for_each_host_and_open_ports_are_not() {
        let mut network = network("default limited open=22 rate=20 burst=1 rtt=40ms");
        for now in 0..1000 {
            for host in [1, 2] {
                network.receive(ms(now), &syn(host, 80));
            }
        }
        let count = answers(&mut network).len();
        assert!((38..=42).contains(&count), "{count}");
        for _ in 0..50 {
            network.receive(ms(1000), &syn(1, 22));
        }
        assert_eq!(answers(&mut network).len(), 50);
    }

    #[test]
    fn what_is_not_simulated_is_not_answered() {
        let mut network = network("default live");
        let mut foreign = syn(1, 22);
        foreign[17] = 98;
        network.receive(ms(0), &foreign);
        network.receive(ms(0), b"no packet");
        assert_eq!((network.next_due(), network.stats.foreign), (None, 2));
    }

    #[test]
    fn the_same_seed_gives_the_same_losses() {
        let run = |seed| {
            let plan = Plan::parse("default live loss=500 rtt=4ms jitter=4ms").unwrap();
            let mut network = Network::new(plan, seed);
            for host in 0..100 {
                network.receive(ms(host.into()), &syn(host, 22));
            }
            answers(&mut network)
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}

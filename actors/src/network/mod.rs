//! Watches the machine's own network. nmap does not: with its interface down it calls every host
//! down and says success.
//!
//! The kernel's tables are read twice a second while anything runs. What is gone longer than that is
//! noticed; what comes back sooner is bridged by nmap's own retransmissions.

mod links;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long scans wait for something to come back before they go on without it.
const PATIENCE: Duration = Duration::from_secs(300);
/// Interfaces that come and go with containers and virtual machines.
const VIRTUAL: [&str; 6] = ["veth", "docker", "br-", "virbr", "cni", "vnet"];

/// Returns the names of all interfaces.
pub(crate) fn interfaces() -> io::Result<Vec<String>> {
    Ok(links::all()?.into_iter().map(|link| link.name).collect())
}

/// What packets could leave by: interfaces that are up, addresses of our own, and routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ways(BTreeSet<String>);

impl Ways {
    /// Reads what the kernel says. Nothing is known when it cannot be read: on other systems, or for
    /// want of a descriptor.
    fn read() -> io::Result<Self> {
        let links = links::all()?.into_iter().filter(|link| link.is_up && !is_virtual(&link.name));
        let mut ways: BTreeSet<String> =
            links.map(|link| format!("interface {}", link.name)).collect();
        let routes = fs::read_to_string("/proc/net/route")?;
        ways.extend(routes.lines().skip(1).filter_map(route));
        Ok(Self(ways))
    }

    fn lost(&self, now: &Self) -> Vec<String> {
        self.0.difference(&now.0).cloned().collect()
    }
}

fn is_virtual(name: &str) -> bool {
    VIRTUAL.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns a line of `/proc/net/route` without what counts in it.
fn route(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (name, destination, mask) = (fields.first()?, fields.get(1)?, fields.get(7)?);
    (!is_virtual(name)).then(|| format!("route {destination}/{mask} by {name}"))
}

/// What is lost and not back yet, and since when.
#[derive(Debug, Default)]
struct Missing(BTreeMap<String, Instant>);

impl Missing {
    /// Takes what is there now; returns whether anything was lost.
    fn update(&mut self, before: &Ways, now: &Ways, at: Instant) -> bool {
        let lost = before.lost(now);
        let has_lost = !lost.is_empty();
        self.0.extend(lost.into_iter().map(|way| (way, at)));
        self.0.retain(|way, since| !now.0.contains(way) && at.duration_since(*since) < PATIENCE);
        has_lost
    }
}

/// The watch over the machine's network.
#[derive(Debug)]
pub struct Network {
    losses: watch::Sender<u64>,
    missing: Mutex<Missing>,
}

impl Default for Network {
    fn default() -> Self {
        Self { losses: watch::Sender::new(0), missing: Mutex::default() }
    }
}

impl Network {
    /// Watches until dropped; while nobody listens, which is while nothing runs, it only sleeps.
    pub async fn watch(&self) {
        let mut before = Ways::default();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.losses.receiver_count() == 0 && self.missing().is_none() {
                before = Ways::default();
                continue;
            }
            // Both come from the kernel's memory.
            let Ok(now) = Ways::read() else { continue };
            let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
            if missing.update(&before, &now, Instant::now()) {
                tracing::warn!("the network changed: {:?} is gone", before.lost(&now));
                self.losses.send_modify(|count| *count += 1);
            }
            before = now;
        }
    }

    /// Returns what wakes when something is lost.
    pub fn losses(&self) -> watch::Receiver<u64> {
        self.losses.subscribe()
    }

    /// Returns what is lost and not back yet, in words.
    pub fn missing(&self) -> Option<String> {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<&str> = missing.0.keys().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{} is gone", names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(names: &[&str]) -> Ways {
        Ways(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn this_machine_has_a_loopback_interface() {
        let ways = Ways::read().unwrap();
        assert!(ways.0.contains("interface lo"), "{ways:?}");
    }

    #[test]
    fn routes_are_known_by_where_they_lead() {
        let line = "eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0";
        assert_eq!(route(line).as_deref(), Some("route 00000000/00000000 by eth0"));
        assert_eq!(route(&line.replace("eth0", "veth7")), None);
        assert_eq!(route("eth0"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_lost_is_missing_until_it_is_back_or_time_is_up() {
        let mut missing = Missing::default();
        let (all, one) = (ways(&["interface lo", "interface eth0"]), ways(&["interface lo"]));
        let began = Instant::now();
        assert!(!missing.update(&one, &all, began), "something new is no loss");
        assert!(missing.update(&all, &one, began));
        assert!(!missing.update(&one, &one, began), "it is told once");
        assert_eq!(missing.0.len(), 1);
        assert!(!missing.update(&one, &all, began));
        assert_eq!(missing.0.len(), 0, "it is back");
        assert!(missing.update(&all, &one, began));
        assert!(!missing.update(&one, &one, began + PATIENCE));
        assert_eq!(missing.0.len(), 0, "it is not waited for any longer");
    }
}

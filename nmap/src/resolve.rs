//! Host names to addresses, once, when a scan is accepted.
//!
//! ```text
//! names ──► at most 32 lookups at once ──► pinned: one address each, which nmap is given
//!                     │ timeout           └► unresolved: no address, and why
//! ```
//!
//! Every name ends in exactly one of both lists, in the order given, within the timeout.

use crate::targets::HostName;
use futures_util::{StreamExt, stream};
use netscan_schemas::{
    address::{to_address, to_number},
    scan::{PinnedName, UnresolvedTarget},
};
use std::{io, net::IpAddr, time::Duration};
use tokio::{net::lookup_host, time};

/// Lookups that wait for an answer at once. Each one holds a thread.
const LOOKUPS_MAX: usize = 32;

/// What became of each name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The names with the address that is scanned for each.
    pub names: Vec<PinnedName>,
    /// The names without an address.
    pub unresolved: Vec<UnresolvedTarget>,
    /// What the user should know: names of which not every address is scanned.
    pub notes: Vec<String>,
}

/// Looks up each name: its first IPv4 address is scanned, or else its first IPv6 address.
///
/// The call is over after the timeout. A lookup that has no answer by then counts as unresolved;
/// libc's part of it ends in the background, since nothing can interrupt it.
pub async fn resolve(names: &[HostName], timeout: Duration) -> Resolved {
    let lookup = async |name: HostName| {
        let found = lookup_host((name.as_str(), 0)).await?;
        Ok(found.map(|socket| socket.ip()).collect())
    };
    resolve_with(names, timeout, lookup).await
}

type Answer = io::Result<Vec<IpAddr>>;

async fn resolve_with<L, F>(names: &[HostName], timeout: Duration, lookup: L) -> Resolved
where
    L: Fn(HostName) -> F,
    F: Future<Output = Answer>,
{
    let mut answers: Vec<Option<Answer>> = names.iter().map(|_| None).collect();
    let asked = names.iter().cloned().enumerate().map(|(at, name)| {
        let answer = lookup(name);
        async move { (at, answer.await) }
    });
    let mut answered = stream::iter(asked).buffer_unordered(LOOKUPS_MAX);
    let collect = async {
        while let Some((at, answer)) = answered.next().await {
            answers[at] = Some(answer);
        }
    };
    // Late or not, the answers so far are what is known; those missing say so below.
    let _is_late = time::timeout(timeout, collect).await;

    let mut resolved = Resolved::default();
    for (name, answer) in names.iter().zip(answers) {
        resolved.add(name, answer, timeout);
    }
    resolved
}

impl Resolved {
    fn add(&mut self, name: &HostName, answer: Option<Answer>, timeout: Duration) {
        let name = name.to_string();
        let reason = match answer {
            None => format!("no answer within {} s", timeout.as_secs_f32()),
            Some(Err(error)) => format!("cannot be resolved: {error}"),
            Some(Ok(found)) => match pick(&found) {
                None => "the name has no address".to_owned(),
                Some((address, count)) => {
                    if count > 1 {
                        let note = format!("{name} has {count} addresses; {address} is scanned");
                        self.notes.push(note);
                    }
                    self.names.push(PinnedName { name, address });
                    return;
                }
            },
        };
        self.unresolved.push(UnresolvedTarget { target: name, reason });
    }
}

/// Returns the address to scan, and how many different ones there are.
fn pick(found: &[IpAddr]) -> Option<(IpAddr, usize)> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        let address = to_address(to_number(*address)); // v4-mapped IPv6 is IPv4
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let chosen = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first())?;
    Some((*chosen, addresses.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future,
        sync::atomic::{AtomicUsize, Ordering},
    };

    const LONG: Duration = Duration::from_secs(60);

    fn names(names: &[&str]) -> Vec<HostName> {
        let (list, errors) = crate::targets::parse(names);
        assert_eq!(errors, []);
        list.names
    }

    fn ips(addresses: &[&str]) -> Answer {
        Ok(addresses.iter().map(|address| address.parse().expect("an address")).collect())
    }

    #[tokio::test]
    async fn localhost_is_pinned_by_the_real_lookup() {
        // Spawned, as an HTTP handler would be: the future must be `Send`.
        let asked = tokio::spawn(async { resolve(&names(&["localhost"]), LONG).await });
        let resolved = asked.await.expect("it ends");
        assert_eq!(resolved.unresolved, []);
        assert_eq!(resolved.names[0].name, "localhost");
        assert!(resolved.names[0].address.is_loopback());
    }

    #[tokio::test]
    async fn each_name_has_its_place_and_its_reason() {
        let answer = async |name: HostName| match name.as_str() {
            "v4.example" => ips(&["fd00::1", "10.0.0.2", "10.0.0.3", "10.0.0.2"]),
            "v6.example" => ips(&["fd00::1"]),
            "mapped.example" => ips(&["::ffff:10.0.0.4", "10.0.0.4"]),
            "none.example" => ips(&[]),
            _ => Err(io::Error::other("no such name")),
        };
        let all = ["bad.example", "v6.example", "v4.example", "none.example", "mapped.example"];
        let resolved = resolve_with(&names(&all), LONG, answer).await;
        let pinned: Vec<_> =
            resolved.names.iter().map(|pin| format!("{} {}", pin.name, pin.address)).collect();
        let refused: Vec<_> =
            resolved.unresolved.iter().map(|un| format!("{}: {}", un.target, un.reason)).collect();
        assert_eq!(
            pinned,
            ["v6.example fd00::1", "v4.example 10.0.0.2", "mapped.example 10.0.0.4"]
        );
        assert_eq!(
            refused,
            [
                "bad.example: cannot be resolved: no such name",
                "none.example: the name has no address"
            ]
        );
        assert_eq!(resolved.notes, ["v4.example has 3 addresses; 10.0.0.2 is scanned"]);
    }

    #[tokio::test]
    async fn a_silent_lookup_is_unresolved_and_hides_no_other() {
        let answer = async |name: HostName| match name.as_str() {
            "silent.example" => future::pending().await,
            _ => ips(&["10.0.0.1"]),
        };
        let timeout = Duration::from_millis(20);
        let all = names(&["silent.example", "quick.example"]);
        let resolved = resolve_with(&all, timeout, answer).await;
        assert_eq!(resolved.names[0].name, "quick.example");
        assert_eq!(resolved.unresolved[0].target, "silent.example");
        assert_eq!(resolved.unresolved[0].reason, "no answer within 0.02 s");
    }

    #[tokio::test]
    async fn lookups_are_bounded() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let answer = |_: HostName| async {
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::Relaxed);
            ips(&["10.0.0.1"])
        };
        let many: Vec<String> = (0..100).map(|no| format!("host{no}.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let resolved = resolve_with(&names(&many), LONG, answer).await;
        assert_eq!(resolved.names.len(), 100);
        assert_eq!(most.into_inner(), LOOKUPS_MAX);
    }
}

//! How the remainder of a batch is cut into smaller batches.
//!
//! ```text
//! remainder ─┬─ showed life ── a lane of their own, same flags ── halves ── ... ── one host
//!            └─ silent ─────── after a stall or deadline: with flags that end ── halves ── ...
//! ```
//!
//! Hosts that answer slowly (resets under a rate limit) hold up their whole host group, so they are
//! taken apart from the others: 58.8 s in one batch became 19.9 s. Silent hosts alone are slow in
//! another way: under `-Pn` nmap sends all of them 10 probes a second together, so they get a
//! minimum rate (`nmap.md` §8).
//!
//! Promise: each child is smaller than its parent, or in another lane, so splitting ends; together
//! the children are the remainder.

use netscan_schemas::{AddressSet, batch::Lane};

/// Batches that a remainder is cut into at once where each further step costs another timeout.
const PARTS_AFTER_TIME: u64 = 4;
/// Batches that a remainder is cut into after a crash, which is quick to find again.
const PARTS_AFTER_FAULT: u64 = 2;

/// What made the batch fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It took too long, or wrote too much.
    Time,
    /// nmap crashed, or proved no success.
    Fault,
}

/// A smaller batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its addresses.
    pub addresses: AddressSet,
    /// How it is treated.
    pub lane: Lane,
}

/// What is split, and why.
#[derive(Clone, Copy, Debug)]
pub struct Remainder<'a> {
    /// Addresses without a verdict.
    pub addresses: &'a AddressSet,
    /// Addresses that showed life.
    pub alive: &'a AddressSet,
    /// How the batch was treated.
    pub lane: Lane,
    /// Why it is split.
    pub cause: Cause,
    /// Batches of at most so many addresses are not cut further.
    pub min: u64,
    /// Whether the user's flags leave room for those that make silent hosts end.
    pub has_silent_flags: bool,
}

/// Returns the children; none when the remainder cannot be split further.
pub fn split(of: Remainder<'_>) -> Vec<Child> {
    let living = of.addresses.intersection(of.alive);
    let silent = of.addresses.difference(&living);
    let hurries = of.cause == Cause::Time && of.has_silent_flags;
    let silent_lane = if hurries { Lane::Silent } else { of.lane };
    match (living.is_empty(), silent.is_empty()) {
        (true, true) => Vec::new(),
        (false, false) => vec![
            Child { addresses: living, lane: Lane::Alive },
            Child { addresses: silent, lane: silent_lane },
        ],
        (true, false) if silent_lane != of.lane => {
            vec![Child { addresses: silent, lane: silent_lane }]
        }
        (true, false) => parts(&silent, of.lane, of),
        (false, true) => parts(&living, Lane::Alive, of),
    }
}

fn parts(addresses: &AddressSet, lane: Lane, of: Remainder<'_>) -> Vec<Child> {
    let count = addresses.count();
    let min = of.min.max(1);
    if count <= min {
        return Vec::new();
    }
    let parts = match of.cause {
        Cause::Time => PARTS_AFTER_TIME,
        Cause::Fault => PARTS_AFTER_FAULT,
    };
    let size = count.div_ceil(parts).max(min);
    let starts = (0..count).step_by(usize::try_from(size).unwrap_or(usize::MAX));
    let part = |start: u64| addresses.slice(u128::from(start), u128::from(size));
    starts.map(|start| Child { addresses: part(start), lane }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn set(last_octets: impl IntoIterator<Item = u8>) -> AddressSet {
        let address = |octet| IpAddr::from(Ipv4Addr::new(127, 0, 0, octet));
        AddressSet::from_addresses(last_octets.into_iter().map(address))
    }

    fn shown(children: Vec<Child>) -> Vec<String> {
        let child =
            |child: Child| format!("{} {}", child.lane, child.addresses.to_ranges().join(","));
        children.into_iter().map(child).collect()
    }

    fn of<'a>(addresses: &'a AddressSet, alive: &'a AddressSet, lane: Lane) -> Remainder<'a> {
        let cause = Cause::Time;
        Remainder { addresses, alive, lane, cause, min: 1, has_silent_flags: true }
    }

    #[test]
    fn lanes() {
        let (none, all, three) = (set([]), set(0..16), set([1, 5, 9]));
        let rest = all.difference(&three);
        // Both kinds: apart from each other.
        assert_eq!(
            shown(split(of(&all, &three, Lane::Main))),
            [
                "alive 127.0.0.1,127.0.0.5,127.0.0.9".to_owned(),
                format!("silent {}", rest.to_ranges().join(","))
            ]
        );
        // Only silent ones: first other flags, then parts.
        assert_eq!(shown(split(of(&all, &none, Lane::Main))), ["silent 127.0.0.0/28"]);
        assert_eq!(
            shown(split(of(&all, &none, Lane::Silent))),
            [
                "silent 127.0.0.0/30",
                "silent 127.0.0.4/30",
                "silent 127.0.0.8/30",
                "silent 127.0.0.12/30"
            ]
        );
        // Only living ones: parts.
        assert_eq!(
            shown(split(of(&three, &three, Lane::Alive))),
            ["alive 127.0.0.1", "alive 127.0.0.5", "alive 127.0.0.9"]
        );
        // The user's flags leave no room: silent hosts keep theirs.
        let gentle = Remainder { has_silent_flags: false, ..of(&all, &three, Lane::Main) };
        assert!(shown(split(gentle))[1].starts_with("main "));
        // A crash: halves, and no other flags.
        let crash = Remainder { cause: Cause::Fault, ..of(&all, &none, Lane::Main) };
        assert_eq!(shown(split(crash)), ["main 127.0.0.0/29", "main 127.0.0.8/29"]);
        // One host: nothing smaller, but once with other flags.
        let one = set([7]);
        assert_eq!(shown(split(of(&one, &none, Lane::Main))), ["silent 127.0.0.7"]);
        assert_eq!(split(of(&one, &none, Lane::Silent)), []);
        assert_eq!(split(of(&one, &one, Lane::Main)), []);
        assert_eq!(split(of(&none, &none, Lane::Main)), []);
        // As small as the policy wants them.
        let coarse = Remainder { min: 8, ..of(&all, &none, Lane::Silent) };
        assert_eq!(shown(split(coarse)), ["silent 127.0.0.0/29", "silent 127.0.0.8/29"]);
    }

    #[test]
    fn splitting_ends_and_loses_nothing() {
        for alive in [set([]), set([3]), set([0, 1, 30]), set(0..64)] {
            for cause in [Cause::Time, Cause::Fault] {
                for has_silent_flags in [true, false] {
                    let mut open = vec![Child { addresses: set(0..64), lane: Lane::Main }];
                    let (mut leaves, mut batches) = (AddressSet::new(), 0);
                    while let Some(child) = open.pop() {
                        batches += 1;
                        assert!(batches < 1000, "splitting does not end");
                        let addresses = &child.addresses;
                        let lane = child.lane;
                        let (alive, min) = (&alive, 1);
                        let children = split(Remainder {
                            addresses,
                            alive,
                            lane,
                            cause,
                            min,
                            has_silent_flags,
                        });
                        if children.is_empty() {
                            assert_eq!(addresses.count(), 1);
                            assert!(leaves.intersection(addresses).is_empty());
                            leaves = leaves.union(addresses);
                        }
                        let sum: u64 = children.iter().map(|child| child.addresses.count()).sum();
                        assert!(children.is_empty() || sum == addresses.count());
                        open.extend(children);
                    }
                    assert_eq!(leaves, set(0..64));
                }
            }
        }
    }
}

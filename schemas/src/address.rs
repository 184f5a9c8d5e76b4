//! Sets of addresses as sorted intervals, never expanded: a /8 takes as much memory as a /32.
//!
//! Both families live on one number line: an IPv4 address is held at its v4-mapped place
//! (`::ffff:a.b.c.d`), which is also what a v4-mapped IPv6 address *is*, so that no spelling of an
//! address slips past a rule made for another spelling.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

#[cfg(test)]
mod tests;

/// The address family of a batch: one nmap process scans only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4, or IPv4 written as v4-mapped IPv6.
    V4,
    /// IPv6 proper.
    V6,
}

const V4_FIRST: u128 = 0xffff_0000_0000;
const V4_LAST: u128 = 0xffff_ffff_ffff;

/// Returns the address's place on the number line of both families.
pub fn to_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => V4_FIRST | u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// Returns the address at a place of the number line; v4-mapped places are IPv4.
pub fn to_address(number: u128) -> IpAddr {
    match family_of(number) {
        // The low 32 bits of a v4-mapped number are the IPv4 address.
        Family::V4 => IpAddr::V4(Ipv4Addr::from((number & 0xffff_ffff) as u32)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

fn family_of(number: u128) -> Family {
    if (V4_FIRST..=V4_LAST).contains(&number) { Family::V4 } else { Family::V6 }
}

/// Returns the family that this address is scanned as.
pub fn family(address: IpAddr) -> Family {
    family_of(to_number(address))
}

/// A run of addresses, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The lowest address, as a number.
    pub first: u128,
    /// The highest address, as a number; never below `first`.
    pub last: u128,
}

impl Interval {
    /// Returns the run from one address to another, or `None` when it runs backwards or from one
    /// family into the other.
    pub fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        let (first_no, last_no) = (to_number(first), to_number(last));
        (family(first) == family(last) && first_no <= last_no)
            .then_some(Self { first: first_no, last: last_no })
    }

    /// Returns how many addresses the run has, at most `u128::MAX`.
    pub fn len(&self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }

    /// Returns false: a run has at least one address.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Returns the run's parts of one family each: an IPv6 run may reach over the v4-mapped block.
    fn by_family(self) -> impl Iterator<Item = Self> {
        let blocks = [(0, V4_FIRST - 1), (V4_FIRST, V4_LAST), (V4_LAST + 1, u128::MAX)];
        blocks.into_iter().filter_map(move |(lowest, highest)| {
            let (first, last) = (self.first.max(lowest), self.last.min(highest));
            (first <= last).then_some(Self { first, last })
        })
    }
}

/// A set of addresses: sorted runs that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSet {
    /// Sorted, disjoint, with a gap of at least one between neighbours.
    runs: Vec<Interval>,
    /// `counts_before[i]` is the number of addresses in `runs[..i]`.
    counts_before: Vec<u128>,
    /// At most `u128::MAX`, so that of the whole IPv6 space the very last address is not counted.
    total: u128,
}

impl AddressSet {
    /// Returns the empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the set of all addresses of these runs, which may overlap and come in any order.
    pub fn from_intervals(mut runs: Vec<Interval>) -> Self {
        // The stable sort is linear on what is sorted already, or is two sorted lists in a row.
        runs.sort();
        let mut merged: Vec<Interval> = Vec::with_capacity(runs.len());
        for run in runs {
            match merged.last_mut() {
                Some(held) if run.first <= held.last.saturating_add(1) => {
                    held.last = held.last.max(run.last);
                }
                _ => merged.push(run),
            }
        }
        Self::from_sorted(merged)
    }

    /// Returns the set of these single addresses.
    pub fn from_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let runs = addresses.into_iter().map(|address| {
            let number = to_number(address);
            Interval { first: number, last: number }
        });
        Self::from_intervals(runs.collect())
    }

    fn from_sorted(runs: Vec<Interval>) -> Self {
        debug_assert!(runs.windows(2).all(|pair| pair[0].last.saturating_add(1) < pair[1].first));
        let mut total = 0u128;
        let counts_before = runs
            .iter()
            .map(|run| {
                let before = total;
                total = total.saturating_add(run.len());
                before
            })
            .collect();
        Self { runs, counts_before, total }
    }

    /// Returns how many addresses the set has, at most `u128::MAX`.
    pub fn len(&self) -> u128 {
        self.total
    }

    /// Returns how many addresses the set has, at most `u64::MAX`.
    pub fn count(&self) -> u64 {
        u64::try_from(self.total).unwrap_or(u64::MAX)
    }

    /// Returns whether the set has no address.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns the sorted, disjoint runs.
    pub fn intervals(&self) -> &[Interval] {
        &self.runs
    }

    /// Returns whether the set has this address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let number = to_number(address);
        let after = self.runs.partition_point(|run| run.first <= number);
        after > 0 && self.runs[after - 1].last >= number
    }

    /// Returns whether the set has all addresses of `other`.
    pub fn contains_set(&self, other: &Self) -> bool {
        other.runs.iter().all(|run| {
            let after = self.runs.partition_point(|held| held.first <= run.first);
            after > 0 && self.runs[after - 1].last >= run.last
        })
    }

    /// Returns whether any address is in both sets.
    pub fn overlaps(&self, other: &Self) -> bool {
        other.runs.iter().any(|run| {
            let from = self.runs.partition_point(|held| held.last < run.first);
            self.runs.get(from).is_some_and(|held| held.first <= run.last)
        })
    }

    /// Adds one address; returns whether it is new.
    pub fn insert(&mut self, address: IpAddr) -> bool {
        let number = to_number(address);
        let at = self.runs.partition_point(|run| run.first <= number);
        let before = at.checked_sub(1).map(|left| self.runs[left].last);
        if before.is_some_and(|last| last >= number) {
            return false;
        }
        let touches_left = before.is_some_and(|last| last + 1 == number);
        let touches_right = self.runs.get(at).is_some_and(|right| right.first - 1 == number);
        // The runs from here on have one address more before them.
        let later = match (touches_left, touches_right) {
            (true, true) => {
                self.runs[at - 1].last = self.runs.remove(at).last;
                self.counts_before.remove(at);
                at
            }
            (true, false) => {
                self.runs[at - 1].last = number;
                at
            }
            (false, true) => {
                self.runs[at].first = number;
                at + 1
            }
            (false, false) => {
                let count = self.counts_before.get(at).copied().unwrap_or(self.total);
                self.runs.insert(at, Interval { first: number, last: number });
                self.counts_before.insert(at, count);
                at + 1
            }
        };
        for count in &mut self.counts_before[later..] {
            *count = count.saturating_add(1);
        }
        self.total = self.total.saturating_add(1);
        true
    }

    /// Returns the addresses that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_intervals(self.runs.iter().chain(&other.runs).copied().collect())
    }

    /// Returns the addresses of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let mut first = run.first;
            let mut swallowed = false;
            let from = other.runs.partition_point(|cut| cut.last < run.first);
            for cut in other.runs[from..].iter().take_while(|cut| cut.first <= run.last) {
                if cut.first > first {
                    left.push(Interval { first, last: cut.first - 1 });
                }
                if cut.last >= run.last {
                    swallowed = true;
                    break;
                }
                first = cut.last + 1;
            }
            if !swallowed {
                left.push(Interval { first, last: run.last });
            }
        }
        Self::from_sorted(left)
    }

    /// Returns the addresses that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        // A search for each run of the smaller set: the larger may have a million.
        let (few, many) = match self.runs.len() <= other.runs.len() {
            true => (self, other),
            false => (other, self),
        };
        let mut both = Vec::new();
        for run in &few.runs {
            let from = many.runs.partition_point(|held| held.last < run.first);
            let touching = many.runs[from..].iter().take_while(|held| held.first <= run.last);
            both.extend(touching.map(|held| Interval {
                first: held.first.max(run.first),
                last: held.last.min(run.last),
            }));
        }
        Self::from_sorted(both)
    }

    /// Returns the address at this place in ascending order, from 0.
    pub fn select(&self, index: u128) -> Option<IpAddr> {
        if index >= self.total {
            return None;
        }
        let run = self.counts_before.partition_point(|before| *before <= index) - 1;
        Some(to_address(self.runs[run].first + (index - self.counts_before[run])))
    }

    /// Returns how many addresses of the set are below this place on the number line.
    pub fn rank(&self, number: u128) -> u128 {
        let after = self.runs.partition_point(|run| run.first < number);
        let Some(at) = after.checked_sub(1) else { return 0 };
        let run = self.runs[at];
        self.counts_before[at] + (number - run.first).min(run.len())
    }

    /// Returns the run that an address is in.
    pub fn run_of(&self, address: IpAddr) -> Option<Interval> {
        let number = to_number(address);
        let after = self.runs.partition_point(|run| run.first <= number);
        after.checked_sub(1).map(|at| self.runs[at]).filter(|run| run.last >= number)
    }

    /// Returns whether no address of the set is beyond this machine.
    pub fn is_loopback(&self) -> bool {
        self.runs.iter().all(|run| {
            let (first, last) = (to_address(run.first), to_address(run.last));
            first.is_loopback() && last.is_loopback() && first.is_ipv4() == last.is_ipv4()
        })
    }

    /// Returns the addresses at the places `start..start + count`, all of one family: the slice
    /// ends early where the family changes, and at the end of the set.
    #[must_use]
    pub fn slice(&self, start: u128, count: u128) -> Self {
        let mut runs = Vec::new();
        let mut want = count.min(self.total.saturating_sub(start));
        let mut run_no = self.counts_before.partition_point(|before| *before <= start).max(1) - 1;
        let mut skip = start.saturating_sub(self.counts_before.get(run_no).copied().unwrap_or(0));
        let mut family = None;
        while want > 0 && run_no < self.runs.len() {
            let first = self.runs[run_no].first + skip;
            let run_family = family_of(first);
            if *family.get_or_insert(run_family) != run_family {
                break;
            }
            let mut last = self.runs[run_no].last.min(first.saturating_add(want - 1));
            // A run of IPv6 numbers that reaches over the v4-mapped block is cut at its edges.
            match run_family {
                Family::V4 => last = last.min(V4_LAST),
                Family::V6 if first < V4_FIRST => last = last.min(V4_FIRST - 1),
                Family::V6 => {}
            }
            runs.push(Interval { first, last });
            want -= last - first + 1;
            if last < self.runs[run_no].last {
                break; // either all is taken, or the next address is of the other family
            }
            run_no += 1;
            skip = 0;
        }
        Self::from_sorted(runs)
    }

    /// Returns every address in ascending order. Only for sets that are known to be small.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.runs.iter().flat_map(|run| (run.first..=run.last).map(to_address))
    }

    /// Returns the family of the lowest address.
    pub fn first_family(&self) -> Option<Family> {
        self.runs.first().map(|run| family_of(run.first))
    }

    /// Returns the set in compact text: each run as one address, a CIDR block,
    /// `10.0.0.1-20`, or `first-last`.
    pub fn to_ranges(&self) -> Vec<String> {
        self.runs.iter().flat_map(|run| run.by_family()).map(|run| run.to_string()).collect()
    }

    /// Returns for each run how far it starts from the end of the run before, and its length - 1:
    /// small numbers, for a varint codec.
    fn to_steps(&self) -> impl Iterator<Item = (u128, u128)> {
        let mut end = 0u128;
        self.runs.iter().map(move |run| {
            let step = (run.first - end, run.last - run.first);
            end = run.last;
            step
        })
    }

    /// Returns the set of these steps, or `None` when they lead past the last address.
    fn from_steps(steps: Vec<(u128, u128)>) -> Option<Self> {
        let mut end = 0u128;
        let mut runs = Vec::with_capacity(steps.len());
        for (gap, more) in steps {
            let first = end.checked_add(gap)?;
            end = first.checked_add(more)?;
            runs.push(Interval { first, last: end });
        }
        Some(Self::from_intervals(runs))
    }
}

impl FromIterator<IpAddr> for AddressSet {
    fn from_iter<T: IntoIterator<Item = IpAddr>>(addresses: T) -> Self {
        Self::from_addresses(addresses)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (to_address(self.first), to_address(self.last));
        if self.first == self.last {
            return write!(f, "{first}");
        }
        match (self.len().is_power_of_two(), self.first.is_multiple_of(self.len())) {
            (true, true) => {
                let bits = if first.is_ipv4() { 32 } else { 128 };
                write!(f, "{first}/{}", bits - self.len().trailing_zeros())
            }
            _ => match (first, last) {
                (IpAddr::V4(a), IpAddr::V4(b)) if a.octets()[..3] == b.octets()[..3] => {
                    write!(f, "{first}-{}", b.octets()[3])
                }
                _ => write!(f, "{first}-{last}"),
            },
        }
    }
}

/// Compact text for people, steps from run to run for the store.
impl Serialize for AddressSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_seq(self.to_ranges());
        }
        serializer.collect_seq(self.to_steps())
    }
}

impl<'de> Deserialize<'de> for AddressSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Err(D::Error::custom("an address set is read from JSON by the target parser"));
        }
        let steps = Vec::<(u128, u128)>::deserialize(deserializer)?;
        Self::from_steps(steps)
            .ok_or_else(|| D::Error::custom("an address run reaches past the last address"))
    }
}

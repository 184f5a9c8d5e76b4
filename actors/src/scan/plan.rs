//! What a scan scans, in which order: its addresses, cut one batch at a time.
//!
//! ```text
//! in order:  0 1 2 3 | 4 5 6 7 | ...            batches are /24-local
//! strided:   0 8 4 12 2 10 6 14 | 1 9 5 13 ...  each batch has addresses of all lanes
//! ```
//!
//! A batch of nothing but silent addresses crawls at 10 probes a second, while among living
//! neighbours they cost little. Discovery of 16 dead addresses takes 14 s, and of 15 with a live one
//! 3 s (40 ms, 1 % loss); without discovery it is the ports that take so long (`nmap.md` §4). So a
//! batch takes its addresses from all over the plan: a dead subnet is spread thin.

use netscan_schemas::{AddressSet, Interval, address::to_number, batch::Lane, stored::PlanOrder};
use std::{net::Ipv4Addr, ops::Range};

/// The parts of a plan that a strided batch takes its addresses from in turn. A power of two, and as
/// many as a batch has addresses in most scans.
const LANES: u64 = 16;

/// Which addresses are scanned, in which order.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// First these, in chunks.
    pub first: AddressSet,
    /// Then these one by one: earlier scans could not finish them.
    pub last: AddressSet,
    order: PlanOrder,
    /// Where the IPv4 addresses of `first` begin and end; IPv6 lies on both sides of them.
    v4: (u64, u64),
}

impl Plan {
    /// Returns the plan of all these addresses, with those of `last` at its end.
    pub fn new(addresses: &AddressSet, last: &AddressSet, order: PlanOrder) -> Self {
        let last = addresses.intersection(last);
        let first = addresses.difference(&last);
        let v4 = v4_of(&first);
        Self { first, last, order, v4 }
    }

    /// Returns the next addresses to scan after `cursor` of them, `chunk` at most; none at the end.
    pub(super) fn cut(&self, cursor: u64, chunk: u64) -> (AddressSet, Lane) {
        let first = self.first.count();
        if cursor >= first {
            return (self.last.slice(u128::from(cursor - first), 1), Lane::Difficult);
        }
        let cut = match self.order {
            PlanOrder::InOrder => self.first.slice(u128::from(cursor), u128::from(chunk)),
            PlanOrder::Strided => self.cut_strided(cursor, chunk),
        };
        (cut, Lane::Main)
    }

    /// Returns the addresses at the next places of the strided order, all of one family.
    fn cut_strided(&self, cursor: u64, chunk: u64) -> AddressSet {
        let (start, end) = self.family_at(cursor);
        let places = cursor..end.min(cursor.saturating_add(chunk));
        let indexes = places.map(|place| start + strided(place - start, end - start));
        let addresses = indexes.filter_map(|index| self.first.select(u128::from(index)));
        AddressSet::from_addresses(addresses)
    }

    /// Returns where the addresses around this one that are of the same family begin and end.
    fn family_at(&self, index: u64) -> (u64, u64) {
        let (low, high) = self.v4;
        match index {
            _ if index < low => (0, low),
            _ if index < high => (low, high),
            _ => (high, self.first.count()),
        }
    }

    /// Returns the place at or after `cursor` of the first address that is not in `barred`; `cursor`
    /// itself where the order is strided, as neighbours in it are no neighbours on the network.
    pub(super) fn skip(&self, cursor: u64, barred: &AddressSet) -> u64 {
        if barred.is_empty() {
            return cursor;
        }
        let first = self.first.count();
        if self.order == PlanOrder::Strided && cursor < first {
            return cursor;
        }
        let mut at = cursor;
        loop {
            let (set, before) = if at < first { (&self.first, 0) } else { (&self.last, first) };
            let address = set.select(u128::from(at - before));
            let Some(run) = address.and_then(|address| barred.run_of(address)) else { return at };
            // A plan has at most `SCAN_ADDRESSES_MAX` addresses.
            let below = run.last.checked_add(1).map_or(set.len(), |above| set.rank(above));
            at = before + u64::try_from(below).unwrap_or(u64::MAX);
        }
    }

    /// Returns the addresses after `cursor` of them.
    pub(super) fn rest(&self, cursor: u64) -> AddressSet {
        let of_last = after(&self.last, cursor.saturating_sub(self.first.count()));
        self.rest_of_first(cursor).union(&of_last)
    }

    /// Returns the addresses of `first` after `cursor` of the plan.
    pub(super) fn rest_of_first(&self, cursor: u64) -> AddressSet {
        match self.order {
            PlanOrder::InOrder => after(&self.first, cursor),
            PlanOrder::Strided => self.rest_strided(cursor),
        }
    }

    /// Returns the addresses of `first` at the places of the strided order from this one on.
    fn rest_strided(&self, cursor: u64) -> AddressSet {
        let mut rest = AddressSet::new();
        let mut at = cursor;
        while at < self.first.count() {
            let (start, end) = self.family_at(at);
            for run in strided_rest(at - start, end - start) {
                let (from, count) = (start + run.start, run.end - run.start);
                rest = rest.union(&self.first.slice(u128::from(from), u128::from(count)));
            }
            at = end;
        }
        rest
    }

    /// Returns how many batches are left after `cursor` addresses, at least: a change of family
    /// makes one more.
    pub(super) fn batches_left(&self, cursor: u64, chunk: u64) -> u64 {
        let (first, last) = (self.first.count(), self.last.count());
        let chunks = self.left_of_first(cursor).div_ceil(chunk);
        chunks + last - cursor.saturating_sub(first).min(last)
    }

    /// Returns how many addresses of `first` are left after `cursor` of the plan.
    pub(super) fn left_of_first(&self, cursor: u64) -> u64 {
        self.first.count().saturating_sub(cursor)
    }
}

/// Returns the addresses of a set after so many of them.
fn after(set: &AddressSet, from: u64) -> AddressSet {
    let Some(address) = set.select(u128::from(from)) else { return AddressSet::new() };
    let above = Interval { first: to_number(address), last: u128::MAX };
    set.intersection(&AddressSet::from_intervals(vec![above]))
}

/// Returns how many batches of so many addresses are cut of all these: none has both families.
pub fn batch_count(addresses: &AddressSet, chunk: u32) -> u64 {
    let batches = |part: u128| part.div_ceil(u128::from(chunk.max(1)));
    let count = families(addresses).into_iter().map(batches).fold(0, u128::saturating_add);
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Returns where the IPv4 addresses begin and end among all.
fn v4_of(addresses: &AddressSet) -> (u64, u64) {
    let [low, v4, _] = families(addresses);
    // A plan has at most `SCAN_ADDRESSES_MAX` addresses.
    let place = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
    (place(low), place(low + v4))
}

/// Returns how many of the addresses are IPv6 below IPv4's place on the number line, how many are
/// IPv4, and how many are IPv6 above it.
pub fn families(addresses: &AddressSet) -> [u128; 3] {
    let v4 = Interval::between(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::BROADCAST.into());
    let below = Interval { first: 0, last: to_number(Ipv4Addr::UNSPECIFIED.into()) - 1 };
    let count = |run: Option<Interval>| {
        let run = AddressSet::from_intervals(run.into_iter().collect());
        addresses.intersection(&run).len()
    };
    let (low, v4) = (count(Some(below)), count(v4));
    [low, v4, addresses.len() - low - v4]
}

/// Returns the index at this place of a strided order of `count` indexes: a permutation.
///
/// The indexes are cut into lanes. A row has one of each lane, in an order in which half a row, or a
/// quarter, is spread as evenly. In each lane the rows begin somewhere else, so that what repeats
/// itself in every subnet, such as a gateway at `.1`, does not meet in one batch.
fn strided(place: u64, count: u64) -> u64 {
    let (row, turn) = (place / LANES, place % LANES);
    let Stripe { start, height, shift } = lane_of(turn, count);
    start + (row + shift) % height
}

/// Returns the indexes at the places of a strided order of `count` from this one on.
fn strided_rest(place: u64, count: u64) -> impl Iterator<Item = Range<u64>> {
    (0..LANES).flat_map(move |turn| {
        let Stripe { start, height, shift } = lane_of(turn, count);
        // So many rows of this lane come before the place.
        let done = (place / LANES + u64::from(turn < place % LANES)).min(height);
        let (from, left) = ((done + shift) % height.max(1), height - done);
        let straight = left.min(height - from);
        let runs = [from..from + straight, 0..left - straight];
        runs.into_iter().map(move |run| start + run.start..start + run.end)
    })
}

/// One of the parts of a strided order.
struct Stripe {
    /// Its first index.
    start: u64,
    /// How many indexes it has.
    height: u64,
    /// In which of its rows it begins.
    shift: u64,
}

/// Returns the lane whose turn it is, of an order of `count` indexes.
fn lane_of(turn: u64, count: u64) -> Stripe {
    // The lanes whose turn comes first are longer by one where the count does not divide evenly.
    let height_of = |turn: u64| count / LANES + u64::from(turn < count % LANES);
    let lane = turn_of(turn);
    let start = (0..lane).map(|before| height_of(turn_of(before))).sum();
    let height = height_of(turn);
    // Odd, and far from the fractions that subnets are of each other.
    Stripe { start, height, shift: (lane * 0x9E37_79B9) % height.max(1) }
}

/// Returns a lane's turn, and the lane whose turn it is: the bits of one are those of the other,
/// backwards.
fn turn_of(lane: u64) -> u64 {
    lane.reverse_bits() >> (u64::BITS - LANES.ilog2())
}

/// Returns the order in which a scan of these addresses is best cut. All of loopback answers: there
/// batches are easier to read in order.
pub fn order(addresses: &AddressSet) -> PlanOrder {
    if addresses.is_loopback() { PlanOrder::InOrder } else { PlanOrder::Strided }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::address::to_address;
    use std::{collections::BTreeSet, net::IpAddr};

    fn set(runs: &[(&str, &str)]) -> AddressSet {
        let run = |(first, last): &(&str, &str)| {
            Interval::between(first.parse().unwrap(), last.parse().unwrap()).unwrap()
        };
        AddressSet::from_intervals(runs.iter().map(run).collect())
    }

    fn plan(addresses: &AddressSet) -> Plan {
        Plan::new(addresses, &AddressSet::new(), PlanOrder::Strided)
    }

    #[test]
    fn a_strided_order_has_every_index_once() {
        for count in (1..200).chain([255, 256, 257, 1000, 4096, 65_521]) {
            let seen: BTreeSet<u64> = (0..count).map(|place| strided(place, count)).collect();
            assert_eq!(seen.len() as u64, count);
            assert_eq!(seen.last(), Some(&(count - 1)));
        }
        // Far numbers do not overflow: a /8.
        assert!(strided(16_777_215, 16_777_216) < 16_777_216);
    }

    #[test]
    fn batches_are_counted_as_they_are_cut() {
        let addresses = set(&[("::1", "::3"), ("10.0.0.0", "10.0.0.6"), ("fd00::1", "fd00::1")]);
        for (chunk, count) in [(0, 11), (1, 11), (2, 7), (3, 5), (4, 4), (7, 3), (64, 3)] {
            assert_eq!(batch_count(&addresses, chunk), count, "{chunk}");
            let (mut cursor, mut cut) = (0, 0);
            while cursor < addresses.count() {
                cursor += plan(&addresses).cut(cursor, u64::from(chunk.max(1))).0.count();
                cut += 1;
            }
            assert_eq!(cut, count, "{chunk}");
        }
        assert_eq!(batch_count(&AddressSet::new(), 4), 0);
        // A preview may be of more than a scan may have.
        let all = set(&[("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]);
        assert_eq!(batch_count(&all, 1), u64::MAX);
    }

    /// Chunks of any sizes, and a restart after each, cut the same plan.
    #[test]
    fn every_address_is_cut_once_whatever_the_chunks_and_families_stay_apart() {
        let addresses = set(&[
            ("::1", "::1"),
            ("10.0.0.0", "10.0.0.99"),
            ("10.0.3.7", "10.0.3.200"),
            ("fd00::1", "fd00::30"),
        ]);
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..50 {
            let (mut cursor, mut seen) = (0, AddressSet::new());
            while cursor < addresses.count() {
                let chunk = rng.u64(1..70);
                let (cut, lane) = plan(&addresses).cut(cursor, chunk);
                assert!(!cut.is_empty() && cut.count() <= chunk && lane == Lane::Main);
                assert!(cut.intersection(&seen).is_empty());
                let families: BTreeSet<bool> =
                    cut.iter().map(|address| address.is_ipv6()).collect();
                assert_eq!(families.len(), 1);
                cursor += cut.count();
                seen = seen.union(&cut);
            }
            assert_eq!(seen, addresses);
            assert!(plan(&addresses).cut(cursor, 9).0.is_empty());
        }
    }

    #[test]
    fn what_is_left_and_what_is_passed_over_follow_the_order() {
        let addresses = set(&[
            ("::1", "::1"),
            ("10.0.0.0", "10.0.0.99"),
            ("10.0.3.7", "10.0.3.60"),
            ("fd00::1", "fd00::9"),
        ]);
        let barred =
            set(&[("10.0.0.16", "10.0.0.90"), ("10.0.3.7", "10.0.3.9"), ("fd00::", "fd00::ff")]);
        let last = set(&[("10.0.0.12", "10.0.0.19"), ("10.0.0.91", "10.0.0.93")]);
        for kind in [PlanOrder::InOrder, PlanOrder::Strided] {
            let plan = Plan::new(&addresses, &last, kind);
            let order: Vec<IpAddr> = (0..addresses.count())
                .flat_map(|place| plan.cut(place, 1).0.iter().collect::<Vec<_>>())
                .collect();
            let first = plan.first.count() as usize;
            for cursor in 0..=order.len() {
                let left = AddressSet::from_addresses(order[cursor..].iter().copied());
                assert_eq!(plan.rest(cursor as u64), left, "{cursor}");
                let may_stay = kind == PlanOrder::Strided && cursor < first;
                let free = |at: &usize| may_stay || barred.run_of(order[*at]).is_none();
                let next = (cursor..order.len()).find(free).unwrap_or(order.len());
                assert_eq!(plan.skip(cursor as u64, &barred), next as u64, "{kind:?} {cursor}");
            }
        }
    }

    #[test]
    fn dead_blocks_are_spread_over_all_batches() {
        type IsDead = fn(u128) -> bool;
        let addresses = set(&[("10.0.0.0", "10.0.3.255")]);
        let base = to_number("10.0.0.0".parse().unwrap());
        let kinds: [(&str, IsDead); 5] = [
            ("the second half", |at| at >= 512),
            ("every other subnet", |at| at / 256 % 2 == 1),
            ("three of four subnets", |at| at >= 256),
            ("all but the first 16 of each 64", |at| at % 64 >= 16),
            ("all but a gateway and its neighbours", |at| at % 256 >= 24),
        ];
        for (what, is_dead) in kinds {
            for chunk in [8, 16, 64] {
                let cuts = (0..1024 / chunk).map(|at| plan(&addresses).cut(at * chunk, chunk).0);
                let all_dead = |cut: &AddressSet| {
                    cut.iter().all(|address: IpAddr| is_dead(to_number(address) - base))
                };
                let lost = cuts.filter(all_dead).count() as u64;
                // By chance alone a batch of 8 with a tenth alive is dead in 43 of 100.
                let share_dead = (0..1024).filter(|at| is_dead(*at)).count() as f64 / 1024.0;
                let by_chance = share_dead.powf(chunk as f64) * (1024 / chunk) as f64;
                assert!(lost as f64 <= by_chance * 1.5 + 1.0, "{what}, {chunk}: {lost} are dead");
            }
        }
        assert_eq!(to_address(base), "10.0.0.0".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn only_loopback_is_cut_in_order() {
        let loopback = set(&[("127.0.0.0", "127.0.3.255")]);
        let plan = Plan::new(&loopback, &AddressSet::new(), order(&loopback));
        assert_eq!(plan.cut(16, 16).0.to_ranges(), ["127.0.0.16/28"]);
        let mixed = set(&[("10.99.0.0", "10.99.0.255"), ("127.0.0.1", "127.0.0.9")]);
        assert_eq!(order(&mixed), PlanOrder::Strided);
    }
}

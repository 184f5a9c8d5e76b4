//! Each operation against the plainest model there is: a `BTreeSet` of numbers.

use super::*;
use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeSet;

/// Where mistakes would hide: both ends of the line and both edges of the v4-mapped block.
const CORNERS: [u128; 5] = [0, V4_FIRST - 20, V4_FIRST + 0x0a00_00f0, V4_LAST - 20, u128::MAX - 40];

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn set(runs: &[(&str, &str)]) -> AddressSet {
    let run = |(first, last): &(&str, &str)| Interval {
        first: to_number(address(first)),
        last: to_number(address(last)),
    };
    AddressSet::from_intervals(runs.iter().map(run).collect())
}

fn number() -> impl Strategy<Value = u128> {
    (prop::sample::select(CORNERS.to_vec()), 0..=40u128).prop_map(|(corner, more)| corner + more)
}

fn small_run() -> impl Strategy<Value = Interval> {
    (number(), 0..12u128)
        .prop_map(|(first, more)| Interval { first, last: first.saturating_add(more) })
}

/// Small enough to list, with gaps, overlaps and touching runs.
fn small_set() -> impl Strategy<Value = AddressSet> {
    vec(small_run(), 0..12).prop_map(AddressSet::from_intervals)
}

/// Any size, as `::/0` minus a bit.
fn any_set() -> impl Strategy<Value = AddressSet> {
    let run = (number(), number())
        .prop_map(|(a, b)| Interval { first: a.min(b).max(1), last: a.max(b).max(1) });
    vec(run, 0..4).prop_map(AddressSet::from_intervals)
}

fn model(set: &AddressSet) -> BTreeSet<u128> {
    set.iter().map(to_number).collect()
}

fn same(set: &AddressSet, numbers: &BTreeSet<u128>) {
    assert_eq!(&model(set), numbers);
    assert_eq!(set, &AddressSet::from_addresses(numbers.iter().map(|no| to_address(*no))));
    assert_eq!(set.len(), numbers.len() as u128);
}

/// Cuts the set from its start to its end, in pieces of these sizes.
fn cut(set: &AddressSet, sizes: &[u128]) -> Vec<AddressSet> {
    let (mut at, mut pieces) = (0, Vec::new());
    for size in sizes.iter().cycle() {
        let piece = set.slice(at, *size);
        if piece.is_empty() {
            break;
        }
        at += piece.len();
        pieces.push(piece);
    }
    pieces
}

proptest! {
    #[test]
    fn building_and_counting(runs in vec(small_run(), 0..12)) {
        let numbers = runs.iter().flat_map(|run| run.first..=run.last).collect();
        same(&AddressSet::from_intervals(runs), &numbers);
    }

    #[test]
    fn algebra(a in small_set(), b in small_set()) {
        let (in_a, in_b) = (model(&a), model(&b));
        same(&a.union(&b), &(&in_a | &in_b));
        same(&a.difference(&b), &(&in_a - &in_b));
        same(&a.intersection(&b), &(&in_a & &in_b));
        prop_assert_eq!(a.overlaps(&b), !in_a.is_disjoint(&in_b));
        prop_assert_eq!(a.contains_set(&b), in_b.is_subset(&in_a));
        prop_assert!(a.union(&b).contains_set(&b));
    }

    #[test]
    fn algebra_of_large_sets(a in any_set(), b in any_set()) {
        let (left, common, right) = (a.difference(&b), a.intersection(&b), b.difference(&a));
        prop_assert!(!left.overlaps(&common) && !right.overlaps(&common) && !left.overlaps(&right));
        prop_assert_eq!(left.union(&common).union(&right), a.union(&b));
        prop_assert_eq!(left.len() + common.len(), a.len());
        prop_assert_eq!(common.is_empty(), !a.overlaps(&b));
        prop_assert_eq!(left.is_empty(), b.contains_set(&a));
    }

    #[test]
    fn inserting(mut held in small_set(), more in vec(number(), 0..60)) {
        let mut numbers = model(&held);
        for no in more {
            prop_assert_eq!(held.contains(to_address(no)), numbers.contains(&no));
            prop_assert_eq!(held.insert(to_address(no)), numbers.insert(no));
            same(&held, &numbers);
        }
    }

    #[test]
    fn selecting(held in small_set()) {
        let selected: Vec<_> = (0..held.len()).filter_map(|index| held.select(index)).collect();
        prop_assert_eq!(selected, held.iter().collect::<Vec<_>>());
        prop_assert_eq!(held.select(held.len()), None);
    }

    #[test]
    fn slices_of_any_sizes_make_the_set(held in small_set(), sizes in vec(1..9u128, 1..6)) {
        let pieces = cut(&held, &sizes);
        let listed: Vec<_> = pieces.iter().flat_map(AddressSet::iter).collect();
        prop_assert_eq!(listed, held.iter().collect::<Vec<_>>());
        for (piece, size) in pieces.iter().zip(sizes.iter().cycle()) {
            let first = piece.iter().next().map(family);
            prop_assert!(piece.iter().all(|each| Some(family(each)) == first));
            prop_assert!(piece.len() <= *size);
        }
    }

    #[test]
    fn slices_end_early_only_at_a_family_s_edge(
        held in small_set(), start in 0..150u128, count in 0..40u128,
    ) {
        let from_start: Vec<_> = held.iter().skip(start as usize).collect();
        let first = from_start.first().copied().map(family);
        let expected = from_start.into_iter().take_while(|each| Some(family(*each)) == first);
        let sliced: Vec<_> = held.slice(start, count).iter().collect();
        prop_assert_eq!(sliced, expected.take(count as usize).collect::<Vec<_>>());
    }

    #[test]
    fn large_slices_make_the_set(held in any_set()) {
        let pieces = cut(&held, &[u128::MAX, 1, u128::MAX / 2, 7]);
        prop_assert_eq!(pieces.iter().map(AddressSet::len).sum::<u128>(), held.len());
        let joined = pieces.iter().fold(AddressSet::new(), |all, piece| all.union(piece));
        prop_assert_eq!(joined, held);
    }

    #[test]
    fn stored_steps_lead_back(held in any_set(), small in small_set()) {
        for each in [held, small] {
            prop_assert_eq!(AddressSet::from_steps(each.to_steps().collect()), Some(each));
        }
    }
}

#[test]
fn every_spelling_of_an_address_is_one_place() {
    let mapped = set(&[("::ffff:10.0.0.1", "::ffff:10.0.0.3")]);
    assert_eq!(mapped, set(&[("10.0.0.1", "10.0.0.3")]));
    assert!(mapped.contains(address("10.0.0.2")) && mapped.contains(address("::ffff:a00:2")));
    assert_eq!(mapped.first_family(), Some(Family::V4));
    assert_eq!(family(address("::10.0.0.1")), Family::V6); // v4-compatible is not v4-mapped
    assert_eq!(family(address("2002:a00:1::")), Family::V6);
}

#[test]
fn runs_between_addresses() {
    let between = |first, last| Interval::between(address(first), address(last));
    assert_eq!(between("10.0.0.1", "10.0.1.0").map(|run| run.len()), Some(256));
    assert_eq!(between("10.0.0.1", "::ffff:10.0.0.1").map(|run| run.len()), Some(1));
    assert_eq!(between("10.0.0.2", "10.0.0.1"), None);
    assert_eq!(between("10.0.0.2", "fd00::"), None);
    assert_eq!(between("::", "10.0.0.2"), None);
}

#[expect(clippy::needless_pass_by_value, reason = "tables read best without `&`")]
fn check_ranges(runs: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&set(runs).to_ranges().join(" "));
}

#[test]
fn compact_text() {
    check_ranges(&[], expect![""]);
    check_ranges(&[("10.0.0.1", "10.0.0.1")], expect!["10.0.0.1"]);
    check_ranges(&[("10.0.0.0", "10.0.0.1")], expect!["10.0.0.0/31"]);
    check_ranges(&[("10.0.0.1", "10.0.0.2")], expect!["10.0.0.1-2"]);
    check_ranges(&[("10.0.0.1", "10.0.1.2")], expect!["10.0.0.1-10.0.1.2"]);
    check_ranges(&[("0.0.0.0", "255.255.255.255")], expect!["0.0.0.0/0"]);
    check_ranges(&[("fd00::", "fd00::ff")], expect!["fd00::/120"]);
    check_ranges(&[("fd00::1", "fd00::ff")], expect!["fd00::1-fd00::ff"]);
    check_ranges(&[("255.255.255.254", "::1:0:0:1")], expect!["255.255.255.254/31 ::1:0:0:0/127"]);
    check_ranges(
        &[("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")],
        expect!["::-::fffe:ffff:ffff 0.0.0.0/0 ::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    );
}

#[test]
fn json_is_the_compact_text() {
    let held = set(&[("10.0.0.0", "10.0.0.255"), ("fd00::1", "fd00::1")]);
    expect![[r#"["10.0.0.0/24","fd00::1"]"#]]
        .assert_eq(&serde_json::to_string(&held).expect("serializes"));
}

#[test]
fn steps_past_the_last_address_are_refused() {
    let last = u128::MAX;
    assert_eq!(AddressSet::from_steps(vec![(last, 0)]).map(|set| set.len()), Some(1));
    assert_eq!(AddressSet::from_steps(vec![(last, 1)]), None);
    assert_eq!(AddressSet::from_steps(vec![(1, 1), (last, 0)]), None);
}

#[test]
fn the_whole_line_is_counted_up_to_its_last_address() {
    let everything = AddressSet::from_intervals(vec![Interval { first: 0, last: u128::MAX }]);
    assert_eq!((everything.len(), everything.count()), (u128::MAX, u64::MAX));
    let without_v4 = everything.difference(&set(&[("0.0.0.0", "255.255.255.255")]));
    assert_eq!(without_v4.len(), u128::MAX - (1 << 32) + 1);
    assert_eq!(without_v4.intervals().len(), 2);
}

#[test]
fn loopback_is_this_machine_alone() {
    let set = |first: &str, last: &str| {
        let number = |text: &str| to_number(text.parse::<IpAddr>().unwrap());
        AddressSet::from_intervals(vec![Interval { first: number(first), last: number(last) }])
    };
    let table = [
        ("127.0.0.0", "127.255.255.255", true),
        ("::1", "::1", true),
        ("127.0.0.1", "128.0.0.0", false),
        ("10.0.0.1", "10.0.0.1", false),
        ("::1", "::2", false),
        ("::1", "127.0.0.1", false),
    ];
    for (first, last, expected) in table {
        assert_eq!(set(first, last).is_loopback(), expected, "{first}-{last}");
    }
}

#[test]
fn ranks_and_runs() {
    let set = set(&[("10.0.0.1", "10.0.0.3"), ("10.0.0.7", "10.0.0.7"), ("fd00::", "fd00::3")]);
    let number = |text: &str| to_number(text.parse().unwrap());
    for (text, below) in [
        ("0.0.0.0", 0),
        ("10.0.0.1", 0),
        ("10.0.0.2", 1),
        ("10.0.0.4", 3),
        ("10.0.0.7", 3),
        ("10.0.0.8", 4),
        ("fd00::2", 6),
        ("fe00::", 8),
    ] {
        assert_eq!(set.rank(number(text)), below, "{text}");
        let run = set.run_of(text.parse().unwrap());
        assert_eq!(run.is_some(), set.contains(text.parse().unwrap()), "{text}");
    }
    for index in 0..8 {
        let address = set.select(index).unwrap();
        assert_eq!(set.rank(to_number(address)), index);
    }
}

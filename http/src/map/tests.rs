//! The map adds up, whatever the addresses are.

use super::{Count, Map};
use netscan_schemas::{
    AddressSet, Interval,
    api::{MapCell, MapFamilyName, ScanMap},
};
use proptest::prelude::*;

fn set(ranges: &[&str]) -> AddressSet {
    let (list, errors) = netscan_nmap::targets::parse(ranges);
    assert!(errors.is_empty(), "{errors:?}");
    list.addresses
}

fn shape(map: &ScanMap) -> Vec<(u8, usize, String)> {
    let family = |family: &netscan_schemas::api::MapFamily| {
        (family.prefix, family.cells.len(), family.cells[0].block.clone())
    };
    map.families.iter().map(family).collect()
}

#[test]
fn the_longest_prefix_that_fits_is_taken() {
    type Row = (&'static [&'static str], usize, Vec<(u8, usize, &'static str)>);
    let table: [Row; 9] = [
        (&["10.0.0.0/24"], 1024, vec![(32, 256, "10.0.0.0/32")]),
        (&["10.0.0.0/24"], 255, vec![(31, 128, "10.0.0.0/31")]),
        (&["10.0.0.0/8"], 1024, vec![(18, 1024, "10.0.0.0/18")]),
        (&["10.0.0.0/8"], 1, vec![(8, 1, "10.0.0.0/8")]),
        (&["10.0.0.255-10.0.1.0"], 1, vec![(23, 1, "10.0.0.0/23")]),
        (&["10.0.0.1", "192.168.0.1"], 1, vec![(0, 1, "0.0.0.0/0")]),
        (&["fd00::/112"], 4096, vec![(124, 4096, "fd00::/124")]),
        (
            &["10.0.0.0/24", "fd00::/120"],
            256,
            vec![(31, 128, "10.0.0.0/31"), (127, 128, "fd00::/127")],
        ),
        (&["10.0.0.0/30", "fd00::1"], 1, vec![(30, 1, "10.0.0.0/30"), (128, 1, "fd00::1/128")]),
    ];
    for (targets, cells, expected) in table {
        let map = Map::of(&set(targets), cells).finish(false);
        let expected: Vec<(u8, usize, String)> = expected
            .into_iter()
            .map(|(prefix, cells, first)| (prefix, cells, first.into()))
            .collect();
        assert_eq!(shape(&map), expected, "{targets:?} in {cells}");
    }
    let none = Map::of(&AddressSet::new(), 1024).finish(false);
    assert_eq!((none.total, none.families.len()), (0, 0));
}

#[test]
fn a_run_is_counted_in_every_block_that_it_touches() {
    let mut map = Map::of(&set(&["10.0.0.0/22"]), 4);
    map.add(&set(&["10.0.0.254-10.0.2.1"]), Count::Down);
    map.add(&set(&["10.0.3.7"]), Count::Up);
    map.add(&set(&["10.0.3.7"]), Count::OpenPorts);
    let map = map.finish(true);
    let counts = |cell: &MapCell| (cell.down, cell.up, cell.open_ports, cell.unfinished);
    let counts: Vec<_> = map.families[0].cells.iter().map(counts).collect();
    assert_eq!(counts, [(2, 0, 0, 254), (256, 0, 0, 0), (2, 0, 0, 254), (0, 1, 1, 255)]);
    assert!(map.truncated);
}

/// Places on the number line where families and blocks meet, with some of their neighbours.
fn places() -> impl Strategy<Value = u128> {
    let near = |place: u128| (0u128..600).prop_map(move |more| place.saturating_add(more));
    prop_oneof![
        near(0),
        near(0xffff_0000_0000 - 300),
        near(0xffff_0a00_0000 - 300),
        near(0xffff_ffff_ffff - 300),
        near(0xfd00_u128 << 112),
        near(u128::MAX - 600),
    ]
}

fn sets() -> impl Strategy<Value = AddressSet> {
    let run = (places(), 0u128..400)
        .prop_map(|(first, more)| Interval { first, last: first.saturating_add(more) });
    proptest::collection::vec(run, 0..12).prop_map(AddressSet::from_intervals)
}

fn counts(cell: &MapCell) -> [u64; 8] {
    let MapCell { total, up, down, timed_out, unfinished, excluded, open_ports, running, .. } =
        cell;
    [*total, *up, *down, *timed_out, *unfinished, *excluded, *open_ports, *running]
}

proptest! {
    #[test]
    fn each_cell_and_the_whole_map_add_up(
        targets in sets(), excluded in sets(), up in sets(), down in sets(), cells in 1usize..300,
    ) {
        // Each address has one verdict at most, as the store holds it.
        let excluded = excluded.intersection(&targets);
        let up = up.intersection(&targets).difference(&excluded);
        let down = down.intersection(&targets).difference(&excluded).difference(&up);
        let mut map = Map::of(&targets, cells);
        map.add(&excluded, Count::Excluded);
        map.add(&up, Count::Up);
        map.add(&down, Count::Down);
        let map = map.finish(false);
        let mut sums = [0; 8];
        let mut blocks = 0;
        for family in &map.families {
            prop_assert!(!family.cells.is_empty());
            for cell in &family.cells {
                let [total, up, down, timed_out, unfinished, excluded, ..] = counts(cell);
                prop_assert!(total > 0, "only touched blocks appear");
                prop_assert_eq!(total, up + down + timed_out + unfinished + excluded);
                for (sum, count) in sums.iter_mut().zip(counts(cell)) {
                    *sum += count;
                }
                // IPv4 has its place within IPv6, and is no part of it.
                let v4 = set(&["0.0.0.0/0"]);
                let block = match family.family {
                    MapFamilyName::Ipv4 => set(&[&cell.block]),
                    MapFamilyName::Ipv6 => set(&[&cell.block]).difference(&v4),
                };
                prop_assert_eq!(block.intersection(&targets).count(), total);
                blocks += 1;
            }
        }
        let left = targets.count() - up.count() - down.count() - excluded.count();
        let expected = [targets.count(), up.count(), down.count(), 0, left, excluded.count(), 0, 0];
        prop_assert_eq!(sums, expected);
        prop_assert_eq!(map.total, targets.count());
        prop_assert!(blocks <= cells.max(map.families.len()));
    }
}

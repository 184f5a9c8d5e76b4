//! The target space of a scan as blocks: which blocks, and how many addresses of a set are in each.
//!
//! ```text
//! targets ─► for each family the longest prefix with few enough blocks ─► cells
//! sets of verdicts, a batch at a time ─► counted into the cells
//! ```
//!
//! No address is looked at by itself: all is done by runs. What has no verdict is what is left, so
//! that each cell adds up.

use netscan_schemas::{
    AddressSet, Interval,
    address::{self, Family},
    api::{MapCell, MapFamily, ScanMap},
};

#[cfg(test)]
mod tests;

/// Where IPv4 is on the number line of both families.
const V4: Interval = Interval { first: 0xffff_0000_0000, last: 0xffff_ffff_ffff };

/// What an address is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Given up on at the host timeout.
    TimedOut,
    /// Taken out by an exclude.
    Excluded,
    /// Up, with an open port.
    OpenPorts,
    /// Without a verdict, in a batch that runs.
    Running,
}

impl Count {
    const ALL: usize = 6;
}

/// The blocks, and what is counted in each.
#[derive(Debug)]
pub struct Map {
    /// Each with its family, IPv4 first.
    families: Vec<Grid>,
}

/// Blocks of one size that are in order.
#[derive(Debug)]
struct Grid {
    family: Family,
    /// Bits of an address within a block.
    host_bits: u32,
    /// The blocks by their numbers: an address without those bits.
    blocks: Vec<u128>,
    totals: Vec<u64>,
    counts: Vec<[u64; Count::ALL]>,
}

impl Map {
    /// Returns the empty map of these addresses, of at most so many cells; each family has at least
    /// one.
    pub fn of(addresses: &AddressSet, cells_max: usize) -> Self {
        let v4 = AddressSet::from_intervals(vec![V4]);
        let (of_v4, of_v6) = (addresses.intersection(&v4), addresses.difference(&v4));
        let mut families = Vec::new();
        // IPv6 may have half of the cells, or what IPv4 leaves.
        let half = (cells_max / 2).max(1);
        let least_v6 = touched(&of_v6, fitting(&of_v6, Family::V6, half)) as usize;
        let v4_max = cells_max.saturating_sub(least_v6).max(1);
        if !of_v4.is_empty() {
            families.push(Grid::of(&of_v4, Family::V4, v4_max));
        }
        let taken = families.first().map_or(0, |grid| grid.blocks.len());
        if !of_v6.is_empty() {
            let v6_max = cells_max.saturating_sub(taken).max(1);
            families.push(Grid::of(&of_v6, Family::V6, v6_max));
        }
        Self { families }
    }

    /// Counts the addresses of a set. They are among those of the map.
    pub fn add(&mut self, set: &AddressSet, as_what: Count) {
        for run in set.intervals() {
            for grid in &mut self.families {
                grid.add(*run, |grid, at, count| grid.counts[at][as_what as usize] += count);
            }
        }
    }

    /// Returns the map as it is answered.
    pub fn finish(self, truncated: bool) -> ScanMap {
        let families: Vec<MapFamily> = self.families.into_iter().map(Grid::finish).collect();
        let cells = families.iter().flat_map(|family| &family.cells);
        ScanMap { total: cells.map(|cell| cell.total).sum(), families, truncated }
    }
}

impl Grid {
    fn of(addresses: &AddressSet, family: Family, cells_max: usize) -> Self {
        let host_bits = fitting(addresses, family, cells_max);
        let mut blocks: Vec<u128> = Vec::new();
        for run in addresses.intervals() {
            let (first, last) = (shifted(run.first, host_bits), shifted(run.last, host_bits));
            let is_there = blocks.last() == Some(&first);
            blocks.extend((first..=last).skip(usize::from(is_there)));
        }
        let (totals, counts) = (vec![0; blocks.len()], vec![[0; Count::ALL]; blocks.len()]);
        let mut grid = Self { family, host_bits, blocks, totals, counts };
        for run in addresses.intervals() {
            grid.add(*run, |grid, at, count| grid.totals[at] += count);
        }
        grid
    }

    /// Counts the parts of a run that are of this family.
    fn add(&mut self, run: Interval, mut count: impl FnMut(&mut Self, usize, u64)) {
        let parts: &[(u128, u128)] = match self.family {
            Family::V4 => &[(V4.first, V4.last)],
            Family::V6 => &[(0, V4.first - 1), (V4.last + 1, u128::MAX)],
        };
        for (lowest, highest) in parts {
            let (first, last) = (run.first.max(*lowest), run.last.min(*highest));
            if first <= last {
                self.add_part(Interval { first, last }, &mut count);
            }
        }
    }

    /// Counts a run into each block that it touches.
    fn add_part(&mut self, run: Interval, mut count: impl FnMut(&mut Self, usize, u64)) {
        let mut at =
            self.blocks.partition_point(|block| *block < shifted(run.first, self.host_bits));
        while let Some(&block) = self.blocks.get(at) {
            let (first, last) = bounds(block, self.host_bits);
            if first > run.last {
                break;
            }
            let addresses = (last.min(run.last) - first.max(run.first)).saturating_add(1);
            count(self, at, u64::try_from(addresses).unwrap_or(u64::MAX));
            at += 1;
        }
    }

    fn finish(self) -> MapFamily {
        let bits = bits_of(self.family);
        let prefix = (bits - self.host_bits) as u8;
        let cell = |((block, total), counts): ((u128, u64), [u64; Count::ALL])| {
            let [up, down, timed_out, excluded, open_ports, running] = counts;
            let first = address::to_address(bounds(block, self.host_bits).0);
            MapCell {
                block: format!("{first}/{prefix}"),
                total,
                up,
                down,
                timed_out,
                unfinished: total.saturating_sub(up + down + timed_out + excluded),
                excluded,
                open_ports,
                running,
            }
        };
        let cells = self.blocks.into_iter().zip(self.totals).zip(self.counts).map(cell).collect();
        MapFamily { family: self.family.into(), prefix, cells }
    }
}

fn bits_of(family: Family) -> u32 {
    match family {
        Family::V4 => 32,
        Family::V6 => 128,
    }
}

/// A shift by all bits leaves nothing.
fn shifted(number: u128, bits: u32) -> u128 {
    number.checked_shr(bits).unwrap_or(0)
}

/// Returns the first and the last address of a block.
fn bounds(block: u128, host_bits: u32) -> (u128, u128) {
    let first = block.checked_shl(host_bits).unwrap_or(0);
    let hosts = 1u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
    (first, first | hosts)
}

/// Returns how many blocks with so many bits the addresses touch.
fn touched(addresses: &AddressSet, host_bits: u32) -> u128 {
    let mut before = None;
    let mut count = 0u128;
    for run in addresses.intervals() {
        let (first, last) = (shifted(run.first, host_bits), shifted(run.last, host_bits));
        count = count.saturating_add((last - first).saturating_add(1));
        count -= u128::from(before == Some(first));
        before = Some(last);
    }
    count
}

/// Returns the fewest bits that blocks must have so that there are no more than this many.
fn fitting(addresses: &AddressSet, family: Family, cells_max: usize) -> u32 {
    let (mut least, mut most) = (0, bits_of(family));
    while least < most {
        let bits = u32::midpoint(least, most);
        match touched(addresses, bits) <= cells_max as u128 {
            true => most = bits,
            false => least = bits + 1,
        }
    }
    least
}

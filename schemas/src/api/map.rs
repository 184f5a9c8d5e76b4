//! The target space of a scan in blocks.

use crate::address::Family;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The addresses of a scan in blocks of one size for each family, with what is known of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanMap {
    /// Addresses in all cells.
    pub total: u64,
    /// The families that the scan has addresses of, IPv4 first.
    pub families: Vec<MapFamily>,
    /// Whether there are more hosts with open ports than one answer looks at: then `open_ports`
    /// does not count all of them.
    pub truncated: bool,
}

/// The addresses of one family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MapFamily {
    /// `ipv4` or `ipv6`.
    #[schema(value_type = String, pattern = "^ipv[46]$")]
    pub family: MapFamilyName,
    /// The length of the blocks' prefix: the longest for which there are no more cells than asked
    /// for.
    pub prefix: u8,
    /// The blocks that have addresses of the scan, in their order.
    pub cells: Vec<MapCell>,
}

/// A family's name in a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MapFamilyName {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl From<Family> for MapFamilyName {
    fn from(family: Family) -> Self {
        match family {
            Family::V4 => Self::Ipv4,
            Family::V6 => Self::Ipv6,
        }
    }
}

/// The scan's addresses in one block: `total = up + down + timed_out + unfinished + excluded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MapCell {
    /// The block, as `10.0.0.0/24`.
    pub block: String,
    /// The scan's addresses in it.
    pub total: u64,
    /// Those that are up.
    pub up: u64,
    /// Those that are down.
    pub down: u64,
    /// Those that nmap gave up on at the user's host timeout.
    pub timed_out: u64,
    /// Those without a verdict.
    pub unfinished: u64,
    /// Those that an exclude took out.
    pub excluded: u64,
    /// Hosts among those up that have an open port.
    pub open_ports: u64,
    /// Addresses among the unfinished ones whose batch runs now.
    pub running: u64,
}

//! Which addresses begin with a text.

use netscan_schemas::{AddressSet, Interval};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns runs of addresses that hold all whose text begins with this one, in lower case. Of IPv6
/// they may hold others too, since a text leaves zeros out. None when no address begins so.
pub fn addresses_that_begin(text: &str) -> Vec<Interval> {
    let is_of = |also: &str, radix| {
        !text.is_empty() && text.chars().all(|c| c.is_digit(radix) || also.contains(c))
    };
    let v4 = if is_of(".", 10) { v4_runs(text) } else { Vec::new() };
    let v6 = if is_of(":", 16) { v6_runs(text) } else { Vec::new() };
    // What lies between is written as IPv4.
    let mapped =
        Interval::between(IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::BROADCAST));
    let mapped = AddressSet::from_intervals(mapped.into_iter().collect());
    let v6 = AddressSet::from_intervals(v6).difference(&mapped);
    AddressSet::from_intervals(v4).union(&v6).intervals().to_vec()
}

/// Returns the numbers up to a bound whose digits begin with these.
fn numbers(digits: &str, radix: u32, max: u32) -> Vec<(u32, u32)> {
    if digits.is_empty() {
        return vec![(0, max)];
    }
    let Ok(number) = u32::from_str_radix(digits, radix) else { return Vec::new() };
    // Numbers are written without leading zeros.
    if number > max || (digits.starts_with('0') && digits.len() > 1) {
        return Vec::new();
    }
    let mut runs = vec![(number, number)];
    let (mut first, mut width) = (number, 1);
    while first > 0 && first * radix <= max {
        first *= radix;
        width *= radix;
        runs.push((first, max.min(first + width - 1)));
    }
    runs
}

fn v4_runs(text: &str) -> Vec<Interval> {
    let parts: Vec<&str> = text.split('.').collect();
    let Some((last, whole)) = parts.split_last() else { return Vec::new() };
    if whole.len() > 3 {
        return Vec::new();
    }
    let octet = |part: &&str| -> Option<u8> {
        let octet: u8 = part.parse().ok()?;
        (octet.to_string() == **part).then_some(octet)
    };
    let Some(octets) = whole.iter().map(octet).collect::<Option<Vec<u8>>>() else {
        return Vec::new();
    };
    let run = |(low, high): (u32, u32)| {
        let (mut first, mut end) = ([0u8; 4], [u8::MAX; 4]);
        first[..octets.len()].copy_from_slice(&octets);
        end[..octets.len()].copy_from_slice(&octets);
        (first[octets.len()], end[octets.len()]) = (low as u8, high as u8);
        Interval::between(first.into(), end.into())
    };
    numbers(last, 10, 255).into_iter().filter_map(run).collect()
}

fn v6_runs(text: &str) -> Vec<Interval> {
    // Beyond `::` nothing is certain but that a zero follows.
    let (whole, last) = match text.split_once("::") {
        Some((head, _)) => (head, "0"),
        None => text.rsplit_once(':').unwrap_or(("", text)),
    };
    let leaves_out = text.contains("::");
    if whole.is_empty() && !leaves_out && text.starts_with(':') {
        // `:` alone opens `::1`.
        return if text == ":" { v6_runs("::") } else { Vec::new() };
    }
    let parts: Vec<&str> = whole.split(':').filter(|_| !whole.is_empty()).collect();
    let group = |part: &&str| -> Option<u16> {
        let group = u16::from_str_radix(part, 16).ok()?;
        (format!("{group:x}") == **part).then_some(group)
    };
    let Some(groups) = parts.iter().map(group).collect::<Option<Vec<u16>>>() else {
        return Vec::new();
    };
    if groups.len() > 7 {
        return Vec::new();
    }
    let run = |(low, high): (u32, u32)| {
        let (mut first, mut end) = ([0u16; 8], [u16::MAX; 8]);
        first[..groups.len()].copy_from_slice(&groups);
        end[..groups.len()].copy_from_slice(&groups);
        (first[groups.len()], end[groups.len()]) = (low as u16, high as u16);
        Interval::between(Ipv6Addr::from(first).into(), Ipv6Addr::from(end).into())
    };
    let runs = if leaves_out { vec![(0, 0)] } else { numbers(last, 16, 0xffff) };
    runs.into_iter().filter_map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges(text: &str) -> String {
        AddressSet::from_intervals(addresses_that_begin(text)).to_ranges().join(" ")
    }

    #[test]
    fn the_beginning_of_an_address() {
        for (text, found) in [
            ("10.0.0.1", "10.0.0.1 10.0.0.10-19 10.0.0.100-199"),
            ("10.0.0.", "10.0.0.0/24"),
            ("10.0", "10.0.0.0/16"),
            ("192.168.25", "192.168.25.0/24 192.168.250.0-192.168.255.255"),
            ("10.0.0.256", ""),
            ("10.00", ""),
            ("1.2.3.4.5", ""),
            (".1", ""),
            ("nginx", ""),
            ("", ""),
            ("fd00:1:", "fd00:1::/32"),
            ("fd00::", "fd00::/32"),
            ("fd00:01", ""),
            ("g", ""),
        ] {
            assert_eq!(ranges(text), found, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_beginning_finds_its_address(number: u128, v4: u32, zeros in 0..9u32, cut in 1..40usize) {
            // Addresses with a run of zeros, which their text leaves out.
            let number = if zeros < 8 { (number & !(u128::MAX >> (16 * zeros))) | (number % 0xfff) } else { number };
            for address in [IpAddr::from(Ipv6Addr::from(number)), IpAddr::from(v4.to_be_bytes())] {
                let address = netscan_schemas::address::to_address(netscan_schemas::address::to_number(address));
                let text = address.to_string();
                let begin = &text[..cut.min(text.len())];
                let found = AddressSet::from_intervals(addresses_that_begin(begin));
                // Some addresses of IPv6 are written with an IPv4 one at their end.
                let is_mixed = address.is_ipv6() && text.contains('.') && begin.contains('.');
                prop_assert!(is_mixed || found.contains(address), "{} {}", text, begin);
            }
        }
    }
}

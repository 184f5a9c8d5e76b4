//! IPv4 as nmap reads it: each octet a number, `*`, or a list of numbers and ranges; and a mask.
//!
//! ```text
//! 10.0.0-3.1,5      4 octets, each a list of ranges; the target is their product
//! 10.0.0-1.0/31     the mask widens each octet's ranges, so the product stays a product
//! ```
//!
//! Stricter than nmap where libc would read another address: all four octets, no leading zeros.

use super::{Target, parse_mask, range_between};
use netscan_schemas::{Interval, address::to_number};
use std::net::{IpAddr, Ipv4Addr};

/// The sorted ranges of one octet, which neither overlap nor touch.
type Octet = Vec<(u8, u8)>;

/// Four octets with the ranges of each: the target is every combination of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OctetRanges([Octet; 4]);

/// Reads a target of digits and `.,-*`, and its mask.
pub(super) fn parse(host: &str, mask: Option<&str>) -> Result<Target, String> {
    if let Some((first, last)) = full_range(host) {
        if mask.is_some() {
            return Err("a range takes no mask".into());
        }
        let (first, last) = (parse_plain(first)?, parse_plain(last)?);
        return range_between(first.into(), last.into()).map(Target::Run);
    }
    let bits = mask.map_or(Ok(32), |mask| parse_mask(mask, 32))?;
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok(Target::Run(block(address, bits)));
    }
    Ok(Target::Octets(OctetRanges::parse(host)?.widened(bits)))
}

/// Returns both ends of a range like `10.0.0.1-10.0.0.20`.
fn full_range(host: &str) -> Option<(&str, &str)> {
    let has_four_parts = |end: &&str| end.matches('.').count() == 3;
    host.split_once('-').filter(|(first, last)| has_four_parts(first) && has_four_parts(last))
}

fn parse_plain(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|_| match OctetRanges::parse(text) {
        Err(reason) => format!("`{text}`: {reason}"),
        Ok(_) => format!("the end `{text}` of a range must be a plain address"),
    })
}

fn block(address: Ipv4Addr, bits: u32) -> Interval {
    let hosts = u32::MAX.checked_shr(bits).unwrap_or(0);
    let first = u32::from(address) & !hosts;
    run(first, first | hosts)
}

fn run(first: u32, last: u32) -> Interval {
    let number = |address| to_number(IpAddr::V4(Ipv4Addr::from(address)));
    Interval { first: number(first), last: number(last) }
}

impl OctetRanges {
    fn parse(host: &str) -> Result<Self, String> {
        let parts: Vec<&str> = host.split('.').collect();
        let [a, b, c, d] = parts[..] else {
            return Err(not_four(host, parts.len()));
        };
        Ok(Self([parse_octet(a)?, parse_octet(b)?, parse_octet(c)?, parse_octet(d)?]))
    }

    /// Returns the target with the mask applied to each of its addresses.
    fn widened(mut self, bits: u32) -> Self {
        for (octet, bits_before) in self.0.iter_mut().zip([0, 8, 16, 24]) {
            let bits_here = bits.saturating_sub(bits_before).min(8);
            let hosts = u8::MAX.checked_shr(bits_here).unwrap_or(0);
            for (first, last) in octet.iter_mut() {
                *first &= !hosts;
                *last |= hosts;
            }
            *octet = merged(std::mem::take(octet));
        }
        self
    }

    /// Returns the place of the last octet that is not full. Those after it make each of its runs
    /// longer; those before it make more of them.
    fn pivot(&self) -> usize {
        self.0.iter().rposition(|octet| octet[..] != [(0, 255)]).unwrap_or(0)
    }

    /// Returns how many runs of addresses the target has, a few more where runs touch.
    pub(super) fn count_runs(&self) -> usize {
        let pivot = self.pivot();
        let before = self.0[..pivot].iter().map(|octet| values(octet).count());
        before.product::<usize>() * self.0[pivot].len()
    }

    /// Adds the target's runs of addresses: as many as [`Self::count_runs`] says.
    pub(super) fn push_runs(&self, runs: &mut Vec<Interval>) {
        let pivot = self.pivot();
        let mut prefixes = vec![0u32];
        for octet in &self.0[..pivot] {
            prefixes = prefixes
                .into_iter()
                .flat_map(|prefix| values(octet).map(move |value| (prefix << 8) | value))
                .collect();
        }
        let bits_after = 8 * (3 - pivot);
        let hosts = (1u32 << bits_after) - 1;
        for prefix in prefixes {
            let at = |value: u8| ((prefix << 8) | u32::from(value)) << bits_after;
            runs.extend(
                self.0[pivot].iter().map(|(first, last)| run(at(*first), at(*last) | hosts)),
            );
        }
    }
}

fn values(octet: &[(u8, u8)]) -> impl Iterator<Item = u32> {
    octet.iter().flat_map(|(first, last)| u32::from(*first)..=u32::from(*last))
}

fn merged(mut ranges: Octet) -> Octet {
    ranges.sort_unstable();
    let mut octet: Octet = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match octet.last_mut() {
            Some(held) if first <= held.1.saturating_add(1) => held.1 = held.1.max(last),
            _ => octet.push((first, last)),
        }
    }
    octet
}

/// Reads `*`, or a list of `n`, `a-b`, `-b` (from 0), `a-` (to 255) and `-` (all).
fn parse_octet(text: &str) -> Result<Octet, String> {
    if text == "*" {
        return Ok(vec![(0, 255)]);
    }
    let ranges: Result<Octet, String> = text.split(',').map(parse_item).collect();
    ranges.map(merged)
}

fn parse_item(item: &str) -> Result<(u8, u8), String> {
    let Some((first, last)) = item.split_once('-') else {
        let value = parse_number(item)?;
        return Ok((value, value));
    };
    let first = if first.is_empty() { 0 } else { parse_number(first)? };
    let last = if last.is_empty() { 255 } else { parse_number(last)? };
    if first > last {
        return Err(format!("the range `{item}` runs backwards: write `{last}-{first}`"));
    }
    Ok((first, last))
}

fn parse_number(digits: &str) -> Result<u8, String> {
    if digits.is_empty() {
        return Err("a number is missing between dots or commas".into());
    }
    if digits.contains('*') {
        return Err("a `*` stands for a whole octet, alone between its dots".into());
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{digits}` is not a number: a range in an octet is `a-b`"));
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(leading_zero(digits));
    }
    digits.parse().map_err(|_| format!("`{digits}` is above 255, the highest number of an octet"))
}

/// Says how differently the number is read elsewhere.
fn leading_zero(digits: &str) -> String {
    let decimal = digits.trim_start_matches('0');
    let decimal = if decimal.is_empty() { "0" } else { decimal };
    let libc = match u64::from_str_radix(digits, 8) {
        Ok(octal) => format!("libc reads it as {octal}"),
        Err(_) => "libc refuses it".to_owned(),
    };
    format!("`{digits}` begins with a zero: nmap reads it as {decimal}, {libc}: write it plainly")
}

fn not_four(host: &str, parts: usize) -> String {
    match host.parse::<u32>() {
        Ok(number) if !host.starts_with('0') => {
            let address = Ipv4Addr::from(number);
            format!("a bare number is not an address: if it means {address}, write that")
        }
        _ => format!(
            "an IPv4 target has four numbers with dots between, this has {parts}: write all four"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::single, *};

    #[test]
    fn a_block_is_one_run() {
        let parsed = |host, bits| parse(host, Some(bits));
        let run = |first: [u8; 4], last: [u8; 4]| {
            let (first, last) = (Ipv4Addr::from(first), Ipv4Addr::from(last));
            range_between(first.into(), last.into()).map(Target::Run)
        };
        assert_eq!(parsed("10.1.2.3", "8"), run([10, 0, 0, 0], [10, 255, 255, 255]));
        assert_eq!(parsed("10.1.2.3", "0"), run([0, 0, 0, 0], [255, 255, 255, 255]));
        assert_eq!(parsed("10.1.2.3", "32"), Ok(Target::Run(single([10, 1, 2, 3].into()))));
    }

    #[test]
    fn runs_are_counted_before_they_are_made() {
        for (host, bits, expected) in [
            ("*.*.*.*", 32, 1),
            ("-.0-.-255.0,1-", 32, 1),
            ("10.0.0-3.1,5,9", 32, 12),
            ("10.0.0-3.1,2,3", 32, 4),
            ("10.0-9.*.*", 32, 1),
            ("10.0-9,11.5.*", 32, 11),
            ("1-2.0.0.0", 1, 1),
            ("10.0.0-1.0", 31, 2),
            ("*.*.*.1,3,5", 32, 3 << 24),
        ] {
            let octets = OctetRanges::parse(host).expect("octets").widened(bits);
            assert_eq!(octets.count_runs(), expected, "{host}/{bits}");
            if expected < 100 {
                let mut runs = Vec::new();
                octets.push_runs(&mut runs);
                assert_eq!(runs.len(), expected, "{host}/{bits}");
            }
        }
    }
}

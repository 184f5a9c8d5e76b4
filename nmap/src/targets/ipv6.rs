//! IPv6: a literal, a block, or a range with both ends in full. nmap knows no IPv6 ranges; they
//! are ours, and nmap only ever sees the addresses.

use super::{parse_mask, range_between};
use netscan_schemas::Interval;
use std::net::{IpAddr, Ipv6Addr};

/// Reads a target that has a colon before its mask.
pub(super) fn parse(host: &str, mask: Option<&str>) -> Result<Interval, String> {
    if host.contains('[') {
        return Err("give the address alone, without brackets; ports go in -p".into());
    }
    if host.matches(':').count() == 1 {
        return Err("this looks like host:port: give the host alone; ports go in -p".into());
    }
    if host.contains('%') {
        return Err("zone ids are not supported yet: write the address without `%`".into());
    }
    if let Some((first, last)) = host.split_once('-') {
        if mask.is_some() {
            return Err("a range takes no mask".into());
        }
        return range_between(parse_end(first)?, parse_end(last)?);
    }
    let address = parse_address(host)?;
    let bits = mask.map_or(Ok(128), |mask| parse_mask(mask, 128))?;
    let hosts = u128::MAX.checked_shr(bits).unwrap_or(0);
    // An IPv6 number keeps its place, and a v4-mapped one is IPv4 there.
    let first = u128::from(address) & !hosts;
    Ok(Interval { first, last: first | hosts })
}

fn parse_address(text: &str) -> Result<Ipv6Addr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an IPv6 address"))
}

/// Reads an end of a range. One with colons may end in `10.0.0.1`, so that both families come here.
fn parse_end(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        format!("the end `{text}` of a range is not an address: write both ends in full")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::address::to_number;

    #[test]
    fn blocks() {
        let number = |text: &str| to_number(text.parse().expect("an address"));
        for (host, bits, first, last) in [
            ("fd00::7", "120", "fd00::", "fd00::ff"),
            ("fd00::7", "128", "fd00::7", "fd00::7"),
            ("fd00::7", "0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::ffff:10.1.2.3", "96", "0.0.0.0", "255.255.255.255"),
            ("::ffff:10.1.2.3", "120", "10.1.2.0", "10.1.2.255"),
            ("2002:a00:1::", "128", "2002:a00:1::", "2002:a00:1::"),
        ] {
            let expected = Interval { first: number(first), last: number(last) };
            assert_eq!(parse(host, Some(bits)), Ok(expected), "{host}/{bits}");
        }
    }
}

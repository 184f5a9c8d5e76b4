//! Target lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the addresses that a list names, in order, and the words that are no addresses.
pub(crate) fn expand(list: &str) -> (Vec<IpAddr>, Vec<String>) {
    let mut addresses = Vec::new();
    let mut unknown = Vec::new();
    for word in list.split_whitespace() {
        match parse(word) {
            Some((first, last)) => addresses.extend((first..=last).map(|n| to_address(n, word))),
            None => unknown.push(word.to_owned()),
        }
    }
    (addresses, unknown)
}

/// Returns the first and the last address of a target as numbers.
fn parse(word: &str) -> Option<(u128, u128)> {
    if let Ok(address) = word.parse() {
        let number = to_number(address);
        return Some((number, number));
    }
    if let Some((address, bits)) = word.split_once('/') {
        let address: IpAddr = address.parse().ok()?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let host_bits = width.checked_sub(bits.parse().ok()?)?;
        let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
        let first = to_number(address) & !mask;
        return Some((first, first | mask));
    }
    let (first, last) = word.rsplit_once('-')?;
    let first: Ipv4Addr = first.parse().ok()?;
    let [a, b, c, _] = first.octets();
    let last = match last.parse() {
        Ok(last) => last,
        Err(_) => Ipv4Addr::new(a, b, c, last.parse().ok()?),
    };
    (first <= last).then(|| (to_number(first.into()), to_number(last.into())))
}

fn to_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn to_address(number: u128, word: &str) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if !word.contains(':') => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn every_notation() {
        let table: &[(&str, &[&str])] = &[
            ("127.0.0.1", &["127.0.0.1"]),
            ("127.0.0.6/30", &["127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"]),
            ("127.0.0.254-255\n::1", &["127.0.0.254", "127.0.0.255", "::1"]),
            ("127.0.0.255-127.0.1.1", &["127.0.0.255", "127.0.1.0", "127.0.1.1"]),
            ("fe80::2/127", &["fe80::2", "fe80::3"]),
            ("", &[]),
        ];
        for (list, expected) in table {
            let (addresses, unknown) = expand(list);
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            assert_eq!(addresses, *expected, "{list}");
            assert!(unknown.is_empty(), "{list}");
        }
        let (addresses, unknown) = expand("nowhere 127.0.0.9-3 127.0.0.1/33 ::1/x 1.2.3.4-256");
        assert!(addresses.is_empty());
        assert_eq!(unknown.len(), 5);
    }
}

//! Ranges of addresses, and the two blocks that are simulated.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is simulated, as `ip` and as plans write it.
pub(crate) const BLOCKS: [&str; 2] = ["10.99.0.0/16", "fd00:99::/112"];

/// Where the command itself is: at the end of each block, so that ranges can begin at the beginning.
pub(crate) const OWN: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(10, 99, 255, 254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x99, 0, 0, 0, 0, 0, 0xfffe)),
];

/// One address or more, of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    first: IpAddr,
    last: IpAddr,
}

impl Range {
    /// Reads `A`, `A/BITS`, `A-B` or, for IPv4, `A-LAST_OCTET`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self { first: address, last: address });
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Self::block(address.parse().ok()?, bits.parse().ok()?);
        }
        let (first, last) = text.split_once('-')?;
        let first: IpAddr = first.parse().ok()?;
        let last = match (first, last.parse::<IpAddr>()) {
            (_, Ok(last)) => last,
            (IpAddr::V4(first), Err(_)) => {
                let [a, b, c, _] = first.octets();
                Ipv4Addr::new(a, b, c, last.parse().ok()?).into()
            }
            (IpAddr::V6(_), Err(_)) => return None,
        };
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    fn block(address: IpAddr, bits: u32) -> Option<Self> {
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let host_bits = width.checked_sub(bits)?;
        let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
        let first = to_number(address) & !mask;
        let of = |number| to_address(number, address.is_ipv4());
        Some(Self { first: of(first), last: of(first | mask) })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// Is all of it simulated?
    pub(crate) fn is_simulated(&self) -> bool {
        // Both ends are of one family, and of each family there is one block.
        is_simulated(self.first) && is_simulated(self.last)
    }

    pub(crate) fn is_ipv6(&self) -> bool {
        self.first.is_ipv6()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = IpAddr> + use<> {
        let is_ipv4 = self.first.is_ipv4();
        (to_number(self.first)..=to_number(self.last)).map(move |n| to_address(n, is_ipv4))
    }
}

/// Is it in one of the [`BLOCKS`]?
pub(crate) fn is_simulated(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => matches!(address.octets(), [10, 99, ..]),
        IpAddr::V6(address) => matches!(address.segments(), [0xfd00, 0x99, 0, 0, 0, 0, 0, _]),
    }
}

fn to_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn to_address(number: u128, is_ipv4: bool) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if is_ipv4 => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCKS, OWN, Range, to_address, to_number};

    #[test]
    fn every_notation() {
        for (text, first, last, is_simulated) in [
            ("10.99.0.7", "10.99.0.7", "10.99.0.7", true),
            ("10.99.1.9/30", "10.99.1.8", "10.99.1.11", true),
            ("10.99.1.10-20", "10.99.1.10", "10.99.1.20", true),
            ("10.99.1.10-10.99.2.5", "10.99.1.10", "10.99.2.5", true),
            ("fd00:99::8/125", "fd00:99::8", "fd00:99::f", true),
            ("fd00:99::8-fd00:99::9", "fd00:99::8", "fd00:99::9", true),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", false),
            ("10.99.255.0-10.100.0.0", "10.99.255.0", "10.100.0.0", false),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ] {
            let range = Range::parse(text).expect(text);
            assert_eq!(range.first.to_string(), first, "{text}");
            assert_eq!(range.last.to_string(), last, "{text}");
            assert_eq!(range.is_simulated(), is_simulated, "{text}");
            assert!(range.contains(range.first) && range.contains(range.last), "{text}");
        }
        for text in [
            "",
            "10.99.0",
            "10.99.0.9-3",
            "10.99.0.1-256",
            "10.99.0.1/33",
            "10.99.0.1/x",
            "10.99.0.1-fd00:99::1",
            "fd00:99::1-9z",
            "fd00:99::/129",
            "example.org",
        ] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_gives_each_of_its_addresses_once() {
        let of = |text| Range::parse(text).unwrap().iter().map(|one| one.to_string());
        assert!(of("10.99.0.254-10.99.1.1").eq([
            "10.99.0.254",
            "10.99.0.255",
            "10.99.1.0",
            "10.99.1.1"
        ]));
        assert!(of("fd00:99::/127").eq(["fd00:99::", "fd00:99::1"]));
    }

    #[test]
    fn the_blocks_are_what_is_simulated() {
        for (block, own) in BLOCKS.iter().zip(OWN) {
            let Range { first, last } = Range::parse(block).unwrap();
            assert!(Range { first, last }.is_simulated() && Range { first, last }.contains(own));
            let beyond = [to_number(first) - 1, to_number(last) + 1];
            for address in beyond.map(|number| to_address(number, own.is_ipv4())) {
                assert!(!Range { first: address, last: address }.is_simulated(), "{address}");
            }
        }
    }
}

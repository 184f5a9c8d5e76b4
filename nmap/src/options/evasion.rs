//! Packets that are made to slip past filters, and where they leave the machine: just the forms
//! that are typed here. Decoys, other source addresses and free payloads are not among them.

use super::{
    FlagError, Options, TcpScan,
    values::{Done, number, put},
};
use std::fmt;

/// Bytes of payload that `--data-length` may add: with its headers such a packet fits any link.
const DATA_LENGTH_MAX: u16 = 1400;
/// Bytes of a fragment behind its IP header; the largest that fits an Ethernet frame.
const FRAGMENT_MAX: u16 = 1480;
/// Fragments end at multiples of this.
const FRAGMENT_UNIT: u16 = 8;
/// Bytes of an interface's name, `IFNAMSIZ` without the NUL.
const INTERFACE_BYTES_MAX: usize = 15;
/// The template that hurries.
const INSANE: u8 = 5;

/// How packets are made to look like others, or none at all. Only with the right to do so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evasion {
    /// The port that packets come from (`-g`, `--source-port`).
    pub source_port: Option<u16>,
    /// How packets are cut up (`-f`, `--mtu`). There are no such packets of IPv6.
    pub fragments: Option<Fragments>,
    /// How many hops packets live (`--ttl`).
    pub ttl: Option<u8>,
    /// Random bytes that packets carry (`--data-length`).
    pub data_length: Option<u16>,
    /// Whether checksums are wrong (`--badsum`).
    pub bad_checksums: bool,
    /// The flags of TCP probes (`--scanflags`).
    pub scan_flags: Option<ScanFlags>,
    /// The interface that packets leave by (`-e`). A name that one may have.
    pub interface: Option<String>,
}

/// How long the pieces of a packet are, behind their IP headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragments {
    /// Eight bytes (`-f`).
    Eight,
    /// Sixteen bytes (`-f -f`, `--ff`).
    Sixteen,
    /// So many bytes (`--mtu`).
    Of(u16),
}

/// Flags of a TCP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanFlags(u8);

impl ScanFlags {
    const NAMES: [(&str, u8); 8] = [
        ("URG", 32),
        ("ACK", 16),
        ("PSH", 8),
        ("RST", 4),
        ("SYN", 2),
        ("FIN", 1),
        ("ECE", 64),
        ("CWR", 128),
    ];

    /// Reads `SYNFIN`, or a number.
    fn parse(text: &str) -> Result<Self, String> {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return number(text, 0, u8::MAX).map(Self);
        }
        let (mut rest, mut bits) = (text, 0);
        while !rest.is_empty() {
            let opens = |name: &str| {
                rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
            };
            let Some((name, bit)) = Self::NAMES.into_iter().find(|(name, _)| opens(name)) else {
                let names = Self::NAMES.map(|(name, _)| name).join(", ");
                return Err(format!("takes some of {names} in one word, or a number up to 255"));
            };
            bits |= bit;
            rest = &rest[name.len()..];
        }
        Ok(Self(bits))
    }
}

/// As nmap reads it.
impl fmt::Display for ScanFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        let set = Self::NAMES.into_iter().filter(|(_, bit)| self.0 & bit != 0);
        set.into_iter().try_for_each(|(name, _)| f.write_str(name))
    }
}

/// `-f`, and once more for pieces twice as long.
pub(super) fn fragment(options: &mut Options) -> Done {
    let fragments = &mut options.evasion.fragments;
    *fragments = match fragments {
        None => Some(Fragments::Eight),
        Some(Fragments::Eight) => Some(Fragments::Sixteen),
        Some(Fragments::Sixteen | Fragments::Of(_)) => {
            return Err("is given twice at most, and neither with `--ff` nor with `--mtu`".into());
        }
    };
    Ok(())
}

/// `--mtu`.
pub(super) fn fragments_of(options: &mut Options, value: &str) -> Done {
    let bytes = number(value, FRAGMENT_UNIT, FRAGMENT_MAX)?;
    if !bytes.is_multiple_of(FRAGMENT_UNIT) {
        return Err(format!("must be a multiple of {FRAGMENT_UNIT}"));
    }
    put(&mut options.evasion.fragments, Fragments::Of(bytes))
}

pub(super) fn source_port(options: &mut Options, value: &str) -> Done {
    put(&mut options.evasion.source_port, number(value, 1, u16::MAX)?)
}

pub(super) fn ttl(options: &mut Options, value: &str) -> Done {
    put(&mut options.evasion.ttl, number(value, 1, u8::MAX)?)
}

pub(super) fn data_length(options: &mut Options, value: &str) -> Done {
    put(&mut options.evasion.data_length, number(value, 0, DATA_LENGTH_MAX)?)
}

pub(super) fn scan_flags(options: &mut Options, value: &str) -> Done {
    put(&mut options.evasion.scan_flags, ScanFlags::parse(value)?)
}

/// A name that an interface may have; whether one has it is asked where the scan is accepted.
pub(super) fn interface(options: &mut Options, value: &str) -> Done {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let fits = value.len() <= INTERFACE_BYTES_MAX && value.bytes().all(is_plain);
    if !fits || value.starts_with(['.', '-']) {
        return Err(format!(
            "takes the name of an interface: 1 to {INTERFACE_BYTES_MAX} letters, digits, `.`, `_` \
             and `-`"
        ));
    }
    put(&mut options.evasion.interface, value.to_owned())
}

impl Evasion {
    /// Returns the flags in use that change raw packets, so that without those they do nothing.
    fn packet_flags(&self) -> impl Iterator<Item = &'static str> {
        let Self {
            source_port,
            fragments,
            ttl,
            data_length,
            bad_checksums,
            scan_flags,
            interface: _,
        } = self;
        let flags = [
            (source_port.is_some(), "--source-port"),
            (fragments.is_some(), "-f"),
            (ttl.is_some(), "--ttl"),
            (data_length.is_some(), "--data-length"),
            (*bad_checksums, "--badsum"),
            (scan_flags.is_some(), "--scanflags"),
        ];
        flags.into_iter().filter(|(used, _)| *used).map(|(_, flag)| flag)
    }
}

impl Options {
    /// Returns the flags in use that need the right of evasion, with what is wrong about them. They
    /// follow from the options alone, so that no spelling gets around them.
    pub(super) fn evasions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        const SLIPS: &str = "makes packets that slip past filters and logs";
        let insane = self.timing.template == Some(INSANE);
        let hurries = ("-T5", "overruns slow networks and gives hosts up, as `-T4` does not");
        let interface = self.evasion.interface.is_some();
        let leaves = ("-e", "leaves the way that the system's routes choose");
        let packets = self.evasion.packet_flags().map(|flag| (flag, SLIPS));
        let hurries = insane.then_some(hurries);
        packets.chain(hurries).chain(interface.then_some(leaves))
    }

    /// Returns the flags in use that nothing stands for without raw sockets.
    pub(super) fn raw_evasions(&self) -> impl Iterator<Item = &'static str> {
        self.evasion.packet_flags()
    }

    /// Returns the flag for which no IPv6 address can be scanned.
    pub fn v4_only(&self) -> Option<&'static str> {
        self.evasion.fragments.map(|_| "-f")
    }

    /// Returns why there can be no scan by the interface that is asked for, when it is none of
    /// these.
    pub fn check_interface<'i>(
        &self,
        mut there: impl Iterator<Item = &'i str>,
    ) -> Result<(), FlagError> {
        match &self.evasion.interface {
            Some(name) if !there.any(|known| known == name) => {
                let reason = format!("this machine has no interface `{name}`");
                Err(FlagError::of_options("-e", reason))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Returns what does not go with the way that ports are probed.
pub(super) fn conflicts(options: &Options) -> Vec<(&'static str, &'static str)> {
    let Options { technique, evasion, .. } = options;
    let mut wrong = Vec::new();
    if technique.tcp == Some(TcpScan::Connect) {
        let none = "changes raw packets, and `-sT` connects through the system: write `-sS`";
        wrong.extend(evasion.packet_flags().map(|flag| (flag, none)));
        return wrong;
    }
    let probes_tcp = technique.tcp.is_some() || technique.is_open();
    if evasion.fragments.is_some() && !probes_tcp {
        wrong.push(("-f", "cuts probes of TCP ports up, and there are none: add `-sS`"));
    }
    if evasion.scan_flags.is_some() && !probes_tcp {
        wrong.push(("--scanflags", "is for probes of TCP ports, and there are none: add `-sS`"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_a_packet() {
        for (text, shown) in [
            ("SYNFIN", "SYNFIN"),
            ("finsyn", "SYNFIN"),
            ("URGACKPSHRSTSYNFINECECWR", "URGACKPSHRSTSYNFINECECWR"),
            ("255", "URGACKPSHRSTSYNFINECECWR"),
            ("0", "0"),
            ("2", "SYN"),
            ("0192", "ECECWR"),
        ] {
            let flags = ScanFlags::parse(text).unwrap();
            assert_eq!(flags.to_string(), shown, "{text}");
            assert_eq!(ScanFlags::parse(shown), Ok(flags));
        }
        for text in ["256", "-1", "SY", "SYN,FIN", "SYN FIN", "0x3", "NONE", "SYNx", "é", "SYNé"]
        {
            assert!(ScanFlags::parse(text).is_err(), "{text}");
        }
    }
}

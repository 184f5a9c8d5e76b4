//! What came out of the device, as far as a simulated host understands it.

use etherparse::icmpv4::TimestampMessage;
use etherparse::{
    IcmpEchoHeader, Icmpv4Type, Icmpv6Type, NetSlice, SlicedPacket, TcpSlice, TransportSlice,
};
use std::net::IpAddr;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) content: Content<'a>,
    /// All of it, as ICMP errors quote it.
    pub(crate) bytes: &'a [u8],
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Tcp(Segment),
    Udp {
        source_port: u16,
        port: u16,
        payload: &'a [u8],
    },
    EchoRequest {
        header: IcmpEchoHeader,
        payload: &'a [u8],
    },
    TimestampRequest(TimestampMessage),
    /// Nothing that anybody answers.
    Other,
}

/// The part of a TCP segment that decides on the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) source_port: u16,
    pub(crate) port: u16,
    pub(crate) sequence: u32,
    /// The acknowledgment number, if it has one.
    pub(crate) acknowledged: Option<u32>,
    pub(crate) syn: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) payload: u32,
}

impl Segment {
    fn of(tcp: &TcpSlice<'_>) -> Self {
        Self {
            source_port: tcp.source_port(),
            port: tcp.destination_port(),
            sequence: tcp.sequence_number(),
            acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            payload: u32::try_from(tcp.payload().len()).unwrap_or_default(),
        }
    }

    /// Is it the first one of a connection?
    pub(crate) fn opens(&self) -> bool {
        self.syn && self.acknowledged.is_none() && !self.rst && !self.fin
    }

    /// Returns the sequence number that comes after it.
    pub(crate) fn next_sequence(&self) -> u32 {
        let flags = u32::from(self.syn) + u32::from(self.fin);
        self.sequence.wrapping_add(self.payload).wrapping_add(flags)
    }
}

impl<'a> Packet<'a> {
    /// Returns nothing for what is no IP packet, or cut short.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let sliced = SlicedPacket::from_ip(bytes).ok()?;
        let (source, destination): (IpAddr, IpAddr) = match &sliced.net {
            Some(NetSlice::Ipv4(ip)) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            Some(NetSlice::Ipv6(ip)) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            Some(NetSlice::Arp(_)) | None => return None,
        };
        Some(Self { source, destination, content: Content::of(sliced.transport), bytes })
    }
}

impl<'a> Content<'a> {
    fn of(transport: Option<TransportSlice<'a>>) -> Self {
        match transport {
            Some(TransportSlice::Tcp(tcp)) => Self::Tcp(Segment::of(&tcp)),
            Some(TransportSlice::Udp(udp)) => Self::Udp {
                source_port: udp.source_port(),
                port: udp.destination_port(),
                payload: udp.payload(),
            },
            Some(TransportSlice::Icmpv4(icmp)) => match icmp.icmp_type() {
                Icmpv4Type::EchoRequest(header) => {
                    Self::EchoRequest { header, payload: icmp.payload() }
                }
                Icmpv4Type::TimestampRequest(message) => Self::TimestampRequest(message),
                _ => Self::Other,
            },
            Some(TransportSlice::Icmpv6(icmp)) => match icmp.icmp_type() {
                Icmpv6Type::EchoRequest(header) => {
                    Self::EchoRequest { header, payload: icmp.payload() }
                }
                _ => Self::Other,
            },
            Some(TransportSlice::Igmp(_)) | None => Self::Other,
        }
    }
}

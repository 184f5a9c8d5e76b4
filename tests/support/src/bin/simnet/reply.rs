//! Answers as packets.

use crate::answer::{Answer, first_sequence};
use crate::packet::{Content, Packet, Segment};
use etherparse::icmpv4::{DestUnreachableHeader, TimestampMessage};
use etherparse::icmpv6::DestUnreachableCode;
use etherparse::{
    Icmpv4Type, Icmpv6Type, IpHeaders, PacketBuilder, PacketBuilderStep, TcpHeader,
    TcpOptionElement,
};
use std::net::IpAddr;

/// As far away as one hop.
const TTL: u8 = 64;

const WINDOW: u16 = 64240;

/// How much of a packet an ICMP error quotes at most.
const QUOTED_MAX: usize = 512;

/// Returns the packet that goes back, if the answer is one to this packet.
pub(crate) fn build(packet: &Packet<'_>, answer: Answer) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64);
    let from = from_host(packet)?;
    match (answer, &packet.content) {
        (Answer::SynAck | Answer::Ack | Answer::FinAck | Answer::Reset, Content::Tcp(segment)) => {
            tcp(from, answer, segment, first_sequence(packet))?.write_to_vec(&mut bytes, &[])
        }
        (Answer::Datagram, Content::Udp { source_port, port, payload }) => {
            from.udp(*port, *source_port).write_to_vec(&mut bytes, payload)
        }
        (Answer::Echo, Content::EchoRequest { header, payload }) => {
            if packet.source.is_ipv4() {
                from.icmpv4(Icmpv4Type::EchoReply(*header)).write_to_vec(&mut bytes, payload)
            } else {
                from.icmpv6(Icmpv6Type::EchoReply(*header)).write_to_vec(&mut bytes, payload)
            }
        }
        (Answer::Timestamp, Content::TimestampRequest(request)) => {
            // Both have the same clock, and the way there took no time.
            let message = TimestampMessage {
                receive_timestamp: request.originate_timestamp,
                transmit_timestamp: request.originate_timestamp,
                ..request.clone()
            };
            from.icmpv4(Icmpv4Type::TimestampReply(message)).write_to_vec(&mut bytes, &[])
        }
        (Answer::PortUnreachable, _) => {
            let quoted = packet.bytes.get(..QUOTED_MAX).unwrap_or(packet.bytes);
            if packet.source.is_ipv4() {
                let code = Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::Port);
                from.icmpv4(code).write_to_vec(&mut bytes, quoted)
            } else {
                let code = Icmpv6Type::DestinationUnreachable(DestUnreachableCode::Port);
                from.icmpv6(code).write_to_vec(&mut bytes, quoted)
            }
        }
        _ => return None,
    }
    .ok()?;
    Some(bytes)
}

fn from_host(packet: &Packet<'_>) -> Option<PacketBuilderStep<IpHeaders>> {
    match (packet.destination, packet.source) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            Some(PacketBuilder::ipv4(from.octets(), to.octets(), TTL))
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            Some(PacketBuilder::ipv6(from.octets(), to.octets(), TTL))
        }
        _ => None,
    }
}

/// The numbers are those of RFC 9293: 3.5.2 for a reset, 3.10.7 for the others.
fn tcp(
    from: PacketBuilderStep<IpHeaders>,
    answer: Answer,
    to: &Segment,
    began_with: u32,
) -> Option<PacketBuilderStep<TcpHeader>> {
    let with = |sequence, window| from.tcp(to.port, to.source_port, sequence, window);
    let agreed = to.acknowledged.unwrap_or_default();
    let next = to.next_sequence();
    match (answer, to.acknowledged) {
        (Answer::SynAck, _) => {
            let options = [TcpOptionElement::MaximumSegmentSize(1460)];
            with(began_with, WINDOW).syn().ack(next).options(&options).ok()
        }
        (Answer::Ack, _) => Some(with(agreed, WINDOW).ack(next)),
        (Answer::FinAck, _) => Some(with(agreed, WINDOW).fin().ack(next)),
        (Answer::Reset, Some(number)) => Some(with(number, 0).rst()),
        (Answer::Reset, None) => Some(with(0, 0).rst().ack(next)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, QUOTED_MAX, build};
    use crate::answer::first_sequence;
    use crate::packet::{Content, Packet, Segment};
    use etherparse::{Icmpv4Type, Icmpv6Type, IpHeaders, PacketBuilder, PacketBuilderStep};
    use etherparse::{SlicedPacket, TransportSlice};
    use std::net::Ipv6Addr;

    fn v4() -> PacketBuilderStep<IpHeaders> {
        PacketBuilder::ipv4([10, 99, 255, 254], [10, 99, 0, 1], 50)
    }

    fn v6() -> PacketBuilderStep<IpHeaders> {
        let of = |ip: &str| ip.parse::<Ipv6Addr>().unwrap().octets();
        PacketBuilder::ipv6(of("fd00:99::fffe"), of("fd00:99::1"), 50)
    }

    /// Adds up as RFC 1071 says. What holds its own checksum comes to 0xffff.
    fn sum(parts: &[&[u8]]) -> u32 {
        let all = parts.concat();
        let words = all.chunks(2).map(|word| {
            u32::from(word[0]) << 8 | u32::from(word.get(1).copied().unwrap_or_default())
        });
        let sum = words.sum::<u32>();
        (sum & 0xffff) + (sum >> 16)
    }

    /// Builds an answer and checks that it goes back, whole and with right checksums.
    fn answer_to(probe: &[u8], answer: Answer) -> Vec<u8> {
        let reply = build(&Packet::parse(probe).unwrap(), answer).unwrap();
        let (header, addresses, protocol) = match reply[0] >> 4 {
            4 => (&reply[..20], 12..20, reply[9]),
            _ => (&reply[..40], 8..40, reply[6]),
        };
        let content = &reply[header.len()..];
        let [there, back] = [probe, &reply].map(|packet| packet[addresses.clone()].to_vec());
        let (source, destination) = there.split_at(there.len() / 2);
        assert_eq!(back, [destination, source].concat());
        if reply[0] >> 4 == 4 {
            assert_eq!(sum(&[header]), 0xffff);
            assert_eq!(usize::from(u16::from_be_bytes([reply[2], reply[3]])), reply.len());
        } else {
            assert_eq!(usize::from(u16::from_be_bytes([reply[4], reply[5]])), content.len());
        }
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let pseudo = [back, length.to_vec(), vec![0, protocol]].concat();
        let covered: &[u8] = if protocol == 1 { &[] } else { &pseudo };
        assert_eq!(sum(&[covered, content]), 0xffff, "{answer:?}");
        reply
    }

    fn probe<const N: usize>(
        write: impl Fn(&mut Vec<u8>, &[u8]) -> Result<(), etherparse::err::packet::BuildVecWriteError>,
        payload: [u8; N],
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, &payload).unwrap();
        bytes
    }

    fn segment_of(bytes: &[u8]) -> Segment {
        match Packet::parse(bytes).unwrap().content {
            Content::Tcp(segment) => segment,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tcp_replies_carry_the_right_numbers() {
        for ip in [v4, v6] {
            let syn = probe(|to, p| ip().tcp(4000, 22, 100, 9).syn().write_to_vec(to, p), []);
            let ack = probe(|to, p| ip().tcp(4000, 22, 100, 9).ack(50).write_to_vec(to, p), [7; 3]);
            let fin =
                probe(|to, p| ip().tcp(4000, 22, 100, 9).fin().ack(50).write_to_vec(to, p), []);
            let began_with = first_sequence(&Packet::parse(&syn).unwrap());
            let reply = Segment { source_port: 22, port: 4000, ..Segment::default() };
            let acknowledged = Some(101);
            for (probe, answer, expected) in [
                (
                    &syn,
                    Answer::SynAck,
                    Segment { sequence: began_with, acknowledged, syn: true, ..reply },
                ),
                (&syn, Answer::Reset, Segment { acknowledged, rst: true, ..reply }),
                (&ack, Answer::Reset, Segment { sequence: 50, rst: true, ..reply }),
                (&ack, Answer::Ack, Segment { sequence: 50, acknowledged: Some(103), ..reply }),
                (&fin, Answer::FinAck, Segment { sequence: 50, acknowledged, fin: true, ..reply }),
            ] {
                let given = answer_to(probe, answer);
                assert_eq!(segment_of(&given), expected, "{answer:?}");
            }
        }
    }

    #[test]
    fn datagrams_are_repeated() {
        for ip in [v4, v6] {
            let given = answer_to(
                &probe(|to, p| ip().udp(4000, 53).write_to_vec(to, p), *b"odd"),
                Answer::Datagram,
            );
            assert_eq!(
                Packet::parse(&given).unwrap().content,
                Content::Udp { source_port: 53, port: 4000, payload: b"odd" }
            );
        }
    }

    #[test]
    fn icmp_replies() {
        let echo = probe(|to, p| v4().icmpv4_echo_request(7, 8).write_to_vec(to, p), *b"data");
        let udp = probe(|to, p| v4().udp(4000, 54).write_to_vec(to, p), [1; 600]);
        let timestamp = probe(
            |to, p| v4().icmpv4_raw(13, 0, [0, 7, 0, 8]).write_to_vec(to, p),
            [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0],
        );
        let nine = "originate_timestamp: 9, receive_timestamp: 9, transmit_timestamp: 9";
        for (probe, answer, kind, payload) in [
            (&echo, Answer::Echo, "EchoReply(IcmpEchoHeader { id: 7, seq: 8 })", &b"data"[..]),
            (&udp, Answer::PortUnreachable, "DestinationUnreachable(Port)", &udp[..QUOTED_MAX]),
            (
                &timestamp,
                Answer::Timestamp,
                &format!("TimestampReply(TimestampMessage {{ id: 7, seq: 8, {nine} }})"),
                &[],
            ),
        ] {
            let given = answer_to(probe, answer);
            let Some(TransportSlice::Icmpv4(icmp)) =
                SlicedPacket::from_ip(&given).unwrap().transport
            else {
                panic!("{given:?}");
            };
            let given: Icmpv4Type = icmp.icmp_type();
            assert_eq!((format!("{given:?}").as_str(), icmp.payload()), (kind, payload));
        }
    }

    #[test]
    fn icmpv6_replies() {
        let echo = probe(|to, p| v6().icmpv6_echo_request(7, 8).write_to_vec(to, p), *b"data");
        let udp = probe(|to, p| v6().udp(4000, 54).write_to_vec(to, p), [1; 8]);
        for (probe, answer, kind, payload) in [
            (&echo, Answer::Echo, "EchoReply(IcmpEchoHeader { id: 7, seq: 8 })", &b"data"[..]),
            (&udp, Answer::PortUnreachable, "DestinationUnreachable(Port)", &udp[..]),
        ] {
            let given = answer_to(probe, answer);
            let Some(TransportSlice::Icmpv6(icmp)) =
                SlicedPacket::from_ip(&given).unwrap().transport
            else {
                panic!("{given:?}");
            };
            let given: Icmpv6Type = icmp.icmp_type();
            assert_eq!((format!("{given:?}").as_str(), icmp.payload()), (kind, payload));
        }
    }

    #[test]
    fn what_does_not_fit_is_no_reply() {
        let echo = probe(|to, p| v4().icmpv4_echo_request(7, 8).write_to_vec(to, p), []);
        assert_eq!(build(&Packet::parse(&echo).unwrap(), Answer::SynAck), None);
        for cut in [&echo[..0], &echo[..10], &echo[..echo.len() - 1]] {
            assert_eq!(Packet::parse(cut), None);
        }
    }
}

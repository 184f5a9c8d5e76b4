//! What a host answers. It remembers nothing: a connection is known by the number it began with.

use crate::behaviour::{Behaviour, Kind, PortState};
use crate::packet::{Content, Packet, Segment};
use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    SynAck,
    Ack,
    FinAck,
    Reset,
    Echo,
    Timestamp,
    /// UDP that repeats what came.
    Datagram,
    PortUnreachable,
}

impl Answer {
    /// Is it one of those that hosts send only so many of?
    pub(crate) fn is_limited(self) -> bool {
        matches!(self, Self::Reset | Self::PortUnreachable)
    }
}

/// Returns what a host that behaves so answers, if anything.
pub(crate) fn answer(packet: &Packet<'_>, host: &Behaviour) -> Option<Answer> {
    match &packet.content {
        Content::Tcp(segment) => to_segment(segment, first_sequence(packet), host),
        Content::Udp { port, .. } => match host.udp(*port) {
            PortState::Open => Some(Answer::Datagram),
            PortState::Closed => Some(Answer::PortUnreachable),
            PortState::Filtered => None,
        },
        Content::EchoRequest { .. } => host.ping.then_some(Answer::Echo),
        Content::TimestampRequest(_) => host.ping.then_some(Answer::Timestamp),
        Content::Other => None,
    }
}

fn to_segment(segment: &Segment, began_with: u32, host: &Behaviour) -> Option<Answer> {
    let state = host.tcp(segment.port);
    if segment.rst {
        return None;
    }
    match state {
        PortState::Filtered => None,
        PortState::Closed => Some(Answer::Reset),
        PortState::Open if segment.opens() => Some(Answer::SynAck),
        PortState::Open => match host.kind {
            Kind::Tarpit { keeps: false } => None,
            _ if is_connected(segment, began_with) => to_connection(segment),
            // A firewall that knows of no connection drops it, and a tarpit is no better.
            Kind::Filtered | Kind::Tarpit { .. } | Kind::Dead => None,
            Kind::Live | Kind::Limited { .. } | Kind::Slow => {
                segment.acknowledged.map(|_| Answer::Reset)
            }
        },
    }
}

fn to_connection(segment: &Segment) -> Option<Answer> {
    match (segment.fin, segment.payload) {
        (true, _) => Some(Answer::FinAck),
        (false, 0) => None,
        (false, _) => Some(Answer::Ack),
    }
}

/// Does it acknowledge the SYN that this host sent, or its FIN too? Nothing else is ever sent.
fn is_connected(segment: &Segment, began_with: u32) -> bool {
    let sent = segment.acknowledged.map(|number| number.wrapping_sub(began_with));
    !segment.syn && matches!(sent, Some(1 | 2))
}

/// Returns the sequence number with which the host begins its side of this connection.
pub(crate) fn first_sequence(packet: &Packet<'_>) -> u32 {
    let mut hasher = DefaultHasher::new();
    (packet.source, packet.destination).hash(&mut hasher);
    if let Content::Tcp(segment) = &packet.content {
        (segment.source_port, segment.port).hash(&mut hasher);
    }
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::{Answer, answer, first_sequence};
    use crate::packet::{Content, Packet, Segment};
    use crate::plan::Plan;
    use etherparse::IcmpEchoHeader;
    use etherparse::icmpv4::TimestampMessage;

    fn packet(content: Content<'_>) -> Packet<'_> {
        let [source, destination] = ["10.99.255.254", "10.99.0.1"].map(|ip| ip.parse().unwrap());
        Packet { source, destination, content, bytes: &[] }
    }

    /// Makes a segment to `port` by the letters of its flags: `.` is an ACK of a stranger, `c` one
    /// of the connection, `d` is data.
    fn tcp(port: u16, flags: &str) -> Packet<'static> {
        let mut segment = Segment { source_port: 40000, port, sequence: 7, ..Segment::default() };
        let began_with = first_sequence(&packet(Content::Tcp(segment)));
        for flag in flags.chars() {
            match flag {
                'S' => segment.syn = true,
                'F' => segment.fin = true,
                'R' => segment.rst = true,
                '.' => segment.acknowledged = Some(began_with.wrapping_add(9)),
                'c' => segment.acknowledged = Some(began_with.wrapping_add(1)),
                _ => segment.payload = 10,
            }
        }
        packet(Content::Tcp(segment))
    }

    fn check(host: &str, packet: &Packet<'_>, expected: Option<Answer>) {
        let plan = Plan::parse(&format!("default {host}")).unwrap();
        let given = answer(packet, plan.behaviour_of(packet.destination));
        assert_eq!(given, expected, "{host}: {packet:?}");
    }

    #[test]
    fn tcp_answers() {
        use Answer::{Ack, FinAck, Reset, SynAck};
        // The flags, and what a closed port of a live host, an open one, an open one behind a
        // firewall, a port of a tarpit and one of a silent tarpit answer.
        for (flags, closed, open, filtered, tarpit, silent) in [
            ("S", Some(Reset), Some(SynAck), Some(SynAck), Some(SynAck), Some(SynAck)),
            (".", Some(Reset), Some(Reset), None, None, None),
            ("S.", Some(Reset), Some(Reset), None, None, None),
            ("F", Some(Reset), None, None, None, None),
            ("", Some(Reset), None, None, None, None),
            ("R", None, None, None, None, None),
            ("Rc", None, None, None, None, None),
            ("c", Some(Reset), None, None, None, None),
            ("cd", Some(Reset), Some(Ack), Some(Ack), Some(Ack), None),
            ("Fc", Some(Reset), Some(FinAck), Some(FinAck), Some(FinAck), None),
            ("Fcd", Some(Reset), Some(FinAck), Some(FinAck), Some(FinAck), None),
        ] {
            check("live open=22", &tcp(23, flags), closed);
            check("live open=22", &tcp(22, flags), open);
            check("filtered open=22", &tcp(22, flags), filtered);
            check("tarpit", &tcp(22, flags), tarpit);
            check("tarpit then=silence", &tcp(22, flags), silent);
            check("filtered open=22", &tcp(23, flags), None);
            check("dead", &tcp(22, flags), None);
        }
    }

    #[test]
    fn other_answers() {
        let udp = |port| packet(Content::Udp { source_port: 9, port, payload: b"?" });
        let echo =
            packet(Content::EchoRequest { header: IcmpEchoHeader { id: 1, seq: 2 }, payload: b"" });
        let timestamp = packet(Content::TimestampRequest(TimestampMessage::from_bytes([0; 16])));
        for (host, udp_53, udp_54, pings) in [
            ("live udp=53", Some(Answer::Datagram), Some(Answer::PortUnreachable), true),
            ("limited", Some(Answer::PortUnreachable), Some(Answer::PortUnreachable), true),
            ("slow ping=no", Some(Answer::PortUnreachable), Some(Answer::PortUnreachable), false),
            ("filtered udp=53", Some(Answer::Datagram), None, false),
            ("filtered ping=yes", None, None, true),
            ("tarpit", None, None, true),
            ("dead", None, None, false),
        ] {
            check(host, &udp(53), udp_53);
            check(host, &udp(54), udp_54);
            check(host, &echo, pings.then_some(Answer::Echo));
            check(host, &timestamp, pings.then_some(Answer::Timestamp));
            check(host, &packet(Content::Other), None);
        }
    }
}

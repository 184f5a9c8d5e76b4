//! What a host can be found by: its terms, which `postings` keeps lists of hosts for.
//!
//! A term is a letter for its kind and what is looked for. Of numbers there is one term for each
//! combination, of texts one for each distinct text in lower case: what a text only contains is
//! looked up in the table of all texts first.

use netscan_schemas::{
    host::{Port, Protocol},
    scan::Verdict,
    stored::HostRecord,
};

/// Bytes of a text that is a term; all longer ones of a kind share one term.
const TEXT_BYTES_MAX: usize = 200;
/// What a term of longer texts has in place of one; no text begins so.
const LONG: u8 = 0xff;

/// The states of a port that have a number of their own; all others share the one after.
const PORT_STATES: [&str; 6] =
    ["open", "closed", "filtered", "unfiltered", "open|filtered", "closed|filtered"];

pub(crate) const PROTOCOLS: [Protocol; 4] =
    [Protocol::Tcp, Protocol::Udp, Protocol::Sctp, Protocol::Ip];

/// Which text of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Service,
    Product,
    Version,
    Hostname,
}

impl Text {
    /// In the order of their terms. Host names are last: there may be many of them.
    pub(crate) const ALL: [Self; 4] = [Self::Service, Self::Product, Self::Version, Self::Hostname];

    pub(crate) const fn kind(self) -> u8 {
        match self {
            Self::Service => b'a',
            Self::Product => b'b',
            Self::Version => b'c',
            Self::Hostname => b'd',
        }
    }
}

const PORT: u8 = b'p';
const STATE: u8 = b's';
const VERDICT: u8 = b'v';

/// Returns whether a term is a text, and so is in the table of all texts.
pub(crate) fn is_text(term: &[u8]) -> bool {
    Text::ALL.into_iter().any(|text| term.first() == Some(&text.kind()))
}

/// Returns the text of a term; none when it is too long to be in it.
pub(crate) fn text_of(term: &[u8]) -> Option<&str> {
    let (_, text) = term.split_first()?;
    std::str::from_utf8(text).ok()
}

fn put_text(buffer: &mut Vec<u8>, kind: Text, text: &str) {
    buffer.clear();
    buffer.push(kind.kind());
    match text.is_ascii() {
        true => buffer.extend(text.bytes().map(|byte| byte.to_ascii_lowercase())),
        false => buffer.extend(text.to_lowercase().into_bytes()),
    }
    if buffer.len() > 1 + TEXT_BYTES_MAX {
        buffer.truncate(1);
        buffer.push(LONG);
    }
}

/// Returns the term of a text.
pub(crate) fn text(kind: Text, text: &str) -> Vec<u8> {
    let mut term = Vec::new();
    put_text(&mut term, kind, text);
    term
}

/// Returns the terms of a verdict.
pub(crate) fn verdict(verdict: Verdict) -> Vec<u8> {
    let number = match verdict {
        Verdict::Up => 0,
        Verdict::Down => 1,
        Verdict::TimedOut => 2,
        Verdict::Unfinished => 3,
        Verdict::Excluded => 4,
        Verdict::Unresolved => 5,
    };
    vec![VERDICT, number]
}

fn state_number(state: &str) -> u8 {
    let place = PORT_STATES.into_iter().position(|known| known == state);
    place.unwrap_or(PORT_STATES.len()) as u8
}

fn port_term(protocol: Protocol, number: u16, state: u8) -> [u8; 5] {
    let [high, low] = number.to_be_bytes();
    [PORT, protocol.number(), high, low, state]
}

/// Returns the terms one of which a host has that lists such a port; what is left out is any.
pub(crate) fn ports(
    protocol: Option<Protocol>,
    number: Option<u16>,
    state: Option<&str>,
) -> Vec<Vec<u8>> {
    let states = match state {
        Some(state) => state_number(state)..=state_number(state),
        None => 0..=PORT_STATES.len() as u8,
    };
    let protocols = PROTOCOLS.into_iter().filter(|held| protocol.is_none_or(|one| one == *held));
    let of_protocol = |protocol: Protocol| {
        states.clone().map(move |state| match number {
            Some(number) => port_term(protocol, number, state).to_vec(),
            None => vec![STATE, protocol.number(), state],
        })
    };
    protocols.flat_map(of_protocol).collect()
}

/// Returns the first and the last term of the ports of a protocol from a number on.
pub(crate) fn ports_from(protocol: Protocol, number: u16) -> ([u8; 5], [u8; 5]) {
    (port_term(protocol, number, 0), port_term(protocol, u16::MAX, u8::MAX))
}

/// Returns the number of a port by its term; none when it is the term of something else.
pub(crate) fn port_of(term: &[u8]) -> Option<u16> {
    match term {
        [PORT, _, high, low, _] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// Shows every term of a host, some more than once.
pub(crate) fn each(host: &HostRecord, mut show: impl FnMut(&[u8])) {
    let mut buffer = Vec::new();
    show(&verdict(host.verdict));
    for name in &host.finding.hostnames {
        put_text(&mut buffer, Text::Hostname, &name.name);
        show(&buffer);
    }
    for port in &host.finding.ports {
        each_of_port(port, &mut buffer, &mut show);
    }
}

fn each_of_port(port: &Port, buffer: &mut Vec<u8>, show: &mut impl FnMut(&[u8])) {
    let state = state_number(&port.state);
    show(&port_term(port.protocol, port.number, state));
    show(&[STATE, port.protocol.number(), state]);
    let Some(service) = &port.service else { return };
    put_text(buffer, Text::Service, &service.name);
    show(buffer);
    for (kind, text) in [(Text::Product, &service.product), (Text::Version, &service.version)] {
        if let Some(text) = text {
            put_text(buffer, kind, text);
            show(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_too_long_share_a_term_that_is_no_text() {
        let long = text(Text::Product, &"x".repeat(TEXT_BYTES_MAX + 1));
        assert_eq!(long, text(Text::Product, &"y".repeat(5000)));
        assert!(is_text(&long) && text_of(&long).is_none());
        let longest = text(Text::Product, &"X".repeat(TEXT_BYTES_MAX));
        assert_eq!(text_of(&longest), Some("x".repeat(TEXT_BYTES_MAX).as_str()));
    }

    #[test]
    fn a_port_has_one_of_the_terms_that_look_for_it() {
        let term = port_term(Protocol::Udp, 53, state_number("open|filtered")).to_vec();
        assert!(ports(None, Some(53), None).contains(&term));
        assert!(ports(Some(Protocol::Udp), Some(53), Some("open|filtered")) == [term.clone()]);
        assert!(!ports(Some(Protocol::Tcp), Some(53), None).contains(&term));
        assert!(!ports(None, Some(53), Some("open")).contains(&term));
    }

    #[test]
    fn a_port_is_read_back_from_its_term() {
        for protocol in PROTOCOLS {
            for number in [0, 1, 443, u16::MAX] {
                let term = port_term(protocol, number, state_number("open"));
                assert_eq!(port_of(&term), Some(number));
                let (low, high) = ports_from(protocol, number);
                assert!((low..=high).contains(&term));
            }
        }
        assert_eq!(port_of(&verdict(Verdict::Up)), None);
    }
}

//! The list of ports as nmap reads it.

use crate::options::PortSpec;

/// A line from here on is read by nmap in pieces.
const LINE_BYTES: usize = 1023;
/// A longer name is read by nmap in pieces.
const NAME_BYTES_MAX: usize = 127;

/// The lines that mean something to nmap, in their order.
#[derive(Debug)]
pub(super) struct Services<'text> {
    pub(super) entries: Vec<Service<'text>>,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Service<'text> {
    /// As it is written.
    pub(super) line: &'text str,
    /// TCP, UDP or SCTP.
    pub(super) protocol: PortSpec,
    pub(super) port: u16,
    /// On how many of all hosts it is open; none if the line does not say.
    pub(super) ratio: Option<f64>,
}

/// A line that nmap may read in another way than we do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

impl<'text> Services<'text> {
    /// Reads the whole file, and understands all of it or nothing: nmap reads a damaged line as
    /// well as it can, and we would have to guess how.
    pub(super) fn read(text: &'text str) -> Result<Self, NotUnderstood> {
        let mut entries = Vec::new();
        let mut seen = Seen::default();
        for (line, number) in text.lines().zip(1..) {
            let entry = read_line(line).map_err(|reason| NotUnderstood { line: number, reason })?;
            // Of two lines for one port nmap takes the first.
            entries.extend(entry.filter(|entry| seen.is_new(entry)));
        }
        Ok(Self { entries })
    }
}

/// The ports that had a line.
#[derive(Default)]
struct Seen([Vec<bool>; 3]);

impl Seen {
    fn is_new(&mut self, entry: &Service<'_>) -> bool {
        let ports = &mut self.0[match entry.protocol {
            PortSpec::Any | PortSpec::Tcp => 0,
            PortSpec::Udp => 1,
            PortSpec::Sctp => 2,
        }];
        ports.resize(usize::from(u16::MAX) + 1, false);
        !std::mem::replace(&mut ports[usize::from(entry.port)], true)
    }
}

/// Returns what a line says; nothing for comments and for protocols that nmap does not scan.
fn read_line(line: &str) -> Result<Option<Service<'_>>, &'static str> {
    if line.len() >= LINE_BYTES {
        return Err("is too long");
    }
    let mut words = line.split_ascii_whitespace();
    let Some(name) = words.next().filter(|name| !name.starts_with('#')) else { return Ok(None) };
    if name.len() > NAME_BYTES_MAX {
        return Err("has too long a name");
    }
    let place = words.next().and_then(|place| place.split_once('/'));
    let (port, protocol) = place.ok_or("has no port and protocol")?;
    let is_number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let port = is_number.then(|| port.parse().ok()).flatten().ok_or("has no port")?;
    let ratio = words.next().map_or(Ok(None), read_ratio)?;
    let protocol = match protocol {
        "tcp" => PortSpec::Tcp,
        "udp" => PortSpec::Udp,
        "sctp" => PortSpec::Sctp,
        // nmap's versions differ in what they take for one of the three.
        other if is_plain_word(other) => return Ok(None),
        _ => return Err("has an odd protocol"),
    };
    Ok(Some(Service { line, protocol, port, ratio }))
}

fn is_plain_word(text: &str) -> bool {
    (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// Reads `0.004855`, or `12/3456` as older files have it. A comment may stand in its place.
fn read_ratio(text: &str) -> Result<Option<f64>, &'static str> {
    const WRONG: &str = "has an odd ratio";
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((part, whole)) = text.split_once('/') {
        let both = Some((part, whole)).filter(|(part, whole)| is_number(part) && is_number(whole));
        let both = both.and_then(|(part, whole)| Some((part.parse().ok()?, whole.parse().ok()?)));
        let (part, whole): (i32, i32) = both.ok_or(WRONG)?;
        if part > whole || whole == 0 {
            return Err(WRONG);
        }
        return Ok(Some(f64::from(part) / f64::from(whole)));
    }
    if text.starts_with('#') {
        return Ok(None);
    }
    let is_fraction = text.len() < 32 && text.strip_prefix("0.").is_some_and(is_number);
    is_fraction.then(|| text.parse().ok()).flatten().map(Some).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(PortSpec, u16, Option<f64>)>, NotUnderstood> {
        let services = Services::read(text)?;
        Ok(services.entries.iter().map(|s| (s.protocol, s.port, s.ratio)).collect())
    }

    #[test]
    fn lines_are_read_as_nmap_reads_them() {
        let text = "# comment\n\n  # another\nhttp\t80/tcp\t0.484143\t# World Wide Web\n\
                    domain 53/udp 5/20 \nssh 22/sctp\nssh 22/sctp 0.5\nx 9/ddp 0.1\n\
                    y 8/tcp # no ratio\n";
        let expected = vec![
            (PortSpec::Tcp, 80, Some(0.484_143)),
            (PortSpec::Udp, 53, Some(0.25)),
            (PortSpec::Sctp, 22, None),
            (PortSpec::Tcp, 8, None),
        ];
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn what_is_not_certain_is_not_read() {
        for line in [
            "http",
            "http 80",
            "http tcp/80",
            "http +80/tcp",
            "http 65536/tcp",
            "http 80/TCP",
            "http 80/tcp6",
            "http 80/",
            "http 80/tcp 1.5",
            "http 80/tcp 0.",
            "http 80/tcp 0.1e3",
            "http 80/tcp 3/2",
            "http 80/tcp 0/0",
            "http 80/tcp -1/2",
            "http 80/tcp #and/or",
            &format!("{} 80/tcp", "x".repeat(128)),
            &format!("http 80/tcp 0.1 # {}", "x".repeat(1023)),
        ] {
            let wrong = read(&format!("ok 1/tcp 0.1\n{line}\n"));
            assert!(matches!(wrong, Err(NotUnderstood { line: 2, .. })), "{line}: {wrong:?}");
        }
    }
}

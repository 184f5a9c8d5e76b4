//! Many WebSocket clients in one process and one thread, as light as can be: after the handshake
//! they read frame headers, the event's number, and nothing else. So they are not what is measured.

use super::{
    measure::{monotonic_ns, own_cpu_s},
    part::answer,
    stand_in::STAMP,
};
use rustix::{
    event::{Timespec, epoll},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use serde::{Deserialize, Serialize};
use std::{
    error::Error,
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// How long nothing may come before the rest is given up.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// Bytes of one reading.
const READ_BYTES: usize = 256 * 1024;
/// How the event that every client waits for begins.
const LAST: &[u8] = br#"{"event":"scan_complete""#;
/// What is between an event's number and its scan: a time with milliseconds.
const BEHIND_SEQ: usize = r#","ts":"2026-01-01T00:00:00.000Z","scan_id":"#.len();

/// What a part does.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Where the server listens.
    pub place: String,
    /// The scan whose events are read.
    pub scan: u64,
    /// How many clients.
    pub clients: usize,
    /// How many more that connect and never read.
    pub stalled: usize,
    /// Whether to take the time that each line was under way.
    pub stamps: bool,
}

/// What the clients say once they are all connected.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ready {}

/// What they have seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Lines of the stand-in that arrived, over all clients.
    pub lines: u64,
    /// Events that were not the one after the one before: lost, doubled or out of order.
    pub wrong: u64,
    /// When the last line came, by the monotonic clock.
    pub last_ns: u64,
    /// Processor time of all clients together, in seconds.
    pub cpu_s: f64,
    /// Median, 99th percentile and maximum of the time that lines were under way, in milliseconds.
    pub latency_ms: Option<[f64; 3]>,
}

/// Connects all clients, says so, and reads until each has seen the scan's end.
pub fn run(spec: &Spec) -> Result<(), Box<dyn Error>> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    let connect = |count| (0..count).map(|_| Client::connect(spec)).collect::<io::Result<Vec<_>>>();
    let mut clients = connect(spec.clients)?;
    // Held until the others have seen all.
    let _stalled = connect(spec.stalled)?;
    answer(&Ready {})?;
    let cpu = own_cpu_s();
    let (mut seen, mut latencies) = read_all(&mut clients, spec.stamps)?;
    seen.cpu_s = own_cpu_s() - cpu;
    latencies.sort_unstable();
    let at = |percent: usize| {
        let index = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
        latencies.get(index).map_or(0.0, |ns| *ns as f64 / 1e6)
    };
    seen.latency_ms = (!latencies.is_empty()).then(|| [at(50), at(99), at(100)]);
    answer(&seen)
}

fn read_all(clients: &mut [Client], stamps: bool) -> io::Result<(Seen, Vec<u64>)> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (index, client) in clients.iter().enumerate() {
        client.stream.set_nonblocking(true)?;
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&poll, &client.stream, data, epoll::EventFlags::IN)?;
    }
    let mut seen = Seen::default();
    let mut latencies = Vec::new();
    let mut open = clients.len();
    let mut buffer = vec![0; READ_BYTES];
    let mut events = Vec::with_capacity(256);
    let silence = Timespec { tv_sec: SILENCE_MAX.as_secs().cast_signed(), tv_nsec: 0 };
    while open > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&silence))?;
        if events.is_empty() {
            let why =
                format!("{open} of {} clients wait in vain for the scan's end", clients.len());
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        for event in &events {
            let index = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let Some(client) = clients.get_mut(index) else { continue };
            let read = match client.stream.read(&mut buffer) {
                Ok(0) => return Err(io::Error::other("the server closed a connection")),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            };
            let now = monotonic_ns();
            let lines = seen.lines;
            let frames = client.frames(&buffer[..read], |payload, next| {
                look(payload, next, &mut seen, stamps.then_some((now, &mut latencies)))
            })?;
            if seen.lines > lines {
                seen.last_ns = now;
            }
            if frames == Frames::Last {
                epoll::delete(&poll, &client.stream)?;
                open -= 1;
            }
        }
    }
    Ok((seen, latencies))
}

/// Looks at one event; returns whether it is the last.
fn look(
    payload: &[u8],
    next: &mut Option<u64>,
    seen: &mut Seen,
    stamps: Option<(u64, &mut Vec<u64>)>,
) -> bool {
    let seq = seq(payload);
    let expected = next.unwrap_or(seq.unwrap_or_default());
    seen.wrong += u64::from(seq != Some(expected));
    *next = seq.map(|seq| seq + 1);
    if let Some(stamp) = stamp(payload) {
        seen.lines += 1;
        if let Some((now, latencies)) = stamps {
            latencies.push(now.saturating_sub(stamp));
        }
    }
    payload.starts_with(LAST)
}

/// Returns an event's number, which stands at a place that only depends on its scan's number.
fn seq(payload: &[u8]) -> Option<u64> {
    let body = payload.strip_suffix(b"}")?;
    let behind = body.iter().rev().position(|byte| !byte.is_ascii_digit())?;
    let end = body.len().checked_sub(behind + BEHIND_SEQ)?;
    if !body[end..].starts_with(br#","ts":""#) {
        return None;
    }
    let digits = body[..end].iter().rev().position(|byte| !byte.is_ascii_digit())?;
    number(&body[end - digits..end])
}

/// Returns the time in a line of the stand-in: when it wrote the line.
fn stamp(payload: &[u8]) -> Option<u64> {
    let rest = payload.strip_prefix(br#"{"event":"line","batch_id":"#)?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let line = rest[digits..].strip_prefix(br#","line":""#)?.strip_prefix(STAMP.as_bytes())?;
    let digits = line.iter().position(|byte| !byte.is_ascii_digit())?;
    number(&line[..digits])
}

fn number(digits: &[u8]) -> Option<u64> {
    let of = |number: u64, digit: &u8| number * 10 + u64::from(digit - b'0');
    (!digits.is_empty() && digits.len() < 20).then(|| digits.iter().fold(0, of))
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frames {
    More,
    Last,
}

struct Client {
    stream: TcpStream,
    /// The beginning of a frame that is not all here.
    rest: Vec<u8>,
    /// The number of the next event, once one was seen.
    next: Option<u64>,
}

impl Client {
    /// Connects, and waits for the frame that says so: from there on every event is sent.
    fn connect(spec: &Spec) -> io::Result<Self> {
        let mut stream = TcpStream::connect(&spec.place)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        write!(
            stream,
            "GET /ws/scans/{} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: bmV0c2NhbiBiZW5jaCBrZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            spec.scan, spec.place
        )?;
        let mut head = Vec::new();
        let end = loop {
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            read_more(&mut stream, &mut head)?;
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            let line = String::from_utf8_lossy(&head).lines().next().unwrap_or("").to_owned();
            return Err(io::Error::other(format!("no WebSocket: {line}")));
        }
        let mut rest = head.split_off(end);
        loop {
            if let Some(frame) = Frame::read(&rest)?
                && let Some(behind) = rest.get(frame.header + frame.payload..)
            {
                rest = behind.to_vec();
                return Ok(Self { stream, rest, next: None });
            }
            read_more(&mut stream, &mut rest)?;
        }
    }

    /// Hands out the payload of each whole text frame until one is said to be the last.
    fn frames(
        &mut self,
        read: &[u8],
        mut each: impl FnMut(&[u8], &mut Option<u64>) -> bool,
    ) -> io::Result<Frames> {
        let held = std::mem::take(&mut self.rest);
        let joined;
        let mut bytes = if held.is_empty() {
            read
        } else {
            joined = [&held[..], read].concat();
            &joined
        };
        while let Some(frame) = Frame::read(bytes)? {
            let Some(behind) = bytes.get(frame.header + frame.payload..) else { break };
            let payload = &bytes[frame.header..frame.header + frame.payload];
            match frame.kind {
                Kind::Text if each(payload, &mut self.next) => return Ok(Frames::Last),
                Kind::Text => {}
                // An empty pong with an empty mask. It says that we are here, if there is room.
                Kind::Ping => drop(self.stream.write(&[0x8a, 0x80, 0, 0, 0, 0])),
                Kind::Close => return Err(io::Error::other("the server closed a WebSocket")),
            }
            bytes = behind;
        }
        self.rest = bytes.to_vec();
        Ok(Frames::More)
    }
}

fn read_more(stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        read => {
            into.extend_from_slice(&buffer[..read]);
            Ok(())
        }
    }
}

/// The header of a frame that a server sends.
struct Frame {
    kind: Kind,
    header: usize,
    payload: usize,
}

enum Kind {
    Text,
    Ping,
    Close,
}

impl Frame {
    /// Reads the header at the beginning of these bytes, or `None` while it is not all here.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let [first, second, ..] = *bytes else { return Ok(None) };
        let kind = match first {
            0x81 => Kind::Text,
            0x89 => Kind::Ping,
            0x88 => Kind::Close,
            other => return Err(io::Error::other(format!("a frame that begins with {other:#x}"))),
        };
        let long = |from: usize, to: usize| {
            let bytes = bytes.get(from..to)?;
            Some(bytes.iter().fold(0, |size: usize, byte| size << 8 | usize::from(*byte)))
        };
        let (header, payload) = match second {
            size @ 0..=125 => (2, Some(usize::from(size))),
            126 => (4, long(2, 4)),
            127 => (10, long(2, 10)),
            _ => return Err(io::Error::other("a server does not mask its frames")),
        };
        Ok(payload.map(|payload| Self { kind, header, payload }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_schemas::{
        event::{EncodedEvent, Event, LineStream},
        id::{BatchId, ScanId},
    };

    fn text(scan: u64, number: u64) -> Vec<u8> {
        let batch_id = BatchId::new(31).unwrap();
        let line = format!("{STAMP}123456 Discovered");
        let event = Event::Line { batch_id, line, stream: LineStream::Stdout };
        EncodedEvent::now(&event).frame(ScanId::new(scan).unwrap(), number).into_bytes()
    }

    #[test]
    fn numbers_and_times_are_found_in_events() {
        for (scan, number) in [(1, 1), (7, 99), (12345, 200_001)] {
            let text = text(scan, number);
            assert_eq!((seq(&text), stamp(&text)), (Some(number), Some(123_456)));
        }
        let stopping = EncodedEvent::now(&Event::ScanStopping {});
        let stopping = stopping.frame(ScanId::new(1).unwrap(), 8).into_bytes();
        assert_eq!((seq(&stopping), stamp(&stopping)), (Some(8), None));
        assert_eq!(seq(br#"{"event":"connected","scan_id":1}"#), None);
        assert_eq!(seq(b""), None);
    }

    #[test]
    fn what_is_lost_or_doubled_is_counted() {
        let (mut seen, mut next) = (Seen::default(), None);
        for number in [5, 6, 8, 8, 9] {
            assert!(!look(&text(1, number), &mut next, &mut seen, None));
        }
        assert_eq!((seen.lines, seen.wrong), (5, 2));
    }

    #[test]
    fn frames_are_read_however_they_are_cut() {
        let mut bytes = Vec::new();
        for payload in [vec![b'a'; 5], vec![b'b'; 300], vec![b'c'; 70_000]] {
            bytes.extend(super::super::fanout::frame(&payload));
            bytes.extend([0x89, 0]);
        }
        for piece in [1, 2, 3, 1000, bytes.len()] {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let mut client = Client { stream, rest: Vec::new(), next: None };
            let mut sizes = Vec::new();
            for piece in bytes.chunks(piece) {
                let each = |payload: &[u8], _: &mut Option<u64>| {
                    sizes.push(payload.len());
                    false
                };
                assert_eq!(client.frames(piece, each).unwrap(), Frames::More);
            }
            assert_eq!(sizes, [5, 300, 70_000]);
            assert!(client.rest.is_empty());
        }
    }
}

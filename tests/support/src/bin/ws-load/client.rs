//! One client: its connection, and how far it has come.

use crate::Args;
use crate::event;
use crate::frames::{self, HEADER_MAX, Kind};
use crate::tally::Tally;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

/// How a client behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Reads,
    /// Reads nothing after its handshake.
    Stalls,
    /// Leaves after so many more events, and comes back.
    Flaps {
        left: u64,
    },
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Now {
    Waits,
    /// It has seen the scan's last event.
    Done,
    Closed(Option<u16>),
    /// A flapping client wants to leave and come back.
    Leaves,
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    pub(crate) manner: Manner,
    pub(crate) is_open: bool,
    /// The number of the last event, by scan; none before the first.
    last: HashMap<u64, u64>,
    since: Option<u64>,
    /// Whether these are all events of one scan.
    follows_one: bool,
    /// What is left of a frame whose end is not there yet.
    carry: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(args: &Args, manner: Manner) -> io::Result<Self> {
        let last = args.since.filter(|_| args.scan > 0).map(|since| (args.scan, since));
        let (last, since) = (last.into_iter().collect(), args.since);
        let stream = open(args, since)?;
        let follows_one = args.scan > 0;
        Ok(Self { stream, manner, is_open: false, last, since, follows_one, carry: Vec::new() })
    }

    /// Takes another connection, and goes on after the last event.
    pub(crate) fn reconnect(&mut self, args: &Args) -> io::Result<()> {
        self.since = self.last.get(&args.scan).copied().or(self.since);
        self.stream = open(args, self.since)?;
        self.is_open = false;
        self.carry.clear();
        Ok(())
    }

    /// Reads what is there, but not for ever: others want to read too.
    pub(crate) fn read(&mut self, buffer: &mut [u8], tally: &mut Tally) -> io::Result<Now> {
        let count = match self.stream.read(buffer) {
            Ok(0) => return Ok(Now::Closed(None)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Now::Waits),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                return Ok(Now::Closed(None));
            }
            Err(error) => return Err(error),
        };
        tally.reads += 1;
        let bytes = &buffer[..count];
        if !self.is_open {
            return self.shake_hands(bytes, tally);
        }
        tally.bytes += count as u64;
        self.take(bytes, tally)
    }

    fn shake_hands(&mut self, bytes: &[u8], tally: &mut Tally) -> io::Result<Now> {
        self.carry.extend(bytes);
        let Some(end) = self.carry.windows(4).position(|end| end == b"\r\n\r\n") else {
            return Ok(Now::Waits);
        };
        let rest = self.carry.split_off(end + 4);
        if !self.carry.starts_with(b"HTTP/1.1 101 ") {
            let text = String::from_utf8_lossy(&self.carry).into_owned();
            return Err(io::Error::other(format!("refused: {text}{}", rest.escape_ascii())));
        }
        self.carry.clear();
        self.is_open = true;
        self.take(&rest, tally)
    }

    fn take(&mut self, bytes: &[u8], tally: &mut Tally) -> io::Result<Now> {
        let mut rest = bytes;
        // What a read has cut is put together first, with no more than it lacks.
        while !self.carry.is_empty() && !rest.is_empty() {
            let wanted = match frames::header(&self.carry) {
                Some((_, header, payload)) => header + payload,
                None => (self.carry.len() + 1).min(HEADER_MAX),
            };
            let missing = (wanted - self.carry.len()).min(rest.len());
            let (more, later) = rest.split_at(missing);
            self.carry.extend(more);
            rest = later;
            let whole = frames::header(&self.carry)
                .is_some_and(|(_, header, payload)| header + payload == self.carry.len());
            if whole {
                let frame = std::mem::take(&mut self.carry);
                let (now, _) = self.frames(&frame, tally)?;
                if now != Now::Waits {
                    return Ok(now);
                }
            }
        }
        let (now, used) = self.frames(rest, tally)?;
        self.carry.extend(&rest[used..]);
        Ok(now)
    }

    /// Takes the whole frames of these bytes, and returns how many bytes they are.
    fn frames(&mut self, bytes: &[u8], tally: &mut Tally) -> io::Result<(Now, usize)> {
        let mut at = 0;
        let ms = crate::tally::now_ms_of_day();
        while let Some((kind, header, payload)) = frames::header(&bytes[at..]) {
            let Some(words) = bytes.get(at + header..at + header + payload) else { break };
            at += header + payload;
            match kind {
                Kind::Text => {
                    if let Some(now) = self.text(words, ms, tally) {
                        return Ok((now, at));
                    }
                }
                Kind::Ping => self.stream.write_all(&frames::pong(words))?,
                Kind::Close => {
                    let code = words.first_chunk().map(|code| u16::from_be_bytes(*code));
                    return Ok((Now::Closed(code), at));
                }
                Kind::Other => {}
            }
        }
        Ok((Now::Waits, at))
    }

    fn text(&mut self, words: &[u8], ms: u64, tally: &mut Tally) -> Option<Now> {
        let Some(event) = event::read(words) else {
            tally.gaps += u64::from(words.starts_with(br#"{"event":"gap""#));
            return None;
        };
        tally.events += 1;
        tally.lines += u64::from(words.starts_with(br#"{"event":"line","#));
        tally.late(event.ms_of_day, ms);
        let last = self.last.insert(event.scan, event.seq);
        // The feed of all scans leaves out lines, so there numbers only have to grow.
        let in_order = match last {
            None => true,
            Some(last) if self.follows_one => event.seq == last + 1,
            Some(last) => event.seq > last,
        };
        tally.out_of_order += u64::from(!in_order);
        if event.is_last {
            return Some(Now::Done);
        }
        match &mut self.manner {
            Manner::Flaps { left: 0 } => Some(Now::Leaves),
            Manner::Flaps { left } => {
                *left -= 1;
                None
            }
            Manner::Reads | Manner::Stalls => None,
        }
    }
}

fn open(args: &Args, since: Option<u64>) -> io::Result<TcpStream> {
    let path = match args.scan {
        0 => "/ws/events".to_owned(),
        scan => format!("/ws/scans/{scan}"),
    };
    let query = since.map_or_else(String::new, |since| format!("?since={since}"));
    let header = args.header.as_deref().map_or_else(String::new, |line| format!("{line}\r\n"));
    let mut stream = TcpStream::connect(args.address)?;
    write!(
        stream,
        "GET {path}{query} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bmV0c2NhbiB3cy1sb2FkIQ==\r\n{header}\r\n",
        args.address
    )?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

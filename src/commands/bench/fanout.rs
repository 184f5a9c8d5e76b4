//! The least that sending events to many clients can cost: frames that are made once, written to
//! one socket after the other, and no store, no nmap and no runtime.

use super::{
    part::{answer, next_line},
    stand_in::STAMP,
};
use netscan_schemas::{
    event::{EncodedEvent, Event, LineStream, ScanSummary},
    id::{BatchId, ScanId},
    scan::{ScanStatus, VerdictCounts},
};
use serde::{Deserialize, Serialize};
use std::{
    error::Error,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
};

/// Events of one write, as many as netscan puts into one flush.
const PAGE: u64 = 256;

/// What a part does.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// How many clients come.
    pub clients: usize,
    /// Lines that each is sent.
    pub lines: u64,
}

/// Where it listens.
#[derive(Debug, Serialize, Deserialize)]
pub struct Listens {
    /// `127.0.0.1:port`.
    pub place: String,
}

/// Waits for all clients and for a word, and sends.
pub fn run(spec: &Spec) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    answer(&Listens { place: listener.local_addr()?.to_string() })?;
    let mut clients = Vec::new();
    for _ in 0..spec.clients {
        clients.push(accept(&listener)?);
    }
    next_line()?;
    let (scan, batch) = (ScanId::new(1), BatchId::new(1));
    let (Some(scan), Some(batch_id)) = (scan, batch) else { return Err("1 is no number".into()) };
    let line = |seq| {
        let line = format!("{STAMP}{seq} Discovered open port 80/tcp on 127.0.0.1, or so");
        EncodedEvent::now(&Event::Line { batch_id, line, stream: LineStream::Stdout })
    };
    let mut next = 1;
    while next <= spec.lines {
        let end = spec.lines.min(next + PAGE - 1);
        let page: Vec<u8> =
            (next..=end).flat_map(|seq| frame(line(seq).frame(scan, seq).as_bytes())).collect();
        send(&mut clients, &page)?;
        next = end + 1;
    }
    let last = EncodedEvent::now(&Event::ScanComplete {
        status: ScanStatus::Completed,
        verdicts: VerdictCounts::default(),
        summary: ScanSummary::default(),
        error: None,
    });
    send(&mut clients, &frame(last.frame(scan, next).as_bytes()))?;
    // Until the clients are done.
    next_line()?;
    Ok(())
}

fn send(clients: &mut [TcpStream], bytes: &[u8]) -> io::Result<()> {
    clients.iter_mut().try_for_each(|client| client.write_all(bytes))
}

/// Takes a client in, without a look at what it asks for.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (mut client, _) = listener.accept()?;
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    client.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")?;
    client.write_all(&frame(br#"{"event":"connected"}"#))?;
    Ok(client)
}

/// Returns a text frame as a server sends it.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let size = payload.len();
    let mut frame = vec![0x81];
    match (u8::try_from(size), u16::try_from(size)) {
        (Ok(small @ 0..=125), _) => frame.push(small),
        (_, Ok(size)) => {
            frame.push(126);
            frame.extend(size.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(127);
            frame.extend((size as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

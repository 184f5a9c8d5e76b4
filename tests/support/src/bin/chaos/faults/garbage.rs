//! Clients that break the rules of WebSockets.

use crate::check;
use crate::client::{connect, is_timeout};
use crate::procs;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial};
use crate::world::{World, ended};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};

/// How long a server may take to close on a client that broke a rule.
const CLOSE_MAX: Duration = Duration::from_secs(5);
/// The header of the first 4096 bytes of a message that has more. All masks here are zero.
const FIRST_PIECE: [u8; 8] = [0x01, 0xfe, 0x10, 0x00, 0, 0, 0, 0];
/// The header of a ping that is a byte longer than pings may be.
const LONG_PING: [u8; 8] = [0x89, 0xfe, 0, 126, 0, 0, 0, 0];
/// Pings of one flood.
const PINGS: usize = 10_000;

/// What is no WebSocket frame, and the code that it is closed with (RFC 6455, 7.4.1).
const OFFENCES: [(&str, &[u8], u16); 7] = [
    ("a frame without a mask", &[0x81, 0x01, b'x'], 1002),
    ("an opcode that is none", &[0x83, 0x80, 0, 0, 0, 0], 1002),
    ("a reserved bit", &[0xc1, 0x80, 0, 0, 0, 0], 1002),
    ("a ping in pieces", &[0x09, 0x80, 0, 0, 0, 0], 1002),
    ("the rest of nothing", &[0x80, 0x80, 0, 0, 0, 0], 1002),
    ("text that is no UTF-8", &[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007),
    ("100 MB", &[0x82, 0xff, 0, 0, 0, 0, 0x06, 0, 0, 0, 0, 0, 0, 0], 1009),
];

/// F29: each offence is closed with its code, and nobody else notices.
pub(crate) fn garbage(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "lines 20 noise\ndelay 30 per-host\n")?;
    let server = world.start()?;
    let scan = world.scan(&server, trial.settings.scale(26, 24), 4)?;
    let watchers = world.watch(&server, &[scan]);
    let before = (procs::open_files(server.pid()), procs::resident_kib(server.pid()));
    for round in 0..trial.settings.scale(4, 100) {
        let pieces = [&FIRST_PIECE[..], &[b'x'; 4096], &[0x00, 0x81, 0, 0, 0, 0, b'x']].concat();
        let ping = [&LONG_PING[..], &[b'x'; 126]].concat();
        let long =
            [("4097 bytes in two pieces", &pieces[..], 1009), ("a ping of 126 bytes", &ping, 1002)];
        for (what, bytes, code) in OFFENCES.into_iter().chain(long) {
            trial.found.runs += 1;
            match offend(&server, scan, bytes)? {
                Some(found) if found == code => {}
                found => trial.broken(format!("round {round}: {what} is closed with {found:?}")),
            }
        }
        noise(trial, &server, scan)?;
        flood(&server, scan)?;
    }
    ended(&server, scan, PATIENCE)?;
    let grown = procs::resident_kib(server.pid()).saturating_sub(before.1) / 1024;
    trial.note(format!("{grown} MiB more memory"));
    trial.require(grown < 64, || format!("garbage cost {grown} MiB"));
    let told: Vec<u64> = watchers.into_iter().map(crate::client::Watcher::leave).collect();
    let stored = server.json(&format!("/api/scans/{scan}/events?since={}", told[0]))?;
    trial.require(stored == serde_json::json!([]), || {
        format!("a client beside them was shown {told:?}, and then came {stored}")
    });
    check::close(trial, &mut world, server, "garbage")
}

/// Sends bytes behind the handshake and returns the code that the server closes with.
fn offend(server: &Server, scan: u64, bytes: &[u8]) -> Result<Option<u16>> {
    let mut socket = connect(server.address, scan, None)?;
    socket.get_mut().write_all(bytes)?;
    Ok(closed(&mut socket).map(u16::from))
}

/// Reads on until the server closes, and returns the code if it names one in time.
fn closed(socket: &mut WebSocket<TcpStream>) -> Option<CloseCode> {
    let give_up = Instant::now() + CLOSE_MAX;
    while Instant::now() < give_up {
        match socket.read() {
            Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
            Ok(_) => {}
            Err(Error::Io(error)) if is_timeout(error.kind()) => {}
            Err(_) => return None,
        }
    }
    None
}

/// Random bytes, and then nothing more: whatever they look like, the connection ends.
fn noise(trial: &mut Trial, server: &Server, scan: u64) -> Result<()> {
    trial.found.runs += 1;
    let bytes: Vec<u8> = (0..trial.rng.usize(1..4096)).map(|_| trial.rng.u8(..)).collect();
    let mut socket = connect(server.address, scan, None)?;
    socket.get_mut().write_all(&bytes)?;
    socket.get_mut().shutdown(Shutdown::Write)?;
    let began = Instant::now();
    closed(&mut socket);
    trial.require(began.elapsed() < CLOSE_MAX, || {
        format!("a connection stays open behind {} random bytes", bytes.len())
    });
    Ok(())
}

/// Pings without reading a pong.
fn flood(server: &Server, scan: u64) -> Result<()> {
    let socket = connect(server.address, scan, None)?;
    let mut stream = socket.get_ref();
    stream.set_write_timeout(Some(Duration::from_millis(200)))?;
    let pings = [0x89, 0x80, 0, 0, 0, 0].repeat(PINGS);
    // The server may stop taking them, or close.
    let _ = stream.write_all(&pings);
    Ok(())
}

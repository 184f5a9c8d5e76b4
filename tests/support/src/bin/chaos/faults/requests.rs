//! Clients that send their requests too slowly, to hold connections and to starve others.

use crate::check;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, ended};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long a request's headers, and its body, may take; and some time for the server to say so.
const HEADERS_MAX: Duration = Duration::from_secs(10);
const BODY_MAX: Duration = Duration::from_secs(30);
const SLACK: Duration = Duration::from_secs(10);
/// How often a slow client sends another byte.
const TRICKLE: Duration = Duration::from_millis(500);

/// F27: hundreds of half-sent requests are cut off in time, and nobody else waits for them.
pub(crate) fn slow(trial: &mut Trial) -> Result<()> {
    let count = trial.settings.scale(100, 500);
    let mut world = World::new(&trial.settings, "delay 5 per-host\n")?;
    let server = world.start()?;
    let scan = world.scan(&server, 26, 8)?;
    let alone = slowest(&server)?;
    let address = server.address;
    let headers = format!("GET /api/scans HTTP/1.1\r\nHost: {address}\r\nX-");
    let body =
        format!("POST /api/projects HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000\r\n\r\n{{");
    let kinds: &[(&str, &str, Duration)] = match trial.settings.quick {
        true => &[("headers", &headers, HEADERS_MAX)],
        false => &[("headers", &headers, HEADERS_MAX), ("a body", &body, BODY_MAX)],
    };
    for (what, half, limit) in kinds {
        let mut clients = Vec::with_capacity(count);
        let began = Instant::now();
        for _ in 0..count {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nonblocking(true)?;
            stream.write_all(half.as_bytes())?;
            clients.push(stream);
        }
        let meanwhile = slowest(&server)?;
        trial.note(format!(
            "{count} clients with half of {what}: a healthy request takes {} ms at most, {} before",
            meanwhile.as_millis(),
            alone.as_millis()
        ));
        // Two measurements of one server differ by themselves.
        trial.require(meanwhile < 2 * alone + Duration::from_millis(250), || {
            format!("a healthy request took {} ms", meanwhile.as_millis())
        });
        let gone = within(*limit + SLACK, || {
            std::thread::sleep(TRICKLE);
            clients.retain_mut(is_open);
            clients.is_empty().then_some(())
        });
        let took = began.elapsed();
        trial.require(gone.is_some(), || format!("{} clients are never cut off", clients.len()));
        trial.require(took + Duration::from_secs(1) >= *limit, || {
            format!("a client with half of {what} was cut off after {} ms", took.as_millis())
        });
        trial.found.runs += count as u64;
    }
    ended(&server, scan, PATIENCE)?;
    check::close(trial, &mut world, server, "slow requests")
}

/// Returns how long the slowest of some healthy requests takes.
fn slowest(server: &Server) -> Result<Duration> {
    let mut slowest = Duration::ZERO;
    for _ in 0..100 {
        let began = Instant::now();
        server.json("/api/scans")?;
        slowest = slowest.max(began.elapsed());
    }
    Ok(slowest)
}

/// Sends one byte more, and returns whether the server still takes it.
fn is_open(stream: &mut TcpStream) -> bool {
    let is_waiting = |kind: ErrorKind| kind == ErrorKind::WouldBlock;
    match stream.write(b"x") {
        Ok(_) => {}
        Err(error) if is_waiting(error.kind()) => {}
        Err(_) => return false,
    }
    let mut answer = [0; 1024];
    loop {
        match stream.read(&mut answer) {
            Ok(0) => return false,
            // It says why before it closes.
            Ok(_) => {}
            Err(error) => return is_waiting(error.kind()),
        }
    }
}

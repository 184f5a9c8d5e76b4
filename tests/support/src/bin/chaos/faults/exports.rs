//! Readers that take an export slowly, or not at all.

use crate::check;
use crate::procs;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, ended};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long a client may take nothing (`SEND_TIMEOUT` in `schemas/src/limits.rs`), and some for a
/// busy machine.
const LET_GO_MAX: Duration = Duration::from_secs(75);
/// Readers at once.
const READERS: usize = 8;

/// F38: exports to readers that read nothing, or a little at a time.
pub(crate) fn slow_readers(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "")?;
    let server = world.start()?;
    let scan = world.scan(&server, trial.settings.scale(18, 16), 4096)?;
    ended(&server, scan, 2 * PATIENCE)?;
    let path = format!("/api/scans/{scan}/export?format=jsonl");
    let (status, whole) = server.get(&path)?;
    trial.require(status == 200, || format!("the export is answered with {status}"));
    let file = world.data().join("netscan.redb");
    let before = (procs::resident_kib(server.pid()), procs::open_files(server.pid()));
    let idle: Vec<TcpStream> =
        (0..READERS).map(|_| ask(server.address, &path)).collect::<Result<_>>()?;
    let stored = fs::metadata(&file)?.len();
    // Meanwhile others write, and read.
    let second = world.scan(&server, 22, 64)?;
    ended(&server, second, PATIENCE)?;
    let (slowly, took) = slowly(&server, &path)?;
    trial.found.runs += READERS as u64 + 1;
    trial.require(slowly == whole, || {
        format!("a slow reader got {} bytes of {}, or others", slowly.len(), whole.len())
    });
    let grown = procs::resident_kib(server.pid()).saturating_sub(before.0) / 1024;
    let file_grown = (fs::metadata(&file)?.len().saturating_sub(stored)) >> 10;
    trial.note(format!(
        "{} KiB to {READERS} idle readers and one that took {} ms: {grown} MiB more memory, {file_grown} \
         KiB more on disk with a scan of 1,024 hosts beside them",
        whole.len() >> 10,
        took.as_millis()
    ));
    trial.require(grown < 64, || format!("{READERS} readers cost {grown} MiB"));
    if !trial.settings.quick {
        let gone =
            within(LET_GO_MAX, || (procs::open_files(server.pid()) <= before.1 + 1).then_some(()));
        trial.require(gone.is_some(), || "readers that take nothing are not let go".into());
    }
    drop(idle);
    check::close(trial, &mut world, server, "slow readers")
}

/// Asks for an answer, and leaves it to the caller to read it. HTTP/1.0, so that the body is not cut
/// into chunks.
fn ask(address: SocketAddr, path: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    Ok(stream)
}

/// Reads an answer in small pieces with pauses between them.
fn slowly(server: &Server, path: &str) -> Result<(Vec<u8>, Duration)> {
    let began = Instant::now();
    let mut stream = ask(server.address, path)?;
    let (mut answer, mut piece) = (Vec::new(), vec![0; 256 * 1024]);
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let count = stream.read(&mut piece)?;
        answer.extend_from_slice(&piece[..count]);
        if count == 0 {
            break;
        }
    }
    let headers = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let headers = headers.ok_or("an answer without headers")?;
    Ok((answer.split_off(headers + 4), began.elapsed()))
}

//! Clients come and go all the time, or stop reading.

use crate::check;
use crate::client::connect;
use crate::model::{Model, Will, seq_of};
use crate::procs;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, ended};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tungstenite::Message;

/// How long a client that takes nothing may keep its place: ten seconds until it is called slow,
/// twenty in which it may still come to learn why it is closed (`LAST_WORDS_WAIT` in
/// `http/src/socket.rs`), and some for a busy machine.
const LET_GO_MAX: Duration = Duration::from_secs(45);

/// F24: clients that connect, read a little, vanish, and resume where they were.
pub(crate) fn flapping(trial: &mut Trial) -> Result<()> {
    let count: u64 = trial.settings.scale(12, 150);
    let mut world = World::new(&trial.settings, "lines 40 noise\ndelay 15 per-host\n")?;
    let server = world.start()?;
    let scan = world.scan(&server, trial.settings.scale(26, 24), 4)?;
    let before = procs::resident_kib(server.pid());
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..count)
        .map(|_| {
            let (address, done, rng) = (server.address, Arc::clone(&done), trial.rng.fork());
            std::thread::spawn(move || flap(address, scan, &done, rng))
        })
        .collect();
    ended(&server, scan, 3 * PATIENCE)?;
    done.store(true, Ordering::Relaxed);
    let mut connections = 0;
    for client in clients {
        let (model, times) = client.join().map_err(|_| "a client panicked")?;
        connections += times;
        // What each of them was shown is one gapless whole, and the same for all.
        let mut shared = world.model.lock();
        shared.broken.extend(model.broken);
        for (seq, text) in model.scans.into_values().flat_map(|known| known.seen) {
            shared.see(scan, seq, &text);
        }
    }
    trial.found.runs += connections;
    let grown = procs::resident_kib(server.pid()).saturating_sub(before) / 1024;
    trial.note(format!("{count} clients, {connections} connections, {grown} MiB more memory"));
    trial.require(grown < 128, || format!("{count} clients cost {grown} MiB"));
    check::close(trial, &mut world, server, "flapping clients")
}

/// One client; returns what it was shown, and how often it connected.
fn flap(address: SocketAddr, scan: u64, done: &AtomicBool, mut rng: fastrand::Rng) -> (Model, u64) {
    let mut model = Model::default();
    model.add(scan, 0, Will::Any);
    let (mut last, mut connections) = (0, 0);
    loop {
        // Once the scan has ended it reads to the end.
        let to_the_end = done.load(Ordering::Relaxed);
        let messages = if to_the_end { u32::MAX } else { rng.u32(0..60) };
        let Ok(mut socket) = connect(address, scan, Some(last)) else {
            model.broken.push(format!("scan {scan}: a client is not let in"));
            return (model, connections);
        };
        connections += 1;
        let quiet_after = Instant::now() + Duration::from_secs(5);
        for _ in 0..messages {
            let text = match socket.read() {
                Ok(Message::Text(text)) => text,
                Ok(_) => continue,
                Err(_) if to_the_end && Instant::now() < quiet_after => continue,
                Err(_) => break,
            };
            let Some(seq) = seq_of(&text) else { continue };
            if seq != last + 1 {
                model.broken.push(format!("scan {scan}: event {seq} was shown after {last}"));
            }
            last = seq;
            model.see(scan, seq, &text);
            if text.contains("\"event\":\"scan_complete\"") {
                return (model, connections);
            }
        }
        if to_the_end {
            model.broken.push(format!("scan {scan}: the last event never came after {last}"));
            return (model, connections);
        }
        // Without a goodbye.
        drop(socket);
    }
}

/// F25: clients that stop reading cost the scan nothing, and are let go.
pub(crate) fn stalled(trial: &mut Trial) -> Result<()> {
    let lines = trial.settings.scale(4000, 20_000);
    let text = "x".repeat(400);
    let script = format!("lines {lines} {text}\n");
    let mut world = World::new(&trial.settings, &script)?;
    let server = world.start()?;
    let alone = timed(&mut world, &server, |_, _| Ok(()))?;
    let before = (procs::open_files(server.pid()), procs::resident_kib(server.pid()));
    let mut stalled = Vec::new();
    let watched = timed(&mut world, &server, |server, scan| {
        for _ in 0..8 {
            stalled.push(connect(server.address, scan, Some(0))?);
        }
        Ok(())
    })?;
    trial.found.runs += 8;
    let ratio = watched.as_secs_f64() / alone.as_secs_f64();
    trial.note(format!(
        "{} ms without and {} ms with 8 stalled clients",
        alone.as_millis(),
        watched.as_millis()
    ));
    // Two runs of one program differ by themselves; waiting for a client would cost ten seconds.
    trial.require(ratio < 1.5 || watched < alone + Duration::from_secs(2), || {
        format!("8 stalled clients made the scan take {ratio:.1} times as long")
    });
    let grown = procs::resident_kib(server.pid()).saturating_sub(before.1) / 1024;
    trial.require(grown < 128, || format!("8 stalled clients cost {grown} MiB"));
    let gone =
        within(LET_GO_MAX, || (procs::open_files(server.pid()) <= before.0 + 1).then_some(()));
    trial.require(gone.is_some(), || {
        let now = procs::open_files(server.pid());
        format!("stalled clients are not let go: {} files before, {now} now", before.0)
    });
    drop(stalled);
    check::close(trial, &mut world, server, "stalled clients")
}

/// Runs a scan and returns how long it took.
fn timed(
    world: &mut World,
    server: &Server,
    meanwhile: impl FnOnce(&Server, u64) -> Result<()>,
) -> Result<Duration> {
    let began = Instant::now();
    let scan = world.scan(server, 27, 8)?;
    meanwhile(server, scan)?;
    ended(server, scan, 2 * PATIENCE)?;
    Ok(began.elapsed())
}

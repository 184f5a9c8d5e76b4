//! The server is asked to end: once, twice, while it starts; or only to hang up.

use crate::check;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::World;
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

/// How long a clean end may take.
const END_MAX: Duration = Duration::from_secs(15);
/// How long the end may take that a second signal asks for.
const AT_ONCE: Duration = Duration::from_secs(2);

/// F2: SIGTERM, SIGINT and SIGHUP in the middle of a scan, twice, and during the start.
pub(crate) fn signals(trial: &mut Trial) -> Result<()> {
    for _ in 0..trial.settings.scale(1, 4) {
        for signal in [Signal::TERM, Signal::INT] {
            mid_scan(trial, signal)?;
            twice(trial, signal)?;
        }
        hang_up(trial)?;
        for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
            for _ in 0..trial.settings.scale(2, 8) {
                during_the_start(trial, signal)?;
            }
        }
    }
    Ok(())
}

fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::TERM => "SIGTERM",
        Signal::INT => "SIGINT",
        _ => "SIGHUP",
    }
}

/// Starts a scan and waits until some of it is done and nmap runs.
fn begun(world: &mut World) -> Result<(Server, u64)> {
    let server = world.start()?;
    let scan = world.scan(&server, 27, 8)?;
    let path = format!("/api/scans/{scan}");
    let up = || server.json(&path).ok()?["verdicts"]["up"].as_u64();
    within(PATIENCE, || up().filter(|up| *up >= 4)).ok_or("the scan does not begin")?;
    Ok((server, scan))
}

fn mid_scan(trial: &mut Trial, signal: Signal) -> Result<()> {
    let when = format!("{} in a scan", name(signal));
    let mut world = World::new(&trial.settings, "host-group 1\nhosts 2\nhang\n")?;
    let (mut server, scan) = begun(&mut world)?;
    let watchers = world.watch(&server, &[scan]);
    std::thread::sleep(trial.millis(0..200));
    server.signal(signal)?;
    trial.found.runs += 1;
    match server.ended(END_MAX) {
        Some((status, took)) => {
            trial.require(status.success(), || format!("{when}: it ended with {status}"));
            trial.note(format!("{when}: ended in {} ms", took.as_millis()));
        }
        None => trial.broken(format!("{when}: it has not ended after {} s", END_MAX.as_secs())),
    }
    world.no_orphans(trial, &when);
    for watcher in watchers {
        watcher.leave();
    }
    goes_on(trial, &mut world, &when)
}

/// A second signal means at once, here while nmap will not end.
fn twice(trial: &mut Trial, signal: Signal) -> Result<()> {
    let when = format!("{} twice", name(signal));
    let mut world = World::new(&trial.settings, "ignore-term\nhost-group 1\nhosts 2\nhang\n")?;
    let (mut server, _) = begun(&mut world)?;
    server.signal(signal)?;
    std::thread::sleep(trial.millis(20..300));
    server.signal(signal)?;
    trial.found.runs += 1;
    let ended = server.ended(AT_ONCE);
    trial.require(ended.is_some(), || format!("{when}: it has not ended after 2 s"));
    server.kill()?;
    world.no_orphans(trial, &when);
    goes_on(trial, &mut world, &when)
}

fn hang_up(trial: &mut Trial) -> Result<()> {
    let when = "HUP in a scan";
    let mut world = World::new(&trial.settings, "delay 20 per-host\n")?;
    let (mut server, _) = begun_running(&mut world)?;
    let before = world.nmaps();
    server.signal(Signal::HUP)?;
    trial.found.runs += 1;
    let ended = server.ended(Duration::from_millis(200));
    trial.require(ended.is_none(), || format!("{when}: the server ended"));
    trial.require(!before.is_empty(), || format!("{when}: nothing ran"));
    check::finish(trial, &mut world, &server, when)?;
    // Nothing was interrupted: each address was started for once.
    let starts: usize = world.logged().iter().map(Vec::len).sum();
    trial.require(starts == 32, || format!("{when}: {starts} addresses started for 32"));
    Ok(())
}

fn begun_running(world: &mut World) -> Result<(Server, u64)> {
    let server = world.start()?;
    let scan = world.scan(&server, 27, 8)?;
    within(PATIENCE, || (!world.nmaps().is_empty()).then_some(())).ok_or("no nmap runs")?;
    Ok((server, scan))
}

fn during_the_start(trial: &mut Trial, signal: Signal) -> Result<()> {
    let when = format!("{} during the start", name(signal));
    let mut world = World::new(&trial.settings, "host-group 1\nhosts 2\nhang\n")?;
    let (server, _) = begun(&mut world)?;
    server.kill()?;
    world.no_orphans(trial, &when);
    let mut child = world.command(&crate::server::Start::default())?.spawn()?;
    std::thread::sleep(trial.millis(0..120));
    // It may have ended by itself, as its wait will tell.
    let _ = kill_process(Pid::from_child(&child), signal);
    trial.found.runs += 1;
    if signal == Signal::HUP {
        // Either it came too early to be heard, or it changes nothing.
        std::thread::sleep(Duration::from_millis(300));
        let _ = kill_process(Pid::from_child(&child), Signal::TERM);
    }
    let ended = within(END_MAX, || child.try_wait().ok().flatten());
    if ended.is_none() {
        trial.broken(format!("{when}: it has not ended after {} s", END_MAX.as_secs()));
        child.kill()?;
        child.wait()?;
    }
    world.no_orphans(trial, &when);
    goes_on(trial, &mut world, &when)
}

/// The next start finishes everything.
fn goes_on(trial: &mut Trial, world: &mut World, when: &str) -> Result<()> {
    world.follow("")?;
    let server = world.start()?;
    check::verify(trial, world, &server, when)?;
    check::close(trial, world, server, when)
}

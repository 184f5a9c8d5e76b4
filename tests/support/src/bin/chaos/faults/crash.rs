//! The server is killed: at any instant, at each fail point, again and again.

use crate::check;
use crate::model::Will;
use crate::procs;
use crate::server::{Server, Start, Started};
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::World;
use netscan_store::failpoint::{IN_RECOVERY, NAMES};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::time::Duration;

/// Kills on one data directory before a new one is begun.
const CYCLES_A_STORE: u64 = 25;
/// Scans that are kept going while the server is killed.
const SCANS_OPEN: usize = 2;

/// F1: kill -9 of the server at random instants.
pub(crate) fn at_any_instant(trial: &mut Trial) -> Result<()> {
    let cycles = trial.settings.cycles;
    let mut left = cycles;
    let mut round = 0;
    while left > 0 && trial.is_sound() {
        let now = left.min(CYCLES_A_STORE);
        left -= now;
        round += 1;
        // Every fourth store is filled by a real nmap.
        let mut world = match trial.settings.nmap.clone() {
            Some(nmap) if round % 4 == 0 => World::real(&trial.settings, &nmap)?,
            _ => World::new(&trial.settings, "")?,
        };
        for cycle in 0..now {
            one_life(trial, &mut world, &format!("store {round}, kill {cycle}"))?;
        }
        let server = world.start()?;
        check::close(trial, &mut world, server, &format!("store {round}, last start"))?;
        if !trial.is_sound() {
            world.keep(trial);
            return Ok(());
        }
    }
    Ok(())
}

/// One life of a server: everything is compared, scans go on, clients watch, it is killed.
fn one_life(trial: &mut Trial, world: &mut World, when: &str) -> Result<()> {
    let slow = trial.rng.u64(0..12);
    world.follow(&format!("host-group 4\ndelay {slow} per-host\nlines 3 noise\n"))?;
    // Two lives in five are over before they have begun.
    let life = match trial.rng.u8(0..5) {
        0 => trial.millis(0..40),
        1 => trial.millis(0..250),
        _ => trial.millis(100..1200),
    };
    let server = world.start()?;
    check::verify(trial, world, &server, when)?;
    let mut open: Vec<u64> = {
        let model = world.model.lock();
        model.scans.iter().filter(|(_, known)| !known.closed).map(|(scan, _)| *scan).collect()
    };
    let until = std::time::Instant::now() + life;
    let late = open.len() >= SCANS_OPEN;
    while open.len() < SCANS_OPEN {
        let bits = trial.rng.u32(26..29);
        let chunk = trial.rng.u64(3..12);
        open.push(world.scan(&server, bits, chunk)?);
    }
    let watchers = world.watch(&server, &open);
    let busy = busy_caller(trial, world, &server, &open, late);
    std::thread::sleep(until.saturating_duration_since(std::time::Instant::now()));
    server.kill()?;
    trial.found.runs += 1;
    world.no_orphans(trial, when);
    for watcher in watchers {
        watcher.leave();
    }
    if trial.rng.u8(0..4) == 0 {
        check::store(trial, world, when)?;
    }
    // Its calls fail from here on.
    let _ = busy.join();
    check::collect(trial, world);
    Ok(())
}

/// Submits a scan, and sometimes stops one, while the server is about to be killed.
fn busy_caller(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    open: &[u64],
    late: bool,
) -> std::thread::JoinHandle<()> {
    let line = server.line();
    let model = world.model.clone();
    let (targets, total) = world.block(29);
    let request = world.request(&targets, 4, 2);
    let wait = trial.millis(0..600);
    let submits = late && trial.rng.u8(0..3) == 0;
    let stops = trial.rng.u8(0..6) == 0;
    let victim = open.first().copied();
    std::thread::spawn(move || {
        std::thread::sleep(wait);
        if submits
            && let Ok((202, answer)) = line.post("/api/scans", &request)
            && let Some(scan) = answer["scan_id"].as_u64()
        {
            model.lock().add(scan, total, Will::Complete);
        }
        if let Some(scan) = victim.filter(|_| stops) {
            let will = |will| {
                if let Some(known) = model.lock().scans.get_mut(&scan) {
                    known.will = will;
                }
            };
            // Until it is answered either end is right.
            will(Will::Any);
            match line.post(&format!("/api/scans/{scan}/stop"), &json!({})) {
                Ok((200, _)) => will(Will::Stop),
                Ok(_) => will(Will::Complete),
                Err(_) => {}
            }
        }
    })
}

/// F1: kill -9 at each fail point, at its first, second and a later hit.
pub(crate) fn at_each_point(trial: &mut Trial) -> Result<()> {
    for point in NAMES {
        let later = trial.rng.u64(3..9);
        for nth in if trial.settings.quick { vec![1] } else { vec![1, 2, later] } {
            at_point(trial, point, nth)?;
        }
    }
    Ok(())
}

fn at_point(trial: &mut Trial, point: &str, nth: u64) -> Result<()> {
    let at = format!("{point}:{nth}");
    let mut world = World::new(&trial.settings, "host-group 2\ndelay 2 per-host\n")?;
    if IN_RECOVERY.contains(&point) {
        let server = world.start()?;
        let scans = [world.scan(&server, 27, 4)?, world.scan(&server, 28, 4)?];
        up_at_least(&server, scans[0], 4)?;
        server.kill()?;
        world.no_orphans(trial, &at);
    }
    let start = Start { fail_at: Some(format!("{at}:abort")), ..Start::default() };
    let died = match world.start_as(&start)? {
        Started::Died(_) => true,
        Started::Up(server) => dies(trial, &mut world, server, nth)?,
    };
    trial.found.runs += 1;
    // A later hit may not come in so short a life.
    trial.require(died || nth > 1, || format!("{at}: the server never came by"));
    world.no_orphans(trial, &at);
    let server = world.start()?;
    check::verify(trial, &mut world, &server, &at)?;
    check::close(trial, &mut world, server, &at)?;
    if !trial.is_sound() {
        world.keep(trial);
        return Err(format!("stopped at {at}").into());
    }
    Ok(())
}

/// Gives a server with an armed point something to do until it dies; returns whether it did.
fn dies(trial: &mut Trial, world: &mut World, mut server: Server, nth: u64) -> Result<bool> {
    // It may die before it answers, and then nothing was acknowledged.
    let scans: Vec<u64> = (0..2).filter_map(|_| world.scan(&server, 28, 4).ok()).collect();
    let watchers = world.watch(&server, &scans);
    let patience = Duration::from_secs(if nth == 1 { 20 } else { 4 });
    let died = server.ended(patience).is_some();
    server.kill()?;
    for watcher in watchers {
        watcher.leave();
    }
    check::collect(trial, world);
    Ok(died)
}

fn up_at_least(server: &Server, scan: u64, count: u64) -> Result<()> {
    let path = format!("/api/scans/{scan}");
    let up = || server.json(&path).ok()?["verdicts"]["up"].as_u64();
    let found = within(PATIENCE, || up().filter(|up| *up >= count));
    found.map(|_| ()).ok_or_else(|| format!("scan {scan} does not get {count} hosts up").into())
}

/// F3: nmaps without a server, without a warden, and without both.
pub(crate) fn orphans(trial: &mut Trial) -> Result<()> {
    for round in 0..trial.settings.scale(1, 5) {
        for (name, server_too) in [("the warden is killed", false), ("both are killed", true)] {
            trial.found.runs += 1;
            let when = format!("{name}, round {round}");
            let mut world = World::new(&trial.settings, "host-group 1\nhosts 2\nhang\n")?;
            let server = world.start()?;
            let scan = world.scan(&server, 28, 4)?;
            up_at_least(&server, scan, 6)?;
            let warden = procs::below(server.pid()).into_iter().find(|p| p.parent == server.pid());
            let warden = warden.and_then(|process| Pid::from_raw(process.pid));
            let warden = warden.ok_or("the server has no warden")?;
            let before: Vec<i32> = world.nmaps().iter().map(|process| process.pid).collect();
            world.follow("")?;
            if server_too {
                server.signal(Signal::KILL)?;
            }
            kill_process(warden, Signal::KILL)?;
            let server = match server_too {
                true => {
                    server.kill()?;
                    world.no_orphans(trial, &when);
                    world.start()?
                }
                false => {
                    let alive = || world.nmaps().iter().any(|held| before.contains(&held.pid));
                    let gone = within(Duration::from_secs(1), || (!alive()).then_some(()));
                    trial.require(gone.is_some(), || format!("{when}: nmaps outlive the warden"));
                    server
                }
            };
            check::close(trial, &mut world, server, &when)?;
        }
    }
    escaped(trial)
}

/// A descendant of nmap that left its session has to go as well.
fn escaped(trial: &mut Trial) -> Result<()> {
    for (name, warden_too) in [("the server dies", false), ("server and warden die", true)] {
        trial.found.runs += 1;
        let when = format!("a descendant left its session, {name}");
        let mut world = World::new(&trial.settings, "fork-escape\nhang\n")?;
        let server = world.start()?;
        world.scan(&server, 30, 4)?;
        let two = within(PATIENCE, || (world.nmaps().len() >= 2).then_some(()));
        two.ok_or("the stand-in leaves nothing behind")?;
        let warden = procs::below(server.pid()).into_iter().find(|p| p.parent == server.pid());
        let warden = warden.and_then(|process| Pid::from_raw(process.pid));
        world.follow("")?;
        server.signal(Signal::KILL)?;
        if let Some(warden) = warden.filter(|_| warden_too) {
            kill_process(warden, Signal::KILL)?;
        }
        server.kill()?;
        if !warden_too {
            world.no_orphans(trial, &when);
        }
        let left: Vec<_> = world.nmaps().into_iter().map(|process| process.pid).collect();
        let server = world.start()?;
        let still = |pid: &i32| world.nmaps().iter().any(|process| process.pid == *pid);
        let gone = within(Duration::from_secs(2), || (!left.iter().any(still)).then_some(()));
        trial.require(gone.is_some(), || {
            format!("{when}: the next start does not end what an older epoch has left: {left:?}")
        });
        check::finish(trial, &mut world, &server, &when)?;
        drop(server);
        for process in world.nmaps() {
            // What this program has started indirectly it ends as well.
            if let Some(pid) = Pid::from_raw(process.pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
    Ok(())
}

/// F30: kill -9 every second or so while thousands of batches wait.
pub(crate) fn restart_storm(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "delay 10 per-host\n")?;
    let server = world.start()?;
    let (targets, total) = world.block(if trial.settings.quick { 20 } else { 17 });
    let scan = world.submit(&server, &world.request(&targets, 1, 4), total, Will::Any)?;
    server.kill()?;
    let (mut up, mut idle, mut starts) = (0, 0, 0);
    for cycle in 0..trial.settings.scale(5, 60) {
        let life = trial.millis(600..1600);
        let server = world.start()?;
        let now = settled(&server, scan)?;
        trial.require(now >= up, || format!("cycle {cycle}: {up} hosts were up, now {now}"));
        let began = world.logged().len();
        std::thread::sleep(life);
        up = settled(&server, scan)?;
        idle += u64::from(up == now);
        starts = starts.max(world.logged().len().saturating_sub(began));
        server.kill()?;
        trial.found.runs += 1;
        world.no_orphans(trial, &format!("cycle {cycle}"));
    }
    trial.require(idle == 0, || format!("{idle} lives went by without a batch"));
    trial.note(format!("at most {starts} nmaps were started in one life of 0.6 to 1.6 s"));
    let server = world.start()?;
    check::verify(trial, &mut world, &server, "after the storm")?;
    let stopped = server.post(&format!("/api/scans/{scan}/stop"), &json!({}))?;
    trial.require(stopped.0 == 200, || format!("the stop is answered with {stopped:?}"));
    check::close(trial, &mut world, server, "after the stop")
}

fn settled(server: &Server, scan: u64) -> Result<u64> {
    let view: Value = server.json(&format!("/api/scans/{scan}"))?;
    Ok(view["verdicts"]["up"].as_u64().unwrap_or_default())
}

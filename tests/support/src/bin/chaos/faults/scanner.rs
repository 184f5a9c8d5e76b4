//! nmap is not there, is no program, or is half of one; later it is whole again.

use crate::check;
use crate::model::Will;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, has_ended};
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// How long scans may take to go on once nmap is whole again.
const BACK_MAX: Duration = Duration::from_secs(30);

/// What is wrong with nmap.
#[derive(Clone, Copy, Debug)]
enum Breakage {
    Missing,
    NotExecutable,
    HalfAProgram,
}

const BREAKAGES: [Breakage; 3] =
    [Breakage::Missing, Breakage::NotExecutable, Breakage::HalfAProgram];

/// F4: nmap is unusable when the server starts, in the middle of a scan, and at a restart.
pub(crate) fn unusable(trial: &mut Trial) -> Result<()> {
    let choice = trial.rng.usize(0..BREAKAGES.len());
    for (at, breakage) in BREAKAGES.into_iter().enumerate() {
        at_the_start(trial, breakage)?;
        if !trial.settings.quick || at == choice {
            in_a_scan(trial, breakage)?;
            at_a_restart(trial, breakage)?;
        }
    }
    Ok(())
}

impl World {
    fn breaks(&self, breakage: Breakage) -> Result<()> {
        let (program, whole) = (self.nmap.program(), self.nmap.dir().join("nmap.whole"));
        fs::rename(&program, &whole)?;
        let (bytes, mode) = match breakage {
            Breakage::Missing => return Ok(()),
            Breakage::NotExecutable => (b"#!/bin/sh\n".to_vec(), 0o644),
            Breakage::HalfAProgram => (fs::read(&whole)?.into_iter().take(1000).collect(), 0o755),
        };
        // Under another name first: a program that is being written cannot be run either.
        let next = self.nmap.dir().join("nmap.half");
        fs::write(&next, bytes)?;
        fs::set_permissions(&next, Permissions::from_mode(mode))?;
        Ok(fs::rename(next, program)?)
    }

    fn mend(&self) -> Result<()> {
        Ok(fs::rename(self.nmap.dir().join("nmap.whole"), self.nmap.program())?)
    }
}

fn at_the_start(trial: &mut Trial, breakage: Breakage) -> Result<()> {
    let when = format!("{breakage:?} at the start");
    trial.found.runs += 1;
    let mut world = World::new(&trial.settings, "")?;
    world.breaks(breakage)?;
    let server = world.start()?;
    let (targets, total) = world.block(29);
    let request = world.request(&targets, 4, 2);
    let (status, answer) = server.post("/api/scans", &request)?;
    trial.require(status == 503, || {
        format!("{when}: a scan is answered with {status} {answer} instead of 503")
    });
    world.mend()?;
    let accepted = within(BACK_MAX, || world.submit(&server, &request, total, Will::Complete).ok());
    trial.require(accepted.is_some(), || format!("{when}: no scan is accepted after the mending"));
    check::close(trial, &mut world, server, &when)
}

fn in_a_scan(trial: &mut Trial, breakage: Breakage) -> Result<()> {
    let when = format!("{breakage:?} in a scan");
    trial.found.runs += 1;
    let mut world = World::new(&trial.settings, "delay 40 per-host\n")?;
    let server = world.start()?;
    let (targets, total) = world.block(26);
    let mut request = world.request(&targets, 4, 3);
    request["policy"] = json!({});
    let scan = world.submit(&server, &request, total, Will::Complete)?;
    let path = format!("/api/scans/{scan}");
    let up = || server.json(&path).ok()?["verdicts"]["up"].as_u64();
    within(PATIENCE, || up().filter(|up| *up >= 8)).ok_or("the scan does not begin")?;
    world.breaks(breakage)?;
    let before = spawn_failures(&world);
    let broken_for = Duration::from_secs(if trial.settings.quick { 5 } else { 12 });
    std::thread::sleep(broken_for);
    let tries = spawn_failures(&world).saturating_sub(before);
    trial.note(format!("{when}: {tries} failed starts logged in {} s", broken_for.as_secs()));
    world.mend()?;
    back_by_itself(trial, &world, &server, scan, &when)?;
    check::verify(trial, &mut world, &server, &when)
}

fn spawn_failures(world: &World) -> usize {
    let log = fs::read_to_string(world.log()).unwrap_or_default();
    log.lines().filter(|line| line.contains("cannot be started")).count()
}

fn at_a_restart(trial: &mut Trial, breakage: Breakage) -> Result<()> {
    let when = format!("{breakage:?} at a restart");
    trial.found.runs += 1;
    let mut world = World::new(&trial.settings, "host-group 1\nhosts 2\nhang\n")?;
    let server = world.start()?;
    let scan = world.scan(&server, 28, 4)?;
    let path = format!("/api/scans/{scan}");
    let up = || server.json(&path).ok()?["verdicts"]["up"].as_u64();
    within(PATIENCE, || up().filter(|up| *up >= 4)).ok_or("the scan does not begin")?;
    server.kill()?;
    world.no_orphans(trial, &when);
    world.follow("")?;
    world.breaks(breakage)?;
    let server = world.start()?;
    check::verify(trial, &mut world, &server, &when)?;
    std::thread::sleep(Duration::from_secs(1));
    world.mend()?;
    back_by_itself(trial, &world, &server, scan, &when)?;
    check::close(trial, &mut world, server, &when)
}

fn back_by_itself(
    trial: &mut Trial,
    world: &World,
    server: &Server,
    scan: u64,
    when: &str,
) -> Result<()> {
    let path = format!("/api/scans/{scan}");
    let ended = within(BACK_MAX, || server.json(&path).ok().filter(has_ended));
    match ended {
        Some((_, took)) => trial.note(format!("{when}: ended {} ms later", took.as_millis())),
        None => trial.broken(format!("{when}: 30 s after the mending the scan has not ended")),
    }
    // Whether it ended as it has to is for the comparison to say.
    let known = world.model.lock().scans.contains_key(&scan);
    if known { Ok(()) } else { Err("the scan is unknown".into()) }
}

//! The disk of the data directory is full, and has room again.

use crate::check;
use crate::model::Will;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::World;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The size of the disk.
const DISK: &str = "size=16m";
/// How long the server may take to write again once there is room.
const BACK_MAX: Duration = Duration::from_secs(30);

/// A small disk, gone with this value.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(path: &'a Path) -> Result<Self> {
        fs::create_dir_all(path)?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK, "netscan-chaos"])
            .arg(path)
            .output()?;
        match mount.status.success() {
            true => Ok(Self(path)),
            false => Err(String::from_utf8_lossy(&mount.stderr).trim().to_owned().into()),
        }
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // Lazily, as a server that failed may still have its files open.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// F14: the data directory's disk fills up while scans run, and is emptied again.
pub(crate) fn full(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "lines 200 noise\ndelay 20 per-host\n")?;
    let data = world.data();
    let mount = match Mount::new(&data) {
        Ok(mount) => mount,
        Err(error) => {
            trial.found.skipped = Some(format!("no disk of 16 MiB can be mounted here: {error}"));
            return Ok(());
        }
    };
    let server = world.start()?;
    for cycle in 0..trial.settings.scale(1, 3) {
        one_cycle(trial, &mut world, &server, cycle)?;
    }
    check::finish(trial, &mut world, &server, "with room again")?;
    server.kill()?;
    // What is on the disk is what was answered.
    let server = world.start()?;
    let model = world.model.clone();
    model.lock().scans.values_mut().for_each(|known| known.closed = false);
    check::close(trial, &mut world, server, "after a restart")?;
    drop(mount);
    Ok(())
}

fn one_cycle(trial: &mut Trial, world: &mut World, server: &Server, cycle: u32) -> Result<()> {
    let when = format!("full disk {cycle}");
    trial.found.runs += 1;
    let scan = world.scan(server, 26, 4)?;
    let watchers = world.watch(server, &[scan]);
    let path = format!("/api/scans/{scan}");
    let up = || server.json(&path).ok()?["verdicts"]["up"].as_u64();
    within(PATIENCE, || up().filter(|up| *up >= 8)).ok_or("the scan does not begin")?;
    let filler = world.data().join("filler");
    fill(&filler)?;
    // A submission is refused, or what is acknowledged stays.
    let (targets, total) = world.block(29);
    let request = world.request(&targets, 4, 1);
    let refused = within(Duration::from_secs(10), || {
        let (status, answer) = server.post("/api/scans", &request).ok()?;
        match (status, answer["scan_id"].as_u64()) {
            (202, Some(scan)) => {
                world.model.lock().add(scan, total, Will::Complete);
                None
            }
            _ => Some((status, answer)),
        }
    });
    match refused {
        Some(((status, answer), _)) => {
            let told = matches!(status, 503 | 507);
            trial.note(format!("{when}: a scan is answered with {status} {}", answer["code"]));
            trial.require(told, || format!("{when}: a scan is answered with {status} {answer}"));
        }
        None => trial.note(format!("{when}: the disk took everything for 10 s")),
    }
    // Reading goes on.
    check::verify(trial, world, server, &when)?;
    std::thread::sleep(Duration::from_secs(2));
    check::verify(trial, world, server, &when)?;
    fs::remove_file(&filler)?;
    let began = Instant::now();
    let back = within(BACK_MAX, || {
        let (targets, total) = world.block(29);
        let request = world.request(&targets, 4, 1);
        std::thread::sleep(Duration::from_millis(100));
        world.submit(server, &request, total, Will::Complete).ok()
    });
    match back {
        Some(_) => {
            let took = began.elapsed().as_millis();
            trial.note(format!("{when}: written again after {took} ms"));
        }
        None => trial.broken(format!("{when}: nothing is written 30 s after there is room")),
    }
    check::finish(trial, world, server, &when)?;
    for watcher in watchers {
        watcher.leave();
    }
    check::collect(trial, world);
    Ok(())
}

/// Takes all the room there is.
fn fill(path: &Path) -> Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    for size in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
    Ok(())
}

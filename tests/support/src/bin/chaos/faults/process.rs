//! nmap hangs, is stopped, will not end, leaves children behind, crashes; thousands of times.

use crate::check;
use crate::model::Will;
use crate::procs;
use crate::server::Server;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, ended, has_ended};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The shortest silence that may be asked for.
const STALL_MS: u64 = 1000;

fn one_batch(world: &mut World, server: &Server, bits: u32, stall_ms: u64) -> Result<u64> {
    let (targets, total) = world.block(bits);
    let mut request = world.request(&targets, total, 1);
    request["policy"] = json!({"attempts_max": 3, "backoff_ms": 20, "stall_timeout_ms": stall_ms, "resplit": "off"});
    world.submit(server, &request, total, Will::Complete)
}

fn first_attempt(server: &Server, scan: u64) -> Result<Value> {
    let batches = server.json(&format!("/api/scans/{scan}/batches"))?;
    let batch = server.json(&format!("/api/batches/{}", batches[0]["id"]))?;
    Ok(batch["attempts"][0].clone())
}

/// F7: nmap hangs, or is stopped by a signal.
pub(crate) fn hangs(trial: &mut Trial) -> Result<()> {
    for (when, script) in [
        ("hangs", "attempt 1: hosts 2\nattempt 1: hang\n"),
        ("is stopped", "attempt 1: hosts 2\nattempt 1: signal 19\n"),
        (
            "hangs and ignores SIGTERM",
            "attempt 1: ignore-term\nattempt 1: hosts 2\nattempt 1: hang\n",
        ),
    ] {
        trial.found.runs += 1;
        let mut world = World::new(&trial.settings, script)?;
        let server = world.start()?;
        let scan = one_batch(&mut world, &server, 29, STALL_MS)?;
        let began = Instant::now();
        ended(&server, scan, PATIENCE)?;
        let took = began.elapsed();
        trial.note(format!("{when}: over after {} ms", took.as_millis()));
        trial.require(took < Duration::from_millis(STALL_MS + 5000), || {
            format!("{when}: the scan ended {} ms after its start", took.as_millis())
        });
        let attempt = first_attempt(&server, scan)?;
        let (ending, kept) = (attempt["ending"].as_str(), attempt["salvaged_hosts"].as_u64());
        trial.require((ending, kept) == (Some("stalled"), Some(2)), || {
            format!("{when}: the first attempt is {ending:?} with {kept:?} hosts kept")
        });
        check::close(trial, &mut world, server, when)?;
    }
    Ok(())
}

/// F8: nmap ignores SIGTERM, and the scan is stopped.
pub(crate) fn ignores_sigterm(trial: &mut Trial) -> Result<()> {
    for (path, max_ms) in [("stop", 3000), ("stop?force=true", 1500)] {
        trial.found.runs += 1;
        let script = "ignore-term\nhost-group 1\nhosts 1\nhang\n";
        let mut world = World::new(&trial.settings, script)?;
        let server = world.start()?;
        let (targets, total) = world.block(27);
        let request = world.request(&targets, 4, 4);
        let scan = world.submit(&server, &request, total, Will::Stop)?;
        let running = within(PATIENCE, || (world.nmaps().len() == 4).then_some(()));
        running.ok_or("four nmaps do not run")?;
        let began = Instant::now();
        let (status, answer) = server.post(&format!("/api/scans/{scan}/{path}"), &json!({}))?;
        trial.require(status == 200, || format!("{path}: {status} {answer}"));
        let gone = within(PATIENCE, || world.nmaps().is_empty().then_some(()));
        let view = ended(&server, scan, PATIENCE)?;
        let took = began.elapsed().as_millis();
        trial.note(format!("{path}: four nmaps gone and the scan ended after {took} ms"));
        trial.require(gone.is_some() && took <= max_ms, || format!("{path}: it took {took} ms"));
        trial.require(view["status"] == "stopped", || format!("{path}: {view}"));
        check::close(trial, &mut world, server, path)?;
    }
    Ok(())
}

/// F9: children in sessions of their own hold the pipes, a whole flock of them.
pub(crate) fn leaves_children(trial: &mut Trial) -> Result<()> {
    let flock = "fork-escape\n".repeat(20);
    for (when, script) in
        [("one in the group", "fork\n"), ("one that left", "fork-escape\n"), ("a flock", &*flock)]
    {
        trial.found.runs += 1;
        let mut world = World::new(&trial.settings, script)?;
        let server = world.start()?;
        let scan = one_batch(&mut world, &server, 29, 300_000)?;
        let began = Instant::now();
        ended(&server, scan, PATIENCE)?;
        let took = began.elapsed();
        trial.require(took < Duration::from_secs(5), || format!("{when}: held for {took:?}"));
        let gone = within(Duration::from_secs(2), || world.nmaps().is_empty().then_some(()));
        trial.require(gone.is_some(), || {
            format!("{when}: 2 s after the scan's end there is {:?}", world.nmaps())
        });
        check::close(trial, &mut world, server, when)?;
    }
    Ok(())
}

/// What a server holds while it is at rest.
#[derive(Clone, Copy, Debug)]
struct Held {
    files: usize,
    warden_files: usize,
    zombies: usize,
    resident_kib: u64,
}

fn held(server: &Server) -> Held {
    let below = procs::below(server.pid());
    let warden = below.iter().find(|process| process.parent == server.pid());
    Held {
        files: procs::open_files(server.pid()),
        warden_files: warden.map_or(0, |warden| procs::open_files(warden.pid)),
        zombies: below.iter().filter(|process| process.state == 'Z').count(),
        resident_kib: procs::resident_kib(server.pid()),
    }
}

/// F10: thousands of batches leave no zombie, no descriptor and no memory behind.
pub(crate) fn leaks(trial: &mut Trial) -> Result<()> {
    let bits = trial.settings.scale(24, 19);
    let mut world = World::new(&trial.settings, "")?;
    let server = world.start()?;
    // The first scan makes what is made once.
    let warm_up = world.scan(&server, 26, 1)?;
    ended(&server, warm_up, PATIENCE)?;
    let before = held(&server);
    let (targets, total) = world.block(bits);
    let request = world.request(&targets, 1, 8);
    let scan = world.submit(&server, &request, total, Will::Complete)?;
    let path = format!("/api/scans/{scan}");
    let (mut files, mut zombies) = (0, 0);
    let began = Instant::now();
    let done = within(Duration::from_secs(900), || {
        std::thread::sleep(Duration::from_millis(200));
        let now = held(&server);
        files = files.max(now.files);
        zombies = zombies.max(now.zombies);
        server.json(&path).ok().filter(has_ended)
    });
    done.ok_or("the scan does not end")?;
    let rate = total as f64 / began.elapsed().as_secs_f64();
    trial.found.runs += total;
    // Connections of our own close in their time.
    within(Duration::from_secs(3), || (held(&server).files <= before.files).then_some(()));
    let after = held(&server);
    trial.note(format!(
        "{total} batches, {rate:.0}/s; before {before:?}, after {after:?}, at most {files} files and {zombies} zombies for a moment"
    ));
    trial.require(after.zombies == 0, || format!("{} zombies are left", after.zombies));
    trial.require(after.files <= before.files + 2, || {
        format!("the server had {} files open and has {}", before.files, after.files)
    });
    trial.require(after.warden_files <= before.warden_files + 2, || {
        format!("the warden had {} files open and has {}", before.warden_files, after.warden_files)
    });
    // Eight nmaps at once take three descriptors each.
    trial.require(files <= before.files + 8 * 8, || format!("up to {files} files were open"));
    let grown = after.resident_kib.saturating_sub(before.resident_kib) / 1024;
    trial.require(grown <= 64, || format!("memory grew by {grown} MiB"));
    match trial.settings.quick {
        true => check::close(trial, &mut world, server, "leaks"),
        // Its fifty thousand events are more than is to be compared one by one.
        false => {
            let view = server.json(&path)?;
            trial.require(view["verdicts"]["up"] == total, || format!("leaks: {view}"));
            Ok(())
        }
    }
}

/// F12: nmap is killed by a signal after some hosts.
pub(crate) fn crashes(trial: &mut Trial) -> Result<()> {
    for (name, signal) in [("SEGV", 11), ("KILL", 9), ("XCPU", 24), ("XFSZ", 25), ("ABRT", 6)] {
        trial.found.runs += 1;
        let script = format!("attempt 1: hosts 3\nattempt 1: signal {signal}\n");
        let mut world = World::new(&trial.settings, &script)?;
        let server = world.start()?;
        let scan = one_batch(&mut world, &server, 29, 300_000)?;
        ended(&server, scan, PATIENCE)?;
        let attempt = first_attempt(&server, scan)?;
        let found = (attempt["signal"].as_i64(), attempt["salvaged_hosts"].as_u64());
        trial.require(found == (Some(signal), Some(3)), || {
            format!("{name}: the first attempt is {attempt}")
        });
        check::close(trial, &mut world, server, name)?;
        // The rest, and only the rest, was scanned again.
        let again: usize = world.logged().iter().skip(1).map(Vec::len).sum();
        trial.require(again == 5, || format!("{name}: {again} addresses were scanned again"));
    }
    Ok(())
}

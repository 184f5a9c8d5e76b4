//! A panic in every part of the server.

use crate::check;
use crate::server::{Server, Start, Started, tail};
use crate::trial::{Result, Trial, within};
use crate::world::{World, has_ended};
use netscan_store::failpoint::{IN_RECOVERY, NAMES};
use serde_json::Value;
use std::time::Duration;

/// The exit code with which a server asks to be started again.
const RESTART: i32 = 70;
/// How long a scan may take in spite of a panic; a scan that cannot start is tried again after 10 s.
const END_MAX: Duration = Duration::from_secs(15);

/// F33: a panic at each fail point. The server mends itself, or ends with code 70 and the next
/// start goes on; nothing that was acknowledged is lost either way.
pub(crate) fn panics(trial: &mut Trial) -> Result<()> {
    let mut ended = Vec::new();
    for point in NAMES {
        for nth in if trial.settings.quick { vec![1] } else { vec![1, 3] } {
            if at_point(trial, point, nth)? {
                ended.push(format!("{point}:{nth}"));
            }
        }
    }
    trial.note(format!("ended with code 70 at: {}", ended.join(", ")));
    Ok(())
}

/// Returns whether the server ended to be started again.
fn at_point(trial: &mut Trial, point: &str, nth: u64) -> Result<bool> {
    let at = format!("panic at {point}:{nth}");
    trial.found.runs += 1;
    let mut world = World::new(&trial.settings, "host-group 2\ndelay 2 per-host\n")?;
    if IN_RECOVERY.contains(&point) {
        let server = world.start()?;
        let scan = world.scan(&server, 27, 4)?;
        let path = format!("/api/scans/{scan}");
        let up = || server.json(&path).ok()?["verdicts"]["up"].as_u64();
        within(END_MAX, || up().filter(|up| *up >= 4)).ok_or("the scan does not begin")?;
        server.kill()?;
    }
    let start = Start { fail_at: Some(format!("{point}:{nth}:panic")), ..Start::default() };
    let ended = match world.start_as(&start)? {
        Started::Died(status) => {
            trial.require(matches!(status.code(), Some(1 | RESTART | 101)), || {
                format!("{at}: the start ended with {status}")
            });
            false
        }
        Started::Up(mut server) => {
            let scans: Vec<u64> = (0..2).filter_map(|_| world.scan(&server, 28, 4).ok()).collect();
            let watchers = world.watch(&server, &scans);
            let ended = outlives(trial, &mut world, &mut server, &at)?;
            for watcher in watchers {
                watcher.leave();
            }
            check::collect(trial, &world);
            ended
        }
    };
    world.no_orphans(trial, &at);
    let server = world.start()?;
    check::verify(trial, &mut world, &server, &at)?;
    check::close(trial, &mut world, server, &at)?;
    Ok(ended)
}

/// Waits until every scan has ended, or the server has; returns whether it was the server.
fn outlives(trial: &mut Trial, world: &mut World, server: &mut Server, at: &str) -> Result<bool> {
    let all_ended = |server: &Server| {
        let scans = server.json("/api/scans").ok()?;
        scans.as_array()?.iter().all(has_ended).then_some(())
    };
    let mut status = None;
    let over = within(END_MAX, || {
        status = server.ended(Duration::ZERO).map(|(status, _)| status);
        if status.is_some() { Some(()) } else { all_ended(server) }
    });
    if let Some(status) = status {
        trial.require(status.code() == Some(RESTART), || {
            format!("{at}: the server ended with {status}: {}", tail(&world.log(), 2))
        });
        return Ok(true);
    }
    if over.is_none() {
        let scans = server.json("/api/scans").unwrap_or(Value::Null);
        let brief: Vec<String> = scans
            .as_array()
            .into_iter()
            .flatten()
            .map(|scan| format!("scan {} {} {}", scan["id"], scan["status"], scan["verdicts"]))
            .collect();
        trial.broken(format!(
            "{at}: after {} s the server lives and its scans have not ended: {}",
            END_MAX.as_secs(),
            brief.join(", ")
        ));
        // As the operator would.
        server.signal(rustix::process::Signal::KILL)?;
        return Ok(false);
    }
    check::verify(trial, world, server, at)?;
    Ok(false)
}

//! Scans are stopped, paused and resumed by many callers at once, while they begin and end.

use crate::check;
use crate::model::Will;
use crate::server::{Line, Server};
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, has_ended};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// What callers ask for.
const COMMANDS: [&str; 4] = ["stop", "pause", "resume", "stop?force=true"];

/// What one caller was answered.
#[derive(Debug, Default)]
struct Answers {
    /// How often each status came.
    statuses: BTreeMap<u16, u64>,
    /// Whether a stop was acknowledged.
    stopped: bool,
    /// Answers that are no right ones.
    wrong: Vec<String>,
}

/// F36: storms of stop, pause and resume against scans of every age.
pub(crate) fn storms(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "delay 5 per-host\n")?;
    let mut server = world.start()?;
    let mut statuses = BTreeMap::new();
    for round in 0..trial.settings.scale(6, 150) {
        let when = format!("storm {round}");
        one_storm(trial, &mut world, &server, &when, &mut statuses)?;
        if trial.rng.u8(0..8) == 0 {
            paused_across_a_kill(trial, &mut world, server, &when)?;
            server = world.start()?;
        }
        if !trial.is_sound() {
            break;
        }
    }
    trial.note(format!("answers by status: {statuses:?}"));
    check::close(trial, &mut world, server, "after the storms")
}

fn one_storm(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    when: &str,
    statuses: &mut BTreeMap<u16, u64>,
) -> Result<()> {
    let (targets, total) = world.block(29);
    let request = world.request(&targets, 2, 2);
    let scan = world.submit(server, &request, total, Will::Any)?;
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let (line, rng) = (server.line(), trial.rng.fork());
            std::thread::spawn(move || call(&line, scan, rng))
        })
        .collect();
    let mut stopped = false;
    for caller in callers {
        let answers = caller.join().map_err(|_| "a caller panicked")?;
        stopped |= answers.stopped;
        for what in answers.wrong {
            trial.broken(format!("{when}: {what}"));
        }
        for (status, count) in answers.statuses {
            *statuses.entry(status).or_default() += count;
            trial.found.runs += count;
        }
    }
    if let Some(known) = world.model.lock().scans.get_mut(&scan) {
        known.will = if stopped { Will::Stop } else { Will::Complete };
    }
    // It may be paused for good: then it is resumed, which is refused when it is not.
    let path = format!("/api/scans/{scan}");
    let over = within(PATIENCE, || {
        let view = server.json(&path).ok()?;
        if view["status"] == "paused" {
            let _ = server.post(&format!("{path}/resume"), &json!({}));
        }
        has_ended(&view).then_some(view)
    });
    let Some((view, _)) = over else {
        trial.broken(format!("{when}: {} does not end", server.json(&path)?));
        return Ok(());
    };
    // What has ended stays as it ended.
    let (status, answer) = server.post(&format!("{path}/stop"), &json!({}))?;
    trial.require(status == 409 && answer["code"] == "scan-already-ended", || {
        format!("{when}: the stop of an ended scan is answered with {status} {answer}")
    });
    let again = server.json(&path)?;
    trial.require(again["status"] == view["status"], || {
        format!("{when}: it ended as {} and is {}", view["status"], again["status"])
    });
    check::verify(trial, world, server, when)
}

fn call(line: &Line, scan: u64, mut rng: fastrand::Rng) -> Answers {
    let mut answers = Answers::default();
    for _ in 0..rng.u32(1..6) {
        std::thread::sleep(Duration::from_millis(rng.u64(0..40)));
        // Stops are rarer, or nothing else would ever happen.
        let command = COMMANDS[if rng.bool() { rng.usize(1..3) } else { rng.usize(0..4) }];
        match line.post(&format!("/api/scans/{scan}/{command}"), &json!({})) {
            Ok((status, answer)) => {
                *answers.statuses.entry(status).or_default() += 1;
                answers.stopped |= status == 200 && command.starts_with("stop");
                if !matches!(status, 200 | 409) {
                    answers.wrong.push(format!("{command} is answered with {status} {answer}"));
                }
            }
            Err(error) => answers.wrong.push(format!("{command} is not answered: {error}")),
        }
    }
    answers
}

/// A pause that was acknowledged holds across a kill; so does a stop.
fn paused_across_a_kill(
    trial: &mut Trial,
    world: &mut World,
    server: Server,
    when: &str,
) -> Result<()> {
    trial.found.runs += 2;
    let (targets, total) = world.block(26);
    let request = world.request(&targets, 4, 2);
    let paused = world.submit(&server, &request, total, Will::Complete)?;
    let (targets, total) = world.block(26);
    let request = world.request(&targets, 4, 2);
    let stopped = world.submit(&server, &request, total, Will::Stop)?;
    std::thread::sleep(trial.millis(0..150));
    for path in [format!("{paused}/pause"), format!("{stopped}/stop")] {
        let (status, answer) = server.post(&format!("/api/scans/{path}"), &json!({}))?;
        trial.require(status == 200, || {
            format!("{when}: {path} is answered with {status} {answer}")
        });
    }
    server.kill()?;
    world.no_orphans(trial, when);
    let server = world.start()?;
    std::thread::sleep(Duration::from_millis(200));
    let view = server.json(&format!("/api/scans/{paused}"))?;
    trial.require(view["status"] == "paused", || {
        format!("{when}: a paused scan is {} after a kill", view["status"])
    });
    let (status, answer) = server.post(&format!("/api/scans/{paused}/resume"), &json!({}))?;
    trial.require(status == 200, || format!("{when}: resume is answered with {status} {answer}"));
    check::finish(trial, world, &server, when)?;
    server.kill()
}

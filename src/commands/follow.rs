//! Follows a scan that this command has started: live on a terminal, as lines in a pipe, until its
//! end or the user's.

use crate::{
    client::{Client, Follow, Session},
    commands::show::host_table,
    exit::{Exit, Failure},
    output::{Output, clean, human_ms},
    signals::Signals,
};
use indicatif::{ProgressBar, ProgressStyle};
use netscan_actors::System;
use netscan_schemas::{
    ScanId,
    api::{Host, Scan},
    event::{Event, EventFrame},
    problem::Code,
    scan::{Progress, ScanStatus},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long a scan may take to end after the second Ctrl-C. Its processes are killed by then.
const KILL_WAIT: Duration = Duration::from_secs(3);

/// How long this process stays after the last scan of others, so that they can read what it found.
const LINGER: Duration = Duration::from_millis(500);

/// Shows the scan until its end, and what it found. Ctrl-C or SIGTERM once stops it and keeps what
/// was found; twice kills.
///
/// Others may have scans in this process by then: it waits for those too.
pub async fn to_its_end(session: &Session, id: ScanId, out: &Output) -> Result<Exit, Failure> {
    let mut signals = Signals::of_command()?;
    let done = match follow(session, id, &mut signals, out).await {
        Ok(ended) => match found(&session.client, id).await {
            Ok(found) => conclude(&found, ended, out),
            Err(failure) => conclude_alone(session, id, ended, failure, out).await,
        },
        Err(failure @ Failure::Adrift { .. }) => {
            conclude_alone(session, id, Ended::ByItself, failure, out).await
        }
        Err(failure) => Err(failure),
    };
    if let Some(system) = session.system() {
        wait_for_others(system, id, &mut signals, out).await;
    }
    done
}

/// How following a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// With the scan.
    ByItself,
    /// With the scan, which the user killed.
    Killed,
}

async fn follow(
    session: &Session,
    id: ScanId,
    signals: &mut Signals,
    out: &Output,
) -> Result<Ended, Failure> {
    let client = &session.client;
    let mut events = Follow::new(client.clone(), id, 0, *out);
    let bar = bar(out);
    let mut requests = 0;
    let mut kill_by = None;
    let ended = loop {
        tokio::select! {
            text = events.next() => {
                let text = match text {
                    Ok(text) => text,
                    Err(failure) => break Err(failure),
                };
                // `connected` is no event of the scan.
                let Ok(frame) = serde_json::from_str::<EventFrame>(&text) else { continue };
                if let Event::ScanComplete { .. } = frame.event {
                    break Ok(if requests > 1 { Ended::Killed } else { Ended::ByItself });
                }
                if let Err(failure) = show(&frame.event, &bar, out) {
                    break Err(failure);
                }
            }
            () = signals.end() => {
                requests += 1;
                if requests > 2 {
                    break Err(Failure::Interrupted);
                }
                if let Err(failure) = stop(client, id, requests > 1).await {
                    break Err(failure);
                }
                if requests == 1 {
                    out.note("stopping, and keeping what was found; press Ctrl-C again to kill");
                } else {
                    kill_by = Some(Instant::now() + KILL_WAIT);
                }
            }
            () = until(kill_by) => {
                out.note(&format!(
                    "scan {id} is still stopping; if this process ends before it does, the next \
                     `netscan serve` ends it, and so does `netscan stop {id}`"
                ));
                break Err(Failure::Interrupted);
            }
            () = tree_gone(session.system()) => break Err(Failure::EngineGone),
        }
    };
    bar.finish_and_clear();
    ended
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn tree_gone(system: Option<&std::sync::Arc<System>>) {
    match system {
        Some(system) => system.tree_gone().await,
        None => std::future::pending().await,
    }
}

async fn stop(client: &Client, id: ScanId, force: bool) -> Result<(), Failure> {
    let force = if force { "?force=true" } else { "" };
    let path = format!("/api/scans/{id}/stop{force}");
    match client.post::<Value>(&path, &json!({})).await {
        // Its end is on the way here.
        Err(Failure::Problem(problem)) if problem.code == Code::ScanAlreadyEnded => Ok(()),
        stopped => stopped.map(drop),
    }
}

/// Waits while scans of other commands run in this process, which would end with it.
async fn wait_for_others(system: &System, id: ScanId, signals: &mut Signals, out: &Output) {
    let scans = match system.in_hand().close_after(id) {
        0 => return,
        1 => "1 other scan still runs".to_owned(),
        count => format!("{count} other scans still run"),
    };
    let they = if scans.starts_with("1 ") { "it goes" } else { "they go" };
    out.note(&format!(
        "{scans} in this process; Ctrl-C ends it, and {they} on with the next start of \
         `netscan serve`"
    ));
    tokio::select! {
        () = system.in_hand().close_when_alone(id) => sleep(LINGER).await,
        () = signals.end() => {}
        () = system.tree_gone() => {}
    }
}

fn bar(out: &Output) -> ProgressBar {
    if !out.live {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1000);
    let style = ProgressStyle::with_template("{bar:30} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message("starting");
    bar
}

fn show(event: &Event, bar: &ProgressBar, out: &Output) -> Result<(), Failure> {
    match event {
        Event::ScanProgress { progress, .. } => {
            bar.set_position((f64::from(progress.percent) * 10.0) as u64);
            bar.set_message(progress_text(progress));
        }
        Event::Host { address, hostname, ports, .. } if !ports.is_empty() && !out.json => {
            let listed: Vec<String> = ports
                .iter()
                .map(|port| {
                    let service = port.service.as_deref().unwrap_or_default();
                    format!("{}/{} {service}", port.port, port.protocol).trim_end().to_owned()
                })
                .collect();
            let name = hostname.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            let line = format!("{address}{name} up {}", listed.join(", "));
            match out.live {
                true => bar.println(clean(&line)),
                false => out.line(&line)?,
            }
        }
        Event::BatchFailed { batch_id, detail, will_retry, .. } => {
            let then = if *will_retry { "trying the rest again" } else { "giving up" };
            let line = format!("batch {batch_id}: {detail}; {then}");
            match out.live {
                true => bar.println(clean(&line)),
                false => out.note(&line),
            }
        }
        _ => {}
    }
    Ok(())
}

fn progress_text(progress: &Progress) -> String {
    let eta = progress.eta_ms.map_or_else(String::new, |ms| format!(", {} left", human_ms(ms)));
    format!(
        "{:.1} %  {}/{}  {} up, {} open ports, {} running{eta}",
        progress.percent,
        progress.targets_done,
        progress.targets_total,
        progress.hosts_up,
        progress.open_ports,
        progress.running_batches
    )
}

/// What a scan found.
struct Found {
    scan: Scan,
    hosts: Vec<Host>,
}

async fn found(client: &Client, id: ScanId) -> Result<Found, Failure> {
    let scan = client.get(&format!("/api/scans/{id}")).await?;
    let hosts = client.list(&format!("/api/scans/{id}/hosts")).await?;
    Ok(Found { scan, hosts })
}

/// Prints what a scan found whose process is gone, when it has ended; else the failure stands.
async fn conclude_alone(
    session: &Session,
    id: ScanId,
    ended: Ended,
    failure: Failure,
    out: &Output,
) -> Result<Exit, Failure> {
    let Some(Ok(reopened)) = session.reopen().await else { return Err(failure) };
    let found = found(&reopened.client, id).await;
    reopened.close().await;
    match found {
        Ok(found) if found.scan.status.has_ended() => conclude(&found, ended, out),
        _ => Err(failure),
    }
}

/// Prints what the scan found.
fn conclude(found: &Found, ended: Ended, out: &Output) -> Result<Exit, Failure> {
    let Found { scan, hosts } = found;
    let exit = match (scan.status, ended) {
        (_, Ended::Killed) => Exit::Interrupted,
        (ScanStatus::Completed, _) => Exit::Ok,
        _ => Exit::Incomplete,
    };
    if out.json {
        out.json(&json!({ "scan": scan, "hosts": hosts }))?;
        return Ok(exit);
    }
    host_table(hosts, out)?;
    out.line(&summary(scan))?;
    for name in &scan.unresolved {
        out.note(&format!("unresolved: `{}`: {}", name.target, name.reason));
    }
    if let Some(error) = &scan.error {
        out.note(&format!("netscan: scan {} failed: {error}", scan.id));
    }
    Ok(exit)
}

fn summary(scan: &Scan) -> String {
    let verdicts = &scan.verdicts;
    let finished = scan.finished_at.unwrap_or(scan.created_at);
    let named = [
        (verdicts.up, "up"),
        (verdicts.down, "down"),
        (verdicts.timed_out, "timed out"),
        (verdicts.unfinished, "unfinished"),
        (verdicts.excluded, "excluded"),
        (verdicts.unresolved, "unresolved"),
    ];
    let counts: Vec<String> = named
        .iter()
        .filter(|(count, name)| *count > 0 || *name == "up")
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let targets = match scan.total_targets {
        1 => "1 target".to_owned(),
        count => format!("{count} targets"),
    };
    let ports = match scan.progress.open_ports {
        1 => "1 open port".to_owned(),
        count => format!("{count} open ports"),
    };
    format!(
        "scan {} {} in {}: {targets}, {}, {ports}",
        scan.id,
        scan.status,
        human_ms(finished.millis_since(scan.created_at)),
        counts.join(", ")
    )
}

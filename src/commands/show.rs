//! Commands that only look.

use crate::{
    client::{Client, Follow, problem},
    exit::{Exit, Failure},
    output::{Output, human_ms},
};
use axum::http::Method;
use http_body_util::BodyExt;
use netscan_schemas::{
    AttemptNo, BatchId, ScanId, Seq, Time,
    api::{Batch, Host, Scan, System},
    attempt::Stream,
    event::{Event, EventFrame},
    scan::{ScanStatus, Verdict},
};

/// Lists scans, newest first.
pub async fn list(client: &Client, out: &Output) -> Result<Exit, Failure> {
    let scans: Vec<Scan> = client.list("/api/scans").await?;
    if out.json {
        return out.json(&scans).map(|()| Exit::Ok);
    }
    if scans.is_empty() {
        out.note("there are no scans yet; `netscan scan 127.0.0.1` makes one");
        return Ok(Exit::Ok);
    }
    let rows = scans.iter().map(|scan| {
        vec![
            scan.id.to_string(),
            scan.project_name.clone(),
            scan.name.clone().unwrap_or_default(),
            standing(scan).to_owned(),
            format!("{:.0} %", scan.progress.percent),
            scan.verdicts.up.to_string(),
            scan.progress.open_ports.to_string(),
            scan.started_at.map(|time| time.to_string()).unwrap_or_default(),
            took(scan).unwrap_or_default(),
        ]
    });
    let header = ["ID", "PROJECT", "NAME", "STATUS", "DONE", "UP", "OPEN", "STARTED", "TOOK"];
    out.table(&header, rows.collect())?;
    Ok(Exit::Ok)
}

/// Returns whether a scan has not ended, and no process runs it.
pub fn is_interrupted(scan: &Scan) -> bool {
    !scan.is_live && !scan.status.has_ended()
}

/// Says what takes an interrupted scan further.
pub fn way_on(scan: &Scan) -> String {
    let (id, goes_on) = match scan.status {
        ScanStatus::Stopping => (scan.id, "ends it, as it was being stopped, and so does"),
        _ => (scan.id, "goes on with it, and it is ended by"),
    };
    format!("`netscan serve` {goes_on} `netscan stop {id}`")
}

/// Returns where a scan stands, for people.
fn standing(scan: &Scan) -> &'static str {
    if is_interrupted(scan) { "interrupted" } else { scan.status.as_str() }
}

/// Returns how long a scan took or has taken so far. When it was interrupted, nobody saw.
fn took(scan: &Scan) -> Option<String> {
    let started = scan.started_at.unwrap_or(scan.created_at);
    let now = || scan.is_live.then(Time::now);
    let until = scan.finished_at.or_else(now)?;
    Some(human_ms(until.millis_since(started)))
}

/// Gets the scans that have not ended.
pub async fn unfinished(client: &Client) -> Result<Vec<Scan>, Failure> {
    let mut scans = Vec::new();
    for status in ["queued", "running", "paused", "stopping"] {
        scans.extend(client.list::<Scan>(&format!("/api/scans?status={status}")).await?);
    }
    scans.sort_by_key(|scan| scan.id);
    Ok(scans)
}

/// Shows one scan, or the system and what runs.
pub async fn status(client: &Client, scan: Option<ScanId>, out: &Output) -> Result<Exit, Failure> {
    if let Some(id) = scan {
        let scan: Scan = client.get(&format!("/api/scans/{id}")).await?;
        return if out.json { out.json(&scan) } else { show_scan(&scan, out) }.map(|()| Exit::Ok);
    }
    let system: System = client.get("/api/system").await?;
    if out.json {
        return out.json(&system).map(|()| Exit::Ok);
    }
    let nmap = system.nmap.map(|nmap| format!("{} at {}", nmap.version, nmap.path));
    out.line(&format!("netscan {}, up {}", system.version, human_ms(system.uptime_ms)))?;
    out.line(&format!("nmap    {}", nmap.or(system.nmap_problem).unwrap_or_default()))?;
    out.line(&format!("slots   {} of {} in use", system.slots_in_use, system.slots))?;
    if let Some(hold) = &system.governor.waits_for {
        let (waiting, hold) = (system.governor.waiting, hold.replace('_', " "));
        out.line(&format!("waiting {waiting} batches, for {hold}"))?;
    }
    out.line(&format!("scope   {}", super::scope::summary(&system.scope)))?;
    out.line(&format!("store   {} bytes, start {}", system.store_bytes, system.epoch))?;
    for scan in unfinished(client).await? {
        let progress = &scan.progress;
        out.line(&format!(
            "scan {} {}, {:.1} %, {} up, {} open ports",
            scan.id,
            standing(&scan),
            progress.percent,
            progress.hosts_up,
            progress.open_ports
        ))?;
    }
    Ok(Exit::Ok)
}

fn show_scan(scan: &Scan, out: &Output) -> Result<(), Failure> {
    let verdicts = &scan.verdicts;
    let progress = &scan.progress;
    let id = scan.id;
    out.line(&format!("scan {id} ({}): {}", scan.project_name, standing(scan)))?;
    out.line(&format!("  command   {}", scan.argv.join(" ")))?;
    let done = format!("{} of {} targets", progress.targets_done, progress.targets_total);
    let took = took(scan).map_or_else(String::new, |took| format!(", {took}"));
    out.line(&format!("  progress  {:.1} %, {done}{took}", progress.percent))?;
    if let Some(eta) = progress.eta_ms {
        out.line(&format!("  left      about {}", human_ms(eta)))?;
    }
    out.line(&format!(
        "  verdicts  {} up, {} down, {} timed out, {} unfinished, {} excluded, {} unresolved",
        verdicts.up,
        verdicts.down,
        verdicts.timed_out,
        verdicts.unfinished,
        verdicts.excluded,
        verdicts.unresolved
    ))?;
    let states = scan.batches_by_state.iter().filter(|(_, count)| **count > 0);
    let states: Vec<_> = states.map(|(state, count)| format!("{count} {state}")).collect();
    out.line(&format!("  batches   {}", states.join(", ")))?;
    for note in scan.fallback.iter().chain(&scan.warnings) {
        out.line(&format!("  note      {note}"))?;
    }
    for name in &scan.unresolved {
        out.line(&format!("  unresolved `{}`: {}", name.target, name.reason))?;
    }
    if is_interrupted(scan) {
        out.line(&format!("  go on     {}", way_on(scan)))?;
    }
    if let Some(waits_for) = &scan.waits_for {
        out.line(&format!("  waits for {waits_for}"))?;
    }
    if let Some(error) = &scan.error {
        out.line(&format!("  error     {error}"))?;
    }
    Ok(())
}

/// Prints a scan's events as they come, until its last.
pub async fn watch(
    client: &Client,
    scan: ScanId,
    since: Seq,
    out: &Output,
) -> Result<Exit, Failure> {
    let mut follow = Follow::new(client.clone(), scan, since, *out);
    loop {
        let text = follow.next().await?;
        if out.json {
            out.json_text(&text)?;
        }
        // `connected` is not an event of the scan.
        let Ok(frame) = serde_json::from_str::<EventFrame>(&text) else { continue };
        if !out.json {
            out.line(&describe(&frame))?;
        }
        if let Event::ScanComplete { status, .. } = frame.event {
            let complete = status == ScanStatus::Completed;
            return Ok(if complete { Exit::Ok } else { Exit::Incomplete });
        }
    }
}

/// Returns an event as a line for people.
pub fn describe(frame: &EventFrame) -> String {
    let what = match &frame.event {
        Event::BatchStart { batch_id, targets, attempt, .. } => {
            format!("batch {batch_id} attempt {attempt} starts: {}", targets.join(" "))
        }
        Event::Line { batch_id, line, .. } => format!("batch {batch_id} | {line}"),
        Event::BatchComplete { batch_id, summary } => format!(
            "batch {batch_id} complete: {} up, {} down, {} open ports",
            summary.hosts_up, summary.hosts_down, summary.open_ports
        ),
        Event::ScanComplete { status, summary, error, .. } => format!(
            "scan {status}: {} up, {} open ports, {}{}",
            summary.hosts_up,
            summary.open_ports,
            human_ms(summary.duration_ms),
            error.as_ref().map_or_else(String::new, |error| format!("; {error}"))
        ),
        Event::Host { address, verdict, ports, .. } => {
            let ports: Vec<_> =
                ports.iter().map(|port| format!("{}/{}", port.port, port.protocol)).collect();
            format!("host {address} {verdict:?} {}", ports.join(" "))
        }
        Event::BatchProgress { batch_id, percent, phase, .. } => {
            format!("batch {batch_id} {phase}: {percent:.0} %")
        }
        Event::BatchFailed { batch_id, detail, will_retry, will_split, .. } => {
            let then = match (will_retry, will_split) {
                (true, _) => "tried again",
                (false, true) => "split",
                (false, false) => "given up",
            };
            format!("batch {batch_id} failed and is {then}: {detail}")
        }
        Event::BatchSplit { batch_id, children, .. } => {
            let children = children.iter().map(|child| {
                let flags = child.added_flags.join(" ");
                let flags = if flags.is_empty() { flags } else { format!(" with {flags}") };
                let targets = child.targets.join(" ");
                format!("batch {} ({}{flags}: {targets})", child.batch_id, child.lane)
            });
            format!("batch {batch_id} goes on as {}", children.collect::<Vec<_>>().join(", "))
        }
        Event::ProvisionalPorts { address, ports, .. } => {
            format!("{address} is not finished; announced as open: {}", ports.join(" "))
        }
        Event::BatchStopped { batch_id, .. } => format!("batch {batch_id} stopped"),
        Event::ScanStarted { total_targets, .. } => {
            format!("scan started: {total_targets} targets")
        }
        Event::ScanPaused {} => "scan paused".to_owned(),
        Event::ScanResumed {} => "scan resumed".to_owned(),
        Event::ScanStopping {} => "scan stopping".to_owned(),
        Event::ScanRecovered { kept_hosts, resumed_batches, .. } => {
            format!("scan recovered: {kept_hosts} verdicts kept, {resumed_batches} batches go on")
        }
        Event::ScanWaiting { waits_for, detail } => {
            format!("scan waits for the {waits_for}: {detail}")
        }
        Event::ScanReady {} => "scan goes on".to_owned(),
        Event::ScanProgress { progress, .. } => format!("scan at {:.1} %", progress.percent),
        Event::ScopeChanged { detail: Some(detail), .. } => format!("scope changed: {detail}"),
        Event::ScopeChanged { detail: None, .. } => {
            "scope changed: all that is left may be scanned".to_owned()
        }
        Event::OutOfScopeResult { batch_id, address } => {
            format!("batch {batch_id}: {address} is not one of its targets and is not kept")
        }
    };
    format!("{:>6} {what}", frame.seq)
}

/// Prints hosts and their ports; ports that are neither open nor filtered are only counted.
pub fn host_table(hosts: &[Host], out: &Output) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for host in hosts {
        let name = host.hostname.clone().unwrap_or_default();
        let mut first = [host.address.clone(), name];
        let listed = host.ports.iter().filter(|port| port.state.contains("open"));
        for port in listed {
            let product = [&port.service_product, &port.service_version];
            let product: Vec<&str> = product.into_iter().flatten().map(String::as_str).collect();
            rows.push(vec![
                std::mem::take(&mut first[0]),
                std::mem::take(&mut first[1]),
                format!("{}/{}", port.port, port.protocol),
                port.state.clone(),
                port.service_name.clone().unwrap_or_default(),
                product.join(" "),
            ]);
        }
        if !first[0].is_empty() {
            let [address, name] = first;
            let (ports, state) = match host.verdict {
                Verdict::Unfinished | Verdict::TimedOut if !host.provisional_ports.is_empty() => {
                    let ports = host.provisional_ports.iter().map(ToString::to_string);
                    (ports.collect::<Vec<_>>().join(" "), "announced, not confirmed".to_owned())
                }
                _ => ("none open".to_owned(), host.status.clone()),
            };
            rows.push(vec![address, name, ports, state, String::new(), String::new()]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    out.table(&["HOST", "NAME", "PORT", "STATE", "SERVICE", "VERSION"], rows)
}

/// Lists a scan's batches.
pub async fn batches(client: &Client, scan: ScanId, out: &Output) -> Result<Exit, Failure> {
    let batches: Vec<Batch> = client.list(&format!("/api/scans/{scan}/batches")).await?;
    if out.json {
        return out.json(&batches).map(|()| Exit::Ok);
    }
    let rows = batches.into_iter().map(|batch| {
        vec![
            batch.id.to_string(),
            batch.parent_batch_id.map(|parent| parent.to_string()).unwrap_or_default(),
            batch.lane.to_string(),
            batch.phase.map(|phase| phase.to_string()).unwrap_or_default(),
            batch.status.to_string(),
            batch.attempt.map(|attempt| attempt.to_string()).unwrap_or_default(),
            batch.target_count.to_string(),
            batch.summary.hosts_up.to_string(),
            batch.summary.open_ports.to_string(),
            batch.targets.join(" "),
            batch.detail.unwrap_or_default(),
        ]
    });
    let header = [
        "ID",
        "OF",
        "LANE",
        "STEP",
        "STATUS",
        "TRY",
        "ADDRESSES",
        "UP",
        "OPEN",
        "TARGETS",
        "OUTCOME",
    ];
    out.table(&header, rows.collect())?;
    Ok(Exit::Ok)
}

/// Prints a stream as nmap wrote it.
pub async fn raw(
    client: &Client,
    batch: BatchId,
    stream: Stream,
    attempt: Option<AttemptNo>,
    out: &Output,
) -> Result<Exit, Failure> {
    let query = attempt.map_or_else(String::new, |attempt| format!("?attempt={attempt}"));
    let path = format!("/api/batches/{batch}/raw/{stream}{query}");
    let response = client.send(Method::GET, &path, None).await?;
    let status = response.status();
    let mut body = response.into_body();
    let mut refused = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Protocol {
            what: format!("the output broke off: {error}"),
        })?;
        match (frame.data_ref(), status.is_success()) {
            (Some(bytes), true) => out.bytes(bytes)?,
            (Some(bytes), false) => refused.extend_from_slice(bytes),
            (None, _) => {}
        }
    }
    if status.is_success() { Ok(Exit::Ok) } else { Err(problem(status.as_u16(), &refused)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{clean, tests::payloads};
    use netscan_schemas::{Time, event::LineStream, inert::is_harmful};

    #[test]
    fn a_watched_event_is_one_harmless_line() {
        for (name, text) in payloads() {
            let batch_id: BatchId = "1".parse().unwrap();
            let events = [
                Event::Line { batch_id, line: text.clone(), stream: LineStream::Stdout },
                Event::OutOfScopeResult { batch_id, address: text.clone() },
                Event::ScanWaiting { waits_for: text.clone(), detail: text.clone() },
            ];
            for event in events {
                let scan_id = "1".parse().unwrap();
                let frame = EventFrame { event, seq: 1, ts: Time::from_secs(1), scan_id };
                // What `Output::line` prints.
                let line = clean(&describe(&frame));
                assert!(!line.chars().any(is_harmful), "{name}: {line:?}");
            }
        }
    }
}

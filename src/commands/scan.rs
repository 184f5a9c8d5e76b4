//! `netscan scan`: starts a scan, shows it live, and prints what it found.

use crate::{
    cli::ScanArgs,
    client::{Client, Engine, Follow, Session},
    commands::show::host_table,
    exit::{Exit, Failure},
    output::{Output, clean, human_ms},
};
use indicatif::{ProgressBar, ProgressStyle};
use netscan_nmap::targets::split_file;
use netscan_schemas::{
    ScanId,
    api::{Host, Project, Scan, ScanAccepted, ScanRequest},
    event::{Event, EventFrame},
    scan::{Progress, ScanStatus},
};
use serde_json::{Value, json};
use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

/// Runs the command.
pub async fn run(
    args: ScanArgs,
    server: Option<&str>,
    data: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failure> {
    let request = request(&args)?;
    let engine = Engine { nmap: args.nmap.clone(), slots: args.slots, resume: false };
    let session = Session::open(server, data, engine, true).await?;
    let done = scan(&session, &args, request, out).await;
    session.close().await;
    done
}

/// Reads the command line into a request.
fn request(args: &ScanArgs) -> Result<ScanRequest, Failure> {
    let mut request = ScanRequest::default();
    let mut targets = args.targets.clone();
    for file in &args.target_files {
        targets.extend(read_list(file)?);
    }
    let mut exclude = args.exclude.clone();
    for file in &args.exclude_file {
        exclude.extend(read_list(file)?);
    }
    if targets.is_empty() {
        let hint = "give targets: netscan scan 127.0.0.1, or -iL FILE";
        return Err(Failure::Usage(hint.into()));
    }
    let mut flags = Vec::new();
    if let Some(ports) = &args.ports {
        flags.extend(["-p".to_owned(), ports.clone()]);
    }
    flags.extend(args.flags.iter().cloned());
    request.targets = targets;
    request.exclude = exclude;
    request.nmap_flags = flags;
    request.name.clone_from(&args.name);
    request.chunk_size = args.chunk_size;
    request.concurrency = args.concurrency;
    let policy = &mut request.policy;
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    policy.attempts_max = args.attempts.unwrap_or(policy.attempts_max);
    policy.batch_timeout_ms = args.batch_timeout.map(millis);
    policy.stall_timeout_ms = args.stall_timeout.map_or(policy.stall_timeout_ms, millis);
    Ok(request)
}

fn read_list(file: &PathBuf) -> Result<Vec<String>, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let what = || format!("reading targets from `{}`", file.display());
    text.map(|text| split_file(&text)).map_err(|source| Failure::Io { what: what(), source })
}

async fn scan(
    session: &Session,
    args: &ScanArgs,
    mut request: ScanRequest,
    out: &Output,
) -> Result<Exit, Failure> {
    let client = &session.client;
    if args.detach && session.system().is_some() {
        return Err(Failure::Usage(
            "--detach needs a server that goes on with the scan; start one with `netscan serve`"
                .into(),
        ));
    }
    note_unfinished(session, out).await?;
    if let Some(name) = &args.project {
        request.project_id = Some(project(client, name).await?);
    }
    let body = body(&request)?;
    let accepted: ScanAccepted = client.post("/api/scans", &body).await?;
    for warning in &accepted.warnings {
        out.note(&format!("note: {warning}"));
    }
    let id = accepted.scan_id;
    if args.detach {
        match out.json {
            true => out.json(&accepted)?,
            false => out.line(&format!("scan {id} started; `netscan watch {id}` follows it"))?,
        }
        return Ok(Exit::Ok);
    }
    follow(client, id, out).await?;
    conclude(client, id, out).await
}

/// A scan that an earlier run left is worth a word: only a server goes on with it.
async fn note_unfinished(session: &Session, out: &Output) -> Result<(), Failure> {
    if session.system().is_none() {
        return Ok(());
    }
    for status in ["queued", "running", "paused", "stopping"] {
        let path = format!("/api/scans?status={status}");
        for scan in session.client.list::<Scan>(&path).await? {
            out.note(&format!(
                "note: scan {} is unfinished; `netscan serve` goes on with it",
                scan.id
            ));
        }
    }
    Ok(())
}

async fn project(client: &Client, name: &str) -> Result<netscan_schemas::ProjectId, Failure> {
    let projects: Vec<Project> = client.list("/api/projects").await?;
    if let Some(project) = projects.into_iter().find(|project| project.name == name) {
        return Ok(project.id);
    }
    let made: Project = client.post("/api/projects", &json!({ "name": name })).await?;
    Ok(made.id)
}

fn body(request: &ScanRequest) -> Result<Value, Failure> {
    serde_json::to_value(request)
        .map_err(|error| Failure::Io { what: "writing the request".into(), source: error.into() })
}

/// Shows the scan until its end. Ctrl-C once stops it and keeps what was found; twice kills.
async fn follow(client: &Client, id: ScanId, out: &Output) -> Result<(), Failure> {
    let mut events = Follow::new(client.clone(), id, 0);
    let bar = bar(out);
    let mut interrupts = 0;
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
                    break Ok(());
                }
                if let Err(failure) = show(&frame.event, &bar, out) {
                    break Err(failure);
                }
            }
            signal = tokio::signal::ctrl_c() => {
                if let Err(source) = signal {
                    break Err(Failure::Io { what: "waiting for Ctrl-C".into(), source });
                }
                interrupts += 1;
                if let Err(failure) = interrupt(client, id, interrupts, out).await {
                    break Err(failure);
                }
            }
        }
    };
    bar.finish_and_clear();
    ended
}

async fn interrupt(
    client: &Client,
    id: ScanId,
    interrupts: u32,
    out: &Output,
) -> Result<(), Failure> {
    let force = if interrupts > 1 { "?force=true" } else { "" };
    let path = format!("/api/scans/{id}/stop{force}");
    let stopped: Result<Value, Failure> = client.post(&path, &json!({})).await;
    match (interrupts, stopped) {
        (1, Ok(_)) => {
            out.note("stopping, and keeping what was found; press Ctrl-C again to kill");
            Ok(())
        }
        (1, Err(failure)) => Err(failure),
        _ => Err(Failure::Interrupted),
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

/// Prints what the scan found.
async fn conclude(client: &Client, id: ScanId, out: &Output) -> Result<Exit, Failure> {
    let scan: Scan = client.get(&format!("/api/scans/{id}")).await?;
    let hosts: Vec<Host> = client.list(&format!("/api/scans/{id}/hosts")).await?;
    let exit = match scan.status {
        ScanStatus::Completed => Exit::Ok,
        _ => Exit::Incomplete,
    };
    if out.json {
        out.json(&json!({ "scan": scan, "hosts": hosts }))?;
        return Ok(exit);
    }
    host_table(&hosts, out)?;
    out.line(&summary(&scan))?;
    for name in &scan.unresolved {
        out.note(&format!("unresolved: `{}`: {}", name.target, name.reason));
    }
    if let Some(error) = &scan.error {
        out.note(&format!("netscan: scan {id} failed: {error}"));
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

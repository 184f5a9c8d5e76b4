//! Shows what differs between two scans.

use crate::{
    cli::DiffArgs,
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use http_body_util::BodyExt;
use netscan_schemas::api::{
    Change, DiffHost, DiffLine, DiffPort, DiffPortSide, DiffSide, DiffSummary, Known,
};

/// Shows what differs, as it comes.
pub async fn run(client: &Client, args: &DiffArgs, out: &Output) -> Result<Exit, Failure> {
    let (before, after) = (args.before, args.after);
    if out.json {
        return as_json(client, args, out).await;
    }
    let path = format!("/api/scans/{before}/diff/{after}?format=jsonl");
    let (_, mut body) = client.stream(&path).await?;
    let (mut held, mut summary) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error.to_string()))?;
        held.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
        let whole = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in held[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line).map_err(|error| broken(&error.to_string()))? {
                DiffLine::Scans { before, after } => {
                    out.line(&format!("--- {}", scan(&before)))?;
                    out.line(&format!("+++ {}", scan(&after)))?;
                }
                DiffLine::Host(host) => {
                    for line in lines(&host) {
                        out.line(&line)?;
                    }
                }
                DiffLine::Summary(found) => summary = Some(found),
            }
        }
        held.drain(..whole);
    }
    let summary = summary.ok_or_else(|| broken("its end is missing"))?;
    out.line(&counts(&summary))?;
    Ok(exit(args, &summary))
}

async fn as_json(client: &Client, args: &DiffArgs, out: &Output) -> Result<Exit, Failure> {
    let path = format!("/api/scans/{}/diff/{}", args.before, args.after);
    let (_, mut body) = client.stream(&path).await?;
    // The summary is the last of it.
    const TAIL_BYTES: usize = 4096;
    let mut tail = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error.to_string()))?;
        let Some(bytes) = frame.data_ref() else { continue };
        out.bytes(bytes)?;
        tail.extend_from_slice(bytes);
        let over = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..over);
    }
    let tail = String::from_utf8_lossy(&tail);
    let summary = tail.rsplit_once("\"summary\":").map(|(_, summary)| summary.trim_end());
    let summary = summary.and_then(|summary| summary.strip_suffix('}'));
    let summary = summary.and_then(|summary| serde_json::from_str(summary).ok());
    let summary: DiffSummary = summary.ok_or_else(|| broken("its end is missing"))?;
    Ok(exit(args, &summary))
}

fn broken(why: &str) -> Failure {
    Failure::Protocol { what: format!("the comparison broke off: {why}") }
}

fn exit(args: &DiffArgs, summary: &DiffSummary) -> Exit {
    if args.exit_code && summary.differs() { Exit::Failed } else { Exit::Ok }
}

fn scan(side: &DiffSide) -> String {
    let name = side.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let started = side.started_at.map_or_else(String::new, |at| format!(", {at}"));
    format!("scan {}{name} {}{started}", side.scan_id, side.status)
}

/// Returns the lines of a host that differs.
fn lines(host: &DiffHost) -> Vec<String> {
    let name = host.hostname.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let (sign, what) = match (host.change, host.before, host.after) {
        (Change::Appeared, _, _) => ('+', "down before, up now".to_owned()),
        (Change::Vanished, _, _) => ('-', "up before, down now".to_owned()),
        (Change::Changed, _, _) => ('~', "changed".to_owned()),
        (_, Known::Up, Known::Up) => ('?', "up in both; not the same ports were probed".to_owned()),
        (_, Known::Up, after) => ('?', format!("up before, {} now", words(after))),
        (_, before, _) => ('?', format!("up now, {} before", words(before))),
    };
    let mut lines = vec![format!("{sign} {}{name}: {what}", host.address)];
    lines.extend(host.ports.iter().map(|found| format!("    {}", port(found))));
    lines
}

fn words(known: Known) -> &'static str {
    match known {
        Known::Up => "up",
        Known::Down => "down",
        Known::TimedOut => "timed out",
        Known::Unfinished => "unfinished",
        Known::NotScanned => "not scanned",
    }
}

fn port(port: &DiffPort) -> String {
    let id = format!("{}/{}", port.port, port.protocol);
    let (before, after) = (side(&port.before), side(&port.after));
    match port.change {
        Change::Appeared => format!("+ {id} {after} (was {})", port.before.state),
        Change::Vanished => format!("- {id} {before} (now {})", port.after.state),
        Change::Changed => format!("~ {id} {before} -> {after}"),
        Change::OnlyBefore => format!("? {id} {before} (now {})", spoken(&port.after.state)),
        Change::OnlyAfter => format!("? {id} {after} (was {})", spoken(&port.before.state)),
    }
}

fn spoken(state: &str) -> String {
    state.replace('_', " ")
}

fn side(side: &DiffPortSide) -> String {
    let parts = [&side.service, &side.product, &side.version, &side.extra_info];
    let parts = parts.into_iter().flatten().map(String::as_str);
    std::iter::once(side.state.as_str()).chain(parts).collect::<Vec<_>>().join(" ")
}

fn counts(summary: &DiffSummary) -> String {
    let DiffSummary {
        hosts_appeared,
        hosts_vanished,
        hosts_changed,
        hosts_only_before,
        hosts_only_after,
        hosts_same,
        ports_appeared,
        ports_vanished,
        ports_changed,
        ports_only_one: _,
    } = summary;
    let mut text = format!(
        "hosts: {hosts_appeared} appeared, {hosts_vanished} vanished, {hosts_changed} changed, \
         {hosts_same} the same; ports on hosts that are up in both: {ports_appeared} opened, \
         {ports_vanished} open no more, {ports_changed} changed"
    );
    if hosts_only_before + hosts_only_after > 0 {
        text.push_str(&format!(
            "; not compared: {hosts_only_before} hosts of the first scan and {hosts_only_after} of \
             the second, which the other does not know"
        ));
    }
    text
}

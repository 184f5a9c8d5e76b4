//! Commands that find hosts: in a scan, over all scans, and one address through time.

use super::show::host_table;
use crate::{
    cli::HostsArgs,
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use netscan_schemas::{
    api::{Host, TargetHistory},
    scan::Verdict,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Lists a scan's hosts, or those of all scans.
pub async fn hosts(client: &Client, args: &HostsArgs, out: &Output) -> Result<Exit, Failure> {
    let mut query = Vec::new();
    if args.open {
        query.push("state=open".to_owned());
    }
    query.extend(args.port.map(|port| format!("port={port}")));
    query.extend(args.project.map(|project| format!("project_id={project}")));
    let texts = [
        ("address", &args.address),
        ("service", &args.service),
        ("product", &args.product),
        ("status", &args.status),
        ("verdict", &args.verdict),
        ("q", &args.q),
    ];
    for (name, value) in texts {
        query.extend(value.as_ref().map(|value| format!("{name}={}", encode(value))));
    }
    let list = match args.scan {
        Some(scan) => format!("/api/scans/{scan}/hosts"),
        None => {
            query.push("limit=1000".to_owned());
            "/api/hosts".to_owned()
        }
    };
    let hosts: Vec<Host> = client.list(&format!("{list}?{}", query.join("&"))).await?;
    if out.json {
        return out.json(&hosts).map(|()| Exit::Ok);
    }
    if args.scan.is_some() {
        return host_table(&hosts, out).map(|()| Exit::Ok);
    }
    let mut by_scan: BTreeMap<_, Vec<Host>> = BTreeMap::new();
    for host in hosts {
        by_scan.entry(std::cmp::Reverse(host.scan_id)).or_default().push(host);
    }
    for (scan, hosts) in by_scan {
        out.line(&format!("scan {}", scan.0))?;
        host_table(&hosts, out)?;
    }
    Ok(Exit::Ok)
}

pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Shows what scans found at an address, the newest first, each compared with the one before it.
pub async fn host(client: &Client, address: IpAddr, out: &Output) -> Result<Exit, Failure> {
    let path = format!("/api/targets/{address}/history");
    let history: Vec<TargetHistory> = client.list(&path).await?;
    if out.json {
        return out.json(&history).map(|()| Exit::Ok);
    }
    if history.is_empty() {
        out.note(&format!("no scan had {address} among its targets"));
        return Ok(Exit::Ok);
    }
    let rows = history.iter().enumerate().map(|(index, one)| {
        // A scan that did not finish the host says nothing of the ports that it does not name.
        let before = history[index + 1..].iter().find(|scan| scan.verdict == Verdict::Up);
        vec![
            one.scan.id.to_string(),
            one.scan.started_at.unwrap_or(one.scan.created_at).to_string(),
            one.scan.project_name.clone(),
            verdict(one.verdict).to_owned(),
            one.open_ports.join(" "),
            if one.verdict == Verdict::Up { change(one, before) } else { String::new() },
        ]
    });
    out.table(&["SCAN", "STARTED", "PROJECT", "VERDICT", "OPEN", "CHANGE"], rows.collect())?;
    out.note("`-` is a port that an earlier scan found open and this one did not; it may not have looked");
    Ok(Exit::Ok)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Up => "up",
        Verdict::Down => "down",
        Verdict::TimedOut => "timed out",
        Verdict::Unfinished => "unfinished",
        Verdict::Excluded => "excluded",
        Verdict::Unresolved => "unresolved",
    }
}

/// Returns which open ports came and went since the scan before.
fn change(one: &TargetHistory, before: Option<&TargetHistory>) -> String {
    let Some(before) = before else { return "first seen".to_owned() };
    let ports = |of: &TargetHistory| of.open_ports.iter().cloned().collect::<BTreeSet<_>>();
    let (now, then) = (ports(one), ports(before));
    let came = now.difference(&then).map(|port| format!("+{port}"));
    let went = then.difference(&now).map(|port| format!("-{port}"));
    came.chain(went).collect::<Vec<_>>().join(" ")
}

//! A comparison in the form that ndiff writes, for programs that read that.
//!
//! As there, a `port` without a `state` is one of which a scan knows nothing, and a host that only
//! one scan knows is there as a whole, in `a` or in `b`. Attributes of ours say it again: `change`,
//! `before` and `after` of each `hostdiff`, and the counts in a comment at the end.

use super::{
    core::{NOT_LISTED, NOT_PROBED},
    text::counts,
};
use crate::export::XmlElement;
use netscan_schemas::api::{
    Change, DetailKind, DiffDetail, DiffHost, DiffLine, DiffPort, DiffPortSide, DiffSide, Known,
};
use std::net::IpAddr;

/// Returns a part.
pub fn part(part: &DiffLine) -> String {
    let mut text = String::new();
    let mut xml = XmlElement(&mut text);
    match part {
        DiffLine::Scans { before, after } => {
            xml.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
            xml.open("nmapdiff", &[("version", Some("1"))]);
            xml.open("scandiff", &[]);
            for (name, side) in [("a", before), ("b", after)] {
                xml.open(name, &[]);
                scan(&mut xml, side);
                xml.close(name);
            }
        }
        DiffLine::Host(found) => host(&mut xml, found),
        DiffLine::Summary(summary) => {
            xml.close("scandiff");
            // Made of words and numbers, without two hyphens.
            xml.raw(&format!("<!-- netscan: {} -->\n", counts(summary)));
            xml.close("nmapdiff");
        }
    }
    text
}

fn scan(xml: &mut XmlElement<'_>, side: &DiffSide) {
    let args = side.argv.join(" ");
    let start = side.started_at.map(|at| at.as_secs().to_string());
    let startstr = side.started_at.map(|at| at.to_string());
    xml.empty(
        "nmaprun",
        &[
            ("scanner", Some("nmap")),
            ("args", Some(&args)),
            ("start", start.as_deref()),
            ("startstr", startstr.as_deref()),
        ],
    );
}

fn name_of(change: Change) -> &'static str {
    match change {
        Change::Appeared => "appeared",
        Change::Vanished => "vanished",
        Change::Changed => "changed",
        Change::OnlyBefore => "only_before",
        Change::OnlyAfter => "only_after",
    }
}

fn host(xml: &mut XmlElement<'_>, host: &DiffHost) {
    xml.open(
        "hostdiff",
        &[
            ("change", Some(name_of(host.change))),
            ("before", Some(host.before.as_str())),
            ("after", Some(host.after.as_str())),
        ],
    );
    match (host.change, host.before, host.after) {
        (Change::OnlyBefore, _, after) if after != Known::Up => whole(xml, "a", host),
        (Change::OnlyAfter, before, _) if before != Known::Up => whole(xml, "b", host),
        _ => differing(xml, host),
    }
    xml.close("hostdiff");
}

/// Writes a host that only one scan knows.
fn whole(xml: &mut XmlElement<'_>, side: &str, host: &DiffHost) {
    xml.open(side, &[]);
    xml.open("host", &[]);
    xml.empty("status", &[("state", Some(Known::Up.as_str()))]);
    address(xml, host);
    if let Some(name) = &host.hostname {
        xml.open("hostnames", &[]);
        xml.empty("hostname", &[("name", Some(name))]);
        xml.close("hostnames");
    }
    if !host.ports.is_empty() {
        xml.open("ports", &[]);
        for found in &host.ports {
            match side {
                "a" => port(xml, found, &found.before, |script| &script.before),
                _ => port(xml, found, &found.after, |script| &script.after),
            }
        }
        xml.close("ports");
    }
    xml.close("host");
    xml.close(side);
}

/// Writes what differs of a host that both scans know.
fn differing(xml: &mut XmlElement<'_>, host: &DiffHost) {
    xml.open("host", &[]);
    if host.before != host.after {
        for (name, known) in [("a", host.before), ("b", host.after)] {
            xml.open(name, &[]);
            xml.empty("status", &[("state", Some(known.as_str()))]);
            xml.close(name);
        }
    }
    address(xml, host);
    let of = |kind: DetailKind| host.details.iter().filter(move |detail| detail.kind == kind);
    for mac in of(DetailKind::Mac) {
        both(xml, mac, |xml, text| {
            xml.empty("address", &[("addr", Some(text)), ("addrtype", Some("mac"))]);
        });
    }
    for names in of(DetailKind::Hostnames) {
        xml.open("hostnames", &[]);
        both(xml, names, |xml, text| xml.empty("hostname", &[("name", Some(text))]));
        xml.close("hostnames");
    }
    let mut counted = of(DetailKind::ExtraPorts).peekable();
    if !host.ports.is_empty() || counted.peek().is_some() {
        xml.open("ports", &[]);
        for detail in counted {
            both(xml, detail, |xml, text| {
                let (count, state) = text.split_once(' ').unwrap_or((text, ""));
                xml.empty("extraports", &[("state", Some(state)), ("count", Some(count))]);
            });
        }
        for found in &host.ports {
            xml.open("portdiff", &[]);
            port_of_both(xml, found);
            xml.close("portdiff");
        }
        xml.close("ports");
    }
    for systems in of(DetailKind::Os) {
        xml.open("os", &[]);
        both(xml, systems, |xml, text| xml.empty("osmatch", &[("name", Some(text))]));
        xml.close("os");
    }
    let mut scripts = of(DetailKind::Script).peekable();
    if scripts.peek().is_some() {
        xml.open("hostscript", &[]);
        for script in scripts {
            both(xml, script, |xml, text| said(xml, script, text));
        }
        xml.close("hostscript");
    }
    xml.close("host");
}

fn said(xml: &mut XmlElement<'_>, script: &DiffDetail, output: &str) {
    xml.empty("script", &[("id", script.id.as_deref()), ("output", Some(output))]);
}

/// Writes what one scan says and what the other says.
fn both(xml: &mut XmlElement<'_>, detail: &DiffDetail, write: impl Fn(&mut XmlElement<'_>, &str)) {
    for (name, texts) in [("a", &detail.before), ("b", &detail.after)] {
        xml.open(name, &[]);
        for text in texts {
            write(xml, text);
        }
        xml.close(name);
    }
}

fn address(xml: &mut XmlElement<'_>, host: &DiffHost) {
    let is_v6 = host.address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
    let kind = if is_v6 { "ipv6" } else { "ipv4" };
    xml.empty("address", &[("addr", Some(&host.address)), ("addrtype", Some(kind))]);
}

/// Writes a port: once with what differs in it where its state does not, else twice.
fn port_of_both(xml: &mut XmlElement<'_>, found: &DiffPort) {
    let (before, after) = (&found.before, &found.after);
    if before.state != after.state {
        xml.open("a", &[]);
        port(xml, found, before, |script| &script.before);
        xml.close("a");
        xml.open("b", &[]);
        port(xml, found, after, |script| &script.after);
        xml.close("b");
        return;
    }
    let number = found.port.to_string();
    xml.open("port", &[("portid", Some(&number)), ("protocol", Some(found.protocol.as_str()))]);
    xml.empty("state", &[("state", Some(&after.state))]);
    if before == after {
        service(xml, after);
    } else {
        for (name, side) in [("a", before), ("b", after)] {
            xml.open(name, &[]);
            service(xml, side);
            xml.close(name);
        }
    }
    for script in &found.scripts {
        both(xml, script, |xml, text| said(xml, script, text));
    }
    xml.close("port");
}

/// Writes a port as one scan knows it.
fn port<'d>(
    xml: &mut XmlElement<'_>,
    port: &'d DiffPort,
    side: &DiffPortSide,
    texts: impl Fn(&'d DiffDetail) -> &'d [String],
) {
    let (number, protocol) = (port.port.to_string(), port.protocol.as_str());
    let id = [("portid", Some(number.as_str())), ("protocol", Some(protocol))];
    let is_known = ![NOT_PROBED, NOT_LISTED].contains(&side.state.as_str());
    if !is_known {
        return xml.empty("port", &id);
    }
    xml.open("port", &id);
    xml.empty("state", &[("state", Some(&side.state))]);
    service(xml, side);
    for script in &port.scripts {
        for text in texts(script) {
            said(xml, script, text);
        }
    }
    xml.close("port");
}

fn service(xml: &mut XmlElement<'_>, side: &DiffPortSide) {
    let Some(name) = &side.service else { return };
    xml.empty(
        "service",
        &[
            ("name", Some(name)),
            ("product", side.product.as_deref()),
            ("version", side.version.as_deref()),
            ("extrainfo", side.extra_info.as_deref()),
        ],
    );
}

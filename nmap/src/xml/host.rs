//! Reads a whole `<host>` element.

use super::{
    caps::{PORTS_MAX, SCRIPT_BYTES_MAX, SCRIPT_ITEMS_MAX},
    elements::{Elements, Malformed, Remarks, Tag},
};
use netscan_schemas::{
    host::{
        ExtraPorts, ExtraReason, Hop, HostFinding, HostState, Hostname, Mac, OsMatch, Port,
        Protocol, Script, ScriptItem, ScriptValue, Service, Word,
    },
    time::Time,
};
use std::net::{IpAddr, Ipv4Addr};

/// Bytes of an open port with the name and product of what listens there, about.
const PORT_BYTES: usize = 180;
/// Ports that there is room for from the start: scripts may be what makes an element long.
const PORTS_RESERVED_MAX: usize = 256;

/// Reads a host from the text of its element. The remarks say what of it was changed or left out.
pub(super) fn read(text: &str, remarks: Remarks) -> Result<(HostFinding, Remarks), Malformed> {
    let (tag, mut elements) = Elements::open(text, remarks)?;
    let mut address = None;
    // The address is only known further down; until then any one will do.
    let mut host = HostFinding::new(Ipv4Addr::UNSPECIFIED.into(), HostState::Unknown);
    // Ports are large, and are not moved about as more of them come.
    host.ports.reserve((text.len() / PORT_BYTES).min(PORTS_RESERVED_MAX));
    elements.attributes(&tag, |name, value| match name {
        "starttime" => host.started_at = value.parse().map(Time::from_secs),
        "endtime" => host.finished_at = value.parse().map(Time::from_secs),
        "timedout" => host.timed_out = value.is("true"),
        _ => {}
    });
    elements.each_child(&tag, |elements, tag| {
        match tag.name() {
            "status" => status(elements, tag, &mut host),
            "address" => read_address(elements, tag, &mut address, &mut host.mac),
            "hostnames" => hostnames(elements, tag, &mut host.hostnames)?,
            "ports" => ports(elements, tag, &mut host)?,
            "os" => os(elements, tag, &mut host.os)?,
            "hostscript" => host_scripts(elements, tag, &mut host.scripts)?,
            "trace" => trace(elements, tag, &mut host.trace)?,
            "uptime" => elements.attributes(tag, |name, value| {
                if name == "seconds" {
                    host.uptime_secs = value.parse();
                }
            }),
            "distance" => elements.attributes(tag, |name, value| {
                if name == "value" {
                    host.distance = value.parse();
                }
            }),
            _ => {}
        }
        Ok(())
    })?;
    host.address = address.ok_or_else(|| Malformed("it has no usable address".into()))?;
    Ok((host, elements.remarks))
}

fn status(elements: &mut Elements<'_>, tag: &Tag<'_>, host: &mut HostFinding) {
    elements.attributes(tag, |name, value| match name {
        "state" if value.is("up") => host.state = HostState::Up,
        "state" if value.is("down") => host.state = HostState::Down,
        "reason" => host.reason = value.text(),
        _ => {}
    });
}

fn read_address(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    address: &mut Option<IpAddr>,
    mac: &mut Option<Mac>,
) {
    let (mut written, mut vendor, mut is_mac) = (String::new(), None, false);
    elements.attributes(tag, |name, value| match name {
        "addr" => written = value.text(),
        "addrtype" => is_mac = value.is("mac"),
        "vendor" => vendor = value.some_text(),
        _ => {}
    });
    if is_mac {
        *mac = Some(Mac { address: written, vendor });
    } else if address.is_none() {
        // A link-local IPv6 address may carry its zone.
        let bare = written.split('%').next().unwrap_or_default();
        *address = bare.parse().ok();
    }
}

fn hostnames(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    names: &mut Vec<Hostname>,
) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| {
        if tag.name() != "hostname" {
            return Ok(());
        }
        let mut hostname = Hostname { name: String::new(), kind: String::new() };
        elements.attributes(tag, |name, value| match name {
            "name" => hostname.name = value.text(),
            "type" => hostname.kind = value.text(),
            _ => {}
        });
        names.push(hostname);
        Ok(())
    })
}

fn ports(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    host: &mut HostFinding,
) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| match tag.name() {
        "port" => port(elements, tag, &mut host.ports),
        "extraports" => extra_ports(elements, tag, &mut host.extra_ports),
        _ => Ok(()),
    })
}

fn port(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    ports: &mut Vec<Port>,
) -> Result<(), Malformed> {
    let (mut protocol, mut number): (Option<Protocol>, Option<u16>) = (None, None);
    elements.attributes(tag, |name, value| match name {
        "protocol" => protocol = value.parse(),
        "portid" => number = value.parse(),
        _ => {}
    });
    let (Some(protocol), Some(number)) = (protocol, number) else {
        elements.remarks.add("a port without a protocol or number is left out");
        return Ok(());
    };
    if ports.len() >= PORTS_MAX {
        elements.remarks.add(format!("port {number}/{protocol} is one too many, left out"));
        return Ok(());
    }
    // It is filled where it stays: it is too large to be moved about.
    ports.push(Port {
        protocol,
        number,
        state: Word::default(),
        reason: Word::default(),
        service: None,
        scripts: Vec::new(),
    });
    let Some(port) = ports.last_mut() else { return Ok(()) };
    elements.each_child(tag, |elements, tag| {
        match tag.name() {
            "state" => elements.attributes(tag, |name, value| match name {
                "state" => port.state = value.word(),
                "reason" => port.reason = value.word(),
                _ => {}
            }),
            "service" => service(elements, tag, port.service.insert(Service::default()))?,
            "script" => script(elements, tag, &mut port.scripts)?,
            _ => {}
        }
        Ok(())
    })
}

fn service(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    service: &mut Service,
) -> Result<(), Malformed> {
    elements.attributes(tag, |name, value| match name {
        "name" => service.name = value.text(),
        "product" => service.product = value.some_text(),
        "version" => service.version = value.some_text(),
        "extrainfo" => service.extra_info = value.some_text(),
        "ostype" => service.os_type = value.some_text(),
        "devicetype" => service.device_type = value.some_text(),
        "hostname" => service.hostname = value.some_text(),
        "tunnel" => service.tunnel = value.some_text(),
        "method" => service.method = value.word(),
        "conf" => service.confidence = value.parse().unwrap_or(0),
        "servicefp" => service.fingerprint = value.some_text(),
        _ => {}
    });
    cpes(elements, tag, &mut service.cpe)
}

fn cpes(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    names: &mut Vec<String>,
) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| {
        if tag.name() == "cpe" {
            // There is one as a rule, two at most.
            names.reserve_exact(1);
            names.push(elements.text(tag)?);
        }
        Ok(())
    })
}

fn extra_ports(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    all: &mut Vec<ExtraPorts>,
) -> Result<(), Malformed> {
    let mut extra = ExtraPorts { state: String::new(), count: 0, reasons: Vec::new() };
    elements.attributes(tag, |name, value| match name {
        "state" => extra.state = value.text(),
        "count" => extra.count = value.parse().unwrap_or(0),
        _ => {}
    });
    elements.each_child(tag, |elements, tag| {
        if tag.name() != "extrareasons" {
            return Ok(());
        }
        let mut reason =
            ExtraReason { reason: String::new(), count: 0, protocol: None, ports: None };
        elements.attributes(tag, |name, value| match name {
            "reason" => reason.reason = value.text(),
            "count" => reason.count = value.parse().unwrap_or(0),
            "proto" => reason.protocol = value.some_text(),
            "ports" => reason.ports = value.some_text(),
            _ => {}
        });
        extra.reasons.push(reason);
        Ok(())
    })?;
    all.push(extra);
    Ok(())
}

fn os(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    matches: &mut Vec<OsMatch>,
) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| {
        if tag.name() != "osmatch" {
            return Ok(());
        }
        let mut found = OsMatch { name: String::new(), accuracy: 0, cpe: Vec::new() };
        elements.attributes(tag, |name, value| match name {
            "name" => found.name = value.text(),
            "accuracy" => found.accuracy = value.parse().unwrap_or(0),
            _ => {}
        });
        elements.each_child(tag, |elements, tag| match tag.name() {
            "osclass" => cpes(elements, tag, &mut found.cpe),
            _ => Ok(()),
        })?;
        matches.push(found);
        Ok(())
    })
}

fn trace(elements: &mut Elements<'_>, tag: &Tag<'_>, hops: &mut Vec<Hop>) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| {
        if tag.name() != "hop" {
            return Ok(());
        }
        let mut hop = Hop { ttl: 0, address: String::new(), host: None, rtt_us: None };
        elements.attributes(tag, |name, value| match name {
            "ttl" => hop.ttl = value.parse().unwrap_or(0),
            "ipaddr" => hop.address = value.text(),
            "host" => hop.host = value.some_text(),
            // nmap writes `--` where it has no time.
            "rtt" if !value.is("--") => hop.rtt_us = value.parse().map(millis_to_micros),
            _ => {}
        });
        hops.push(hop);
        Ok(())
    })
}

fn millis_to_micros(millis: f64) -> u64 {
    // A cast from a float saturates: nonsense becomes zero or the largest number.
    (millis * 1000.0).round() as u64
}

fn host_scripts(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    scripts: &mut Vec<Script>,
) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| match tag.name() {
        "script" => script(elements, tag, scripts),
        _ => Ok(()),
    })
}

fn script(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    scripts: &mut Vec<Script>,
) -> Result<(), Malformed> {
    let mut script = Script { id: String::new(), output: String::new(), data: Vec::new() };
    elements.attributes(tag, |name, value| match name {
        "id" => script.id = value.text(),
        "output" => script.output = value.text(),
        _ => {}
    });
    cut(&mut script.output, &script.id, &mut elements.remarks);
    let mut room = SCRIPT_ITEMS_MAX;
    script_items(elements, tag, &script.id, &mut room, &mut script.data)?;
    if room == 0 {
        let id = &script.id;
        elements.remarks.add(format!("script {id}: only {SCRIPT_ITEMS_MAX} items are kept"));
    }
    scripts.push(script);
    Ok(())
}

/// Reads the items of a script or table. It calls itself for tables in tables, no deeper than the
/// splitter lets elements nest.
fn script_items(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    script: &str,
    room: &mut usize,
    items: &mut Vec<ScriptItem>,
) -> Result<(), Malformed> {
    elements.each_child(tag, |elements, tag| {
        let is_table = tag.name() == "table";
        if *room == 0 || !(is_table || tag.name() == "elem") {
            return Ok(());
        }
        *room -= 1;
        let mut key = None;
        elements.attributes(tag, |name, value| {
            if name == "key" {
                key = Some(value.text());
            }
        });
        let value = if is_table {
            let mut inner = Vec::new();
            script_items(elements, tag, script, room, &mut inner)?;
            ScriptValue::Table(inner)
        } else {
            let mut text = elements.text(tag)?;
            cut(&mut text, script, &mut elements.remarks);
            ScriptValue::Text(text)
        };
        items.push(ScriptItem { key, value });
        Ok(())
    })
}

/// Shortens a script's text to what is kept of it, and says so.
fn cut(text: &mut String, script: &str, remarks: &mut Remarks) {
    if text.len() <= SCRIPT_BYTES_MAX {
        return;
    }
    let before = text.len();
    text.truncate(text.floor_char_boundary(SCRIPT_BYTES_MAX));
    let after = text.len();
    remarks.add(format!("script {script}: {after} of {before} bytes are kept of a text"));
}

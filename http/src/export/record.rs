//! Writes a `<host>` element from what is recorded of a host, where nmap's own bytes are gone.

use super::presentable::escape;
use netscan_schemas::host::{HostFinding, HostState, Port, Script, ScriptItem, ScriptValue};
use std::fmt::Write;

/// An element as text; attributes without a value are left out.
pub struct Element<'t>(pub &'t mut String);

impl Element<'_> {
    /// Writes text as it is.
    pub fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Opens a tag up to its attributes.
    fn tag(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            if let Some(value) = value {
                // Writing to a string does not fail.
                let _ = write!(self.0, " {name}=\"{}\"", escape(value));
            }
        }
    }

    /// Writes an element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        self.tag(name, attributes);
        self.0.push_str("/>\n");
    }

    /// Writes the beginning of an element.
    pub fn open(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        self.tag(name, attributes);
        self.0.push('>');
    }

    /// Writes the end of an element.
    pub fn close(&mut self, name: &str) {
        let _ = writeln!(self.0, "</{name}>");
    }
}

/// Returns the element. Of what nmap writes it lacks what has no field in a record.
pub fn host(finding: &HostFinding) -> String {
    let mut text = String::new();
    let mut xml = Element(&mut text);
    let start = finding.started_at.map(|at| at.as_secs().to_string());
    let end = finding.finished_at.map(|at| at.as_secs().to_string());
    let timed_out = finding.timed_out.then_some("true");
    xml.open(
        "host",
        &[("starttime", start.as_deref()), ("endtime", end.as_deref()), ("timedout", timed_out)],
    );
    let reason = Some(finding.reason.as_str());
    let state = match finding.state {
        HostState::Up => "up",
        HostState::Down => "down",
        HostState::Unknown => "unknown",
    };
    xml.empty("status", &[("state", Some(state)), ("reason", reason), ("reason_ttl", Some("0"))]);
    let address = finding.address.to_string();
    let kind = if finding.address.is_ipv4() { "ipv4" } else { "ipv6" };
    xml.empty("address", &[("addr", Some(&address)), ("addrtype", Some(kind))]);
    if let Some(mac) = &finding.mac {
        let vendor = ("vendor", mac.vendor.as_deref());
        xml.empty("address", &[("addr", Some(&mac.address)), ("addrtype", Some("mac")), vendor]);
    }
    xml.open("hostnames", &[]);
    for name in &finding.hostnames {
        let kind = if name.kind == "user" { "user" } else { "PTR" };
        xml.empty("hostname", &[("name", Some(&name.name)), ("type", Some(kind))]);
    }
    xml.close("hostnames");
    if !(finding.ports.is_empty() && finding.extra_ports.is_empty()) {
        ports(&mut xml, finding);
    }
    details(&mut xml, finding);
    xml.close("host");
    text
}

fn ports(xml: &mut Element<'_>, finding: &HostFinding) {
    xml.open("ports", &[]);
    for extra in &finding.extra_ports {
        let count = extra.count.to_string();
        xml.open("extraports", &[("state", Some(&extra.state)), ("count", Some(&count))]);
        for reason in &extra.reasons {
            let count = reason.count.to_string();
            xml.empty(
                "extrareasons",
                &[
                    ("reason", Some(&reason.reason)),
                    ("count", Some(&count)),
                    ("proto", reason.protocol.as_deref()),
                    ("ports", reason.ports.as_deref()),
                ],
            );
        }
        xml.close("extraports");
    }
    for found in &finding.ports {
        port(xml, found);
    }
    xml.close("ports");
}

fn port(xml: &mut Element<'_>, port: &Port) {
    let number = port.number.to_string();
    xml.open("port", &[("protocol", Some(port.protocol.as_str())), ("portid", Some(&number))]);
    xml.empty(
        "state",
        &[("state", Some(&port.state)), ("reason", Some(&port.reason)), ("reason_ttl", Some("0"))],
    );
    if let Some(service) = &port.service {
        let confidence = service.confidence.min(10).to_string();
        let method = if service.method == "probed" { "probed" } else { "table" };
        let tunnel = service.tunnel.as_deref().filter(|tunnel| *tunnel == "ssl");
        xml.open(
            "service",
            &[
                ("name", Some(&service.name)),
                ("product", service.product.as_deref()),
                ("version", service.version.as_deref()),
                ("extrainfo", service.extra_info.as_deref()),
                ("hostname", service.hostname.as_deref()),
                ("ostype", service.os_type.as_deref()),
                ("devicetype", service.device_type.as_deref()),
                ("servicefp", service.fingerprint.as_deref()),
                ("tunnel", tunnel),
                ("method", Some(method)),
                ("conf", Some(&confidence)),
            ],
        );
        for cpe in &service.cpe {
            xml.open("cpe", &[]);
            xml.0.push_str(&escape(cpe));
            xml.close("cpe");
        }
        xml.close("service");
    }
    for found in &port.scripts {
        script(xml, found);
    }
    xml.close("port");
}

fn script(xml: &mut Element<'_>, script: &Script) {
    xml.open("script", &[("id", Some(&script.id)), ("output", Some(&script.output))]);
    items(xml, &script.data);
    xml.close("script");
}

/// Calls itself for tables in tables, as deep as they were read.
fn items(xml: &mut Element<'_>, found: &[ScriptItem]) {
    for item in found {
        let key = ("key", item.key.as_deref());
        match &item.value {
            ScriptValue::Text(text) => {
                xml.open("elem", &[key]);
                xml.0.push_str(&escape(text));
                xml.close("elem");
            }
            ScriptValue::Table(inner) => {
                xml.open("table", &[key]);
                items(xml, inner);
                xml.close("table");
            }
        }
    }
}

fn details(xml: &mut Element<'_>, finding: &HostFinding) {
    if !finding.os.is_empty() {
        xml.open("os", &[]);
        for found in &finding.os {
            let accuracy = found.accuracy.to_string();
            let line = ("line", Some("0"));
            xml.empty(
                "osmatch",
                &[("name", Some(&found.name)), ("accuracy", Some(&accuracy)), line],
            );
        }
        xml.close("os");
    }
    if let Some(seconds) = finding.uptime_secs {
        xml.empty("uptime", &[("seconds", Some(&seconds.to_string()))]);
    }
    if let Some(distance) = finding.distance {
        xml.empty("distance", &[("value", Some(&distance.to_string()))]);
    }
    if !finding.scripts.is_empty() {
        xml.open("hostscript", &[]);
        for found in &finding.scripts {
            script(xml, found);
        }
        xml.close("hostscript");
    }
    if !finding.trace.is_empty() {
        xml.open("trace", &[]);
        for hop in &finding.trace {
            let ttl = hop.ttl.to_string();
            let micros = |us: u64| format!("{}.{:02}", us / 1000, us % 1000 / 10);
            let rtt = hop.rtt_us.map_or_else(|| "--".to_owned(), micros);
            xml.empty(
                "hop",
                &[
                    ("ttl", Some(&ttl)),
                    ("ipaddr", Some(&hop.address)),
                    ("host", hop.host.as_deref()),
                    ("rtt", Some(&rtt)),
                ],
            );
        }
        xml.close("trace");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_nmap::xml;

    /// What every document that nmap wrote says of its hosts is read back from the record.
    #[test]
    fn a_host_from_its_record_says_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/nmap-xml");
        let mut hosts = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "xml") {
                continue;
            }
            let mut document = xml::Document::new();
            document.feed(&std::fs::read(&path).unwrap());
            while let Some(item) = document.next_item() {
                let xml::Item::Host(mut found) = item else { continue };
                hosts += 1;
                let text = host(&found);
                assert_eq!(super::super::presentable::element(text.as_bytes()).unwrap(), text);
                for os in &mut found.os {
                    os.cpe.clear(); // they need a class, which has no field
                }
                for hop in found.trace.iter_mut().filter_map(|hop| hop.rtt_us.as_mut()) {
                    *hop -= *hop % 10;
                }
                assert_eq!(xml::host(&text).unwrap(), *found, "{}", path.display());
            }
        }
        assert!(hosts > 500, "{hosts}");
    }
}

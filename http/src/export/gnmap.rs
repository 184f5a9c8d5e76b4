//! What nmap's `-oG` writes, for the many scripts that read it.
//!
//! ```text
//! Host: 10.0.0.1 (web.example)⇥Status: Up
//! Host: 10.0.0.1 (web.example)⇥Ports: 80/open/tcp//http//nginx 1.24/⇥Ignored State: closed (99)
//! ```
//!
//! As there, hosts that are down have no line. What was not scanned is told in comments. Not there,
//! as no record has it: `Seq Index`, `IP ID Seq`, and SunRPC numbers.

use super::{ExportError, Subject, rows::Document, xml};
use netscan_schemas::{
    host::{ExtraPorts, HostFinding, Port, Protocol},
    inert,
    scan::Verdict,
    stored::HostRecord,
};
use std::fmt::Write;

/// Lines of hosts between the two comments that nmap begins and ends with.
#[derive(Default)]
pub struct Gnmap {
    /// Whether services were asked what they are: one that did not say has a `?`.
    asks_services: bool,
}

impl Document for Gnmap {
    fn head(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        self.asks_services = subject.spec.argv.iter().any(|arg| arg == "-sV" || arg == "-A");
        let version = xml::nmap_version(subject)?;
        let begun = subject.scan.started_at.unwrap_or(subject.scan.created_at).to_nmap_text();
        let args = xml::args(subject);
        comment(out, &format!("Nmap {version} scan initiated {begun} as: {args}"));
        if let Some(caveat) = subject.caveat() {
            comment(out, &format!("netscan: partial: {caveat}"));
        }
        Ok(())
    }

    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let finding = &host.finding;
        let name = finding.hostnames.iter().find(|name| name.kind == "PTR");
        let name = name.map_or("", |name| name.name.as_str());
        let name = inert::text(name).replace(['\t', '(', ')'], "_");
        let mut line = |rest: &str| {
            out.extend_from_slice(
                format!("Host: {} ({name})\t{rest}\n", finding.address).as_bytes(),
            );
        };
        match host.verdict {
            Verdict::Up => {
                line("Status: Up");
                let fields = self.fields(finding);
                if !fields.is_empty() {
                    line(&fields.join("\t"));
                }
            }
            Verdict::TimedOut => line("Status: Timeout"),
            // Ports that were announced are not confirmed.
            verdict => {
                let address = finding.address;
                comment(
                    out,
                    &format!("netscan: {address} is {}", super::csv::verdict_name(verdict)),
                );
            }
        }
        Ok(())
    }

    fn wants_ranges(&self) -> bool {
        true
    }

    fn ranges(
        &mut self,
        verdict: Verdict,
        ranges: &[String],
        out: &mut Vec<u8>,
    ) -> Result<(), ExportError> {
        if verdict != Verdict::Down {
            comment(out, &format!("netscan: not scanned: {}", ranges.join(", ")));
        }
        Ok(())
    }

    fn tail(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let scan = &subject.scan;
        let begun = scan.started_at.unwrap_or(scan.created_at);
        let ended = scan.finished_at.unwrap_or(subject.at);
        let (up, verdicts) = (scan.verdicts.up, scan.verdicts);
        let total = up + verdicts.down + verdicts.timed_out;
        let (addresses, hosts) = (
            if total == 1 { "address" } else { "addresses" },
            if up == 1 { "host" } else { "hosts" },
        );
        let elapsed_ms = ended.millis_since(begun);
        comment(
            out,
            &format!(
                "Nmap done at {} -- {total} IP {addresses} ({up} {hosts} up) scanned in {}.{:02} \
                 seconds",
                ended.to_nmap_text(),
                elapsed_ms / 1000,
                elapsed_ms % 1000 / 10
            ),
        );
        Ok(())
    }
}

impl Gnmap {
    /// Returns what is told of a host that is up.
    fn fields(&self, host: &HostFinding) -> Vec<String> {
        let (protocols, ports): (Vec<&Port>, Vec<&Port>) =
            host.ports.iter().partition(|port| port.protocol == Protocol::Ip);
        let mut fields = Vec::new();
        let joined = |texts: Vec<String>| texts.join(", ");
        // nmap names the field even where it lists none of the ports that it looked at.
        let has_looked = host.extra_ports.iter().any(|extra| extra.count > 0);
        if !ports.is_empty() || (has_looked && protocols.is_empty()) {
            let ports = ports.into_iter().map(|port| self.port(port)).collect();
            fields.push(format!("Ports: {}", joined(ports)));
        }
        if !protocols.is_empty() {
            let protocol = |port: &&Port| {
                let name = port.service.as_ref().map_or("", |service| service.name.as_str());
                format!("{}/{}/{}/", port.number, port.state, part(name))
            };
            fields.push(format!("Protocols: {}", joined(protocols.iter().map(protocol).collect())));
        }
        // The state that most ports have comes first.
        let mut ignored: Vec<&ExtraPorts> = host.extra_ports.iter().collect();
        ignored.sort_by_key(|extra| std::cmp::Reverse(extra.count));
        fields.extend(
            ignored
                .into_iter()
                .map(|extra| format!("Ignored State: {} ({})", part(&extra.state), extra.count)),
        );
        let systems: Vec<String> =
            host.os.iter().filter(|os| os.accuracy == 100).map(|os| part(&os.name)).collect();
        if !systems.is_empty() {
            fields.push(format!("OS: {}", systems.join("|")));
        }
        fields
    }

    /// Returns `number/state/protocol/owner/service/SunRPC/version/`.
    fn port(&self, port: &Port) -> String {
        let mut text = format!("{}/{}/{}//", port.number, port.state, port.protocol);
        if let Some(service) = &port.service {
            if let Some(tunnel) = &service.tunnel {
                text.push_str(&part(&format!("{tunnel}|")));
            }
            text.push_str(&part(&service.name));
            let is_guess = service.method != "probed" && !service.name.is_empty();
            if self.asks_services && is_guess && port.state.contains("open") {
                text.push('?');
            }
            text.push_str("//");
            let words = [&service.product, &service.version].into_iter().flatten();
            let mut version = words.cloned().collect::<Vec<_>>();
            version.extend(service.extra_info.as_ref().map(|more| format!("({more})")));
            text.push_str(&part(&version.join(" ")));
        } else {
            text.push_str("//");
        }
        text.push('/');
        text
    }
}

/// Returns text as it may stand in a field: `/` and tabs end one.
fn part(text: &str) -> String {
    inert::text(text).replace('/', "|").replace('\t', " ")
}

fn comment(out: &mut Vec<u8>, text: &str) {
    let mut line = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(line, "# {}", inert::text(text));
    out.extend_from_slice(line.as_bytes());
}

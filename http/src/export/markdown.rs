//! A report in Markdown.

use super::{
    ExportError, Subject,
    csv::verdict_name,
    rows::Document,
    walk::{is_shown, ports_text},
};
use netscan_schemas::{inert, scan::Verdict, stored::HostRecord};
use std::fmt::Write;

/// Returns text that Markdown takes for nothing but text, in a table's cell too. Characters that
/// could be markup are written as numbers, which can never be any; what would be made a link by
/// itself is taken apart.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ['\0'; 3];
    for c in inert::text(text).chars() {
        let ends_www = c == '.' && before.iter().all(|c| c.eq_ignore_ascii_case(&'w'));
        match c {
            '@' => safe.push_str("&#64;<!-- -->"),
            '\t' => safe.push(' '),
            '.' if ends_www => safe.push_str("&#46;"),
            ' ' | ',' | '.' | '/' | '-' | '(' | ')' | '%' | ';' => safe.push(c),
            c if c.is_ascii_punctuation() => {
                // Writing to a string does not fail.
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c => safe.push(c),
        }
        before = [before[1], before[2], c];
    }
    safe
}

/// Tables of hosts and their open ports under a summary.
#[derive(Default)]
pub struct Markdown {
    hosts: u64,
    verdict: Option<Verdict>,
}

impl Document for Markdown {
    fn head(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let (scan, charts) = (&subject.scan, subject.charts()?);
        let mut text = format!("# {}\n\n", escape(&subject.title()));
        if let Some(caveat) = subject.caveat() {
            let _ = writeln!(text, "**Partial: {}.**\n", escape(&caveat));
        }
        if let Some(error) = &scan.error {
            let _ = writeln!(text, "**{}**\n", escape(error));
        }
        let mut fact = |name: &str, value: &str| {
            let _ = writeln!(text, "- {name}: {}", escape(value));
        };
        fact("Project", &scan.project_name);
        fact("Status", scan.status.as_str());
        fact("Targets", &shortened(&scan.targets));
        fact("Command", &scan.argv.join(" "));
        let (started, finished) = (scan.started_at, scan.finished_at);
        fact("Started", &started.map_or_else(String::new, |at| at.to_string()));
        fact("Finished", &finished.map_or_else(String::new, |at| at.to_string()));
        let v = &scan.verdicts;
        let _ = writeln!(
            text,
            "\n| Up | Down | Timed out | Unfinished | Excluded | Unresolved | Open ports |\n\
             |---:|---:|---:|---:|---:|---:|---:|\n| {} | {} | {} | {} | {} | {} | {} |\n",
            v.up,
            v.down,
            v.timed_out,
            v.unfinished,
            v.excluded,
            v.unresolved,
            scan.progress.open_ports
        );
        if !charts.ports.is_empty() {
            text.push_str("| Port | Hosts |\n|---|---:|\n");
            for bar in &charts.ports {
                let _ = writeln!(text, "| {} | {} |", escape(&bar.name), bar.hosts);
            }
            text.push('\n');
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let mut text = String::new();
        if self.hosts == 0 {
            text.push_str(
                "## Hosts\n\n| Host | Name | Port | State | Service | Version |\n\
                 |---|---|---|---|---|---|\n",
            );
        }
        self.hosts += 1;
        let names: Vec<&str> =
            host.finding.hostnames.iter().map(|name| name.name.as_str()).collect();
        let mut first = [host.finding.address.to_string(), escape(&names.join(" "))];
        let mut row = |cells: [&str; 4]| {
            let [address, name] = std::mem::take(&mut first);
            let _ = write!(text, "| {address} | {name} |");
            for cell in cells {
                let _ = write!(text, " {} |", escape(cell));
            }
            text.push('\n');
        };
        let mut listed = 0;
        for port in host.finding.ports.iter().filter(|port| is_shown(port)) {
            listed += 1;
            let service = port.service.as_ref();
            let parts = service.map_or([None, None, None], |s| {
                [s.product.as_deref(), s.version.as_deref(), s.extra_info.as_deref()]
            });
            let version: Vec<&str> = parts.into_iter().flatten().collect();
            let id = format!("{}/{}", port.number, port.protocol);
            let name = service.map_or("", |service| service.name.as_str());
            row([&id, &port.state, name, &version.join(" ")]);
        }
        if !host.provisional.is_empty() {
            listed += 1;
            row([&ports_text(&host.provisional), "announced, not confirmed", "", ""]);
        }
        if listed == 0 {
            let state = match host.verdict {
                Verdict::Up => "none open",
                verdict => verdict_name(verdict),
            };
            row(["", state, "", ""]);
        }
        out.extend_from_slice(text.as_bytes());
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
        if self.verdict != Some(verdict) {
            self.verdict = Some(verdict);
            let title = if verdict == Verdict::Down { "Down" } else { "Not scanned" };
            out.extend_from_slice(format!("\n## {title}\n\n").as_bytes());
        }
        out.extend_from_slice(format!("{}\n", escape(&ranges.join(", "))).as_bytes());
        Ok(())
    }

    fn tail(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let version = env!("CARGO_PKG_VERSION");
        let line = format!("\nMade by netscan {version} at {}.\n", subject.at);
        out.extend_from_slice(line.as_bytes());
        Ok(())
    }
}

/// Returns a list of which a report shows some.
pub fn shortened(all: &[String]) -> String {
    const SHOWN_MAX: usize = 20;
    let mut text = all.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(" ");
    if let Some(more @ 1..) = all.len().checked_sub(SHOWN_MAX) {
        let _ = write!(text, " and {more} more");
    }
    text
}

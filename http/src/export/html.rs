//! A report in HTML: one file without scripts, links or anything from elsewhere.
//!
//! All text goes through maud's escaping and the sanitiser before it; the page's own policy allows
//! its style sheet and nothing else, so that what slipped through would not run.

use super::{
    ExportError, Subject,
    csv::verdict_name,
    markdown::shortened,
    rows::Document,
    subject::Bar,
    walk::{is_shown, ports_text},
};
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use netscan_schemas::{
    host::{Port, Script},
    inert,
    scan::{Verdict, VerdictCounts},
    stored::HostRecord,
};

const STYLE: &str = include_str!("report.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'";
/// Characters of a script's output that a report shows.
const SCRIPT_CHARS_MAX: usize = 2000;

/// Text of anybody.
struct T<'t>(&'t str);

impl Render for T<'_> {
    fn render_to(&self, buffer: &mut String) {
        (*inert::text(self.0)).render_to(buffer);
    }
}

/// Tables of hosts and their open ports under a summary with charts.
#[derive(Default)]
pub struct Html {
    has_hosts: bool,
    verdict: Option<Verdict>,
}

impl Document for Html {
    fn head(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let charts = subject.charts()?;
        let scan = &subject.scan;
        let time = |at: Option<netscan_schemas::Time>| {
            at.map_or_else(|| "not yet".to_owned(), |at| at.to_string())
        };
        let facts = [
            ("Project", scan.project_name.clone()),
            ("Status", scan.status.to_string()),
            ("Targets", shortened(&scan.targets)),
            ("Command", scan.argv.join(" ")),
            ("Started", time(scan.started_at)),
            ("Finished", time(scan.finished_at)),
        ];
        let top = html! {
            h1 { (T(&subject.title())) }
            @if let Some(caveat) = subject.caveat() { p.warn { "Partial: " (T(&caveat)) "." } }
            @if let Some(error) = &scan.error { p.warn { (T(error)) } }
            dl { @for (name, value) in &facts { dt { (name) } dd { (T(value)) } } }
            h2 { "Targets" }
            (verdict_bar(&scan.verdicts))
            p {
                (scan.total_targets) " targets, " (scan.progress.open_ports)
                " open ports (" (charts.different_ports) " different)"
            }
            @if !charts.ports.is_empty() {
                div.charts {
                    div { h2 { "Most frequent open ports" } (chart(&charts.ports)) }
                    div { h2 { "Most frequent services" } (chart(&charts.services)) }
                }
            }
        };
        // Written by hand, as it is closed in the tail.
        let begin = html! {
            (DOCTYPE)
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width";
                meta name="referrer" content="no-referrer";
                title { (T(&subject.title())) }
                style { (PreEscaped(STYLE)) }
            }
        };
        out.extend_from_slice(
            begin.into_string().replacen("<head>", "<html lang=\"en\"><head>", 1).as_bytes(),
        );
        out.extend_from_slice(b"<body>");
        out.extend_from_slice(top.into_string().as_bytes());
        Ok(())
    }

    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError> {
        if !std::mem::replace(&mut self.has_hosts, true) {
            let begin = html! {
                tr { th { "Host" } th { "Port" } th { "State" } th { "Service" } th { "Version" } }
            };
            out.extend_from_slice(b"<h2>Hosts</h2><table>");
            out.extend_from_slice(begin.into_string().as_bytes());
        }
        out.extend_from_slice(rows(&host).into_string().as_bytes());
        out.push(b'\n');
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
        self.close_hosts(out);
        if self.verdict != Some(verdict) {
            self.verdict = Some(verdict);
            let title = if verdict == Verdict::Down { "Down" } else { "Not scanned" };
            out.extend_from_slice(format!("<h2>{title}</h2>").as_bytes());
        }
        let listed = html! { p.ranges { (T(&ranges.join(", "))) } };
        out.extend_from_slice(listed.into_string().as_bytes());
        Ok(())
    }

    fn tail(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        self.close_hosts(out);
        let made = format!("Made by netscan {} at {}.", env!("CARGO_PKG_VERSION"), subject.at);
        let end = html! { footer { (made) } };
        out.extend_from_slice(end.into_string().as_bytes());
        out.extend_from_slice(b"</body></html>\n");
        Ok(())
    }
}

impl Html {
    fn close_hosts(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.has_hosts) {
            out.extend_from_slice(b"</table>");
        }
    }
}

fn rows(host: &HostRecord) -> Markup {
    let finding = &host.finding;
    let ports: Vec<&Port> = finding.ports.iter().filter(|port| is_shown(port)).collect();
    let provisional = !host.provisional.is_empty();
    let lines = ports.len() + usize::from(provisional || ports.is_empty());
    let state = match host.verdict {
        Verdict::Up => "none open",
        verdict => verdict_name(verdict),
    };
    let of_host = html! {
        td rowspan=(lines) {
            (finding.address)
            @for name in &finding.hostnames { br; (T(&name.name)) }
            @if let Some(mac) = &finding.mac {
                br; (T(&mac.address)) " " (T(mac.vendor.as_deref().unwrap_or_default()))
            }
            @if let Some(os) = finding.os.first() { br; (T(&os.name)) " (" (os.accuracy) " %)" }
            (scripts(&finding.scripts))
        }
    };
    html! {
        @for (index, port) in ports.iter().enumerate() {
            tr {
                @if index == 0 { (of_host) }
                td { (port.number) "/" (port.protocol.as_str()) }
                td.open[port.state == "open"] { (T(&port.state)) }
                @if let Some(service) = &port.service {
                    td {
                        (T(&service.name))
                        @if let Some(tunnel) = &service.tunnel { " (" (T(tunnel)) ")" }
                    }
                    td {
                        (T(&version(service)))
                        (scripts(&port.scripts))
                    }
                } @else { td {} td { (scripts(&port.scripts)) } }
            }
        }
        @if provisional {
            tr {
                @if ports.is_empty() { (of_host) }
                td { (ports_text(&host.provisional)) }
                td colspan="3" { "announced, not confirmed" }
            }
        } @else if ports.is_empty() {
            tr { (of_host) td colspan="4" { (state) } }
        }
    }
}

fn version(service: &netscan_schemas::host::Service) -> String {
    let parts = [&service.product, &service.version, &service.extra_info];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
}

/// Scripts with what they found; their lines are kept.
fn scripts(scripts: &[Script]) -> Markup {
    let shown = |output: &str| {
        let lines: Vec<String> =
            output.lines().map(|line| inert::text(line).into_owned()).collect();
        let text = lines.join("\n");
        match text.char_indices().nth(SCRIPT_CHARS_MAX) {
            Some((end, _)) => format!("{} ...", &text[..end]),
            None => text,
        }
    };
    html! {
        @for script in scripts {
            details { summary { (T(&script.id)) } pre { (shown(&script.output)) } }
        }
    }
}

fn verdict_bar(counts: &VerdictCounts) -> Markup {
    const WIDTH: f64 = 1000.0;
    let named = [
        (Verdict::Up, counts.up, "up"),
        (Verdict::Down, counts.down, "down"),
        (Verdict::TimedOut, counts.timed_out, "timed out"),
        (Verdict::Unfinished, counts.unfinished, "unfinished"),
        (Verdict::Excluded, counts.excluded, "excluded"),
        (Verdict::Unresolved, counts.unresolved, "unresolved"),
    ];
    let total = counts.total().max(1) as f64;
    let mut x = 0.0;
    let mut parts = Vec::new();
    for (verdict, count, name) in named.into_iter().filter(|(_, count, _)| *count > 0) {
        let width = count as f64 * WIDTH / total;
        parts.push((verdict_name(verdict), x, width, count, name));
        x += width;
    }
    html! {
        svg viewBox="0 0 1000 24" role="img" aria-label="Targets by verdict" {
            @for (class, x, width, count, name) in &parts {
                rect class=(class) x=(format!("{x:.2}")) y="0" width=(format!("{width:.2}")) height="24" {
                    title { (count) " " (name) }
                }
            }
        }
        ul.legend {
            @for (class, _, _, count, name) in &parts {
                li { span class=(format!("key {class}")) {} (count) " " (name) }
            }
        }
    }
}

fn chart(bars: &[Bar]) -> Markup {
    const ROW: usize = 22;
    const NAME_CHARS_MAX: usize = 26;
    let most = bars.iter().map(|bar| bar.hosts).max().unwrap_or(1).max(1) as f64;
    let height = bars.len() * ROW;
    html! {
        svg viewBox=(format!("0 0 460 {height}")) role="img" {
            @for (index, bar) in bars.iter().enumerate() {
                @let name: String = bar.name.chars().take(NAME_CHARS_MAX).collect();
                @let width = bar.hosts as f64 * 220.0 / most;
                @let y = index * ROW;
                text x="0" y=(y + 15) { (T(&name)) }
                rect.bar x="180" y=(y + 3) width=(format!("{width:.1}")) height="16" {}
                text x=(format!("{:.1}", 186.0 + width)) y=(y + 15) { (bar.hosts) }
            }
        }
    }
}

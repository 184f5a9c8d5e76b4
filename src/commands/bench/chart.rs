//! The report as one HTML page with bars, which needs nothing from anywhere else.

use super::report::{Better, Report, Row, State, Suite, Summary, figure};
use std::fmt::Write;

/// Pixels of the longest bar.
const BAR: f64 = 320.0;
/// Where bars begin, behind their names.
const LEFT: f64 = 300.0;
/// Height of a row.
const ROW: f64 = 22.0;

const STYLE: &str = "body{font:15px system-ui,sans-serif;max-width:62rem;margin:2rem auto;\
padding:0 1rem;color:#1c2733;background:#fff}h2{margin-top:2.2rem}li,p{color:#4a5866}\
svg{display:block;margin:.6rem 0 1.2rem;max-width:100%}text{font:12px system-ui,sans-serif;\
fill:#1c2733}.bar{fill:#3b7dd8}.other{fill:#a9b7c6}.range{stroke:#1c2733;stroke-width:1.5}\
.warn{color:#9a4a00}.bad{fill:#b3261e}table{border-collapse:collapse;font-size:13px}\
td,th{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #e3e8ee}";

/// Returns the page.
pub fn page(report: &Report) -> String {
    let mut html =
        String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    // Writing to a string does not fail, here and below.
    let _ = write!(html, "<title>netscan bench</title><style>{STYLE}</style></head><body>");
    html.push_str("<h1>netscan bench</h1>");
    for line in report.machine.lines() {
        let _ = write!(html, "<p>{}</p>", escape(&line));
    }
    for warning in report.machine.warnings() {
        let _ = write!(html, "<p class=\"warn\">{}</p>", escape(&warning));
    }
    for suite in &report.suites {
        add_suite(&mut html, suite);
    }
    html.push_str("</body></html>\n");
    html
}

fn add_suite(html: &mut String, suite: &Suite) {
    let _ = write!(html, "<h2>{}</h2><ul>", escape(suite.suite));
    for condition in &suite.conditions {
        let _ = write!(html, "<li>{}</li>", escape(condition));
    }
    html.push_str("</ul>");
    for unit in units(&suite.rows) {
        let rows: Vec<&Row> = suite.rows.iter().filter(|row| row.unit == unit).collect();
        add_bars(html, &rows);
    }
    html.push_str("<table><tr>");
    for title in super::report::HEADER {
        let _ = write!(html, "<th>{title}</th>");
    }
    html.push_str("</tr>");
    for row in &suite.rows {
        html.push_str("<tr>");
        for cell in row.cells() {
            let _ = write!(html, "<td>{}</td>", escape(&cell));
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
}

/// Returns the units of rows, each once: bars of one chart have the same.
fn units(rows: &[Row]) -> Vec<&'static str> {
    let mut units: Vec<&'static str> = Vec::new();
    for row in rows {
        if !units.contains(&row.unit) {
            units.push(row.unit);
        }
    }
    units
}

/// Draws a bar for each median, with a line from the least to the most.
fn add_bars(html: &mut String, rows: &[&Row]) {
    let summaries = rows.iter().filter_map(|row| row.summary);
    let most = summaries.map(|summary| summary.max).fold(0.0, f64::max);
    let height = ROW * rows.len() as f64 + 24.0;
    let direction = match rows.first().map(|row| row.better) {
        Some(Better::Lower) => "less is better",
        Some(Better::Higher) | None => "more is better",
    };
    let unit = rows.first().map_or("", |row| row.unit);
    let _ = write!(
        html,
        "<svg viewBox=\"0 0 900 {height}\" role=\"img\" width=\"900\"><text x=\"0\" y=\"14\" \
         font-weight=\"bold\">{} ({direction})</text>",
        escape(unit)
    );
    for (index, row) in rows.iter().enumerate() {
        let top = 24.0 + ROW * index as f64;
        let base = top + 14.0;
        let _ = write!(html, "<text x=\"0\" y=\"{base}\">{}</text>", escape(&row.what));
        match row.summary {
            Some(summary) if most > 0.0 => add_bar(html, row, summary, most, top),
            Some(_) | None => {
                let why = row.reason.as_deref().unwrap_or("0");
                let _ = write!(html, "<text x=\"{LEFT}\" y=\"{base}\">{}</text>", escape(why));
            }
        }
    }
    html.push_str("</svg>");
}

fn add_bar(html: &mut String, row: &Row, summary: Summary, most: f64, top: f64) {
    let Summary { median, min, max } = summary;
    let at = |value: f64| LEFT + BAR * value / most;
    let is_ours = !["/floor", "/xargs", "/quick-xml"].iter().any(|name| row.name.contains(name));
    let class = if is_ours { "bar" } else { "other" };
    let _ = write!(
        html,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\"/>",
        top + 3.0,
        (at(median) - LEFT).max(0.5)
    );
    let middle = top + 10.0;
    let _ = write!(
        html,
        "<line class=\"range\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>",
        at(min),
        at(max)
    );
    let mut note = figure(median);
    for ratio in &row.ratios {
        let _ = write!(note, ", {}x {}", figure(ratio.summary.median), ratio.label);
    }
    let class = if row.state == State::Failed { " class=\"bad\"" } else { "" };
    if row.state == State::Failed {
        let _ = write!(note, ", FAILED: {}", row.reason.as_deref().unwrap_or_default());
    }
    let _ = write!(
        html,
        "<text{class} x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        at(max) + 8.0,
        top + 14.0,
        escape(&note)
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bench::machine::Machine;

    #[test]
    fn the_page_is_whole_and_takes_nothing_from_elsewhere() {
        let nmap = netscan_nmap::locate::locate(Some(std::path::Path::new("/nowhere")));
        let floor = Row::new("a/floor/x", "<floor>", "s", Better::Lower, vec![1.0, 2.0]);
        let ours = Row::new("a/netscan/x", "netscan", "s", Better::Lower, vec![2.0, 2.0]);
        let none = Row::without("a/xargs", "xargs", "s", State::Skipped, "there is no xargs");
        let rows = vec![ours.against(&floor, "floor"), floor, none];
        let suite = Suite { suite: "a", conditions: vec!["1 < 2".into()], took_ms: 1, rows };
        let machine = Machine::look(&nmap, std::path::Path::new("/"));
        let page = page(&Report { machine, quick: true, took_ms: 1, suites: vec![suite] });
        for tag in ["html", "body", "svg", "table", "tr", "ul"] {
            let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
            assert!(page.contains(&close), "{tag}");
            assert!(page.matches(&open).count() >= page.matches(&close).count(), "{tag}");
        }
        assert_eq!(page.matches("<rect").count(), 2);
        assert!(page.contains("&lt;floor&gt;") && page.contains("1.50x floor"));
        assert!(page.contains("there is no xargs"));
        assert!(!page.contains("http") && !page.contains("src=") && !page.contains("<script"));
    }
}

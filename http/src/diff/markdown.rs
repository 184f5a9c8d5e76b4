//! A comparison as a report in Markdown: a table of what differs under the counts of it.

use super::text::{about, counts, how, said, scan, side, spoken};
use crate::export::escape_markdown as escape;
use netscan_schemas::api::{Change, DiffHost, DiffLine};

/// Returns a part.
pub fn part(part: &DiffLine, is_first: bool) -> String {
    match part {
        DiffLine::Scans { before, after } => {
            let title = format!("Scan {} compared with scan {}", after.scan_id, before.scan_id);
            let (before, after) = (escape(&scan(before)), escape(&scan(after)));
            format!("# {title}\n\n- Before: {before}\n- After: {after}\n\n")
        }
        DiffLine::Host(host) => {
            let head = match is_first {
                true => "| | Host | Name | What | Before | After |\n|---|---|---|---|---|---|\n",
                false => "",
            };
            format!("{head}{}", rows(host))
        }
        DiffLine::Summary(summary) => format!("\n{}\n", escape(&counts(summary))),
    }
}

fn rows(host: &DiffHost) -> String {
    let (sign, what) = how(host);
    let name = host.hostname.as_deref().unwrap_or_default();
    let mut rows = row(sign, [&host.address, name, &what, "", ""]);
    for port in &host.ports {
        let sign = match port.change {
            Change::Appeared => '+',
            Change::Vanished => '-',
            Change::Changed => '~',
            Change::OnlyBefore | Change::OnlyAfter => '?',
        };
        let id = format!("{}/{}", port.port, port.protocol);
        let (before, after) = (spoken(&side(&port.before)), spoken(&side(&port.after)));
        rows.push_str(&row(sign, ["", "", &id, &before, &after]));
        for script in &port.scripts {
            let about = format!("{id} {}", about(script));
            let (before, after) =
                (said(script.kind, &script.before), said(script.kind, &script.after));
            rows.push_str(&row('~', ["", "", &about, &before, &after]));
        }
    }
    for detail in &host.details {
        let (before, after) = (said(detail.kind, &detail.before), said(detail.kind, &detail.after));
        rows.push_str(&row('~', ["", "", &about(detail), &before, &after]));
    }
    rows
}

fn row(sign: char, cells: [&str; 5]) -> String {
    let cells: String = cells.iter().map(|cell| format!(" {} |", escape(cell))).collect();
    format!("| {} |{cells}\n", escape(&sign.to_string()))
}

//! A comparison as lines for people.
//!
//! ```text
//! + 10.0.0.3: down before, up now
//! ~ 10.0.0.1 (web.example): changed
//!     - 80/tcp open http nginx (now closed)
//!     ~ os: Linux 5.0 -> Linux 6.1
//! ? 10.0.0.9: up before, not scanned now
//! ```

use netscan_schemas::{
    api::{
        Change, DetailKind, DiffDetail, DiffHost, DiffLine, DiffPort, DiffPortSide, DiffSide,
        DiffSummary, Known,
    },
    inert,
};

/// Characters of what a script says that are shown.
const SAID_CHARS_MAX: usize = 120;

/// Returns the lines of a part.
pub fn part(part: &DiffLine) -> String {
    let lines = match part {
        DiffLine::Scans { before, after } => {
            vec![format!("--- {}", scan(before)), format!("+++ {}", scan(after))]
        }
        DiffLine::Host(host) => lines(host),
        DiffLine::Summary(summary) => vec![counts(summary)],
    };
    lines.iter().map(|line| format!("{}\n", inert::text(line))).collect()
}

/// Returns a scan: its number, name, where it stands, and when it started.
pub fn scan(side: &DiffSide) -> String {
    let name = side.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let started = side.started_at.map_or_else(String::new, |at| format!(", {at}"));
    format!("scan {}{name} {}{started}", side.scan_id, side.status)
}

/// Returns a sign and words for how a host differs.
pub fn how(host: &DiffHost) -> (char, String) {
    match (host.change, host.before, host.after) {
        (Change::Appeared, _, _) => ('+', "down before, up now".to_owned()),
        (Change::Vanished, _, _) => ('-', "up before, down now".to_owned()),
        (Change::Changed, _, _) => ('~', "changed".to_owned()),
        (_, Known::Up, Known::Up) => ('?', "up in both; not the same ports were probed".to_owned()),
        (_, Known::Up, after) => ('?', format!("up before, {} now", words(after))),
        (_, before, _) => ('?', format!("up now, {} before", words(before))),
    }
}

fn lines(host: &DiffHost) -> Vec<String> {
    let name = host.hostname.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let (sign, what) = how(host);
    let mut lines = vec![format!("{sign} {}{name}: {what}", host.address)];
    for found in &host.ports {
        lines.push(format!("    {}", port(found)));
        lines.extend(found.scripts.iter().map(|script| format!("        ~ {}", detail(script))));
    }
    lines.extend(host.details.iter().map(|found| format!("    ~ {}", detail(found))));
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
        Change::Changed if before == after => format!("~ {id} {after}"),
        Change::Changed => format!("~ {id} {before} -> {after}"),
        Change::OnlyBefore => format!("? {id} {before} (now {})", spoken(&port.after.state)),
        Change::OnlyAfter => format!("? {id} {after} (was {})", spoken(&port.before.state)),
    }
}

/// Returns a state for people.
pub fn spoken(state: &str) -> String {
    state.replace('_', " ")
}

/// Returns what is known of a port: `open http nginx 1.24`.
pub fn side(side: &DiffPortSide) -> String {
    let parts = [&side.service, &side.product, &side.version, &side.extra_info];
    let parts = parts.into_iter().flatten().map(String::as_str);
    std::iter::once(side.state.as_str()).chain(parts).collect::<Vec<_>>().join(" ")
}

/// Returns a detail: `os: Linux 5.0 -> Linux 6.1`.
pub fn detail(detail: &DiffDetail) -> String {
    let (before, after) = (said(detail.kind, &detail.before), said(detail.kind, &detail.after));
    format!("{}: {before} -> {after}", about(detail))
}

/// Returns what a detail is about.
pub fn about(detail: &DiffDetail) -> String {
    let kind = match detail.kind {
        DetailKind::Hostnames => "names",
        DetailKind::Mac => "MAC",
        DetailKind::Os => "os",
        DetailKind::ExtraPorts => "not shown",
        DetailKind::Script => "script",
    };
    match &detail.id {
        Some(id) => format!("{kind} {id}"),
        None => kind.to_owned(),
    }
}

/// Returns what one scan says; of a script in one line, and of a long one its beginning.
pub fn said(kind: DetailKind, texts: &[String]) -> String {
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    let joined = texts.join(", ");
    if kind != DetailKind::Script {
        return joined;
    }
    let mut words = joined.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(SAID_CHARS_MAX) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// Returns the counts in a sentence.
pub fn counts(summary: &DiffSummary) -> String {
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

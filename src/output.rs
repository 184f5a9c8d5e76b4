//! What is printed: one sanitiser, one place that knows of terminals and colour.

use crate::{
    cli::{Args, Color},
    exit::Failure,
    words::spoken,
};
use comfy_table::{ContentArrangement, Table, presets};
use netscan_schemas::inert;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Where output goes, and how.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Whether to print JSON and nothing else.
    pub json: bool,
    /// Whether standard error is a terminal that a progress bar may use.
    pub live: bool,
    /// Whether standard output takes colour.
    pub colour: bool,
    /// Whether remarks are left out: something else has the screen.
    pub quiet: bool,
}

/// Returns whether to use colour on a stream.
pub fn colours(color: Color, stream: &impl IsTerminal) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}

impl Output {
    /// Returns the output that the command line asks for.
    pub fn new(args: &Args) -> Self {
        Self {
            json: args.json,
            live: !args.json && io::stderr().is_terminal(),
            colour: colours(args.color, &io::stdout()),
            quiet: false,
        }
    }

    /// Prints a line.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.bytes(format!("{}\n", clean(text)).as_bytes())
    }

    /// Prints bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let wrote = stdout.write_all(bytes).and_then(|()| stdout.flush());
        wrote.map_err(|source| Failure::Io { what: "writing to standard output".into(), source })
    }

    /// Prints a value as JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::Io { what: "writing JSON".into(), source: error.into() })?;
        self.json_text(&text)
    }

    /// Prints JSON that is text already. What could take over a terminal is written as JSON's own
    /// escapes, which mean the same.
    pub fn json_text(&self, text: &str) -> Result<(), Failure> {
        self.bytes(format!("{}\n", inert::json(text)).as_bytes())
    }

    /// Prints a table, fitted to the terminal.
    pub fn table(&self, header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
        let width = Table::new().width();
        self.bytes(format!("{}\n", table(header, rows, width)).as_bytes())
    }

    /// Prints a remark that is no result.
    pub fn note(&self, text: &str) {
        if self.quiet {
            return;
        }
        // There is nowhere to tell that standard error is gone.
        let _ = writeln!(io::stderr(), "{}", clean(text));
    }

    /// Prints a failure with its causes, once.
    pub fn error(&self, failure: &Failure) {
        let mut text = match failure {
            // Its errors follow, line by line.
            Failure::Problem(problem) if !problem.errors.is_empty() => {
                format!("netscan: {}", problem.title)
            }
            failure => format!("netscan: {failure}"),
        };
        text.push_str(&causes(failure));
        self.note(&text);
        if let Failure::Problem(problem) = failure {
            for error in &problem.errors {
                self.note(&format!("  {}", spoken(error)));
            }
        }
        if let Some(remedy) = failure.remedy() {
            self.note(&format!("  {remedy}"));
        }
    }
}

/// Returns the causes of an error, each behind a colon.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Returns a table, fitted to a width where that is known. A terminal that says 0 does not know.
fn table(header: &[&str], rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        None | Some(0) => table.set_content_arrangement(ContentArrangement::Disabled),
        Some(width) => table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic),
    };
    table.set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell)));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Makes text of strangers harmless for a terminal: control and direction characters are shown
/// as escapes, so that a banner cannot move the cursor or reverse what is read.
pub fn clean(text: &str) -> String {
    inert::text(text).into_owned()
}

/// Returns a number of bytes for people: `512 B`, `4.2 MiB`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// Returns a time for people: `1.2 s`, `3 min 20 s`, `2 h 5 min`.
pub fn human_ms(ms: u64) -> String {
    match ms / 1000 {
        0..60 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        secs @ 60..3600 => format!("{} min {} s", secs / 60, secs % 60),
        secs => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The payloads of `tests/fixtures/payloads.txt` as text, each with its name.
    pub fn payloads() -> Vec<(String, String)> {
        let file = include_str!("../tests/fixtures/payloads.txt");
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        let all: Vec<_> = lines
            .map(|line| {
                let (name, escaped) = line.split_once('\t').unwrap();
                let mut bytes = Vec::new();
                let mut rest = escaped.bytes();
                while let Some(byte) = rest.next() {
                    bytes.push(match byte {
                        b'\\' => match rest.next() {
                            Some(b'x') => {
                                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                                u8::from_str_radix(str::from_utf8(&hex).unwrap(), 16).unwrap()
                            }
                            _ => b'\\',
                        },
                        byte => byte,
                    });
                }
                (name.to_owned(), String::from_utf8_lossy(&bytes).into_owned())
            })
            .collect();
        assert!(all.len() >= 60);
        all
    }

    #[test]
    fn payloads_cannot_take_over_a_table_or_a_line() {
        for (name, text) in payloads() {
            let line = clean(&text);
            assert!(!line.chars().any(inert::is_harmful), "{name}: {line:?}");
            for width in [None, Some(80)] {
                let shown = table(&["SERVICE"], vec![vec![text.clone()]], width);
                let lines: Vec<&str> = shown.lines().collect();
                assert!(width.is_some() || lines.len() == 2, "{name}: {shown:?}");
                for line in lines {
                    assert!(!line.chars().any(inert::is_harmful), "{name}: {line:?}");
                }
            }
            let document = serde_json::to_string_pretty(&vec![&text]).unwrap();
            let safe = inert::json(&document);
            assert!(!safe.chars().any(|c| inert::is_harmful(c) && c != '\n'), "{name}: {safe:?}");
            assert_eq!(serde_json::from_str::<Vec<String>>(&safe).unwrap(), [text], "{name}");
        }
    }

    #[test]
    fn a_banner_cannot_take_over_the_terminal() {
        let table = [
            ("plain text, ünïcödé", "plain text, ünïcödé"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}exe.txt", "\\u{202e}exe.txt"),
            ("\u{7f}", "\\u{7f}"),
        ];
        for (hostile, shown) in table {
            assert_eq!(clean(hostile), shown);
        }
    }

    #[test]
    fn bytes_for_people() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (16 << 20, "16.0 MiB"),
            (5 << 40, "5.0 TiB"),
        ] {
            assert_eq!(human_bytes(bytes), shown);
        }
    }

    #[test]
    fn times_for_people() {
        for (ms, shown) in [(0, "0.0 s"), (1_250, "1.2 s"), (200_000, "3 min 20 s")] {
            assert_eq!(human_ms(ms), shown);
        }
        assert_eq!(human_ms(7_500_000), "2 h 5 min");
    }

    #[test]
    fn tables_are_plain() {
        let row =
            || vec![vec!["22/tcp".into(), "open\u{1b}".into(), "a long line of words".into()]];
        for width in [None, Some(0), Some(80)] {
            let shown = table(&["port", "state", "service"], row(), width);
            assert_eq!(shown.lines().count(), 2, "{width:?}: {shown}");
            assert!(shown.contains("open\\u{1b}"), "{width:?}: {shown}");
        }
        let shown = table(&["port", "state", "service"], row(), Some(30));
        assert!(shown.lines().count() > 2, "fitted: {shown}");
    }
}

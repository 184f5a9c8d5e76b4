//! What is shown at the end: a table for people, a file for programs.

use crate::trial::Found;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Violations of a fault that are spelt out; the file for programs has all of them.
const SHOWN_MAX: usize = 10;

/// What became of a fault.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) what: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) why: Option<String>,
    pub(crate) seconds: f64,
    #[serde(flatten)]
    pub(crate) found: Found,
}

/// Whether the promises held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Held,
    Violated,
    Skipped,
    Excepted,
    NotDrivenHere,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Violated => "VIOLATED",
            Self::Skipped => "skipped",
            Self::Excepted => "not run: excepted by --except",
            Self::NotDrivenHere => "not driven here",
        }
    }
}

/// A whole run, as it is written for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) seed: u64,
    pub(crate) quick: bool,
    pub(crate) version: &'a str,
    pub(crate) violated: bool,
    pub(crate) rows: &'a [Row],
}

impl Row {
    fn lost(&self) -> String {
        let Found { lost, addresses, repeated, .. } = &self.found;
        match (self.verdict, lost.len(), addresses) {
            (Verdict::Held | Verdict::Violated, 0, 0) => "nothing".into(),
            (Verdict::Held | Verdict::Violated, 0, _) => {
                format!("nothing; {repeated} of {addresses} addresses scanned again")
            }
            (Verdict::Held | Verdict::Violated, count, _) => format!("{count} acknowledged things"),
            _ => String::new(),
        }
    }
}

/// Returns the table, and below it what was violated and noted.
pub(crate) fn text(rows: &[Row], seed: u64, with_notes: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["fault", "what happens", "runs", "lost", "seconds", "verdict"]);
    for row in rows {
        let ran = matches!(row.verdict, Verdict::Held | Verdict::Violated);
        let number = |text: String| if ran { text } else { String::new() };
        let verdict = match &row.why {
            Some(why) => format!("{}: {why}", row.verdict.as_str()),
            None => row.verdict.as_str().to_owned(),
        };
        table.add_row([
            row.fault.to_owned(),
            row.what.to_owned(),
            number(row.found.runs.to_string()),
            row.lost(),
            number(format!("{:.1}", row.seconds)),
            verdict,
        ]);
    }
    let mut text = format!("{table}\n");
    for row in rows {
        let Found { lost, broken, notes, .. } = &row.found;
        for (kind, list) in [("LOST", lost), ("BROKEN", broken)] {
            for what in list.iter().take(SHOWN_MAX) {
                text.push_str(&format!("{} {kind}: {what}\n", row.fault));
            }
            if let Some(more) = list.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
                text.push_str(&format!("{} {kind}: {more} more, see --json\n", row.fault));
            }
        }
        if row.verdict == Verdict::Violated {
            text.push_str(&format!("  again: chaos --only {} --seed {seed}\n", row.fault));
        }
        for what in notes.iter().filter(|_| with_notes || row.verdict == Verdict::Violated) {
            text.push_str(&format!("{} note: {what}\n", row.fault));
        }
    }
    text
}

//! What a bench has measured, as JSON and as a table.
//!
//! Ratios are taken run by run: of interleaved runs, each is compared with the one beside it, so
//! that a machine that is busy for a while slows both.

use super::machine::Machine;
use serde::Serialize;

/// All that was measured; the shape of `--json`, which `benches/README.md` documents.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine, and what ran on it.
    pub machine: Machine,
    /// Whether it was a short run, whose figures are rough.
    pub quick: bool,
    /// How long all of it took.
    pub took_ms: u64,
    /// The suites, in the order in which they ran.
    pub suites: Vec<Suite>,
}

impl Report {
    /// Returns whether something that should have been measured was not, or was wrong.
    pub fn has_failures(&self) -> bool {
        self.suites.iter().flat_map(|suite| &suite.rows).any(|row| row.state == State::Failed)
    }
}

/// What one suite has measured.
#[derive(Debug, Serialize)]
pub struct Suite {
    /// Its name.
    pub suite: &'static str,
    /// How it was measured: what has to be known to compare figures.
    pub conditions: Vec<String>,
    /// How long it took.
    pub took_ms: u64,
    /// Its figures.
    pub rows: Vec<Row>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its name, which stays: `batches/stand-in/netscan/wall`.
    pub name: String,
    /// What it says.
    pub what: String,
    /// What it counts.
    pub unit: &'static str,
    /// Which way is good.
    pub better: Better,
    /// Whether there is a figure.
    pub state: State,
    /// Why there is none, or what is wrong with it.
    pub reason: Option<String>,
    /// Each run's figure, in the order of the runs.
    pub samples: Vec<f64>,
    /// The figure in the middle; none without a figure.
    #[serde(flatten)]
    pub summary: Option<Summary>,
    /// How it compares with others of the same runs.
    pub ratios: Vec<Ratio>,
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less of it.
    Lower,
    /// More of it.
    Higher,
}

/// Whether a row has a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has.
    Measured,
    /// It could not be measured here: something that it needs is missing.
    Skipped,
    /// Measuring went wrong, or what was measured is wrong.
    Failed,
}

/// Median, least and most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The figure in the middle; of an even number, the mean of the two there.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

/// How many times as much as another row, run by run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// The other row's name.
    pub to: String,
    /// What the other is called in the table.
    #[serde(skip)]
    pub label: &'static str,
    /// The quotients of the runs.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Sums figures up; none are nothing.
pub fn summarize(samples: &[f64]) -> Option<Summary> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    Some(Summary { median: f64::midpoint(low, high), min, max })
}

/// Divides figures by those of the same runs. Runs without a figure on both sides, and those of
/// the other that are nothing, have no quotient.
pub fn quotients(of: &[f64], to: &[f64]) -> Option<Summary> {
    let pairs = of.iter().zip(to).filter(|(_, to)| **to > 0.0);
    let quotients: Vec<f64> = pairs.map(|(of, to)| of / to).collect();
    summarize(&quotients)
}

impl Row {
    /// Returns a row of these figures; without any it has failed.
    pub fn new(
        name: impl Into<String>,
        what: impl Into<String>,
        unit: &'static str,
        better: Better,
        samples: Vec<f64>,
    ) -> Self {
        let summary = summarize(&samples);
        let (state, reason) = match summary {
            Some(_) => (State::Measured, None),
            None => (State::Failed, Some("no run came to an end".to_owned())),
        };
        let (name, what) = (name.into(), what.into());
        Self { name, what, unit, better, state, reason, samples, summary, ratios: Vec::new() }
    }

    /// Returns a row without a figure.
    pub fn without(
        name: impl Into<String>,
        what: impl Into<String>,
        unit: &'static str,
        state: State,
        reason: impl Into<String>,
    ) -> Self {
        let mut row = Self::new(name, what, unit, Better::Lower, Vec::new());
        (row.state, row.reason) = (state, Some(reason.into()));
        row
    }

    /// Compares the row with another of the same runs, if both have figures.
    #[must_use]
    pub fn against(mut self, other: &Self, label: &'static str) -> Self {
        if let Some(summary) = quotients(&self.samples, &other.samples) {
            self.ratios.push(Ratio { to: other.name.clone(), label, summary });
        }
        self
    }

    /// Says that what was measured is wrong.
    #[must_use]
    pub fn failing(mut self, reason: Option<String>) -> Self {
        if reason.is_some() {
            (self.state, self.reason) = (State::Failed, reason);
        }
        self
    }

    /// Returns the row's cells of the table.
    pub fn cells(&self) -> Vec<String> {
        let (median, range) = match self.summary {
            Some(Summary { median, min, max }) if self.samples.len() > 1 => {
                (figure(median), format!("{}..{}", figure(min), figure(max)))
            }
            Some(Summary { median, .. }) => (figure(median), String::new()),
            None => ("-".to_owned(), String::new()),
        };
        let mut ratios: Vec<String> = self.ratios.iter().map(ToString::to_string).collect();
        let word = match self.state {
            State::Measured => None,
            State::Skipped => Some("skipped"),
            State::Failed => Some("FAILED"),
        };
        ratios.extend(
            word.map(|word| format!("{word}: {}", self.reason.as_deref().unwrap_or_default())),
        );
        vec![self.what.clone(), median, range, self.unit.to_owned(), ratios.join(", ")]
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary { median, min, max } = self.summary;
        write!(f, "{}x {} ({}..{})", figure(median), self.label, figure(min), figure(max))
    }
}

/// The table's header.
pub const HEADER: [&str; 5] = ["WHAT", "MEDIAN", "MIN..MAX", "UNIT", "COMPARED, RUN BY RUN"];

/// Returns a figure with three digits that count.
pub fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1e6 => format!("{:.3} M", value / 1e6).replace(".000", ""),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size >= 0.001 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(median: f64, min: f64, max: f64) -> Summary {
        Summary { median, min, max }
    }

    #[test]
    fn figures_are_summed_up() {
        let table: [(&[f64], Option<Summary>); 4] = [
            (&[], None),
            (&[2.0], Some(summary(2.0, 2.0, 2.0))),
            (&[3.0, 1.0, 2.0], Some(summary(2.0, 1.0, 3.0))),
            (&[4.0, 1.0, 2.0, 3.0], Some(summary(2.5, 1.0, 4.0))),
        ];
        for (samples, expected) in table {
            assert_eq!(summarize(samples), expected, "{samples:?}");
        }
    }

    #[test]
    fn ratios_are_of_runs_side_by_side() {
        // A machine that becomes ten times slower changes no ratio.
        let slower = quotients(&[1.1, 11.0, 110.0], &[1.0, 10.0, 100.0]).unwrap();
        for value in [slower.median, slower.min, slower.max] {
            assert!((value - 1.1).abs() < 1e-9, "{slower:?}");
        }
        assert_eq!(quotients(&[2.0, 9.0], &[1.0, 3.0]), Some(summary(2.5, 2.0, 3.0)));
        // The median of quotients, not the quotient of medians.
        assert_eq!(quotients(&[1.0, 2.0, 30.0], &[1.0, 4.0, 10.0]), Some(summary(1.0, 0.5, 3.0)));
        assert_eq!(quotients(&[1.0, 2.0], &[0.0, 2.0]), Some(summary(1.0, 1.0, 1.0)));
        assert_eq!(quotients(&[1.0], &[]), None);
    }

    #[test]
    fn a_row_says_how_it_compares_and_what_went_wrong() {
        let floor = Row::new("a/floor", "floor", "s", Better::Lower, vec![1.0, 2.0]);
        let row = Row::new("a/netscan", "netscan", "s", Better::Lower, vec![1.5, 2.5]);
        let row = row.against(&floor, "floor");
        assert_eq!(row.cells(), ["netscan", "2.00", "1.50..2.50", "s", "1.38x floor (1.25..1.50)"]);
        let row = row.failing(Some("3 lost".into()));
        assert_eq!(row.state, State::Failed);
        assert!(row.cells()[4].ends_with("FAILED: 3 lost"));
        let none = Row::without("a/xargs", "xargs", "s", State::Skipped, "no xargs");
        assert_eq!(none.cells(), ["xargs", "-", "", "s", "skipped: no xargs"]);
        let json = serde_json::to_value(&none).unwrap();
        assert_eq!(json["state"], "skipped");
        assert!(json.get("median").is_none());
        assert_eq!(Row::new("x", "x", "s", Better::Lower, vec![]).state, State::Failed);
    }

    #[test]
    fn figures_for_people() {
        for (value, shown) in [
            (0.0, "0"),
            (0.000_012, "1.2e-5"),
            (0.0123, "0.012"),
            (1.234, "1.23"),
            (56.78, "56.8"),
            (1234.4, "1234"),
            (5_600_000.0, "5.600 M"),
            (2_000_000.0, "2 M"),
        ] {
            assert_eq!(figure(value), shown);
        }
    }
}

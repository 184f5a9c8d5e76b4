//! Scans simulated networks with fixed splits of bare nmaps and with netscan, in turn, and compares
//! times and open ports: is what netscan chooses by itself as good as the best split by hand?
//!
//! ```text
//! a row ─► plan ─► simnet ─┬─ xargs -P PLACES nmap FLAGS -iL CHUNK     fixed splits, `64x16`
//!                          └─ netscan scan TARGETS -- FLAGS            nothing tuned
//!             └─► truth ─── compared with the ports that each of them found
//! ```
//!
//! Every scan has a network namespace of its own, so nothing outside of it gets a packet. It takes
//! root; without, this says so in one line and ends with 0. Contenders take turns within a run, so
//! that a busy moment of the machine hits all of them.

mod contender;
mod rows;

use clap::Parser;
use contender::{Contender, Outcome};
use netscan_test_support::SimulatedNet;
use rows::{ROWS, Row};
use serde::Serialize;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Compares netscan with fixed splits of bare nmaps in simulated networks.
#[derive(Debug, Parser)]
struct Args {
    /// The binary to measure; the one beside this program when left out. More than one are
    /// compared.
    #[arg(long, value_name = "PATH")]
    netscan: Vec<PathBuf>,
    /// Only rows whose names begin so.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// These splits instead of each row's own, as BATCHESxPLACES; `none` for none.
    #[arg(long, value_delimiter = ',', value_name = "NxP")]
    splits: Vec<String>,
    /// How often each contender scans each row.
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// List the rows, and do nothing.
    #[arg(long)]
    list: bool,
    /// Write the figures to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            say(&format!("race: {error}"));
            ExitCode::from(2)
        }
    }
}

/// What one contender made of a row.
#[derive(Debug, Serialize)]
struct Entry {
    row: &'static str,
    contender: String,
    /// Whether it is bare nmaps, whatever the binary to compare with is called.
    #[serde(skip)]
    is_split: bool,
    outcomes: Vec<Outcome>,
}

impl Entry {
    fn median_s(&self) -> f64 {
        let mut times: Vec<f64> = self.outcomes.iter().map(|outcome| outcome.wall_s).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::INFINITY)
    }
}

/// Returns whether every scan was carried out.
fn run(args: &Args) -> Result<bool> {
    let is_wanted = |row: &&Row| {
        args.only.is_empty() || args.only.iter().any(|name| row.name.starts_with(name))
    };
    let rows: Vec<&Row> = ROWS.iter().filter(is_wanted).collect();
    if rows.is_empty() {
        return Err("no row has such a name; --list shows them".into());
    }
    if args.list {
        rows.iter().for_each(|row| say(&format!("{:<18}{}", row.name, row.about)));
        return Ok(true);
    }
    if let Some(why) = SimulatedNet::missing()? {
        say(&why);
        return Ok(true);
    }
    let mut entries = Vec::new();
    for row in rows {
        entries.extend(race(row, args)?);
    }
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&entries)?)?;
    }
    Ok(entries.iter().flat_map(|entry| &entry.outcomes).all(|outcome| outcome.succeeded))
}

/// Lets all contenders scan a row, and prints how they did.
fn race(row: &'static Row, args: &Args) -> Result<Vec<Entry>> {
    let net = SimulatedNet::new(row.plan)?;
    let open = contender::open_in(&net, row)?;
    let contenders = contenders(row, args)?;
    let mut entries: Vec<Entry> = contenders
        .iter()
        .map(|contender| Entry {
            row: row.name,
            contender: contender.to_string(),
            is_split: matches!(contender, Contender::Split { .. }),
            outcomes: Vec::new(),
        })
        .collect();
    for _ in 0..args.runs {
        for (contender, entry) in contenders.iter().zip(&mut entries) {
            let outcome = contender.scan(&net, row)?;
            say(&format!(
                "{:<18}{:<28}{:>7.1} s  {} of {open} ports{}",
                row.name,
                entry.contender,
                outcome.wall_s,
                outcome.open,
                if outcome.succeeded { "" } else { "  FAILED" },
            ));
            entry.outcomes.push(outcome);
        }
    }
    summarise(row, &entries);
    Ok(entries)
}

fn contenders(row: &Row, args: &Args) -> Result<Vec<Contender>> {
    let splits: Vec<String> = match args.splits.as_slice() {
        [] => row.splits.iter().map(|split| (*split).to_owned()).collect(),
        [none] if none == "none" => Vec::new(),
        given => given.to_vec(),
    };
    let mut contenders = Vec::new();
    for split in splits {
        contenders.push(Contender::split(&split)?);
    }
    let beside = || -> Result<PathBuf> {
        let path = std::env::current_exe()?.with_file_name("netscan");
        let missing = format!("there is no {}; name it with --netscan", path.display());
        if path.is_file() { Ok(path) } else { Err(missing.into()) }
    };
    let binaries = if args.netscan.is_empty() { vec![beside()?] } else { args.netscan.clone() };
    contenders.extend(binaries.into_iter().map(Contender::Netscan));
    Ok(contenders)
}

/// Prints medians, and their ratio to the best fixed split.
fn summarise(row: &Row, entries: &[Entry]) {
    summary(row, entries).iter().for_each(|line| say(line));
}

fn summary(row: &Row, entries: &[Entry]) -> Vec<String> {
    let (splits, others): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| entry.is_split);
    let best = splits.into_iter().min_by(|a, b| a.median_s().total_cmp(&b.median_s()));
    let Some(best) = best else { return Vec::new() };
    let line = |entry: &Entry| {
        format!(
            "{:<18}{}: {:.1} s, {:.2} of the best split ({}, {:.1} s)",
            row.name,
            entry.contender,
            entry.median_s(),
            entry.median_s() / best.median_s(),
            best.contender,
            best.median_s(),
        )
    };
    others.into_iter().map(line).collect()
}

fn say(line: &str) {
    // With standard output gone, the exit code has to do.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_of_any_name_is_compared_with_the_splits() {
        let entry = |contender: &str, is_split, wall_s| Entry {
            row: ROWS[0].name,
            contender: contender.to_owned(),
            is_split,
            outcomes: vec![Outcome { wall_s, open: 1, succeeded: true }],
        };
        let entries = [entry("8x2", true, 2.0), entry("before", false, 1.0)];
        let lines = summary(&ROWS[0], &entries);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("before: 1.0 s, 0.50 of the best split (8x2"), "{lines:?}");
    }
}

//! `plan`: how fast targets become address sets, and these become batches.

use super::{
    Bench,
    measure::{memory, monotonic_ns, reset_peak},
    part::Part,
    report::{Better, Row, Suite},
};
use crate::exit::Failure;
use netscan_nmap::{command::target_lines, targets};
use netscan_schemas::AddressSet;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// Lines of single addresses.
const LINES: u32 = 100_000;
/// Networks that are taken out of all of IPv4.
const EXCLUDES: u32 = 50_000;
/// Addresses in a batch.
const CHUNK: u128 = 256;
/// Batches that are cut of each set at most.
const BATCHES_MAX: u64 = 100_000;

/// What a part does: one run, in a process whose memory holds nothing else yet.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {}

/// What it took.
#[derive(Debug, Serialize, Deserialize)]
pub struct Took {
    lines_per_s: f64,
    whole_ms: f64,
    whole_cut_per_s: f64,
    holes_ms: f64,
    holes_kib: f64,
    holes_cut_per_s: f64,
}

/// Measures in a process of its own.
pub async fn run(bench: &Bench) -> Result<Suite, Failure> {
    bench.tell("plan");
    let mut took: Vec<Took> = Vec::new();
    for _ in 0..bench.limits.runs {
        took.push(Part::result("plan", &Spec {}).await?);
    }
    let row = |name: &str, what: &str, unit, better, of: fn(&Took) -> f64| {
        Row::new(format!("plan/{name}"), what, unit, better, took.iter().map(of).collect())
    };
    let (higher, lower) = (Better::Higher, Better::Lower);
    let rows = vec![
        row("lines", "reading single addresses", "lines/s", higher, |took| took.lines_per_s),
        row("slash8/build", "a /8: reading it", "ms", lower, |took| took.whole_ms),
        row("slash8/cut", "a /8: batches", "batches/s", higher, |took| took.whole_cut_per_s),
        row("slash0/build", "a /0 minus excludes: building", "ms", lower, |took| took.holes_ms),
        row("slash0/memory", "a /0 minus excludes: memory", "KiB", lower, |took| took.holes_kib),
        row("slash0/cut", "a /0 minus excludes: batches", "batches/s", higher, |took| {
            took.holes_cut_per_s
        }),
    ];
    let conditions = vec![format!(
        "{LINES} lines of one address; {EXCLUDES} excluded /24 and /32; batches of {CHUNK} \
         addresses with the lines that nmap is given, {BATCHES_MAX} at most; {} runs",
        bench.limits.runs
    )];
    Ok(bench.suite("plan", conditions, rows))
}

/// Builds and cuts plans.
pub fn part(_: &Spec) -> Result<Took, Box<dyn std::error::Error>> {
    let excludes: Vec<String> = (0..EXCLUDES).map(exclude).collect();
    let me = std::process::id();
    reset_peak(me)?;
    let before = memory(me)?.now;
    let begun = monotonic_ns();
    let left = read(&["0.0.0.0/0"])?.difference(&read(&excludes)?);
    let holes_ms = secs(begun) * 1000.0;
    let holes_kib = memory(me)?.peak.saturating_sub(before) as f64 / 1024.0;
    let holes_cut_per_s = cut(&left);

    let begun = monotonic_ns();
    let whole = read(&["10.0.0.0/8"])?;
    let whole_ms = secs(begun) * 1000.0;
    let whole_cut_per_s = cut(&whole);

    let lines: Vec<String> =
        (0..LINES).map(|n| format!("10.{}.{}.{}", n >> 14, (n >> 6) & 255, (n & 63) * 4)).collect();
    let begun = monotonic_ns();
    black_box(read(&lines)?);
    let lines_per_s = f64::from(LINES) / secs(begun);
    Ok(Took { lines_per_s, whole_ms, whole_cut_per_s, holes_ms, holes_kib, holes_cut_per_s })
}

/// Returns the exclude of this number: a network or a single address, all apart.
fn exclude(number: u32) -> String {
    let (a, b, c) = (1 + (number >> 8), number & 255, (number * 7) & 255);
    match number.is_multiple_of(2) {
        true => format!("{a}.{b}.{c}.0/24"),
        false => format!("{a}.{b}.{c}.9"),
    }
}

fn read<S: AsRef<str>>(specs: &[S]) -> Result<AddressSet, String> {
    let (list, errors) = targets::parse(specs);
    match errors.first() {
        Some(error) => Err(format!("`{}`: {}", error.target, error.reason)),
        None => Ok(list.addresses),
    }
}

/// Returns how many batches a second are cut.
fn cut(set: &AddressSet) -> f64 {
    let begun = monotonic_ns();
    let (mut place, mut batches) = (0, 0);
    while batches < BATCHES_MAX {
        let batch = set.slice(place, CHUNK);
        if batch.is_empty() {
            break;
        }
        place += u128::from(batch.count());
        batches += 1;
        black_box(target_lines(&batch));
    }
    batches as f64 / secs(begun)
}

fn secs(begun: u64) -> f64 {
    (monotonic_ns() - begun).max(1) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excludes_are_apart_and_valid() {
        let lines: Vec<String> = (0..EXCLUDES).map(exclude).collect();
        let set = read(&lines).unwrap();
        assert_eq!(set.count(), u64::from(EXCLUDES / 2) * 257);
    }
}

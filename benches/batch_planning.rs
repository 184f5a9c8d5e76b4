//! How fast targets become batches: `cargo bench --bench batch_planning`.
//!
//! Prints addresses and batches per second as the median of several runs; compare ratios of one
//! run, since machines are noisy.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use netscan_nmap::{command::target_lines, targets};
use std::{hint::black_box, time::Instant};

const RUNS: usize = 9;

fn median(mut run: impl FnMut() -> u64) -> f64 {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let done = run();
            done as f64 / began.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[RUNS / 2]
}

fn main() {
    let lines: Vec<String> = (0..100_000u32)
        .map(|n| format!("10.{}.{}.{}", n >> 14, (n >> 6) & 255, (n & 63) * 4))
        .collect();
    let parsed = median(|| targets::parse(black_box(&lines)).0.addresses.count());
    println!("parse scattered addresses   {parsed:>14.0} /s");

    let whole = targets::parse(&["10.0.0.0/8"]).0.addresses;
    let scattered = targets::parse(&lines).0.addresses;
    for (name, set, chunk) in [("a /8", &whole, 256u64), ("scattered addresses", &scattered, 16)] {
        let cut = median(|| {
            let mut place = 0u64;
            let mut batches = 0u64;
            while place < set.count() {
                let batch = set.slice(u128::from(place), u128::from(chunk));
                place += batch.count();
                batches += 1;
                black_box(target_lines(&batch));
            }
            batches
        });
        println!(
            "cut {name} by {chunk:<4}{:width$}{cut:>14.0} batches/s",
            "",
            width = 20 - name.len().min(20)
        );
    }
}

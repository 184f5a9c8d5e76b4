//! How fast targets become address sets, and these become batches: `cargo bench --bench
//! batch_planning`.

use criterion::{Criterion, Throughput};
use netscan_nmap::{command::target_lines, targets};
use netscan_schemas::AddressSet;
use std::hint::black_box;

/// Batches that are cut in one go.
const BATCHES: u64 = 1000;

fn lines() -> Vec<String> {
    (0..100_000u32).map(|n| format!("10.{}.{}.{}", n >> 14, (n >> 6) & 255, (n & 63) * 4)).collect()
}

fn cut(set: &AddressSet, chunk: u128) {
    let mut place = 0;
    for _ in 0..BATCHES {
        let batch = set.slice(place, chunk);
        place += u128::from(batch.count());
        black_box(target_lines(&batch));
    }
}

fn planning(c: &mut Criterion) {
    let lines = lines();
    let mut group = c.benchmark_group("targets");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("parse scattered addresses", |b| {
        b.iter(|| targets::parse(black_box(&lines)));
    });
    group.finish();

    let whole = targets::parse(&["10.0.0.0/8"]).0.addresses;
    let scattered = targets::parse(&lines).0.addresses;
    let mut group = c.benchmark_group("batches");
    group.throughput(Throughput::Elements(BATCHES));
    group.bench_function("a /8 by 256", |b| b.iter(|| cut(&whole, 256)));
    group.bench_function("scattered addresses by 16", |b| b.iter(|| cut(&scattered, 16)));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    planning(&mut criterion);
    criterion.final_summary();
}

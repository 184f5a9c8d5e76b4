//! How fast documents that nmap wrote are read, in pieces as from a pipe: `cargo bench --bench
//! xml_stream`.

use criterion::{Criterion, Throughput};
use netscan_nmap::xml::Document;
use std::{hint::black_box, path::Path};

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;

fn read(bytes: &[u8]) -> u64 {
    let mut document = Document::new();
    for piece in bytes.chunks(PIECE) {
        document.feed(piece);
        while let Some(item) = document.next_item() {
            black_box(item);
        }
    }
    document.finish().hosts
}

fn documents(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nmap-xml");
    let mut group = c.benchmark_group("xml");
    for name in ["sT_fast_4hosts.xml", "sV_sC_scripts.xml", "A_os_traceroute.xml"] {
        let bytes = std::fs::read(folder.join(name)).expect("a fixture");
        assert!(read(&bytes) > 0, "{name} has a host");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| b.iter(|| read(black_box(&bytes))));
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    documents(&mut criterion);
    criterion.final_summary();
}

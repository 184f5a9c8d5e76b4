//! What keeping hosts durably costs: `cargo bench --bench store_writes`.

mod support;

use criterion::{Criterion, Throughput};
use netscan_schemas::{
    host::{HostFinding, HostState, Port, Protocol},
    id::AttemptNo,
    time::Time,
};
use netscan_store::{NoPublisher, Write};
use std::{net::IpAddr, sync::Arc};

/// Hosts that are written in one go.
const HOSTS: u32 = 64;
/// Open ports of each.
const PORTS: u16 = 10;

fn host(number: u32) -> HostFinding {
    let port = |number| Port {
        protocol: Protocol::Tcp,
        number,
        state: "open".into(),
        reason: "syn-ack".into(),
        service: None,
        scripts: Vec::new(),
    };
    let address = IpAddr::from((0x0a00_0000 + number % (1 << 24)).to_be_bytes());
    HostFinding {
        ports: (1..=PORTS).map(port).collect(),
        ..HostFinding::new(address, HostState::Up)
    }
}

fn writes(c: &mut Criterion) {
    let support::Fixture { store, scan, batch, .. } = &support::fixture(Arc::new(NoPublisher));
    let mut next = 0;
    let mut take = |count: u32| {
        next += count;
        (next - count..next).map(host).collect::<Vec<_>>()
    };
    let unit = |hosts| {
        let mut write = Write::new();
        write.record_hosts(*scan, *batch, AttemptNo::FIRST, Time::now(), hosts);
        store.submit(write)
    };
    let mut group = c.benchmark_group("durable hosts");
    group.sample_size(20).throughput(Throughput::Elements(u64::from(HOSTS)));
    group.bench_function("64 in one unit", |b| {
        b.iter(|| unit(take(HOSTS)).wait().expect("written"));
    });
    group.bench_function("64 units at once", |b| {
        b.iter(|| {
            let acks: Vec<_> = take(HOSTS).into_iter().map(|host| unit(vec![host])).collect();
            acks.into_iter().for_each(|ack| drop(ack.wait().expect("written")));
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("one by one", |b| {
        b.iter(|| unit(take(1)).wait().expect("written"));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    writes(&mut criterion);
    criterion.final_summary();
}

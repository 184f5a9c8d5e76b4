//! What an event costs from its encoding to its readers' pages, without sockets: `cargo bench
//! --bench event_fanout`.

mod support;

use criterion::{BenchmarkId, Criterion, Throughput};
use netscan_actors::Hub;
use netscan_schemas::{
    event::{EncodedEvent, Event, LineStream},
    id::{BatchId, ScanId, Seq},
};
use netscan_store::{NoPublisher, Publisher};
use std::{hint::black_box, sync::Arc};

/// Events in one publication.
const EVENTS: u64 = 256;

fn line(batch_id: BatchId) -> Event {
    let line = "Discovered open port 80/tcp on 127.0.0.1, or so".to_owned();
    Event::Line { batch_id, line, stream: LineStream::Stdout }
}

fn frame(scan: ScanId, batch: BatchId, seq: Seq) -> Arc<str> {
    EncodedEvent::now(&line(batch)).frame(scan, seq).into()
}

fn fanout(c: &mut Criterion) {
    let support::Fixture { store, scan, batch, .. } = &support::fixture(Arc::new(NoPublisher));
    let mut group = c.benchmark_group("events");
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode a line", |b| b.iter(|| frame(*scan, *batch, black_box(7))));

    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for readers in [1usize, 50, 1000] {
        let hub = Hub::default();
        let mut feeds: Vec<_> =
            (0..readers).map(|_| hub.feed(store, *scan, None).expect("a feed")).collect();
        let mut next = feeds.first().map_or(0, netscan_actors::Feed::last_seq) + 1;
        group.throughput(Throughput::Elements(EVENTS * readers as u64));
        group.bench_function(BenchmarkId::new("publish 256 and read", readers), |b| {
            b.iter(|| {
                let events: Vec<_> =
                    (next..next + EVENTS).map(|seq| (seq, frame(*scan, *batch, seq))).collect();
                next += EVENTS;
                hub.publish(*scan, None, &events);
                for feed in &mut feeds {
                    let mut read = 0;
                    while read < EVENTS {
                        let page = runtime.block_on(feed.next_page()).expect("a page");
                        let numbers =
                            page.frames.iter().map(|frames| frames.last() - frames.first());
                        read += numbers.map(|between| between + 1).sum::<u64>();
                    }
                }
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    fanout(&mut criterion);
    criterion.final_summary();
}

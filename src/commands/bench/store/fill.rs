//! Fills a store with hosts, as a scan's runners do: one by one, a batch at once, with output.

use crate::commands::bench::sample;
use netscan_schemas::{
    AddressSet,
    attempt::{RawInfo, Stream},
    event::{EncodedEvent, Event, OpenPort},
    host::HostFinding,
    id::{AttemptNo, BatchId, ScanId},
    limits::RAW_FRAME_BYTES,
    scan::{ScanState, ScanStatus, Verdict},
    stored::PlanRecord,
    time::Time,
};
use netscan_store::{Store, Write, raw};
use std::error::Error;

/// Hosts of a batch.
pub const BATCH: u64 = 64;
/// Producers that wait for one another's hosts.
pub const PRODUCERS: u64 = 64;
/// Batches whose hosts are written whole at once.
const WHOLE_AT_ONCE: usize = 4;
/// Frames of output of a batch, where there is any.
pub const OUTPUT_FRAMES: usize = 2;

/// Writes hosts into one scan.
pub struct Filler<'a> {
    store: &'a Store,
    /// The scan.
    pub scan: ScanId,
    ports: usize,
    /// The next host.
    pub next: u64,
    /// Makes a host, by its number, with so many ports.
    pub host: fn(u64, usize) -> HostFinding,
}

impl<'a> Filler<'a> {
    /// Begins a scan of so many hosts, in a project of its own.
    pub fn new(store: &'a Store, hosts: u64, ports: usize) -> Result<Self, Box<dyn Error>> {
        let scan = store.next_scan_id();
        let project = store.create_project(&format!("bench {scan}"), None).wait()?.project;
        let project = project.ok_or("the store made no project")?;
        let mut write = Write::new();
        write.create_scan(&sample::scan(scan, project.id, hosts), &PlanRecord::default());
        store.submit(write).wait()?;
        Ok(Self { store, scan, ports, next: 0, host: sample::host })
    }

    /// Returns a new batch of the next hosts, and these.
    fn batch(&mut self, to: u64) -> (BatchId, Write, Vec<HostFinding>) {
        let (from, to) = (self.next, to.min(self.next + BATCH));
        self.next = to;
        let batch = self.store.next_batch_id();
        let addresses = AddressSet::from_addresses((from..to).map(sample::address));
        let mut write = Write::new();
        write.put_batch(&sample::batch(batch, self.scan, addresses));
        (batch, write, (from..to).map(|number| (self.host)(number, self.ports)).collect())
    }

    /// Adds a host as a runner does: its result and its event.
    fn add(&self, write: &mut Write, batch: BatchId, hosts: Vec<HostFinding>) {
        let events: Vec<_> = hosts.iter().map(|host| event(batch, host)).collect();
        write.record_hosts(self.scan, batch, AttemptNo::FIRST, Time::now(), hosts);
        for event in events {
            write.event(self.scan, event);
        }
    }

    /// Writes hosts up to this one, each by itself and waited for, by many producers.
    pub fn single(&mut self, to: u64) -> Result<(), Box<dyn Error>> {
        let mut batches = Vec::new();
        while self.next < to {
            batches.push(self.batch(to));
        }
        let producers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // Each thread keeps several hosts under way, one of each of its batches.
        let share = batches.len().div_ceil(producers).max(1);
        let under_way = usize::try_from(PRODUCERS)?.div_ceil(producers);
        let this = &*self;
        std::thread::scope(|scope| {
            let mut threads = Vec::new();
            while !batches.is_empty() {
                let mine: Vec<_> = batches.drain(..share.min(batches.len())).collect();
                threads.push(scope.spawn(move || this.host_by_host(mine, under_way)));
            }
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(done) => done.map_err(Into::into),
                Err(_) => Err("a producer panicked".into()),
            })
        })
    }

    fn host_by_host(
        &self,
        batches: Vec<(BatchId, Write, Vec<HostFinding>)>,
        under_way: usize,
    ) -> Result<(), String> {
        let failed = |error: netscan_store::WriteError| error.to_string();
        let mut acks = std::collections::VecDeque::new();
        for (batch, write, hosts) in batches {
            acks.push_back(self.store.submit(write));
            for host in hosts {
                if acks.len() >= under_way
                    && let Some(ack) = acks.pop_front()
                {
                    ack.wait().map_err(failed)?;
                }
                let mut write = Write::new();
                self.add(&mut write, batch, vec![host]);
                acks.push_back(self.store.submit(write));
            }
        }
        acks.into_iter().try_for_each(|ack| ack.wait().map(drop)).map_err(failed)
    }

    /// Writes hosts up to this one, a batch at once.
    pub fn whole(&mut self, to: u64) -> Result<(), Box<dyn Error>> {
        let mut acks = std::collections::VecDeque::new();
        while self.next < to {
            let (batch, mut write, hosts) = self.batch(to);
            self.add(&mut write, batch, hosts);
            acks.push_back(self.store.submit(write));
            if acks.len() > WHOLE_AT_ONCE
                && let Some(ack) = acks.pop_front()
            {
                ack.wait()?;
            }
        }
        acks.into_iter().try_for_each(|ack| ack.wait().map(drop))?;
        Ok(())
    }

    /// Writes a batch with an attempt and its output, which cannot be compressed.
    pub fn with_output(
        &mut self,
        to: u64,
        random: &mut fastrand::Rng,
    ) -> Result<(), Box<dyn Error>> {
        let (batch, mut write, hosts) = self.batch(to);
        self.add(&mut write, batch, hosts);
        let mut output = vec![0; OUTPUT_FRAMES * RAW_FRAME_BYTES];
        random.fill(&mut output);
        let frames = output.chunks(RAW_FRAME_BYTES).map(raw::compress);
        let frames = frames.collect::<Result<Vec<_>, _>>()?;
        let info = RawInfo {
            bytes: output.len() as u64,
            stored_bytes: frames.iter().map(|frame| frame.len() as u64).sum(),
            frames: u32::try_from(frames.len())?,
            blake3: Some(*blake3::hash(&output).as_bytes()),
            dropped_bytes: 0,
        };
        let attempt = AttemptNo::FIRST;
        write.put_attempt(&sample::attempt(batch, attempt, info));
        for (number, frame) in (0..).zip(frames) {
            write.raw_frame(batch, attempt, Stream::Xml, number, frame);
        }
        self.store.submit(write).wait()?;
        Ok(())
    }

    /// Ends the scan, so that no server goes on with it.
    pub fn end(self) -> Result<(), Box<dyn Error>> {
        let mut write = Write::new();
        let state = ScanState {
            status: ScanStatus::Stopped,
            started_at: None,
            finished_at: None,
            cursor: self.next,
            error: None,
        };
        write.put_scan_state(self.scan, &state);
        self.store.submit(write).wait()?;
        Ok(())
    }
}

fn event(batch_id: BatchId, host: &HostFinding) -> EncodedEvent {
    let open = |port: &netscan_schemas::host::Port| OpenPort {
        port: port.number,
        protocol: port.protocol,
        service: None,
    };
    EncodedEvent::now(&Event::Host {
        batch_id,
        address: host.address.to_string(),
        verdict: Verdict::Up,
        hostname: None,
        ports: host.open_ports().map(open).collect(),
    })
}

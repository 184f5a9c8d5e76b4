//! The loop over all clients.

use crate::Args;
use crate::client::{Client, Manner, Now};
use crate::tally::{self, Tally};
use rustix::event::{Timespec, epoll};
use serde_json::{Value, json};
use std::io;
use std::time::{Duration, Instant};

/// Bytes of one read.
const READ: usize = 256 * 1024;
/// Events that a flapping client takes at most before it leaves.
const FLAP_EVENTS: u64 = 2000;

/// What came out.
pub(crate) struct Outcome {
    pub(crate) report: Value,
    pub(crate) is_good: bool,
}

pub(crate) fn run(args: &Args) -> io::Result<Outcome> {
    let before = args.server.map(resident_kib).transpose()?;
    let started = Instant::now();
    let mut load = Load::connect(args)?;
    let after = args.server.map(resident_kib).transpose()?;
    load.tally.ready_ms = Some(tally::now_ms_of_day());
    load.until_done(args, started)?;
    let at_end = args.server.map(resident_kib).transpose()?;
    let mut report = load.tally.report();
    report["clients"] = json!(args.clients);
    report["stalled"] = json!(args.stalled);
    report["unfinished"] = json!(load.unfinished);
    report["server_rss_kib"] = json!({ "before": before, "connected": after, "end": at_end });
    let tally = &load.tally;
    let finished = args.idle || load.unfinished == 0;
    let is_good = tally.out_of_order == 0 && tally.closed.is_empty() && tally.gaps == 0 && finished;
    Ok(Outcome { report, is_good })
}

struct Load {
    epoll: rustix::fd::OwnedFd,
    clients: Vec<Client>,
    tally: Tally,
    /// What all clients read into.
    buffer: Vec<u8>,
    random: fastrand::Rng,
    /// Clients that have not seen the last event; those that stall are not asked to.
    unfinished: usize,
}

impl Load {
    fn connect(args: &Args) -> io::Result<Self> {
        let mut load = Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            clients: Vec::new(),
            tally: Tally::default(),
            buffer: vec![0; READ],
            random: fastrand::Rng::with_seed(args.seed),
            unfinished: args.clients - args.stalled.min(args.clients),
        };
        for number in 0..args.clients {
            let manner = match number {
                number if number < args.stalled => Manner::Stalls,
                number if number < args.stalled + args.flapping => load.flap(),
                _ => Manner::Reads,
            };
            load.clients.push(Client::connect(args, manner)?);
            load.watch(number)?;
        }
        load.all_open(args)?;
        Ok(load)
    }

    fn flap(&mut self) -> Manner {
        Manner::Flaps { left: self.random.u64(1..=FLAP_EVENTS) }
    }

    fn watch(&self, number: usize) -> io::Result<()> {
        let data = epoll::EventData::new_u64(number as u64);
        let stream = &self.clients[number].stream;
        Ok(epoll::add(&self.epoll, stream, data, epoll::EventFlags::IN)?)
    }

    fn forget(&self, number: usize) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, &self.clients[number].stream)?)
    }

    /// Reads until every client has its handshake.
    fn all_open(&mut self, args: &Args) -> io::Result<()> {
        let until = Instant::now() + args.time();
        while self.clients.iter().any(|client| !client.is_open) {
            if Instant::now() > until {
                return Err(io::Error::other("not all clients were let in in time"));
            }
            self.step(args)?;
        }
        Ok(())
    }

    fn until_done(&mut self, args: &Args, started: Instant) -> io::Result<()> {
        while started.elapsed() < args.time() && (args.idle || self.unfinished > 0) {
            self.step(args)?;
        }
        Ok(())
    }

    /// Lets every client read once that has something to read.
    fn step(&mut self, args: &Args) -> io::Result<()> {
        let mut ready = Vec::with_capacity(1024);
        let wait = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut ready), Some(&wait))?;
        for event in ready {
            self.serve(usize::try_from(event.data.u64()).unwrap_or_default(), args)?;
        }
        Ok(())
    }

    fn serve(&mut self, number: usize, args: &Args) -> io::Result<()> {
        let events = self.tally.events;
        let client = &mut self.clients[number];
        let now = client.read(&mut self.buffer, &mut self.tally)?;
        let stalls = client.is_open && client.manner == Manner::Stalls;
        if self.tally.events > events {
            self.tally.arrived(Instant::now(), events);
        }
        match now {
            Now::Waits if stalls => self.forget(number),
            Now::Waits => Ok(()),
            Now::Done | Now::Closed(_) => {
                if let Now::Closed(code) = now {
                    self.tally.closed.push(code);
                }
                self.unfinished -= usize::from(!stalls);
                self.forget(number)
            }
            Now::Leaves => {
                self.forget(number)?;
                let manner = self.flap();
                self.clients[number].manner = manner;
                self.clients[number].reconnect(args)?;
                self.tally.resumed += 1;
                self.watch(number)
            }
        }
    }
}

/// Returns the resident memory of a process.
fn resident_kib(pid: u32) -> io::Result<u64> {
    // A moment for what was just asked of it.
    std::thread::sleep(Duration::from_millis(300));
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::other("the process has no VmRSS"))
}

//! What an attempt has gathered: bytes of nmap in, writes for the store out.

use super::{
    core::{Evidence, judge},
    driver::{Cost, Job, Report},
    recorder::Recorder,
    signs::Signs,
};
use crate::batch::Fate;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use netscan_nmap::{
    lines::LineSplitter,
    xml::{Document, Item},
};
use netscan_schemas::{
    AddressSet, Time,
    attempt::{Ending, RawInfos, StopReason, Stream},
    audit::{AuditAction, AuditKind, Origin},
    event::{EncodedEvent, Event, LineStream, OpenPort},
    host::{HostFinding, HostState, Hostname},
    scan::Verdict,
};
use netscan_store::{Write, WriteError};
use std::{collections::BTreeMap, net::IpAddr, time::Duration};

/// How soon what the store could not take is sent again.
pub const SEND_AGAIN: Duration = Duration::from_millis(250);
/// Bytes of stderr's end that a failure quotes.
const STDERR_TAIL_BYTES: usize = 2000;

/// A write that the store has answered, with its place in the order.
type Answered = (u64, Write, Result<(), WriteError>);

/// An attempt's findings so far.
pub struct Gathered {
    pub job: Job,
    /// Why the attempt is to end; only ever grows graver.
    pub stop: Option<StopReason>,
    pid: Option<u32>,
    document: Document,
    stdout_lines: LineSplitter,
    stderr_lines: LineSplitter,
    xml: Recorder,
    stdout: Recorder,
    stderr: Recorder,
    stderr_tail: String,
    finished: Vec<IpAddr>,
    timed_out: Vec<IpAddr>,
    /// Hosts that it finished and that are asked again all the same.
    doubted: u64,
    signs: Signs,
    /// Addresses that were out of scope when it was ended for it.
    out_of_scope: u64,
    /// Whether the machine's network changed: what comes from then on is not believed.
    is_distrusted: bool,
    /// The first host that is not of the batch, and whether the audit log has been told of it: of
    /// those after it there are events alone.
    stray: Option<IpAddr>,
    has_strays: bool,
    /// Writes on their way to the store, each with its place in the order.
    unstored: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// Writes that the store could not take, and those that came after them: they are sent again in
    /// order once it may be well, so that nothing is lost and no line changes places.
    refused: BTreeMap<u64, Write>,
    next_write: u64,
    unstored_bytes: usize,
}

impl Gathered {
    pub fn new(job: Job, pid: Option<u32>) -> Self {
        let recorder = |stream| Recorder::new(job.batch, job.attempt, stream);
        Self {
            stop: None,
            pid,
            document: Document::new(),
            stdout_lines: LineSplitter::new(),
            stderr_lines: LineSplitter::new(),
            xml: recorder(Stream::Xml),
            stdout: recorder(Stream::Stdout),
            stderr: recorder(Stream::Stderr),
            stderr_tail: String::new(),
            finished: Vec::new(),
            timed_out: Vec::new(),
            doubted: 0,
            signs: Signs::default(),
            out_of_scope: 0,
            is_distrusted: false,
            stray: None,
            has_strays: false,
            unstored: FuturesUnordered::new(),
            refused: BTreeMap::new(),
            next_write: 0,
            unstored_bytes: 0,
            job,
        }
    }

    /// Takes a reason to end the attempt, unless a graver one is held.
    pub fn escalate(&mut self, reason: Option<StopReason>) {
        self.stop = self.stop.max(reason);
    }

    /// Ends the attempt if some of its addresses have left the scope.
    pub fn look_at_scope(&mut self) {
        let outside = self.job.scope.outside_for_sure();
        if outside > 0 {
            let batch = self.job.batch;
            tracing::warn!(batch.id = %batch, "batch {batch}: its nmap is ended, as {outside} of its addresses are out of scope by now");
            self.out_of_scope = outside;
            self.escalate(Some(StopReason::OutOfScope));
        }
    }

    /// Takes normal output or stderr; no bytes at the end of the stream.
    pub fn on_text(&mut self, stream: LineStream, bytes: &[u8]) {
        let (lines, recorder) = match stream {
            LineStream::Stdout => (&mut self.stdout_lines, &mut self.stdout),
            LineStream::Stderr => (&mut self.stderr_lines, &mut self.stderr),
        };
        let kept = recorder.take(bytes);
        let mut found = lines.feed(bytes);
        if bytes.is_empty() {
            found.extend(std::mem::take(lines).finish());
        }
        found.iter().for_each(|line| self.signs.on_line(line));
        match stream {
            LineStream::Stdout if !kept => self.escalate(Some(StopReason::OutputCap)),
            LineStream::Stdout => {}
            LineStream::Stderr => self.note_stderr(&found),
        }
        if !kept {
            return; // over the limit: counted in the record, neither kept nor shown
        }
        let batch_id = self.job.batch;
        let events = found.into_iter().map(|line| Event::Line { batch_id, line, stream });
        let write = self.events(events);
        self.submit(write);
    }

    /// Takes XML; no bytes at the end of the stream.
    pub fn on_xml(&mut self, bytes: &[u8]) {
        if !self.xml.take(bytes) {
            self.escalate(Some(StopReason::OutputCap));
        }
        self.document.feed(bytes);
        let mut hosts = Vec::new();
        let mut passed = Vec::new();
        let mut events = Vec::new();
        while let Some(item) = self.document.next_item() {
            self.signs.on_item(&item);
            match item {
                Item::Host(mut host) => {
                    if let Some(step) = self.job.step {
                        step.put_right(&mut host);
                    }
                    let fate = self.job.step.map_or(Fate::Verdict, |step| step.fate(&host));
                    match fate {
                        Fate::Doubt if self.job.addresses.contains(host.address) => {
                            self.doubted += 1;
                        }
                        Fate::Verdict | Fate::Doubt => {
                            self.on_host(*host, fate, &mut hosts, &mut events);
                        }
                        Fate::PassOn => self.on_host(*host, fate, &mut passed, &mut events),
                    }
                }
                Item::Progress { task, percent, remaining_secs } => {
                    self.job.pulse.tick(percent, remaining_secs);
                    events.push(Event::BatchProgress {
                        batch_id: self.job.batch,
                        percent,
                        eta_ms: remaining_secs.map(|secs| secs.saturating_mul(1000)),
                        phase: task,
                    });
                }
                Item::Skipped { what } => {
                    let batch = self.job.batch;
                    tracing::warn!(batch.id = %batch, %what, "batch {batch}: not read: {what}");
                }
                Item::Started { .. } | Item::Hint { .. } | Item::Task => {}
            }
        }
        let mut write = self.events(events);
        if !hosts.is_empty() || !passed.is_empty() {
            let Job { scan, batch, attempt, .. } = self.job;
            if !hosts.is_empty() {
                write.record_hosts(scan, batch, attempt, Time::now(), hosts);
            }
            if !passed.is_empty() {
                write.pass_hosts_on(scan, batch, attempt, Time::now(), passed);
            }
            // The evidence goes with the finding.
            self.add_frames(&mut write);
        }
        if let Some(address) = self.stray.take() {
            let Job { scan, batch, attempt, .. } = self.job;
            let entry = Origin::server().did(AuditAction::OutOfScopeResult);
            write.audit(entry.on(AuditKind::Batch, batch).saying(format_args!(
                "{address} is not in it, and is not kept (scan {scan}, attempt {attempt}); more of \
                 this attempt are in its events"
            )));
        }
        self.submit(write);
    }

    fn on_host(
        &mut self,
        mut host: HostFinding,
        fate: Fate,
        hosts: &mut Vec<HostFinding>,
        events: &mut Vec<Event>,
    ) {
        let batch_id = self.job.batch;
        if self.is_distrusted {
            return;
        }
        if !self.job.addresses.contains(host.address) {
            if !std::mem::replace(&mut self.has_strays, true) {
                self.stray = Some(host.address);
            }
            let address = host.address.to_string();
            tracing::warn!(batch.id = %batch_id, %address, "batch {batch_id}: {address} is not in it");
            events.push(Event::OutOfScopeResult { batch_id, address });
            return;
        }
        if let Some(name) = self.job.names.get(&host.address)
            && !host.hostnames.iter().any(|known| known.name == *name)
        {
            host.hostnames.insert(0, Hostname { name: name.clone(), kind: "user".into() });
        }
        match host.timed_out {
            true => self.timed_out.push(host.address),
            false => self.finished.push(host.address),
        }
        if host.timed_out || host.state == HostState::Up {
            events.push(host_event(batch_id, &host, fate));
        }
        hosts.push(host);
    }

    /// Takes no more results: the raw output is kept, and the hosts are scanned again.
    pub fn distrust(&mut self) {
        self.is_distrusted = true;
    }

    /// Returns whether nmap got on since the last call: it wrote anything but ticks.
    pub fn made_progress(&mut self) -> bool {
        self.signs.take_news()
    }

    fn note_stderr(&mut self, lines: &[String]) {
        for line in lines {
            self.stderr_tail.push_str(line);
            self.stderr_tail.push('\n');
        }
        let over = self.stderr_tail.len().saturating_sub(STDERR_TAIL_BYTES);
        self.stderr_tail.drain(..self.stderr_tail.ceil_char_boundary(over));
    }

    fn events(&self, events: impl IntoIterator<Item = Event>) -> Write {
        let mut write = Write::new();
        for event in events {
            write.event(self.job.scan, EncodedEvent::now(&event));
        }
        write
    }

    /// Adds all pending raw bytes to a write.
    fn add_frames(&mut self, write: &mut Write) {
        for recorder in [&mut self.xml, &mut self.stdout, &mut self.stderr] {
            if let Err(error) = recorder.flush(write) {
                let batch = self.job.batch;
                tracing::error!(batch.id = %batch, %error, "batch {batch}: raw output is lost");
                self.stop = self.stop.max(Some(StopReason::StoreSlow));
            }
        }
    }

    /// Sends pending raw bytes to the store.
    pub fn flush(&mut self) {
        let mut write = Write::new();
        self.add_frames(&mut write);
        self.submit(write);
    }

    /// Sends a write to the store, with the raw bytes when a frame is full. Never waits.
    fn submit(&mut self, mut write: Write) {
        let recorders = [&self.xml, &self.stdout, &self.stderr];
        if recorders.iter().any(|recorder| recorder.has_full_frame()) {
            self.add_frames(&mut write);
        }
        if write.is_empty() {
            return;
        }
        self.unstored_bytes += write.bytes();
        let place = self.next_write;
        self.next_write += 1;
        match self.refused.is_empty() {
            true => self.send(place, write),
            false => drop(self.refused.insert(place, write)),
        }
    }

    fn send(&mut self, place: u64, write: Write) {
        let ack = self.job.store.submit(write.clone());
        self.unstored.push(ack.map(move |result| (place, write, result.map(drop))).boxed());
    }

    /// Returns whether more may be held in memory until the store has taken it.
    pub fn has_room(&self) -> bool {
        self.unstored_bytes < self.job.unstored_max
    }

    /// Returns whether writes are on their way.
    pub fn waits_for_store(&self) -> bool {
        !self.unstored.is_empty()
    }

    /// Waits for one write; returns whether the store has taken it. Safe to cancel.
    pub async fn stored(&mut self) -> bool {
        let Some((place, write, result)) = self.unstored.next().await else { return false };
        match result {
            Ok(()) => {
                self.unstored_bytes -= write.bytes();
                true
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "results wait for the store: {error}");
                self.refused.insert(place, write);
                false
            }
            // Nothing that is sent again can become right by itself.
            Err(error) => {
                tracing::error!(%error, "results are not stored: {error}");
                self.unstored_bytes -= write.bytes();
                self.escalate(Some(StopReason::StoreSlow));
                false
            }
        }
    }

    /// Returns whether writes wait to be sent again.
    pub fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Sends what the store could not take again, once nothing is on its way any more.
    pub fn send_again(&mut self) {
        if self.unstored.is_empty() {
            for (place, write) in std::mem::take(&mut self.refused) {
                self.send(place, write);
            }
        }
    }

    /// Waits until the store has taken everything that was sent to it, however long it is away.
    pub async fn settle(&mut self) {
        loop {
            while self.waits_for_store() {
                self.stored().await;
            }
            if !self.has_refused() {
                return;
            }
            tokio::time::sleep(SEND_AGAIN).await;
            self.send_again();
        }
    }

    /// Judges the attempt. What is not written yet is handed over, to be written with its end.
    pub fn into_report(mut self, ending: Ending, cost: Cost) -> Report {
        let mut tail = Write::new();
        self.add_frames(&mut tail);
        let timed_out = AddressSet::from_addresses(self.timed_out);
        let done = AddressSet::from_addresses(self.finished);
        let cut_off = self.job.addresses.difference(&done);
        let announced = self.signs.announced_of(&cut_off);
        let alive = self.signs.alive().intersection(&cut_off);
        if self.signs.dropped_ports() > 0 {
            let (batch, more) = (self.job.batch, self.signs.dropped_ports());
            tracing::warn!(batch.id = %batch, more, "batch {batch}: {more} announced open ports are only in its output");
        }
        let finished = done.union(&timed_out);
        let missing = self.job.addresses.difference(&finished).count();
        let document = self.document.finish();
        let outcome = judge(&Evidence {
            ending: &ending,
            stop: self.stop,
            out_of_scope: self.out_of_scope,
            document: &document,
            missing,
            timed_out: timed_out.count(),
            stderr_tail: &self.stderr_tail,
        });
        let raw = RawInfos {
            xml: self.xml.seal(),
            stdout: self.stdout.seal(),
            stderr: self.stderr.seal(),
        };
        Report {
            pid: self.pid,
            ending,
            cost,
            outcome,
            finished,
            doubted: self.doubted,
            alive,
            announced,
            raw,
            tail,
        }
    }
}

fn host_event(batch_id: netscan_schemas::BatchId, host: &HostFinding, fate: Fate) -> Event {
    let ports = host.open_ports().map(|port| OpenPort {
        port: port.number,
        protocol: port.protocol,
        service: port.service.as_ref().map(|service| service.name.clone()),
    });
    Event::Host {
        batch_id,
        address: host.address.to_string(),
        verdict: match fate {
            Fate::PassOn | Fate::Doubt => Verdict::Unfinished,
            Fate::Verdict if host.timed_out => Verdict::TimedOut,
            Fate::Verdict => Verdict::Up,
        },
        hostname: host.hostnames.first().map(|name| name.name.clone()),
        ports: ports.collect(),
    }
}

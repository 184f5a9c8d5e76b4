//! XML: one nmap document for the whole scan, of the very bytes that its nmap processes wrote.
//!
//! ```text
//! root, scaninfo   of the first attempt that wrote them; args and times are the scan's
//! host             from the raw output of the attempt that gave the verdict, the newest first
//!                  or from the record, where the output is gone or is not well formed, or where
//!                  steps of a staged plan have found out parts of it
//! comments         what is not scanned; ports that were announced of it
//! runstats         counted over what was written
//! ```
//!
//! As nmap counts, a host that timed out is up. A host that is down has its element, for netscan
//! runs nmap with `-v`; where an imported file has none it is only counted. A target that is not
//! scanned has no element at all: none of its ports can be taken for closed.

mod head;
mod marks;

pub use head::{args, nmap_version};

use self::{head::head, marks::Marks};
use super::{
    ExportError, Subject,
    presentable::{self, escape},
    record,
    walk::{Walk, ports_text},
};
use netscan_nmap::xml::{self, Piece, Pieces};
use netscan_schemas::{
    AddressSet, Interval,
    attempt::Stream,
    host::{HostFinding, HostState, Port, PortId},
    id::{AttemptNo, BatchId},
    scan::{ScanStatus, Verdict},
    stored::{HostRecord, VerdictsRecord},
};
use netscan_store::ReadError;
use std::{collections::VecDeque, net::IpAddr};

/// Runs of addresses in one comment.
const RUNS_AT_ONCE: usize = 500;

/// An XML export on its way.
pub struct Xml {
    subject: Subject,
    stage: Stage,
    after: Option<BatchId>,
    up: u64,
    down: u64,
}

enum Stage {
    Head,
    NextBatch,
    Batch(Box<BatchWork>),
    /// Targets without a verdict, and how many runs of them are written.
    Unfinished(AddressSet, usize),
    /// Those of them that showed open ports.
    Announced(Walk),
    Tail,
    Over,
}

/// A batch whose hosts are being written.
struct BatchWork {
    batch: BatchId,
    verdicts: VerdictsRecord,
    known: AddressSet,
    written: Marks,
    /// Attempts to read, the oldest first.
    attempts: Vec<AttemptNo>,
    reading: Option<(AttemptNo, u32, Pieces)>,
    is_newest: bool,
    /// Whether what nmap wrote of a host here is all that is known of it: not in the later steps of a
    /// staged plan.
    is_whole: bool,
    /// Addresses to write from their records, once all attempts are read.
    rest: Option<VecDeque<IpAddr>>,
}

impl Xml {
    /// Returns an export of which nothing is written.
    pub fn new(subject: Subject) -> Self {
        Self { subject, stage: Stage::Head, after: None, up: 0, down: 0 }
    }

    /// Writes a little more; returns whether there is more.
    pub fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, ExportError> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Head => {
                head(&self.subject, out)?;
                self.stage = Stage::NextBatch;
            }
            Stage::NextBatch => self.stage = self.next_batch()?,
            Stage::Batch(mut work) => {
                let goes_on = self.on_batch(&mut work, out)?;
                self.stage = if goes_on { Stage::Batch(work) } else { Stage::NextBatch };
            }
            Stage::Unfinished(set, at) => {
                let runs: Vec<Interval> =
                    set.intervals().iter().skip(at).take(RUNS_AT_ONCE).copied().collect();
                let done = at + runs.len();
                if runs.is_empty() {
                    let (store, scan) = (&self.subject.store, self.subject.id());
                    self.stage = Stage::Announced(Walk::new(store.clone(), scan, set.into()));
                    return Ok(true);
                }
                self.stage = Stage::Unfinished(set, done);
                let ranges = AddressSet::from_intervals(runs).to_ranges().join(" ");
                comment(out, &format!("netscan: not scanned: {ranges}"));
            }
            Stage::Announced(mut walk) => {
                let Some(row) = walk.next()? else {
                    self.stage = Stage::Tail;
                    return Ok(true);
                };
                let address = row.finding.address;
                // Hosts that a step of a staged plan has passed on and no later one has finished.
                if row.finding.state == HostState::Up {
                    let port =
                        |port: &Port| PortId { protocol: port.protocol, number: port.number };
                    let open: Vec<PortId> = row.finding.open_ports().map(port).collect();
                    let open = if open.is_empty() { String::new() } else { ports_text(&open) };
                    comment(out, &format!("netscan: {address} is up, not finished: {open}"));
                }
                if !row.provisional.is_empty() {
                    let ports = ports_text(&row.provisional);
                    comment(out, &format!("netscan: {address} announced, not confirmed: {ports}"));
                }
                self.stage = Stage::Announced(walk);
            }
            Stage::Tail => self.tail(out),
            Stage::Over => return Ok(false),
        }
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Stage, ReadError> {
        let (store, scan) = (&self.subject.store, self.subject.id());
        let Some(batch) = store.batches(scan, self.after, 1)?.pop() else {
            let known = store.scan_verdicts(scan)?.known();
            return Ok(Stage::Unfinished(self.subject.plan.difference(&known), 0));
        };
        self.after = Some(batch.id);
        let verdicts = store.verdicts(batch.id)?;
        let known = verdicts.known();
        let attempts = store.attempts(batch.id)?;
        Ok(Stage::Batch(Box::new(BatchWork {
            batch: batch.id,
            written: Marks::new(&known),
            verdicts,
            known,
            attempts: attempts.iter().map(|attempt| attempt.attempt).collect(),
            reading: None,
            is_newest: true,
            is_whole: batch.phase.is_none_or(|of| self.subject.spec.phases.first() == Some(&of)),
            rest: None,
        })))
    }

    /// Reads one frame of an attempt, or writes one host from its record; returns whether there is
    /// more of the batch.
    fn on_batch(&mut self, work: &mut BatchWork, out: &mut Vec<u8>) -> Result<bool, ExportError> {
        if let Some((attempt, frame, mut pieces)) = work.reading.take() {
            let store = &self.subject.store;
            match store.raw_frame(work.batch, attempt, Stream::Xml, frame)? {
                Some(bytes) => {
                    pieces.feed(&bytes);
                    while let Some(piece) = pieces.next_piece() {
                        self.on_piece(work, piece, out)?;
                    }
                    work.reading = Some((attempt, frame.saturating_add(1), pieces));
                }
                None => work.is_newest = false,
            }
            return Ok(true);
        }
        if let Some(attempt) = work.attempts.pop() {
            work.reading = Some((attempt, 0, Pieces::new()));
            return Ok(true);
        }
        let (known, written) = (&work.verdicts, &work.written);
        let rest = work.rest.get_or_insert_with(|| {
            let rows = known.up.union(&known.timed_out);
            rows.iter().filter(|address| !written.is_marked(*address)).collect()
        });
        let Some(address) = rest.pop_front() else {
            // Those that are down and have no element are only counted, as by an nmap without `-v`.
            let down = work.verdicts.down.iter();
            self.down += down.filter(|address| !work.written.is_marked(*address)).count() as u64;
            return Ok(false);
        };
        let row = self.subject.store.host_at(self.subject.id(), address)?;
        // It may have changed since, while the scan runs.
        if let Some(row) = row
            && matches!(row.verdict, Verdict::Up | Verdict::TimedOut)
        {
            out.extend_from_slice(record::host(&row.finding).as_bytes());
            self.up += 1;
        }
        Ok(true)
    }

    fn on_piece(
        &mut self,
        work: &mut BatchWork,
        piece: Piece<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ExportError> {
        let is_host = match piece.name() {
            b"host" if work.is_whole => true,
            // What concerns the run as a whole, once.
            b"prescript" | b"postscript" | b"target" if work.is_newest => false,
            _ => return Ok(()),
        };
        let Some(text) = presentable::element(piece.bytes()) else { return Ok(()) };
        if !is_host {
            push_line(out, &text);
            return Ok(());
        }
        let Some(finding) = xml::host(&text) else { return Ok(()) };
        let address = finding.address;
        if !work.known.contains(address) || work.written.is_marked(address) {
            return Ok(());
        }
        if work.verdicts.down.contains(address) {
            if is_down(&finding) {
                work.written.mark(address);
                self.down += 1;
                push_line(out, &text);
            }
            return Ok(());
        }
        let row = self.subject.store.host_at(self.subject.id(), address)?;
        if let Some(row) = row.filter(|row| is_of(row, &finding)) {
            work.written.mark(address);
            self.up += 1;
            push_line(out, &with_user_name(&text, &row, &finding));
        }
        Ok(())
    }

    fn tail(&self, out: &mut Vec<u8>) {
        let scan = &self.subject.scan;
        let finished = scan.finished_at.unwrap_or(self.subject.at);
        let begun = scan.started_at.unwrap_or(scan.created_at);
        let elapsed = finished.millis_since(begun) as f64 / 1000.0;
        let (up, down) = (self.up, self.down);
        let total = up + down;
        let problem = self.subject.caveat().or_else(|| match scan.status {
            ScanStatus::Completed => None,
            status => Some(scan.error.clone().unwrap_or_else(|| format!("scan {status}"))),
        });
        let end = match &problem {
            None => " exit=\"success\"".to_owned(),
            Some(problem) => format!(" exit=\"error\" errormsg=\"{}\"", escape(problem)),
        };
        let text = finished.to_nmap_text();
        let hosts = if total == 1 { "1 IP address" } else { &format!("{total} IP addresses") };
        let summary = format!(
            "Nmap done at {text}; {hosts} ({up} host{} up) scanned in {elapsed:.2} seconds",
            if up == 1 { "" } else { "s" }
        );
        let secs = finished.as_secs();
        let end = format!(
            "<runstats><finished time=\"{secs}\" timestr=\"{text}\" summary=\"{summary}\" \
             elapsed=\"{elapsed:.2}\"{end}/><hosts up=\"{up}\" down=\"{down}\" total=\"{total}\"/>\n\
             </runstats>\n</nmaprun>\n"
        );
        out.extend_from_slice(end.as_bytes());
    }
}

/// Returns whether a finding is what a record holds. Of two that nmap wrote of one address it is
/// the one that was kept; what an attempt found out that was not believed is not.
fn is_of(row: &HostRecord, finding: &HostFinding) -> bool {
    let held = &row.finding;
    matches!(row.verdict, Verdict::Up | Verdict::TimedOut)
        && (held.state, held.timed_out) == (finding.state, finding.timed_out)
        && (held.started_at, held.finished_at) == (finding.started_at, finding.finished_at)
        && held.ports == finding.ports
}

fn is_down(finding: &HostFinding) -> bool {
    finding.state != HostState::Up && !finding.timed_out && finding.ports.is_empty()
}

/// Adds the name that the user gave, of which nmap saw only the address.
fn with_user_name(text: &str, row: &HostRecord, finding: &HostFinding) -> String {
    let named = row.finding.hostnames.first().filter(|name| {
        name.kind == "user" && !finding.hostnames.iter().any(|known| known.name == name.name)
    });
    match (named, text.split_once("<hostnames>")) {
        (Some(name), Some((before, after))) => {
            let name = escape(&name.name);
            format!("{before}<hostnames>\n<hostname name=\"{name}\" type=\"user\"/>{after}")
        }
        _ => text.to_owned(),
    }
}

fn push_line(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

/// Writes a comment. XML allows no `--` in one, and no `-` at its end.
fn comment(out: &mut Vec<u8>, text: &str) {
    let legal = |c| if presentable::is_legal(c) { c } else { '\u{fffd}' };
    let text: String = text.chars().map(legal).collect();
    let text = text.replace("--", "- -").replace("--", "- -");
    push_line(out, &format!("<!-- {text} -->"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_where_they_should() {
        for (text, shown) in [
            ("a --> b", "<!-- a - -> b -->\n"),
            ("---", "<!-- - - - -->\n"),
            ("ends-", "<!-- ends- -->\n"),
            ("\0", "<!-- \u{fffd} -->\n"),
        ] {
            let mut out = Vec::new();
            comment(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), shown);
        }
    }
}

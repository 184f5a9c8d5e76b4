//! Events: every change of state and every line of nmap, in one gapless order per scan.
//!
//! An [`Event`] is encoded to JSON once, by its maker. The store's one writer gives it its number
//! and keeps that same text; every reader, live or late, gets the same bytes. The first five names
//! and their fields are those that clients of the Python system know.

use crate::{
    batch::{BatchSummary, Lane, Phase},
    host::Protocol,
    id::{AttemptNo, BatchId, Epoch, ScanId, Seq},
    scan::{Progress, ScanStatus, VerdictCounts},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use utoipa::ToSchema;

/// The names of all events, in the order of [`Event`].
pub const EVENT_NAMES: [&str; 20] = [
    "batch_start",
    "line",
    "batch_complete",
    "scan_complete",
    "host",
    "batch_progress",
    "batch_failed",
    "batch_split",
    "provisional_ports",
    "batch_stopped",
    "scan_started",
    "scan_paused",
    "scan_resumed",
    "scan_stopping",
    "scan_recovered",
    "scan_waiting",
    "scan_ready",
    "scan_progress",
    "scope_changed",
    "out_of_scope_result",
];

/// What happened, without its place in the order. A client sees an [`EventFrame`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A batch began an attempt; its claim is durable and nmap starts next.
    BatchStart {
        /// The batch.
        batch_id: BatchId,
        /// What this attempt scans, in compact ranges.
        targets: Vec<String>,
        /// Which try.
        attempt: AttemptNo,
        /// The batch it was split from.
        parent_batch_id: Option<BatchId>,
        /// nmap's arguments.
        argv: Vec<String>,
        /// The step of a staged plan that it is of; null in any other plan.
        #[serde(default)]
        phase: Option<Phase>,
    },
    /// nmap wrote a line.
    Line {
        /// The batch.
        batch_id: BatchId,
        /// The line without its end.
        line: String,
        /// `stdout` or `stderr`.
        stream: LineStream,
    },
    /// A batch is complete: raw output, results and state are durable.
    BatchComplete {
        /// The batch.
        batch_id: BatchId,
        /// What it found.
        summary: BatchSummary,
    },
    /// The last event of every scan.
    ScanComplete {
        /// How it ended.
        status: ScanStatus,
        /// What is known of its targets.
        verdicts: VerdictCounts,
        /// What it found.
        summary: ScanSummary,
        /// Why it failed, if it did.
        error: Option<String>,
    },
    /// nmap finished a host.
    Host {
        /// The batch.
        batch_id: BatchId,
        /// The address.
        address: String,
        /// Its verdict: up or timed_out; down hosts are counted in `scan_progress` only.
        verdict: crate::scan::Verdict,
        /// A name, if one is known.
        hostname: Option<String>,
        /// Its open ports.
        ports: Vec<OpenPort>,
    },
    /// How far nmap is with its present task.
    BatchProgress {
        /// The batch.
        batch_id: BatchId,
        /// Percent of the present task of the present host group.
        percent: f32,
        /// Milliseconds until that task ends, as nmap guesses.
        eta_ms: Option<u64>,
        /// The task (`SYN Stealth Scan`).
        phase: String,
    },
    /// An attempt ended without proving success.
    BatchFailed {
        /// The batch.
        batch_id: BatchId,
        /// The stable name of the outcome (`crashed`).
        reason: String,
        /// The outcome in words.
        detail: String,
        /// Which try it was.
        attempt: AttemptNo,
        /// Whether another one follows.
        will_retry: bool,
        /// Whether the remainder goes to smaller batches instead; `batch_split` follows.
        will_split: bool,
        /// When, from now.
        retry_in_ms: Option<u64>,
        /// Hosts of this attempt that are kept.
        salvaged_hosts: u64,
        /// What is still to do, in compact ranges.
        remaining_targets: Vec<String>,
    },
    /// The remainder of a batch went to smaller batches.
    BatchSplit {
        /// The batch.
        batch_id: BatchId,
        /// The smaller batches.
        children: Vec<ChildBatch>,
        /// Why.
        reason: String,
    },
    /// Open ports that nmap announced for a host which it then did not finish.
    ProvisionalPorts {
        /// The batch.
        batch_id: BatchId,
        /// The attempt that announced them.
        attempt: AttemptNo,
        /// The address.
        address: String,
        /// The ports (`22/tcp`).
        ports: Vec<String>,
    },
    /// A stop or pause ended a batch.
    BatchStopped {
        /// The batch.
        batch_id: BatchId,
        /// Hosts of its last attempt that are kept.
        salvaged_hosts: u64,
        /// What is not scanned, in compact ranges.
        remaining_targets: Vec<String>,
    },
    /// The first batch is about to start.
    ScanStarted {
        /// Targets in all.
        total_targets: u64,
        /// What differs from what was asked for, for want of privilege.
        fallback: Vec<String>,
    },
    /// A pause was asked for.
    ScanPaused {},
    /// The scan goes on.
    ScanResumed {},
    /// A stop was asked for.
    ScanStopping {},
    /// A new server took over an unfinished scan.
    ScanRecovered {
        /// The count of server starts.
        #[schema(value_type = u64)]
        epoch: Epoch,
        /// Batches that go on.
        resumed_batches: u64,
        /// Addresses whose verdict is durable and which are not scanned again.
        kept_hosts: u64,
    },
    /// Nothing new starts until something is there again; the scan then goes on by itself.
    ScanWaiting {
        /// `scanner` (no usable nmap) or `store` (no room on the disk).
        waits_for: String,
        /// What is wrong.
        detail: String,
    },
    /// What the scan waited for is there again.
    ScanReady {},
    /// How far the scan is, at most once a second.
    ScanProgress {
        /// Counts and estimate.
        progress: Progress,
        /// What is known of its targets.
        verdicts: VerdictCounts,
    },
    /// The scope was changed while the scan runs. What is out of it by now and not in a batch yet is
    /// not scanned, and stays unfinished.
    ScopeChanged {
        /// How many addresses.
        addresses: u64,
        /// The first of them, in compact ranges.
        targets: Vec<String>,
        /// What keeps them out; none when all may be scanned again.
        detail: Option<String>,
    },
    /// nmap reported a host that is not in its batch. It is not merged into the results.
    OutOfScopeResult {
        /// The batch.
        batch_id: BatchId,
        /// The address.
        address: String,
    },
}

/// Which of nmap's texts a line is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineStream {
    /// Normal output.
    Stdout,
    /// Warnings and errors.
    Stderr,
}

/// An open port in a `host` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenPort {
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The name of its service.
    pub service: Option<String>,
}

/// A batch made of another one's remainder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChildBatch {
    /// Its number.
    pub batch_id: BatchId,
    /// Its addresses, in compact ranges.
    pub targets: Vec<String>,
    /// How it is treated: `alive`, `silent`, or as its parent.
    pub lane: Lane,
    /// Flags that nmap gets beside the user's.
    pub added_flags: Vec<String>,
}

/// What a scan found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanSummary {
    /// Addresses with the verdict up.
    pub hosts_up: u64,
    /// Ports found open on them.
    pub open_ports: u64,
    /// From acceptance to end.
    pub duration_ms: u64,
}

/// Frames that are made for one connection and have no place in the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ConnectionEvent {
    /// The first frame of every connection.
    Connected {
        /// The scan; none on the feed of all scans.
        #[serde(skip_serializing_if = "Option::is_none")]
        scan_id: Option<ScanId>,
        /// The number of the scan's newest event, 0 when there is none yet.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<u64>)]
        last_seq: Option<Seq>,
        /// Where the scan stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<ScanStatus>,
    },
    /// What this client missed and may fetch with `since`.
    Gap {
        /// The first event missed.
        #[schema(value_type = u64)]
        from_seq: Seq,
        /// The last event missed.
        #[schema(value_type = u64)]
        to_seq: Seq,
        /// `slow_consumer` or `retention`.
        reason: String,
    },
}

/// An event's JSON before it has its number: what the writer's caller encodes, off the writer's
/// thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedEvent {
    /// When it happened.
    pub at: Time,
    /// A JSON object.
    body: String,
}

impl EncodedEvent {
    /// Encodes an event that happens now.
    pub fn now(event: &Event) -> Self {
        // An `Event` is plain data with string keys: nothing in it can fail to serialize.
        let body = serde_json::to_string(event).unwrap_or_else(|error| {
            debug_assert!(false, "an event does not serialize: {error}");
            String::from(r#"{"event":"unencodable"}"#)
        });
        Self { at: Time::now(), body }
    }

    /// Returns the size of the encoded event in bytes.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Returns false: an encoded event has at least its name.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// Returns the text that clients see: the event with its number, time and scan.
    pub fn frame(&self, scan: ScanId, seq: Seq) -> String {
        let open = self.body.strip_suffix('}').unwrap_or(&self.body);
        let mut text = String::with_capacity(open.len() + 80);
        text.push_str(open);
        let at = self.at;
        // Writing to a String does not fail.
        let _ = write!(text, r#","seq":{seq},"ts":"{at}","scan_id":{scan}}}"#);
        text
    }
}

/// An event with its place in the order, as a client reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventFrame {
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// Its place within the scan, from 1.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// When it happened.
    pub ts: Time,
    /// The scan.
    pub scan_id: ScanId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_keeps_the_seed_names_and_adds_its_place() {
        let batch_id = BatchId::new(3).unwrap();
        let event =
            Event::Line { batch_id, line: "a \"quoted\" line".into(), stream: LineStream::Stdout };
        let encoded = EncodedEvent { at: Time::from_secs(0), ..EncodedEvent::now(&event) };
        let scan = ScanId::new(7).unwrap();
        let text = encoded.frame(scan, 9);
        assert_eq!(
            text,
            r#"{"event":"line","batch_id":3,"line":"a \"quoted\" line","stream":"stdout","seq":9,"ts":"1970-01-01T00:00:00.000Z","scan_id":7}"#
        );
        let frame: EventFrame = serde_json::from_str(&text).unwrap();
        assert_eq!((frame.event, frame.seq, frame.scan_id), (event, 9, scan));
    }

    #[test]
    fn an_event_without_fields_is_still_one_object() {
        let text = EncodedEvent::now(&Event::ScanPaused {}).frame(ScanId::new(1).unwrap(), 1);
        let frame: EventFrame = serde_json::from_str(&text).unwrap();
        assert_eq!(frame.event, Event::ScanPaused {});
    }
}

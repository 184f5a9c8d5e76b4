//! Follows a scan's events, and goes on where it was when the connection breaks.

use super::{Client, problem};
use crate::{exit::Failure, output::Output};
use axum::{body::Body, http::Method};
use http_body_util::BodyExt;
use netscan_schemas::{ScanId, Seq, api::Scan, event::ConnectionEvent};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long a process that owned the data directory is looked for: one that is gone comes back at
/// once, as another, or not by itself.
const OWNER_LOST_MAX: Duration = Duration::from_secs(3);
/// How long a server elsewhere is looked for.
const SERVER_LOST_MAX: Duration = Duration::from_secs(30);
/// Wait between two tries.
const RECONNECT_WAIT: Duration = Duration::from_millis(500);

/// A scan's events, one JSON text after the other.
pub struct Follow {
    client: Client,
    scan: ScanId,
    out: Output,
    seen: Seq,
    body: Option<Body>,
    parser: Parser,
    events: VecDeque<(Option<Seq>, String)>,
    /// Whether the scan has run while it was followed.
    was_live: bool,
    /// The number of the last event that there will be, of a scan that nobody runs.
    until: Option<Seq>,
    is_adrift: bool,
    lost_at: Option<Instant>,
    is_lost: Arc<AtomicBool>,
}

impl Follow {
    /// Follows a scan from the event after `since` on.
    pub fn new(client: Client, scan: ScanId, since: Seq, out: Output) -> Self {
        Self {
            client,
            scan,
            out,
            seen: since,
            body: None,
            parser: Parser::default(),
            events: VecDeque::new(),
            was_live: false,
            until: None,
            is_adrift: false,
            lost_at: None,
            is_lost: Arc::default(),
        }
    }

    /// Returns the number of the last event that was returned.
    pub fn seen(&self) -> Seq {
        self.seen
    }

    /// Returns what says whether the server does not answer, and is looked for.
    pub fn lost(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_lost)
    }

    /// Lets this one tell in the place of another whether the server is lost.
    pub fn share_lost(&mut self, is_lost: Arc<AtomicBool>) {
        self.is_lost = is_lost;
    }

    /// Returns the next event's text. Safe to cancel.
    ///
    /// # Errors
    /// When there is no such scan; also when no process runs it, after its last event.
    pub async fn next(&mut self) -> Result<String, Failure> {
        loop {
            if let Some((seq, text)) = self.events.pop_front() {
                match seq {
                    Some(seq) => self.seen = seq,
                    None => self.on_hello(&text),
                }
                return Ok(text);
            }
            if self.until.is_some_and(|last| self.seen >= last) {
                let was_followed = self.was_live;
                return Err(Failure::Adrift { scan: self.scan, was_followed });
            }
            let Some(body) = &mut self.body else {
                self.connect().await?;
                continue;
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.parser.feed(bytes, &mut self.events);
                    }
                }
                Some(Err(_)) | None => {
                    self.body = None;
                    self.parser = Parser::default();
                }
            }
        }
    }

    /// Takes `connected`, the one event without a number.
    fn on_hello(&mut self, text: &str) {
        if let Ok(ConnectionEvent::Connected { last_seq, .. }) = serde_json::from_str(text)
            && self.is_adrift
        {
            self.until = last_seq;
        }
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        match self.open().await {
            Ok(body) => {
                self.body = Some(body);
                self.lost_at = None;
                self.is_lost.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(failure @ (Failure::Unreachable { .. } | Failure::Protocol { .. })) => {
                self.on_lost(failure).await
            }
            Err(failure) => Err(failure),
        }
    }

    /// Asks for the events after the last one seen.
    async fn open(&mut self) -> Result<Body, Failure> {
        let scan: Scan = self.client.get(&format!("/api/scans/{}", self.scan)).await?;
        // Whoever owns the directory now need not be who ran the scan.
        self.is_adrift = !scan.is_live && !scan.status.has_ended();
        self.was_live |= scan.is_live;
        let path = format!("/api/scans/{}/stream?since={}", self.scan, self.seen);
        let answer = self.client.send(Method::GET, &path, None).await?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await;
        let bytes = bytes.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(problem(status, &bytes))
    }

    /// Waits before the next try, or gives up.
    async fn on_lost(&mut self, failure: Failure) -> Result<(), Failure> {
        let is_new = self.lost_at.is_none();
        self.is_lost.store(true, Ordering::Relaxed);
        let lost_for = self.lost_at.get_or_insert_with(Instant::now).elapsed();
        let scan = self.scan;
        match &self.client {
            Client::Socket(_) if lost_for > OWNER_LOST_MAX => {
                return Err(Failure::Adrift { scan, was_followed: true });
            }
            Client::Tcp(remote) if lost_for > SERVER_LOST_MAX => {
                return Err(Failure::ServerGone { place: remote.place.clone(), scan });
            }
            Client::Tcp(remote) if is_new => {
                let place = &remote.place;
                let secs = SERVER_LOST_MAX.as_secs();
                self.out.note(&format!(
                    "the server at {place} does not answer; it is looked for for {secs} s"
                ));
            }
            Client::Here(_) => return Err(failure),
            Client::Socket(_) | Client::Tcp(_) => {}
        }
        sleep(RECONNECT_WAIT).await;
        Ok(())
    }
}

/// Reads Server-Sent Events from pieces of any size.
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    seq: Option<Seq>,
    data: String,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8], events: &mut VecDeque<(Option<Seq>, String)>) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
            let line = line.trim_end_matches('\r');
            if let Some(data) = line.strip_prefix("data:") {
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            } else if let Some(id) = line.strip_prefix("id:") {
                self.seq = id.trim().parse().ok();
            } else if line.is_empty() && !self.data.is_empty() {
                events.push_back((self.seq.take(), std::mem::take(&mut self.data)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_arrive_whole_whatever_the_pieces() {
        let text =
            "data: {\"event\":\"connected\"}\n\n:\n\nid: 7\r\ndata:{\"seq\":7}\r\n\r\nid: 8\nda";
        for size in 1..text.len() {
            let (mut parser, mut events) = (Parser::default(), VecDeque::new());
            for piece in text.as_bytes().chunks(size) {
                parser.feed(piece, &mut events);
            }
            let expected = [
                (None, "{\"event\":\"connected\"}".to_owned()),
                (Some(7), "{\"seq\":7}".to_owned()),
            ];
            assert_eq!(Vec::from(events), expected, "pieces of {size}");
        }
    }
}

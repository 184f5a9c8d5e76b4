//! Follows a scan's events, and goes on where it was when the connection breaks.

use super::{Client, problem};
use crate::exit::Failure;
use axum::{body::Body, http::Method};
use http_body_util::BodyExt;
use netscan_schemas::{ScanId, Seq};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Instant, sleep};

/// How long a lost server is looked for.
const RECONNECT_MAX: Duration = Duration::from_secs(30);
/// Wait between two tries.
const RECONNECT_WAIT: Duration = Duration::from_millis(500);

/// A scan's events, one JSON text after the other.
pub struct Follow {
    client: Client,
    scan: ScanId,
    seen: Seq,
    body: Option<Body>,
    parser: Parser,
    events: VecDeque<(Option<Seq>, String)>,
    lost_at: Option<Instant>,
}

impl Follow {
    /// Follows a scan from the event after `since` on.
    pub fn new(client: Client, scan: ScanId, since: Seq) -> Self {
        Self {
            client,
            scan,
            seen: since,
            body: None,
            parser: Parser::default(),
            events: VecDeque::new(),
            lost_at: None,
        }
    }

    /// Returns the next event's text. Safe to cancel.
    pub async fn next(&mut self) -> Result<String, Failure> {
        loop {
            if let Some((seq, text)) = self.events.pop_front() {
                self.seen = seq.unwrap_or(self.seen);
                return Ok(text);
            }
            let Some(body) = &mut self.body else {
                self.connect().await?;
                continue;
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    self.lost_at = None;
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

    async fn connect(&mut self) -> Result<(), Failure> {
        let path = format!("/api/scans/{}/stream?since={}", self.scan, self.seen);
        let answer = self.client.send(Method::GET, &path, None).await;
        let failure = match answer {
            Ok(answer) if answer.status().is_success() => {
                self.body = Some(answer.into_body());
                return Ok(());
            }
            Ok(answer) => {
                let status = answer.status().as_u16();
                let bytes = answer.into_body().collect().await;
                let bytes = bytes.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                return Err(problem(status, &bytes));
            }
            Err(failure) => failure,
        };
        let lost_at = *self.lost_at.get_or_insert_with(Instant::now);
        if lost_at.elapsed() > RECONNECT_MAX {
            return Err(failure);
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

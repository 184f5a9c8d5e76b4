//! The WebSocket: a scan's events from any number on, then live, to any number of clients.
//!
//! A client is a cursor into the events: one that reads slowly holds up nobody, and is closed when
//! it takes nothing for ten seconds. Events go out in one flush for as many as there are, which is
//! what makes many clients cheap.

use crate::{auth::Identity, extract::Segment, problem::Failure, query::SeedQuery, router::Edge};
use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use netscan_actors::Feed;
use netscan_schemas::{ScanId, Seq, event::ConnectionEvent, scan::ScanStatus};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, interval, sleep, timeout};

/// Events in one flush.
const FLUSH_EVENTS: usize = 256;
/// From this many events in a flush on, the next one is given time to fill up.
const BUSY_EVENTS: usize = 64;
/// That time.
const COLLECT: Duration = Duration::from_millis(20);
/// How long a client may take nothing.
const SEND_WAIT: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a client may say nothing, pongs included.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Bytes of a message from a client.
const CLIENT_MESSAGE_MAX: usize = 4 * 1024;
/// Bytes that wait for a client's socket. From 128 KiB on nothing is added before some are sent,
/// so that this is only ever reached by a single event, the largest that the store takes: a host
/// whose every port is open has one of some megabytes.
const WRITE_BUFFER_MAX: usize = 65 * 1024 * 1024;

const CLOSE_GOING_AWAY: u16 = 1001;
const CLOSE_INTERNAL: u16 = 1011;
pub const CLOSE_NO_RIGHT: u16 = 4401;
pub const CLOSE_UNKNOWN_SCAN: u16 = 4404;
const CLOSE_SLOW: u16 = 4408;

/// Where to begin.
#[derive(Deserialize)]
pub struct SinceQuery {
    /// Events after this one; without it, only those from now on.
    pub since: Option<Seq>,
}

type Sink = SplitSink<WebSocket, Message>;

/// Upgrades to a WebSocket with one scan's events.
pub async fn scan_events(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    SeedQuery(query): SeedQuery<SinceQuery>,
    caller: Identity,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let place = edge.place()?;
    let upgrade = upgrade
        .read_buffer_size(4096)
        .max_message_size(CLIENT_MESSAGE_MAX)
        .max_frame_size(CLIENT_MESSAGE_MAX)
        .max_write_buffer_size(WRITE_BUFFER_MAX);
    Ok(upgrade.on_upgrade(move |socket| {
        let tracker = edge.sockets.clone();
        tracker.track_future(async move {
            let (sink, client) = socket.split();
            let mut outlet = Outlet { sink };
            let ended = match status(&edge, scan) {
                Ok(Some(status)) => tokio::select! {
                    ended = serve(&edge, scan, status, query.since, &mut outlet, client) => ended,
                    () = edge.keeper.lost(&caller) => {
                        Some((CLOSE_NO_RIGHT, "the token or session has ended"))
                    }
                },
                Ok(None) => Some((CLOSE_UNKNOWN_SCAN, "there is no such scan")),
                Err(_) => Some((CLOSE_INTERNAL, "the store cannot be read")),
            };
            if let Some((code, reason)) = ended {
                outlet.close(code, reason).await;
            }
            drop(place);
        })
    }))
}

fn status(edge: &Edge, scan: ScanId) -> Result<Option<ScanStatus>, netscan_store::ReadError> {
    Ok(edge.system.store().scan(scan)?.map(|view| view.state.status))
}

/// The sending half of a connection.
struct Outlet {
    sink: Sink,
}

/// The client took nothing for too long, or is gone.
struct Gone {
    slow: bool,
}

impl Outlet {
    /// Sends messages, which are best made one by one: a page of events is shared by its readers,
    /// their messages are not.
    async fn send(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), Gone> {
        let send = async {
            for message in messages {
                self.sink.feed(message).await?;
            }
            self.sink.flush().await
        };
        match timeout(SEND_WAIT, send).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Gone { slow: false }),
            Err(_) => Err(Gone { slow: true }),
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: reason.into() };
        // A client that takes nothing does not take this either.
        let _ = timeout(Duration::from_secs(1), self.sink.send(Message::Close(Some(frame)))).await;
    }
}

/// Sends events until somebody leaves; returns how to close, unless the client has.
async fn serve(
    edge: &Edge,
    scan: ScanId,
    status: ScanStatus,
    since: Option<Seq>,
    outlet: &mut Outlet,
    mut client: futures_util::stream::SplitStream<WebSocket>,
) -> Option<(u16, &'static str)> {
    let Ok(mut feed) = edge.system.feed(scan, since) else {
        return Some((CLOSE_INTERNAL, "the store cannot be read"));
    };
    let hello = hello(scan, status, &feed);
    if let Err(gone) = outlet.send([Message::text(hello)]).await {
        return close_of(&gone);
    }
    let mut pings = interval(PING_EVERY);
    pings.reset();
    let mut heard = Instant::now();
    loop {
        let sent = tokio::select! {
            page = feed.next_page(FLUSH_EVENTS) => match page {
                Ok(page) => {
                    let count = page.len();
                    let messages = page.into_iter().map(|(_, text)| Message::text(text.as_ref()));
                    let sent = outlet.send(messages).await;
                    if (BUSY_EVENTS..FLUSH_EVENTS).contains(&count) {
                        sleep(COLLECT).await;
                    }
                    sent
                }
                Err(_) => return Some((CLOSE_INTERNAL, "the store cannot be read")),
            },
            message = client.next() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    Ok(())
                }
            },
            _ = pings.tick() => {
                if heard.elapsed() > SILENCE_MAX {
                    return Some((CLOSE_SLOW, "no answer to pings"));
                }
                outlet.send([Message::Ping(axum::body::Bytes::new())]).await
            }
            () = edge.shutdown.cancelled() => {
                return Some((CLOSE_GOING_AWAY, "the server is going down"));
            }
        };
        if let Err(gone) = sent {
            return close_of(&gone);
        }
    }
}

fn close_of(gone: &Gone) -> Option<(u16, &'static str)> {
    gone.slow.then_some((CLOSE_SLOW, "too slow; resume with `since`"))
}

/// Returns the first frame of a connection.
pub fn hello(scan: ScanId, status: ScanStatus, feed: &Feed) -> String {
    let event = ConnectionEvent::Connected {
        scan_id: Some(scan),
        last_seq: Some(feed.last_seq()),
        status: Some(status),
    };
    // Plain data without maps: it serializes.
    serde_json::to_string(&event).unwrap_or_default()
}

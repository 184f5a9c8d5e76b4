//! The WebSocket: a scan's events from any number on, then live, to any number of clients; and
//! those of all scans.
//!
//! A client is a cursor into the events: one that reads slowly holds up nobody, and is closed when
//! it takes nothing for ten seconds. Events go out in one call for as many as there are, which is
//! what makes many clients cheap.

use crate::{
    auth::Identity,
    extract::Segment,
    metrics::Client,
    problem::Failure,
    query::{Query, SeedQuery},
    router::Edge,
    socket::{Gone, Heard, Io, SEND_WAIT, Socket, Upgrade},
};
use axum::{extract::State, response::Response};
use netscan_actors::{Begin, Feed, Frames, OverallFeed, Page, Selection};
use netscan_schemas::{ScanId, Seq, event::ConnectionEvent, problem::Code, scan::ScanStatus};
use netscan_store::ReadError;
use serde::Deserialize;
use std::{collections::BTreeMap, ops::RangeInclusive, pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, interval, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;

/// From so many bytes in a page on, the next one is given time to fill up.
const BUSY_BYTES: usize = 8 * 1024;
/// A page of so many bytes is full.
const FULL_BYTES: usize = 48 * 1024;
/// That time.
const COLLECT: Duration = Duration::from_millis(20);
/// How often a client is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a client may say nothing, pongs included.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Closed with this, a client may not read what it asked for.
pub const CLOSE_NO_RIGHT: u16 = 4401;
/// Closed with this, a client asked for a scan that is not there.
pub const CLOSE_UNKNOWN_SCAN: u16 = 4404;

const GOING_AWAY: Close = (1001, "the server is going down");
const UNREADABLE: Close = (1011, "the store cannot be read");
const NO_RIGHT: Close = (CLOSE_NO_RIGHT, "the token or session has ended");
const NO_SCAN: Close = (CLOSE_UNKNOWN_SCAN, "there is no such scan");
const SILENT: Close = (4408, "no answer to pings");
const SLOW: Close = (4408, "too slow; resume with `since`");

/// Code and reason of the last frame.
type Close = (u16, &'static str);

/// Where to begin.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SinceQuery {
    /// Events after this one; without it, only those from now on.
    #[param(value_type = Option<u64>)]
    pub since: Option<Seq>,
}

/// Where to begin in all scans, and with what.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverallQuery {
    /// Where to begin: left out, from now on; a number, after the event of that number in each
    /// scan; `7:120,9:33`, after event 120 of scan 7 and 33 of scan 9, all of the scans newer than
    /// 9, and others from now on.
    #[param(pattern = "^([0-9]+|[1-9][0-9]*:[0-9]+(,[1-9][0-9]*:[0-9]+)*)$")]
    since: Option<String>,
    /// Whether lines of nmap are wanted.
    #[serde(default)]
    lines: bool,
}

/// Where a client's events come from.
pub enum Source {
    Scan(Feed),
    All(OverallFeed),
}

impl Source {
    async fn next_page(&mut self) -> Result<Page, ReadError> {
        match self {
            Self::Scan(feed) => feed.next_page().await,
            Self::All(feed) => feed.next_page().await,
        }
    }
}

/// Upgrades to a WebSocket with one scan's events.
#[utoipa::path(
    get,
    path = "/ws/scans/{id}",
    tag = "events",
    operation_id = "follow_scan",
    params(("id" = ScanId, Path, description = "The number of the scan"), SinceQuery, ("Sec-WebSocket-Protocol" = Option<String>, Header, description = "`netscan.v1, ticket.TICKET` with a ticket of `POST /api/ws-tickets`, where no other header can be set; the answer names `netscan.v1`")),
    responses(
        (status = 101, description = "The connection is a WebSocket from here on: `/api/asyncapi.json` has its messages. Who may not read is closed with 4401, an unknown scan with 4404"),
    ),
    extensions(("x-problem-codes" = json!(["too-many-clients"]))),
)]
pub async fn scan_events(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    SeedQuery(query): SeedQuery<SinceQuery>,
    caller: Identity,
    upgrade: Upgrade,
) -> Result<Response, Failure> {
    let opened = edge.clone();
    let open = move || -> Result<(String, Source), Close> {
        let status = status(&opened, scan).map_err(|_| UNREADABLE)?.ok_or(NO_SCAN)?;
        let feed = opened.system.feed(scan, query.since).map_err(|_| UNREADABLE)?;
        Ok((hello(scan, status, &feed), Source::Scan(feed)))
    };
    connect(edge, caller, upgrade, open)
}

/// Upgrades to a WebSocket with the events of all scans; for a token that is limited to some
/// projects, of all of theirs.
#[utoipa::path(
    get,
    path = "/ws/events",
    tag = "events",
    operation_id = "follow_all_scans",
    params(OverallQuery, ("Sec-WebSocket-Protocol" = Option<String>, Header, description = "`netscan.v1, ticket.TICKET` with a ticket of `POST /api/ws-tickets`, where no other header can be set; the answer names `netscan.v1`")),
    responses(
        (status = 101, description = "The connection is a WebSocket from here on: `/api/asyncapi.json` has its messages. Who may not read is closed with 4401, an unknown scan with 4404"),
    ),
    extensions(("x-problem-codes" = json!(["too-many-clients"]))),
)]
pub async fn all_events(
    State(edge): State<Arc<Edge>>,
    Query(query): Query<OverallQuery>,
    caller: Identity,
    upgrade: Upgrade,
) -> Result<Response, Failure> {
    let begin = begin(query.since.as_deref())?;
    let projects = caller.projects().map(<[_]>::to_vec);
    let selection = Selection { lines: query.lines, projects };
    let opened = edge.clone();
    let open = move || -> Result<(String, Source), Close> {
        let feed = opened.system.overall_feed(&begin, selection).map_err(|_| UNREADABLE)?;
        let hello = ConnectionEvent::Connected { scan_id: None, last_seq: None, status: None };
        Ok((text_of(&hello), Source::All(feed)))
    };
    connect(edge, caller, upgrade, open)
}

/// Reads where to begin in all scans: nothing is from now on; a number is after the event of that
/// number in each scan, so 0 is everything; `7:120,9:33` is after event 120 of scan 7 and 33 of
/// scan 9, all of the scans newer than 9, and others from now on.
fn begin(since: Option<&str>) -> Result<Begin, Failure> {
    let Some(since) = since else { return Ok(Begin::Now) };
    if let Ok(since) = since.parse() {
        return Ok(Begin::After(since));
    }
    let place = |place: &str| {
        let (scan, seq) = place.split_once(':')?;
        Some((ScanId::new(scan.parse().ok()?)?, seq.parse().ok()?))
    };
    let places: Option<BTreeMap<ScanId, Seq>> = since.split(',').map(place).collect();
    places.map(Begin::Places).ok_or_else(|| {
        let shown: String = since.chars().take(80).collect();
        let detail = format!(
            "since is a number, for each scan, or `SCAN:NUMBER` for each of some scans with commas \
             between (`7:120,9:33`), not `{shown}`"
        );
        Failure::new(Code::InvalidValue, detail)
    })
}

/// Lets a client in, if there is a place, and serves it until somebody leaves.
fn connect(
    edge: Arc<Edge>,
    caller: Identity,
    upgrade: Upgrade,
    open: impl FnOnce() -> Result<(String, Source), Close> + Send + 'static,
) -> Result<Response, Failure> {
    let place = edge.place(Client::WebSocket)?;
    let (response, socket) = upgrade.accept();
    let tracker = edge.sockets.clone();
    tokio::spawn(tracker.track_future(async move {
        if let Some(socket) = socket.await {
            // It reads the store.
            let opened = crate::off_thread(open).await.unwrap_or(Err(UNREADABLE));
            match opened {
                Ok((hello, source)) => serve(&edge, &caller, socket, &hello, source).await,
                Err((code, reason)) => socket.close(code, reason).await,
            }
        }
        drop(place);
    }));
    Ok(response)
}

fn status(edge: &Edge, scan: ScanId) -> Result<Option<ScanStatus>, ReadError> {
    Ok(edge.system.store().scan(scan)?.map(|view| view.state.status))
}

/// How a connection ends.
pub enum End {
    /// The client left.
    Left,
    /// We do.
    Close(Close),
    /// The client is too slow; this is the rest of its last event.
    Slow(Vec<u8>),
}

impl From<Gone> for End {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Left => Self::Left,
            Gone::Slow(rest) => Self::Slow(rest),
        }
    }
}

/// Serves a client to its end.
async fn serve(
    edge: &Edge,
    caller: &Identity,
    mut socket: Socket<impl Io>,
    hello: &str,
    source: Source,
) {
    match send_all(edge, caller, &mut socket, hello, source).await {
        End::Left => {}
        End::Close((code, reason)) => socket.close(code, reason).await,
        End::Slow(rest) => {
            edge.metrics.slow.inc();
            tracing::warn!(
                "a client took nothing for {} s and is closed; it may resume",
                SEND_WAIT.as_secs()
            );
            socket.close_slow(&rest, SLOW.0, SLOW.1).await;
        }
    }
}

/// Sends events until somebody leaves.
pub async fn send_all(
    edge: &Edge,
    caller: &Identity,
    socket: &mut Socket<impl Io>,
    hello: &str,
    mut source: Source,
) -> End {
    if let Err(gone) = socket.say(Message::text(hello)).await {
        return gone.into();
    }
    let connected = std::time::Instant::now();
    let mut pings = interval(PING_EVERY);
    pings.reset();
    let mut heard = Instant::now();
    let mut silence = pin!(sleep(SILENCE_MAX));
    let mut going_away = pin!(edge.shutdown.cancelled());
    let mut lost = pin!(edge.keeper.lost(caller));
    loop {
        let mut page = pin!(source.next_page());
        let page = loop {
            tokio::select! {
                page = &mut page => break page,
                did = socket.hear() => match did {
                    Heard::Something => heard = Instant::now(),
                    Heard::Leave => return End::Left,
                    Heard::Offence(code, reason) => return End::Close((code, reason)),
                },
                _ = pings.tick() => {
                    if let Err(gone) = socket.say(Message::Ping(axum::body::Bytes::new())).await {
                        return gone.into();
                    }
                }
                () = &mut silence => {
                    if heard.elapsed() >= SILENCE_MAX {
                        return End::Close(SILENT);
                    }
                    silence.set(sleep_until(heard + SILENCE_MAX));
                }
                () = &mut going_away => return End::Close(GOING_AWAY),
                () = &mut lost => return End::Close(NO_RIGHT),
            }
        };
        let Ok(page) = page else { return End::Close(UNREADABLE) };
        if let Some(gap) = &page.gap {
            edge.metrics.gaps.inc();
            if let Err(gone) = socket.say(Message::text(gap_text(gap))).await {
                return gone.into();
            }
        }
        if page.frames.is_empty() {
            // All that is left of it is missing: it was deleted.
            return End::Close(NO_SCAN);
        }
        if let Err(gone) = socket.send(&page).await {
            return gone.into();
        }
        // What was there before the client is not late.
        let published = page.frames.first().and_then(Frames::published);
        if let Some(published) = published.filter(|published| *published >= connected) {
            edge.metrics.sent(published.elapsed());
        }
        let bytes = page.bytes();
        drop(page);
        if (BUSY_BYTES..FULL_BYTES).contains(&bytes) {
            sleep(COLLECT).await;
        }
    }
}

/// Returns the first frame of a connection.
pub fn hello(scan: ScanId, status: ScanStatus, feed: &Feed) -> String {
    text_of(&ConnectionEvent::Connected {
        scan_id: Some(scan),
        last_seq: Some(feed.last_seq()),
        status: Some(status),
    })
}

/// Returns what a client is told of events that are no longer there.
pub fn gap_text(gap: &RangeInclusive<Seq>) -> String {
    text_of(&ConnectionEvent::Gap {
        from_seq: *gap.start(),
        to_seq: *gap.end(),
        reason: "retention".into(),
    })
}

fn text_of(event: &ConnectionEvent) -> String {
    // Plain data without maps: it serializes.
    serde_json::to_string(event).unwrap_or_default()
}

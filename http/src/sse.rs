//! The same events as Server-Sent Events, for scripts and for our own command line.

use crate::{
    auth::Identity,
    extract::Segment,
    metrics::Client,
    problem::Failure,
    query::Query,
    router::{Edge, Place},
    view, ws,
    ws::SinceQuery,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use netscan_actors::{Feed, Frames};
use netscan_schemas::{ScanId, problem::Code};
use std::{collections::VecDeque, convert::Infallible, sync::Arc};

struct Following {
    feed: Feed,
    page: VecDeque<Frames>,
    is_over: bool,
    edge: Arc<Edge>,
    _place: Place,
}

impl Following {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            // One by one: a page is shared by its readers, and a client that reads slowly costs no
            // more than its next event.
            while let Some(frames) = self.page.front_mut() {
                if let Some((seq, text)) = frames.take_first() {
                    return Some((Ok(Event::default().id(seq.to_string()).data(text)), self));
                }
                self.page.pop_front();
            }
            if self.is_over {
                return None;
            }
            let page = tokio::select! {
                page = self.feed.next_page() => page,
                // It would hold up the server's end.
                () = self.edge.shutdown.cancelled() => return None,
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "a stream ends: {error}");
                    return None;
                }
            };
            // All that is left of the scan is missing: it was deleted.
            self.is_over = page.frames.is_empty();
            self.page = page.frames.into();
            if let Some(gap) = page.gap {
                self.edge.metrics.gaps.inc();
                return Some((Ok(Event::default().data(ws::gap_text(&gap))), self));
            }
        }
    }
}

/// Streams one scan's events; `Last-Event-ID` or `since` says where to begin.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/stream",
    tag = "events",
    operation_id = "stream_scan_events",
    params(("id" = ScanId, Path, description = "The number of the scan"), SinceQuery, ("Last-Event-ID" = Option<u64>, Header, description = "Events after this one; counts instead of `since`")),
    responses(
        (status = 200, description = "Events as Server-Sent Events: `id` is the number of the event, `data` the object that the WebSocket sends", body = String, content_type = "text/event-stream"),
    ),
    extensions(("x-problem-codes" = json!(["too-many-clients"]))),
)]
pub async fn scan_stream(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    Query(query): Query<SinceQuery>,
    caller: Identity,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let status = view::stored(&edge, scan)?.state.status;
    let since = match headers.get("last-event-id") {
        None => query.since,
        Some(id) => {
            Some(id.to_str().ok().and_then(|id| id.trim().parse().ok()).ok_or_else(|| {
                Failure::new(Code::InvalidValue, "Last-Event-ID is not the number of an event")
            })?)
        }
    };
    let place = edge.place(Client::EventStream)?;
    let system = Arc::clone(&edge.system);
    let feed = crate::off_thread(move || system.feed(scan, since)).await??;
    let hello = Event::default().data(ws::hello(scan, status, &feed));
    let following = Following {
        feed,
        page: VecDeque::new(),
        is_over: false,
        edge: Arc::clone(&edge),
        _place: place,
    };
    let events = futures_util::StreamExt::chain(
        stream::iter([Ok::<_, Infallible>(hello)]),
        stream::unfold(following, Following::next),
    );
    let lost = async move { edge.keeper.lost(&caller).await };
    let events = futures_util::StreamExt::take_until(events, Box::pin(lost));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

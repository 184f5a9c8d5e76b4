//! The same events as Server-Sent Events, for scripts and for our own command line.

use crate::{
    auth::Identity, extract::Segment, problem::Failure, query::Query, router::Edge, view,
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
use netscan_actors::{Feed, Text};
use netscan_schemas::{ScanId, Seq, problem::Code};
use std::{collections::VecDeque, convert::Infallible, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

/// Events read at a time.
const PAGE: usize = 256;

struct Following {
    feed: Feed,
    page: VecDeque<(Seq, Text)>,
    shutdown: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Following {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.page.is_empty() {
            let page = tokio::select! {
                page = self.feed.next_page(PAGE) => page,
                // It would hold up the server's end.
                () = self.shutdown.cancelled() => return None,
            };
            match page {
                Ok(page) => self.page = page.into(),
                Err(error) => {
                    tracing::error!(%error, "a stream ends: {error}");
                    return None;
                }
            }
        }
        let (seq, text) = self.page.pop_front()?;
        Some((Ok(Event::default().id(seq.to_string()).data(text.as_ref())), self))
    }
}

/// Streams one scan's events; `Last-Event-ID` or `since` says where to begin.
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
    let place = edge.place()?;
    let feed = edge.system.feed(scan, since)?;
    let hello = Event::default().data(crate::ws::hello(scan, status, &feed));
    let shutdown = edge.shutdown.clone();
    let following = Following { feed, page: VecDeque::new(), shutdown, _place: place };
    let events = futures_util::StreamExt::chain(
        stream::iter([Ok::<_, Infallible>(hello)]),
        stream::unfold(following, Following::next),
    );
    let lost = async move { edge.keeper.lost(&caller).await };
    let events = futures_util::StreamExt::take_until(events, Box::pin(lost));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

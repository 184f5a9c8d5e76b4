//! Stored events of a scan.

use crate::{
    events::{self, Bounds, Wanted},
    extract::Segment,
    page,
    problem::Failure,
    query::Query,
    router::Edge,
    view,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    BatchId, ScanId, Seq,
    event::{EVENT_NAMES, EventFrame},
    limits,
    problem::Code,
};
use serde::Deserialize;
use std::{collections::BTreeSet, sync::Arc};

/// Which events to answer.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Events after this one; 0 for all.
    #[serde(default)]
    #[param(value_type = Option<u64>)]
    since: Seq,
    /// The newest events before this one, instead of the oldest ones; in ascending order all the
    /// same.
    #[param(value_type = Option<u64>)]
    before: Option<Seq>,
    /// Only events of these names, with commas between them.
    #[param(value_type = Option<String>, example = "batch_start,batch_failed")]
    kinds: Option<Kinds>,
    /// Only events of this batch.
    batch_id: Option<BatchId>,
    /// Events at most; 1 to 1000. Without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Names of events.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Kinds(BTreeSet<String>);

impl TryFrom<String> for Kinds {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let names: BTreeSet<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().find(|name| !EVENT_NAMES.contains(&name.as_str())) {
            None => Ok(Self(names)),
            Some(name) => {
                let shown: String = name.chars().take(80).collect();
                let known = EVENT_NAMES.join("`, `");
                Err(format!("there is no event `{shown}`; those are `{known}`"))
            }
        }
    }
}

/// Answers stored events, the same objects as on the WebSocket: the oldest after `since`, or the
/// newest before `before`. One request goes through a bounded part of them: an answer may be short,
/// or empty, and have a `Link` to where it goes on.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/events",
    tag = "events",
    operation_id = "list_scan_events",
    params(("id" = ScanId, Path, description = "The number of the scan"), EventsQuery),
    responses(
        (status = 200, description = "The events", body = [EventFrame], headers(("Link" = Option<String>, description = "The next page, newer or, with `before`, older, with `rel=\"next\"`, while there may be more"))),
    ),
)]
pub async fn events(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    Query(query): Query<EventsQuery>,
    uri: Uri,
) -> Result<Response, Failure> {
    view::stored(&edge, scan)?;
    let limit = query.limit.unwrap_or(limits::PAGE_DEFAULT);
    if !(1..=limits::EVENTS_PAGE_MAX).contains(&limit) {
        let detail = format!("limit must be 1 to {}, not {limit}", limits::EVENTS_PAGE_MAX);
        return Err(Failure::new(Code::InvalidValue, detail));
    }
    let (since, before) = (query.since, query.before);
    let wanted = Wanted { kinds: query.kinds.map(|kinds| kinds.0), batch: query.batch_id };
    let bounds = Bounds { events: limit, walk_bytes: limits::EVENTS_WALK_BYTES_MAX };
    let store = Arc::clone(edge.system.store());
    let walk = move || match before {
        None => events::after(&store, scan, since, &wanted, bounds),
        Some(before) => events::before(&store, scan, (since, before), &wanted, bounds),
    };
    let found = crate::off_thread(walk).await??;
    let body = Body::from(format!("[{}]", found.texts.join(",")));
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(next) = found.next {
        let place = if before.is_some() { "before" } else { "since" };
        let link = page::link(&uri, limit, place, &next.to_string());
        // What stood in a request's target may stand in a header.
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

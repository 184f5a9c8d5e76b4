//! What differs between two scans.

use crate::{
    auth::Identity,
    diff::{Comparison, DiffFormat, Side},
    off_thread,
    problem::Failure,
    query::Query,
    router::Edge,
    streamed, view,
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    ScanId,
    api::{Diff, DiffLine},
    problem::Code,
};
use serde::Deserialize;
use std::sync::Arc;

/// How to write it.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// As what.
    #[param(inline, required = false)]
    #[serde(default)]
    format: DiffFormat,
}

/// Streams what differs from one scan to another, the earlier one first.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/diff/{other}",
    tag = "results",
    operation_id = "diff_scans",
    params(("id" = ScanId, Path, description = "The number of the earlier scan"), ("other" = ScanId, Path, description = "The number of the later scan"), DiffQuery),
    responses(
        (status = 200, description = "What differs", content((Diff = "application/json"), (DiffLine = "application/x-ndjson"), (String = "text/plain"), (String = "text/markdown"), (String = "application/xml"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-value", "too-many-clients"]))),
)]
pub async fn diff(
    State(edge): State<Arc<Edge>>,
    Path((before, after)): Path<(String, String)>,
    Query(query): Query<DiffQuery>,
    caller: Identity,
) -> Result<Response, Failure> {
    let number = |text: &str| -> Result<ScanId, Failure> {
        text.parse().map_err(|_| Failure::not_found(format!("scan `{text}`")))
    };
    let (before, after) = (number(&before)?, number(&after)?);
    if before == after {
        let detail = format!("scan {before} is compared with itself; name two scans");
        return Err(Failure::new(Code::InvalidValue, detail));
    }
    let (before, after) = (view::stored(&edge, before)?, view::stored(&edge, after)?);
    for scan in [&before, &after] {
        if !caller.sees(scan.spec.project_id) {
            return Err(view::no_scan(scan.spec.id));
        }
    }
    let store = Arc::clone(edge.system.store());
    // It reads the verdicts of every batch.
    let sides = off_thread(move || Ok((Side::new(&store, &before)?, Side::new(&store, &after)?)));
    let (before, after) = sides.await?.map_err(|error: netscan_store::ReadError| error)?;
    let body = streamed::body(&edge, Comparison::new(before, after, query.format)).await?;
    Ok(([(header::CONTENT_TYPE, query.format.content_type())], body).into_response())
}

//! A scan as a document, as attachment.

use crate::{
    auth::Identity,
    export::{Export, ExportError, Format, Subject},
    extract::Segment,
    problem::Failure,
    query::Query,
    router::Edge,
    streamed::{self, Pieces},
    view,
};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{ScanId, Time, problem::Code};
use serde::Deserialize;
use std::sync::Arc;

/// Tells where the scan stands: formats without room for a remark have it here.
const SCAN_STATUS: HeaderName = HeaderName::from_static("netscan-scan-status");

/// How to write it.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// As what.
    #[param(inline, required = true)]
    format: Option<Format>,
}

impl Pieces for Export {
    type Error = ExportError;

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        Self::next_piece(self)
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Read(error) => error.into(),
            error @ ExportError::Write(_) => Self::internal(&error),
        }
    }
}

/// Streams a scan in one of the formats. One that has not ended is written as far as it is known.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/export",
    tag = "results",
    operation_id = "export_scan",
    params(("id" = ScanId, Path, description = "The number of the scan"), ExportQuery),
    responses(
        (status = 200, description = "The document, as an attachment", headers(("Content-Disposition" = String, description = "A name for the file"), ("netscan-scan-status" = String, description = "Where the scan stands")), content((String = "application/xml"), (serde_json::Value = "application/json"), (String = "application/x-ndjson"), (String = "text/csv"), (String = "text/markdown"), (String = "text/html"), (String = "text/plain"))),
    ),
    extensions(("x-problem-codes" = json!(["too-many-clients"]))),
)]
pub async fn export(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(scan): Segment<ScanId>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Failure> {
    let Some(format) = query.format else {
        let detail = "the query parameter `format` is missing: xml, json, jsonl, csv, md, html or \
                      gnmap";
        return Err(Failure::new(Code::InvalidValue, detail));
    };
    let stored = view::stored(&edge, scan)?;
    let by = caller.origin();
    if let Err(error) = edge.noted.export(&by, scan, format.extension()).await {
        // Reading goes on while the store takes no writes.
        tracing::error!(%error, by = %caller, "an export by {caller} is not in the audit log: {error}");
    }
    let store = Arc::clone(edge.system.store());
    let plan = store.plan(scan)?.unwrap_or_default().addresses;
    let spec = stored.spec.clone();
    let shown = view::scan(&edge, stored)?;
    let status = shown.status;
    let subject = Subject {
        store,
        scan: Arc::new(shown),
        spec: Arc::new(spec),
        plan: Arc::new(plan),
        at: Time::now(),
    };
    let body = streamed::body(&edge, Export::new(subject, format)).await?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let name = format!("netscan-scan-{scan}.{}", format.extension());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    // A browser that shows it all the same runs nothing of it.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    );
    headers.insert(SCAN_STATUS, HeaderValue::from_static(status.as_str()));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
